"""The curve of a wake word against scikit-learn, against counting, and on answers that are known."""

import math

import numpy as np
import pytest

from supervised.audio.wake_word import alarms_an_hour, area, curve, draw_wake, threshold, wake_figures


@pytest.mark.parametrize("levels", [None, 5])
def test_the_curve_is_scikit_learns(levels):
    from sklearn.metrics import roc_auc_score, roc_curve

    rng = np.random.default_rng(0)
    word = rng.random(200) < 0.2
    score = rng.standard_normal(200) + word
    if levels:
        score = np.round(score)  # many that are equal
    c = curve(score, word)
    alarms, detected, thresholds = roc_curve(word, score, drop_intermediate=False)
    np.testing.assert_allclose(c.alarms, alarms)
    np.testing.assert_allclose(c.detected, detected)
    np.testing.assert_allclose(c.threshold, thresholds)
    assert area(c) == pytest.approx(roc_auc_score(word, score))


def test_a_threshold_does_what_it_says():
    rng = np.random.default_rng(1)
    word = rng.random(1000) < 0.1
    score = np.round(rng.standard_normal(1000) + 2 * word, 1)
    at, detected = threshold(curve(score, word), 0.05)
    assert (score[~word] >= at).mean() <= 0.05 < (score[~word] >= at - 0.1).mean()
    assert (score[word] >= at).mean() == detected


def test_known_areas():
    word = np.array([True, True, False, False])
    assert area(curve(np.array([4.0, 3, 2, 1]), word)) == 1
    assert area(curve(np.array([1.0, 2, 3, 4]), word)) == 0
    assert area(curve(np.zeros(4), word)) == 0.5
    assert threshold(curve(np.zeros(4), word)) == (np.inf, 0)
    one_of_two_above = curve(np.array([4.0, 2, 3, 1]), word)
    assert threshold(one_of_two_above, 0.5) == (2, 1)  # as many as are allowed are allowed
    assert threshold(one_of_two_above, 0.49) == (4, 0.5)


def test_one_kind_of_sound_alone_is_refused():
    with pytest.raises(ValueError, match="with the word and without it, not 0 of 3"):
        curve(np.zeros(3), np.zeros(3, bool))


def test_figures_and_picture(tmp_path):
    rng = np.random.default_rng(2)
    t = rng.integers(0, 3, 300)
    y = rng.standard_normal((300, 3)) + 9 * np.eye(3)[t]
    figures = wake_figures(y, t, 1, y, t)
    assert figures["wake_area"] > 0.999
    assert figures["wake_detected_at_1_percent"] > 0.95
    assert figures["wake_alarms_threshold_of_val"] <= 0.01  # the same sounds set the threshold here
    assert figures["wake_detected_threshold_of_val"] == figures["wake_detected_at_1_percent"]
    draw_wake(tmp_path / "wake.png", y, t, 1, ("a", "b", "c"))
    assert (tmp_path / "wake.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(("alarms", "hours", "high"), [(0, 1, 2.9957), (0, 10, 0.29957), (2, 0.5, 12.5916)])
def test_alarms_an_hour_have_the_upper_end_of_a_poisson_interval(alarms, hours, high):
    rate, upper = alarms_an_hour(alarms, hours)
    assert rate == alarms / hours
    assert upper == pytest.approx(high, rel=1e-4)
    mean = upper * hours  # with which so few alarms come in one of twenty
    assert np.exp(-mean) * sum(mean**k / math.factorial(k) for k in range(alarms + 1)) == pytest.approx(0.05)
