"""scikit-learn's MLPClassifier, plain gradient descent from the same start: the same loss curve, the same weights."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from core import MLP, SGD, cross_entropy, relu, sigmoid, tanh


@pytest.mark.parametrize("batch", [150, 50, 32])
@pytest.mark.parametrize(("name", "activation"), [("relu", relu), ("tanh", tanh), ("logistic", sigmoid)])
def test_the_loss_curve_of_mlp_classifier(batch: int, name: str, activation: object) -> None:
    from sklearn.datasets import load_iris
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    x, t = load_iris(return_X_y=True)
    x = (x - x.mean(0)) / x.std(0)
    epochs, lr = 25, 0.1

    def peer(lr: float, epochs: int) -> MLPClassifier:
        model = MLPClassifier(
            (8, 6),
            activation=name,
            solver="sgd",
            alpha=0,
            batch_size=batch,
            learning_rate_init=lr,
            max_iter=epochs,
            shuffle=False,
            random_state=0,
            tol=0,
            momentum=0,
            nesterovs_momentum=False,
            n_iter_no_change=epochs + 1,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return model.fit(x, t)

    def vector(model: MLPClassifier) -> np.ndarray:
        return np.concatenate([a.ravel() for pair in zip(model.coefs_, model.intercepts_, strict=True) for a in pair])

    net, optimizer = MLP(4, 8, 6, 3, activation=activation), SGD(lr)
    w = vector(peer(1e-300, 1))  # where it starts: one epoch of steps too small to be seen
    g = np.empty_like(w)
    curve = []
    for _ in range(epochs):
        total = 0.0
        for a in range(0, len(x), batch):
            y, back = net(x[a : a + batch], w)
            loss, dy = cross_entropy(y, t[a : a + batch])
            back(dy, g)
            optimizer.step(w, g)
            total += loss * len(y)
        curve.append(total / len(x))
    model = peer(lr, epochs)
    np.testing.assert_allclose(curve, model.loss_curve_, rtol=1e-5)
    np.testing.assert_allclose(w, vector(model), atol=1e-5)
    assert curve[-1] < 0.9 * curve[0] or name == "logistic"
