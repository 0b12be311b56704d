"""Play tic-tac-toe without ever losing, learnt from games against oneself alone, by AlphaZero's method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.layers import Rng
from reinforcement.games.evaluate import EveryReplyExam
from reinforcement.games.players import minimax, random_player
from reinforcement.games.rules import TIC_TAC_TOE
from reinforcement.games.self_play import SelfPlay
from reinforcement.games.task import BoardGame, learner

PARADIGM = "reinforcement"
PROBLEM = "tic_tac_toe"
PRESETS = {"quick": {"updates": 100}, "best": {"updates": 600}}


@dataclass(frozen=True)
class Config(BoardGame):
    pass  # the fields of all board games


def make(config: Config, rng: Rng, data: Any) -> SelfPlay:
    game = TIC_TAC_TOE
    return learner(config, game, EveryReplyExam(game, minimax(game, 9, game.judge), random_player(game)), rng)
