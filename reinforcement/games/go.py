"""Go on boards of any size: rules as functions of many boards at once, in the form that games.py describes.

A move puts a stone on an empty point, then takes the other's groups that have no liberty (empty neighbour) left; a move
that would leave one's own group without a liberty is forbidden, and so is taking back a single stone at once that has
just taken a single stone (simple ko). Passing, the last move, is always allowed. Two passes end the game, and so do
2 n^2 moves. Then Black has its stones and the empty points that reach black stones alone, White likewise, and komi
(area scoring: Tromp and Taylor 1995). Longer cycles than a ko are not forbidden, since no state remembers the boards
before: they last until the limit.

A state (3, n, n) holds the stones; 1 where a ko may not be taken; and in the cells of the third plane the number of
moves in binary digits, the lowest first, then, in the last two, whether the two last moves, and the last, were passes.
Black moves first, so the lowest digit says who is to move.

Inside, a point is (row, column, board): a neighbour is a slice, and all points of all boards are one stretch of bytes.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from core import Array
from reinforcement.games.rules import Game, flattened, show, square

SIZE, KOMI = 5, 2.5


def near(x: Array) -> Array:
    """The largest of each point's two to four neighbours, (n, n, B); 0 is the least."""
    y = np.zeros_like(x)
    y[1:] = x[:-1]
    for to, by in ((y[:-1], x[1:]), (y[:, 1:], x[:, :-1]), (y[:, :-1], x[:, 1:])):
        np.maximum(to, by, out=to)
    return y


def spread(x: Array, stones: Array) -> Array:
    """The largest of x (..., n, n, B) unsigned in each group: points of one colour, or empty, that are connected."""
    down, right = (-(a == b).astype(x.dtype) for a, b in ((stones[1:], stones[:-1]), (stones[:, 1:], stones[:, :-1])))
    x = x.copy()
    up, low, left, far = x[..., :-1, :, :], x[..., 1:, :, :], x[..., :-1, :], x[..., 1:, :]
    while True:
        before = x.copy()
        for to, by, joined in ((low, up, down), (far, left, right), (up, low, down), (left, far, right)):
            np.maximum(to, by & joined, out=to)
        if np.array_equal(x, before):
            return x


def last_liberties(stones: Array) -> Array:
    """At each stone whose group has one liberty alone, the number of that point, from 1; elsewhere 0 (n, n, B)."""
    n = len(stones)
    number = np.arange(1, n * n + 1, dtype=np.min_scalar_type(2 * n * n)).reshape(n, n, 1)
    empty = stones == 0
    seen = np.stack([near(number * empty), near(number[::-1, ::-1] * empty)])
    highest, lowest = spread(seen * (stones != 0), stones)  # of the liberties' numbers, the lowest from the other end
    return highest * (highest + lowest == n * n + 1)


def remembering(f: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """f, which says of an equal array once more what it said the last time; it keeps a copy, which nobody changes."""
    kept = (empty := np.zeros(0)), empty

    def again(new: Array) -> Array:
        nonlocal kept
        x, y = kept
        if not np.array_equal(new, x):
            kept = new.copy(), (y := f(new))
        return y

    return again


def area(stones: Array) -> Array:
    """Points of 1 minus points of -1: stones, and the empty points from which only that side is reached, (B,)."""
    sides = np.stack([stones > 0, stones < 0]).view(np.uint8)
    reached = spread(np.stack([near(side) for side in sides]) * (stones == 0), stones)
    held = (sides | reached).sum((1, 2), dtype=np.int64)  # what both reach counts for both, and so for nobody
    return held[0] - held[1]


def go(size: int = SIZE, komi: float = KOMI) -> Game:
    """The game on size x size points; points are numbered row by row, and the last move is to pass.

    The same size and komi give the same object. Raises ValueError below 3 points a side, and
    for a komi of more points than the board has, which would decide every game before it begins.
    """
    if size < 3:
        raise ValueError(f"Go needs a board of at least 3 points a side, not {size}")
    if not abs(komi) <= size * size:
        raise ValueError(f"komi must be at most the {size * size} points of the board, not {komi:g}")
    return _go(size, float(komi))


@cache
def _go(size: int, komi: float) -> Game:
    n, points, longest = size, size * size, 2 * size * size
    digits = longest.bit_length()
    powers = 1 << np.arange(digits)

    def laid(plane: Array) -> Array:
        """(B, n, n) -> (n, n, B), in order."""
        return np.ascontiguousarray(plane.reshape(len(plane), points).T).reshape(n, n, len(plane))

    def flat(plane: Array) -> Array:
        """(n, n, B) -> (B, n n)."""
        return plane.reshape(points, plane.shape[-1]).T

    def number(states: Array) -> Array:
        """Moves so far (B,)."""
        return (flattened(states[:, 2])[:, :digits] != 0) @ powers

    only = remembering(last_liberties)  # whoever asks for moves goes on to play or look at the same boards

    def legal(states: Array) -> Array:
        stones = laid(states[:, 0])
        # a move here leaves a liberty beside it, joins a group that has another, or takes a group
        helps = (stones == 0) | ((stones > 0) ^ (only(stones) > 0))
        moves = np.ones((len(states), points + 1), bool)
        moves[:, :points] = flat((stones == 0) & near(helps)) & (flattened(states[:, 1]) == 0)
        return moves

    def play(states: Array, actions: Array) -> Array:
        B, stones = len(states), laid(states[:, 0])
        taken = (stones < 0) & (only(stones) == actions + 1)  # a pass has a number that no liberty has
        placed = np.zeros((points + 1, B), np.int8)
        placed[actions, np.arange(B)] = 1
        new = placed[:points].reshape(n, n, B)
        after = np.zeros((B, 3, points), np.int8)
        after[:, 0] = flat(-stones * ~taken - new)
        # a ko: one stone was taken by one stone that has no neighbour of its own and no other liberty
        alone = (new > near(stones >= 0)).any((0, 1))
        after[:, 1] = flat(taken & (alone & (taken.sum((0, 1)) == 1)))
        after[:, 2, :digits] = ((number(states) + 1)[:, None] & powers) != 0
        after[:, 2, -1] = actions == points
        after[:, 2, -2] = (actions == points) & (states[:, 2, -1, -1] != 0)
        return after.reshape(B, 3, n, n)

    def black(states: Array) -> Array:
        """1 where Black is to move, -1 where White is (B,)."""
        return np.where(states[:, 2, 0, 0] != 0, -1, 1)

    def ahead(states: Array) -> Array:
        """Points of who is to move, minus the other's, komi counted (B,)."""
        return area(laid(states[:, 0])) - komi * black(states)

    def result(states: Array) -> tuple[Array, Array]:
        over = (states[:, 2, -1, -2] != 0) | (number(states) >= longest)
        reward = np.zeros(len(states), np.float32)
        if over.any():
            reward[over] = np.sign(ahead(states[over]))
        return over, reward

    def observation(states: Array) -> Array:
        """Own stones, the other's, empty points; own and the other's groups with one liberty; where a move is legal;
        then 1 for Black and -1 for White, the passes before, and the share of the moves still to come."""
        stones = laid(states[:, 0])
        own, other, atari = stones > 0, stones < 0, only(stones) > 0
        planes = [flat(plane) for plane in (own, other, stones == 0, own & atari, other & atari)]
        rest = np.stack([black(states), states[:, 2, -1, -1] != 0, (longest - number(states)) / longest], -1)
        return np.concatenate([*planes, legal(states)[:, :points], rest], -1, dtype=np.float32)

    def heuristic(states: Array) -> Array:
        """The points ahead if the game ended here, scaled to stay between -1 and 1."""
        return ahead(states) / (points + abs(komi) + 1)

    turned, kept = square(n).reshape(8, points), np.broadcast_to(np.arange(2 * points, 3 * points), (8, points))
    cells = np.concatenate([turned, points + turned, kept], 1)
    moves = np.concatenate([turned, np.full((8, 1), points)], 1)
    name, rules = f"Go {n}x{n}, komi {komi:g}", (legal, play, result, observation, heuristic)
    return Game(name, (3, n, n), points + 1, longest, *rules, cells, moves, lambda state: show(state[0]))
