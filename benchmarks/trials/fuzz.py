"""Fuzz: what strangers bring, by accident or by intent, is taken or refused in one line.

    files      for every reader (tables, sounds, pictures, archives, arrays, texts, configurations, checkpoints ...)
    lines      command lines, each in a fork
    commands   the same as commands of their own
    folders    damaged run folders and studies, and every command on them
    strangers  tasks and environments that misbehave

What must hold: an exit code of 0, 1, 2, or of a signal; on a refusal one line that begins with "error: "; no traceback,
no exception that nobody foresaw, no control characters on the screen; less than ten seconds; less than a gigabyte; and
no file of a run other than before, unless the command was to go on with it.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

from trials import world
from trials.campaign import Outcome, Plan, folder

PARTS = {"files": 1, "lines": 10, "commands": 100, "folders": 20, "strangers": 500}  # one for each so many files
SHARES = {"files": 0.25, "lines": 0.3, "commands": 0.15, "folders": 0.2, "strangers": 0.1}  # of the time


def run(plan: Plan, quick: bool, only: tuple[str, ...] = tuple(PARTS)) -> Outcome:
    """`plan.count` counts the files; the other parts have their share of it."""
    said = Outcome()
    with folder(plan.place) as where:
        made = world.build(where)
        for part in only:
            share = SHARES[part] / sum(SHARES[name] for name in only)
            count = -(-plan.count // PARTS[part]) if plan.count else 0
            mine = replace(plan, count=count, seconds=plan.seconds * share)
            said.add(_part(part, mine, made))
    return said


def _part(part: str, plan: Plan, made: Path) -> Outcome:
    module = import_module(f"trials.{'lines' if part == 'commands' else part}")
    said: Outcome = module.commands(plan, made) if part == "commands" else module.run(plan, made)
    said.most = {f"{part}: {name}" if name.startswith("seconds of") else name: v for name, v in said.most.items()}
    return said
