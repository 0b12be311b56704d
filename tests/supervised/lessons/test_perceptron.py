"""The perceptron: its rule is a gradient, its mistakes stay below Novikoff's bound, and XOR is beyond any line."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from core import Linear
from core.gradcheck import directional_error
from core.lab.data.splits import Splits
from supervised.lessons.perceptron import Perceptron, criterion
from supervised.lessons.perceptron_report import SEED, descend, linear_stack, product, two_layers
from supervised.lessons.separation import separate, signed
from supervised.tasks import perceptron as task


def learnt(seed=0, **fields):
    learner = task.make(task.Config(**fields), np.random.default_rng(seed), None)
    while learner.progress < 1:
        learner.update()
    return learner


def by_linear_programme(x, t):
    """Is there a u with g u >= 1? Independent of `separate`."""
    from scipy.optimize import linprog

    g = signed(x, t)
    return linprog(np.zeros(g.shape[1]), A_ub=-g, b_ub=-np.ones(len(g)), bounds=(None, None)).status


@pytest.mark.parametrize(("problem", "bound"), [("and", 51), ("or", 27)])
def test_and_and_or_are_learnt_within_novikoff_s_bound(problem, bound):
    found = separate(*[part.squeeze() for part in task.table(problem)[:2]])
    assert found.bound == pytest.approx(bound)  # R^2 = 3, gamma^2 = 1/17 and 1/9
    for seed in range(50):
        learner = learnt(seed, problem=problem, passes=1000)
        assert learner.rests
        assert learner.evaluate()["val_accuracy"] == 1
        assert 0 < len(learner.mistakes) <= bound


def test_clouds_are_learnt_within_novikoff_s_bound():
    for seed in range(5):
        learner = learnt(seed, problem="clouds", passes=1000)
        found = separate(learner.splits.x_train, learner.splits.t_train[:, 0])
        assert learner.rests
        assert 0 < len(learner.mistakes) <= found.bound
        assert learner.report(learner.weights, None).metrics["test_accuracy"] > 0.95


def test_xor_is_beyond_a_line():
    x, t, *_ = task.table("xor")
    found = separate(x, t[:, 0])
    assert found.u is None
    assert found.v == pytest.approx([0.25] * 4)  # the four inequalities, each taken once, add up to 0 > 0
    assert by_linear_programme(x, t[:, 0]) == 2  # infeasible
    learner = learnt(problem="xor", passes=100)
    assert not learner.rests
    w = np.random.default_rng(0).standard_normal((3, 20000))
    said = np.column_stack([x, np.ones(4)]) @ w > 0
    assert (said == t).mean(0).max() == 0.75  # the best of 20,000 lines


def test_street_of_a_square_is_known():
    x = np.array([(0, 0), (0, 2), (4, 0), (4, 2)], np.float32)
    found = separate(x, np.array([0, 0, 1, 1]))
    # (w, b) = (1/2, 0, -1) makes the four sums -1, -1, 1, 1: the shortest that makes all of them at least 1 in size
    assert found.u == pytest.approx(np.array([0.5, 0, -1]) / np.sqrt(1.25))
    assert found.margin == pytest.approx(1 / np.sqrt(1.25))
    assert found.radius == pytest.approx(np.sqrt(21))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(1, 3))
def test_either_a_street_or_a_proof_as_a_linear_programme_says(seed, N, I):
    rng = np.random.default_rng(seed)
    x, t = rng.integers(-3, 4, (N, I)).astype(np.float32), rng.integers(0, 2, N)
    found, g = separate(x, t), signed(x, t)
    assert (found.v >= 0).all()
    assert found.v.sum() == pytest.approx(1)
    if found.u is None:
        assert np.abs(found.v @ g).max() < 1e-9
        assert by_linear_programme(x, t) == 2
    else:
        assert (g @ found.u).min() == pytest.approx(found.margin)
        assert np.linalg.norm(found.v @ g) == pytest.approx(found.margin)  # the dual gives the same number
        assert by_linear_programme(x, t) == 0


def test_the_rule_is_a_gradient_of_its_criterion():
    rng = np.random.default_rng(0)
    x, t, net = rng.standard_normal((20, 3)), rng.integers(0, 2, (20, 2)).astype(float), Linear(3, 2)
    w = net.init(rng, np.float64)
    y, back = net(x, w)
    g = np.empty_like(w)
    back(criterion(y, t)[1], g)
    assert directional_error(lambda u: criterion(net(x, u)[0], t)[0], w, g, rng) < 1e-6


def test_weights_are_the_sum_of_the_mistakes():
    learner = learnt(problem="logic")
    views = learner.linear.views(learner.w)
    for o in range(3):
        assert learner.path(o)[-1] == pytest.approx([*views["weight"][:, o], views["bias"][o]])


def test_what_one_line_cannot_two_layers_can_and_more_lines_cannot():
    learner = learnt(problem="logic")
    figures = learner.report(learner.weights, None).metrics
    assert [figures[f"{name}_two_layers"] for name in task.TABLES] == [1, 1, 1]
    assert figures["xor_linear_stack"] <= 0.75
    assert figures["xor_accuracy"] <= 0.75
    assert "xor_bound" not in figures


def test_a_stack_of_linear_layers_is_one_matrix():
    x, t, *_ = task.table("xor")
    net = linear_stack(2, 1)
    w = descend(net, x, t)
    A, b = product(net, w)
    far = np.random.default_rng(0).standard_normal((50, 2)).astype(np.float32) * 10
    assert net(far, w)[0] == pytest.approx(far @ A + b, abs=1e-4)
    bent = two_layers(2, 1)
    w = bent.init(np.random.default_rng(SEED))
    assert bent(2 * far, w)[0] != pytest.approx(2 * bent(far, w)[0], abs=0.1)


def test_resumed_equals_never_stopped():
    whole, stopped = (task.make(task.Config(), np.random.default_rng(3), None) for _ in range(2))
    for _ in range(5):
        whole.update()
        stopped.update()
    state = {name: array.copy() for name, array in stopped.state().items()}
    resumed = task.make(task.Config(), np.random.default_rng(3), None)
    resumed.w[:] = stopped.w
    resumed.load(state)
    while whole.progress < 1:
        assert resumed.update() == whole.update()
    assert np.array_equal(resumed.w, whole.w)
    assert np.array_equal(resumed.weights, whole.weights)
    assert resumed.mistakes.tolist() == whole.mistakes.tolist()


@pytest.mark.parametrize("seed", range(5))
def test_the_pocket_holds_the_best_line_of_each_neuron(seed):
    learner = learnt(seed)
    said = learner.predict(learner.weights, learner.splits.x_test)
    assert (said == learner.splits.t_test).mean(0).tolist() == [1, 1, 0.75]  # no line is right on more of XOR
    assert (learner.right == [4, 4, 3]).all()


def test_at_rest_stays_at_rest():
    ended, resumed = learnt(problem="or"), task.make(task.Config(problem="or"), np.random.default_rng(0), None)
    resumed.load(ended.state())
    assert resumed.progress == 1 > resumed.done / resumed.passes


def test_pictures(tmp_path):
    from PIL import Image

    learner = learnt(problem="or")
    report = learner.report(learner.weights, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(report.pictures)
    with Image.open(tmp_path / "lines.gif") as film:
        assert film.n_frames > 3


@pytest.mark.parametrize("fields", [{"problem": "nand"}, {"passes": 0}, {"points": 3}, {"distance": -1.0}])
def test_nonsense_is_refused(fields):
    with pytest.raises(ValueError, match=next(iter(fields))):
        task.Config(**fields)


@pytest.mark.parametrize("t", [np.full((4, 1), 2), np.zeros((4, 2)), np.zeros(4)])
def test_targets_that_no_neuron_can_give_are_refused(t):
    x = np.zeros((4, 2), np.float32)
    with pytest.raises(ValueError, match="targets 0 or 1"):
        Perceptron(Splits(x, t, x, t, x, t), ["one"], np.random.default_rng(0), passes=1, report=None)


def test_another_start_is_what_the_pocket_holds():
    before, learner = learnt(problem="or"), task.make(task.Config(problem="or"), np.random.default_rng(3), None)
    learner.start_from(before.weights, {})
    assert np.array_equal(learner.w, before.weights)
    assert np.array_equal(learner.right, before.right)  # so that nothing worse takes its place
