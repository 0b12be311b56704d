"""An auto-encoder: examples are squeezed through a narrow code and put together again; the target is the input itself.

    z = encoder(x),  y = decoder(z),  minimise mean of (y - x)^2, whose gradient at the output is 2 (y - x) / n
The code has to keep what tells examples apart. With one linear layer each way it spans the principal components (Baldi
and Hornik 1989); deeper ones bend. Hinton and Salakhutdinov 2006, "Reducing the dimensionality of data with neural
networks". Black and white pictures are better told by the Bernoulli cross-entropy: loss=binary_cross_entropy,
mean=sigmoid. Where an example is changed on its way in, by dropout as the encoder's first layer or by `augment`, it has
to come out unchanged (Vincent et al. 2008): the code then forgets what was changed.

`AutoEncoderClusterer` is such a network, and a mixture of Gaussians fitted to its code when it has learnt.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import Adam, Array, Layer, Loss, Rng, Schedule, Sequential, cosine, identity, mse
from core.lab import Epochs, Kept, Report, Splits, check, settings
from core.lab.report.plots import image_sheet

STEPS = 20  # minibatches in one update
ROWS = 1 << 12  # examples that are put through the network at a time when the codes of many are asked
PARTS = ("train", "val", "test")
Augment = Callable[[Rng, Array], Array]  # x (B, I) -> x of the same shape, each example still what it was


def check_finite(x: Array) -> Array:
    """x in float32. Raises ValueError for NaN or infinity."""
    x = np.asarray(x, np.float32)
    if not np.isfinite(x).all():
        raise ValueError("it holds values that are not finite")
    return x


def encoded(encoder: Layer, w: Array, x: Array) -> Array:
    """The codes of examples, x (N, I) -> (N, Z), w that of the encoder; some at a time."""
    return np.concatenate([encoder(x[a : a + ROWS], w)[0] for a in range(0, max(len(x), 1), ROWS)])


def check_table(splits: Splits) -> None:
    """Raises ValueError, in one line, unless each part is a table of finite numbers, with rows in it."""
    for part in PARTS:
        x = getattr(splits, f"x_{part}")
        if x.ndim != 2 or not x.size:
            raise ValueError(f"the {part} part must be a table with rows and columns, not of shape {x.shape}")
        finite = np.isfinite(x).all(1)
        if not finite.all():
            raise ValueError(
                f"the {part} part holds NaN or infinity, first in row {int(finite.argmin())}; "
                "leave such rows out or fill them"
            )


@dataclass(frozen=True)
class AutoEncoderConfig:
    updates: int = 3000  # minibatches, in all
    batch: int = 64  # examples in a minibatch

    def __post_init__(self) -> None:
        check(self, positive=("updates", "batch"))


class AutoEncoder(Kept):
    """Minibatches in a fresh order each epoch; the mean squared error on the validation part chooses the weights.

    `splits` holds x (N, I); targets are not looked at. `encoder` (N, I) -> (N, Z) and `decoder` (N, Z) -> (N, I) lie
    in one w, in this order. `loss(y, x)` is minimised; `mean` makes examples of y. An update gives no answers: there
    is no teacher. Raises ValueError for data that cannot be learnt from.
    """

    monitor = "-val_mse"
    kept = "order=epochs.order", "done", "rng", "adam=optimizer"

    def __init__(
        self,
        splits: Splits,
        encoder: Layer,
        decoder: Layer,
        lr: float,
        rng: Rng,
        config: AutoEncoderConfig | None = None,
        *,
        loss: Callable[[Array, Array], Loss] = mse,
        mean: Layer = identity,
        schedule: Schedule = cosine,
        augment: Augment | None = None,
        **changes: Any,
    ) -> None:
        check_table(splits)
        self.config = settings(AutoEncoderConfig, config, changes)
        self.splits, self.encoder, self.decoder, self.schedule = splits, encoder, decoder, schedule
        self.rule, self.mean, self.augment = loss, mean, augment
        self.net, self.rng = Sequential(encoder, decoder), rng.spawn(1)[0]
        self.w = self.net.init(self.rng)
        self.g, self.optimizer = np.empty_like(self.w), Adam(lr)
        self.epochs, self.done = Epochs(len(splits.x_train), self.config.batch, self.rng), 0  # minibatches

    @property
    def progress(self) -> float:
        return self.done / self.config.updates

    def update(self) -> dict[str, float]:
        losses = []
        for _ in range(min(STEPS, self.config.updates - self.done)):
            i = self.epochs.next(self.done)
            losses.append(self.loss(self.w, (self.view(i), self.splits.x_train[i]), self.g, self.rng))
            self.optimizer.step(self.w, self.g, self.schedule(self.progress))
            self.done += 1
        return {"loss": float(np.mean(losses)), "examples": len(losses) * self.epochs.batch, "answers": 0}

    def view(self, i: Array) -> Array:
        """The training examples i (B,), changed as `augment` does: (B, I)."""
        x: Array = self.splits.x_train[i]
        return self.augment(self.rng, x) if self.augment else x

    def sample(self, rng: Rng, n: int) -> tuple[Array, Array]:
        x = self.splits.x_train[rng.choice(len(self.splits.x_train), min(n, len(self.splits.x_train)), replace=False)]
        return x, x

    def loss(self, w: Array, batch: tuple[Array, Array], g: Array | None = None, rng: Rng | None = None) -> float:
        """The loss over a batch of changed examples and the examples themselves, (B, I) each.

        Whatever lies in w behind its own parameters gets no gradient.
        """
        (view, x), n = batch, self.net.size
        y, back = self.net(view, w[:n], rng)  # B, I
        loss, dy = self.rule(y, x.astype(w.dtype))  # the gradient comes from the data themselves: y - x
        if g is not None:
            back(dy, g[:n])
            g[n:] = 0
        return loss

    def encode(self, w: Array, x: Array) -> Array:
        """The codes of examples x (N, I) -> (N, Z)."""
        return encoded(self.encoder, w[: self.encoder.size], x)

    predict = encode

    def rebuild(self, w: Array, x: Array) -> Array:
        """The examples as they come out of their codes, x (N, I) -> (N, I)."""
        return self.mean(self.net(x, w[: self.net.size])[0], w[:0])[0]

    def evaluate(self) -> dict[str, float]:
        return {"val_mse": mse(self.rebuild(self.w, self.splits.x_val), self.splits.x_val)[0]}

    def report(self, w: Array, folder: Path | None) -> Report:
        """The error on the test part, beside as many principal components; the mean of all is chance."""
        from sklearn.decomposition import PCA

        train, x = self.splits.x_train, self.splits.x_test
        rebuilt, code = self.rebuild(w, x), self.encode(w, x)
        linear = PCA(min(code.shape[1], *train.shape), random_state=0).fit(train)
        components = mse(linear.inverse_transform(linear.transform(x)), x)[0]
        mean = mse(np.broadcast_to(train.mean(0), x.shape), x)[0]
        name, baselines = f"{linear.n_components_} principal components", {"principal components": components}
        report = Report({"test_mse": mse(rebuilt, x)[0]}, "test_mse", mean, components, name, baselines)
        if folder and round(x.shape[1] ** 0.5) ** 2 == x.shape[1] >= 16:
            image_sheet(folder / "rebuilt.png", np.concatenate([part[:10] for part in (x, rebuilt)]))
            report.pictures["rebuilt.png"] = f"Test examples, and what is left of them after {code.shape[1]} numbers"
        return report
