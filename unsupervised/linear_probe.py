"""A code that was learnt without a word, and a linear probe that reads it with the help of a few labels.

The auto-encoder never meets a label: its target is the picture itself. The probe is logistic regression on the code of
a few examples that a teacher was asked about (Alain and Bengio 2016, arXiv:1610.01644). It cannot bend anything, so
what it reads was laid out by the data alone. Every label that it is fitted to is an answer of the teacher; none
chooses.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import Array, Layer, Linear, Parts, Rng
from core.lab import Kept, Report, Splits, check, settings
from core.lab.data.checks import check_labels
from unsupervised.autoencoder import Augment, AutoEncoder, AutoEncoderConfig
from unsupervised.clustering.predictor import ClusterPredictor, on_code

REFIT = 5  # updates of the auto-encoder, after which the probe is fitted anew
LEAST_SPREAD = 1e-6  # a number of the code that varies less says nothing


def fit_probe(z: Array, i: Array, t: Array, C: int, penalty: float) -> Array:
    """The parameters of Linear(Z, C) that read labels t (n,) from the codes z[i], z (N, Z).

    Logistic regression with `penalty` / 2 |W|^2 on the numbers of the code in units of their spread, over all N codes;
    these units are folded into the parameters. Every one of the C classes must be among the labels.
    """
    from sklearn.linear_model import LogisticRegression

    z = z.astype(np.float64)
    mean, spread = z.mean(0), np.maximum(z.std(0), LEAST_SPREAD)
    with warnings.catch_warnings():  # not converged after 300 steps: the third digit is noise
        warnings.simplefilter("ignore")
        fitted = LogisticRegression(C=1 / penalty, max_iter=300).fit((z[i] - mean) / spread, t)
    W, b = np.zeros((z.shape[1], C)), np.full(C, -1e3)  # a class without a label is never said
    if len(fitted.classes_) == 2:
        W[:, fitted.classes_] = np.stack([-fitted.coef_[0], fitted.coef_[0]], 1) / 2
        b[fitted.classes_] = np.array([-1, 1]) * fitted.intercept_[0] / 2
    else:
        W[:, fitted.classes_], b[fitted.classes_] = fitted.coef_.T, fitted.intercept_
    W /= spread[:, None]
    return np.concatenate([W.ravel(), b - mean @ W])


@dataclass(frozen=True)
class LinearProbeConfig(AutoEncoderConfig):
    labels: int = 100  # training examples that a teacher is asked about, for the probe
    penalty: float = 1.0  # on the weights of the probe

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, positive=("labels", "penalty"))


class ProbedCode(Kept):
    """An auto-encoder whose code a linear probe reads, fitted anew as the code changes to the same `labels` labels.

    The parameters of the probe lie behind those of encoder and decoder in one w. The error on the validation part
    chooses the weights; val_accuracy is for the observer and chooses nothing. The labels count once, at the start.
    Raises ValueError for data that cannot be learnt from.
    """

    monitor = "-val_mse"
    kept = ("auto",)

    def __init__(
        self,
        splits: Splits,
        encoder: Layer,
        decoder: Layer,
        lr: float,
        rng: Rng,
        config: LinearProbeConfig | None = None,
        *,
        classes: int,
        augment: Augment | None = None,
        predictor: ClusterPredictor | None = None,
        **changes: Any,
    ) -> None:
        check_labels(splits, classes)
        config = settings(LinearProbeConfig, config, changes)
        asked_rng, labels = rng.spawn(1)[0], config.labels
        self.auto = AutoEncoder(splits, encoder, decoder, lr, rng, config, augment=augment)
        if not 2 <= labels <= len(splits.x_train):
            raise ValueError(f"labels must be from 2 to the {len(splits.x_train)} training examples, not {labels}")
        self.splits, self.classes, self.penalty = splits, classes, config.penalty
        self.asked = asked_rng.choice(len(splits.x_train), labels, replace=False)
        if len(np.unique(splits.t_train[self.asked])) < 2:
            raise ValueError(f"the {labels} labels asked for are all the same: ask for more")
        Z = self.auto.encode(self.auto.w, splits.x_train[:1]).shape[1]
        parts = Parts(encoder=encoder, decoder=decoder, probe=Linear(Z, classes))
        self.predictor = predictor or on_code(parts, splits.x_train.shape[1:])
        self.net, self.probe = self.predictor.net, self.predictor.net.parts[-1]
        self.w = np.concatenate([self.auto.w, np.zeros(self.probe.size, np.float32)])
        self.auto.w, self.sample = self.w[: self.auto.net.size], self.auto.sample

    @property
    def progress(self) -> float:
        return self.auto.progress

    def update(self) -> dict[str, float]:
        answers, logs = 0 if self.auto.done else len(self.asked), list[dict[str, float]]()
        while self.progress < 1 and len(logs) < REFIT:
            logs.append(self.auto.update())
        z, t = self.auto.encode(self.w, self.splits.x_train), self.splits.t_train[self.asked]
        self.w[self.auto.net.size :] = fit_probe(z, self.asked, t, self.classes, self.penalty)
        return {
            "loss": float(np.mean([log["loss"] for log in logs])),
            "examples": sum(log["examples"] for log in logs),
            "answers": answers,
        }

    def loss(self, w: Array, batch: tuple[Array, Array], g: Array | None = None, rng: Rng | None = None) -> float:
        """The auto-encoder's. The probe is fitted at once, not by steps: its gradient is 0."""
        return self.auto.loss(w, batch, g, rng)  # the gradient comes from the picture itself: y - x

    def predict(self, w: Array, x: Any) -> Array:
        """The class of each example, as the predictor says: (N,)."""
        return self.predictor.predict(w, x)

    def evaluate(self) -> dict[str, float]:
        right = self.predict(self.w, self.splits.x_val) == self.splits.t_val
        return {**self.auto.evaluate(), "val_accuracy": float(right.mean())}

    def report(self, w: Array, folder: Path | None) -> Report:
        """Beside the same probe on the pixels and on principal components, fitted to the same labels."""
        from sklearn.decomposition import PCA
        from sklearn.svm import SVC

        s, i, t = self.splits, self.asked, self.splits.t_train[self.asked]
        axes = PCA(min(self.probe.layout["weight"][0], *s.x_train.shape), random_state=0).fit(s.x_train)

        def read(x_train: Array, x_test: Array) -> float:
            v = fit_probe(x_train, i, t, self.classes, self.penalty).astype(np.float32)
            y = Linear(x_train.shape[1], self.classes)(x_test.astype(np.float32), v)[0]
            return float((y.argmax(-1) == s.t_test).mean())

        def machine(x: Array, t: Array) -> float:
            return float(SVC(C=10, gamma="scale").fit(x, t).score(s.x_test, s.t_test))

        made = self.auto.report(w, folder)
        return Report(
            {"test_accuracy": float((self.predict(w, s.x_test) == s.t_test).mean()), **made.metrics},
            "test_accuracy",
            1 / self.classes,
            machine(s.x_train, s.t_train),
            f"support vector machine, given all {len(s.t_train)} labels",
            {
                f"the probe on pixels, {len(i)} labels": read(s.x_train, s.x_test),
                f"on {axes.n_components_} principal components": read(*map(axes.transform, (s.x_train, s.x_test))),
                f"support vector machine, {len(i)} labels": machine(s.x_train[i], t),
            },
            pictures=made.pictures,
        )
