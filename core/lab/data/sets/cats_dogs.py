"""The cats and dogs of CIFAR-10. No address serves them alone: the page of the data sets says how the file is made."""

import numpy as np

from core.lab import Splits
from core.lab.data.sets import DataSet, File, Folder


def read(folder: Folder) -> Splits:
    """x (N, 32, 32, 3) float32 RGB in [0, 1], t 0 cat, 1 dog: 9,000, 1,000 and 2,000 (the official test part)."""
    arrays = folder.arrays("cifar10-cats-dogs.npz")
    x, t = arrays["x_train"] / np.float32(255), arrays["y_train"].astype(np.int64)
    test = arrays["x_test"] / np.float32(255), arrays["y_test"].astype(np.int64)
    return Splits(x[:-1000], t[:-1000], x[-1000:], t[-1000:], *test)


CATS_DOGS = DataSet(
    "12,000 pictures of cats and dogs, 32x32 pixels in colour",
    "none stated",
    'A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009',
    read,
    (
        File(
            "cifar10-cats-dogs/cifar10-cats-dogs.npz",
            34_582_411,
            "596d4c2d91ce1bbdca2cb0fd6f8f7eee1e9feb86d15713e40a8a1c913f6ea021",
            unpacked=38_460_920,
        ),
    ),
)
