"""Names that have moved: a task that was written for them still runs, with a warning that says the new one.

A package says in `FORMER` which of its modules stand elsewhere now, and a module with `moved` which of its names.
"""

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


class Moved(FutureWarning):
    """A name is used that will go."""


def warn(old: str, new: str, level: int = 3) -> None:
    """Says once for each place that `old` is `new` now."""
    warnings.warn(f"{old} is now {new}: the old name will go", Moved, stacklevel=level)


def moved(module: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """A `__getattr__` for a module: names that were its own and have another home now. {name: "module:name"}.

    The home of "*" is that of all other names.
    """

    def find(name: str) -> Any:
        if name.startswith("__") or (name not in homes and "*" not in homes):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        home, _, new = homes.get(name, homes.get("*", "")).partition(":")
        if not hasattr(found := import_module(home), new or name):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        warn(f"{module}.{name}", f"{home}.{new or name}")
        return getattr(found, new or name)

    return find


def renamed(**names: Callable[[Any], dict[str, Any]]) -> Callable[[F], F]:
    """For a function whose keywords have other names now: {old: value -> {new: value}}; its signature shows the new."""

    def decorate(function: F) -> F:
        @wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            for old in [name for name in options if name in names]:
                new = names[old](options.pop(old))
                warn(f"the keyword {old}", " and ".join(new))
                options |= new
            return function(*args, **options)

        return cast(F, call)

    return decorate


class Finder(MetaPathFinder, Loader):
    """Finds a module by its former name: an empty one, whose names are looked up where they stand now.

    A package says in `FORMER` where: "former=new former=new,another", all of them within the package.
    """

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        package, _, leaf = name.rpartition(".")
        table = dict(entry.split("=") for entry in getattr(sys.modules.get(package), "FORMER", "").split())
        homes = [f"{package}.{new}" for new in table[leaf].split(",")] if leaf in table else []
        return ModuleSpec(name, self, loader_state=homes) if homes else None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        old, homes = module.__name__, module.__spec__.loader_state  # type: ignore[union-attr]

        def find(name: str) -> Any:
            if not name.startswith("__"):
                for home in homes:
                    if hasattr(found := import_module(home), name):
                        warn(f"{old}.{name}", f"{home}.{name}")
                        return getattr(found, name)
            raise AttributeError(f"module {old!r} has no attribute {name!r}")

        module.__getattr__ = find  # type: ignore[method-assign]


FINDER = Finder()
