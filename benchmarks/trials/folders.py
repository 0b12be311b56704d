"""Fuzz, third part: run folders and studies that were damaged, and every command on them.

Damage: a file broken by the mutators, cut, emptied, gone, doubled under another's name, a folder or a link in its
place, one that may not be read, a pipe; a checkpoint whose texts or arrays are others, with a right SHA-256.
"""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from pathlib import Path

import numpy as np

from trials import forks, mutate, world
from trials.campaign import Failure, Outcome, Plan, campaign

BATCH = 20  # folders of a case
COMMANDS = {  # {} is the damaged folder
    "codes": (
        "eval {}",
        "inspect {}",
        "resume {}",
        "predict {} digits.csv",
        "compare {} rows",
        "compare {} codes --out new",
        "eval {} --json",
    ),
    "rows": ("predict {} a.csv", "resume {} --json", "compare {} codes", "inspect {} --json", "eval {}"),
    "words": (
        "generate {} --length 20",
        "resume {}",
        "inspect {}",
        "generate {} --length 9 --streams 2",
        "predict {} a.txt",
    ),
    "half": (
        "resume {} --json",
        "resume {} --save-every 0",
        "eval {}",
        "inspect {}",
        "compare {} codes",
        "predict {} digits.csv",
    ),
    "game": ("play tic_tac_toe {} --simulations 4", "resume {}", "compare {} pole"),
    "study": (
        "status {}",
        "status {} --json",
        "study spec.toml --out {} --jobs 1",
        "study spec.toml --out {} --dry-run",
        "status {}",
    ),
}
GOING_ON, LOG = ("resume", "study"), "metrics.jsonl"  # commands that write into a run, and what they may have added to
KINDS = (
    "mutate",
    "mutate",
    "mutate",
    "mutate",
    "cut",
    "empty",
    "gone",
    "swap",
    "folder",
    "link",
    "loop",
    "closed",
    "pipe",
    "arrays",
)


def damage(folder: Path, rng: np.random.Generator) -> str:
    """Damages one file of a folder; says what it did."""
    files = sorted(
        path for path in folder.rglob("*") if path.is_file() and path.suffix in (".json", ".jsonl", ".safetensors")
    )
    path = files[rng.integers(len(files))]
    kind, raw = str(rng.choice(KINDS)), path.read_bytes()
    other = files[rng.integers(len(files))]
    if kind == "arrays":
        kind = _forged(path, rng) if path.suffix == ".safetensors" else "mutate"
    match kind:
        case "mutate":
            path.write_bytes(_mutated(path, raw, rng))
        case "cut":
            path.write_bytes(raw[: int(rng.integers(0, len(raw) + 1))])
        case "empty":
            path.write_bytes(b"")
        case "swap":
            path.write_bytes(other.read_bytes())
        case "closed":
            path.chmod(0)
        case "gone" | "folder" | "link" | "loop" | "pipe":
            path.unlink()
            if kind == "folder":
                path.mkdir()
            elif kind == "pipe":
                os.mkfifo(path)
            elif kind != "gone":
                path.symlink_to(path if kind == "loop" else "/dev/zero" if rng.random() < 0.3 else "nowhere")
    return f"{path.relative_to(folder)}: {kind}"


def _mutated(path: Path, raw: bytes, rng: np.random.Generator) -> bytes:
    if path.suffix == ".safetensors":
        return mutate.binary(raw, [raw], rng)
    with suppress(ValueError):  # of what is broken already
        if rng.random() < 0.8:
            return mutate.of_json(raw, rng)
    return mutate.text(raw, [raw], rng)


def _forged(path: Path, rng: np.random.Generator) -> str:
    """A checkpoint of other arrays or texts whose SHA-256 is right: one that somebody made, not one that broke."""
    from core.checkpoint import CheckpointError, load, save

    try:
        arrays, texts = load(path)
    except CheckpointError:  # damaged already
        return "mutate"
    name = list(arrays)[rng.integers(len(arrays))]
    a = arrays[name]
    match int(rng.integers(6)):
        case 0:
            del arrays[name]
        case 1:
            arrays[name] = np.zeros((*a.shape, 2), a.dtype)
        case 2:
            arrays[name] = a.astype("f8" if a.dtype != np.float64 else "i4")
        case 3:
            arrays[name] = np.full_like(a, np.nan if a.dtype.kind == "f" else -1 if a.dtype.kind == "i" else 1)
        case 4:
            arrays[name] = np.zeros(0, a.dtype)
        case _:
            text = list(texts)[rng.integers(len(texts))]
            texts[text] = str(rng.choice(mutate.WORDS)).replace("\0", "")
    save(aside := path.with_name("aside"), arrays, texts)  # beside it, since the one before may be a folder by now
    aside.replace(path)
    return f"forged {name}"


class Folders:
    def __init__(self, plan: Plan, made: Path) -> None:
        self.plan, self.world = plan, made

    def __call__(self, number: int, where: Path) -> Outcome:
        rng, said = self.plan.rng(number), Outcome()
        copy, whole = world.enter(self.world, where)
        for k in range(BATCH):
            if k and world.files(copy) != whole:
                copy, whole = world.enter(self.world, where)
            name = str(rng.choice(list(COMMANDS)))
            words = shlex.split(str(rng.choice(COMMANDS[name])).replace("{}", name))
            how = "; ".join(damage(copy / name, rng) for _ in range(1 + (rng.random() < 0.2)))
            before = world.files(copy)
            work = world.asked_to_stop(forks.command(words), 0.3)
            ended = forks.fork(work, copy, environ=world.QUIET, room=world.room(), limit=world.HANG)
            said.counts["damaged folders"] += 1
            said.counts[f"damaged folders: {'refused' if ended.code == 2 else 'taken'}"] += 1
            said.most["megabytes of a command"] = max(ended.megabytes, said.most.get("megabytes of a command", 0.0))
            fault = world.judge(ended, words)
            going_on = words[0] in GOING_ON
            changed = world.touched(before, world.files(copy))
            changed = [path for path in changed if not (going_on and path.endswith(LOG))]
            if changed and (ended.code == 2 or not going_on):
                fault = f"changed {', '.join(changed[:3])}: exit {ended.code}, {ended.err.strip()[-200:]}"
                said.counts["runs overwritten"] += 1
            if fault:
                line = f"{' '.join(words)} with {how}"
                detail = f"damage number {k}\n{ended.err[-1500:]}"
                kept = where / f"{name}-{k}"
                _keep(copy / name, kept)
                said.failures.append(
                    Failure("fuzz", f"{fault} <- {line}", self.plan.seed, number, words, detail, str(kept))
                )
        return said


def _keep(folder: Path, kept: Path) -> None:
    """What a damaged folder holds that can be copied: its plain files of less than a megabyte."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 20 and path.stat().st_mode & 0o400:
            (kept / path.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
            (kept / path.relative_to(folder)).write_bytes(path.read_bytes())


def run(plan: Plan, made: Path) -> Outcome:
    return campaign("fuzz folders", Folders(plan, made), plan, "damaged folders")
