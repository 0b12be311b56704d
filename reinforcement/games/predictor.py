"""What plays a board game when it has learnt: a network, the game, and how it is searched."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core import Array, Layer
from core.lab.envs.units import as_batch
from core.lab.errors import Refusal
from core.lab.signature import Signature
from reinforcement.games.mcts import Evaluate
from reinforcement.games.players import evaluation, likeliest
from reinforcement.games.rules import Game


@dataclass(frozen=True)
class GamePredictor:
    """`net` maps observations of `game` to (B, A + 1), its moves and its value."""

    net: Layer
    game: Game
    explore: float  # c of a search
    komi: float | None = None  # of a game whose points are counted

    def evaluate(self, w: Array) -> Evaluate:
        """What the network says, for players and for a search."""
        return evaluation(self.game, self.net, w)

    def signature(self, w: Array) -> Signature:
        raise Refusal("moves are found by a search in the game, not by the network alone: that cannot be exported")

    def predict(self, w: Array, boards: Any) -> Array:
        """The best moves (B,) at boards (B, rows, columns), or at one alone: 1 own stones, -1 the other's, 0 empty.

        Raises ValueError for other values and for games that are over.
        """
        given = as_batch(boards, np.zeros((1, *self.game.shape), np.float64))
        states = given.astype(np.int8)
        if not (np.isin(given, (-1, 0, 1)).all()):
            raise ValueError("a board holds 1 for own stones, -1 for the other's, 0 for empty cells, and nothing else")
        if self.game.result(states)[0].any() or self.game.result(self.game.turned(states))[0].any():
            raise ValueError("on a board the game is over: there is no best move")
        return likeliest(self.evaluate(w))(states, np.random.default_rng(0))
