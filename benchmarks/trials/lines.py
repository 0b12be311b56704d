"""Fuzz, second part: command lines, of right words in wrong places and of wrong words, in forks and as commands."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from trials import forks, mutate, world
from trials.campaign import Failure, Outcome, Plan, campaign

BATCH = 40  # lines of a case
ALONE = 3.0  # seconds until a command of its own is asked to stop
PATHS = (*mutate.words("paths"), "", "a" * 300)
TASKS = (
    "digits",
    "table",
    "text",
    "cartpole",
    "env",
    "function_fit",
    "image_folder",
    "table_clusters",
    "digit_clusters",
    "perceptron",
)
FLAGS = {
    "resume": "--save-every --json --task --data",
    "eval": "--json --task --data",
    "predict": "--json --out --force --target --threshold --format --task --data",
    "generate": "--prompt --length --temperature --top-k --seed --streams --task",
    "compare": "--seeds --jobs --preset --quick --out --data --force --json",
    "study": "--out --jobs --engine --scheduler --data --dry-run --json",
    "status": "--json",
    "results": "run docs --folder --json --check --typed --root --task --seeds --spec --names",
    "inspect": "--json",
    "check": "--data --json",
    "new": "supervised unsupervised reinforcement --to",
    "data": "iris mnist names --name --data",
    "list": "--json --all",
    "demo": "--quick --out --seed",
    "play": "tic_tac_toe go --first --no-first --simulations --seed --task",
    "speak": "--word --voice --count --temperature --seed --out --json",
    "run": "--seed --out --preset --quick --data --force --save-every --json",
}
RIGHT = mutate.words("lines")
PLAIN = (
    "0",
    "1",
    "2",
    "3",
    "-1",
    "0.5",
    "1e-3",
    "quick",
    "default",
    "best",
    "true",
    "x",
    "--",
    "-",
    "-x",
    "--help",
    "=",
    "--=",
    "--no-json",
)


def strategy() -> Any:
    """Command lines. Sizes are small or absurd: what is merely large is the user's to wait for."""
    from hypothesis import strategies as st

    from core.lab.runs.tasks import find

    own = {
        task: [f"--{field.name.replace('_', '-')}" for field in dataclasses.fields(find(task).config)] for task in TASKS
    }
    paths = st.sampled_from(PATHS)
    texts = st.text(st.characters(exclude_characters="\0", exclude_categories=()), max_size=6)
    odd = st.sampled_from([word for word in mutate.WORDS if "\0" not in word] + ["\udcff", "10" * 20])
    values = st.sampled_from(PLAIN) | odd | paths | texts

    def words(command: str) -> Any:
        flags = st.sampled_from(FLAGS[command].split())
        pairs = st.one_of(flags.map(lambda flag: [flag]), st.tuples(flags, values).map(list))
        pairs |= st.tuples(flags, values).map(lambda pair: [f"{pair[0]}={pair[1]}"]) | values.map(lambda word: [word])
        tail = st.lists(pairs, max_size=4).map(lambda lists: [word for part in lists for word in part])
        return st.tuples(st.lists(paths, max_size=2), tail).map(lambda two: [command, *two[0], *two[1]])

    def running(task: str) -> Any:
        flags = st.sampled_from([*own[task], *FLAGS["run"].split()])
        pairs = st.tuples(flags, values).map(list) | flags.map(lambda flag: [flag])
        tail = st.lists(pairs, max_size=4).map(lambda lists: [word for part in lists for word in part])
        return tail.map(lambda rest: ["run", task, *rest])

    def nearly(line: str) -> Any:
        right = line.split()
        at = st.integers(0, len(right))
        put = st.tuples(at, values).map(lambda p: [*right[: p[0]], p[1], *right[p[0] :]])
        instead = st.tuples(at, values).map(lambda p: [*right[: p[0]], p[1], *right[p[0] + 1 :]])
        without = at.map(lambda k: [*right[:k], *right[k + 1 :]])
        return st.one_of(put, instead, instead, without, st.permutations(right))

    known = [nearly(line) for line in RIGHT]
    known += [words(command) for command in FLAGS]
    wild = st.lists(values | st.sampled_from([*FLAGS, *TASKS]), max_size=5)
    return st.one_of(
        *known, *map(running, TASKS), st.tuples(values, wild).map(lambda two: ["run", two[0], *two[1]]), wild
    )


def generated(seed: int, count: int) -> list[list[str]]:
    from hypothesis import HealthCheck, Phase, given, seed as with_seed, settings

    found = list[list[str]]()

    @with_seed(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy())
    def collect(words: list[str]) -> None:
        found.append(words)

    collect()
    return found[:count]


class Lines:
    def __init__(self, plan: Plan, made: Path, alone: bool, batch: int) -> None:
        self.plan, self.world, self.alone, self.batch = plan, made, alone, batch
        self.unit = "commands" if alone else "command lines"

    def __call__(self, number: int, where: Path) -> Outcome:
        said, copy, before, now = Outcome(), Path(), world.State(), world.State()
        for words in generated(2 * (self.plan.seed * 1_000_003 + number) + self.alone, self.batch):
            if not before or now != before:
                copy, before = world.enter(self.world, where)
            ended = (alone if self.alone else forked)(words, copy)
            said.counts[self.unit] += 1
            said.counts["runs overwritten"] += 0
            how = (
                "stopped"
                if ended.signal or ended.code in (130, 143)
                else {0: "done", 2: "refused"}.get(ended.code or 0, "failed")
            )
            said.counts[f"{self.unit}: {how}"] += 1
            said.most[f"seconds of a {self.unit.removesuffix('s')}"] = max(
                ended.seconds, said.most.get(f"seconds of a {self.unit.removesuffix('s')}", 0.0)
            )
            said.most["megabytes of a command"] = max(ended.megabytes, said.most.get("megabytes of a command", 0.0))
            fault = world.judge(ended, words)
            now = world.files(copy)
            changed = [name for name in world.touched(before, now) if not self.meant(words, name)]
            if changed:
                fault = f"changed {', '.join(changed[:3])}: exit {ended.code}"
                said.counts["runs overwritten"] += 1
            if fault:
                line = json.dumps(words)
                said.failures.append(
                    Failure("fuzz", f"{fault} <- {line}", self.plan.seed, number, words, ended.err[-1500:])
                )
        return said

    def meant(self, words: list[str], name: str) -> bool:
        """Is this file one that the command is to go on with?"""
        return words[:1] in (["resume"], ["study"], ["run"], ["compare"]) and name.split("/")[0] in ("half", "study")


def forked(words: list[str], copy: Path) -> forks.Ended:
    work = world.asked_to_stop(forks.command(words))
    return forks.fork(work, copy, environ=world.QUIET, room=world.room(), limit=world.HANG)


def alone(words: list[str], copy: Path) -> forks.Ended:
    """As a command of its own, in a new interpreter."""
    said = [copy.parent / "out", copy.parent / "err"]
    env = {**os.environ, **world.QUIET, "PYTHONPATH": str(forks.ROOT), "PYTHONIOENCODING": "utf-8"}
    start = time.monotonic()
    with open(said[0], "wb") as out, open(said[1], "wb") as err:
        line = [sys.executable, "-m", "trivium", *(word.encode("utf-8", "surrogatepass") for word in words)]
        process = subprocess.Popen(
            line, cwd=copy, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
        )

        def ended(seconds: float) -> bool:
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
            return process.returncode is not None

        if not ended(ALONE):
            os.killpg(process.pid, signal.SIGTERM)
        if late := forks.late(process.pid, ended, world.HANG):
            os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
    texts = [path.read_bytes()[-forks.LINES :].decode("utf-8", "replace") for path in said]
    return forks.Ended(
        None if code < 0 else code, -code if code < 0 else None, *texts, time.monotonic() - start, 0.0, late
    )


def run(plan: Plan, made: Path) -> Outcome:
    return campaign("fuzz lines", Lines(plan, made, False, BATCH), plan, "command lines")


def commands(plan: Plan, made: Path) -> Outcome:
    return campaign("fuzz commands", Lines(plan, made, True, BATCH // 10), plan, "commands")
