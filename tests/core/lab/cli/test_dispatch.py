"""The command: how it is called, what it refuses, and that what it says fits every screen."""

import json
import logging
import os
import subprocess
import sys
import warnings
from importlib import invalidate_caches
from pathlib import Path

import pytest

from core.lab import former
from core.lab.cli import dispatch, main


def test_the_command_is_a_function_of_its_package():
    """`from core.lab.cli import main` in a script that registers what it brings; and it loads no more than it needs."""
    code = (
        "import sys; from core.lab.cli import main; code = main(['list']); from core.lab.cli import main as again; "
        "assert again is main; assert not {'numpy', 'core.lab.runs.run'} & set(sys.modules); sys.exit(code)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "digits" in ended.stdout


@pytest.fixture
def strangers(tmp_path, monkeypatch):
    """Packages that claim a task, and a command, for two things; one whose modules fail; and one that is not whole."""

    def package(name, source, *points):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(source)
        info = tmp_path / f"{name}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (info / "entry_points.txt").write_text("\n".join(points))

    for side in ("left", "right"):
        package(side, "", "[trivium.tasks]", f"mine = {side}", "[trivium.commands]", f"wave = {side}:wave")
    broken = "[trivium.tasks]", "torn = broken.task", "[trivium.commands]", "rip = broken.rip:rip"
    package("broken", "raise RuntimeError('not\x1b[31m today')", *broken)
    package("half", "", "[trivium.tasks]", "a line without a value")
    monkeypatch.syspath_prepend(str(tmp_path))
    invalidate_caches()


def test_a_name_of_two_packages_and_a_broken_one_harm_no_other(strangers, capsys):
    assert main(["list"]) == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "cannot be used: installed packages register the task 'mine' more than once (left and right)" in rows["mine"]
    assert "cannot be read: RuntimeError: not today" in rows["torn"]
    assert rows["digits"].endswith("…")
    assert main(["help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "register the command 'wave' more than once" in shown
    assert "not today" in shown
    for words, why in (
        (["run", "mine"], "error: installed packages register the task 'mine' more than once (left and right): uninst"),
        (["wave"], "error: installed packages register the command 'wave' more than once (left:wave and right:wave)"),
        (["run", "torn"], "error: the task 'torn' (broken.task) cannot be imported: it raised RuntimeError: not today"),
        (["rip"], "error: the command rip (broken.rip:rip) of the package that brought it cannot be loaded: not today"),
        (["compare", "wine"], "error: no task is of the problem 'wine'"),
    ):
        assert main(words) == 2
        said = capsys.readouterr().err
        assert said.startswith(why)
        assert said.count("\n") == 1
    assert main(["data"]) == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_stream_that_lacks_the_characters_of_a_text_breaks_nothing(encoding, tmp_path):
    """Class names out of a file, on a screen, in a table and as JSON."""
    code = """if True:
    import json, sys
    from core.lab.cli import dispatch
    from core.lab.report.format import table
    name = "Ж \\u202e\\x1b[31m花"
    def shown(args):
        print(dispatch.one_line(name)); table((name,), [[name]]); print(json.dumps(name))
        raise dispatch.Refusal(name)
    dispatch.command = lambda _: shown
    sys.exit(dispatch.main(["it"]))
    """
    env = {**os.environ, "PYTHONIOENCODING": encoding}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, env=env)
    out, err = ended.stdout.decode(encoding), ended.stderr.decode(encoding)
    assert (ended.returncode, err.strip()) == (2, r"error: \u0416 \u82b1")
    first, *rest = out.splitlines()
    assert first == r"\u0416 \u82b1"
    assert json.loads(rest[-1]) == "Ж \u202e\x1b[31m花"
    assert "\x1b" not in out


@pytest.mark.parametrize("word", ["\udcff", "a\0b", "runs/\ud800"])
def test_a_word_that_no_file_can_have_is_refused_before_anything_is_made(word, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for words in (["run", word], ["run", "perceptron", "--quick", "--out", f"new/{word}"], ["eval", word], [word]):
        assert main(words) == 2
        assert "holds bytes that are no UTF-8, or a null: give it another name" in capsys.readouterr().err
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "words",
    [
        ["eval", "a" * 5000],
        ["run", "b" * 5000],
        ["predict", "runs/x", "c" * 300],
        ["run", "text", "--file", "d" * 9999],
    ],
)
def test_a_long_word_is_told_in_a_short_line(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert len(said) < 2100
    assert max(map(len, said.split())) <= 210


def test_what_libraries_warn_of_is_not_shown_and_a_name_that_moved_is(capsys, monkeypatch):
    def warns(args):
        warnings.warn("in a library", FutureWarning, stacklevel=1)
        logging.getLogger("a library").warning("a font is missing")
        former.warn("old", "new")
        return 0

    monkeypatch.setattr(sys, "warnoptions", [])
    monkeypatch.delenv("TRIVIUM_DEBUG", raising=False)
    monkeypatch.setattr(dispatch, "command", lambda name: warns)
    assert main(["it"]) == 0
    assert capsys.readouterr().err == "warning: old is now new: the old name will go\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_output_that_cannot_be_written_is_one_line():
    code = "import sys; from core.lab.cli import main; sys.exit(main(['list']))"
    with open("/dev/full", "w") as full:
        ended = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (ended.returncode, ended.stderr) == (2, "error: the output: No space left on device\n")
