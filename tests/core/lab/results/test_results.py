"""Records and the documents that quote them."""

import json
from pathlib import Path

import pytest
from places import TOY_TASK

from core.lab.cli.results import results
from core.lab.errors import Refusal
from core.lab.results.quotes import filled, look_up, refill, worked_out, written
from core.lab.results.records import differs, summary

TOY = str(TOY_TASK)
RECORD = {
    "metric": "accuracy",
    "rows": [{"seed": 0, "v": 0.5, "by": {"k-means": 2}}, {"seed": 1, "v": 0.25}],
    "runs": [{"seed": s, "v": v} for s, v in ((0, 1), (1, 5), (0, 3), (1, 4))],
    "cells": {"64-32, batch 8": {"us": 33.4}, "784, batch 64": {"us": 291}},
}


@pytest.mark.parametrize(
    ("where", "form", "text"),
    [
        ("rows/*/v; mean", ".3f", "0.375"),
        ("rows/*/v; min", "~.2f", ".25"),
        ("rows/*/v; max *100", ".1f", "50.0"),
        ("rows/seed=1/v; 1- *100", ".0f", "75"),
        ("rows/-1/v", "~.2f", ".25"),
        ("rows/*/v; *100 -50 min /5", "~.1f", "-5.0"),
        ("rows/*/v; -1 max", "~.1f", "-.5"),
        ("rows/*/v", "~.2f", ".50, .25"),
        ("rows/*/v; count", "d", "2"),
        ("rows/*/v; spread", "g", "0.25"),
        ("rows/*/v; low", ".3f", "-1.213"),  # .375 -+ 12.706 * .125, Student's t at one degree of freedom
        ("rows/*/v; high *100", "+.1f", "+196.3"),
        ("rows/0/by/k-means", "d", "2"),
        ("runs/seed=*/v; mean min", "g", "2"),
        ("runs/seed=*/v; max", "g", "3, 5"),
        ("metric", "s", "accuracy"),
        ("cells/784, batch 64/us; /100", ".1f", "2.9"),
    ],
)
def test_a_quote_says_what_the_record_holds(tmp_path, where, form, text):
    (tmp_path / "a.json").write_text(json.dumps(RECORD))
    assert filled(f" a; {where}; {form} ", tmp_path) == text


def test_keys_with_commas_and_stars_over_dictionaries():
    assert look_up(RECORD, "cells/784, batch 64/us") == 291
    assert worked_out(look_up(RECORD, "cells/*/us"), ["max"]) == 291
    assert written(12345.6, ",.0f") == "12,346"


@pytest.mark.parametrize(
    "quote",
    [
        "<!--= none; metric; s -->x<!--/-->",
        "<!--= a; rows/7; s -->x<!--/-->",
        "<!--= a; rows/*/v; __class__; s -->x<!--/-->",
        "<!--= a; metric; .2f -->x<!--/-->",
        "<!--= a; rows/*/v; mean /0; s -->x<!--/-->",
        "<!--= a; metric; s -->x",
        "<!--= a; rows/*/by; mean; s -->x<!--/-->",
    ],
)
def test_a_quote_that_cannot_be_filled_in_is_told_and_left(tmp_path, quote):
    (tmp_path / "a.json").write_text(json.dumps(RECORD))
    text, stale = refill(f"one\n{quote}\n", tmp_path)
    assert text == f"one\n{quote}\n"
    (found,) = stale
    assert found.now is None
    assert found.why


def test_documents_are_written_and_checked(tmp_path, capsys):
    (tmp_path / "docs").mkdir()
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "a.json").write_text(json.dumps(RECORD))
    page = tmp_path / "docs" / "page.md"
    page.write_text("| mean | <!--= a; rows/*/v; mean; ~.3f -->.4<!--/--> | 7 |\n")
    where = ["--folder", "records", "--root", str(tmp_path)]
    assert results(["docs", "--check", *where]) == 1
    assert "page.md:1: says '.4', the record '.375'" in capsys.readouterr().out
    assert "-->.4<" in page.read_text()
    assert results(["docs", *where]) == 0
    assert page.read_text() == "| mean | <!--= a; rows/*/v; mean; ~.3f -->.375<!--/--> | 7 |\n"
    assert results(["docs", "--check", *where]) == 0


def test_a_record_is_made_goes_on_and_is_checked(tmp_path, capsys):
    made = ["run", "--task", TOY, "--preset", "quick", "--folder", str(tmp_path)]
    assert results([*made, "--seeds", "1"]) == 0
    path = tmp_path / "toy_task_quick.json"
    first = json.loads(path.read_text())
    assert results([*made, "--seeds", "0", "1", "2"]) == 0
    held = json.loads(path.read_text())
    assert [row["seed"] for row in held["rows"]] == [0, 1, 2]
    assert held["rows"][1] == first["rows"][0]  # what is there is not measured again
    assert held["rows"][0]["versions"]["processor"]
    assert held["rows"][0]["validation"]["val_accuracy"] > 0.5
    assert held["mean"] == pytest.approx(sum(row["score"]["value"] for row in held["rows"]) / 3)
    capsys.readouterr()
    check = ["run", "--task", TOY, "--preset", "quick", "--check", "--folder", str(tmp_path)]
    assert results(check) == 0
    assert "as in the record" in capsys.readouterr().out
    for row in held["rows"]:
        row["score"]["value"] -= 0.4
        row["w_sha256"] = "0"
    path.write_text(json.dumps(held))
    assert results(check) == 1
    assert json.loads(path.read_text()) == held  # a check writes nothing
    held["rows"][0]["key"] = "toy_task-of-another-configuration-0"
    path.write_text(json.dumps(held))
    with pytest.raises(Refusal, match="another configuration"):
        results([*made, "--seeds", "3"])


SPEC = f"""
preset = "quick"
seeds = [0, 3]
[[study]]
task = "{Path(TOY).name}"
[study.grid]
hidden = [2, 3]
"""


def test_a_record_of_a_spec_has_a_row_a_job_and_a_mean_a_setting(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy_task.py").write_text(Path(TOY).read_text())
    (tmp_path / "widths.toml").write_text(SPEC)
    assert results(["run", "--spec", "widths.toml", "--folder", "kept", "--jobs", "2"]) == 0
    path = tmp_path / "kept" / "widths.json"
    held = json.loads(path.read_text())
    assert [(row["label"], row["seed"]) for row in held["rows"]] == [
        ("hidden 2", 0),
        ("hidden 2", 3),
        ("hidden 3", 0),
        ("hidden 3", 3),
    ]
    two, three = held["settings"]
    assert (two["label"], two["seeds"], three["label"]) == ("hidden 2", 2, "hidden 3")
    assert two["mean"] == pytest.approx(sum(row["score"]["value"] for row in held["rows"][:2]) / 2)
    assert filled("widths; rows/label=hidden 3/*/config/hidden; d", tmp_path / "kept") == "3, 3"
    assert not (tmp_path / "runs" / "results").exists()  # the run folders are gone with the rows written

    (tmp_path / "widths.toml").write_text(SPEC.replace("[0, 3]", "[0, 3, 4]"))  # a seed more: the others are left
    assert results(["run", "--spec", "widths.toml", "--folder", "kept"]) == 0
    more = json.loads(path.read_text())
    assert [row for row in more["rows"] if row["seed"] != 4] == held["rows"]
    (tmp_path / "widths.toml").write_text(SPEC.replace("[2, 3]", "[3, 4]"))
    with pytest.raises(Refusal, match="another configuration"):
        results(["run", "--spec", "widths.toml", "--folder", "kept"])
    capsys.readouterr()
    assert results(["--folder", "kept"]) == 0
    assert "hidden 2" in capsys.readouterr().out


def test_without_a_name_every_record_is_measured_again(tmp_path, capsys):
    for task in ("digits", "digit_autoencoder"):
        made = ["--task", task, "--preset", "quick", "--seeds", "0", "--folder", str(tmp_path)]
        assert results(["run", *made]) == 0
    (tmp_path / "speed.json").write_text(json.dumps({"command": "python speed.py"}))
    row = {"key": "", "task": "flowers", "label": "quick", "seed": 0, "score": {}, "seconds": 1, "processor_seconds": 1}
    (tmp_path / "own.json").write_text(json.dumps({"spec": {"study": [{"task": "flowers.py"}]}, "rows": [row]}))
    capsys.readouterr()
    assert results(["run", "--check", "--folder", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "2 records, 2 runs" in said
    assert "own: left out" in said
    assert said.count("as in the record") == 2


def test_an_installed_task_is_measured_again_by_the_record_s_name(tmp_path):
    made = ["--task", "digits", "--preset", "quick", "--seeds", "2", "--folder", str(tmp_path)]
    assert results(["run", *made]) == 0
    path = tmp_path / "digits_quick.json"
    first = json.loads(path.read_text())
    path.write_text(json.dumps({**first, "mean": 0, "rows": [{**first["rows"][0], "score": {}}]}))
    assert results(["run", "digits_quick", "--folder", str(tmp_path)]) == 0
    again = json.loads(path.read_text())
    assert again["mean"] == first["mean"]
    assert again["rows"][0]["w_sha256"] == first["rows"][0]["w_sha256"]


def test_a_record_does_not_name_code_to_run(tmp_path):
    spec = {"preset": "quick", "study": [{"task": "digits"}, {"task": TOY}]}
    row = {"key": "", "task": "digits", "label": "quick", "seed": 0, "score": {}, "seconds": 1, "processor_seconds": 1}
    (tmp_path / "sly.json").write_text(json.dumps({"spec": spec, "rows": [row]}))
    with pytest.raises(Refusal, match="no installed task"):
        results(["run", "sly", "--folder", str(tmp_path)])


def rows(values, sha="a"):
    return [{"seed": seed, "w_sha256": f"{sha}{seed}", "score": {"value": value}} for seed, value in enumerate(values)]


def test_a_check_tells_a_shift_from_chance():
    old = rows([0.90, 0.91, 0.92, 0.93, 0.94])
    assert not differs(old, rows([0.5] * 5))  # the same weights are the same, whatever else
    assert not differs(old, rows([0.89, 0.92, 0.95, 0.90, 0.93], "b"))
    assert "p =" in differs(old, rows([0.80, 0.81, 0.82, 0.83, 0.84], "b"))
    assert not differs(rows([500.0] * 3), rows([500.0] * 3, "b"))
    assert differs(rows([500.0] * 3), rows([499.0] * 3, "b"))


def test_the_worst_seed_is_the_far_one_from_the_reference():
    base = {"reference": 0.0, "chance": 9.0, "metric": "nats"}
    made = [{"score": {**base, "value": v}, "processor_seconds": 1.0} for v in (1.0, 3.0)]
    assert summary(made)["worst"] == 3.0


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["run"], "no records to measure"),
        (["run", "a", "--task", "b"], "name records"),
        (["run", "--task", "b", "--spec", "c.toml"], "name records"),
        (["run", "--spec", "c.toml"], "cannot be read"),
        (["run", "--task", "toy", "--jobs", "0"], "from 1 to 1024"),
        (["run", "none"], "no record"),
        (["run", "--task", "x", "--seeds"], "at least one seed"),
        (["other"], "takes run or docs"),
        (["--folder", "none"], "no folder none"),
    ],
)
def test_what_is_refused(tmp_path, args, why):
    with pytest.raises(Refusal, match=why):
        results(args + (["--folder", str(tmp_path)] if args[0] == "run" else []))


def test_a_script_s_record_names_its_command(tmp_path):
    (tmp_path / "speed.json").write_text(json.dumps({"command": "python speed.py"}))
    with pytest.raises(Refusal, match=r"python speed\.py"):
        results(["run", "speed", "--folder", str(tmp_path)])
    (tmp_path / "toy_task_best.json").write_text(json.dumps({"command": "python speed.py", "rows": [1]}))
    with pytest.raises(Refusal, match=r"python speed\.py"):
        results(["run", "--task", TOY, "--folder", str(tmp_path)])
