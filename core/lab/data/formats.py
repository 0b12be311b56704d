"""Readers of file formats: bytes in, arrays or texts out. Nothing in a file can execute, or take memory beyond bounds.

Every reader raises ValueError with one line when the bytes are not what they claim. Sizes that a header states are
compared with what is there before memory is taken; an archive is unpacked in memory, never onto the disk.
"""

import csv
import gzip as _gzip
import io
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from core import Array
from core.lab.files import check_size
from core.lab.kinds import kind_of

IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
NPY_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
MARKS = {b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
NUMBERS = {"c": "complex numbers", "O": "Python objects", "U": "texts", "S": "texts", "M": "dates", "m": "times"}
# what the standard library raises at broken bytes, found by flipping bits; a ValueError passes as it is
NO_GZIP = (OSError, EOFError, zlib.error, struct.error)
NO_ZIP = (*NO_GZIP, zipfile.BadZipFile, RuntimeError, IndexError)  # NotImplementedError is a RuntimeError
NO_NPY = (ValueError, TypeError, SyntaxError, tokenize.TokenError, RecursionError, MemoryError)


def gunzip(raw: bytes, limit: int) -> bytes:
    """The bytes inside a gzip file, at most `limit` of them."""
    try:
        with _gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
            content = file.read(limit + 1)  # one more, so that the check sum at the end is reached and compared
    except NO_GZIP as error:
        raise ValueError(f"not a whole gzip file: {error}") from error
    if len(content) > limit:
        raise ValueError(f"the gzip file unpacks to more than {limit:,} bytes")
    return content


def unzip(raw: bytes, limit: int) -> dict[str, bytes]:
    """The members of a zip file by name, at most `limit` bytes in all. A name is a key, never a path."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as file:
            infos = [info for info in file.infolist() if not info.is_dir()]
            if len({info.filename for info in infos}) < len(infos):
                raise ValueError("the zip file names a member twice")
            if sum(info.file_size for info in infos) > limit:
                raise ValueError(f"the zip file unpacks to more than {limit:,} bytes")
            if any(info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for info in infos):
                raise ValueError("the zip file is packed in another way than by deflate")  # others have no bound
            return {info.filename: _member(file, info) for info in infos}
    except NO_ZIP as error:
        raise ValueError(f"not a whole zip file: {error}") from error


def _member(file: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with file.open(info) as member:
        return member.read(info.file_size + 1)  # without a number it would unpack up to 2 GiB before it compares


def unpacked(raw: bytes, limit: int) -> bytes:
    """What a gzip file, or a zip file of one file, holds; any other bytes as they are. At most `limit` bytes."""
    if raw.startswith(b"\x1f\x8b"):
        return gunzip(raw, limit)
    if kind_of(raw) != "a zip file":
        return raw
    members = {name: content for name, content in unzip(raw, limit).items() if not name.startswith("__MACOSX/")}
    if len(members) != 1:
        raise ValueError(f"the zip file holds {len(members)} files; unpack it, and name the one that is meant")
    return next(iter(members.values()))


def zip_stored(members: Mapping[str, bytes]) -> bytes:
    """A zip file of these members, sorted, not compressed, undated: the same bytes wherever it is made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as file:
        for name, content in sorted(members.items()):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system = 3  # else the operating system would show in it
            file.writestr(info, content)
    return buffer.getvalue()


def idx(raw: bytes) -> Array:
    """An array in the format of MNIST: 0, 0, type, number of axes, the sizes as big-endian uint32, then the entries."""
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] not in IDX_TYPES:
        raise ValueError("not an idx file: its first four bytes are wrong")
    dtype, start = np.dtype(IDX_TYPES[raw[2]]), 4 + 4 * raw[3]
    if len(raw) < start:
        raise ValueError("the idx file ends within its header")
    shape = tuple(int.from_bytes(raw[i : i + 4], "big") for i in range(4, start, 4))
    check_size(math.prod(shape) * dtype.itemsize, len(raw) - start, "idx")
    return np.frombuffer(memoryview(raw)[start:], dtype).reshape(shape)


def npy(raw: bytes) -> Array:
    """An array in NumPy's own format, versions 1 and 2; one of objects is refused, since those are pickles."""
    file = io.BytesIO(raw)
    try:
        version = np.lib.format.read_magic(file)
        if version not in NPY_HEADERS:
            raise ValueError(f"version {version} is not known")
        shape, fortran, dtype = NPY_HEADERS[version](file)
    except NO_NPY as error:
        raise ValueError(f"not an npy file: {str(error).splitlines()[0] if str(error) else 'bad header'}") from error
    if dtype.hasobject:
        raise ValueError("the npy file holds Python objects, which are never loaded")
    check_size(math.prod(shape) * dtype.itemsize, len(raw) - file.tell(), "npy")
    return np.frombuffer(memoryview(raw)[file.tell() :], dtype).reshape(shape, order="F" if fortran else "C")


def npy_numbers(raw: bytes) -> Array:
    """The same, where it must hold numbers, one at least. Raises ValueError for complex ones, texts, dates, records."""
    array = npy(raw)
    if array.dtype.kind not in "biuf":
        held = NUMBERS.get(array.dtype.kind, "records of several fields")
        raise ValueError(f"the npy file holds {held} ({array.dtype}), where real numbers are needed")
    if not array.size:
        raise ValueError(f"the npy file holds no numbers: its shape is {array.shape}")
    return array


def npz(raw: bytes, limit: int) -> dict[str, Array]:
    """The arrays of an npz file by name, at most `limit` bytes in all."""
    return {name.removesuffix(".npy"): npy(content) for name, content in unzip(raw, limit).items()}


def text(raw: bytes) -> str:
    """UTF-8, strictly, or what a byte order mark says: UTF-16 or UTF-32. The mark itself is dropped."""
    code = next((code for mark, code in MARKS.items() if raw.startswith(mark)), "utf-8-sig")
    try:
        said = raw.decode(code)
    except UnicodeDecodeError as error:
        line, byte, name = raw.count(b"\n", 0, error.start) + 1, raw[error.start], code.upper().removesuffix("-SIG")
        known = f"it is {kind_of(raw)}, no text" if kind_of(raw) else "save the file as UTF-8"
        raise ValueError(f"line {line}: byte {byte:#04x} is not {name}; {known}") from error
    if "\0" in said:
        line, known = said.count("\n", 0, said.index("\0")) + 1, kind_of(raw)
        raise ValueError(f"line {line}: holds a zero byte, so it is no text" + (f" but {known}" if known else ""))
    return said


def own_text(raw: bytes) -> str:
    """A person's text: as above, and each line ends with a newline alone, whatever system wrote it."""
    return text(raw).replace("\r\n", "\n").replace("\r", "\n")


def lines(text: str) -> list[str]:
    """The lines of a text. Only the newline ends one: str.splitlines would also split at U+0085, U+2028 and others."""
    return text.removesuffix("\n").split("\n") if text else []


def records(text: str, delimiter: str = ",", **options: Any) -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of each record of a csv text, a field as long as it likes. Raises ValueError with the line."""
    reader, line = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, **options), 1
    usual = csv.field_size_limit(len(text) + 1)  # it is the process's own: put back at the end
    try:
        for record in reader:
            yield line, record
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"line {line}: {error}") from error
    finally:
        csv.field_size_limit(usual)


def csv_rows(text: str) -> list[dict[str, str]]:
    """The rows of a csv text by the names in its first row; quoted fields may hold commas and newlines."""
    head, *rows = [fields for _, fields in records(text)] or [[]]
    for number, row in enumerate(rows, 1):
        if len(row) != len(head):
            raise ValueError(f"csv, row {number}: {len(row)} fields where the first row names {len(head)}")
    return [dict(zip(head, row, strict=True)) for row in rows]
