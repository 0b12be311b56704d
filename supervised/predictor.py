"""What answers after learning from a teacher: the network, and what an example and an answer look like. No data.

A task's `predictor(config, facts)` makes one, and `make` hands the same to the learner, which judges by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np

from core import Array, Layer, Rng, softmax
from core.lab.errors import Refusal
from core.lab.learner import Probabilities
from core.lab.signature import PHOTOS, Classes, Features, Inputs, Pixels, Signature
from core.lab.vision.examples import NONE, examples
from core.lab.vision.photos import See

Augment = Callable[[Rng, Array], Array]  # x (B, ...) -> x of the same shape, still showing the same things
SIZE = 32  # examples that go through the network at once, at least


class Answer(Protocol):
    """What becomes of the network's output. The exams on classes and on values are such."""

    def pool(self, ys: Array) -> Array:
        """One answer out of many, (K, N, O) -> (N, O): of the members of an ensemble, or of copies of one example."""

    def answer(self, y: Array) -> Array:
        """What is said of each example, y (N, O) -> (N, ...)."""

    def names(self, O: int) -> tuple[str, ...]:
        """The names of the classes that O outputs stand for; () where the answer is no class."""

    # Optional: outputs(O) -> Outputs        what O outputs mean in an export, where they are no classes


@dataclass(frozen=True)
class SupervisedPredictor:
    """Answers about examples x (N, *shape); of an ensemble, and of augmented copies, the pooled one. Always the same.

    A photo out of a file becomes an example as `see` says. `copies` augmented copies are judged beside each example.
    """

    net: Layer
    said: Answer
    shape: tuple[int, ...]  # of one example
    see: See | None = None
    augment: Augment | None = None
    copies: int = 0
    batch: int = SIZE  # that it learnt by: judging takes no more memory than learning
    picture: tuple[int, ...] = ()  # (H, W) or (H, W, 3) of an example that is pixels in [0, 1]

    def outputs(self, w: Array, x: Array, copies: int = 0) -> Array:
        """y (N, O) at x (N, ...): the pooled answer of all members, and of all augmented copies."""
        rng, parts, size = np.random.default_rng(0), [], max(self.batch, SIZE)
        for a in range(0, len(x), size):
            part = x[a : a + size]
            views = [part]
            if self.augment:
                views += [self.augment(rng, part) for _ in range(copies)]
            ys = [self.net(view, w)[0] for view in views]
            many = np.concatenate([y.reshape(-1, len(part), y.shape[-1]) for y in ys])  # K, N, O
            parts.append(many[0] if len(many) == 1 else self.said.pool(many))
        return np.concatenate(parts)

    def examples(self, x: Any) -> Array:
        """x as the network takes it, (N, *shape): examples, one alone, or a photo. ValueError for what is none."""
        if not len(found := examples(x, self.shape, self.see)):
            raise ValueError(NONE.format(self.shape))
        return found

    @property
    def inputs(self) -> Inputs:
        """What it takes when it is exported."""
        return Pixels(self.picture) if self.picture else Features(self.shape)

    def signature(self, w: Array) -> Signature:
        """What it computes, to be exported: one look at each example."""
        said, O = self.said, self.outputs(w, self.inputs.examples(self.inputs.sample(np.random.default_rng(0), 1)))
        if hasattr(said, "outputs"):
            means = said.outputs(O.shape[-1])
        elif names := said.names(O.shape[-1]):
            means = Classes(names)
        else:
            raise Refusal(f"what {type(said).__name__} makes of the outputs cannot be exported")
        notes = [PHOTOS] if self.see else []
        notes += [f"without the {self.copies} augmented copies that the run itself looks at"] if self.copies else []
        return Signature(self.inputs, self.net, w, means, partial(self.outputs, w), tuple(notes))

    def asked(self, w: Array, x: Any) -> Array:
        """y (N, O) at what `examples` takes."""
        return self.outputs(w, self.examples(x), self.copies)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes; () where the answer is a value."""
        x, w = np.zeros((1, *self.shape), np.float32), np.zeros(self.net.size, np.float32)
        return self.said.names(self.net(x, w)[0].shape[-1])

    def predict(self, w: Array, x: Any) -> Any:
        """What the network says of each example: its class, or its value in its unit."""
        return self.said.answer(self.asked(w, x))

    def probabilities(self, w: Array, x: Any) -> Probabilities | None:
        """softmax(y) of each example; None where the answer is a value."""
        y = self.asked(w, x)
        return Probabilities(names, softmax(y)) if (names := self.said.names(y.shape[-1])) else None
