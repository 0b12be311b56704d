"""The variational auto-encoder: its gradient, its bounds against likelihoods that are known, what it learns."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

from core import MLP, Adam, tanh
from core.gradcheck import directional_error, layer_errors
from core.lab.data.splits import Splits
from unsupervised.generative.image_evaluate import binarise
from unsupervised.generative.likelihoods import bernoulli, gaussian
from unsupervised.generative.priors import gaussian_mixture, standard_normal
from unsupervised.generative.vae import VAE, Model, log_mean_exp, vae_model

LIKELIHOODS = {"bernoulli": bernoulli, "gaussian": gaussian(0.5)}


# Likelihoods and priors


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_likelihood_is_that_of_scipy_and_its_gradient_the_true_one(name):
    likelihood, rng = LIKELIHOODS[name], np.random.default_rng(0)
    y = 2 * rng.standard_normal((4, 3, 5))
    x = (rng.random((4, 1, 5)) < 0.5).astype(float)  # many y are asked about one x
    log_p, dy = likelihood.log_prob(y, x)
    if name == "bernoulli":
        known = stats.bernoulli(1 / (1 + np.exp(-y))).logpmf(x.astype(int))
    else:
        known = stats.norm(y, 0.5).logpdf(x)
    assert np.allclose(log_p, known.sum(-1))
    weigh = rng.standard_normal(log_p.shape)
    f = lambda u: float((weigh * likelihood.log_prob(u, x)[0]).sum())  # noqa: E731
    assert directional_error(f, y, weigh[..., None] * dy, rng) < 1e-7


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_draws_have_the_mean_that_is_said(name):
    likelihood, rng = LIKELIHOODS[name], np.random.default_rng(1)
    y = rng.standard_normal(3)
    draws = likelihood.draw(rng, np.broadcast_to(y, (20_000, y.size)))
    assert np.allclose(draws.mean(0), likelihood.mean(y), atol=5 * draws.std(0).max() / math.sqrt(20_000))


def test_bernoulli_is_finite_at_logits_of_any_size():
    log_p, dy = bernoulli.log_prob(np.array([[-200.0, 200.0]], np.float32), np.array([[0, 1]], np.float32))
    assert log_p == 0
    assert not dy.any()
    assert bernoulli.log_prob(np.array([[-200.0]]), np.array([[1.0]]))[0] == -200


def test_mixture_prior_is_a_sum_of_gaussians():
    rng, prior = np.random.default_rng(0), gaussian_mixture(3, 4)
    w = rng.standard_normal(prior.density.size)
    z = rng.standard_normal((5, 2, 3))
    a, m, v = w[:4], w[4:16].reshape(4, 3), w[16:].reshape(4, 3)
    parts = [stats.norm(m[k], np.exp(v[k] / 2)).logpdf(z).sum(-1) + a[k] - logsumexp(a) for k in range(4)]
    assert np.allclose(prior.density(z, w)[0][..., 0], logsumexp(parts, 0))
    draws, share = prior.draw(rng, w, 50_000), np.exp(a - logsumexp(a))
    assert np.allclose(draws.mean(0), share @ m, atol=0.05)
    assert np.allclose((draws**2).mean(0), share @ (m * m + np.exp(v)), atol=0.3)


@pytest.mark.parametrize("prior", [standard_normal(3), gaussian_mixture(3, 4)])
def test_gradient_of_a_prior_is_the_true_one(prior):
    rng = np.random.default_rng(0)
    assert max(layer_errors(prior.density, rng.standard_normal((5, 3)), rng).values()) < 1e-7


def test_standard_normal_is_that_of_scipy():
    z = np.random.default_rng(0).standard_normal((4, 3))
    assert np.allclose(standard_normal(3).density(z, np.zeros(0))[0][:, 0], stats.norm.logpdf(z).sum(-1))


# The bounds


@pytest.mark.parametrize("name", LIKELIHOODS)
@pytest.mark.parametrize("C", [0, 3])
@pytest.mark.parametrize("prior", [standard_normal(3), gaussian_mixture(3, 4)])
def test_gradient_of_the_whole_bound_is_the_true_one(name, C, prior):
    rng = np.random.default_rng(0)
    model = vae_model(7, (9, 8), 3, LIKELIHOODS[name], C, tanh, dropout=0.2, prior=prior)
    w = model.parts.net.init(rng, np.float64)
    w += 0.2 * rng.standard_normal(w.shape)
    x, c = (rng.random((5, 7)) < 0.5).astype(float), rng.integers(3, size=5) if C else None

    def bound(u, g=None):
        missed, kl = model.loss(u, x, c, g, np.random.default_rng(3), 0.7)  # the same noise, the same dropout
        return missed + 0.7 * kl

    g = np.full_like(w, np.nan)
    bound(w, g)
    assert directional_error(bound, w, g, rng) < 1e-8


def linear_gaussian(rng, I=5, Z=2, s=0.6):
    """Probabilistic PCA with orthogonal axes, whose posterior is diagonal: model, exact w, mean, covariance of x."""
    axes = np.linalg.qr(rng.standard_normal((I, Z)))[0] * [1.5, 0.7]
    centre = rng.standard_normal(I)
    model = Model(MLP(I, 2 * Z), MLP(Z, I), gaussian(s), standard_normal(Z), Z)
    variance = 1 / (1 + (axes * axes).sum(0) / s**2)  # of z given x; its mean is variance * axes^T (x - centre) / s^2
    W = np.concatenate([axes * (variance / s**2), np.zeros((I, Z))], 1)
    b = np.concatenate([-(centre @ axes) * variance / s**2, np.log(variance)])
    w = np.concatenate([W.ravel(), b, axes.T.ravel(), centre])
    return model, w, stats.multivariate_normal(centre, axes @ axes.T + s**2 * np.eye(I))


def test_with_the_true_posterior_every_weight_is_the_exact_likelihood():
    rng = np.random.default_rng(0)
    model, w, truth = linear_gaussian(rng)
    x = rng.standard_normal((6, 5))
    log_w = model.log_weights(w, x, 7, rng)
    assert np.allclose(log_w, truth.logpdf(x)[:, None])


def test_elbo_misses_the_exact_likelihood_by_the_kl_to_the_true_posterior():
    rng = np.random.default_rng(0)
    model, w, truth = linear_gaussian(rng)
    b = w[5 * 4 : 5 * 4 + 4]  # biases of the encoder: a posterior that is wrong by a known amount
    variance = np.exp(b[2:].copy())
    b += [0.3, -0.2, 0.5, -0.4]
    kl = 0.5 * (np.exp([0.5, -0.4]) - 1 - np.array([0.5, -0.4]) + np.array([0.3, -0.2]) ** 2 / variance).sum()
    x = truth.rvs(20, rng)
    log_w = model.log_weights(w, x, 20_000, rng)
    assert np.allclose(log_w.mean(1), truth.logpdf(x) - kl, atol=0.05)
    assert np.allclose(log_mean_exp(log_w), truth.logpdf(x), atol=0.05)
    few, one = log_mean_exp(log_w.reshape(20, -1, 5)).mean(1), log_w.mean(1)
    assert (few > one).all()  # a bound that is closer with more codes
    assert (few < log_mean_exp(log_w)).all()
    missed, nats = zip(*(model.loss(w, x, rng=rng) for _ in range(4000)), strict=True)
    assert -(np.mean(missed) + np.mean(nats)) == pytest.approx(log_w.mean(), abs=0.05)  # learning raises the same


@pytest.mark.parametrize("prior", [standard_normal(1), gaussian_mixture(1, 3)])
def test_importance_weights_agree_with_integration(prior):
    rng = np.random.default_rng(0)
    model = vae_model(4, (6,), 1, bernoulli, activation=tanh, prior=prior)
    w = model.parts.net.init(rng, np.float64)
    w += 0.7 * rng.standard_normal(w.shape)
    x = (rng.random((5, 4)) < 0.5).astype(float)
    z = np.linspace(-12, 12, 4001)[:, None]
    log_p = (
        bernoulli.log_prob(model.decode(w, z)[:, None], x)[0] + prior.density(z, model.parts.split(w)[2])[0]
    )  # 4001, 5
    exact = np.log(np.trapezoid(np.exp(log_p), z[:, 0], axis=0))
    assert np.allclose(log_mean_exp(model.log_weights(w, x, 50_000, rng)), exact, atol=0.03)


def test_log_mean_exp_is_safe_far_from_zero():
    assert log_mean_exp(np.array([[-2000.0, -2000.0 + math.log(3)]], np.float32)) == pytest.approx(-2000 + math.log(2))


# Learning


def bars(rng, N, side=4):
    """Grey pictures of one upright or one lying bar, and which of the two it is."""
    t = rng.integers(2, size=N)
    x = np.full((N, side, side), 0.05, np.float32)
    at = rng.integers(side, size=N)
    x[np.flatnonzero(t == 0), :, at[t == 0]] = 0.95
    x[np.flatnonzero(t == 1), at[t == 1], :] = 0.95
    return x.reshape(N, -1), t


def learner(C=0, seed=0, updates=400, likelihood=bernoulli, K=0):
    data, parts = np.random.default_rng(5), []
    for N in (500, 100, 100):
        x, t = bars(data, N)
        parts += [x if N == 500 else binarise(data, x), t]
    model = vae_model(16, (32,), 4, likelihood, C, prior=gaussian_mixture(4, K) if K else None)
    return VAE(
        Splits(*parts),
        model,
        Adam(0.01),
        np.random.default_rng(seed),
        updates=updates,
        batch=50,
        reporter=None,
        draw=binarise,
    )


def test_it_learns_what_pixels_by_themselves_do_not_tell():
    one = learner(K=8)
    while one.progress < 1:
        one.update()
    share = one.splits.x_train.mean(0)
    alone = -(np.where(one.splits.x_val > 0, np.log(share), np.log1p(-share))).sum(1).mean()
    true = 16 * -(0.95 * math.log(0.95) + 0.05 * math.log(0.05)) + math.log(8)  # nearly: which bar, and the noise
    assert alone > 9
    assert true - 0.5 < one.evaluate()["val_nats"] < 6.6
    assert one.predict(one.w, one.splits.x_val[0]).shape == (1, 16)


def test_told_the_class_it_knows_under_which_an_example_is_likeliest():
    one = learner(C=2)
    answers = 0
    while one.progress < 1:
        answers += one.update()["answers"]
    assert answers == 600  # each label of training and validation once
    assert (one.predictor.likeliest(one.w, one.splits.x_val) == one.splits.t_val).mean() > 0.9
    assert one.predict(one.w, one.splits.x_val).shape == (100, 16)


@pytest.mark.parametrize("C", [0, 2])
def test_stopped_and_resumed_equals_never_stopped(C):
    whole, stopped, resumed = learner(C), learner(C), learner(C)
    for _ in range(2):
        stopped.update()
    resumed.w[:] = stopped.w
    resumed.load({name: array.copy() for name, array in stopped.state().items()})
    for _ in range(2):
        whole.update()
    assert [whole.update() for _ in range(3)] == [resumed.update() for _ in range(3)]
    assert np.array_equal(whole.w, resumed.w)
    assert np.array_equal(whole.weights, resumed.weights)


@pytest.mark.parametrize("x", [np.zeros(3), np.zeros((2, 15)), np.full(16, np.nan), np.zeros((0, 16))])
def test_what_is_no_example_is_refused(x):
    one = learner()
    with pytest.raises(ValueError, match=r"numbers|finite"):
        one.predict(one.w, x)


def test_a_condition_must_be_told():
    one = learner(C=2)
    with pytest.raises(ValueError, match="one of 2 classes"):
        one.model.encode(one.w, one.splits.x_val)


def test_impossible_settings_are_refused():
    with pytest.raises(ValueError, match="above 0"):
        gaussian(0.0)
    splits = learner().splits
    with pytest.raises(ValueError, match="run from 0 to 1"):
        VAE(
            splits,
            vae_model(16, (8,), 2, bernoulli, 1),
            Adam(0.01),
            np.random.default_rng(0),
            updates=1,
            batch=1,
            reporter=None,
        )
