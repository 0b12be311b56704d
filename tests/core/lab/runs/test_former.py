"""Old names are refused with the new ones; a run folder of format 1 is read, and gone on with."""

import json
import shutil

import numpy as np
import pytest

from core.checkpoint import load, save
from core.lab.cli import main
from core.lab.errors import Refusal, Stopped
from core.lab.runs import former
from core.lab.runs.folder import CHECKPOINT, CONFIG
from core.lab.runs.lengthen import lengthen
from core.lab.runs.origin import origin_of
from core.lab.runs.run import open_run, prepare, resume, start
from core.lab.runs.tasks import configure, find, installed

FIELDS = {  # of digits, as they were called in format 1
    "test_time_augmentations": "looks",
    "label_smoothing": "smoothing",
    "interpret": "report",
}


def refused(capsys, *args):
    assert main(list(args)) == 2
    said = capsys.readouterr()
    assert not said.out
    assert len(said.err.strip().splitlines()) == 1
    return said.err


def test_no_old_name_is_used_again():
    tasks = installed()
    assert not set(former.TASKS) & set(tasks)
    assert set(former.TASKS.values()) <= set(tasks)


@pytest.mark.parametrize("old", sorted(former.TASKS))
def test_an_old_task_is_refused_with_its_new_name(old, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert former.TASKS[old] in refused(capsys, "run", old)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("task", "words", "new"),
    [
        ("digits", ["--looks", "3"], "--test-time-augmentations"),
        ("digits", ["--report", "deep"], "--interpret"),
        ("digits", ["--smoothing=.1"], "--label-smoothing"),
        ("image_folder", ["--side", "16"], "--size"),
        ("cartpole", ["--steps", "8"], "--rollout"),
        ("env", ["--steps", "8"], "--timesteps"),
        ("lunar_lander", ["--steps", "8"], "--timesteps"),
        ("digit_bandit", ["--memory", ".1"], "--baseline-momentum"),
        ("taxi", ["--memory", "8"], "--replay-size"),
        ("table_clusters", ["--method", "information"], "mutual_information"),
        ("table_clusters", ["--method=information"], "mutual_information"),
    ],
)
def test_an_old_flag_is_refused_with_the_new_one(task, words, new, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if task == "lunar_lander":
        pytest.importorskip("Box2D")
    assert new in refused(capsys, "run", task, *words)
    assert not list(tmp_path.iterdir())


def test_an_old_field_or_value_is_refused_wherever_a_configuration_is_made():
    with pytest.raises(Refusal, match="'looks' of digits is now 'test_time_augmentations'"):
        configure(find("digits"), {"looks": 3})
    with pytest.raises(Refusal, match="is now 'mutual_information'"):
        configure(find("digit_clusters"), {"method": "information"})


def as_format_1(folder):
    """Turns a run folder of digits into what format 1 wrote."""
    config = json.loads((folder / CONFIG).read_text())
    del config["format"]
    values = {FIELDS.get(name, name): value for name, value in config["config"].items()}
    values["report"] = "plain"
    config["config"] = values
    (folder / CONFIG).write_text(json.dumps(config))
    for path in folder.glob("checkpoint*.safetensors"):
        arrays, texts = load(path)
        del texts["format"]
        texts["config"] = json.dumps(values)
        texts["layout"] = json.dumps({f"old{i}": s for i, s in enumerate(json.loads(texts["layout"]).values())})
        save(path, arrays, texts)


def test_a_folder_of_format_1_predicts_and_goes_on_to_the_same_bytes(tmp_path):
    setup = prepare("digits", "quick", {"updates": 100}, 0, None)
    whole = start(setup, tmp_path / "whole")

    def watch(progress, row):
        if progress >= 0.5:
            raise Stopped(2)

    with pytest.raises(Stopped):
        start(setup, tmp_path / "stopped", watch=watch)
    shutil.copytree(tmp_path / "whole", tmp_path / "old")
    as_format_1(tmp_path / "old")
    as_format_1(tmp_path / "stopped")
    x = np.random.default_rng(0).random((5, 64), np.float32)
    assert list(open_run(tmp_path / "old").predict(x)) == list(whole.predict(x))
    assert open_run(tmp_path / "old").evaluate().metrics == whole.evaluate().metrics
    resumed = resume(open_run(tmp_path / "stopped"))
    assert resumed.result["w_sha256"] == whole.result["w_sha256"]
    assert load(tmp_path / "stopped" / CHECKPOINT)[1]["format"] == "2"
    longer = lengthen(open_run(tmp_path / "old"), "updates", 140)  # reads the checkpoint of before
    assert list(open_run(longer.folder).predict(x)) == list(whole.predict(x))
    assert origin_of(longer.folder).w_sha256 == whole.result["w_sha256"]


def test_a_folder_of_format_1_with_another_configuration_is_still_refused(tmp_path):
    run = start(prepare("digits", "quick", {"updates": 40}, 0, None), tmp_path / "run")
    as_format_1(run.folder)
    config = json.loads((run.folder / CONFIG).read_text())
    config["config"]["lr"] *= 2
    (run.folder / CONFIG).write_text(json.dumps(config))
    with pytest.raises(Refusal, match="its config is"):
        open_run(run.folder).predict(np.zeros((1, 64)))


def test_a_format_of_tomorrow_is_refused_in_one_line(tmp_path, capsys):
    run = start(prepare("digits", "quick", {"updates": 40}, 0, None), tmp_path / "run")
    config = json.loads((run.folder / CONFIG).read_text())
    assert config["format"] == 2
    (run.folder / CONFIG).write_text(json.dumps(config | {"format": 3}))
    assert "format 3" in refused(capsys, "eval", str(run.folder))
