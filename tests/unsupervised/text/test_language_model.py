"""The language model: its vocabulary, its minibatches, its scores and its writing, against slow and obvious twins."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from core import Adam, AdamW, Sequential, cross_entropy, softmax
from core.gradcheck import directional_error
from core.lab.data.splits import Text, parts
from core.lab.text import window_model as characters
from core.lab.text.predictor import TextPredictor, facts_of, of_lines
from core.lab.text.sampling import gumbel
from core.lab.text.vocabulary import Vocabulary
from core.lab.text.window_model import window_net
from unsupervised.text import evaluate as evaluate_text, language_model as language
from unsupervised.text.language_model import Language, LanguageModel
from unsupervised.text.ngram_models import Counts, add_one, jelinek_mercer, kneser_ney_orders

WORDS = ["a cat", "the dog", "sees", "hears", "and", "then", "it rains", "nobody", "runs.\n", "sleeps.\n"]
TEXT = parts(" ".join(WORDS[i] for i in np.random.default_rng(0).integers(0, len(WORDS), 700)))


def learner(text=TEXT, seed=0, context=4, dropout=0.0, batch=32, updates=60, lr=0.01, depth=2, again=0):
    vocabulary = Vocabulary.of(text.train)
    net = Sequential(*window_net(len(vocabulary), context, 6, 16, depth, dropout))
    predictor = TextPredictor(net, vocabulary, context, facts_of(text.train, context)["before"])
    counts = {"context": context, "batch": batch, "updates": updates, "again": again}
    return LanguageModel(text, predictor, AdamW(lr, net.layout, 0.01), np.random.default_rng(seed), **counts)


def trained(**options):
    one = learner(**options)
    while one.progress < 1:
        one.update()
    return one


def test_the_former_way_to_make_one_learns_and_writes_the_same():
    vocabulary = Vocabulary.of(TEXT.train)
    layers = window_net(len(vocabulary), 4, 6, 16, 2)
    optimizer = AdamW(0.01, Sequential(*layers).layout, 0.01)
    with pytest.warns(FutureWarning, match=r"LanguageModel\(text, predictor, \.\.\.\)"):
        one = Language(TEXT, vocabulary, layers, optimizer, np.random.default_rng(0), context=4, batch=32, updates=60)
    other = learner()
    assert isinstance(one, LanguageModel)
    assert one.update() == other.update()
    assert one.w.tobytes() == other.w.tobytes()
    assert one.predict(one.w, "the ") == one.predictor.predict(one.w, "the ") == other.predict(other.w, "the ")
    assert one.generate(one.w, "the ", 9) == other.predictor.generate(other.w, "the ", 9)
    assert not hasattr(one, "no_such_name")


def test_the_former_way_takes_what_a_position_sees():
    text = parts("\n".join(["anna", "bob", "anna", "otto"] * 30) + "\n")
    vocabulary = Vocabulary.of(text.train)
    own, layers = of_lines(vocabulary), window_net(len(vocabulary), 4, 6, 16, 1)
    with pytest.warns(FutureWarning):
        one = Language(
            text, vocabulary, layers, Adam(0.01), np.random.default_rng(0), context=4, begin=str.lower, batch=8, **own
        )
    assert one.windows.tolist() == own["windows"](one.train[:0], one.train, 5).tolist()
    assert (one.predictor.slide, one.predictor.boundary, one.predictor.begin("A")) == (
        own["slide"],
        own["boundary"],
        "a",
    )


# Learning


def test_first_loss_is_that_of_guessing():
    one = learner()
    assert one.loss(one.w, one.sample(np.random.default_rng(0), 500)) == pytest.approx(
        math.log(len(one.vocabulary)), abs=0.03
    )


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_gradient_is_the_true_one(depth):
    one, rng = learner(depth=depth, dropout=0.3), np.random.default_rng(0)
    w = one.w.astype(np.float64) + 0.1 * rng.standard_normal(one.w.shape)
    g, batch = np.full_like(w, np.nan), one.sample(rng, 9)
    one.loss(w, batch, g, np.random.default_rng(7))
    assert directional_error(lambda u: one.loss(u, batch, rng=np.random.default_rng(7)), w, g, rng) < 1e-6


def test_gradient_at_the_output_is_p_minus_the_next_character():
    one = learner()
    x, t = one.sample(np.random.default_rng(0), 5)
    y, _ = one.net(x, one.w)
    _, dy = cross_entropy(y, t)
    onehot = np.eye(len(one.vocabulary))[t]
    np.testing.assert_allclose(dy, (softmax(y) - onehot) / 5, atol=1e-6)


def test_one_batch_is_learnt_by_heart():
    one, optimizer = learner(), Adam(0.01)
    batch, g = one.sample(np.random.default_rng(0), 16), np.zeros_like(one.w)
    for _ in range(400):
        loss = one.loss(one.w, batch, g)
        optimizer.step(one.w, g)
    x, t = batch
    meant = {
        tuple(row): [c for other, c in zip(x.tolist(), t.tolist(), strict=True) if other == row] for row in x.tolist()
    }
    least = (
        sum(
            -math.log(meant[tuple(row)].count(c) / len(meant[tuple(row)]))
            for row, c in zip(x.tolist(), t.tolist(), strict=True)
        )
        / 16
    )
    assert loss < least + 0.02


def test_a_text_that_repeats_is_learnt():
    one = trained(text=parts("0123456789" * 60), updates=200)
    assert one.evaluate()["val_nats"] < 0.01
    assert one.predictor.generate(one.w, "2345", 25, 0.0) == "6789012345678901234567890"


def test_each_epoch_visits_every_position_once_in_another_order():
    one = learner(batch=32, updates=999)
    n = len(one.train) - one.context
    epochs = []
    for _ in range(2):
        rows = []
        for _ in range(n // 32):
            x, t = one._draw()
            one.count += 1
            rows += [(*row, c) for row, c in zip(x.tolist(), t.tolist(), strict=True)]
        epochs.append(rows)
    every = Counter(tuple(one.train[i : i + 5].tolist()) for i in range(n))
    for rows in epochs:
        assert len(rows) == n - n % 32
        assert not Counter(rows) - every
    assert epochs[0] != epochs[1]


def test_a_text_of_fewer_positions_than_a_minibatch_is_used_whole():
    one = learner(text=parts("abcabcabcabcabcabcab"), context=3, batch=64, updates=3)
    logs = one.update()
    assert logs["examples"] == 3 * (len(one.train) - 3)
    assert one.progress == 1


def test_examples_are_the_characters_predicted_and_nobody_answers():
    one = learner(updates=50, batch=10)
    logs = [one.update() for _ in range(3)]
    assert [row["examples"] for row in logs] == [200, 200, 100]
    assert {row["answers"] for row in logs} == {0}
    assert one.progress == 1


@pytest.mark.parametrize("updates", [1, 3, 8])  # within the first epoch, and in later ones: one has 6 calls
def test_resumed_equals_never_stopped(updates):
    def fresh():
        return learner(dropout=0.2, updates=240)

    whole, stopped, resumed = fresh(), fresh(), fresh()
    for _ in range(updates):
        whole.update()
        stopped.update()
    saved = {name: array.copy() for name, array in stopped.state().items()}
    resumed.w[:] = stopped.w
    resumed.load(saved)
    for _ in range(4):
        assert resumed.update() == whole.update()
    assert resumed.w.tobytes() == whole.w.tobytes()
    assert {k: v.tobytes() for k, v in resumed.state().items()} == {k: v.tobytes() for k, v in whole.state().items()}


def test_the_validation_part_joins_when_it_has_served():
    one = learner(updates=50, again=190)
    for _ in range(3):  # 60 minibatches: the border lies within the third call
        one.update()
    plain = trained(updates=50)
    np.testing.assert_array_equal(one.noted, plain.log_probs(plain.w, plain.held_out))  # before it was learnt from
    both = np.concatenate([one.train, one.val])
    np.testing.assert_array_equal(one.windows, evaluate_text.windows(both[:0], both, 5))
    assert sorted(one.order.tolist()) == list(range(len(both) - 4))
    assert one.progress == pytest.approx(60 / 240)
    assert one.rate == pytest.approx(language.AGAIN * language.SCHEDULE(10 / 190))
    while one.progress < 1:
        one.update()
    report = one.report(one.w, None)
    assert report.metrics["val_nats"] == pytest.approx(plain.report(plain.w, None).metrics["val_nats"])
    assert one.evaluate()["val_nats"] < report.metrics["val_nats"]
    assert report.metrics["test_nats"] < plain.report(plain.w, None).metrics["test_nats"] + 0.05


@pytest.mark.parametrize("calls", [2, 3, 4])  # before, at and after the border
def test_resumed_equals_never_stopped_across_the_border(calls):
    def fresh():
        return learner(dropout=0.2, updates=60, again=60)

    whole, resumed = fresh(), fresh()
    for _ in range(calls):
        whole.update()
    resumed.w[:] = whole.w
    resumed.load({name: array.copy() for name, array in whole.state().items()})
    while whole.progress < 1:
        assert resumed.update() == whole.update()
    assert resumed.w.tobytes() == whole.w.tobytes()
    assert {k: v.tobytes() for k, v in resumed.state().items()} == {k: v.tobytes() for k, v in whole.state().items()}


def test_same_seed_same_bytes_and_another_seed_others():
    a, b, c = (learner(seed=s, dropout=0.1) for s in (0, 0, 1))
    for one in (a, b, c):
        one.update()
    assert a.w.tobytes() == b.w.tobytes() != c.w.tobytes()


def test_evaluate_report_and_writing_change_nothing(tmp_path):
    one, other = learner(dropout=0.2), learner(dropout=0.2)
    one.update()
    other.update()
    assert one.evaluate() == one.evaluate()
    one.report(one.w, tmp_path)
    one.predict(one.w, "the")
    assert one.update() == other.update()
    assert one.w.tobytes() == other.w.tobytes()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (Text("abab", "a", "b"), "a context of 4 .* 4, 1, 1"),
        (Text("abababab", "", "b"), "8, 0, 1"),
        (Text("abababab", "a", ""), "8, 1, 0"),
        (Text("", "", ""), "0, 0, 0"),
        (Text("abcdefgh", "a", "b"), "no character twice"),
    ],
)
def test_texts_that_cannot_be_learnt_from_are_refused(text, message):
    with pytest.raises(ValueError, match=message) as raised:
        learner(text=text)
    assert "\n" not in str(raised.value)


# Scores


def test_windows_have_each_position_last_and_look_back_into_the_part_before():
    windows = evaluate_text.windows(np.arange(10), np.arange(10, 14), 4)
    assert windows.tolist() == [[7, 8, 9, 10], [8, 9, 10, 11], [9, 10, 11, 12], [10, 11, 12, 13]]
    assert evaluate_text.spread(windows, 2)[:, -1].tolist() == [10, 13]
    assert evaluate_text.spread(windows, 9) is windows


def test_what_a_position_sees_is_for_the_windows_to_say():
    def lonely(before, ids, width):
        """Each position sees nothing but the character right before it."""
        grams = np.zeros((len(ids), width), ids.dtype)
        grams[:, -1], grams[1:, -2] = ids, ids[:-1]
        return grams

    vocabulary = Vocabulary.of(TEXT.train)
    predictor = TextPredictor(Sequential(*window_net(len(vocabulary), 4, 6, 16, 1)), vocabulary, 4, "", windows=lonely)
    one = LanguageModel(TEXT, predictor, Adam(0.01), np.random.default_rng(0), context=4, batch=16, updates=20)
    assert one.windows.tolist() == lonely(None, one.train, 5).tolist()
    assert one.held_out.tolist() == lonely(None, one.val, 5).tolist()
    x, _ = one._draw()
    assert not x[:, :-1].any()


def test_nats_do_not_depend_on_chunks(monkeypatch):
    grams = np.random.default_rng(0).random((100, 3))
    monkeypatch.setattr(evaluate_text, "CHUNK", 7)
    assert evaluate_text.in_chunks(lambda g: np.log(g[:, -1]), grams) == pytest.approx(np.log(grams[:, -1]))


def test_network_gives_probabilities_that_sum_to_one():
    one = trained()
    V = len(one.vocabulary)
    contexts = one.windows[:20, :-1]
    grams = np.concatenate([np.repeat(contexts, V, 0), np.tile(np.arange(V), 20)[:, None]], 1)
    np.testing.assert_allclose(np.exp(one.log_prob(one.w, grams)).reshape(20, V).sum(1), 1, rtol=1e-5)


def test_report_scores_every_position_of_the_test_part(tmp_path):
    text = Text(TEXT.train, TEXT.val, TEXT.test + "?")  # a character that training lacks
    one = trained(text=text)
    report = one.report(one.w, tmp_path)
    ids = one.vocabulary.encode("".join(text))
    start, total = len(text.train) + len(text.val), 0.0
    for i in range(start, len(ids)):
        y, _ = one.net(ids[i - one.context : i], one.w)
        total -= math.log(softmax(y)[ids[i]])
    assert report.metrics["test_nats"] == pytest.approx(total / len(text.test), rel=1e-5)
    assert report.metrics["test_bits"] == pytest.approx(report.metrics["test_nats"] / math.log(2))
    assert report.metrics["unknown_share"] == pytest.approx(1 / len(text.test))
    assert report.chance == pytest.approx(math.log(len(one.vocabulary)))
    assert list(report.baselines) == ["unigram", "bigram", "trigram"]
    assert report.reference < report.baselines["trigram"] < report.baselines["bigram"] < report.baselines["unigram"]
    assert report.score()["scaled"] > 0
    assert report.reference_name.startswith("modified Kneser-Ney, ")
    assert [path.name for path in tmp_path.iterdir()] == list(report.pictures) == ["text_nats.png"]
    assert one.report(one.w, None).pictures == {}


def test_counting_learns_from_the_training_part_and_chooses_on_the_validation_part():
    one = learner()
    report = one.report(one.w, None)
    train, val, test = (one.vocabulary.encode(part) for part in TEXT)
    counts = Counts(train, len(one.vocabulary), evaluate_text.ORDER)
    ids, n = np.concatenate([train, val, test]), evaluate_text.ORDER
    every = np.array([ids[i - n + 1 : i + 1] for i in range(len(train), len(ids))])
    val_grams, test_grams = every[: len(val)], every[len(val) :]
    assert report.baselines["unigram"] == pytest.approx(-add_one(counts, 1)(test_grams).mean())
    assert report.baselines["bigram"] == pytest.approx(-add_one(counts, 2)(test_grams).mean())
    assert report.baselines["trigram"] == pytest.approx(
        -jelinek_mercer(counts, 3, val_grams)(test_grams).mean(), rel=1e-9
    )
    order = int(kneser_ney_orders(counts)(val_grams).mean(0).argmax()) + 1
    assert report.reference == pytest.approx(-kneser_ney_orders(counts)(test_grams).mean(0)[order - 1])
    assert report.reference_name == f"modified Kneser-Ney, {order}-grams"


def test_texts_of_a_report_are_fit_for_a_screen():
    text = parts("\x1bcab\x07\n" * 80)
    one = trained(text=text)
    assert "\x1b" in one.predictor.generate(one.w, "", 50, 0.0)
    _, *shown = one.report(one.w, None).texts.values()
    assert set("".join(shown)) <= set("abc\n")


# Writing


def slow(one, w, prompt, length, temperature, top_k, rng):
    """Each character from the whole network on its context."""
    line = one.text.train.rfind("\n") + 1
    ids = one.vocabulary.encode(one.text.train[:line] + prompt).tolist()
    for _ in range(length):
        y = one.net(np.array(ids[-one.context :]), w)[0].astype(np.float64)
        y[0] = -np.inf
        for i in np.argsort(-y)[top_k:] if top_k else ():
            y[i] = -np.inf
        ids.append(int(np.argmax(y if temperature == 0 else y + temperature * gumbel(rng, y.shape))))
    return one.vocabulary.decode(ids[-length:])


@pytest.mark.parametrize("prompt", ["", "a", "the dog", "the ? dog hears and then it", "日本"])
@pytest.mark.parametrize(("temperature", "top_k"), [(0.0, 0), (1.0, 0), (0.6, 3)])
def test_writing_is_its_slow_twin(prompt, temperature, top_k):
    one = trained(depth=3)
    w = one.w.astype(np.float64)
    fast = one.predictor.generate(w, prompt, 60, temperature, top_k, np.random.default_rng(5))
    assert fast == slow(one, w, prompt, 60, temperature, top_k, np.random.default_rng(5))
    assert len(fast) == 60


def test_unknown_symbol_is_never_written():
    one = trained(text=parts("ab" * 30 + "".join(map(chr, range(0x4E00, 0x4E80))) + "ab" * 60), updates=20)
    assert (one.train == 0).mean() > 0.2
    assert set(one.predictor.generate(one.w, "ab", 300, 2.0, rng=np.random.default_rng(0))) <= {"a", "b"}


def test_draws_follow_the_softmax_at_the_temperature():
    one, rng, n = trained(), np.random.default_rng(0), 3000
    y = one.net(one.vocabulary.encode("the "), one.w)[0].astype(np.float64)
    y[0] = -np.inf
    p = softmax(y / 1.5)
    drawn = Counter(one.predictor.texts(one.w, "the ", n, 1, 1.5, rng=rng))
    counts = np.array([drawn[one.vocabulary.decode([i])] for i in range(len(p))])
    assert (abs(counts - n * p) <= 5 * np.sqrt(n * p * (1 - p)) + 1e-9).all()


def test_the_most_probable_alone_is_greedy():
    one = trained()
    assert one.predictor.generate(one.w, "the", 40, 1.0, 1, np.random.default_rng(0)) == one.predictor.generate(
        one.w, "the", 40, 0.0
    )


def test_predict_goes_on_with_a_text_and_names_the_next_of_contexts():
    one = trained()
    said = one.predict(one.w, "the dog ")
    assert len(said) == 200
    assert said == one.predict(one.w, "the dog ")
    contexts = one.windows[:7, :-1]
    assert one.predict(one.w, contexts).tolist() == [int(one.net(c, one.w)[0].argmax()) for c in contexts]


# Forgetting


def test_forgetting_makes_ids_unknown_in_training_alone():
    x = np.random.default_rng(0).integers(1, 9, (20000, 6)).astype(np.uint8)
    layer, w = characters.TokenDropout(0.2, 0.0), np.empty(0, np.float32)
    assert layer(x, w)[0] is x
    y, back = layer(x, w, np.random.default_rng(1))
    assert y.dtype == x.dtype
    assert ((y == x) | (y == 0)).all()
    np.testing.assert_allclose((y == 0).mean(0), 0.2, atol=0.02)
    assert back(y) is None


def test_contexts_are_cut_from_the_far_end():
    x = np.ones((20000, 5), np.int64)
    y, _ = characters.TokenDropout(0.0, 0.5)(x, np.empty(0, np.float32), np.random.default_rng(1))
    assert (np.diff(y, axis=1) >= 0).all()  # unknown first, then all that is known
    shares = np.bincount(y.sum(1), minlength=6) / len(y)
    np.testing.assert_allclose(shares, [0, 0, 1 / 6, 1 / 6, 1 / 6, 0.5], atol=0.02)
    one = characters.TokenDropout(0.0, 1.0)(x[:, :1], np.empty(0, np.float32), np.random.default_rng(1))[0]
    assert (one == 1).all()  # a single character is never cut off
