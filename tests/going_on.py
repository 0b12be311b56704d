"""What every learner has to do: one that takes up another's weights and state goes on as that one does."""

from typing import Any

import numpy as np

from core.lab.learner import weights


def same_after_resuming(whole: Any, again: Any, before: int = 3, after: int = 2) -> None:
    """`again`, made with another seed, takes over from `whole` after some updates; then the two are the same."""
    for _ in range(before):
        whole.update()
    again.w[:] = whole.w
    again.load({name: array.copy() for name, array in whole.state().items()})
    assert again.progress == whole.progress
    for _ in range(after):
        assert whole.update() == again.update()
    assert np.array_equal(whole.w, again.w)
    assert np.array_equal(weights(whole), weights(again))
    state = again.state()
    for name, array in whole.state().items():
        np.testing.assert_array_equal(array, state[name], name)
