"""An agent that looks, drawn: its paths over pictures, what it confuses, how often it looks; and as a film."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from core import Array
from core.lab import Splits
from core.lab.report.gif import write_gif
from core.lab.report.plots import drawing
from reinforcement.glimpse.env import Looked, render, windows

RIGHT, WRONG = (0.1, 0.55, 0.25), (0.8, 0.15, 0.15)


def pictures(folder: Path, s: Splits, window: int, C: int, looked: Looked) -> dict[str, str]:
    """Writes all of them; file: caption."""
    chosen = np.array([np.flatnonzero(s.t_test == c)[k] for k in (0, 1) for c in np.unique(s.t_test)])
    draw_paths(folder / "looks.png", s, window, looked, chosen[:C])
    draw_confusion(folder / "confusion.png", s.t_test, looked.said, C)
    draw_counts(folder / "how_many.png", looked, s.t_test)
    write_film(folder / "looking.gif", s, window, looked, chosen)
    return {
        "looking.gif": "The agent looks at the first test pictures of each class; red answers are wrong",
        "looks.png": "One test picture of each class, look by look, and the answer; on the right the whole picture",
        "confusion.png": "What the agent said of the test pictures of each class",
        "how_many.png": "How many looks it took, and how often it was right after so many",
    }


def steps(window: int, path: Array, x: Array) -> list[Array]:
    """One frame a look (S scale, S scale, 3) uint8."""
    shows, mask, frames = windows(round(len(x) ** 0.5), window), np.zeros(len(x), bool), []
    for place in path[path >= 0]:
        mask = mask | shows[place]
        frames.append(render(x, mask, shows[place]))
    return frames


def draw_paths(path: Path, s: Splits, window: int, looked: Looked, chosen: Array) -> None:
    """A row a picture: its looks one after another, the answer as their title, and the whole."""
    most, side = max(1, int(looked.looks[chosen].max())), round(s.x_test.shape[1] ** 0.5)
    with drawing(path, (1.0 * (most + 1), 1.12 * len(chosen)), len(chosen), most + 1, squeeze=False, dpi=90) as grid:
        for axes, i in zip(grid, chosen, strict=True):
            frames = steps(window, looked.path[i], s.x_test[i])
            for axis, frame in zip(axes, frames, strict=False):
                axis.imshow(frame)
            said, right = looked.said[i], looked.said[i] == s.t_test[i]
            last: Any = axes[max(len(frames) - 1, 0)]
            last.set_title(
                f"says {said}" if said >= 0 else "no answer", fontsize=9, color=RIGHT if right else WRONG, pad=2
            )
            axes[-1].imshow(1 - s.x_test[i].reshape(side, side), cmap="gray", vmin=0, vmax=1)
            axes[-1].set_title(f"a {s.t_test[i]}", fontsize=9, pad=2)
            for axis in axes:
                axis.axis("off")


def draw_confusion(path: Path, t: Array, said: Array, C: int) -> None:
    """Counts, (label, answer); the last column holds those without an answer."""
    counts = np.zeros((C, C + 1), int)
    np.add.at(counts, (t, np.where(said < 0, C, said)), 1)
    counts = counts if counts[:, C].any() else counts[:, :C]
    with drawing(path, (4.6, 4.2), dpi=90) as axis:
        axis.imshow(counts, cmap="Blues", vmax=counts.max() * 1.4)
        for (row, column), n in np.ndenumerate(counts):
            if n:
                axis.text(column, row, str(n), ha="center", va="center", fontsize=8)
        axis.set(
            xlabel="said",
            ylabel="is",
            xticks=range(counts.shape[1]),
            yticks=range(C),
            xticklabels=[*map(str, range(C)), "none"][: counts.shape[1]],
        )


def draw_counts(path: Path, looked: Looked, t: Array) -> None:
    """Bars of the numbers of looks, the right answers below, the wrong ones on top."""
    ks, right = np.arange(int(looked.looks.max()) + 1), looked.said == t
    good, bad = (np.bincount(looked.looks[which], minlength=len(ks)) for which in (right, ~right))
    with drawing(path, (4.6, 3), dpi=90) as axis:
        axis.bar(ks, good, color=RIGHT, label="right")
        axis.bar(ks, bad, bottom=good, color=WRONG, label="wrong")
        for k in ks[good + bad > 0]:
            axis.annotate(
                f"{good[k] / (good + bad)[k]:.0%}", (k, (good + bad)[k]), ha="center", va="bottom", fontsize=8
            )
        axis.margins(y=0.12)
        axis.set(xlabel="looks before the answer", ylabel="test pictures", xticks=ks)
        axis.legend(frameon=False)


def write_film(
    path: Path, s: Splits, window: int, looked: Looked, chosen: Array, columns: int = 5, wait: int = 3
) -> None:
    """All pictures at once, a look a frame; who has answered waits, the answer green or red below what it saw."""
    covered = [render(s.x_test[i], np.zeros(s.x_test.shape[1], bool), None) for i in chosen]
    looks = [steps(window, looked.path[i], s.x_test[i]) for i in chosen]

    def tile(j: int, k: int) -> Array:
        """The j-th picture after k looks."""
        if k <= len(looks[j]):
            return labelled(looks[j][k - 1] if k else covered[j], f"look {k}" if k else "")
        said, t = looked.said[chosen[j]], s.t_test[chosen[j]]
        says = (f"says {said}" if said >= 0 else "no answer") + ("" if said == t else f", is {t}")
        return labelled(looks[j][-1] if looks[j] else covered[j], says, RIGHT if said == t else WRONG)

    def frame(k: int) -> Array:
        tiles = [tile(j, k) for j in range(len(chosen))]
        rows = [np.concatenate(tiles[j : j + columns], 1) for j in range(0, len(tiles) - columns + 1, columns)]
        return np.concatenate(rows, 0)

    write_gif(path, [frame(k) for k in range(max(map(len, looks)) + 1 + wait)], 700, 256)


def labelled(frame: Array, words: str, colour: tuple[float, float, float] = (0.2, 0.2, 0.2)) -> Array:
    """The frame with a border of its own, and the words below it."""
    H, W, _ = frame.shape
    tile = Image.new("RGB", (W + 8, H + 22), "white")
    tile.paste(Image.fromarray(frame), (4, 4))
    ImageDraw.Draw(tile).text((6, H + 7), words, fill=tuple(round(255 * c) for c in colour))
    return np.asarray(tile)
