"""Steps of many environments side by side: roll-outs of a fixed length, whole episodes, and their returns."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from core import Array, Rng
from core.lab import Refusal
from core.lab.envs.vector import Envs, Steps

VAL_SEED, TEST_SEED, FILM_SEED = 1_000_000, 2_000_000, 3_000_000  # the first of each set of start seeds
LIMIT = 100_000  # steps after which an episode that is played to its end is taken for endless
Policy = Callable[[Array], Array]


def rollout(envs: Envs, policy: Policy, T: int) -> Steps:
    """T steps of every environment, (T, B, ...), from where they stand; they stay where these end."""
    return stack(envs.step(policy(envs.obs)) for _ in range(T))


def stack(steps: Iterable[Steps]) -> Steps:
    """Steps of (B, ...) one after another as (T, B, ...)."""
    return Steps(*map(np.stack, zip(*steps, strict=True)))


def play(envs: Envs, policy: Policy, first: int | None = None) -> Iterator[Steps]:
    """One whole episode of every environment, from its start; what comes after an environment's end is not valid.

    So each counts once: the mean over the first N episodes to end would favour short ones.
    """
    envs.restart(first)
    going = np.ones(envs.n, bool)
    for _ in range(LIMIT):
        steps = envs.step(policy(envs.obs))
        yield steps._replace(valid=steps.valid & going)
        going &= ~steps.end
        if not going.any():
            return
    raise Refusal(
        f"an episode of the environment {envs.name} did not end in {LIMIT:,} steps: give it a time limit, "
        "max_episode_steps of gymnasium.register say"
    )


def returns(make_envs: Callable[[int, Rng], Envs], policy: Policy, n: int, first: int) -> tuple[Array, Array]:
    """Sums of rewards, and lengths, of `n` whole episodes (n,), from the start seeds first, first + 1, ... ."""
    envs = make_envs(n, np.random.default_rng(first))
    total, length = np.zeros(n), np.zeros(n, int)
    for steps in play(envs, policy, first):
        total += steps.reward * steps.valid
        length += steps.valid
    envs.vec.close()
    return total, length
