"""State of a learner as arrays with dotted names, and a generator's state as an array."""

import json
from collections.abc import Mapping
from operator import attrgetter
from typing import Any, ClassVar

import numpy as np

from core import Array, Rng

State = dict[str, Array]


def rng_state(rng: Rng) -> Array:
    """The state of a generator as the bytes of its JSON, uint8."""
    return np.frombuffer(json.dumps(rng.bit_generator.state).encode(), np.uint8)


def set_rng_state(rng: Rng, state: Array) -> None:
    """Puts a generator back into a state that `rng_state` gave."""
    rng.bit_generator.state = json.loads(state.tobytes())


def prefixed(prefix: str, state: Mapping[str, Array]) -> State:
    """{"m": a} -> {"adam.m": a}."""
    return {f"{prefix}.{name}": array for name, array in state.items()}


def unprefixed(prefix: str, state: Mapping[str, Array]) -> State:
    """{"adam.m": a, "rng": b} -> {"m": a copy of a}."""
    head = prefix + "."
    return {name.removeprefix(head): array.copy() for name, array in state.items() if name.startswith(head)}


def saved(learner: Any, *names: str) -> State:
    """What attributes of a learner hold, each under its name: saved(self, "done", "rng", "optimizer", "envs").

    Numbers and arrays are one array; a generator is its state; an optimizer, whose `state` is a mapping of arrays, and
    whatever has `state()` and `load(state)` is all its arrays behind its name and a dot; None is nothing.
    "adam=optimizer" and "order=epochs.order" give another name.
    """
    state: State = {}
    for key, value in _named(learner, names):
        if isinstance(value, np.random.Generator):
            state[key] = rng_state(value)
        elif hasattr(value, "state"):
            state |= prefixed(key, value.state() if callable(value.state) else value.state)
        elif value is not None:
            state[key] = np.asarray(value)
    return state


def restore(learner: Any, state: Mapping[str, Array], *names: str) -> None:
    """Puts back what `saved` gave with the same names; an array of the same shape is written in place.

    Raises KeyError for a name that `state` lacks.
    """
    for key, value in _named(learner, names):
        if isinstance(value, np.random.Generator):
            set_rng_state(value, state[key])
        elif hasattr(value, "load"):
            value.load(unprefixed(key, state))
        elif hasattr(value, "state"):
            value.state = unprefixed(key, state)
        elif isinstance(value, np.ndarray) and value.shape == state[key].shape:
            value[:] = state[key]
        elif value is not None:
            *path, name = next(name for name in names if name.partition("=")[0] == key).rpartition("=")[2].split(".")
            owner = attrgetter(".".join(path))(learner) if path else learner
            setattr(owner, name, state[key].copy() if isinstance(value, np.ndarray) else type(value)(state[key]))


def _named(learner: Any, names: tuple[str, ...]) -> list[tuple[str, Any]]:
    return [(name.partition("=")[0], attrgetter(name.rpartition("=")[2])(learner)) for name in names]


class Kept:
    """`state` and `load` of a learner out of the names in `kept`: a convenience, no part of the contract."""

    kept: ClassVar[tuple[str, ...]]

    def state(self) -> State:
        return saved(self, *self.kept)

    def load(self, state: Mapping[str, Array]) -> None:
        restore(self, state, *self.kept)
