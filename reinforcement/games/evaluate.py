"""What a player of a board game is worth: matches from both sides, and every line of play where a game is that small.

A match is played from openings that are fixed and distinct, each twice, the player to move first in one and second in
the other; a win is a point, a draw half a point. Openings that choose weights are apart from those that judge.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core import Array, Rng
from core.lab import Report
from core.lab.envs.rollout import TEST_SEED, VAL_SEED
from reinforcement.games.mcts import Evaluate
from reinforcement.games.players import Player, drawing, likeliest, random_player, searching
from reinforcement.games.plots import draw_game
from reinforcement.games.rules import Game, openings

OPENING_SEED = 4_000_000


def match(game: Game, agent: Player, other: Player, starts: Array, rng: Rng) -> Array:
    """The agent's points, (2, n): with the first move, and with the second, from the states `starts` (n, ...)."""
    n = len(starts)
    points, left = np.empty(2 * n), np.arange(2 * n)
    states, mine = np.concatenate([starts, starts]), np.arange(2 * n) < n
    while True:
        over, reward = game.result(states)
        points[left[over]] = (1 + np.where(mine, reward, -reward)[over]) / 2
        left, states, mine = left[~over], states[~over], mine[~over]
        if not len(left):
            return points.reshape(2, n)
        moves = np.empty(len(left), np.int64)
        for side, player in ((mine, agent), (~mine, other)):
            if side.any():
                moves[side] = player(states[side], rng)
        states, mine = game.play(states, moves), ~mine


def every_reply(game: Game, agent: Player, first: bool, rng: Rng) -> Array:
    """How many lines of play the agent loses, draws and wins, (3,), if the other may answer with any legal move.

    Never losing here is never losing to anyone, if the agent's moves are not drawn.
    """
    counts = np.zeros(3, np.int64)
    states, mine = game.start(1), first
    while len(states):
        over, reward = game.result(states)
        counts += np.bincount((1 + (reward if mine else -reward)[over]).astype(int), minlength=3)
        states = states[~over]
        if mine:
            states = game.play(states, agent(states, rng)) if len(states) else states
        else:
            b, a = np.nonzero(game.legal(states))
            states = game.play(states[b], a)
        mine = not mine
    return counts


@dataclass(frozen=True)
class MatchExam:
    """Points against named opponents, with `simulations` a move; those against `against` are the score.

    Chance is a random player; the reference is a named player at the same openings, or a figure that is known.
    Weights are chosen by points against `trial` with `val_simulations` a move, which may be weaker and fewer: quicker.
    """

    game: Game
    opponents: Mapping[str, Player]
    against: str  # which of the opponents
    reference: Player | float
    reference_name: str
    simulations: int
    c: float = 1.5  # of PUCT
    plies: int = 4  # random moves of an opening
    n_val: int = 20
    n_test: int = 200
    trial: Player | None = None  # None: the same
    val_simulations: int | None = None  # None: as many as in the test
    baselines: Mapping[str, Player] = field(default_factory=dict)  # against it, too
    monitor: str = "+val_points"

    def __post_init__(self) -> None:
        self.starts()  # raises ValueError where a game has not so many

    def starts(self) -> tuple[Array, Array]:
        """Openings to choose by, and to judge by: all distinct."""
        both = openings(self.game, np.random.default_rng(OPENING_SEED), self.n_val + self.n_test, self.plies)
        return both[: self.n_val], both[self.n_val :]

    def validate(self, evaluate: Evaluate) -> dict[str, float]:
        """Points against `trial`: val_points with search, val_points_alone without; answers, the results it took."""
        starts, other = self.starts()[0], self.trial or self.opponents[self.against]

        def points(agent: Player) -> float:
            return float(match(self.game, agent, other, starts, np.random.default_rng(VAL_SEED)).mean())

        return {
            "val_points": points(searching(self.game, evaluate, self.val_simulations or self.simulations, self.c)),
            "val_points_alone": points(likeliest(evaluate)),
            "answers": 4 * len(starts),
        }

    def report(self, evaluate: Evaluate, folder: Path | None) -> Report:
        starts, other = self.starts()[1], self.opponents[self.against]

        def points(player: Player, other: Player) -> Array:
            return match(self.game, player, other, starts, np.random.default_rng(TEST_SEED))

        thinking, alone = searching(self.game, evaluate, self.simulations, self.c), likeliest(evaluate)
        metrics: dict[str, float] = {}
        for name, opponent in self.opponents.items():
            both = points(thinking, opponent)
            metrics |= {
                f"test_points_{key(name)}": float(both.mean()),
                f"test_points_{key(name)}_first": float(both[0].mean()),
                f"test_points_{key(name)}_second": float(both[1].mean()),
                f"test_points_{key(name)}_without_search": float(points(alone, opponent).mean()),
            }
        others = {"random player": random_player(self.game), **self.baselines}
        baselines = {name: float(points(player, other).mean()) for name, player in others.items()}
        reference = self.reference if isinstance(self.reference, float) else float(points(self.reference, other).mean())
        made = Report(
            metrics=metrics,
            metric=f"test_points_{key(self.against)}",
            chance=baselines["random player"],
            reference=reference,
            reference_name=self.reference_name,
            baselines=baselines,
        )
        if folder:
            draw_game(folder / "game.png", self.game, thinking, other, starts[0])
            made.pictures["game.png"] = f"A game from a test opening: the agent (blue) against {self.against} (red)"
        return made


@dataclass(frozen=True)
class EveryReplyExam:
    """For a game so small that every line of play can be walked: the network alone, against all that can be played.

    Weights are chosen by matches against a random and a perfect player, from the empty board; the walk is the test.
    """

    game: Game
    perfect: Player
    random: Player
    n_val: int = 100  # games from either side, against either player
    monitor: str = "+val_score"

    def validate(self, evaluate: Evaluate) -> dict[str, float]:
        """The share that is not lost with the likeliest moves, and with drawn ones; val_score is their mean.

        Soon the likeliest moves lose nothing; of such agents the one that bears its own random moves has the largest
        margin on all else. The results of games that it took are answers.
        """
        starts = self.game.start(self.n_val)

        def not_lost(agent: Player) -> float:
            rng = np.random.default_rng(VAL_SEED)
            points = [match(self.game, agent, other, starts, rng) for other in (self.random, self.perfect)]
            return float((np.array(points) > 0).mean())

        best, by_chance = not_lost(likeliest(evaluate)), not_lost(drawing(evaluate))
        return {
            "val_not_lost": best,
            "val_not_lost_drawn": by_chance,
            "val_score": (best + by_chance) / 2,
            "answers": 8 * len(starts),
        }

    def report(self, evaluate: Evaluate, folder: Path | None) -> Report:
        def walks(player: Player, seed: int) -> Array:
            rng = np.random.default_rng(seed)
            return np.stack([every_reply(self.game, player, first, rng) for first in (True, False)])

        def not_lost(counts: Array) -> float:
            return float(1 - (counts[:, 0] / counts.sum(-1)).mean())

        counts = walks(likeliest(evaluate), TEST_SEED)
        chance = float(np.mean([not_lost(walks(self.random, TEST_SEED + k)) for k in range(20)]))
        lines = [
            f"moving {side}: of {row.sum()} lines, {row[0]} lost, {row[1]} drawn, {row[2]} won"
            for side, row in zip(("first", "second"), counts, strict=True)
        ]
        names = [f"test_{how}_{side}" for side in ("first", "second") for how in ("lost", "drawn", "won")]
        made = Report(
            metrics={"test_not_lost": not_lost(counts), **dict(zip(names, counts.ravel().astype(float), strict=True))},
            metric="test_not_lost",
            chance=chance,
            reference=not_lost(walks(self.perfect, TEST_SEED)),
            reference_name="perfect play",
            baselines={"random player": chance},
            texts={"Every line of play": "\n".join(lines)},
        )
        if folder:
            draw_game(folder / "game.png", self.game, likeliest(evaluate), self.perfect, self.game.start(1)[0])
            made.pictures["game.png"] = "The agent (blue) moves first against perfect play (red)"
        return made


def key(name: str) -> str:
    """minimax-4 -> minimax_4."""
    return name.replace("-", "_").replace(" ", "_")
