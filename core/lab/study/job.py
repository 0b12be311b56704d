"""A job: one run of a task, a configuration and a seed, in a folder of its own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.lab.errors import refusing

Outcome = dict[str, Any] | str | int  # the result; why there is none; the number of the signal that stopped the job


@dataclass(frozen=True)
class Job:
    """One run: a task by its name or file, a seed, a preset and overrides of its Config, in a folder of its own."""

    task: str
    seed: int
    preset: str
    folder: Path
    data: Path | None = None
    pictures: bool = True
    config: tuple[tuple[str, Any], ...] = ()
    task_sha256: str | None = None  # of the task's file, where it came as one: another file is another task
    imports: tuple[str, ...] = ()  # files and modules that are imported before it


Ended = tuple[Job, Outcome]


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes. Raises Refusal where it cannot be read."""
    import hashlib

    with refusing(f"{path} cannot be read", OSError):
        return hashlib.sha256(path.read_bytes()).hexdigest()
