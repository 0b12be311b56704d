"""Pictures of clusters: who is shown as typical and as doubtful, whatever the examples are and however few."""

import numpy as np
import pytest

from core import MLP
from core.lab.learner import Report
from unsupervised.clustering.plots import MEMBERS, draw, flat_map, last_hidden, members


def report():
    return Report({"silhouette": 0.0}, "silhouette", 0.0, 1.0, "nothing")


def test_members_are_the_surest_and_the_least_sure_and_none_is_both():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(4), 300)
    p[:, 3] = 0  # a cluster that nobody is in
    for k, sure, unsure in members(p):
        own = np.sort(p[p.argmax(1) == k, k])
        assert p[sure, k].tolist() == own[::-1][:MEMBERS].tolist()
        assert p[unsure, k].tolist() == own[:MEMBERS][::-1].tolist()
    assert [k for k, _, _ in members(p)] == [0, 1, 2]
    few = members(np.eye(3)[[0, 0, 0, 1, 2, 2]])
    assert [(len(sure), len(unsure)) for _, sure, unsure in few] == [(2, 1), (1, 0), (1, 1)]


def test_the_map_keeps_blobs_apart():
    rng = np.random.default_rng(0)
    for n in (90, 120):
        t = np.arange(n) % 3
        places = flat_map(rng.standard_normal((n, 6)) + 20 * np.eye(3, 6)[t])
        middles = np.stack([places[t == k].mean(0) for k in range(3)])
        assert (((places[:, None] - middles) ** 2).sum(-1).argmin(1) == t).all()
    for few in (rng.standard_normal((5, 1)), rng.standard_normal((1, 7)), np.ones((20, 4)), np.ones((120, 4))):
        assert flat_map(few).shape == (len(few), 2)  # a column, an example, all in one point
        assert np.isfinite(flat_map(few)).all()


def test_what_lies_before_the_last_layer():
    net = MLP(3, 5, 4, 2)
    w = net.init(np.random.default_rng(0))
    x = np.random.default_rng(1).standard_normal((7, 3)).astype(np.float32)
    W, b = net.views(w)["4.weight"], net.views(w)["4.bias"]
    assert np.allclose(last_hidden(net, w)(x) @ W + b, net(x, w)[0], atol=1e-6)


@pytest.mark.parametrize("labels", [True, False])
@pytest.mark.parametrize("kind", ["pictures", "numbers", "drawn"])
def test_each_kind_of_example_is_shown(tmp_path, kind, labels):
    rng = np.random.default_rng(0)
    I = {"pictures": 16, "numbers": 3, "drawn": 6}[kind]
    x, p = rng.random((20, I)).astype(np.float32), rng.dirichlet(np.ones(3), 20)
    t = np.arange(20) % 2 if labels else np.empty(0, int)
    counts = np.ones((3, 2), int) if labels else None
    show = (lambda example: example.reshape(2, 3)) if kind == "drawn" else None
    made = report()
    draw(made, tmp_path, p, x, t, counts, None, None, None, show)
    assert {path.name for path in tmp_path.iterdir()} == set(made.pictures)
    assert ("matrix.png" in made.pictures) == labels
    if kind == "numbers":
        text = made.texts["Members of each cluster"]
        assert text.count("cluster ") == len(set(p.argmax(1).tolist()))
        assert f"{x[p[:, 0].argmax(), 0]:.3g}" in text
    else:
        assert "clusters.png" in made.pictures
