"""Board games for two: rules as functions of many boards at once, each board seen by the player whose move it is.

    states = game.start(B)                    (B, rows, columns) int8: 1 a stone of the player to move, -1 of the other
    states = game.play(states, actions)       after legal moves (B,), seen by the other player: all signs have turned
    over, reward = game.result(states)        (B,) each; reward -1, 0 or 1 for the player to move

One network can so play both sides, and the value of a state is minus the value of the state before it. A line of k
stones wins: with `lines` (cells, L), a column of ones for every line, one product counts the stones on all of them.
A symmetry is a pair of permutations: cells[k] takes a board to its image, moves[k] the moves to theirs.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from core import Array, Rng


@dataclass(frozen=True, eq=False)
class Game:
    """Rules. A state is an int8 array of `shape`, all that the rules need; what is over is not to be played on."""

    name: str
    shape: tuple[int, ...]
    A: int  # moves, legal or not
    longest: int  # moves that a game may last
    legal: Callable[[Array], Array]  # (B, *shape) -> (B, A) bool
    play: Callable[[Array, Array], Array]  # (B, *shape), (B,) -> (B, *shape); the moves must be legal
    result: Callable[[Array], tuple[Array, Array]]  # (B, *shape) -> over (B,), reward (B,) float32
    observation: Callable[[Array], Array]  # (B, *shape) -> (B, I), what a network is shown
    heuristic: Callable[[Array], Array]  # (B, *shape) -> (B,), above -1 and below 1: a rule of thumb for minimax
    cells: Array  # K, cells: the image of a board is board.ravel()[cells[k]]
    moves: Array  # K, A: and of what stands at the moves, p[moves[k]]
    show: Callable[[Array], str]  # a board as text, X to move
    wins: Callable[[Array], Array] | None = None  # (B, *shape) -> (B, A) bool, moves that win at once, if quickly told

    def start(self, n: int) -> Array:
        """n games that begin, (n, *shape)."""
        return np.zeros((n, *self.shape), np.int8)

    def turned(self, states: Array) -> Array:
        """The same states, their stones seen by the other player; the planes behind the first stay as they are."""
        seen = states.copy()
        stones = seen if len(self.shape) == 2 else seen[:, 0]
        np.negative(stones, stones)
        return seen


def lines(rows: int, columns: int, k: int) -> Array:
    """All lines of k cells, in a row, a column or a diagonal, as columns of ones: (rows * columns, L) float32."""
    found = [
        [(r + i * dr) * columns + c + i * dc for i in range(k)]
        for r, c in np.ndindex(rows, columns)
        for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1))
        if r + (k - 1) * dr < rows and 0 <= c + (k - 1) * dc < columns
    ]
    table = np.zeros((rows * columns, len(found)), np.float32)
    table[np.array(found).T, np.arange(len(found))] = 1
    return table


def in_a_row(
    name: str, k: int, legal: Callable[[Array], Array], fills: Callable[[Array], Array], cells: Array, moves: Array
) -> Game:
    """Who first has k stones in a line wins; a full board is a draw. A move a puts a stone on fills(states)[:, a].

    `cells` (K, rows, columns) and `moves` (K, A) are the symmetries, the first of them the identity.
    """
    rows, columns = cells.shape[1:]
    size, table = rows * columns, lines(rows, columns, k)
    # own stones count 1, the other's k + 1, so that one product tells both counts, from 0 to k each
    counts = np.arange(k * (k + 2) + 1)
    own, other = counts % (k + 1), counts // (k + 1)
    worth = np.where(other == 0, 4.0**own / 4, np.where(own == 0, -(4.0**other) / 4, 0)) * (counts > 0)
    worth = (worth / (4.0 ** (k - 1) / 4 * table.shape[1] + 1)).astype(np.float32)  # all lines together stay below 1

    def play(states: Array, actions: Array) -> Array:
        after, each = np.negative(states, order="C"), np.arange(len(states))
        after.reshape(-1, size)[each, fills(states)[each, actions]] = -1
        return after

    def result(states: Array) -> tuple[Array, Array]:
        flat = states.reshape(-1, size)
        lost = ((flat < 0).astype(np.float32) @ table == k).any(-1)  # only who has just moved can have won
        return lost | flat.all(-1), -lost.astype(np.float32)

    def wins(states: Array) -> Array:
        """The legal moves that complete a line."""
        flat = states.reshape(-1, size)
        holes = completing(stones_on(flat, table)[0] == k - 1, flat, table)
        return np.take_along_axis(holes, fills(states), -1) & legal(states)

    def observation(states: Array) -> Array:
        """Own stones, the other's and what is empty, as ones: (B, 3 rows columns) float32."""
        flat = states.reshape(-1, size)
        return np.concatenate([flat > 0, flat < 0, flat == 0], -1).astype(np.float32)

    def heuristic(states: Array) -> Array:
        """Lines that only one side has stones on, 1, 4, 16 ... for 1, 2, 3 ... stones; the difference, scaled."""
        flat = states.reshape(-1, size)
        codes = (flat > 0) + np.float32(k + 1) * (flat < 0)
        return worth[(codes @ table).astype(np.int64)].sum(-1)

    rules = legal, play, result, observation, heuristic
    return Game(name, (rows, columns), moves.shape[1], size, *rules, cells.reshape(len(cells), size), moves, show, wins)


def show(board: Array) -> str:
    """A board (rows, columns) as text, X to move."""
    return "\n".join(" ".join("O.X"[stone + 1] for stone in row) for row in board)


def stones_on(flat: Array, table: Array) -> tuple[Array, Array]:
    """Own stones on every line where the other has none, else 0 (B, L), and the other's; of boards (B, cells)."""
    own, other = ((side.astype(np.float32) @ table) for side in (flat > 0, flat < 0))
    return own * (other == 0), other * (own == 0)


def completing(lacking: Array, flat: Array, table: Array) -> Array:
    """The empty cells on lines that lack one stone, (B, L) -> (B, cells) bool."""
    return (lacking.astype(np.float32) @ table.T > 0) & (flat == 0)


def with_lines(game: Game, k: int) -> Game:
    """The same game, its observation followed by what can be read off its lines of k cells, (B, I + 2 L + 2 cells).

    For every line (own stones / (k - 1))^2 where the other has none on it, else 0, and the same of the other's: a line
    that lacks one stone says 1. Then, as ones, the cells that would complete a line, own and the other's. No more than
    the rules say, but an MLP would have to find out each line by itself.
    """
    rows, columns = game.shape
    table = lines(rows, columns, k)

    def observation(states: Array) -> Array:
        flat, sides = flattened(states), stones_on(flattened(states), table)
        share = [(side / (k - 1)) ** 2 for side in sides]
        holes = [completing(side == k - 1, flat, table) for side in sides]
        return np.concatenate([game.observation(states), *share, *holes], -1, dtype=np.float32)

    return replace(game, observation=observation)


def flattened(states: Array) -> Array:
    """(B, ...) -> (B, cells); B may be 0."""
    return states.reshape(len(states), math.prod(states.shape[1:]))


def empty(states: Array) -> Array:
    """Every empty cell is a move."""
    return flattened(states) == 0


def column_open(states: Array) -> Array:
    """Every column whose top cell, row 0, is empty is a move."""
    return states[:, 0] == 0


def itself(states: Array) -> Array:
    """Every move fills the cell of its number."""
    cells = flattened(states)
    return np.broadcast_to(np.arange(cells.shape[1]), cells.shape)


def lowest(states: Array) -> Array:
    """The lowest empty cell of each column; nonsense for full ones."""
    return ((states == 0).sum(1) - 1) * states.shape[2] + np.arange(states.shape[2])


def square(n: int) -> Array:
    """The eight symmetries of a square board, (8, n, n)."""
    board = np.arange(n * n).reshape(n, n)
    return np.stack([np.rot90(b, turns) for b in (board, board.T) for turns in range(4)])


def mirrored(rows: int, columns: int) -> Array:
    """As it is, and left and right exchanged, (2, rows, columns)."""
    board = np.arange(rows * columns).reshape(rows, columns)
    return np.stack([board, board[:, ::-1]])


TIC_TAC_TOE = in_a_row("tic-tac-toe", 3, empty, itself, square(3), square(3).reshape(8, 9))
CONNECT_FOUR = with_lines(in_a_row("Connect Four", 4, column_open, lowest, mirrored(6, 7), mirrored(1, 7)[:, 0]), 4)


def image(game: Game, k: Array, states: Array, p: Array) -> tuple[Array, Array]:
    """The states (B, *shape) and what stands at their moves (B, A) under the symmetries k (B,), one for each."""
    boards = np.take_along_axis(flattened(states), game.cells[k], -1).reshape(states.shape)
    return boards, np.take_along_axis(p, game.moves[k], -1)


def random_moves(game: Game, rng: Rng, states: Array) -> Array:
    """A legal move of each, all equally likely (B,)."""
    return ((1 - rng.random((len(states), game.A))) * game.legal(states)).argmax(-1)


def openings(game: Game, rng: Rng, n: int, plies: int) -> Array:
    """n states after `plies` random moves, none over, no two alike or images of one another under a symmetry.

    Raises ValueError when so many are not found.
    """
    found = np.empty((0, *game.shape), np.int8)
    for _ in range(50 if n <= game.A**plies else 0):
        states = game.start(4 * n)
        for _ in range(plies):
            states = game.play(states, random_moves(game, rng, states))
            states = states[~game.result(states)[0]]
        both = np.concatenate([found, states])
        images = flattened(both)[:, game.cells].reshape(-1, game.cells.shape[1])  # all images of each
        place = np.unique(rows_as_one(images), return_inverse=True)[1].reshape(len(both), -1).min(-1)
        found = both[np.sort(np.unique(place, return_index=True)[1])]
        if len(found) >= n:
            return found[:n]
    raise ValueError(f"{game.name} has no {n} distinct openings of {plies} moves that can be found: ask for fewer")


def rows_as_one(states: Array) -> Array:
    """Each state as one value that can be compared and sorted, (B,)."""
    flat = np.ascontiguousarray(flattened(states))
    return flat.view(np.dtype((np.void, flat.shape[1])))[:, 0]
