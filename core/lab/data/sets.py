"""The files that are known to the byte, by data set: sizes, sums and addresses. docs/data.md says whose they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from core.lab.data import formats as readers
from core.lab.data.download import File

GITHUB = "https://raw.githubusercontent.com"
SPOKEN_BYTES = 21_128_848  # of the 3,000 recordings


def _idx(folder: str, bases: tuple[str, ...], rows: tuple[tuple[str, int, str], ...]) -> tuple[File, ...]:
    """MNIST and its twin share file names and unpacked sizes; only the folder and the sums tell them apart."""
    unpacked = (47_040_016, 60_008, 7_840_016, 10_008)
    return tuple(
        File(f"{folder}/{name}", size, sha256, tuple(base + name for base in bases), inside)
        for (name, size, sha256), inside in zip(rows, unpacked, strict=True)
    )


def _member(name: str) -> Callable[[bytes], bytes]:
    """Picks a member out of a zip file, whatever folder it lies in there."""

    def take(raw: bytes) -> bytes:
        found = [content for path, content in readers.unzip(raw, 1 << 24).items() if PurePosixPath(path).name == name]
        if len(found) != 1:
            raise ValueError(f"the zip file that came holds {name} {len(found)} times")
        return found[0]

    return take


def spoken_recordings(raw: bytes) -> bytes:
    """Out of an archive of the whole repository, a zip of the recordings alone, packed the same way everywhere."""
    wavs = {
        f"recordings/{PurePosixPath(path).name}": content
        for path, content in readers.unzip(raw, 1 << 27).items()
        if PurePosixPath(path).match("recordings/*.wav")
    }
    return readers.zip_stored(wavs)


def _sentences(name: str, size: int, sha256: str) -> File:
    address = "https://archive.ics.uci.edu/static/public/331/sentiment+labelled+sentences.zip"
    return File(
        f"reviews/sentiment-labelled-sentences/{name}", size, sha256, (address,), take=_member(name), served=1 << 22
    )


FILES: dict[str, tuple[File, ...]] = {
    "mnist": _idx(
        "mnist",
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            f"{GITHUB}/fgnt/mnist/master/",
            "http://yann.lecun.com/exdb/mnist/",
        ),
        (
            (
                "train-images-idx3-ubyte.gz",
                9_912_422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            ),
            ("train-labels-idx1-ubyte.gz", 28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            (
                "t10k-images-idx3-ubyte.gz",
                1_648_877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            ),
            ("t10k-labels-idx1-ubyte.gz", 4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ),
    ),
    "fashion-mnist": _idx(
        "fashion-mnist",
        (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            f"{GITHUB}/zalandoresearch/fashion-mnist/master/data/fashion/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        ),
        (
            (
                "train-images-idx3-ubyte.gz",
                26_421_880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            ("train-labels-idx1-ubyte.gz", 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            (
                "t10k-images-idx3-ubyte.gz",
                4_422_102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            ("t10k-labels-idx1-ubyte.gz", 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ),
    ),
    "tiny-shakespeare": (
        File(
            "tiny-shakespeare/input.txt",
            1_115_394,
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            (f"{GITHUB}/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",),
        ),
    ),
    "names": (
        File(
            "names/names.txt",
            228_145,
            "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
            (f"{GITHUB}/karpathy/makemore/master/names.txt",),
        ),
    ),
    "free-spoken-digits": (
        File(
            "free-spoken-digits/fsdd-recordings.zip",
            16_161_380,
            "846145865cb1941d2f0c6cd3970ac3f74869e784b9dcbe502d9a8d3680d16f78",
            unpacked=SPOKEN_BYTES,
            instead=File(
                "free-spoken-digits/fsdd-recordings-stored.zip",
                21_512_670,
                "9e70fdbb613fe2d8b39479901e06ffee5b09198a587a179b8994a63ef65d87d9",
                ("https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.zip",),
                SPOKEN_BYTES,
                spoken_recordings,
                1 << 26,
            ),
        ),
    ),
    "english-french": (
        File(
            "english-french/fra-eng.zip",
            2_951_390,
            "16c4f7d0df9e7c5e6c54cdb0447f3f4a18a55052ff5e2e0b27dd4a06c0e49d04",
            (f"{GITHUB}/genimind/seq2seq/4f3f8eb0adde54fcc8b89394336b002e7961244c/fra-eng.zip",),
            10_010_956,
        ),
    ),
    "cifar10-cats-dogs": (
        File(
            "cifar10-cats-dogs/cifar10-cats-dogs.npz",
            34_582_411,
            "596d4c2d91ce1bbdca2cb0fd6f8f7eee1e9feb86d15713e40a8a1c913f6ea021",
            unpacked=38_460_920,
        ),
    ),
    "womens-clothing": (
        File(
            "reviews/womens-clothing/Womens Clothing E-Commerce Reviews.csv.gz",
            2_831_070,
            "471110b1fd241cb109a6cb1ec95760e84b071c5ce2df0f6f30876c0b941a1767",
            unpacked=8_483_448,
            instead=File(
                "reviews/womens-clothing/Womens Clothing E-Commerce Reviews.csv",
                8_483_448,
                "bd93cc515747ad1f87b8bc863c9e40da758509e6db6506a96d06976e61e36ee0",
                (
                    f"{GITHUB}/MichalSzopinski00/The-Best-Classifier/31a3d4bdcaf1499e4a8bfc74d4b935280a616d91/"
                    "Womens%20Clothing%20E-Commerce%20Reviews.csv",
                ),
            ),
        ),
    ),
    "sentiment-labelled-sentences": (
        _sentences(
            "amazon_cells_labelled.txt", 58_226, "47003fc0a0d4840b00e96e715b6189bad09e7443a3da41c4cbe12ffc79f86ae3"
        ),
        _sentences("imdb_labelled.txt", 85_285, "aef2e49e3da25714d61175e3a6e68eeef74a20a2f914318dc3be9947ea86512d"),
        _sentences("yelp_labelled.txt", 61_320, "c76468b7b5c6e56a0804d728345c5f84aa2142ddb214420f61cc9cfd4c00d2ea"),
    ),
}
