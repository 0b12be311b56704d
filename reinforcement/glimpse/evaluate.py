"""What an agent that looks is worth: how often it is right, and after how many looks, beside eyes that do not choose.

Each picture is shown once, as it is. Weights are chosen by what the validation pictures pay, greedy and with drawn
actions; each of their labels is one answer of the teacher. The baselines were given every training label.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import Array, Rng
from core.lab import Report, Splits
from core.lab.data.checks import check_examples, check_labels
from core.lab.envs.rollout import TEST_SEED, VAL_SEED
from reinforcement.evaluate import Logits, svm
from reinforcement.glimpse.env import Looked, look, windows


@dataclass(frozen=True)
class GlimpseExam:
    """Right answers less what the looks cost. Raises ValueError for data that cannot be used."""

    splits: Splits
    window: int
    cost: float
    limit: int
    C: int = 10
    monitor: str = "+val_score"

    def __post_init__(self) -> None:
        check_examples(self.splits)
        check_labels(self.splits, self.C)

    @property
    def labels(self) -> int:
        return len(self.splits.t_val)

    def look(self, logits: Logits, x: Array, rng: Rng | None = None) -> Looked:
        """One episode with each picture, as `look` has it."""
        return look(logits, x, self.window, self.limit, self.C, rng)

    def figures(self, part: str, looked: Looked, t: Array) -> dict[str, float]:
        right, looks = float((looked.said == t).mean()), float(looked.looks.mean())
        return {f"{part}_accuracy": right, f"{part}_looks": looks, f"{part}_return": right - self.cost * looks}

    def validate(self, logits: Logits) -> dict[str, float]:
        """val_accuracy, val_looks, val_return of greedy actions; val_score is the mean with that of drawn ones."""
        x, t = self.splits.x_val, self.splits.t_val
        best = self.figures("val", self.look(logits, x), t)
        drawn = self.figures("val", self.look(logits, x, np.random.default_rng(VAL_SEED)), t)
        return {
            **best,
            "val_return_sampled": drawn["val_return"],
            "val_score": (best["val_return"] + drawn["val_return"]) / 2,
        }

    def report(self, logits: Logits, folder: Path | None) -> Report:
        s, looked = self.splits, self.look(logits, self.splits.x_test)
        drawn = self.look(logits, s.x_test, np.random.default_rng(TEST_SEED))
        many = max(1, round(float(looked.looks.mean())))
        fixed, random = fixed_looks(s, self.window, max(4, many)), np.random.default_rng(TEST_SEED)
        shows = windows(round(s.x_test.shape[1] ** 0.5), self.window)
        chance = [svm_accuracy(s, covered(shows, random.choice(len(shows), 4, replace=False))) for _ in range(5)]
        made = Report(
            metrics={
                **self.figures("test", looked, s.t_test),
                "test_looks_most": float(looked.looks.max()),
                "test_seen": float(looked.seen.mean()),
                "test_cut_off": float((looked.said < 0).mean()),
                "test_accuracy_sampled": float((drawn.said == s.t_test).mean()),
                "test_looks_sampled": float(drawn.looks.mean()),
            },
            metric="test_accuracy",
            chance=1 / self.C,
            reference=svm_accuracy(s, np.ones(s.x_test.shape[1], bool)),
            reference_name="support vector machine that saw the whole picture, given the labels",
            baselines={
                "the best 4 fixed looks": svm_accuracy(s, covered(shows, fixed[:4])),
                "as many of them as the agent takes": svm_accuracy(s, covered(shows, fixed[:many])),
                "4 random looks": float(np.mean(chance)),
                "always the commonest": float((s.t_test == np.bincount(s.t_train).argmax()).mean()),
            },
        )
        if folder:
            from reinforcement.glimpse.plots import pictures

            made.pictures = pictures(folder, s, self.window, self.C, looked)
        return made


def covered(shows: Array, places: Any) -> Array:
    """All that is seen from these places together, (S S) bool."""
    return np.logical_or.reduce(shows[places])


def svm_accuracy(s: Splits, pixels: Array) -> float:
    """The test accuracy of a support vector machine that sees these pixels (S S) bool, and was given the labels."""
    return float(svm().fit(s.x_train[:, pixels], s.t_train).score(s.x_test[:, pixels], s.t_test))


def fixed_looks(s: Splits, window: int, n: int) -> list[int]:
    """Where to look if one must look at the same n places always: one after another, the best by validation accuracy.

    Judged while choosing by the nearest neighbour, which costs little.
    """
    from sklearn.neighbors import KNeighborsClassifier

    shows = windows(round(s.x_train.shape[1] ** 0.5), window)
    chosen: list[int] = []
    for _ in range(n):
        seen = covered(shows, chosen)

        def right(place: int, seen: Array = seen) -> float:
            pixels = seen | shows[place]
            near = KNeighborsClassifier(3).fit(s.x_train[:, pixels], s.t_train)
            return float(near.score(s.x_val[:, pixels], s.t_val))

        chosen.append(max((p for p in range(len(shows)) if p not in chosen), key=right))
    return chosen
