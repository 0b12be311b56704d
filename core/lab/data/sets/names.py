"""First names, as in Karpathy's lectures on makemore."""

import random

from core.lab.data.sets import GITHUB, DataSet, File, Folder, formats
from core.lab.data.splits import Names


def read(folder: Folder) -> Names:
    names = formats.lines(formats.text(folder.read("names.txt")))
    order = names.copy()
    random.Random(42).shuffle(order)
    a, b = len(names) * 8 // 10, len(names) * 9 // 10
    return Names(names, order[:a], order[a:b], order[b:])


NAMES = DataSet(
    "32,033 first names",
    "MIT",
    "US Social Security Administration, 2018; copyright (c) 2022 Andrej Karpathy (repository makemore, MIT)",
    read,
    (
        File(
            "names/names.txt",
            228_145,
            "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
            (f"{GITHUB}/karpathy/makemore/master/names.txt",),
        ),
    ),
)
