"""Fashion-MNIST, 60,000 pictures of clothing, sorted into ten heaps without a label: all settings those of MNIST."""

from __future__ import annotations

from typing import Any

from core.layers import Rng
from unsupervised.tasks.mnist_clusters import METHODS
from unsupervised.tasks.mnist_clusters import PRESETS as PRESETS
from unsupervised.tasks.mnist_clusters import Config as Config

PARADIGM = "unsupervised"
PROBLEM = "fashion"


def make(config: Config, rng: Rng, data: Any) -> Any:
    return METHODS[config.method](data("fashion-mnist"), config, rng)
