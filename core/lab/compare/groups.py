"""Finished runs side by side: which of them can be compared, on what, and what each had cost.

A group is the runs of one task in one configuration, a seed each. Its figures are those of `result.json`; nothing is
learnt or judged again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

from core.lab import Refusal, read_json
from core.lab.compare.cell import TEACHER, Cell, cell
from core.lab.runs.folder import COMPARED_FORM, CONFIG, RESULT, read_log, read_result
from core.lab.runs.loop import Row
from core.lab.runs.run import Run, open_run
from core.lab.runs.tasks import Task, find
from core.lab.study.spec import by


def finished_result(folder: Path) -> dict[str, Any]:
    """The result of a finished run. Raises Refusal when there is none, or what it holds is not a result."""
    if not folder.is_dir():
        raise Refusal(f"there is no folder {folder}: name a problem (trivium list shows them), all, or run folders")
    if not (folder / RESULT).exists():
        config = read_json(folder / CONFIG)  # refuses what is no run folder
        raise Refusal(f"the run of {config.get('task')} in {folder} has not finished: trivium resume {folder}")
    return read_result(folder, COMPARED_FORM)


@dataclass
class Group:
    """The runs of one task in one configuration, by seed."""

    label: str  # what tables and pictures call it
    folders: list[Path]
    results: list[dict[str, Any]]
    data: Path | None = None  # where data sets lie
    task: Task | None = None  # where it came as a file, which a run folder never leads to

    @property
    def first(self) -> dict[str, Any]:
        return self.results[0]

    @cached_property
    def run(self) -> Run | str:
        """The first run opened again, or why it cannot be: its task is a file, is not installed, or has changed."""
        try:
            run = open_run(self.folders[0], self.task, self.data)
            assert run.w.size  # builds the learner, and reads the weights
            return run
        except Refusal as refusal:
            return str(refusal)

    @cached_property
    def says(self) -> Cell | None:
        """What the task says of itself; None where it cannot be asked: it came as a file, or is not installed."""
        try:
            outside = read_json(self.folders[0] / CONFIG).get("outside") is True
            return None if outside and not self.task else cell((self.task or find(self.first["task"])).module)
        except Refusal:
            return None

    @property
    def cell(self) -> Cell:
        """What the task says of itself, and nothing where it cannot be asked."""
        return self.says or Cell()

    @property
    def teacher(self) -> str:
        return self.cell.teacher or TEACHER[self.first["paradigm"]]

    @property
    def given(self) -> str:
        """What else the method was told, and where it did not begin from nothing; - where nobody can say."""
        told = [] if self.says is None or not self.says.given else [self.says.given]
        told += [f"{name} {value}" for name, value in begun(self.first).items()]
        return "; ".join(told) or ("-" if self.says is None else "nothing")

    @cached_property
    def logs(self) -> list[list[Row]]:
        """The log of each run, with "flop" where that is known."""
        each = self.flop_of_example
        return [
            [row if each is None else row | {"flop": row["examples"] * each} for row in read_log(folder)]
            for folder in self.folders
        ]

    @cached_property
    def flop_of_example(self) -> float | None:
        """The FLOPs of learning from one example; None where the run cannot be opened, or its network not counted."""
        run = self.run
        if not isinstance(run, Run):
            return None
        x = getattr(getattr(run.learner, "splits", None), "x_train", None)  # N, *places, features
        try:
            return self.cell.flop(run.learner.net, run.setup.config, 1, () if x is None else x.shape[1:-1])
        except ValueError:
            return None

    def values(self, metric: str) -> list[float]:
        return [result["metrics"][metric] for result in self.results]

    def costs(self) -> dict[str, float | None]:
        """Means over the runs: examples, seconds, flop, answers, bits; None for what is not known."""
        n, each = len(self.results), self.flop_of_example
        mean = {name: sum(result[name] for result in self.results) / n for name in ("examples", "seconds", "answers")}
        flop = None if each is None else each * mean["examples"]
        return {**mean, "flop": flop, "bits": self.cell.most_bits(round(mean["answers"]))}


def grouped(folders: Sequence[Path], data: Path | None = None, tasks: Mapping[str, Task] | None = None) -> list[Group]:
    """The runs in these folders by task and configuration. Raises Refusal for a folder given twice, or unfinished.

    Where one seed is there twice in the same configuration, on two machines say, each of its folders is a group.
    `tasks` are those that came as files, by name.
    """
    given: dict[Path, Path] = {}
    for folder in folders:
        if (other := given.setdefault(folder.resolve(), folder)) is not folder:
            also = f", as {other} too" if other != folder else ""
            raise Refusal(f"{folder} is given twice{also}: a run says nothing new of itself")
    groups, outside, results = list[Group](), tasks or {}, [(folder, finished_result(folder)) for folder in folders]
    for pairs in by(lambda pair: json.dumps(setting(pair[1]), sort_keys=True), results).values():
        pairs.sort(key=lambda pair: pair[1]["seed"])
        twice = any(a["seed"] == b["seed"] for (_, a), (_, b) in pairwise(pairs))
        for part in ([pair] for pair in pairs) if twice else [pairs]:
            task, runs = part[0][1]["task"], [folder for folder, _ in part]
            label = f"{task} ({runs[0].name})" if twice else task
            groups.append(Group(label, runs, [result for _, result in part], data, outside.get(task)))
    for group in groups:
        same = [other for other in groups if other.first["task"] == group.first["task"] and other is not group]
        if same and "(" not in group.label:
            group.label += f" ({differing(group, same)})"
    return sorted(groups, key=lambda group: list(TEACHER).index(group.first["paradigm"]))


def setting(result: Mapping[str, Any]) -> list[Any]:
    """What the runs of a group have in common."""
    return [result["task"], result["config"], result.get("from", {}).get("w_sha256"), result.get("lengthened")]


def begun(result: Mapping[str, Any]) -> dict[str, str]:
    """What a run had before it began, or did after its end, as a comparison tells it; nothing of most."""
    origin, earlier = result.get("from"), result.get("lengthened", ())
    told = {"weights of": f"{origin['task']} {origin['w_sha256'][:8]}"} if origin else {}
    return told | ({"beyond": ", ".join(f"{one['field']} {one['was']}" for one in earlier)} if earlier else {})


def differing(group: Group, others: Sequence[Group]) -> str:
    """The settings in which a group differs from others of its task."""
    own = {**group.first["config"], **begun(group.first)}
    configs = [{**other.first["config"], **begun(other.first)} for other in others]
    differ = [f"{name} {value}" for name, value in own.items() if any(config.get(name) != value for config in configs)]
    return ", ".join(differ) or "as it is"


def comparable(parties: Sequence[tuple[str, str, Mapping[str, str]]]) -> None:
    """Refuses two of them that were not judged on the same data; of each its label, problem, and the sums of its data.

    A file that both read has one sum, and where they read any they read one in common; where they read none, as agents
    do, they are of one problem.
    """
    for (a, ours, one), (b, theirs, two) in combinations(parties, 2):
        why, name = "", next((name for name in one if name in two and one[name] != two[name]), None)
        if name:
            why = f"the data set {name} has the sum {one[name][:12]} here and {two[name][:12]} there"
        elif (one or two) and not set(one.values()) & set(two.values()):
            why = f"one has read {', '.join(one) or 'no data'}, the other {', '.join(two) or 'no data'}"
        elif not one and ours != theirs:
            why = f"their problems are {ours} and {theirs}"
        if why:
            raise Refusal(f"{a} and {b} cannot be compared: {why}")


def common_metric(groups: Sequence[Group]) -> str:
    """The test figure that all groups have; the one that most have as their score. Refusal where there is none.

    Refusal, too, where they are not comparable, as below.
    """
    comparable([(group.label, group.first["problem"], group.first["data"]) for group in groups])
    shared: set[str] = set.intersection(*(set(result["metrics"]) for group in groups for result in group.results))
    if not shared:
        names = "; ".join(f"{group.label} has {', '.join(sorted(group.first['metrics']))}" for group in groups)
        raise Refusal(f"these cannot be compared, no test figure is common to all: {names}")
    scores = [group.first["score"]["metric"] for group in groups]
    return max(sorted(shared), key=scores.count)


def better_low(groups: Sequence[Group], metric: str) -> bool:
    """Whether less of the metric is better, as the groups whose score it is say."""
    scores = [group.first["score"] for group in groups]
    return any(score["metric"] == metric and score["reference"] < score["chance"] for score in scores)


def scale(groups: Sequence[Group], metric: str) -> tuple[float, float] | None:
    """Chance and reference of the metric, of the first group whose score it is."""
    scores = [group.first["score"] for group in groups]
    ends = ((s["chance"], s["reference"]) for s in scores if s["metric"] == metric and s["reference"] != s["chance"])
    return next(ends, None)
