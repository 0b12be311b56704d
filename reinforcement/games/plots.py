"""A game of two players as one picture: every board on the way, the last move ringed."""

from pathlib import Path
from typing import Any

import numpy as np

from core import Array, Rng
from core.lab.envs.rollout import TEST_SEED
from core.lab.report.plots import drawing
from reinforcement.games.players import Player
from reinforcement.games.rules import Game


def played(game: Game, agent: Player, other: Player, start: Array, rng: Rng) -> Array:
    """The boards of a game from `start`, as the agent sees them, who moves first (1 + moves, rows, columns)."""
    states, boards = start[None], [stones(start)]
    while not game.result(states)[0][0]:
        player = agent if len(boards) % 2 else other
        states = game.play(states, player(states, rng))
        boards.append(stones(states[0]) * (-1) ** len(boards))
    return np.stack(boards)


def stones(state: Array) -> Array:
    """The board of a state, (rows, columns): the state itself, or the first of its planes."""
    return state.reshape(-1, *state.shape[-2:])[0]


def draw_game(path: Path, game: Game, agent: Player, other: Player, start: Array, columns: int = 8) -> None:
    """A game move by move, the agent's stones blue, the other's red, the last one ringed; the agent moves first."""
    boards = played(game, agent, other, start, np.random.default_rng(TEST_SEED))
    T, height, width = boards.shape
    columns = min(columns, T)
    rows = -(-T // columns)
    with drawing(
        path, (1.5 * columns, 1.5 * rows * height / width + 0.25 * rows), rows, columns, squeeze=False
    ) as grid:
        axes: Any = grid.ravel()
        for axis in axes:
            axis.axis("off")
        for k, (axis, board) in enumerate(zip(axes, boards, strict=False)):
            before = boards[max(k - 1, 0)]
            axis.set(xlim=(-0.6, width - 0.4), ylim=(height - 0.4, -0.6), aspect="equal")
            axis.set_title(
                "opening" if k == 0 else f"{k}: pass" if (board == before).all() else f"{k}", fontsize=8, pad=2
            )
            axis.hlines(np.arange(height + 1) - 0.5, -0.5, width - 0.5, color="0.8", linewidth=0.8, zorder=0)
            axis.vlines(np.arange(width + 1) - 0.5, -0.5, height - 0.5, color="0.8", linewidth=0.8, zorder=0)
            y, x = np.nonzero(board)
            axis.scatter(
                x,
                y,
                s=5500 / max(height, width) ** 2,  # points: most of a cell
                c=np.where(board[y, x] > 0, "tab:blue", "tab:red"),
                edgecolors=np.where(board[y, x] != before[y, x], "black", "none"),
                linewidths=1.5,
            )
