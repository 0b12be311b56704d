"""What a person would program: digits told apart by rules that can be read, and pictures by one's own drawings.

Nothing here is learnt. The numbers in the rules were set by a person who looked at training pictures, as anyone
would who had to write such a program; that is the point of the comparison.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core import Array

HEIGHT, WIDTH = 28, 20  # of the box that all ink is stretched into

DIGITS = (
    "..###.. .#...#. #.....# #.....# #.....# #.....# #.....# .#...#. ..###..",
    "...##.. ..###.. .#.##.. ...##.. ...##.. ...##.. ...##.. ...##.. ...##..",
    ".####.. #....#. .....#. .....#. ....#.. ...#... ..#.... .#..... #######",
    ".####.. #....#. .....#. .....#. ..###.. .....#. .....#. #....#. .####..",
    "....#.. ...#... ..#.... .#...#. #....#. ####### .....#. .....#. .....#.",
    "######. #...... #...... #####.. .....#. ......# ......# #....#. .####..",
    "...##.. ..#.... .#..... #...... #.###.. ##...#. #.....# .#...#. ..###..",
    "####### ......# .....#. .....#. ..##### ....#.. ...#... ..#.... ..#....",
    "..###.. .#...#. .#...#. .#...#. ..###.. .#...#. #.....# .#...#. ..###..",
    "..###.. .#...#. #.....# #.....# .#...## ..###.# ......# .....#. ..###..",
)

CLOTHING = (
    "...##.##... .####.####. ########### ########### ##.#####.## ...#####... ...#####... ...#####... ...#####...",
    "...#####... ...#####... ...#####... ...##.##... ...##.##... ...##.##... ...##.##... ...##.##... ...##.##...",
    "...##.##... ..#######.. .#########. .#########. ########### ########### ##.#####.## ##.#####.## ##.#####.##",
    "....#.#.... ....###.... ....###.... ....###.... ....###.... ...#####... ...#####... ..#######.. ..#######..",
    "...##.##... ..###.###.. .####.####. .####.####. #####.##### ##.##.##.## ##.##.##.## ##.##.##.## ##.##.##.##",
    "........... ........... .........#. ........##. ......###.. ...#.#.#..# .#.#.#...## #.#.####### ###########",
    "...##.##... ..####.###. .##.#.##.#. .#########. ########### ##.#####.## ##.#####.## ##.#####.## ...#####...",
    "........... ........... ........... ......##... #...#####.. ########### ########### ########### ........###",
    "...#####... ..#.....#.. ..#.....#.. ########### ########### ########### ########### ########### ###########",
    "......####. ......####. ......####. .....#####. ...#######. .########## ########### ########### ####....###",
)


class Box(NamedTuple):
    """Where the ink of a picture lies, stretched to HEIGHT x WIDTH, and what shape it had before."""

    ink: Array  # HEIGHT, WIDTH in [0, 1]
    slimness: float  # width / height before stretching


def box(picture: Array) -> Box:
    """The ink of one picture (H, W), the ground at 0, cut out and stretched; an empty picture gives no ink."""
    from scipy.ndimage import zoom

    fine = zoom(np.pad(picture, 1), 4, order=1)  # so that small pictures have smooth borders
    dark = fine > 0.3 * fine.max()
    if not dark.any():
        return Box(np.zeros((HEIGHT, WIDTH)), 1.0)
    rows, columns = np.flatnonzero(dark.any(1)), np.flatnonzero(dark.any(0))
    cut = fine[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    H, W = cut.shape
    return Box(zoom(cut, (HEIGHT / H, WIDTH / W), order=1) / fine.max(), W / H)


def holes(ink: Array) -> list[tuple[float, float]]:
    """The enclosed places of (H, W): the height of each one's middle (0 top, 1 bottom), and its share of the box."""
    from scipy.ndimage import center_of_mass, label

    ground, n = label(np.pad(ink < 0.3, 1, constant_values=True))  # by edges, so that a slanting stroke holds
    parts = [ground == k for k in range(1, n + 1) if k != ground[0, 0]]
    found = [(float(center_of_mass(hole)[0] / len(ground)), float(hole.sum() / ink.size)) for hole in parts]
    return [hole for hole in found if hole[1] > 0.01]


def digit(picture: Array) -> int:
    """Which digit a picture (H, W) shows, by its holes and by where its strokes run above and below the middle."""
    ink, slimness = box(picture)

    def stroke(top: int, bottom: int, left: int, right: int) -> bool:
        """Does a stroke run through these rows, somewhere between these columns?"""
        return bool(ink[top:bottom, left:right].max(1).mean() > 0.5)

    dark = ink > 0.45
    above, below = ((stroke(a, b, 0, 7), stroke(a, b, 13, 20)) for a, b in ((7, 12), (17, 22)))  # left, right
    foot = dark[22:].any(0).mean() > 0.5  # what it stands on is broad: not so 1, 4, 7 and often 9
    roof = dark[:3].any(0).mean() > 0.33  # its top is broad: not so 4
    found = holes(ink)
    if dark.sum(1).max() / WIDTH * slimness < 0.38:
        return 1  # no row is broad
    if len(found) > 1:
        return 8
    if found:
        height, size = found[0]
        if 0.43 < height < 0.6 and size > 0.05:
            return 0
        if height < 0.5:  # a hole above
            return 8 if all(below) and foot else 9 if roof else 4
        return 2 if above == (False, True) else 8 if all(above) else 6  # a hole below
    if all(above):
        if all(below) and foot:
            return 0 if ink[10:18, 8:12].mean() < 0.3 else 1 if ink.mean() > 0.62 else 8
        return 9 if roof else 4
    if above == (True, False):
        return 4 if not foot else 6 if all(below) else 5
    if not foot:
        return 7
    return 3 if below == (False, True) else 2


def digits_by_rule(images: Array) -> Array:
    """Pictures (N, H, W) -> (N,) digits, each by `digit`."""
    return np.array([digit(picture) for picture in images])


def drawn(drawing: str) -> Array:
    """A drawing, rows of # and . between blanks, as a picture (H, W) of ones and zeros."""
    return np.array([[mark == "#" for mark in row] for row in drawing.split()], float)


def by_drawings(images: Array, drawings: Sequence[str]) -> Array:
    """Pictures (N, H, W) -> (N,): which of the drawings each is like, by the correlation of the blurred ink."""
    from scipy.ndimage import gaussian_filter

    def smooth(pictures: Sequence[Array]) -> Array:
        flat = gaussian_filter(np.stack([box(p).ink for p in pictures]), (0, 2, 2)).reshape(len(pictures), -1)
        flat = flat - flat.mean(1, keepdims=True)
        return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9))

    alike: Array = smooth(list(images)) @ smooth([drawn(d) for d in drawings]).T
    return alike.argmax(1)


DIGIT_RULES = {"of holes and strokes": digits_by_rule, "of drawings": lambda images: by_drawings(images, DIGITS)}
CLOTHING_RULES = {"of drawings": lambda images: by_drawings(images, CLOTHING)}
