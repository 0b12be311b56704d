"""From rewards to what an action was worth: pure functions of arrays (T, B), time first.

`discount` = gamma * (1 - terminated): nothing follows the end of the world. `end` is True where an episode ended,
also by a time limit: there the sum over later steps stops, but the value of the true next observation still counts.
Each raises ValueError for arrays of other shapes.
"""

import numpy as np

from core import Array, check_shapes


def discounted_returns(reward: Array, discount: Array) -> Array:
    """G_t = r_t + discount_t G_{t+1}, G_T = 0 (T, B): the returns of whole episodes."""
    check_shapes(reward.shape, discount=discount)
    G, later = np.empty_like(reward), np.zeros_like(reward[0])
    for t in reversed(range(len(reward))):
        G[t] = later = reward[t] + discount[t] * later
    return G


def gae(reward: Array, discount: Array, value: Array, next_value: Array, end: Array, lam: float) -> Array:
    """A_t = delta_t + discount_t lam (1 - end_t) A_{t+1}, delta_t = r_t + discount_t V(next_obs_t) - V(obs_t) (T, B).

    Generalised advantage estimation (Schulman et al. 2016, arXiv:1506.02438). A + value are the TD(lambda) returns.
    """
    check_shapes(reward.shape, discount=discount, value=value, next_value=next_value, end=end)
    advantage: Array = reward + discount * next_value - value
    decay = discount * lam * np.logical_not(end)
    for t in reversed(range(len(reward) - 1)):
        advantage[t] += decay[t] * advantage[t + 1]
    return advantage


def n_step(reward: Array, discount: Array, end: Array, n: int) -> tuple[Array, Array, Array]:
    """G_t = r_t + d_t r_{t+1} + d_t d_{t+1} r_{t+2} + ... over n steps, D_t = d_t d_{t+1} ..., and the last of them.

    Fewer where the episode ends or the steps do. What G_t misses is D_t times the value of the next observation of the
    step `last_t`. Everything is (T, B) (Sutton 1988; Watkins 1989).
    """
    check_shapes(reward.shape, discount=discount, end=end)
    T, end = len(reward), np.asarray(end, bool)
    G, D, last = reward.copy(), discount.copy(), np.tile(np.arange(T)[:, None], reward.shape[1])
    going = ~end  # whether the steps that stand in G_t have not ended the episode
    for k in range(1, min(n, T)):
        on = going[: T - k]
        G[: T - k] += np.where(on, D[: T - k] * reward[k:], 0)
        D[: T - k] = np.where(on, D[: T - k] * discount[k:], D[: T - k])
        last[: T - k] += on
        on &= ~end[k:]
    return G, D, last
