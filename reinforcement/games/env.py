"""A board game as a Gymnasium environment: the agent moves, then the opponent, and the reward is the result.

    env = gymnasium.make("reinforcement.games.env:trivium/ConnectFour-v0", opponent="minimax-4")

The observation is the state as the agent sees it, at the end too: 1 own stones, -1 the opponent's; of Go also the ko
and the counter, as the rules hold them. Who begins is drawn at each reset, unless `first` says so. The reward is 1 for
a win, -1 for a loss, 0 for a draw and before the end. An illegal move loses at once: -1, and the episode is terminated;
info["legal"] (A,) says which moves are legal.
"""

from typing import Any

import gymnasium as gym
import numpy as np

from core import Array
from reinforcement.games.go import KOMI, SIZE, go
from reinforcement.games.players import Player, opponent as named
from reinforcement.games.rules import CONNECT_FOUR, TIC_TAC_TOE, Game


class BoardEnv(gym.Env[Array, np.int64]):
    """One game against one opponent: a player, or its name for `opponents.opponent`. Raises ValueError for others."""

    metadata = {"render_modes": ["ansi"], "render_fps": 1}  # noqa: RUF012

    def __init__(
        self, game: Game, opponent: str | Player = "random", first: bool | None = None, render_mode: str | None = None
    ) -> None:
        self.game, self.first, self.render_mode = game, first, render_mode
        self.other = named(game, opponent) if isinstance(opponent, str) else opponent
        self.observation_space = gym.spaces.Box(-1, 1, game.shape, np.int8)
        self.action_space = gym.spaces.Discrete(game.A)
        self.states = game.start(1)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        super().reset(seed=seed)
        self.states = self.game.start(1)
        if not (self.np_random.random() < 0.5 if self.first is None else self.first):
            self._answer()
        return self._seen()

    def step(self, action: np.int64) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        if not self.game.legal(self.states)[0, action]:
            return self._seen()[0], -1.0, True, False, self._seen()[1]
        self.states = self.game.play(self.states, np.array([action]))
        over, reward = self.game.result(self.states)
        if over[0]:
            self.states, reward = self.game.turned(self.states), -reward  # as the agent sees it
        else:
            self._answer()
            over, reward = self.game.result(self.states)
        obs, info = self._seen()
        return obs, float(reward[0]), bool(over[0]), False, info

    def _answer(self) -> None:
        self.states = self.game.play(self.states, self.other(self.states, self.np_random))

    def _seen(self) -> tuple[Array, dict[str, Any]]:
        return self.states[0].copy(), {"legal": self.game.legal(self.states)[0]}

    def render(self) -> str:
        return self.game.show(self.states[0])


def small_go(size: int = SIZE, komi: float = KOMI, **options: Any) -> BoardEnv:
    return BoardEnv(go(size, komi), **options)


def tic_tac_toe(**options: Any) -> BoardEnv:
    return BoardEnv(TIC_TAC_TOE, **options)


def connect_four(**options: Any) -> BoardEnv:
    return BoardEnv(CONNECT_FOUR, **options)


for name, entry in {"TicTacToe": tic_tac_toe, "ConnectFour": connect_four, "Go": small_go}.items():
    if f"trivium/{name}-v0" not in gym.registry:
        gym.register(f"trivium/{name}-v0", entry)
