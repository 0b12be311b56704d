import math

import gymnasium as gym
import numpy as np
import pytest
from going_on import same_after_resuming
from scipy import stats

from core import MLP
from core.gradcheck import directional_error
from core.lab.envs.vector import make
from reinforcement.distributions import NARROWEST, SQUASHED, WIDEST, squashed
from reinforcement.evaluate import ReturnExam
from reinforcement.sac import SAC, critic_loss


class Aim(gym.Env):
    """One step: a number is shown, and the reward is highest for the action that is half of it."""

    observation_space = gym.spaces.Box(-1, 1, (1,), np.float32)
    action_space = gym.spaces.Box(-1, 1, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.seen = self.np_random.uniform(-1, 1, 1).astype(np.float32)
        return self.seen, {}

    def step(self, action):
        return self.seen, float(-4 * (action[0] - self.seen[0] / 2) ** 2), True, False, {}


def learner(seed=0, env=Aim, actions=1, **options):
    def make_envs(n, rng):
        return make(env, n, rng)

    exam = ReturnExam(make_envs, 0, "the best", family=SQUASHED, n_val=5, n_test=10)
    settings = {
        "updates": 30,
        "envs": 2,
        "rollout": 16,
        "batches": 32,
        "batch": 64,
        "learning_starts": 64,
        "alpha": 0.2,
        **options,
    }
    return SAC(
        MLP(1, 16, 2 * actions, last_gain=0.1),
        MLP(1 + actions, 32, 1, members=2),
        make_envs,
        exam,
        3e-3,
        np.random.default_rng(seed),
        **settings,
    )


def test_density_of_a_squashed_action_is_the_one_of_a_change_of_variable():
    rng = np.random.default_rng(0)
    y, noise = rng.standard_normal((6, 4)), rng.standard_normal((6, 2))
    a, log_p, _ = squashed(y, noise)
    m, s = y[:, :2], np.exp(np.minimum(y[:, 2:], WIDEST))
    expected = stats.norm(m, s).logpdf(np.arctanh(a)) - np.log(1 - a**2)
    np.testing.assert_allclose(log_p, expected.sum(-1), rtol=1e-9)
    grid = np.linspace(-1 + 1e-6, 1 - 1e-6, 200_001)
    one = np.repeat([[0.3, -0.2]], len(grid), 0)
    density = np.exp(squashed(one, (np.arctanh(grid)[:, None] - 0.3) / math.exp(-0.2))[1])
    assert np.trapezoid(density, grid) == pytest.approx(1, abs=1e-4)
    assert np.isfinite(squashed(np.full((1, 2), 50.0), np.full((1, 1), 3.0))[1]).all()


def test_gradient_through_action_and_density():
    rng = np.random.default_rng(1)
    y, noise = 2 * rng.standard_normal((9, 6)), rng.standard_normal((9, 3))
    y[0, 3:], y[1, 3:] = NARROWEST - 1, WIDEST + 1  # held: no gradient there
    da, dl = rng.standard_normal((9, 3)), rng.standard_normal(9)

    def f(y):
        a, log_p, _ = squashed(y, noise)
        return float((da * a).sum() + (dl * log_p).sum())

    assert directional_error(f, y, squashed(y, noise)[2](da, dl), rng) < 1e-6


def test_critics_loss():
    rng = np.random.default_rng(2)
    q, target = rng.standard_normal((2, 5, 1)), rng.standard_normal(5)
    loss, dq = critic_loss(q, target)
    assert loss == pytest.approx(sum(np.mean((q[k, :, 0] - target) ** 2) / 2 for k in range(2)))
    assert directional_error(lambda q: critic_loss(q, target)[0], q, dq, rng) < 1e-6


def test_gradient_of_the_actor_goes_through_the_lower_critic():
    agent, rng = learner(), np.random.default_rng(3)
    w = agent.w.astype(np.float64) + 0.1 * rng.standard_normal(agent.w.size)
    obs, noise, g = rng.standard_normal((8, 1)), rng.standard_normal((8, 1)), np.zeros(agent.w.size)
    agent.actor_loss(w, obs, noise, g)
    n = agent.actor.size
    assert not g[n:].any()

    def f(v):
        return agent.actor_loss(np.concatenate([v, w[n:]]), obs, noise)[0]

    assert directional_error(f, w[:n], g[:n], rng) < 1e-6


def test_gradient_of_the_critics():
    agent, rng = learner(), np.random.default_rng(4)
    batch, w, g = agent.sample(rng, 12), agent.w.astype(np.float64), np.empty(agent.w.size)
    agent.loss(w, batch, g)
    assert directional_error(lambda v: agent.loss(v, batch), w, g, rng) < 1e-6


def test_target_is_the_lower_price_with_the_entropy():
    agent = learner()
    obs, reward, D = np.linspace(-1, 1, 4)[:, None].astype(np.float32), np.arange(4.0), np.array([0.9, 0, 0.9, 0.5])
    state = agent.rng.bit_generator.state
    target = agent.target(reward, D, obs)
    agent.rng.bit_generator.state = state
    a, log_p, _ = squashed(agent.logits(agent.w, obs), agent.rng.standard_normal((4, 1), np.float32))
    for i in range(4):
        prices = agent.critics(np.array([[obs[i, 0], a[i, 0]]]), agent.old)[0][:, 0, 0]
        assert target[i] == pytest.approx(reward[i] + D[i] * (min(prices) - 0.2 * log_p[i]), rel=1e-4)


def test_learns_to_aim():
    agent = learner()
    while agent.progress < 1:
        log = agent.update()
    obs = np.linspace(-0.8, 0.8, 9)[:, None]
    np.testing.assert_allclose(agent.predict(agent.w, obs), obs / 2, atol=0.12)
    assert log["alpha"] < 0.2


def test_goes_on_where_it_was():
    same_after_resuming(learner(), learner(seed=5), before=4, after=2)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="policy of 2 numbers"):
        learner(actions=2)
    with pytest.raises(ValueError, match="RescaleAction"):
        learner(env=type("Wide", (Aim,), {"action_space": gym.spaces.Box(-2, 2, (1,), np.float32)}))
    with pytest.raises(ValueError, match="memory of 10"):
        learner(replay_size=10)


def test_another_start_is_that_of_the_old_critics_too():
    agent = learner()
    w = np.random.default_rng(1).standard_normal(agent.net.size, np.float32)
    agent.start_from(w, {})
    assert np.array_equal(agent.w, w)
    assert np.array_equal(agent.old, w[agent.actor.size : -1])
