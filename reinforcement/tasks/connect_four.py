"""Play Connect Four, learnt from games against oneself alone, by AlphaZero's method: a network that guides a search."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import Rng
from reinforcement.games.evaluate import MatchExam
from reinforcement.games.players import Opponent, greedy_player, mcts, opponent, random_player
from reinforcement.games.predictor import GamePredictor
from reinforcement.games.rules import CONNECT_FOUR
from reinforcement.games.self_play import SelfPlay
from reinforcement.games.task import BoardGame, learner, predictor_of

PARADIGM = "reinforcement"
ABOUT = """
Learn Connect Four from games against oneself alone (AlphaZero's method). In goes the board; out come how likely each
of the seven columns is the best move, and who will win. A tree search that both guide plays better than the network,
and the network learns what the search found. The only teacher is the result of each game. The score is the share of
points against minimax that looks four moves ahead: 0.85 and more is strong.
"""
PRESETS = {
    "quick": {"hidden": 128, "updates": 200, "simulations": 32, "replay_size": 40_000, "think": 32, "openings": 10},
    "best": {"updates": 4000, "replay_size": 100_000, "think": 200, "openings": 200},
}


@dataclass(frozen=True)
class Config(BoardGame):
    hidden: int = 256  # units in each of the two hidden layers
    lr: float = 1e-3  # step size of Adam at the start; it falls to 0 linearly
    updates: int = 400  # rounds of playing and learning
    games: int = 256  # games side by side
    moves: int = 1  # moves of each in one round
    replay_size: int = 60_000  # positions that are remembered
    warm: int = 12  # moves of a game that are drawn by how often the search tried them; later the one tried most
    alpha: float = 0.5  # of Dirichlet's distribution, from which the noise is drawn
    think: int = 50  # simulations before a move when it is judged
    against: Opponent = "minimax-4"  # who judges: random, greedy, minimax-K, mcts-N, or the folder of a run
    openings: int = 50  # of four random moves, from which it is judged, with either colour


def predictor(config: Config, facts: Any) -> GamePredictor:
    return predictor_of(config, CONNECT_FOUR)


def make(config: Config, rng: Rng, data: Any) -> SelfPlay:
    game, n, against = CONNECT_FOUR, config.openings, Path(config.against).name
    opponents = {"random": random_player(game), "greedy": greedy_player(game), against: opponent(game, config.against)}
    exam = MatchExam(
        game,
        opponents,
        against,
        1.0,
        "every game won",
        simulations=config.think,
        c=config.explore,
        n_val=min(n, 100),
        n_test=n,
        val_simulations=min(config.think, 50),
        baselines={f"MCTS with {config.think} roll-outs": mcts(game, config.think)},
    )
    return learner(config, predictor(config, {}), exam, rng)
