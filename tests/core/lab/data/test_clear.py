"""`trivium data --clear`: the files that are known to the byte go, and nothing else, wherever it lies."""

import hashlib
import shutil
from pathlib import Path

import pytest

from core.lab.cli import main
from core.lab.data import registry
from core.lab.data.dataset import DataSet
from core.lab.data.download import File
from core.lab.files import lock

CONTENT = b"petals"


def known(name, content=CONTENT):
    return File(name, len(content), hashlib.sha256(content).hexdigest())


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Two sets, of which all files lie in a person's folder among others."""
    packed = File("flowers/b.txt", 6, known("").sha256, instead=known("flowers/b.gz", b"packed"))
    sets = {
        "flowers": DataSet("flowers", "MIT", "A. Gardener", bytes, (known("flowers/a.txt"), packed)),
        "trees": DataSet("trees", "MIT", "A. Gardener", bytes, (known("trees/c.txt"),)),
        "leaves": DataSet("leaves", "MIT", "A. Gardener", bytes),
    }
    monkeypatch.setattr(registry, "SETS", sets)
    folder = tmp_path / "data"
    for name in ("flowers", "trees"):
        (folder / name).mkdir(parents=True)
    for name in ("flowers/a.txt", "flowers/b.txt", "trees/c.txt", "trees/own.txt", "mine.txt"):
        (folder / name).write_bytes(CONTENT)
    (folder / "flowers/b.gz").write_bytes(b"packed")
    return folder


def left(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() or path.is_symlink())


def clear(root, *words):
    return main(["data", *words, "--clear", "--data", str(root)])


def test_a_set_is_cleared_and_its_empty_folder_goes(root, capsys):
    assert clear(root, "flowers", "--yes") == 0
    shown = capsys.readouterr().out
    assert "flowers/b.gz" in shown
    assert "deleted 18 B" in shown
    assert left(root) == [".lock", "mine.txt", "trees/c.txt", "trees/own.txt"]
    assert not (root / "flowers").exists()
    assert main(["data", "--clear", "flowers", "--yes", "--data", str(root)]) == 0  # the name after the flag, too
    assert capsys.readouterr().out == "there is nothing to delete\n"


def test_all_sets_are_cleared_and_what_is_not_ours_stays(root):
    assert clear(root, "--yes") == 0
    assert left(root) == [".lock", "mine.txt", "trees/own.txt"]


def test_what_only_has_the_name_is_left_and_told(root, tmp_path, capsys):
    (root / "flowers/a.txt").write_bytes(b"PETALS")  # of the same size
    (root / "flowers/b.txt").unlink()
    (root / "flowers/b.txt").symlink_to(tmp_path / "elsewhere.txt")
    (tmp_path / "elsewhere.txt").write_bytes(CONTENT)
    shutil.move(root / "trees", tmp_path / "trees")
    (root / "trees").symlink_to(tmp_path / "trees")
    assert clear(root, "--yes") == 0
    shown = capsys.readouterr().out
    for name, why in (("a.txt", "not the known file"), ("b.txt", "a link"), ("c.txt", "a link")):
        assert any(name in line and why in line for line in shown.splitlines() if line.startswith("left as it is"))
    assert (root / "flowers/a.txt").exists()
    assert (tmp_path / "elsewhere.txt").exists()
    assert (tmp_path / "trees/c.txt").exists()
    assert not (root / "flowers/b.gz").exists()


def test_a_set_whose_file_lies_outside_the_folder_is_left(root, tmp_path, monkeypatch):
    (tmp_path / "outside.txt").write_bytes(CONTENT)
    for name in ("../outside.txt", str(tmp_path / "outside.txt")):
        sets = {"odd": DataSet("odd", "MIT", "nobody", bytes, (known(name),))}
        monkeypatch.setattr(registry, "SETS", sets)
        assert clear(root, "--yes") == 0
        assert Path(tmp_path / "outside.txt").exists()


def test_it_is_asked_first_and_refused_where_it_cannot_be(root, capsys):
    before = left(root)
    assert clear(root) == 2  # there is no terminal
    assert "Delete 4 files in" in capsys.readouterr().err
    assert clear(root, "leaves", "--yes") == 2
    assert "comes with a library" in capsys.readouterr().err
    assert clear(root, "flower") == 2
    assert main(["data", "--yes", "--data", str(root)]) == 2
    assert left(root) == before
    with lock(root):
        assert clear(root, "--yes") == 2
    assert left(root) == sorted([*before, ".lock"])
