"""Pictures on their way to the disk: whole or not at all; and a note of those that could not be drawn.

What a run has learnt is worth more than a picture of it: inside `noting` a picture that fails is no error.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from os.path import getsize, isfile  # for whom a name that cannot be is no file, where a Path raises
from pathlib import Path
from typing import Any

from core.checkpoint import written

KINDS = {  # of each suffix: the type, and the bytes with which such a file begins and ends
    ".png": ("image/png", b"\x89PNG\r\n", b"IEND\xaeB`\x82"),
    ".gif": ("image/gif", b"GIF8", b";"),
    ".wav": ("audio/wav", b"RIFF", b""),
}
_failed: ContextVar[dict[str, str] | None] = ContextVar("_failed", default=None)


@contextmanager
def noting() -> Iterator[dict[str, str]]:
    """Gives the pictures that fail inside it: their names, and why each could not be drawn."""
    failed: dict[str, str] = {}
    token = _failed.set(failed)
    try:
        yield failed
    finally:
        _failed.reset(token)


def reason(path: Path) -> str:
    """Why a picture cannot be shown, in words; "" where it can: it failed inside this `noting`, or there is none."""
    there = path.suffix in KINDS and isfile(path) and getsize(path) > 0
    return (_failed.get() or {}).get(path.name, "" if there else "there is no such picture")


def why(error: Exception) -> str:
    """An exception on one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


@contextmanager
def saving(path: Path) -> Iterator[Path]:
    """Where to write the picture that will be `path`. A failure is noted inside `noting`, and raised elsewhere."""
    failed = _failed.get()
    try:
        with written(path) as aside:
            yield aside
    except Exception as error:
        if failed is None:
            raise
        failed[path.name] = why(error)


def save_figure(figure: Any, path: Path, dpi: int = 100) -> None:
    """Draws a figure of matplotlib into a file; see `saving`."""
    with saving(path) as aside:
        figure.savefig(aside, dpi=dpi, format=path.suffix.removeprefix("."))


def save_bytes(path: Path, content: bytes) -> None:
    """Writes a sound, or a picture that was made elsewhere; see `saving`."""
    with saving(path) as aside:
        aside.write_bytes(content)


def is_whole(path: Path) -> bool:
    """Is this a picture or a sound of a kind that pages show, with its beginning and its end?"""
    _, head, tail = KINDS.get(path.suffix, ("", b"", b""))
    try:
        data = path.read_bytes() if head and isfile(path) else b""
    except (OSError, ValueError):
        return False
    return bool(head) and data.startswith(head) and data.endswith(tail)
