"""Fuzz, fourth part: tasks and environments of strangers that misbehave.

A file is a template of `trivium new`, or an environment that a package would register, with one or two faults in it.
Its code may fail in any way that code fails; the command must end with one line that names what failed, in time.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from trials import forks, mutate, world
from trials.campaign import Failure, Outcome, Plan, campaign

BATCH = 5
FAULTS = mutate.words("faults")  # statements that stand where code of the task's runs
METHODS = (
    "update",
    "evaluate",
    "report",
    "state",
    "load",
    "predict",
    "sample",
    "loss",
    "progress",
    "net",
    "w",
    "monitor",
)
CONSTANTS = (*mutate.words("constants"), "\0", "\t  x")  # lines at the end of a task's file
ENVIRONMENT = """
import gymnasium, numpy as np
from gymnasium import spaces

class Env(gymnasium.Env):
    observation_space = {observations}
    action_space = {actions}
    metadata = {metadata}
    def __init__(self, **options):
        {init}
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.t = 0
        {reset}
        return self.observation_space.sample(), {{}}
    def step(self, action):
        self.t += 1
        {step}
        return self.observation_space.sample(), 1.0, self.t > 9, False, {{}}
    def render(self):
        {render}

gymnasium.register("Odd-v0", Env, max_episode_steps={steps})
"""
SPACES = mutate.words("spaces")
STEPS = mutate.words("steps")  # statements in step and reset


def task(templates: dict[str, str], rng: np.random.Generator) -> tuple[str, str]:
    """A task file with a fault, and the fault."""
    source = templates[str(rng.choice(list(templates)))]
    fault = str(rng.choice(FAULTS))
    match int(rng.integers(4)):
        case 0:
            line = str(rng.choice(CONSTANTS))
            return source + f"\n{line}\n", line
        case 1:  # in make, before anything
            return re.sub(r"(def make\(.*\n)", lambda m: f"{m[1]}    {fault}\n", source), f"make: {fault}"
        case 2:  # the learner's own method is another
            name = str(rng.choice(METHODS))
            body = f"\n_make = make\ndef _odd(*args, **more):\n    {fault}\n"
            body += "def make(config, rng, data):\n    learner = _make(config, rng, data)\n"
            kind = str(rng.choice(("function", "None", "text")))
            odd = {"function": "_odd", "None": "None", "text": "'x'"}[kind]
            how = (
                f"    type(learner).{name} = property(_odd)\n"
                if rng.random() < 0.3
                else f"    type(learner).{name} = {odd}\n"
            )
            return source + body + how + "    return learner\n", f"{name} = {odd}: {fault}"
        case _:
            lines = source.split("\n")
            k = int(rng.integers(len(lines)))
            gone = lines.pop(k)
            return "\n".join(lines), f"without {gone!r}"


def environment(rng: np.random.Generator) -> tuple[str, str]:
    """A module that registers Odd-v0, and what is odd."""
    odd = {
        "observations": "spaces.Box(-1, 1, (2,))",
        "actions": "spaces.Discrete(2)",
        "metadata": "{'render_modes': ['rgb_array']}",
        "init": "self.render_mode = options.get('render_mode')",
        "reset": "pass",
        "step": "pass",
        "render": "return np.zeros((8, 8, 3), np.uint8)",
        "steps": "20",
    }
    choices = {
        "observations": SPACES,
        "actions": SPACES,
        "step": STEPS,
        "reset": (*STEPS, "return self.observation_space.sample()", "return {}, {}"),
        "init": ("raise RuntimeError('no display')", "raise SystemExit(2)", "import nowhere_at_all", "self.t = 1 / 0"),
        "render": (
            "raise RuntimeError('no screen')",
            "return 'picture'",
            "return np.zeros((0, 0, 3))",
            "return None",
            "raise SystemExit",
        ),
        "metadata": ("None", "{}", "{'render_modes': None}", "{'render_fps': 'fast', 'render_modes': ['rgb_array']}"),
        "steps": ("None", "1", "-1", "'x'", "0"),
    }
    said = []
    for name in rng.choice(list(choices), 1 + int(rng.random() < 0.3), replace=False):
        odd[name] = str(rng.choice(choices[name]))
        said.append(f"{name}: {odd[name]}")
    return ENVIRONMENT.format(**odd), "; ".join(said)


class Strangers:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.templates = dict[str, str]()
        for kind in ("supervised", "reinforcement"):
            source = forks.ROOT / "core" / "lab" / "cli" / "templates" / f"{kind}.py.txt"
            self.templates[kind] = source.read_text("utf-8").replace("TASK_NAME", "odd")

    def __call__(self, number: int, where: Path) -> Outcome:
        rng, said = self.plan.rng(number), Outcome()
        for k in range(BATCH):
            folder = where / str(k)
            folder.mkdir()
            if rng.random() < 0.5:
                source, how = task(self.templates, rng)
                verb = ["check"] if rng.random() < 0.4 else ["run", "--quick", "--out", "new", "--save-every", "0"]
                words = [verb[0], "odd.py", *verb[1:]]
                (folder / "odd.py").write_text(source, errors="replace")
            else:
                source, how = environment(rng)
                words = [
                    "run",
                    "env",
                    "--id",
                    "odd_env:Odd-v0",
                    "--quick",
                    "--timesteps",
                    "600",
                    "--episodes",
                    "3",
                    "--out",
                    "new",
                ]
                (folder / "odd_env.py").write_text(source)
            work = world.asked_to_stop(forks.command(words), 3.0)  # and in its midst at most 6 s later
            ended = forks.fork(here(work), folder, environ=world.QUIET, room=world.room(), limit=world.HANG)
            said.counts["misbehaving tasks and environments"] += 1
            if fault := world.judge(ended, words, strangers=True):
                (folder / "how.txt").write_text(f"{how}\n{' '.join(words)}\n{ended.err}\n")
                line = f"{fault} <- {' '.join(words[:2])}, {how}"
                said.failures.append(
                    Failure("fuzz", line, self.plan.seed, number, words, ended.err[-1500:], str(folder))
                )
        return said


def here(work: forks.Work) -> forks.Work:
    """`work` with the current folder among those that modules come from, as `python -m trivium` has it."""

    def inside() -> int | None:
        import sys

        sys.path.insert(0, "")
        return work()

    return inside


def run(plan: Plan, _: Path) -> Outcome:
    return campaign("fuzz strangers", Strangers(plan), plan, "misbehaving tasks and environments")
