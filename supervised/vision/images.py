"""What the images of a task look like, whoever reads them: known without the data, so that a run answers without it."""

from collections.abc import Sequence
from typing import NamedTuple

from core.lab.vision.photos import See


class Images(NamedTuple):
    """Images x (N, H W [3]) in [0, 1] of so many classes."""

    shape: tuple[int, ...]  # H, W or H, W, 3
    classes: Sequence[str]  # their names
    see: See | None = None  # makes an example of a picture out of a file, if not in the usual way
