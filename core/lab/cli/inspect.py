"""`trivium inspect FILE`: where a checkpoint comes from, without building its network or importing its task."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.lab import Refusal, printable
from core.lab.cli.flags import parse
from core.lab.runs.folder import CHECKPOINT


@dataclass(frozen=True)
class InspectFlags:
    """Where a checkpoint comes from: task, seed, configuration, data sums, progress, arrays; trusts nothing in it."""

    file: Path  # a checkpoint.safetensors, or the run folder that holds one
    json: bool = False  # prints JSON and nothing else


def provenance(path: Path) -> dict[str, Any]:
    """What a checkpoint says of itself, its SHA-256 verified over every byte of it.

    `progress` holds the counters of the loop; `arrays` every array's dtype and shape; `w_sha256` is of the best
    weights, as in result.json. Raises Refusal when there is no file, or it is not a whole checkpoint of ours.
    """
    from core.checkpoint import CheckpointError, load, sha256

    try:
        arrays, texts = load(path)
    except CheckpointError as error:
        raise Refusal(str(error)) from error
    said = {name: _unwrapped(text) for name, text in texts.items() if name not in ("file", "bytes")}  # which we know
    loop = {name: array for name, array in arrays.items() if name.startswith("loop.") and array.size == 1}
    counters = {name.removeprefix("loop."): array.item() for name, array in loop.items()}
    weights = {"w_sha256": sha256(arrays["best"])} if "best" in arrays else {}
    shapes = {name: f"{array.dtype} {list(array.shape)}" for name, array in sorted(arrays.items())}
    return {"file": str(path), "bytes": path.stat().st_size, **said, "progress": counters, **weights, "arrays": shapes}


def _unwrapped(text: str) -> Any:
    """The value of a text that is JSON, else the text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def rows(found: dict[str, Any], stem: str = "") -> list[tuple[str, str]]:
    """A line for each value of nested dictionaries, its keys joined by dots."""
    each = ((f"{stem}{name}", value) for name, value in found.items())
    return [row for name, v in each for row in (rows(v, f"{name}.") if isinstance(v, dict) else [(name, str(v))])]


def inspect(args: Sequence[str]) -> int:
    flags = parse(InspectFlags, args, "trivium inspect")
    if not (path := flags.file / CHECKPOINT if flags.file.is_dir() else flags.file).is_file():
        raise Refusal(f"there is no checkpoint {path}")
    found = provenance(path)
    if flags.json:
        print(json.dumps(found))
        return 0
    lines = rows(found)
    wide = max(len(name) for name, _ in lines)
    print("\n".join(printable(f"{name:{wide}}  {value}") for name, value in lines))
    return 0
