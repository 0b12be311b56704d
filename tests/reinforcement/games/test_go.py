"""Go: the rules against a slow referee, against OpenSpiel, and on positions that are known."""

from itertools import pairwise

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from core.lab.errors import Refusal
from core.lab.runs.run import prepare, start
from core.lab.runs.tasks import configure, find
from reinforcement.games.env import BoardEnv
from reinforcement.games.go import area, go, last_liberties, near, spread
from reinforcement.games.players import mcts, minimax, opponent, random_player
from reinforcement.games.plots import draw_game, played
from reinforcement.games.rules import CONNECT_FOUR, TIC_TAC_TOE, image, openings, random_moves, rows_as_one


def state(*rows, game=None, ko=None, moves=0, passes=0):
    """A state from a board as text, X to move."""
    n = len(rows)
    made = go(n, 0.5).start(1)
    made[0, 0] = [["O.X".index(cell) - 1 for cell in row] for row in rows]
    flat = made.reshape(3, n * n)
    digits = (2 * n * n).bit_length()
    flat[2, :digits] = [moves >> k & 1 for k in range(digits)]
    flat[2, -2:] = passes == 2, passes > 0
    if ko is not None:
        made[0, 1][ko] = 1
    return made


class Referee:
    """The rules word by word, with sets: points are (row, column), colours 1 for Black and -1 for White."""

    def __init__(self, n, komi):
        self.n, self.komi = n, komi
        self.board, self.turn, self.ko, self.passes, self.moves = {}, 1, None, 0, 0

    def beside(self, point):
        r, c = point
        around = ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1))
        return [(i, j) for i, j in around if 0 <= i < self.n and 0 <= j < self.n]

    def region(self, board, point):
        """All that is connected with a point and of its colour, and what else lies around it."""
        found, border, left = {point}, set(), [point]
        while left:
            for other in self.beside(left.pop()):
                if board.get(other) != board.get(point):
                    border.add(other)
                elif other not in found:
                    found.add(other)
                    left.append(other)
        return found, border

    def after(self, point):
        """The board after a move, what it takes, and whether it is forbidden."""
        board = {**self.board, point: self.turn}
        taken = set()
        for other in self.beside(point):
            if board.get(other) == -self.turn:
                group, border = self.region(board, other)
                if all(cell in board for cell in border):
                    taken |= group
        board = {cell: colour for cell, colour in board.items() if cell not in taken}
        group, border = self.region(board, point)
        return board, taken, group, [cell for cell in border if cell not in board]

    def legal(self):
        points = [(r, c) for r in range(self.n) for c in range(self.n)]
        return [p not in self.board and p != self.ko and bool(self.after(p)[3]) for p in points] + [True]

    def play(self, move):
        self.moves += 1
        self.ko = None
        if move == self.n**2:
            self.passes += 1
        else:
            self.passes = 0
            self.board, taken, group, liberties = self.after(divmod(move, self.n))
            if len(taken) == len(group) == len(liberties) == 1:
                (self.ko,) = taken
        self.turn = -self.turn

    def over(self):
        return self.passes == 2 or self.moves == 2 * self.n**2

    def score(self):
        """Black's points less White's, komi counted."""
        points = sum(self.board.values())
        for point in np.ndindex(self.n, self.n):
            if point not in self.board:
                colours = {self.board[cell] for cell in self.region(self.board, point)[1]}
                points += sum(colours) if len(colours) == 1 else 0
        return points - self.komi


@pytest.mark.parametrize(("n", "komi", "games"), [(3, 0, 60), (4, 2.5, 20), (5, 2.5, 25), (7, 5, 3)])
def test_random_games_are_those_of_a_slow_referee(n, komi, games):
    game, rng = go(n, komi), np.random.default_rng(n)
    states, referees, kos = game.start(games), [Referee(n, komi) for _ in range(games)], 0
    while len(states):
        (over, reward), legal, judged = game.result(states), game.legal(states), game.heuristic(states)
        for one, referee, ended, r, moves, worth in zip(states, referees, over, reward, legal, judged, strict=True):
            mine = referee.turn * one[0]
            assert {point: colour for point, colour in np.ndenumerate(mine) if colour} == referee.board
            assert moves.tolist() == referee.legal()
            kos += referee.ko is not None
            assert ended == referee.over()
            assert r == (np.sign(referee.turn * referee.score()) if ended else 0)
            assert worth * (n * n + komi + 1) == pytest.approx(referee.turn * referee.score())
        states, referees = states[~over], [r for r, ended in zip(referees, over, strict=True) if not ended]
        if len(states):
            wish = rng.random((len(states), game.A)) * game.legal(states)
            wish[:, -1] **= 4  # fewer passes, so that games are long
            states = game.play(states, wish.argmax(-1))
            for referee, move in zip(referees, wish.argmax(-1), strict=True):
                referee.play(int(move))
    assert kos


def twins(game, other, games, seed, turned=lambda move: move):
    """Random games side by side with OpenSpiel's; how many positions, and how many games to the same end."""
    rng, states, positions, ended = np.random.default_rng(seed), game.start(games), 0, 0
    there = [other.new_initial_state() for _ in range(games)]
    while len(states):
        (over, reward), legal = game.result(states), game.legal(states)
        going = np.ones(len(states), bool)
        for i, twin in enumerate(there):
            if twin.is_terminal():
                going[i] = False
                if over[i]:
                    assert reward[i] == twin.returns()[len(twin.history()) % 2]
                    ended += 1
                continue  # OpenSpiel ends a game of Go as a draw when a board comes back, we do not
            assert not over[i]
            assert twin.legal_actions() == sorted(map(turned, np.flatnonzero(legal[i])))
            positions += 1
        states, there = states[going], [twin for twin, on in zip(there, going, strict=True) if on]
        if len(states):
            moves = random_moves(game, rng, states)
            states = game.play(states, moves)
            for twin, move in zip(there, moves, strict=True):
                twin.apply_action(turned(int(move)))
    return positions, ended


def test_rules_are_those_of_openspiel():
    spiel = pytest.importorskip("pyspiel")
    for n, komi, games in ((5, 2.5, 1500), (4, 3, 100), (9, 7.5, 20)):
        positions, ended = twins(go(n, komi), spiel.load_game(f"go(board_size={n},komi={komi:.1f})"), games, n)
        assert positions > 20 * games
        assert ended >= 0.97 * games
    for game, name, games in ((TIC_TAC_TOE, "tic_tac_toe", 1000), (CONNECT_FOUR, "connect_four", 500)):
        assert twins(game, spiel.load_game(name), games, 0)[1] == games


def test_a_group_without_liberties_is_taken():
    game = go(4, 0.5)
    before = state(".XX.", "XOOX", "OXX.", "....")
    after = game.play(before, np.array([3 * 4]))  # the corner stone of O below, at its last liberty
    assert not after[0, 0, 2, 0]
    before = state(".XX.", "XOOX", ".X.X", "..X.")
    after = game.play(before, np.array([2 * 4 + 2]))
    np.testing.assert_array_equal(-after[0, 0], state(".XX.", "X..X", ".XXX", "..X.")[0, 0])
    assert not after[0, 1].any()  # two stones: no ko


def test_suicide_is_forbidden_unless_it_takes():
    legal = go(3, 0.5).legal(np.concatenate([state(".O.", "O..", "..."), state(".OX", "OX.", "X..")]))
    assert not legal[0, 0]
    assert legal[1, 0]  # takes both
    joined = go(3, 0.5).legal(np.concatenate([state("X.O", "OO.", "..."), state("X..", "OO.", "...")]))
    assert joined[:, 1].tolist() == [False, True]  # no liberty for both stones, and one


def test_a_ko_may_be_taken_back_after_another_move():
    game = go(4, 0.5)
    before = state(".XO.", "XO.O", ".XO.", "....")  # X takes at (1, 2)
    after = game.play(before, np.array([6]))
    assert after[0, 1].reshape(-1).nonzero()[0].tolist() == [5]
    assert not game.legal(after)[0, 5]
    later = game.play(game.play(after, np.array([16])), np.array([15]))
    assert game.legal(later)[0, 5]
    np.testing.assert_array_equal(game.play(later, np.array([5]))[0, 0][:3], before[0, 0][:3] * 1)


def test_a_stone_that_has_another_liberty_makes_no_ko():
    game = go(4, 0.5)
    after = game.play(
        state(".X..", "XO..", "OXO.", ".O.."), np.array([6])
    )  # takes (1, 1), in whose place O takes (2, 1)
    assert not after[0, 1].any()
    assert game.legal(after)[0, 5]
    assert game.play(after, np.array([5]))[0, 0, 2, 1] == 0


def test_two_passes_and_the_limit_end_a_game_and_points_say_who_won():
    game = go(3, 0.5)
    boards = [(("...", "...", "..."), -1), ((".X.", ".X.", ".X."), 1), ((".X.", "XOO", "O.."), -1)]
    for rows, black in boards:
        for moves, mover in ((4, black), (5, -black)):
            signed = state(*rows, moves=moves, passes=2)
            signed[:, 0] *= 1 if moves % 2 == 0 else -1
            over, reward = game.result(signed)
            assert over[0]
            assert reward[0] == mover
    assert not game.result(state("...", "...", "...", passes=1))[0][0]
    limit = state("...", ".X.", "...", moves=18)
    assert game.longest == 18
    assert game.result(limit)[0][0]
    assert game.result(limit)[1][0] == 1
    once = game.play(game.start(1), np.array([9]))
    assert not game.result(once)[0][0]
    assert game.result(game.play(once, np.array([9])))[0][0]
    assert not game.result(game.play(game.play(once, np.array([4])), np.array([9])))[0][0]


def test_what_is_reached():
    stones = np.array([[0, 1, 0], [0, 1, -1], [0, 1, 0]], np.int8)[..., None]
    assert near(stones)[:, :, 0].tolist() == [[1, 1, 1], [1, 1, 1], [1, 1, 1]]
    assert area(stones)[0] == 3 + 3 - 1
    ids = np.arange(9, dtype=np.uint8).reshape(3, 3, 1)
    assert spread(ids, stones)[:, :, 0].tolist() == [[6, 7, 2], [6, 7, 5], [6, 7, 8]]
    assert last_liberties(state(".X.", "OX.", "XO.")[0, 0][..., None])[:, :, 0].tolist() == [
        [0, 0, 0],
        [1, 0, 0],
        [0, 9, 0],
    ]


@pytest.mark.parametrize("n", [3, 5])
def test_a_symmetry_commutes_with_playing(n):
    game, rng = go(n, 1.5), np.random.default_rng(1)
    states = openings(game, rng, 30, 5)
    for _ in range(6):  # on to where stones are taken
        states = game.play(states, random_moves(game, rng, states))
    moves = random_moves(game, rng, states)
    chosen = np.eye(game.A)[moves]
    assert len(np.unique(game.cells, axis=0)) == 8
    for k in range(8):
        ks = np.full(30, k)
        there, chosen_there = image(game, ks, states, chosen)
        np.testing.assert_array_equal(game.legal(there), image(game, ks, states, game.legal(states))[1])
        after = game.play(there, chosen_there.argmax(-1))
        np.testing.assert_array_equal(after, image(game, ks, game.play(states, moves), chosen)[0])
        np.testing.assert_allclose(game.heuristic(there), game.heuristic(states))


def test_what_a_network_is_shown():
    game = go(3, 0.5)
    seen = game.observation(state("X.O", "...", "..X", moves=5, passes=1))[0]
    planes, rest = seen[:54].reshape(6, 9), seen[54:]
    assert [np.flatnonzero(plane).tolist() for plane in planes] == [
        [0, 8],
        [2],
        [1, 3, 4, 5, 6, 7],
        [],
        [],
        [1, 3, 4, 5, 6, 7],
    ]
    np.testing.assert_allclose(rest, [-1, 1, 13 / 18])
    planes = game.observation(state("XO.", "...", "O.."))[0][:54].reshape(6, 9)
    assert np.flatnonzero(planes[3]).tolist() == [0]
    assert seen.dtype == np.float32


def test_the_same_game_is_one_object_and_boards_may_be_of_any_size():
    assert go() is go(5, 2.5) is go(komi=2.5)
    assert go(5, 3) is go(size=5, komi=3.0)
    assert go(19, 7.5).legal(go(19, 7.5).start(2)).all()
    stones = np.zeros((19, 19, 1), np.int8)
    stones[18] = 1
    stones[17, 1:] = -1
    assert last_liberties(stones)[18, :, 0].tolist() == [17 * 19 + 1] * 19
    with pytest.raises(ValueError, match="at least 3"):
        go(2)
    for komi in (25.5, -26, float("nan")):
        with pytest.raises(ValueError, match="komi must be at most the 25 points"):
            go(5, komi)


def test_no_game_remembers_what_was_asked_before():
    """Legal moves are kept for the boards that were asked about last; other boards, and changed ones, are seen anew."""
    game = go(3, 0.5)
    for boards in (1, 2):  # of one board alone a view would do where several are copied
        states = np.concatenate([state(".O.", "O..", "..."), state("...", "...", "...")])[:boards]
        assert not game.legal(states)[0, 0]
        states[0, 0] = 0
        assert game.legal(states)[0].all()


@pytest.mark.parametrize("boards", [1, 3])
def test_a_game_in_one_array_that_is_written_anew_is_that_of_a_slow_referee(boards):
    game, rng, referees = go(4, 1.5), np.random.default_rng(0), [Referee(4, 1.5) for _ in range(boards)]
    states = game.start(boards)
    for _ in range(20):
        legal = game.legal(states)
        assert legal.tolist() == [referee.legal() for referee in referees]
        moves = (rng.random(legal.shape) * legal * np.where(np.arange(17) < 16, 1, 1e-9)).argmax(-1)
        states[:] = game.play(np.asfortranarray(states), moves)
        for referee, move in zip(referees, moves, strict=True):
            referee.play(int(move))


@pytest.mark.parametrize("first", [True, False])
def test_the_last_observation_is_the_state_with_the_stones_as_the_agent_sees_them(first):
    """The board at the end of random games, its ko and its counter, whoever moved last."""
    game, rng = go(3, 0.5), np.random.default_rng(1)
    for seed in range(6):
        moves = list[int]()

        def other(states, rng, moves=moves):
            moves.append(int(random_moves(game, rng, states)[0]))
            return np.array(moves[-1:])

        env, over = BoardEnv(game, other, first=first), False
        _, info = env.reset(seed=seed)
        while not over:
            moves.append(int(rng.choice(np.flatnonzero(info["legal"]))))
            obs, _, over, _, info = env.step(np.int64(moves[-1]))
        states = game.start(1)
        for move in moves:
            states = game.play(states, np.array([move]))
        agent_is_to_move = (len(moves) % 2 == 0) == first
        np.testing.assert_array_equal(obs[0], states[0, 0] if agent_is_to_move else -states[0, 0])
        np.testing.assert_array_equal(obs[1:], states[0, 1:])


@pytest.mark.filterwarnings("ignore")
def test_environment_keeps_gymnasiums_contract():
    import gymnasium as gym

    env = gym.make("reinforcement.games.env:trivium/Go-v0", opponent="minimax-1", size=3, komi=0.5)
    check_env(env.unwrapped, skip_render_check=True)
    env = BoardEnv(go(3, 0.5), lambda states, rng: np.full(len(states), 9), first=True)
    env.reset(seed=0)
    assert env.step(np.int64(4))[1:3] == (0.0, False)
    assert env.step(np.int64(9))[1:3] == (1.0, True)  # the other passed, so did we: all nine points
    env = BoardEnv(go(3, 0.5), lambda states, rng: np.full(len(states), 9), first=True)
    env.reset(seed=0)
    assert env.step(np.int64(9))[1:3] == (-1.0, True)  # an empty board is White's by komi


def test_players_play_and_a_game_can_be_drawn(tmp_path):
    game, rng = go(3, 0.5), np.random.default_rng(0)
    boards = played(game, minimax(game, 2, game.heuristic), mcts(game, 5), openings(game, rng, 1, 2)[0], rng)
    assert boards.shape[1:] == (3, 3)
    changes = [set(np.unique(b[a == 0])) - {0} for a, b in pairwise(boards)]
    for k, new in enumerate(changes):
        assert new <= {1 if k % 2 == 0 else -1}
    draw_game(tmp_path / "game.png", game, random_player(game), random_player(game), game.start(1)[0])
    assert (tmp_path / "game.png").stat().st_size > 1000


def test_a_run_is_an_opponent_on_boards_of_its_own_size(tmp_path):
    small = {
        "size": 3,
        "updates": 1,
        "games": 4,
        "simulations": 2,
        "hidden": 8,
        "batches": 1,
        "think": 2,
        "openings": 1,
    }
    start(prepare("go", "default", small, 0, None), tmp_path / "go", pictures=False)
    move = opponent(go(3), str(tmp_path / "go"))(go(3).start(2), np.random.default_rng(0))
    assert move.shape == (2,)
    with pytest.raises(Refusal, match="does not play Go 5x5"):
        opponent(go(), str(tmp_path / "go"))


def test_task_refuses_what_makes_no_sense():
    task = find("go")
    with pytest.raises(ValueError, match="at least 3 points"):
        task.make(configure(task, {"size": 2}), np.random.default_rng(0), None)
    assert len(np.unique(rows_as_one(openings(go(), np.random.default_rng(0), 220, 4)))) == 220
