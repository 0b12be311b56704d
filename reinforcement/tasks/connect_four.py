"""Play Connect Four, learnt from games against oneself alone, by AlphaZero's method: a network that guides a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.lab.learner import positive
from core.layers import Rng
from core.network import MLP
from core.optimizers import Adam
from reinforcement.evaluate_games import MatchExam
from reinforcement.games import CONNECT_FOUR
from reinforcement.opponents import greedy_player, mcts, minimax, random_player
from reinforcement.self_play import SelfPlay

PARADIGM = "reinforcement"
PROBLEM = "connect_four"
PRESETS = {"quick": {"hidden": 128, "updates": 80, "games": 128, "simulations": 25, "think": 25, "openings": 10},
           "best": {"updates": 4000, "think": 200, "openings": 200}}  # fmt: skip


@dataclass(frozen=True)
class Config:
    hidden: int = 256  # units in each of the two hidden layers
    lr: float = 2e-3  # step size of Adam at the start; it falls to 0 linearly
    updates: int = 400  # rounds of playing and learning
    games: int = 256  # games side by side
    moves: int = 1  # moves of each in one round
    simulations: int = 50  # that are searched before a move
    batches: int = 8  # minibatches after each round
    batch: int = 256  # positions in a minibatch
    memory: int = 60_000  # positions that are remembered
    warm: int = 12  # moves of a game that are drawn by how often the search tried them; later the one tried most
    opening: int = 4  # most random moves that a game begins with
    explore: float = 1.5  # c of PUCT: how much a prior counts against what came back
    noise: float = 0.25  # share of noise in the prior of a root
    alpha: float = 1.0  # of Dirichlet's distribution, from which the noise is drawn
    think: int = 50  # simulations before a move when it is judged
    openings: int = 50  # of four random moves, from which it is judged, with either colour

    def __post_init__(self) -> None:
        positive(self, "hidden", "lr", "updates", "games", "moves", "simulations", "batches", "batch", "memory",
                 "explore", "alpha", "think", "openings")  # fmt: skip
        if not 0 <= self.noise <= 1:
            raise ValueError(f"noise must be from 0 to 1, not {self.noise}")
        if self.warm < 0:
            raise ValueError(f"warm must not be below 0, not {self.warm}")
        if not 0 <= self.opening <= 6:
            raise ValueError(f"opening must be from 0 to 6, or a game may be over before it begins, not {self.opening}")


def make(config: Config, rng: Rng, data: Any) -> SelfPlay:
    game = CONNECT_FOUR
    exam = MatchExam(game, {"random": random_player(game), "greedy": greedy_player(game),
                            "minimax-4": minimax(game, 4, game.judge)}, "minimax-4",
                     mcts(game, config.think), f"MCTS with {config.think} random roll-outs a move",
                     simulations=config.think, c=config.explore, n_test=config.openings)  # fmt: skip
    net = MLP(126, config.hidden, config.hidden, game.A + 1, last_gain=0.1)
    return SelfPlay(game, net, exam, Adam(config.lr), rng, updates=config.updates, n=config.games, moves=config.moves,
                    simulations=config.simulations, batches=config.batches, batch=config.batch, memory=config.memory,
                    warm=config.warm, opening=config.opening, c=config.explore, noise=config.noise,
                    alpha=config.alpha)  # fmt: skip
