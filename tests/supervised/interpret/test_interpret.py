"""The studies of the deep report on known answers, and the report as a whole on small pictures."""

from typing import ClassVar

import numpy as np
import pytest

from core import MLP, Adam, Linear, Sequential, cross_entropy, flops, relu
from core.lab.data.splits import Splits
from core.lab.stats.linear_probe import probe
from supervised.classifier import Classifier
from supervised.interpret.blocks import blocks, codes, first_member, flows, frozen, names
from supervised.interpret.budget import Budget
from supervised.interpret.features import hog, neighbours_agree, pca
from supervised.interpret.forward_backward import one_pass, undecided
from supervised.interpret.greedy import greedy
from supervised.interpret.hand_rules import DIGITS, box, by_drawings, digit, digits_by_rule, drawn, holes
from supervised.interpret.importance import pruned, sensitivity, shares
from supervised.interpret.invariance import affine, code_distance, distortions, invariance
from supervised.interpret.label_noise import doubt, other_labels, out_of_fold, planted, side
from supervised.interpret.report import deep_report
from supervised.interpret.representations import flat_map, layer_probes
from supervised.interpret.scaling import sizes, trainings
from supervised.vision.convnet import ConvNet


def bars(n, seed=0, side=6):
    """Pictures of a bright bar, flat or upright, somewhere: two classes that no single pixel tells apart."""
    rng = np.random.default_rng(seed)
    t = rng.integers(0, 2, n)
    x = 0.1 * rng.random((n, side, side), np.float32)
    for picture, label in zip(x, t, strict=True):
        if label:
            picture[:, rng.integers(0, side)] += 0.9
        else:
            picture[rng.integers(0, side)] += 0.9
    return x.reshape(n, -1), t


def splits(n=240, side=6):
    (x, t), a, b = bars(n, side=side), n // 2, 3 * n // 4
    return Splits(x[:a], t[:a], x[a:b], t[a:b], x[b:], t[b:])


def train(parts, net, updates, rng, augmented=True):
    learner = Classifier(parts, net, Adam(0.01), rng, updates=updates, batch=16)
    while learner.progress < 1:
        learner.update()
    return learner.weights


def train_blurred(parts, net, updates, rng, augmented=True):
    def noise(rng, x):
        return x + np.float32(0.1) * rng.standard_normal(x.shape, np.float32)

    options = {"augment": noise} if augmented else {}
    learner = Classifier(parts, net, Adam(0.01), rng, updates=updates, batch=16, **options)
    while learner.progress < 1:
        learner.update()
    return learner.weights


def random_mlp(*sizes, seed=0, **options):
    net = MLP(*sizes, **options)
    return net, net.init(np.random.default_rng(seed))


# Taking a network apart


def test_blocks_make_up_the_network_and_lie_in_w_in_order():
    net, w = random_mlp(36, 8, 5, 2, dropout=0.1)
    x = bars(7)[0]
    assert len(blocks(net, w)) == 3
    made = codes(net, w, x)
    assert [code.shape[1] for code in made] == [36, 8, 5, 2]
    assert names(4) == ["pixels", "layer 1", "layer 2", "output"]
    assert np.array_equal(made[-1], net(x, w)[0])
    assert made[1].min() == 0  # behind the activation, not before it


def test_a_convolution_begins_a_block():
    net = ConvNet((8, 8), 4, 2)
    w, x = net.init(np.random.default_rng(0)), np.random.default_rng(1).random((3, 64), np.float32)
    made = codes(net, w, x)
    assert np.array_equal(made[-1], net(x, w)[0])
    assert max(code.shape[-1] for code in made[1:-2]) < 36  # features, and not their 3 x 3 neighbourhoods
    assert sum(block.size for block, _ in blocks(net, w)) == net.size
    assert all(block.parts[0].op != "conv2d" or len(block.parts) > 2 for block, _ in blocks(net, w))
    assert np.array_equal(np.concatenate([v for _, v in blocks(net, w)]), w)


def test_flows_give_the_gradient_of_the_loss_everywhere():
    net, w = random_mlp(36, 8, 2)
    w = w.astype(np.float64)
    x, t = bars(5)
    g, expected = np.empty_like(w), np.empty_like(w)
    found = flows(net, w, x, t, g)
    y, back = net(x, w)
    dx = back(cross_entropy(y, t)[1], expected, dx=True)
    assert np.array_equal(g, expected)
    assert np.array_equal(found[0].gradient, dx)
    assert found[-1].gradient == pytest.approx(cross_entropy(y, t)[1])


def test_frozen_network_says_the_same_and_learns_nothing():
    net, w = random_mlp(36, 8, 4)
    x = bars(5)[0]
    ice = frozen(net, w)
    y, back = ice(x, np.empty(0, np.float32))
    assert ice.size == 0
    assert np.array_equal(y, net(x, w)[0])
    dy = np.random.default_rng(0).standard_normal(y.shape).astype(np.float32)
    assert np.array_equal(back(dy, dx=True), net(x, w)[1](dy, dx=True))


def test_first_member_of_an_ensemble_says_what_it_says_there():
    net, w = random_mlp(36, 8, 2, members=3)
    x = bars(5)[0]
    assert first_member(net, w)[0](x, first_member(net, w)[1])[0] == pytest.approx(net(x, w)[0][0], abs=1e-6)
    one, v = random_mlp(36, 8, 2)
    assert np.array_equal(first_member(one, v)[1], v)


# Representations


def blobs(n=300, C=3, seed=0):
    rng = np.random.default_rng(seed)
    t = rng.integers(0, C, n)
    return rng.standard_normal((n, 5)).astype(np.float32), t


def test_probe_reads_a_label_that_lies_there_in_a_line_and_none_that_does_not():
    x, t = blobs()
    told = np.concatenate([x, np.eye(3, dtype=np.float32)[t]], 1)
    assert probe(Splits(told[:150], t[:150], told[150:200], t[150:200], told[200:], t[200:])) == (1.0, 1.0)
    assert probe(Splits(x[:150], t[:150], x[150:200], t[150:200], x[200:], t[200:])).test < 0.5


def test_probe_cannot_bend_space():
    x = np.random.default_rng(0).uniform(-1, 1, (400, 2))
    t = (x[:, 0] * x[:, 1] > 0).astype(int)  # XOR
    parts = (slice(0, 200), slice(200, 300), slice(300, 400))
    assert probe(Splits(*(a[s] for s in parts for a in (x, t)))).test < 0.7
    bent = np.column_stack([x, x[:, 0] * x[:, 1]])
    assert probe(Splits(*(a[s] for s in parts for a in (bent, t)))).test > 0.95


def test_each_layer_has_its_probe_and_training_helps():
    parts = splits(600)
    net = MLP(36, 32, 2)
    w = train(parts, net, 400, np.random.default_rng(0))
    pixels, _, output = layer_probes(net, w, parts)
    assert pixels.test < 0.75  # no pixel tells a flat bar from an upright one
    assert output.test > 0.95


def test_neighbours_agree_on_separate_blobs_and_disagree_on_alternating_points():
    t = np.repeat([0, 1], 30)
    code = np.random.default_rng(0).standard_normal((60, 2)) + 100 * t[:, None]
    assert neighbours_agree(code, t) == 1.0
    line = np.arange(60.0)[:, None]
    assert neighbours_agree(line, np.arange(60) % 2, k=2) < 0.05


def test_hog_votes_for_the_direction_of_an_edge_and_not_for_light():
    upright = np.zeros((1, 14, 14), np.float32)
    upright[:, :, 7:] = 1
    flat = upright.transpose(0, 2, 1)
    votes = [hog(image).reshape(-1, 9).sum(0) for image in (upright, flat)]
    assert votes[0].argmax() == 0  # the gradient points along the row: 0 degrees
    assert set(np.argsort(votes[1])[-2:]) == {4, 5}  # 90 degrees lies between the bins
    assert hog(0.2 * upright + 0.5) == pytest.approx(hog(upright), abs=0.01)


def test_pca_keeps_the_axis_that_varies():
    x = np.random.default_rng(0).standard_normal((50, 3)) * [10, 0.1, 0.1]
    kept, other = pca(x, x[:5])
    assert kept.shape == (50, 1)
    assert other == pytest.approx(kept[:5])


def test_map_keeps_blobs_apart_and_is_repeated_from_its_generator():
    x, t = blobs(60, 2)
    at = flat_map(x + 50 * t[:, None], np.random.default_rng(3))
    assert neighbours_agree(at, t, k=5) == 1.0
    assert np.array_equal(at, flat_map(x + 50 * t[:, None], np.random.default_rng(3)))


def test_layer_by_layer_learns_and_keeps_what_the_first_layer_learnt():
    parts, net, seen = splits(600), MLP(36, 32, 16, 2), []

    def spy(*args):
        seen.append(train(*args))
        return seen[-1]

    w = greedy(net, parts, spy, 300, np.random.default_rng(0))
    assert w.shape == (net.size,)
    first = 36 * 32 + 32
    assert np.array_equal(w[:first], seen[0][:first])
    assert [len(v) for v in seen] == [first + 32 * 2 + 2, 32 * 16 + 16 + 16 * 2 + 2, 16 * 2 + 2]
    assert (net(parts.x_val, w)[0].argmax(1) == parts.t_val).mean() > 0.9


# What a person would program


def test_own_drawings_are_told_apart_by_the_rules_and_by_themselves():
    pictures = [drawn(drawing) for drawing in DIGITS]
    assert by_drawings(np.array(pictures), DIGITS).tolist() == list(range(10))
    said = digits_by_rule(np.array([np.kron(p, np.ones((2, 2))) for p in pictures]))
    assert np.delete(said, 1).tolist() == [0, *range(2, 10)]  # a 1 with a flag is taken for a 9: rules are like that


def test_holes_are_counted_and_an_empty_picture_is_no_trouble():
    assert [len(holes(box(drawn(DIGITS[d])).ink)) for d in (0, 1, 8)] == [1, 0, 2]
    assert digit(np.zeros((8, 8))) in range(10)


# Invariance


def test_nothing_done_moves_no_code_and_another_picture_is_at_one():
    code = np.random.default_rng(0).standard_normal((20, 4))
    assert code_distance(code, code) == 0
    assert code_distance(code, np.roll(code, 10, 0)) == pytest.approx(1)
    assert code_distance(np.ones((4, 2)), np.ones((4, 2))) == 0


@pytest.mark.parametrize("shape", [(6, 6), (6, 6, 3)])
def test_distortions_do_nothing_at_nothing_and_something_else_everywhere(shape):
    rng = np.random.default_rng(0)
    images = rng.random((4, *shape), np.float32)
    for way in distortions(shape, 0.0, 1.0):
        for strength in way.strengths:
            out = way.apply(images, strength, np.random.default_rng(0))
            assert out.shape == images.shape
            same = np.allclose(out, images, atol=1e-6)
            assert same == (strength == way.nothing) or (way.name == "occlusion" and round(6 * strength) == 0)


def test_affine_shifts_and_turns_as_numpy_does():
    images = np.random.default_rng(0).random((2, 5, 5))
    shifted = affine(images, np.eye(2), (0, 1), 0.0)
    assert shifted[:, :, :-1] == pytest.approx(images[:, :, 1:])
    assert (shifted[:, :, -1] == 0).all()
    assert affine(images, np.eye(2), (0, 1), None)[:, :, -1] == pytest.approx(images[:, :, -1])
    turned = affine(images, np.array([[0.0, 1.0], [-1.0, 0.0]]), (0, 0), 0.0)
    assert turned == pytest.approx(np.rot90(images, -1, (1, 2))) or turned == pytest.approx(np.rot90(images, 1, (1, 2)))


def test_a_network_that_sums_its_pixels_does_not_move_when_they_are_turned():
    net = Linear(36, 2)
    w = np.concatenate([np.ones(72), np.zeros(2)]).astype(np.float32)
    x, t = bars(8)
    x = x.reshape(-1, 6, 6) * np.pad(np.ones((2, 2)), 2)  # in the middle, so that nothing leaves the picture
    ways = [way for way in distortions((6, 6), 0.0, 1.0) if way.name in ("shift", "noise")]
    found = invariance(net, w, x.reshape(8, 36), t, (6, 6), ways, np.random.default_rng(0))
    pixels, output = np.array(found.distance["shift"])[:4].T
    assert pixels[1:].min() > 0.2
    assert output.max() < 1e-5
    assert found.distance["noise"][0] == [0, 0]
    assert len(found.accuracy["noise"]) == len(ways[1].strengths)


# The gradient


class OneLayer:
    """softmax of x W: its gradients are known, dW = x (p - onehot)' and dx = W (p - onehot)."""

    net: ClassVar = Linear(3, 2, bias=False)
    W: ClassVar = np.array([[1.0, -1.0], [0.5, 0.5], [0.0, 2.0]])
    x: ClassVar = np.array([[1.0, 2.0, 0.0]])
    t: ClassVar = np.array([0])


def test_sensitivity_of_one_layer_is_the_gradient_written_down():
    w = OneLayer.W.ravel()
    y = OneLayer.x @ OneLayer.W
    d = np.exp(y) / np.exp(y).sum() - np.eye(2)[OneLayer.t]
    found = sensitivity(OneLayer.net, w, OneLayer.x, OneLayer.t, 2)
    dW, dx = np.abs(OneLayer.x.T @ d), np.abs(d @ OneLayer.W.T)
    assert found.importance == pytest.approx(np.abs(w) * dW.ravel() / dW.sum())
    assert found.pixels[0] == pytest.approx((dx / dx.sum())[0])
    assert np.isnan(found.pixels[1]).all()  # no example of that class
    assert found.units == []


def test_shares_are_of_each_example_and_zero_stays_zero():
    found = shares(np.array([[1.0, -3.0], [0.0, 0.0]]))
    assert found.tolist() == [[0.25, 0.75], [0.0, 0.0]]


def test_a_unit_that_no_one_listens_to_does_not_matter_and_can_go():
    net, w = random_mlp(36, 4, 2)
    views = net.views(w)
    views["2.weight"][2] = 0
    x, t = bars(20)
    found = sensitivity(net, w, x, t, 2)
    assert (found.units[0][:, 2] == 0).all()
    assert (net.views(found.importance)["0.weight"][:, 2] == 0).all()
    right = (net(x, w)[0].argmax(1) == t).mean()
    assert pruned(net, w, found.importance, x, t, (0, 36 / net.size)) == [right, right]


def test_a_silent_unit_does_not_matter_however_much_the_loss_would_answer_to_it():
    net, w = random_mlp(36, 16, 2)
    net.views(w)["0.bias"][1] = -100  # never above 0
    x, t = bars(20)
    units = sensitivity(net, w, x, t, 2).units[0]
    assert (units[:, 1] == 0).all()
    assert units.sum(1) == pytest.approx([1, 1])


def test_pruning_takes_the_least_first():
    net, w = Linear(3, 2, bias=False), np.array([5.0, -5.0, 0.1, -0.2, 0.0, 0.1])
    x, t = np.array([[1.0, 0, 0], [-1.0, 0, 0]]), np.array([0, 1])
    assert pruned(net, w, np.abs(w), x, t, (0, 4 / 6)) == [1.0, 1.0]
    assert pruned(net, w, -np.abs(w), x, t, (2 / 6,)) == [0.5]


def test_one_pass_goes_through_every_layer_and_back():
    net, w = random_mlp(36, 8, 2)
    x, t = bars(1)
    stops = one_pass(net, w, x[0], int(t[0]))
    assert [stop.name for stop in stops] == ["pixels", "36 → 8", "relu", "8 → 2"]
    y, back = net(x, w)
    g = np.empty_like(w)
    dx = back(cross_entropy(y, t)[1], g, dx=True)
    assert stops[0].gradient == pytest.approx(dx[0])
    assert stops[-1].code == pytest.approx(y[0])
    assert stops[1].weight_gradient ** 2 + stops[3].weight_gradient ** 2 == pytest.approx(float(g @ g), rel=1e-5)


def test_the_undecided_example_is_at_a_half():
    net, w = Linear(1, 2), np.array([1.0, -1.0, 0.0, 0.0], np.float32)
    assert undecided(net, w, np.array([[3.0], [0.1], [-2.0]]), np.array([0, 0, 0])) == 1


# Data and size


def test_nobody_is_judged_by_a_network_that_saw_it():
    parts = splits(80)
    parts = parts._replace(x_train=np.arange(40, dtype=np.float32)[:, None], t_train=np.arange(40) % 2)
    told = Linear(1, 2)
    judged = []

    def remember(some, net, updates, rng, augmented=True):
        judged.append(set(some.x_train[:, 0]))
        assert some.x_test is some.x_val  # the test part stays shut
        return np.array([0, 0, len(judged), 0], np.float32)  # a mark of the network

    p = out_of_fold(parts, told, remember, 1, 4, np.random.default_rng(0))
    marks = np.round(np.log(p[:, 0] / p[:, 1])).astype(int)
    assert all(i not in judged[marks[i] - 1] for i in range(40))
    assert all(len(seen) == 30 for seen in judged)


def test_planted_labels_are_wrong_and_are_found():
    t = np.arange(100) % 3
    wrong, changed = other_labels(t, 3, 0.2, np.random.default_rng(0))
    assert np.flatnonzero(wrong != t).tolist() == changed.tolist()
    assert len(changed) == 20
    found = planted(splits(600), MLP(36, 32, 2), train, 300, 4, 2, 0.05, np.random.default_rng(0))
    assert found.number == 15
    assert found.found > 0.8
    assert found.curve[-1] == 1
    assert doubt(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([0, 1]))[0] == pytest.approx(np.log(2))


def test_curves_vary_one_thing_at_a_time():
    asked = []

    def remember(some, net, updates, rng, augmented=True):
        asked.append(
            (len(some.t_train), net.size, updates, int((some.t_train != parts.t_train[: len(some.t_train)]).sum()))
        )
        return np.zeros(net.size, np.float32)

    parts = side(splits(320), *bars(160))
    found = sizes(parts, lambda *hidden: MLP(36, *hidden, 2), 16, remember, 64, 10, 2, [5])
    assert len(asked) == trainings(2)
    whole = asked[0]
    assert whole == (160, MLP(36, 16, 2).size, 64, 0)
    assert all(sum(a != b for a, b in zip(one, whole, strict=True)) <= 1 for one in asked if one[2] == 64)
    assert [p.size for p in found.examples] == [5, 10, 20, 40, 80, 160]
    assert [p.size for p in found.width] == [2, 4, 16, 64]
    assert [p.size for p in found.noise] == [0, 0.1, 0.2, 0.4]  # at 0.6 of two classes the labels say the opposite
    assert found.compute[16][-1].size == 3 * flops(MLP(36, 16, 2)) * 10 * 64
    assert sorted(one[2] for one in asked if one[1] == MLP(36, 64, 2).size) == [4, 16, 64]


# The whole


@pytest.mark.parametrize(("shape", "teach"), [((6, 6), train), ((6, 8, 3), train_blurred)])
def test_report_draws_what_it_names_and_leaves_everything_as_it_was(tmp_path, shape, teach):
    parts = splits(side=int(np.sqrt(np.prod(shape))))
    net = MLP(parts.x_train.shape[1], 12, 2)
    w = train(parts, net, 100, np.random.default_rng(0))
    before, budget = w.copy(), Budget(updates=20, width=8, probed=100, mapped=40)
    rules = {"always 0": lambda images: np.zeros(len(images), int)}
    report_rng = np.random.default_rng(1)
    found = deep_report(net, w, parts, teach, shape, ("flat", "upright"), tmp_path, report_rng, budget, rules)
    assert {path.name for path in tmp_path.iterdir()} == set(found.pictures)
    assert len(found.pictures) == 16
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.iterdir())
    assert np.array_equal(w, before)
    twins = {"its_twin"} if teach is train else {"with_augmentation", "without_augmentation"}
    assert {f"val_distorted_{name}" for name in twins} < set(found.metrics)
    assert found.metrics["probe_rule_always_0"] == pytest.approx((parts.t_test == 0).mean())
    assert all(np.isfinite(value) for value in found.metrics.values())


def test_report_without_a_folder_repeats_itself_from_its_generator():
    net, parts = MLP(36, 6, 2), splits(120)
    w, budget = train(parts, net, 20, np.random.default_rng(0)), Budget(updates=5, width=4, folds=2, probed=60)
    first, again = (
        deep_report(net, w, parts, train, (6, 6), "ab", None, np.random.default_rng(1), budget) for _ in "ab"
    )
    assert first.pictures == {}
    assert first.metrics == again.metrics
    assert first.texts == again.texts


def test_report_refuses_a_shape_that_is_not_the_pictures():
    net, w = random_mlp(36, 8, 2)
    for shape, says in (((5, 5), "have 25 values"), ((36,), "have 36 values"), ((2, 18), "4 pixels a side")):
        with pytest.raises(ValueError, match=says):
            deep_report(net, w, splits(), train, shape, "ab", None, np.random.default_rng(0))


def test_report_refuses_a_handful_of_examples():
    net, w = random_mlp(36, 8, 2)
    few = splits(36)
    with pytest.raises(ValueError, match="at least 10"):
        deep_report(net, w, few, train, (6, 6), "ab", None, np.random.default_rng(0))


def test_a_network_of_windows_is_reported_too(tmp_path):
    rng = np.random.default_rng(0)
    x, t = rng.random((60, 64), np.float32), np.arange(60) % 2
    parts, net = Splits(x[:30], t[:30], x[30:45], t[30:45], x[45:], t[45:]), ConvNet((8, 8), 16, 2)
    budget = Budget(updates=3, width=4, folds=2, probed=30, mapped=15)
    found = deep_report(net, net.init(rng), parts, train, (8, 8), "ab", tmp_path, rng, budget)
    assert {"pass.png", "kernels.png"} <= set(found.pictures)
    # its first weights do not meet the pixels one by one, though its last meet as many numbers as there are pixels
    assert "sensitive_first_layer.png" not in found.pictures


def test_relu_is_called_by_its_name():
    x, t = bars(1)
    net = Sequential(Linear(36, 2), relu)
    assert [stop.name for stop in one_pass(net, net.init(np.random.default_rng(0)), x[0], int(t[0]))][-1] == "relu"
