"""Robots: each task keeps the contract, episodes follow from their seeds, and without a picture all goes on."""

import importlib.util
from functools import partial

import numpy as np
import pytest

from core.lab.envs.vector import make
from reinforcement.envs.locomotion import SPAN, RobotConfig, agent, boxed, jointed
from reinforcement.tasks import bipedal_walker, half_cheetah, hopper

box2d = pytest.mark.skipif(importlib.util.find_spec("Box2D") is None, reason="Box2D is not installed")
mujoco = pytest.mark.skipif(importlib.util.find_spec("mujoco") is None, reason="mujoco is not installed")
ROBOTS = [
    pytest.param(partial(boxed, "BipedalWalker-v3"), marks=box2d, id="walker"),
    pytest.param(partial(jointed, "Hopper-v5"), marks=mujoco, id="hopper"),
    pytest.param(partial(jointed, "HalfCheetah-v5"), marks=mujoco, id="cheetah"),
]
SMALL = {"timesteps": 4 * SPAN, "learning_starts": SPAN, "hidden": 16, "envs": 2, "batch": 32, "episodes": 2}


def played(envs, rng, n):
    for _ in range(n):
        envs.step(rng.uniform(-1, 1, (envs.n, *envs.vec.single_action_space.shape)).astype(np.float32))


@pytest.mark.parametrize("one", ROBOTS)
def test_an_episode_follows_from_its_seed_whatever_came_before(one):
    envs = make(one, 2, np.random.default_rng(0))
    played(envs, np.random.default_rng(3), 150)  # a hopper and a walker have fallen by then, a cheetah never does
    other = make(one, 2, np.random.default_rng(9))
    other.load(envs.state())  # plays the actions again, and refuses where another observation comes out
    for both in envs, other:
        played(both, np.random.default_rng(1), 20)
    assert np.array_equal(envs.obs, other.obs)


@pytest.mark.parametrize("one", ROBOTS)
def test_it_learns_goes_on_as_if_never_stopped_and_is_judged(one, tmp_path):
    learner = agent(one, RobotConfig(**SMALL), np.random.default_rng(0), 100, "somebody")
    first = learner.update()
    assert first["examples"] == SPAN  # all of them blind
    other = agent(one, RobotConfig(**SMALL), np.random.default_rng(5), 100, "somebody")
    other.w[:] = learner.w
    other.load(learner.state())
    for both in learner, other:
        both.update()
    assert np.array_equal(learner.w, other.w)
    assert learner.replay.parts[0].dtype == np.float32  # what a robot shows in float64 is kept in half the room
    assert learner.progress == 0.5


@mujoco
def test_where_nothing_can_be_drawn_there_is_no_film_and_all_else(tmp_path, monkeypatch):
    def blind(**options):
        if options:
            raise RuntimeError("rendering is not available")
        return jointed("Hopper-v5")

    learner = agent(blind, RobotConfig(**SMALL), np.random.default_rng(0), 100, "somebody")
    report = learner.report(learner.w, tmp_path)
    assert report.texts["Film"].startswith("no film: RuntimeError: rendering is not available")
    assert report.pictures == {}
    assert report.chance == report.baselines["random policy"]


@box2d
def test_a_walker_made_anew_can_be_drawn():
    env = boxed("BipedalWalker-v3", render_mode="rgb_array")
    first = env.reset(seed=3)[0]
    env.step(np.ones(4, np.float32))
    assert np.array_equal(env.reset(seed=3)[0], first)
    assert env.render().shape[-1] == 3
    env.close()


@pytest.mark.parametrize(
    "values",
    [
        {"train_every": 0},
        {"train_every": SPAN + 1},
        {"envs": SPAN + 1},
        {"gamma": 1.5},
        {"tau": -0.1},
        {"learning_starts": 100_000},
        {"learning_starts": -1},
        {"lr": 0},
    ],
)
def test_nonsense_is_refused_by_name(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        RobotConfig(**values)


@pytest.mark.parametrize("task", [half_cheetah, hopper, bipedal_walker])
def test_presets_fit_and_what_is_needed_is_said_as_a_literal(task):
    for preset in task.PRESETS.values():
        assert task.Config(**preset).timesteps > task.Config(**preset).learning_starts
    assert list(task.NEEDS.values()) == ["trivium[robots]"]
