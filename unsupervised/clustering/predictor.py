"""Which cluster an example belongs to, when the clusters are found: a network, and how examples are read. No data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import Array, Layer, Parts, softmax
from core.lab.learner import Probabilities
from core.lab.vision.examples import examples
from core.lab.vision.photos import See
from unsupervised.autoencoder import encoded


@dataclass(frozen=True)
class ClusterPredictor:
    """softmax(y) are the memberships of examples x (N, *shape), y (N, K) = net(x, w).

    Where the clusters lie in the code of an auto-encoder, `parts` are encoder, decoder and clusters, and `net` holds
    the three: y = clusters(encoder(x)). `read` makes examples of the bytes of files with a suffix among `reads`; of a
    table it reads the `columns`.
    """

    net: Layer
    shape: tuple[int, ...]  # of one example
    parts: Parts | None = None
    see: See | None = None  # a photo as an example
    reads: tuple[str, ...] = ()
    read: Callable[[bytes], Array] | None = None
    columns: tuple[str, ...] = ()  # of a table that it reads

    @property
    def classes(self) -> tuple[str, ...]:
        """The K clusters, by their numbers."""
        x, w = np.zeros((1, *self.shape), np.float32), np.zeros(self.net.size, np.float32)
        return tuple(map(str, range(self.logits(w, x).shape[-1])))

    def examples(self, x: Any) -> Array:
        """x as the network takes it, (N, *shape). ValueError for what is none."""
        return examples(self.read(x) if isinstance(x, bytes) and self.read else x, self.shape, self.see)

    def logits(self, w: Array, x: Array) -> Array:
        """y (N, K) of examples x (N, ...)."""
        if self.parts is None:
            return self.net(x, w)[0]
        encoder, _, clusters = self.parts.net.parts
        return clusters(encoded(encoder, w[: encoder.size], x), w[self.net.size - clusters.size :])[0]

    def predict(self, w: Array, x: Any) -> Array:
        """The likeliest cluster of each example, or of one alone, of a photo, of the bytes of a file -> (N,)."""
        return self.logits(w, self.examples(x)).argmax(-1)

    def probabilities(self, w: Array, x: Any) -> Probabilities:
        """The memberships of each example: (N, K)."""
        y = self.logits(w, self.examples(x))
        return Probabilities(self.classes, softmax(y))


def on_code(parts: Parts, shape: tuple[int, ...], **reading: Any) -> ClusterPredictor:
    """One whose clusters, or classes, lie in the code of an auto-encoder: `parts` are encoder, decoder, and they."""
    return ClusterPredictor(parts.net, shape, parts, **reading)
