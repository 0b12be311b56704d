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
    """(1 + beta^2) P R / (beta^2 P + R), the best over the references (Popovic 2015, "chrF").

    P and R are the shares of the character n-grams of `said` that are in the reference, and the other way round, each
    a mean over n = 1 ... order; orders for which neither text is long enough are left out. From 0 to 1.
    """
    return max(_chrf([grams(said, n) for n in range(1, order + 1)], reference, beta) for reference in references)


def _chrf(said: Sequence[Counter[str]], reference: str, beta: float) -> float:
    shares = []
    for n, have in enumerate(said, 1):
        want = grams(reference, n)
        if have or want:
            common = sum((have & want).values())
            shares.append((common / max(have.total(), 1), common / max(want.total(), 1)))
    precision, recall = np.mean(shares, 0) if shares else (0.0, 0.0)
    weighted = beta**2 * precision + recall
    return float((1 + beta**2) * precision * recall / weighted) if weighted else 0.0


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
        """The mean chrF of translations of the first sentences."""
        return float(np.mean([chrf(a, b) for a, b in zip(said, self.references.values(), strict=False)]))
