"""The tasks on photographs: fields reach the network, one's own folder is learnt and named, nonsense is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from places import DATA

from core.lab.answers.examples import read_examples
from core.lab.data.registry import Data
from core.lab.errors import Refusal
from core.lab.runs.run import Setup, open_run, resume, start
from core.lab.runs.tasks import configure, find
from supervised.tasks import cats_dogs, image_folder
from supervised.vision.conv_task import ConvNetConfig, augmentation

ROOT = DATA
SMALL = {"features": 4, "updates": 160, "batch": 16, "size": 16, "lr": 0.01}


@pytest.fixture
def signs(tmp_path):
    """Photographs of rising and falling lines: 40 of each, of several sizes, colours and kinds."""
    rng = np.random.default_rng(0)
    for name in ("rising", "falling"):
        (tmp_path / name).mkdir()
        for k in range(40):
            size = int(rng.integers(20, 50))
            picture = np.full((size, size, 3), rng.integers(0, 100, 3), np.uint8)
            at = np.arange(size)
            for width in range(-2, 3):
                there = (at + width >= 0) & (at + width < size)
                columns = at if name == "falling" else at[::-1]
                picture[(at + width)[there], columns[there]] = rng.integers(150, 256, 3)
            Image.fromarray(picture).save(tmp_path / name / f"{k}.{rng.choice(['png', 'bmp', 'webp', 'jpg'])}")
    return tmp_path


def made(folder, seed=0, **fields):
    config = image_folder.Config(dir=str(folder), **{**SMALL, "mirror": 0.0, "shift": 1, **fields})
    return image_folder.make(config, np.random.default_rng(seed), Data())


@pytest.mark.parametrize("colour", [True, False])
def test_ones_own_pictures_are_learnt_and_named(signs, colour):
    learner = made(signs, colour=colour)
    while learner.progress < 1:
        learner.update()
    report = learner.report(learner.weights, None)
    assert report.metrics["test_accuracy"] == 1.0
    assert {"test_recall_rising", "test_recall_falling"} <= set(report.metrics)
    x, t = learner.splits.x_test, learner.splits.t_test
    assert learner.predict(learner.weights, x).tolist() == [("falling", "rising")[c] for c in t]
    shape = (16, 16, 3) if colour else (16, 16)
    assert learner.predict(learner.weights, x[0].reshape(shape)).shape == (1,)
    with pytest.raises(ValueError, match="16 x 16 pixels"):
        learner.predict(learner.weights, np.zeros((3, 12, 12)))


def test_the_report_draws_the_pictures(signs, tmp_path):
    out = tmp_path / ".out"
    out.mkdir()
    learner = made(signs)
    learner.update()
    report = learner.report(learner.weights, out)
    assert {"confusion.png", "mistakes.png"} <= set(report.pictures)


def test_a_run_goes_on_with_the_pictures_it_began_with_or_not_at_all(signs, tmp_path):
    task = find(str(Path(image_folder.__file__)))
    setup = Setup(task, configure(task, {**SMALL, "dir": str(signs), "updates": 40}), seed=0, preset="quick")
    run = start(setup, tmp_path / ".run")
    assert run.result["data"].keys() == {signs.name}
    (run.folder / "result.json").unlink()
    resume(open_run(run.folder, task))
    (run.folder / "result.json").unlink()
    first = sorted((signs / "rising").iterdir())[0]
    Image.new("RGB", (20, 20)).save(first)
    with pytest.raises(Refusal):
        resume(open_run(run.folder, task))


def test_without_a_folder_there_is_something_to_try():
    learner = image_folder.make(image_folder.Config(features=4, size=64), np.random.default_rng(0), Data())
    learner.update()
    assert len(learner.splits.t_train) + len(learner.splits.t_val) + len(learner.splits.t_test) == 2 * 6 * 10
    assert learner.evaluate()["val_accuracy"] > 0.5


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ValueError, match="there is no folder"):
        made(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"size": 7}, "size must be from 8 to 256, not 7"),
        ({"size": 512}, "256"),
        ({"depth": 0}, "depth must be above 0"),
        ({"features": 0}, "features"),
        ({"lr": float("nan")}, "lr"),
        ({"mirror": 1.5}, "mirror must be from 0 to 1"),
        ({"erase": float("nan")}, "erase must be from 0 to 1"),
        ({"turn": float("nan")}, "turn must be 0 or more"),
        ({"test_time_augmentations": -1}, "test_time_augmentations must be 0 or more"),
    ],
)
def test_nonsense_is_refused(fields, says):
    with pytest.raises(ValueError, match=says):
        image_folder.Config(**fields)


@pytest.mark.parametrize("field", ["mirror", "shift", "turn", "stretch", "shear", "bend", "erase"])
def test_each_alteration_alters_and_keeps_the_shape(field):
    nothing = ConvNetConfig(mirror=0, shift=0)
    assert augmentation(nothing, (8, 8, 3)) is None
    augment = augmentation(replace(nothing, **{field: 1}), (8, 8, 3))
    x = np.random.default_rng(0).random((6, 192), np.float32)
    y = augment(np.random.default_rng(1), x)
    assert y.shape == x.shape
    assert y.dtype == np.float32
    assert not np.array_equal(x, y)


@pytest.mark.skipif(not (ROOT / "cifar10-cats-dogs").exists(), reason="the pictures of cats and dogs are not here")
def test_cats_and_dogs_as_they_are_divided():
    learner = cats_dogs.make(cats_dogs.Config(features=4), np.random.default_rng(0), Data(ROOT))
    assert [len(part) for part in learner.splits[1::2]] == [9000, 1000, 2000]
    assert learner.splits.x_train.shape == (9000, 3072)
    assert next(iter(learner.net.layout.values())) == (3, 3, 3, 4)
    learner.update()
    said = learner.predict(learner.w, learner.splits.x_val[:5])
    assert set(said) <= {"cat", "dog"}


def test_predict_names_the_class_of_a_picture_file(signs, tmp_path):
    task = find(str(Path(image_folder.__file__)))
    values = {**SMALL, "mirror": 0.0, "shift": 1, "dir": str(signs)}
    run = start(Setup(task, configure(task, values), seed=0, preset="quick"), tmp_path / ".run")
    for name in ("rising", "falling"):
        for file in sorted((signs / name).iterdir())[:5]:
            assert run.predict(read_examples(file)).tolist() == [name]
