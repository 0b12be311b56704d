"""Made-up reviews in two moods, for what reads and writes reviews: short, and plain enough to be learnt in seconds."""

import numpy as np

from core.lab.data.splits import Reviews

THINGS = ["dress", "shirt", "skirt", "coat", "belt"]
GOOD, BAD = ["i love this", "so soft", "fits well"], ["i hate this", "too stiff", "falls off"]


def toy_reviews(n=400, seed=0):
    """n reviews with five stars, n with two, and a few with four; every text another."""
    rng, texts, ratings = np.random.default_rng(seed), [], []
    for rating, moods in ((5, GOOD), (2, BAD)):
        for i in range(n):
            said = [f"{moods[rng.integers(3)]} {THINGS[rng.integers(5)]}." for _ in range(2)]
            texts.append(" ".join(said) + " " + "".join("abcd"[int(digit)] for digit in np.base_repr(i, 4)))
            ratings.append(rating)
    texts += [f"a fair {thing}." for thing in THINGS]
    ratings += [4] * len(THINGS)
    mixed = rng.permutation(len(texts))
    texts, ratings = [texts[i] for i in mixed], np.array(ratings)[mixed]
    return Reviews([""] * len(texts), texts, ratings, (ratings > 3).astype(np.int64))
