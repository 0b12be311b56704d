"""Episodes of environments: roll-outs, whole episodes, saved states. The one place that knows Gymnasium's vectors.

    envs = make("CartPole-v1", 32, rng)                32 environments side by side
    steps = rollout(envs, policy, 64)                  Steps of (64, 32), going on where the last roll-out ended
    steps = stack(play(envs, policy))                  one whole episode of each
    returns(partial(make, "CartPole-v1"), policy, 100, seed)     (100,), from fixed start seeds

A policy maps observations (B, ...) to actions (B, ...). An end is one of two things: `terminated`, the world is over
and no reward follows, or `truncated`, a time limit cut it off and the value of `next_obs` still stands for the rest
(Pardo et al. 2018, arXiv:1712.00378). So discount = gamma * (1 - terminated), and `next_obs` is always the true next
observation, never the first one of the next episode.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import numpy as np

from core import Array, Rng
from core.lab import Refusal, State, prefixed, rng_state, set_rng_state, unprefixed
from core.lab.guard import aside, forgiving, said, theirs

TRAINING_SEEDS = (1 << 30, 1 << 31)  # episodes to learn from start here; fixed start seeds lie below
MAX_ENVS = 16_384  # environments side by side, that an agent learns from or is judged in; each takes memory


class Steps(NamedTuple):
    """Steps of B environments, each array (B, ...), or of a roll-out, (T, B, ...)."""

    obs: Array
    action: Array
    reward: Array
    terminated: Array
    truncated: Array
    next_obs: Array  # the true one, also at an end
    valid: Array  # False where an environment only went from an end to its next start: nothing to learn there

    @property
    def end(self) -> Array:
        """terminated or truncated."""
        return self.terminated | self.truncated


class Envs:
    """B environments that are arrays in one object, a gymnasium.vector.VectorEnv, each going from episode to episode.

    Its autoreset mode may be NEXT_STEP, where the step after an end is a start and is marked not valid, or DISABLED,
    where we reset what has ended. Its attributes named in `arrays` (as Gymnasium's own CartPole names them, unless it
    has an attribute `arrays` itself) and its generator are all that changes in it, and what `state` saves. `one` makes
    the single environment that the arrays stand for, where its wrappers show it in other numbers.
    """

    def __init__(self, vec: Any, rng: Rng, name: str, one: Callable[[], Any] | None = None) -> None:
        from gymnasium.spaces import Box, Discrete, MultiDiscrete
        from gymnasium.vector import AutoresetMode

        mode = vec.metadata.get("autoreset_mode")
        if mode not in (AutoresetMode.NEXT_STEP, AutoresetMode.DISABLED):
            raise Refusal(f"the environment {name} has the autoreset mode {mode}: choose NEXT_STEP or DISABLED")
        kinds = {"observations": (Box, Discrete), "actions": (Box, Discrete, MultiDiscrete)}
        for what, space in ("observations", vec.single_observation_space), ("actions", vec.single_action_space):
            if not isinstance(space, kinds[what]):
                raise Refusal(
                    f"the {what} of {name} are a {type(space).__name__}, not a Box or Discrete: "
                    "wrap it, with gymnasium.wrappers.FlattenObservation say"
                )
        self.vec, self.name, self.n, self.one = vec, name, int(vec.num_envs), one
        self.by_us = mode == AutoresetMode.DISABLED
        self.column = isinstance(vec.single_observation_space, Discrete)  # ids (B,) become (B, 1): last axis features
        self.over, self.steps = np.zeros(self.n, bool), 0
        self.arrays: tuple[str, ...] = getattr(vec, "arrays", ("state", "steps", "prev_done"))
        self.obs: Array
        self.restart(int(rng.integers(*TRAINING_SEEDS)))

    def check_numbers(self, A: int) -> None:
        """Raises ValueError unless an action is A numbers from -1 to 1."""
        space = self.vec.single_action_space
        if getattr(space, "shape", None) != (A,) or not hasattr(space, "low"):
            raise ValueError(f"a policy of {A} numbers does not fit {self.name}, whose actions are {space}")
        if (space.low != -1).any() or (space.high != 1).any():
            span = f"{space.low.min():g} to {space.high.max():g}"
            raise ValueError(
                f"the actions of {self.name} go from {span}, not from -1 to 1: wrap it in "
                "gymnasium.wrappers.RescaleAction"
            )

    def check_actions(self, y: Array) -> None:
        """Raises ValueError unless y (B, A) has a logit for each of A actions, 0 to A - 1."""
        space = self.vec.single_action_space
        if y.shape[-1] != getattr(space, "n", None) or space.start != 0:
            raise ValueError(
                f"a policy of {y.shape[-1]} actions, from 0, does not fit the environment {self.name}, "
                f"whose actions are {space}"
            )

    def restart(self, first: int | None = None) -> None:
        """Every environment begins a new episode, from the start seeds first, first + 1, ... or as chance has it."""
        with self._named("at a reset"):
            self.obs = self._observed(self.vec.reset(seed=first)[0])
        self.over[:] = False

    def step(self, action: Array) -> Steps:
        """One step of each. Raises Refusal, naming the step, when an environment fails or gives what is not finite."""
        with self._named(f"at step {self.steps + 1}"):
            raw, *figures, _ = self.vec.step(action)
            next_obs = self._observed(raw)
            reward = self._fitting("rewards", figures[0], (self.n,))
            terminated, truncated = (self._fitting("ends", figure, (self.n,)).astype(bool) for figure in figures[1:])
            self._finite("a reward", reward)
        done = Steps(self.obs, action, reward, terminated, truncated, next_obs, ~self.over)
        self.obs, self.steps, end = next_obs, self.steps + 1, done.end
        if not self.by_us:
            self.over = end
        elif end.any():
            with self._named("at a reset"):
                self.obs = self._observed(self._reset(end))
        return done

    def _reset(self, end: Array) -> Array:
        return self.vec.reset(options={"reset_mask": end})[0]

    @contextmanager
    def _named(self, when: str) -> Iterator[None]:
        """Turns whatever an environment raises into one line."""
        try:
            yield
        except Refusal as error:
            raise Refusal(f"the environment {self.name} {error} {when}") from None
        except BaseException as error:
            if not theirs(error):
                raise
            raise Refusal(f"the environment {self.name} failed {when}: {said(error)}") from error

    def _observed(self, obs: Any) -> Array:
        seen = self._fitting("observations", obs, (self.n, *self.vec.single_observation_space.shape))
        self._finite("an observation", seen)
        return seen[:, None] if self.column else seen

    def _fitting(self, what: str, values: Any, shape: tuple[int, ...]) -> Array:
        """A copy, since some environments show one array for good. Raises Refusal unless numbers of that shape."""
        found = np.array(values)
        if found.shape != shape or found.dtype.kind not in "biuf":
            raise Refusal(f"gave {what} of {found.dtype} and shape {found.shape}, not numbers of shape {shape},")
        return found

    def _finite(self, what: str, values: Array) -> None:
        if not np.isfinite(values).all():
            bad = int(np.argwhere(~np.isfinite(values))[0, 0])
            raise Refusal(f"(number {bad} of {self.n}) gave {what} that is not finite")

    def notes(self) -> list[str]:
        """What whoever runs these environments should know before they do."""
        return []

    def single(self) -> Any | None:
        """One environment in its wrappers; None where they are arrays, which have none."""
        return None if self.one is None else self.one()

    def state(self) -> State:
        """All that is needed to go on: what the environments hold, and what they last showed."""
        return {"obs": self.obs, "over": self.over, "count": np.asarray(self.steps), **self._saved()}

    def load(self, state: Mapping[str, Array]) -> None:
        """Takes back what `state` gave. Raises Refusal or ValueError when it is of other environments."""
        if state["obs"].shape != self.obs.shape:
            raise ValueError(f"{self.name}: saved observations are {state['obs'].shape}, here {self.obs.shape}")
        self._restore(state)
        self.obs, self.over, self.steps = state["obs"].copy(), state["over"].copy(), int(state["count"])

    def _saved(self) -> State:
        arrays = {name: np.asarray(getattr(self.vec, name)) for name in self.arrays}
        return {**prefixed("array", arrays), "rng": rng_state(self.vec.np_random)}

    def _restore(self, state: Mapping[str, Array]) -> None:
        for name, array in unprefixed("array", state).items():
            setattr(self.vec, name, array)
        set_rng_state(self.vec.np_random, state["rng"])


class SyncEnvs(Envs):
    """B separate environments in a gymnasium.vector.SyncVectorEnv that does not reset by itself.

    Every episode has a start seed of its own, drawn from `rng`; what is saved is that seed and the actions since. To
    load is to play them again, which is exact where an environment follows from its seed and is refused where not.
    """

    def __init__(self, make_one: Callable[[], Any], n: int, rng: Rng, name: str) -> None:
        from gymnasium.vector import AutoresetMode, SyncVectorEnv

        from core.lab.envs.interface import Plain

        self.rng, self.seeds, self.actions = rng, np.zeros(n, np.int64), [list[Array]() for _ in range(n)]
        self.make_one = lambda: Plain(make_one())
        vec = SyncVectorEnv([self.make_one] * n, autoreset_mode=AutoresetMode.DISABLED)
        super().__init__(vec, rng, name)

    def __del__(self) -> None:
        """Closes them: what one prints then spoils no result."""
        with suppress(Exception), aside():
            self.vec.close()

    def single(self) -> Any:
        return self.vec.envs[0]

    def notes(self) -> list[str]:
        from core.lab.envs.interface import notes

        with forgiving():  # it fails again where it learns, and the step is named
            return notes(self.name, self.make_one)
        return []

    @contextmanager
    def _named(self, when: str) -> Iterator[None]:
        """Also says how the environment departs from Gymnasium's interface, as those of the old Gym do."""
        from core.lab.envs.interface import fault

        try:
            with super()._named(when):
                yield
        except Refusal as refusal:
            if why := fault(self.vec.envs[0]):
                raise Refusal(f"the environment {self.name} departs from Gymnasium's interface: {why}") from refusal
            raise

    def restart(self, first: int | None = None) -> None:
        everyone = np.ones(self.n, bool)
        with self._named("at a reset"):
            self.obs = self._observed(self._reset(everyone, None if first is None else first + np.arange(self.n)))

    def step(self, action: Array) -> Steps:
        for past, a in zip(self.actions, action, strict=True):
            past.append(a)
        return super().step(action)

    def _reset(self, end: Array, seeds: Array | None = None) -> Array:
        self.seeds[end] = self.rng.integers(*TRAINING_SEEDS, size=int(end.sum())) if seeds is None else seeds[end]
        for i in np.flatnonzero(end):
            self.actions[i] = []
        return self.vec.reset(seed=self.seeds.tolist(), options={"reset_mask": end})[0]

    def _saved(self) -> State:
        space, past = self.vec.single_action_space, [a for actions in self.actions for a in actions]
        return {
            "rng": rng_state(self.rng),
            "seeds": self.seeds,
            "lengths": np.array([len(actions) for actions in self.actions]),
            "actions": np.array(past, space.dtype).reshape(-1, *space.shape),
        }

    def _restore(self, state: Mapping[str, Array]) -> None:
        set_rng_state(self.rng, state["rng"])
        self.seeds = state["seeds"].copy()
        self.actions = [list(part) for part in np.split(state["actions"], np.cumsum(state["lengths"])[:-1])]
        with self._named("while its episodes were played again"):
            obs = self._observed(self.vec.reset(seed=self.seeds.tolist())[0])
            for i, (env, actions) in enumerate(zip(self.vec.envs, self.actions, strict=True)):
                for action in actions:
                    obs[i] = env.step(action)[0]
        if not np.array_equal(obs, state["obs"]):
            raise Refusal(
                f"the environment {self.name} does not follow from its seed and the actions: played again, "
                "it shows another observation than when it was saved, so this run cannot go on"
            )


def make(env: str | Callable[[], Any], n: int, rng: Rng, **options: Any) -> Envs:
    """`n` environments: of a registered name, with options for it, or made by a function of no arguments.

    What Gymnasium has as arrays (such as CartPole-v1) becomes Envs, everything else Copies.
    Raises Refusal, in one line, for an unknown name and for what cannot be made.
    """
    import gymnasium as gym

    if not isinstance(env, str):
        return SyncEnvs(env, n, rng, getattr(env, "__name__", "given"))
    try:
        entry = gym.spec(env).vector_entry_point
        if isinstance(entry, str) and entry.endswith("classic_control.cartpole:CartPoleVectorEnv"):
            return Envs(gym.make_vec(env, n, "vector_entry_point", **options), rng, env)
        return SyncEnvs(lambda: gym.make(env, **options), n, rng, env)
    except (gym.error.Error, ImportError, TypeError) as error:
        raise Refusal(f"the environment {env} cannot be made: {error}") from error


def check_count(n: int) -> int:
    """`n`, of environments or games that are to be there at once. Raises ValueError when they are too many."""
    if n > MAX_ENVS:
        raise ValueError(f"{n} environments side by side are too many: at most {MAX_ENVS}")
    return n
