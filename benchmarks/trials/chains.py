"""The runs that are killed: small, of every paradigm, with a checkpoint after every update; and what must come out.

REFERENCE: the same command, never stopped. A chain that was killed any number of times must leave the same weights,
figures, log, pictures and files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trials import forks

TINY = {
    "digits": "--quick --updates 40 --hidden 16",
    "function_fit": "--quick --updates 40 --sweep 20 --n-init 1 --width 8 --points 100",
    "table": "--quick --updates 40 --hidden 8",
    "image_folder": "--quick --updates 20 --features 4 --size 16",
    "cartpole_imitation": "--quick --updates 40 --hidden 8",
    "digit_clusters": "--quick --updates 20 --hidden 16 --batch 64",
    "digit_autoencoder": "--quick --updates 40 --hidden 16",
    "digit_images": "--quick --updates 40 --hidden 16 --components 10 --samples 9",
    "table_clusters": "--quick --updates 20 --clusters 3 --n-init 1 --hidden 8",
    "text": "--quick --updates 20 --hidden 16 --embedding 8 --batch 32",
    "cartpole_world": "--quick --updates 40 --hidden 8 --envs 4 --rollout 32 --width 2 --depth 3",
    "cartpole": "--quick --updates 6 --hidden 8 --envs 4 --epochs 2",
    "digit_bandit": "--quick --updates 20 --batches 4 --hidden 16",
    "blackjack": "--quick --updates 20 --batches 4 --batch 32 --envs 4 --rollout 8 --hidden 8",
    "cartpole_dagger": "--quick --updates 6 --batches 4 --hidden 8",
    "cartpole_evolution": "--quick --updates 6 --pairs 4 --hidden 4",
    "env": "--quick --timesteps 4096 --episodes 4 --hidden 8 --envs 4",
    "glimpse": "--quick --updates 4 --envs 16 --rollout 8 --hidden 8 --critic 8 --epochs 1",
    "tic_tac_toe": "--quick --updates 4 --games 8 --simulations 4 --hidden 8 --batches 1",
    "connect_four": "--quick --updates 4 --games 4 --simulations 4 --hidden 8 --batches 1 --think 2 --warm 2 "
    "--openings 2",
}
OWN = "own"  # a task in a file of one's own, out of `trivium new`
STUDY = "study"  # three jobs, one after another in one process
WORKERS = "workers"  # the same, two at a time, in processes of their own
SPEC = """
seeds = 2
[[study]]
task = "digits"
preset = "quick"
config = { updates = 20, hidden = 8 }
[[study]]
task = "table_clusters"
preset = "quick"
config = { updates = 10, clusters = 3, n_init = 1, hidden = 8 }
"""
NAMES = [*TINY, OWN, STUDY]
CHANGING = {"seconds", "versions", "command", "job_seconds"}  # what two runs of the same need not share
LOCKS = {".lock"}


@dataclass(frozen=True)
class Subject:
    """A command that is killed: how it begins, how it goes on, and the files that tell it is done."""

    name: str
    place: Path  # where its folder `out` and its files lie

    @property
    def out(self) -> Path:
        return self.place / "work" / "out"

    @property
    def study(self) -> bool:
        return self.name in (STUDY, WORKERS)

    def prepare(self) -> None:
        """Writes what the command reads."""
        (self.place / "work").mkdir(parents=True)
        if self.study:
            (self.place / "spec.toml").write_text(SPEC)
        if self.name == OWN:
            forks.fork(forks.command(["new", "supervised", OWN, "--to", self.place]), self.place)

    @property
    def begin(self) -> list[str]:
        if self.study:
            jobs = "2" if self.name == WORKERS else "1"
            return ["study", str(self.place / "spec.toml"), "--out", str(self.out), "--jobs", jobs]
        task, flags = self.name, TINY.get(self.name, "--quick --updates 40").split()
        if self.name == OWN:
            task = str(self.place / f"{OWN}.py")
        return ["run", task, *flags, "--out", str(self.out), "--save-every", "0", "--json"]

    @property
    def words(self) -> list[str]:
        """The command that goes on from what is there."""
        if self.study or not (self.out / "config.json").exists():
            return self.begin
        own = ["--task", str(self.place / f"{OWN}.py")] if self.name == OWN else []
        return ["resume", str(self.out), *own, "--save-every", "0", "--json"]

    def reached(self) -> int:
        """Updates in the checkpoint, 0 without one; of a study those of all runs. Raises CheckpointError."""
        from core.checkpoint import load, previous
        from core.lab.runs.folder import CHECKPOINT

        total = 0
        for folder in (self.out / "runs").iterdir() if self.study and self.out.exists() else [self.out]:
            path = folder / CHECKPOINT
            if path.exists() or previous(path).exists():
                total += int(load(path if path.exists() else previous(path))[0]["loop.updates"])
        return total

    def left(self) -> dict[str, Any]:
        """What is there at the end: what was learnt and found, and the names and sums of all files."""
        found: dict[str, Any] = {}
        for path in sorted((self.place / "work").rglob("*")):
            name = str(path.relative_to(self.place / "work"))
            if path.is_dir() or path.name in LOCKS:
                continue
            if path.name in ("result.json", "results.json") or path.parent.name == "rows":
                found[name] = steady(json.loads(path.read_text("utf-8")))
            elif path.name == "metrics.jsonl":
                found[name] = [steady(json.loads(line)) for line in path.read_text("utf-8").splitlines()]
            elif path.suffix in (".png", ".gif", ".wav", ".md"):
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
            else:  # pages and checkpoints hold seconds, a session holds a process: that they are there is all
                found[name] = "there"
        return found


def steady(value: Any) -> Any:
    """A JSON value without what two runs of the same need not share."""
    if isinstance(value, dict):
        return {key: steady(part) for key, part in value.items() if key not in CHANGING}
    return [steady(part) for part in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Reference:
    """The run that was never stopped."""

    left: dict[str, Any]
    seconds: float


def reference(name: str, place: Path, start: Callable[[list[str], Path], forks.Ended]) -> Reference:
    """Raises RuntimeError where the command fails by itself."""
    subject = Subject(name, place)
    subject.prepare()
    ended = start(subject.begin, place)
    if ended.code != 0:
        raise RuntimeError(f"{name} fails without being killed: {ended.line()}")
    return Reference(subject.left(), ended.seconds)


def differences(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """What is not as in the reference, a line each."""
    said = [f"{name} is left over" for name in sorted(found.keys() - expected.keys())]
    said += [f"{name} is missing" for name in sorted(expected.keys() - found.keys())]
    return said + [
        f"{name} differs" for name in sorted(expected.keys() & found.keys()) if expected[name] != found[name]
    ]
