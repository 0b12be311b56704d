"""What may happen to a picture before the network takes it for something else, and how far each layer's code moves.

A code that does not move when the picture is shifted is invariant to shifts. No layer is told to be; whatever
invariance there is was learnt from the data, or from data deformed on purpose.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core import Array, Layer, Rng
from supervised.interpret.blocks import codes, names
from supervised.interpret.plots import COLOURS, Shape, panels, pictures, sheet


class Distortion(NamedTuple):
    """A way to change pictures (N, H, W[, C]), at several strengths; at `nothing` they stay as they are."""

    name: str
    unit: str
    nothing: float
    strengths: tuple[float, ...]
    apply: Callable[[Array, float, Rng], Array]


def affine(images: Array, A: Array, shift: Sequence[float], ground: float | None) -> Array:
    """Target pixel u takes the value at A (u - c) + c + shift, c the centre, bilinear; beyond the border is `ground`.

    With ground None the border goes on, as is natural for photographs.
    """
    from scipy.ndimage import affine_transform

    c = (np.array(images.shape[1:3]) - 1) / 2
    full, offset = np.eye(images.ndim), np.zeros(images.ndim)
    full[1:3, 1:3], offset[1:3] = A, c - A @ c + shift
    options = {"mode": "nearest"} if ground is None else {"mode": "constant", "cval": ground}
    return np.asarray(affine_transform(images, full, offset, order=1, **options))


def distortions(shape: Shape, low: float, high: float) -> list[Distortion]:
    """The six of the report, for pictures of this shape with pixels between low and high.

    Shifts and turns go one way for every other picture, and the other way for the rest.
    """
    H, W = shape[:2]
    span, ground = high - low, low if len(shape) == 2 else None

    def both(images: Array, A: Callable[[float], Array], shift: Callable[[float], Sequence[float]]) -> Array:
        out = np.empty_like(images)
        for first, sign in ((0, 1.0), (1, -1.0)):
            out[first::2] = affine(images[first::2], A(sign), shift(sign), ground)
        return out

    def shifted(images: Array, s: float, rng: Rng) -> Array:
        return both(images, lambda sign: np.eye(2), lambda sign: (0, sign * s * W))

    def turned(images: Array, degrees: float, rng: Rng) -> Array:
        def turn(sign: float) -> Array:
            a = sign * math.radians(degrees)
            return np.array([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]])

        return both(images, turn, lambda sign: (0, 0))

    def scaled(images: Array, factor: float, rng: Rng) -> Array:
        return affine(images, np.eye(2) / factor, (0, 0), ground)

    def noisy(images: Array, s: float, rng: Rng) -> Array:
        return np.asarray(np.clip(images + s * span * rng.standard_normal(images.shape, np.float32), low, high))

    def lit(images: Array, s: float, rng: Rng) -> Array:
        return np.asarray(np.clip(images + s * span, low, high))

    def hidden(images: Array, s: float, rng: Rng) -> Array:
        out, side = images.copy(), round(s * min(H, W))
        rows, columns = rng.integers(0, H - side + 1, len(out)), rng.integers(0, W - side + 1, len(out))
        for image, r, c in zip(out, rows, columns, strict=True):
            image[r : r + side, c : c + side] = low
        return out

    return [
        Distortion("shift", "share of the width", 0, (0, 1 / 16, 1 / 8, 3 / 16, 1 / 4, 3 / 8), shifted),
        Distortion("rotation", "degrees", 0, (0, 10, 20, 30, 45, 60), turned),
        Distortion("scale", "factor", 1, (0.5, 0.65, 0.8, 1, 1.25, 1.5), scaled),
        Distortion("noise", "standard deviation / range", 0, (0, 0.1, 0.2, 0.3, 0.5, 0.8), noisy),
        Distortion("brightness", "added / range", 0, (-0.5, -0.25, 0, 0.25, 0.5, 0.75), lit),
        Distortion("occlusion", "side / picture's side", 0, (0, 1 / 8, 1 / 4, 3 / 8, 1 / 2, 5 / 8), hidden),
    ]


def code_distance(code: Array, moved: Array) -> float:
    """mean |moved - code| / mean |code of another example - code|: 0 the same place, 1 as far as another example."""
    here, there = code.reshape(len(code), -1), moved.reshape(len(code), -1)
    other = float(np.linalg.norm(here - np.roll(here, len(here) // 2, 0), axis=1).mean())
    return float(np.linalg.norm(there - here, axis=1).mean()) / other if other else 0.0


class Invariance(NamedTuple):
    """By distortion: accuracy at each strength, and the distance of each code at each strength."""

    accuracy: dict[str, list[float]]
    distance: dict[str, list[list[float]]]  # strengths, layers

    def mean(self) -> float:
        """Accuracy over all distortions at all strengths: one figure for how robust a network is."""
        return float(np.mean([value for values in self.accuracy.values() for value in values]))


def invariance(
    net: Layer, w: Array, x: Array, t: Array, shape: Shape, ways: Sequence[Distortion], rng: Rng
) -> Invariance:
    """What the distortions do to the network's answers and codes, on examples x (N, P) and t (N,).

    `rng` must be a generator of its own for each network, in the same state, for all to see the same pictures.
    """
    images, before = x.reshape(-1, *shape), codes(net, w, x)
    found = Invariance({way.name: [] for way in ways}, {way.name: [] for way in ways})
    for way in ways:
        for strength in way.strengths:
            after = codes(net, w, way.apply(images, strength, rng).reshape(len(x), -1).astype(w.dtype))
            found.accuracy[way.name].append(float((after[-1].argmax(-1) == t).mean()))
            found.distance[way.name].append([code_distance(a, b) for a, b in zip(before, after, strict=True)])
    return found


def draw_distorted(
    path: Path, x: Array, shape: Shape, ways: Sequence[Distortion], low: float, high: float, rng: Rng
) -> None:
    """One example x (P,) at all strengths of all distortions, so that one sees what the numbers mean."""
    tried = [(way, s) for way in ways for s in way.strengths]
    tiles = np.concatenate([way.apply(x.reshape(1, *shape), s, rng) for way, s in tried])
    titles, rows = [f"{s:.2g}" for _, s in tried], [way.name for way in ways]
    sheet(path, pictures(tiles, shape, low, high), titles, len(ways[0].strengths), rows)


def draw_accuracy(path: Path, found: Mapping[str, Invariance], ways: Sequence[Distortion], chance: float) -> None:
    """Accuracy against strength, a panel a distortion, a line a network."""
    with panels(path, len(ways), 3) as (figure, axes):
        for axis, way in zip(axes, ways, strict=True):
            for k, (name, one) in enumerate(found.items()):
                axis.plot(way.strengths, one.accuracy[way.name], marker=".", color=COLOURS[k], label=name)
            axis.axhline(chance, color="grey", linestyle=":", label="guessing")
            axis.axvline(way.nothing, color="grey", linewidth=0.5)
            axis.set(title=way.name, xlabel=way.unit, ylim=(0, 1.02))
        axes[0].set_ylabel("validation accuracy")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4, frameon=False)


def draw_distance(path: Path, found: Mapping[str, Invariance], ways: Sequence[Distortion]) -> None:
    """Code distance against strength: a colour a layer; of at most two networks the first solid, the second dashed."""
    from matplotlib.lines import Line2D

    with panels(path, len(ways), 3) as (figure, axes):
        layers = names(len(next(iter(found.values())).distance[ways[0].name][0]))
        colours = ["grey", *(COLOURS[k % len(COLOURS)] for k in range(len(layers) - 1))]
        styles = dict(zip(found, ("-", "--"), strict=False))
        for axis, way in zip(axes, ways, strict=True):
            for name, style in styles.items():
                for k, colour in enumerate(colours):
                    far = [at[k] for at in found[name].distance[way.name]]
                    axis.plot(way.strengths, far, style if k else "-", color=colour)  # the pixels are the same for both
            axis.set(title=way.name, xlabel=way.unit, ylim=(0, None))
        axes[0].set_ylabel("code distance")
        handles = [Line2D([], [], color=colour, label=layer) for colour, layer in zip(colours, layers, strict=True)]
        handles += [axes[0].plot([], [], style, color="k", label=name)[0] for name, style in styles.items()]
        figure.legend(handles=handles, loc="outside upper center", ncols=min(len(handles), 7), frameon=False)
