"""The task `shakespeare`: its configuration, the division of the text, and what a short run reaches on it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from places import DATA, REPOSITORY

from core.gradcheck import directional_error
from core.lab.data.registry import Data
from core.lab.data.splits import Text
from core.lab.runs.tasks import configure, find, preset
from unsupervised.tasks.shakespeare import PRESETS, Config, make

ROOT = DATA
FILE = ROOT / "tiny-shakespeare" / "input.txt"
TASK = str(REPOSITORY / "unsupervised" / "tasks" / "shakespeare.py")
needs_data = pytest.mark.skipif(not FILE.exists(), reason="Tiny Shakespeare is not there")
LINES = ["To be, or not to be,\n", "That is the question.\n", "Whether 'tis nobler\n", "in the mind to suffer\n"]
PLAY = "".join(LINES[i] for i in np.random.default_rng(0).integers(0, 4, 300))
PARTS = Text(PLAY[:5000], PLAY[5000:5400], PLAY[5400:])


def build(data=lambda name: PARTS, **options):
    return make(Config(**options), np.random.default_rng(0), data)


def test_presets_fit():
    task = find(TASK, "unsupervised")
    for name in ("quick", "default", "best"):
        assert configure(task, preset(task, name)) == task.module.Config(**PRESETS.get(name, {}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("context", 0),
        ("embedding", 0),
        ("bits", 0),
        ("row", 0),
        ("hidden", -1),
        ("depth", 0),
        ("batch", 0),
        ("updates", 0),
        ("lr", 0.0),
        ("lr", math.nan),
        ("dropout", 1.0),
        ("token_dropout", -0.1),
        ("token_dropout", math.nan),
        ("context_dropout", 1.1),
        ("context_dropout", math.nan),
        ("weight_decay", -1.0),
        ("weight_decay", math.nan),
        ("longest", -1),
        ("again", -1),
    ],
)
def test_nonsense_is_refused_by_name(field, value):
    with pytest.raises(ValueError, match=f"^{field} must"):
        Config(**{field: value})


def test_configuration_reaches_the_network():
    one = build(context=7, embedding=3, longest=4, bits=5, row=2, hidden=11, depth=2, updates=2, again=1, batch=10)
    V = len(one.vocabulary)
    tables, linears = [(V, 3), (3 * 32, 2), (4 * 32, 2)], [(7 * 3 + (3 + 4) * 2, 11), (11, 11), (11, V)]
    assert [shape for shape in one.net.layout.values() if len(shape) == 2] == tables + linears
    assert one.update()["examples"] == 30


def test_gradient_is_the_true_one():
    one, rng = build(bits=6, hidden=9), np.random.default_rng(0)
    w = one.w.astype(np.float64) + 0.1 * rng.standard_normal(one.w.shape)
    g, batch = np.full_like(w, np.nan), one.sample(rng, 9)
    one.loss(w, batch, g, np.random.default_rng(7))
    assert directional_error(lambda u: one.loss(u, batch, rng=np.random.default_rng(7)), w, g, rng) < 1e-6


def test_a_play_of_four_lines_is_learnt_and_counts_help_where_the_network_stops_early(tmp_path):
    one = build(bits=8, hidden=32, updates=60, again=20, batch=64)
    while one.progress < 1:
        one.update()
    report = one.report(one.w, tmp_path)
    assert report.metrics["test_nats"] < 0.6
    assert report.metrics["test_nats_with_counts"] < min(report.metrics["test_nats"], report.reference) + 0.01
    assert len(one.predictor.generate(one.w, "To be, ", 30)) == 30


@needs_data
def test_the_first_nine_tenths_teach_and_the_rest_asks(monkeypatch):
    raw = FILE.read_bytes().decode()
    one = make(Config(updates=1), np.random.default_rng(0), Data(ROOT))
    assert "".join(one.text) == raw
    assert one.text.train + one.text.val == raw[:1_003_854]
    assert len(one.text.test) == 111_540
    assert len(one.text.val) == 1_003_854 - 1_003_854 * 19 // 20
    assert len(one.vocabulary) == 65 + 1 - sum(one.text.train.count(c) < 2 for c in set(raw))


@needs_data
def test_a_short_run_beats_the_trigram_on_the_plays():
    one = make(Config(updates=200, again=0, hidden=96, embedding=16, lr=0.01), np.random.default_rng(0), Data(ROOT))
    while one.progress < 1:
        one.update()
    assert one.evaluate()["val_nats"] < 2.0  # a trigram has 2.04
