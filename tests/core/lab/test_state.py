"""What a learner holds goes into arrays and comes back, in place where others may hold it."""

from types import SimpleNamespace

import numpy as np
import pytest

from core import Adam
from core.lab.state import restore, saved

NAMES = ("done", "rests", "baseline", "weights", "rng", "adam=optimizer", "order=epochs.order", "inner", "nobody")


class Inner:
    def __init__(self):
        self.n = 3

    def state(self):
        return {"n": np.asarray(self.n)}

    def load(self, state):
        self.n = int(state["n"])


def learner(seed):
    rng = np.random.default_rng(seed)
    made = SimpleNamespace(
        done=seed, rests=bool(seed), baseline=seed / 2, weights=rng.random(4), rng=rng, inner=Inner()
    )
    made.optimizer, made.epochs, made.nobody = Adam(0.1), SimpleNamespace(order=rng.permutation(5)), None
    made.inner.n = seed
    made.optimizer.step(made.weights, np.ones(4))
    return made


def test_what_was_saved_comes_back():
    first, second = learner(7), learner(0)
    held, state = second.weights, saved(first, *NAMES)
    assert set(state) == {"done", "rests", "baseline", "weights", "rng", "order", "inner.n"} | {
        f"adam.{name}" for name in first.optimizer.state
    }
    assert all(isinstance(array, np.ndarray) for array in state.values())
    restore(second, {name: array.copy() for name, array in state.items()}, *NAMES)
    assert (second.done, second.rests, second.baseline, second.inner.n) == (7, True, 3.5, 7)
    assert type(second.done) is int
    assert type(second.rests) is bool
    assert second.weights is held
    assert np.array_equal(held, first.weights)
    assert np.array_equal(second.epochs.order, first.epochs.order)
    assert second.rng.random() == first.rng.random()
    for one in (first, second):
        one.optimizer.step(one.weights, np.arange(4.0))
    assert np.array_equal(first.weights, second.weights)


def test_an_array_of_another_length_is_taken_as_a_copy():
    one, grown = SimpleNamespace(log=np.zeros(2)), np.ones(3)
    restore(one, {"log": grown}, "log")
    grown[0] = 5
    assert np.array_equal(one.log, np.ones(3))


def test_a_name_that_the_state_lacks_is_an_error():
    with pytest.raises(KeyError, match="done"):
        restore(SimpleNamespace(done=1), {}, "done")
