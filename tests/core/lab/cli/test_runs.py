"""`trivium runs`: what is listed, and that nothing else is ever deleted; the question before it."""

import json
import shutil
import time
from pathlib import Path

import pytest
from places import TOY_TASK

from core.lab import terminal
from core.lab.cli import main
from core.lab.errors import Refusal
from core.lab.files import LOCK, lock
from core.lab.report.format import size
from core.lab.runs import folder as folders
from core.lab.runs.listing import age
from core.lab.runs.run import run


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return run(str(TOY_TASK), out=tmp_path_factory.mktemp("runs") / "one", updates=20)


@pytest.fixture
def place(made, tmp_path, monkeypatch):
    """A finished run, one that was stopped, one whose result is damaged, in a folder with other things."""
    monkeypatch.chdir(tmp_path)
    for name in ("runs/a", "runs/deep/b", "runs/c"):
        shutil.copytree(made.folder, name)
    Path("runs/deep/b/result.json").unlink()
    log = Path("runs/deep/b/metrics.jsonl")
    log.write_text("".join(log.read_text().splitlines(True)[:9]))
    Path("runs/c/result.json").write_text("{")
    Path("runs/other").mkdir()
    Path("runs/other/config.json").write_text('{"model_type": "none of ours"}')
    Path("runs/link").symlink_to("a")
    return tmp_path


def test_runs_are_listed(place, made, capsys):
    assert main(["runs", "--json"]) == 0
    rows = {row["folder"]: row for row in json.loads(capsys.readouterr().out)}
    assert list(rows) == ["runs/a", "runs/c", "runs/deep/b"]
    assert [row["state"] for row in rows.values()] == ["finished", "damaged", "stopped"]
    assert rows["runs/a"]["score"] == made.result["score"]
    assert rows["runs/deep/b"]["progress"] == pytest.approx(0.45)
    total = sum(entry.stat().st_size for entry in Path("runs/a").iterdir() if entry.name != LOCK)
    assert (rows["runs/a"]["bytes"], rows["runs/a"]["task"], rows["runs/a"]["seed"]) == (total, "toy_task", 0)
    assert time.time() - rows["runs/a"]["changed"] < 3600
    assert main(["runs"]) == 0
    shown = capsys.readouterr().out
    assert f"test_accuracy {made.result['score']['value']:.4g}" in shown
    assert "stopped at 45%" in shown
    assert not list(Path("runs/other").glob(".*"))  # what is looked at is not written to


def test_no_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["runs"]) == 0
    assert capsys.readouterr().out == "no runs in runs\n"
    assert main(["runs", "elsewhere"]) == 2
    assert "there is no folder elsewhere" in capsys.readouterr().err


def test_a_run_is_deleted_whole_and_no_other(place, capsys):
    (Path("runs/a") / "sounds").mkdir()
    (Path("runs/a") / "sounds" / "one.wav").write_bytes(b"RIFF")
    (Path("runs/a") / "result.updates-10.json").write_text("{}")
    (Path("runs/a") / "checkpoint.safetensors.tmp").write_text("half")
    assert main(["runs", "--delete", "runs/a", "./runs/a", "runs/deep/b", "--yes"]) == 0
    assert "deleted runs/a" in capsys.readouterr().out
    assert sorted(entry.name for entry in Path("runs").iterdir()) == ["c", "deep", "link", "other"]
    assert not any(Path("runs/deep").iterdir())


@pytest.mark.parametrize(
    "fault", ["no run", "other task's folder", "a file beside", "a run inside", "a link inside", "a link", "nothing"]
)
def test_nothing_that_is_no_run_is_deleted(place, capsys, fault):
    target, why = "runs/a", "also holds what is no part of a run"
    if fault == "a file beside":
        Path("runs/a/thesis.txt").write_text("years of work")
    elif fault == "a link inside":
        (place / "elsewhere.png").write_bytes(b"years of work")
        Path("runs/a/more.png").symlink_to(place / "elsewhere.png")
    elif fault == "a run inside":
        shutil.copytree("runs/c", "runs/a/inner")
    else:
        target = {"no run": ".", "other task's folder": "runs/other", "a link": "runs/link", "nothing": "runs/none"}[
            fault
        ]
        why = {"a link": "is a link", "other task's folder": "cannot be read"}.get(fault, "is not a run folder")
    before = sorted(map(str, Path().rglob("*")))
    assert main(["runs", "--delete", "runs/c", target, "--yes"]) == 2  # none at all, where one cannot be
    assert why in capsys.readouterr().err
    assert sorted(map(str, Path().rglob("*"))) == before


def test_a_run_that_goes_on_is_told_and_not_deleted(place, capsys):
    with lock(Path("runs/a")):
        assert main(["runs", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)[0]["state"] == "running"
        assert main(["runs", "--delete", "runs/a", "--yes"]) == 2
    assert "another process is at work in runs/a" in capsys.readouterr().err
    assert Path("runs/a", folders.RESULT).exists()


@pytest.mark.parametrize(
    ("answer", "gone"), [("y\n", True), ("yes\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_a_question_is_asked(place, monkeypatch, capsys, answer, gone):
    class Terminal:
        isatty, readline = staticmethod(lambda: True), staticmethod(lambda: answer)

    monkeypatch.setattr(terminal.sys, "stdin", Terminal())
    assert main(["runs", "--delete", "runs/a"]) == (0 if gone else 1)
    assert "Delete this run, " in capsys.readouterr().err
    assert Path("runs/a").exists() != gone


def test_without_a_terminal_nothing_is_deleted(place, monkeypatch, capsys):
    monkeypatch.setattr(terminal.sys, "stdin", None)
    assert main(["runs", "--delete", "runs/a"]) == 2
    assert "There is no terminal to ask on: --yes" in capsys.readouterr().err
    assert Path("runs/a").exists()
    with pytest.raises(Refusal):
        terminal.confirmed("?", False)


def test_sizes_and_ages_in_words():
    assert [size(n) for n in (0, 999, 1000, 999_949, 999_950, 11_600_000, 4 * 10**12)] == [
        *("0 B", "999 B", "1.0 kB", "999.9 kB", "1.0 MB", "11.6 MB", "4.0 TB")
    ]
    ages = [age(0, seconds) for seconds in (0, 59, 60, 3600, 47 * 3600, 49 * 3600, 86_400 * 30)]
    assert ages == ["0 s", "59 s", "1 min", "1 h", "47 h", "2 days", "30 days"]
