"""The files of a data set: found in the data folder or fetched into it, and used only if their SHA-256 is right.

A file is read once: the bytes that were hashed are the bytes that are used. Nothing found is overwritten or deleted.
"""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from core import Array
from core.checkpoint import written
from core.lab.data import formats
from core.lab.errors import Refusal, refusing
from core.lab.files import LOCK

TIMEOUT = 10.0  # seconds that an address may stay silent


@dataclass(frozen=True)
class File:
    """A file that is known to the byte."""

    name: str  # where it lies under the data folder, and the name of its sum
    size: int  # bytes
    sha256: str
    addresses: tuple[str, ...] = ()  # tried in turn
    unpacked: int = 0  # bytes inside, where it is a gzip or zip file
    take: Callable[[bytes], bytes] | None = None  # picks it out of what its addresses serve, where that is an archive
    served: int = 0  # bytes that an address may send, where that is not `size`
    instead: File | None = None  # the same content in another packing, just as good

    def forms(self) -> list[File]:
        return [self, *([self.instead] if self.instead else [])]


def find(file: File, root: Path) -> File | None:
    """The form of `file` that lies in the data folder, by its name alone."""
    return next((form for form in file.forms() if (root / form.name).exists()), None)


def read(file: File, root: Path) -> bytes:
    """The bytes of a file that was found. Raises Refusal unless they are the known ones; the file stays as it is."""
    path = root / file.name
    with refusing(f"{path} cannot be read", OSError), open(path, "rb") as handle:
        raw = handle.read(file.size + 1)
    if len(raw) > file.size:
        raise _wrong(path, file, f"it is longer than {file.size:,} bytes")
    if (found := hashlib.sha256(raw).hexdigest()) != file.sha256:
        raise _wrong(path, file, f"its SHA-256 is {found}")
    return raw


def _wrong(path: Path, file: File, found: str) -> Refusal:
    how = "move it away and get it again" + (f" from {file.addresses[0]}" if file.addresses else "")
    return Refusal(f"{path} is not the known file and is not used: {found}, expected SHA-256 {file.sha256}; {how}")


def obtain(files: tuple[File, ...], root: Path) -> list[File]:
    """The form of each file that lies in the data folder; what is missing is fetched first.

    Raises Refusal, in one line, when a file is neither here nor to be had: which, from where, and where to put it.
    """
    here = [find(file, root) for file in files]
    missing = [file.name for file, form in zip(files, here, strict=True) if form is None]
    return [form or _fetch(file, root, missing) for file, form in zip(files, here, strict=True)]


def _fetch(file: File, root: Path, missing: list[str]) -> File:
    """Tries the addresses in turn, and returns the form that came."""
    form = next((form for form in file.forms() if form.addresses), file)
    path = root / form.name
    others = f" (missing too: {', '.join(name for name in missing if name != file.name)})" if len(missing) > 1 else ""
    if not form.addresses:
        raise Refusal(
            f"{form.name} is not in {root} and no address serves it as it is: trivium explain data says how it is "
            f"made; put it into {path.parent}{others}"
        )
    import requests
    from filelock import FileLock

    reasons = []
    for address in form.addresses:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            content = _download(form, address)
            with FileLock(root / LOCK), written(path) as aside:  # two processes may have fetched the same file
                aside.write_bytes(content)
            return form
        except requests.Timeout:
            reasons.append(f"no answer within {TIMEOUT:g} s")
        except requests.HTTPError as error:
            reasons.append(f"HTTP {getattr(error.response, 'status_code', 'error')}")
        except requests.RequestException:
            reasons.append("no connection")
        except ValueError as error:  # the wrong bytes: said at once, since the next address may have the right ones
            print(f"{address}: {error}; not used", file=sys.stderr)
            reasons.append("another file")
        except OSError as error:
            raise Refusal(
                f"cannot write {path}: {error.strerror or error}; --data or TRIVIUM_DATA names another folder"
            ) from error
    named, where = ", ".join(dict.fromkeys(reasons)), " or ".join(form.addresses)
    how = f"fetch {where}, take it out of that as trivium explain data says," if form.take else f"fetch it from {where}"
    raise Refusal(
        f"{form.name} is not here and could not be fetched ({named}): {how} and put it into {path.parent}{others}"
    )


def _download(file: File, address: str) -> bytes:
    """Downloads in memory, never more than the known size, and gives the right bytes only."""
    import pooch

    content = _Bounded(file.served or file.size)
    pooch.HTTPDownloader(chunk_size=1 << 16, timeout=TIMEOUT)(address, content, None)
    raw = file.take(content.getvalue()) if file.take else content.getvalue()
    if (found := hashlib.sha256(raw).hexdigest()) != file.sha256:
        raise ValueError(f"{file.name} came with SHA-256 {found}, expected {file.sha256}")
    return raw


class _Bounded(io.BytesIO):
    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def write(self, chunk: Any) -> int:
        if self.tell() + len(chunk) > self.limit:
            raise ValueError(f"more than the known {self.limit:,} bytes came")
        return super().write(chunk)


class Folder:
    """The files of one data set, each by the last part of its name. The sums of what was read go to `sums`."""

    def __init__(self, files: tuple[File, ...], root: Path, sums: dict[str, str]) -> None:
        self.forms = dict(zip((PurePosixPath(file.name).name for file in files), obtain(files, root), strict=True))
        self.root, self.sums = root, sums

    def read(self, name: str) -> bytes:
        """The content of a file, out of its gzip where it is in one."""
        form = self.forms[name]
        raw = read(form, self.root)
        self.sums[form.name] = form.sha256
        return formats.gunzip(raw, form.unpacked) if form.name.endswith(".gz") else raw

    def members(self, name: str) -> dict[str, bytes]:
        """The members of a zip file by name."""
        return formats.unzip(self.read(name), self.forms[name].unpacked)

    def arrays(self, name: str) -> dict[str, Array]:
        """The arrays of an npz file by name."""
        return formats.npz(self.read(name), self.forms[name].unpacked)
