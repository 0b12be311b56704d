"""A person's own pictures: every kind decoded as it looks, bounds kept, bad files named, the same order everywhere."""

import hashlib
import io
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from core.lab.data import class_folders
from core.lab.data.registry import Data
from core.lab.data.splits import split_classes
from core.lab.vision import photos as pictures
from core.lab.vision.photos import FORMATS, Photo, decode, folder, ink, photographs, square

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (20, 30, 3), np.uint8)


def encoded(picture, kind="PNG", **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def noise(seed, size=(8, 8)):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8))


@pytest.fixture
def pets(tmp_path):
    """Two classes of five pictures."""
    for c, name in enumerate(["dog", "cat"]):
        (tmp_path / name).mkdir()
        for k in range(5):
            noise(10 * c + k).save(tmp_path / name / f"{k}.png")
    return tmp_path


# One picture.


@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP"])
def test_lossless_kinds_come_back_exactly(kind):
    raw = encoded(Image.fromarray(PIXELS), kind, **({"lossless": True} if kind == "WEBP" else {}))
    np.testing.assert_array_equal(decode(raw, "a").pixels, PIXELS)


def test_modes_become_red_green_and_blue():
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    colours = np.repeat(grey[..., None], 3, -1)
    for picture in (Image.fromarray(grey), Image.fromarray(grey.astype(np.uint16) * 257)):  # 8 bits and 16
        np.testing.assert_array_equal(decode(encoded(picture), "a").pixels, colours)
    black_and_white = Image.fromarray((grey > 127).astype(np.uint8) * 255).convert("1")
    np.testing.assert_array_equal(decode(encoded(black_and_white), "a").pixels, (colours > 127) * 255)
    palette = Image.fromarray(PIXELS).quantize(8)
    np.testing.assert_array_equal(decode(encoded(palette), "a").pixels, np.asarray(palette.convert("RGB")))


def test_what_is_transparent_is_white():
    clear = np.dstack([PIXELS, np.zeros(PIXELS.shape[:2], np.uint8)])
    clear[:, :5, 3] = 255
    pixels = decode(encoded(Image.fromarray(clear)), "a").pixels
    np.testing.assert_array_equal(pixels[:, :5], PIXELS[:, :5])
    assert (pixels[:, 5:] == 255).all()
    one_colour = Image.new("P", (4, 4), 1)
    one_colour.putpalette([0, 0, 0, 9, 9, 9])
    assert (decode(encoded(one_colour, transparency=1), "a").pixels == 255).all()
    assert (decode(encoded(one_colour), "a").pixels == 9).all()


def test_a_camera_held_sideways():
    upright = np.zeros((40, 60, 3), np.uint8)
    upright[:10] = 255  # bright above
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    raw = encoded(Image.fromarray(np.rot90(upright)), "JPEG", exif=exif)
    pixels = decode(raw, "a").pixels
    assert pixels.shape == upright.shape
    assert pixels[:8].min() > 200
    assert pixels[12:].max() < 50


def test_an_animation_is_its_first_frame():
    raw = encoded(
        Image.new("RGB", (4, 4), "red"), "GIF", save_all=True, append_images=[Image.new("RGB", (4, 4), "blue")]
    )
    assert decode(raw, "a").pixels[0, 0].tolist() == [255, 0, 0]


def test_a_large_jpeg_is_decoded_smaller():
    smooth = Image.linear_gradient("L").resize((3000, 2400))
    pixels = decode(encoded(smooth, "JPEG"), "a").pixels
    assert 512 <= min(pixels.shape[:2]) < 2400
    np.testing.assert_allclose(square(Photo(pixels), 16), square(decode(encoded(smooth), "b"), 16), atol=0.02)


def test_a_header_that_claims_too_much_takes_no_memory(monkeypatch):
    raw = bytearray(encoded(Image.fromarray(PIXELS)))
    raw[16:24] = struct.pack(">II", 10000, 10000)  # width and height in the header of a PNG
    raw[29:33] = struct.pack(">I", zlib.crc32(raw[12:29]))

    def never(*_):
        raise AssertionError("decoded")

    monkeypatch.setattr(Image.Image, "convert", never)
    with pytest.raises(ValueError, match=r"bomb\.png cannot be read as a picture.*10000 x 10000 pixels are more than"):
        decode(bytes(raw), "bomb.png")
    raw[16:24] = struct.pack(">II", 60000, 60000)
    raw[29:33] = struct.pack(">I", zlib.crc32(raw[12:29]))
    with pytest.raises(ValueError, match=r"bomb\.png cannot be read as a picture.*pixels"):
        decode(bytes(raw), "bomb.png")


GREYS = np.tile(np.arange(0, 256, 17, np.uint8), (4, 1))
KINDS = {
    "16 bits": (Image.fromarray(GREYS.astype(np.uint16) * 257), {}),
    "32 bits": (Image.fromarray(GREYS.astype(np.int32) * 257), {}),
    "reals to 1": (Image.fromarray((GREYS / 255).astype(np.float32)), {}),
    "reals to 255": (Image.fromarray(GREYS.astype(np.float32)), {}),
    "four inks": (Image.fromarray(GREYS).convert("RGB").convert("CMYK"), {}),
    "packed": (Image.fromarray(GREYS).convert("RGBA"), {"compression": "tiff_lzw"}),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_tiff_is_read_whatever_a_value_is(name):
    picture, options = KINDS[name]
    file = io.BytesIO()
    picture.save(file, "TIFF", **options)
    assert np.abs(decode(file.getvalue(), name).pixels.astype(int) - GREYS[..., None]).max() <= 1


def test_a_tiff_of_huge_tiles_takes_no_memory():
    tags = {256: 16, 257: 4, 258: 8, 259: 1, 262: 1, 277: 1, 322: 1 << 15, 323: 1 << 15, 324: 8, 325: 64}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    raw = struct.pack("<2sHI", b"II", 42, 72) + bytes(64) + struct.pack("<H", len(tags)) + entries + bytes(4)
    with pytest.raises(ValueError, match="its tiles are of more than 64 megapixels"):
        decode(raw, "a.tiff")


@pytest.mark.parametrize("kind", FORMATS)
def test_broken_files_are_named(kind):
    """Cut anywhere or with flipped bits: a picture, or one line that names the file."""
    raw, rng = encoded(noise(1, (24, 24)), kind), np.random.default_rng(2)
    cases = [raw[: len(raw) * k // 10] for k in range(10)]
    for _ in range(60):
        case = bytearray(raw)
        for at in rng.integers(0, len(raw), 3):
            case[at] ^= 1 << rng.integers(8)
        cases.append(bytes(case))
    said = []
    for case in cases:
        try:
            assert decode(case, "pet.png").pixels.dtype == np.uint8
        except ValueError as error:
            said.append(str(error))
    assert all(message.startswith("pet.png ") and "\n" not in message for message in said)
    assert len(said) >= (10 if kind in ("PNG", "JPEG") else 2)


def test_what_is_no_picture_is_refused():
    for raw in (b"", b"a text", b"%!PS-Adobe-3.0 EPSF-3.0\n", encoded(noise(1), "PCX")):
        with pytest.raises(ValueError, match=r"^notes\.txt is no picture that is read here: PNG, JPEG"):
            decode(raw, "notes.txt")


def test_a_picture_of_the_right_size_is_left_alone():
    np.testing.assert_array_equal(square(Photo(PIXELS[:, :20]), 20), PIXELS[:, :20] / np.float32(255))


def test_the_middle_is_taken_and_nothing_stretched():
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = PIXELS[:, :20]
    np.testing.assert_array_equal(square(Photo(wide), 20), PIXELS[:, :20] / np.float32(255))
    assert square(Photo(wide), 8, colour=False).shape == (8, 8)


def test_as_an_array_it_is_grey():
    grey = np.asarray(Photo(PIXELS))
    assert grey.dtype == np.float32
    np.testing.assert_allclose(grey, PIXELS @ np.array([0.299, 0.587, 0.114]) / 255, atol=0.005)


# A handwritten sign.


def written(size=200, stroke=20, ground=240, pen=30):
    """A 7 on paper, off the middle."""
    page = np.full((size, size + 60), ground, np.uint8)
    page[30 : 30 + stroke, 40:110] = pen
    page[30:150, 90 : 90 + stroke] = pen
    return page


def test_ink_is_as_in_the_data_sets_of_digits():
    x = ink(Photo(np.repeat(written()[..., None], 3, -1)), 28)
    assert x.shape == (28, 28)
    assert x.dtype == np.float32
    assert x.max() > 0.95
    rows, columns = np.flatnonzero(x.any(1)), np.flatnonzero(x.any(0))
    assert rows[-1] - rows[0] + 1 == 20  # the box of MNIST
    assert columns[0] >= 4
    centre = np.array([x.sum(1) @ np.arange(28), x.sum(0) @ np.arange(28)]) / x.sum()
    np.testing.assert_allclose(centre, 13.5, atol=0.6)


def test_ink_is_the_same_on_white_and_on_black_in_shade_and_enlarged():
    page = written()
    x = ink(Photo(np.repeat(page[..., None], 3, -1)), 28)
    shade = (page * np.linspace(1, 0.75, page.shape[1])).astype(np.uint8)
    for other in (255 - page, shade, page.repeat(2, 0).repeat(2, 1)):
        y = ink(Photo(np.repeat(other[..., None], 3, -1)), 28)
        boxes = [z[np.ix_(z.any(1), z.any(0))] for z in (x, y)]  # its place may round to the next pixel
        np.testing.assert_allclose(*boxes, atol=0.2)


def test_ink_of_the_right_size_is_only_turned_light():
    x = RNG.integers(0, 256, (28, 28), np.uint8)
    x[[0, -1]] = x[:, [0, -1]] = 0
    np.testing.assert_allclose(ink(Photo(np.repeat(x[..., None], 3, -1)), 28), x / 255, atol=1e-6)
    np.testing.assert_allclose(ink(Photo(np.repeat(255 - x[..., None], 3, -1)), 28), x / 255, atol=1e-6)


def test_a_blank_page_is_refused():
    with pytest.raises(ValueError, match="nothing but its ground"):
        ink(Photo(np.full((50, 60, 3), 200, np.uint8)), 28)


# A folder of pictures.


def test_a_folder_is_read_in_the_order_of_names(pets):
    for hidden in (".DS_Store", "Thumbs.db", "Desktop.ini", "._0.png"):
        (pets / "cat" / hidden).write_text("no picture")
    for hidden in (".git", "@eaDir", "__MACOSX", "cat/@eaDir"):
        (pets / hidden).mkdir()
    (pets / "readme.txt").write_text("lies beside the classes, not in one")
    data = Data()
    read = folder(data, pets, 8)
    assert read.classes == ("cat", "dog")
    assert read.t.tolist() == [0] * 5 + [1] * 5
    expected = [np.asarray(noise(seed), np.float32) / 255 for seed in (10, 11, 12, 13, 14, 0, 1, 2, 3, 4)]
    np.testing.assert_array_equal(read.x, expected)
    assert folder(data, pets, 16, colour=False).x.shape == (10, 16, 16)


def test_one_sum_says_whether_a_folder_has_changed(pets):
    sums = []
    for change in (None, None, "content", "name"):
        if change == "content":
            noise(99).save(pets / "cat" / "0.png")
        elif change == "name":
            (pets / "dog").rename(pets / "wolf")  # in the same place of the order
        data = Data()
        folder(data, pets, 8)
        assert list(data.sums) == [pets.name]
        sums.append(data.sums[pets.name])
    assert sums[0] == sums[1]
    assert len(set(sums)) == 3


def test_the_same_picture_counts_once_and_never_for_two(pets):
    raw = (pets / "cat" / "0.png").read_bytes()
    (pets / "cat" / "copy.png").write_bytes(raw)
    assert folder(Data(), pets, 8).t.tolist() == [0] * 5 + [1] * 5
    (pets / "dog" / "copy.png").write_bytes(raw)
    with pytest.raises(ValueError, match=r"copy\.png and .*0\.png are the same picture in two classes"):
        folder(Data(), pets, 8)


def spoil(root, how):
    cat = root / "cat"
    match how:
        case "missing":
            return root / "nowhere"
        case "a file":
            return cat / "0.png"
        case "one class":
            (root / "dog").rename(root / ".dog")
        case "empty":
            [(cat / f"{k}.png").unlink() for k in range(5)]
        case "none":
            [(cat / f"{k}.png").write_text(f"miaow {k}") for k in range(5)]
        case "name":
            cat.rename(root / "c\x1bat")
    return root


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("missing", "there is no folder"),
        ("a file", "there is no folder"),
        ("one class", "holds 1 folders; it needs two"),
        ("empty", "cat holds no picture that can be read$"),
        ("none", r"cat holds no picture that can be read: .*0\.png is no picture"),
        ("name", "characters in its name"),
    ],
)
def test_bad_folders_are_refused_in_one_line(pets, how, says):
    with pytest.raises(ValueError, match=says) as error:
        folder(Data(), spoil(pets, how), 8)
    assert "\n" not in str(error.value)


def test_what_cannot_be_read_is_left_out_and_told(pets, caplog):
    cat = pets / "cat"
    noise(50).save(cat / "more.png")
    (cat / "2.png").write_bytes((cat / "2.png").read_bytes()[:-40])
    (cat / "kittens").mkdir()
    (cat / "notes.txt").write_text("miaow")
    os.mkfifo(cat / "pipe.png")
    (pets / "dog" / "x.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(9))
    read = folder(Data(), pets, 8)
    assert read.t.tolist() == [0] * 5 + [1] * 5
    assert caplog.messages == [read.told]
    assert read.told.startswith(f"{pets}: 5 files are left out: {cat}/2.png cannot be read as a picture: ")
    assert f"{cat}/kittens is no file" in read.told
    with pytest.raises(ValueError, match="it is a HEIC picture"):
        decode((pets / "dog" / "x.heic").read_bytes(), "x")


def test_a_class_of_few_pictures_is_told(pets, caplog):
    [(pets / "cat" / f"{k}.png").write_text("miaow") for k in (0, 1)]
    read = folder(Data(), pets, 8)
    assert np.bincount(read.t).tolist() == [3, 5]
    assert (
        caplog.messages[0]
        == f"{pets}/cat holds 3 different pictures: what is said of this class rests on next to nothing"
    )
    assert caplog.messages[1].startswith(f"{pets}: 2 files are left out: {pets}/cat/0.png is no picture")
    assert read.told.splitlines() == caplog.messages


def chunk(name, content=b""):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def slow(how):
    """Bytes of a few kilobytes or megabytes that take seconds to be read, or to be refused."""
    small = encoded(noise(1))
    at = small.index(b"IDAT") - 4
    gif = encoded(Image.new("P", (4, 4)), "GIF")
    comment = gif.index(b",")
    size = struct.pack(">IIBBBBB", 8191, 8191, 16, 6, 0, 0, 0)
    return {
        "chunks": small[:at] + chunk(b"abCd") * 300_000 + small[at:],
        "chunks at the end": small[:-12] + chunk(b"abCd") * 300_000 + small[-12:],
        "blocks": gif[:comment] + b"!\xfe" + b"\1a" * 200_000 + b"\0" + gif[comment:],
        "extensions": gif[:comment] + b"!\xfe\1a\0" * 200_000 + gif[comment:],
        "unpacks": small[:8] + chunk(b"IHDR", size) + chunk(b"IDAT", b"") + chunk(b"IEND"),
    }[how]


@pytest.mark.parametrize("how", ["chunks", "chunks at the end", "blocks", "extensions", "unpacks"])
def test_what_would_take_long_is_refused_before_it_is_decoded(monkeypatch, how):
    raw = slow(how)
    monkeypatch.setattr(Image, "open", None)
    with pytest.raises(ValueError, match="more than"):
        decode(raw, "a")


def test_a_very_large_picture_is_made_smaller(monkeypatch):
    monkeypatch.setattr(pictures, "LARGE", 400 * 300)
    smooth = Image.linear_gradient("L").resize((500, 400)).convert("RGB")
    pixels = decode(encoded(smooth), "a").pixels
    assert pixels.shape == (200, 250, 3)
    np.testing.assert_allclose(square(Photo(pixels), 16), square(Photo(np.asarray(smooth)), 16), atol=0.02)


def test_of_very_many_frames_the_first_alone_is_read():
    one = encoded(Image.new("P", (4, 4)), "GIF")
    assert decode(one[:-1] + one[one.index(b",") : -1] * 200_000 + b";", "a").pixels.shape == (4, 4, 3)


def test_more_than_fits_into_memory_is_refused_before_reading(pets, monkeypatch):
    monkeypatch.setattr(class_folders, "MEMORY", 1000)
    with pytest.raises(ValueError, match="lower --size"):
        folder(None, pets, 8)


def test_pieces_of_the_photographs():
    data = Data()
    read = photographs(data, 32)
    assert read.x.shape == (2 * 13 * 20, 32, 32, 3)
    assert read.classes == ("temple", "flower")
    from sklearn.datasets import load_sample_image

    np.testing.assert_array_equal(read.x[21], load_sample_image("china.jpg")[32:64, 32:64] / np.float32(255))
    assert len(data.sums["photographs"]) == len(hashlib.sha256().hexdigest())


# The parts.


def test_every_class_is_in_every_part():
    t = np.array([0] * 4 + [1] * 30 + [2] * 100)
    x = np.arange(len(t))[:, None]
    splits = split_classes(x, t)
    again = split_classes(x, t)
    shares = [np.bincount(part, minlength=3).tolist() for part in splits[1::2]]
    assert shares == [[2, 21, 68], [1, 3, 12], [1, 6, 20]]
    assert sorted(np.concatenate(splits[0::2]).ravel()) == list(range(len(t)))
    for a, b in zip(splits, again, strict=True):
        np.testing.assert_array_equal(a, b)
    for part in (0, 2, 4):
        np.testing.assert_array_equal(splits[part + 1], t[splits[part].ravel()])
    assert (np.diff(splits.t_train) < 0).any()  # mixed, not class after class
