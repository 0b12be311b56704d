"""`--interpret`: a task's own way of learning trains the networks of the report."""

from types import SimpleNamespace

import numpy as np
import pytest

from core import MLP
from core.lab.data.registry import Data
from supervised.interpret import report as report_module, wiring as study
from supervised.learner import ReportPart
from supervised.tasks import digits


def learner(**fields):
    return digits.make(digits.Config(updates=40, **fields), np.random.default_rng(0), Data())


def test_findings_join_the_report_and_training_is_the_tasks(monkeypatch, tmp_path):
    seen = {}

    def deep(net, w, splits, train, shape, classes, folder, rng, budget, rules):
        small = MLP(64, 4, 10)
        weights = {way: train(splits, small, 30, np.random.default_rng(1), way) for way in (True, False)}
        seen.update(weights=weights, shape=shape, classes=classes, folder=folder, batch=budget.batch, rules=set(rules))
        return ReportPart({"probe": 0.5}, {"probe.png": "a probe"}, {"Probe": "words"})

    monkeypatch.setattr(report_module, "deep_report", deep)
    one = learner(interpret=True)
    report = one.report(one.w, None)
    assert (report.metrics["probe"], report.pictures["probe.png"], report.texts["Probe"]) == (0.5, "a probe", "words")
    assert report.metrics["test_accuracy"] < 0.5
    assert (seen["shape"], seen["classes"], seen["batch"]) == ((8, 8), tuple("0123456789"), 64)
    assert seen["rules"] == {"of holes and strokes", "of drawings"}
    assert not np.array_equal(seen["weights"][True], seen["weights"][False])  # with the deformations, and without
    assert seen["weights"][True].size == MLP(64, 4, 10).size


def test_a_plain_report_is_not_studied():
    one = learner()
    assert one.study is None
    assert "probe" not in one.report(one.w, None).metrics


def test_a_report_that_could_not_be_made_is_refused_before_anything_is_learnt():
    splits = Data()("digits")
    few = splits._replace(x_val=splits.x_val[:9], t_val=splits.t_val[:9])

    def learn(splits, net, rng, updates, augmented=True):
        return SimpleNamespace(study=None)

    def built(interpret, splits=splits, shape=(8, 8)):
        rng = np.random.default_rng(0)
        return study.studied(learn, splits, MLP(64, 10), rng, 1, interpret, shape, "0123456789", None)

    assert built(True).study is not None
    assert built(False, few).study is None
    with pytest.raises(ValueError, match="the parts have 1200, 9, 360"):
        built(True, few)
    with pytest.raises(ValueError, match="an example has 64"):
        built(True, shape=(7, 8))
