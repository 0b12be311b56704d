"""Rules, players and the environment, against counts that are known, against words, and against each other."""

from itertools import pairwise

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from core.lab.errors import Refusal
from reinforcement.games import players as opponents
from reinforcement.games.env import BoardEnv
from reinforcement.games.evaluate import every_reply, match
from reinforcement.games.players import (
    FADE,
    checkpoint,
    greedy_player,
    mcts,
    minimax,
    move_values,
    opponent,
    random_player,
)
from reinforcement.games.rules import CONNECT_FOUR, TIC_TAC_TOE, image, lines, openings, random_moves, rows_as_one

GAMES = [TIC_TAC_TOE, CONNECT_FOUR]


def board(*rows):
    """A board as text, X to move."""
    return np.array([[["O.X".index(cell) - 1 for cell in row] for row in rows]], np.int8)


def slow_winner(cells, k):
    """1 or -1 where that side has k stones in a line, else 0: every cell, every direction, stone by stone."""
    rows, columns = cells.shape
    for r in range(rows):
        for c in range(columns):
            for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
                end = r + (k - 1) * dr, c + (k - 1) * dc
                inside = 0 <= end[0] < rows and 0 <= end[1] < columns
                if cells[r, c] and inside and all(cells[r + i * dr, c + i * dc] == cells[r, c] for i in range(k)):
                    return cells[r, c]
    return 0


def counted(game, plies):
    """After each move: distinct positions, lines of play that lead there, and those of them that end there."""
    states, ways, rows = game.start(1), np.ones(1, int), []
    for _ in range(plies):
        b, a = np.nonzero(game.legal(states))
        after = game.play(states[b], a)
        _, first, back = np.unique(rows_as_one(after), return_index=True, return_inverse=True)
        states, ways = after[first], np.bincount(back.ravel(), ways[b]).astype(int)
        over, _ = game.result(states)
        rows.append((len(states), int(ways.sum()), int(ways[over].sum())))
        states, ways = states[~over], ways[~over]
    return rows


def test_tic_tac_toe_has_5478_positions_and_255168_games():
    positions, _, ended = zip(*counted(TIC_TAC_TOE, 9), strict=True)
    assert 1 + sum(positions) == 5478
    assert ended == (0, 0, 0, 0, 1440, 5328, 47952, 72576, 127872)
    assert sum(ended) == 255168


def test_connect_four_has_as_many_positions_and_lines_of_play_as_are_known():
    positions, ways, ended = zip(*counted(CONNECT_FOUR, 8), strict=True)
    assert positions == (7, 49, 238, 1120, 4263, 16422, 54859, 184275)  # A212693 in the encyclopedia of sequences
    assert ways == (7, 49, 343, 2401, 16807, 117649, 823536, 5673234)
    assert ended[:6] == (0,) * 6
    assert ended[6] > 0


def test_lines():
    assert lines(3, 3, 3).shape == (9, 8)
    assert lines(6, 7, 4).shape == (42, 69)
    assert (lines(6, 7, 4).sum(0) == 4).all()


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_results_of_random_games_are_those_of_a_slow_referee(game):
    rng, k = np.random.default_rng(0), 3 if game is TIC_TAC_TOE else 4
    states = game.start(60)
    while len(states):
        over, reward = game.result(states)
        for state, ended, r in zip(states, over, reward, strict=True):
            assert r == slow_winner(state, k)
            assert ended == (r != 0 or state.all())
        states = states[~over]
        if len(states):
            states = game.play(states, random_moves(game, rng, states))


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_moves_that_win_at_once_are_those_after_which_the_other_has_lost(game):
    states, found = openings(game, np.random.default_rng(8), 60, game.longest // 2), 0
    for state, wins in zip(states, game.wins(states), strict=True):
        for a in range(game.A):
            legal = game.legal(state[None])[0, a]
            expected = legal and game.result(game.play(state[None], np.array([a])))[1][0] == -1
            assert wins[a] == expected
            found += wins[a]
    assert found > 10


def test_stones_fall():
    states = CONNECT_FOUR.start(1)
    for _ in range(6):
        states = CONNECT_FOUR.play(states, np.array([3]))
    assert states[0, :, 3].tolist() == [-1, 1, -1, 1, -1, 1]  # row 5 came first, and its owner is to move
    assert CONNECT_FOUR.legal(states)[0].tolist() == [True, True, True, False, True, True, True]


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_a_symmetry_commutes_with_playing(game):
    rng = np.random.default_rng(1)
    states = openings(game, rng, 20, 3)
    moves = random_moves(game, rng, states)
    chosen = np.eye(game.A)[moves]
    assert len(np.unique(game.cells, axis=0)) == len(game.cells)
    for k in range(len(game.cells)):
        ks = np.full(20, k)
        there, chosen_there = image(game, ks, states, chosen)
        np.testing.assert_array_equal(game.legal(there), image(game, ks, states, game.legal(states))[1])
        after = game.play(there, chosen_there.argmax(-1))
        np.testing.assert_array_equal(after, image(game, ks, game.play(states, moves), chosen)[0])
        np.testing.assert_allclose(game.heuristic(there), game.heuristic(states), rtol=1e-6)


def test_heuristic_counts_lines_that_are_still_open():
    seen = TIC_TAC_TOE.heuristic(board("X.O", "...", "...")) * (4 * 8 + 1)
    np.testing.assert_allclose(seen, [0], atol=1e-6)
    # X: middle row and middle column 1 each, a diagonal with two stones 4; O: its two lines that X does not touch
    np.testing.assert_allclose(TIC_TAC_TOE.heuristic(board("X..", ".X.", "..O")) * 33, [2 + 2 - 2 + 1], atol=1e-5)
    two = board(*["......."] * 5, "XX.....")
    np.testing.assert_allclose(CONNECT_FOUR.heuristic(-two), -CONNECT_FOUR.heuristic(two))


def test_what_a_network_is_shown():
    seen = TIC_TAC_TOE.observation(board("X.O", "...", "..X"))[0].reshape(3, 9)
    assert [np.flatnonzero(part).tolist() for part in seen] == [[0, 8], [2], [1, 3, 4, 5, 6, 7]]
    state = board(*["......."] * 5, "XXX.OO.")
    shown = CONNECT_FOUR.observation(state)[0]
    assert shown.shape == (3 * 42 + 2 * 69 + 2 * 42,)
    own, other = shown[126 : 126 + 69], shown[126 + 69 : 126 + 2 * 69]
    for part, stones, rival in (
        (own, state[0].ravel() > 0, state[0].ravel() < 0),
        (other, state[0].ravel() < 0, state[0].ravel() > 0),
    ):
        for line, value in zip(lines(6, 7, 4).T.astype(bool), part, strict=True):
            assert value == pytest.approx(0 if rival[line].any() else (stones[line].sum() / 3) ** 2)
    assert own.max() == 1


def test_a_network_is_shown_the_cells_that_complete_a_line():
    """Put a stone of that side there, whether or not it could fall there, and it has four."""
    states, found = openings(CONNECT_FOUR, np.random.default_rng(9), 12, 20), 0
    for state, seen in zip(states, CONNECT_FOUR.observation(states)[:, -2 * 42 :].reshape(-1, 2, 6, 7), strict=True):
        for side, cells in zip((1, -1), seen, strict=True):
            for cell in np.ndindex(6, 7):
                tried = state.copy()
                tried[cell] = side
                assert cells[cell] == (state[cell] == 0 and slow_winner(tried, 4) == side)
                found += cells[cell]
    assert found > 20


def test_openings_are_distinct_and_not_over():
    found = openings(CONNECT_FOUR, np.random.default_rng(2), 220, 4)
    assert (
        len(np.unique(rows_as_one(np.concatenate([found, found[:, :, ::-1]])))) >= 2 * 220 - 20
    )  # few mirror themselves
    assert len({min(one.tobytes(), one[:, ::-1].tobytes()) for one in found}) == 220
    assert not CONNECT_FOUR.result(found)[0].any()
    assert (np.abs(found).sum((1, 2)) == 4).all()
    with pytest.raises(ValueError, match="no 10 distinct openings"):
        openings(TIC_TAC_TOE, np.random.default_rng(2), 10, 1)
    with pytest.raises(ValueError, match="no 1000000000 distinct openings"):  # refused before any is drawn
        openings(CONNECT_FOUR, np.random.default_rng(2), 10**9, 4)


def test_minimax_says_that_tic_tac_toe_is_a_draw():
    values = move_values(TIC_TAC_TOE, TIC_TAC_TOE.start(1), 9, TIC_TAC_TOE.heuristic)
    np.testing.assert_array_equal(values, np.zeros((1, 9)))


def slow_minimax(game, state, depth):
    over, reward = game.result(state)
    if over[0]:
        return float(reward[0])
    if depth == 0:
        return float(game.heuristic(state)[0])
    return FADE * max(
        -slow_minimax(game, game.play(state, np.array([a])), depth - 1) for a in np.flatnonzero(game.legal(state)[0])
    )


def test_minimax_against_a_slow_twin():
    rng = np.random.default_rng(3)
    for game, plies in ((CONNECT_FOUR, 9), (TIC_TAC_TOE, 3)):
        states = openings(game, rng, 3, plies)
        values = move_values(game, states, 3, game.heuristic)
        for state, row in zip(states, values, strict=True):
            for a in range(game.A):
                expected = -np.inf
                if game.legal(state[None])[0, a]:
                    expected = -slow_minimax(game, game.play(state[None], np.array([a])), 2)
                assert row[a] == pytest.approx(expected, rel=1e-6)


def test_greedy_wins_at_once_and_blocks():
    rng = np.random.default_rng(4)
    wins = board("XX.", "OO.", "...")
    blocks = board("X..", "OO.", "..X")
    for player in (greedy_player(TIC_TAC_TOE), minimax(TIC_TAC_TOE, 9, TIC_TAC_TOE.heuristic)):
        assert {int(player(wins, rng)[0]) for _ in range(9)} == {2}
        assert {int(player(blocks, rng)[0]) for _ in range(9)} == {5}
    assert len({int(greedy_player(TIC_TAC_TOE)(TIC_TAC_TOE.start(1), rng)[0]) for _ in range(60)}) == 9


def test_players_are_ordered_as_they_should_be():
    game, rng = CONNECT_FOUR, np.random.default_rng(5)
    starts = openings(game, rng, 8, 4)
    ladder = [random_player(game), greedy_player(game), minimax(game, 4, game.heuristic)]
    for weak, strong in pairwise(ladder):
        assert match(game, strong, weak, starts, rng).mean() > 0.75
    assert match(game, mcts(game, 30), random_player(game), starts, rng).mean() > 0.85
    points = match(game, ladder[1], ladder[1], starts, rng)
    assert points.shape == (2, 8)
    assert set(points.ravel()) <= {0, 0.5, 1}


def test_every_reply_finds_who_can_be_beaten():
    rng = np.random.default_rng(6)
    for first in (True, False):
        perfect = every_reply(TIC_TAC_TOE, minimax(TIC_TAC_TOE, 9, TIC_TAC_TOE.heuristic), first, rng)
        assert perfect[0] == 0
        assert perfect[2] > 0
        assert every_reply(TIC_TAC_TOE, random_player(TIC_TAC_TOE), first, rng)[0] > 0
    # whose moves are not drawn has at most 8 6 4 2 lines of play with the first move
    lost, drawn, won = every_reply(TIC_TAC_TOE, lambda states, rng: TIC_TAC_TOE.legal(states).argmax(-1), True, rng)
    assert lost > 0
    assert lost + drawn + won <= 8 * 6 * 4 * 2


def test_opponents_by_name(tmp_path):
    for name in ("random", "greedy", "minimax-2", "mcts-5"):
        move = opponent(TIC_TAC_TOE, name)(TIC_TAC_TOE.start(3), np.random.default_rng(0))
        assert move.shape == (3,)
    for name in ("nobody", "minimax-0", "minimax-x", "minimax", "mcts-1000000000", "mcts-²", ""):
        with pytest.raises(ValueError, match="there is no opponent"):
            opponent(TIC_TAC_TOE, name)
    for name in ("minimax-8", "minimax-99", "minimax-100000"):  # 5.7 million boards, and more than can be counted
        with pytest.raises(ValueError, match="too many positions of Connect Four: look fewer moves ahead"):
            opponent(CONNECT_FOUR, name)


def test_minimax_of_a_wide_tree_holds_fewer_trees_at_once(monkeypatch):
    """And says the same as of all together."""
    game, states = CONNECT_FOUR, openings(CONNECT_FOUR, np.random.default_rng(0), 9, 6)
    held = []

    def values(game, part, depth, judge):
        held.extend([len(part)] * (depth == 3))
        return move_values(game, part, depth, judge)

    monkeypatch.setattr(opponents, "move_values", values)
    moves = []
    for cells in (opponents.CELLS, 4.5 * 42 * 7**3):
        monkeypatch.setattr(opponents, "CELLS", cells)
        moves.append(minimax(game, 3, game.heuristic)(states, np.random.default_rng(1)))
    np.testing.assert_array_equal(*moves)
    assert held == [9, 4, 4, 1]


def test_a_run_folder_that_is_none(tmp_path):
    with pytest.raises(Refusal):
        checkpoint(TIC_TAC_TOE, tmp_path)


@pytest.mark.parametrize("name", ["TicTacToe", "ConnectFour"])
@pytest.mark.filterwarnings("ignore")
def test_environment_keeps_gymnasiums_contract(name):
    env = gym.make(f"reinforcement.games.env:trivium/{name}-v0", opponent="greedy", render_mode="ansi")
    check_env(env.unwrapped)
    _, info = env.reset(seed=3)
    assert set(env.render()) <= set("XO. \n")
    steps, total = 0, 0.0
    while True:
        _, reward, terminated, truncated, info = env.step(int(np.flatnonzero(info["legal"])[0]))
        steps, total = steps + 1, total + reward
        assert not truncated
        if terminated:
            break
    assert total in (-1, 0, 1)
    assert steps <= 21


def test_environment_gives_the_result_to_the_right_side():
    def leftmost(states, rng):
        return CONNECT_FOUR.legal(states).argmax(-1)

    env = BoardEnv(CONNECT_FOUR, leftmost, first=True)
    env.reset(seed=0)
    rewards = [env.step(np.int64(3))[1:3] for _ in range(4)]
    assert rewards == [(0.0, False)] * 3 + [(1.0, True)]
    env = BoardEnv(CONNECT_FOUR, leftmost, first=False)
    assert env.reset(seed=0)[0].sum() == -1
    rewards = [env.step(np.int64(a))[1:3] for a in (1, 2, 4)]
    assert rewards == [(0.0, False), (0.0, False), (-1.0, True)]


def test_an_illegal_move_loses_at_once():
    env = BoardEnv(TIC_TAC_TOE, lambda states, rng: TIC_TAC_TOE.legal(states).argmax(-1), first=True)
    env.reset(seed=0)
    _, _, _, _, info = env.step(np.int64(4))
    assert not info["legal"][[0, 4]].any()
    obs, reward, terminated, *_ = env.step(np.int64(4))
    assert (reward, terminated) == (-1.0, True)
    assert env.observation_space.contains(obs)
