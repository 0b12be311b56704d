"""The rules of the house: who may import whom, what a wheel holds, and whose packages these are."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import venv
import zipfile
from pathlib import Path

import pytest

from core.lab.results.quotes import documents, refill, typed

ROOT = Path(__file__).parents[1]
PACKAGES = ("core", "supervised", "unsupervised", "reinforcement")
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
    files = list((ROOT / package).rglob("*.py"))
    assert len(files) > 3
    for path in files:
        tops = {name.partition(".")[0] for name in imports(path)}
        assert not tops & (set(SIBLINGS) - {package}), f"{path} imports a sibling"
        assert "torch" not in tops
        assert "jax" not in tops


def test_core_is_numpy_only():
    allowed = {"numpy", "safetensors", "core"} | set(sys.stdlib_module_names)
    for path in (ROOT / "core").glob("*.py"):
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
        for path in (ROOT / package).rglob("*.py"):
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


def test_documents_quote_what_the_records_hold():
    quotes = 0
    for path in documents(ROOT):
        text = path.read_text("utf-8")
        quotes += text.count("<!--=")
        _, stale = refill(text, ROOT / "benchmarks" / "results", path)
        assert not stale, "trivium results docs writes them"
    assert quotes > 100


RECORDS = ROOT / "benchmarks" / "results"


def held(value, key):
    """All that stands under a key, wherever in a record."""
    if isinstance(value, dict):
        yield from ([value[key]] if key in value else ())
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from held(part, key)


def lacking(record):
    """What a record does not say of where its figures come from."""
    machines = [v for v in held(record, "versions") if isinstance(v, dict) and v.get("blas") and v.get("processor")]
    found = {
        "command": [*held(record, "command"), *held(record, "commands")],
        "versions": machines,
        "data": [*held(record, "data")],
        "seed": [*held(record, "seed"), *held(record, "seeds")],
    }
    return [name for name, values in found.items() if not values]


@pytest.mark.parametrize("name", sorted(path.stem for path in RECORDS.glob("*.json") if path.stem != "published"))
def test_a_record_says_where_it_comes_from(name):
    record = json.loads((RECORDS / f"{name}.json").read_text("utf-8"))
    assert not lacking(record)
    if "spec" in record:  # of `trivium results run`: each row by itself
        assert [row["label"] for row in record["rows"] if lacking({"command": record["command"], **row})] == []


def test_what_a_record_lacks_is_told():
    machine = {"blas": ["openblas 0.3.30 Haswell"], "processor": "a processor, 2 cores"}
    whole = {"command": "python speed.py", "data": {}, "rows": [{"seed": 0, "versions": machine}]}
    assert not lacking(whole)
    for key in "command", "data", "rows":
        assert lacking({name: value for name, value in whole.items() if name != key})
    assert lacking({**whole, "rows": [{"seed": 0, "versions": {**machine, "blas": []}}]}) == ["versions"]


def test_figures_of_others_name_their_source():
    published = json.loads((RECORDS / "published.json").read_text("utf-8"))
    assert [name for name, entry in published.items() if not entry["source"].strip() or "value" not in entry] == []


def modules():
    """Every module of the four packages: its file and the modules of ours that it imports, anywhere in it."""
    files = {".".join(p.relative_to(ROOT).with_suffix("").parts): p for q in PACKAGES for p in (ROOT / q).rglob("*.py")}
    files = {name.removesuffix(".__init__"): path for name, path in files.items()}
    found = {}
    for name, path in files.items():
        wanted = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                full = [f"{node.module}.{alias.name}" for alias in node.names]
                wanted |= {name if name in files else node.module for name in full}
        found[name] = (wanted & files.keys()) - {name}
    return files, found


def circles(imports):
    """What is left of a graph when all that leads to no circle is taken away, again and again."""
    left = {name: set(wanted) for name, wanted in imports.items()}
    while ends := {name for name, wanted in left.items() if not wanted & left.keys()}:
        left = {name: wanted for name, wanted in left.items() if name not in ends}
    return set(left)


def test_no_module_imports_itself_in_a_circle():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == {"a", "b", "c"}
    assert not circles(modules()[1])


def test_no_string_of_core_names_a_module_of_a_sibling():
    assert names_a_sibling("reinforcement.play:play")
    assert not names_a_sibling("supervised")
    for path in (ROOT / "core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not names_a_sibling(node.value), f"{path}: {node.value!r}"


def names_a_sibling(text):
    return re.search(rf"(?<![\w/])({'|'.join(SIBLINGS)})[./][a-z_]", text)


def test_no_room_holds_more_than_twenty_files():
    for package in PACKAGES:
        for folder in {path.parent for path in (ROOT / package).rglob("*.py")}:
            assert folder.name == "tasks" or len(list(folder.glob("*.py"))) <= 20, folder


def test_importing_core_changes_no_setting_of_the_process():
    code = "import os; before = dict(os.environ); import core.lab.runs.run; assert dict(os.environ) == before"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_core_gives_its_names_when_they_are_asked_for():
    import core

    assert core.MLP(2, 3).size == 9
    assert all(callable(getattr(core, name)) for name in core.__all__)
    code = "import sys, core; assert 'numpy' not in sys.modules; from core import MLP, Adam, cross_entropy"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
    with pytest.raises(ImportError):
        from core import Perceptron  # noqa: F401


@pytest.mark.parametrize("path", list(documents(ROOT)), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_figure_is_typed(path):
    assert not list(typed(path.read_text("utf-8"))), (
        "a record holds each figure, or it is `code`, or it goes: docs/results.md"
    )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    for package in PACKAGES:  # a copy, so that no build folder of ours is left or used
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "trivium.py"):
        shutil.copy(ROOT / name, folder)
    for name in ("tests", "benchmarks", "docs"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", folder], check=True, capture_output=True
    )
    (found,) = (folder / "dist").glob("*.whl")
    return found


def test_wheel_holds_the_four_packages_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops - {top for top in tops if top.endswith(".dist-info")} == {*PACKAGES, "trivium.py"}
    here = {
        str(p.relative_to(ROOT))
        for package in PACKAGES
        for p in (ROOT / package).rglob("*")
        if p.suffix in (".py", ".html", ".txt") and "__pycache__" not in p.parts
    }
    assert here <= set(names)
    assert not [name for name in names if "test" in name.lower() and name not in here]


@pytest.fixture(scope="session")
def environment(tmp_path_factory, wheel):
    """A fresh environment with our wheel in it, and our dependencies lent from this one."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    (site,) = home.glob("lib/python*/site-packages")
    lent = next(p for p in sys.path if p.endswith("site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "lent.pth").write_text(lent + "\n")  # a plain path: the editable hooks of that folder do not come along
    return python


def run(python, *args, cwd, **env):
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "TRIVIUM_DATA")}
    return subprocess.run(
        [python, "-m", "trivium", *map(str, args)], capture_output=True, text=True, cwd=cwd, env={**clean, **env}
    )


def test_installed_wheel_lists_and_runs(environment, tmp_path):
    listed = run(environment, "list", cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    for task in ("digits", "digit_clusters", "text", "cartpole", "digit_bandit"):
        assert task in listed.stdout
    assert "cannot be read" not in listed.stdout


def test_folder_named_core_in_the_current_directory_is_told(environment, tmp_path):
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").write_text("")
    ended = subprocess.run([environment, "-m", "supervised", "digits"], capture_output=True, text=True, cwd=tmp_path)
    assert ended.returncode == 2
    assert "core" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("name", SIBLINGS)
def test_package_of_another_distribution_is_told(environment, tmp_path, name):
    marker = tmp_path / "executed"
    (tmp_path / "planted" / name).mkdir(parents=True)
    (tmp_path / "planted" / name / "__init__.py").write_text(f"open({str(marker)!r}, 'w')")
    ended = run(environment, "list", cwd=tmp_path, PYTHONPATH=str(tmp_path / "planted"))
    assert ended.returncode == 2
    assert "not Trivium's" in ended.stderr
    assert name in ended.stderr
    assert not marker.exists()


def test_a_stranger_s_package_runs_resumes_and_compares_by_name(environment, tmp_path):
    (tmp_path / "src" / "garden").mkdir(parents=True)
    (tmp_path / "src" / "garden" / "__init__.py").write_text("")
    toy = (ROOT / "tests" / "toy_task.py").read_text().replace('PROBLEM = "toy"', 'PROBLEM = "garden"')
    (tmp_path / "src" / "garden" / "beds.py").write_text(toy)
    (tmp_path / "src" / "pyproject.toml").write_text(
        textwrap.dedent("""
        [build-system]
        requires = ["setuptools"]
        build-backend = "setuptools.build_meta"
        [project]
        name = "garden"
        version = "1"
        [project.entry-points."trivium.tasks"]
        flower_beds = "garden.beds"
        [tool.setuptools]
        packages = ["garden"]
        """)
    )
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", tmp_path / "src"], check=True, capture_output=True
    )
    (built,) = (tmp_path / "src" / "dist").glob("*.whl")
    target = tmp_path / "site"
    with zipfile.ZipFile(built) as archive:
        archive.extractall(target)
    there = {"cwd": tmp_path, "PYTHONPATH": str(target)}
    assert "flower_beds" in run(environment, "list", **there).stdout
    ended = run(environment, "run", "flower_beds", "--quick", "--out", "beds", "--json", **there)
    assert ended.returncode == 0, ended.stderr
    first = json.loads(ended.stdout)
    (tmp_path / "beds" / "result.json").unlink()
    again = run(environment, "resume", "beds", "--json", **there)
    assert json.loads(again.stdout)["w_sha256"] == first["w_sha256"]
    compared = run(environment, "compare", "garden", "--quick", "--out", "compared", "--json", **there)
    assert compared.returncode == 0, compared.stderr
    assert [result["seed"] for result in json.loads(compared.stdout)] == [0, 1]
    assert (tmp_path / "compared" / "report.html").exists()
