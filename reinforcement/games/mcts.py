"""Monte Carlo tree search guided by a policy and a value, in the trees of many games at once.

One simulation walks down from the root along the moves with the highest
    Q(s, a) + c P(s, a) sqrt(1 + sum_b N(s, b)) / (1 + N(s, a))
adds the first state that is not in the tree yet, asks what it is worth, and carries the answer back up, its sign
turning with every move. Q is the mean of what came back (0 before anything did), N how often; P the policy's prior.
PUCT: Rosin 2011; with a network's prior and value, and noise at the root: Silver et al. 2017 and 2018.

Which moves are legal the rules say, and not the prior: one so small that it is rounded to 0 is a prior too.

Every tree is rows of the same arrays, so a simulation is one question for all games, of as many states. A state that is
over is never added: its result comes back each time. The best move of a node changes only when something comes back to
it, so it is kept, and walking down is a matter of looking up.

What is certain is passed on as such: a move that ends the game is won or lost for good, a node is worth the best of its
moves once that one wins or all of them lose, and the move that led there minus as much. A move that is proven lost is
not tried again while another is left, one that is proven won is tried alone (MCTS-Solver: Winands et al. 2008). Where
a game tells which moves win at once, a node that has one is proven before it is tried.
"""

from collections.abc import Callable

import numpy as np

from core import Array, Rng
from core.blas import row_sum
from reinforcement.games.rules import Game, random_moves

# states (B, ...), none over -> prior (B, A) over the legal moves, and value (B,) for the player to move
Evaluate = Callable[[Array], tuple[Array, Array]]
SURE = 1000  # outweighs any mean and any prior


def search(
    game: Game,
    evaluate: Evaluate,
    states: Array,
    simulations: int,
    c: float = 1.5,
    stir: Callable[[Array], Array] | None = None,
) -> tuple[Array, Array]:
    """How often each move was tried, (B, A), and the mean of all that came back to the root (B,), of B states not over.

    Where the result is proven it stands for the mean; moves that are proven to be worse than others count as not tried.
    `stir` (B, A) -> (B, A) alters the root's prior, by noise say. Node 0 of a tree is its root; simulation i adds node
    i, unless it comes to a state that is over.
    """
    B, S, A = len(states), simulations + 1, game.A
    prior, value = evaluate(states)
    nodes = np.zeros((B * S, *game.shape), np.int8)
    child = np.zeros((B * S, A), np.int64)  # the row of the node that a move leads to; 0: not in the tree
    P, N, W = (np.zeros((B * S, A), prior.dtype) for _ in range(3))  # prior, visits, sum of what came back
    proof = np.zeros((B * S, A), prior.dtype)  # 1: the move wins; -1: it loses; 0: not known, or a draw; -inf: illegal
    best, above, by = (np.full(B * S, -1) for _ in range(3))  # the move to take next; the node before, the move from it
    roots = np.arange(B) * S

    def add(new: Array, states: Array, prior: Array) -> Array:
        """Fills in nodes; which of them win at once."""
        nodes[new], P[new] = states, prior
        proof[new] = sure = np.where(game.legal(states), 0 if game.wins is None else game.wins(states), -np.inf)
        best[new] = (prior + sure).argmax(-1)
        return sure.max(-1) > 0

    add(roots, states, prior if stir is None else stir(prior))
    for i in range(1, S):
        # down
        here, trees = roots, np.arange(B)
        leaf, depth = roots.copy(), np.zeros(B, np.int64)
        path: list[tuple[Array, Array]] = []
        while len(here):
            leaf[trees], depth[trees] = here, len(path)
            path.append((here, trees))
            after = child[here, best[here]]
            on = after > 0
            here, trees = after[on], trees[on]
        # out
        move = best[leaf]
        fresh = game.play(nodes[leaf], move)
        over, value = game.result(fresh)
        going = np.flatnonzero(~over)
        value = value.astype(prior.dtype)
        proof[leaf[over], move[over]] = -value[over]
        news = leaf[over]  # nodes of which something may be proven
        if len(going):
            new = roots[going] + i
            child[leaf[going], move[going]], above[new], by[new] = new, leaf[going], move[going]
            prior, value[going] = evaluate(fresh[going])
            won = add(new, fresh[going], prior)
            value[going[won]] = 1
            news = np.concatenate([news, new[won]])
        while len(news):
            worth = proof[news].max(-1)
            on = (worth != 0) & (above[news] >= 0)
            news, worth, a = above[news[on]], worth[on], by[news[on]]
            proof[news, a] = -worth
        # up
        at, tree = (np.concatenate(part) for part in zip(*path, strict=True))
        level = np.repeat(np.arange(len(path)), [len(here) for here, _ in path])
        a = best[at]
        N[at, a] += 1
        W[at, a] += np.where((depth[tree] - level) % 2 == 0, -1, 1) * value[tree]  # the leaf's move made it the other's
        n, p = N[at], P[at]
        Q, U = W[at] / np.maximum(n, 1), c * p * np.sqrt(1 + row_sum(n))[:, None] / (1 + n)
        best[at] = (Q + U + SURE * proof[at]).argmax(-1)
    worth = proof[roots].max(-1)
    left = proof[roots] == worth[:, None]
    visits = N[roots] * left
    visits += left & ~visits.any(-1, keepdims=True)  # all that were tried are lost, others never were: once each
    return visits, np.where(worth, worth, W[roots].sum(-1) / max(simulations, 1))


def noisy(rng: Rng, legal: Array, prior: Array, share: float, alpha: float) -> Array:
    """(1 - share) prior + share Dirichlet(alpha), over the legal moves (B, A)."""
    drawn = (rng.gamma(alpha, size=prior.shape) + 1e-9) * legal
    mixed: Array = (1 - share) * prior + share * drawn / drawn.sum(-1, keepdims=True)
    return mixed.astype(prior.dtype)


def by_playing(game: Game, rng: Rng) -> Evaluate:
    """An evaluation without a network: no move is preferred, and a state is worth what one random game ends with."""

    def evaluate(states: Array) -> tuple[Array, Array]:
        legal, value = game.legal(states), np.zeros(len(states))
        left, sign = np.arange(len(states)), 1
        while len(left):
            states, sign = game.play(states, random_moves(game, rng, states)), -sign
            over, reward = game.result(states)
            value[left[over]] = sign * reward[over]
            left, states = left[~over], states[~over]
        return legal / legal.sum(-1, keepdims=True), value

    return evaluate
