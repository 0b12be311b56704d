"""Records and specs in the names of today, out of those of before: tasks, fields, values, keys, labels, file names.

    python benchmarks/migrate.py --old FOLDER --new benchmarks      FOLDER has results/ and specs/ as they were

Every record is proved before it is written: its configurations, keys and labels are those that a study of its spec plans
now, each key is the digest of its configuration, nothing else differs from the old record, and the way back gives the
old file byte for byte. The old order of a configuration's fields stands in FIELDS.
"""

# ruff: noqa: E402, E501

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.lab.runs import former
from core.lab.runs.tasks import configure, find
from core.lab.study.job import Job
from core.lab.study.spec import Planned, _key, _labelled, _settings, plan

FIELDS = {  # of each old task, in the order of before
    "acrobot": "hidden lr updates envs steps epochs batch gamma lam entropy_weight",
    "activations": "depth width gain lr updates batch",
    "bipedal_walker": "steps hidden lr envs every batch memory gamma follow blind episodes",
    "blackjack": "hidden lr updates envs steps batches batch memory gamma ahead explore exploring follow",
    "cartpole": "hidden lr updates envs steps epochs batch gamma lam clip value_weight entropy_weight max_norm",
    "cartpole_cloning": "expert episodes ask envs hidden lr updates batch",
    "cartpole_evolution": "hidden lr updates pairs sigma",
    "cartpole_expert": "episodes hidden lr updates batch",
    "cartpole_world": "hidden lr updates batch envs steps width depth",
    "cats_dogs": "features updates batch lr decay mirror shift turn stretch erase looks report",
    "cliff_walking": "hidden lr updates envs steps batches batch memory gamma ahead explore exploring follow",
    "connect_four": "hidden lr updates games moves simulations batches batch memory warm opening explore noise alpha think against openings",
    "digit_bandit": "hidden lr updates batch entropy_weight memory deform",
    "digit_clusters": "method hidden clusters updates starts batch lr balance agreement smoothness radius deformation code neighbours",
    "digit_codes": "hidden code labels penalty updates batch lr deformation",
    "digit_images": "codes hidden depth blobs dropout batch updates lr warm samples",
    "digits": "hidden layers members updates batch lr dropout smoothing shift turn stretch shear bend looks report",
    "env": "id learner steps envs hidden lr gamma episodes limit",
    "fashion": "features updates batch lr decay mirror shift turn stretch erase looks report",
    "fashion_clusters": "method hidden clusters updates starts batch lr balance agreement smoothness radius deformation code shade",
    "fashion_images": "codes hidden depth blobs dropout batch updates lr warm samples",
    "fashion_plain": "hidden members updates batch lr dropout dropout_input smoothing shift turn stretch shear bend smooth mirror erase noise looks report",
    "few_shot": "hidden shots queries steps tasks updates lr rate every second_order",
    "frozen_lake": "hidden lr updates envs steps batches batch memory gamma ahead explore exploring follow map slippery",
    "function_fit": "function expression low high points noise width depth steep updates batch lr sweep starts",
    "glimpse": "window cost limit deform hidden critic lr updates envs steps epochs batch gamma lam clip entropy_weight",
    "go": "hidden lr updates games moves simulations batches batch memory warm opening explore noise alpha size komi think openings",
    "half_cheetah": "steps hidden lr envs every batch memory gamma follow blind episodes",
    "hopper": "steps hidden lr envs every batch memory gamma follow blind episodes",
    "images": "features updates batch lr decay mirror shift turn stretch erase looks report dir side colour",
    "lunar_lander": "steps hidden lr envs rollout epochs batch gamma lam entropy_weight flights",
    "lunar_lander_dagger": "expert episodes ask envs hidden lr updates batch flights",
    "mnist": "hidden members updates batch lr dropout dropout_input smoothing shift turn stretch shear bend smooth mirror erase noise looks report",
    "mnist_clusters": "method hidden clusters updates starts batch lr balance agreement smoothness radius deformation code shade",
    "mnist_images": "codes hidden depth blobs dropout batch updates lr warm samples",
    "mnist_plain": "hidden members updates batch lr dropout dropout_input smoothing shift turn stretch shear bend smooth mirror erase noise looks report",
    "mountain_car": "hidden lr updates pairs episodes sigma",
    "names": "split context embedding hidden depth dropout blank batch updates lr decay",
    "pendulum": "hidden lr updates envs steps batches batch gamma follow blind",
    "perceptron": "problem passes points distance",
    "review_reader": "context hidden longest batch updates lr labels strength",
    "review_tuned": "context hidden longest batch updates lr rounds n tuning leash",
    "review_writer": "context hidden longest batch updates lr beginning",
    "reviews": "context embedding longest bits row hidden depth dropout batch updates lr decay",
    "shakespeare": "context embedding longest bits row hidden depth dropout blank cut batch updates again lr decay",
    "sound_clusters": "voice clusters method hidden code updates starts batch lr neighbours noise balance tract tempo",
    "spoken_digit_sounds": "components hidden code deviation dropout updates batch lr clips",
    "spoken_digits": "speaker val_speaker word hidden members updates batch lr decay dropout smoothing tract tempo colour noise looks",
    "table": "file target name kind categorical ignore hidden dropout updates batch lr decay",
    "table_clusters": "file table target categorical ignore clusters method hidden code updates starts batch lr neighbours noise balance",
    "taxi": "hidden lr updates envs steps batches batch memory gamma ahead explore exploring follow",
    "text": "file context embedding longest words bits row hidden depth dropout blank cut batch updates lr decay",
    "tic_tac_toe": "hidden lr updates games moves simulations batches batch memory warm opening explore noise alpha",
    "transfer": "source hidden carried labels draws source_updates updates batch source_lr lr deform",
    "translate": "longest features bag code pieces window embedding hidden drop temperature contrast echo beam reread batch updates lr",
}
SCRIPTS = {"cats_dogs": "cats_dogs", "digit_folds": "digits"}  # records with one configuration at the top: its task
COMMENTS = {  # words of the specs' comments
    "deformed pictures at its input and without. Measured when\n# the": "augmented pictures at its input and without. Measured when\n# the",
    "deformations": "augmentations",
    "episodes of the expert, idle play and\n# thinking ahead": "episodes of the expert,\n# random exploration and planning depth",
    "The deep report": "The report with `interpret`",
    "labels and leash": "labels and KL coefficient",
    "the decay bring; looked at after": "the weight decay bring; looked at\n# after",
    "with no sound altered in training": "with no sound augmented in training",
    "alter a view. What is in\n# use was": "augment a view. What is\n# in use was",
}
SEPARATE = ("config", "key", "label", "task")  # of a row: what may change


def new_task(task: str) -> str:
    return former.TASKS.get(task, task)


def old_task(task: str) -> str:
    return {new: old for old, new in former.TASKS.items()}.get(task, task)


def new_stem(stem: str) -> str:
    """tuning_digit_codes -> tuning_digit_autoencoder: where a stem is built from the name of a task."""
    before, name = ("tuning_", stem.removeprefix("tuning_")) if stem.startswith("tuning_") else ("", stem)
    owners = [task for task in FIELDS if name == task or name.startswith(task + "_")]
    if not owners or (name not in FIELDS and not before and re.search("_(quick|best|default)$", name) is None):
        return stem
    owner = max(owners, key=len)
    return before + new_task(owner) + name.removeprefix(owner)


def defaults(task: str) -> dict[str, Any]:
    """The configuration of a task of today, in its order, as JSON has it."""
    return json.loads(json.dumps(asdict(configure(find(task), {}))))


def mapped(names: Any, value: Any) -> Any:
    """A value, or each of a list, in other words where there are some."""
    if isinstance(value, list):
        return [mapped(names, each) for each in value]
    return names.get(value, value) if isinstance(value, str | bool) else value


def renamed(task: str, values: dict[str, Any]) -> dict[str, Any]:
    """Some fields of a task (its new name) in the names of today, lists of a grid value by value."""
    fields, found = defaults(task), {}
    for name, value in values.items():
        (new,) = former.config(task, {name: None}, fields)
        if new not in fields:
            raise SystemExit(f"{task} has no field {new} (was {name})")
        found[new] = mapped(former.VALUES.get(new, {}), value)
    return found


def filled(task: str, values: dict[str, Any], without: tuple[str, ...] = ()) -> dict[str, Any]:
    """The whole configuration: what the old one lacks has its default."""
    given = renamed(task, values)
    return {name: given.get(name, value) for name, value in defaults(task).items() if name not in without}


def restored(old: str, values: dict[str, Any]) -> dict[str, Any]:
    """The way back: some fields of a task, by its old name, in the names, the values and the order of before."""
    fields, found = defaults(new_task(old)), {}
    for name in FIELDS[old].split():
        new = former.field(new_task(old), name, fields) or name
        if new in values:
            found[name] = mapped({v: k for k, v in former.VALUES.get(new, {}).items()}, values[new])
    return found


def spec_with(
    spec: dict[str, Any], task_of: Callable[[str], str], fields_of: Callable[[str, Any], dict[str, Any]]
) -> dict[str, Any]:
    """A spec with its tasks, and the fields of its tables `config` and `grid`, mapped; in the order of the spec."""
    tables = []
    for table in spec["study"]:
        task, made = task_of(table["task"]), {}
        for name, value in table.items():
            if name == "task":
                value = task
            elif name in ("config", "grid"):
                mapped = {field: fields_of(task, {field: each}) for field, each in value.items()}
                value = {new: v for one in mapped.values() for new, v in one.items()}
            made[name] = value
        tables.append(made)
    return {name: tables if name == "study" else value for name, value in spec.items()}


def spec_now(spec: dict[str, Any]) -> dict[str, Any]:
    return spec_with(spec, new_task, renamed)


def spec_before(spec: dict[str, Any]) -> dict[str, Any]:
    return spec_with(spec, old_task, restored)


def labels(spec: dict[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    """The label of each row, by the rule of a study, from the spec and the rows' configurations alone."""
    planned, left = list[Planned](), iter(rows)
    for table in spec["study"]:
        seeds = table.get("seeds", spec.get("seeds", 1))
        for setting in _settings("", table, []):
            for seed in range(seeds) if isinstance(seeds, int) else seeds:
                row = next(left)
                assert (row["task"], row["seed"]) == (table["task"], seed), row["key"]
                preset = table.get("preset", spec.get("preset", "default"))
                job = Job(row["task"], seed, preset, Path(), None, False, (), None)
                planned.append(Planned(job, row["key"], row["task"], setting, row["config"]))
    assert next(left, None) is None
    return [p.label for p in _labelled(planned)]


def rows_with(record: dict[str, Any], spec: dict[str, Any], rows: list[dict[str, Any]], stem: str) -> dict[str, Any]:
    """A record of a spec anew: rows have task and config already; keys, labels and the settings follow."""
    rows = [{**row, "key": _key(row["task"], None, row["config"], row["seed"])} for row in rows]
    said = labels(spec, rows)
    renames = {
        (old["task"], old["label"]): (row["task"], label)
        for old, row, label in zip(record["rows"], rows, said, strict=True)
    }
    rows = [{**row, "label": label} for row, label in zip(rows, said, strict=True)]
    made = {**record, "command": f"trivium results run {stem}", "spec": spec, "rows": rows}
    if "settings" in record:
        made["settings"] = [
            {**each, **dict(zip(("task", "label"), renames[each["task"], each["label"]], strict=True))}
            for each in record["settings"]
        ]
    return made


def spec_record(record: dict[str, Any], stem: str) -> dict[str, Any]:
    rows = [
        {**row, "task": new_task(row["task"]), "config": filled(new_task(row["task"]), row["config"])}
        for row in record["rows"]
    ]
    return rows_with(record, spec_now(record["spec"]), rows, stem)


def spec_record_before(record: dict[str, Any], stem: str) -> dict[str, Any]:
    rows = [
        {**row, "task": old_task(row["task"]), "config": restored(old_task(row["task"]), row["config"])}
        for row in record["rows"]
    ]
    return rows_with(record, spec_before(record["spec"]), rows, stem)


def keys_with(value: Any, change: Callable[[str], str]) -> Any:
    """All keys, and the values of `method`, of nested tables changed."""
    if isinstance(value, dict):
        return {
            change(key): change(part) if key == "method" else keys_with(part, change) for key, part in value.items()
        }
    return [keys_with(part, change) for part in value] if isinstance(value, list) else value


def script_record(record: dict[str, Any], stem: str, forth: bool) -> dict[str, Any]:
    """A record of a script: each shape as it is."""
    task_of = new_task if forth else old_task
    if stem in SCRIPTS:
        task, values = SCRIPTS[stem], record["config"]
        if forth:
            none = () if "report" in values else ("interpret",)
            return {**record, "config": filled(task, values, none)}
        return {**record, "config": restored(task, values)}
    if stem.startswith("compare_"):
        cells = [{**c, "task": task_of(c["task"]), "label": task_of(c["label"])} for c in record["cells"]]
        made = {**record, "cells": cells}
        if "probes" in record:
            made["probes"] = {task_of(name): value for name, value in record["probes"].items()}
        return made
    if stem == "demo":
        results = []
        for each in record["results"]:
            task = task_of(each["task"])
            config = filled(task, each["config"]) if forth else restored(task, each["config"])
            command = re.sub(r"(?<=trivium run )\w+", lambda found: task_of(found[0]), each["command"])
            results.append({**each, "task": task, "config": config, "command": command})
        return {**record, "results": results}
    if stem == "table_clusters":
        old, new = r"(?<!mutual_)\binformation\b", "mutual_information"
        change = (lambda s: re.sub(old, new, s)) if forth else (lambda s: s.replace(new, "information"))
        return keys_with(record, change)
    if stem == "ppo_speed":
        a, b = ("steps", "rollout") if forth else ("rollout", "steps")
        return {
            name: {**part, "settings": {b if k == a else k: v for k, v in part["settings"].items()}}
            if isinstance(part, dict) and "settings" in part
            else part
            for name, part in record.items()
        }
    return record


def written(record: dict[str, Any], like: str) -> str:
    """The record as JSON, indented as the old text is."""
    return json.dumps(record, indent=len(re.match(r"\{\n( *)", like)[1]), ensure_ascii="\\u" in like) + "\n"  # type: ignore[index]


def prove(old_text: str, record: dict[str, Any], old_stem: str, stem: str) -> None:
    """Raises SystemExit where a record is not what it was, in other words."""
    old = json.loads(old_text)

    def hold(true: bool, what: str) -> None:
        if not true:
            raise SystemExit(f"{stem}: {what}")

    if "spec" in record:
        back = spec_record_before(record, old_stem)
        planned, faults = plan(record["spec"], ROOT, Path("runs"), None)
        hold(not faults, f"faults {faults}")
        ours = [(row["key"], row["task"], row["label"], row["seed"], row["config"]) for row in record["rows"]]
        theirs = [(p.key, p.task, p.label, p.job.seed, json.loads(json.dumps(p.config))) for p in planned]
        hold(ours == theirs, "a study plans other jobs")
        hold(all(list(a[4]) == list(b[4]) for a, b in zip(ours, theirs, strict=True)), "another order of fields")
        for row, before in zip(record["rows"], old["rows"], strict=True):
            hold(row["key"] == _key(row["task"], None, row["config"], row["seed"]), f"{row['key']} is no digest")
            hold(before["key"] == _key(before["task"], None, before["config"], before["seed"]), "the old key is none")
            kept = [[(k, v) for k, v in each.items() if k not in SEPARATE] for each in (row, before)]
            hold(kept[0] == kept[1], f"{row['key']}: a figure differs")
        tops = [
            {k: v for k, v in each.items() if k not in ("command", "spec", "settings", "rows")}
            for each in (record, old)
        ]
        hold(tops[0] == tops[1], "the top differs")
    else:
        back = script_record(record, stem, forth=False)
    hold(numbers(old) == numbers(record) or has_config(record), "a figure differs")
    hold(written(back, old_text) == old_text, "the way back gives another file")


def numbers(value: Any) -> list[float]:
    """Every number, in the order of the file."""
    if isinstance(value, dict | list):
        return [n for part in (value.values() if isinstance(value, dict) else value) for n in numbers(part)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def has_config(value: Any) -> bool:
    """Whether a configuration stands in it, whose new fields may bring numbers."""
    if isinstance(value, dict):
        return "config" in value or any(map(has_config, value.values()))
    return isinstance(value, list) and any(map(has_config, value))


def spec_text(text: str) -> str:
    """A spec in the names of today, its comments kept, line by line."""
    for old, new in COMMENTS.items():
        text = text.replace(old, new)
    lines, task = [], ""
    for line in text.splitlines():
        if line.startswith("#"):
            line = re.sub(r"\btuning_\w+", lambda found: new_stem(found[0]), line)
        elif found := re.fullmatch(r'task = "(.*)"', line):
            task = new_task(found[1])
            line = f'task = "{task}"'
        elif task and not line.startswith("["):
            line = re.sub(r"(?<=[{,] )\w+(?= = )|^(?!config|preset|seeds)\w+(?= = )", field_of(task), line)
            line = line.replace('interpret = "deep"', "interpret = true").replace(
                '"information"', '"mutual_information"'
            )
        lines.append(line)
    made = "\n".join(lines) + "\n"
    if tomllib.loads(made) != spec_now(tomllib.loads(text)):
        raise SystemExit(f"a spec came out as something else:\n{made}")
    return made


def field_of(task: str) -> Callable[[re.Match[str]], str]:
    return lambda found: next(iter(renamed(task, {found[0]: None})))


def migrate(old: Path, new: Path) -> Iterator[str]:
    for path in sorted((old / "results").glob("*.json")):
        text, stem = path.read_text("utf-8"), new_stem(path.stem)
        record = json.loads(text)
        made = spec_record(record, stem) if "spec" in record else script_record(record, stem, forth=True)
        prove(text, made, path.stem, stem)
        put(new / "results" / f"{path.stem}.json", new / "results" / f"{stem}.json", written(made, text))
        yield f"{path.stem} -> {stem}" if stem != path.stem else stem
    for path in sorted((old / "specs").glob("*.toml")):
        stem = new_stem(path.stem)
        put(new / "specs" / path.name, new / "specs" / f"{stem}.toml", spec_text(path.read_text("utf-8")))


def put(before: Path, path: Path, text: str) -> None:
    if before != path:
        before.unlink(missing_ok=True)
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--old", type=Path, required=True)
    parser.add_argument("--new", type=Path, required=True)
    flags = parser.parse_args()
    made = list(migrate(flags.old.resolve(), flags.new.resolve()))
    print("\n".join(line for line in made if "->" in line))
    print(f"{len(made)} records, each proved")
