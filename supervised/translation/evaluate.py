"""What "good" means for a translator: is the right sentence found, is a right one written, is the language gone?

Found: of 1,000 held-out sentences, the one whose code is nearest must be a translation. Written: the character F-score
against every listed translation. Gone: a classifier that is shown codes should be right half of the time.
"""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core import Array
from core.lab import Report
from core.lab.report.plots import drawing
from core.lab.text.sentences import Pair, Pairs, translations
from supervised.translation.ibm_model1 import WordTable
from supervised.translation.metrics import HeldOut, Search, corpus_chrf
from supervised.translation.model import LANGUAGES, TranslationModel

PROBED = 4000  # training sentences of each language that the probe learns from
VAL = 150  # sentences of the validation part that are translated
PRINTED = 40  # translations that are printed


# Methods without a network.


def nearest_neighbours(train: Sequence[Pair], sentences: Sequence[str]) -> list[str]:
    """The translation of the training sentence that is most alike: cosine of TF-IDF of runs of 2 to 4 characters."""
    known, vectors = translations(train), _letters()
    table = vectors.fit_transform(known).T.tocsr()
    firsts, said = [answers[0] for answers in known.values()], []
    for a in range(0, len(sentences), 100):  # by hundreds: the product is a dense matrix
        said += [firsts[i] for i in (vectors.transform(sentences[a : a + 100]) @ table).toarray().argmax(1)]
    return said


def look_alikes(train: Sequence[Pair], search: Search) -> Array:
    """Scores (queries, pool) of sentences that share letters across the languages, by the same TF-IDF."""
    vectors = _letters().fit([sentence for pair in train for sentence in pair])
    return (vectors.transform(search.queries) @ vectors.transform(search.pool).T).toarray()


def _letters() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)


def people(part: HeldOut) -> float:
    """The chrF of one listed translation of each sentence against its other ones, where there are several."""
    several = [said for said in part.references.values() if len(said) > 1]
    return corpus_chrf([said[0] for said in several], [said[1:] for said in several]) if several else 1.0


# Is the language gone?


def probes(model: TranslationModel, pairs: Sequence[Pair], train: Sequence[Pair]) -> tuple[float, float]:
    """How often a classifier, shown codes of training sentences, tells the language of codes of `pairs`.

    A logistic regression, which sees what a plane can tell, and a network with a hidden layer, which sees more.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    def codes(pairs: Sequence[Pair]) -> tuple[Array, Array]:
        sides = [list(dict.fromkeys(side)) for side in zip(*pairs, strict=True)]
        n = min(PROBED, *map(len, sides))  # as many of each language: guessing is right half of the time
        x = [model.encode(language, side[:n]) for language, side in zip(LANGUAGES, sides, strict=True)]
        return np.concatenate(x), np.repeat([0, 1], n)

    known, test = codes(train), codes(pairs)
    plane = LogisticRegression(max_iter=1000).fit(*known)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 60 rounds are enough to see what is there
        curved = MLPClassifier((64,), max_iter=60, early_stopping=True, random_state=0).fit(*known)
    return float(plane.score(*test)), float(curved.score(*test))


class TranslationExam:
    """Sentences of the validation part found and translated; the test part beside what needs no network."""

    monitor = "+val_chrf"

    def __init__(self, pairs: Pairs) -> None:
        self.pairs, self.val = pairs, HeldOut(pairs.val)

    def validate(self, model: TranslationModel) -> dict[str, float]:
        found = self.val.there.hits(similar(model, self.val.there, LANGUAGES))
        return {"val_chrf": self.val.score(model.translate(list(self.val.references)[:VAL])), "val_retrieval": found}

    def report(self, model: TranslationModel, folder: Path | None) -> Report:
        """All figures of the test part; translations to read, and two pictures."""
        part, train, frames = HeldOut(self.pairs.test), self.pairs.train, model.frames
        sentences, table = list(part.references), WordTable(train)
        said = model.translate(sentences)
        near, word_by_word = nearest_neighbours(train, sentences), [table.translate(s) for s in sentences]
        there, back = similar(model, part.there, LANGUAGES), similar(model, part.back, LANGUAGES[::-1])
        by_words = table.scores(part.there.queries, part.there.pool)
        unturned = {k: f._replace(turn=np.eye(len(f.turn), dtype=f.turn.dtype)) for k, f in frames.items()}
        raw = {k: f._replace(centre=np.zeros_like(f.centre)) for k, f in unturned.items()}
        (told, told_by_network), known = probes(model, part.pairs, train), {french for _, french in train}
        metrics = {
            "test_chrf": part.score(said),
            "test_retrieval": part.there.hits(there),
            "test_retrieval_5": part.there.hits(there, 5),
            "test_retrieval_back": part.back.hits(back),
            "test_retrieval_back_5": part.back.hits(back, 5),
            "test_retrieval_word_table": part.there.hits(by_words),
            "test_retrieval_look_alikes": part.there.hits(look_alikes(train, part.there)),
            "test_retrieval_chance": part.there.chance,
            "test_language_told": told,
            "test_language_told_by_network": told_by_network,
            "test_language_told_raw": probes(replace(model, frames=raw), part.pairs, train)[0],
            "test_language_told_unturned_by_network": probes(replace(model, frames=unturned), part.pairs, train)[1],
            "test_written_in_training": float(np.mean([s in known for s in said])),
        }
        others = {"nearest neighbour": part.score(near), "word table": part.score(word_by_word)}
        chance, name = part.score([*said[1:], said[0]]), "one listed translation against the others"
        result = Report(metrics, "test_chrf", chance, people(part), name, others)
        result.texts["Translations of the test part"] = "\n\n".join(
            f"{s}\n  network     {a}{' (stands in training)' if a in known else ''}\n  word table  {b}\n"
            f"  neighbour   {c}\n  people      {' / '.join(part.references[s][:3])}"
            for s, a, b, c in list(zip(sentences, said, word_by_word, near, strict=True))[:PRINTED]
        )
        if folder:
            draw(model, part, folder, result)
        return result


def similar(model: TranslationModel, search: Search, languages: Sequence[str]) -> Array:
    """Scores (queries, pool): D times the cosines of the codes."""
    return model.encode(languages[0], search.queries) @ model.encode(languages[1], search.pool).T


def draw(model: TranslationModel, part: HeldOut, folder: Path, result: Report) -> None:
    """The cosines of the first codes, as a matrix, and a map of more."""
    pairs = [(a, b[0]) for a, b in part.references.items()]
    z, v = (model.encode(language, [pair[k] for pair in pairs]) for k, language in enumerate(LANGUAGES))
    n = 16
    with drawing(folder / "codes.png", (8.4, 6.4)) as axis:
        shown = axis.imshow(z[:n] @ v[:n].T / z.shape[1], cmap="RdBu", vmin=-1, vmax=1)
        axis.set_yticks(range(n), [a for a, _ in pairs[:n]], fontsize=8)
        axis.set_xticks(range(n), [b for _, b in pairs[:n]], fontsize=8, rotation=40, ha="right")
        axis.figure.colorbar(shown, label="cosine of the codes", shrink=0.6)

    with drawing(folder / "map.png", (8.4, 6.4)) as axis:
        plane = np.linalg.svd(np.concatenate([z, v]), full_matrices=False)[2][:2].T  # D, 2
        a, b = z[:60] @ plane, v[:60] @ plane
        axis.plot(*np.stack([a, b]).transpose(2, 0, 1), color="0.75", linewidth=0.8, zorder=0)
        axis.scatter(*a.T, s=12, label="English")
        axis.scatter(*b.T, s=12, label="French")
        for place, (sentence, _) in list(zip(a, pairs, strict=False))[:14]:
            axis.annotate(sentence, place, fontsize=7, xytext=(3, 3), textcoords="offset points")
        axis.set(xlabel="first principal component of the codes", ylabel="second")
        axis.legend()
    result.pictures |= {
        "codes.png": "How alike the codes of the first test sentences are; on the diagonal, of translations",
        "map.png": "60 test sentences (English) and a translation of each (French), joined by a line",
    }
