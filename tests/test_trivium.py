"""`import trivium`: two names, a guard, and the settings of the process; forty lines of it."""

import os
import subprocess
import sys

import numpy as np
import pytest
from places import REPOSITORY

import trivium


def test_a_run_and_a_folder_are_one_call_each(tmp_path):
    run = trivium.run("digits", preset="quick", updates=100, out=tmp_path / "run")
    assert run.result["metrics"]["test_accuracy"] > 0.9
    x = np.zeros((3, 64), np.float32)
    assert list(trivium.open_run(tmp_path / "run").predict(x)) == list(run.predict(x))
    with pytest.raises(AttributeError, match="train"):
        trivium.train  # noqa: B018


def test_the_file_is_short_and_loads_no_numpy():
    assert len((REPOSITORY / "trivium.py").read_text("utf-8").splitlines()) <= 40
    code = "import sys, os, trivium; assert 'numpy' not in sys.modules; print(os.environ['OPENBLAS_THREAD_TIMEOUT'])"
    ended = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert ended.stdout.strip() == "18", ended.stderr


def test_a_persons_own_core_is_told_in_words(tmp_path):
    """Beside a script that imports an estimator, and beside a command."""
    (tmp_path / "core.py").write_text("X = 1\n")
    (tmp_path / "use.py").write_text("import core, supervised.estimators\n")
    for words, code in (["use.py"], 1), (["-m", "supervised", "digits"], 2), (["-m", "trivium", "list"], 2):
        env = {**os.environ, "PYTHONPATH": f"{tmp_path}:{REPOSITORY}"}
        ended = subprocess.run([sys.executable, *words], cwd=tmp_path, env=env, capture_output=True, text=True)
        assert ended.returncode == code
        assert f"'core' is not Trivium's but stands at {tmp_path / 'core.py'}: r" in ended.stderr.splitlines()[-1]
        assert code == 1 or ended.stderr.count("\n") == 1
