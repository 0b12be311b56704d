"""A run answers out of its folder alone: without its data, from elsewhere, and only with facts that fit."""

import json
import shutil
from dataclasses import asdict

import numpy as np
import pytest

from core.lab.cli import main
from core.lab.data.registry import Data
from core.lab.errors import Refusal
from core.lab.runs.check import outcomes
from core.lab.runs.run import open_run, resume, run
from core.lab.runs.tasks import find

TASK = '''
"""Numbers in a file, each with its half."""
from dataclasses import dataclass, field
import numpy as np
from core import Adam, Linear, mse
from core.lab import Splits, UserPath, check
from supervised.metrics.regression import Regression
from supervised.predictor import SupervisedPredictor
from supervised.regressor import Regressor

PARADIGM, PRESETS = "supervised", {}
ABOUT = "Numbers go in, their halves come out. The error should be small."
FACTS = {"mean": float}

@dataclass(frozen=True)
class Config:
    file: UserPath = ""
    updates: int = 1500

    def __post_init__(self):
        check(self, positive=("updates",))

def predictor(config, facts):
    return SupervisedPredictor(Linear(1, 1), Regression(facts["mean"], SCALE), (1,))

def make(config, rng, data):
    x = np.linspace(0, 1, 60, dtype=np.float32)[:, None]
    if config.file:
        x = np.array(data.file(config.file, 10000).split(), np.float32)[:, None]
    t, mean = x / 2, float(x.mean() / 2)
    parts = (a for a in (x[:40], t[:40] - mean, x[40:50], t[40:50] - mean, x[50:], t[50:] - mean))
    learner = Regressor(Splits(*parts), Linear(1, 1), Adam(0.05), rng, mean=mean, updates=config.updates)
    learner.prediction = lambda: {"mean": mean}
    return learner
'''


def task(folder, scale="1.0", name="halves.py"):
    path = folder / name
    path.write_text(TASK.replace("SCALE", scale))
    return path


@pytest.fixture
def ran(tmp_path):
    """A run of numbers in a file, and the file."""
    numbers = tmp_path / "numbers.txt"
    numbers.write_text("\n".join(map(str, np.random.default_rng(0).uniform(0, 4, 60))))
    return run(str(task(tmp_path)), file=str(numbers), out=tmp_path / "run"), numbers


def test_predict_needs_the_folder_alone(ran, tmp_path, monkeypatch, capsys):
    one, numbers = ran
    before = one.predict([[0.5], [3.0]])
    numbers.unlink()
    moved = shutil.move(one.folder, tmp_path / "elsewhere")
    (tmp_path / "x.csv").write_text("0.5\n3.0\n")
    monkeypatch.chdir("/")
    words = [str(moved), str(tmp_path / "x.csv"), "--json", "--task", str(tmp_path / "halves.py")]
    assert main(["predict", *words]) == 0
    said = [each["answer"] for each in json.loads(capsys.readouterr().out)["answers"]]
    assert said == pytest.approx(before.tolist())
    assert before == pytest.approx([0.25, 1.5], abs=0.2)
    with pytest.raises(Refusal, match="is not there: put it back, or say with --file or --dir where it lies now"):
        open_run(moved, find(str(tmp_path / "halves.py"))).evaluate()


def test_eval_and_resume_are_told_where_the_file_lies_now(ran, tmp_path):
    one, numbers = ran
    there = numbers.rename(tmp_path / "other.txt")
    (one.folder / "result.json").unlink()
    again = open_run(one.folder, one.setup.task, places={"file": str(there)})
    score = again.evaluate().score()
    assert resume(again).result["score"] == score
    assert open_run(one.folder, one.setup.task).evaluate().score() == score  # config.json says the new place
    there.write_text("1\n2\n" * 30)
    with pytest.raises(Refusal, match="not what it was when the run"):
        open_run(one.folder, one.setup.task).evaluate()
    with pytest.raises(Refusal, match="the task halves reads no --dir"):
        open_run(one.folder, one.setup.task, places={"dir": "x"})


@pytest.mark.parametrize("facts", [{}, {"mean": "three"}, [], None, {"mean": 1.5}])
def test_facts_that_do_not_fit_are_one_line(ran, facts):
    one, _ = ran
    (one.folder / "prediction.json").write_text(json.dumps(facts))
    with pytest.raises(Refusal, match=r"prediction\.json"):
        open_run(one.folder, one.setup.task).predict([[1.0]])
    resume(open_run(one.folder, one.setup.task))
    assert open_run(one.folder, one.setup.task).predict([[1.0]]) == one.predict([[1.0]])


def test_a_run_without_facts_is_opened_with_its_data(ran):
    one, _ = ran
    (one.folder / "prediction.json").unlink()
    assert open_run(one.folder, one.setup.task).predict([[2.0]]) == pytest.approx(one.predict([[2.0]]))


def test_digits_answer_without_their_images(tmp_path, monkeypatch):
    one = run("digits", out=tmp_path / "run", updates=20, members=2, test_time_augmentations=2)
    x = np.random.default_rng(0).random((5, 64), np.float32)
    expected = one.learner.predict(one.w, x)
    monkeypatch.setattr(Data, "__call__", lambda *_: pytest.fail("the data is read"))
    again = open_run(tmp_path / "run")
    names, p = again.predictor.probabilities(again.w, x)
    assert again.predict(x).tolist() == expected.tolist() == [int(names[k]) for k in p.argmax(1)]
    assert asdict(again.setup.config)["members"] == 2


@pytest.mark.parametrize(("scale", "outcome"), [("1.0", "ok"), ("2.0", "FAIL")])
def test_check_compares_the_predictor_with_the_learner(tmp_path, scale, outcome):
    found = outcomes(find(str(task(tmp_path, scale, f"halves_{outcome}.py"))))
    (result,) = [each for each in found if each[1].startswith("predictor")]
    assert result[0] == outcome, result
