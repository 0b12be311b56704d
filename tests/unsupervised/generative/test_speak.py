"""The command that writes sounds: files by name, nothing written over, and refusals in one line."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.lab.errors import Refusal
from core.lab.runs import open as runs
from unsupervised.generative.speak import speak


class Parrot:
    """Says a word by its name, and a number that is drawn."""

    net = SimpleNamespace(size=3)

    def recordings(self, w, word, voice, count, temperature, rng):
        if word == "ten":
            raise ValueError("there is no word 'ten'")
        return {f"{word}_{k}.wav": f"{word} {voice} {temperature} {rng.integers(1000)}".encode() for k in range(count)}


class Opened(runs.Run):
    """A run that answers as the parrot does."""

    predictor, w = Parrot(), np.zeros(3)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    run = Opened(tmp_path, SimpleNamespace(task=SimpleNamespace(name="parrot")))
    monkeypatch.setattr(runs, "open_run", lambda folder, task, data, imports: run)
    return run, tmp_path


def test_files_are_written_and_the_same_seed_gives_the_same_bytes(folder, capsys):
    _, path = folder
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert speak(["run", "--word", "two", "--count", "3", "--seed", str(seed), "--out", str(path / out)]) == 0
    assert capsys.readouterr().out.splitlines()[:3] == [str(path / "a" / f"two_{k}.wav") for k in range(3)]
    a, b, c = ([(path / out / f"two_{k}.wav").read_bytes() for k in range(3)] for out in "abc")
    assert a == b != c
    assert len(set(a)) == 3


def test_what_cannot_be_said_is_refused(folder, monkeypatch):
    _, path = folder
    out = ["--out", str(path / "a")]
    speak(["run", "--word", "two", *out])
    for words, reason in (
        (["--word", "two"], "is there already"),
        (["--word", "ten"], "there is no word 'ten'"),
        (["--count", "0"], "count must be from 1"),
        (["--temperature", "nan"], "temperature"),
        (["--seed", "-1"], "seed must be from 0 to"),
    ):
        with pytest.raises(Refusal, match=reason):
            speak(["run", *words, *out])
    (path / "file").write_text("")
    with pytest.raises(Refusal, match="cannot write"):
        speak(["run", "--word", "one", "--out", str(path / "file")])
    monkeypatch.setattr(Opened, "predictor", SimpleNamespace(net=Parrot.net))
    with pytest.raises(Refusal, match="a run of parrot does not speak"):
        speak(["run", *out])
