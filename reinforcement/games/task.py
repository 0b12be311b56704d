"""What the tasks of board games share: the settings of self-play, with names and checks."""

from __future__ import annotations

from dataclasses import dataclass

from core.lab.config import positive
from core.layers import Rng
from core.network import MLP
from core.optimizers import Adam
from reinforcement.games.evaluate import GameExam
from reinforcement.games.rules import Game
from reinforcement.games.self_play import SelfPlay


@dataclass(frozen=True)
class BoardGame:
    """The fields of a task, which gives them its own defaults."""

    hidden: int = 128  # units in each of the two hidden layers
    lr: float = 3e-3  # step size of Adam at the start; it falls to 0 linearly
    updates: int = 300  # rounds of playing and learning
    games: int = 64  # games side by side
    moves: int = 2  # moves of each in one round
    simulations: int = 50  # that are searched before a move
    batches: int = 8  # minibatches after each round
    batch: int = 256  # positions in a minibatch
    replay_size: int = 20_000  # positions that are remembered
    warm: int = 6  # moves of a game that are drawn by how often the search tried them; later the one tried most
    opening: int = 4  # most random moves that a game begins with
    explore: float = 1.5  # c of PUCT: how much a prior counts against what came back
    noise: float = 0.25  # share of noise in the prior of a root
    alpha: float = 1.0  # of Dirichlet's distribution, from which the noise is drawn

    def __post_init__(self) -> None:
        positive(
            self,
            "hidden",
            "lr",
            "updates",
            "games",
            "moves",
            "simulations",
            "batches",
            "batch",
            "replay_size",
            "explore",
            "alpha",
        )
        if not 0 <= self.noise <= 1:
            raise ValueError(f"noise must be from 0 to 1, not {self.noise}")
        for name in ("warm", "opening"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be below 0, not {getattr(self, name)}")


def learner(config: BoardGame, game: Game, exam: GameExam, rng: Rng) -> SelfPlay:
    net = MLP(game.observation(game.start(1)).shape[1], config.hidden, config.hidden, game.A + 1, last_gain=0.1)
    return SelfPlay(
        game,
        net,
        exam,
        Adam(config.lr),
        rng,
        updates=config.updates,
        n=config.games,
        moves=config.moves,
        simulations=config.simulations,
        batches=config.batches,
        batch=config.batch,
        memory=config.replay_size,
        warm=config.warm,
        opening=config.opening,
        c=config.explore,
        noise=config.noise,
        alpha=config.alpha,
    )
