"""A person's own pictures: decoded within bounds, made square, and read from a folder with a folder per class.

    photo = decode(raw, "cat.jpg")       upright pixels (H, W, 3), whatever the file held
    square(photo, 32)                    (32, 32, 3) in [0, 1]: the middle of the picture, nothing stretched
    ink(photo, 28)                       (28, 28): a handwritten sign as MNIST holds it, whatever pen and paper were
    folder(data, "pets", 32)             all pictures of pets/cat/*, pets/dog/*, ... with their classes

Pillow decodes. Every error is a ValueError of one line that names the file.
"""

import hashlib
import io
import math
import struct
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import Array
from core.lab.data.class_folders import Labelled, read_classes
from core.lab.former import moved
from core.lab.kinds import kind_of

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")  # of the many that Pillow knows, those that people have
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm")
PIXELS = 1 << 26  # of one picture: 67 megapixels
LARGE = 1 << 23  # pixels above which one is made smaller
CHANNELS = {2: 3, 4: 2, 6: 4}  # values of a pixel in a PNG, by its kind of colours; else one
TILE = 322, 323  # the tags of a TIFF that say how wide and how long its tiles are
PARTS = 100_000  # chunks of a PNG, or blocks of a GIF before its first frame
ENOUGH = 512  # pixels: a large JPEG is decoded at a half, a quarter or an eighth of its size, but not below this
# what Pillow raises at broken bytes, found by flipping bits
BROKEN = (
    *(OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, AttributeError, ArithmeticError),
    *(RuntimeError, MemoryError, struct.error, zlib.error),
)


@dataclass(frozen=True, eq=False)
class Photo:
    """A picture out of a file. As an array it is grey, (H, W) in [0, 1], 1 is white."""

    pixels: Array  # (H, W, 3) uint8: red, green, blue

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        from PIL import Image

        return (np.asarray(Image.fromarray(self.pixels).convert("L"), np.float32) / 255).astype(dtype or np.float32)


def decode(raw: bytes, name: str) -> Photo:
    """The picture in the bytes of a file: upright as its EXIF says, on white where it is transparent, the first frame.

    16 bits a value become 8. The size is taken from the header and compared with `PIXELS` before memory is taken.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        _check_parts(raw)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd, but readable files
            with Image.open(io.BytesIO(raw), formats=FORMATS) as picture:
                W, H = picture.size
                if W * H > PIXELS:
                    raise ValueError(f"its {W} x {H} pixels are more than {PIXELS >> 20} megapixels")
                tags = getattr(picture, "tag_v2", {})
                if math.prod(int(tags.get(side, 1)) for side in TILE) > PIXELS:
                    raise ValueError(f"its tiles are of more than {PIXELS >> 20} megapixels")
                picture.draft(None, (ENOUGH, ENOUGH))
                ImageOps.exif_transpose(picture, in_place=True)
                return Photo(np.asarray(_smaller(_colours(picture))))
    except UnidentifiedImageError:
        known = f"; it is {kind_of(raw)}" if kind_of(raw) else ""
        raise ValueError(f"{name} is no picture that is read here: {', '.join(FORMATS)}{known}") from None
    except (*BROKEN, Image.DecompressionBombError) as error:
        raise ValueError(f"{name} cannot be read as a picture: {error or type(error).__name__}") from error


def _colours(picture: Any) -> Any:
    """Any mode of Pillow as red, green and blue, 8 bits each."""
    from PIL import Image

    if picture.mode.startswith("I"):  # 16 bits grey
        return Image.fromarray((np.clip(np.asarray(picture), 0, 65535) >> 8).astype(np.uint8)).convert("RGB")
    if picture.mode == "F":  # real numbers, up to 1, 255 or 65535
        x = np.nan_to_num(np.asarray(picture), nan=0.0, posinf=0.0, neginf=0.0)
        largest = next((most for most in (1, 255, 65535) if x.max(initial=0) <= most), float(x.max(initial=0)))
        return Image.fromarray(np.clip(x * (255 / largest), 0, 255).astype(np.uint8)).convert("RGB")
    if picture.mode.endswith(("A", "a")) or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _smaller(picture: Any) -> Any:
    """A picture above `LARGE` pixels at a half or a third of its size, each pixel the mean of what it covers."""
    W, H = picture.size
    return picture.reduce(math.ceil(math.sqrt(W * H / LARGE))) if W * H > LARGE else picture


def _check_parts(raw: bytes) -> None:
    """Raises ValueError for a PNG of very many bytes or chunks, and a GIF of very many blocks before its first frame.

    Pillow reads them one by one, whatever they hold, so that a small picture would take as long as the file is large.
    """
    at, count = 0, 0
    if raw.startswith(b"\x89PNG") and len(raw) > 25:
        W, H, depth, colours = struct.unpack_from(">IIBB", raw, 16)
        unpacked = W * H * depth * CHANNELS.get(colours, 1) // 8
        if W * H <= PIXELS and unpacked > 3 * PIXELS:  # of more pixels, their number says it better
            raise ValueError(f"its {W} x {H} pixels unpack to {unpacked >> 20:,} MiB, more than {3 * PIXELS >> 20}")
        at = 8
        while at + 8 <= len(raw) and (count := count + 1) <= PARTS:
            at += 12 + int.from_bytes(raw[at : at + 4], "big")
    elif raw.startswith(b"GIF8") and len(raw) > 13:
        at = 13 + (3 << (raw[10] & 7) + 1 if raw[10] & 0x80 else 0)  # behind the table of colours
        while raw[at : at + 1] == b"!" and count <= PARTS:
            at += 2
            while at < len(raw) and raw[at] and (count := count + 1) <= PARTS:
                at += 1 + raw[at]
            at, count = at + 1, count + 1
    if count > PARTS:
        raise ValueError(f"it has more than {PARTS:,} parts, which no picture has")


def square(photo: Photo, side: int, colour: bool = True) -> Array:
    """The square in the middle, resized: (side, side, 3) float32 in [0, 1], or grey (side, side).

    Cut and not padded: pictures are mostly of what is in their middle, and a border would be seen as part of it.
    """
    from PIL import Image, ImageOps

    picture = Image.fromarray(photo.pixels)
    return np.asarray(ImageOps.fit(picture if colour else picture.convert("L"), (side, side)), np.float32) / 255


def ink(photo: Photo, side: int, margin: int | None = None) -> Array:
    """A sign written on paper, as the data sets of digits hold it: (side, side) float32, ink near 1 on a ground of 0.

    The ground is the plane through the border, since light comes from a side; what differs from it by less than a
    quarter of the strongest ink is shadow. The box around the ink is scaled to fill all but `margin` pixels at each
    side (a seventh, if not given), and its centre of mass put into the middle (LeCun et al. 1998, for MNIST). A
    picture of the right size is taken as it is, only with light ink on a dark ground.
    """
    from PIL import Image

    x = np.asarray(photo)  # H, W
    H, W = x.shape
    border = np.ones((H, W), bool)
    border[1:-1, 1:-1] = False
    if x.shape == (side, side):
        return 1 - x if np.median(x[border]) > 0.5 else x
    at = np.argwhere(border)
    (down, right, ground), *_ = np.linalg.lstsq(np.column_stack([at, np.ones(len(at))]), x[border])
    x = np.abs(x - (down * np.arange(H)[:, None] + right * np.arange(W) + ground)).astype(np.float32)
    x = np.clip((x / max(x.max(), 0.01) - 0.25) / 0.5, 0, 1)
    rows, columns = np.flatnonzero(x.any(1)), np.flatnonzero(x.any(0))
    if not len(rows):
        raise ValueError("the picture shows nothing but its ground")
    x = x[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = (side - 2 * (side // 7 if margin is None else margin)) / max(x.shape)
    H, W = (max(1, round(n * scale)) for n in x.shape)
    x = np.asarray(Image.fromarray(x).resize((W, H), Image.Resampling.BOX))  # the mean over each pixel
    mass = x.sum()
    centre = (x.sum(1) @ np.arange(H) / mass, x.sum(0) @ np.arange(W) / mass)
    a, b = (min(max(round((side - 1) / 2 - float(c)), 0), side - n) for c, n in zip(centre, (H, W), strict=True))
    sign = np.zeros((side, side), np.float32)
    sign[a : a + H, b : b + W] = x
    return sign


def folder(data: Any, path: str | Path, side: int, colour: bool = True) -> Labelled:
    """The pictures in the folders of `path`, (N, S, S[, 3]) float32 in [0, 1]; as `read_classes` says."""

    def read(raw: bytes, name: str) -> Array:
        return square(decode(raw, name), side, colour)

    return read_classes(data, path, "picture", read, side * side * (3 if colour else 1) * 4, "lower --size")


def photographs(data: Any, side: int, colour: bool = True) -> Labelled:
    """The two photographs that come with scikit-learn, a temple and a flower, cut into pieces of side x side pixels.

    The class is the photograph a piece was cut from: pictures for a first try, without a folder of one's own.
    """
    from importlib.resources import files

    x, t, total = list[Array](), list[int](), hashlib.sha256()
    for c, name in enumerate(("china.jpg", "flower.jpg")):
        total.update(raw := (files("sklearn.datasets.images") / name).read_bytes())
        pixels = decode(raw, name).pixels
        rows, columns = pixels.shape[0] // side, pixels.shape[1] // side
        pieces = pixels[: rows * side, : columns * side].reshape(rows, side, columns, side, 3).swapaxes(1, 2)
        x += [square(Photo(piece), side, colour) for piece in pieces.reshape(-1, side, side, 3)]
        t += [c] * (rows * columns)
    data.sums["photographs"] = total.hexdigest()
    return Labelled(np.stack(x), np.array(t), ("temple", "flower"))


See = Callable[[Photo], Array]  # a picture out of a file -> an example as the network learnt from

__getattr__ = moved(__name__, {"split_classes": "core.lab.data.splits"})
