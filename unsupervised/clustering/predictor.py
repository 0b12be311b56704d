"""Which cluster an example belongs to, when the clusters are found: a network, and how examples are read. No data."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from core import Array, Layer, Parts, Sequential, softmax
from core.lab.data.encoder import Encoder
from core.lab.errors import Refusal
from core.lab.learner import Probabilities
from core.lab.signature import PHOTOS, Classes, Columns, Features, Inputs, Pixels, Signature
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
    encoder: Encoder | None = None  # of the rows of tables, where `read` has one
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

    def signature(self, w: Array) -> Signature:
        """The cluster of each example, to be exported."""
        net, v = self.net, w
        if self.parts is not None:
            encoder, _, clusters = self.parts.net.parts
            net, v = Sequential(encoder, clusters), np.append(w[: encoder.size], w[self.net.size - clusters.size :])
        inputs: Inputs = Features(self.shape)
        if self.encoder:
            inputs = Columns(self.encoder.columns)
        elif self.see:
            inputs = Pixels((math.isqrt(math.prod(self.shape)),) * 2)
        elif self.read:
            raise Refusal(f"what is made of {', '.join(self.reads)} before the network sees it cannot be exported")
        return Signature(inputs, net, v, Classes(self.classes), partial(self.logits, w), (PHOTOS,) if self.see else ())

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
