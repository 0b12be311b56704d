"""`trivium play GAME DIR`: you play against the network of a run; it searches before it moves.

The side that begins is X. A move is what stands at the board's edges: a column alone where stones fall, else a column's
letter and a row's number, such as b3; and pass where a game has it. The other words are in `HELP`.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from core import Array, Rng
from core.lab import Refusal, check, nearest, printable
from core.lab.cli.flags import Imports, parse
from reinforcement.games.mcts import Evaluate, search
from reinforcement.games.plots import stones
from reinforcement.games.predictor import GamePredictor
from reinforcement.games.rules import Game

GAMES = ("tic_tac_toe", "connect_four", "go")
LETTERS = "abcdefghjklmnopqrstuvwxyz"  # i is left out, as is usual in Go
SIDES = "XO"
WIDTH = 60  # of a narrow terminal
COLOURS = {"X": "\x1b[1;34m", "O": "\x1b[1;31m", ".": "\x1b[2m"}
HELP = """\
undo      takes back your last move, and the answer
hint      what the network's search tries
resign    the game is lost
quit      leaves, as the end of input does"""


@dataclass(frozen=True)
class PlayFlags:
    """A game against a run's network in the terminal: trivium play connect_four DIR."""

    game: str  # tic_tac_toe, connect_four or go
    folder: Path  # the folder of a run of that game
    first: bool = True  # you move first; --no-first leaves the first move to the network
    simulations: int = 200  # that the network searches before each move
    seed: int = 0  # which of equally good moves it plays
    task: str | None = None  # the task's file, for a run whose task came as a file
    import_: Imports = ()  # a file or module to import first, which executes it; may be given several times

    def __post_init__(self) -> None:
        check(self, span={"seed": (0, 2**63 - 1), "simulations": (1, 100_000)})


def play(args: Sequence[str]) -> int:
    """Plays one game and returns the exit code. Raises Refusal for no run, a run of another game, and unknown games."""
    from core.lab.environment import blas_threads
    from core.lab.runs.imports import load
    from core.lab.runs.open import open_run
    from core.lab.runs.tasks import find

    if args and args[0] in GAMES and (len(args) == 1 or (args[1][:1] == "-" and "--help" not in args)):
        raise Refusal(
            f"name a run to play against: trivium play {args[0]} DIR; `trivium run {args[0]} --out DIR` trains one"
        )
    flags = parse(PlayFlags, args, "trivium play")
    if flags.game not in GAMES and not flags.task:
        raise Refusal(f"there is no game {flags.game!r}{nearest(flags.game, GAMES)}")
    imports = load(flags.import_)
    run = open_run(flags.folder, find(flags.task) if flags.task else None, imports=imports)
    task = run.setup.task
    if task.problem != flags.game:
        raise Refusal(f"{flags.folder} is a run of {task.name}, which does not play {flags.game}")
    player = run.predictor
    if not isinstance(player, GamePredictor):
        raise Refusal(f"{flags.folder} is a run of {task.name}, which plays no game by search")
    rng, ask = np.random.default_rng(flags.seed), player.evaluate(run.w)
    table = TerminalGame(player.game, ask, flags.simulations, player.explore, rng, player.komi)
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="replace")
    with blas_threads(player.net.size), suppress(EOFError, KeyboardInterrupt):
        table.sit(flags.first)
        return 0
    print()
    return 0


def names(game: Game) -> list[str]:
    """What a person calls the moves, A words. Raises ValueError when they are neither columns nor cells."""
    rows, columns = game.shape[-2:]
    if columns == game.A:
        return [str(c + 1) for c in range(columns)]
    cells = [f"{LETTERS[c]}{rows - r}" for r in range(rows) for c in range(columns)]
    if game.A - len(cells) not in (0, 1):
        raise ValueError(f"the {game.A} moves of {game.name} have no names here")
    return [*cells, "pass"][: game.A]


def board_text(game: Game, board: Array, last: int | None, colour: bool) -> str:
    """The board (rows, columns), 1 for X, in plain text with its edges; the last move's cell in brackets."""
    rows, columns = board.shape
    falls = columns == game.A
    lines = []
    for r in range(rows):
        line = "   " if falls else f"{rows - r:>2} "
        for c, stone in enumerate(board[r]):
            mark = ".XO"[stone]
            top = falls and stone and not board[:r, c].any()
            here = last is not None and stone and (top and c == last if falls else r * columns + c == last)
            shown = f"{COLOURS[mark]}{mark}\x1b[0m" if colour else mark
            line += f"[{shown}]" if here else f" {shown} "
        lines.append(line.rstrip())
    edge = [str(c + 1) if falls else LETTERS[c] for c in range(columns)]
    return "\n".join([*lines, "   " + "".join(f"{word:^3}" for word in edge).rstrip()])


@dataclass
class TerminalGame:
    """A game under way: the network on one side, the terminal on the other."""

    game: Game
    evaluate: Evaluate
    simulations: int
    c: float  # of the search
    rng: Rng
    komi: float | None = None  # of a game whose points are counted

    def __post_init__(self) -> None:
        self.names, self.moves, self.states = names(self.game), list[int](), [self.game.start(1)]
        self.colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def sit(self, first: bool) -> None:
        """Plays to the end, or until the person leaves. Raises EOFError at the end of input."""
        mine = 0 if first else 1
        print(
            f"{self.game.name}. You are {SIDES[mine]}, {'you move first' if first else 'the network moves first'}. "
            "Type a move, or help."
        )
        self.look()
        while not self.over():
            if len(self.moves) % 2 == mine:
                if not self.listen(mine):
                    return
            else:
                self.answer()
        reward = self.game.result(self.states[-1])[1][0] * (1 if len(self.moves) % 2 == mine else -1)
        print(("a draw", "you win", "the network wins")[int(reward)] + self.count())

    def over(self) -> bool:
        return bool(self.game.result(self.states[-1])[0][0])

    def go(self, move: int) -> None:
        self.states.append(self.game.play(self.states[-1], np.array([move])))
        self.moves.append(move)

    def listen(self, mine: int) -> bool:
        """One line of the person, obeyed; False when they leave."""
        try:
            said = printable(input("your move: ")).strip().lower()
        finally:
            if not sys.stdin.isatty():
                print()
        if said == "resign":
            print("you resign: the network wins")
        if said in ("quit", "exit", "resign"):
            return False
        if said in ("help", "?"):
            legal = [name for name, ok in zip(self.names, self.game.legal(self.states[-1])[0], strict=True) if ok]
            print(fill(f"moves     {', '.join(legal)}", WIDTH, subsequent_indent=" " * 10), HELP, sep="\n")
        elif said == "hint":
            self.hint()
        elif said == "undo":
            self.undo()
        elif said not in self.names:
            print(f"there is no move {said[:20]!r}; help shows the moves")
        elif not self.game.legal(self.states[-1])[0, self.names.index(said)]:
            print(f"{said} is not allowed here; help shows the moves")
        else:
            self.go(self.names.index(said))
            if self.over():
                self.look()
        return True

    def answer(self) -> None:
        """The network's move."""
        visits, value = self.think()
        self.go(int((visits + self.rng.random(visits.shape)).argmax()))
        print(f"the network plays {self.names[self.moves[-1]]}, and expects {share((1 + value) / 2)} of the point")
        self.look()

    def think(self) -> tuple[Array, float]:
        visits, value = search(self.game, self.evaluate, self.states[-1], self.simulations, self.c)
        return visits[0], float(value[0])

    def hint(self) -> None:
        """The moves that a search tries most."""
        visits, value = self.think()
        most = [a for a in np.argsort(-visits, kind="stable")[:5] if visits[a]]
        tried = ", ".join(f"{self.names[a]} {share(visits[a] / visits.sum())}" for a in most)
        print(f"the search tries {tried}; it expects {share((1 + value) / 2)} of the point for you")

    def undo(self) -> None:
        """Back to where the person last had to move."""
        if len(self.moves) < 2:
            print("there is no move of yours to take back")
        else:
            del self.moves[-2:], self.states[-2:]
            self.look()

    def look(self) -> None:
        board = stones(self.states[-1][0]) * (-1) ** len(self.moves)
        print(board_text(self.game, board, self.moves[-1] if self.moves else None, self.colour))

    def count(self) -> str:
        """The points of a game that is counted."""
        if self.komi is None:
            return ""
        from reinforcement.games.go import area

        board = stones(self.states[-1][0]) * (-1) ** len(self.moves)
        return f"; points on the board, X minus O: {int(area(board[..., None])[0]):+d}; komi {self.komi:g}"


def share(x: Any) -> str:
    return f"{100 * float(x):.0f} %"
