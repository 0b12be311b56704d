"""Play Go on a small board, learnt from games against oneself alone, by AlphaZero's method."""

from dataclasses import dataclass
from typing import Any

from core import Rng
from reinforcement.games.evaluate import MatchExam
from reinforcement.games.go import KOMI, SIZE, go
from reinforcement.games.players import mcts, minimax, random_player
from reinforcement.games.predictor import GamePredictor
from reinforcement.games.self_play import SelfPlay
from reinforcement.games.task import BoardGame, learner, predictor_of

PARADIGM = "reinforcement"
ABOUT = """
Learn Go on a small board, five by five at first, from games against oneself alone (AlphaZero's method). In goes the
board; out come how likely each point is the best move, and who will win. A tree search guided by both plays better
than the network, and the network learns what it found. The score is the share of points against a search of random
games with as many simulations: 0.5 is equal, 1 is every game won.
"""
PRESETS = {
    "quick": {"hidden": 128, "updates": 100, "games": 128, "simulations": 20, "think": 10, "openings": 10},
    "best": {"updates": 1500, "replay_size": 100_000, "think": 200, "openings": 200},
}


@dataclass(frozen=True)
class Config(BoardGame):
    unchecked = "size", "komi"

    size: int = SIZE  # points a side
    komi: float = KOMI  # points that White is given, since Black begins
    hidden: int = 256  # units in each of the two hidden layers
    lr: float = 1e-3  # step size of Adam at the start; it falls to 0 linearly
    updates: int = 300  # rounds of playing and learning
    games: int = 256  # games side by side
    moves: int = 1  # moves of each in one round
    replay_size: int = 60_000  # positions that are remembered
    warm: int = 12  # moves of a game that are drawn by how often the search tried them; later the one tried most
    alpha: float = 0.5  # of Dirichlet's distribution, from which the noise is drawn
    think: int = 50  # simulations before a move when it is judged, and roll-outs of the MCTS that it is judged by
    openings: int = 50  # of four random moves, from which it is judged, with either colour


def predictor(config: Config, facts: Any) -> GamePredictor:
    return predictor_of(config, go(config.size, config.komi), config.komi)


def make(config: Config, rng: Rng, data: Any) -> SelfPlay:
    game, n = go(config.size, config.komi), config.think
    looks, against = minimax(game, 2, game.heuristic), f"mcts-{n}"
    opponents = {"random": random_player(game), "minimax-2": looks, against: mcts(game, n)}
    # weights are chosen without search by a quick opponent: with search all of them soon beat it
    exam = MatchExam(
        game,
        opponents,
        against,
        0.5,
        f"{against} against itself",
        simulations=n,
        c=config.explore,
        n_val=min(config.openings, 100),
        n_test=config.openings,
        trial=looks,
        val_simulations=max(n // 4, 1),
        monitor="+val_points_alone",
    )
    return learner(config, predictor(config, {}), exam, rng)
