"""Pictures of a model of pictures: what it makes, what it gives back, and the way from one picture to another."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from core import Array
from core.lab import Report
from core.lab.report.gif import write_gif
from core.lab.report.plots import image_sheet, mosaic, squares
from unsupervised.generative.vae import VAE, Model

STOPS, FRAMES = 6, 12  # test pictures on a way, and steps between two of them
SIDE = 15  # pictures along a side of the map


def draw(
    report: Report,
    learner: VAE,
    w: Array,
    made: Array,
    nearest: Callable[[Array, Array], tuple[Array, Array]],
    folder: Path,
) -> None:
    """All pictures into `folder`, with their captions into the report; `made` (100, I) are what it makes."""
    splits, model = learner.splits, learner.model
    image_sheet(folder / "samples.png", made)
    own, (at, _) = made[:40], nearest(made[:40], splits.x_train)
    pairs = np.stack([own, splits.x_train[at]], 1).reshape(-1, own.shape[1])
    image_sheet(folder / "neighbours.png", pairs, ["made", "nearest"] * len(own))
    x, back = splits.x_test[:40], learner.predict(w, splits.x_test[:40])
    rows = [part[a : a + 10] for a in range(0, len(x), 10) for part in (x, back)]
    image_sheet(folder / "reconstructions.png", np.concatenate(rows))
    interpolation_gif(folder / "interpolation.gif", model, w, splits.x_test, splits.t_test)
    report.pictures |= {
        "samples.png": "Pictures of codes drawn from the prior: how likely each pixel is black",
        "neighbours.png": "Made pictures, each with the nearest training picture to its right",
        "reconstructions.png": "Test pictures, and below each what comes back by way of its code",
        "interpolation.gif": "Straight ways through the codes, from one test picture to another",
    }
    if model.Z == 2:
        code_map(folder / "map.png", model, w, splits.x_train)
        report.pictures["map.png"] = "The plane of codes: a picture at each place, as far as codes of training reach"


def interpolation_gif(path: Path, model: Model, w: Array, x: Array, t: Array) -> None:
    """Nine ways at once, each through codes of pictures of different classes, and round again."""
    rng, ways = np.random.default_rng(0), []
    for _ in range(9):
        classes = rng.permutation(np.unique(t))[:STOPS]
        stops = model.encode(w, x[[rng.choice(np.flatnonzero(t == c)) for c in classes]])[0]  # S, Z
        share = 0.5 - 0.5 * np.cos(np.pi * (np.arange(FRAMES)[:, None, None] / FRAMES))  # slow at pictures
        way = stops + share * (np.roll(stops, -1, 0) - stops)  # F, S, Z
        ways.append(way.swapaxes(0, 1).reshape(-1, model.Z))  # S F, Z
    pictures = model.likelihood.mean(model.decode(w, np.stack(ways, 1).astype(w.dtype)))  # S F, 9, I
    zoom = max(1, 84 // round(pictures.shape[-1] ** 0.5))
    sheets = np.stack([mosaic(squares(nine), 3) for nine in pictures])
    ink = (255 * (1 - np.where(np.isnan(sheets), 0, sheets))).astype(np.uint8)
    write_gif(path, list(np.repeat(np.repeat(np.repeat(ink[..., None], 3, -1), zoom, 1), zoom, 2)), 80, 16)


def code_map(path: Path, model: Model, w: Array, x: Array) -> None:
    """Pictures decoded on a grid over the quantiles of the codes of x, (N, I): as many codes between two lines."""
    m = model.encode(w, x)[0]
    across, down = np.quantile(m, (np.arange(SIDE) + 0.5) / SIDE, axis=0).T.astype(w.dtype)
    grid = np.stack(np.meshgrid(across, down), -1).reshape(-1, 2)
    image_sheet(path, model.likelihood.mean(model.decode(w, grid)), columns=SIDE)


def as_text(x: Array, back: Array) -> str:
    """A picture and what came back of it, side by side in characters, two rows of pixels in a line: x, back (I,)."""
    both = squares(np.stack([x, back]))
    both = np.pad(both, ((0, 0), (0, both.shape[1] % 2), (0, 0)))
    shade = both.reshape(2, -1, 2, both.shape[2]).mean(2)
    ink = np.array(list(" .:-=+*#%@"))[np.clip(10 * shade, 0, 9).astype(int)]
    return "\n".join("".join(a) + "  |  " + "".join(b) for a, b in zip(*ink, strict=True))
