"""Power loss: what a disk holds of a folder when the machine stops at once.

The model. What fsync was called for is on the disk as it was then: the content of a file, or the names in a folder. Of
all else any part may be there or not: each name that changed since the last fsync of its folder is the old or the new
one, and the content of a file that changed since its own is the old one, the new one, a part of the new one, or zeros
of the right length. What a file held before and still begins with is kept. A new folder is there once anything in it
was flushed, as on the file systems that write a journal. What was there before the process began is on the disk.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np


class Disk:
    """The disk below `folder`; `store` lies on the same file system and holds what was flushed."""

    def __init__(self, folder: Path, store: Path) -> None:
        self.folder, self.store = folder, store
        store.mkdir()
        for path in [folder, *folder.rglob("*")] if folder.exists() else []:
            self._flushed(path)

    def record(self) -> None:
        """From now on this process notes what it flushes below the folder."""
        real = os.fsync

        def fsync(handle: int) -> None:
            real(handle)
            path = Path(os.readlink(f"/proc/self/fd/{handle if isinstance(handle, int) else handle.fileno()}"))
            if path == self.folder or self.folder in path.parents:
                self._flushed(path)

        os.fsync = fsync

    def _flushed(self, path: Path) -> None:
        number = path.stat().st_ino
        aside = self.store / "aside"
        if path.is_dir():
            aside.write_text(json.dumps({entry.name: entry.lstat().st_ino for entry in path.iterdir()}))
            aside.rename(self.store / f"{number}.names")
            return
        held = self.store / f"{number}.held"
        if not held.exists():
            os.link(path, held)  # while it has this name its number is no other file's
        shutil.copyfile(path, aside)
        aside.rename(self.store / str(number))

    def crash(self, rng: np.random.Generator) -> None:
        """The folder becomes what the disk would hold had the machine stopped when the process was killed."""
        if self.folder.exists():
            self._rebuild(self.folder, rng)

    def _rebuild(self, folder: Path, rng: np.random.Generator) -> None:
        now = {entry.name: entry for entry in folder.iterdir()}
        names = self.store / f"{folder.stat().st_ino}.names"
        before: dict[str, int] = json.loads(names.read_text()) if names.exists() else {}
        contents = dict[str, bytes]()
        for name in sorted(now.keys() | before.keys()):
            entry = now.get(name)
            if entry is not None and entry.is_dir():
                self._rebuild(entry, rng)
                continue
            old, new = before.get(name), entry.stat().st_ino if entry else None
            number = old if old == new or rng.random() < 0.5 else new
            if number is not None:
                held = self.store / f"{number}.held"
                content = (entry if entry is not None and number == new else held).read_bytes()
                contents[name] = self._content(number, content, rng)
            if entry is not None:
                entry.unlink()
        for name, content in contents.items():
            (folder / name).write_bytes(content)

    def _content(self, number: int, now: bytes, rng: np.random.Generator) -> bytes:
        path = self.store / str(number)
        before = path.read_bytes() if path.exists() else b""
        if now == before:
            return now
        least = len(before) if now.startswith(before) else 0
        cut = int(rng.integers(least, len(now) + 1))
        return (before, now, now[:cut], now[:cut] + bytes(len(now) - cut))[rng.integers(4)]
