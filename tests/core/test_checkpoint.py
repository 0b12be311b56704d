"""Checkpoints: what is written comes back; what was changed, cut off or is not ours is refused, old files kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from places import REPOSITORY
from safetensors.numpy import save_file

from core.checkpoint import CheckpointError, load, previous, save, sha256

DTYPES = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "complex64",
]


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return a.keys() == b.keys() and all(
        a[k].dtype == b[k].dtype and a[k].shape == b[k].shape and a[k].tobytes() == b[k].tobytes() for k in a
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoint.safetensors"


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_and_shape_comes_back(path: Path, dtype: str) -> None:
    rng = np.random.default_rng(0)
    arrays = {
        f"a.{i}": np.asarray(100 * rng.standard_normal(shape)).astype(dtype)
        for i, shape in enumerate([(), (1,), (0,), (3, 0, 2), (7,), (2, 3), (2, 1, 3, 2)])
    }
    save(path, arrays, {})
    assert same(load(path)[0], arrays)


def test_views_and_byte_orders_come_back_by_value(path: Path) -> None:
    a = np.arange(24.0).reshape(4, 6)
    arrays = {"transposed": a.T, "strided": a[::2, ::-1], "big endian": a.astype(">f8"), "scalar": np.float32(3)}
    save(path, arrays, {})
    loaded, _ = load(path)
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded[name], array)


def test_special_values_and_texts_come_back(path: Path) -> None:
    arrays = {"w": np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45], np.float32)}
    texts = {"config": '{"a": [1, "ü\\n\\u0000 \\" \\\\"]}', "empty": "", "": "no name", "sign": "☃ 🎲"}
    save(path, arrays, texts)
    loaded, back = load(path)
    assert same(loaded, arrays)
    assert back == texts
    save(path, {}, {})
    assert load(path) == ({}, {})


def test_loaded_arrays_may_be_written_to(path: Path) -> None:
    save(path, {"w": np.zeros(3)}, {})
    load(path)[0]["w"][:] = 1
    assert not load(path)[0]["w"].any()


def test_the_file_before_is_kept_and_no_other_is_left(path: Path) -> None:
    for k in range(4):
        save(path, {"k": np.array(k)}, {"k": str(k)})
        assert load(path)[0]["k"] == k
        if k:
            assert load(previous(path))[0]["k"] == k - 1
    assert sorted(p.name for p in path.parent.iterdir()) == ["checkpoint.previous.safetensors", path.name]


def test_the_file_is_at_no_moment_missing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(path, {"k": np.array(1)}, {})
    whole = []

    def watch(step):  # type: ignore[no-untyped-def]
        def watched(*args):  # type: ignore[no-untyped-def]
            whole.append(path.exists())
            return step(*args)

        return watched

    for name in "replace", "link", "unlink":
        monkeypatch.setattr(os, name, watch(getattr(os, name)))
    save(path, {"k": np.array(2)}, {})
    save(path, {"k": np.array(3)}, {})
    assert whole
    assert all(whole)
    assert load(path)[0]["k"] == 3
    assert load(previous(path))[0]["k"] == 2


def test_file_systems_without_links_keep_the_file_before_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    for k in range(3):
        save(path, {"k": np.array(k)}, {})
    assert load(path)[0]["k"] == 2
    assert load(previous(path))[0]["k"] == 1


def test_every_changed_byte_is_noticed(path: Path) -> None:
    arrays, texts = {"w": np.arange(5, dtype=np.float32), "t": np.array(3)}, {"config": "{}"}
    save(path, arrays, texts)
    good = path.read_bytes()
    for i in range(len(good)):
        for flip in 1, 2, 4, 8, 16, 32, 64, 128, 255:
            bad = bytearray(good)
            bad[i] ^= flip
            path.write_bytes(bad)
            with pytest.raises(CheckpointError, match=path.name):
                load(path)
    path.write_bytes(good)
    assert same(load(path)[0], arrays)


def test_every_truncation_and_extension_is_noticed(path: Path) -> None:
    save(path, {"w": np.arange(5, dtype=np.float32)}, {})
    good = path.read_bytes()
    for length in range(len(good)):
        path.write_bytes(good[:length])
        with pytest.raises(CheckpointError):
            load(path)
    for more in b"\0", good:
        path.write_bytes(good + more)
        with pytest.raises(CheckpointError):
            load(path)


def test_foreign_and_missing_files_are_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="not a whole checkpoint"):
        load(path)
    with pytest.raises(CheckpointError):
        load(tmp_path)
    for metadata in None, {"format": "pt"}:
        save_file({"w": np.zeros(3)}, path, metadata)
        with pytest.raises(CheckpointError, match="not a Trivium checkpoint"):
            load(path)
    save_file({"w": np.zeros(3)}, path, {"sha256": "0" * 64})
    with pytest.raises(CheckpointError, match="changed"):
        load(path)
    for junk in b"", b"PK\3\4 a zip", b"\xff" * 100, np.random.default_rng(0).bytes(1000):
        path.write_bytes(junk)
        with pytest.raises(CheckpointError):
            load(path)


def test_a_swapped_name_dtype_or_shape_changes_the_sum(path: Path) -> None:
    from core.checkpoint import digest

    a = np.arange(6, dtype=np.float32)
    base = {"a": a, "b": a + 1}
    others = [
        {"a": a + 1, "b": a},
        {"b": a + 1, "c": a},
        {**base, "a": a.reshape(2, 3)},
        {**base, "a": a.view(np.int32)},
    ]
    sums = {digest(arrays, {}) for arrays in [base, *others]} | {digest(base, {"x": "y"}), digest(base, {"x y": ""})}
    assert len(sums) == 7
    assert digest(dict(reversed(base.items())), {}) == digest(base, {})
    assert sha256(np.zeros(0)) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


FULL = """
import resource, sys
from pathlib import Path
import numpy as np
from core.checkpoint import save
path, limit = Path(sys.argv[1]), int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    save(path, {"w": np.ones(int(sys.argv[3]), np.float32)}, {})
except OSError as error:
    print("refused:", error)
"""


def save_elsewhere(path: Path, limit: int, size: int) -> subprocess.CompletedProcess[str]:
    """Saves `size` ones in a process of its own; its files may not grow beyond `limit` bytes, if that is not 0."""
    root = str(REPOSITORY)
    return subprocess.run(
        [sys.executable, "-c", FULL, str(path), str(limit), str(size)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": root},
    )


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on the size of a file")
@pytest.mark.parametrize("limit", [1, 100, 5000, 200_000])
def test_a_full_disk_leaves_the_old_file_whole(path: Path, limit: int) -> None:
    save(path, {"k": np.array(1)}, {})
    save(path, {"k": np.array(2)}, {})
    run = save_elsewhere(path, limit, 100_000)
    assert run.returncode == 0, run.stderr  # nothing worse than OSError: no signal, no other exception
    assert run.stdout.startswith(f"refused: cannot write {path}")
    assert load(path)[0]["k"] == 2
    assert load(previous(path))[0]["k"] == 1
    assert len(list(path.parent.iterdir())) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="needs a small file system of its own")
def test_a_really_full_file_system(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        path = disk / "checkpoint.safetensors"
        save(path, {"k": np.array(1)}, {})
        run = save_elsewhere(path, 0, 100_000)
        assert run.returncode == 0, run.stderr
        assert run.stdout.startswith(f"refused: cannot write {path}")
        assert load(path)[0]["k"] == 1
        assert [p.name for p in disk.iterdir()] == [path.name]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OSError, match="cannot write"):
        save(tmp_path / "c.safetensors", {"w": np.zeros(3)}, {})


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot write"):
        save(tmp_path / "nowhere" / "c.safetensors", {"w": np.zeros(3)}, {})


PEAK = """
import resource, sys
from pathlib import Path
import numpy as np
from core.checkpoint import save
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
arrays = {name: np.ones(8_000_000, np.float32) for name in "wmv"}
save(Path(sys.argv[1]), {"w": np.ones(3)}, {})
before = peak()
save(Path(sys.argv[1]), arrays, {})
print((peak() - before) * 1024 / sum(a.nbytes for a in arrays.values()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux")
def test_saving_does_not_double_the_memory(path: Path) -> None:
    root = str(REPOSITORY)
    run = subprocess.run(
        [sys.executable, "-c", PEAK, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": root},
        check=True,
    )
    assert float(run.stdout) < 0.1
