"""Sentiment labelled sentences, out of reviews of products, films and restaurants: three texts in one zip file."""

from functools import partial
from pathlib import PurePosixPath

import numpy as np

from core.lab.data.sets import DataSet, File, Folder, formats
from core.lab.data.splits import Sentences


def _member(name: str, raw: bytes) -> bytes:
    """A member of a zip file, whatever folder it lies in there."""
    found = [content for path, content in formats.unzip(raw, 1 << 24).items() if PurePosixPath(path).name == name]
    if len(found) != 1:
        raise ValueError(f"the zip file that came holds {name} {len(found)} times")
    return found[0]


def _file(name: str, size: int, sha256: str) -> File:
    addresses = ("https://archive.ics.uci.edu/static/public/331/sentiment+labelled+sentences.zip",)
    path = f"reviews/sentiment-labelled-sentences/{name}"
    return File(path, size, sha256, addresses, take=partial(_member, name), served=1 << 22)


def read(folder: Folder) -> Sentences:
    rows = [
        (*row.rsplit("\t", 1), source)
        for source, name in [("amazon", "amazon_cells"), ("imdb", "imdb"), ("yelp", "yelp")]
        for row in formats.lines(formats.text(folder.read(f"{name}_labelled.txt")))
    ]
    text, label, source = zip(*rows, strict=True)
    return Sentences([s.strip() for s in text], np.array([int(k) for k in label]), np.array(source))


SENTIMENT_SENTENCES = DataSet(
    "3,000 review sentences, positive or negative",
    "CC BY 4.0",
    'D. Kotzias, M. Denil, N. de Freitas, P. Smyth, "From Group to Individual Labels using Deep Features", KDD 2015, '
    "https://doi.org/10.24432/C57604",
    read,
    (
        _file("amazon_cells_labelled.txt", 58_226, "47003fc0a0d4840b00e96e715b6189bad09e7443a3da41c4cbe12ffc79f86ae3"),
        _file("imdb_labelled.txt", 85_285, "aef2e49e3da25714d61175e3a6e68eeef74a20a2f914318dc3be9947ea86512d"),
        _file("yelp_labelled.txt", 61_320, "c76468b7b5c6e56a0804d728345c5f84aa2142ddb214420f61cc9cfd4c00d2ea"),
    ),
)
