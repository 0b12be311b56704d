"""`trivium results`: the records that documents quote. What is in them, measured again, and written into the documents.

A record is NAME.json: one task, one preset, its settings, and a row for each seed, with the seed's figures, data sums,
versions, kernels and processor. A script of `benchmarks/` may leave records of its own form; they can be quoted too.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from core.lab.errors import Refusal

KEPT = ("seed", "metrics", "score", "baselines", "config", "parameters", "examples", "answers", "seconds", "w_sha256",
        "versions", "data")  # fmt: skip
LEVEL = 0.001  # how unlikely a difference has to be before a check calls it one


@dataclass(frozen=True)
class ListFlags:
    """The records, each with its mean and worst seed."""

    folder: Path | None = None  # where records lie; benchmarks/results or results if none is named
    json: bool = False  # prints JSON and nothing else


@dataclass(frozen=True)
class RunFlags:
    """Measures records again: trivium results run NAME NAME; or makes one: trivium results run --task taxi."""

    names: tuple[str, ...] = ()  # the records; they may stand before all flags without this one
    task: str | None = None  # makes the record TASK_PRESET, or goes on with it
    preset: Literal["quick", "default", "best"] = "best"  # of the new record
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)  # of the new record; each one that it holds already is left
    check: bool = False  # writes nothing: do seeds measured now differ from the record?
    data: Path | None = None  # where data sets lie; else TRIVIUM_DATA, else a cache folder
    folder: Path | None = None  # where records lie; benchmarks/results or results if none is named


@dataclass(frozen=True)
class DocsFlags:
    """Writes the figures that README.md, docs/*.md and benchmarks/README.md quote out of the records."""

    check: bool = False  # writes nothing: lists what differs, and exits with 1
    folder: Path | None = None  # where records lie; benchmarks/results or results if none is named
    root: Path = field(default_factory=Path)  # the folder of README.md and docs


def place(folder: Path | None) -> Path:
    ours = Path("benchmarks") / "results"
    return folder or (ours if ours.is_dir() else Path("results"))


def measure(task: str, preset: str, settings: dict[str, Any], seed: int, data: Path | None) -> dict[str, Any]:
    """A row: `trivium run` without pictures. `processor_seconds` holds all from reading the data to the report."""
    from core.lab.run import prepare, start

    setup, started = prepare(task, preset, settings, seed, data), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        result = start(setup, Path(folder) / "run", pictures=False).result
    load = {"load": round(os.getloadavg()[0], 1)} if hasattr(os, "getloadavg") else {}
    return {**{name: result[name] for name in KEPT}, **load,
            "processor_seconds": round(time.process_time() - started, 1)}  # fmt: skip


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Mean and worst seed of the score, and what stands beside them."""
    scores = [row["score"] for row in rows]
    worst = min if scores[0]["reference"] >= scores[0]["chance"] else max
    values = [score["value"] for score in scores]
    return {"metric": scores[0]["metric"], "seeds": len(rows), "mean": statistics.fmean(values),
            "worst": worst(values), "reference": statistics.fmean(score["reference"] for score in scores),
            "chance": statistics.fmean(score["chance"] for score in scores),
            "processor_seconds": statistics.fmean(row["processor_seconds"] for row in rows)}  # fmt: skip


def differs(a: Sequence[dict[str, Any]], b: Sequence[dict[str, Any]]) -> str:
    """Why rows `b`, measured now, do not come from where rows `a` of the record do; nothing if they may.

    The same weights for the same seeds are the same. Otherwise (other kernels, other versions) Welch's t-test on the
    score, two-sided, at .001: with five seeds of either side it finds a shift of about five standard deviations nine
    times in ten, and is wrong once in a thousand. Where neither side has any spread, the scores have to be equal.
    """
    from scipy import stats

    kept = {row["seed"]: row["w_sha256"] for row in a}
    if all(kept.get(row["seed"]) == row["w_sha256"] for row in b):
        return ""
    old, new = ([row["score"]["value"] for row in rows] for rows in (a, b))
    told = (
        f"{statistics.fmean(new):.5g} over {len(new)} seeds, in the record {statistics.fmean(old):.5g} over {len(old)}"
    )
    if max(old) - min(old) == max(new) - min(new) == 0:
        return told if old[0] != new[0] else ""
    p = float(stats.ttest_ind(old, new, equal_var=False).pvalue)
    return f"{told}; p = {p:.1g}, below {LEVEL}" if p < LEVEL else ""


def read(path: Path) -> dict[str, Any]:
    from core.lab.folder import read_json
    from core.lab.tasks import nearest

    if not path.is_file():
        names = [other.stem for other in path.parent.glob("*.json")]
        raise Refusal(f"there is no record {path.stem!r} in {path.parent}{nearest(path.stem, names)}")
    return read_json(path)


def write(path: Path, task: str, preset: str, settings: dict[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    from core.lab.folder import write_json

    write_json(path, {"command": f"trivium results run {path.stem}", "task": task, "preset": preset,
                      "settings": settings, **summary(rows), "rows": list(rows)})  # fmt: skip


def again(path: Path, check: bool, data: Path | None, task: str | None = None) -> bool:
    """Measures every seed of a record anew and puts it in the record's place, or checks it; False if it differs.

    A record names only installed tasks: one that came as a file has to be given again, as `task`.
    """
    held = read(path)
    if not {"task", "preset", "rows"} <= set(held):
        raise Refusal(f"the record {path.stem} is a script's: {held.get('command', 'it does not say which')}")
    if task is None and not str(held["task"]).isidentifier():
        raise Refusal(f"the record {path.stem} names no installed task but {held['task']!r}")
    rows = []
    for row in held["rows"]:
        rows.append(measure(task or held["task"], held["preset"], held.get("settings", {}), row["seed"], data))
        print(f"{path.stem}  seed {row['seed']}  {rows[-1]['score']['value']:.5g}", flush=True)
    if check:
        why = differs(held["rows"], rows)
        print(f"{path.stem}: {why or 'as in the record'}", flush=True)
        return not why
    write(path, held["task"], held["preset"], held.get("settings", {}), rows)
    return True


def extend(path: Path, flags: RunFlags) -> None:
    """Makes a record, or goes on with one: each seed is written as soon as it has finished.

    Raises Refusal where the record is of another configuration: its mean would then be of two things.
    """
    from core.lab.run import prepare

    task = str(flags.task)
    rows = read(path)["rows"] if path.exists() else []
    config = json.loads(json.dumps(asdict(prepare(task, flags.preset, {}, 0, flags.data).config)))
    if any(row.get("config") != config for row in rows):
        raise Refusal(f"the record {path.stem} is of another configuration than {task} has now: move {path} away")
    for seed in flags.seeds:
        if seed not in [row["seed"] for row in rows]:
            row = measure(task, flags.preset, {}, seed, flags.data)
            rows = sorted([*rows, row], key=lambda row: row["seed"])
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, Path(task).stem, flags.preset, {}, rows)
            print(f"{path.stem}  seed {seed}  {row['score']['value']:.5g}", flush=True)


def _run(args: Sequence[str]) -> int:
    from core.lab.flags import parse

    named = list(itertools.takewhile(lambda word: not word.startswith("-"), args))
    flags = parse(RunFlags, [*(["--names"] if named else []), *args], "trivium results run")
    folder = place(flags.folder)
    if bool(flags.task) == bool(flags.names):
        raise Refusal("name records, or a task with --task, and not both; `trivium results` lists the records")
    if flags.task:
        if not flags.seeds:
            raise Refusal("--seeds needs at least one seed")
        path = folder / f"{Path(flags.task).stem}_{flags.preset}.json"
        if flags.check:
            return int(not again(path, True, flags.data, flags.task))
        extend(path, flags)
        return 0
    for name in flags.names:
        read(folder / f"{name}.json")  # a wrong name is told before anything is measured
    same = [again(folder / f"{name}.json", flags.check, flags.data) for name in flags.names]
    return int(not all(same))


def _docs(args: Sequence[str]) -> int:
    from core.lab.flags import parse
    from core.lab.folder import write_text
    from core.lab.quotes import documents, refill

    flags = parse(DocsFlags, args, "trivium results docs")
    folder, wrong = flags.root / place(flags.folder), 0
    for path in documents(flags.root):
        text = path.read_text("utf-8")
        new, stale = refill(text, folder, path)
        for quote in stale:
            at = f"{quote.path}:{quote.line}"
            told = f"says {quote.said!r}, the record {quote.now!r}" if quote.now is not None else quote.why
            print(f"{at}: {told}" + ("; written" if quote.now is not None and not flags.check else ""))
            wrong += flags.check or quote.now is None
        if new != text and not flags.check:
            write_text(path, new)
    return int(wrong > 0)


def _list(args: Sequence[str]) -> int:
    from core.lab.display import figure, table
    from core.lab.flags import parse

    flags = parse(ListFlags, args, "trivium results")
    folder = place(flags.folder)
    if not folder.is_dir():
        raise Refusal(f"there is no folder {folder}: name that of the records with --folder")
    records = {path.stem: read(path) for path in sorted(folder.glob("*.json"))}
    if flags.json:
        print(json.dumps(records))
        return 0
    ours = {name: held for name, held in records.items() if {"task", "rows", "mean"} <= set(held)}
    table(("record", "task", "preset", "figure", "mean", "worst seed", "seeds", "seconds"),
          [(name, held["task"], held["preset"], held["metric"], figure(held["mean"]), figure(held["worst"]),
            str(held["seeds"]), figure(held["processor_seconds"])) for name, held in ours.items()])  # fmt: skip
    for name in sorted(set(records) - set(ours)):
        print(f"{name}: {records[name].get('command', 'of a script')}")
    return 0


def results(args: Sequence[str]) -> int:
    """Runs one of `trivium results`, `results run`, `results docs`; returns the exit code."""
    if args and args[0] in ("run", "docs"):
        return {"run": _run, "docs": _docs}[args[0]](args[1:])
    if args and not args[0].startswith("-"):
        raise Refusal(f"trivium results takes run or docs, not {args[0]!r}")
    return _list(args)
