"""What is said of an agent: figures known by hand, baselines beside them, and data that cannot be used refused."""

import numpy as np
import pytest

from core.lab.data.splits import Splits
from core.lab.envs.vector import make
from core.lab.runs.run import prepare, start
from reinforcement import evaluate
from reinforcement.evaluate import TEST_SEED, VAL_SEED, GuessExam, ReturnExam, probability


def splits(**change):
    rng = np.random.default_rng(0)
    parts = {}
    for part, n in ("train", 40), ("val", 10), ("test", 20):
        t = np.arange(n) % 4
        parts[f"x_{part}"] = (0.8 * np.eye(4)[t] + 0.2 * rng.random((n, 4))).astype(np.float32)
        parts[f"t_{part}"] = t
    return Splits(**{**parts, **change})


def test_guesses_are_counted():
    exam = GuessExam(splits(), 4)
    assert exam.labels == 10
    assert exam.validate(lambda x: 100 * x) == {"val_accuracy": 1.0, "val_reward": pytest.approx(1.0)}
    never = exam.validate(lambda x: -100 * x)
    assert never["val_accuracy"] == 0
    even = exam.validate(lambda x: 0 * x)
    assert even["val_reward"] == pytest.approx(0.25)
    report = exam.report(lambda x: 100 * x, None)
    assert report.metrics["test_accuracy"] == report.reference == 1
    assert report.score()["scaled"] == 1
    assert report.chance == report.baselines["always the commonest"] == 0.25
    worst = exam.report(lambda x: -100 * x, None)
    assert worst.score()["scaled"] == pytest.approx(-1 / 3)


def test_probability_is_softmax_at_the_label():
    y = np.array([[0, np.log(3)], [1000, 0]])
    np.testing.assert_allclose(probability(y, np.array([1, 0])), [0.75, 1])


@pytest.mark.parametrize("part", ["train", "val", "test"])
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda x, t: (x * np.nan, t), "NaN"),
        (lambda x, t: (x * 300, t), "pixels"),
        (lambda x, t: (x - 1, t), "pixels"),
        (lambda x, t: (x, t + 1), "run from 1 to 4"),
        (lambda x, t: (x, t - 1), "run from -1"),
        (lambda x, t: (x, t * 1.0), "whole numbers"),
        (lambda x, t: (x[1:], t), "labels"),
        (lambda x, t: (x[:0], t[:0]), "0 examples"),
        (lambda x, t: (x[:, 0], t), "not"),
    ],
)
def test_bad_data_is_refused_by_part(part, change, says):
    good = splits()
    x, t = change(getattr(good, f"x_{part}"), getattr(good, f"t_{part}"))
    with pytest.raises(ValueError, match=f"the {part} part .*{says}"):
        GuessExam(splits(**{f"x_{part}": x, f"t_{part}": t}), 4)


def lean(obs):
    return np.stack([0 * obs[:, 0], 50 * (obs[:, 2] + obs[:, 3])], 1)


def test_returns_are_examined_greedy_and_drawn():
    exam = ReturnExam(
        lambda n, g: make("CartPole-v1", n, g), 500.0, "best", {"left": lambda obs: np.zeros(len(obs), int)}
    )
    found = exam.validate(lean)
    assert found == exam.validate(lean)
    assert found["val_return"] > found["val_return_sampled"] > 30
    assert found["val_score"] == (found["val_return"] + found["val_return_sampled"]) / 2
    assert found["answers"] == 20 * (found["val_return"] + found["val_return_sampled"])
    report = exam.report(lean, None)
    assert report.metrics["test_return"] > 400
    assert report.metrics["test_return_worst"] <= report.metrics["test_return"]
    assert 18 < report.chance == report.baselines["random policy"] < 26  # about 22, as is known of CartPole-v1
    assert 8 < report.baselines["left"] < 11
    assert report.reference == 500


def test_start_seeds_of_choosing_and_judging_are_apart(monkeypatch):
    asked = []

    def noted(make_envs, policy, n, first):
        asked.append((first, n))
        return np.zeros(n), np.zeros(n)

    monkeypatch.setattr(evaluate, "returns", noted)
    exam = ReturnExam(lambda n, g: make("CartPole-v1", n, g), 500.0, "best", {"left": lean})
    exam.validate(lean)
    assert asked == [(VAL_SEED, 40)]
    exam.report(lean, None)
    assert set(asked[1:]) == {(TEST_SEED, 100)}
    assert VAL_SEED + 10_000 < TEST_SEED < 1 << 30


def test_rewards_that_choose_weights_are_answers(tmp_path):
    setup = prepare("cartpole", "quick", {"updates": 2, "envs": 4}, 0, None)
    run = start(setup, tmp_path / "run", pictures=False)
    learner, counts = setup.build()[0], [0]
    for row in run.rows():
        counts.append(counts[-1] + learner.update()["answers"] + learner.evaluate()["answers"])
        assert row["answers"] == counts[-1]
    assert len(counts) == 3
    assert run.result["answers"] == counts[-1] > 2 * run.result["examples"]
