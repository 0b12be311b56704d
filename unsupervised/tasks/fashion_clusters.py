"""Fashion-MNIST, 60,000 pictures of clothing, sorted into ten heaps without a label: all settings those of MNIST."""

from __future__ import annotations

from typing import Any

from core.layers import Rng
from unsupervised.tasks.mnist_clusters import PRESETS as PRESETS
from unsupervised.tasks.mnist_clusters import Config as Config
from unsupervised.tasks.mnist_clusters import sort

PARADIGM = "unsupervised"
PROBLEM = "fashion"


def make(config: Config, rng: Rng, data: Any) -> Any:
    return sort(config, data("fashion-mnist"), rng)
