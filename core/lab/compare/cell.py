"""A cell of a comparison: what a method was told, what its answers hold at most, and what its learning costs.

A task says it in one line, CELL = Cell(given="the number of clusters", trials=12, bits=0), or not at all. So that cells
of different teachers can be set side by side, what is not the same about them has to stand beside the score.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import Layer, Places, flops

if TYPE_CHECKING:
    from core.lab.report.page import Section
    from core.lab.runs.run import Run

TEACHER = {"supervised": "a label", "unsupervised": "nothing", "reinforcement": "a reward"}


@dataclass(frozen=True)
class Cell:
    """What a task says of itself for `trivium compare`, beside its score."""

    given: str = ""  # what else the method was told
    trials: int | None = None  # settings among which these were chosen; None: nobody counted
    bits: float | Callable[[int], float] | None = None  # of one answer at most; or a function of all answers' number
    passes: float | Callable[[Any], float] = 3.0  # work an example costs, in forward passes; or a function of Config
    teacher: str = ""  # what the teacher says; by default a label, nothing, a reward
    show: Callable[[Mapping[str, Run], Path], list[Section]] | None = None  # what a page shows of runs of the problem

    def most_bits(self, answers: int) -> float | None:
        """The most that so many answers can have told, log2 of how many ways they could have come out."""
        return self.bits(answers) if callable(self.bits) else None if self.bits is None else self.bits * answers

    def flop(self, net: Layer, config: Any, examples: int, places: Places = ()) -> float:
        """FLOPs of learning: examples x passes x FLOPs of one forward pass of one example (`core.flops`).

        A forward pass counts 1, the gradient of the parameters 1, the gradient that is handed down 1 (of the lowest
        layer too, where it is not needed): 3 for an example that is learnt from once. Judging, and what is not a
        product of weights and numbers, is not counted.
        """
        return examples * (self.passes(config) if callable(self.passes) else self.passes) * flops(net, places)


def cell(module: Any) -> Cell:
    """What a task's module says, or an empty Cell. Raises ValueError for a CELL that is none."""
    found = getattr(module, "CELL", Cell())
    if not isinstance(found, Cell):
        raise ValueError(f"CELL of {module.__name__} is no Cell: CELL = Cell(given=...), of core.lab.compare.cell")
    return found
