"""Numbers of environments that no memory holds are refused before any is made."""

from dataclasses import fields

import pytest

from core.lab.cli import main
from core.lab.errors import Refusal
from core.lab.runs.run import prepare
from core.lab.runs.tasks import find, installed

COUNTS = "envs", "games", "pairs", "batch"  # fields that say how many play side by side; the first that a task has
MANY = 100_000_000
PLAYS = [
    name for name, module in installed().items() if module.startswith("reinforcement.") and name != "review_rl"
]  # which writes, and plays nothing


@pytest.mark.parametrize("name", PLAYS)
def test_too_many_side_by_side_are_refused(name):
    try:
        names = {field.name for field in fields(find(name).config)}
    except Refusal as refusal:
        pytest.skip(str(refusal))  # an extra is not installed
    with pytest.raises(Refusal, match=rf"{name}: .*(at most|from 1 to) \d+"):
        prepare(name, "quick", {next(field for field in COUNTS if field in names): MANY}, 0, None).build()


@pytest.mark.parametrize(("name", "field"), [("env", "episodes"), ("cartpole_dagger", "episodes")])
def test_too_many_episodes_at_once_are_refused(name, field):
    with pytest.raises(Refusal, match=rf"{name}: {MANY} environments side by side are too many"):
        prepare(name, "quick", {field: MANY}, 0, None).build()


def test_what_a_memory_holds_is_taken_and_one_more_is_refused():
    learner, _ = prepare("cartpole", "quick", {"envs": 16_384}, 0, None).build()
    assert learner.envs.obs.shape == (16_384, 4)
    for n in 16_385, MANY:
        with pytest.raises(Refusal, match=f"cartpole: {n} environments side by side are too many: at most 16384"):
            prepare("cartpole", "quick", {"envs": n}, 0, None).build()


def test_it_is_one_line_and_no_folder_is_left(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["run", "cartpole", "--envs", str(MANY)]) == 2
    said = capsys.readouterr().err
    assert said == f"error: cartpole: {MANY} environments side by side are too many: at most 16384\n"
    assert not list(tmp_path.glob("runs/*"))
