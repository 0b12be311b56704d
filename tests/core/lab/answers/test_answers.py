"""`trivium predict` and `Run.predict` on a network whose answers are known: pictures dark, grey and light."""

import csv
import io
import json
import sys
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from core import Linear
from core.lab.cli import main
from core.lab.cli.flags import OpenFlags
from core.lab.errors import Refusal
from core.lab.runs.open import Run
from supervised.metrics.classification import Classification
from supervised.metrics.regression import Regression
from supervised.predictor import SupervisedPredictor

MIDDLE, SHARP = np.array([0.0, 0.5, 1.0]), 20.0
CLASSES = ("dark", "grey", "light")


def chances(v):
    """softmax(-20 (v - m)^2) of a picture of one brightness v: the network below, by hand."""
    e = np.exp(-SHARP * (v - MIDDLE) ** 2)
    return e / e.sum()


class Ready(Run):
    """A run with a network at hand: 20 (2 m v - m^2) are the logits of four pixels whose mean is v."""

    @cached_property
    def _opened(self):
        w = np.concatenate([np.tile(2 * SHARP * MIDDLE / 4, (4, 1)).ravel(), -SHARP * MIDDLE**2]).astype(np.float32)
        if self.setup.values:
            return SupervisedPredictor(Linear(4, 1), Regression(1.0, 2.0), (4,)), np.array([1, 1, 0, 0, 0], np.float32)
        said = Classification(CLASSES[: self.setup.classes])
        two = w if self.setup.classes == 3 else np.concatenate([np.tile([0.0, 4.0], 4), [0.0, -8.0]])
        predictor = SupervisedPredictor(Linear(4, self.setup.classes), said, (4,), np.asarray)
        return predictor, two.astype(np.float32)


@pytest.fixture
def ready(monkeypatch, tmp_path):
    """The run that `trivium predict` opens."""
    setup = SimpleNamespace(task=SimpleNamespace(name="toy"), values=False, classes=3)
    one = Ready(tmp_path / "run", setup)
    monkeypatch.setattr(OpenFlags, "run", lambda _: one)
    monkeypatch.chdir(tmp_path)
    return one


def picture(path, grey):
    Path(path).parent.mkdir(exist_ok=True)
    Image.fromarray(np.full((2, 2), grey, np.uint8)).save(path)


def asked(capsys, *words):
    code = main(["predict", "run", *map(str, words)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_folders_are_walked_and_what_cannot_be_read_is_told(ready, capsys):
    picture("in/b.png", 255)
    picture("in/a.bmp", 0)
    picture("in/sub/c.tiff", 128)
    Path("in/bad.png").write_bytes(b"no picture")
    for name in ("notes.md", ".DS_Store", "Thumbs.db"):
        Path("in", name).write_bytes(b"?")
    code, out, err = asked(capsys, "in", "in/b.png", "none.png")
    assert code == 0
    lines = ["in/a.bmp: dark (99 %)", "in/b.png: light (99 %)", "in/sub/c.tiff: grey (99 %)", "in/b.png: light (99 %)"]
    assert out.splitlines() == lines
    told = err.splitlines()
    assert told[0] == "in: 1 file of another kind is left out: notes.md"
    assert told[1].startswith("left out: in/bad.png cannot be read: ")
    assert told[2] == "left out: none.png cannot be read: No such file or directory"
    assert told[3] == "2 of 6 files are left out"
    code, out, err = asked(capsys, "in/bad.png", "none.png")
    assert (code, out) == (2, "")
    assert err.startswith("error: none of 2 files could be answered; the first: in/bad.png cannot be read")
    assert err.count("\n") == 1


def test_json_holds_the_three_likeliest_classes_and_what_was_left_out(ready, capsys):
    picture("a.png", 51)
    np.save("x.npy", np.full((2, 2, 2), 1.0))
    said = json.loads(asked(capsys, "a.png", "x.npy", "none.csv", "--json")[1])
    p = chances(0.2)
    one, two, three = said["answers"]
    assert (one["input"], one["answer"], "row" in one) == ("a.png", "dark", False)
    assert one["probability"] == pytest.approx(p[0], rel=1e-5)
    assert [name for name, _ in one["best"]] == ["dark", "grey", "light"]
    assert [q for _, q in one["best"]] == pytest.approx(p.tolist(), rel=1e-4)
    assert (two["row"], three["row"], three["answer"]) == (1, 2, "light")
    assert said["left_out"] == {"none.csv": "none.csv cannot be read: No such file or directory"}


def test_the_rows_of_a_table_are_written_beside_the_answers_and_scored(ready, capsys):
    Path("x.csv").write_text('name;a;b;c;d\n"Dark ";0;0;0;0\n light;1;1;1;1\n\nlight;0,5;0,5;0,5;0,5\n')
    code, out, err = asked(capsys, "x.csv", "--target", "name", "--out", "p.csv")
    assert (code, out) == (0, "")
    assert "accuracy 0.6667 on 3 rows by the column name" in err
    head, *rows = csv.reader(io.StringIO(Path("p.csv").read_text()), delimiter=";")
    assert head[:5] == ["name", "a", "b", "c", "d"]
    assert head[5:] == [
        "prediction",
        "probability",
        "second",
        "second_probability",
        "third",
        "third_probability",
        "true",
    ]
    assert rows[0][:6] == ["Dark ", "0", "0", "0", "0", "dark"]
    assert rows[1][0] == " light"
    assert rows[2][1] == "0,5"
    assert [float(cell) for cell in rows[2][6::2][:3]] == pytest.approx(sorted(chances(0.5))[::-1], rel=1e-4)
    code, _, err = asked(capsys, "x.csv", "--target", "name", "--out", "p.csv")
    assert code == 2
    assert "p.csv is there already" in err
    assert asked(capsys, "--target", "name", "x.csv", "--out", "p.csv", "--force")[0] == 0
    assert json.loads(asked(capsys, "x.csv", "--target", "name", "--json")[1])["score"]["accuracy"] == pytest.approx(
        2 / 3
    )


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["x.csv", "--out", "x.csv", "--force"], "is one of the files to be read"),
        (["x.csv", "--out", "none/p.csv"], "there is no folder none"),
        (["x.csv", "--out", "p.xlsx"], "of no kind that is written here: .csv, .tsv"),
        (["x.csv", "--target", "nmae"], "x.csv cannot be read: there is no column 'nmae' (known: name, a, b, c, d)"),
        (["x.csv"], "x.csv cannot be read: line 2: 'dark' is not a number"),
        (["wide.csv"], "(a column of true answers is named with --target)"),
        (["*.png"], "*.png is no file, but a pattern that was not expanded"),
        (["empty"], "empty holds no file that is read here: .npy, .csv"),
        (["x.npy", "--threshold", "0.5"], "--threshold goes with two classes, or one that is detected; this network"),
        (["x.npy", "--threshold", "1.5"], "threshold"),
        ([], "name the files"),
    ],
)
def test_a_wrong_wish_is_one_line(ready, capsys, words, line):
    Path("x.csv").write_text("name,a,b,c,d\ndark,0,0,0,0\n")
    Path("wide.csv").write_text("1,2,3,4,5\n")
    np.save("x.npy", np.zeros((1, 2, 2)))
    Path("empty").mkdir()
    code, out, err = asked(capsys, *words)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert line in err
    assert sorted(path.name for path in Path().iterdir()) == ["empty", "wide.csv", "x.csv", "x.npy"]


def test_a_threshold_decides_between_two_classes(ready, capsys):
    ready.setup.classes = 2  # p(grey) = 1 / (1 + exp(8 - 16 v)), for pixels of v
    np.save("x.npy", np.array([0.4, 0.6])[:, None, None] * np.ones((2, 2)))
    for threshold, said in (("0.5", ["dark", "grey"]), ("0.9", ["dark", "dark"]), ("0.1", ["grey", "grey"])):
        assert asked(capsys, "x.npy", "--threshold", threshold)[1].split() == said
    one = json.loads(asked(capsys, "x.npy", "--threshold", "0.9", "--json")[1])["answers"][1]
    assert one["probability"] == pytest.approx(1 / (1 + np.exp(1.6)), rel=1e-4)  # that of the answer
    assert one["best"][0][0] == "dark"


@pytest.mark.parametrize(
    ("raw", "words", "said"),
    [
        (b"1,1,1,1\n", [], "light"),
        (b"1 1 1 1", ["--format", "npy"], "not an npy file"),
        (b"1\t0\t0\t1\n", ["--format", "csv"], "grey"),
        (b"hello", [], "- does not fit this network: it is a text, where numbers are needed"),
    ],
)
def test_standard_input(ready, capsys, monkeypatch, raw, words, said):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    _, out, err = asked(capsys, "-", *words)
    assert said in out + err


def test_values_are_written_and_scored(ready, capsys):
    ready.setup.values = True  # 1 + 2 (a + b)
    Path("x.csv").write_text("a,b,c,d,y\n0,0,9,9,1\n1,0.25,9,9,4.5\n0,1,0,0,\n")
    _, _, err = asked(capsys, "x.csv", "--target", "y", "--out", "p.tsv")
    assert Path("p.tsv").read_text() == (
        "a\tb\tc\td\ty\tprediction\ttrue\n0\t0\t9\t9\t1\t1.0\t1\n1\t0.25\t9\t9\t4.5\t3.5\t4.5\n0\t1\t0\t0\t\t3.0\t\n"
    )
    t, y = np.array([1, 4.5]), np.array([1, 3.5])
    r2 = 1 - ((t - y) ** 2).sum() / ((t - t.mean()) ** 2).sum()
    assert f"rmse {np.sqrt(0.5):.4f}, r2 {r2:.4f} on 2 rows by the column y" in err


def test_python_asks_with_paths_and_arrays(ready):
    picture("in/a.png", 0)
    picture("in/b.png", 255)
    x = np.ones((1, 2, 2))
    assert ready.predict("in/a.png").tolist() == ready.predict(Path("in/a.png")).tolist() == ["dark"]
    assert ready.predict("in").tolist() == ready.predict(["in/a.png", "in/b.png"]).tolist() == ["dark", "light"]
    assert ready.predict(x).tolist() == ["light"]
    np.testing.assert_allclose(ready.predict_proba(x), [chances(1.0)], rtol=1e-4)
    assert ready.classes == CLASSES
    for nothing in (None, [], np.zeros((0, 4))):
        with pytest.raises(ValueError, match=r"it holds no example, which has the shape \(4,\)"):
            ready.predict(nothing)
    with pytest.raises(ValueError, match="could not convert"):  # and no folder is walked
        ready.predict("")
    with pytest.raises(Refusal, match=r"none\.png cannot be read"):
        ready.predict("none.png")


def test_a_run_says_what_it_is(ready):
    assert repr(ready) == f"<Run of toy, not finished; next: trivium resume {ready.folder}>"
    ready.__dict__["result"] = {"score": {"metric": "test_accuracy", "value": 0.98765, "chance": 0.1}}
    assert f"toy: test_accuracy 0.9877 (chance 0.1), in {ready.folder}; next: .predict(x)" in repr(ready)
