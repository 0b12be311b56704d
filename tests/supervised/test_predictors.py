"""Each supervised task answers out of its run folder alone: in another process, without its data and without a net.

The folders are made once, in a few updates on small made-up data. One other process then answers for all of them.
"""

import json
import os
import subprocess
import sys
import wave
from types import SimpleNamespace

import numpy as np
import pytest

from core.lab import Data, Report
from core.lab.data.splits import Clips, Splits
from core.lab.runs import run as runs
from core.lab.runs.open import open_run
from core.lab.runs.tasks import find

RNG = np.random.default_rng(0)


def images(*one):
    t = np.arange(60) % (10 if one == (784,) else 2)
    x = RNG.random((60, *one), np.float32)
    return Splits(x[:40], t[:40], x[40:50], t[40:50], x[50:], t[50:])


def clips():
    digit, speaker = np.repeat(np.arange(10), 12), np.tile(["ann", "bob"], 60)
    sounds = [np.sin(np.arange(3000) * (0.2 + 0.1 * k)).astype(np.float32) for k in digit]
    return Clips(sounds, digit, speaker, np.tile(np.arange(12), 10), 8000)


def pairs():
    words = [
        "a dog",
        "the cat",
        "one bird",
        "two fish",
        "my hat",
        "her cup",
        "no tree",
        "big sun",
        "red car",
        "old man",
    ]
    return [(f"{a} and {b}", f"{b[::-1]} et {a[::-1]}") for a in words for b in words]


MADE = {
    "mnist": lambda: images(784),
    "fashion-mnist": lambda: images(784),
    "cifar10-cats-dogs": lambda: images(32, 32, 3),
    "free-spoken-digits": clips,
    "english-french": pairs,
}
TABLE = "age,city,price,kind,two\n" + "".join(
    f"{k},{'Oslo' if k % 3 else 'Bern'},{k * 2.5},{'yes' if k % 2 else 'no'},{k % 2}\n" for k in range(60)
)
MLP, CONV = {"hidden": (8,), "updates": 3, "batch": 16}, {"features": 2, "updates": 2, "batch": 8}
FEW = {"features": 512, "bag": 8, "code": 8, "hidden": 8, "pieces": 60, "updates": 2, "batch": 8, "beam": 2}
TASKS = {  # name: task, what of its configuration, the file that is asked about
    "perceptron": ("perceptron", {"passes": 2}, "pairs.csv"),
    "clouds": ("perceptron", {"problem": "clouds", "passes": 2}, "pairs.csv"),
    "activations": ("activations", {"updates": 3, "depth": 2, "width": 8}, "paper.png"),
    "function_fit": ("function_fit", {"expression": "x*y + 7", "updates": 3, "points": 50}, "pairs.csv"),
    "digits": ("digits", {"updates": 3, "members": 2, "test_time_augmentations": 2}, "paper.png"),
    "mnist_mlp": ("mnist_mlp", {**MLP, "members": 2, "noise": 0.1, "test_time_augmentations": 2}, "paper.png"),
    "mnist_augmented": ("mnist_augmented", MLP, "paper.png"),
    "mnist_cnn": ("mnist_cnn", {**CONV, "test_time_augmentations": 1}, "paper.png"),
    "fashion_mlp": ("fashion_mlp", {**MLP, "members": 1}, "paper.png"),
    "fashion_cnn": ("fashion_cnn", CONV, "paper.png"),
    "cats_dogs": ("cats_dogs", CONV, "paper.png"),
    "image_folder": ("image_folder", {**CONV, "size": 8, "dir": "pets", "colour": False}, "paper.png"),
    "spoken_digits": ("spoken_digits", {"updates": 2, "hidden": 4, "members": 2}, "tone.wav"),
    "sound_folder": ("sound_folder", {"updates": 2, "hidden": 4, "seconds": 0.2}, "tone.wav"),
    "table": ("table", {"file": "table.csv", "target": ("kind",), "ignore": ("two",), "updates": 3}, "rows.csv"),
    "values": ("table", {"file": "table.csv", "target": ("price", "age"), "updates": 3}, "rows.csv"),
    "labels": ("table", {"file": "table.csv", "target": ("two",), "kind": "value", "updates": 3}, "rows.csv"),
    "folds": ("table", {"file": "table.csv", "target": ("kind",), "folds": 3, "updates": 3}, "rows.csv"),
    "fold values": ("table", {"file": "table.csv", "target": ("price",), "folds": 2, "updates": 3}, "rows.csv"),
    "translate": ("translate", FEW, "lines.txt"),
    "cartpole_imitation": ("cartpole_imitation", {"episodes": 1, "hidden": 4, "updates": 2}, "fours.csv"),
}
VALUES = {"perceptron", "clouds", "activations", "function_fit", "values", "labels", "fold values", "translate"}
ASK = """
import io, json, socket, sys
from contextlib import redirect_stdout
def refused(*args, **options):
    raise OSError("there is no network here")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refused
from core.lab.cli import main
said = {}
for name, folder, file in json.load(sys.stdin):
    with redirect_stdout(io.StringIO()) as out:
        assert main(["predict", folder, file, "--json"]) == 0
    answers = [each["answer"] for each in json.loads(out.getvalue())["answers"]]
    said[name] = answers[0] if file.endswith(".txt") else answers
print(json.dumps([said, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def files(root):
    """What the tasks read, and what they are asked about."""
    from PIL import Image

    (root / "table.csv").write_text(TABLE)
    (root / "rows.csv").write_text("city,age,price,two,kind\nBern,3,7.5,1,no\nRome,,1,0,yes\n")
    (root / "pairs.csv").write_text("0.5,1\n-1,0.25\n")
    (root / "fours.csv").write_text("0.1,0,0.1,0\n0,0,-0.1,-1\n")
    (root / "lines.txt").write_text("a dog and the cat\n\nmy hat and her cup\n")
    paper = np.full((40, 36, 3), 240, np.uint8)
    paper[8:30, 15:20] = 20
    Image.fromarray(paper).save(root / "paper.png")
    for k in range(24):
        path = root / "pets" / ("cat", "dog")[k % 2] / f"{k}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(RNG.integers(0, 255, (9, 9, 3), dtype=np.uint8)).save(path)
    with wave.open(str(root / "tone.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", "not compressed"))
        file.writeframes((8000 * np.sin(np.arange(6000) * 0.1)).astype("<i2").tobytes())


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The runs, their answers by the learner that learnt, and the folder in which all that they read lies."""
    root, read = tmp_path_factory.mktemp("predictors"), Data.__call__
    files(root)

    def made(data, name):
        if name not in MADE:
            return read(data, name)
        data.sums[name] = name
        return MADE[name]()

    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Data, "__call__", made)
        patch.setattr(runs, "reported", lambda learner, best, folder: (Report({"a": 1.0}, "a", 0.0, 1.0, "b"), {}))
        for name, (task, values, file) in TASKS.items():
            values = values | {k: str(root / v) for k, v in values.items() if k in ("file", "dir")}
            RNG.bit_generator.state = np.random.default_rng(1).bit_generator.state  # the same data, made again
            one = runs.start(runs.prepare(task, "default", values, 0, None), root / name, pictures=False)
            RNG.bit_generator.state = np.random.default_rng(1).bit_generator.state
            found[name] = one, read_examples(root / file, one.predictor), one.learner
    return SimpleNamespace(root=root, found=found)


def read_examples(path, predictor):
    from core.lab.answers.examples import read_examples

    return read_examples(path, getattr(predictor, "reads", ()))


def test_another_process_gives_the_same_answers_without_the_data(trained, tmp_path):
    before, asked = {}, []
    for name, (one, x, learner) in trained.found.items():
        said = learner.predict(one.w, x)
        before[name] = said if isinstance(said, str) else said.tolist()
        moved = one.folder.rename(tmp_path / name.replace(" ", "_"))
        asked.append((name, str(moved), str(tmp_path / TASKS[name][2])))
    for file in {file for _, _, file in TASKS.values()}:
        (trained.root / file).rename(tmp_path / file)
    (trained.root / "table.csv").unlink()
    (trained.root / "pets").rename(trained.root / "gone")
    empty = tmp_path / "empty"
    empty.mkdir()
    env = {**os.environ, "TRIVIUM_DATA": str(empty), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command, text = [sys.executable, "-c", ASK], json.dumps(asked)
    done = subprocess.run(command, input=text, capture_output=True, text=True, cwd=empty, env=env, check=False)
    assert done.returncode == 0, done.stderr
    said, loaded = json.loads(done.stdout)
    for name, answer in before.items():
        if name in VALUES - {"translate"}:
            np.testing.assert_allclose(said[name], answer, rtol=1e-5, err_msg=name)
        else:
            assert said[name] == answer, name
    assert not {"sklearn", "matplotlib", "gymnasium", "joblib", "pooch", "jinja2"} & set(loaded)
    assert not list(empty.iterdir())
    for name, (one, x, _) in trained.found.items():
        again = open_run(tmp_path / name.replace(" ", "_")).predictor
        found = getattr(again, "probabilities", lambda w, x: None)(one.w, x)
        assert (found is None) == (name in VALUES), name
        if found:
            assert found.p.sum(1) == pytest.approx(1)
            assert [found.classes[k] for k in found.p.argmax(1)] == list(map(str, again.predict(one.w, x))), name


def test_tasks_that_answer_have_a_predictor():
    found = {task: find(task) for task, _, _ in TASKS.values()}
    assert all(task.predictor for task in found.values())
    assert find("transfer").predictor is find("few_shot").predictor is None  # their learners answer nothing


@pytest.mark.parametrize(
    ("task", "facts"),
    [
        ("table", {"kind": "values", "names": ["a", "b"], "parts": []}),
        ("table", {"kind": "classes", "names": ["a"], "parts": [{"encoder": {}, "mean": [], "std": []}]}),
        ("translate", {"pieces": [], "sentences": []}),
        ("translate", {"pieces": [{"characters": ["ab"], "merges": []}] * 2, "sentences": [[], []]}),
        ("translate", {"pieces": [{"characters": ["a"], "merges": [["a"]]}] * 2, "sentences": [[], []]}),
        ("translate", {"pieces": [{"characters": ["a", "a"], "merges": []}] * 2, "sentences": [[], []]}),
    ],
)
def test_facts_that_do_not_go_together_are_refused(task, facts):
    found = find(task)
    with pytest.raises(ValueError, match=r"."):
        found.predictor(found.config(), facts)
