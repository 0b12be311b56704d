"""PPO for numbers: the Gaussian's formulas, statistics of observations, learning; and the classic worlds as arrays."""

import gymnasium as gym
import numpy as np
import pytest
from going_on import same_after_resuming
from scipy import stats

from core import MLP, Adam
from core.gradcheck import directional_error, layer_errors
from core.lab.envs.vector import make
from reinforcement.distributions import GAUSSIAN, SQUASHED, categorical, gaussian, with_spread
from reinforcement.envs.classic_control import ACROBOT, MOUNTAIN_CAR, ClassicEnvs
from reinforcement.evaluate import ReturnExam
from reinforcement.ppo import PPO, ppo_loss
from reinforcement.running_stats import RunningMeanStd
from reinforcement.tasks import acrobot, mountain_car


class Aim(gym.Env):
    """One step: a number is shown, far from 0; the reward is highest for the action that is (it - 50) / 20."""

    observation_space = gym.spaces.Box(0, 100, (1,), np.float32)
    action_space = gym.spaces.Box(-1, 1, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.seen = self.np_random.uniform(40, 60, 1).astype(np.float32)
        return self.seen, {}

    def step(self, action):
        assert self.action_space.contains(action)
        return self.seen, float(-4 * (action[0] - (self.seen[0] - 50) / 20) ** 2), True, False, {}


def aim():
    return gym.wrappers.ClipAction(Aim())


def learner(seed=0, world=aim, actions=1, updates=40, family=GAUSSIAN, seen=True):
    def make_envs(n, rng):
        return make(world, n, rng)

    exam = ReturnExam(make_envs, 0, "the best", family=GAUSSIAN, n_val=5, n_test=10)
    return PPO(
        with_spread(MLP(1, 16, actions), actions, -0.5),
        MLP(1, 16, 1),
        make_envs,
        exam,
        Adam(1e-2),
        np.random.default_rng(seed),
        updates=updates,
        envs=8,
        rollout=16,
        batch=64,
        family=family,
        obs_stats=RunningMeanStd(1) if seen else None,
    )


def test_density_and_entropy_are_scipy_s():
    rng = np.random.default_rng(0)
    y, action = rng.standard_normal((3, 5, 4)), rng.standard_normal((3, 5, 2))
    log_p, H, _ = gaussian(y, action)
    law = stats.norm(y[..., :2], np.exp(y[..., 2:]))
    np.testing.assert_allclose(log_p, law.logpdf(action).sum(-1), rtol=1e-12)
    np.testing.assert_allclose(H, law.entropy().sum(-1), rtol=1e-12)


@pytest.mark.parametrize(
    ("density", "width", "action"),
    [
        (gaussian, 6, np.random.default_rng(1).standard_normal((40, 3))),
        (categorical, 4, np.random.default_rng(1).integers(4, size=40)),
    ],
)
def test_gradient_of_density_and_entropy(density, width, action):
    rng = np.random.default_rng(2)
    y, dl = rng.standard_normal((40, width)), rng.standard_normal(40)

    def f(y):
        log_p, H, _ = density(y, action)
        return float((dl * log_p).sum() + 0.7 * H.sum())

    assert directional_error(f, y, density(y, action)[2](dl, 0.7), rng) < 1e-6


def test_loss_of_numbers():
    rng = np.random.default_rng(3)
    y, action = rng.standard_normal((40, 5)), rng.standard_normal((40, 2))
    old = gaussian(y[:, :-1], action)[0] + 0.3 * rng.standard_normal(40)
    rest = old, rng.standard_normal(40), rng.standard_normal(40), 0.2, 0.25, 0.1, gaussian
    _, dy = ppo_loss(y, action, *rest)
    assert directional_error(lambda v: ppo_loss(v, action, *rest)[0], y, dy, rng) < 1e-6


def test_spread_is_one_parameter_an_action():
    rng = np.random.default_rng(4)
    actor = with_spread(MLP(3, 2), 2, -0.5)
    w = actor.init(rng)
    assert actor.size == 3 * 2 + 2 + 2
    assert (actor(rng.standard_normal((4, 5, 3)), w)[0][..., 2:] == -0.5).all()
    assert max(layer_errors(actor, rng.standard_normal((4, 5, 3)), rng).values()) < 1e-6
    x, g = rng.standard_normal((5, 3)), np.ones_like(w)
    _, back = actor(x, w)
    back(np.ones((5, 4), np.float32), g, add=True)
    assert (g[-2:] == 6).all()


def test_moments_are_those_of_all_rows_together():
    rng = np.random.default_rng(5)
    x, moments = rng.normal([3, -50, 7], [2, 0.1, 0], (1000, 3)), RunningMeanStd(3)
    assert np.array_equal(moments(x), x.astype(np.float32))
    for part in np.split(x, [10, 400, 401]):
        moments.add(part)
    np.testing.assert_allclose(moments.mean, x.mean(0))
    np.testing.assert_allclose(moments.var, x.var(0), atol=1e-12)
    np.testing.assert_allclose(moments.deviation, [x[:, 0].std(), x[:, 1].std(), 1])  # what never changes is not scaled
    again = RunningMeanStd(3)
    again.load(moments.state())
    assert np.array_equal(again(x), moments(x))


def test_judged_weights_take_observations_as_they_come():
    agent = learner()
    agent.update()
    agent.update()
    obs = agent.envs.obs
    np.testing.assert_allclose(agent.net(agent.obs_stats(obs), agent.w)[0], agent.net(obs, agent.weights)[0], atol=1e-4)
    assert not np.allclose(agent.net(agent.obs_stats(obs), agent.w)[0], agent.net(obs, agent.w)[0], atol=0.1)
    plain = learner(seen=False)
    assert plain.weights is plain.w


@pytest.mark.parametrize("with_stats", [True, False])
def test_another_start_says_the_same_of_observations_as_they_come(with_stats):
    before = learner(seen=with_stats)
    before.update()
    before.update()
    w, drawn = before.weights.copy(), learner(seed=9)
    agent = learner(seed=9)
    agent.start_from(w, before.state())
    assert np.array_equal(agent.obs_stats.mean, before.obs_stats.mean if with_stats else drawn.obs_stats.mean)
    np.testing.assert_allclose(agent.weights, w, atol=1e-4)
    if with_stats:  # a critic that was drawn anew was drawn for what it is shown
        agent, mixed = learner(seed=9), w.copy()
        mixed[agent.actor.size :] = agent.w[agent.actor.size :]
        agent.start_from(mixed, before.state())
        assert np.array_equal(agent.w[agent.actor.size :], drawn.w[drawn.actor.size :])
        np.testing.assert_allclose(agent.weights[: agent.actor.size], w[: agent.actor.size], atol=1e-4)


def test_learns_to_aim():
    agent = learner()
    while agent.progress < 1:
        agent.update()
    obs = np.linspace(42, 58, 9)[:, None]
    np.testing.assert_allclose(agent.predict(agent.weights, obs), (obs - 50) / 20, atol=0.12)
    assert np.exp(agent.w[agent.actor.size - 1]) < 0.4  # it has grown sure of itself
    assert agent.report(agent.weights, None).metrics["test_return"] > -0.1


def test_goes_on_where_it_was():
    same_after_resuming(learner(), learner(seed=5))


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="ClipAction"):
        learner(world=Aim)
    with pytest.raises(ValueError, match="policy of 2 numbers"):
        learner(actions=2)
    with pytest.raises(ValueError, match=r"policy of 1 numbers does not fit .* Discrete"):
        learner(world=type("Choose", (Aim,), {"action_space": gym.spaces.Discrete(2)}))
    with pytest.raises(ValueError, match="with a density"):
        learner(family=SQUASHED)


@pytest.mark.parametrize("law", [ACROBOT, MOUNTAIN_CAR])
def test_arrays_move_as_gymnasium_s_own(law):
    rng, one, many = np.random.default_rng(0), gym.make(law.name), ClassicEnvs(2, law)
    assert many.single_observation_space == one.observation_space
    one.reset(seed=0)
    first = many.reset(seed=0)[0]
    assert first.shape == (2, *one.observation_space.shape)
    for _ in range(law.limit):
        one.unwrapped.state = many.at[:, 0].copy()
        action = 2 * int(many.at[-1, 0] >= 0) if rng.random() < 0.9 else int(rng.integers(3))
        obs, reward, terminated, truncated, _ = one.step(action)
        seen, rewards, over, cut, _ = many.step(np.array([action, 1]))
        np.testing.assert_allclose(seen[0], obs, atol=1e-5)
        assert (rewards[0], over[0], cut[0]) == (reward, terminated, truncated)
        if terminated or truncated:
            break
    assert terminated
    seen, rewards, over, cut, _ = many.step(np.array([1, 1]))  # it is started anew
    assert (rewards[0], over[0], cut[0], many.steps[0]) == (0, False, False, 0)
    assert one.observation_space.contains(seen[0])


def test_arrays_are_cut_at_the_limit():
    many = ClassicEnvs(1, MOUNTAIN_CAR)
    many.reset(seed=0)
    ends = [many.step(np.array([1]))[2:4] for _ in range(200)]
    assert not any(over[0] for over, _ in ends)
    assert [bool(cut[0]) for _, cut in ends] == [False] * 199 + [True]


@pytest.mark.parametrize("seed", range(3))
def test_some_shaken_car_comes_up_the_hill_at_once(seed):
    cars = mountain_car.make(mountain_car.Config(), np.random.default_rng(seed), None)
    assert [cars.update()["return"] > -200 for _ in range(2)] == [True, True]
    assert cars.w.any()


def test_acrobots_learn():
    agent = acrobot.make(acrobot.Config(updates=6), np.random.default_rng(0), None)
    first = agent.evaluate()["val_score"]
    while agent.progress < 1:
        agent.update()
    assert agent.evaluate()["val_score"] > first + 100
