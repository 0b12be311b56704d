import json

import gymnasium as gym
import numpy as np
import pytest
from going_on import same_after_resuming

from core import MLP, Adam, cross_entropy, mse, softmax
from core.gradcheck import directional_error
from core.lab.envs.vector import make
from core.lab.errors import Refusal
from core.lab.runs.run import prepare, start
from reinforcement.distributions import GAUSSIAN
from reinforcement.evaluate import ReturnExam
from reinforcement.imitation import Imitation, from_run
from reinforcement.tasks import cartpole_dagger
from reinforcement.tasks.cartpole_dagger import rule


def cart_poles(n, rng):
    return make("CartPole-v1", n, rng)


def learner(seed=0, expert=rule, make_envs=cart_poles, outputs=2, **options):
    exam = ReturnExam(make_envs, 500, "the best", n_val=5, n_test=20)
    settings = {"updates": 10, "envs": 4, "batches": 20, **options}
    return Imitation(MLP(4, 16, outputs), make_envs, exam, expert, Adam(1e-2), np.random.default_rng(seed), **settings)


def test_cloning_is_classification():
    agent = learner()
    obs, action = batch = agent.sample(np.random.default_rng(0), 32)
    assert np.array_equal(action, rule(obs))
    w, g, of_labels = agent.w.astype(np.float64), np.empty(agent.w.size), np.empty(agent.w.size)
    loss = agent.loss(w, batch, g)
    y, back = agent.net(obs, w)
    back((softmax(y) - np.eye(2)[action]) / 32, of_labels)
    np.testing.assert_allclose(g, of_labels, atol=1e-12)
    assert loss == pytest.approx(cross_entropy(y, action)[0])
    assert directional_error(lambda v: agent.loss(v, batch), w, g, np.random.default_rng(1)) < 1e-6


def test_cloning_asks_once():
    agent = learner()
    assert agent.update()["answers"] == 500  # one episode of the expert
    assert agent.update()["answers"] == 0
    assert len(agent.replay) == 500


def test_dagger_asks_about_what_the_learner_comes_to():
    asked = []

    def expert(obs):
        asked.append(obs)
        return rule(obs)

    agent = learner(expert=expert, ask=8)
    assert agent.update()["answers"] == 500 + 4 * 8
    before, stood = len(agent.replay), agent.envs.obs[~agent.envs.over]
    log = agent.update()
    assert log["answers"] == len(agent.replay) - before == len(asked[-1])
    assert np.array_equal(asked[-1][: len(stood)], stood)  # it goes on from where the learner stood
    assert np.array_equal(agent.replay.parts[1][before : len(agent.replay)], rule(asked[-1]))


class Slide(gym.Env):
    """The clone is pushed to where the expert never goes: obs drifts by 0.1 a step unless the action is 1."""

    observation_space = gym.spaces.Box(-9, 9, (4,), np.float32)
    action_space = gym.spaces.Box(-np.inf, np.inf, (2,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at, self.t = self.np_random.uniform(-1, 1, 4).astype(np.float32), 0
        return self.at, {}

    def step(self, action):
        self.t += 1
        self.at = (self.at + 0.1).clip(-9, 9)
        return self.at, -float(np.square(action - self.at[:2]).sum()), False, self.t == 10, {}


def closeness(y, action):
    """The mean squared error of m, y (B, 2A) = [m, log s], action (B, A): a loss for actions that are numbers."""
    A, dy = action.shape[-1], np.zeros_like(y)
    loss, dy[:, :A] = mse(y[:, :A], action)
    return loss, dy


def test_numbers_are_imitated_too():
    rng = np.random.default_rng(0)
    y, action = rng.standard_normal((6, 4)), rng.standard_normal((6, 2))
    loss, dy = closeness(y, action)
    assert loss == pytest.approx(np.square(y[:, :2] - action).mean())
    assert directional_error(lambda v: closeness(v, action)[0], y, dy, rng) < 1e-6

    agent = learner(
        expert=lambda obs: obs[:, :2],
        make_envs=lambda n, rng: make(Slide, n, rng),
        outputs=4,
        family=GAUSSIAN,
        loss=closeness,
        ask=10,
        updates=40,
    )
    while agent.progress < 1:
        agent.update()
    obs = rng.uniform(-1, 1, (50, 4))
    assert np.abs(agent.predict(agent.w, obs) - obs[:, :2]).mean() < 0.1


@pytest.mark.parametrize("T", [0, 8])
def test_goes_on_where_it_was(T):
    same_after_resuming(learner(ask=T), learner(seed=5, ask=T))


def test_one_episode_of_the_rule_is_enough():
    agent = cartpole_dagger.make(cartpole_dagger.Config(), np.random.default_rng(0), None)
    while agent.progress < 1:
        agent.update()
    report = agent.report(agent.w, None)
    assert report.metrics["test_return"] == report.baselines["the expert"] == 500
    assert report.chance < 40


def test_expert_from_a_run_folder(tmp_path):
    start(prepare("cartpole", "quick", {"updates": 4}, 0, None), tmp_path / "expert", pictures=False)
    expert = from_run(str(tmp_path / "expert"))
    obs = np.random.default_rng(0).standard_normal((7, 4)).astype(np.float32)
    agent = cartpole_dagger.make(cartpole_dagger.Config(expert=str(tmp_path / "expert")), np.random.default_rng(0), 0)
    assert np.array_equal(agent.expert(obs), expert(obs))
    with pytest.raises(Refusal):
        from_run(str(tmp_path / "nothing"))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.json").write_text(json.dumps({"task": "digits", "config": {}, "seed": 0}))
    with pytest.raises(Refusal, match="does not act"):
        from_run(str(tmp_path / "other"))


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="expert's actions for 4 observations are float64"):
        learner(expert=lambda obs: obs @ np.ones(4))
    with pytest.raises(ValueError, match="expert's actions"):
        learner(expert=lambda obs: 1)
    with pytest.raises(ValueError, match="policy of 3 actions"):
        learner(outputs=3)
    with pytest.raises(ValueError, match="memory of 100"):
        learner(replay_size=100)
    for field in ("episodes", "lr"):
        with pytest.raises(ValueError, match=field):
            cartpole_dagger.Config(**{field: 0})
    with pytest.raises(ValueError, match="ask"):
        cartpole_dagger.Config(ask=-1)
