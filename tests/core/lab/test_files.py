"""What JSON must be, files that are whole or not there, and a lock where nothing can be written."""

import errno
import json
import os
import stat

import filelock
import numpy as np
import pytest

from core.checkpoint import CheckpointError, load, save, written
from core.lab.environment import check_memory
from core.lab.errors import Refusal
from core.lab.files import PIECE, Locked, lock, read_file, read_json, sweep
from core.lab.runs.folder import read_log
from core.lab.schema import is_plain, misfit

FORM = {"name": str, "n": int, "x?": float, "all": {...: float}, "list?": [int], "kind?": {"a", "b"}, "or?": (str, int)}
GOOD = {"name": "n", "n": 1, "x": 1, "all": {"p": 0.5}, "list": [1, 2], "kind": "a", "or": 3, "more": None}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, ""),
        ({"x": 0.5, "or": "text", "list": [], "all": {}}, ""),
        ({"name": 1}, "it.name is 1, not a text"),
        ({"n": True}, "it.n is True, not a whole number"),
        ({"n": 1.0}, "it.n is 1.0, not a whole number"),
        ({"x": float("nan")}, "it.x is nan, not a finite number"),
        ({"x": 1e300}, "it.x is 1e+300, not a finite number"),
        ({"x": False}, "it.x is False, not a finite number"),
        ({"all": {"p": None}}, "it.all.p is None, not a finite number"),
        ({"all": [1]}, "it.all is [1], not an object"),
        ({"list": [1, "2"]}, "it.list.1 is '2', not a whole number"),
        ({"list": {}}, "it.list is {}, not a list"),
        ({"kind": "c"}, "it.kind is 'c', not a or b"),
        ({"kind": []}, "it.kind is [], not a or b"),
        ({"or": None}, "it.or is None, not a text"),
    ],
)
def test_a_value_that_is_not_of_its_form_is_told_by_its_place(change, fault):
    assert misfit(GOOD | change, FORM) == fault


def test_a_name_that_must_be_there_and_a_value_that_is_no_object():
    assert misfit({"n": 1, "all": {}}, FORM) == "it.name is missing"
    assert misfit([], FORM) == "it is [], not an object"


@pytest.mark.parametrize("value", [float("inf"), -1e300, 2**63, "\ud800", {"\udfff": 1}, [[float("nan")]]])
def test_what_cannot_be_written_or_counted_with_is_not_plain(value):
    assert not is_plain({"a": [value]})
    assert is_plain({"a": [1, None, True, "\N{SNOWMAN}", -2.5]})


def test_nested_deep_is_not_plain():
    value = []
    for _ in range(200):
        value = [value]
    assert not is_plain(value)


def test_json_that_is_broken_is_one_line(tmp_path):
    for raw in (
        b"",
        b"[1]",
        b"null",
        b"{",
        b"\xff",
        b'{"a": 1e999}',
        b'{"a": NaN}',
        b'{"a":' * 5000,
        b'{"a": 1' + b"0" * 5000,
    ):
        (tmp_path / "x.json").write_bytes(raw)
        with pytest.raises(Refusal, match=r"x\.json cannot be read"):
            read_json(tmp_path / "x.json")


def test_a_file_is_old_or_new_and_nothing_is_left_of_a_failure(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(ValueError, match="JSON compliant"), written(tmp_path / "a") as aside:
        aside.write_text(json.dumps([float("nan")], allow_nan=aside.write_text("half") == 0))
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "old")]


def test_only_what_was_being_written_is_swept(tmp_path):
    kept, gone = {".lock", "a.json", ".tmpfiles", "tmp", "x.tmp.json"}, {".tmpAb12Cd", "a.json.tmp"}
    for name in kept | gone:
        (tmp_path / name).touch()
    sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == kept


@pytest.mark.skipif(os.name != "posix", reason="Windows has no mask")
def test_a_checkpoint_can_be_read_by_whom_the_mask_allows(tmp_path):
    before = os.umask(0o027)
    try:
        save(tmp_path / "c.safetensors", {"w": np.zeros(2, np.float32)}, {})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "c.safetensors").stat().st_mode) == 0o640


def test_where_nothing_can_be_written_there_is_no_lock_and_nobody_at_work(tmp_path, monkeypatch):
    with lock(tmp_path), pytest.raises(Locked, match="another process"), lock(tmp_path, needed=False):
        pass

    def acquire(self):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(filelock.FileLock, "acquire", acquire)
    with lock(tmp_path, needed=False):
        pass
    with pytest.raises(Refusal, match="Read-only file system"), lock(tmp_path):
        pass


def test_a_limit_in_which_numpy_does_not_load_is_told(monkeypatch):
    resource = pytest.importorskip("resource")
    check_memory()
    monkeypatch.setattr(resource, "getrlimit", lambda which: (300 << 20, 300 << 20))
    with pytest.raises(Refusal, match="300 MB of address space"):
        check_memory()


def test_a_small_file_takes_no_room_for_the_largest(tmp_path):
    (tmp_path / "small").write_bytes(b"abc")
    assert read_file(tmp_path / "small", 1 << 50) == b"abc"
    (tmp_path / "large").write_bytes(bytes(PIECE + 2))
    assert len(read_file(tmp_path / "large", PIECE + 2)) == PIECE + 2
    with pytest.raises(Refusal, match="larger than 1 MiB"):
        read_file(tmp_path / "large", PIECE + 1)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_or_a_device_in_a_run_folder_is_refused_at_once(tmp_path):
    for name in "config.json", "metrics.jsonl", "checkpoint.safetensors":
        os.mkfifo(tmp_path / name)
    (tmp_path / "result.json").symlink_to("/dev/zero")
    for name in "config.json", "result.json":
        with pytest.raises(Refusal, match="it is not a file"):
            read_json(tmp_path / name)
    with pytest.raises(Refusal, match="it is not a file"):
        read_log(tmp_path)
    with pytest.raises(CheckpointError, match="is not a file"):
        load(tmp_path / "checkpoint.safetensors")
