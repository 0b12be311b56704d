"""`trivium results`: the records that documents quote. What is in them, measured again, and written into the documents.

A record is NAME.json, and core/lab/results/records.py says what is in it. A script of `benchmarks/` may leave records
of its own form; they can be quoted too.
"""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from core.lab import Refusal, check
from core.lab.cli.flags import JOBS, parse
from core.lab.results.records import again, by_setting, extend, is_ours, ours, outsiders, read, summary


@dataclass(frozen=True)
class ListFlags:
    """The records, each with its mean and worst seed."""

    folder: Path | None = None  # where records lie; benchmarks/results or results if none is named
    json: bool = False  # prints JSON and nothing else


@dataclass(frozen=True)
class MeasureFlags:
    """Measures records again, all of them where none is named: trivium results run NAME NAME; or makes one, with --task
    or --spec."""

    names: tuple[str, ...] = ()  # the records; they may stand before all flags without this one
    task: str | None = None  # makes the record TASK_PRESET, or goes on with it
    preset: Literal["quick", "default", "best"] = "best"  # of the new record
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)  # of the new record; each one that it holds already is left
    spec: Path | None = None  # makes the record of a study's TOML file, with the file's name, or goes on with it
    jobs: int = 1  # how many processes learn side by side
    check: bool = False  # writes nothing: do seeds measured now differ from the record?
    data: Path | None = None  # where data sets lie; else TRIVIUM_DATA, else a cache folder
    folder: Path | None = None  # where records lie; benchmarks/results or results if none is named

    def __post_init__(self) -> None:
        check(self, span={"jobs": JOBS})


@dataclass(frozen=True)
class DocsFlags:
    """Writes the figures that README.md, docs/*.md and benchmarks/README.md quote out of the records."""

    check: bool = False  # writes nothing: lists what differs, and exits with 1
    typed: bool = False  # lists figures that no record holds, too, and exits with 1
    folder: Path | None = None  # where records lie; benchmarks/results or results if none is named
    root: Path = field(default_factory=Path)  # the folder of README.md and docs


def place(folder: Path | None) -> Path:
    ours = Path("benchmarks") / "results"
    return folder or (ours if ours.is_dir() else Path("results"))


def _spec_of_task(path: Path, flags: MeasureFlags) -> dict[str, Any]:
    """The spec of --task, --preset and --seeds, with the seeds that the record has already."""
    if not flags.seeds:
        raise Refusal("--seeds needs at least one seed")
    held = {row.get("seed") for row in ours(path)["rows"]} if path.exists() else set()
    seeds = sorted(held) if flags.check else sorted({*held, *flags.seeds})
    return {"preset": flags.preset, "seeds": seeds, "study": [{"task": flags.task}]}


def _run(args: Sequence[str]) -> int:
    from core.lab.study.spec import load_spec

    named = list(itertools.takewhile(lambda word: not word.startswith("-"), args))
    flags = parse(MeasureFlags, [*(["--names"] if named else []), *args], "trivium results run")
    folder = place(flags.folder)
    if bool(flags.task) + bool(flags.names) + bool(flags.spec) > 1:
        raise Refusal("name records, or a task with --task, or a file with --spec; `trivium results` lists the records")
    if flags.task or flags.spec:
        path = folder / f"{flags.spec.stem if flags.spec else f'{Path(str(flags.task)).stem}_{flags.preset}'}.json"
        spec = load_spec(flags.spec) if flags.spec else _spec_of_task(path, flags)
        beside = flags.spec.resolve().parent if flags.spec else Path()
        if flags.check:
            return int(not again(path, flags.jobs, True, flags.data, spec, beside))
        extend(path, spec, beside, flags.jobs, flags.data)
        return 0
    names = list({name: read(folder / f"{name}.json") for name in flags.names})  # a wrong name is told before all else
    same = [again(folder / f"{name}.json", flags.jobs, flags.check, flags.data) for name in names or _all(folder)]
    return int(not all(same))


def _all(folder: Path) -> list[str]:
    """Every record that can be measured again, the quickest first; says how long it will take, and what is left out."""
    records = {path.stem: held for path in sorted(folder.glob("*.json")) if is_ours(held := read(path))}
    for name in [name for name, held in records.items() if outsiders(held["spec"])]:
        print(f"{name}: left out, its task came as a file: give it again, with --task or --spec")
        del records[name]
    rows = {name: held["rows"] for name, held in records.items()}
    spent = {name: sum(row["processor_seconds"] or row["seconds"] for row in each) for name, each in rows.items()}
    if not spent:
        raise Refusal(f"there are no records to measure again in {folder}; make one with --task NAME")
    runs, minutes = sum(map(len, rows.values())), sum(spent.values()) / 60
    told = f"on the machine that made them {minutes:.0f} minutes of a processor"
    print(f"{len(spent)} records, {runs} runs: {told}", flush=True)
    return sorted(spent, key=lambda name: spent[name])


def _docs(args: Sequence[str]) -> int:
    from core.lab import write_text
    from core.lab.results.quotes import documents, refill, typed

    flags = parse(DocsFlags, args, "trivium results docs")
    folder, wrong = flags.root / place(flags.folder), 0
    for path in documents(flags.root):
        text = path.read_text("utf-8")
        new, stale = refill(text, folder, path)
        for quote in stale:
            told = f"says {quote.said!r}, the record {quote.now!r}" if quote.now is not None else quote.why
            print(
                f"{quote.path}:{quote.line}: {told}"
                + ("; written" if quote.now is not None and not flags.check else "")
            )
            wrong += flags.check or quote.now is None
        for line, figure in typed(new) if flags.typed else ():
            print(f"{path}:{line}: no record holds {figure!r}")
            wrong += 1
        if new != text and not flags.check:
            write_text(path, new)
    return int(wrong > 0)


def _list(args: Sequence[str]) -> int:
    from core.lab.report.format import figure, table

    flags = parse(ListFlags, args, "trivium results")
    folder = place(flags.folder)
    if not folder.is_dir():
        raise Refusal(f"there is no folder {folder}: name that of the records with --folder")
    records = {path.stem: read(path) for path in sorted(folder.glob("*.json"))}
    if flags.json:
        print(json.dumps(records))
        return 0
    lines = []
    for name, held in records.items():
        for (task, label), rows in by_setting(held["rows"]).items() if is_ours(held) else ():
            s = summary(rows)
            spent = figure(s["processor_seconds"]) if s["processor_seconds"] else ""
            figures = figure(s["mean"]), figure(s["worst"]), str(s["seeds"])
            lines.append((name, task, label, s["metric"], *figures, spent))
    table(("record", "task", "setting", "figure", "mean", "worst seed", "seeds", "seconds"), lines)
    for name, held in records.items():
        if not is_ours(held):
            print(f"{name}: {held.get('command', 'of a script')}")
    return 0


def results(args: Sequence[str]) -> int:
    """Runs one of `trivium results`, `results run`, `results docs`; returns the exit code."""
    if args and args[0] in ("run", "docs"):
        return {"run": _run, "docs": _docs}[args[0]](args[1:])
    if args and not args[0].startswith("-"):
        raise Refusal(f"trivium results takes run or docs, not {args[0]!r}")
    return _list(args)
