"""Who may import whom: core no sibling, siblings core alone; no circles, no names in strings, nothing that executes."""

import ast
import importlib
import re
import subprocess
import sys

import pytest
from places import PACKAGES, REPOSITORY

SIBLINGS = PACKAGES[1:]


def imports(path):
    """The dotted names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            yield str(node.module)


@pytest.mark.parametrize("package", PACKAGES)
def test_nobody_imports_a_sibling(package):
    files = list((REPOSITORY / package).rglob("*.py"))
    assert len(files) > 3
    for path in files:
        tops = {name.partition(".")[0] for name in imports(path)}
        assert not tops & (set(SIBLINGS) - {package}), f"{path} imports a sibling"
        assert "torch" not in tops
        assert "jax" not in tops


def test_core_is_numpy_only():
    allowed = {"numpy", "safetensors", "core"} | set(sys.stdlib_module_names)
    for path in (REPOSITORY / "core").glob("*.py"):
        for name in imports(path):
            assert name.partition(".")[0] in allowed, f"{path} imports {name}"
            assert not name.startswith("core.lab"), f"{path} imports {name}"


def test_nothing_that_is_loaded_can_execute():
    banned = {"pickle", "cPickle", "dill", "shelve", "marshal", "cloudpickle", "subprocess", "pty", "code", "codeop"}
    calls = {
        "eval",
        "exec",
        "compile",
        "__import__",
        "system",
        "popen",
        "startfile",
        "execv",
        "execve",
        "execvp",
        "execl",
        "spawnl",
        "spawnv",
        "spawnve",
        "posix_spawn",
        "create_subprocess_shell",
        "create_subprocess_exec",
        "literal_eval",
    }
    for package in PACKAGES:
        for path in (REPOSITORY / package).rglob("*.py"):
            assert not {name.partition(".")[0] for name in imports(path)} & banned, path
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    assert node.func.id not in calls, f"{path}:{node.lineno}"
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    whose = ast.unparse(node.func.value)  # re.compile and a DataFrame's eval are not meant
                    assert whose not in ("os", "builtins", "asyncio") or node.func.attr not in calls, path
                if isinstance(node, ast.keyword) and node.arg in ("allow_pickle", "shell"):
                    assert isinstance(node.value, ast.Constant), path
                    assert node.value.value is False, path


LAZY = "core", "core.lab"  # packages that load a name when it is asked for: who asks imports its home


def modules():
    """Every module of the four packages: its file and the modules of ours that it imports, anywhere in it."""
    files = {
        ".".join(p.relative_to(REPOSITORY).with_suffix("").parts): p
        for q in PACKAGES
        for p in (REPOSITORY / q).rglob("*.py")
    }
    files = {name.removesuffix(".__init__"): path for name, path in files.items()}
    found = {}
    for name, path in files.items():
        wanted = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                homes = getattr(importlib.import_module(node.module), "_WHERE", {}) if node.module in LAZY else {}
                full = [f"{node.module}.{homes.get(alias.name, alias.name)}" for alias in node.names]
                wanted |= {name if name in files else node.module for name in full}
        found[name] = (wanted & files.keys()) - {name}
    return files, found


def circles(imports):
    """What is left of a graph when all that leads to no circle is taken away, again and again."""
    left = {name: set(wanted) for name, wanted in imports.items()}
    while ends := {name for name, wanted in left.items() if not wanted & left.keys()}:
        left = {name: wanted for name, wanted in left.items() if name not in ends}
    return set(left)


def rooms(imports):
    """The same graph for the folders of core/lab; the files on the ground floor are one room, core.lab."""

    def room(name):
        parts = name.split(".")
        return ".".join(parts[: 3 if (REPOSITORY / "core" / "lab" / parts[2]).is_dir() else 2]) if parts[2:] else name

    inside = {name: wanted for name, wanted in imports.items() if name.startswith("core.lab.")}
    found = {room(name): set() for name in inside}
    for name, wanted in inside.items():
        found[room(name)] |= {room(other) for other in wanted if other in inside} - {room(name)}
    return found


def test_a_room_of_core_lab_imports_only_from_rooms_below_it():
    found = rooms(modules()[1])
    assert {"core.lab", "core.lab.data", "core.lab.cli"} <= found.keys()
    assert not found["core.lab"]
    assert not circles(found)


def test_no_module_imports_itself_in_a_circle():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == {"a", "b", "c"}
    assert not circles(modules()[1])


def test_no_string_of_core_names_a_module_of_a_sibling():
    assert names_a_sibling("reinforcement.play:play")
    assert not names_a_sibling("supervised")
    for path in (REPOSITORY / "core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not names_a_sibling(node.value), f"{path}: {node.value!r}"


def names_a_sibling(text):
    return re.search(rf"(?<![\w/])({'|'.join(SIBLINGS)})[./][a-z_]", text)


def test_no_room_holds_more_than_twenty_files():
    for package in PACKAGES:
        for folder in {path.parent for path in (REPOSITORY / package).rglob("*.py")}:
            one_a_file = folder.name in ("tasks", "cli")  # a task, a command
            assert one_a_file or len(list(folder.glob("*.py"))) <= 20, folder


def test_importing_core_changes_no_setting_of_the_process():
    code = "import os; before = dict(os.environ); import core.lab.runs.run; assert dict(os.environ) == before"
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY).returncode == 0


def test_core_gives_its_names_when_they_are_asked_for():
    import core

    assert core.MLP(2, 3).size == 9
    assert all(callable(getattr(core, name)) for name in core.__all__)
    code = "import sys, core; assert 'numpy' not in sys.modules; from core import MLP, Adam, cross_entropy"
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY).returncode == 0
    with pytest.raises(ImportError):
        from core import Perceptron  # noqa: F401


@pytest.mark.parametrize("package", ["core", "core.lab"])
def test_the_types_of_a_package_are_those_of_the_names_that_it_gives(package):
    module = importlib.import_module(package)
    tree = ast.parse((REPOSITORY / package.replace(".", "/") / "__init__.pyi").read_text("utf-8"))
    found = {a.asname: (n.module, a.name) for n in tree.body if isinstance(n, ast.ImportFrom) for a in n.names}
    assert found == {name: (f"{package}.{home}", name) for name, home in module._WHERE.items()}
    assert all(getattr(module, name) is not None for name in module.__all__)


@pytest.mark.parametrize("package", LAZY)
def test_no_module_of_before_takes_the_place_of_a_name_of_today(package):
    found = importlib.import_module(package)
    before = {entry.partition("=")[0] for entry in getattr(found, "FORMER", "").split()}
    assert not before & found._WHERE.keys()
