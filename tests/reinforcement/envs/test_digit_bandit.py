"""The bandit of digits: a proper environment, and as arrays the same law."""

import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from core.lab.envs.rollout import play, rollout, stack
from core.lab.envs.vector import Envs
from core.lab.vision.augment import AffineElastic
from reinforcement.envs.digit_bandit import DigitBandits, show


class DigitBandit(gym.Env):
    """The same law for one agent, as a plain environment."""

    def __init__(self, x, t, strength=None):
        self.x, self.t, self.strength = x, t, strength
        many = DigitBandits(1, x, t)
        self.observation_space, self.action_space = many.single_observation_space, many.single_action_space

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.i = int(self.np_random.integers(len(self.x)))
        self.shown = show(self.np_random, self.x[self.i : self.i + 1], self.strength)[0]
        return self.shown.copy(), {}

    def step(self, action):
        return self.shown.copy(), float(action == self.t[self.i]), True, False, {}


MOVED = AffineElastic(shift=0.4, turn=0.1)


def pictures(N=30):
    rng = np.random.default_rng(0)
    x = rng.random((N, 64)).astype(np.float32)
    x[:, 0] = np.arange(N) / N  # tells which one it is
    return x, rng.integers(10, size=N)


@pytest.mark.parametrize("strength", [None, MOVED])
def test_it_is_a_proper_environment(strength):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*spec.*")
        check_env(DigitBandit(*pictures(), strength=strength), skip_render_check=True)


def test_only_the_right_guess_earns():
    x, t = pictures()
    env = DigitBandit(x, t)
    for seed in range(20):
        obs, _ = env.reset(seed=seed)
        i = round(float(obs[0]) * 30)
        np.testing.assert_array_equal(obs, x[i])
        for guess in range(10):
            _, reward, terminated, truncated, info = env.step(guess)
            assert reward == (guess == t[i])
            assert terminated
            assert not truncated
            assert info == {}  # nothing tells what was right


def test_arrays_have_the_same_law():
    x, t = pictures()
    steps = stack(
        play(Envs(DigitBandits(3000, x, t), np.random.default_rng(0), "digits"), lambda obs: np.full(3000, 7))
    )
    assert steps.obs.shape == (1, 3000, 64)
    assert steps.valid.all()
    assert steps.terminated.all()
    i = np.round(steps.obs[0, :, 0] * 30).astype(int)
    np.testing.assert_array_equal(steps.obs[0], x[i])
    np.testing.assert_array_equal(steps.reward[0], t[i] == 7)
    counts = np.bincount(i, minlength=30)
    assert 60 < counts.min() <= counts.max() < 145  # evenly, 100 each


def test_roll_out_over_several_pictures():
    x, t = pictures()
    envs = Envs(DigitBandits(4, x, t, 10, MOVED), np.random.default_rng(0), "digits")
    steps = rollout(envs, lambda obs: np.zeros(4, int), 6)
    assert steps.valid.tolist() == [[True] * 4, [False] * 4] * 3
    assert not steps.reward[~steps.valid].any()
    assert not np.array_equal(steps.obs[0], steps.obs[2])
    np.testing.assert_array_equal(steps.next_obs[:-1], steps.obs[1:])


def test_some_may_be_drawn_anew_while_others_play():
    x, t = pictures()
    one = DigitBandits(4, x, t)
    one.reset(seed=0)
    before, one.prev_done = one.shown.copy(), np.array([True, False, True, False])
    shown, reward, terminated, _, _ = one.step(t[one.index])
    assert terminated.tolist() == [False, True, False, True]
    assert reward.tolist() == [0, 1, 0, 1]
    assert (shown == before).all(1).tolist() == [False, True, False, True]
    np.testing.assert_array_equal(shown, x[one.index])


def test_deformed_pictures_stay_pictures():
    x, t = pictures()
    envs = Envs(DigitBandits(64, x, t, 10, MOVED), np.random.default_rng(0), "digits")
    assert envs.obs.dtype == np.float32
    assert envs.obs.min() >= 0
    assert envs.obs.max() <= 1
    assert abs(envs.obs - x[envs.vec.index]).max() > 0.1
