"""Pictures show what they are given: read back pixel by pixel, or asked of the drawing itself."""

import inspect
import logging

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.image import imread

from core.lab.report.plots import CACHE, image_sheet, matrix, mosaic, weight_sheet


@pytest.fixture
def shown(monkeypatch):
    """The arrays that were drawn as images, with their options, and the texts that were written on them."""
    arrays, texts = [], []
    imshow, text = Axes.imshow, Axes.text

    def keep_array(self, array, **options):
        arrays.append((np.array(array), options))
        return imshow(self, array, **options)

    def keep_text(self, x, y, s, **options):
        texts.append((x, y, s))
        return text(self, x, y, s, **options)

    monkeypatch.setattr(Axes, "imshow", keep_array)
    monkeypatch.setattr(Axes, "text", keep_text)
    return arrays, texts


def test_a_mosaic_places_every_tile_upright():
    tiles = np.arange(12.0).reshape(3, 2, 2)
    sheet = mosaic(tiles, 2, above=1)
    assert sheet.shape == (7, 5)
    assert [sheet[i : i + 2, j : j + 2].tolist() for i, j in ((1, 0), (1, 3), (5, 0))] == tiles.tolist()
    assert np.isnan(sheet).sum() == 7 * 5 - 12
    assert mosaic(tiles, 10).shape == (2, 8)


def test_a_sheet_is_dark_on_white_with_each_title_above_its_image(tmp_path, shown):
    images = np.arange(12, dtype=np.float32).reshape(3, 4) / 11
    image_sheet(tmp_path / "sheet.png", images, ["a", "b", "c"], columns=2)
    (((array, options),), texts) = shown
    assert np.array_equal(array, mosaic(images.reshape(3, 2, 2), 2, 1), equal_nan=True)
    assert (options["vmin"], options["vmax"], options["cmap"]) == (0, 1, "gray_r")
    assert texts == [(0.5, 0, "a"), (3.5, 0, "b"), (0.5, 4, "c")]


def test_black_ink_reaches_the_file(tmp_path):
    for ink in (0, 1):
        image_sheet(tmp_path / f"{ink}.png", np.full((1, 4), ink, np.float32), columns=1)
    white, black = (imread(tmp_path / f"{ink}.png")[..., :3] for ink in (0, 1))
    assert (white.min(-1) < 0.5).mean() == 0
    assert (black.max(-1) < 0.1).mean() > 0.5


def test_titles_and_images_must_match_in_number(tmp_path):
    with pytest.raises(ValueError, match="3 images have 2 titles"):
        image_sheet(tmp_path / "sheet.png", np.zeros((3, 4)), ["a", "b"])


def test_a_matrix_is_shaded_by_row_and_numbered_where_it_counts(tmp_path, shown):
    matrix(tmp_path / "matrix.png", np.array([[3, 1], [0, 0]]), "row", "column")
    arrays, texts = shown
    assert arrays[0][0].tolist() == [[0.75, 0.25], [0, 0]]  # a row without counts stays blank
    assert texts == [(0, 0, "3"), (1, 0, "1")]  # x is the column
    assert imread(tmp_path / "matrix.png").size


@pytest.mark.parametrize(
    ("names", "said"), [(("ah", "no"), ["ah", "no"]), (("x" * 60, "dog"), ["x" * 23 + "…", "dog"]), ((), ["0", "1"])]
)
def test_a_matrix_names_its_classes_short(tmp_path, monkeypatch, names, said):
    drawn = []
    keep = Axes.set
    monkeypatch.setattr(Axes, "set", lambda axis, **options: drawn.append(axis) or keep(axis, **options))
    matrix(tmp_path / "matrix.png", np.eye(2, dtype=int), "row", "column", names)
    for labels in drawn[0].get_xticklabels(), drawn[0].get_yticklabels():
        assert [label.get_text() for label in labels] == said


def test_weights_are_a_tile_a_unit_with_zero_in_the_middle(tmp_path, shown):
    W = np.random.default_rng(0).standard_normal((4, 5))
    W[:, 2] = 0
    weight_sheet(tmp_path / "weights.png", W, most=3)
    ((array, options),) = shown[0]
    assert (options["vmin"], options["vmax"], options["cmap"]) == (-1, 1, "RdBu")
    for k in range(3):
        tile = W[:, k] / (np.abs(W[:, k]).max() or 1)
        assert array[:2, 3 * k : 3 * k + 2].ravel() == pytest.approx(tile)
    assert array.shape == (2, 8)


def test_that_there_is_no_home_for_a_cache_is_not_told(caplog):
    said = logging.getLogger("matplotlib")
    for words in CACHE:
        assert words in inspect.getsource(matplotlib)  # they are still Matplotlib's
        said.warning(words + " %s", "/home")
    said.warning("something else")
    assert caplog.messages == ["something else"]
