"""How good translations are: the character F-score (chrF), and whether the right sentence is found among many."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from core import Array
from core.lab.text.sentences import Pair, translations

POOL = 1000  # sentences among which a translation is looked for


def grams(text: str, n: int) -> Counter[str]:
    """How often each run of n characters stands in a text; white space does not count as a character."""
    text = "".join(text.split())
    return Counter(text[i : i + n] for i in range(len(text) - n + 1))


def chrf(said: str, references: Sequence[str], order: int = 6, beta: float = 2.0) -> float:
    """The character F-score of one text against the reference that it is most like, from 0 to 1 (Popovic 2015, "chrF").

    (1 + beta^2) P R / (beta^2 P + R): P and R are the shares of the character n-grams of `said` that are in the
    reference, and the other way round, each a mean over those n = 1 ... order of which both texts have any.
    """
    return f_score(gram_counts(said, references, order, beta), beta)


def corpus_chrf(said: Sequence[str], references: Sequence[Sequence[str]], order: int = 6, beta: float = 2.0) -> float:
    """chrF of several texts as one: n-grams are counted over all of them, as sacreBLEU does, so longer ones weigh more.

    Raises ValueError where there are not as many texts as lists of references, or no text at all.
    """
    if len(said) != len(references) or not said:
        raise ValueError(f"each text needs its references: {len(said)} texts, {len(references)} lists of references")
    counts = [gram_counts(a, b, order, beta) for a, b in zip(said, references, strict=True)]
    return f_score(np.sum(counts, 0), beta)


def gram_counts(said: str, references: Sequence[str], order: int, beta: float) -> Array:
    """The n-grams of `said`, of the reference with the best F-score, and of both, for n = 1 ... order: (order, 3).

    Those of `said` count only where the reference has n-grams of that length.
    """
    own, found = [grams(said, n) for n in range(1, order + 1)], []
    for reference in references:
        pairs = [(have, grams(reference, n)) for n, have in enumerate(own, 1)]
        rows = [(have.total() if want else 0, want.total(), (have & want).total()) for have, want in pairs]
        found.append(np.array(rows))
    return max(found, key=lambda counts: f_score(counts, beta))


def f_score(counts: Array, beta: float) -> float:
    """The F-score of counts (order, 3) of n-grams said, wanted and common; 0 where no order has any on both sides."""
    both = counts[(counts[:, :2] > 0).all(1)]
    if not both[:, 2].any():
        return 0.0
    precision, recall = (both[:, 2:] / both[:, :2]).mean(0)
    return float((1 + beta**2) * precision * recall / (beta**2 * precision + recall))


class Search:
    """Queries, a pool of sentences of the other language, and which of them are translations of which query."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        pool = list(dict.fromkeys(b for _, b in pairs))[:POOL]
        place = {sentence: i for i, sentence in enumerate(pool)}
        found = translations((a, b) for a, b in pairs if b in place)
        self.queries, self.pool = list(found), pool
        self.right = np.zeros((len(found), len(pool)), bool)
        for i, answers in enumerate(found.values()):
            self.right[i, [place[b] for b in answers]] = True

    def hits(self, scores: Array, k: int = 1) -> float:
        """The share of queries with a right answer among the k that score highest: scores (queries, pool)."""
        return float(np.take_along_axis(self.right, np.argsort(-scores, 1, kind="stable")[:, :k], 1).any(1).mean())

    @property
    def chance(self) -> float:
        return float(self.right.mean())


class HeldOut:
    """One held-out part of the pairs: both directions of the search, and sentences with all their translations."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self.pairs = pairs
        self.there, self.back = Search(pairs), Search([(b, a) for a, b in pairs])
        self.references = dict(list(translations(pairs).items())[:POOL])

    def score(self, said: Sequence[str]) -> float:
        """The chrF of translations of the first sentences, taken together."""
        return corpus_chrf(said, list(self.references.values())[: len(said)])
