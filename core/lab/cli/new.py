"""`trivium new PARADIGM NAME`: a task file of your own that works, and its test."""

import keyword
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.lab.cli.flags import parse
from core.lab.errors import Refusal, nearest, refusing
from core.lab.runs.tasks import PARADIGMS, installed

TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class NewFlags:
    """Writes NAME.py, a task that runs and keeps the contract as it is, and test_NAME.py."""

    paradigm: str  # supervised, unsupervised or reinforcement
    name: str  # the name of the task: lower case letters, digits, underscores
    to: Path = Path()  # the folder for the two files


def new(args: Sequence[str]) -> int:
    """Writes the two files; returns the exit code. Refuses to write over what is there."""
    flags = parse(NewFlags, args, "trivium new")
    if flags.paradigm not in PARADIGMS:
        raise Refusal(f"there is no paradigm {flags.paradigm!r}{nearest(flags.paradigm, PARADIGMS)}")
    if not ((name := flags.name).isidentifier() and name.isascii() and name == name.lower()) or keyword.iskeyword(name):
        raise Refusal(f"{name!r} cannot be a task's name: lower case letters, digits and underscores, no keyword")
    if name in (*PARADIGMS, "core", "trivium") or name in sys.stdlib_module_names:
        raise Refusal(f"{name!r} is the name of a package: a file of that name would stand before it; choose another")
    if name in installed():
        raise Refusal(f"a task named {name!r} is installed already: choose another name")
    if not flags.to.is_dir():
        raise Refusal(f"there is no folder {flags.to}")
    files = {flags.to / f"{name}.py": f"{flags.paradigm}.py.txt", flags.to / f"test_{name}.py": "test_task.py.txt"}
    for path in filter(Path.exists, files):
        raise Refusal(f"{path} exists already: choose another name, or another folder with --to")
    for path, template in files.items():
        with refusing(f"cannot write {path}", OSError):
            path.write_text((TEMPLATES / template).read_text("utf-8").replace("TASK_NAME", name), "utf-8")
        print(path)
    task = next(iter(files))
    print(
        f"next: trivium check {task}, then trivium run {task}; trivium explain adding-a-task says what each part is for"
    )
    return 0
