"""What "good" means for a model of pictures: how probable it finds new ones, and what its own are worth.

nats: how improbable a test picture is, -log p(x), in black and white. Which pixels of a grey picture are black is drawn
once, each with its grey value as probability, from a seed that never changes (`fixed`); the SHA-256 of the bits goes
into the report. p(x) is an integral over codes that no one can take, so what is reported are upper bounds of the nats:
`nats_elbo` (one code a picture) and `nats` (importance-weighted, K codes; it falls with K towards the true value), and
both on the first `FEW` pictures with sixteen times as many, to see how much is left. Beside them stand models whose
likelihood is exact: each pixel by itself, and a mixture of templates.
Accuracy of a classifier that learnt from generated pictures alone, and is tested on real ones: pictures that are one
good picture repeated, or of no class, earn nothing. Labels enter here, and are counted.
"""

import hashlib
import warnings
from pathlib import Path

import numpy as np

from core import Array, Rng
from core.lab import Report, Splits
from unsupervised.generative import bernoulli_mixture
from unsupervised.generative.image_plots import draw
from unsupervised.generative.vae import VAE, Model, log_mean_exp

SEEDS = {"train": 2, "val": 1, "test": 0}  # of which pixels of a part are black
FEW = 250  # test pictures that get sixteen times as many codes
TAUGHT = 10_000  # labelled pictures, and generated ones, that the classifiers learn from, at most
TEMPLATES = 200  # of the mixture that is beside
COMPONENTS = 5  # Gaussians a class, over the codes of its labelled pictures, at most


def binarise(rng: Rng, x: Array) -> Array:
    """Black where a uniform number is below the grey value, anew each time: x (N, I) in [0, 1] -> 0 and 1."""
    return (rng.random(x.shape, np.float32) < x).astype(np.float32)


def fixed(x: Array, part: str) -> Array:
    """The same, drawn once for good for the "train", "val" or "test" part."""
    # RandomState, since NumPy keeps its stream for ever (NEP 19)
    return (np.random.RandomState(SEEDS[part]).random_sample(x.shape) < x).astype(np.float32)


def black_and_white(splits: Splits) -> Splits:
    """Validation and test part as bits for good; the training part stays grey, to be drawn anew at each step.

    Raises ValueError for values outside [0, 1], which are no probabilities.
    """
    for x in (splits.x_train, splits.x_val, splits.x_test):
        if x.size and not (x.min() >= 0 and x.max() <= 1):
            raise ValueError(f"grey values must lie in [0, 1], these run from {x.min():g} to {x.max():g}")
    return splits._replace(x_val=fixed(splits.x_val, "val"), x_test=fixed(splits.x_test, "test"))


def sha256(x: Array) -> str:
    """Of the bits of black and white pictures, eight a byte, row by row."""
    return hashlib.sha256(np.packbits(x.astype(bool)).tobytes()).hexdigest()


def generated(model: Model, w: Array, x: Array, t: Array, n: int, rng: Rng) -> tuple[Array, Array]:
    """n pictures with classes as evenly many as may be: a mixture of Gaussians over the codes of each class, decoded.

    x (N, I) with labels t (N,) are the pictures that the classes are learnt from.
    """
    from sklearn.mixture import GaussianMixture

    classes = np.unique(t)
    codes, labels = [], np.sort(np.resize(classes, n))
    m, v = model.encode(w, x)
    m = m + np.exp(0.5 * v) * rng.standard_normal(m.shape, np.float32)
    for c in classes:
        own = m[t == c].astype(np.float64)
        mixture = GaussianMixture(max(1, min(COMPONENTS, len(own) // 200)), reg_covar=1e-3, random_state=0).fit(own)
        codes.append(mixture.sample(int((labels == c).sum()))[0])
    return model.likelihood.draw(rng, model.decode(w, np.concatenate(codes).astype(w.dtype))), labels


def classifier_accuracy(x: Array, t: Array, x_test: Array, t_test: Array) -> float:
    """The share of test pictures that a perceptron names rightly after learning from x (N, I), t (N,)."""
    from sklearn.neural_network import MLPClassifier

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its iterations end before they converge, as is meant
        taught = MLPClassifier(256, max_iter=max(10, 100_000 // len(x)), random_state=0).fit(x, t)
    return float(taught.score(x_test, t_test))


def nearest_known(x: Array, known: Array) -> tuple[Array, Array]:
    """Of each picture x (n, I) the nearest among `known` (N, I), and how many pixels differ (squared distance)."""
    distance = (known * known).sum(1) - 2 * x @ known.T + (x * x).sum(1)[:, None]
    at = distance.argmin(1)
    return at, distance[np.arange(len(x)), at]


def image_report(learner: VAE, w: Array, folder: Path | None, samples: int) -> Report:
    """The report of a model of black and white pictures, with so many codes a test picture."""
    splits, model, rng = learner.splits, learner.model, np.random.default_rng(0)
    x, train = splits.x_test, fixed(splits.x_train, "train")
    log_w = model.log_weights(w, x, samples, rng).astype(np.float64)
    more = model.log_weights(w, x[:FEW], 16 * samples, rng).astype(np.float64)
    taught = min(TAUGHT, len(train))
    x_taught, t_taught = train[:taught], splits.t_train[:taught]
    metrics = {
        "nats": -float(log_mean_exp(log_w).mean()),
        "nats_elbo": -float(log_w.mean()),
        "nats_of_few": -float(log_mean_exp(log_w[:FEW]).mean()),
        "nats_of_few_16_times_the_codes": -float(log_mean_exp(more).mean()),
        "nats_elbo_of_few": -float(more.mean()),
        "accuracy_taught_by_generated": classifier_accuracy(
            *generated(model, w, x_taught, t_taught, taught, rng), x, splits.t_test
        ),
        "accuracy_taught_by_real": classifier_accuracy(x_taught, t_taught, x, splits.t_test),
    }
    y = model.generate(w, rng, 100)
    for name, some in (("generated", model.likelihood.draw(rng, y)), ("test", x[:100])):
        metrics[f"pixels_from_nearest_of_{name}"] = float(np.median(nearest_known(some, train)[1]))
    baselines = {
        name: -float(bernoulli_mixture.fit(train, K, np.random.default_rng(0)).log_prob(x).mean())
        for name, K in (("each pixel by itself", 1), (f"mixture of {TEMPLATES} templates", TEMPLATES))
    }
    chance, reference = baselines.values()
    measured = (
        f"{len(x)} test pictures, made black and white once with seed {SEEDS['test']}: SHA-256 of the bits "
        f"{sha256(x)}. nats: importance-weighted with {samples} codes a picture; nats_elbo: the mean over the "
        f"same codes; 'of few': the first {min(FEW, len(x))} pictures. {taught} labels were asked for, by the "
        f"classifiers alone."
    )
    strong, texts = f"mixture of {TEMPLATES} Bernoulli templates", {"How it was measured": measured}
    report = Report(metrics, "nats", chance, reference, strong, baselines, taught, texts=texts)
    if folder:
        draw(report, learner, w, model.likelihood.mean(y), nearest_known, folder)
    return report
