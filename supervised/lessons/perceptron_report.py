"""What a line can do and what it cannot: mistakes beside Novikoff's bound, proofs, and the same data for two layers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from core import MLP, Adam, Array, Layer, Linear, Sequential, binary_cross_entropy, chain, glorot, tanh
from core.lab import Report, Splits
from supervised.fit import fit
from supervised.lessons.perceptron import Perceptron
from supervised.lessons.separation import Separation, separate, signed

SEED = 0  # of the networks that stand beside the perceptron
DESCENT, LR = 1000, 0.03  # whole-batch steps of Adam for each of them, and their size


def two_layers(I: int, O: int) -> Layer:
    """A hidden layer of 4 units that bend (tanh), and O outputs: it fires where y > 0."""
    return MLP(I, 4, O, activation=tanh, init=glorot)


def linear_stack(I: int, O: int) -> Layer:
    """Three linear layers with nothing between them."""
    return Sequential(Linear(I, 4), Linear(4, 4), Linear(4, O))


def descend(net: Layer, x: Array, t: Array) -> Array:
    """Weights after gradient descent on the cross-entropy of x (N, I) and t (N, O), all at once.

    dy = sigmoid(y) - t: the perceptron's y - t, with a slope in place of the step.
    """
    return fit(net, net.init(np.random.default_rng(SEED)), Adam(LR), binary_cross_entropy, lambda: (x, t), DESCENT)


def product(net: Layer, w: Array) -> tuple[Array, Array]:
    """The one matrix A (I, O) and shift b (O,) with x A + b = net(x, w), for a chain of linear layers."""
    parts = [layer.views(v) for layer, v in chain(net, w)]
    A, b = np.eye(len(parts[0]["weight"]), dtype=w.dtype), np.zeros(len(parts[0]["weight"]), w.dtype)
    for part in parts:
        A, b = A @ part["weight"], b @ part["weight"] + part["bias"]
    return A, b


def accuracy(y: Array, t: Array) -> Array:
    """The share of right answers of each neuron: y (N, O) fires above 0, t (N, O) -> (O,)."""
    return ((y > 0) == (t > 0)).mean(0)


def proof(x: Array, t: Array, found: Separation) -> str:
    """In words: the street that a line has, or the inequalities that no line can satisfy."""
    if found.u is not None:
        side = " + ".join(f"{k:.3g} {name}" for k, name in zip(found.u, _names(x), strict=True))
        return (
            f"A line separates them, for instance {side} = 0. Its margin is gamma = {found.margin:.4g}, the "
            f"longest (x, 1) has R = {found.radius:.4g}: by Novikoff's theorem the rule makes at most "
            f"(R / gamma)^2 = {found.bound:.1f} mistakes."
        )
    g, used = signed(x, t), np.flatnonzero(found.v > 1e-9)
    times = found.v[used] / found.v[used].min()
    lines = ["A neuron that is right on all of them would satisfy each of these:"]
    for i, k in zip(used, times, strict=True):
        left = " ".join(f"{c:+.4g} {name}" for c, name in zip(g[i], _names(x), strict=True) if c)
        lines.append(
            f"  {left} {'> 0 ' if t[i] > 0 else '>= 0'}   for x = ({', '.join(f'{c:.4g}' for c in x[i])}), "
            f"t = {int(t[i])}" + ("" if np.ptp(times) < 1e-6 else f", taken {k:.4g} times")
        )
    total = np.abs(times @ g[used]).max()
    last = f"Added up, the left sides cancel (what is left is {total:.0e}), and 0 > 0 is false: no line separates."
    return "\n".join([*lines, last])


def _names(x: Array) -> list[str]:
    return [*(f"w{i + 1}" for i in range(x.shape[1])), "b"]


def baselines(splits: Splits) -> dict[str, float]:
    """Test accuracy, a mean over the neurons, of the commonest target and of logistic regression."""
    from sklearn.dummy import DummyClassifier
    from sklearn.linear_model import LogisticRegression

    def score(method: DummyClassifier | LogisticRegression) -> float:
        neurons = zip(splits.t_train.T, splits.t_test.T, strict=True)
        return float(np.mean([method.fit(splits.x_train, t).score(splits.x_test, u) for t, u in neurons]))

    return {"commonest answer": score(DummyClassifier()), "logistic regression": score(LogisticRegression(C=1e3))}


def perceptron_report(learner: Perceptron, w: Array, folder: Path | None) -> Report:
    """Accuracy on the test part, mistakes and their bound, and what two layers and a stack of lines make of it."""
    s = learner.splits
    x, t, I, O = s.x_train, s.t_train, s.x_train.shape[1], s.t_train.shape[1]
    deep, stack = two_layers(I, O), linear_stack(I, O)
    w_deep, w_stack = descend(deep, x, t), descend(stack, x, t)
    (A, b), said = product(stack, w_stack), stack(s.x_test, w_stack)[0]
    answers = learner.predict(w, s.x_test), said, deep(s.x_test, w_deep)[0]
    own, lines, solved = (accuracy(y, s.t_test) for y in answers)
    metrics = {
        "test_accuracy": float(own.mean()),
        "linear_stack_accuracy": float(lines.mean()),
        "linear_stack_minus_one_matrix": float(np.abs(said - (s.x_test @ A + b)).max()),
    }
    texts = {}
    for o, name in enumerate(learner.names):
        found, made = separate(x, t[:, o]), len(learner.missed(o))
        metrics |= {
            f"{name}_accuracy": own[o],
            f"{name}_mistakes": made,
            f"{name}_linear_stack": lines[o],
            f"{name}_two_layers": solved[o],
        }
        if found.u is not None:
            metrics[f"{name}_bound"] = found.bound
        texts[f"{name}: can a line separate them?"] = f"{proof(x, t[:, o], found)}\nMistakes made: {made}."
    tried, figures = baselines(s), {name: float(value) for name, value in metrics.items()}
    reference, name = float(solved.mean()), "two layers, 4 hidden units, on the same data"
    report = Report(figures, "test_accuracy", tried["commonest answer"], reference, name, tried, texts=texts)
    if folder:
        from supervised.lessons.perceptron_plots import movie, regions, stations

        movie(folder / "lines.gif", learner)
        stations(folder / "stations.png", learner)
        nets: dict[str, Callable[[Array], Array]] = {
            "perceptron": lambda p: learner.linear(p, w)[0],
            "three linear layers": lambda p: stack(p, w_stack)[0],
            "two layers with a bend": lambda p: deep(p, w_deep)[0],
        }
        regions(folder / "regions.png", s, learner.names, nets)
        report.pictures |= {
            "lines.gif": "Each mistake moves the line; the example it was made on has a ring",
            "stations.png": "The same, mistake by mistake: a neuron in each row",
            "regions.png": "Where each fires: a line, three linear layers (still a line), two layers",
        }
    return report
