"""How models of pictures are judged: bits for good, a peer whose likelihood is exact, pictures that teach."""

from __future__ import annotations

import hashlib
import itertools
import math
from functools import partial

import numpy as np
import pytest
from places import DATA

from core import Adam
from core.lab.data.registry import Data
from core.lab.data.splits import Splits
from core.lab.vision.photos import Photo
from unsupervised.generative import bernoulli_mixture, image_evaluate as evaluate_images
from unsupervised.generative.image_evaluate import (
    black_and_white,
    classifier_accuracy,
    fixed,
    generated,
    image_report,
    nearest_known,
    sha256,
)
from unsupervised.generative.image_plots import as_text
from unsupervised.generative.image_task import image_learner
from unsupervised.generative.likelihoods import bernoulli
from unsupervised.generative.vae import VAE, vae_model
from unsupervised.tasks import digit_images, fashion_images, mnist_images

ROOT = DATA


def grey(rng, N):
    """8x8 pictures of two classes: the upper or the lower half is dark."""
    t = rng.integers(2, size=N)
    x = np.full((N, 2, 32), 0.1, np.float32)
    x[np.arange(N), t] = rng.uniform(0.6, 1, (N, 1))
    return x.reshape(N, 64), t


@pytest.fixture(scope="module")
def splits():
    rng = np.random.default_rng(0)
    return Splits(*itertools.chain.from_iterable(grey(rng, N) for N in (400, 50, 60)))


# Bits


def test_bits_are_the_same_for_good_and_as_often_black_as_the_grey_values_say():
    x = np.tile(np.float32([0, 0.25, 1]), (4000, 1))
    bits = fixed(x, "test")
    assert set(np.unique(bits)) == {0, 1}
    assert np.allclose(bits.mean(0), [0, 0.25, 1], atol=0.03)
    assert not np.array_equal(bits, fixed(x, "val"))
    assert np.array_equal(bits, fixed(x, "test"))
    assert sha256(bits) == hashlib.sha256(np.packbits(bits.astype(np.uint8)).tobytes()).hexdigest()
    assert sha256(fixed(np.full((2, 784), 0.5), "test"))[:16] == "07a10a6eee2ac6d9"


@pytest.mark.skipif(not (ROOT / "mnist").is_dir(), reason="MNIST is not here")
def test_the_bits_of_mnist_are_those_of_every_record():
    assert sha256(fixed(Data(ROOT)("mnist").x_test, "test")) == (
        "e57c29358f8feb9d94da931970e5d4412a2ac9422f0a8515278b558a6d213cf7"
    )


def test_training_stays_grey(splits):
    made = black_and_white(splits)
    assert made.x_train is splits.x_train
    assert np.array_equal(made.x_test, fixed(splits.x_test, "test"))
    assert np.array_equal(made.x_val, fixed(splits.x_val, "val"))
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        black_and_white(splits._replace(x_val=splits.x_val * 16))


# The peer


def test_mixture_of_templates_against_brute_force():
    rng = np.random.default_rng(0)
    peer = bernoulli_mixture.BernoulliMixture(np.log([0.2, 0.5, 0.3]), rng.uniform(0.1, 0.9, (3, 4)))
    every = np.array(list(itertools.product([0.0, 1.0], repeat=4)))
    p = [sum(math.exp(s) * np.prod(np.where(x > 0, q, 1 - q)) for s, q in zip(*peer, strict=True)) for x in every]
    assert np.allclose(np.exp(peer.log_prob(every)), p)
    assert sum(p) == pytest.approx(1)


def test_mixture_finds_the_templates_and_never_fits_worse():
    rng = np.random.default_rng(1)
    templates = np.array([[0.9] * 5 + [0.1] * 5, [0.1] * 5 + [0.9] * 5])
    x = (rng.random((3000, 10)) < templates[rng.integers(2, size=3000)]).astype(float)
    fits = [bernoulli_mixture.fit(x, 2, np.random.default_rng(0), rounds).log_prob(x).mean() for rounds in range(8)]
    assert (np.diff(fits) > -1e-4).all()
    found = bernoulli_mixture.fit(x, 2, np.random.default_rng(0)).q
    assert np.allclose(found[found[:, 0].argsort()[::-1]], templates, atol=0.05)


def test_one_template_is_each_pixel_by_itself():
    x = (np.random.default_rng(0).random((200, 6)) < 0.3).astype(float)
    peer = bernoulli_mixture.fit(x, 1, np.random.default_rng(0))
    share = (x.sum(0) + 1) / 202
    assert np.allclose(peer.log_prob(x), (x * np.log(share) + (1 - x) * np.log(1 - share)).sum(1))


# The exam


def trained(splits, K=0):
    model = vae_model(64, (32,), 2, bernoulli)
    one = VAE(
        black_and_white(splits),
        model,
        Adam(0.01),
        np.random.default_rng(0),
        updates=300,
        batch=50,
        reporter=partial(image_report, samples=8),
        draw=evaluate_images.binarise,
    )
    while one.progress < 1:
        one.update()
    return one


def test_report(splits, tmp_path):
    one = trained(splits)
    report = one.report(one.weights, tmp_path)
    bare = one.report(one.weights, None)
    assert bare.metrics == report.metrics  # the same again, and pictures change nothing
    assert not bare.pictures
    found = report.metrics
    assert found["nats"] < found["nats_elbo"] < found["nats"] + 1
    assert found["nats"] < report.baselines["each pixel by itself"] - 5
    assert found["accuracy_taught_by_generated"] > 0.95
    assert found["accuracy_taught_by_real"] > 0.95
    assert report.answers == 400
    assert sha256(one.splits.x_test) in report.texts["How it was measured"]
    assert {path.name for path in tmp_path.iterdir()} == set(report.pictures)
    assert "map.png" in report.pictures


def test_one_good_picture_repeated_teaches_nothing(splits):
    one = trained(splits)
    x, t = generated(
        one.model, one.weights, fixed(splits.x_train, "train"), splits.t_train, 60, np.random.default_rng(0)
    )
    assert x.shape == (60, 64)
    assert set(np.unique(x)) == {0, 1}
    assert np.bincount(t).tolist() == [30, 30]
    same = np.repeat(x[:1], 60, 0)
    assert classifier_accuracy(same, t, one.splits.x_test, splits.t_test) < 0.7


def test_nearest_is_that_of_brute_force():
    rng = np.random.default_rng(0)
    x, known = rng.random((5, 8)), rng.random((40, 8))
    distance = ((x[:, None] - known) ** 2).sum(-1)
    at, far = nearest_known(x, known)
    assert at.tolist() == distance.argmin(1).tolist()
    assert np.allclose(far, distance.min(1))


# The tasks


@pytest.mark.parametrize("task", [digit_images, mnist_images, fashion_images])
def test_presets_fit_and_nonsense_is_refused(task):
    for preset in task.PRESETS.values():
        task.Config(**preset)
    for wrong in (
        {"components": -1},
        {"dropout": 1.0},
        {"warm": 1.0},
        {"latent_dim": 0},
        {"lr": float("nan")},
        {"samples": 0},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            task.Config(**wrong)


def test_a_photo_comes_back_as_a_picture(splits):
    config = digit_images.Config(hidden=8, latent_dim=2, components=3)
    one = image_learner(config, splits, np.random.default_rng(0), digit_images.predictor(config, {}))
    paper = np.full((40, 30, 3), 250, np.uint8)
    paper[8:32, 14:17] = 20
    back = one.predict(one.w, Photo(paper)).splitlines()
    assert [len(line) for line in back] == [8 + 5 + 8] * 4
    assert "@" in back[1][:8]
    assert as_text(np.array([0, 1, 0, 1.0]), np.array([0.5, 0, 0.5, 0])) == " @  |  + "
