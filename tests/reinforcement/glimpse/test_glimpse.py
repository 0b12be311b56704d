"""Looking through a window: a proper environment, one law for one and for many, and an agent that finds what tells."""

import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from core import MLP, Adam
from core.lab.data.registry import Data
from core.lab.data.splits import Splits
from core.lab.envs.rollout import play, stack
from core.lab.envs.vector import Envs
from core.lab.vision.augment import AffineElastic
from core.lab.vision.photos import Photo
from reinforcement.glimpse.env import GlimpseEnvs, render, windows
from reinforcement.glimpse.evaluate import GlimpseExam, fixed_looks
from reinforcement.ppo import PPO
from reinforcement.tasks import glimpse

S, C = 4, 3


class Glimpse(gym.Env):
    """One of the many as an environment of its own, with the same options, drawn as "rgb_array"."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 2}  # noqa: RUF012

    def __init__(self, x, t, render_mode=None, **options):
        self.many, self.render_mode = GlimpseEnvs(1, x, t, **options), render_mode
        self.observation_space, self.action_space = self.many.single_observation_space, self.many.single_action_space

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.many._np_random = self.np_random
        return self.many.reset(options=options)[0][0], {}

    def step(self, action):
        obs, reward, terminated, truncated, _ = self.many.step(np.array([action]))
        return obs[0], float(reward[0]), bool(terminated[0]), bool(truncated[0]), {}

    def render(self):
        one = self.many
        return render(one.picture[0], one.mask[0], one.shows[one.place[0]] if one.place[0] >= 0 else None)


def pictures(N=30, seed=0):
    """Noise, but for the last window, where the bright pixel tells the class; (0, 0) tells the picture."""
    rng = np.random.default_rng(seed)
    t = np.arange(N) % C
    x = np.round(rng.random((N, S, S)), 2).astype(np.float32)
    x[:, 0, 0] = np.arange(N) / N
    x[:, 2:, 2:] = np.eye(4)[t].reshape(N, 2, 2)
    return x.reshape(N, S * S), t


def splits():
    return Splits(*pictures(60, 0), *pictures(15, 1), *pictures(15, 2))


@pytest.mark.parametrize("strength", [None, AffineElastic(shift=0.4, turn=0.1)])
def test_it_is_a_proper_environment(strength):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*spec.*")
        check_env(Glimpse(*pictures(), C=C, strength=strength, render_mode="rgb_array"))


def test_windows_by_hand():
    shows = windows(4, 2)
    assert shows.shape == (9, 16)
    assert (shows.sum(1) == 4).all()
    np.testing.assert_array_equal(np.flatnonzero(shows[0]), [0, 1, 4, 5])
    np.testing.assert_array_equal(np.flatnonzero(shows[5]), [6, 7, 10, 11])  # second row of places, third column
    assert shows.any(0).all()
    with pytest.raises(ValueError, match="window must be from 1 to 4"):
        windows(4, 5)


class Slow:
    """The law once more, picture by picture and pixel by pixel."""

    def __init__(self, x, t, K, cost, limit):
        self.x, self.t, self.K, self.cost, self.limit = x.reshape(-1, S, S), t, K, cost, limit

    def begin(self, i):
        self.i, self.seen, self.at, self.looks = i, set(), (0.5, 0.5), 0
        return self.obs()

    def obs(self):
        canvas, mask = [], []
        for r in range(S):
            for c in range(S):
                canvas.append(self.x[self.i, r, c] if (r, c) in self.seen else 0.0)
                mask.append(float((r, c) in self.seen))
        return np.array([*canvas, *mask, *self.at], np.float32)

    def step(self, action):
        if action < C:
            return self.obs(), 1.0 if action == self.t[self.i] else 0.0, True, False
        across = S - self.K + 1
        row, column = (action - C) // across, (action - C) % across
        self.seen |= {(row + a, column + b) for a in range(self.K) for b in range(self.K)}
        self.at, self.looks = (row / (across - 1), column / (across - 1)), self.looks + 1
        return self.obs(), -self.cost, False, self.looks == self.limit


@pytest.mark.parametrize("K", [1, 2, 3])
def test_one_and_many_follow_the_law(K):
    x, t = pictures()
    rng, slow = np.random.default_rng(K), Slow(x, t, K, 0.05, 4)
    options = {"C": C, "window": K, "cost": 0.05, "limit": 4}
    one, many = Glimpse(x, t, **options), GlimpseEnvs(30, x, t, **options)
    A = C + (S - K + 1) ** 2
    assert one.action_space.n == many.single_action_space.n == A
    all_obs, _ = many.reset(seed=0, options={"index": np.arange(30)})
    begins, ends = [slow.begin(i) for i in range(30)], 0
    np.testing.assert_array_equal(all_obs, begins)
    for i in range(30):
        obs, info = one.reset(seed=i, options={"index": np.array([i])})
        np.testing.assert_array_equal(obs, slow.begin(i))
        over = cut = False
        while not (over or cut):
            action = int(rng.integers(A))
            obs, reward, over, cut, info = one.step(action)
            expected = slow.step(action)
            np.testing.assert_array_equal(obs, expected[0])
            assert reward == pytest.approx(expected[1], abs=1e-7)
            assert (over, cut) == expected[2:]
            assert info == {}  # nothing tells what was right
        ends += cut
    assert 0 < ends < 30  # both ways to end were met


def test_many_go_from_picture_to_picture():
    x, t = pictures()
    envs = Envs(GlimpseEnvs(500, x, t, C=C, window=2, cost=0.1, limit=3), np.random.default_rng(0), "glimpse")
    turn = iter([np.full(500, C), np.full(500, C + 8), np.tile([0, C + 4], 250)])  # half answer, half are cut off
    steps = stack(play(envs, lambda obs: next(turn)))
    np.testing.assert_allclose(steps.reward[:2], -0.1, rtol=1e-6)
    which = np.round(steps.next_obs[0, :, 0] * 30).astype(int)
    np.testing.assert_allclose(steps.reward[2], np.where(np.arange(500) % 2, -0.1, t[which] == 0), rtol=1e-6)
    np.testing.assert_array_equal(steps.terminated[2], np.arange(500) % 2 == 0)
    np.testing.assert_array_equal(steps.truncated[2], np.arange(500) % 2 == 1)
    assert np.bincount(which, minlength=30).min() > 4  # drawn evenly, 17 each
    after = envs.step(np.full(500, C + 2))
    assert not after.valid.any()  # a step that only went to the next start
    assert not after.reward.any()
    np.testing.assert_array_equal(after.next_obs[:, : 2 * S * S], 0)
    np.testing.assert_array_equal(after.next_obs[:, -2:], 0.5)
    assert (envs.vec.looks == 0).all()


def test_drawn_shows_what_was_seen_alone():
    x, _ = pictures()
    shows = windows(S, 2)
    a, b = x[0], x[0].copy()
    b[~shows[0]] = 1 - b[~shows[0]]
    one, other = (render(p, shows[0], shows[0], 4) for p in (a, b))
    np.testing.assert_array_equal(one[:8, :8], other[:8, :8])
    assert (one != other)[8:, 8:].any()  # a faint trace of what is covered, for the one who watches
    assert render(a, shows[0], None).shape == (48, 48, 3)


def wise(obs):
    """Looks where the class stands, at the last place, and says it."""
    seen, last = obs[:, 2 * S * S - 1], obs[:, [10, 11, 14]]
    action = np.where(seen > 0, last.argmax(1), C + 8)
    return 100 * np.eye(C + 9)[action]


def exam(**change):
    return GlimpseExam(**{"splits": splits(), "window": 2, "cost": 0.1, "limit": 4, "C": C, **change})


def test_exam_counts_by_hand():
    found = exam().validate(wise)
    assert found["val_accuracy"] == found["val_looks"] == 1
    assert found["val_return"] == found["val_score"] == pytest.approx(0.9)
    assert exam().labels == 15
    blind = exam().validate(lambda obs: 100 * np.eye(C + 9)[np.zeros(len(obs), int)])
    assert (blind["val_accuracy"], blind["val_looks"]) == (pytest.approx(1 / 3), 0)
    idle = exam().look(lambda obs: 100 * np.eye(C + 9)[np.full(len(obs), C + 4)], splits().x_test)
    assert (idle.said == -1).all()
    assert (idle.path == 4).all()
    assert (idle.looks == 4).all()
    np.testing.assert_allclose(idle.seen, 4 / 16)


def test_report_knows_no_label_while_looking(tmp_path):
    report = exam().report(wise, tmp_path)
    assert report.metrics["test_accuracy"] == report.metrics["test_looks"] == 1
    assert report.metrics["test_return"] == pytest.approx(0.9)
    assert report.metrics["test_seen"] == 0.25
    assert report.metrics["test_cut_off"] == 0
    assert report.baselines["the best 4 fixed looks"] > 0.9
    assert report.baselines["always the commonest"] == pytest.approx(1 / 3)
    assert fixed_looks(splits(), 2, 1) in ([5], [8])  # both tell
    assert set(report.pictures) == {path.name for path in tmp_path.iterdir()}


def test_agent_finds_where_the_class_stands():
    s = splits()

    def envs(n, rng):
        return Envs(GlimpseEnvs(n, s.x_train, s.t_train, C=C, window=2, cost=0.05, limit=4), rng, "glimpse")

    agent = PPO(
        MLP(34, 32, C + 9),
        MLP(34, 32, 1),
        envs,
        exam(),
        Adam(3e-3),
        np.random.default_rng(0),
        updates=40,
        envs=64,
        rollout=16,
        epochs=4,
        gamma=0.95,
        entropy_weight=0.02,
    )
    while agent.progress < 1:
        agent.update()
    found = agent.evaluate()
    assert found["val_accuracy"] >= 0.9
    assert 1 <= found["val_looks"] < 1.5


def test_pictures_are_answered_and_observations_acted_on():
    agent = glimpse.make(glimpse.Config(updates=1, envs=8), np.random.default_rng(0), Data(None))
    agent.w[:] = 0.3 * np.random.default_rng(1).standard_normal(agent.w.size)  # says this and that
    x = agent.exam.splits.x_test[:20]
    said = agent.predict(agent.w, x)
    np.testing.assert_array_equal(said, agent.predict(agent.w, x.reshape(20, 8, 8)))
    assert said[:1] == agent.predict(agent.w, x[0].reshape(8, 8))
    assert agent.predict(agent.w, agent.envs.obs).shape == (8,)
    grey = np.round(255 * (1 - x.reshape(-1, 8, 8, 1))).astype(np.uint8).repeat(3, 3)  # dark ink on light paper
    np.testing.assert_array_equal(said, [agent.predict(agent.w, Photo(one))[0] for one in grey])
    assert len(set(said)) > 2
    for bad in (x * 16, x - 1, x * np.nan):
        with pytest.raises(ValueError, match="pixels must be from 0 to 1"):
            agent.predict(agent.w, bad)
    with pytest.raises(ValueError, match="observations have the shape"):
        agent.predict(agent.w, np.zeros((2, 7)))


@pytest.mark.parametrize(
    "values",
    [
        {"window": 0},
        {"window": 9},
        {"cost": -0.1},
        {"cost": float("nan")},
        {"limit": 0},
        {"lam": 2.0},
        {"deform": -1.0},
        {"entropy_weight": -1.0},
        {"lr": 0.0},
    ],
)
def test_nonsense_is_refused_by_name(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        glimpse.Config(**values)


def test_data_that_cannot_be_used_is_refused():
    good = splits()
    with pytest.raises(ValueError, match=r"the test part .*NaN"):
        exam(splits=good._replace(x_test=good.x_test * np.nan))
    with pytest.raises(ValueError, match=r"the val part .*run from"):
        exam(splits=good._replace(t_val=good.t_val + 1))
