"""State of a learner as arrays with dotted names, and a generator's state as an array."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from core.initializers import Array
from core.lab.errors import Refusal as Refusal
from core.layers import Rng

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
