"""A mixture of Bernoulli distributions: black and white pictures out of K templates, the peer to beat.

p(x) = sum_k p_k prod_i q_ki^x_i (1 - q_ki)^(1 - x_i), whose likelihood is exact. Fitted by expectation and
maximisation: r_nk = p(k | x_n), then p_k = mean of r_k and q_k = the mean of x, weighed by r_k (Dempster et al. 1977;
McLachlan and Peel 2000). With K = 1 it is the mean picture, each pixel by itself.
"""

from typing import NamedTuple

import numpy as np

from core import Array, Rng

PRIOR = 1.0  # made-up examples of each value that a pixel of a template starts with, so that nothing is impossible
ROWS = 1 << 13  # examples at a time


class BernoulliMixture(NamedTuple):
    log_share: Array  # K
    q: Array  # K, I: how likely each pixel is black

    def joint(self, x: Array) -> Array:
        """log p(k, x): x (N, I) -> (N, K)."""
        off = np.log1p(-self.q)
        return x @ (np.log(self.q) - off).T + (off.sum(1) + self.log_share)

    def log_prob(self, x: Array) -> Array:
        """log p(x), nats: x (N, I) of 0 and 1 -> (N,)."""
        parts = [np.logaddexp.reduce(self.joint(x[a : a + ROWS]), axis=1) for a in range(0, len(x), ROWS)]
        return np.concatenate(parts)


def fit(x: Array, K: int, rng: Rng, rounds: int = 20) -> BernoulliMixture:
    """A mixture of K, started at K examples drawn from x (N, I); values between 0 and 1 count in part."""
    N = len(x)
    start = 0.25 + 0.5 * x[rng.choice(N, K, replace=K > N)] if K > 1 else np.full((1, x.shape[1]), 0.5, x.dtype)
    mixture = BernoulliMixture(np.full(K, -np.log(K), x.dtype), start.astype(x.dtype))
    for _ in range(rounds if K > 1 else 1):
        counts, sums = np.zeros(K, x.dtype), np.zeros_like(mixture.q)
        for a in range(0, N, ROWS):
            part = x[a : a + ROWS]
            s = mixture.joint(part)
            r = np.exp(s - s.max(1, keepdims=True))
            r /= r.sum(1, keepdims=True)
            counts += r.sum(0)
            sums += r.T @ part
        mixture = BernoulliMixture(np.log((counts + 1) / (N + K)), (sums + PRIOR) / (counts[:, None] + 2 * PRIOR))
    return mixture
