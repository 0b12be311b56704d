"""Paths: from the current folder in a command, from the spec's in a study; and a run that follows neither."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import toy_task

from core.lab.cli import main
from core.lab.errors import Refusal
from core.lab.paths import Located, UserPath, located, path_fields
from core.lab.runs.imports import load
from core.lab.runs.run import open_run, prepare, resume, start
from core.lab.runs.tasks import find
from core.lab.study.spec import plan

TASK = f"""
import sys; sys.path.insert(0, {str(Path(toy_task.__file__).parent)!r})
from dataclasses import dataclass
import toy_task
from core.lab import UserPath
from toy_task import ABOUT, PARADIGM, PRESETS, PROBLEM
@dataclass(frozen=True)
class Config(toy_task.Config):
    file: UserPath = ""  # a file of your own
def make(config, rng, data):
    data.file(config.file)
    return toy_task.Toy(config, rng)
"""


@dataclass(frozen=True)
class Config:
    file: UserPath = ""
    name: str = "x"
    expert: UserPath = ""


def test_a_path_is_taken_from_the_folder_of_who_says_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    values = {"file": "a.csv", "name": "a.csv", "expert": "~/runs/x"}
    home = str(tmp_path / "home" / "runs" / "x")
    assert located(Config, values) == {"file": str(tmp_path / "a.csv"), "name": "a.csv", "expert": home}
    assert located(Config, values, tmp_path / "lab")["file"] == str(tmp_path / "lab" / "a.csv")
    assert located(Config, {"file": "", "expert": "/x"}) == {"file": "", "expert": "/x"}
    assert located(Config, {"file": "~nobody-of-that-name/x"})["file"] == str(tmp_path / "~nobody-of-that-name" / "x")


def test_names_of_opponents_are_no_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    task = find("connect_four")
    assert path_fields(task.config) == {"against": Located("random|greedy|minimax-.*|mcts-.*")}
    for name in ("random", "greedy", "minimax-4", "mcts-200"):
        assert located(task.config, {"against": name}) == {"against": name}
    assert located(task.config, {"against": "runs/x"}) == {"against": str(tmp_path / "runs" / "x")}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a task, its file in a folder beside it, and a run that was begun from there."""
    place = tmp_path / "project"
    (place / "there").mkdir(parents=True)
    (place / "there" / "plain.csv").write_bytes(b"1\n")
    (place / "mine.py").write_text(TASK)
    monkeypatch.chdir(place)
    start(prepare("mine.py", "quick", {"file": "there/plain.csv"}, 0, Path("d")), Path("runs/t"), pictures=False)
    return place


def test_a_run_is_opened_from_another_folder(project, tmp_path, monkeypatch):
    held = json.loads((project / "runs" / "t" / "config.json").read_text())
    assert held["config"]["file"] == str(project / "there" / "plain.csv")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert open_run("../project/runs/t", find("../project/mine.py")).w.size


def test_a_run_is_opened_where_it_was_moved_to_with_or_without_its_data(project, tmp_path):
    moved = tmp_path / "moved"
    project.rename(moved)
    task = find(str(moved / "mine.py"))
    run = open_run(moved / "runs" / "t", task)
    assert run.setup.config.file == str(moved / "there" / "plain.csv")
    assert run.w.size
    shutil.copytree(moved / "runs" / "t", tmp_path / "alone")
    (moved / "runs" / "t" / "result.json").unlink()
    resume(run, pictures=False)
    with pytest.raises(
        Refusal, match=r"plain.csv, the file of the run in .*alone, is not there: put it back, or say with --file"
    ):
        assert open_run(tmp_path / "alone", task).w.size
    held = json.loads((tmp_path / "alone" / "config.json").read_text())
    (moved / "there" / "plain.csv").rename(moved / "renamed.csv")
    held["config"]["file"] = str(moved / "renamed.csv")
    (tmp_path / "alone" / "config.json").write_text(json.dumps(held))
    assert open_run(tmp_path / "alone", task).w.size


def test_another_setting_is_still_another_run(project):
    path = project / "runs" / "t" / "config.json"
    held = json.loads(path.read_text())
    held["config"]["lr"] = 0.5
    path.write_text(json.dumps(held))
    with pytest.raises(Refusal, match="belongs to another run: its config is"):
        assert open_run("runs/t", find("mine.py")).w.size


def test_a_file_that_changed_is_named(project):
    (project / "there" / "plain.csv").write_bytes(b"2\n")
    with pytest.raises(Refusal, match=r"^plain.csv is not what it was when the run in runs/t began: put it back"):
        assert open_run("runs/t", find("mine.py")).w.size


def test_a_run_of_before_whose_path_is_not_absolute_is_opened_as_it_was(project):
    """From the folder where it began; its checkpoint names the path as it was given."""
    path = project / "runs" / "t" / "config.json"
    held = json.loads(path.read_text())
    held["config"]["file"] = "there/plain.csv"
    for name in ("beside", "data_folder"):
        del held[name]
    path.write_text(json.dumps(held))
    assert open_run("runs/t", find("mine.py")).w.size


def test_the_data_folder_of_a_run_is_kept(project):
    (project / "d").mkdir()
    assert open_run("runs/t", find("mine.py")).setup.data == project / "d"
    assert open_run("runs/t", find("mine.py"), Path("e")).setup.data == Path("e")


def test_a_study_finds_task_and_data_from_its_own_folder(project, monkeypatch):
    """Its jobs have the same names wherever it stands, so what is done stays done."""
    spec = {"study": [{"task": "mine.py", "config": {"file": "there/plain.csv"}}]}
    planned, faults = plan(spec, project, project / "runs", None)
    monkeypatch.chdir(project.parent)
    again, _ = plan(spec, project, project / "runs", None)
    assert faults == []
    assert dict(planned[0].job.config) == {"file": str(project / "there" / "plain.csv")} == dict(again[0].job.config)
    assert planned[0].setting == {"file": "there/plain.csv"}
    assert planned[0].key == again[0].key


def test_a_tilde_is_the_home_folder_everywhere(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    shutil.copy(toy_task.__file__, tmp_path / "home" / "mine.py")
    assert main(["run", "~/mine.py", "--updates", "20", "--json", "--out=~/r"]) == 0
    assert load(["~/mine.py"]) == (str(tmp_path / "home" / "mine.py"),)
    for words in (["eval", "~/r", "--task=~/mine.py"], ["inspect", "~/r"]):
        assert main(words) == 0, capsys.readouterr().err
    assert open_run("~/r", find("~/mine.py")).w.size
    assert main(["compare", "~/r", "~/s"]) == 2
    assert f"there is no folder {tmp_path / 'home' / 's'}" in capsys.readouterr().err
    assert os.listdir(tmp_path) == ["home"]
