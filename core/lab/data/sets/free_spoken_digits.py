"""The Free Spoken Digit Dataset: an archive of the whole repository is served, and its recordings alone are kept."""

from pathlib import PurePosixPath
from typing import Any

import numpy as np

from core.lab.audio.wav import read_wav
from core.lab.data.sets import DataSet, File, Folder, formats
from core.lab.data.splits import Clips

UNPACKED = 21_128_848  # bytes of the 3,000 recordings


def spoken_recordings(raw: bytes) -> bytes:
    """Out of an archive of the whole repository, a zip of the recordings alone, packed the same way everywhere."""
    members = ((PurePosixPath(path), content) for path, content in formats.unzip(raw, 1 << 27).items())
    wavs = {f"recordings/{p.name}": content for p, content in members if p.match("recordings/*.wav")}
    return formats.zip_stored(wavs)


def read(folder: Folder) -> Clips:
    rows: list[tuple[Any, ...]] = []
    for name, content in folder.members("fsdd-recordings.zip").items():
        digit, speaker, number = name.removeprefix("recordings/").removesuffix(".wav").split("_")
        rows.append((int(digit), speaker, int(number), *read_wav(content)))
    rows.sort(key=lambda row: row[:3])
    digits, speakers, numbers, clips, rates = zip(*rows, strict=True)
    return Clips(list(clips), np.array(digits), np.array(speakers), np.array(numbers), rates[0])


STORED = File(
    "free-spoken-digits/fsdd-recordings-stored.zip",
    21_512_670,
    "9e70fdbb613fe2d8b39479901e06ffee5b09198a587a179b8994a63ef65d87d9",
    ("https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.zip",),
    UNPACKED,
    spoken_recordings,
    served=1 << 26,
)
FREE_SPOKEN_DIGITS = DataSet(
    "3,000 spoken digits of 6 speakers, 8 kHz",
    "CC BY-SA 4.0",
    'Zohar Jackson and contributors, "Free Spoken Digit Dataset", v1.0.10',
    read,
    (
        File(
            "free-spoken-digits/fsdd-recordings.zip",
            16_161_380,
            "846145865cb1941d2f0c6cd3970ac3f74869e784b9dcbe502d9a8d3680d16f78",
            unpacked=UNPACKED,
            instead=STORED,
        ),
    ),
)
