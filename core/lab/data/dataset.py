"""What is known of a data set. An outside package adds one of its own under the entry-point group `trivium.datasets`:

    from core.lab.data.sets import DataSet, File, Folder
FLOWERS = DataSet("150 flowers", "MIT", "A. Gardener, 2026", read_flowers, files=(File(...),))
flowers = "my_package.flowers:FLOWERS"       # in its pyproject.toml: then data("flowers") gives what is read
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.lab.data.download import File, Folder, find


@dataclass(frozen=True)
class DataSet:
    """What `trivium data` shows of a set, whose it is, and how it is read."""

    about: str
    licence: str
    citation: str
    make: Callable[..., Any]  # of the Folder where there are files, else of nothing
    files: tuple[File, ...] = ()
    embedded: str = "its package"  # what it comes with, where it has no files

    def read(self, name: str, root: Path, sums: dict[str, str]) -> Any:
        """The content; the SHA-256 of each file, or of an embedded set, goes to `sums`."""
        if self.files:
            return self.make(Folder(self.files, root, sums))
        sums[name] = _sha256(content := self.make())
        return content

    def where(self, root: Path) -> str:
        """Where it lies; looks for the files by name and size alone, their sums are checked when they are read."""
        if not self.files:
            return f"with {self.embedded}"
        forms = [find(file, root) for file in self.files]
        whole = all(form and (root / form.name).stat().st_size == form.size for form in forms)
        return str((root / self.files[0].name).parent) if whole else "not here"


def _sha256(content: tuple[Any, ...]) -> str:
    """The SHA-256 of the bytes of all arrays and texts in it, in their order."""
    total = hashlib.sha256()
    for part in content:
        total.update(np.ascontiguousarray(part).tobytes() if isinstance(part, np.ndarray) else str(part).encode())
    return str(total.hexdigest())
