"""What has learnt answers out of its folder alone: the data gone, from elsewhere, the same to the bit."""

import json
import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from toy_reviews import toy_reviews

from core.lab import Report
from core.lab.audio.griffin_lim import wav_bytes
from core.lab.data.registry import Data
from core.lab.data.splits import Clips, Names, Splits, parts
from core.lab.packed import packed, unpacked, vector
from core.lab.problems import reviews as praise
from core.lab.runs import run as runs
from core.lab.runs.open import open_run
from core.lab.vision.photos import Photo
from unsupervised.tasks import (
    cartpole_world,
    digit_clusters,
    names as names_task,
    spoken_digit_sounds,
    table_clusters,
)

RNG = np.random.default_rng(0)
NUMBERS = "".join(f"{RNG.normal(k % 3 * 4):.3f},{'abc'[k % 3]}\n" for k in range(90))
TEXT = "the cat sat on the mat. a dog ran.\nso it goes, on and on.\n" * 20


def images(side, n=60):
    x, t = np.random.default_rng(0).random((n, side * side), np.float32), np.arange(n) % 10
    return Splits(x, t, x[:20], t[:20], x[20:40], t[20:40])


def clips():
    """Four sayings of each digit in two voices: tones."""
    of = np.array([(k, v, r) for k in range(10) for v in range(2) for r in (0, 5, 10, 11)])
    waves = [
        np.sin(np.arange(1600 + 90 * ((k + r) % 4)) * (0.1 + 0.02 * k + 0.005 * v)).astype(np.float32) for k, v, r in of
    ]
    return Clips(waves, of[:, 0], np.array(["ann", "bob"])[of[:, 1]], of[:, 2], 8000)


def names():
    some = [a + b + c for a in "abdel" for b in "aeiou" for c in "nmst"]
    return Names(some, some[:60], some[60:80], some[80:])


SETS = {
    "digits": lambda: images(8),
    "mnist": lambda: images(28),
    "fashion-mnist": lambda: images(28),
    "python-reference": lambda: parts(TEXT),
    "tiny-shakespeare": lambda: parts(TEXT),
    "names": names,
    "reviews": lambda: toy_reviews(200),
    "free-spoken-digits": clips,
}


def writes(predictor, w, prompt="5a"):
    rng = np.random.default_rng(1)
    return predictor.texts(w, prompt, 2, 9, 0.8, 0, rng), predictor.predict(w, prompt), predictor.unseen("a%")


def sees(predictor, w):
    features = np.prod(getattr(predictor, "shape", getattr(predictor, "features", 4)))
    x = np.random.default_rng(2).random((5, int(features)), np.float32)
    paper = np.full((12, 9, 3), 250, np.uint8)
    paper[2:9, 4:6] = 20
    shown = predictor.predict(w, Photo(paper)) if getattr(predictor, "see", None) else ""
    likely = predictor.probabilities(w, x).p.tolist() if hasattr(predictor, "probabilities") else ""
    classes = getattr(predictor, "classes", "")
    assert len(classes) == len(likely[0] if likely else "")
    return predictor.predict(w, x).tolist(), likely, classes, shown if isinstance(shown, str) else shown.tolist()


def speaks(predictor, w):
    files = predictor.recordings(w, "two", "bob", 1, 1.0, np.random.default_rng(3))
    return files, predictor.predict(w, next(iter(files.values())))


def hears(predictor, w):
    return predictor.predict(w, wav_bytes(clips().clips[7], 8000)).tolist(), predictor.reads


def reads(predictor, w):
    return predictor.predict(w, b"b,a\na,0.5\nc,1.2\n").tolist(), predictor.reads, predictor.classes


SMALL = {"updates": 2, "hidden": 8}
REVIEWS = {**SMALL, "longest": 20}
CASES = {
    "text": (writes, {**SMALL, "words": True, "bits": 6}),
    "shakespeare": (writes, {**SMALL, "again": 2, "bits": 6}),
    "names": (writes, SMALL),
    "reviews": (writes, {**SMALL, "bits": 6}),
    "review_lm": (writes, REVIEWS),
    "review_guided": (writes, {**REVIEWS, "labels": 10, "strength": 3.0}),
    "review_rl": (writes, {**REVIEWS, "rounds": 1, "n": 2}),
    "digit_clusters": (sees, SMALL),
    "mnist_clusters": (sees, SMALL),
    "fashion_clusters": (sees, {**SMALL, "method": "dec"}),
    "table_clusters": (reads, {**SMALL, "n_init": 1}),
    "sound_clusters": (hears, {**SMALL, "n_init": 1, "method": "autoencoder"}),
    "digit_autoencoder": (sees, {**SMALL, "labels": 40}),
    "digit_images": (sees, {**SMALL, "components": 3}),
    "mnist_images": (sees, {**SMALL, "components": 0}),
    "fashion_images": (sees, {**SMALL, "components": 3}),
    "spoken_digit_sounds": (speaks, {**SMALL, "components": 5, "code": 2}),
    "cartpole_world": (sees, {**SMALL, "envs": 4, "rollout": 20, "depth": 3}),
}


@pytest.mark.parametrize("task", CASES)
def test_the_folder_is_enough(task, tmp_path, monkeypatch):
    monkeypatch.setattr(praise, "SIZES", {"val": 10, "test": 30, "judge": 50, "rater": 50})
    monkeypatch.setattr(Data, "__call__", lambda self, name: SETS[name]())
    monkeypatch.setattr(runs, "reported", lambda *_: (Report({"x": 0.0}, "x", 0.0, 1.0, "none"), {}))
    monkeypatch.setattr(table_clusters, "choose_clusters", lambda x: SimpleNamespace(clusters=3))
    asked, fields = CASES[task]
    table = tmp_path / "table.csv"
    if task == "table_clusters":
        table.write_text("a,b\n" + NUMBERS)
        fields = {**fields, "file": str(table)}
    one = runs.start(runs.prepare(task, "quick", fields, 0, None), tmp_path / "run", pictures=False)
    expected = asked(one.learner.predictor, one.w)
    monkeypatch.setattr(Data, "__call__", lambda *_: pytest.fail("the data is read"))
    table.unlink(missing_ok=True)
    moved = shutil.move(one.folder, tmp_path / "elsewhere")
    monkeypatch.chdir("/")
    again = open_run(moved)
    assert asked(again.predictor, again.w) == expected
    assert again.predictor.net.layout == one.learner.net.layout
    if task == "table_clusters":  # a dictionary of columns, and an array of those that it was learnt from
        assert again.predict({"b": ["a", "c"], "a": [0.5, 1.2]}).tolist() == expected[0]
        assert again.predict([[0.5, "a"], [1.2, "c"]]).tolist() == expected[0]
    if hasattr(again.predictor, "classes") and task != "sound_clusters":
        x = {"a": [0.0], "b": ["a"]} if task == "table_clusters" else np.zeros((1, *again.predictor.shape))
        assert again.predict_proba(x).shape == (1, len(again.classes))


WRITE = """
import socket, sys
def refused(*args, **options):
    raise OSError("there is no network here")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refused
from core.lab.cli import main
assert main(["generate", sys.argv[1], "--prompt", "the ", "--length", "9", "--seed", "3"]) == 0
assert not {"sklearn", "scipy", "matplotlib", "gymnasium", "PIL"} & set(sys.modules)
"""


def test_another_process_writes_and_loads_no_library_that_it_does_not_need(tmp_path, monkeypatch):
    monkeypatch.setattr(Data, "__call__", lambda self, name: SETS[name]())
    monkeypatch.setattr(runs, "reported", lambda *_: (Report({"x": 0.0}, "x", 0.0, 1.0, "none"), {}))
    one = runs.start(runs.prepare("text", "quick", SMALL, 0, None), tmp_path / "run", pictures=False)
    expected = one.predictor.generate(one.w, "the ", 9, 0.8, 0, np.random.default_rng(3))
    empty = {**os.environ, "TRIVIUM_DATA": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    code = [sys.executable, "-c", WRITE, str(one.folder)]
    said = subprocess.run(code, cwd=tmp_path, env=empty, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    assert said.stdout == f"the {expected}\n"


@pytest.mark.parametrize(
    ("task", "facts", "says"),
    [
        (names_task, {"vocabulary": "ba", "before": ""}, "in the order of their code points"),
        (digit_clusters, {"mean": []}, "not finite numbers"),
        (digit_clusters, {"mean": [1e39] * 64}, "not finite numbers"),
        (table_clusters, {"encoder": {}, "clusters": 3}, "encoder.columns is missing"),
        (cartpole_world, {"spread": [1.0] * 4, "pace": [1.0] * 3}, "4 numbers, not 4 and 3"),
        (cartpole_world, {"spread": [0.0] * 4, "pace": [1.0] * 4}, "not finite numbers above 0"),
        (spoken_digit_sounds, {"voices": ["a"], **dict.fromkeys(("scale", "spread", "unit"), 0.0)}, "above 0"),
    ],
)
def test_facts_that_do_not_fit_are_refused(task, facts, says):
    with pytest.raises(ValueError, match=says):
        task.predictor(task.Config(), facts)


def test_arrays_pass_through_a_text_to_the_bit():
    x, y = np.random.default_rng(0).standard_normal((2, 3, 4)).astype(np.float32)
    text = json.loads(json.dumps(packed({"x": x, "y": y.T})))
    a, b = unpacked(text, {"x": (3, 4), "y": (4, 3)})
    assert np.array_equal(a, x)
    assert np.array_equal(b, y.T)
    for wrong, shapes in (("%", {}), ("AAAA", {}), (text, {"z": (3, 4)}), (text, {"x": (4, 3)})):
        with pytest.raises(ValueError, match="array"):
            unpacked(wrong, shapes)
    with pytest.raises(ValueError, match="the array 'x' is not"):
        unpacked(packed({"x": np.full(2, np.nan)}), {"x": (2,)})
    assert vector(x[0].tolist()).tobytes() == x[0].tobytes()
