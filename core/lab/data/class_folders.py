"""A person's own examples: a folder that holds a folder for each class, of pictures or of sounds.

    read_classes(data, "pets", "picture", read, size=12288, smaller="lower the side")

Nothing that stands in such a folder ends a run for a file that is broken: what cannot be read is counted and named.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from core import Array
from core.lab.errors import Refusal
from core.lab.files import entries, read_file
from core.lab.paths import user_path
from core.lab.terminal import note

BYTES = 1 << 26  # of one file
MEMORY = 1 << 31  # bytes that all examples of a folder may take
RARE = 5  # examples of a class below which there is a warning
NAMED = 3  # files left out that are named


class Labelled(NamedTuple):
    """Examples of equal shape with their classes."""

    x: Array  # N, ...
    t: Array  # N int64
    classes: tuple[str, ...]
    told: str = ""  # the files that could not be read, and the classes that hold few


def read_classes(
    data: Any, path: str | Path, noun: str, read: Callable[[bytes, str], Array], size: int, smaller: str
) -> Labelled:
    """The examples in the folders of `path`: each folder is a class, named as it is, in the order of the names.

    `read` makes an example of `size` bytes of the bytes of a file and its name, and raises ValueError, in which that
    name stands, for one that is none. Files and folders whose names begin with a dot are skipped, and what file
    managers leave behind. Anything else that cannot be read is left out, and told. An example that is there twice in
    its class counts once. `data` remembers one SHA-256 over the names and the bytes of all files.
    Raises ValueError for a folder that is missing, holds fewer than two classes, a class without an example that can be
    read, an example in two classes, and for more than MEMORY: `smaller` says what to do then. `noun` is "picture", say.
    """
    root = user_path(path)
    if not root.is_dir():
        raise ValueError(f"there is no folder {root}: name one that holds a folder of {noun}s for each class")
    if len(folders := [entry for entry in entries(root) if entry.is_dir()]) < 2:
        raise ValueError(f"{root} holds {len(folders)} folders; it needs two or more, one for each class")
    for name in (one.name for one in folders if not one.name.isprintable()):
        raise ValueError(f"the folder {name!a} in {root} has characters in its name that cannot be shown")
    files = [(entry, c) for c, one in enumerate(folders) for entry in entries(one)]
    if len(files) * size > MEMORY:
        raise ValueError(f"{len(files)} {noun}s take more than {MEMORY >> 30} GiB; {smaller}")
    total, seen, x, t, left = hashlib.sha256(), dict[str, tuple[Path, int]](), list[Array](), list[int](), list[str]()
    for file, c in files:
        try:
            if not file.is_file():
                raise ValueError(f"{file} is no file; the {noun}s of a class lie in its folder, not below")
            raw = read_file(file, BYTES)
            sha256 = hashlib.sha256(raw).hexdigest()
            total.update(f"{file.parent.name}/{file.name} {sha256}\n".encode("utf-8", "surrogateescape"))
            if sha256 not in seen:
                x.append(read(raw, str(file)))
                t.append(c)
                seen[sha256] = file, c
        except (ValueError, Refusal) as error:
            left.append(str(error))
        else:
            twin, twin_class = seen[sha256]
            if twin_class != c:
                raise ValueError(f"{file} and {twin} are the same {noun} in two classes; leave it in one")
    told = list[str]()
    for one, count in zip(folders, np.bincount(np.array(t, int), minlength=len(folders)).tolist(), strict=True):
        if not count:
            raise ValueError(f"{one} holds no {noun} that can be read" + (f": {left[0]}" if left else ""))
        if count < RARE:
            told.append(f"{one} holds {count} different {noun}s: what is said of this class rests on next to nothing")
    if left:
        files_are = "1 file is" if len(left) == 1 else f"{len(left):,} files are"
        more = ", ..." if len(left) > NAMED else ""
        told.append(f"{root}: {files_are} left out: {', '.join(left[:NAMED])}{more}")
    for line in told:
        note(line)
    data.note(root, total.hexdigest())  # one sum for the whole folder, not one an example
    return Labelled(np.stack(x), np.array(t), tuple(one.name for one in folders), "\n".join(told))
