"""Expressions such as sin(3*x)*x, read by a grammar of our own: nothing that was typed is ever executed.

    sum     = product (("+" | "-") product)*
    product = sign (("*" | "/") sign)*
    sign    = ("+" | "-") sign | power
    power   = atom ["**" sign]                  so -x**2 is -(x**2) and 2**3**2 is 2**9, as in Python
    atom    = number | name | function "(" sum ")" | "(" sum ")"

The cost is bounded: at most LENGTH characters, so at most as many operations, each on float64 arrays. There are no
whole numbers that could grow; what overflows is infinite, and infinity is refused.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import Array

LENGTH, DEPTH = 200, 30  # characters; brackets, signs and powers inside one another
CONSTANTS = {"pi": math.pi, "e": math.e}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: getattr(np, name) for name in ("sin", "cos", "tan", "exp", "log", "sqrt", "abs", "tanh", "sign", "floor")
}
SUM, PRODUCT = {"+": np.add, "-": np.subtract}, {"*": np.multiply, "/": np.divide}
SIGN = {"+": np.positive, "-": np.negative}
TOKEN = re.compile(r"\s*((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|\*\*|[-+*/()]|\S)", re.ASCII)


@dataclass(frozen=True)
class Expression:
    """What `parse` read: a program for a stack, a step an operation with its number of arguments."""

    text: str
    program: tuple[tuple[int, Any], ...]
    names: tuple[str, ...]  # the variables that it uses, sorted

    def __call__(self, **values: Array) -> Array:
        """The value at each point, float64, of the common shape of `values`.

        Raises ValueError, naming a point, where it is infinite or undefined.
        """
        shape = np.broadcast_shapes(*(np.shape(value) for value in values.values()))
        stack: list[Any] = []
        with np.errstate(all="ignore"):
            for arity, what in self.program:
                if arity:
                    stack[-arity:] = [what(*stack[-arity:])]
                else:
                    stack.append(np.asarray(values[what] if isinstance(what, str) else what, np.float64))
        y = np.broadcast_to(stack[0], shape)
        if not np.isfinite(y).all():
            first = np.argmin(np.isfinite(y).ravel())
            at = {name: float(np.broadcast_to(value, shape).flat[first]) for name, value in values.items()}
            place = ", ".join(f"{name} = {value:.4g}" for name, value in at.items())
            raise ValueError(
                f"the expression {self.text!r} is infinite or undefined at {place}: change it or its range"
            )
        return y


def parse(text: str, names: tuple[str, ...] = ("x", "y")) -> Expression:
    """Reads an expression of the variables `names`. Raises ValueError, in one line, for what is not one."""
    if len(text) > LENGTH:
        raise ValueError(f"the expression has {len(text)} characters; at most {LENGTH} are read")
    tokens = TOKEN.findall(text)
    program: list[tuple[int, Any]] = []
    at = depth = 0

    def wrong(what: str) -> ValueError:
        return ValueError(f"cannot read the expression {text!r}: {what}")

    def peek() -> str:
        return tokens[at] if at < len(tokens) else ""

    def take() -> str:
        nonlocal at
        at += 1
        return str(tokens[at - 1])

    def chain(operations: dict[str, Any], part: Callable[[], None]) -> None:
        part()
        while peek() in operations:
            operation = operations[take()]
            part()
            program.append((2, operation))

    def total() -> None:
        chain(SUM, lambda: chain(PRODUCT, sign))

    def sign() -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH:
            raise wrong(f"more than {DEPTH} brackets, signs or powers inside one another")
        if peek() in SIGN:
            operation = SIGN[take()]
            sign()
            program.append((1, operation))
        else:
            power()
        depth -= 1

    def power() -> None:
        atom()
        if peek() == "**":
            take()
            sign()
            program.append((2, np.power))

    def expect(mark: str, missing: str) -> None:
        if peek() != mark:
            raise wrong(f"{missing} is missing {before()}")
        take()

    def bracket() -> None:
        expect("(", "a '('")
        total()
        expect(")", "an operator or ')'")

    def before() -> str:
        return f"before {peek()!r}" if peek() else "at its end"

    def atom() -> None:
        word = peek()
        if word == "(":
            bracket()
        elif re.match(r"\.?[0-9]", word):
            if not math.isfinite(float(word)):
                raise wrong(f"{word} is no finite number")
            program.append((0, float(take())))
        elif word in FUNCTIONS:
            take()
            bracket()
            program.append((1, FUNCTIONS[word]))
        elif word in CONSTANTS or word in names:
            take()
            program.append((0, CONSTANTS.get(word, word)))
        elif word.isidentifier():
            raise wrong(f"{word!r} is not known (known: {', '.join([*names, *CONSTANTS, *FUNCTIONS])})")
        else:
            raise wrong(f"a number, a name or '(' is missing {before()}")

    total()
    if at < len(tokens):
        raise wrong(f"an operator is missing {before()}" + ("; write a power as **" if peek() == "^" else ""))
    return Expression(text, tuple(program), tuple(sorted({w for n, w in program if n == 0 and isinstance(w, str)})))
