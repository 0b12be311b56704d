"""The data sets as they are: their sizes, means, first examples, and what the nearest mean makes of them.

The real files are looked for under TRIVIUM_DATA, then in ../shared/data; without them those tests are skipped.
"""

from __future__ import annotations

import functools
import gzip
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_set import ROOT, sha256

from core.lab.data import download as data_files, formats as readers, registry as datasets
from core.lab.data.registry import Data, fetch, table
from core.lab.data.sets.free_spoken_digits import spoken_recordings

# The real files.


@functools.cache
def real(name: str) -> Any:
    if not all(data_files.find(file, ROOT) for file in datasets.SETS[name].files):
        pytest.skip(f"the files of {name} are not in {ROOT}")
    return Data(ROOT)(name)


def nearest_mean_accuracy(sets: Any) -> float:
    """Of the class of the nearest mean, over all the training images, validation part included."""
    x, t = np.concatenate([sets.x_train, sets.x_val]), np.concatenate([sets.t_train, sets.t_val])
    means = np.stack([x[t == c].mean(0, dtype=np.float64) for c in range(10)])  # C, I
    distance = (means * means).sum(1) - 2 * sets.x_test @ means.T  # N, C
    return float((distance.argmin(1) == sets.t_test).mean())


@pytest.mark.parametrize(
    ("name", "accuracy", "means", "first"),
    [
        ("mnist", 0.8203, (33.3184, 33.7912), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]),
        ("fashion-mnist", 0.6768, (72.9404, 73.1466), [6000] * 10),
    ],
)
def test_idx_images(name: str, accuracy: float, means: tuple[float, float], first: list[int]):
    sets = real(name)
    assert [part.shape for part in sets] == [(55_000, 784), (55_000,), (5000, 784), (5000,), (10_000, 784), (10_000,)]
    assert sets.x_train.dtype == np.float32
    assert sets.t_train.dtype == np.int64
    assert sets.x_train.min() == 0
    assert sets.x_train.max() == 1
    assert (np.bincount(sets.t_train) + np.bincount(sets.t_val)).tolist() == first
    whole = (55 * sets.x_train.mean(dtype=np.float64) + 5 * sets.x_val.mean(dtype=np.float64)) / 60
    assert 255 * whole == pytest.approx(means[0], abs=1e-4)
    assert 255 * sets.x_test.mean(dtype=np.float64) == pytest.approx(means[1], abs=1e-4)
    assert nearest_mean_accuracy(sets) == pytest.approx(accuracy, abs=1e-9)


def test_tiny_shakespeare():
    text = real("tiny-shakespeare")
    assert len(text.train + text.val) == 1_003_854
    assert len(text.test) == 111_540
    assert len(text.val) == math.ceil(1_003_854 / 20)
    assert text.train.startswith("First Citizen:")
    assert len(set("".join(text))) == 65


def test_names():
    names = real("names")
    assert len(names.all) == 32_033
    assert len(set(names.all)) == 29_494
    assert names.all[:2] == ["emma", "olivia"]
    assert {len(name) for name in names.all} == set(range(2, 16))
    assert set("".join(names.all)) == set("abcdefghijklmnopqrstuvwxyz")
    assert Counter(names.train + names.val + names.test) == Counter(names.all)
    # the numbers of examples that the lectures on makemore print for these three parts
    assert [sum(len(name) + 1 for name in part) for part in names[1:]] == [182_625, 22_655, 22_866]
    pairs = Counter(pair for name in names.all for pair in zip("." + name, name + ".", strict=True))
    firsts = Counter(first for first, _ in pairs.elements())
    nats = -sum(n * math.log(n / firsts[first]) for (first, _), n in pairs.items()) / pairs.total()
    assert nats == pytest.approx(2.4540, abs=5e-5)


def test_free_spoken_digits():
    spoken = real("free-spoken-digits")
    assert len(spoken.clips) == 3000
    assert (spoken.repetition < 5).sum() == 300
    assert (spoken.repetition >= 5).sum() == 2700
    assert np.bincount(spoken.digit).tolist() == [300] * 10
    assert Counter(spoken.speaker.tolist()) == dict.fromkeys(
        ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"], 500
    )
    order = list(zip(spoken.digit.tolist(), spoken.speaker.tolist(), spoken.repetition.tolist(), strict=True))
    assert order == sorted(set(order))
    seconds = np.array([len(clip) for clip in spoken.clips]) / spoken.rate
    assert spoken.rate == 8000
    np.testing.assert_allclose([seconds.min(), seconds.max()], [0.1435, 2.2828], atol=5e-5)
    np.testing.assert_allclose([seconds.mean(), np.median(seconds)], [0.437, 0.420], atol=5e-4)
    assert seconds.sum() / 60 == pytest.approx(21.9, abs=0.05)
    assert {clip.dtype for clip in spoken.clips} == {np.dtype(np.float32)}
    assert 0.1 < max(np.abs(clip).max() for clip in spoken.clips) <= 1


def test_spoken_digits_out_of_the_whole_repository_are_the_known_file():
    (file,) = datasets.SETS["free-spoken-digits"].files
    real("free-spoken-digits")
    wavs = readers.unzip(data_files.read(file, ROOT), file.unpacked)
    archive = {f"free-spoken-digit-dataset-1.0.10/{name}": content for name, content in wavs.items()}
    archive["free-spoken-digit-dataset-1.0.10/utils/recordings.py"] = b"code"
    raw = spoken_recordings(readers.zip_stored(archive))
    assert file.instead
    assert (len(raw), sha256(raw)) == (file.instead.size, file.instead.sha256)


def test_english_french():
    pairs = real("english-french")
    assert len(pairs) == 142_787
    assert pairs[0] == ("Go.", "Va !")
    assert len({english for english, _ in pairs}) == 98_659
    assert all(english and french for english, french in pairs)


def test_cats_and_dogs():
    sets = real("cifar10-cats-dogs")
    assert [len(part) for part in sets[::2]] == [9000, 1000, 2000]

    def sums(*parts: np.ndarray) -> str:
        return sha256(np.concatenate(parts).round().astype(np.uint8).tobytes())

    assert sums(255 * sets.x_train, 255 * sets.x_val).startswith("445d5a53526f7e00")
    assert sums(255 * sets.x_test).startswith("511b85806975799a")
    assert sums(sets.t_train, sets.t_val).startswith("eb1098aa42b6653b")
    assert sums(sets.t_test).startswith("59667fb01d5886d5")
    assert sets.x_test.shape == (2000, 32, 32, 3)
    assert sets.x_test.dtype == np.float32


def test_clothing_reviews(tmp_path: Path):
    reviews = real("womens-clothing")
    assert len(reviews.text) == len(reviews.title) == 23_486
    assert np.bincount(reviews.rating).tolist() == [0, 842, 1565, 2871, 5077, 13_131]
    assert np.bincount(reviews.recommended).tolist() == [4172, 19_314]
    written = [text for text in reviews.text if text]
    assert len(written) == 22_641
    assert sum(map(len, written)) == pytest.approx(6.99e6, abs=5e3)
    assert any("\n" in text for text in written)

    # the same reviews as a plain csv, which is how their address serves them
    (file,) = datasets.SETS["womens-clothing"].files
    assert file.instead
    plain = tmp_path / file.instead.name
    plain.parent.mkdir(parents=True)
    plain.write_bytes(gzip.decompress((ROOT / file.name).read_bytes()))
    data = Data(tmp_path)
    assert data("reviews/womens-clothing").text == reviews.text
    assert data.sums == {file.instead.name: file.instead.sha256}
    assert {row["name"] for row in table(tmp_path) if row["where"] == str(plain.parent)} == {"womens-clothing"}


def test_sentiment():
    sentences = real("sentiment-labelled-sentences")
    assert Counter(zip(sentences.source.tolist(), sentences.label.tolist(), strict=True)) == {
        (source, label): 500 for source in ("amazon", "imdb", "yelp") for label in (0, 1)
    }
    assert len(sentences.text) == 3000
    assert any("\x85" in text for text in sentences.text)
    assert not any("\t" in text or "\n" in text for text in sentences.text)


@pytest.mark.parametrize("name", ["names", "english-french", "womens-clothing", "sentiment-labelled-sentences"])
def test_the_sums_of_what_was_read_are_recorded(name: str):
    real(name)
    data = Data(ROOT)
    data(name)
    assert data.sums == {path.relative_to(ROOT).as_posix(): sha256(path.read_bytes()) for path in fetch(name, ROOT)}


# Embedded sets.


def test_digits_are_divided_once_and_for_all():
    from sklearn.datasets import load_digits

    data = Data()
    sets = data("digits")
    assert [part.shape for part in sets] == [(1200, 64), (1200,), (237, 64), (237,), (360, 64), (360,)]
    x, t = load_digits(return_X_y=True)
    rows = np.concatenate([np.column_stack([16 * a, b]) for a, b in (sets[:2], sets[2:4], sets[4:])])
    np.testing.assert_array_equal(np.unique(rows, axis=0), np.unique(np.column_stack([x, t]), axis=0))
    assert len(np.unique(rows, axis=0)) == 1797
    assert sets.x_train.dtype == np.float32
    assert (sets.x_train.min(), sets.x_train.max()) == (0, 1)
    assert sets.t_test[:12].tolist() == [7, 9, 4, 7, 0, 2, 6, 1, 3, 1, 3, 7]
    assert data.sums == {"digits": "702bc3cb088ab242d3e6c7c20e247a27f1d8e723f429d0019c43e5a4d94a94ea"}
    again = Data()
    again("digits")
    assert again.sums == data.sums


@pytest.mark.parametrize(
    ("name", "shape", "classes"),
    [("iris", (150, 4), 3), ("wine", (178, 13), 3), ("breast-cancer", (569, 30), 2), ("diabetes", (442, 10), 0)],
)
def test_tables(name: str, shape: tuple[int, int], classes: int):
    data = Data()
    content = data(name)
    assert content.x.shape == shape
    assert content.x.dtype == np.float32
    assert content.t.dtype == (np.int64 if classes else np.float32)
    assert len(content.features) == shape[1]
    assert len(content.classes) == classes == (len(set(content.t.tolist())) if classes else 0)
    assert list(data.sums) == [name]


def test_tables_are_raw():
    assert Data()("iris").x[0].tolist() == pytest.approx([5.1, 3.5, 1.4, 0.2])
    assert Data()("iris").classes == ("setosa", "versicolor", "virginica")
    assert Data()("diabetes").x[0, :2].tolist() == [59, 2]  # age and sex, neither centred nor scaled
    assert Data()("breast_cancer").features[0] == "mean radius"


def test_the_python_reference_holds_out_what_it_does_not_train_on():
    text = Data()("python-reference")
    whole = "".join(text)
    assert len(whole) > 300_000
    assert len(text.test) == math.ceil(len(whole) / 10)
    assert len(text.val) == math.ceil((len(whole) - len(text.test)) / 20)

    def paragraphs(part: str) -> list[str]:
        return [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", part)]

    assert max(Counter(paragraphs(whole)).values()) == 1
    held_out = paragraphs(text.test)[1:]  # the first may be cut
    assert len(held_out) > 100
    assert not set(held_out) & set(paragraphs(text.train + text.val))
