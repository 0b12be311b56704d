"""A network and counting together: p = sum_m weight_m(k) p_m, where k tells how long a context was ever counted.

A network knows what is alike, counting what was there word for word; each is right where the other is not. The p_m are
the network and Kneser-Ney of every order; k is the length of the longest context before the place that the training
part holds: after a long one counting is to be believed, after a short one the network. The weights maximise the
likelihood of held-out windows by expectation maximisation: weight_m(k) is the mean share that p_m has in p.
References: Jelinek and Mercer (1980), "Interpolated estimation of Markov source parameters from sparse data"; a
network beside n-grams, Bengio et al. (2003).
"""

from collections.abc import Callable

import numpy as np

from core import Array
from unsupervised.text.evaluate import in_chunks
from unsupervised.text.ngram_models import Counts, kneser_ney_orders

ROUNDS = 60  # of expectation maximisation
CERTAINTY = 20.0  # windows' worth of belief that a k mixes as all do together: some k are rare


def longest_known(counts: Counts, grams: Array) -> Array:
    """k (N,): the length of the longest context, right before the last column, that the counted text holds."""
    return sum((c >= 0 for _, c, _ in counts.find(grams, counts.order)), np.zeros(len(grams), np.intp)) - 1


def weights_of(p: Array, k: Array, K: int) -> Array:
    """The weights (K, M) with which p (N, M), mixed by k (N,) < K, makes the held-out windows most probable."""
    share = np.full(p.shape, 1 / p.shape[1])
    for _ in range(ROUNDS):
        sums = np.stack([np.bincount(k, column, K) for column in share.T], 1)  # K, M
        sums += CERTAINTY * share.mean(0)
        share = p * (sums / sums.sum(1, keepdims=True))[k]
        share /= share.sum(1, keepdims=True)
    return sums / sums.sum(1, keepdims=True)


def weigh(log_p: Array, counts: Counts, held_out: Array) -> Array:
    """The weights (counts.order, 1 + counts.order) that suit the windows `held_out`, log_p (N,) the network's of them.

    Neither the network nor the counts may have learnt from these windows, or they would be believed too much.
    """
    both = [log_p[:, None], in_chunks(kneser_ney_orders(counts), held_out)]
    return weights_of(np.exp(np.concatenate(both, 1, dtype=np.float64)), longest_known(counts, held_out), counts.order)


def interpolated(counts: Counts, weights: Array) -> Callable[[Array, Array], Array]:
    """log p (N,) by the network and Kneser-Ney of all orders of `counts`, from the network's (N,) and the windows."""
    orders = kneser_ney_orders(counts)

    def mixed(log_p: Array, grams: Array) -> Array:
        p = np.exp(np.concatenate([log_p[:, None], orders(grams)], 1, dtype=np.float64))  # N, 1 + orders
        return np.log((p * weights[longest_known(counts, grams)]).sum(1))

    return mixed
