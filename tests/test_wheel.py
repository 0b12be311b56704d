"""What a wheel holds, how its command meets other packages, and how fast it answers."""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import textwrap
import venv
import zipfile

import pytest
from filelock import FileLock
from places import PACKAGES, REPOSITORY


def built(source):
    """The wheel of a folder."""
    words = [sys.executable, "-m", "build", "--wheel", "--no-isolation", source]
    subprocess.run(words, check=True, capture_output=True)
    (found,) = (source / "dist").glob("*.whl")
    return found


def install(home):
    """Our wheel, in a fresh environment to which this one lends our dependencies."""
    for package in PACKAGES:  # a copy, so that no build folder of ours is left or used
        shutil.copytree(REPOSITORY / package, home / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "trivium.py"):
        shutil.copy(REPOSITORY / name, home)
    shutil.copytree(REPOSITORY / "docs", home / "docs")
    for name in ("tests", "benchmarks", "docs"):
        (home / name).mkdir(exist_ok=True)
        (home / name / "__init__.py").write_text("")
    venv.create(home / "venv", with_pip=False)
    (site,) = (home / "venv").glob("lib/python*/site-packages")
    with zipfile.ZipFile(built(home)) as archive:
        archive.extractall(site)
    lent = next(path for path in sys.path if path.endswith("site-packages"))
    (site / "lent.pth").write_text(lent + "\n")  # a plain path: the editable hooks of that folder do not come along


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """The folder with our wheel and the environment that has it; the first worker that wants it makes it for all."""
    folder = tmp_path_factory.getbasetemp()
    home = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "installed"
    with FileLock(f"{home}.lock"):
        if not (home / "done").exists():
            home.mkdir()
            install(home)
            (home / "done").touch()
    return home


@pytest.fixture
def environment(installed):
    return installed / "venv" / "bin" / "python"


def test_wheel_holds_the_four_packages_and_nothing_else(installed):
    (wheel,) = (installed / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops - {top for top in tops if top.endswith((".dist-info", ".data"))} == {*PACKAGES, "trivium.py"}
    pages = {name.rpartition("/")[2] for name in names if "/share/doc/trivium/" in name}
    assert pages == {path.name for path in (REPOSITORY / "docs").glob("*.md")}
    here = {
        str(p.relative_to(REPOSITORY))
        for package in PACKAGES
        for p in (REPOSITORY / package).rglob("*")
        if p.suffix in (".py", ".pyi", ".typed", ".html", ".txt") and "__pycache__" not in p.parts
    }
    assert here <= set(names)
    assert {f"{package}/py.typed" for package in PACKAGES} <= here
    assert not [name for name in names if "test" in name.lower() and name not in here]


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


@pytest.mark.parametrize("name", PACKAGES[1:])
def test_package_of_another_distribution_is_told(environment, tmp_path, name):
    marker = tmp_path / "executed"
    (tmp_path / "planted" / name).mkdir(parents=True)
    (tmp_path / "planted" / name / "__init__.py").write_text(f"open({str(marker)!r}, 'w')")
    ended = run(environment, "list", cwd=tmp_path, PYTHONPATH=str(tmp_path / "planted"))
    assert ended.returncode == 2
    assert "not Trivium's" in ended.stderr
    assert name in ended.stderr
    assert not marker.exists()


WATER = """\"\"\"`trivium water BED`: waters a bed\"\"\"
def water(args):
    print("watered", args)
    return 7
"""


def test_a_stranger_s_package_brings_a_command_and_runs_resumes_and_compares_by_name(environment, tmp_path):
    (tmp_path / "src" / "garden").mkdir(parents=True)
    (tmp_path / "src" / "garden" / "__init__.py").write_text("")
    toy = (REPOSITORY / "tests" / "toy_task.py").read_text().replace('PROBLEM = "toy"', 'PROBLEM = "garden"')
    (tmp_path / "src" / "garden" / "beds.py").write_text(toy)
    (tmp_path / "src" / "garden" / "water.py").write_text(WATER)
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
        [project.entry-points."trivium.commands"]
        water = "garden.water:water"
        prune = "garden.scissors:prune"
        [tool.setuptools]
        packages = ["garden"]
        """)
    )
    target = tmp_path / "site"
    with zipfile.ZipFile(built(tmp_path / "src")) as archive:
        archive.extractall(target)
    there = {"cwd": tmp_path, "PYTHONPATH": str(target)}
    assert "flower_beds" in run(environment, "list", **there).stdout
    helped = run(environment, "--help", **there)
    assert re.search(r"^  water BED +waters a bed$", helped.stdout, re.M), helped.stdout
    assert re.search(r"^  prune +cannot be used", helped.stdout, re.M)
    watered = run(environment, "water", "roses", **there)
    assert (watered.returncode, watered.stdout) == (7, "watered ['roses']\n")
    broken = run(environment, "prune", **there)
    assert broken.returncode == 2
    assert len(broken.stderr.splitlines()) == 1
    assert "the command prune" in broken.stderr
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


def test_a_stranger_s_type_checker_sees_our_types(installed, environment, tmp_path):
    (tmp_path / "mine.py").write_text("from core import MLP\n\nsize: str = MLP(2, 3).size\nnet: MLP\n")
    words = [sys.executable, "-m", "mypy", "--python-executable", environment, "--cache-dir", installed / "types"]
    ended = subprocess.run([*words, "mine.py"], capture_output=True, text=True, cwd=tmp_path)
    assert "Found 2 errors" in ended.stdout, ended.stdout  # MLP is a function, no type
    assert 'mine.py:3: error: Incompatible types in assignment (expression has type "int"' in ended.stdout
    assert "mine.py:4: error: Function" in ended.stdout


def test_list_comes_at_once_and_loads_no_numpy(environment, tmp_path):
    heavy = "print(sorted({'numpy', 'matplotlib'} & set(sys.modules)))"
    code = f"import sys; from trivium import main; main(['list']); {heavy}"

    def seconds(code):  # of the processor: the clock would measure what else this machine does
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ended = subprocess.run([environment, "-c", code], capture_output=True, text=True, cwd=tmp_path)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert ended.returncode == 0, ended.stderr
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, ended.stdout.splitlines()

    assert seconds(code)[1][-1] == "[]"
    nothing, listing = (min(seconds(words)[0] for _ in range(5)) for words in ("pass", code))
    assert listing - nothing < 0.15
