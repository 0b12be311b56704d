"""The two tasks: they keep the contract, learn what they promise, and refuse what makes no sense."""

import numpy as np
import pytest

from core.lab.data.registry import Data
from reinforcement.tasks import cartpole, digit_bandit, glimpse


def best_of(learner):
    """The weights that the loop would keep."""
    best, w, due = -np.inf, None, 0
    while learner.progress < 1:
        learner.update()
        if int(learner.progress * 20 + 1e-9) > due:
            due = int(learner.progress * 20 + 1e-9)
            value = learner.evaluate()[learner.monitor[1:]]
            if value > best:
                best, w = value, learner.w.copy()
    return w


def test_cart_pole_is_balanced(tmp_path):
    learner = cartpole.make(cartpole.Config(), np.random.default_rng(0), None)
    report = learner.report(best_of(learner), tmp_path)
    assert report.metrics["test_return"] == 500
    assert report.baselines["push towards the lean"] > 10 * report.chance
    assert list(report.pictures) == ["agent.gif"] or report.texts["Film"].startswith("no film")


def test_digits_are_read_from_right_or_wrong_alone(tmp_path):
    learner = digit_bandit.make(digit_bandit.Config(updates=50), np.random.default_rng(0), Data(None))
    first = learner.update()
    assert first["examples"] == 50 * 64
    assert first["answers"] == 50 * 64 + 237  # every guess, and once the labels by which weights are chosen
    assert learner.update()["answers"] == 50 * 64
    report = learner.report(best_of(learner), tmp_path)
    assert report.metrics["test_accuracy"] > 0.93
    assert report.chance == 0.1
    assert 0.98 < report.reference < 1
    assert (tmp_path / "guesses.png").stat().st_size > 1000


@pytest.mark.parametrize("task", [digit_bandit, glimpse])
def test_pictures_are_answered_without_the_data(task):
    config = task.Config()
    agent = task.make(config, np.random.default_rng(0), Data(None))
    x = np.random.default_rng(0).random((20, agent.envs.obs.shape[1]), np.float32)
    w = np.random.default_rng(1).standard_normal(agent.w.shape).astype(np.float32)
    again = task.predictor(config, {})
    assert again.net.layout == agent.net.layout
    for asked in x, x[:, :64]:  # observations, and whole pictures
        assert again.predict(w, asked).tolist() == agent.predict(w, asked).tolist()
    assert len(set(agent.predict(w, x).tolist())) > 1


@pytest.mark.parametrize(
    ("config", "values"),
    [
        (cartpole.Config, {"gamma": 1.5}),
        (cartpole.Config, {"lam": -0.1}),
        (cartpole.Config, {"entropy_weight": -1.0}),
        (cartpole.Config, {"lr": 0.0}),
        (digit_bandit.Config, {"baseline_momentum": 0.0}),
        (digit_bandit.Config, {"baseline_momentum": 2.0}),
        (digit_bandit.Config, {"deform": -1.0}),
        (digit_bandit.Config, {"batch": 0}),
    ],
)
def test_nonsense_is_refused_by_name(config, values):
    with pytest.raises(ValueError, match=next(iter(values))):
        config(**values)
