"""Every setting of PPO, DQN and SAC is a flag of `env`, once, and a field that a study can sweep."""

import inspect
import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from core.lab.cli.flags import parse_run
from core.lab.errors import Refusal
from core.lab.runs.tasks import configure, find
from core.lab.study.spec import plan
from reinforcement.dqn import DQNConfig
from reinforcement.ppo import PPOConfig
from reinforcement.sac import SACConfig
from reinforcement.tasks import env as task

KINDS = {"ppo": ("CartPole-v1", PPOConfig), "dqn": ("FrozenLake-v1", DQNConfig), "sac": ("Pendulum-v1", SACConfig)}


def learner(kind, **options):
    config = task.Config(id=KINDS[kind][0], timesteps=512, episodes=2, hidden=4, **options)
    return task.make(config, np.random.default_rng(0), None)


def test_no_setting_is_missing_and_each_has_the_type_and_the_limits_of_its_own():
    own = {field.name for field in fields(task.Config)}
    for kind, (_, settings) in KINDS.items():
        assert {field.name for field in fields(settings)} - {"updates"} <= own
        for field in fields(settings):
            if field.name not in ("updates", "gamma"):
                changed = type(field.default)(field.default / 2) if field.default else 0.5
                chosen = {field.name: changed or 1}
                assert getattr(task.Config(learner=kind, **chosen).settings(kind), field.name) == chosen[field.name]
                with pytest.raises(ValueError, match=f"{field.name} must be"):
                    task.Config(**{field.name: -1})
                with pytest.raises(ValueError, match=f"{field.name} must be of type"):
                    task.Config(**{field.name: "much"})


@pytest.mark.parametrize("kind", KINDS)
def test_the_help_names_the_values_that_each_learner_has_by_itself(kind):
    made, told = learner(kind).config, inspect.getsource(task.Config)
    for name in task.TYPES.keys() - {"updates", "gamma", "replay_size"}:
        help_ = re.search(rf"    {name}: .*# (.*)", told)[1]
        value = re.search(rf"{kind} ([\d.]+)", help_)
        assert (value is not None) == hasattr(made, name), name
        assert value is None or float(value[1]) == getattr(made, name), name
    assert made.updates == -(-512 // (made.envs * made.rollout))


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        ("dqn", "lam", "lam is a setting of ppo, and dqn learns here"),
        ("ppo", "tau", "tau is a setting of dqn and sac, and ppo learns here"),
        ("sac", "max_norm", "max_norm is a setting of ppo and dqn, and sac learns here"),
    ],
)
def test_a_setting_of_another_learner_is_refused(kind, name, says):
    for flag in {"learner": kind}, {}:  # at once, or when the spaces have said who learns
        with pytest.raises(ValueError, match=says):
            learner(kind, **flag, **{name: 0.5})


def test_flags_and_a_study_reach_them():
    config, _ = parse_run(task.Config(), ["--lam", "0.5", "--epochs", "3", "--entropy-weight", "1"], "run env", "")
    assert (config.lam, config.epochs, config.entropy_weight) == (0.5, 3, 1.0)
    table = {"task": "env", "config": {"learner": "ppo"}, "grid": {"lam": [0, 0.9], "clip": [0.1, 0.2]}}
    planned, faults = plan({"study": [table]}, Path(), Path("runs"), None)
    assert faults == []
    assert {(p.config["lam"], p.config["clip"]) for p in planned} == {(0, 0.1), (0, 0.2), (0.9, 0.1), (0.9, 0.2)}
    _, faults = plan({"study": [{**table, "config": {"learner": "sac"}}]}, Path(), Path("runs"), None)
    assert any("lam is a setting of ppo, and sac learns here" in fault for fault in faults)
    with pytest.raises(Refusal, match="clip must be of type float, not 'wide'"):
        configure(find("env"), {"clip": "wide"})
    assert configure(find("env"), {"lam": 1}) == configure(find("env"), {"lam": 1.0})
