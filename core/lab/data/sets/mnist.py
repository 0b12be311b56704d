"""MNIST, and Fashion-MNIST, which is laid out like it: only the folder and the sums tell the files apart."""

import numpy as np

from core import Array
from core.lab import Splits
from core.lab.data.sets import GITHUB, DataSet, File, Folder, formats

NAMES = [f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]
UNPACKED = (47_040_016, 60_008, 7_840_016, 10_008)


def _files(folder: str, bases: tuple[str, ...], known: tuple[tuple[int, str], ...]) -> tuple[File, ...]:
    return tuple(
        File(f"{folder}/{name}", size, sha256, tuple(base + name for base in bases), unpacked)
        for name, (size, sha256), unpacked in zip(NAMES, known, UNPACKED, strict=True)
    )


def read(folder: Folder) -> Splits:
    """x (N, 784) float32 in [0, 1]; the last 5,000 of the 60,000 training images are the validation part."""

    def images(part: str) -> Array:
        x = formats.idx(folder.read(f"{part}-images-idx3-ubyte.gz"))
        return x.reshape(len(x), -1) / np.float32(255)

    def labels(part: str) -> Array:
        return formats.idx(folder.read(f"{part}-labels-idx1-ubyte.gz")).astype(np.int64)

    x, t = images("train"), labels("train")
    return Splits(x[:-5000], t[:-5000], x[-5000:], t[-5000:], images("t10k"), labels("t10k"))


MNIST = DataSet(
    "70,000 handwritten digits, 28x28 pixels",
    "CC BY-SA 3.0",
    'Y. LeCun, C. Cortes, C. Burges, "Gradient-based learning applied to document recognition", Proc. IEEE, 1998',
    read,
    _files(
        "mnist",
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            f"{GITHUB}/fgnt/mnist/master/",
            "http://yann.lecun.com/exdb/mnist/",
        ),
        (
            (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ),
    ),
)
FASHION_MNIST = DataSet(
    "70,000 pieces of clothing in 10 classes, 28x28 pixels",
    "MIT",
    "H. Xiao, K. Rasul, R. Vollgraf, arXiv:1708.07747; (c) 2017 Zalando SE, whose LICENSE goes with copies",
    read,
    _files(
        "fashion-mnist",
        (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            f"{GITHUB}/zalandoresearch/fashion-mnist/master/data/fashion/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        ),
        (
            (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ),
    ),
)
