"""`trivium inspect`: what a checkpoint says of itself, and what is refused."""

import json
import subprocess
import sys

import numpy as np
import pytest
from places import TOY_TASK

from core.checkpoint import save
from core.lab.cli.inspect import inspect, provenance
from core.lab.errors import Refusal
from core.lab.runs.folder import CHECKPOINT, RESULT
from core.lab.runs.run import prepare, start

TOY = str(TOY_TASK)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("inspected") / "run"
    start(prepare(TOY, "quick", {"hidden": 5}, 3, None), place, pictures=False)
    return place


def test_a_checkpoint_says_where_it_comes_from(folder, capsys):
    result = json.loads((folder / RESULT).read_text())
    assert inspect([str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["task"], said["seed"], said["config"]["hidden"]) == ("toy_task", 3, 5)
    assert said["w_sha256"] == result["w_sha256"]
    assert said["versions"] == result["versions"]
    assert said["progress"]["updates"] == 40
    assert said["arrays"]["w"] == f"float32 [{result['parameters']}]"
    assert inspect([str(folder / CHECKPOINT)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split() == ["config.hidden", "5"] for line in lines)


def test_neither_task_nor_network_is_loaded(folder):
    """The task was a file, which stands elsewhere: nothing of it may be needed."""
    code = (
        "import sys; from core.lab.cli import main; code = main(['inspect', sys.argv[1]]); "
        "assert not {'core.network', 'core.layers', 'core.lab.runs.run'} & set(sys.modules); sys.exit(code)"
    )
    ended = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


def test_a_file_that_is_no_checkpoint_is_refused(folder, tmp_path):
    with pytest.raises(Refusal, match="no checkpoint"):
        inspect([str(tmp_path / "none")])
    changed = tmp_path / "changed.safetensors"
    held = bytearray((folder / CHECKPOINT).read_bytes())
    held[-1] ^= 1
    changed.write_bytes(held)
    with pytest.raises(Refusal, match="SHA-256"):
        inspect([str(changed)])
    changed.write_bytes(held[:50])
    with pytest.raises(Refusal, match="whole checkpoint"):
        inspect([str(changed)])


def test_escape_sequences_in_a_checkpoint_do_not_reach_the_screen(tmp_path, capsys):
    path = tmp_path / "sly.safetensors"
    save(path, {"w": np.zeros(2, np.float32)}, {"task": "\x1b[2Jgone", "file": "another"})
    assert provenance(path)["task"] == "\x1b[2Jgone"
    assert provenance(path)["file"] == str(path)
    assert inspect([str(path)]) == 0
    assert "\x1b" not in capsys.readouterr().out
