"""Any function of one or two variables, fitted by a network: named ones, or your own with --expression "sin(3*x)*x"."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from core import Array, Layer, Rng
from core.lab import check
from core.lab.data.splits import SEED, Splits
from supervised.lessons.expressions import Expression, parse
from supervised.lessons.function_fit import Fit, network, places
from supervised.lessons.function_report import FunctionReport
from supervised.metrics.regression import Regression
from supervised.predictor import SupervisedPredictor

PARADIGM = "supervised"
FACTS = {"mean": float, "std": float}  # of the values that are learnt
ABOUT = """
A network is taught points of a function of one or two variables, and draws the whole function. Choose one by name,
or write your own: --expression "sin(3*x)*x". The report shows the fit as it forms, what single weights do, and how
the error falls with width and depth. The score is the squared error over the variance: 1 is no better than the
mean, below 0.001 is good.
"""
FUNCTIONS = {  # of x, or of x and y, in [-1, 1]
    "waves": "sin(3*pi*x) + sin(11*pi*x)*x/2 + cos(23*x)/3",
    "spikes": "exp(-((x+.8)/.05)**2) - 1.5*exp(-((x+.4)/.08)**2) + 2*exp(-(x/.03)**2) + exp(-((x-.35)/.1)**2)"
    " - exp(-((x-.7)/.04)**2)",
    "steps": "sign(sin(4*pi*x)) * (1+x)",  # jumps: no continuous function meets it
    "cusps": "sqrt(abs(sin(3*pi*x)))",  # its slope is infinite at the bottoms
    "chirp": "sin(2 + 16*(x+1)**2)",  # ever faster
    "fractal": "cos(pi*x) + .6*cos(3*pi*x) + .36*cos(9*pi*x) + .216*cos(27*pi*x)",  # the start of Weierstrass's
    "peaks": "3*(1-3*x)**2*exp(-9*x**2-(3*y+1)**2) - 10*(.6*x-27*x**3-243*y**5)*exp(-9*x**2-9*y**2)"
    " - exp(-(3*x+1)**2-9*y**2)/3",  # known from MATLAB's example surface
    "ripples": "cos(12*sqrt(x**2+y**2)) * exp(-x**2-y**2)",
}
VAL, TEST = 1000, 1000  # points


@dataclass(frozen=True)
class Config:
    function: str = "waves"  # waves, spikes, steps, cusps, chirp, fractal; of two variables: peaks, ripples
    expression: str = ""  # or your own, of x, or of x and y: it replaces the named function
    low: float = -1.0  # the domain of each variable begins here
    high: float = 1.0  # and ends here
    points: int = 1000  # that are learnt from, anywhere in the domain
    noise: float = 0.0  # on their values, in parts of the function's standard deviation
    width: int = 64  # units in each hidden layer
    depth: int = 2  # hidden layers
    steep: float = 30.0  # how steep units start; for two variables a quarter of it
    updates: int = 8000  # minibatches
    batch: int = 64  # points in a minibatch
    lr: float = 0.02  # step size of Adam at its highest; falls to 0 as a cosine
    sweep: int = 1500  # minibatches of each network of the sweep over widths and depths; 0 leaves it out
    n_init: int = 3  # networks for each width and depth

    def __post_init__(self) -> None:
        sizes = ("steep", "updates", "batch", "lr")
        spans = {"width": (1, 4096), "depth": (1, 64), "n_init": (1, 64), "points": (10, 10**6)}
        known = {} if self.expression else {"function": FUNCTIONS}
        check(self, positive=sizes, nonnegative=("noise", "sweep"), span=spans, among=known)
        if not -1e6 <= self.low < self.high <= 1e6:
            raise ValueError(f"low {self.low} must be below high {self.high}, both from -1e6 to 1e6")


PRESETS: dict[str, dict[str, Any]] = {
    "quick": {"updates": 1500, "sweep": 300, "n_init": 2},
    "best": {"updates": 40000, "lr": 0.005, "width": 128, "sweep": 5000, "n_init": 5},
}


def sampled(expression: Expression, config: Config) -> tuple[Splits, float, float]:
    """Points drawn evenly from the domain, the same for every seed, with standardised values; their mean and scale.

    Noise is on the training part alone. Raises ValueError where the function is constant, infinite or undefined.
    """
    rng, names = np.random.RandomState(SEED), expression.names
    if not names:
        raise ValueError(f"the expression {expression.text!r} has no variable: use x, or x and y")
    x = rng.uniform(config.low, config.high, (config.points + VAL + TEST, len(names))).astype(np.float32)

    def values(x: Array) -> Array:
        return expression(**dict(zip(names, x.T.astype(np.float64), strict=True)))

    values(places(len(names), config.low, config.high))  # the middle and the ends too, where 1/x and log(x) give way
    t = values(x)
    train = t[: config.points]
    with np.errstate(over="ignore"):
        mean, std = float(train.mean()), float(train.std())
    if not 1e-9 * max(abs(mean), 1e-100) < std < 1e100:
        raise ValueError(f"the expression {expression.text!r} is constant here, or too large to be told apart")
    t = (t - mean) / std  # N
    t[: config.points] += config.noise * rng.standard_normal(config.points)
    parts = np.split(t.astype(np.float32)[:, None], [config.points, config.points + VAL])
    rows: list[Array] = np.split(x, [config.points, config.points + VAL])
    return Splits(rows[0], parts[0], rows[1], parts[1], rows[2], parts[2]), mean, std


def _expression(config: Config) -> Expression:
    return parse(config.expression or FUNCTIONS[config.function])


def _network(config: Config, I: int, width: int, depth: int, members: int | None = None) -> Layer:
    return network(I, width, depth, config.steep / I**2, config.low, config.high, members)


def predictor(config: Config, facts: Any) -> SupervisedPredictor:
    I, exam = len(_expression(config).names), Regression(facts["mean"], facts["std"])
    return SupervisedPredictor(_network(config, I, config.width, config.depth), exam, (I,), batch=config.batch)


def make(config: Config, rng: Rng, data: Any) -> Fit:
    expression = _expression(config)
    (splits, mean, std), I = sampled(expression, config), len(expression.names)
    facts, shape = {"mean": mean, "std": std}, partial(_network, config, I)
    said = predictor(config, facts)
    text, names, layers = expression.text, expression.names, (config.width,) * config.depth
    report = FunctionReport(text, names, layers, shape, config.n_init, config.sweep, config.lr)
    look = places(I, config.low, config.high)
    options: dict[str, Any] = {"updates": config.updates, "batch": config.batch, "lr": config.lr, "report": report}
    learner = Fit(splits, said.net, rng, look=look, mean=mean, std=std, **options)
    learner.predictor, learner.facts = said, facts
    return learner
