"""The translator: its layer, its gradient, and a small language that it has to learn and to put together anew."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from core import Adam
from core.gradcheck import directional_error, layer_errors
from core.lab.text.sentences import Pairs
from supervised.tasks.translate import PRESETS, Config
from supervised.translation.alignment import agreement, power, unit
from supervised.translation.embedding_bag import EmbeddingBag, features, padded
from supervised.translation.evaluate import TranslationExam
from supervised.translation.model import LANGUAGES
from supervised.translation.translator import Translator, next_pieces

RNG = np.random.default_rng

# The bag.


def test_bag_is_the_scaled_sum_of_rows():
    bag = EmbeddingBag(5, 2)
    W = np.arange(10.0).reshape(5, 2)
    y, back = bag(np.array([[1, 3, 3, 0], [4, 0, 0, 0], [0, 0, 0, 0]]), W.ravel())
    assert y == pytest.approx(np.array([(W[1] + 2 * W[3]) / math.sqrt(3), W[4], [0, 0]]))
    g = np.full(10, np.nan)
    back(np.array([[1.0, 2], [3, 4], [5, 6]]), g)
    r = 1 / math.sqrt(3)
    assert g.reshape(5, 2) == pytest.approx(np.array([[0, 0], [r, 2 * r], [0, 0], [2 * r, 4 * r], [3, 4]]))
    back(np.array([[1.0, 2], [3, 4], [5, 6]]), g, add=True)
    assert g[2] == pytest.approx(2 * r)
    with pytest.raises(ValueError, match="no gradient"):
        back(y, dx=True)


@pytest.mark.parametrize("seed", [None, 3])
def test_bag_has_the_true_gradient(seed):
    x = RNG(0).integers(0, 7, (6, 5)).astype(np.uint16)
    assert layer_errors(EmbeddingBag(7, 3, 0.4), x, RNG(1), seed)["w"] < 1e-6


def test_bag_refuses_what_is_no_id():
    bag = EmbeddingBag(5, 2)
    w = bag.init(RNG(0))
    for x in (np.array([[5]]), np.array([[-1]])):
        with pytest.raises(ValueError, match="ids from 0 to 4"):
            bag(x, w)
    for x in (np.array([[0.5]]), np.array([1])):
        with pytest.raises(ValueError, match="integer ids"):
            bag(x, w)


def test_features_do_not_depend_on_the_run_and_hold_the_order_of_words():
    one, two, upper = features(["dog bites man", "man bites dog", "Dog bites MAN"], 4096)
    assert sorted(one) != sorted(two)
    assert one.tolist() == upper.tolist()
    assert one.max() < 4096
    assert one[0] == 3266  # CRC-32 of "dog", modulo 4095, plus 1: the same on every machine
    assert features([""], 4096).shape == (1, 1)  # the border beside the border
    assert padded([[1, 2], [], [3]], np.uint8).tolist() == [[1, 2], [0, 0], [3, 0]]


# The code and the losses.


def test_unit_codes_have_one_length_and_no_mean_direction():
    a = RNG(0).standard_normal((6, 4)) + 10
    z, back = unit(a)
    assert (z * z).sum(1) == pytest.approx(np.full(6, 4.0), rel=1e-5)
    assert unit(a, a.mean(0))[0] == pytest.approx(z)
    dz = RNG(1).standard_normal(z.shape)
    assert directional_error(lambda u: float((unit(u)[0] * dz).sum()), a, back(dz), RNG(2)) < 1e-6
    centre = RNG(3).standard_normal(4)
    _, back = unit(a, centre)
    assert directional_error(lambda u: float((unit(u, centre)[0] * dz).sum()), a, back(dz), RNG(2)) < 1e-6


def test_agreement_is_the_mean_of_both_directions():
    z, v = unit(RNG(0).standard_normal((5, 3)))[0], unit(RNG(1).standard_normal((5, 3)))[0]
    loss, dz, dv = agreement(z, v, 0.3)
    S = [[float(z[i] @ v[j]) / 3 / 0.3 for j in range(5)] for i in range(5)]
    rows = [-S[i][i] + math.log(sum(math.exp(S[i][j]) for j in range(5))) for i in range(5)]
    columns = [-S[i][i] + math.log(sum(math.exp(S[j][i]) for j in range(5))) for i in range(5)]
    assert loss == pytest.approx(sum(rows + columns) / 10)
    assert directional_error(lambda u: agreement(u, v, 0.3)[0], z, dz, RNG(2)) < 1e-6
    assert directional_error(lambda u: agreement(z, u, 0.3)[0], v, dv, RNG(2)) < 1e-6


def test_next_pieces_are_all_places_and_the_end():
    x, t, row = next_pieces(np.array([[5, 6, 0], [7, 0, 0]]), 2)
    assert x.tolist() == [[0, 0], [0, 5], [5, 6], [0, 0], [0, 7]]
    assert t.tolist() == [5, 6, 0, 7, 0]
    assert row.tolist() == [0, 0, 0, 1, 1]


def test_both_languages_stand_side_by_side_in_w():
    one = build()
    assert [*one.net.layout][:3] == ["english.encode.0.table", "english.encode.1.weight", "english.encode.1.bias"]
    views = one.predictor.views(one.w)
    assert [*views] == [f"{k}.{part}" for k in ("english", "french") for part in ("encode", "read", "think", "write")]
    assert sum(view.size for view in views.values()) == one.w.size
    assert all(np.shares_memory(view, one.w) and (view != 0).any() for view in views.values())
    with pytest.raises(ValueError, match=r"one by one: english\.encode, english\.read"):
        one.net(np.zeros((1, 1)), one.w)


# A language.

ADJECTIVES = {"red": "rouge", "small": "petit", "old": "vieux", "green": "vert", "young": "jeune"}
NOUNS = {"cat": "chat", "dog": "chien", "bird": "oiseau", "horse": "cheval", "mouse": "rat", "wolf": "loup"}
VERBS = {"sleeps": "dort", "runs": "court", "sings": "chante", "eats": "mange", "sees": "voit"}


def small_language():
    """150 sentences; in French the adjective comes after the noun."""
    rows = [
        (f"The {a} {n} {v}.", f"Le {NOUNS[n]} {ADJECTIVES[a]} {VERBS[v]} !")
        for a, n, v in product(ADJECTIVES, NOUNS, VERBS)
    ]
    rows = [rows[i] for i in RNG(0).permutation(len(rows))]
    return Pairs(rows[:120], rows[120:135], rows[135:])


def build(updates=400, seed=0, pairs=None, **options):
    pairs = pairs or small_language()
    options = {"bag": 24, "code": 24, "window": 6, "embedding": 12, "hidden": 48, "beam": 4, **options}
    options = {"features": 512, "pieces": 80, "drop": 0.0, "updates": updates, "batch": 32, **options}
    return Translator(pairs, Adam(0.01), RNG(seed), exam=TranslationExam(pairs), **options)


@pytest.fixture(scope="module")
def learnt():
    one = build()
    while one.progress < 1:
        one.update()
    return one


def test_it_translates_sentences_that_it_has_not_seen(learnt):
    test = learnt.pairs.test
    said = learnt.model(learnt.w).translate([a for a, _ in test])
    assert np.mean([a == b for a, (_, b) in zip(said, test, strict=True)]) >= 0.8
    report = learnt.report(learnt.w, None)
    assert report.metrics["test_chrf"] > max(0.9, report.baselines["nearest neighbour"])
    assert report.metrics["test_retrieval"] >= 0.9
    assert report.metrics["test_retrieval_back"] >= 0.9
    assert 0.2 <= report.metrics["test_language_told"] <= 0.8
    assert report.metrics["test_language_told_raw"] >= 0.9
    assert report.metrics["test_written_in_training"] <= 0.2
    assert report.chance < 0.7
    assert "The" in report.texts["Translations of the test part"]


def test_both_languages_are_written_out_of_either_code(learnt):
    model = learnt.model(learnt.w)
    english, french = (list(side) for side in zip(*learnt.pairs.train[:40], strict=True))
    for source, sentences in (("english", english), ("french", french)):
        z = model.encode(source, sentences)
        for target, wanted in (("english", english), ("french", french)):
            assert np.mean([a == b for a, b in zip(model.write(target, z), wanted, strict=True)]) >= 0.9


@pytest.fixture
def unsure(learnt):
    """Weights with noise, so that beginnings compete, and the codes of some sentences."""
    w = learnt.w + RNG(0).standard_normal(learnt.w.shape).astype(np.float32) * 0.4
    model = learnt.model(w)
    z = model.encode("english", [a for a, _ in learnt.pairs.val])

    def write(beam, reread):
        return replace(model, config=replace(model.config, beam=beam, reread=reread)).write("french", z)

    return model, z, write


def log_p(model, z, sentence):
    """Of a French sentence, a piece, as the decoder sees it, one piece after the other."""
    ids, T = [*model.pieces[1].encode(sentence), 0], model.config.window
    line, total = [0] * T + ids, 0.0
    for i, piece in enumerate(ids):
        h = model.call("french.read", np.array([line[i : i + T]])) + model.call("french.think", z[None])
        y = model.call("french.write", h)[0].astype(float)
        total += y[piece] - np.log(np.exp(y - y.max()).sum()) - y.max()
    return total / len(ids)


def test_a_beam_finds_likelier_sentences(unsure):
    model, z, write = unsure
    greedy, wide = write(1, 0.0), write(6, 0.0)
    assert greedy != wide
    assert np.mean([log_p(model, z[k], s) for k, s in enumerate(wide)]) > np.mean(
        [log_p(model, z[k], s) for k, s in enumerate(greedy)]
    )


def test_what_is_written_is_read_again(unsure):
    model, z, write = unsure

    def cosine(said):
        return float((model.encode("french", said) * z).mean())

    assert cosine(write(6, 100.0)) > cosine(write(6, 0.0))


def test_codes_of_both_languages_have_one_mean_and_one_spread(learnt):
    w = learnt.w + RNG(0).standard_normal(learnt.w.shape).astype(np.float32) * 0.1
    model = learnt.model(w)
    z, v = (model.encode(k, side) for k, side in zip(LANGUAGES, zip(*learnt.pairs.train, strict=True), strict=True))
    unturned = {k: f._replace(turn=np.eye(len(f.turn), dtype=np.float32)) for k, f in model.frames.items()}
    u = replace(model, frames=unturned).encode("french", [b for _, b in learnt.pairs.train])
    assert np.linalg.norm(np.cov(v.T) - np.cov(z.T)) < 0.5 * np.linalg.norm(np.cov(u.T) - np.cov(z.T))


def test_a_power_of_a_matrix():
    A = RNG(0).standard_normal((6, 4))
    C = A.T @ A
    assert power(C, 0.5) @ power(C, 0.5) == pytest.approx(C)
    assert power(C, -0.5) @ C @ power(C, -0.5) == pytest.approx(np.eye(4))
    assert np.isfinite(power(np.diag([1.0, 0.0]), -0.5)).all()


def test_a_text_is_translated_line_by_line(learnt):
    english, french = learnt.pairs.train[0]
    said = learnt.predict(learnt.w, f"{english}\n\n{english}\n")
    assert said == f"{french}\n\n{french}"
    assert learnt.predict(learnt.w, "") == ""
    assert learnt.predict(learnt.w, learnt.sample(RNG(0), 3).english).shape == (3,)
    assert learnt.predict(learnt.w, "Ωδ\u202e? 日本").count("\n") == 0


def test_first_loss_is_that_of_guessing():
    one = build()
    batch = one.sample(RNG(0), 32)
    V = len(one.pieces[0]), len(one.pieces[1])
    writing = build(contrast=0.0).loss(one.w, batch)
    assert writing == pytest.approx((math.log(V[0]) + math.log(V[1])) / 2, rel=0.05)


@pytest.mark.parametrize("echo", [0.0, 0.5])
def test_loss_has_the_true_gradient(echo):
    one = build(echo=echo)
    batch = one.sample(RNG(0), 8)
    w = one.w.astype(np.float64) + 0.05 * RNG(1).standard_normal(one.w.shape)
    g = np.full_like(w, np.nan)
    one.loss(w, batch, g)
    errors = sorted(directional_error(lambda u: one.loss(u, batch), w, g, RNG(k)) for k in range(3))
    assert errors[1] < 1e-6


def test_stopped_and_resumed_equals_never_stopped():
    whole, stopped = build(), build()
    for _ in range(4):
        whole.update()
    for _ in range(2):
        stopped.update()
    resumed = build(seed=5)
    resumed.w[:] = stopped.w
    resumed.load(stopped.state())
    for _ in range(2):
        resumed.update()
    assert resumed.w.tobytes() == whole.w.tobytes()


def test_answers_are_counted_once():
    one = build(updates=20)
    answers = 0
    while one.progress < 1:
        answers += one.update()["answers"]
    assert answers == 120 - 120 % 32 + 15 or answers == 135


def test_too_few_pairs_are_refused():
    with pytest.raises(ValueError, match="at least 2 pairs each, not 120, 1, 15"):
        build(pairs=small_language()._replace(val=small_language().val[:1]))
    with pytest.raises(ValueError, match="pieces are too few"):
        build(pieces=10, window=4)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("longest", 0),
        ("drop", 1.0),
        ("echo", -0.1),
        ("contrast", -1.0),
        ("lr", math.nan),
        ("batch", 1),
        ("features", 1),
        ("beam", 0),
        ("reread", -1.0),
        ("pieces", 65537),
    ],
)
def test_nonsense_is_refused_by_name(field, value):
    with pytest.raises(ValueError, match=field):
        Config(**{field: value})


def test_presets_fit():
    for preset in PRESETS.values():
        Config(**preset)
