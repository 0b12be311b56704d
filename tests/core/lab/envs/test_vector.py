"""Roll-outs, whole episodes and saved environments, against numbers found by hand and Gymnasium's own environments."""

from functools import partial

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from toy_environments import Lengths, Three, Threes

from core import checkpoint
from core.lab.envs.rollout import play, returns, rollout, stack
from core.lab.envs.vector import TRAINING_SEEDS, Envs, SyncEnvs, make
from core.lab.errors import Refusal

NEXT, DISABLED = AutoresetMode.NEXT_STEP, AutoresetMode.DISABLED


def rng(seed=0):
    return np.random.default_rng(seed)


def ones(obs):
    return np.ones(len(obs), int)


def lean(obs):
    return (obs[:, 2] + obs[:, 3] > 0).astype(int)


def coin(seed):
    generator = rng(seed)
    return lambda obs: generator.integers(2, size=len(obs))


MAKERS = {
    "copies": lambda n, g, **k: SyncEnvs(lambda: Three(**k), n, g, "three"),
    "arrays, next step": lambda n, g, **k: Envs(Threes(n, NEXT, **k), g, "three"),
    "arrays, reset by us": lambda n, g, **k: Envs(Threes(n, DISABLED, **k), g, "three"),
    "cart-poles": lambda n, g: make("CartPole-v1", n, g),
}
TOYS = list(MAKERS)[:3]


@pytest.mark.parametrize("truncates", [False, True])
@pytest.mark.parametrize("kind", TOYS)
def test_roll_out_by_hand(kind, truncates):
    steps = rollout(MAKERS[kind](2, rng(), truncates=truncates, noise=False), ones, 8)
    start = kind == "arrays, next step"  # the step after an end is a start, not to be learnt from
    k = [0, 1, 2, 3, 0, 1, 2, 3] if start else [0, 1, 2, 0, 1, 2, 0, 1]
    then = [1, 2, 3, 0, 1, 2, 3, 0] if start else [1, 2, 3, 1, 2, 3, 1, 2]
    valid = np.array([i not in (3, 7) for i in range(8)]) if start else np.ones(8, bool)
    end = np.array(then) == 3
    for b in range(2):
        assert steps.obs[:, b, 0].tolist() == k
        assert steps.next_obs[:, b, 0].tolist() == then  # 3, the true last one, and not the 0 of the next episode
        assert steps.valid[:, b].tolist() == valid.tolist()
        assert steps.reward[valid, b].tolist() == [10 * i + 1 for i in np.array(k)[valid]]
        assert (steps.truncated if truncates else steps.terminated)[:, b].tolist() == end.tolist()
        assert not (steps.terminated if truncates else steps.truncated).any()
    assert steps.obs.shape == steps.next_obs.shape == (8, 2, 2)
    assert all(part.shape == (8, 2) for part in (steps.action, steps.reward, steps.end, steps.valid))


@pytest.mark.parametrize("kind", MAKERS)
def test_two_roll_outs_are_one(kind):
    a, b = MAKERS[kind](3, rng()), MAKERS[kind](3, rng())
    whole = rollout(a, coin(1), 50)
    policy = coin(1)
    parts = [rollout(b, policy, T) for T in (7, 1, 42)]
    for name, array in whole._asdict().items():
        np.testing.assert_array_equal(array, np.concatenate([getattr(p, name) for p in parts]), err_msg=name)
    assert whole.end.sum() > 3


@pytest.mark.parametrize("T", [0, 1, 2, 3, 4, 40])
@pytest.mark.parametrize("kind", MAKERS)
def test_saved_and_loaded_goes_on_with_the_same_bytes(kind, T, tmp_path):
    whole = MAKERS[kind](3, rng())
    for _ in range(T):
        whole.step(coin(T)(whole.obs))
    checkpoint.save(tmp_path / "c.safetensors", whole.state(), {})
    after = rollout(whole, coin(1), 30)
    loaded = MAKERS[kind](3, rng(99))
    rollout(loaded, ones, 5)
    loaded.load(checkpoint.load(tmp_path / "c.safetensors")[0])
    assert loaded.steps == T  # counted over all the life of the environments
    for name, array in rollout(loaded, coin(1), 30)._asdict().items():
        np.testing.assert_array_equal(array, getattr(after, name), err_msg=name)
    assert checkpoint.digest(loaded.state(), {}) == checkpoint.digest(whole.state(), {})


def test_state_is_a_copy_once_loaded():
    a, b = (MAKERS["cart-poles"](3, rng(seed)) for seed in (0, 1))
    state = {name: array.copy() for name, array in a.state().items()}
    b.load(state)
    before = checkpoint.digest(state, {})
    rollout(b, ones, 60)
    assert checkpoint.digest(state, {}) == before


def test_environment_that_does_not_follow_from_its_seed_is_refused():
    envs = SyncEnvs(lambda: Three(seeded=False), 2, rng(), "three")
    rollout(envs, ones, 2)
    with pytest.raises(Refusal, match="three does not follow from its seed"):
        SyncEnvs(lambda: Three(seeded=False), 2, rng(), "three").load(envs.state())


def test_state_of_other_environments_is_refused():
    with pytest.raises(ValueError, match="saved observations are"):
        MAKERS["copies"](3, rng()).load(MAKERS["copies"](2, rng()).state())


def test_cart_poles_move_as_gymnasium_s_single_one_does():
    steps = rollout(make("CartPole-v1", 4, rng()), coin(0), 150)
    one = gym.make("CartPole-v1").unwrapped
    one.reset(seed=0)
    for t, b in np.argwhere(steps.valid)[::3]:
        one.state, one.steps_beyond_terminated = steps.obs[t, b].astype(float), None
        obs, reward, terminated, _, _ = one.step(int(steps.action[t, b]))
        np.testing.assert_allclose(steps.next_obs[t, b], obs, atol=1e-5)
        assert reward == steps.reward[t, b]
        assert terminated == steps.terminated[t, b]
    assert steps.terminated.sum() > 10
    assert not (steps.valid[1:] & steps.end[:-1]).any()  # what follows an end is a start
    assert (abs(steps.next_obs[~steps.valid]) <= 0.05).all()


def test_time_limit_truncates_and_shows_the_true_next_observation():
    def steady(obs):  # also steers back to the middle
        return (obs @ [0.1, 0.3, 1, 0.7] > 0).astype(int)

    steps = rollout(make("CartPole-v1", 2, rng()), steady, 502)
    assert np.argwhere(steps.end).tolist() == [[499, 0], [499, 1]]
    assert steps.truncated[499].all()
    assert not steps.terminated.any()
    moved = steps.obs[499, :, 0] + 0.02 * steps.obs[499, :, 1]  # position + time step * velocity
    np.testing.assert_allclose(steps.next_obs[499, :, 0], moved, atol=1e-6)
    assert (steps.valid.sum(0) == 501).all()


def slow_returns(env, seeds, act):
    """One episode a seed, one after another."""
    totals = []
    for seed in seeds:
        obs, total, end = env.reset(seed=seed)[0], 0.0, False
        while not end:
            obs, reward, terminated, truncated, _ = env.step(act(obs))
            total, end = total + reward, terminated or truncated
        totals.append(total)
    return totals


def test_each_episode_counts_once():
    expected = slow_returns(Lengths(), range(500, 600), lambda obs: 0)
    totals, lengths = returns(lambda n, g: SyncEnvs(Lengths, n, g, "lengths"), ones, 100, 500)
    assert totals.tolist() == lengths.tolist() == expected
    assert set(expected) == {1.0, 20.0}


def test_returns_of_separate_cart_poles_are_gymnasium_s_own():
    env = gym.make("CartPole-v1")
    expected = slow_returns(env, range(70, 76), lambda obs: int(lean(obs[None])[0]))
    separate = partial(SyncEnvs, lambda: gym.make("CartPole-v1"))
    assert returns(lambda n, g: separate(n, g, "CartPole-v1"), lean, 6, 70)[0].tolist() == expected


def test_returns_are_the_same_each_time_and_others_for_another_seed():
    a, b, c = (returns(MAKERS["cart-poles"], coin(0), 20, seed)[0].tolist() for seed in (5, 5, 6))
    assert a == b
    assert a != c


@pytest.mark.parametrize("kind", TOYS)
def test_play_gives_one_whole_episode_each_wherever_they_stood(kind):
    envs = MAKERS[kind](3, rng())
    rollout(envs, ones, 4)
    for _ in range(2):
        steps = stack(play(envs, ones))
        assert steps.valid.tolist() == [[True] * 3] * 3
        assert steps.obs[..., 0].tolist() == [[0] * 3, [1] * 3, [2] * 3]


def test_seeds_to_learn_from_are_apart_from_fixed_ones():
    envs = SyncEnvs(Three, 4, rng(), "three")
    seen = set()
    for _ in range(10):
        envs.step(ones(envs.obs))
        seen |= set(envs.seeds.tolist())
    assert len(seen) == 4 * 4  # after three steps each, a fresh one
    assert TRAINING_SEEDS[0] <= min(seen)
    assert max(seen) < TRAINING_SEEDS[1] + 4


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("obs", r"three \(number 0 of 2\) gave an observation that is not finite at step 5"),
        ("reward", r"three \(number 0 of 2\) gave a reward that is not finite at step 5"),
        ("raise", r"three failed at step 5: RuntimeError: the wheel came off \(toy_environments.py:\d+\)$"),
    ],
)
def test_wrong_numbers_and_errors_name_the_step(wrong, says):
    envs = SyncEnvs(lambda: Three(), 2, rng(), "three")
    rollout(envs, ones, 3)
    for env in envs.vec.envs:
        env.unwrapped.wrong = wrong
    envs.step(ones(envs.obs))
    with pytest.raises(Refusal, match=says):
        envs.step(ones(envs.obs))


def test_failing_reset_is_told():
    class Broken(Three):
        def reset(self, *, seed=None, options=None):
            raise OSError("no such map")

    with pytest.raises(Refusal, match="broken failed at a reset: OSError: no such map"):
        SyncEnvs(Broken, 2, rng(), "broken")


def test_endless_episode_is_refused(monkeypatch):
    class Endless(Three):
        def step(self, action):
            return self.obs(), 0.0, False, False, {}

    monkeypatch.setattr("core.lab.envs.rollout.LIMIT", 50)
    with pytest.raises(Refusal, match="did not end in 50 steps"):
        returns(lambda n, g: SyncEnvs(Endless, n, g, "endless"), ones, 2, 0)


def test_ids_become_columns():
    envs = SyncEnvs(Lengths, 3, rng(), "lengths")
    assert envs.obs.shape == (3, 1)
    assert envs.step(ones(envs.obs)).next_obs.shape == (3, 1)
    state = envs.state()
    envs.load(state)
    assert envs.obs.tolist() == state["obs"].tolist()


def test_what_cannot_be_made_is_refused():
    class Odd(Three):
        observation_space = gym.spaces.Dict({"a": gym.spaces.Box(0, 1, (1,))})

    with pytest.raises(Refusal, match="observations of odd are a Dict"):
        SyncEnvs(Odd, 1, rng(), "odd")
    with pytest.raises(Refusal, match=r"autoreset mode .*SAME_STEP"):
        Envs(Threes(2, AutoresetMode.SAME_STEP), rng(), "three")
    with pytest.raises(Refusal, match="NoSuchThing-v0 cannot be made") as refusal:
        make("NoSuchThing-v0", 2, rng())
    assert "\n" not in str(refusal.value)
    with pytest.raises(Refusal, match="CartPole-v1 cannot be made"):
        make("CartPole-v1", 2, rng(), no_such_option=1)


def test_policy_that_does_not_fit_is_refused():
    envs = make("CartPole-v1", 2, rng())
    envs.check_actions(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="3 actions"):
        envs.check_actions(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="whose actions are Box"):
        make("Pendulum-v1", 2, rng()).check_actions(np.zeros((2, 1)))


def test_continuous_actions_are_saved_too():
    def push(obs):
        return np.full((len(obs), 1), 0.3, np.float32)

    a, b = make("Pendulum-v1", 2, rng(0)), make("Pendulum-v1", 2, rng(1))
    rollout(a, push, 5)
    b.load(a.state())
    np.testing.assert_array_equal(rollout(a, push, 3).next_obs, rollout(b, push, 3).next_obs)
