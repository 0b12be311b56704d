"""What reads a file of a stranger's, by name: bytes in, nothing out; and good files of each kind to begin with.

A reader may take the bytes or refuse them, by Refusal or ValueError in one line. Anything else that it raises is a
fault, and so is a message of several lines.
"""

from __future__ import annotations

import gzip
import io
import json
import math
import struct
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

MOST = 1 << 22  # bytes that an archive may unpack to here
Read = Callable[[bytes, Path], object]


def _table(raw: bytes, _: Path) -> object:
    from core.lab.data.encoder import learn
    from core.lab.data.tables import read_table
    from supervised.tables.targets import target_of

    rows = read_table(raw)
    name = list(rows.columns)[-1]
    target = target_of(rows, name)
    return learn(target.rows.without(name))(target.rows)


def _wav(raw: bytes, _: Path) -> object:
    from core.lab.audio.wav import read_sound, resample

    return resample(read_sound(raw), 8000)


def _picture(raw: bytes, _: Path) -> object:
    from core.lab.vision.photos import decode, square

    return square(decode(raw, "it"), 16)


def _archive(raw: bytes, _: Path) -> object:
    from core.lab.data import formats

    if raw[:2] == b"\x1f\x8b":
        return formats.gunzip(raw, MOST)
    return formats.npz(raw, MOST) if raw[:2] == b"PK" else formats.unzip(raw, MOST)


def _array(raw: bytes, _: Path) -> object:
    from core.lab.data import formats

    return formats.npy(raw) if raw[:1] == b"\x93" else formats.idx(raw)


def _examples(raw: bytes, where: Path) -> object:
    from core.lab.answers.examples import read_examples

    suffix = ".npy" if raw[:1] == b"\x93" else ".csv" if raw[:1] in b"0123456789-" else ".txt"
    (path := where / f"examples{suffix}").write_bytes(raw)
    return np.asarray(read_examples(path))


def _text(raw: bytes, _: Path) -> object:
    from core.lab.data.formats import lines, text
    from core.lab.data.splits import parts
    from core.lab.text.tokenize import words
    from core.lab.text.vocabulary import Vocabulary

    said = text(raw)
    lines(said), words(said[:500])
    cut = parts(said)
    return Vocabulary.of(cut.train).encode(cut.val)


def _rows(raw: bytes, _: Path) -> object:
    from core.lab.data.formats import csv_rows, text

    return csv_rows(text(raw))


def _expression(raw: bytes, _: Path) -> object:
    from supervised.lessons.expressions import parse

    x = np.linspace(-1, 1, 16)
    return parse(raw.decode("utf-8", "replace"))(x=x, y=x)


def _spec(raw: bytes, where: Path) -> object:
    from core.lab.study.spec import load_spec, plan

    (path := where / "spec.toml").write_bytes(raw)
    return plan(load_spec(path), where, where / "runs", None)


def _config(raw: bytes, where: Path) -> object:
    from core.lab.runs.run import open_run

    (where / "config.json").write_bytes(raw)
    return open_run(where).setup.command


def _result(raw: bytes, where: Path) -> object:
    from core.lab.compare.groups import grouped

    (where / "result.json").write_bytes(raw)
    group = grouped([where])[0]
    return group.values(group.results[0]["score"]["metric"]), group.costs()


def _page(raw: bytes, where: Path) -> object:
    from core.lab.runs.page import run_sections

    (where / "report.json").write_bytes(raw)
    return run_sections(where)


def _log(raw: bytes, where: Path) -> object:
    from core.lab.runs.folder import read_log

    (where / "metrics.jsonl").write_bytes(raw)
    return read_log(where)


def _checkpoint(raw: bytes, where: Path) -> object:
    from core.lab.cli.inspect import provenance, rows

    (path := where / "checkpoint.safetensors").write_bytes(raw)
    return rows(provenance(path))


def _quotes(raw: bytes, where: Path) -> object:
    from core.lab.results.quotes import refill, typed

    (where / "record.json").write_text(json.dumps({"rows": [{"a": 1, "b": [1, 2, None, "x"]}, {"a": 2}], "mean": 0.5}))
    said = raw.decode("utf-8", "replace")
    return refill(said, where), list(typed(said))


READERS: dict[str, Read] = {
    "table": _table,
    "wav": _wav,
    "picture": _picture,
    "archive": _archive,
    "array": _array,
    "examples": _examples,
    "text": _text,
    "rows": _rows,
    "expression": _expression,
    "spec": _spec,
    "config": _config,
    "result": _result,
    "page": _page,
    "log": _log,
    "checkpoint": _checkpoint,
    "quotes": _quotes,
}
TEXTS = {"table", "text", "rows", "expression", "spec", "config", "result", "page", "log", "quotes"}  # else bytes
JSONS = {"config", "result", "page", "log"}


def seeds(run: Path) -> dict[str, list[bytes]]:
    """Good files of every kind; `run` is the folder of a finished run."""
    pictures = []
    from PIL import Image

    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    for kind in ("PNG", "JPEG", "BMP", "GIF", "WEBP"):
        for array in (grey, np.stack([grey] * 3, -1)):
            buffer = io.BytesIO()
            Image.fromarray(array).save(buffer, kind)
            pictures.append(buffer.getvalue())
    members = {"a.npy": _npy(np.eye(3)), "b/c.npy": _npy(np.arange(5, dtype=np.uint8))}
    archives = [
        gzip.compress(b"a text" * 50),
        *(_zip(members, kind) for kind in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)),
    ]
    arrays = [*members.values(), _npy(np.array(["word", "a"])), _npy(np.zeros((2, 0, 3), "<f4"))]
    arrays.append(bytes([0, 0, 8, 2]) + struct.pack(">2I", 4, 5) + bytes(20))
    sums = b"a,b,kind\n" + b"".join(b"%d,%.2f,%s\n" % (k, math.sin(k), b"xyz"[k % 3 : k % 3 + 1]) for k in range(20))
    tables = [sums, sums.replace(b",", b";").replace(b".", b","), b'"name, first";t\n"Ann ""A""\n x";1,5\nBob;?\n']
    named = ("config.json", "result.json", "report.json", "metrics.jsonl", "checkpoint.safetensors")
    config, result, page, log, checkpoint = ((run / name).read_bytes() for name in named)
    spec = b'seeds = 2\npreset = "quick"\n[[study]]\ntask = "digits"\nconfig = { hidden = 8 }\n'
    spec += b"[study.grid]\nlr = [1e-3, 2e-3]\n"
    quotes = (
        b"mean <!--= record; mean; .2f -->0.50<!--/--> of <!--= record; rows/*/a; mean; *100; .1f -->1<!--/-->, 3.5 %\n"
    )
    return {
        "table": tables,
        "wav": [_wave(rate, width, channels) for rate in (8000, 44100) for width in (1, 2) for channels in (1, 2)],
        "picture": pictures,
        "archive": archives,
        "array": arrays,
        "examples": [_npy(np.ones((3, 4), np.float32)), b"1,2,3\n4,5,6\n", b"Once upon a time"],
        "text": ["Once upon a time, déjà vu.\n".encode() * 20, "\ufefföß 漢字 🙂\r\n".encode() * 10],
        "rows": [sums, b'a,b\n"x\ny","1,2"\n'],
        "expression": [b"sin(3*x)*x", b"-x**2 + exp(-y/2) - 1.5e-3*(pi - e)", b"sqrt(abs(x))+log(x*x+1)"],
        "spec": [spec],
        "config": [config],
        "result": [result],
        "page": [page],
        "log": [log],
        "checkpoint": [checkpoint],
        "quotes": [quotes],
    }


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _zip(members: dict[str, bytes], kind: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def _wave(rate: int, width: int, channels: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(bytes(k % 251 for k in range(200 * width * channels)))
    return buffer.getvalue()


def fault(name: str, raw: bytes, where: Path) -> str | None:
    """What a reader does wrong with these bytes, in one line; None where it takes or refuses them."""
    from core.lab.errors import Refusal

    try:
        READERS[name](raw, where)
    except (Refusal, ValueError) as error:
        if "\n" in str(error).strip():
            return f"{name}: a message of several lines: {str(error)[:200]!r}"
    except MemoryError:
        return f"{name}: MemoryError"
    except Exception as error:
        import traceback

        frame = traceback.extract_tb(error.__traceback__)[-1]
        ours = [f for f in traceback.extract_tb(error.__traceback__) if "/site-packages/" not in f.filename] or [frame]
        place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
        return f"{name}: {type(error).__name__}: {str(error)[:120]} ({place})"
    return None
