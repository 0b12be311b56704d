"""`--import FILE|MODULE`: code of the user's that is imported beside the task, such as one that registers environments.

It is executed, as a task is: giving it is trusting it. No file that we read leads to it, be it a run folder or a spec.
"""

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from core.lab.errors import Refusal
from core.lab.guard import guarded
from core.lab.paths import user_path
from core.lab.runs.tasks import import_file, is_file


def load(names: Sequence[str]) -> tuple[str, ...]:
    """Imports each; returns the names, of files the whole paths. Raises Refusal for what cannot be imported."""
    return tuple(map(_load, names))


def _load(name: str) -> str:
    if is_file(name):
        path = user_path(name).absolute()
        module = import_file(path, "file to import:")
        if path.stem.isidentifier() and importlib.util.find_spec(path.stem) is None:
            sys.modules[path.stem] = module  # "worlds:World", as an environment of worlds.py may be registered
        return str(path)
    if not all(part.isidentifier() for part in name.split(".")):
        raise Refusal(f"--import takes a file, worlds.py say, or the name of a module, not {name!r}")
    with guarded(f"--import {name}: it"):
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name.partition(".")[0]:
                raise
            here = f"; did you mean --import {name}.py?" if Path(f"{name}.py").is_file() else ": is it installed?"
            raise Refusal(f"--import {name}: there is no such module{here}") from None
    return name
