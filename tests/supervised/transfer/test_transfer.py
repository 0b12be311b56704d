"""Transfer: what is carried over, to whom, on which labels; and that it helps where it must."""

from functools import partial

import numpy as np
import pytest

from core import MLP, Adam
from core.lab.data.registry import Data, split
from core.lab.data.splits import Splits
from supervised.classifier import Classifier
from supervised.tasks import transfer
from supervised.transfer.transfer import Transfer, balanced

build = partial(MLP, 30, 16, 8, 4)


def problem(seed, n=900):
    """4 classes by the signs of two products, the same for every seed; which is which is the seed's."""
    x = np.random.default_rng(seed).standard_normal((n, 30)).astype(np.float32)
    t = np.random.default_rng(seed).permutation(4)[(x[:, 0] * x[:, 1] > 0) * 2 + (x[:, 2] * x[:, 3] > 0)]
    return split(x, t)


def learner(source=None, target=None, seed=0, source_updates=400, lr=0.003, **options):
    rng = np.random.default_rng(seed)
    source = Classifier(source or problem(1), build(), Adam(0.01), rng.spawn(1)[0], updates=source_updates)
    options = {"labels": (12, 60), "draws": 3, "updates": 100, "carried": 2, "batch": 8, **options}
    return Transfer(source, target or problem(2), build, Adam(lr), rng, **options)


def run(learner):
    logs = []
    while learner.progress < 1:
        logs.append(learner.update())
    return logs


def members(learner, of):
    """Each parameter of the members `of`: {name: (n, ...)}."""
    return {name: part[of].copy() for name, part in learner.net.views(learner.w).items()}


def test_features_that_are_the_same_in_both_problems_help():
    one = learner(problem(1, 6000), problem(2, 1500), source_updates=1500, lr=0.02, updates=200)
    run(one)
    figures = one.report(one.w, None).metrics
    assert figures["gain_60_frozen_low"] > 0.3
    assert figures["gain_60_carried_low"] > 0
    assert figures["test_accuracy_60_frozen"] > figures["test_accuracy_60_carried"] + 0.1


def test_features_of_noise_do_not_help():
    noise = problem(1)
    noise = noise._replace(t_train=np.random.default_rng(0).permutation(noise.t_train))
    one = learner(noise)
    run(one)
    assert one.report(one.w, None).metrics["gain_60_frozen"] < 0.1


@pytest.mark.parametrize("carried", [1, 2])
def test_a_trio_starts_alike_but_for_what_is_carried_over_and_frozen_layers_stay(carried):
    one = learner(carried=carried)
    while one.source.progress < 1:
        one.update()
    one._begin()
    own = one.build().views(one.source.weights)
    nothing, carries, frozen = (members(one, one._members(start)) for start in range(3))
    for k, name in enumerate(own):
        expected = np.broadcast_to(own[name], nothing[name].shape) if k < 2 * carried else nothing[name]
        assert np.array_equal(carries[name], expected), name
        assert np.array_equal(frozen[name], expected), name
    assert all(np.array_equal(members(one, 0)[name], own[name]) for name in own)
    assert not np.array_equal(nothing["0.weight"][0], nothing["0.weight"][1])
    run(one)
    for k, name in enumerate(own):
        assert np.array_equal(members(one, one._members(2))[name], frozen[name]) == (k < 2 * carried), name
        assert not np.array_equal(members(one, one._members(1))[name], carries[name]), name


def test_the_source_stays_as_it_was_when_the_others_learn():
    one = learner()
    while one.source.progress < 1:
        one.update()
    before = members(one, 0)
    run(one)
    assert all(np.array_equal(part, before[name]) for name, part in members(one, 0).items())


def test_a_trio_sees_the_same_examples_and_only_its_own_labels():
    one = learner()
    seen = [set() for _ in range(6)]
    for _ in range(200):
        x, t = one._minibatches()
        assert np.array_equal(x[1:], np.concatenate([x[1:7]] * 3))
        assert np.array_equal(t[1:], np.concatenate([t[1:7]] * 3))
        for p in range(6):
            seen[p] |= {row.tobytes() for row in x[1 + p]}
    for p, (n, d) in enumerate([(12, 0), (12, 1), (12, 2), (60, 0), (60, 1), (60, 2)]):
        assert seen[p] == {row.tobytes() for row in one.target.x_train[one.orders[d, :n]]}
    assert seen[0] < seen[3]


def test_draws_are_balanced():
    t = np.repeat([0, 1, 2], [50, 20, 5])
    order = balanced(np.random.default_rng(0), t)
    assert sorted(order) == list(range(75))
    assert np.bincount(t[order[:15]]).tolist() == [5, 5, 5]
    assert np.bincount(t[order[:45]]).tolist() == [20, 20, 5]
    assert not np.array_equal(order, balanced(np.random.default_rng(1), t))


def test_each_label_is_one_answer_once():
    one = learner()
    logs = run(one)
    source = one.source.splits
    assert sum(log["answers"] for log in logs) == (len(source.t_train) + len(source.t_val) + len(np.unique(one.orders)))


def test_progress_covers_both_phases_and_resumed_equals_never_stopped():
    whole = learner()
    logs = run(whole)
    assert (whole.source.progress, whole.done) == (1, 100)
    for stop in (7, 27):  # within the source, and within the trios
        stopped = learner()
        for _ in range(stop):
            stopped.update()
        resumed = learner()
        resumed.w[:] = stopped.w
        resumed.load({name: array.copy() for name, array in stopped.state().items()})
        assert resumed.progress == stopped.progress
        assert resumed.evaluate() == stopped.evaluate()
        assert run(resumed) == logs[stop:]
        assert np.array_equal(resumed.w, whole.w)


def test_report_needs_the_weights_alone(tmp_path):
    one, fresh = learner(), learner()
    run(one)
    report, again = one.report(one.w, tmp_path), fresh.report(one.w, None)
    assert report.metrics == again.metrics
    assert {path.name for path in tmp_path.iterdir()} == set(report.pictures)


def test_half_of_the_classes():
    x, t = np.arange(20.0)[:, None], np.arange(20) % 10
    parts = transfer.half(Splits(x, t, x, t, x, t), 5)
    assert parts.t_val.tolist() == [0, 1, 2, 3, 4] * 2
    assert parts.x_test[:, 0].tolist() == [5, 6, 7, 8, 9, 15, 16, 17, 18, 19]


def test_nonsense_is_refused():
    for values in (
        {"source": "cats"},
        {"labels": ()},
        {"hidden": (0,)},
        {"carried": 3},
        {"deform": -1.0},
        {"batch": 1},
    ):
        with pytest.raises(ValueError, match=next(iter(values))):
            transfer.Config(**values)
    for labels in ((2,), (10**6,)):
        with pytest.raises(ValueError, match="labels must be from 5"):
            transfer.make(transfer.Config(source="digits", labels=labels), np.random.default_rng(0), Data())


def test_networks_that_are_to_learn_from_nothing_take_no_other_start():
    one = learner()
    with pytest.raises(ValueError, match="takes no other start"):
        one.start_from(one.w.copy(), {})
