"""Data sets by name, each in fixed parts: `data("digits")` gives arrays and remembers the SHA-256 of what was read.

Some sets come with the libraries; the others are files (see docs/data.md) in the data folder, fetched where they are
missing. How a set is divided is decided once, in its file, never drawn from a run's seed, so that runs can be compared.
"""

import hashlib
from contextlib import suppress
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from core.lab.data import download
from core.lab.data.dataset import DataSet
from core.lab.data.sets import scikit_learn
from core.lab.data.sets.cats_dogs import CATS_DOGS
from core.lab.data.sets.english_french import ENGLISH_FRENCH
from core.lab.data.sets.free_spoken_digits import FREE_SPOKEN_DIGITS
from core.lab.data.sets.mnist import FASHION_MNIST, MNIST
from core.lab.data.sets.names import NAMES
from core.lab.data.sets.python_reference import PYTHON_REFERENCE
from core.lab.data.sets.sentiment_sentences import SENTIMENT_SENTENCES
from core.lab.data.sets.tiny_shakespeare import TINY_SHAKESPEARE
from core.lab.data.sets.womens_clothing import WOMENS_CLOTHING
from core.lab.data.splits import split as split
from core.lab.errors import Refusal, nearest, refusing
from core.lab.files import read_file
from core.lab.paths import default_root, user_path
from core.lab.plugins import only, plugins

GROUP = "trivium.datasets"  # the entry points through which other packages add a set: NAME = "module:DATA_SET"
LARGEST = 1 << 30  # bytes of a person's own file

SETS = {
    "digits": scikit_learn.DIGITS,
    "iris": scikit_learn.IRIS,
    "wine": scikit_learn.WINE,
    "breast-cancer": scikit_learn.BREAST_CANCER,
    "diabetes": scikit_learn.DIABETES,
    "python-reference": PYTHON_REFERENCE,
    "mnist": MNIST,
    "fashion-mnist": FASHION_MNIST,
    "tiny-shakespeare": TINY_SHAKESPEARE,
    "names": NAMES,
    "free-spoken-digits": FREE_SPOKEN_DIGITS,
    "english-french": ENGLISH_FRENCH,
    "cifar10-cats-dogs": CATS_DOGS,
    "womens-clothing": WOMENS_CLOTHING,
    "sentiment-labelled-sentences": SENTIMENT_SENTENCES,
}
SHORT = {"reviews": "womens-clothing", "sentiment": "sentiment-labelled-sentences"}


class Data:
    """`data(name)` reads a data set; `data.sums` holds the SHA-256 of all that was read, by file or embedded set.

    `root` is the data folder: without it TRIVIUM_DATA, or the user's cache folder. Missing files are fetched.
    Raises Refusal for an unknown name, a file with a wrong sum, and one that is neither here nor to be had.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root, self.sums = root and user_path(root), dict[str, str]()

    def __call__(self, name: str) -> Any:
        name, known = lookup(name)
        return known.read(name, self.root or default_root(), self.sums)

    def file(self, path: str | Path, most: int = LARGEST) -> bytes:
        """The bytes of a person's own file, at most `most` of them; its SHA-256 is remembered by its name.

        So a run goes on with the very bytes it began with, wherever they lie then; of two files of one name the other
        is remembered by its path. Raises Refusal when there is no such file, or a larger one.
        """
        raw = read_file(path := user_path(path), most)
        self.note(path, hashlib.sha256(raw).hexdigest())
        return raw

    def note(self, path: Path, sha256: str) -> None:
        """Remembers the sum of a person's own file or folder."""
        name = path.absolute().name
        self.sums[name if self.sums.get(name, sha256) == sha256 else str(path)] = sha256


def table(root: Path | None = None) -> list[dict[str, Any]]:
    """A row for each data set: name, kind, bytes of its files, licence, where it was found, and what it is about."""
    root = root or default_root()
    rows = [_row(name, known, root) for name, known in SETS.items()]
    for name, points in _others().items():
        try:
            rows.append(_row(name, _loaded(name, points), root))
        except Refusal as refusal:  # of that set alone
            rows.append({**dict.fromkeys(rows[0], "?"), "name": name, "about": str(refusal)})
    return rows


def _row(name: str, known: DataSet, root: Path) -> dict[str, Any]:
    return {
        "name": name,
        "kind": "file" if known.files else "embedded",
        "bytes": sum(file.size for file in known.files),
        "licence": known.licence,
        "where": known.where(root),
        "about": known.about,
    }


def known() -> list[DataSet]:
    """All sets, but those of other packages that cannot be loaded."""
    found = [*SETS.values()]
    for name, points in _others().items():
        with suppress(Refusal):
            found.append(_loaded(name, points))
    return found


def fetch(name: str, root: Path | None = None) -> list[Path]:
    """Fetches what is missing of a data set, checks all of it, and returns the paths; none for an embedded set."""
    (_, known), root = lookup(name), root or default_root()
    forms = download.obtain(known.files, root)
    for form in forms:
        download.read(form, root)
    return [root / form.name for form in forms]


def lookup(name: str) -> tuple[str, DataSet]:
    """The full name and the set. Raises Refusal for a name that nobody has, or that two have."""
    full, others = name.removeprefix("reviews/").replace("_", "-"), _others()
    full = SHORT.get(full, full)
    if full in SETS:
        return full, SETS[full]
    if full not in others:
        raise Refusal(f"there is no data set {name!r}{nearest(full, [*SETS, *others])} (trivium data lists them)")
    return full, _loaded(full, others[full])


def whose(name: str, sha256: str) -> DataSet | None:
    """The set that a remembered sum is of, one of its files or all of an embedded one; None for a person's own."""
    for known in SETS.values():
        if any((form.name, form.sha256) == (name, sha256) for file in known.files for form in file.forms()):
            return known
    with suppress(Refusal):
        full, known = lookup(name)
        if not known.files:
            sums = dict[str, str]()
            known.read(full, default_root(), sums)
            return known if sums[full] == sha256 else None
    return None


def _others() -> dict[str, list[EntryPoint]]:
    """The sets of other packages, not yet loaded."""
    found: dict[str, list[EntryPoint]] = {}
    for name, points in plugins(GROUP).items():
        found.setdefault(name.replace("_", "-"), []).extend(points)
    return found


def _loaded(name: str, points: list[EntryPoint]) -> DataSet:
    """What an entry point names: this runs its package's code, as the task of a stranger does."""
    point = only("data set", name, points)
    if name in (*SETS, *SHORT):
        taken = "but the name is taken by Trivium: uninstall that package, or rename its set"
        raise Refusal(f"an installed package registers the data set {name!r} as {point.value}, {taken}")
    with refusing(f"the data set {name!r} ({point.value}) cannot be loaded", Exception):
        found = point.load()
    if not isinstance(found, DataSet):
        raise Refusal(f"the data set {name!r} ({point.value}) is no DataSet of core.lab.data.dataset")
    return found
