"""`trivium export DIR FILE`: a run's network as a file that needs nothing of ours: ONNX, PyTorch's weights, NumPy."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any

from core.checkpoint import previous
from core.lab import Refusal, printable
from core.lab.cli.flags import OpenFlags, parse
from core.lab.errors import refusing
from core.lab.paths import user_path
from core.lab.runs.folder import CHECKPOINT


@dataclass(frozen=True)
class ExportFlags(OpenFlags):
    """Writes a run's network as .onnx, .safetensors (for PyTorch) or .py (NumPy alone); FILE's suffix says which."""

    file: Path  # what is written
    _: KW_ONLY
    force: bool = False  # takes the place of a file that is there
    json: bool = False  # prints JSON


def export(args: Sequence[str]) -> int:
    flags = parse(ExportFlags, args, "trivium export")
    kept = flags.folder / CHECKPOINT
    own = kept, previous(kept), user_path(flags.task or kept)
    if flags.file.resolve() in [path.resolve() for path in own]:
        raise Refusal(f"{flags.file} belongs to the run itself: name another file")
    weights = [flags.file.with_suffix(".npz")] if flags.file.suffix.lower() == ".py" else []
    for path in (flags.file, *weights):
        if path.exists() and not (flags.force and path.is_file()):
            raise Refusal(f"{path} is there already: name another, or give --force")
    from core.lab.export.write import Differs, exported

    run = flags.run()
    try:
        with refusing(f"{flags.file} cannot be written", OSError):
            found = exported(run, flags.file)
    except Differs as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json.dumps(found) if flags.json else printable("\n".join(lines(found))))
    return 0


def lines(found: dict[str, Any]) -> Iterator[str]:
    """What is in the file, for a person."""
    yield found["file"]
    for kind in ("inputs", "outputs"):
        yield from (f"{kind[:-1]:8}{name}: {form}" for name, form in found[kind].items())
    yield from found["notes"]
    if "weights" in found:
        yield f"the weights: {found['weights']}"
    if "difference" in found:
        yield f"largest difference from the run's own answers: {found['difference']:.1e}, by {found['compared']}"
