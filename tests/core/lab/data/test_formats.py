"""The readers on known answers, and on bytes that lie about themselves."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tracemalloc
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from core.lab.audio.wav import read_wav
from core.lab.data import formats as readers
from core.lab.terminal import printable

BIG = 64 << 20  # bytes that a bomb unpacks to
SMALL = 2 << 20  # bytes that refusing it may take


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def make_zip(members: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def make_wav(samples: list[int], channels: int = 1, width: int = 2) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(8000)
        file.writeframes(np.array(samples, f"<i{width}").tobytes())
    return buffer.getvalue()


def make_idx(kind: int, shape: tuple[int, ...], content: bytes) -> bytes:
    return bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + content


def refused(read: Callable[[], Any], message: str) -> None:
    """`read` raises ValueError with that message, and without taking memory first."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=message) as caught:
            read()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "\n" not in str(caught.value)
    assert peak < SMALL


def test_gunzip_gives_the_content_up_to_the_limit_and_no_more():
    raw = gzip.compress(b"trivium", mtime=0)
    assert readers.gunzip(raw, 7) == b"trivium"
    refused(lambda: readers.gunzip(raw, 6), "more than 6 bytes")


def test_a_gzip_bomb_is_refused_before_it_takes_memory():
    raw = gzip.compress(bytes(BIG), mtime=0)
    assert len(raw) < BIG / 900
    refused(lambda: readers.gunzip(raw, 1000), "more than 1,000 bytes")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: raw[:-1],
        lambda raw: raw[:12],
        lambda raw: b"",
        lambda raw: raw + b"x",
        lambda raw: raw[:-8] + bytes(8),
    ],
)
def test_a_broken_gzip_is_refused(spoil: Callable[[bytes], bytes]):
    raw = spoil(gzip.compress(b"trivium" * 9, mtime=0))
    if raw:
        refused(lambda: readers.gunzip(raw, 100), "not a whole gzip file")
    else:
        assert readers.gunzip(raw, 100) == b""


def test_unzip_gives_members_by_name_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    members = {"../evil.txt": b"up", "/absolute.txt": b"root", "a/b.txt": b""}
    assert readers.unzip(make_zip({**members, "folder/": b""}), 6) == members
    assert [path.name for path in tmp_path.rglob("*")] == ["inner"]


def test_a_zip_beyond_the_limit_is_refused_before_it_takes_memory():
    bomb = make_zip({"a": bytes(BIG // 2), "b": bytes(BIG // 2)})
    refused(lambda: readers.unzip(bomb, BIG - 1), "unpacks to more than")
    assert sum(map(len, readers.unzip(make_zip({"a": bytes(9), "b": bytes(8)}), 17).values())) == 17


def test_a_zip_that_states_too_small_a_size_is_refused_before_it_takes_memory():
    bomb = make_zip({"a": bytes(BIG)})
    size = struct.pack("<I", BIG)
    assert bomb.count(size) == 2  # in the local header and in the directory
    refused(lambda: readers.unzip(bomb.replace(size, struct.pack("<I", 100)), 1000), "not a whole zip file: Bad CRC")


def test_members_that_share_their_bytes_count_one_by_one():
    """A zip bomb without recursion (Fifield 2019): many entries of the directory name the same compressed bytes."""
    raw = make_zip({"a": bytes(100_000)})
    start, length = raw.index(b"PK\1\2"), raw.index(b"PK\5\6") - raw.index(b"PK\1\2")
    entry = raw[start : start + length]
    names = [bytes([k]) for k in range(65, 85)]
    directory = b"".join(entry[:46] + name + entry[47:] for name in names)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(names), len(names), len(directory), start, 0)
    refused(lambda: readers.unzip(raw[:start] + directory + end, 1_000_000), "unpacks to more than 1,000,000")


def test_a_zip_that_names_a_member_twice_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a", "1")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("a", "2")
    refused(lambda: readers.unzip(buffer.getvalue(), 10), "twice")


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_packed_without_bounds_is_refused(kind: int):
    raw = make_zip({"a": b"1"}, kind)
    refused(lambda: readers.unzip(raw, 10), "deflate")


def test_a_locked_zip_is_refused():
    raw = bytearray(make_zip({"a": b"1"}))
    for header, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        raw[raw.index(header) + flags] |= 1
    refused(lambda: readers.unzip(bytes(raw), 10), "password")


def test_zip_stored_is_the_same_bytes_everywhere():
    raw = readers.zip_stored({"b": b"2", "a": b"1"})
    assert raw == readers.zip_stored({"a": b"1", "b": b"2"})
    assert readers.unzip(raw, 2) == {"a": b"1", "b": b"2"}
    assert hashlib.sha256(raw).hexdigest() == "100e613e9f92b52579e9b25a23af73709dfae16aaa136f8fd6ab6d67781970e3"


@pytest.mark.parametrize(("kind", "dtype"), [(8, "u1"), (9, "i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")])
def test_idx_reads_every_type(kind: int, dtype: str):
    expected = np.arange(24).reshape(2, 3, 4)
    read = readers.idx(make_idx(kind, (2, 3, 4), expected.astype(dtype).tobytes()))
    np.testing.assert_array_equal(read, expected)
    assert read.dtype.kind == np.dtype(dtype).kind


def test_idx_in_the_layout_of_mnist():
    labels = bytes.fromhex("00000801 00000003 050004")
    images = bytes.fromhex("00000803 00000001 00000002 00000002 00ff8001")
    assert readers.idx(labels).tolist() == [5, 0, 4]
    assert readers.idx(images).tolist() == [[[0, 255], [128, 1]]]
    assert readers.idx(bytes.fromhex("00000801 00000000")).tolist() == []


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (make_idx(8, (60_000, 28, 28), bytes(784)), "claims 47,040,000 bytes, but 784 follow"),
        (make_idx(8, (2**32 - 1,) * 4, b""), "claims"),
        (make_idx(8, (3,), bytes(4)), "claims 3 bytes, but 4 follow"),
        (make_idx(13, (3,), bytes(3)), "claims 12 bytes"),
        (bytes([0, 0, 8, 255]), "ends within its header"),
        (b"\x1f\x8b\x08\x00", "first four bytes"),
        (make_idx(10, (1,), b"1"), "first four bytes"),
        (b"\0\0", "first four bytes"),
    ],
)
def test_an_idx_file_that_lies_is_refused(raw: bytes, message: str):
    refused(lambda: readers.idx(raw), message)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.array(["cat", "dog"]),
        np.float32(3),
        np.zeros((0, 4), np.uint8),
    ],
)
def test_npy_reads_what_numpy_writes(array: Any):
    read = readers.npy(npy(array))
    np.testing.assert_array_equal(read, array)
    assert read.dtype == array.dtype
    assert read.shape == array.shape


def test_an_npy_file_of_objects_is_never_loaded():
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (pytest.fail, ("it was executed",))

    refused(lambda: readers.npy(npy(np.array([Trap()], object))), "Python objects")
    refused(lambda: readers.npz(make_zip({"a.npy": npy(np.array([Trap()], object))}), 1 << 16), "Python objects")


def test_an_npy_header_that_lies_is_refused():
    raw = npy(np.zeros((3, 4), np.uint8))
    refused(lambda: readers.npy(raw[:-1]), "claims 12 bytes, but 11 follow")
    refused(lambda: readers.npy(raw + b"x"), "claims 12 bytes, but 13 follow")
    refused(
        lambda: readers.npy(raw.replace(b"(3, 4), }            ", b"(3, 4000000000), }   ")), "claims 12,000,000,000"
    )
    refused(lambda: readers.npy(raw[:20]), "not an npy file")
    refused(lambda: readers.npy(b"PK\3\4"), "not an npy file")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(2, complex), "holds complex numbers"),
        (np.array(["a"]), "holds texts"),
        (np.array([(1, 2.0)], [("a", int), ("b", float)]), "holds records of several fields"),
        (np.array(["2024-01-01"], "datetime64[D]"), "holds dates"),
        (np.zeros((0, 4)), r"no numbers: its shape is \(0, 4\)"),
    ],
)
def test_an_npy_file_without_real_numbers_is_refused(array: Any, message: str):
    refused(lambda: readers.npy_numbers(npy(array)), message)
    np.testing.assert_array_equal(readers.npy_numbers(npy(np.array([True, False]))), [1, 0])


def test_npz_reads_what_numpy_writes(tmp_path: Path):
    arrays = {"x": np.arange(6).reshape(2, 3), "classes": np.array(["cat", "dog"])}
    np.savez_compressed(tmp_path / "a.npz", **arrays)
    read = readers.npz((tmp_path / "a.npz").read_bytes(), 1 << 12)
    assert list(read) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)
    refused(lambda: readers.npz((tmp_path / "a.npz").read_bytes(), 100), "more than 100 bytes")


def test_wav_gives_samples_and_rate():
    samples, rate = read_wav(make_wav([0, 16384, -32768, 32767]))
    assert rate == 8000
    assert samples.dtype == np.float32
    assert samples.tolist() == [0, 0.5, -1, 32767 / 32768]


def test_a_wav_that_is_not_whole_is_refused():
    raw = make_wav(list(range(100)))
    refused(lambda: read_wav(raw[:-10]), "claims 200 bytes, but 190 follow")
    refused(lambda: read_wav(raw.replace(struct.pack("<I", 200), struct.pack("<I", 2**30))), "claims")
    refused(lambda: read_wav(raw[:30]), "not a whole wav file")
    refused(lambda: read_wav(b""), "not a whole wav file: it does not begin as one")


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_text_is_strict_utf_8_or_what_its_mark_says(code: str):
    assert readers.text("Ça\r\nva\u202f?".encode(code)) == "Ça\r\nva\u202f?"
    assert readers.own_text("Ça\r\nva\r\rbien\n".encode(code)) == "Ça\nva\n\nbien\n"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"un\ncaf\xe9", "line 2: byte 0xe9 is not UTF-8; save the file as UTF-8"),
        (b"\xff\xfe\x00", "not UTF-16"),
        ("un\ncafe".encode("utf-16-le"), "line 1: holds a zero byte"),
        (b"\xd0\xcf\x11\xe0", "it is an old Office document"),
        (make_zip({"word/a.xml": b""}), "it is a Word document, no text"),
    ],
)
def test_what_is_no_text_is_told_by_what_it_is(raw: bytes, message: str):
    refused(lambda: readers.text(raw), message)


def test_only_a_newline_ends_a_line():
    assert readers.lines("a\x85b\u2028c\x0cd\re\nf") == ["a\x85b\u2028c\x0cd\re", "f"]
    assert readers.lines("a\n\nb\n") == ["a", "", "b"]
    assert readers.lines("") == []


def test_csv_fields_hold_commas_quotes_and_newlines():
    rows = readers.csv_rows(',title,text\r\n0,"a, b","he said ""no""\nand left"\r\n1,,\r\n')
    assert rows == [{"": "0", "title": "a, b", "text": 'he said "no"\nand left'}, {"": "1", "title": "", "text": ""}]
    assert readers.csv_rows("") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1\n", "row 1: 1 fields where the first row names 2"),
        ("a,b\n1,2\n1,2,3\n", "row 2: 3 fields"),
        ('a,b\n1,"2\n', "line 2: unexpected end of data"),
    ],
)
def test_a_ragged_csv_is_refused(text: str, message: str):
    refused(lambda: readers.csv_rows(text), message)


SPECIMENS = {
    "gzip": (gzip.compress(b"trivium" * 5, mtime=0), lambda raw: readers.gunzip(raw, 35)),
    "zip": (make_zip({"a.npy": npy(np.arange(3, dtype=np.uint8))}), lambda raw: readers.npz(raw, 1 << 12)),
    "idx": (make_idx(8, (2, 3), bytes(6)), readers.idx),
    "npy": (npy(np.arange(3, dtype=np.uint8)), readers.npy),
    "wav": (make_wav([1, 2, 3]), read_wav),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", SPECIMENS)
def test_any_flipped_bit_or_cut_is_read_or_refused_in_one_line(kind: str):
    raw, read = SPECIMENS[kind]
    read(raw)
    broken = [raw[:k] for k in range(len(raw))]
    for place in range(8 * len(raw)):
        flipped = bytearray(raw)
        flipped[place // 8] ^= 1 << place % 8
        broken.append(bytes(flipped))
    refusals = []
    for candidate in broken:
        try:
            read(candidate)
        except ValueError as error:
            refusals.append(str(error))
    assert len(refusals) > len(broken) / 5
    assert not [message for message in refusals if "\n" in message]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain Ünïcode, tabs\tand\nlines", "plain Ünïcode, tabs\tand\nlines"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[1;1Hcleared", "cleared"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("\x90device\x9ctext", "text"),
        ("\x1b]unended\nnext line", "\nnext line"),
        ("\x1b(Bset\x1bcreset", "setreset"),
        ("back\x08space\rreturn\x00null\x7fdel\x85nel", "backspacereturnnulldelnel"),
        ("\x1b\x1b[31m[31m", "[31m"),
        ("\x1b[", ""),
    ],
)
def test_printable(text: str, seen: str):
    assert printable(text) == seen


@given(st.text(st.one_of(st.sampled_from("\x1b\x9b[]0;m\x07\\\n\tP"), st.characters())))
def test_printable_leaves_no_control_and_takes_nothing_else(text: str):
    seen = printable(text)
    assert not [c for c in seen if (ord(c) < 32 or 127 <= ord(c) < 160) and c not in "\n\t"]
    assert printable(seen) == seen
    if not [c for c in text if (ord(c) < 32 or 127 <= ord(c) < 160) and c not in "\n\t"]:
        assert seen == text
