"""Counting the characters of a text, a model that nobody trains: how usual is another text, in nats per character?

p(c | h) = (n(h c) + d(h) p(c | h')) / (n(h) + d(h))      h' is h without its first character; below it, 1 / V

n counts how often it was there, d(h) how many different characters came after h: the more there were, the likelier
is a new one. Reference: Witten and Bell (1991), "The zero-frequency problem"; method C. Weakness: Kneser-Ney counts
better.
"""

import numpy as np

from core import Array


class WittenBell:
    """Counts the windows (N, order) of ids below V, their last column the characters that came."""

    def __init__(self, windows: Array, V: int) -> None:
        if V ** windows.shape[1] >= 1 << 63:
            raise ValueError(f"{windows.shape[1]} of {V} characters do not fit in 63 bits: count shorter ones")
        self.V, self.tables = V, []
        for n in range(1, windows.shape[1] + 1):
            grams, often = np.unique(self._code(windows, n), return_counts=True)  # h c, n(h c)
            contexts, first, kinds = np.unique(grams // V, return_index=True, return_counts=True)  # h, d(h)
            self.tables.append((grams, often, contexts, np.add.reduceat(often, first), kinds))

    def _code(self, windows: Array, n: int) -> Array:
        """The last n ids of each window as one number (N,), the last of them its last digit."""
        return windows[:, -n:].astype(np.int64) @ (self.V ** np.arange(n, dtype=np.int64)[::-1])

    def log_prob(self, windows: Array) -> Array:
        """log p of the last column of each window (N,), given what stands before it."""
        p = np.full(len(windows), 1 / self.V)
        for n, (grams, often, contexts, total, kinds) in enumerate(self.tables, 1):
            code = self._code(windows, n)
            i, j = _find(contexts, code // self.V), _find(grams, code)
            p = np.where(i >= 0, (np.where(j >= 0, often[j], 0) + kinds[i] * p) / (total[i] + kinds[i]), p)
        return np.log(p)


def _find(sorted_codes: Array, code: Array) -> Array:
    """Where each code stands (N,), -1 where it does not."""
    at = np.minimum(np.searchsorted(sorted_codes, code), len(sorted_codes) - 1)
    return np.where(sorted_codes[at] == code, at, -1)
