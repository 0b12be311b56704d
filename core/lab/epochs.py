"""Minibatches, each example once an epoch, and which of them a teacher has answered already."""

import numpy as np

from core import Array, Rng


class Epochs:
    """Indices of minibatches of `batch` out of n examples, in a fresh order each epoch; what is left over waits.

    epochs = Epochs(n, batch, rng)       # draws the first order
    i = epochs.next(done)                # (batch,) of the minibatch after `done` others
    answers += epochs.answered(i)        # how many of them are used for the first time

    `order` (n,) and `known` (n,) are its state.
    """

    def __init__(self, n: int, batch: int, rng: Rng) -> None:
        self.batch, self.rng = min(batch, n), rng
        self.order = rng.permutation(n)
        self.known = np.zeros(n, bool)

    def next(self, done: int) -> Array:
        k = done % (len(self.order) // self.batch)
        if k == 0 and done:
            self.order = self.rng.permutation(len(self.order))
        return self.order[k * self.batch : (k + 1) * self.batch]

    def answered(self, i: Array) -> int:
        """How many of these examples had not been used before; now they have."""
        new = int((~self.known[i]).sum())
        self.known[i] = True
        return new
