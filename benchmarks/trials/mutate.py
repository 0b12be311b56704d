"""Mutators: good bytes to bad ones, by a few habits of broken and of hostile files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

WORDS = (
    *(
        "",
        "nan",
        "NaN",
        "-inf",
        "Infinity",
        "1e999",
        "-1",
        "0",
        "-0.0",
        "1e-320",
        "9" * 40,
        "0x10",
        "1_000",
        "1,5",
        "true",
        "null",
    ),
    *(
        '"',
        '""',
        "'",
        ",",
        ";",
        "\t",
        "\n",
        "\r\n",
        "\r",
        "\0",
        "\x1b[31m",
        "\x07",
        "\ufeff",
        "\u2028",
        "\u0085",
        "\u202e",
    ),
    *(
        "é",
        "e\u0301",
        "漢",
        "🙂",
        "\ud7ff",
        "\uffff",
        "<script>",
        "&lt;",
        "%s",
        "{}",
        "{0.__class__}",
        "$(id)",
        "`id`",
        "../../x",
    ),
    *(
        "/dev/zero",
        "C:\\con",
        "__class__",
        "#",
        "//",
        "a" * 5000,
        "(" * 40,
        "[" * 2000,
        "{" * 2000,
        "-" * 50,
        "**",
        "]]",
        "}",
    ),
)
NUMBERS = (
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\0\0\0\x80",
    b"\xff\xff\xff\x7f",
    b"\1\0\0\0\0\0\0\0",
    b"\xff" * 8,
)
VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        float("nan"),
        float("inf"),
        10**40,
        -(2**63),
        1e308,
        "",
        "x",
        "nan",
        "\x1b[2J",
        "é" * 300,
    ),
    *(
        [],
        {},
        [[]],
        [None],
        {"": None},
        [1, "a", None],
        {"value": "x"},
        list(range(50)),
        "../../etc/passwd",
        "digits",
        "text",
    ),
)


def words(name: str) -> tuple[str, ...]:
    """The lines of a file in `words`: command lines, paths, statements."""
    return tuple((Path(__file__).parent / "words" / f"{name}.txt").read_text("utf-8").splitlines())


def text(raw: bytes, others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """A text with words put in, lines taken, doubled, exchanged; now and then as broken bytes."""
    if rng.random() < 0.25:
        return binary(raw, others, rng)
    said = raw.decode("utf-8", "replace")
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(0, len(said) + 1))
        match int(rng.integers(6)):
            case 0:
                said = said[:at] + str(rng.choice(WORDS)) + said[at:]
            case 1:
                said = said[:at] + str(rng.choice(WORDS)) + said[at + int(rng.integers(1, 10)) :]
            case 2:
                said = said[:at] + said[at + int(rng.integers(1, 40)) :]
            case 3:
                lines = said.split("\n")
                k, j = rng.integers(0, len(lines), 2)
                lines[k] = lines[j]
                said = "\n".join(lines)
            case 4:
                said = said[:at] + said[at : at + int(rng.integers(1, 30))] * int(rng.integers(2, 30)) + said[at:]
            case _:
                said = said[:at]
    return said.encode("utf-8", "replace")


def binary(raw: bytes, others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """Bytes flipped, cut, doubled, put in; numbers at the bounds of their kinds; one's head and another's tail."""
    held = bytearray(raw)
    for _ in range(int(rng.integers(1, 6))):
        if not held:
            break
        at = int(rng.integers(0, len(held)) * rng.choice((1.0, 0.1)))  # more often in the header
        match int(rng.integers(7)):
            case 0:
                held[at] ^= 1 << int(rng.integers(8))
            case 1:
                held[at] = int(rng.integers(256))
            case 2:
                number = NUMBERS[rng.integers(len(NUMBERS))]
                held[at : at + len(number)] = number
            case 3:
                del held[at : at + int(rng.integers(1, 64))]
            case 4:
                held[at:at] = held[at : at + int(rng.integers(1, 64))] * int(rng.integers(1, 20))
            case 5:
                del held[at:]
            case _:
                other = others[rng.integers(len(others))]
                held[at:] = other[min(at, len(other)) :]
    return bytes(held)


def value(found: Any, rng: np.random.Generator) -> Any:
    """A JSON value in which one thing, anywhere, is another, is gone or is doubled."""
    if isinstance(found, dict) and found and rng.random() < 0.9:
        found, key = dict(found), list(found)[rng.integers(len(found))]
        match int(rng.integers(8)):
            case 0:
                del found[key]
            case 1:
                found[str(rng.choice(("", "x", "seed", "score", "value", "__class__", "é")))] = found[key]
            case _:
                found[key] = value(found[key], rng)
        return found
    if isinstance(found, list) and found and rng.random() < 0.7:
        found, k = list(found), int(rng.integers(len(found)))
        found[k] = value(found[k], rng)
        return found
    return VALUES[rng.integers(len(VALUES))]


def of_json(raw: bytes, rng: np.random.Generator) -> bytes:
    """One or two values of a JSON text, or of one of its lines, exchanged."""
    lines = raw.decode("utf-8").rstrip("\n").split("\n") if raw.count(b"\n{") else [raw.decode("utf-8")]
    k = int(rng.integers(len(lines)))
    found = json.loads(lines[k])
    for _ in range(int(rng.integers(1, 3))):
        found = value(found, rng)
    lines[k] = json.dumps(found)
    return "\n".join(lines).encode() + b"\n"
