"""Tasks written before there were predictors call as they did, and get the learner that the new call gives."""

from types import SimpleNamespace

import numpy as np
import pytest
from toy_reviews import toy_reviews

from core import AdamW, Linear
from core.lab.audio.wav import Sound
from core.lab.data.splits import Splits, parts
from core.lab.problems import reviews
from core.lab.problems.review_writer import ReviewWriter, review_writer
from core.lab.problems.reviews import DECAY, RATE, ReviewExam
from core.lab.text.bpe import BytePairEncoding
from core.lab.text.window_model import window_net
from core.losses import cross_entropy
from reinforcement.games.rules import TIC_TAC_TOE
from reinforcement.games.task import BoardGame, learner as player, predictor_of
from reinforcement.text.kl_reinforce import RewardTunedWriter
from supervised.audio.spoken_words import SpokenWordClassifier, word_spectrum
from supervised.learner import Supervised
from supervised.metrics.classification import Classification
from supervised.text.guided_writer import GuidedWriter, guided_asker
from supervised.vision import conv_task, mlp_task
from supervised.vision.images import Images
from unsupervised.clustering.clusterer import Clusterer
from unsupervised.clustering.evaluate import Terms
from unsupervised.clustering.table_methods import METHODS, TableClusters, table_predictor
from unsupervised.generative.image_task import ImageModel, image_learner, image_predictor
from unsupervised.generative.speech import condition_means, speaker_model
from unsupervised.text.character_task import WindowModel, language, language_of_lines, predictor_of_lines
from unsupervised.text.review_model import FreeWriter

FORMER = pytest.warns(FutureWarning, match="is now")


def rng():
    return np.random.default_rng(0)


def rows(side=16, N=12):
    x, t = rng().random((N, side * side), np.float32), np.arange(N) % 2
    return Splits(x, t, x[:4], t[:4], x[:4], t[:4])


def same(old, new):
    """Both make the same first update."""
    assert type(old) is type(new)
    assert old.update() == new.update()
    assert old.w.tobytes() == new.w.tobytes()


@pytest.mark.parametrize(
    ("module", "config"),
    [
        (mlp_task, mlp_task.MLPConfig(hidden=(4,), updates=20, batch=4)),
        (conv_task, conv_task.ConvNetConfig(features=2, updates=20, batch=4)),
    ],
)
def test_a_classifier_of_images(module, config):
    splits, see = rows(), lambda photo: photo
    with FORMER:
        old = module.classifier(config, splits, (16, 16), ("a", "b"), rng(), see=see)
    new = module.classifier(config, splits, Images((16, 16), ("a", "b"), see), rng())
    assert old.predictor.see == new.predictor.see == see
    same(old, new)


def test_a_player():
    config = BoardGame(hidden=4, updates=2)
    with FORMER:
        old = player(config, TIC_TAC_TOE, None, rng())
    new = player(config, predictor_of(config, TIC_TAC_TOE), None, rng())
    assert old.w.tobytes() == new.w.tobytes()
    with FORMER:
        assert player(config, game=TIC_TAC_TOE, exam=None, rng=rng()).w.tobytes() == new.w.tobytes()


def test_a_model_of_pictures():
    config, see = ImageModel(hidden=4, depth=1, latent_dim=2, components=0, updates=2, batch=4), lambda photo: photo
    with FORMER:
        old = image_learner(config, rows(), rng(), see=see)
    assert old.predictor.see is see
    same(old, image_learner(config, rows(), rng(), image_predictor(config, 256, see)))


@pytest.mark.parametrize("method", METHODS)
def test_clusters_of_a_table(method):
    config, splits = TableClusters(method=method, hidden=4, updates=20, batch=4, neighbours=2, n_init=1), rows(3)
    with FORMER:
        old = METHODS[method](splits, 2, config, rng())
    same(old, METHODS[method](splits, table_predictor(config, 9, 2), config, rng()))


def test_terms_that_say_how_files_are_read():
    terms = Terms(reads=(".x",), read=lambda raw: np.frombuffer(raw, np.uint8)[None].astype(np.float32))
    one = Clusterer(rows(3), Linear(9, 2), 0.01, rng(), augment=lambda rng, x: x, terms=terms, neighbours=2, batch=4)
    assert one.predictor.reads == (".x",)
    assert one.predict(one.w, bytes(range(9))).shape == (1,)


def test_characters():
    text = parts("\n".join(["anna", "bob", "anna", "otto"] * 30) + "\n")
    config = WindowModel(context=4, embedding=4, hidden=8, depth=1, longest=3, bits=4, row=2, batch=8, updates=20)
    same(
        config.learner(text, rng(), words=False),
        language(config, text, lambda config, facts: config.predictor(facts, False), rng()),
    )

    def net(vocabulary):
        return window_net(len(vocabulary), 4, 4, 8, 1)

    def answers(config, facts):
        return predictor_of_lines(config, facts, net, begin=str.lower)

    same(
        language_of_lines(config, text, rng(), net, begin=str.lower),
        language(config, text, answers, rng()),
    )


def test_pieces_of_words():
    texts = ["low lower lowest", "new newer"]
    with FORMER:
        old = BytePairEncoding(texts, 20)
    assert old.names == BytePairEncoding.learn(texts, 20).names
    with FORMER:
        assert BytePairEncoding(texts=texts, size=20).names == old.names


@pytest.mark.parametrize(
    ("kind", "outputs", "asked"),
    [(FreeWriter, 1, ()), (GuidedWriter, 2, (guided_asker(2.0),)), (RewardTunedWriter, 1, ())],
)
def test_writers_of_reviews(kind, outputs, asked, monkeypatch):
    monkeypatch.setattr(reviews, "SIZES", {"val": 10, "test": 10, "judge": 20, "rater": 20})
    exam, fields = ReviewExam(toy_reviews(80), 12, 40), {"strength": 2.0, "labels": 20} if asked else {}
    net = exam.network(8, outputs)
    writer = review_writer(SimpleNamespace(context=12, hidden=8, longest=40), exam.facts, outputs, *asked)
    optimizers = 2 if kind is RewardTunedWriter else 1

    def made(**given):
        opts = [AdamW(0.01, net.layout, DECAY) for _ in range(optimizers)]
        names = dict(zip(("optimizer", "tuner"), opts, strict=False))
        return kind(exam, **given, **names, rng=rng(), schedule=RATE, batch=8, updates=2, **fields)

    with FORMER:
        old = made(net=net)
    new = made(predictor=writer)
    assert isinstance(old.predictor, ReviewWriter)
    same(old, new)
    assert old.predict(old.w, "i love") == new.predict(new.w, "i love")


def test_where_the_configuration_of_reviews_stood():
    with FORMER:
        assert reviews.TEMPERATURE == 0.7


def test_a_listener():
    sound = Sound(np.sin(np.arange(4000) * 0.5).astype(np.float32), 8000)
    x = word_spectrum(sound)[None].repeat(4, 0)
    t = np.arange(4) % 2
    net = Linear(x[0].size, 2)
    flat = Splits(*(x.reshape(4, -1), t) * 3)
    exam = Classification(("a", "b"), x[0].shape)
    one = SpokenWordClassifier(flat, net, AdamW(0.01, net.layout, 0.0), rng(), loss=cross_entropy, exam=exam)
    assert isinstance(one, Supervised)
    assert ".wav" in one.predictor.reads


def test_a_model_of_words_that_measures_them_itself():
    x, t = rng().random((6, 3)), np.array([0, 0, 1, 1, 1, 0])
    means, scale = condition_means(x, t)
    assert means == pytest.approx(np.stack([x[[0, 1, 5]].mean(0), x[2:5].mean(0)]))
    old, new = speaker_model(x, t, 4, 2, 0.5, 0.0), speaker_model(means, scale, 4, 2, 0.5, 0.0)
    w, example = old.parts.net.init(rng()), x[:1].astype(np.float32)
    assert old.encode(w, example, t[:1])[0] == pytest.approx(new.encode(w, example, t[:1])[0])
