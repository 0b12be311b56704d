"""How many steps a second PPO learns CartPole from: this project against Stable-Baselines3, with the same settings.

    python benchmarks/ppo_speed.py --peer ~/peer/bin/python          that Python has stable-baselines3
    python benchmarks/ppo_speed.py --peer ~/peer/bin/python --rounds 21 --out speed.json

A step is one step of one environment, with all that is learnt from it; no episodes that only judge, on either side.
Same settings: environments side by side, the rollout of each, passes over it, minibatch, step size, gamma,
lambda, clipping, and actor and critic 4-64-64-2 and 4-64-64-1 with tanh and Adam. `zoo` are those that the zoo of
Stable-Baselines3 has for CartPole-v1 (hyperparams/ppo.yml of rl-baselines3-zoo), `best` those of our own preset. The
peer's environments are as its own `make_vec_env` makes them, ours as `trivium run cartpole` does. Each side is a
process of its own that lives on; they take turns round by round, each round's rates are divided by one another, and
the median of these ratios counts. One thread each, and the peer with two as well. Both clocks are read: that on the
wall, and the processor's, which a busy machine does not slow.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAIRS = {
    "zoo": {"envs": 8, "rollout": 32, "epochs": 20, "batch": 256, "lr": 1e-3, "gamma": 0.98, "lam": 0.8},
    "best": {"envs": 16, "rollout": 32, "epochs": 10, "batch": 32, "lr": 1.5e-3, "gamma": 0.99, "lam": 0.95},
}
PACKAGES = "stable-baselines3", "torch", "gymnasium", "numpy"  # of the peer


def versions() -> dict[str, Any]:
    sys.path.insert(0, str(ROOT))
    import_module("trivium")  # the settings of the process, as the command has them
    import numpy  # noqa: F401  its BLAS is one of the versions

    from core.lab.environment import versions

    return versions()


def trivium(settings: dict[str, Any], budget: int) -> Callable[[int], None]:
    """Learns from about n more steps; `budget` are those after which the step size is 0."""
    import numpy as np

    from reinforcement.tasks.cartpole import Config, make

    size = settings["envs"] * settings["rollout"]
    learner = make(Config(**settings, updates=budget // size), np.random.default_rng(0), None)

    def learn(n: int) -> None:
        for _ in range(n // size):
            learner.update()

    return learn


def peer(settings: dict[str, Any], budget: int) -> Callable[[int], None]:
    import torch
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    model = PPO(
        "MlpPolicy",
        make_vec_env("CartPole-v1", settings["envs"], seed=0),
        n_steps=settings["rollout"],
        n_epochs=settings["epochs"],
        batch_size=settings["batch"],
        gamma=settings["gamma"],
        gae_lambda=settings["lam"],
        learning_rate=lambda left: left * settings["lr"],
        device="cpu",
        seed=0,
    )

    def learn(n: int) -> None:
        model.learn(n, reset_num_timesteps=False)

    return learn


def work(side: str) -> None:
    """The process of one side: told its settings, then a number of steps a line, answers with the seconds they took."""
    print(json.dumps(versions() if side == "trivium" else {name: version(name) for name in PACKAGES}), flush=True)
    told = json.loads(sys.stdin.readline())
    learn = globals()[side](told["settings"], told["budget"])
    for line in sys.stdin:
        wall, own = time.perf_counter(), time.process_time()
        learn(int(line))
        print(json.dumps([time.perf_counter() - wall, time.process_time() - own]), flush=True)


class Side:
    """A process of one side, with so many threads."""

    def __init__(self, name: str, python: str, threads: int, settings: dict[str, Any], budget: int) -> None:
        from measured import unpinned

        env = {**unpinned(), **{f"{lib}_NUM_THREADS": str(threads) for lib in ("OPENBLAS", "OMP", "MKL")}}
        self.process = subprocess.Popen(
            [python, __file__, "--side", name], env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.versions = self._answer()
        self._tell(json.dumps({"settings": settings, "budget": budget}))

    def seconds(self, steps: int) -> tuple[float, float]:
        """On the wall, and of the processor."""
        self._tell(str(steps))
        wall, own = self._answer()
        return wall, own

    def _tell(self, line: str) -> None:
        assert self.process.stdin is not None
        print(line, file=self.process.stdin, flush=True)

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args} ended without an answer")
        return json.loads(line)


def spread(values: list[float]) -> dict[str, float]:
    q1, median, q3 = statistics.quantiles(values, n=4)
    return {"median": median, "q1": q1, "q3": q3, "min": min(values), "max": max(values)}


def measure(settings: dict[str, Any], python: str, threads: list[int], rounds: int, steps: int) -> dict[str, Any]:
    """`steps` of each side a round, after one round that is not counted; a peer for each number of `threads`."""
    budget = steps * (rounds + 2)
    sides = {
        "trivium": Side("trivium", sys.executable, 1, settings, budget),
        **{f"peer, {n} thread{'s' * (n > 1)}": Side("peer", python, n, settings, budget) for n in threads},
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for k in range(rounds + 1):
        for name, side in sides.items():
            took = side.seconds(steps)
            print(f"round {k}, {name}: {took[0]:.2f} s, of the processor {took[1]:.2f} s", file=sys.stderr, flush=True)
            if k:
                times[name].append(took)
    record: dict[str, Any] = {"settings": settings, "steps_a_round": steps, "rounds": rounds, "sides": {}, "times": {}}
    for name, side in sides.items():
        wall, own = zip(*times[name], strict=True)
        mine, my_own = zip(*times["trivium"], strict=True)
        record["sides"][name] = {
            "versions": side.versions,
            "steps_a_second": spread([steps / t for t in wall]),
            "steps_a_processor_second": spread([steps / t for t in own]),
            "times_as_fast": spread([b / a for a, b in zip(mine, wall, strict=True)]),
            "times_as_fast_by_processor": spread([b / a for a, b in zip(my_own, own, strict=True)]),
        }
        record["times"][name] = [[round(t, 4) for t in pair] for pair in times[name]]
        side.process.terminate()
        side.process.wait()
    return record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", metavar="PYTHON", help="an interpreter that has stable-baselines3")
    parser.add_argument("--pairs", nargs="+", default=list(PAIRS), choices=list(PAIRS))
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="of the peer; ours has one")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--steps", type=int, default=4096, help="of each side in a round")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "ppo_speed.json")
    parser.add_argument("--side", help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.side:
        return work(flags.side)
    if not flags.peer:
        raise SystemExit("give --peer the path of a Python that has stable-baselines3 (pip install stable-baselines3)")
    from measured import given, provenance

    record: dict[str, Any] = {}
    for name in flags.pairs:
        pair = measure(PAIRS[name], flags.peer, flags.threads, flags.rounds, flags.steps)
        own = pair["sides"]["trivium"].pop("versions")
        record = {**record, **provenance(seeds=[0], versions=own, command=given(peer="PYTHON")), name: pair}
        for side, found in record[name]["sides"].items():
            print(
                f"{name:5} {side:18} {found['steps_a_second']['median']:8.0f} steps/s; ours is "
                f"{found['times_as_fast']['median']:5.2f} times as fast, "
                f"{found['times_as_fast_by_processor']['median']:5.2f} by processor time",
                flush=True,
            )
        flags.out.write_text(json.dumps(record, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
