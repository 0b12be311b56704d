"""The trials find what they are to find: a harness that cannot fail proves nothing."""

import os
import signal
import time
from collections import Counter

import numpy as np
import pytest
from trials import chains, forks, memory, power, world
from trials.campaign import Failure, Outcome


def flushed(path, text):
    with open(path, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def folder_flushed(folder):
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


@pytest.fixture
def crashed(tmp_path, monkeypatch):
    """What 40 power losses make of a folder in which `work` was done, as sets of its files' texts by name."""

    def run(work):
        found = []
        for seed in range(40):
            folder = tmp_path / str(seed) / "folder"
            folder.mkdir(parents=True)
            flushed(folder / "kept", "before")
            disk = power.Disk(folder, tmp_path / str(seed) / "disk")
            with monkeypatch.context() as patched:
                patched.setattr(os, "fsync", os.fsync)
                disk.record()
                work(folder)
            disk.crash(np.random.default_rng(seed))
            found.append({path.name: path.read_text() for path in folder.iterdir()})
        return found

    return run


def test_what_was_flushed_outlasts_a_power_loss(crashed):
    def work(folder):
        flushed(folder / "aside", "after")
        os.replace(folder / "aside", folder / "kept")
        folder_flushed(folder)

    assert crashed(work) == [{"kept": "after"}] * 40


def test_a_rename_without_its_folder_flushed_may_be_undone(crashed):
    def work(folder):
        flushed(folder / "aside", "after")
        os.replace(folder / "aside", folder / "kept")

    assert {found["kept"] for found in crashed(work)} == {"before", "after"}


def test_what_was_not_flushed_may_be_gone_cut_or_zeros(crashed):
    def work(folder):
        (folder / "new").write_text("abcdef")
        with open(folder / "kept", "a") as file:
            file.write(" and more")

    found = crashed(work)
    new = {files.get("new") for files in found}
    assert None in new
    assert "abcdef" in new
    assert any(text is not None and text != "abcdef" for text in new)
    assert all(files["kept"].startswith("before") for files in found)  # what was there and is still begun with


def test_what_is_left_over_missing_or_other_is_told():
    assert chains.differences({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}) == ["c is left over", "b differs"]
    assert chains.steady({"seconds": 1, "rows": [{"seconds": 2, "x": 3}]}) == {"rows": [{"x": 3}]}


def test_the_slope_of_a_line_after_the_first_minute():
    times = list(range(300))
    held = [50.0 if t < 60 else 100 + 2 * t / 3600 for t in times]
    assert memory.slope(times, held) == pytest.approx(2.0)
    assert memory.slope(times[:80], held[:80]) is None


def test_what_is_in_use_is_what_was_asked_for_and_not_given_back():
    if not memory.in_use():
        pytest.skip("the C library does not tell")
    before = memory.in_use()
    block = np.ones(10_000_000 // 8)
    assert memory.in_use() - before == pytest.approx(10, abs=1)
    del block
    assert memory.in_use() - before == pytest.approx(0, abs=1)


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        ({"code": 0}, None),
        ({"code": 2, "err": "error: there is no run\n"}, None),
        ({"code": 2, "err": ""}, "without a line"),
        ({"code": 2, "err": "a warning\nerror: no\n"}, "in 2 lines"),
        ({"code": 2, "err": "error: KeyError: 'a' (x.py:3; TRIVIUM_DEBUG=1 shows ...)\n"}, "nobody foresaw"),
        ({"code": 99, "err": "Traceback (most recent call last):\nKeyError"}, "a traceback"),
        ({"code": 3}, "exit code 3"),
        ({"code": None, "signal": 11}, "signal 11"),
        ({"code": 0, "out": "\x1b[31m"}, "control characters"),
        ({"code": 0, "megabytes": 2000.0}, "2000 MB"),
        ({"code": None, "signal": 9, "late": True}, "hangs"),
    ],
)
def test_how_a_command_may_end(ended, said):
    plain = {"signal": None, "out": "", "err": "", "seconds": 0.0, "megabytes": 0.0}
    fault = world.judge(forks.Ended(**{**plain, **ended}), ["eval", "x"])
    assert fault is None if said is None else said in fault


def test_a_fork_tells_how_it_ended(tmp_path):
    def work():
        print("out", os.getcwd())
        return 7

    ended = forks.fork(work, tmp_path)
    assert (ended.code, ended.out) == (7, f"out {tmp_path}\n")
    assert forks.fork(lambda: 1 // 0, tmp_path).code == forks.CRASH
    stuck = forks.fork(lambda: os.read(os.pipe()[0], 1) and 0, tmp_path, kill=(0.01, 15))
    assert (stuck.code, stuck.signal) == (None, 15)
    assert forks.fork(lambda: os.read(os.pipe()[0], 1) and 0, tmp_path, limit=0.05).late


def test_a_process_is_late_by_its_own_time_and_a_busy_machine_makes_none_late(tmp_path):
    def spin():
        while True:
            pass

    def sleep():
        time.sleep(0.3)  # of another's time
        return 0

    assert forks.fork(spin, tmp_path, limit=0.1).late
    ended = forks.fork(sleep, tmp_path, limit=0.1)
    assert (ended.code, ended.late) == (0, False)


def test_ctrl_c_at_the_door_is_no_fault_of_the_command(tmp_path):
    def early(pid):
        os.kill(pid, signal.SIGINT)

    ended = forks.fork(lambda: time.sleep(9), tmp_path, ready=early)
    assert (ended.code, ended.err) == (130, "")


def test_files_that_were_changed_are_told(tmp_path):
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").write_text("2")
    before = world.files(tmp_path)
    (tmp_path / "a").rename(tmp_path / "moved")
    assert world.touched(before, world.files(tmp_path)) == []
    (tmp_path / "b").write_text("3")
    assert world.touched(before, world.files(tmp_path)) == ["b"]


def test_an_outcome_crosses_a_pipe():
    said = Outcome(
        Counter(kills=3), {"seconds": 1.5}, [Failure("kills", "lost", 1, 2, ["run"], "how")], {"tasks": ["digits"]}
    )
    assert Outcome.read(said.line()) == said
