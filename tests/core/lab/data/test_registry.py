"""Data sets by their names: arrays of one's own, folders, the table, and sets of other packages."""

from __future__ import annotations

import subprocess
import sys
import types
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from places import REPOSITORY
from small_set import CONTENT, ROOT, put, sha256

import core.lab.plugins
from core.lab.cli import main
from core.lab.data import registry as datasets
from core.lab.data.dataset import DataSet
from core.lab.data.download import File
from core.lab.data.registry import Data, fetch, split, table
from core.lab.errors import Refusal
from core.lab.paths import default_root

# Arrays of one's own.


@pytest.mark.parametrize(("n", "sizes"), [(8, [6, 1, 1]), (100, [68, 12, 20]), (1797, [1214, 224, 359])])
def test_split_parts_all_of_it_and_keeps_x_with_t(n: int, sizes: list[int]):
    x = np.arange(3 * n).reshape(n, 3)
    sets = split(x, np.arange(n))
    assert [len(part) for part in sets[::2]] == sizes
    t = np.concatenate(sets[1::2])
    np.testing.assert_array_equal(np.sort(t), np.arange(n))
    np.testing.assert_array_equal(np.concatenate(sets[::2]), x[t])
    np.testing.assert_array_equal(np.concatenate(split(-x, 2 * np.arange(n))[1::2]), 2 * t)


def test_split_is_the_same_for_ever():
    assert split(list(range(10)), list(range(10))).t_train.tolist() == [2, 8, 4, 9, 1, 6, 7]


@pytest.mark.parametrize(
    ("x", "t"), [(np.zeros((7, 2)), np.zeros(7)), (np.zeros((9, 2)), np.zeros(8)), (3, 4), ([], [])]
)
def test_split_refuses_what_cannot_be_divided(x: Any, t: Any):
    with pytest.raises(ValueError, match="at least 8 examples with a target each"):
        split(x, t)


# Names, folders, the table.


@pytest.mark.parametrize(
    ("wrong", "right"), [("mnst", "mnist"), ("fashion_mnsit", "fashion-mnist"), ("Digits", "digits")]
)
def test_an_unknown_name_is_refused_with_the_nearest(wrong: str, right: str):
    for ask in (Data(), fetch):
        with pytest.raises(Refusal, match=f"no data set '{wrong}'; did you mean {right}") as caught:
            ask(wrong)
        assert "(trivium data lists them)" in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["../mnist", "mnist/../names", "reviews/", ""])
def test_a_name_is_never_a_path(name: str):
    with pytest.raises(Refusal, match="no data set"):
        Data(ROOT)(name)


def test_the_folder_is_the_one_given_or_of_the_environment_or_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: File
):
    import pooch

    assert default_root() == Path(pooch.os_cache("trivium"))
    monkeypatch.setenv("TRIVIUM_DATA", "")
    assert default_root() == Path(pooch.os_cache("trivium"))
    monkeypatch.setenv("TRIVIUM_DATA", str(tmp_path / "a"))
    put(tmp_path / "a", small, CONTENT)
    assert "".join(Data()("tiny-shakespeare")) == CONTENT.decode()
    with pytest.raises(Refusal, match="is not here"):
        Data(tmp_path / "b")("tiny-shakespeare")


def test_importing_the_module_is_light():
    heavy = ["sklearn", "scipy", "pooch", "requests", "pydoc_data.topics", "matplotlib"]
    code = f"import sys, core.lab.data.registry; print([m for m in {heavy} if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_table(tmp_path: Path, small: File):
    rows = {row["name"]: row for row in table(tmp_path)}
    assert all(list(row) == ["name", "kind", "bytes", "licence", "where", "about"] for row in rows.values())
    assert rows["digits"]["where"] == "with scikit-learn"
    assert {row["where"] for row in rows.values() if row["kind"] == "file"} == {"not here"}
    assert rows["mnist"]["bytes"] == 11_594_722
    path = put(tmp_path, small, CONTENT)
    assert table(tmp_path)[list(rows).index("tiny-shakespeare")]["where"] == str(path.parent)
    put(tmp_path, small, CONTENT[:-1])
    assert table(tmp_path)[list(rows).index("tiny-shakespeare")]["where"] == "not here"


# Sets of other packages.

FLOWERS = DataSet("3 flowers", "MIT", "A. Gardener, 2026", lambda: (np.arange(3),), embedded="flowers")


def register(monkeypatch: pytest.MonkeyPatch, **points: str) -> None:
    found = [EntryPoint(name, value, datasets.GROUP) for name, value in points.items()]
    monkeypatch.setattr(core.lab.plugins, "entry_points", lambda group: found if group == "trivium.datasets" else [])


def test_another_package_adds_a_set(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    module = types.ModuleType("flowers_of_a_stranger")
    module.FLOWERS = FLOWERS
    monkeypatch.setitem(sys.modules, module.__name__, module)
    register(monkeypatch, wild_flowers="flowers_of_a_stranger:FLOWERS")
    data = Data()
    for name in ("wild-flowers", "wild_flowers"):
        assert data(name)[0].tolist() == [0, 1, 2]
    assert data.sums == {"wild-flowers": sha256(np.arange(3).tobytes())}
    assert fetch("wild-flowers") == []
    assert main(["data"]) == 0
    (row,) = (line for line in capsys.readouterr().out.splitlines() if "wild-flowers" in line)
    assert all(word in row for word in ("embedded", "MIT", "with flowers", "3 flowers"))
    with pytest.raises(Refusal, match="did you mean wild-flowers"):
        data("wild-flower")


@pytest.mark.parametrize("name", ["digits", "fashion_mnist", "reviews"])
def test_no_package_takes_the_name_of_a_set_of_ours(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    ours, rows = datasets.lookup(name), len(table(tmp_path))
    register(monkeypatch, **{name: "strange:SET"})
    assert datasets.lookup(name) == ours
    assert Data()("iris")
    *_, row = table(tmp_path)
    assert len(table(tmp_path)) == rows + 1
    assert "as strange:SET, but the name is taken by Trivium: uninstall" in row["about"]


def test_a_name_of_two_packages_is_refused_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    register(monkeypatch, wild_flowers="a:SET", **{"wild-flowers": "b:SET"})
    with pytest.raises(Refusal, match=r"register the data set 'wild-flowers' more than once \(b:SET and a:SET\)"):
        Data()("wild-flowers")
    assert Data()("digits")
    assert "more than once" in table(tmp_path)[-1]["about"]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("no_such_module:SET", "cannot be loaded: No module"),
        ("math:SET", "cannot be loaded"),
        ("math:pi", "no DataSet"),
    ],
)
def test_what_is_no_data_set_is_refused_by_name_and_spoils_no_other(
    value: str, why: str, monkeypatch: pytest.MonkeyPatch
):
    register(monkeypatch, flowers=value)
    assert Data()("digits").x_train.shape == (1200, 64)
    assert why in table()[-1]["about"]
    with pytest.raises(Refusal, match=f"the data set 'flowers' \\({value}\\) .*{why}"):
        Data()("flowers")
