import itertools

import gymnasium as gym
import numpy as np
import pytest
from corridor import corridor

from core.lab.envs.rollout import returns, rollout
from core.lab.envs.vector import Envs
from reinforcement.envs.blackjack import NATURAL, OBSERVATIONS, blackjack, dealer, hit, place, stick
from reinforcement.envs.tabular_env import TabularEnvs
from reinforcement.envs.toy_text import one_hot
from reinforcement.tabular import (
    TabularMDP,
    best_with_a_clock,
    earned,
    greedy_policy,
    q_learning,
    value_iteration,
    world,
)
from reinforcement.tasks import frozen_lake


def play_slowly(w, policy, limit):
    """The expected return by walking through every way that an episode can go."""

    def rest(s, left):
        if left == 0:
            return 0.0
        value = 0.0
        for a, p in enumerate(policy[w.shown[s]]):
            for k in range(w.prob.shape[-1]):
                q = p * w.prob[s, a, k]
                if q:
                    later = 0.0 if w.over[s, a, k] else rest(w.next[s, a, k], left - 1)
                    value += q * (w.reward[s, a, k] + later)
        return value

    return sum(p * rest(s, limit) for s, p in enumerate(w.start) if p)


@pytest.mark.parametrize("limit", [1, 3, 5])
def test_what_a_policy_earns_is_what_walking_all_ways_comes_to(limit):
    lake = world(gym.make("FrozenLake-v1"), limit)
    policy = np.random.default_rng(0).dirichlet(np.ones(4), 16)
    assert earned(lake, policy) == pytest.approx(play_slowly(lake, policy, limit), abs=1e-12)
    line = corridor(limit=limit)
    even = np.full((5, 2), 0.5)
    assert earned(line, even) == pytest.approx(play_slowly(line, even, limit), abs=1e-12)


def test_value_iteration_on_a_corridor_is_the_power_of_the_discount():
    Q = value_iteration(corridor(), 0.9)
    np.testing.assert_allclose(Q[:, 1], 0.9 ** np.arange(4, -1, -1), atol=1e-9)
    assert earned(corridor(), greedy_policy(corridor(), Q)) == 1
    assert best_with_a_clock(corridor()) == 1
    assert best_with_a_clock(corridor(limit=2)) == 0  # three steps are needed


def test_value_iteration_that_cannot_settle_says_so():
    loop = TabularMDP(
        np.zeros((1, 1, 1), int),
        np.ones((1, 1, 1)),
        np.ones((1, 1, 1)),
        np.zeros((1, 1, 1), bool),
        np.ones(1),
        np.zeros(1, int),
        10,
    )
    with pytest.raises(ValueError, match="episodes never end"):
        value_iteration(loop, 1.0, most=100)
    assert value_iteration(loop, 0.5)[0, 0] == pytest.approx(2)


@pytest.mark.parametrize(("name", "limit"), [("FrozenLake-v1", 100), ("CliffWalking-v1", 500), ("Taxi-v4", 200)])
def test_the_table_of_gymnasium_is_taken_over_whole(name, limit):
    env = gym.make(name)
    w, P = world(env, limit), env.unwrapped.P
    for s, a in itertools.product(range(0, len(P), 7), range(len(P[0]))):
        there = {}
        for p, to, reward, over in P[s][a]:
            there[to, reward, over] = there.get((to, reward, over), 0) + p
        ours = {}
        for k in np.flatnonzero(w.prob[s, a]):
            key = w.next[s, a, k], w.reward[s, a, k], w.over[s, a, k]
            ours[key] = ours.get(key, 0) + w.prob[s, a, k]
        assert ours == pytest.approx(there)
    assert w.prob.sum(-1) == pytest.approx(1)


def test_known_optima():
    taxi, cliff = world(gym.make("Taxi-v4"), 200), world(gym.make("CliffWalking-v1"), 500)
    assert earned(cliff, greedy_policy(cliff, value_iteration(cliff, 0.99))) == -13  # Sutton and Barto, example 6.6
    assert earned(taxi, greedy_policy(taxi, value_iteration(taxi, 0.99))) == pytest.approx(7.93)


@pytest.mark.parametrize(
    ("name", "limit", "options", "optimum"),
    [
        ("FrozenLake-v1", 100, {"map_name": "4x4"}, 0.744190),
        ("FrozenLake-v1", 200, {"map_name": "8x8"}, 0.913220),
        ("FrozenLake-v1", 100, {"map_name": "4x4", "is_slippery": False}, 1.0),
        ("CliffWalking-v1", 500, {}, -13.0),
        ("Taxi-v4", 200, {}, 7.93),
    ],
)
def test_the_reference_is_the_most_that_an_episode_can_earn(name, limit, options, optimum):
    """Against a slow twin: a table of every state at every step, from the last step to the first."""
    w = world(gym.make(name, **options), limit)
    later = [0.0] * len(w.start)
    if len(w.start) < 100:
        for _ in range(limit):
            later = [
                max(
                    sum(p * (r + (not end) * later[to]) for to, p, r, end in zip(*row, strict=True))
                    for row in zip(w.next[s], w.prob[s], w.reward[s], w.over[s], strict=True)
                )
                for s in range(len(w.start))
            ]
        assert best_with_a_clock(w) == pytest.approx(w.start @ np.array(later))
    for gamma in (0.9, 0.99, 0.9999):
        assert earned(w, greedy_policy(w, value_iteration(w, gamma))) <= best_with_a_clock(w) + 1e-9
    assert best_with_a_clock(w) == pytest.approx(optimum, abs=1e-6)


def test_blackjack_is_a_world_and_its_best_player_does_what_the_book_says():
    w = blackjack()
    assert w.start.sum() == pytest.approx(1)
    assert w.prob.sum(-1) == pytest.approx(1)
    assert sum(dealer(10, 0, 1).values()) == pytest.approx(1)
    Q = value_iteration(w, 1.0)
    policy = greedy_policy(w, Q)
    for shows, total in {1: 17, 2: 13, 3: 13, 4: 12, 5: 12, 6: 12, 7: 17, 10: 17}.items():  # Sutton and Barto, fig. 5.2
        assert policy[place(total, shows, 0), 0] == 1, (total, shows)
        assert policy[place(total - 1, shows, 0), 1] == 1, (total - 1, shows)
    assert policy[place(17, 5, 1), 1] == 1  # soft 17 takes a card
    assert policy[place(19, 5, 1), 0] == 1
    assert -0.05 < earned(w, policy) < -0.04
    ends = dealer(*hit(0, 0, 1), 1)  # against an ace
    assert stick(21, natural=False, shows=1) == pytest.approx(1 - ends[21] - ends[NATURAL])  # a 21 only draws with a 21
    assert stick(21, natural=True, shows=1) == pytest.approx(1 - ends[NATURAL])


def test_blackjack_earns_what_gymnasium_pays():
    w, rng, env = blackjack(), np.random.default_rng(0), gym.make("Blackjack-v1").unwrapped
    policy = rng.dirichlet(np.ones(2), OBSERVATIONS)
    paid = []
    for episode in range(6_000):
        seen, over = env.reset(seed=0 if episode == 0 else None)[0], False
        while not over:
            seen, reward, over, *_ = env.step(int(rng.random() < policy[place(*seen), 1]))
        paid.append(reward)
    assert abs(np.mean(paid) - earned(w, policy)) < 3.5 * np.std(paid) / len(paid) ** 0.5


def test_environments_out_of_a_table_earn_what_the_table_says():
    lake = world(gym.make("FrozenLake-v1"), 30)
    actions = np.random.default_rng(1).integers(4, size=16)

    def make_envs(n, rng):
        return Envs(TabularEnvs(n, lake), rng, "table")

    G, lengths = returns(make_envs, lambda obs: actions[obs[:, 0]], 20_000, 7)
    exact = earned(lake, np.eye(4)[actions])
    assert abs(G.mean() - exact) < 4 * max(G.std(), 0.01) / len(G) ** 0.5
    assert lengths.max() <= 30


def test_environments_out_of_a_table_cut_off_and_start_anew():
    w = corridor(limit=2)
    envs = Envs(TabularEnvs(3, w), np.random.default_rng(0), "table")
    steps = rollout(envs, lambda obs: np.ones(3, int), 4)
    assert steps.truncated[:, 0].tolist() == [False, True, False, False]
    assert not steps.terminated.any()
    assert steps.valid[:, 0].tolist() == [True, True, False, True]
    assert steps.next_obs[:, 0, 0].tolist() == [3, 4, 2, 3]


def test_q_learning_finds_the_way():
    envs = Envs(TabularEnvs(4, corridor()), np.random.default_rng(0), "table")
    Q = q_learning(envs, np.random.default_rng(1), 5, 2, steps=400, gamma=0.9, lr=0.5, final_lr=0.1, explore=0.3)
    assert (Q.argmax(-1) == 1).all()
    assert Q[4, 1] == pytest.approx(1, abs=0.02)


def test_ones_for_each_index_of_an_id():
    y, back = one_hot(3, 2, 4)(np.arange(24)[:, None], np.zeros(0, np.float32))
    expected = [[*np.eye(3)[a], *np.eye(2)[b], *np.eye(4)[c]] for a in range(3) for b in range(2) for c in range(4)]
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(one_hot(5)(np.arange(5)[:, None], np.zeros(0, np.float32))[0], np.eye(5))
    assert back(y) is None


def test_a_report_of_the_large_lake_names_the_optimum_of_its_two_hundred_steps():
    config = frozen_lake.Config(map="8x8", updates=1, envs=2, rollout=2, batches=1)
    learner = frozen_lake.make(config, np.random.default_rng(0), None)
    report = learner.report(learner.w, None)
    assert report.reference == pytest.approx(0.913220, abs=1e-6)
    assert report.baselines["value iteration, which sees no clock"] == pytest.approx(0.885654, abs=1e-6)
    assert report.metrics["exact_return"] <= report.reference
