"""Write a positive review: the texts, their two readers, and the exam that the three ways to learn sit alike.

Of reviews of women's clothing those with five stars are the good ones, those with three or fewer the others; four stars
are left out, and as many good ones are taken as there are others. So guessing is right for one half. Five parts, fixed
for good, that share no text:
    train     what the networks learn from           val, test     real reviews, held out
    judge     teaches the judge, who is asked in report() alone
    rater     teaches the rater, another reader: rewards, and the curves while learning
Both readers are logistic regression on words and pairs of words, weighted by TF-IDF. A share that is judged positive
means something beside the judge's verdict on real reviews and beside what else makes a review: so both are reported.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from core import Array, Layer, Rng, Sequential, cosine, log_softmax, warm_up
from core.lab import Report, printable
from core.lab.data.splits import SEED, Reviews
from core.lab.former import moved, warn
from core.lab.problems.review_writer import ReviewWriter, Written, whole_words, write
from core.lab.text import lines, sampling
from core.lab.text.predictor import facts_of, of_lines
from core.lab.text.sampling import Ask
from core.lab.text.tokenize import words
from core.lab.text.vocabulary import Vocabulary
from core.lab.text.window_model import window_net
from core.lab.text.witten_bell import WittenBell

SIZES = {"val": 200, "test": 400, "judge": 1000, "rater": 1000}  # reviews of each kind; the rest is to learn from
WRITTEN, LOOKED_AT = 400, 50  # reviews that are written for the report, and for a look while learning
POSITIONS = 20_000  # characters of the held-out reviews that nats are a mean of, evenly spread
RUN = 6  # words in a row that, found in the training part, count as copied
ORDER = 6  # characters of the longest n-grams that the reference model counts
DECAY, RATE = 0.05, warm_up(0.02, cosine)  # how all three learn from real reviews: weight decay, and the rate's course

Reader = Callable[[Sequence[str]], Array]  # texts -> is each positive? (N,) bool


class Part(NamedTuple):
    texts: list[str]
    good: Array  # N bool


def distinct(reviews: Reviews) -> list[tuple[int, str]]:
    """(rating, text) of each review with a text; white space counts as one blank, and a text stands there once.

    Of texts that differ in nothing else but capitals the first one is kept.
    """
    once: dict[str, tuple[int, str]] = {}
    for text, rating in zip(reviews.text, reviews.rating.tolist(), strict=True):
        if joined := " ".join(text.split()):
            once.setdefault(joined.lower(), (rating, joined))
    return list(once.values())


def split_reviews(reviews: Reviews) -> dict[str, Part]:
    """The five parts, half of each good. Raises ValueError where none are left to learn from."""
    rated = distinct(reviews)
    mixed = [rated[i] for i in np.random.RandomState(SEED).permutation(len(rated))]  # a stream for ever (NEP 19)
    good = [text for rating, text in mixed if rating == 5]
    others = [text for rating, text in mixed if rating <= 3]
    ends = np.cumsum([0, *SIZES.values(), min(len(good), len(others)) - sum(SIZES.values())])
    if ends[-1] <= ends[-2]:
        raise ValueError(
            f"{len(good)} reviews with five stars and {len(others)} with three or fewer are too few: "
            f"{ends[-2]} of each are held out, and some must be left to learn from"
        )
    both = [text for pair in zip(good, others, strict=False) for text in pair]
    return {
        name: Part(both[2 * a : 2 * b], np.tile([True, False], b - a))
        for name, (a, b) in zip((*SIZES, "train"), pairwise(ends.tolist()), strict=True)
    }


def reader(part: Part) -> Reader:
    """A reader of words and pairs of words, taught by real reviews; the same each time."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    features = TfidfVectorizer(sublinear_tf=True, min_df=2, ngram_range=(1, 2))
    model = LogisticRegression(C=3.0).fit(features.fit_transform(part.texts), part.good)
    return lambda texts: np.asarray(model.predict(features.transform(list(texts))), bool)


def runs(texts: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """All n words in a row, in lower case, of each text."""
    return [tuple(one[i : i + n]) for one in (words(text.lower()) for text in texts) for i in range(len(one) - n + 1)]


class ReviewExam:
    """What all three are asked. `ask` is the network that writes: windows of `context` ids to logits.

    `facts` are what a `ReviewWriter` has to know of the texts.

    A written review ends where the network ends it, or after `longest` characters, at the last whole word; of real
    ones the readers see no more than that either.
    """

    def __init__(self, reviews: Reviews, context: int, longest: int) -> None:
        self.parts, self.context, self.longest = split_reviews(reviews), context, longest
        self.facts = facts_of("".join(text + lines.END for text in self.parts["train"].texts), context)
        self.vocabulary = Vocabulary.from_characters(self.facts["vocabulary"])
        self.end = int(self.vocabulary.encode(lines.END)[0])
        self.rater = reader(self.parts["rater"])
        self.val = self.five_stars("val")

    def network(self, hidden: int, outputs: int = 1) -> Layer:
        """The window network of all three, for tasks without a `predictor`: see `review_writer`."""
        V, orders = len(self.vocabulary), range(2, 7)
        return Sequential(
            *window_net(V, self.context, 16, hidden, 2, orders=orders, bits=13, row=8, outputs=outputs * V)
        )

    def writer(
        self, given: ReviewWriter | Layer, asker: Callable[[Layer, Array, int], Ask] = sampling.asker
    ) -> ReviewWriter:
        """What a learner was given to write with; of a network alone, as tasks without a `predictor` give it, one."""
        if isinstance(given, ReviewWriter):
            return given
        warn("a learner of reviews' net", "its predictor, a ReviewWriter", 4)
        known = self.vocabulary, self.context, self.facts["before"]
        return ReviewWriter(given, *known, **of_lines(self.vocabulary), asker=asker, longest=self.longest)

    def windows(self, texts: Sequence[str], width: int) -> Array:
        """The windows (N, width) of all characters of these texts and of their ENDs."""
        ids = self.vocabulary.encode("".join(text + lines.END for text in texts))
        return lines.windows(self.end)(ids[:0], ids, width)

    def five_stars(self, name: str) -> Array:
        """Windows (POSITIONS, K + 1) of a part's good reviews, evenly spread."""
        part = self.parts[name]
        rows = self.windows([text for text, good in zip(part.texts, part.good, strict=True) if good], self.context + 1)
        return rows[:: max(len(rows) // POSITIONS, 1)]

    def write(self, ask: Ask, n: int, rng: Rng, beginning: str = "") -> Written:
        """n reviews, drawn from softmax(y / TEMPERATURE); `beginning` is given, and no part of what is returned."""
        x = self.windows([beginning], self.context + 1)[-1:, :-1].repeat(n, 0)  # S, K
        return write(ask, x, self.longest, self.vocabulary, rng)

    def nats(self, ask: Ask, rows: Array) -> float:
        """Nats per character of windows (N, K + 1), at temperature 1."""
        total = 0.0
        for part in np.array_split(rows, max(len(rows) // 4096, 1)):
            log_p = log_softmax(ask(part[:, :-1]))
            total -= float(np.take_along_axis(log_p, part[:, -1:].astype(np.intp), 1).sum())
        return total / len(rows)

    def validate(self, ask: Ask) -> dict[str, float]:
        """Nats of good reviews, and the share of a few written ones that the rater takes for positive."""
        written = self.write(ask, LOOKED_AT, np.random.default_rng(1))
        return {"val_nats": self.nats(ask, self.val), "val_positive": float(self.rater(written.texts).mean())}

    def report(self, ask: Ask, beginning: str = "") -> Report:
        """The share of written reviews that the judge takes for positive, and what keeps it from being cheap.

        Where a `beginning` is given, that share is told of how such reviews go on, too.
        """
        judge, (real, good), guards = reader(self.parts["judge"]), self.parts["test"], self.guards()
        real = [whole_words((text + lines.END)[: self.longest]) for text in real]
        verdict, written = judge(real), self.write(ask, WRITTEN, np.random.default_rng(0)).texts
        praised = [text for text, one in zip(real, good, strict=True) if one]
        metrics = {
            "test_positive": float(judge(written).mean()),
            "test_nats": self.nats(ask, self.five_stars("test")),
            "rated_positive": float(self.rater(written).mean()),
            "real_good_positive": float(verdict[good].mean()),
            "real_others_positive": float(verdict[~good].mean()),
            "judge_accuracy": float((verdict == good).mean()),
            **{f"written_{name}": guard(written) for name, guard in guards.items()},
            **{f"real_{name}": guard(praised) for name, guard in guards.items()},
        }
        if beginning:
            begun = self.write(ask, WRITTEN, np.random.default_rng(0), beginning).texts
            metrics["begun_positive"] = float(judge(begun).mean())
        ends, texts = (float(verdict.mean()), metrics["real_good_positive"]), printable("\n\n".join(written[:12]))
        return Report(metrics, "test_positive", *ends, "real reviews with five stars", texts={"Reviews": texts})

    def guards(self) -> dict[str, Callable[[Sequence[str]], float]]:
        """What a text has to be beside positive; each is a number of many texts, to be held against real ones.

        nats is per character, by counting in the judge's reviews; distinct, the share of three words in a row that are
        not among the others; known, of words that the training part holds; copied, of RUN words in a row that it holds.
        """
        train = self.parts["train"].texts
        seen, known = set(runs(train, RUN)), set(runs(train, 1))
        reference = WittenBell(self.windows(self.parts["judge"].texts, ORDER), len(self.vocabulary))

        def share(texts: Sequence[str], n: int, of: set[tuple[str, ...]]) -> float:
            found = runs(texts, n)
            return sum(one in of for one in found) / max(len(found), 1)

        return {
            "nats": lambda texts: -float(reference.log_prob(self.windows(texts, ORDER)).mean()),
            "distinct": lambda texts: len(set(runs(texts, 3))) / max(len(runs(texts, 3)), 1),
            "known": lambda texts: share(texts, 1, known),
            "copied": lambda texts: share(texts, RUN, seen),
            "characters": lambda texts: sum(map(len, texts)) / len(texts),
        }


__getattr__ = moved(__name__, dict.fromkeys(("ReviewConfig", "TEMPERATURE"), "core.lab.problems.review_writer"))
