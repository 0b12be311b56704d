"""`trivium generate DIR`: a run's network writes, and the terminal shows each character as it comes."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from core.lab import printable
from core.lab.cli.flags import OpenFlags, parse
from core.lab.data import formats
from core.lab.errors import Refusal, refusing

if TYPE_CHECKING:
    from core.lab.runs.open import Run

PIECE = 32  # characters that are shown at once
LONGEST = 10**8  # characters of all streams together
PROMPT = 1 << 20  # bytes of a prompt from standard input


@dataclass(frozen=True)
class GenerateFlags(OpenFlags):
    """A run's network continues a text: trivium generate DIR --prompt "Once upon"."""

    _: KW_ONLY
    prompt: str = ""  # the beginning, shown first; - reads it from standard input
    length: int = 500  # characters to write
    temperature: float = 0.8  # below 1 likely characters become likelier still; 0 takes the likeliest each time
    top_k: int = 0  # draws among the k likeliest characters alone; 0 among all
    seed: int = 0  # of the draws; the same seed gives the same text
    streams: int = 1  # texts at once, shown one after another


def generate(args: Sequence[str]) -> int:
    """Shows the text on stdout and one line about the network on stderr; returns the exit code.

    A predictor that writes has `stream(w, prompt, length, temperature, top_k, rng)`, which gives the text character by
    character, and `texts(w, prompt, streams, length, ...)` for many; `unseen(prompt)` says which characters of the
    prompt it never learnt. Raises Refusal for a run without them, and for a prompt that it refuses.
    """
    from core.lab.environment import blas_threads

    flags = parse(GenerateFlags, args, "trivium generate")
    most = {"length": LONGEST, "streams": LONGEST // max(flags.length, 1)}
    for name, high in (most | {"temperature": 1000, "top_k": LONGEST, "seed": 2**63}).items():
        low = int(name in most)
        if not low <= getattr(flags, name) <= high:
            raise Refusal(f"--{name.replace('_', '-')} must be from {low} to {high}, not {getattr(flags, name)}")
    prompt = _read() if flags.prompt == "-" else flags.prompt
    run = flags.run()
    run.can("stream", "write; one of `trivium run text` does")
    if unseen := run.predictor.unseen(prompt):
        characters = ", ".join(map(ascii, unseen[:10])) + (", ..." if len(unseen) > 10 else "")
        print(f"not in the training text, read as the unknown symbol: {characters}", file=sys.stderr)
    try:
        with refusing(run.setup.task.name, ValueError), blas_threads(0):
            seconds = _write(run.w, run.predictor, prompt, flags)
    except KeyboardInterrupt:
        print()
        return 130
    rate = flags.length * flags.streams / max(seconds, 1e-9)
    streams = f" in {flags.streams} streams" if flags.streams > 1 else ""
    print(f"{about(run)}; {rate:,.0f} characters a second{streams}", file=sys.stderr)
    return 0


def about(run: Run) -> str:
    """The network in words: its task, its size, how far it looks back, and what it scored."""
    net, context = run.predictor.net, run.predictor.context
    words = f"{run.setup.task.name}: {net.size:,} parameters, a window of {context} characters"
    try:
        score = run.result["score"]
        return f"{words}, {score['metric']} {score['value']:.3f}"
    except Refusal:
        return f"{words}, its run not finished"


def _write(w: Any, writer: Any, prompt: str, flags: GenerateFlags) -> float:
    """Shows the text or texts; returns the seconds that the network took, without those of the terminal."""
    rng, seconds, shown = np.random.default_rng(flags.seed), 0.0, printable(prompt)
    how = flags.length, flags.temperature, flags.top_k, rng
    if flags.streams > 1:
        start = time.perf_counter()
        texts = writer.texts(w, prompt, flags.streams, *how)
        seconds = time.perf_counter() - start
        for i, text in enumerate(texts, 1):
            print(f"--- {i}", shown + printable(text).rstrip("\n"), sep="\n")
        return seconds
    pieces: Iterator[str] = writer.stream(w, prompt, *how)
    print(shown, end="", flush=True)
    start = time.perf_counter()
    while piece := "".join(islice(pieces, PIECE)):
        seconds += time.perf_counter() - start
        print(shown := printable(piece), end="", flush=True)
        start = time.perf_counter()
    print("" if shown.endswith("\n") else "\n", end="", flush=True)
    return seconds


def _read() -> str:
    """The prompt on standard input, UTF-8. Raises Refusal where it is not, or too long."""
    raw = sys.stdin.buffer.read(PROMPT + 1)
    if len(raw) > PROMPT:
        raise Refusal(f"the prompt is longer than {PROMPT >> 20} MiB")
    with refusing("the prompt", ValueError):
        return formats.own_text(raw)
