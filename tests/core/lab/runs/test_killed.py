"""A run, killed with SIGKILL at random moments and resumed, ends as if it had never been stopped."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from core.lab.cli import main
from core.lab.runs import folder as folders

FLAGS = {"arm": ["--updates", "6", "--rollout", "64"], "digits": ["--updates", "300"]}
NAMES = ["arm"]  # an environment that is played again; of arrays, a toy is killed in test_run.py
MORE = ["digits", "digit_clusters", "text", "cartpole", "digit_bandit"] if os.environ.get("TRIVIUM_CHECK_ALL") else []


def start(*args):
    words = [sys.executable, "-m", "trivium", *map(str, args), "--json", "--save-every", "0"]
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)


def without_seconds(folder):
    return [{k: v for k, v in row.items() if k != "seconds"} for row in folders.read_log(folder)]


@pytest.mark.parametrize("name", [*NAMES, *MORE])
def test_killed_and_resumed_equals_never_stopped(tmp_path, name):
    task, again = name, []
    if name == "arm":  # out of the template: its environment is played again
        assert main(["new", "reinforcement", name, "--to", str(tmp_path)]) == 0
        task = str(tmp_path / f"{name}.py")
        again = ["--task", task]
    args = ["--quick", *FLAGS.get(name, [])]
    with start("run", task, *args, "--out", tmp_path / "whole") as process:
        said, trouble = process.communicate(timeout=120)
    assert process.returncode == 0, trouble
    whole = json.loads(said)

    out, rng, kills = tmp_path / "killed", np.random.default_rng(len(name)), 0
    words = ["run", task, *args, "--out", out]
    while not (out / folders.RESULT).exists():
        with start(*words) as process:
            if kills < (2 if name == "arm" else 1):
                before = (out / folders.CHECKPOINT).stat().st_mtime_ns if (out / folders.CHECKPOINT).exists() else 0
                deadline = time.monotonic() + 60
                while process.poll() is None and time.monotonic() < deadline:
                    path = out / folders.CHECKPOINT
                    if path.exists() and path.stat().st_mtime_ns > before:
                        break  # it has gone on from where it was; now at any moment
                    time.sleep(0.005)
                time.sleep(rng.uniform(0, 0.3 * whole["seconds"]))
                process.kill()
                kills += 1
            else:
                _, trouble = process.communicate(timeout=120)
                assert process.returncode == 0, trouble
        words = ["resume", out, *again]
    result = json.loads((out / folders.RESULT).read_text())
    for key in ("w_sha256", "metrics", "score", "baselines", "examples", "answers", "config", "data"):
        assert result[key] == whole[key], key
    assert without_seconds(out) == without_seconds(tmp_path / "whole")
