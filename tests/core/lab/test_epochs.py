"""Minibatches: each example once an epoch, in a fresh order, and no label counted twice."""

import numpy as np

from core.lab.epochs import Epochs


def test_an_epoch_has_each_example_once_and_the_next_another_order():
    epochs = Epochs(12, 4, np.random.default_rng(0))
    first, second = ([epochs.next(3 * e + k) for k in range(3)] for e in (0, 1))
    assert sorted(np.concatenate(first)) == sorted(np.concatenate(second)) == list(range(12))
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))


def test_what_is_left_over_waits_and_a_batch_is_never_larger_than_the_set():
    assert len(Epochs(5, 2, np.random.default_rng(0)).next(1)) == 2
    assert len(Epochs(3, 8, np.random.default_rng(0)).next(0)) == 3


def test_answers_are_counted_once():
    epochs = Epochs(6, 3, np.random.default_rng(0))
    assert epochs.answered(np.array([0, 1, 2])) == 3
    assert epochs.answered(np.array([1, 2, 3])) == 1
    assert epochs.answered(np.array([0, 3])) == 0
