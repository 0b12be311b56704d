"""Language models that count: add-one, Jelinek-Mercer and modified Kneser-Ney, for n-grams of any length.

counts = Counts(ids, V, order)         every n-gram of `ids` (N,) with n <= order, counted once for all models
model = add_one(counts, 2)             or jelinek_mercer(counts, 3, held_out), kneser_ney(counts, 6)
log_p = model(grams)                   grams (N, n) ids -> log p(last column | the columns before it), nats (N,)

They are the peers of a network: the same windows in, a log-probability for each out, summing to one over the V
symbols. Windows may be wider than a model looks. Reference: Chen and Goodman (1999), "An empirical study of
smoothing techniques for language modeling", whose names are kept: c a context, c s the context and the next symbol.
"""

from collections.abc import Callable, Iterator

import numpy as np

from core import Array

Model = Callable[[Array], Array]


class Counts:
    """The n-grams of a text as a trie in sorted arrays: exact for any alphabet and any length, without hashing.

    Level n has one node for each different n-gram, in the order of keys[n] = (node of its first n - 1 symbols) V +
    its last symbol; level 0 is the root. `count` says how often it occurs, `left` how many different symbols stand
    before it, which is what Kneser-Ney counts below its highest order.

    `boundary`, the symbol between two records, is the last of one and stands before the first of the next: no n-gram
    goes across it. Nothing stands before a beginning, so there `left` is the count. Where no record is as long as
    `order`, the order is that of the longest.
    """

    def __init__(self, ids: Array, V: int, order: int, boundary: int | None = None) -> None:
        if not 1 <= order <= len(ids):
            raise ValueError(f"the order must be from 1 to {len(ids)}, the length of the text, not {order}")
        self.V, self.order = V, order
        self.keys, self.count, self.left = [np.zeros(1, np.int64)], [np.array([len(ids)])], list[Array]()
        self.leftward = [(self.keys[0], self.keys[0])]  # (node of the last n - 1 symbols) V + the first, sorted; nodes
        node = np.zeros(len(ids) + 1, np.int64)  # of the n-gram that begins at each position
        first = np.full(1, -1)  # symbol of each node
        at = np.arange(len(ids))  # where n-grams begin
        for n in range(1, order + 1):
            at = at[: np.searchsorted(at, len(ids) - n, "right")]
            if boundary is not None and n > 2:
                at = at[ids[at + n - 2] != boundary]
            if not len(at):
                self.order = n - 1
                break
            keys, each, count = np.unique(node[at] * V + ids[at + n - 1], return_inverse=True, return_counts=True)
            suffix = np.empty(len(keys), np.int64)  # the node of an n-gram without its first symbol
            suffix[each] = node[at + 1]
            left = np.bincount(suffix, minlength=len(self.keys[-1]))
            # the boundary alone is what a record ends with: only longer n-grams begin with it
            self.left.append(np.where(first == boundary, self.count[-1], left) if n > 2 else left)
            self.keys.append(keys)
            self.count.append(count)
            node[at] = each
            first = np.empty(len(keys), np.int64)
            first[each] = ids[at]
            key = suffix * V + first
            ranked = np.argsort(key)
            self.leftward.append((key[ranked], ranked))

    def context(self, n: int) -> Array:
        """For each node of level n, the node of its first n - 1 symbols."""
        return self.keys[n] // self.V

    def total(self, n: int, a: Array) -> Array:
        """The sum of a (nodes of level n) over what follows each context: (nodes of level n - 1)."""
        return np.bincount(self.context(n), a, len(self.keys[n - 1]))

    def _before(self, n: int, symbol: Array, node: Array) -> Array:
        """The nodes of level n that are `symbol` before a node of level n - 1; -1 where the text has no such place."""
        keys, nodes = self.leftward[n]
        key = symbol + node * self.V  # below 0, and so in no level, where the node is -1
        found = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
        return np.where(keys[found] == key, nodes[found], -1)

    def find(self, grams: Array, highest: int) -> Iterator[tuple[int, Array, Array]]:
        """(n, node of the context, node of the whole) of the last n columns, n = 1 ... highest; -1 where unseen."""
        c = np.zeros(len(grams), np.int64)  # the root
        cs = self._before(1, grams[:, -1], c)
        yield 1, c, cs
        for n in range(2, highest + 1):
            c, cs = (self._before(level, grams[:, -n], node) for level, node in ((n - 1, c), (n, cs)))
            yield n, c, cs


def _at(values: Array, node: Array, unseen: float) -> Array:
    return np.where(node >= 0, values[node], unseen)


def add_one(counts: Counts, order: int) -> Model:
    """p(s | c) = (count(c s) + 1) / (count(c .) + V): one more sighting for each n-gram (Laplace)."""
    total = counts.total(order, counts.count[order])

    def model(grams: Array) -> Array:
        *_, (_, c, cs) = counts.find(grams, order)
        return np.log((_at(counts.count[order], cs, 0) + 1) / (_at(total, c, 0) + counts.V))

    return model


def frequencies(counts: Counts, order: int, grams: Array) -> Array:
    """The relative frequencies p_0 ... p_order, each of (N, order + 1): p_n(s | c) = count(c s) / count(c .).

    p_0 = 1 / V; p_n = p_{n-1} where the text never goes on after c, so that each sums to one over s.
    """
    p = np.full((len(grams), order + 1), 1 / counts.V)
    for n, c, cs in counts.find(grams, order):
        total = _at(counts.total(n, counts.count[n]), c, 0)
        p[:, n] = np.where(total > 0, _at(counts.count[n], cs, 0) / np.maximum(total, 1), p[:, n - 1])
    return p


def jelinek_mercer(
    counts: Counts, order: int, held_out: Array, rounds: int = 100, again: Counts | None = None
) -> Model:
    """p = sum_n weight_n p_n of the relative frequencies (Jelinek and Mercer 1980).

    The weights maximise the likelihood of the windows `held_out`, which must not be of the text that was counted:
    expectation maximisation sets weight_n to the mean share that p_n has in p. None falls to 0, or what is new to
    the held-out windows too would be impossible. With `again` the frequencies, but not the weights, are its own.
    """
    p = frequencies(counts, order, held_out)
    weight = np.full(order + 1, 1 / (order + 1))
    for _ in range(rounds):
        share = p * weight  # N, order + 1
        weight = np.maximum((share / share.sum(1, keepdims=True)).mean(0), 1e-6)
    return lambda grams: np.log(frequencies(again or counts, order, grams) @ (weight / weight.sum()))


def discounts(a: Array) -> Array:
    """D(a), what modified Kneser-Ney takes off the counts a = 1, 2, 3 and more, from the n_k counts that are k.

    D_k = k - (k + 1) Y n_{k+1} / n_k with Y = n_1 / (n_1 + 2 n_2). Where that is not above 0, or a small text has no
    n_k or n_{k+1}, it is Y, the single discount of absolute discounting: a context must leave something to others.
    """
    n = [int((a == k).sum()) for k in range(5)]
    Y = n[1] / (n[1] + 2 * n[2]) if n[1] else 0.5
    D = [k - (k + 1) * Y * n[k + 1] / n[k] if n[k] and n[k + 1] else Y for k in (1, 2, 3)]
    return np.array([0.0] + [d if d > 0 else Y for d in D])[np.minimum(a, 3)]


def kneser_ney_orders(counts: Counts) -> Model:
    """Interpolated modified Kneser-Ney of every order at once: grams (N, n) -> log p (N, counts.order).

    p(s | c) = (a(c s) - D(a(c s))) / a(c .) + sum_s' D(a(c s')) / a(c .) * lower(s | c without its first symbol)
    The highest order takes a = count. All below it take a = left, the number of different symbols to the left, so
    that what is frequent in one place only counts once there; below the first stands 1 / V.
    """

    def level(n: int, a: Array) -> tuple[Array, Array]:
        """A node's own share, and the share that a context leaves to the shorter one."""
        D, total = discounts(a), counts.total(n, a)
        safe = np.maximum(total, 1)
        return (a - D) / safe[counts.context(n)], np.where(total > 0, counts.total(n, D) / safe, 1.0)

    highest = [level(n, counts.count[n]) for n in range(1, counts.order + 1)]
    below = [level(n, counts.left[n]) for n in range(1, counts.order)]

    def model(grams: Array) -> Array:
        p = np.empty((len(grams), counts.order))
        lower = np.full(len(grams), 1 / counts.V)
        for n, c, cs in counts.find(grams, counts.order):
            own, rest = highest[n - 1]
            p[:, n - 1] = _at(own, cs, 0.0) + _at(rest, c, 1.0) * lower
            if n < counts.order:
                own, rest = below[n - 1]
                lower = _at(own, cs, 0.0) + _at(rest, c, 1.0) * lower
        return np.log(p)

    return model


def kneser_ney(counts: Counts, order: int) -> Model:
    """Interpolated modified Kneser-Ney of one order: see `kneser_ney_orders`."""
    orders = kneser_ney_orders(counts)
    return lambda grams: orders(grams)[:, order - 1]
