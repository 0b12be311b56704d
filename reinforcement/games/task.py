"""What the tasks of board games share: a network of two hidden layers, learnt by self-play."""

from dataclasses import dataclass

from core import MLP, Adam, Rng
from core.lab import Exam
from core.lab.former import renamed, warn
from reinforcement.games.predictor import GamePredictor
from reinforcement.games.rules import Game
from reinforcement.games.self_play import SelfPlay, SelfPlayConfig


@dataclass(frozen=True)
class BoardGame(SelfPlayConfig):
    """The fields of a task, which gives them its own defaults."""

    hidden: int = 128  # units in each of the two hidden layers
    lr: float = 3e-3  # step size of Adam at the start; it falls to 0 linearly
    moves: int = 2  # moves of each in one round
    simulations: int = 50  # that are searched before a move
    batches: int = 8  # minibatches after each round
    opening: int = 4  # most random moves that a game begins with


def predictor_of(config: BoardGame, game: Game, komi: float | None = None) -> GamePredictor:
    """What plays a game when it has learnt."""
    I, H = game.observation(game.start(1)).shape[1], config.hidden
    return GamePredictor(MLP(I, H, H, game.A + 1, last_gain=0.1), game, config.explore, komi)


@renamed(game=lambda game: {"predictor": game})
def learner(config: BoardGame, predictor: GamePredictor | Game, exam: Exam, rng: Rng) -> SelfPlay:
    """The learner of a game, whose task has this `predictor`; a game alone, as before, gets one."""
    if not isinstance(predictor, GamePredictor):
        warn("learner(config, game, ...)", "learner(config, predictor_of(config, game), ...)", 4)
        predictor = predictor_of(config, predictor)
    return SelfPlay(predictor.game, predictor.net, exam, Adam(config.lr), rng, config)
