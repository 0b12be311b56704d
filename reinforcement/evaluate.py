"""What "good" means for an agent: an exam chooses among its weights while it learns, and judges the best at the end.

An exam asks for what the agent's actor says, obs (B, ...) -> y, and knows nothing else of it. Whole episodes start from
fixed seeds, one set for choosing and another for judging; the seeds to learn from are apart from both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core import Array, Rng, softmax
from core.lab import Report, Splits
from core.lab.data.checks import PARTS, check_examples, check_labels
from core.lab.envs.film import add_film
from core.lab.envs.rollout import FILM_SEED, TEST_SEED, VAL_SEED, Policy, returns
from core.lab.envs.vector import Envs, check_count
from core.lab.report.plots import drawing
from reinforcement.distributions import CATEGORICAL, ActionDistribution, greedy

Logits = Callable[[Array], Array]  # obs (B, ...) -> y (B, ...), what the actor says


@dataclass(frozen=True)
class ReturnExam:
    """The mean return of whole episodes, greedy and with drawn actions; chance is the random policy.

    Weights are chosen by the mean of both: many greedy agents reach the best possible return on the episodes that
    choose, and of these the one that also bears its own random actions has the largest margin on others.
    """

    make_envs: Callable[[int, Rng], Envs]
    reference: float  # the return of a named strong agent
    reference_name: str
    baselines: Mapping[str, Policy] = field(default_factory=dict)
    film: str | Callable[[], Any] | None = None  # the environment to be filmed, or its name
    n_val: int = 20  # episodes of each kind that choose
    n_test: int = 100  # and that judge
    family: ActionDistribution = CATEGORICAL  # how actions come out of what the actor says
    monitor: str = "+val_score"
    labels: int = 0
    judge: ReturnExam | None = None  # the exam that judges, where it is another than the one that chooses

    def __post_init__(self) -> None:
        check_count(max(2 * self.n_val, self.n_test))  # the episodes of a trial, and of the report, are played at once

    def validate(self, logits: Logits) -> dict[str, float]:
        """val_return of greedy episodes, val_return_sampled, their mean val_score, and answers, the rewards it took."""
        G, lengths = self.trial(logits)
        best, drawn = float(G[: self.n_val].mean()), float(G[self.n_val :].mean())
        return {
            "val_return": best,
            "val_return_sampled": drawn,
            "val_score": (best + drawn) / 2,
            "answers": float(lengths.sum()),
        }

    def trial(self, logits: Logits) -> tuple[Array, Array]:
        """Returns and lengths of the episodes that choose, n_val greedy ones and as many with drawn actions."""
        rng, n = np.random.default_rng(VAL_SEED), self.n_val

        def both(obs: Array) -> Array:  # the first n environments act greedily, the others draw
            y = logits(obs)
            return np.concatenate([self.family.best(y[:n]), self.family.draw(rng, y[n:])])

        return returns(self.make_envs, both, 2 * n, VAL_SEED)

    def report(self, logits: Logits, folder: Path | None) -> Report:
        if self.judge:
            return self.judge.report(logits, folder)
        rng, family = np.random.default_rng(TEST_SEED), self.family
        shown: dict[str, Policy] = {
            "agent": lambda obs: family.best(logits(obs)),
            "random": lambda obs: family.random(rng, logits(obs)),
        }

        def test(policy: Policy) -> Array:
            return returns(self.make_envs, policy, self.n_test, TEST_SEED)[0]

        G, drawn = test(shown["agent"]), test(lambda obs: family.draw(rng, logits(obs)))
        chance = float(test(shown["random"]).mean())
        made = Report(
            metrics={
                "test_return": float(G.mean()),
                "test_return_sampled": float(drawn.mean()),
                "test_return_worst": float(G.min()),
            },
            metric="test_return",
            chance=chance,
            reference=self.reference,
            reference_name=self.reference_name,
            baselines={
                "random policy": chance,
                **{name: float(test(rule).mean()) for name, rule in self.baselines.items()},
            },
        )
        if folder and self.film:
            caption = "The agent's likeliest actions beside a random policy's"
            add_film(made, folder, self.film, shown, FILM_SEED, caption)
        return made


@dataclass(frozen=True)
class GuessExam:
    """The accuracy of the greedy guess on labelled pictures, as a classifier is judged; chance is 1 / C.

    Weights are chosen by val_reward, the mean of p(label): what drawn guesses would earn on the validation part. It
    orders agents whose greedy guesses are equally often right. Raises ValueError for data that cannot be used.
    """

    splits: Splits
    C: int
    monitor: str = "+val_reward"

    def __post_init__(self) -> None:
        check_examples(self.splits)
        check_labels(self.splits, self.C)
        for part in PARTS:
            x = getattr(self.splits, f"x_{part}")
            if x.ndim != 2 or x.min() < 0 or x.max() > 1:
                raise ValueError(
                    f"the {part} part has pictures {x.shape} with pixels from {x.min()} to {x.max()}, "
                    "not (N, I) with pixels from 0 to 1"
                )

    @property
    def labels(self) -> int:
        return len(self.splits.t_val)

    def validate(self, logits: Logits) -> dict[str, float]:
        y, t = logits(self.splits.x_val), self.splits.t_val
        return {"val_accuracy": float((greedy(y) == t).mean()), "val_reward": float(probability(y, t).mean())}

    def report(self, logits: Logits, folder: Path | None) -> Report:
        """The reference was told every training label; the baseline makes the commonest right guess, unseen."""
        s, y = self.splits, logits(self.splits.x_test)
        made = Report(
            metrics={
                "test_accuracy": float((greedy(y) == s.t_test).mean()),
                "test_reward": float(probability(y, s.t_test).mean()),
            },
            metric="test_accuracy",
            chance=1 / self.C,
            reference=float(svm().fit(s.x_train, s.t_train).score(s.x_test, s.t_test)),
            reference_name="support vector machine that was given the labels",
            baselines={"always the commonest": float((s.t_test == np.bincount(s.t_train).argmax()).mean())},
        )
        if folder:
            made.pictures["guesses.png"] = "The test pictures that the agent finds hardest: its guess, and the label"
            draw_hardest(folder / "guesses.png", s.x_test, s.t_test, y)
        return made


def svm() -> Any:
    """The machine that is given the labels: an agent's reference."""
    from sklearn.svm import SVC

    return SVC(C=10, gamma="scale")


def probability(y: Array, t: Array) -> Array:
    """p(t) = softmax(y)_t (N,): the expected reward of a drawn guess."""
    return softmax(y)[np.arange(len(t)), t]


def draw_hardest(path: Path, x: Array, t: Array, y: Array) -> None:
    """The eighteen pictures with the smallest p(label)."""
    side = round(x.shape[1] ** 0.5)
    with drawing(path, (7.2, 3.2), 3, 6, dpi=90) as grid:
        for ax, i in zip(grid.flat, probability(y, t).argsort(), strict=False):
            ax.imshow(x[i].reshape(side, side), cmap="gray_r")
            ax.set_title(f"{greedy(y[i])}, not {t[i]}" if greedy(y[i]) != t[i] else f"{t[i]}", fontsize=8)
            ax.axis("off")
