"""Documents hold no figure that no record holds, and records say where theirs come from."""

import json

import pytest
from places import REPOSITORY

from core.lab.results.quotes import documents, refill, typed

RECORDS = REPOSITORY / "benchmarks" / "results"


def test_documents_quote_what_the_records_hold():
    quotes = 0
    for path in documents(REPOSITORY):
        text = path.read_text("utf-8")
        quotes += text.count("<!--=")
        _, stale = refill(text, REPOSITORY / "benchmarks" / "results", path)
        assert not stale, "trivium results docs writes them"
    assert quotes > 100


@pytest.mark.parametrize("path", list(documents(REPOSITORY)), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_no_figure_is_typed(path):
    assert not list(typed(path.read_text("utf-8"))), (
        "a record holds each figure, or it is `code`, or it goes: docs/results.md"
    )


def held(value, key):
    """All that stands under a key, wherever in a record."""
    if isinstance(value, dict):
        yield from ([value[key]] if key in value else ())
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from held(part, key)


def lacking(record):
    """What a record does not say of where its figures come from."""
    machines = [v for v in held(record, "versions") if isinstance(v, dict) and v.get("blas") and v.get("processor")]
    found = {
        "command": [*held(record, "command"), *held(record, "commands")],
        "versions": machines,
        "data": [*held(record, "data")],
        "seed": [*held(record, "seed"), *held(record, "seeds")],
    }
    return [name for name, values in found.items() if not values]


@pytest.mark.parametrize("name", sorted(path.stem for path in RECORDS.glob("*.json") if path.stem != "published"))
def test_a_record_says_where_it_comes_from(name):
    record = json.loads((RECORDS / f"{name}.json").read_text("utf-8"))
    assert not lacking(record)
    if "spec" in record:  # of `trivium results run`: each row by itself
        assert [row["label"] for row in record["rows"] if lacking({"command": record["command"], **row})] == []


def test_what_a_record_lacks_is_told():
    machine = {"blas": ["openblas 0.3.30 Haswell"], "processor": "a processor, 2 cores"}
    whole = {"command": "python speed.py", "data": {}, "rows": [{"seed": 0, "versions": machine}]}
    assert not lacking(whole)
    for key in "command", "data", "rows":
        assert lacking({name: value for name, value in whole.items() if name != key})
    assert lacking({**whole, "rows": [{"seed": 0, "versions": {**machine, "blas": []}}]}) == ["versions"]


def test_figures_of_others_name_their_source():
    published = json.loads((RECORDS / "published.json").read_text("utf-8"))
    assert [name for name, entry in published.items() if not entry["source"].strip() or "value" not in entry] == []
