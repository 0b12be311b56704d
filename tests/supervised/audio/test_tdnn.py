"""Windows in time against a loop; the gradient; a network that hears a sign whenever it comes."""

import numpy as np
import pytest

from core import Adam, cross_entropy
from core.gradcheck import directional_error, layer_errors
from core.lab.data.registry import split
from supervised.audio.tdnn import TDNN, Frames, cmvn, mean_max_pool, split_members
from supervised.classifier import Classifier

NOTHING = np.zeros(0)


@pytest.mark.parametrize(("k", "hop"), [(1, 1), (3, 1), (3, 2), (5, 3)])
def test_moments_are_windows(k, hop):
    x = np.random.default_rng(0).random((2, 12, 3))
    y, _ = Frames(k, hop)(x, NOTHING)
    assert y.shape == (2, (12 - k) // hop + 1, 3 * k)
    for t in range(y.shape[1]):
        np.testing.assert_array_equal(y[:, t], x[:, hop * t : hop * t + k].reshape(2, -1))


def test_too_few_moments_are_refused():
    with pytest.raises(ValueError, match="windows of 5 moments"):
        Frames(5)(np.zeros((2, 4, 3)), NOTHING)


def test_pooled_is_mean_and_maximum():
    x = np.random.default_rng(0).random((2, 6, 3))
    np.testing.assert_allclose(mean_max_pool(x, NOTHING)[0], np.concatenate([x.mean(1), x.max(1)], 1))


def test_members_side_by_side_are_split():
    x = np.arange(12.0).reshape(2, 6)
    np.testing.assert_array_equal(split_members(3)(x, NOTHING)[0], [x[:, :2], x[:, 2:4], x[:, 4:]])


@pytest.mark.parametrize("layer", [Frames(3), Frames(3, 2), Frames(5, 4), mean_max_pool, split_members(2)])
def test_the_way_back_is_the_derivative(layer):
    x = np.random.default_rng(1).standard_normal((3, 8, 4))
    y, back = layer(x, NOTHING)
    dy, kept = np.ones_like(y), x.copy()
    assert back(dy) is None
    back(dy, dx=True)
    np.testing.assert_array_equal(x, kept)
    assert (dy == 1).all()
    assert layer_errors(layer, x, np.random.default_rng(2))["x"] < 1e-6


@pytest.mark.parametrize("members", [1, 3])
def test_the_gradient_of_the_whole_network(members):
    rng = np.random.default_rng(2)
    net = TDNN(6, 8, 4, members=members)
    x, t = rng.standard_normal((5, 20, 6)), rng.integers(0, 4, 5)
    w = net.init(rng, np.float64)
    y, back = net(x, w)
    assert y.shape == ((5, 4) if members == 1 else (3, 5, 4))
    told = np.broadcast_to(t, y.shape[:-1])
    back(cross_entropy(y, told, smoothing=0.1)[1], g := np.full_like(w, np.nan))
    assert directional_error(lambda u: cross_entropy(net(x, u)[0], told, smoothing=0.1)[0], w, g, rng) < 1e-6


def test_members_are_told_the_same():
    rng = np.random.default_rng(3)
    x, t = rng.standard_normal((20, 20, 6), np.float32), np.arange(20) % 4
    net = TDNN(6, 8, 4, members=3)
    learner = Classifier(split(x, t), net, Adam(0.01), rng, updates=1)
    y = net(x[:3], learner.w)[0]  # as many examples as members
    assert learner.loss(learner.w, (x[:3], t[:3])) == pytest.approx(
        np.mean([cross_entropy(one, t[:3])[0] for one in y])
    )


def test_a_louder_sound_or_another_microphone_is_nearly_the_same():
    x = np.random.default_rng(4).uniform(-4, 0, (2, 20, 6))
    y, back = cmvn(x, NOTHING)
    np.testing.assert_allclose(cmvn(x + 3, NOTHING)[0], y, atol=1e-6)
    microphone = np.linspace(-1, 1, 6)
    np.testing.assert_allclose(cmvn(x + microphone, NOTHING)[0][..., :6], y[..., :6], atol=1e-6)
    assert np.abs(cmvn(x + microphone, NOTHING)[0][..., 6:] - y[..., 6:]).max() > 0.1
    np.testing.assert_allclose([y[..., :6].std((1, 2)), y[..., 6:].std((1, 2))], 1, atol=1e-5)
    assert np.isfinite(cmvn(np.zeros((1, 20, 6)), NOTHING)[0]).all()
    with pytest.raises(ValueError, match="no gradient at its input"):
        back(y, dx=True)


def test_it_learns_a_sign_that_comes_at_any_moment():
    """A rise and a fall of pitch, in noise, at places the network never saw them at in training."""
    rng = np.random.default_rng(5)

    def chirps(n, starts):
        x, t = rng.standard_normal((n, 24, 8)) / 2, rng.integers(0, 2, n)
        for i, start in enumerate(rng.choice(starts, n)):
            for k in range(8):
                x[i, start + k, k if t[i] else 7 - k] += 3
        return x.astype(np.float32), t

    net = TDNN(8, 16, 2)
    w, optimizer = net.init(rng), Adam(3e-3)
    g = np.empty_like(w)
    for _ in range(150):
        x, t = chirps(32, [0, 2, 5, 7, 9, 12, 14])
        y, back = net(x, w)
        back(cross_entropy(y, t)[1], g)
        optimizer.step(w, g)
    x, t = chirps(300, [4, 11])
    assert (net(x, w)[0].argmax(-1) == t).mean() > 0.95
