"""How much a cluster tells of its example, and the loss that raises it: measured on the network's own answers alone.

With p = softmax(y) the memberships of an example, and m their mean, I = H(m) - mean of H(p) is the mutual information
of example and cluster: large when each example is sure of its cluster, and all clusters are used alike.
"""

import numpy as np

from core import Array, Loss, log_softmax


def information(y: Array) -> float:
    """I = H(m) - mean of H(p), p = softmax(y), m the mean of p: nats that a cluster tells of its example."""
    log_p = log_softmax(y)
    p = np.exp(log_p)
    m = p.mean(0)
    return float((p * log_p).sum() / len(y) - (m * np.log(m + 1e-12)).sum())


def agreement_loss(y: Array, balance: float, agreement: float = 0.5) -> Loss:
    """mean of H(p) - balance H(m) + agreement * mean of D(a, b), rows b and B + b of y (2B, C) two views of one thing.

    D(a, b) = sum_c (p_c(a) - p_c(b)) (log p_c(a) - log p_c(b)), the Kullback-Leibler divergence both ways. With the
    differences to the other view, u = p - p' and v = log p - log p', the gradient at one row is
        (p (d - <p, d>) + 2 agreement u) / 2B,   d = balance log m - log p + 2 agreement v.
    After Hu et al. 2017, arXiv:1702.08720, who write 4 for the balance, and fix one of the two views. Raises ValueError
    for an odd number of rows.
    """
    if (N := len(y)) % 2:
        raise ValueError(f"two views of B examples are 2B rows, not {N}")
    log_p = log_softmax(y)
    p = np.exp(log_p)
    m = p.mean(0)
    log_m = np.log(m + 1e-12)
    u, v = p - np.roll(p, N // 2, 0), log_p - np.roll(log_p, N // 2, 0)
    d = balance * log_m - log_p + (2 * agreement) * v
    dy = (p * (d - (p * d).sum(-1, keepdims=True)) + (2 * agreement) * u) / N
    return float((agreement * (u * v).sum() - (p * log_p).sum()) / N + balance * (m * log_m).sum()), dy
