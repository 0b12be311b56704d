"""Play tic-tac-toe without ever losing, learnt from games against oneself alone, by AlphaZero's method."""

from typing import Any

from core import Rng
from reinforcement.games.evaluate import EveryReplyExam
from reinforcement.games.players import minimax, random_player
from reinforcement.games.predictor import GamePredictor
from reinforcement.games.rules import TIC_TAC_TOE
from reinforcement.games.self_play import SelfPlay
from reinforcement.games.task import BoardGame as Config, learner, predictor_of

PARADIGM = "reinforcement"
ABOUT = """
Learn tic-tac-toe from games against oneself alone (AlphaZero's method). In goes the board; out come how likely each
cell is the best move, and who will win. The only teacher is the result of each game. The test walks through every
line of play that any opponent could choose. The score is the share that the network alone does not lose: 1 is
perfect, and well-trained networks reach it.
"""
PRESETS = {"quick": {"updates": 100}, "best": {"updates": 600}}


def predictor(config: Config, facts: Any) -> GamePredictor:
    return predictor_of(config, TIC_TAC_TOE)


def make(config: Config, rng: Rng, data: Any) -> SelfPlay:
    game = TIC_TAC_TOE
    exam = EveryReplyExam(game, minimax(game, 9, game.heuristic), random_player(game))
    return learner(config, predictor(config, {}), exam, rng)
