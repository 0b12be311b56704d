"""The cells of a comparison are tuned alike, and their settings are what the records of it say (comparing.md)."""

import json
from dataclasses import asdict
from statistics import stdev

import pytest
from places import REPOSITORY

from core.lab.problems.reviews import LOOKED_AT
from core.lab.runs.tasks import configure, find

RESULTS = REPOSITORY / "benchmarks" / "results"
JUDGED = {
    "digits": "+val_accuracy",
    "digit_clusters": "+information",
    "digit_autoencoder": "+val_accuracy",
    "digit_bandit": "+val_accuracy",
    "cartpole_imitation": "-val_nats",
    "cartpole_world": "-val_error",
    "cartpole": "+val_score",
    "cartpole_evolution": "+val_return",
    "review_guided": "+val_positive",
    "review_lm": "-val_nats",
    "review_rl": "+val_positive",
}
SHARES = {"val_accuracy": 237, "val_positive": LOOKED_AT}  # of how many pictures or texts
CELLS = {
    cell["task"]: cell
    for problem in ("digits", "cartpole", "text")
    for cell in json.loads((RESULTS / f"compare_{problem}.json").read_text("utf-8"))["cells"]
}


def tuned(task):
    return json.loads((RESULTS / f"tuning_{task}.json").read_text("utf-8"))["rows"]


def test_every_cell_has_a_record_of_its_tuning():
    assert set(CELLS) == set(JUDGED)
    assert {path.stem.removeprefix("tuning_") for path in RESULTS.glob("tuning_*.json")} == set(JUDGED)


@pytest.mark.parametrize("task", JUDGED)
def test_as_many_settings_were_tried_as_the_cell_says(task):
    rows = tuned(task)
    assert len({row["label"] for row in rows}) == len(rows) == 12
    assert find(task).module.CELL.trials == CELLS[task]["trials"] == len(rows)
    assert {row["seed"] for row in rows}.isdisjoint(CELLS[task]["seeds"])


@pytest.mark.parametrize("task", JUDGED)
def test_no_setting_beats_the_present_one_by_more_than_noise(task):
    """Noise is twice the deviation between the compared seeds, of a share at least that between samples of its size."""
    sign, figure = (1 if JUDGED[task][0] == "+" else -1), JUDGED[task][1:]
    present = asdict(configure(find(task), {}))
    (now,) = (row["validation"][figure] for row in tuned(task) if row["config"] == json.loads(json.dumps(present)))
    best = max((row["validation"][figure] for row in tuned(task)), key=lambda value: sign * value)
    noise = 2 * stdev(found[figure] for found in CELLS[task]["validation"])
    if figure in SHARES:
        noise = max(noise, 2 * (now * (1 - now) / SHARES[figure]) ** 0.5)
    assert sign * (best - now) <= noise
