"""Virtual adversarial training: the step that changes the network's own answer most should not change it.

Nobody says what an example is; the answer p that the network gives itself is the target, and so it needs no label:
    r = the step of length `radius` with the largest KL(p(x) || p(x + r)),  minimise KL(p(x) || p(x + r)), p(x) fixed.
A border between two clusters is thereby pushed away from the examples, into the gaps between them. Near r = 0 the
divergence is quadratic in r, so the step is the leading eigenvector of its Hessian, and power iteration finds it: a
product with the Hessian is the gradient at a small step (Miyato et al. 2018, arXiv:1704.03976).
"""

import numpy as np

from core import Array, Layer, Loss, Rng, check_shapes, log_softmax, softmax


def divergence(y: Array, target: Array) -> Loss:
    """mean of KL(q || p) = sum_c q_c (log q_c - log p_c), p = softmax(y), q = softmax(target), both (B, C) logits.

    The gradient at y is (p - q) / B: that of a teacher's cross-entropy, with the network's own answer in his place.
    """
    check_shapes(y.shape, target=target)
    log_p, log_q = log_softmax(y), log_softmax(target)
    q = np.exp(log_q)
    return float((q * (log_q - log_p)).sum()) / len(y), (np.exp(log_p) - q) / len(y)


def of_length(d: Array, length: float) -> Array:
    """The rows of d (B, I) scaled to a Euclidean length; a row of zeros stays."""
    return d * (length / np.maximum(np.sqrt((d * d).sum(-1, keepdims=True)), np.finfo(d.dtype).tiny))


def adversary(net: Layer, w: Array, x: Array, y: Array, radius: float, rng: Rng, iterations: int = 1) -> Array:
    """The step r (B, I) of length `radius` that changes the answers y = net(x) most, by power iteration.

    Begun in a random direction; each iteration is one way forward and back, with the gradient at the input alone.
    The trial steps are as long as the last one: where the network bends within the radius, what counts is there.
    """
    d = of_length(rng.standard_normal(x.shape).astype(w.dtype), radius)
    q = softmax(y)
    for _ in range(iterations):
        z, back = net(x + d, w)
        d = of_length(back(softmax(z) - q, dx=True), radius)
    return d
