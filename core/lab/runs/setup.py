"""What a run is of: a task, its configuration, a seed. From here the learner is built and the folder described."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core import Layer
from core.lab import Learner
from core.lab.environment import blas_threads
from core.lab.errors import Refusal
from core.lab.files import checked
from core.lab.guard import guarded
from core.lab.learner import MEMBERS
from core.lab.paths import beside
from core.lab.runs import former
from core.lab.runs.origin import Origin
from core.lab.runs.tasks import Task, configure, preset

if TYPE_CHECKING:
    from core.lab import Data


@dataclass(frozen=True)
class Setup:
    """What a run is of: together with the data and the BLAS kernels it determines every byte of the weights."""

    task: Task
    config: Any
    seed: int = 0
    preset: str = "default"
    data: Path | None = None  # where data sets lie; None: TRIVIUM_DATA or the cache
    imports: tuple[str, ...] = ()  # files and modules that were imported beside the task
    origin: Origin | None = None  # the run whose weights it starts from
    lengthened: tuple[tuple[str, int], ...] = ()  # (field, what it was) each time it went on beyond its end

    @property
    def command(self) -> str:
        """The command that repeats the run, or the commands where it went on beyond its end."""
        if self.lengthened:
            *earlier, (name, was) = self.lengthened
            shorter = replace(self, config=replace(self.config, **{name: was}), lengthened=tuple(earlier))
            out = "" if earlier else " --out DIR"
            return f"{shorter.command}{out} && trivium resume DIR --{name} {getattr(self.config, name)}"
        base = configure(self.task, preset(self.task, self.preset))
        words = ["trivium", "run", f"{self.task.module.__file__}" if self.task.outside else self.task.name]
        words += ["--seed", str(self.seed)] + (["--preset", self.preset] if self.preset != "default" else [])
        words += [word for name in self.imports for word in ("--import", name)]
        words += ["--from", self.origin.folder] if self.origin else []
        changed = {name: value for name, value in asdict(self.config).items() if value != getattr(base, name)}
        for flag, value in ((name.replace("_", "-"), value) for name, value in changed.items()):
            if isinstance(value, bool):
                words.append(f"--{flag}" if value else f"--no-{flag}")
            else:
                words += [f"--{flag}", *map(str, value if isinstance(value, tuple) else (value,))]
        return shlex.join(words)

    def describe(self) -> dict[str, Any]:
        """What config.json holds. A task that came as a file is named, but never found again by itself."""
        earlier = [{"field": name, "was": was} for name, was in self.lengthened]
        return {
            "format": former.FORMAT,
            "task": self.task.name,
            "outside": self.task.outside,
            "paradigm": self.task.paradigm,
            "problem": self.task.problem,
            "seed": self.seed,
            "preset": self.preset,
            "config": asdict(self.config),
            "command": self.command,
            **({"from": asdict(self.origin)} if self.origin else {}),
            **({"lengthened": earlier} if earlier else {}),
        }

    def describe_in(self, folder: Path) -> dict[str, Any]:
        """`describe`, and where the paths and the data are from the run's folder: both may be moved together."""
        near = {"beside": beside(self.task.config, asdict(self.config), folder)}
        return {**self.describe(), **near, **({"data_folder": str(self.data.absolute())} if self.data else {})}

    def build(self) -> tuple[Learner, Data]:
        """The learner at its start, and the data that it read. Raises Refusal for what the task itself refuses."""
        from core.lab import Data

        data, name = Data(self.data), self.task.name
        with guarded(f"{name}: make"), blas_threads(0):
            try:
                learner = self.task.make(self.config, np.random.default_rng(self.seed), data)
            except (ValueError, OSError) as error:
                raise Refusal(f"{name}: {error}") from error
            if lacking := [member for member in MEMBERS if not hasattr(learner, member)]:
                raise Refusal(
                    f"{name}: make gives a {type(learner).__name__}, no learner: it lacks {', '.join(lacking)}"
                )
        return learner, data

    def facts(self, learner: Learner) -> dict[str, Any] | None:
        """What the learner's `prediction()` gives, as JSON gives it back; None where nothing is made of it.

        Raises Refusal for what JSON cannot hold.
        """
        if not self.task.predictor and not hasattr(learner, "prediction"):
            return None
        with guarded(f"{self.task.name}: prediction"):
            facts: dict[str, Any] = learner.prediction() if hasattr(learner, "prediction") else {}
            return checked(json.loads(json.dumps(facts, allow_nan=False)), self.task.facts)

    def notes(self, learner: Learner) -> list[str]:
        """What has to be known of where it began, and of how it went on."""
        notes = [self.origin.note(learner)] if self.origin else []
        if self.lengthened:
            name, ends = self.lengthened[-1][0], [f"{name} {was}" for name, was in self.lengthened]
            how = f"It went on beyond its end, from {', then '.join(ends)} to {name} {getattr(self.config, name)}"
            notes.append(f"{how}; its schedules fell back to where so long a run has them, so it is no such run")
        return notes

    def texts(self, net: Layer, facts: Any = None, sums: dict[str, str] | None = None) -> dict[str, str]:
        """What a checkpoint of this run carries, and what another run's checkpoint is told by; None: of any data.

        Of the `facts` of its predictor their SHA-256.
        """
        said = {
            "format": str(former.FORMAT),
            "task": self.task.name,
            "seed": str(self.seed),
            "config": json.dumps(asdict(self.config)),
            "layout": json.dumps({k: list(v) for k, v in net.layout.items()}),
            **({} if facts is None else {"facts": sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()}),
            **({"from": self.origin.text()} if self.origin else {}),
            **({"lengthened": json.dumps(self.lengthened)} if self.lengthened else {}),
        }
        return said if sums is None else {**said, "data": json.dumps(dict(sorted(sums.items())))}
