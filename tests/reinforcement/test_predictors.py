"""What an agent has learnt answers without a learner: of every task, the same to the bit."""

import numpy as np
import pytest

from core.lab import Data, Refusal, Splits
from core.lab.runs.setup import Setup
from core.lab.runs.tasks import configure, find, preset
from reinforcement.games.go import go
from reinforcement.games.rules import TIC_TAC_TOE

SMALL = {"updates": 1, "envs": 2, "rollout": 4, "batch": 4, "hidden": 4}
STEPS = {"timesteps": 64, "learning_starts": 8, "envs": 2, "batch": 4, "hidden": 4}
CLASSIC = np.array([[0.1, -0.02, 0.3, 0.04, 0.5, -0.6], [-0.5, 0.03, -0.1, 0.2, 0.0, 0.9]])
TASKS = {
    "acrobot": (SMALL, CLASSIC),
    "cartpole": (SMALL, CLASSIC[:, :4]),
    "cartpole_dagger": ({"updates": 1, "hidden": 4}, CLASSIC[:, :4]),
    "cartpole_evolution": ({"updates": 1, "pairs": 2, "hidden": 4}, CLASSIC[:, :4]),
    "mountain_car": ({"updates": 1, "pairs": 2, "hidden": 4}, CLASSIC[:, :2]),
    "pendulum": ({**SMALL, "learning_starts": 8}, CLASSIC[:, :3]),
    "frozen_lake": (SMALL, np.arange(16)),
    "cliff_walking": (SMALL, np.arange(48)),
    "taxi": (SMALL, np.arange(500)),
    "blackjack": (SMALL, ((12, 7, 0), (20, 10, 1))),
    "digit_bandit": ({"updates": 1, "batches": 1, "hidden": 4}, np.random.default_rng(0).random((5, 64))),
    "glimpse": ({**SMALL, "critic": 4}, np.random.default_rng(0).random((5, 64))),
    "tic_tac_toe": ({"updates": 1, "games": 2, "hidden": 4}, TIC_TAC_TOE.start(3)),
    "connect_four": ({"updates": 1, "games": 2, "hidden": 4}, np.zeros((2, 6, 7))),
    "go": ({"updates": 1, "games": 2, "hidden": 4}, go(5).start(2)),
    "lunar_lander": ({"hidden": 4}, np.tile(CLASSIC, 2)[:, :8]),
    "lunar_lander_dagger": ({"updates": 1, "hidden": 4, "envs": 2}, np.tile(CLASSIC, 2)[:, :8]),
    "hopper": (STEPS, np.tile(CLASSIC, 2)[:, :11]),
}


@pytest.mark.parametrize("name", TASKS)
def test_the_predictor_says_what_the_learner_says(name, monkeypatch):
    fields, x = TASKS[name]
    try:
        task = find(name)
    except Refusal as refusal:
        pytest.skip(str(refusal))
    config, blank = configure(task, {**preset(task, "quick"), **fields}), np.zeros((10, 64), np.float32)
    monkeypatch.setattr(Data, "__call__", lambda *_: Splits(*[blank, np.arange(10)] * 3))
    learner, _ = Setup(task, config).build()
    monkeypatch.setattr(Data, "__call__", lambda *_: pytest.fail("the data is read"))
    answers = task.predictor(config, {})
    assert answers.net.layout == learner.net.layout
    w = np.random.default_rng(1).standard_normal(learner.w.shape).astype(np.float32)
    assert np.array_equal(answers.predict(w, x), learner.predict(w, x))
