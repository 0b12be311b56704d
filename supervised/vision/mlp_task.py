"""Pictures told apart by fully connected layers: what the tasks on pictures of one size share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from core.lab.config import positive
from core.lab.data.splits import Splits
from core.lab.vision.augment import AffineElastic, erase, flat, flip, noise, warp
from core.lab.vision.photos import See, ink
from core.layers import Dropout, Layer, Rng
from core.network import MLP, Sequential
from core.optimizers import Adam, linear
from supervised.classifier import Classifier
from supervised.interpret.report import Budget
from supervised.interpret.representations import Rule
from supervised.interpret.wiring import studied
from supervised.learner import Augment, Supervised


@dataclass(frozen=True)
class Pictures:
    """The fields of a task; a task gives them its own defaults."""

    hidden: tuple[int, ...] = (1024, 1024)  # units in each hidden layer
    members: int = 1  # networks that learn side by side; the mean of what they say is the answer
    updates: int = 6000  # minibatches, in all
    batch: int = 256  # pictures in a minibatch
    lr: float = 0.002  # step size of Adam at its highest; falls to 0 in a straight line
    dropout: float = 0.0  # share of the units of each hidden layer that are left out, anew each time
    dropout_input: float = 0.0  # share of the pixels that are left out
    label_smoothing: float = 0.0  # share of each label that is given to all classes alike
    shift: float = 0.0  # standard deviation of the shifts, pixels; with 0 here and below no picture is deformed
    turn: float = 0.0  # of the turns, radians
    stretch: float = 0.0  # of the stretches along each axis
    shear: float = 0.0  # of the shears
    bend: float = 0.0  # of the bends, pixels
    smooth: float = 5.0  # how far a bend reaches, pixels
    mirror: float = 0.0  # share of the pictures that are mirrored, left to right
    erase: float = 0.0  # share of the pictures in which a rectangle is hidden
    noise: float = 0.0  # standard deviation of what is added to each pixel, whose values go from 0 to 1
    test_time_augmentations: int = 0  # altered copies that are judged beside each example, at the end and in use
    interpret: bool = False  # find out, layer by layer, what the network has learnt

    def __post_init__(self) -> None:
        positive(self, "members", "updates", "batch", "lr", "smooth")
        if not self.hidden or min(self.hidden) < 1:
            raise ValueError(f"hidden must name the units of one layer or more, all above 0, not {self.hidden}")
        if (
            min(self.shift, self.turn, self.stretch, self.shear, self.bend, self.noise, self.test_time_augmentations)
            < 0
        ):
            raise ValueError("shift, turn, stretch, shear, bend, noise and test_time_augmentations must not be below 0")
        for name in ("dropout", "dropout_input", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be from 0 to below 1, not {getattr(self, name)}")
        if not (0 <= self.mirror <= 1 and 0 <= self.erase <= 1):
            raise ValueError("mirror and erase are shares, from 0 to 1")


def alterations(config: Pictures, shape: tuple[int, int]) -> Augment | None:
    """How pictures of this shape are altered each time they are seen, if at all."""
    strength = AffineElastic(config.shift, config.turn, config.stretch, config.shear, config.bend)
    steps = [warp(shape, strength, config.smooth)] if strength != AffineElastic() else []
    if config.mirror:
        steps.append(flip(config.mirror))
    if config.erase:
        steps.append(erase(config.erase, most=0.25, value=0))
    if config.noise:
        steps.append(noise(config.noise))
    return flat(shape, *steps) if steps else None


def classifier(
    config: Pictures,
    splits: Splits,
    shape: tuple[int, int],
    classes: Sequence[str],
    rng: Rng,
    rules: Mapping[str, Rule] | None = None,
    see: See | None = None,
) -> Supervised:
    """A classifier of the pictures x (N, H W), `shape` (H, W); `rules` are what a person would program."""
    net = MLP(
        shape[0] * shape[1],
        *config.hidden,
        len(classes),
        dropout=config.dropout,
        members=None if config.members == 1 else config.members,
    )
    if config.dropout_input:
        net = Sequential(Dropout(config.dropout_input), net)

    def learn(splits: Splits, net: Layer, rng: Rng, updates: int, augmented: bool = True) -> Supervised:
        return Classifier(
            splits,
            net,
            Adam(config.lr),
            rng,
            updates=updates,
            batch=config.batch,
            schedule=linear,
            augment=alterations(config, shape) if augmented else None,
            looks=config.test_time_augmentations,
            smoothing=config.label_smoothing,
            classes=classes,
            shape=shape,
            see=see or partial(ink, side=shape[0]),
        )

    budget = Budget(updates=300, batch=config.batch)
    return studied(learn, splits, net, rng, config.updates, config.interpret, shape, classes, budget, rules)
