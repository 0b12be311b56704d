"""A corridor as a table: a small world whose best policy is plain to see."""

import itertools

import numpy as np

from reinforcement.tabular import TabularMDP


def corridor(length=5, limit=20):
    """0 ... length - 1, start in the middle: right (1) earns 1 at the end, left (0) ends with nothing."""
    S = length
    w = TabularMDP(
        np.zeros((S, 2, 1), int),
        np.ones((S, 2, 1)),
        np.zeros((S, 2, 1)),
        np.zeros((S, 2, 1), bool),
        np.eye(S)[S // 2],
        np.arange(S),
        limit,
    )
    for s, a in itertools.product(range(S), (0, 1)):
        there = s + 2 * a - 1
        w.over[s, a] = not 0 <= there < S
        w.reward[s, a] = float(there == S)
        w.next[s, a] = np.clip(there, 0, S - 1)
    return w
