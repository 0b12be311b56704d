"""The search of many trees as arrays, against one tree as objects, and on positions whose best move is known."""

from dataclasses import replace

import numpy as np
import pytest

from core import softmax
from reinforcement.games.mcts import by_playing, noisy, search
from reinforcement.games.players import mcts, move_values, searching
from reinforcement.games.rules import CONNECT_FOUR, TIC_TAC_TOE, openings


def opinion(game, seed=0):
    """An arbitrary prior and value of every state, the same each time it is asked."""
    rng = np.random.default_rng(seed)
    size = int(np.prod(game.shape))
    U, v = rng.standard_normal((size, game.A)), rng.standard_normal(size)

    def evaluate(states):
        flat = states.reshape(len(states), size).astype(float)
        p = np.exp(2 * np.sin(flat @ U)) * game.legal(states)
        return p / p.sum(-1, keepdims=True), np.sin(flat @ v)

    return evaluate


class Node:
    """One state of one tree."""

    def __init__(self, state, prior):
        self.state, self.prior, self.children, self.ended = state, prior, {}, set()
        self.N, self.W = np.zeros(len(prior)), np.zeros(len(prior))


def certain(game, node, a):
    """1 or -1 if the move is proven to win or to lose by what the tree holds, else 0; from the rules, always anew."""
    after = game.play(node.state, np.array([a]))
    over, reward = game.result(after)
    if over[0]:
        return -float(reward[0]) if a in node.ended or (reward[0] and game.wins is not None) else 0
    return -proven(game, node.children[a]) if a in node.children else 0


def proven(game, node):
    return max(certain(game, node, a) for a in np.flatnonzero(game.legal(node.state)[0]))


def simulate(game, evaluate, node, c):
    """One simulation from here, in the words of the equation; what it is worth for the player to move."""
    moves = np.flatnonzero(game.legal(node.state)[0])
    sure = {a: certain(game, node, a) for a in moves}
    best, top = None, -np.inf
    for a in moves:
        if sure[a] == max(sure.values()):
            Q = node.W[a] / node.N[a] if node.N[a] else 0
            score = Q + c * node.prior[a] * np.sqrt(1 + node.N.sum()) / (1 + node.N[a])
            if score > top:
                best, top = a, score
    if best in node.children:
        value = -simulate(game, evaluate, node.children[best], c)
    else:
        after = game.play(node.state, np.array([best]))
        over, reward = game.result(after)
        if over[0]:
            value = -float(reward[0])
            node.ended.add(best)
        else:
            prior, v = evaluate(after)
            node.children[best] = Node(after, prior[0])
            value = -1.0 if proven(game, node.children[best]) > 0 else -float(v[0])
    node.N[best] += 1
    node.W[best] += value
    return value


SLOW = replace(CONNECT_FOUR, wins=None)  # whose search is not told which moves win at once, but finds them


@pytest.mark.parametrize(
    ("game", "plies"),
    [(TIC_TAC_TOE, 3), (CONNECT_FOUR, 12), (CONNECT_FOUR, 20), (SLOW, 20)],
    ids=["tic-tac-toe", "Connect Four", "late", "told nothing"],
)
def test_search_against_a_recursive_twin(game, plies):
    evaluate, states = opinion(game), openings(game, np.random.default_rng(1), 4, plies)
    visits, value = search(game, evaluate, states, 60, c=1.3)
    for i, state in enumerate(states):
        root = Node(state[None], evaluate(state[None])[0][0])
        for _ in range(60):
            simulate(game, evaluate, root, 1.3)
        sure = np.array([certain(game, root, a) if game.legal(root.state)[0, a] else -1 for a in range(game.A)])
        np.testing.assert_array_equal(visits[i], np.where(sure == sure.max(), root.N, 0))
        assert value[i] == pytest.approx(sure.max() or root.W.sum() / 60)


def test_games_of_a_batch_do_not_meet():
    evaluate, states = opinion(CONNECT_FOUR), openings(CONNECT_FOUR, np.random.default_rng(2), 5, 6)
    together = search(CONNECT_FOUR, evaluate, states, 30)[0]
    for i in range(5):
        np.testing.assert_array_equal(together[i], search(CONNECT_FOUR, evaluate, states[i : i + 1], 30)[0][0])


def blind(game):
    """Says nothing: every legal move alike, every state worth nothing."""

    def evaluate(states):
        legal = game.legal(states)
        return legal / legal.sum(-1, keepdims=True), np.zeros(len(states))

    return evaluate


def test_search_finds_a_mate_in_one_and_avoids_one():
    rows = ["......."] * 5
    wins = ["XXX.OOO"]  # to the right of three
    danger = ["OOO..X."]  # column 3 must be blocked
    for bottom in (wins, danger):
        state = np.array([[["O.X".index(cell) - 1 for cell in row] for row in rows + bottom]], np.int8)
        for evaluate in (blind(CONNECT_FOUR), opinion(CONNECT_FOUR)):
            player = searching(CONNECT_FOUR, evaluate, 200)
            assert player(state, np.random.default_rng(0))[0] == 3
        assert mcts(CONNECT_FOUR, 200)(state, np.random.default_rng(0))[0] == 3


def test_what_comes_back_has_the_right_sign():
    wins = np.array([[[1, 1, 0], [-1, -1, 0], [0, 0, 0]]], np.int8)
    loses = np.array([[[-1, 1, 0], [0, -1, 0], [-1, 1, 0]]], np.int8)  # more than one threat
    visits, value = search(TIC_TAC_TOE, blind(TIC_TAC_TOE), np.concatenate([wins, loses]), 300)
    assert visits[0].argmax() == 2
    assert value[0] > 0.7
    assert value[1] < -0.5


def test_what_is_proven_is_what_looking_at_every_line_of_play_says():
    """Boards of tic-tac-toe, searched until nothing is left to find; a draw is never proven, so its mean stays."""
    states = openings(TIC_TAC_TOE, np.random.default_rng(6), 40, 4)
    truth = move_values(TIC_TAC_TOE, states, 9, TIC_TAC_TOE.heuristic).max(-1)
    visits, value = search(TIC_TAC_TOE, opinion(TIC_TAC_TOE), states, 1500)
    np.testing.assert_array_equal(value[truth != 0], np.sign(truth[truth != 0]))
    assert (np.abs(value[truth == 0]) < 1).all()
    best = move_values(TIC_TAC_TOE, states, 9, TIC_TAC_TOE.heuristic)[np.arange(40), visits.argmax(-1)]
    np.testing.assert_array_equal(np.sign(best), np.sign(truth))
    assert {-1, 0, 1} == set(np.sign(truth))


def test_a_move_that_nobody_tried_is_better_than_those_proven_lost():
    """The other side threatens cell 2, which the prior hides; four simulations refute the four other moves."""
    state = np.array([[[-1, -1, 0], [1, 0, 0], [0, 1, 0]]], np.int8)

    def wrong(states):
        p = TIC_TAC_TOE.legal(states) * np.where(np.arange(9) == 2, 1e-6, 1)
        return p / p.sum(-1, keepdims=True), np.zeros(len(states))

    visits, value = search(TIC_TAC_TOE, wrong, state, 4)
    assert visits.tolist() == [[0, 0, 1, 0, 0, 0, 0, 0, 0]]
    assert value == -1  # all that came back so far


@pytest.mark.parametrize("simulations", [4, 5, 30, 300])
def test_a_legal_move_whose_prior_is_rounded_to_nothing_is_tried(simulations):
    """The same position: all but one move lose, and what is left is the move whose prior a softmax rounds to 0."""
    state = np.array([[[-1, -1, 0], [1, 0, 0], [0, 1, 0]]], np.int8)

    def rounded(states):
        y = np.where(np.arange(9) == 2, -200, 0).astype(np.float32)
        return softmax(np.where(TIC_TAC_TOE.legal(states), y, -np.inf)), np.zeros(len(states), np.float32)

    assert rounded(state)[0][0, 2] == 0
    visits, value = search(TIC_TAC_TOE, rounded, state, simulations)
    assert visits[0].argmax() == 2
    assert not visits[0, [0, 1, 3, 4, 5, 6, 7, 8]].any()
    assert simulations == 4 or value[0] > -0.9
    truth = move_values(TIC_TAC_TOE, state, 9, TIC_TAC_TOE.heuristic)
    assert simulations < 300 or value[0] == np.sign(truth.max()) == 1


def test_a_prior_of_illegal_moves_is_not_listened_to():
    states = openings(TIC_TAC_TOE, np.random.default_rng(3), 8, 4)

    def careless(states):
        return np.full((len(states), 9), 1 / 9), np.zeros(len(states))

    visits, _ = search(TIC_TAC_TOE, careless, states, 40)
    assert not visits[~TIC_TAC_TOE.legal(states)].any()


def test_illegal_moves_are_never_tried():
    states = openings(CONNECT_FOUR, np.random.default_rng(3), 8, 20)
    states[:, :, 2] = np.array([1, -1, 1, -1, 1, -1])  # a full column
    states = states[~CONNECT_FOUR.result(states)[0]]
    visits, _ = search(CONNECT_FOUR, opinion(CONNECT_FOUR), states, 60)
    assert len(states)
    assert not visits[~CONNECT_FOUR.legal(states)].any()
    assert (visits.sum(-1) > 0).all()
    assert (visits.sum(-1) <= 60).all()


def test_noise_keeps_a_distribution_over_legal_moves():
    rng, states = np.random.default_rng(4), openings(TIC_TAC_TOE, np.random.default_rng(4), 30, 3)
    prior = opinion(TIC_TAC_TOE)(states)[0]
    mixed = noisy(rng, TIC_TAC_TOE.legal(states), prior, 0.25, 0.5)
    np.testing.assert_allclose(mixed.sum(-1), 1)
    assert not mixed[~TIC_TAC_TOE.legal(states)].any()
    assert (mixed >= 0.75 * prior).all()
    assert not np.array_equal(mixed, prior)
    np.testing.assert_array_equal(noisy(rng, TIC_TAC_TOE.legal(states), prior, 0, 0.5), prior)


def test_random_games_from_a_won_position_are_mostly_won():
    rng = np.random.default_rng(5)
    states = np.repeat(np.array([[[1, 1, 0], [-1, 0, 0], [-1, 0, 0]]], np.int8), 3000, 0)
    _, value = by_playing(TIC_TAC_TOE, rng)(states)

    def exact(state):
        """The expected result of random play, by going through all of it."""
        over, reward = TIC_TAC_TOE.result(state)
        if over[0]:
            return float(reward[0])
        moves = np.flatnonzero(TIC_TAC_TOE.legal(state)[0])
        return float(np.mean([-exact(TIC_TAC_TOE.play(state, np.array([a]))) for a in moves]))

    assert value.mean() == pytest.approx(exact(states[:1]), abs=4 / np.sqrt(3000))
