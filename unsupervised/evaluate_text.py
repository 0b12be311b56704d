"""What "good" means for a language model: nats per character beside counting, and what it writes beside what it read.

Every model is asked for the same positions, all of the test part, with the same text before them: the test part
follows on the validation part and that on the training part. All models learn from the training part alone and make
their choices (an order, weights, when to stop) on the validation part.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.initializers import Array
from core.lab.data_kinds import Text
from core.lab.learner import Report
from core.lab.text import printable
from unsupervised.counts import Counts, Model, add_one, jelinek_mercer, kneser_ney, kneser_ney_orders

ORDER = 10  # the longest n-gram that is counted
COUNTED = 1 << 21  # characters at the end of the training part that counting and the search for copies look at
HELD_OUT = 1 << 15  # positions of the validation part on which counting makes its choices, evenly spread
CHUNK = 1 << 12  # positions that a model is asked for at once
LENGTH, TEMPERATURE, SPAN = 2000, 0.5, 40  # of the text that is written for the report, and of a copied span


class Parts(NamedTuple):
    """A text in ids, the size of its vocabulary, and the width of the windows that the network needs."""

    train: Array
    val: Array
    test: Array
    V: int
    width: int


def windows(before: Array, ids: Array, width: int) -> Array:
    """One window (N, width) for each position of `ids`, which stands in its last column; `before` comes before."""
    history = before[len(before) - width + 1 :]
    return np.lib.stride_tricks.sliding_window_view(np.concatenate([history, ids]), width)


def spread(grams: Array, n: int) -> Array:
    """n of the windows, evenly spread; all where there are no more."""
    return grams if len(grams) <= n else grams[np.linspace(0, len(grams) - 1, n).astype(np.intp)]


def nats(model: Model, grams: Array) -> float:
    """-mean log p of the last columns: nats per character."""
    chunks = (model(grams[a : a + CHUNK]) for a in range(0, len(grams), CHUNK))
    return -sum(float(log_p.sum(dtype=np.float64)) for log_p in chunks) / len(grams)


def known_words(text: str, corpus: str) -> float:
    """The share of the words of `text` that stand in `corpus` too; 0 without words."""
    words, known = re.findall(r"\w+", text), set(re.findall(r"\w+", corpus))
    return sum(word in known for word in words) / max(len(words), 1)


def copied(text: str, corpus: str, span: int = SPAN) -> tuple[float, int]:
    """The share of the spans of `text` that stand in `corpus` too, and the length of the longest copy.

    White space counts as one space, so that neither a run of blanks nor another end of line makes a difference.
    """
    text, corpus, longest = " ".join(text.split()), " ".join(corpus.split()), 0
    for a in range(len(text)):
        while a + longest < len(text) and text[a : a + longest + 1] in corpus:
            longest += 1
    spans = [text[a : a + span] for a in range(len(text) - span + 1)] if longest >= span else []
    return sum(piece in corpus for piece in spans) / max(len(spans), 1), longest


def report(network: Model, parts: Parts, text: Text, written: str, folder: Path | None) -> Report:
    """The network and its peers on every position of the test part, and `written` against the training part."""
    train, corpus, V = parts.train[-COUNTED:], text.train[-COUNTED:], parts.V
    counts = Counts(train, V, min(ORDER, len(train)))
    width = max(parts.width, counts.order)
    held_out = spread(windows(parts.train, parts.val, width), HELD_OUT)
    order = int(kneser_ney_orders(counts)(held_out).mean(0).argmax()) + 1
    peers = {"unigram": add_one(counts, 1), "bigram": add_one(counts, min(2, counts.order)),
             "trigram": jelinek_mercer(counts, min(3, counts.order), held_out)}  # fmt: skip
    grams = windows(np.concatenate([parts.train[-width:], parts.val]), parts.test, width)
    value, reference = nats(network, grams), nats(kneser_ney(counts, order), grams)
    baselines = {name: nats(model, grams) for name, model in peers.items()}
    share, longest = copied(written, corpus)
    reference_name = f"modified Kneser-Ney, {order}-grams"
    metrics = {"test_nats": value, "test_bits": value / math.log(2), "unknown_share": float((parts.test == 0).mean()),
               "written_known_words": known_words(written, corpus), "test_known_words": known_words(text.test, corpus),
               "written_copied_spans": share, "written_longest_copy": float(longest)}  # fmt: skip
    pictures = {}
    if folder is not None:
        draw(folder / "text_nats.png", {"network": value, **baselines, reference_name: reference}, math.log(V))
        pictures["text_nats.png"] = "Nats per character on the test part, less is better; the line is chance, ln V"
    title = f"Generated text (temperature {TEMPERATURE})"
    return Report(metrics, "test_nats", math.log(V), reference, reference_name, baselines, pictures=pictures,
                  texts={title: printable(written)})  # fmt: skip


def draw(path: Path, figures: Mapping[str, float], chance: float) -> None:
    """Bars of nats per character, the network's in another colour."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 2.4), layout="constrained")
    axes = figure.subplots()
    names = list(figures)[::-1]
    bars = axes.barh(names, [figures[name] for name in names], color=["C1" if n == "network" else "C0" for n in names])
    axes.bar_label(bars, fmt="%.3f", padding=3)
    axes.axvline(chance, color="black", linestyle=":")
    axes.set_xlabel("nats per character")
    figure.savefig(path, dpi=120)
