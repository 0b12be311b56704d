"""A run that starts from another's weights: which layers fit, that they are taken over, and what is refused."""

import json
import shutil

import numpy as np
import pytest
from places import TOY_TASK

from core import checkpoint
from core.lab.cli import main
from core.lab.errors import Refusal
from core.lab.runs import folder as folders, origin
from core.lab.runs.run import open_run, prepare, resume, run, start
from core.lab.runs.tasks import find

TOY = str(TOY_TASK)
STILL = {"updates": 20, "lr": 1e-12}  # what it learns is nothing to float32
DEEPER = """
from toy_task import *
predictor = None
class Deep(Toy):
    def __init__(self, config, rng):
        super().__init__(config, rng)
        self.net = MLP(2, config.hidden, config.hidden, 2)
        self.w = self.net.init(np.random.default_rng(5))
        self.weights, self.g = self.w.copy(), np.empty_like(self.w)
def make(config, rng, data):
    return Deep(config, rng)
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return run(TOY, out=tmp_path_factory.mktemp("source") / "run", updates=20)


def same(a, b):
    """Are two folders the end of the same run?"""
    one, other = (checkpoint.load(folder / folders.CHECKPOINT)[0] for folder in (a, b))
    skip = {"loop.seconds", "loop.log_bytes"}
    return all(np.array_equal(one[name], other[name]) for name in one.keys() | other.keys() if name not in skip)


@pytest.mark.parametrize(
    ("theirs", "ours", "taken", "anew"),
    [
        ({"0.weight": [2, 8], "0.bias": [8]}, {"0.weight": [2, 8], "0.bias": [8]}, ["0"], []),
        ({"a.weight": [2, 8], "b": [8]}, {"0.weight": [2, 8], "0.bias": [8]}, ["0"], []),  # the same shapes in order
        ({"0.weight": [2, 8], "0.bias": [8]}, {"0.weight": [3, 8], "0.bias": [8]}, [], ["0"]),  # whole layers alone
        ({"0.weight": [2, 8], "1.weight": [8, 3]}, {"0.weight": [2, 8], "1.weight": [8, 4]}, ["0"], ["1"]),
        ({"0.weight": [2, 8]}, {"0.weight": [4, 2, 8]}, [], ["0"]),  # four members are another shape
        ({"weight": [2, 8], "bias": [8]}, {"weight": [2, 8], "bias": [8]}, ["all"], []),
        ({"0.weight": [2, 8], "0.bias": [8], "0.x": [1]}, {"0.weight": [2, 8], "0.bias": [8]}, [], ["0"]),
    ],
)
def test_layers_fit_whole_by_name_and_shape(theirs, ours, taken, anew):
    assert origin.divided(theirs, ours) == (taken, anew)


def test_all_weights_are_taken_and_said(source, tmp_path, caplog):
    made = run(TOY, out=tmp_path / "run", from_=source.folder, **STILL)
    np.testing.assert_allclose(made.w, source.w, atol=1e-6)
    told = {"folder": str(source.folder), "task": "toy_task", "w_sha256": source.result["w_sha256"]}
    assert made.result["from"] == {**told, "layers": ["0", "2"], "anew": []}
    assert f"--from {source.folder}" in made.result["command"]
    line = f"It starts from a run of the task toy_task (w_sha256 {told['w_sha256'][:12]}), from all weights"
    assert line in caplog.text
    assert line in folders.read_shown(made.folder)["texts"]["Notes"]
    texts = checkpoint.load(made.folder / folders.CHECKPOINT)[1]
    assert json.loads(texts["from"]) == {"task": "toy_task", "w_sha256": told["w_sha256"]}


def test_layers_that_fit_are_taken_and_the_rest_is_drawn(source, tmp_path):
    (tmp_path / "deeper.py").write_text(DEEPER)
    made = run(str(tmp_path / "deeper.py"), out=tmp_path / "run", from_=source.folder, **STILL)
    drawn = made.learner.net.init(np.random.default_rng(5))
    np.testing.assert_allclose(made.w[:24], source.w[:24], atol=1e-6)  # 2 x 8 and 8; `weights`, a copy, is judged
    np.testing.assert_allclose(made.w[24:], drawn[24:], atol=1e-6)
    assert made.result["from"]["layers"] == ["0"]
    assert made.result["from"]["anew"] == ["2", "4"]


def test_resumed_equals_never_stopped_and_the_source_may_go(source, tmp_path):
    shutil.copytree(source.folder, gone := tmp_path / "gone")
    whole = run(TOY, out=tmp_path / "whole", from_=gone, updates=40)
    setup = whole.setup

    def stop(progress, row):
        raise RuntimeError  # as if killed after the first update, before anything else is saved

    with pytest.raises(RuntimeError):
        start(setup, tmp_path / "run", watch=stop)
    shutil.rmtree(gone)  # the first checkpoint, before the first update, holds what was taken
    texts = checkpoint.load(tmp_path / "run" / folders.CHECKPOINT)[1]
    assert "from" in texts
    resume(open_run(tmp_path / "run", find(TOY)))
    assert same(whole.folder, tmp_path / "run")


@pytest.mark.parametrize("fault", ["another start", "no start"])
def test_another_start_is_refused(source, tmp_path, fault):
    made = run(TOY, out=tmp_path / "run", from_=source.folder, updates=20)
    config = json.loads((made.folder / folders.CONFIG).read_text())
    if fault == "no start":
        del config["from"]
    else:
        config["from"]["w_sha256"] = "0" * 64
    (made.folder / folders.CONFIG).write_text(json.dumps(config))
    with pytest.raises(Refusal, match="belongs to another run: its from is"):
        assert open_run(made.folder, find(TOY)).w is None


def test_what_cannot_be_started_from_is_refused_and_leaves_nothing(source, tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["run", TOY, "--hidden", "5", "--from", str(source.folder), "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert "no layer of the run in" in said
    assert '"0.weight": [2, 8]' in said  # theirs
    assert '"0.weight": [2, 5]' in said  # ours
    assert not out.exists()
    assert main(["run", TOY, "--from", str(tmp_path), "--out", str(out)]) == 2
    assert "there are no weights in" in capsys.readouterr().err
    assert main(["run", TOY, "--from", str(source.folder), "--out", str(source.folder), "--force"]) == 2
    assert "is the run to start from" in capsys.readouterr().err
    assert not out.exists()


def test_weights_that_have_changed_since_are_refused(source, tmp_path):
    setup = prepare(TOY, "default", {}, 0, None)
    other = origin.Origin(str(source.folder), "toy_task", "0" * 64, origin.origin_of(source.folder).layout)
    with pytest.raises(Refusal, match="are not those to start from"):
        start(type(setup)(setup.task, setup.config, origin=other), tmp_path / "run")


def forged(folder, layout, best):
    texts = {"format": "2", "task": "toy_task", "layout": layout}
    checkpoint.save(folder / folders.CHECKPOINT, {"best": best}, texts)


@pytest.mark.parametrize(
    ("layout", "size"),
    [("[]", 1), ("{}", 1), ('{"w": [-1]}', 1), ('{"w": [2]}', 1), ('{"w": "x"}', 1), ("{", 1), ('{"w": [1.5]}', 1)],
)
def test_a_forged_source_is_refused(tmp_path, layout, size):
    forged(tmp_path, layout, np.zeros(size, np.float32))
    with pytest.raises(Refusal, match=r"does not say what its weights are of|cannot be started from"):
        origin.origin_of(tmp_path)


def test_weights_that_are_no_numbers_are_refused(tmp_path):
    forged(tmp_path, '{"w": [2]}', np.array([1, np.nan], np.float32))
    with pytest.raises(Refusal, match="no vector of 2 finite numbers"):
        origin.origin_of(tmp_path)
