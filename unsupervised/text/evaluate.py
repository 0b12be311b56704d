"""What "good" means for a language model: nats per character beside counting, and what it writes beside what it read.

Every model is asked for the same positions, all of the test part, with the same text before them: the test part
follows on the validation part and that on the training part. All models learn from the training part alone and make
their choices (an order, weights, when to stop) on the validation part.
"""

import math
import re
import statistics
from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core import Array
from core.lab import Report, printable
from core.lab.data.splits import Text
from core.lab.report.plots import drawing
from core.lab.text.predictor import TEMPERATURE
from core.lab.text.sampling import Windows, windows
from unsupervised.text.ngram_models import Counts, Model, add_one, jelinek_mercer, kneser_ney, kneser_ney_orders

ORDER = 10  # the longest n-gram that is counted
COUNTED = 1 << 21  # characters at the end of the training part that counting and the search for copies look at
HELD_OUT = 1 << 15  # positions of the validation part on which counting makes its choices, evenly spread
CHUNK = 1 << 12  # positions that a model is asked for at once
LENGTH, SPAN = 2000, 40  # characters of a text that is written for the report, and of a copied span
OTHERS = 0.8, 1.0  # temperatures of the texts beside the one whose figures are those of the report
SHORT = 16  # characters of the spans that tell where copies may begin; a power of two, not above SPAN
STRETCHES = 10  # of the test part, LENGTH characters each, that what is written is held against, at most

Mixed = Callable[[Array, Array], Array]  # (the network's log p (N,), windows) -> log p (N,)
Mix = Callable[[Counts, int, Array], Callable[[Counts], Mixed]]  # (counts, chosen order, windows to choose on) -> that


class Encoded(NamedTuple):
    """A text in ids, the size of its vocabulary, and the windows of its positions that the network needs."""

    train: Array
    val: Array
    test: Array
    V: int
    width: int
    windows: Windows = windows
    boundary: int | None = None  # of a text of records, the id that stands between two
    recount: bool = False  # does the validation part teach too, once all choices are made?


def spread(grams: Array, n: int) -> Array:
    """n of the windows, evenly spread; all where there are no more."""
    return grams if len(grams) <= n else grams[np.linspace(0, len(grams) - 1, n).astype(np.intp)]


def in_chunks(model: Callable[..., Array], *given: Array) -> Array:
    """log p (N,) of the last columns of windows (N, width), some at a time; or what else is said of N rows."""
    return np.concatenate([model(*(rows[a : a + CHUNK] for rows in given)) for a in range(0, len(given[0]), CHUNK)])


def nats(log_p: Array) -> float:
    """-mean log p: nats per character."""
    return -float(log_p.mean(dtype=np.float64))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def known_words(text: str, known: Set[str]) -> float:
    """The share of the words of `text` that are `known`; 0 without words."""
    said = words(text)
    return sum(word in known for word in said) / max(len(said), 1)


def distinct(items: Sequence[str], n: int) -> float:
    """The share of the n-grams of `items`, words or the characters of a text, that are different; 1 without n-grams."""
    grams = [tuple(items[a : a + n]) for a in range(len(items) - n + 1)]
    return len(set(grams)) / len(grams) if grams else 1.0


def plain(text: str) -> str:
    """White space as one space: neither a run of blanks nor another end of line makes a difference to copies."""
    return " ".join(text.split())


def variety(text: str) -> dict[str, float]:
    """Distinct n-grams of words, and the share of spans that stood in the text before. All depend on its length."""
    each = {f"distinct_{n}": distinct(words(text), n) for n in (1, 2, 3, 4)}
    return each | {"repeated_spans": 1 - distinct(plain(text), SPAN)}


class CopyIndex:
    """A text in which copies are looked for; hashes of all its short spans tell where one may begin."""

    def __init__(self, text: str) -> None:
        self.text = plain(text)
        self.hashes = _hashes(self.text)

    def places(self, text: str) -> list[int]:
        """Where SHORT characters of `text` may stand in it; all places where they do are among them."""
        ours = np.unique(_hashes(text))
        found = np.append(ours, 0)[np.searchsorted(ours, self.hashes)] == self.hashes
        return np.flatnonzero(found).tolist()


def _hashes(text: str) -> Array:
    """A number for each span of SHORT characters, a power of two; equal where the spans are."""
    h = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    for k in (1 << n for n in range(SHORT.bit_length() - 1)):
        h = h[:-k] * np.uint64(0x9E3779B97F4A7C15) + h[k:]  # modulo 2^64
    return h


def copied(text: str, corpus: CopyIndex) -> float:
    """The share of the spans of `text` that stand in the corpus too."""
    text = plain(text)
    spans = [text[a : a + SPAN] for a in range(len(text) - SPAN + 1)]
    found = {corpus.text[a : a + SPAN] for a in corpus.places(text)}
    return sum(piece in found for piece in spans) / max(len(spans), 1)


def longest_copy(text: str, corpus: CopyIndex) -> int:
    """The length of the longest span of `text` that stands in the corpus too."""
    text = plain(text)
    places, longest, step, growing = corpus.places(text), 0, SHORT, True
    while step:
        n = longest + step
        pieces = {text[a : a + n] for a in range(len(text) - n + 1)}
        if still := [a for a in places if corpus.text[a : a + n] in pieces]:
            places, longest = still, n  # a longer copy begins where a shorter one does
        elif n == SHORT:
            places = list(range(len(corpus.text)))
        growing = growing and bool(still)
        step = 2 * step if growing else step // 2
    return longest


def compare(texts: Mapping[str, str], learnt: str, test: str) -> dict[str, dict[str, float]]:
    """Each of `texts` against what was learnt from, and "test": what is said of the test part, in stretches as long."""
    known, corpus = set(words(learnt)), CopyIndex(learnt)
    starts = range(0, max(len(test) - LENGTH, 0) + 1, LENGTH)
    chosen = [starts[i] for i in np.linspace(0, len(starts) - 1, min(len(starts), STRETCHES)).astype(int)]
    real = [variety(test[a : a + LENGTH]) for a in chosen]

    def held_against(text: str) -> dict[str, float]:
        return {"known_words": known_words(text, known), "copied_spans": copied(text, corpus)}

    return {
        name: held_against(written) | {"longest_copy": float(longest_copy(written, corpus))} | variety(written)
        for name, written in texts.items()
    } | {"test": held_against(test) | {name: statistics.fmean(row[name] for row in real) for name in real[0]}}


def report(
    network: Model,
    parts: Encoded,
    text: Text,
    write: Callable[[Array], list[str]],
    folder: Path | None,
    mix: Mix | None = None,
) -> Report:
    """The network and its peers on every position of the test part, and what it writes against what it read.

    `write` gives a text of LENGTH characters at each of some temperatures. With `mix`, a model made of the network
    and the counts is scored too: it makes its choices on windows of the validation part, as the counts do, before it
    is given the counts to predict with.
    """
    V, both = parts.V, np.concatenate([parts.train, parts.val])

    def counted(ids: Array) -> Counts:
        ids = ids[-COUNTED:]
        if parts.boundary is not None:
            ids = np.append(parts.boundary, ids)  # the first record has a beginning too
        return Counts(ids, V, min(ORDER, len(ids)), parts.boundary)

    counts = counted(parts.train)
    width = max(parts.width, counts.order)
    held_out = spread(parts.windows(parts.train, parts.val, width), HELD_OUT)
    order = int(kneser_ney_orders(counts)(held_out).mean(0).argmax()) + 1
    again = counted(both) if parts.recount else counts
    peers = {
        "unigram": add_one(again, 1),
        "bigram": add_one(again, min(2, counts.order)),
        "trigram": jelinek_mercer(counts, min(3, counts.order), held_out, again=again),
    }
    grams = parts.windows(both[-width - len(parts.val) :], parts.test, width)
    log_p, reference = in_chunks(network, grams), nats(in_chunks(kneser_ney(again, order), grams))
    value, reference_name = nats(log_p), f"modified Kneser-Ney, {order}-grams"
    baselines = {name: nats(in_chunks(model, grams)) for name, model in peers.items()}
    names = [f"{temperature:g}" for temperature in (TEMPERATURE, *OTHERS)]
    texts = dict(zip(names, map(printable, write(np.array([TEMPERATURE, *OTHERS], np.float32))), strict=True))
    said = compare(texts, (text.train + text.val * parts.recount)[-COUNTED:], text.test)
    metrics = {
        "test_nats": value,
        "test_bits": value / math.log(2),
        "unknown_share": float((parts.test == 0).mean()),
        **{f"written_{name}": figure for name, figure in said[f"{TEMPERATURE:g}"].items()},
        **{f"test_{name}": figure for name, figure in said["test"].items()},
    }
    bars, pictures = {"network": value}, {}
    if mix is not None:
        mixed = nats(in_chunks(mix(counts, order, held_out)(again), log_p, grams))
        metrics["test_nats_with_counts"] = bars["network and counts"] = mixed
    if folder is not None:
        draw(folder / "text_nats.png", {**bars, **baselines, reference_name: reference}, math.log(V))
        pictures["text_nats.png"] = "Nats per character on the test part, less is better; the line is chance, ln V"
    shown = {
        "What is written, by temperature, beside the test part": _table(said),
        **{f"Generated text (temperature {name})": written for name, written in texts.items()},
    }
    return Report(
        metrics, "test_nats", math.log(V), reference, reference_name, baselines, pictures=pictures, texts=shown
    )


def _table(said: Mapping[str, Mapping[str, float]]) -> str:
    names = list(dict.fromkeys(name for row in said.values() for name in row))
    lines = [f"{'':16}" + "".join(f"{column:>10}" for column in said)]
    for name in names:
        cells = [f"{row[name]:.4g}" if name in row else "-" for row in said.values()]
        lines.append(f"{name.replace('_', ' '):16}" + "".join(f"{cell:>10}" for cell in cells))
    return "\n".join(lines)


def draw(path: Path, figures: Mapping[str, float], chance: float) -> None:
    """Bars of nats per character, the network's in another colour."""
    with drawing(path, (6, 2.4), dpi=120) as axes:
        names = list(figures)[::-1]
        bars = axes.barh(
            names, [figures[name] for name in names], color=["C1" if "network" in n else "C0" for n in names]
        )
        axes.bar_label(bars, fmt="%.3f", padding=3)
        axes.axvline(chance, color="black", linestyle=":")
        axes.set_xlabel("nats per character")
