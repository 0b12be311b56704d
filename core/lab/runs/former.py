"""Names of before: tasks, fields of their Config and values, each with the name that took its place.

A command refuses an old name and says the new one; a run folder of before is read through this one table. No old name
is used again with another meaning.
"""

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from core.lab import Refusal

FORMAT = 2  # of config.json and of checkpoints; folders of format 1 do not say theirs
TASKS = {
    "images": "image_folder",
    "fashion": "fashion_cnn",
    "fashion_plain": "fashion_mlp",
    "mnist": "mnist_augmented",
    "mnist_plain": "mnist_mlp",
    "cartpole_expert": "cartpole_imitation",
    "review_reader": "review_guided",
    "digit_codes": "digit_autoencoder",
    "review_writer": "review_lm",
    "review_tuned": "review_rl",
    "cartpole_cloning": "cartpole_dagger",
}
_ANY = {  # old field: new field, of every task that has the new one and not the old one
    "looks": "test_time_augmentations",
    "smoothing": "label_smoothing",
    "decay": "weight_decay",
    "report": "interpret",
    "starts": "n_init",
    "codes": "latent_dim",
    "blobs": "components",
    "blank": "token_dropout",
    "cut": "context_dropout",
    "follow": "tau",
    "blind": "learning_starts",
    "ahead": "n_step",
    "exploring": "exploration_fraction",
    "leash": "kl_coef",
    "side": "size",
}
_OWN = {  # old field: the new ones, of which a task has one
    "steps": ("rollout", "timesteps"),
    "memory": ("replay_size", "baseline_momentum"),
    "every": ("train_every", "step_loss_weight"),
}
_OWNER = {"lunar_lander": {"steps": "timesteps"}, "env": {"steps": "timesteps"}}  # where a task has both
VALUES: dict[str, Mapping[Any, Any]] = {
    "interpret": {"plain": False, "deep": True},
    "method": {"information": "mutual_information"},
}


def field(task: str, name: str, fields: Iterable[str]) -> str | None:
    """The field of a task, one of `fields`, that the old field `name` became; None where it is no old one."""
    known = set(fields)
    if name in known:
        return None
    if name in _OWNER.get(task, {}):
        return _OWNER[task][name]
    return next((new for new in (*_OWN.get(name, ()), _ANY.get(name, "")) if new in known), None)


def config(task: str, values: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """The configuration of a run of format 1 in the names of today."""
    fields = set(fields)
    renamed = {field(task, name, fields) or name: value for name, value in values.items()}
    return {
        name: VALUES[name].get(value, value) if name in VALUES and isinstance(value, str) else value
        for name, value in renamed.items()
    }


def check_task(name: str) -> None:
    """Raises Refusal for the old name of a task, with the new one."""
    if name in TASKS:
        raise Refusal(f"the task {name!r} is now called {TASKS[name]!r}: trivium run {TASKS[name]}")


def check_flags(task: str, args: Iterable[str], fields: Iterable[str]) -> None:
    """Raises Refusal for the flag of an old field, or for an old value of a flag, with the new one."""
    fields, words = set(fields), [word for arg in args for word in (arg.split("=", 1) if arg[:2] == "--" else [arg])]
    for word, value in zip(words, [*words, ""][1:], strict=True):
        name = word.removeprefix("--").removeprefix("no-").replace("-", "_")
        if not word.startswith("--"):
            continue
        if new := field(task, name, fields):
            raise Refusal(f"the flag {word} of {task} is now --{new.replace('_', '-')}")
        if name in fields and value in VALUES.get(name, ()):
            raise Refusal(f"{word} {value} of {task} is now {word} {VALUES[name][value]}")


def check_format(found: Any, where: Any) -> int:
    """The format of what was written, 1 where it is not said. Raises Refusal for one that is not known yet."""
    if found in (None, FORMAT, str(FORMAT)):
        return FORMAT if found else 1
    raise Refusal(f"{where} is of format {found}, which this version cannot read: install a newer one")


def same_files(found: Mapping[str, str], expected: Mapping[str, str], paths: Iterable[str]) -> dict[str, str]:
    """The texts of a checkpoint, as the expected ones where they differ in where the same files lie alone.

    `paths` are the fields of the configuration that hold paths.
    """
    made = dict(found)
    with suppress(KeyError, ValueError, AttributeError, TypeError, RecursionError):
        if _by_sums(found, paths) == _by_sums(expected, paths):
            made |= {name: expected[name] for name in ("config", "data")}
    return made


def lengthened(found: Mapping[str, str], expected: Mapping[str, str]) -> dict[str, str]:
    """The texts of a checkpoint; as the expected ones where they are of the moment before the run was lengthened."""
    made = dict(found)
    with suppress(KeyError, ValueError, AttributeError, TypeError, RecursionError):
        *earlier, (name, was) = json.loads(expected["lengthened"])
        config, longer = json.loads(found["config"]), json.loads(expected["config"])[name]
        if config[name] == was and json.loads(found.get("lengthened", "[]")) == earlier:
            made |= {"config": json.dumps({**config, name: longer}), "lengthened": expected["lengthened"]}
    return made


def _by_sums(texts: Mapping[str, str], paths: Iterable[str]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Configuration and data, each path being the sum of what lies there, or its last part where no sum is known."""
    config, sums = json.loads(texts["config"]), _by_leaf(texts)
    leaves = {name: _leaf(config[name]) for name in paths}
    data = sorted(("" if name in leaves.values() else name, sha256) for name, sha256 in sums.items())
    return config | {name: sums.get(leaf, leaf) for name, leaf in leaves.items()}, data


def changed_files(found: Mapping[str, str], expected: Mapping[str, str]) -> str:
    """The files whose sums differ, where the same files were read."""
    with suppress(KeyError, ValueError, AttributeError, TypeError, RecursionError):  # of texts that are damaged
        then, now = _by_leaf(found), _by_leaf(expected)
        return ", ".join(name for name in then if then[name] != now[name]) if then.keys() == now.keys() else ""
    return ""


def _by_leaf(texts: Mapping[str, str]) -> dict[str, str]:
    return {_leaf(name): sha256 for name, sha256 in json.loads(texts["data"]).items()}


def _leaf(path: str) -> str:
    """The last part of a path, on whatever system it was written."""
    return re.split(r"[\\/]", path.rstrip("\\/"))[-1]


def listed(value: Any, now: Any) -> Any:
    """A text as the list of one, or of none, that a field which was a text holds `now`; anything else as it is."""
    if isinstance(now, list | tuple) and all(isinstance(each, str) for each in now) and isinstance(value, str):
        return type(now)([value] if value else ())
    return value


def same_config(found: Mapping[str, str], expected: Mapping[str, str]) -> dict[str, str]:
    """The texts of a checkpoint, its configuration as the expected one where it says the same.

    Fields that have come since then have their defaults there, and one that was a text may be a list of texts now.
    """
    made = dict(found)
    with suppress(KeyError, ValueError, AttributeError, TypeError, RecursionError):  # of a text that is damaged
        ours = json.loads(expected["config"])
        theirs = config(expected["task"], json.loads(found["config"]), ours)
        if {**ours, **{name: listed(value, ours.get(name)) for name, value in theirs.items()}} == ours:
            made["config"] = expected["config"]
    return made


def same_texts(found: Mapping[str, str], expected: Mapping[str, str]) -> Mapping[str, str]:
    """The texts of a checkpoint of format 1, each put as today where it says the same as the expected one.

    Layouts are compared by their shapes, in their order.
    """
    if not {"task", "config", "layout"} <= found.keys():
        return found
    made = same_config(found, expected)
    with suppress(ValueError, AttributeError, TypeError, RecursionError):  # of a text that is damaged
        if [*json.loads(found["layout"]).values()] == [*json.loads(expected["layout"]).values()]:
            made["layout"] = expected["layout"]
    if TASKS.get(found["task"]) == expected["task"]:
        made["task"] = expected["task"]
    return {**made, "format": str(FORMAT)}
