"""Simulations a second of the search, and positions a second of the rules of Go, by how many games go side by side.

    python benchmarks/search_speed.py

By task: searches of 200 simulations from the empty board, guided by the network of the task, untrained. `rules of go`:
random games, a legal move drawn, played, and asked for its result. Processor time of one thread; the settings take
turns, and each figure is the median over the rounds.
"""

# ruff: noqa: E402

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy is loaded

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from measured import provenance

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core import MLP
from reinforcement.games.go import go
from reinforcement.games.mcts import search
from reinforcement.games.players import evaluation
from reinforcement.games.rules import CONNECT_FOUR, TIC_TAC_TOE, Game, random_moves

SIMULATIONS, MOVES = 200, 50
SIDE_BY_SIDE = 1, 64, 256


def searching(game: Game, hidden: int, games: int) -> Callable[[], float]:
    """A function that searches before one move of each game, and says how many simulations a second it made."""
    net = MLP(game.observation(game.start(1)).shape[1], hidden, hidden, game.A + 1, last_gain=0.1)
    evaluate, states = evaluation(game, net, net.init(np.random.default_rng(0))), game.start(games)

    def once() -> float:
        started = time.process_time()
        search(game, evaluate, states, SIMULATIONS)
        return games * SIMULATIONS / (time.process_time() - started)

    return once


def playing(game: Game, games: int) -> Callable[[], float]:
    """A function that plays random games, beginning anew where one ended, and says how many moves a second it made."""
    rng = np.random.default_rng(0)

    def once() -> float:
        states, started = game.start(games), time.process_time()
        for _ in range(MOVES):
            states = game.play(states, random_moves(game, rng, states))
            over = game.result(states)[0]
            states[over] = game.start(int(over.sum()))
        return games * MOVES / (time.process_time() - started)

    return once


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "search_speed.json")
    flags = parser.parse_args()
    small = go()
    cells = [
        *(("tic_tac_toe", n, searching(TIC_TAC_TOE, 128, n)) for n in SIDE_BY_SIDE),
        *(("connect_four", n, searching(CONNECT_FOUR, 256, n)) for n in SIDE_BY_SIDE),
        *(("go", n, searching(small, 256, n)) for n in SIDE_BY_SIDE),
        *(("rules of go", n, playing(small, n)) for n in SIDE_BY_SIDE),
    ]
    a_second: list[list[float]] = [[] for _ in cells]
    for _ in range(flags.rounds):
        for found, (_, _, once) in zip(a_second, cells, strict=True):
            found.append(once())
    rows = [
        {"what": what, "games": n, "a_second": statistics.median(found), "rounds": [round(one) for one in found]}
        for found, (what, n, _) in zip(a_second, cells, strict=True)
    ]
    for row in rows:
        print(f"{row['what']:12} {row['games']:4} games  {row['a_second']:10,.0f} a second")
    record = {**provenance(seeds=[0]), "simulations": SIMULATIONS, "threads": 1, "rows": rows}
    flags.out.write_text(json.dumps(record, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
