"""Activations side by side: networks that differ in one function alone, as heads of one network on the same input.

    y = [f_1(x), ..., f_A(x)]        each f_a a network with its own activation
    loss = sum over a of cross-entropy(y_a, t);  the gradient at y_a is p_a - onehot(t), whatever the others say
Adam works entry by entry, so each network learns as if it were alone. What is counted (per layer of hidden units):
    saturated   share of (example, unit) whose slope |f'(z)| is below a tenth of the steepest: little gets through
    dead        share of units whose slope is below a thousandth of it on every training example: nothing ever does
    signal      root mean square of dloss/dz over examples and units: what is left of the error on its way back
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from core import (
    MLP,
    Adam,
    Array,
    Concat,
    Layer,
    Loss,
    cross_entropy,
    gelu,
    identity,
    leaky_relu,
    relu,
    sigmoid,
    softplus,
    step,
    tanh,
)
from core.lab import Report, Splits
from core.lab.data.checks import check_labels
from supervised.baselines import SVM, accuracy, classifiers
from supervised.fit import fit
from supervised.learner import NO_SPLITS, Model
from supervised.lessons.layer_stats import LayerStats, layer_stats

# step is drawn, but is not here: it has no slope, and nothing below it would ever learn
ACTIVATIONS = {
    "identity": identity,
    "relu": relu,
    "leaky_relu": leaky_relu(),
    "gelu": gelu,
    "softplus": softplus,
    "tanh": tanh,
    "sigmoid": sigmoid,
}
DRAWN = {**ACTIVATIONS, "step": step}
SEED, SEEDS = 0, 3  # of the networks that the report starts afresh, and how many it tries at each setting
TRIAL = 300  # minibatches of each network in the trial of step sizes and starts
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)  # step sizes of Adam that are tried
GAINS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)  # factors on the hidden layers' first weights that are tried


@dataclass(frozen=True)
class ActivationsExam:
    """Networks of one shape (sizes from input to output) with each of ACTIVATIONS, their loss and their exam.

    The score is the test accuracy of the network that is best on the validation part. `left_at_start_...` is the signal
    in the first hidden layer as a part of that in the last, before training.
    """

    sizes: tuple[int, ...]
    gain: float = 1.0
    lr: float = 0.003  # of the trial of starts
    batch: int = 64
    monitor: str = "+val_accuracy"
    splits: Splits = NO_SPLITS

    def head(self, f: Layer, gain: float | None = None) -> Layer:
        return MLP(*self.sizes, activation=f, gain=self.gain if gain is None else gain)

    def net(self) -> Layer:
        return Concat(*map(self.head, ACTIVATIONS.values()))

    def heads(self, w: Array) -> dict[str, tuple[Layer, Array]]:
        """Each network with its part of w."""
        parts = zip(ACTIVATIONS.items(), np.split(w, len(ACTIVATIONS)), strict=True)  # all are of one size
        return {name: (self.head(f), part) for (name, f), part in parts}

    def loss(self, y: Array, t: Array) -> Loss:
        """The sum of the cross-entropies: y (B, A C), t (B,)."""
        Y = y.reshape(len(y), -1, self.sizes[-1])  # B, A, C
        loss, dy = cross_entropy(Y, t[:, None].repeat(Y.shape[1], 1))
        return loss * Y.shape[1], (dy * Y.shape[1]).reshape(y.shape)

    def accuracies(self, y: Array, t: Array) -> dict[str, float]:
        return {name: accuracy(said, t) for name, said in zip(ACTIVATIONS, self.answer(y).T, strict=True)}

    def bound(self, splits: Splits, O: int) -> Self:
        check_labels(splits, self.sizes[-1])
        return replace(self, splits=splits)

    def validate(self, model: Model) -> dict[str, float]:
        each = self.accuracies(model(self.splits.x_val), self.splits.t_val)
        return {"val_accuracy": float(np.mean([*each.values()])), **{f"val_{name}": k for name, k in each.items()}}

    def pool(self, ys: Array) -> Array:
        return ys.mean(0)

    def answer(self, y: Array) -> Array:
        """What each network says, in the order of ACTIVATIONS: (N, A)."""
        return y.reshape(len(y), -1, self.sizes[-1]).argmax(-1)

    def names(self, O: int) -> tuple[str, ...]:
        """None: the outputs are those of many networks."""
        return ()

    def report(self, model: Model, folder: Path | None) -> Report:
        splits = self.splits

        def stats(w: Array) -> dict[str, LayerStats]:
            return {k: layer_stats(*head, splits.x_train, splits.t_train) for k, head in self.heads(w).items()}

        val = self.accuracies(model(splits.x_val), splits.t_val)
        test = self.accuracies(model(splits.x_test), splits.t_test)
        chosen = max(val, key=val.__getitem__)
        before, after = stats(model.net.init(np.random.default_rng(SEED))), stats(model.w)
        tried = classifiers(splits, len(splits.x_train))
        metrics = {"test_accuracy": test[chosen]} | {f"test_{name}": k for name, k in test.items()}
        for name, s in after.items():
            metrics |= {f"saturated_{name}": float(s.saturated.mean()), f"dead_{name}": float(s.dead.mean())}
        for name, s in before.items():
            metrics[f"left_at_start_{name}"] = float(s.signal[0] / s.signal[-1]) if s.signal[-1] else 0.0
        tables = {
            "Layer by layer, before and after training": stats_table(before, after),
            "Chosen on the validation part": chosen,
        }
        svm, svm_name = tried.pop(SVM), f"{SVM}, given the same labels"
        made = Report(metrics, "test_accuracy", 1 / self.sizes[-1], svm, svm_name, tried, texts=tables)
        if folder:
            from supervised.lessons.activations_plots import dying, functions, layers

            functions(folder / "functions.png", DRAWN)
            layers(folder / "layers.png", before, after)
            dying(folder / "dying.png", self.trial())
            made.pictures |= {
                "functions.png": "Each activation (line) and its derivative (dashes)",
                "layers.png": "Layer by layer, at the start (pale) and after training: what is saturated, what is dead "
                "on all training images, and what is left of the error on its way back",
                "dying.png": f"Units that are dead, and accuracy on the validation part, after {TRIAL} minibatches "
                f"with ever larger steps, and from ever larger starts; mean of {SEEDS}",
            }
        return made

    def trial(self) -> dict[str, dict[str, list[tuple[float, float, float]]]]:
        """What is varied -> activation -> (its value, share of dead units, validation accuracy), means over SEEDS."""
        tests = {
            "step size of Adam": [(r, r, self.gain) for r in RATES],
            "factor on the first weights": [(k, self.lr, k) for k in GAINS],
        }
        splits = self.splits

        def tried(name: str, value: float, lr: float, gain: float) -> tuple[float, float, float]:
            net = self.head(ACTIVATIONS[name], gain)
            ws = [trained(net, splits, lr, self.batch, SEED + k) for k in range(SEEDS)]
            dead = [layer_stats(net, w, splits.x_train, splits.t_train).dead.mean() for w in ws]
            right = [accuracy(net(splits.x_val, w)[0].argmax(-1), splits.t_val) for w in ws]
            return value, float(np.mean(dead)), float(np.mean(right))

        return {
            what: {name: [tried(name, *setting) for setting in settings] for name in ("relu", "leaky_relu", "tanh")}
            for what, settings in tests.items()
        }


def trained(net: Layer, splits: Splits, lr: float, batch: int, seed: int = SEED) -> Array:
    """Weights after TRIAL minibatches of Adam at a constant step size."""
    rng = np.random.default_rng(seed)

    def draw() -> tuple[Array, Array]:
        i = rng.integers(len(splits.x_train), size=batch)
        return splits.x_train[i], splits.t_train[i]

    return fit(net, net.init(rng), Adam(lr), cross_entropy, draw, TRIAL)


def stats_table(before: Mapping[str, LayerStats], after: Mapping[str, LayerStats]) -> str:
    """The counts as text, a row an activation and moment, a column a layer."""
    lines = []
    for what, form in (("saturated", "7.1%"), ("dead", "7.1%"), ("signal", "8.1e")):
        lines.append(f"{what}, first hidden layer to last")
        for moment, counts in (("start", before), ("after", after)):
            shown = {name: "  ".join(format(v, form) for v in getattr(s, what)) for name, s in counts.items()}
            lines += [f"  {name:12} {moment}  {each}" for name, each in shown.items()]
    return "\n".join(lines)
