"""A person at the terminal: moves and words as lines of input, and what comes back."""

import io
import sys

import numpy as np
import pytest

from core.lab.errors import Refusal
from core.lab.runs.run import prepare, start
from reinforcement.games.go import go
from reinforcement.games.play import TerminalGame, board_text, names, play
from reinforcement.games.rules import CONNECT_FOUR, TIC_TAC_TOE


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("runs")
    small = {"updates": 1, "games": 4, "simulations": 4, "hidden": 8, "batches": 1}
    start(prepare("tic_tac_toe", "default", small, 0, None), where / "three", pictures=False)
    board = {**small, "size": 3, "think": 4, "openings": 1}
    start(prepare("go", "default", board, 0, None), where / "go", pictures=False)
    return where


def said(monkeypatch, capsys, lines, *args):
    """What `play` prints when these lines come in."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines), "utf-8"))
    assert play([str(arg) for arg in args]) == 0
    return capsys.readouterr().out


def blind(states):
    legal = np.ones((len(states), TIC_TAC_TOE.A)) * TIC_TAC_TOE.legal(states)
    return legal / legal.sum(-1, keepdims=True), np.zeros(len(states))


def test_names_of_moves():
    assert names(CONNECT_FOUR) == list("1234567")
    assert names(TIC_TAC_TOE) == ["a3", "b3", "c3", "a2", "b2", "c2", "a1", "b1", "c1"]
    assert names(go(9, 6.5))[8] == "j9"  # i is left out
    assert names(go(3, 0.5))[-1] == "pass"


def test_boards_as_text():
    board = np.zeros((6, 7), np.int8)
    board[5, 2], board[5, 3], board[4, 3] = 1, -1, 1
    text = board_text(CONNECT_FOUR, board, 3, False).splitlines()
    assert text[4:] == ["    .  .  . [X] .  .  .", "    .  .  X  O  .  .  .", "    1  2  3  4  5  6  7"]
    small = board_text(go(3, 0.5), np.array([[0, 0, 0], [0, 1, -1], [0, 0, 0]]), 5, False)
    assert small.splitlines() == [" 3  .  .  .", " 2  .  X [O]", " 1  .  .  .", "    a  b  c"]
    assert "[" not in board_text(go(3, 0.5), np.eye(3, dtype=int), 9, False)  # the last move was to pass
    assert "\x1b[1;31mO\x1b[0m" in board_text(TIC_TAC_TOE, -np.eye(3, dtype=int), None, True)


def test_a_whole_game(monkeypatch, capsys, folder):
    lines = "\n".join(f"{c}{r}" for c in "abc" for r in (1, 2, 3)).encode()
    for first in ("--first", "--no-first"):
        out = said(monkeypatch, capsys, lines, "tic_tac_toe", folder / "three", first, "--simulations", 20)
        assert any(end in out for end in ("you win", "the network wins", "a draw"))
        assert "\x1b" not in out
        assert ("You are X" in out) == (first == "--first")
        again = said(monkeypatch, capsys, lines, "tic_tac_toe", folder / "three", first, "--simulations", 20)
        assert out == again


def test_go_is_counted_at_the_end(monkeypatch, capsys, folder):
    lines = b"b2\n" + b"pass\n" * 9
    out = said(monkeypatch, capsys, lines, "go", folder / "go", "--simulations", 50)
    assert "points on the board, X minus O: " in out
    assert "komi 2.5" in out.splitlines()[-1]


def test_words(monkeypatch, capsys, folder):
    lines = b"undo\nb2\nundo\nb2\nB2\nxyz\n\xff\x1b[2J\n\nhint\nhelp\nresign\nb1\n"
    out = said(monkeypatch, capsys, lines, "tic_tac_toe", folder / "three")
    for words in (
        "there is no move of yours to take back",
        "b2 is not allowed here",
        "there is no move 'xyz'",
        "the search tries",
        "% of the point for you",
        "quit      leaves",
        "you resign",
    ):
        assert words in out
    assert out.count("the network plays") == 2
    assert "\x1b" not in out
    assert "your move" not in out.partition("you resign")[2]


def test_leaving(monkeypatch, capsys, folder):
    for lines in (b"", b"quit\n", b"b2\n"):
        out = said(monkeypatch, capsys, lines, "tic_tac_toe", folder / "three")
        assert "wins" not in out

    def interrupted(prompt):
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", interrupted)
    assert play(["tic_tac_toe", str(folder / "three")]) == 0


def test_undo_takes_both_sides_moves_back(capsys):
    for mine, kept in ((0, []), (1, [4])):
        table = TerminalGame(TIC_TAC_TOE, blind, 1, 1.5, np.random.default_rng(0))
        for move in [*kept, 0, 3]:
            table.go(move)
        table.undo()
        assert table.moves == kept
        assert len(table.states) == len(kept) + 1
        assert np.abs(table.states[-1]).sum() == len(kept)
        table.undo()
        assert table.moves == kept
        assert mine == len(table.moves) % 2
    assert "no move of yours" in capsys.readouterr().out


def test_the_search_wins_at_once_and_a_hint_says_so(monkeypatch, capsys):
    table = TerminalGame(TIC_TAC_TOE, blind, 200, 1.5, np.random.default_rng(0))
    for move in (0, 3, 1, 4):  # X has a3 and b3, O a2 and b2
        table.go(move)
    table.hint()
    assert "the search tries c3 100 %; it expects 100 % of the point for you" in capsys.readouterr().out
    monkeypatch.setattr(sys, "stdin", io.StringIO("a1\n"))
    assert table.listen(0)
    table.answer()
    assert "the network plays c2, and expects 100 % of the point" in capsys.readouterr().out
    assert table.over()


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["tic_tac_toe"], "name a run to play against: trivium play tic_tac_toe DIR"),
        (["go", "--simulations", "3"], "name a run to play against: trivium play go DIR"),
        (["chess", "x"], "there is no game 'chess'"),
        (["go", "three"], "is a run of tic_tac_toe, which does not play go"),
        (["go", "nowhere"], "is not a run folder"),
        (["tic_tac_toe", "three", "--simulations", "0"], "simulations must be from 1"),
    ],
)
def test_refusals(folder, args, reason):
    game, *rest = args
    places = [str(folder / word) if word in ("three", "nowhere") else word for word in rest]
    with pytest.raises(Refusal, match=reason):
        play([game, *places])
