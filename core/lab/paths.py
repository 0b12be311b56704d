"""The paths that a person gives: those of a command from the current folder, those of a spec from the spec's folder."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

from core.lab.errors import Refusal


@dataclass(frozen=True)
class Located:
    """Marks a text field of a Config as the path of a file or folder; `but` is a pattern of texts that are no paths."""

    but: str = ""


ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")  # http://, s3://; a letter and a colon are a drive of Windows
UserPath = Annotated[str, Located()]  # file: UserPath = ""  # a file of your own


def user_path(path: str | Path) -> Path:
    """A path that a person named. `~` at its start is the home folder, also where no shell put it there (--out=~/x).

    Raises Refusal for an address of the web.
    """
    if ADDRESS.match(str(path)):
        raise Refusal(f"{path} is an address; download what is there, and name the file")
    return Path(os.path.expanduser(path))


def default_root() -> Path:
    """Where data sets lie: TRIVIUM_DATA, or else the user's cache folder of this project."""
    if folder := os.environ.get("TRIVIUM_DATA"):
        return user_path(folder)
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("trivium"))


def path_fields(kind: Any) -> dict[str, Located]:
    """The fields of a Config that hold paths."""
    try:
        hints = get_type_hints(kind, include_extras=True)
    except (NameError, TypeError):  # an annotation that only its author's checker resolves
        return {}
    marks = {name: [mark for mark in get_args(hint)[1:] if isinstance(mark, Located)] for name, hint in hints.items()}
    return {name: found[0] for name, found in marks.items() if found}


def located(kind: Any, values: Mapping[str, Any], beside: Path | None = None) -> dict[str, Any]:
    """`values` of a Config, its paths absolute: from the folder `beside`, or else from the current one."""
    made = dict(values)
    for name, mark in path_fields(kind).items():
        if isinstance(value := made.get(name), str) and value and not re.fullmatch(mark.but, value):
            made[name] = str(Path(beside or Path(), user_path(value)).absolute())
    return made


def moved(kind: Any, values: Mapping[str, Any], folder: Path, beside: Mapping[str, str]) -> dict[str, Any]:
    """`values`, where a path that is not there any more is taken as `beside` has it, from `folder`: both were moved."""
    made = dict(values)
    for name in path_fields(kind).keys() & made.keys() & beside.keys():
        if not os.path.exists(str(made[name])) and (here := folder / str(beside[name])).exists():
            made[name] = str(here.resolve())
    return made


def missing(kind: Any, values: Mapping[str, Any]) -> str:
    """The first of the paths among `values` where nothing is; "" where there is none."""
    paths = ((str(values[name]), name) for name in path_fields(kind))
    return next((f"{path}, the {name}" for path, name in paths if os.path.isabs(path) and not os.path.exists(path)), "")


def beside(kind: Any, values: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """The paths among `values` as they are from `folder`."""
    paths = {name: os.path.realpath(values[name]) for name in path_fields(kind) if os.path.isabs(values[name])}
    with suppress(ValueError):  # Windows knows no way from one drive to another
        return {name: os.path.relpath(path, os.path.realpath(folder)) for name, path in paths.items()}
    return {}
