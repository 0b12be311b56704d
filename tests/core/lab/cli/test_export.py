"""`trivium export`: one file, said in a few lines; what cannot be written is one line, and leaves nothing behind."""

import json
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from places import TOY_TASK
from safetensors import safe_open

from core.lab.cli import main
from core.lab.export import write
from core.lab.runs.open import open_run
from core.lab.runs.run import prepare, start
from core.lab.runs.tasks import find

onnx = pytest.mark.skipif(not find_spec("onnx"), reason="onnx is not installed")


TASK = '''
"""The toy task, whose answers have names and can be exported."""
from toy_task import *
from core.lab.signature import Classes, Pixels, Signature

def predictor(config, facts):
    net = MLP(2, config.hidden, 2)
    def signature(w):
        return Signature(Pixels((1, 2)), net, w, Classes(("day", "night")), lambda x: net(x, w)[0])
    return SimpleNamespace(net=net, predict=lambda w, x: net(x, w)[0].argmax(-1), signature=signature)
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("exported")
    (place / "nothing.py").write_text(TASK)
    start(prepare(str(place / "nothing.py"), "quick", {}, 3, None), place / "run", pictures=False)
    return place / "run"


def opened(folder):
    return open_run(folder, find(str(folder.parent / "nothing.py")))


def test_the_card_says_that_it_can_be_exported(folder):
    assert "trivium export DIR model.onnx --task nothing.py\n" in (folder / "MODEL.md").read_text("utf-8")


def export(folder, file, *words):
    return main(["export", str(folder), str(file), "--task", str(folder.parent / "nothing.py"), *words])


@onnx
def test_onnx_is_compared_and_says_what_it_is(folder, tmp_path, capsys):
    import onnx

    file = tmp_path / "digits.onnx"
    assert export(folder, file) == 0
    said = capsys.readouterr().out
    assert "input   pixels: uint8 ['N', 1, 2]" in said
    assert "largest difference from the run's own answers: " in said
    model, one = onnx.load(file), opened(folder)
    held = {each.key: each.value for each in model.metadata_props}
    assert json.loads(held["classes"]) == ["day", "night"]
    assert held["w_sha256"] == one.result["w_sha256"]
    assert json.loads(held["score"]) == one.result["score"]
    assert held["task"] == "nothing"
    before = file.read_bytes()
    assert export(folder, file) == 2
    assert f"{file} is there already: name another, or give --force" in capsys.readouterr().err
    assert export(folder, file, "--force", "--json") == 0
    assert json.loads(capsys.readouterr().out)["difference"] < 1e-6
    assert file.read_bytes() == before


@onnx
def test_answers_that_differ_are_an_error_and_the_old_file_stays(folder, tmp_path, capsys, monkeypatch):
    (tmp_path / "digits.onnx").write_text("old")
    monkeypatch.setattr(write, "TOLERANCE", 0.0)
    assert export(folder, tmp_path / "digits.onnx", "--force") == 1
    assert "nothing is written" in capsys.readouterr().err
    assert (tmp_path / "digits.onnx").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["digits.onnx"]


def test_the_file_of_numpy_runs_by_itself(folder, tmp_path, capsys):
    assert export(folder, tmp_path / "net.py") == 0
    assert f"the weights: {tmp_path / 'net.npz'}" in capsys.readouterr().out
    np.save(tmp_path / "x.npy", pixels := np.random.default_rng(0).integers(0, 256, (6, 1, 2), np.uint8))
    words = [sys.executable, "-I", "net.py", "x.npy"]
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    one = opened(folder)
    assert f"'label': array({one.predict(pixels.reshape(6, 2) / 255).tolist()})" in ran.stdout
    (tmp_path / "net.py").unlink()
    assert export(folder, tmp_path / "net.py") == 2
    assert f"{tmp_path / 'net.npz'} is there already" in capsys.readouterr().err


def test_pytorch_is_told_in_the_file_how_its_network_is_built(folder, tmp_path, capsys):
    assert export(folder, tmp_path / "net.safetensors") == 0
    assert "input   x: float32 (N, features), as they are encoded" in capsys.readouterr().out
    with safe_open(tmp_path / "net.safetensors", "np") as file:
        assert set(file.keys()) == {"0.weight", "0.bias", "2.weight", "2.bias"}
        assert file.get_tensor("0.weight").shape == (8, 2)
        (text,) = file.metadata().values()
    assert "torch.nn.Linear(2, 8)," in text
    assert f"# w_sha256: {opened(folder).result['w_sha256']}" in text


@pytest.mark.parametrize(
    ("file", "why"),
    [("net.pth", "of no kind that is written here: .onnx, .safetensors, .py"), ("no/net.py", "cannot be written")],
)
def test_what_cannot_be_written_is_one_line(folder, tmp_path, capsys, file, why):
    assert export(folder, tmp_path / file) == 2
    said = capsys.readouterr().err
    assert why in said
    assert said.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("file", ["run/checkpoint.safetensors", "run/checkpoint.previous.safetensors", "nothing.py"])
def test_what_the_run_needs_is_never_written_over(folder, capsys, file):
    before = {path: path.read_bytes() for path in folder.parent.rglob("*.*") if path.is_file()}
    assert export(folder, folder.parent / file, "--force") == 2
    assert f"{file} belongs to the run itself: name another file" in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in folder.parent.rglob("*.*") if path.is_file()}


def test_a_missing_onnx_is_named(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(write, "find_spec", lambda name: None)
    assert export(folder, tmp_path / "net.onnx") == 2
    assert 'pip install "trivium[onnx]"' in capsys.readouterr().err


def test_a_task_that_answers_otherwise_is_named(tmp_path, capsys):
    start(prepare(str(TOY_TASK), "quick", {"updates": 3}, 3, None), tmp_path / "run", pictures=False)
    assert main(["export", str(tmp_path / "run"), str(tmp_path / "toy.py"), "--task", str(TOY_TASK)]) == 2
    assert "a run of toy_task does not export" in capsys.readouterr().err
