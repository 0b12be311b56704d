"""`trivium compare`: the same data, the same network shape, several teachers; one table and one page a problem.

trivium compare digits             all tasks of the problem, with the same seeds
trivium compare all                every problem that has all three teachers: the nine cells
trivium compare wines.py digits    these tasks, installed or in files, with the same seeds
trivium compare DIR DIR ...        finished runs, whatever they are of, as long as they can be compared
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.lab import Refusal, check, nearest, read_json, write_json
from core.lab.cli.flags import JOBS, SEEDS, Imports, parse
from core.lab.compare.cell import TEACHER
from core.lab.paths import user_path
from core.lab.report.format import table
from core.lab.report.pictures import noting
from core.lab.runs.folder import PAGE, create, new_folder
from core.lab.runs.imports import load
from core.lab.runs.tasks import Info, Task, describe_all, find, is_file
from core.lab.study.job import Job, file_sha256
from core.lab.study.spec import by
from core.lab.terminal import one_line

if TYPE_CHECKING:
    from core.lab.compare.groups import Group

PLAN, RESULTS = "compare.json", "compared.json"


@dataclass(frozen=True)
class CompareFlags:
    """One problem, three teachers: runs all tasks of a problem with the same seeds, and sets them side by side."""

    what: tuple[str, ...]  # a problem (trivium list shows them), all, several tasks, or the folders of finished runs
    seeds: int = 0  # seeds 0, 1, ... of each task; without it 5, with --quick 2
    jobs: int = 2  # how many processes learn side by side
    preset: Literal["quick", "default", "best"] = "default"  # budgets of all tasks
    quick: bool = False  # short for --preset quick, and two seeds
    data: Path | None = None  # where data sets lie; else TRIVIUM_DATA, else a cache folder
    out: Path | None = None  # the folder for runs and page; runs/compare-PROBLEM-1, -2, ... if none is named
    force: bool = False  # moves aside what the folder holds already
    json: bool = False  # prints the results as JSON and nothing else
    import_: Imports = ()  # a file or module to import in every run, which executes it; may be given several times

    def __post_init__(self) -> None:
        check(self, span={"seeds": (0, SEEDS[1]), "jobs": JOBS})

    @property
    def budget(self) -> tuple[int, str]:
        """How many seeds, and the preset."""
        return self.seeds or (2 if self.quick else 5), "quick" if self.quick else self.preset


def infos() -> list[Info]:
    found = describe_all()
    return [info for paradigm in TEACHER for info in found if info.paradigm == paradigm]


def tasks_of(problem: str) -> list[str]:
    """The installed tasks of a problem: label, nothing, reward, in this order. Raises Refusal where there is none."""
    problems = by(attrgetter("problem"), infos())
    if problem not in problems:
        raise Refusal(f"no task is of the problem {problem!r}{nearest(problem, problems)}")
    return [info.name for info in problems[problem]]


def complete_problems() -> list[str]:
    """The problems that have a task of each of the three teachers: the rows of the nine cells."""
    problems = by(attrgetter("problem"), infos())
    return [problem for problem, found in problems.items() if len({info.paradigm for info in found}) == len(TEACHER)]


def begin(name: str, flags: CompareFlags) -> Path:
    """A folder for a comparison by this name; one of the same comparison that was stopped is gone on with.

    A task's file that has changed since is another task, and so another comparison.
    """
    out = flags.out or new_folder(Path("runs") / f"compare-{name}")
    (seeds, preset), files = flags.budget, [word for word in flags.what if is_file(word)]
    sums = {word: file_sha256(Path(word)) for word in files}
    plan = {"compare": list(flags.what), "seeds": seeds, "preset": preset, "files": sums}
    if flags.force or not (out / PLAN).exists() or read_json(out / PLAN) != plan:
        write_json(create(out, flags.force) / PLAN, plan)
    return out


def run_all(words: Sequence[str], flags: CompareFlags, out: Path, wary: bool = False) -> list[Group]:
    """Runs these tasks, names or files, with every seed, below `out`, as far as that is not done; in groups.

    Which test figures a task has its report alone can say. So if `wary` the first seed of each is run before the
    others, and Refusal raised where they share none.
    """
    from core.lab.compare.groups import common_metric, grouped
    from core.lab.study.runner import launch

    tasks, (seeds, preset) = [find(word) for word in words], flags.budget

    def job(word: str, task: Task, seed: int) -> Job:
        sha = file_sha256(Path(word)) if task.outside else None
        return Job(word, seed, preset, out / f"{task.name}-{seed}", flags.data, False, (), sha, load(flags.import_))

    jobs = [job(word, task, seed) for seed in range(seeds) for word, task in zip(words, tasks, strict=True)]
    outside = {task.name: task for task in tasks if task.outside}
    first = len(tasks) if wary else 0
    if wary:
        launch(jobs[:first], flags.jobs, quiet=flags.json)
        common_metric(grouped([job.folder for job in jobs[:first]], flags.data, outside))
    launch(jobs[first:], flags.jobs, quiet=flags.json)
    return grouped([job.folder for job in jobs], flags.data, outside)


def check_comparable(words: Sequence[str], flags: CompareFlags) -> None:
    """Refuses, before anything is learnt, tasks that read different data or are of different problems."""
    from core.lab.compare.groups import comparable
    from core.lab.runs.run import prepare

    setups = [prepare(word, flags.budget[1], {}, 0, flags.data) for word in words]
    comparable([(setup.task.name, setup.task.problem, setup.build()[1].sums) for setup in setups])


@noting()
def write_page(groups: Sequence[Group], out: Path, name: str, lead: str) -> tuple[str, list[Any]]:
    """Writes page and figures into `out`; returns the common metric, and the sections for a page of several."""
    from core.lab.compare.groups import common_metric
    from core.lab.compare.page import compare_page
    from core.lab.compare.tables import summary

    metric = common_metric(groups)
    sections, found = compare_page(groups, metric, out, f"Trivium: {name}", lead)
    write_json(out / RESULTS, {"name": name, **summary(groups, metric), **({"probes": found} if found else {})})
    return metric, sections


def print_table(groups: Sequence[Group], metric: str, name: str) -> None:
    """The table on the terminal: score and cost in one row, what was given apart, since it is long."""
    from core.lab.compare.tables import COST, SCORE, TOLD, cost_row, score_row, told_row

    rows = [[*told_row(group)[:2], *score_row(group, metric)[1:], *cost_row(group)[1:]] for group in groups]
    table((*TOLD[:2], *SCORE[1:], *COST[1:]), rows, f"{name}: {metric}")


def compare(args: Sequence[str]) -> int:
    """Runs the comparison; returns the exit code."""
    flags = parse(CompareFlags, args, "trivium compare")
    flags = replace(flags, what=tuple(str(user_path(word)) if word[:1] == "~" else word for word in flags.what))
    load(flags.import_)
    if not flags.what:
        raise Refusal("name a problem (trivium list shows them), all, or the folders of finished runs")
    if flags.what == ("all",):
        return _all(flags)
    folders = [Path(word) for word in flags.what]
    word, *others = flags.what
    is_problem = not folders[0].is_dir() or word in {info.problem for info in infos()}
    if not others and not word.endswith(".py") and is_problem:
        return _tasks(word, tasks_of(word), flags)
    if not any(map(Path.is_dir, folders)) and all(word.endswith(".py") or not is_file(word) for word in flags.what):
        return _tasks("tasks", flags.what, flags)
    return _runs(folders, flags)


def _lead(flags: CompareFlags) -> str:
    seeds, preset = flags.budget
    return f"Seeds 0 to {seeds - 1}, preset {preset}: the same for every task."


def _tasks(name: str, words: Sequence[str], flags: CompareFlags) -> int:
    names = [find(word).name for word in words]  # refuses an unknown one before a folder is made
    if len(set(names)) < len(names):
        raise Refusal(f"each task can stand once in a comparison, not twice: {', '.join(names)}")
    if wary := words is flags.what:  # tasks that were named one by one: nobody has said that they are of one problem
        check_comparable(words, flags)
    groups = run_all(words, flags, out := begin(name, flags), wary)
    metric, _ = write_page(groups, out, f"{name}, {len(groups)} tasks", _lead(flags))
    return _end(groups, metric, name, out, flags)


def _end(groups: Sequence[Group], metric: str, name: str, out: Path, flags: CompareFlags) -> int:
    if flags.json:
        print(json.dumps(sorted((result for group in groups for result in group.results), key=itemgetter("seed"))))
    else:
        print_table(groups, metric, name)
        print(f"page: {out / PAGE}")
    return 0


def _runs(folders: Sequence[Path], flags: CompareFlags) -> int:
    from core.lab.compare.groups import common_metric, finished_result, grouped

    if len(folders) < 2:
        finished_result(folders[0])  # refuses what is no run
        raise Refusal(f"{folders[0]} is one run: name two or more to compare")
    groups = grouped(folders, flags.data)
    common_metric(groups)  # refuses before a folder is made
    out = create(flags.out or new_folder(Path("runs") / "compare"), flags.force)
    name = " and ".join(group.label for group in groups)
    metric, _ = write_page(groups, out, name, f"{len(folders)} finished runs.")
    return _end(groups, metric, "runs", out, flags)


@noting()
def _all(flags: CompareFlags) -> int:
    """The nine cells. A problem whose tasks are refused, for want of its data say, is named, and the others go on."""
    from core.lab.compare.page import NINE, nine_page, nine_rows

    out, problems = begin("all", flags), dict[str, "tuple[list[Group], str]"]()
    sections, missing = dict[str, list[Any]](), dict[str, str]()
    for problem in complete_problems():
        try:
            groups = run_all(tasks_of(problem), flags, out / problem)
            metric, sections[problem] = write_page(groups, out / problem, problem, _lead(flags))
            problems[problem] = groups, metric
        except Refusal as refusal:
            missing[problem] = str(refusal)
            print(one_line(f"{problem} is left out: {refusal}"), file=sys.stderr)
    if not problems:
        raise Refusal("no problem could be compared: " + "; ".join(missing.values()))
    nine_page(problems, sections, missing, out, _lead(flags))
    if flags.json:
        print(json.dumps([result for groups, _ in problems.values() for group in groups for result in group.results]))
    else:
        for problem, (groups, metric) in problems.items():
            print_table(groups, metric, problem)
        rows = [[cell.replace("\n\n", "; ").replace("\n", ", ") for cell in row] for row in nine_rows(problems)]
        table(NINE, rows, "the nine cells")
        print(f"page: {out / PAGE}")
    return 1 if missing else 0
