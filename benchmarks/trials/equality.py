"""Equality: the same bytes in new processes, whatever the hash seed, the folder, the locale, the time zone.

Each task of `chains` is run in new interpreters whose surroundings differ, and everything that it leaves is compared
byte for byte: weights, figures, checkpoints, pictures, logs, pages. What may differ is listed in EXCEPTIONS, and why.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from trials import chains, forks
from trials.campaign import Failure, Outcome, Plan, campaign

EXCEPTIONS = {
    "seconds": "what the clock said: in metrics.jsonl and so in its length, result.json, the checkpoint and the page",
    "command": "names the folder of a task file or a data set, where that was given",
    "versions": "names the threads of BLAS, whose number the surroundings may set",
}
AROUND: tuple[dict[str, str], ...] = (
    {"PYTHONHASHSEED": "0"},
    {"PYTHONHASHSEED": "1", "LANG": "C", "LC_ALL": "C", "TZ": "Pacific/Kiritimati"},
    {
        "PYTHONHASHSEED": "4294967295",
        "LANG": "tr_TR.UTF-8",
        "TZ": "America/St_Johns",
        "COLUMNS": "40",
        "TERM": "xterm-256color",
    },
    {"PYTHONHASHSEED": "random", "HOME": "/nowhere", "PYTHONOPTIMIZE": "1", "OPENBLAS_NUM_THREADS": "1"},
    {"PYTHONHASHSEED": "7", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1"},
)
PLACES = ("a", "a folder with spaces", "ünïcode/漢字", "deep/" + "x/" * 20, "b")


def left(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file, without what EXCEPTIONS allows."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(_steady(path)).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in chains.LOCKS
    }


def _steady(path: Path) -> bytes:
    from core.checkpoint import load, sha256

    if path.suffix == ".safetensors":
        arrays, texts = load(path)
        sums = {name: sha256(array) for name, array in arrays.items() if name not in ("loop.seconds", "loop.log_bytes")}
        texts.pop("versions", None)
        return json.dumps([sums, texts], sort_keys=True).encode()
    raw = path.read_bytes()
    if path.suffix in (".json", ".jsonl"):
        lines = raw.splitlines() if path.suffix == ".jsonl" else [raw]
        return json.dumps([chains.steady(json.loads(line)) for line in lines]).encode()
    if path.suffix == ".html":
        seconds = json.loads((path.parent / "result.json").read_text())["seconds"]
        for said in (f"<td>{seconds:.1f}</td></tr>", f", {seconds:.1f} s."):
            raw = raw.replace(said.encode(), b"", 1)
    return raw


class Equality:
    def __init__(self, plan: Plan, names: list[str], around: int) -> None:
        self.plan, self.names, self.around = plan, names, around

    def __call__(self, number: int, where: Path) -> Outcome:
        name, said, first = self.names[number % len(self.names)], Outcome(), dict[str, str]()
        for around, place in list(zip(AROUND, PLACES, strict=True))[: self.around]:
            folder = where / place
            folder.mkdir(parents=True)
            words = ["run", name, *chains.TINY[name].split(), "--out", "out", "--seed", str(number // len(self.names))]
            env = {key: value for key, value in os.environ.items() if not key.endswith("_NUM_THREADS")}
            env |= {"PYTHONPATH": str(forks.ROOT), **around}
            done = subprocess.run(
                [sys.executable, "-m", "trivium", *words],
                cwd=folder,
                env=env,
                capture_output=True,
                timeout=300,
                check=False,
            )
            said.counts["runs in new processes"] += 1
            if done.returncode:
                said.failures.append(
                    Failure("equality", f"{name}: {done.stderr[-300:]!r}", self.plan.seed, number, words)
                )
                return said
            found = left(folder / "out")
            said.counts["files compared"] += len(found) if first else 0
            first = first or found
            if differ := [file for file in first.keys() | found.keys() if first.get(file) != found.get(file)]:
                what = f"{name}: {', '.join(sorted(differ))} differ with {around} in {place!r}"
                said.failures.append(Failure("equality", what, self.plan.seed, number, words, "", str(folder)))
        return said


def run(plan: Plan, quick: bool) -> Outcome:
    from dataclasses import replace

    names = ["table_clusters"] if quick else list(chains.TINY)
    around = 2 if quick else len(AROUND)
    count = plan.count or len(names) * around
    said = campaign("equality", Equality(plan, names, around), replace(plan, count=count), "runs in new processes")
    said.notes.update({"tasks": names, "exceptions": EXCEPTIONS})
    return said
