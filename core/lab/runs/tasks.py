"""Finding a task: an installed one by its name, a stranger's by its name or by the path of its file.

A task is a module with `Config`, `PARADIGM`, `PRESETS` and `make`; installed ones register under the
entry-point group `trivium.tasks`. Loading a task executes it, as any import does: that is trusting its author.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import importlib.util
import math
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from core.lab.errors import Refusal, nearest, refusing
from core.lab.guard import guarded
from core.lab.paths import user_path
from core.lab.plugins import only, plugins, twice
from core.lab.runs import former

if TYPE_CHECKING:
    from core.lab import Learner
    from core.lab.learner import Predictor

GROUP = "trivium.tasks"
PARADIGMS = ("supervised", "unsupervised", "reinforcement")
LARGEST = 2**63 - 1  # which NumPy can count to
PRESET_NAMES = ("quick", "default", "best")
Make = Callable[[Any, Any, Any], "Learner"]


@dataclass(frozen=True)
class Info:
    """What `trivium list` shows of a task, read from its source without running it."""

    name: str
    paradigm: str
    problem: str
    summary: str
    needs: str = ""  # the command that installs what it needs and this machine lacks
    about: str = ""  # what goes in, what comes out, what is good; empty where it does not say
    data: tuple[str, ...] = ()  # the data sets that its source names


@dataclass(frozen=True)
class Task:
    """A task that was loaded: a name, and what its module defines."""

    name: str
    paradigm: str
    problem: str
    summary: str
    config: type[Any]
    presets: Mapping[str, Mapping[str, Any]]
    make: Make
    module: ModuleType
    outside: bool  # given as the path of a file, not installed

    @property
    def predictor(self) -> Callable[[Any, Any], Predictor] | None:
        """predictor(config, facts): what a run of the task answers with, without its data; None where it has none."""
        return getattr(self.module, "predictor", None)

    @property
    def facts(self) -> Any:
        """The form, as `core.lab.schema` has it, of the facts that the predictor is made from."""
        return getattr(self.module, "FACTS", {...: object})

    @property
    def about(self) -> str:
        """What the task is, what goes in, what comes out and what is good; its summary where it does not say."""
        return " ".join(str(getattr(self.module, "ABOUT", self.summary)).split())

    @property
    def ours(self) -> bool:
        """Does the task come with this distribution? Then it stands in the package of its paradigm."""
        return not self.outside and self.module.__name__.partition(".")[0] == self.paradigm


def installed() -> dict[str, str]:
    """Task names and their modules, the first one where two packages claim a name."""
    return {name: points[0].value for name, points in plugins(GROUP).items()}


def describe_all() -> list[Info]:
    """What the sources of the installed tasks say of them; a name that two packages claim cannot be used."""
    found = plugins(GROUP).items()
    faults = {name: twice("task", name, points) for name, points in found}
    return [
        Info(name, "?", "?", f"cannot be used: {faults[name]}") if faults[name] else describe(name, points[0].value)
        for name, points in found
    ]


def describe(name: str, module: str) -> Info:
    """What the source of an installed task says of it."""
    try:
        return _read(name, Path(str(getattr(importlib.util.find_spec(module), "origin", None))))
    except Exception as error:  # to find a module runs the package that it is in
        return Info(name, "?", "?", f"cannot be read: {type(error).__name__}: {error}")


def _read(name: str, path: Path) -> Info:
    """Reads what stands in the source, and the first line of the docstring, without running it."""
    found: dict[str, Any] = {"PARADIGM": "?", "PROBLEM": name, "NEEDS": {}, "ABOUT": ""}
    try:
        source = path.read_bytes()
        head, _, rest = source.partition(b"\n@dataclass")  # what is asked for stands above it, as a rule
        above = b"\nPARADIGM" in head and not re.search(rb"^(PARADIGM|PROBLEM|NEEDS|ABOUT)\b", rest, re.MULTILINE)
        tree = ast.parse(head if above else source)  # which heeds a byte order mark
        for node in tree.body:
            if isinstance(node, ast.Assign) and (word := ast.unparse(node.targets[0])) in found:
                found[word] = ast.literal_eval(node.value)
        summary, needs = (ast.get_docstring(tree) or "").partition("\n")[0], lacking(found["NEEDS"])
        about = " ".join(str(found["ABOUT"]).split())
        sets = tuple(dict.fromkeys(name.decode() for name in re.findall(rb'\bdata\("([\w-]+)"\)', source)))
        return Info(name, str(found["PARADIGM"]), str(found["PROBLEM"]), summary, needs, about, sets)
    except (ImportError, OSError, SyntaxError, ValueError, TypeError, AttributeError) as error:
        return Info(name, "?", "?", f"cannot be read: {error}")


def lacking(needs: Mapping[str, str]) -> str:
    """The command that installs what is needed and not here; "" where all is. `needs`: {module: what pip installs}."""
    packages = {package: None for module, package in needs.items() if importlib.util.find_spec(module) is None}
    return "pip install " + " ".join(f"'{package}'" for package in packages) if packages else ""


def is_file(word: str) -> bool:
    """Is a task given as the path of its file, and not by its installed name? The one rule for both."""
    return word.endswith(".py") or "/" in word or "\\" in word


def find(name: str, paradigm: str | None = None) -> Task:
    """The task of that name, or in the file of that path; with `paradigm`, only if it belongs there.

    Raises Refusal when there is none, naming the known ones, when the module is no task, and, before it is imported,
    when it needs what is not installed.
    """
    if is_file(name):
        path = user_path(name)
        _check_needs(_read(path.stem, path))
        task = _task(path.stem, import_file(path), outside=True)
    else:
        known = plugins(GROUP)
        if name not in known:
            former.check_task(name)
            raise Refusal(f"there is no task {name!r}{nearest(name, known)} (`trivium list` shows all)")
        where = only("task", name, known[name]).value
        _check_needs(describe(name, where))
        what = f"the task {name!r} ({where}) cannot be imported"
        with guarded(f"{what}: it"), refusing(what, ImportError):
            module = importlib.import_module(where)
        task = _task(name, module, outside=False)
    if paradigm and task.paradigm != paradigm:
        raise Refusal(f"{name} is a task of {task.paradigm} learning: python -m {task.paradigm} {name}")
    return task


def _check_needs(info: Info) -> None:
    if info.needs:
        raise Refusal(f"the task {info.name} needs: {info.needs}")


def import_file(path: Path, what: str = "task file") -> ModuleType:
    """The module of a Python file. Raises Refusal where there is none, and for whatever its code raises."""
    if not path.is_file():
        raise Refusal(f"there is no {what} {path}")
    with refusing(f"{path} cannot be read", OSError):
        return _loaded(path.absolute(), path.read_bytes())


@cache
def _loaded(path: Path, source: bytes) -> ModuleType:
    """The module of a file that holds `source`, executed once: what it registers elsewhere is registered once."""
    name = f"trivium_task_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise Refusal(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up by name
    with guarded(f"{path} cannot be imported: it"):
        spec.loader.exec_module(module)
    return module


def _task(name: str, module: ModuleType, outside: bool) -> Task:
    parts = ("Config", "PARADIGM", "PRESETS", "make")
    if missing := [part for part in parts if not hasattr(module, part)]:
        raise Refusal(
            f"{name} is not a task: its module lacks {', '.join(missing)} (trivium explain adding-a-task says how)"
        )
    if module.PARADIGM not in PARADIGMS:
        raise Refusal(f"{name} has PARADIGM {module.PARADIGM!r}, not one of {', '.join(PARADIGMS)}")
    kind = module.Config
    rules = {
        "Config is no dataclass": isinstance(kind, type) and dataclasses.is_dataclass(kind),
        "PRESETS is no dictionary of dictionaries": isinstance(module.PRESETS, Mapping)
        and all(isinstance(values, Mapping) for values in module.PRESETS.values()),
        "make is no function": callable(module.make),
    }
    if broken := [fault for fault, kept in rules.items() if not kept]:
        raise Refusal(f"{name} is not a task: its {broken[0]} (trivium explain adding-a-task says how)")
    summary, m = str(module.__doc__ or "").strip().partition("\n")[0], module
    problem = str(getattr(m, "PROBLEM", name))
    return Task(name, m.PARADIGM, problem, summary, m.Config, m.PRESETS, m.make, m, outside)


def preset(task: Task, name: str) -> dict[str, Any]:
    """The overrides of a preset: quick, default (none) or best. Raises Refusal for another name."""
    if name not in PRESET_NAMES:
        raise Refusal(f"there is no preset {name!r}{nearest(name, PRESET_NAMES)}")
    return dict(task.presets.get(name, {}))


def configure(task: Task, values: Mapping[str, Any]) -> Any:
    """The task's Config with these values, each of the type of its default; lists become tuples, a text a list of one.

    Raises Refusal for an unknown field, naming the known ones, for a wrong type, and for what Config itself refuses.
    """
    fields = {field.name: field for field in dataclasses.fields(task.config)}
    checked = {}
    for name, value in values.items():
        if name not in fields:
            if task.ours and (new := former.field(task.name, name, fields)):
                raise Refusal(f"the field {name!r} of {task.name} is now {new!r}")
            raise Refusal(f"the task {task.name} has no field {name!r}{nearest(name, fields)}")
        default = fields[name].default
        if task.ours and isinstance(value, str) and value in former.VALUES.get(name, ()):
            raise Refusal(f"{name} {value!r} of {task.name} is now {former.VALUES[name][value]!r}")
        value = tuple(value) if isinstance(value, list) else value
        value = former.listed(value, default) if "str" in str(fields[name].type) else value
        if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if default is not dataclasses.MISSING and default is not None and type(value) is not type(default):
            raise Refusal(f"{name} must be of type {type(default).__name__}, not {value!r}")
        if isinstance(value, int) and not -LARGEST <= value <= LARGEST:
            raise Refusal(f"{name} must be a whole number of at most 63 bits, not {value:.3e}")
        if isinstance(value, float) and not math.isfinite(value):
            raise Refusal(f"{name} must be a finite number, not {value}")
        checked[name] = value
    from core.lab.plain import check_config

    with guarded(f"{task.name}: Config"), refusing(task.name, ValueError, TypeError):
        config = task.config(**checked)
    check_config(task.name, config)
    return config
