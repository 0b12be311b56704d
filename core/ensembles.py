"""Several networks of one shape as one: every product of a layer is done for all members in one batched call.

A member axis stands before the batch. An ensemble is `MLP(64, 128, 10, members=5)`; the twin critics of an actor are
two members; networks that adapt to many tasks at once are as many members as tasks.
"""

from typing import Any

import numpy as np

from core.initializers import Array, Initializer, he
from core.layer import Layer, Rng


def EnsembleLinear(E: int, I: int, O: int, bias: bool = True, init: Initializer = he, gain: float = 1.0) -> Layer:
    """y[e] = x[e] W[e] + b[e], with W (E, I, O) and b (E, O): x (E, B, I), or (B, I) for all members, -> (E, B, O).

    Each member starts by itself. Raises ValueError for another number of axes, members or features.
    """
    n = E * I * O

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Any]:
        if x.ndim not in (2, 3) or x.shape[-1] != I or (x.ndim == 3 and x.shape[0] != E):
            raise ValueError(
                f"EnsembleLinear({E}, {I}, {O}) needs x ({E}, B, {I}) or (B, {I}), but x has shape {x.shape}"
            )
        W = w[:n].reshape(E, I, O)
        y = x @ W  # E, B, O
        if bias:
            y += w[n:].reshape(E, 1, O)

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            if g is not None:
                dW, X = g[:n].reshape(E, I, O), x.swapaxes(-1, -2)  # E, I, O; E, I, B or I, B
                if add:
                    dW += X @ dy
                else:
                    np.matmul(X, dy, out=dW)
                if bias:
                    db = dy.sum(1).ravel()
                    g[n:] = g[n:] + db if add else db
            if not dx:
                return None
            d = dy @ W.swapaxes(1, 2)  # E, B, I
            return d if x.ndim == 3 else d.sum(0)

        return y, back

    def fill(rng: Rng, w: Array) -> None:
        for W in w[:n].reshape(E, I, O):
            init(rng, W, gain)

    layout = {"weight": (E, I, O), "bias": (E, O)} if bias else {"weight": (E, I, O)}
    return Layer(forward, layout, fill, op="ensemble_linear", constants={"members": E})
