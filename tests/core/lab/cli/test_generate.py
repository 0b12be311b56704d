"""`trivium generate`: what it shows, what it says of the network, and what it refuses."""

from __future__ import annotations

import io
import itertools
import re
import sys

import numpy as np
import pytest
from places import TOY_TASK

from core.lab.cli import generate as command
from core.lab.errors import Refusal
from core.lab.runs.run import prepare, start

TOY = str(TOY_TASK)
POEM = "The sea is calm to-night.\nThe tide is full, the moon lies fair\n" * 30


@pytest.fixture(scope="module")
def poet(tmp_path_factory):
    folder = tmp_path_factory.mktemp("poet")
    (folder / "my.txt").write_text(POEM)
    options = {"file": str(folder / "my.txt"), "updates": 8, "hidden": 16}
    return start(prepare("text", "default", options, 0, None), folder / "run", pictures=False)


def said(capsys, *args):
    code = command.generate([str(arg) for arg in args])
    return code, *capsys.readouterr()


def test_a_text_is_shown_as_the_learner_streams_it(poet, capsys):
    code, out, err = said(capsys, poet.folder, "--prompt", "The ", "--length", 150, "--seed", 3, "--top-k", 5)
    text = poet.predictor.generate(poet.w, "The ", 150, 0.8, 5, np.random.default_rng(3))
    assert code == 0
    assert out.removesuffix("\n") == ("The " + text).removesuffix("\n")
    assert out.endswith("\n")
    assert said(capsys, poet.folder, "--prompt", "The ", "--length", 150, "--seed", 3, "--top-k", 5)[1] == out
    assert said(capsys, poet.folder, "--prompt", "The ", "--length", 150, "--seed", 4, "--top-k", 5)[1] != out
    (line,) = err.splitlines()
    size, nats = f"{poet.result['parameters']:,}", f"{poet.result['metrics']['test_nats']:.3f}"
    assert re.fullmatch(
        rf"text: {size} parameters, a window of 8 characters, test_nats {nats}; "
        r"[\d,]+ characters a second",
        line,
    )


def test_many_streams_are_shown_one_after_another(poet, capsys):
    code, out, err = said(capsys, poet.folder, "--prompt", "The ", "--length", 20, "--streams", 3)
    assert code == 0
    one, two, three = re.split(r"--- \d\n", out)[1:]
    assert one[:4] == two[:4] == three[:4] == "The "
    assert len({one, two, three}) == 3
    assert err.rstrip().endswith("in 3 streams")


def test_it_comes_piece_by_piece(poet, monkeypatch):
    shown = []

    class Terminal(io.StringIO):
        def flush(self):
            shown.append(self.getvalue())

    monkeypatch.setattr(sys, "stdout", Terminal())
    command.generate([str(poet.folder), "--prompt", "The sea", "--length", "200"])
    assert next(filter(None, shown)) == "The sea"
    assert sum(len(b) > len(a) for a, b in itertools.pairwise(shown)) >= 200 // command.PIECE


def test_a_prompt_comes_from_standard_input_too(poet, capsys, monkeypatch):
    class Stdin:
        buffer = io.BytesIO(b"The tide ")

    monkeypatch.setattr(sys, "stdin", Stdin)
    assert said(capsys, poet.folder, "--prompt", "-", "--length", 5)[1].startswith("The tide ")
    Stdin.buffer = io.BytesIO(b"The\xff")
    with pytest.raises(Refusal, match="line 1: byte 0xff is not UTF-8"):
        command.generate([str(poet.folder), "--prompt", "-"])
    monkeypatch.setattr(command, "PROMPT", 10)
    Stdin.buffer = io.BytesIO(b"x" * 11)
    with pytest.raises(Refusal, match="longer than"):
        command.generate([str(poet.folder), "--prompt", "-"])


def test_characters_that_were_never_learnt_are_named(poet, capsys):
    _, out, err = said(capsys, poet.folder, "--prompt", "The 日本 sea\x1b[31m", "--length", 5)
    first, _ = err.splitlines()
    assert first.startswith("not in the training text, read as the unknown symbol: '\\u65e5', '\\u672c', '\\x1b'")
    assert "\x1b" not in out + err
    assert len(said(capsys, poet.folder, "--prompt", "The sea", "--length", 5)[2].splitlines()) == 1


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--length", "0"], "--length must be from 1"),
        (["--temperature", "-1"], "--temperature must be from 0"),
        (["--temperature", "nan"], "--temperature must be from 0"),
        (["--temperature", "inf"], "--temperature must be from 0"),
        (["--top-k", "-1"], "--top-k must be from 0"),
        (["--seed", "-1"], "--seed must be from 0"),
        (["--streams", "0"], "--streams must be from 1"),
        (["--streams", "100000", "--length", "100000"], "--streams must be from 1 to 1000,"),
        (["--lenght", "5"], "Unrecognized options: --lenght"),
    ],
)
def test_nonsense_is_refused_in_one_line(poet, flags, says):
    with pytest.raises(Refusal, match=f"^{re.escape(says)}") as raised:
        command.generate([str(poet.folder), *flags])
    assert "\n" not in str(raised.value)


def test_a_learner_that_does_not_write_says_so(tmp_path):
    run = start(prepare(TOY, "quick", {}, 0, None), tmp_path / "run", pictures=False)
    with pytest.raises(Refusal, match="a run of toy_task does not write"):
        command.generate([str(run.folder), "--task", TOY])
    with pytest.raises(Refusal, match="not a run folder"):
        command.generate([str(tmp_path / "nothing")])


def test_what_the_learner_refuses_is_a_refusal(poet, capsys, monkeypatch):
    def refuse(*given):
        raise ValueError("a prompt must begin with a rating")

    monkeypatch.setattr(type(poet.predictor), "stream", refuse)
    with pytest.raises(Refusal, match="text: a prompt must begin with a rating"):
        command.generate([str(poet.folder), "--prompt", "The"])
    assert capsys.readouterr() == ("", "")


def test_nothing_that_steers_a_terminal_is_shown(poet, capsys, monkeypatch):
    monkeypatch.setattr(type(poet.predictor), "stream", lambda *given: iter("a\x1b[31mb\x07\x9bc\n"))
    assert said(capsys, poet.folder)[1] == "ab\n"  # \x9bc is a sequence, too


def test_an_interrupt_ends_it_quietly(poet, capsys, monkeypatch):
    def interrupted(*given):
        yield from "The"
        raise KeyboardInterrupt

    monkeypatch.setattr(type(poet.predictor), "stream", interrupted)
    code, _, err = said(capsys, poet.folder)
    assert code == 130
    assert err == ""


def test_a_run_that_has_not_finished_says_so(poet, capsys, monkeypatch):
    result = poet.folder / "result.json"
    kept = result.read_bytes()
    result.unlink()
    try:
        assert "its run not finished" in said(capsys, poet.folder, "--length", 5)[2]
    finally:
        result.write_bytes(kept)
