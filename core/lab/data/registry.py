"""Data sets by name, each in fixed parts: `data("digits")` gives arrays and remembers the SHA-256 of what was read.

Some sets come with the libraries; the others are files (see docs/data.md) in the data folder, fetched where they are
missing. How a set is divided is decided here once, never drawn from a run's seed, so that runs can be compared.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.initializers import Array
from core.lab.data import download as data_files
from core.lab.data import formats as readers
from core.lab.data.download import Folder
from core.lab.data.sets import FILES
from core.lab.data.splits import Clips, Names, Reviews, Sentences, Splits, Table, Text, divide, parts, split
from core.lab.errors import Refusal, nearest

__all__ = ["Clips", "Data", "Names", "Reviews", "Sentences", "Table", "Text", "fetch", "split", "table"]

LARGEST = 1 << 30  # bytes of a person's own file

# Embedded: what comes with the libraries.


def digits() -> Splits:
    """Handwritten digits 8x8 (Alpaydin and Kaynak 1998): x (N, 64) in [0, 1], 1200, 237 and 360 of them.

    The data does not say who wrote which digit, so every division mixes the 13 writers over its parts: the test
    part measures new digits, not new writers.
    """
    from sklearn.datasets import load_digits

    x, t = load_digits(return_X_y=True)
    return divide((x / 16).astype(np.float32), t.astype(np.int64), 1200, 237)


def _table(load: str, **options: Any) -> Callable[[], Table]:
    def table() -> Table:
        from sklearn import datasets

        source = getattr(datasets, load)(**options)
        classes = tuple(str(name) for name in source.get("target_names", ()))
        t = source.target.astype(np.int64 if classes else np.float32)
        return Table(source.data.astype(np.float32), t, tuple(source.feature_names), classes)

    return table


def python_reference() -> Text:
    """The Python language reference that comes with the interpreter: its topics in sorted order.

    Paragraphs that repeat are dropped (spaces apart): else a tenth of the held-out text stands in training. The
    length follows the version of Python, so no figure on this text is compared across versions.
    """
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise Refusal("this Python comes without its language reference (the module pydoc_data.topics)") from None
    paragraphs: dict[str, str] = {}
    for topic in sorted(topics):
        for paragraph in re.split(r"\n\s*\n", topics[topic].strip("\n")):
            paragraphs.setdefault(" ".join(paragraph.split()), paragraph)
    return parts("\n\n".join(paragraphs.values()))


# Files.


def _idx(folder: Folder) -> Splits:
    """x (N, 784) float32 in [0, 1]; the last 5,000 of the 60,000 training images are the validation part."""

    def images(part: str) -> Array:
        x = readers.idx(folder.read(f"{part}-images-idx3-ubyte.gz"))
        return x.reshape(len(x), -1) / np.float32(255)

    def labels(part: str) -> Array:
        return readers.idx(folder.read(f"{part}-labels-idx1-ubyte.gz")).astype(np.int64)

    x, t = images("train"), labels("train")
    return Splits(x[:-5000], t[:-5000], x[-5000:], t[-5000:], images("t10k"), labels("t10k"))


def _shakespeare(folder: Folder) -> Text:
    return parts(readers.text(folder.read("input.txt")))


def _names(folder: Folder) -> Names:
    names = readers.lines(readers.text(folder.read("names.txt")))
    order = names.copy()
    random.Random(42).shuffle(order)
    a, b = len(names) * 8 // 10, len(names) * 9 // 10
    return Names(names, order[:a], order[a:b], order[b:])


def _spoken(folder: Folder) -> Clips:
    rows: list[tuple[Any, ...]] = []
    for name, content in folder.members("fsdd-recordings.zip").items():
        digit, speaker, number = name.removeprefix("recordings/").removesuffix(".wav").split("_")
        rows.append((int(digit), speaker, int(number), *readers.wav(content)))
    rows.sort(key=lambda row: row[:3])
    digits, speakers, numbers, clips, rates = zip(*rows, strict=True)
    return Clips(list(clips), np.array(digits), np.array(speakers), np.array(numbers), rates[0])


def _pairs(folder: Folder) -> list[tuple[str, str]]:
    """(English, French), from short to long. English sides repeat: divide them by the English side, not by the line."""
    rows = readers.lines(readers.text(folder.members("fra-eng.zip")["fra.txt"]))
    return [(english, french) for english, french in (row.split("\t") for row in rows)]


def _cats_dogs(folder: Folder) -> Splits:
    """x (N, 32, 32, 3) float32 RGB in [0, 1], t 0 cat, 1 dog: 9,000, 1,000 and 2,000 (the official test part)."""
    arrays = folder.arrays("cifar10-cats-dogs.npz")
    x, t = arrays["x_train"] / np.float32(255), arrays["y_train"].astype(np.int64)
    test = arrays["x_test"] / np.float32(255), arrays["y_test"].astype(np.int64)
    return Splits(x[:-1000], t[:-1000], x[-1000:], t[-1000:], *test)


def _clothing(folder: Folder) -> Reviews:
    rows = readers.csv_rows(readers.text(folder.read("Womens Clothing E-Commerce Reviews.csv.gz")))
    return Reviews(
        [row["Title"] for row in rows],
        [row["Review Text"] for row in rows],
        np.array([int(row["Rating"]) for row in rows]),
        np.array([int(row["Recommended IND"]) for row in rows]),
    )


def _sentences(folder: Folder) -> Sentences:
    rows = [
        (*row.rsplit("\t", 1), source)
        for source, name in [("amazon", "amazon_cells"), ("imdb", "imdb"), ("yelp", "yelp")]
        for row in readers.lines(readers.text(folder.read(f"{name}_labelled.txt")))
    ]
    text, label, source = zip(*rows, strict=True)
    return Sentences([s.strip() for s in text], np.array([int(k) for k in label]), np.array(source))


@dataclass(frozen=True)
class Set:
    """A row of the registry: what `trivium data` shows, and how the set is made."""

    about: str
    licence: str
    make: Callable[..., Any]  # of the Folder where there are files, else of nothing


UCI = "CC BY 4.0"
SETS = {
    "digits": Set("1,797 handwritten digits, 8x8 pixels", UCI, digits),
    "iris": Set("150 flowers: 4 measures, 3 species", UCI, _table("load_iris")),
    "wine": Set("178 wines: 13 measures, 3 growers", UCI, _table("load_wine")),
    "breast-cancer": Set("569 tumours: 30 measures, malignant or benign", UCI, _table("load_breast_cancer")),
    "diabetes": Set(
        "442 patients: 10 measures, progression after a year", "none stated", _table("load_diabetes", scaled=False)
    ),
    "python-reference": Set("the Python language reference, about 370,000 characters", "PSF-2.0", python_reference),
    "mnist": Set("70,000 handwritten digits, 28x28 pixels", "CC BY-SA 3.0", _idx),
    "fashion-mnist": Set("70,000 pieces of clothing in 10 classes, 28x28 pixels", "MIT", _idx),
    "tiny-shakespeare": Set("1,115,394 characters out of Shakespeare's plays", "public domain", _shakespeare),
    "names": Set("32,033 first names", "MIT", _names),
    "free-spoken-digits": Set("3,000 spoken digits of 6 speakers, 8 kHz", "CC BY-SA 4.0", _spoken),
    "english-french": Set("142,787 English sentences with a French translation", "CC BY 2.0", _pairs),
    "cifar10-cats-dogs": Set("12,000 pictures of cats and dogs, 32x32 pixels in colour", "none stated", _cats_dogs),
    "womens-clothing": Set("23,486 product reviews with a rating", "CC0 1.0", _clothing),
    "sentiment-labelled-sentences": Set("3,000 review sentences, positive or negative", UCI, _sentences),
}
SHORT = {"reviews": "womens-clothing", "sentiment": "sentiment-labelled-sentences"}


class Data:
    """`data(name)` reads a data set; `data.sums` holds the SHA-256 of all that was read, by file or embedded set.

    `root` is the data folder: without it TRIVIUM_DATA, or the user's cache folder. Missing files are fetched.
    Raises Refusal for an unknown name, a file with a wrong sum, and one that is neither here nor to be had.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = root
        self.sums: dict[str, str] = {}

    def __call__(self, name: str) -> Any:
        name = _known(name)
        if name in FILES:
            return SETS[name].make(Folder(FILES[name], self.root or data_files.default_root(), self.sums))
        content = SETS[name].make()
        self.sums[name] = _sha256(content)
        return content

    def file(self, path: str | Path, most: int = LARGEST) -> bytes:
        """The bytes of a person's own file, at most `most` of them; its SHA-256 is remembered by its path.

        So a run goes on with the very bytes it began with. Raises Refusal when there is no such file, or a larger one.
        """
        path = Path(path).expanduser()
        try:
            with open(path, "rb") as handle:
                raw = handle.read(most + 1)
        except (OSError, ValueError) as error:  # the latter for a name with a null byte
            raise Refusal(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
        if len(raw) > most:
            raise Refusal(f"{path} is larger than {most >> 20} MiB")
        self.sums[str(path)] = hashlib.sha256(raw).hexdigest()
        return raw


def table(root: Path | None = None) -> list[dict[str, Any]]:
    """A row for each data set: name, kind, bytes of its files, licence, where it was found, and what it is about.

    Looks for the files by name and size alone; their sums are checked when they are read.
    """
    root = root or data_files.default_root()
    return [
        {
            "name": name,
            "kind": "file" if name in FILES else "embedded",
            "bytes": sum(file.size for file in FILES.get(name, ())),
            "licence": known.licence,
            "where": _where(name, root),
            "about": known.about,
        }
        for name, known in SETS.items()
    ]


def _where(name: str, root: Path) -> str:
    if name not in FILES:
        return "with Python" if name == "python-reference" else "with scikit-learn"
    forms = [data_files.find(file, root) for file in FILES[name]]
    whole = all(form and (root / form.name).stat().st_size == form.size for form in forms)
    return str((root / FILES[name][0].name).parent) if whole else "not here"


def fetch(name: str, root: Path | None = None) -> list[Path]:
    """Fetches what is missing of a data set, checks all of it, and returns the paths; none for an embedded set."""
    name, root = _known(name), root or data_files.default_root()
    forms = data_files.obtain(FILES.get(name, ()), root)
    for form in forms:
        data_files.read(form, root)
    return [root / form.name for form in forms]


def _known(name: str) -> str:
    short = name.removeprefix("reviews/").replace("_", "-")
    short = SHORT.get(short, short)
    if short not in SETS:
        raise Refusal(f"there is no data set {name!r}{nearest(short, SETS)}")
    return short


def _sha256(content: tuple[Any, ...]) -> str:
    """The SHA-256 of the bytes of all arrays and texts in it, in their order."""
    total = hashlib.sha256()
    for part in content:
        total.update(np.ascontiguousarray(part).tobytes() if isinstance(part, np.ndarray) else str(part).encode())
    return str(total.hexdigest())
