"""Small worlds as tables: their exact truth by dynamic programming, and Q-learning, the peer that keeps a table.

A world of S states and A actions goes from state s with action a to one of K next states:
    next, prob, reward, over   (S, A, K): where to, how probably, the reward, and whether the episode is over there
What a policy earns is then no matter of sampling: `earned` works it out, within the time limit, to the last digit.
References: Bellman (1957), "Dynamic programming"; Watkins (1989), "Learning from delayed rewards" (Q-learning).
"""

from typing import Any, NamedTuple

import numpy as np

from core import Array, Rng
from core.lab.envs.vector import Envs


class TabularMDP(NamedTuple):
    """A finite Markov decision process. What an agent sees of state s is `shown[s]`, one of O observations."""

    next: Array  # S, A, K int64
    prob: Array  # S, A, K float64; they sum to one over K
    reward: Array  # S, A, K float64
    over: Array  # S, A, K bool
    start: Array  # S float64: how probably an episode starts there
    shown: Array  # S int64
    limit: int  # steps after which an episode is cut off


def ended(shape: tuple[int, int, int], start: Array, shown: Array, limit: int) -> TabularMDP:
    """A table (S, A, K) to be filled in: so far all episodes are over at once, without a reward."""
    next_state, over = np.zeros(shape, np.int64), np.ones(shape, bool)
    return TabularMDP(next_state, np.zeros(shape), np.zeros(shape), over, start, shown, limit)


def world(env: Any, limit: int) -> TabularMDP:
    """The table that Gymnasium's own FrozenLake, CliffWalking and Taxi carry: P[s][a] = [(p, next, reward, over)]."""
    P, start = env.unwrapped.P, np.asarray(env.unwrapped.initial_state_distrib, float)
    S, A, K = len(P), len(P[0]), max(len(ways) for actions in P.values() for ways in actions.values())
    table = ended((S, A, K), start, np.arange(S), limit)
    for s, actions in P.items():
        for a, ways in actions.items():
            for k, (p, there, reward, over) in enumerate(ways):
                table.next[s, a, k], table.prob[s, a, k] = there, p
                table.reward[s, a, k], table.over[s, a, k] = reward, over
    return table


def backup(w: TabularMDP, V: Array, gamma: float = 1.0) -> Array:
    """Q(s, a) = sum_k p (reward + gamma (1 - over) V(next)): V (S,) -> (S, A), Bellman's operator without the max."""
    return (w.prob * (w.reward + gamma * ~w.over * V[w.next])).sum(-1)


def earned(w: TabularMDP, policy: Array) -> float:
    """The expected sum of rewards of an episode, cut off at the limit, under policy (O, A) of probabilities: exact."""
    p, V = policy[w.shown], np.zeros(len(w.start))
    for _ in range(w.limit):
        V = (p * backup(w, V)).sum(-1)
    return float(w.start @ V)


def value_iteration(w: TabularMDP, gamma: float, tolerance: float = 1e-10, most: int = 100_000) -> Array:
    """Q* (S, A), the fixed point of Q = backup(max_a Q), to `tolerance`. Raises ValueError where it does not settle."""
    Q = np.zeros(w.prob.shape[:2])
    for _ in range(most):
        better = backup(w, Q.max(-1), gamma)
        if np.abs(better - Q).max() < tolerance:
            return better
        Q = better
    raise ValueError(f"value iteration did not settle in {most} rounds: with gamma {gamma} some episodes never end")


def greedy_policy(w: TabularMDP, Q: Array) -> Array:
    """The policy (O, A) of the best actions of Q (S, A); states that look alike should agree, the last counts."""
    policy = np.full((int(w.shown.max()) + 1, Q.shape[1]), 1 / Q.shape[1])
    policy[w.shown] = np.eye(Q.shape[1])[Q.argmax(-1)]
    return policy


def best_with_a_clock(w: TabularMDP) -> float:
    """The most that can be earned in an episode, cut off at the limit: by who knows the state and the steps left.

    Finite-horizon dynamic programming (Bellman 1957), without a discount, as returns are judged: no policy of
    observations earns more.
    """
    V = np.zeros(len(w.start))
    for _ in range(w.limit):
        V = backup(w, V).max(-1)
    return float(w.start @ V)


def q_learning(
    envs: Envs, rng: Rng, O: int, A: int, *, steps: int, gamma: float, lr: float, final_lr: float, explore: float
) -> Array:
    """Q (O, A) after `steps` steps of every environment: Q(s, a) += lr (r + gamma max_b Q(s', b) - Q(s, a)).

    Observations are ids (B, 1). The step size falls from `lr` to `final_lr` geometrically; actions are drawn evenly
    with probability `explore`, else they are the best so far, ties broken by chance.
    """
    Q = np.zeros((O, A))
    for step in range(steps):
        alpha = lr * (final_lr / lr) ** (step / steps)
        row = Q[envs.obs[:, 0]] + 1e-9 * rng.random((envs.n, A))
        action = np.where(rng.random(envs.n) < explore, rng.integers(A, size=envs.n), row.argmax(-1))
        s = envs.step(action)
        target = s.reward + gamma * ~s.terminated * Q[s.next_obs[:, 0]].max(-1)
        for i in np.flatnonzero(s.valid):  # one after another, so that an entry met twice learns twice
            Q[s.obs[i, 0], action[i]] += alpha * (target[i] - Q[s.obs[i, 0], action[i]])
    return Q
