"""Players of a board game: functions (states (B, ...), rng) -> legal moves (B,), for many games at once.

From the weakest to the strongest: random; greedy, who wins or blocks at once; minimax, who sees a few moves ahead;
MCTS with random roll-outs; a network, alone or with search. Who finds several moves equally good draws one of them.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np

from core import Array, Layer, Rng, softmax
from core.lab import Refusal
from core.lab.paths import Located
from reinforcement.games.mcts import Evaluate, by_playing, search
from reinforcement.games.rules import Game, random_moves, rows_as_one

Player = Callable[[Array, Rng], Array]
FADE = 0.99  # a win one move later is worth so much of one now, and a loss weighs so much less
TOGETHER = 32  # states whose whole trees minimax holds at once, or fewer,
CELLS = 150_000_000  # so that the last levels of these trees hold no more cells
MAX_ROLLOUTS = 100_000  # roll-outs of MCTS
NAMES = "random, greedy, minimax-K, mcts-N or the folder of a run"
Opponent = Annotated[str, Located(but=r"random|greedy|minimax-.*|mcts-.*")]  # one of NAMES


def random_player(game: Game) -> Player:
    return lambda states, rng: random_moves(game, rng, states)


def move_values(game: Game, states: Array, depth: int, heuristic: Callable[[Array], Array]) -> Array:
    """What each move is worth to the player to move, (B, A), by looking `depth` moves ahead; -inf where it is illegal.

    The whole tree is gone through, level by level, equal states once. At its leaves stands heuristic(states) (B,).
    """
    legal = game.legal(states)
    b, a = np.nonzero(legal)
    after = game.play(states[b], a)
    _, one, back = np.unique(rows_as_one(after), return_index=True, return_inverse=True)
    after = after[one]
    over, value = game.result(after)
    value = value.astype(np.float64)
    if not over.all():
        left = after[~over]
        value[~over] = heuristic(left) if depth == 1 else FADE * move_values(game, left, depth - 1, heuristic).max(-1)
    values = np.full(legal.shape, -np.inf)
    values[b, a] = -value[back.ravel()]
    return values


def minimax(game: Game, depth: int, heuristic: Callable[[Array], Array]) -> Player:
    """Looks `depth` moves ahead, both sides at their best. Raises ValueError where memory would not hold the tree."""
    cells = math.prod(game.shape)
    # No level has more states than its moves allow, nor than boards can be filled; the logarithm does not overflow.
    widest = math.log(cells) + min(depth * math.log(game.A), cells * math.log(3))
    if widest > math.log(CELLS):
        raise ValueError(f"minimax-{depth} would hold too many positions of {game.name}: look fewer moves ahead")
    together = min(TOGETHER, int(CELLS / math.exp(widest)))

    def player(states: Array, rng: Rng) -> Array:
        parts = [states[i : i + together] for i in range(0, len(states), together)]
        values = np.concatenate([move_values(game, part, depth, heuristic) for part in parts])
        tied = values >= values.max(-1, keepdims=True) - 1e-9
        return ((1 - rng.random(values.shape)) * tied).argmax(-1)

    return player


def greedy_player(game: Game) -> Player:
    """Wins at once, else plays a move after which the other cannot win at once, else any."""
    return minimax(game, 2, lambda states: np.zeros(len(states)))


def mcts(game: Game, rollouts: int, c: float = 1.5) -> Player:
    """Search without a network: a state is worth what one game of random moves ends with; no move is preferred."""
    return lambda states, rng: searching(game, by_playing(game, rng), rollouts, c)(states, rng)


def most_visited(visits: Array, rng: Rng) -> Array:
    """The move that was tried most, (B,)."""
    return (visits + rng.random(visits.shape)).argmax(-1)


def evaluation(game: Game, net: Layer, w: Array) -> Evaluate:
    """What a network y (B, A + 1) says: the prior is the softmax over the legal moves, the value tanh of the last."""

    def evaluate(states: Array) -> tuple[Array, Array]:
        y = net(game.observation(states), w)[0]
        return softmax(np.where(game.legal(states), y[:, : game.A], -np.inf)), np.tanh(y[:, game.A])

    return evaluate


def likeliest(evaluate: Evaluate) -> Player:
    """A network alone: the move with the highest prior."""
    return lambda states, rng: evaluate(states)[0].argmax(-1)


def drawing(evaluate: Evaluate) -> Player:
    """A network alone, its moves drawn by its prior: a ~ p."""
    return lambda states, rng: sample_moves(evaluate(states)[0], rng)


def sample_moves(shares: Array, rng: Rng) -> Array:
    """Moves drawn in proportion to `shares` (B, A), by Gumbel's trick (B,)."""
    with np.errstate(divide="ignore"):
        moves: Array = (np.log(shares) + rng.gumbel(size=shares.shape)).argmax(-1)
    return moves


def searching(game: Game, evaluate: Evaluate, simulations: int, c: float = 1.5) -> Player:
    """The move that a search tries most."""
    return lambda states, rng: most_visited(search(game, evaluate, states, simulations, c)[0], rng)


def checkpoint(game: Game, folder: str | Path) -> Player:
    """The network of a run alone, with its best weights. Raises Refusal for no run, or a run of another game."""
    from core.lab.runs.open import open_run

    run = open_run(folder)
    if getattr(run.predictor, "game", None) is not game:
        raise Refusal(f"{folder} is a run of {run.setup.task.name}, which does not play {game.name}")
    return likeliest(evaluation(game, run.predictor.net, run.w))


def opponent(game: Game, name: str) -> Player:
    """A player by name, for the command line: random, greedy, minimax-4, mcts-200, or the folder of a run."""
    kind, _, number = name.partition("-")
    if name in ("random", "greedy"):
        return random_player(game) if name == "random" else greedy_player(game)
    if kind in ("minimax", "mcts") and number.isdecimal() and 0 < int(number) <= MAX_ROLLOUTS:
        return minimax(game, int(number), game.heuristic) if kind == "minimax" else mcts(game, int(number))
    if name and Path(name).is_dir():
        return checkpoint(game, name)
    raise ValueError(f"there is no opponent {name!r}: give {NAMES}")
