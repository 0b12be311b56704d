"""A small file in the place of a data set's own, for what can go wrong with files; and where the real ones lie."""

from __future__ import annotations

import hashlib
import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from places import REPOSITORY

from core.lab.data import registry as datasets
from core.lab.data.download import File
from core.lab.data.registry import table

ROOT = Path(os.environ.get("TRIVIUM_DATA") or REPOSITORY.parent / "shared" / "data")
FILE_SETS = [row["name"] for row in table(ROOT) if row["kind"] == "file"]

CONTENT = b"Speak, speak.\n" * 20


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def with_files(monkeypatch: pytest.MonkeyPatch, name: str, files: tuple[File, ...]) -> None:
    monkeypatch.setitem(datasets.SETS, name, replace(datasets.SETS[name], files=files))


def put(root: Path, file: File, content: bytes) -> Path:
    path = root / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def closed() -> str:
    """An address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/input.txt"
