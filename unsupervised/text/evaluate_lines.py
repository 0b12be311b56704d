"""What names and reviews are asked beside their nats: is it new, is it real, and is the rating heard?

names      the share of written names that training does not hold, and of the names held out that were found
reviews    how much a right rating helps the network, and whether another reader hears the rating that was meant
The readers of a review are two: the network itself by Bayes' rule, p(rating | words) ~ p(rating) p(words | rating), and
a judge that never saw the network: logistic regression on the words of the real reviews of the training part, weighted
by TF-IDF, taught to tell 4 and 5 from 1 and 2.
"""

from collections.abc import Callable, Sequence
from itertools import chain, product
from pathlib import Path

import numpy as np

from core import Array
from core.lab import Report, printable
from core.lab.report.plots import drawing
from core.lab.text.lines import END
from unsupervised.text.language_model import LanguageModel

RATINGS = "12345"
NAMES, LONGEST_NAME = 4000, 30  # names that are written, letters at most
WRITTEN, LONGEST_REVIEW = 100, 600  # reviews that are written for each rating, characters at most
TEMPERATURE = 0.7  # of written reviews; names are drawn from the network's own distribution, at 1
READ = 300  # reviews of the test part that the network is asked about with each rating

Classifier = Callable[[Sequence[str]], Array]  # texts -> whether each is positive (N,) bool


def lines(text: str) -> list[str]:
    return text.split(END)[:-1]


def write(language: LanguageModel, w: Array, prompt: str, n: int, longest: int, temperature: float) -> list[str]:
    """n records that begin with `prompt`, each to its end, or to `longest` characters where none comes."""
    texts = language.predictor.texts(w, prompt, n, longest, temperature, rng=np.random.default_rng(0))
    return [prompt + text.partition(END)[0] for text in texts]


def names_figures(language: LanguageModel, w: Array, report: Report, folder: Path | None) -> None:
    """Adds to a report what the names are that the network makes up."""
    known, test = set(lines(language.text.train)), lines(language.text.test)
    held_out = ({*lines(language.text.val), *test}) - known
    written = write(language, w, "", NAMES, LONGEST_NAME, 1.0)
    new = [name for name in dict.fromkeys(written) if name not in known]
    found = held_out.intersection(new)
    report.metrics |= {
        "written_new": sum(name not in known for name in written) / len(written),
        "written_distinct": len(set(written)) / len(written),
        "new_that_are_real": len(found) / max(len(new), 1),
        "held_out_that_were_written": len(found) / max(len(held_out), 1),
        "test_names_in_training": sum(name in known for name in test) / len(test),
    }
    rows = [" ".join(new[a : a + 10]) for a in range(0, min(len(new), 80), 10)]
    report.texts["Names that training does not hold"] = printable("\n".join(rows))


def given(language: LanguageModel, w: Array, reviews: Sequence[str]) -> tuple[Array, Array]:
    """log p(words and end | rating) (N, 5) of reviews "5love it", whatever their own rating; log p(rating) (5,)."""
    columns, prior = [], []
    for rating in RATINGS:
        ids = language.vocabulary.encode("".join(rating + review[1:] + END for review in reviews))
        log_p = language.log_probs(w, language.predictor.windows(ids[:0], ids, language.context + 1))
        starts = np.cumsum([0, *(len(review) + 1 for review in reviews[:-1])])
        prior.append(float(log_p[0]))
        log_p[starts] = 0  # the rating itself is given
        columns.append(np.add.reduceat(log_p.astype(np.float64), starts))
    return np.stack(columns, 1), np.array(prior)


def ratings_help(log_p: Array, prior: Array, rating: Array, characters: int) -> dict[str, float]:
    """log_p (N, 5), prior (5,), rating (N,) 0 to 4 -> nats per character with the right rating, a wrong one, and none.

    None is p(words) = sum_r p(r) p(words | r); a wrong one the mean over the four. And how often the network, as a
    reader, finds the right one.
    """
    right = np.take_along_axis(log_p, rating[:, None], 1)[:, 0]  # N
    joint = log_p + prior
    top = joint.max(1, keepdims=True)
    none = top[:, 0] + np.log(np.exp(joint - top).sum(1))
    told = {"right": right, "wrong": (log_p.sum(1) - right) / (log_p.shape[1] - 1), "no": none}
    nats = {f"nats_{name}_rating": float(-log.sum()) / characters for name, log in told.items()}
    return nats | {"read_accuracy": float((joint.argmax(1) == rating).mean())}


def sentiment_classifier(reviews: Sequence[str]) -> Classifier:
    """A reader of words alone, taught by reviews "5love it": is it one of 4 and 5, or one of 1 and 2?"""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    clear = [review for review in reviews if review[0] != "3"]
    words = TfidfVectorizer(sublinear_tf=True, min_df=2)
    x = words.fit_transform([review[1:] for review in clear])
    model = LogisticRegression(class_weight="balanced").fit(x, [review[0] > "3" for review in clear])
    return lambda texts: np.asarray(model.predict(words.transform(list(texts))), bool)


def positive_share(classify: Classifier, reviews: Sequence[str]) -> Array:
    """The share judged positive (5,) of the reviews of each rating; NaN where there are none."""
    said = classify([review[1:] for review in reviews])
    rating = np.array([RATINGS.index(review[0]) for review in reviews])
    return np.array([said[rating == k].mean() if (rating == k).any() else np.nan for k in range(len(RATINGS))])


def review_figures(language: LanguageModel, w: Array, report: Report, folder: Path | None) -> None:
    """Adds to a report whether ratings help, and whether they are heard in what is written."""
    test = lines(language.text.test)
    asked = test[:READ]
    rating = np.array([RATINGS.index(review[0]) for review in asked])
    report.metrics |= ratings_help(*given(language, w, asked), rating, sum(map(len, asked)))
    report.metrics["read_most_frequent"] = float(np.bincount(rating).max()) / len(asked)
    written = [write(language, w, r, WRITTEN, LONGEST_REVIEW, TEMPERATURE) for r in RATINGS]
    classify = sentiment_classifier(lines(language.text.train))
    real, made = positive_share(classify, test), positive_share(classify, [*chain(*written)])
    for k, (name, shares) in product((0, 4), (("written", made), ("real", real))):
        report.metrics[f"heard_positive_{name}_{RATINGS[k]}"] = float(shares[k])
    samples = "\n".join(f"{review[0]} | {review[1:]}" for of_one in written for review in of_one[:2])
    report.texts[f"Reviews, two for each rating (temperature {TEMPERATURE})"] = printable(samples)
    if folder is not None:
        draw(folder / "reviews_heard.png", made, real)
        report.pictures["reviews_heard.png"] = (
            "Share of reviews that a judge of real reviews takes for positive, by the rating that was meant"
        )


def draw(path: Path, made: Array, real: Array) -> None:
    """Two bars for each rating."""
    with drawing(path, (5, 2.8), dpi=120) as axes:
        at = np.arange(len(RATINGS))
        for shift, label, shares, colour in ((-0.2, "real, held out", real, "C0"), (0.2, "written", made, "C1")):
            axes.bar_label(
                axes.bar(at + shift, shares, 0.38, label=label, color=colour), fmt="%.2f", padding=2, fontsize=8
            )
        axes.set(xlabel="rating", ylabel="judged positive", ylim=(0, 1.1), xticks=at, xticklabels=list(RATINGS))
        axes.figure.legend(loc="outside upper center", ncols=2, frameon=False)
