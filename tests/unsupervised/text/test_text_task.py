"""The task `text`: its configuration, the files it reads and refuses, and what it reaches on the Python reference."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest

from core.lab.data.registry import Data
from core.lab.errors import Refusal
from core.lab.runs.tasks import configure, find, preset
from unsupervised.tasks import text
from unsupervised.tasks.text import PRESETS, Config, make

POEM = "The sea is calm to-night.\nThe tide is full, the moon lies fair\n" * 30


def build(data=None, **options):
    return make(Config(**options), np.random.default_rng(0), data or Data())


def write(tmp_path, content):
    path = tmp_path / "my.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def test_presets_fit():
    task = find("text", "unsupervised")
    for name in ("quick", "default", "best"):
        assert configure(task, preset(task, name)) == Config(**PRESETS.get(name, {}))
    assert Config().updates > Config(**PRESETS["quick"]).updates


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("context", 0),
        ("embedding", 0),
        ("hidden", -1),
        ("depth", 0),
        ("batch", 0),
        ("updates", 0),
        ("lr", 0.0),
        ("lr", math.nan),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("dropout", math.nan),
        ("weight_decay", -1.0),
        ("weight_decay", math.nan),
        ("longest", -1),
        ("bits", 0),
        ("row", 0),
        ("token_dropout", 1.0),
        ("context_dropout", -0.1),
        ("context_dropout", math.nan),
    ],
)
def test_nonsense_is_refused_by_name(field, value):
    with pytest.raises(ValueError, match=f"^{field} must"):
        Config(**{field: value})


def test_configuration_reaches_the_network():
    one = build(context=5, embedding=3, longest=0, hidden=7, depth=3, dropout=0.5, batch=11, updates=2)
    V = len(one.vocabulary)
    assert [s for s in one.net.layout.values() if len(s) == 2] == [(V, 3), (15, 7), (7, 7), (7, 7), (7, V)]
    other = build(context=5, embedding=3, longest=8, words=True, bits=4, row=2, hidden=7, depth=1)
    assert [s for s in other.net.layout.values() if len(s) == 2] == [(V, 3), (4 * 16, 2), (4 * 16, 2), (31, 7), (7, V)]
    assert one.update()["examples"] == 22
    batch = one.sample(np.random.default_rng(0), 20)
    assert one.loss(one.w, batch) != one.loss(one.w, batch, rng=np.random.default_rng(0))


def test_a_file_takes_the_place_of_the_corpus_and_its_sum_is_noted(tmp_path):
    path, data = write(tmp_path, "\ufeff" + POEM), Data()
    one = build(data, file=path, updates=5)
    assert "".join(one.text) == POEM
    assert data.sums == {"my.txt": hashlib.sha256(("\ufeff" + POEM).encode()).hexdigest()}
    one.update()
    assert math.isfinite(one.report(one.w, None).metrics["test_nats"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"abc\xff" + POEM.encode(), "line 1: byte 0xff is not UTF-8"),
        (POEM.encode() + b"\xe6\x97", f"line {POEM.count(chr(10)) + 1}: byte 0xe6 is not UTF-8"),
        (b"%PDF-1.4\n\xe2", "it is a PDF document, no text"),
        ("abcdefgh", "a context of 8"),
        (b"", "a context of 8"),
        ("".join(map(chr, range(0x4E00, 0x4F00))), "no character twice"),
    ],
)
def test_files_that_do_not_serve_are_refused(tmp_path, content, message):
    with pytest.raises(ValueError, match=message) as raised:
        build(file=write(tmp_path, content))
    assert "\n" not in str(raised.value)


def test_a_file_that_is_too_large_or_missing_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "LARGEST", 1000)
    with pytest.raises(Refusal, match="larger than"):
        build(file=write(tmp_path, POEM))
    with pytest.raises(Refusal, match="nowhere"):
        build(file=str(tmp_path / "nowhere.txt"))
    with pytest.raises(Refusal, match=r"is an address; download"):
        build(file="https://example.org/poem.txt")


def test_line_ends_of_any_system_are_the_same_text(tmp_path):
    ways = [POEM.replace("\n", end) for end in ("\n", "\r\n", "\r")]
    assert {text.read(write(tmp_path, way), Data()) for way in ways} == {text.parts(POEM)}


@pytest.mark.parametrize("V", [3, 4000])
def test_short_and_many_lettered_files_come_to_a_report(tmp_path, V):
    letters = np.random.default_rng(0).integers(0x4E00, 0x4E00 + V, 40 if V == 3 else 9000)
    one = build(file=write(tmp_path, "".join(map(chr, letters))), updates=2, hidden=8)
    one.update()
    report = one.report(one.w, tmp_path)
    assert all(
        math.isfinite(value) for value in [*report.metrics.values(), *report.baselines.values(), report.reference]
    )


def test_quick_preset_is_clearly_below_the_trigram_on_the_python_reference():
    one = build(**PRESETS["quick"])
    while one.progress < 1:
        one.update()
    report = one.report(one.w, None)
    assert report.metrics["test_nats"] < report.baselines["trigram"] - 0.15
    assert report.reference < report.metrics["test_nats"]  # counting long n-grams is still better: see docs/text.md
    assert report.metrics["written_known_words"] > 0.75
