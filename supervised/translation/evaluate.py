"""What "good" means for a translator: is the right sentence found, is a right one written, is the language gone?

Found: of 1,000 held-out sentences, the one whose code is nearest must be a translation. Written: the character F-score
against every listed translation. Gone: a classifier that is shown codes should be right half of the time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.initializers import Array
from core.lab.learner import Report
from core.lab.text.sentences import Pair, translations
from supervised.translation.ibm_model1 import WordTable

if TYPE_CHECKING:
    from supervised.translation.alignment import Frame
    from supervised.translation.translator import Translator
from supervised.translation.metrics import Exam, Search, chrf

PROBED = 4000  # training sentences of each language that the probe learns from
SHOWN = 40  # translations that are printed


# Methods without a network.


def nearest_neighbours(train: Sequence[Pair], sentences: Sequence[str]) -> list[str]:
    """The translation of the training sentence that is most alike: cosine of TF-IDF of runs of 2 to 4 characters."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    known = translations(train)
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    table = vectors.fit_transform(known).T.tocsr()
    firsts, said = [answers[0] for answers in known.values()], []
    for a in range(0, len(sentences), 100):  # by hundreds: the product is a dense matrix
        alike = (vectors.transform(sentences[a : a + 100]) @ table).toarray()
        said += [firsts[i] for i in alike.argmax(1)]
    return said


def look_alikes(train: Sequence[Pair], search: Search) -> Array:
    """Scores (queries, pool) of sentences that share letters across the languages, by the same TF-IDF."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    vectors.fit([sentence for pair in train for sentence in pair])
    scores: Array = (vectors.transform(search.queries) @ vectors.transform(search.pool).T).toarray()
    return scores


def people(exam: Exam) -> float:
    """The mean chrF of one listed translation against the other ones, where there are several."""
    scores = [chrf(first, others) for first, *others in exam.references.values() if others]
    return float(np.mean(scores)) if scores else 1.0


# Is the language gone?


def probes(learner: Translator, w: Array, exam: Exam, frames: Mapping[str, Frame]) -> tuple[float, float]:
    """How often a classifier, shown codes of training sentences, tells the language of codes of `exam`.

    A logistic regression, which sees what a plane can tell, and a network with a hidden layer, which sees more.
    """
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    def codes(pairs: Sequence[Pair]) -> tuple[Array, Array]:
        sides = [list(dict.fromkeys(side)) for side in zip(*pairs, strict=True)]
        n = min(PROBED, *map(len, sides))  # as many of each language: guessing is right half of the time
        x = [
            learner.encode(w, language, side[:n], frames)
            for language, side in zip(("english", "french"), sides, strict=True)
        ]
        return np.concatenate(x), np.repeat([0, 1], n)

    train, test = codes(learner.pairs.train), codes(exam.pairs)
    plane = LogisticRegression(max_iter=1000).fit(*train)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 60 rounds are enough to see what is there
        curved = MLPClassifier((64,), max_iter=60, early_stopping=True, random_state=0).fit(*train)
    return float(plane.score(*test)), float(curved.score(*test))


def report(learner: Translator, w: Array, folder: Path | None) -> Report:
    """All figures of the test part, beside what needs no network; translations to read, and two pictures."""
    exam, train = Exam(learner.pairs.test), learner.pairs.train
    sentences, frames = list(exam.references), learner.frames(w)
    said = learner.translate(w, sentences)
    table = WordTable(train)
    near, word_by_word = nearest_neighbours(train, sentences), [table.translate(s) for s in sentences]

    def similar(search: Search, languages: tuple[str, str]) -> Array:
        queries, pool = (
            learner.encode(w, language, side, frames)
            for language, side in zip(languages, (search.queries, search.pool), strict=True)
        )
        return queries @ pool.T

    there = similar(exam.there, ("english", "french"))
    back = similar(exam.back, ("french", "english"))
    by_words = table.scores(exam.there.queries, exam.there.pool)
    unturned = {
        language: frame._replace(turn=np.eye(len(frame.turn), dtype=w.dtype)) for language, frame in frames.items()
    }
    raw = {language: frame._replace(centre=np.zeros_like(frame.centre)) for language, frame in unturned.items()}
    told, told_by_network = probes(learner, w, exam, frames)
    known = {french for _, french in train}
    metrics = {
        "test_chrf": exam.score(said),
        "test_retrieval": exam.there.hits(there),
        "test_retrieval_5": exam.there.hits(there, 5),
        "test_retrieval_back": exam.back.hits(back),
        "test_retrieval_back_5": exam.back.hits(back, 5),
        "test_retrieval_word_table": exam.there.hits(by_words),
        "test_retrieval_look_alikes": exam.there.hits(look_alikes(train, exam.there)),
        "test_retrieval_chance": exam.there.chance,
        "test_language_told": told,
        "test_language_told_by_network": told_by_network,
        "test_language_told_raw": probes(learner, w, exam, raw)[0],
        "test_language_told_unturned_by_network": probes(learner, w, exam, unturned)[1],
        "test_written_in_training": float(np.mean([s in known for s in said])),
    }
    result = Report(
        metrics,
        "test_chrf",
        exam.score([*said[1:], said[0]]),
        people(exam),
        "one listed translation against the others",
        {"nearest neighbour": exam.score(near), "word table": exam.score(word_by_word)},
    )
    result.texts["Translations of the test part"] = "\n\n".join(
        f"{s}\n  network     {a}{' (stands in training)' if a in known else ''}\n  word table  {b}\n  neighbour   {c}\n"
        f"  people      {' / '.join(exam.references[s][:3])}"
        for s, a, b, c in list(zip(sentences, said, word_by_word, near, strict=True))[:SHOWN]
    )
    if folder:
        _draw(learner, w, exam, frames, folder, result)
    return result


def _draw(learner: Translator, w: Array, exam: Exam, frames: Mapping[str, Frame], folder: Path, result: Report) -> None:
    from matplotlib.figure import Figure

    pairs = [(a, b[0]) for a, b in exam.references.items()]
    z, v = (
        learner.encode(w, language, [pair[k] for pair in pairs], frames)
        for k, language in enumerate(("english", "french"))
    )
    n = 16
    figure = Figure(figsize=(8.4, 6.4), layout="constrained")
    axis = figure.subplots()
    shown = axis.imshow(z[:n] @ v[:n].T / z.shape[1], cmap="RdBu", vmin=-1, vmax=1)
    axis.set_yticks(range(n), [a for a, _ in pairs[:n]], fontsize=8)
    axis.set_xticks(range(n), [b for _, b in pairs[:n]], fontsize=8, rotation=40, ha="right")
    figure.colorbar(shown, label="cosine of the codes", shrink=0.6)
    figure.savefig(folder / "codes.png", dpi=100)
    result.pictures["codes.png"] = (
        "How alike the codes of the first test sentences are; on the diagonal, of translations"
    )

    figure = Figure(figsize=(8.4, 6.4), layout="constrained")
    axis = figure.subplots()
    plane = np.linalg.svd(np.concatenate([z, v]), full_matrices=False)[2][:2].T  # D, 2
    a, b = z[:60] @ plane, v[:60] @ plane
    axis.plot(*np.stack([a, b]).transpose(2, 0, 1), color="0.75", linewidth=0.8, zorder=0)
    axis.scatter(a[:, 0], a[:, 1], s=12, label="English")
    axis.scatter(b[:, 0], b[:, 1], s=12, label="French")
    for place, (sentence, _) in list(zip(a, pairs, strict=False))[:14]:
        axis.annotate(sentence, place, fontsize=7, xytext=(3, 3), textcoords="offset points")
    axis.set(xlabel="first principal component of the codes", ylabel="second")
    axis.legend()
    figure.savefig(folder / "map.png", dpi=100)
    result.pictures["map.png"] = "60 test sentences (English) and a translation of each (French), joined by a line"
