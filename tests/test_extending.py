"""The files of docs/extending.md are run as they stand there."""

import json
import re
import subprocess
import sys
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from places import REPOSITORY

from core import Adam, Linear, Sequential, cross_entropy
from core.gradcheck import directional_error, layer_errors
from core.lab.cli import main
from core.lab.runs.check import outcomes
from core.lab.runs.tasks import find

PAGE = (REPOSITORY / "docs" / "extending.md").read_text("utf-8")
SECTIONS = {
    name: re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL)
    for name, text in re.findall(r"^## A[n]? [a-z ]+: `([\w/]+)\.py`\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
}


def listing(name, kind="python"):
    """The first block of that kind in the section of a file."""
    return next(text for language, text in SECTIONS[name] if language == kind)


def loaded(name):
    """The names that the file of a section defines."""
    found = {"__name__": name}
    exec(compile(listing(name), f"{name}.py", "exec"), found)
    return found


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder on the path, with our listings in it, where a package is installed as pip would: gardens."""
    (tmp_path / "gardens").mkdir()
    (tmp_path / "gardens" / "__init__.py").write_text("")
    for name in SECTIONS:
        (tmp_path / f"{name}.py").write_text(listing(name))
    info = tmp_path / "gardens-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: gardens\nVersion: 1\n")
    tables = [listing(name, "toml") for name in ("gardens/beds", "gardens/water")]
    points = [re.sub(r'\[project\.entry-points\."(.*)"\]', r"[\1]", table).replace('"', "") for table in tables]
    (info / "entry_points.txt").write_text("\n".join(points))
    monkeypatch.syspath_prepend(str(tmp_path))
    invalidate_caches()
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] in ("gardens", "swish", "focal")]:
        del sys.modules[name]


def test_every_kind_of_part_has_its_file():
    assert list(SECTIONS) == ["swish", "focal", "my_ppo", "gardens/beds", "gardens/water"]


def test_the_layer_has_the_true_gradient_alone_and_in_a_network():
    Swish, rng = loaded("swish")["Swish"], np.random.default_rng(0)
    x = rng.standard_normal((7, 2, 5))
    for layer in (Swish(5), Sequential(Linear(5, 4), Swish(4), Linear(4, 3))):
        errors = layer_errors(layer, x, rng)
        assert sorted(errors) == ["w", "x"]
        assert max(errors.values()) < 1e-6
        w = layer.init(rng, np.float64)
        _, back = layer(x, w)
        dy = rng.standard_normal((7, 2, 3 if layer.size > 5 else 5))
        g, twice = np.empty_like(w), np.zeros_like(w)
        back(dy, g)
        back(dy, twice, add=True)
        back(dy, twice, add=True)
        assert twice == pytest.approx(2 * g)


def test_the_layer_is_swish():
    x = np.array([[-1.0, 0.0, 2.0]])
    assert loaded("swish")["Swish"](3)(x, np.ones(3))[0] == pytest.approx(x / (1 + np.exp(-x)))


def test_the_loss_has_the_true_gradient_and_is_cross_entropy_at_0():
    focal, rng = loaded("focal")["focal"], np.random.default_rng(0)
    y, t = rng.standard_normal((6, 4)), rng.integers(4, size=6)
    for k in (1.0, 2.0, 3.5):
        f = lambda u, k=k: focal(u.reshape(y.shape), t, k)[0]  # noqa: E731
        assert directional_error(f, y.ravel(), focal(y, t, k)[1].ravel(), rng) < 1e-6
    (value, dy), (expected, slope) = focal(y, t, 0.0), cross_entropy(y, t)
    assert value == pytest.approx(expected)
    assert dy == pytest.approx(slope)


def test_layer_and_loss_learn_together():
    Swish, focal = loaded("swish")["Swish"], loaded("focal")["focal"]
    x, t = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    net, optimizer = Sequential(Linear(2, 8), Swish(8), Linear(8, 2)), Adam(0.05)
    w = net.init(np.random.default_rng(0))
    g = np.empty_like(w)
    for _ in range(300):
        y, back = net(x, w)
        back(focal(y, t)[1], g)
        optimizer.step(w, g)
    assert net(x, w)[0].argmax(1).tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("name", ["swish", "focal"])
def test_the_check_that_the_page_shows_prints_small_errors(place, name):
    second = [text for language, text in SECTIONS[name] if language == "python"][1]
    code = [sys.executable, "-c", second]
    said = subprocess.run(code, cwd=place, env={"PYTHONPATH": f"{place}:{REPOSITORY}"}, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    errors = [float(number) for number in re.findall(r"\d\S*e-\d+", said.stdout)]
    assert errors
    assert max(errors) < 1e-6


def test_the_algorithm_keeps_the_contract_in_sixty_lines_of_class_and_learns(place, capsys, monkeypatch):
    lines = listing("my_ppo").partition("class MyPPO:")[2].partition("\n\n\ndef predictor")[0].strip().splitlines()
    assert len(lines) <= 60
    found = outcomes(find(str(place / "my_ppo.py")))
    assert {outcome for outcome, *_ in found} == {"ok"}, found
    monkeypatch.chdir(place)
    assert main(["run", "my_ppo.py", "--out", "first", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["score"]["scaled"] > 0.7


@pytest.mark.skipif(not find_spec("core.lab.data.dataset"), reason="sets of other packages are not there yet")
def test_the_data_set_of_a_package_is_read_and_listed(place, capsys):
    from core.lab.data.registry import Data

    data = Data(Path(place))
    x, t, features, classes = data("beds")
    assert (x.shape, t.tolist(), features, classes) == ((4, 2), [0, 0, 1, 1], ("length", "width"), ("roses", "tulips"))
    assert len(data.sums["beds"]) == 64
    assert main(["data"]) == 0
    assert "4 flower beds" in capsys.readouterr().out


def test_the_command_of_a_package_runs_is_listed_and_refuses(place, capsys):
    assert main(["water", "roses"]) == 0
    assert capsys.readouterr().out == "roses: 4 litres\n"
    assert main(["water", "weeds"]) == 2
    assert "takes one bed" in capsys.readouterr().err
    assert main(["--help"]) == 0
    assert "water BED" in capsys.readouterr().out
