"""What a study is of: a TOML file of tasks, settings and seeds, read whole, and all that is wrong in it found at once.

    seeds = 5                      # 0 to 4; or a list, [0, 7, 12]
    preset = "quick"

    [[study]]
    task = "digits"                # or a file, from the spec's folder: "flowers.py"
    config = { epochs = 5 }        # fixed fields of the task's Config
    [study.grid]                   # every combination of these
    lr = [1e-3, 3e-3]
    hidden = [[64], [128]]

A job's key is a digest of its task, its whole configuration and its seed. So no order, engine or clock enters it.
"""

import hashlib
import itertools
import json
import math
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

from core.lab.data.formats import own_text
from core.lab.errors import Refusal, nearest, refusing
from core.lab.files import read_file
from core.lab.paths import located, user_path
from core.lab.runs.tasks import PRESET_NAMES, Task, configure, find, is_file, preset
from core.lab.study.job import Job, file_sha256

MAX_JOBS = 10_000  # of a study
SIZE = 1 << 20  # bytes of a spec


@dataclass(frozen=True)
class Planned:
    """A job of a study, and what is said of it: the fields that the spec sets, and the whole configuration."""

    job: Job
    key: str
    task: str
    setting: dict[str, Any]
    config: dict[str, Any]
    label: str = ""  # what tells its setting from the others of its task: 'lr 0.001, hidden 64'

    def kept(self) -> dict[str, Any]:
        """What spec.json keeps of it."""
        said = {name: getattr(self, name) for name in ("task", "label", "setting", "config")}
        return {**said, **{name: getattr(self.job, name) for name in ("preset", "seed", "task_sha256")}}


def load_spec(path: Path) -> dict[str, Any]:
    """The tables of a TOML file. Raises Refusal when it cannot be read."""
    raw = read_file(path, SIZE)
    with refusing(f"{path} cannot be read as TOML", ValueError, RecursionError):
        return tomllib.loads(own_text(raw))


def plan(spec: Mapping[str, Any], beside: Path, runs: Path, data: Path | None) -> tuple[list[Planned], list[str]]:
    """The jobs of a spec in its order, each with a folder in `runs`, and everything that is wrong with the spec.

    Files, of tasks and in settings, are found from the folder `beside`. Where there are faults, the jobs are not all
    there.
    """
    faults, tables = _unknown("the spec", spec, ("seeds", "preset", "study")), spec.get("study")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        return [], [*faults, "the spec needs at least one table [[study]] with a task"]
    common = _seeds("the spec", spec.get("seeds", 1), faults)
    usual = _preset("the spec", spec.get("preset", "default"), faults)
    planned, sources = dict[str, Planned](), dict[str, str]()
    for number, table in enumerate(tables, 1):
        where = f"study {number}"
        faults += _unknown(where, table, ("task", "preset", "seeds", "config", "grid"))
        seeds = _seeds(where, table["seeds"], faults) if "seeds" in table else common
        name = _preset(where, table["preset"], faults) if "preset" in table else usual
        settings = list(_settings(where, table, faults))
        if (task := _task(where, table.get("task"), beside, faults)) is None:
            continue
        if len(seeds) * len(settings) > MAX_JOBS:
            faults.append(f"{where}: {len(seeds) * len(settings)} jobs are more than {MAX_JOBS}")
            continue
        source = str(Path(str(task.module.__file__)).resolve()) if task.outside else task.name
        sha = file_sha256(Path(source)) if task.outside else None
        if sources.setdefault(task.name, source) != source:
            faults.append(f"{where}: {source} and {sources[task.name]} have one name: give one file another")
            continue
        for setting, config in _configured(where, task, name, settings, faults):
            for seed in seeds:
                key = _key(task.name, sha, config, seed)
                here = tuple(located(task.config, setting, beside).items())
                job = Job(source, seed, name, runs / key, data, False, here, sha)
                if planned.setdefault(key, made := Planned(job, key, task.name, setting, config)) is not made:
                    faults.append(f"{where}: {task.name} with {setting}, preset {name}, seed {seed} is there already")
    return _labelled(list(planned.values())), list(dict.fromkeys(faults))


def by(key: Callable[[Any], Any], items: Iterable[Any]) -> dict[Any, list[Any]]:
    """The items of each key, in the order in which they come."""
    groups: dict[Any, list[Any]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def _labelled(planned: list[Planned]) -> list[Planned]:
    """Each with its label: the preset where a task has several, and the fields in which its settings differ."""
    told: dict[str, tuple[list[str], bool]] = {}
    for task, group in by(attrgetter("task"), planned).items():
        fields = dict.fromkeys(field for p in group for field in p.setting)
        differ = [field for field in fields if any(p.config[field] != group[0].config[field] for p in group)]
        told[task] = differ, len({p.job.preset for p in group}) > 1
    return [replace(p, label=_label(p, *told[p.task])) for p in planned]


def _label(p: Planned, fields: list[str], with_preset: bool) -> str:
    said = ", ".join(f"{field} {_short(p.config[field])}" for field in fields)
    return (f"{p.job.preset}: " if with_preset and said else "") + (said or p.job.preset)


def _short(value: Any) -> str:
    return "-".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _unknown(where: str, table: Mapping[str, Any], known: tuple[str, ...]) -> list[str]:
    return [f"{where} has no key {name!r}{nearest(name, known)}" for name in table if name not in known]


def _seeds(where: str, value: Any, faults: list[str]) -> list[int]:
    if type(value) is int and 0 < value <= MAX_JOBS:
        return list(range(value))
    whole = isinstance(value, list) and all(type(seed) is int and 0 <= seed < 2**63 for seed in value)
    if whole and value and len(set(value)) == len(value):
        return list(value)
    known = f"a number from 1 to {MAX_JOBS}, or a list of different whole numbers from 0"
    faults.append(f"{where}: seeds must be {known}, not {value!r}")
    return []


def _preset(where: str, name: Any, faults: list[str]) -> str:
    if name in PRESET_NAMES:
        return str(name)
    faults.append(f"{where}: there is no preset {name!r}{nearest(str(name), PRESET_NAMES)}")
    return "default"


def _settings(where: str, table: Mapping[str, Any], faults: list[str]) -> Iterator[dict[str, Any]]:
    """Every combination of the grid on top of the fixed fields."""
    fixed, grid = table.get("config", {}), table.get("grid", {})
    for name, part in (("config", fixed), ("grid", grid)):
        if not isinstance(part, dict):
            faults.append(f"{where}: {name} must be a table of fields, not {part!r}")
            return
    odd = {field: value for field, value in [*fixed.items(), *grid.items()] if not _plain(value)}
    known = "finite numbers, texts, true, false, or lists of these"
    faults += [f"{where}: {field} must hold {known}: {value}" for field, value in odd.items()]
    fixed, grid = ({k: v for k, v in part.items() if k not in odd} for part in (fixed, grid))
    for field, values in grid.items():
        if not isinstance(values, list) or not values:
            faults.append(f"{where}: the grid of {field} must be a list of at least one value, not {values!r}")
        elif any(values.count(value) > 1 for value in values[:MAX_JOBS]):
            faults.append(f"{where}: the grid of {field} holds a value twice")
        if field in fixed:
            faults.append(f"{where}: {field} is in config and in grid")
    if table.get("grid") == {}:
        faults.append(f"{where}: the grid is empty")
    lists = [values if isinstance(values, list) and values else [None] for values in grid.values()]
    if math.prod(map(len, lists)) > MAX_JOBS:
        faults.append(f"{where}: the grid has more than {MAX_JOBS} settings")
        return
    for values in itertools.product(*lists):
        chosen = {name: value for name, value in zip(grid, values, strict=True) if value is not None}
        yield {name: _frozen(value) for name, value in (fixed | chosen).items()}


def _plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_plain, value))
    return isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value))


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _task(where: str, name: Any, beside: Path, faults: list[str]) -> Task | None:
    if not isinstance(name, str):
        faults.append(f"{where} needs a task: task = NAME or FILE.py")
        return None
    try:
        return find(str(beside / user_path(name)) if is_file(name) else name)
    except Refusal as refusal:
        faults.append(f"{where}: {refusal}")
        return None


def _configured(
    where: str, task: Task, name: str, settings: list[dict[str, Any]], faults: list[str]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each setting, with the whole configuration that it gives; of one that is refused, each field by itself too."""
    base = preset(task, name)
    for setting in settings:
        try:
            config = configure(task, {**base, **setting})
        except Refusal as refusal:
            faults.append(f"{where}: {refusal}")
            for field, value in setting.items():
                try:
                    configure(task, {**base, field: value})
                except Refusal as another:
                    faults.append(f"{where}: {another}")
        else:
            yield {field: getattr(config, field) for field in setting}, asdict(config)


def _key(task: str, sha: str | None, config: Mapping[str, Any], seed: int) -> str:
    said = json.dumps([task, sha, config], sort_keys=True).encode()
    return f"{task}-{hashlib.sha256(said).hexdigest()[:10]}-{seed}"


def differences(before: Any, now: Any, where: str = "") -> Iterator[str]:
    """Where two values of JSON differ, path by path: 'study.1.grid.lr: [0.1] was, [0.2] is'."""
    before, now = _numbered(before), _numbered(now)
    if isinstance(before, dict) and isinstance(now, dict):
        for name in dict.fromkeys([*before, *now]):
            yield from differences(before.get(name), now.get(name), f"{where}.{name}" if where else name)
    elif before != now:
        yield f"{where}: {json.dumps(before)} was, {json.dumps(now)} is"


def _numbered(value: Any) -> Any:
    """A list of tables as a table of tables by their number."""
    tables = isinstance(value, list) and value and all(isinstance(each, dict) for each in value)
    return {str(k): each for k, each in enumerate(value, 1)} if tables else value
