"""Your own pictures, --dir FOLDER with a folder of pictures for each class; without it, pieces of two photographs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import Array, Rng
from core.lab import UserPath, check
from core.lab.data.splits import split_classes
from core.lab.vision.photos import folder, photographs
from supervised.learner import ReportPart, Supervised
from supervised.predictor import SupervisedPredictor
from supervised.vision import conv_task
from supervised.vision.conv_task import ConvNetConfig, classifier
from supervised.vision.convnet import LEAST
from supervised.vision.images import Images

PARADIGM = "supervised"
PROBLEM = "images"
FACTS = {"classes": [str]}
ABOUT = """
Your own pictures: name a folder with --dir that holds a folder of pictures for each class, and a convolutional
network learns to tell the classes apart. Without --dir it learns on pieces of two photographs, so that you can try
it at once. What accuracy is good depends on your pictures; the report sets it beside simpler methods.
"""


@dataclass(frozen=True)
class Config(ConvNetConfig):
    dir: UserPath = ""  # a folder that holds a folder for each class; empty: pieces of scikit-learn's two photographs
    size: int = 32  # pixels along each side, to which the pictures' middle is resized; from 8 to 256
    colour: bool = True  # red, green and blue; else grey
    updates: int = 2000  # minibatches, in all

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, span={"size": (LEAST, 256)})


PRESETS = {"quick": {"features": 8, "updates": 300}, "best": {"updates": 8000, "test_time_augmentations": 8}}


def predictor(config: Config, facts: Any) -> SupervisedPredictor:
    return conv_task.predictor(config, _images(config, facts))


def _images(config: Config, facts: Any) -> Images:
    return Images((config.size, config.size, *[3] * config.colour), facts["classes"])


def make(config: Config, rng: Rng, data: Any) -> Supervised:
    form = config.size, config.colour
    read = folder(data, config.dir, *form) if config.dir else photographs(data, *form)
    splits = split_classes(read.x.reshape(len(read.x), -1), read.t)
    facts = {"classes": list(read.classes)}
    learner = classifier(config, splits, _images(config, facts), rng)
    learner.facts = facts
    study = learner.study

    def with_told(w: Array, folder: Path | None) -> ReportPart:
        part = study(w, folder) if study else ReportPart()
        part.texts["How the folder was read"] = read.told
        return part

    if read.told:
        learner.study = with_told
    return learner
