"""What `--help` shows of a flag: what kind of value it takes, its default, and what the presets make of it."""

from __future__ import annotations

import dataclasses
import shutil
import textwrap
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import tyro

VALUES = {int: "N", float: "NUMBER", str: "TEXT", Path: "PATH"}
Presets = Mapping[str, Mapping[str, Any]]
SILENT = ("None", "False", "()", "", "''")  # defaults that say no more than that the flag was not given


def asked_for_help(args: Any) -> bool:
    return "-h" in args or "--help" in args


def value(hint: Any) -> str | None:
    """What stands behind a flag of that type: N, NUMBER, TEXT, PATH, "N ..."; None where the type says it better."""
    if get_origin(hint) is Annotated:
        return value(get_args(hint)[0])
    if get_origin(hint) is Literal:
        return "|".join(map(str, get_args(hint)))
    if hint in VALUES:
        return VALUES[hint]
    known = [said for part in get_args(hint) if part not in (NoneType, ...) and (said := value(part))]
    several = get_origin(hint) in (tuple, list)
    return f"{known[0]} ..." if several and known else known[0] if len(set(known)) == 1 else None


def behind(name: str, presets: Presets, default: str) -> str:
    """What follows the help of a flag: (default: 2500; quick 600; best 12000)."""
    said = [] if default.removeprefix("default: ") in SILENT else [f"default: {default.removeprefix('default: ')}"]
    said += [f"{preset} {values[name]}" for preset, values in presets.items() if name in values]
    return f"({'; '.join(said)})" if said else ""


def wrapped(text: str) -> str:
    """Paragraphs in lines that the screen holds."""
    width = shutil.get_terminal_size((80, 24)).columns
    return "\n\n".join(textwrap.fill(paragraph, width, break_on_hyphens=False) for paragraph in text.split("\n\n"))


def dressed(kind: type[Any], presets: Presets | None = None) -> type[Any]:
    """A dataclass like `kind`, whose flags are described for a person."""
    hints, fields = get_type_hints(kind, include_extras=True), {}
    for field in dataclasses.fields(kind):
        hint = hints[field.name]
        if not dataclasses.is_dataclass(get_args(hint)[0] if get_args(hint) else hint):
            metavar, hinted = None if hint is bool else value(hint), partial(behind, field.name, presets or {})
            hint = Annotated[hint, tyro.conf.arg(metavar=metavar, help_behavior_hint=hinted)]
        fields[field.name] = hint
    body = {"__annotations__": fields, "__module__": kind.__module__, "__doc__": kind.__doc__, **_defaults(kind)}
    return dataclasses.dataclass(frozen=True)(type(kind.__name__, (kind,), body))


def _defaults(kind: type[Any]) -> dict[str, Any]:
    """Each field as a new dataclass needs it again."""
    names = ("default", "default_factory", "kw_only")
    known = {field.name: {name: getattr(field, name) for name in names} for field in dataclasses.fields(kind)}
    missing = dataclasses.MISSING
    return {
        name: dataclasses.field(**{k: v for k, v in one.items() if v is not missing}) for name, one in known.items()
    }
