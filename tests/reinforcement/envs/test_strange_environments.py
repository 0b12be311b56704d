"""Environments as strangers bring them: what can be learnt is, and asked in its own units; all else is one line."""

import json
import random
import re
import sys
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from core.lab.cli import main
from core.lab.envs.units import observed
from core.lab.errors import Refusal
from core.lab.runs.imports import load
from core.lab.runs.run import prepare, start
from core.lab.study.job import Job
from core.lab.study.runner import perform
from reinforcement.envs import plugins
from reinforcement.envs.gymnasium_env import find

BOX, TINY = spaces.Box(-1, 1, (2,), np.float32), {"timesteps": 64, "envs": 2, "episodes": 2, "hidden": 4, "limit": 5}
MAX = np.finfo(np.float64).max


class Strange(gym.Env):
    """Episodes of three steps; `wrong` names one of many ways to do things."""

    metadata: ClassVar = {"render_modes": []}

    def __init__(self, seen=BOX, actions=None, wrong="", reward=1.0):
        self.observation_space, self.action_space = seen, actions or spaces.Discrete(2)
        self.wrong, self.reward, self.seen = wrong, reward, []

    def look(self):
        if self.wrong == "unseeded":
            return np.array([random.random(), np.random.random()], np.float32)  # noqa: NPY002
        if self.wrong == "shape":
            return np.zeros(3, np.float32)
        space = self.observation_space
        if isinstance(space, spaces.Box) and float(space.high.max()) > 1e9:  # none can be drawn between such borders
            return np.zeros(space.shape, space.dtype)
        return space.sample()

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.t = 0
        self.observation_space.seed(int(self.np_random.integers(1 << 30)))
        self.misbehave("reset")
        return (self.look(), None if self.wrong == "no info" else {})[: 1 if self.wrong == "one" else 2]

    def step(self, action):
        assert self.action_space.contains(action), f"{action!r} is not in {self.action_space}"
        self.misbehave("step")
        self.t += 1
        info = None if self.wrong == "no info" else {}
        end = {"np end": np.bool_(self.t == 3), "row end": np.array([self.t == 3]), "no end": None}.get(self.wrong)
        return self.look(), self.reward, self.t == 3 if end is None and self.wrong != "no end" else end, False, info

    def close(self):
        print("loud")

    def misbehave(self, when):
        print("loud")
        if self.wrong == f"exit in {when}":
            sys.exit()
        if self.wrong == f"raise in {when}":
            raise KeyError("wheel")


class OldReset(Strange):
    def reset(self):
        return np.zeros(2, np.float32)


class OldSeed(Strange):
    def reset(self, seed=None, options=None):
        self.t = 0
        return np.zeros(2, np.float32)


class OldStep(Strange):
    def step(self, action):
        return (*super().step(action)[:3], {})


@pytest.fixture
def strange():
    """Registers an environment with some arguments as Strange-v0, for one test."""

    def register(kind=Strange, **options):
        gym.registry.pop("Strange-v0", None)
        gym.register("Strange-v0", entry_point=kind, kwargs=options)
        return "Strange-v0"

    yield register
    gym.registry.pop("Strange-v0", None)


def learner(name, **options):
    return prepare("env", "default", {**TINY, "id": name, **options}, 0, None).build()[0]


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        (
            OldReset,
            {},
            "departs from Gymnasium's interface: its reset takes no seed, as the old Gym's; it must",
        ),
        (OldSeed, {}, "its reset gives one ndarray, not .observation, info.$"),
        (OldStep, {}, "its step gives 4 values, the old Gym's way, not the five .observation, reward, terminated, tr"),
        (Strange, {"wrong": "one"}, "its reset gives 1 values, not .observation, info."),
        (Strange, {"wrong": "shape"}, "its reset gives the observation array.*, which is not of Box"),
        (Strange, {"seen": spaces.Discrete(10**10)}, "rows of 10,000,000,000 numbers; 2,000,000 can be"),
        (Strange, {"actions": 2}, "Strange-v0 has no action_space, a space of gymnasium.spaces"),
        (Strange, {"wrong": "no end"}, "Strange-v0 gave terminated = None, not True or False, at step 1"),
        (Strange, {"reward": "much"}, "Strange-v0 gave the reward 'much', not a number, at step 1"),
        (Strange, {"reward": [1, 2]}, r"gave the reward \[1, 2\], not a number, at step 1"),
        (Strange, {"reward": np.nan}, "gave a reward that is not finite at step 1"),
        (Strange, {"wrong": "exit in reset"}, r"Strange-v0 failed at a reset: SystemExit \(test_strange_env"),
        (Strange, {"wrong": "exit in step"}, r"Strange-v0 failed at step 1: SystemExit \(test_strange_env"),
        (Strange, {"wrong": "raise in step"}, r"Strange-v0 failed at step 1: KeyError: 'wheel' \(test_strange_env"),
        (lambda **_: sys.exit(), {}, r"Strange-v0 cannot be made: SystemExit \(test_strange_env"),
        (lambda **_: 5, {}, "Strange-v0 cannot be made: "),
    ],
)
def test_what_goes_wrong_is_one_line(kind, options, says, strange, tmp_path, capfd):
    flags = [word for key, value in TINY.items() for word in (f"--{key}", str(value))]
    name = strange(kind, **options)
    assert main(["run", "env", "--id", name, *flags, "--json", "--out", str(tmp_path / "run")]) == 2
    ended = capfd.readouterr()
    line, *others = sorted(ended.err.splitlines())
    assert re.search(f"^error: .*{says}", line), line
    assert set(others) <= {"loud"}
    assert ended.out == ""


@pytest.mark.parametrize(
    "reward", [np.array([0.5]), np.float16(0.5), Decimal("0.5"), Fraction(1, 2), np.array([[1 / 2]])]
)
def test_a_reward_of_one_number_is_a_number(reward, strange):
    agent = learner(strange(reward=reward))
    assert agent.evaluate()["val_return"] == 1.5
    assert np.isfinite(agent.update()["loss"])


@pytest.mark.parametrize("wrong", ["np end", "row end", "no info"])
def test_ends_of_other_types_and_no_infos(wrong, strange):
    assert learner(strange(wrong=wrong, reward=True)).evaluate()["val_return"] == 3


@pytest.mark.parametrize(
    ("actions", "A", "kinds"),
    [
        (spaces.Box(np.float32([-1, 0.5]), np.float32([1, 0.5])), 1, ("ppo", "sac")),  # the second is fixed
        (spaces.Box(np.float32([[3, 0], [2, 2]]), np.float32([[3, 8], [2, 4]])), 2, ("ppo", "sac")),
        (spaces.Box(-MAX, MAX, (2,), np.float64), 2, ("ppo",)),  # no borders
        (spaces.Box(np.array([0, 0.0]), np.array([MAX, 2]), dtype=np.float64), 2, ("ppo",)),  # one, and two
        (spaces.Box(-2, 3, (2,), np.float16), 2, ("ppo", "sac")),
        (spaces.Box(-65504, 65504, (1,), np.float16), 1, ("ppo",)),
    ],
)
def test_actions_arrive_within_their_borders(actions, A, kinds, strange):
    for kind in kinds:
        agent = learner(strange(actions=actions), learner=kind)  # Strange itself asserts that its space contains them
        assert agent.envs.vec.single_action_space.shape == (A,)
        agent.update()
        asked = agent.predict(agent.w, np.zeros((3, 2)))
        assert asked.shape == (3, *actions.shape)
        assert all(actions.contains(action.astype(actions.dtype)) for action in asked)


@pytest.mark.parametrize(
    ("seen", "I"),
    [
        (spaces.Box(np.float32([0, 7]), np.float32([100, 7])), 2),  # the second is always 7
        (spaces.Box(-MAX, MAX, (2,), np.float64), 2),
        (spaces.Box(-5, 5, (3,), np.int64), 3),
        (spaces.Box(0, 255, (2, 2), np.uint8), 4),
        (spaces.Box(-3, 3, (2,), np.float16), 2),
        (spaces.Box(0, 0, (1,), np.float32), 1),
        (spaces.Box(np.iinfo(np.int64).min, np.iinfo(np.int64).max, (1,), np.int64), 1),
    ],
)
def test_observations_arrive_within_sensible_numbers(seen, I, strange, recwarn):
    agent = learner(strange(seen=seen))
    agent.update()
    assert agent.envs.obs.shape == (2, I)
    assert np.abs(agent.envs.obs).max() <= 1 + 1e-6
    assert np.isfinite(agent.w).all()
    assert agent.predict(agent.w, np.zeros((2, *seen.shape))).shape == (2,)
    assert not [str(one.message) for one in recwarn.list]


SEEN = {  # spaces, rows in their units, and the same rows as a network sees them
    "box": (spaces.Box(0, 100, (2,), np.float32), [[0, 50], [100, 75]], [[-1, 0], [1, 0.5]]),
    "picture": (spaces.Box(0, 255, (2, 2), np.uint8), [[0, 255, 0, 255]], [[-1, 1, -1, 1]]),
    "ids": (spaces.Discrete(3, start=-1), [-1, 0, 1], np.eye(3)),
    "ids in a column": (spaces.Discrete(3, start=-1), [[-1], [0], [1]], np.eye(3)),
    "one-hot": (spaces.Discrete(3, start=-1), np.eye(3), np.eye(3)),
    "several": (spaces.MultiDiscrete([2, 3]), [[1, 2], [0, 0]], [[0, 1, 0, 0, 1], [1, 0, 1, 0, 0]]),
    "bits": (spaces.MultiBinary(3), [[1, 0, 1]], [[1, 0, 1]]),
    "parts": (spaces.Dict(a=BOX, b=spaces.Discrete(2)), [[0.5, -1, 1]], [[0.5, -1, 0, 1]]),
    "parts flattened": (spaces.Dict(a=BOX, b=spaces.Discrete(2)), [[0.5, -1, 0, 1]], [[0.5, -1, 0, 1]]),
    "a part as it is": (spaces.Dict(b=spaces.Discrete(2)), [{"b": np.int64(1)}, {"b": np.int64(0)}], [[0, 1], [1, 0]]),
    "hand": (
        spaces.Tuple([spaces.Discrete(3), spaces.Discrete(2)]),
        [[2, 1], [0, 0]],
        [[0, 0, 1, 0, 1], [1, 0, 0, 1, 0]],
    ),
}


@pytest.mark.parametrize("case", SEEN)
def test_observations_are_asked_in_the_environments_units(case, strange):
    seen, rows, shown = SEEN[case]
    agent = learner(strange(seen=seen), learner="ppo")
    np.testing.assert_allclose(observed(agent.envs, rows), shown, atol=1e-6)
    assert len(agent.predict(agent.w, rows)) == len(rows)


@pytest.mark.parametrize(
    ("seen", "rows", "says"),
    [
        (BOX, [[1], [2], [3]], r"rows of 2 numbers, but these have the shape \(3, 1\)"),
        (BOX, [[1, 2, 3]], r"have the shape \(1, 3\)"),
        (BOX, [[1, np.nan]], "not finite"),
        (spaces.Discrete(3), [0, 3], "3 is not among the observations of this environment, Discrete"),
        (spaces.Discrete(3), [0.5], "0.5 is not among the observations"),
        (spaces.Discrete(3), ["a"], "one number a row, but"),
    ],
)
def test_what_is_no_observation_is_refused(seen, rows, says, strange):
    agent = learner(strange(seen=seen), learner="ppo")
    with pytest.raises(ValueError, match=says):
        agent.predict(agent.w, rows)


def test_actions_are_answered_in_the_environments_units(strange):
    rows = np.zeros((3, 2))
    for actions, answers in (
        (spaces.Discrete(3, start=10), {10, 11, 12}),
        (spaces.Box(np.float32([0, 7]), np.float32([10, 7])), None),
    ):
        agent = learner(strange(actions=actions), learner="auto" if answers else "sac")
        agent.w[:] = 0  # the middle of every border, and the first of equals
        said = agent.predict(agent.w, rows).tolist()
        assert said == ([10, 10, 10] if answers else [[5, 7]] * 3)


def test_a_pendulum_answers_torques():
    agent = prepare("pendulum", "quick", {}, 0, None).build()[0]
    agent.w[:] = 0
    agent.w[: agent.actor.size][-2] = 9  # the bias of the mean: tanh(9) is 1 in float32, to the sixth place
    assert agent.predict(agent.w, [[1, 0, 0]]) == pytest.approx(2)


def test_blackjack_is_asked_by_the_three_numbers_of_a_hand():
    agent = prepare("blackjack", "quick", {}, 0, None).build()[0]
    assert observed(agent.envs, [[12, 10, 0], [20, 1, 1]]).tolist() == [[12 * 22 + 20], [20 * 22 + 2 + 1]]
    assert set(agent.predict(agent.w, [[12, 10, 0], [20, 1, 1]]).tolist()) <= {0, 1}


def test_one_that_does_not_follow_its_seed_is_told(strange, tmp_path, caplog):
    quick = {**TINY, "episodes": 2, "id": strange(wrong="unseeded")}
    run = start(prepare("env", "default", quick, 0, None), tmp_path / "run", pictures=False)
    line = "Strange-v0 does not follow its seed: two resets with the seed 0 differ"
    assert line in caplog.text
    assert line in json.loads((run.folder / "report.json").read_text())["texts"]["Notes"]
    assert learner(strange()).notes() == learner("CartPole-v1").notes() == []
    assert learner("Pendulum-v1").notes() == []


def test_what_an_environment_prints_spoils_no_json(strange, tmp_path, capfd):
    folder = str(tmp_path / "run")
    start(prepare("env", "default", {**TINY, "id": strange()}, 0, None), tmp_path / "run", pictures=False)
    np.save(tmp_path / "x.npy", np.zeros((2, 2)))
    assert "loud" not in capfd.readouterr().out
    assert main(["eval", folder, "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["metrics"]
    assert main(["predict", folder, str(tmp_path / "x.npy"), "--json"]) == 0
    assert len(json.loads(capfd.readouterr().out)["answers"]) == 2


class Point:
    """An entry point of a package that is installed."""

    name, attr, dist, value = "__root__", "register", None, "somewhere:register"

    def __init__(self, does, name="__root__"):
        self.does, self.name = does, name

    def load(self):
        return self.does


@pytest.fixture
def installed(monkeypatch):
    def put(*points):
        plugins.load.cache_clear()
        monkeypatch.setattr(plugins, "entry_points", lambda group: points)

    yield put
    plugins.load.cache_clear()
    for name in [name for name in gym.registry if "Plugged" in name]:
        gym.registry.pop(name)


def test_environments_of_installed_packages_are_found(installed):
    installed(
        Point(lambda: gym.register("Plugged-v0", Strange)), Point(lambda: gym.register("Plugged-v1", Strange), "My")
    )
    assert find("Plugged-v0").id == "Plugged-v0"
    assert find("My/Plugged-v1").id == "My/Plugged-v1"


def test_a_package_that_fails_or_registers_nothing_is_named(installed):
    installed(Point(lambda: 1 / 0, "My"), Point(lambda: None))
    with pytest.raises(ValueError, match=r"no environment 'Plugged-v0'.*somewhere:register.*raised ZeroDivision"):
        find("Plugged-v0")
    with pytest.raises(ValueError, match=r"entry point somewhere:register of the package \? registers nothing"):
        find("Plugged-v0")
    gym.register("Plugged-v3", Strange)  # not in the namespace of the one that failed
    assert "Plugged-v3" in gym.registry


def test_a_file_is_imported_beside_a_task_and_never_by_a_folder(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "far_worlds.py").write_text(
        "import gymnasium as gym\nfrom gymnasium.envs.classic_control import CartPoleEnv\n"
        "class Far(CartPoleEnv): pass\n"
        "gym.register('Far-v0', 'far_worlds:Far', max_episode_steps=9)\n"
    )
    config = (*TINY.items(), ("id", "Far-v0"))
    with pytest.raises(Refusal, match="A file or a module that does is named with --import"):
        perform(Job("env", 0, "default", tmp_path / "run", pictures=False, config=config))
    whole = load(["far_worlds.py"])
    assert whole == (str(tmp_path / "far_worlds.py"),)
    done = perform(Job("env", 0, "default", tmp_path / "run", pictures=False, config=config, imports=whole))
    assert f"--import {whole[0]}" in done["command"]
    gym.registry.pop("Far-v0")
    assert main(["eval", "run"]) == 2  # nothing in the folder leads to the code
    assert "no environment 'Far-v0'" in capsys.readouterr().err


def test_imports_come_with_every_command_that_opens_a_run(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.py").write_text("1 / 0")
    for command in (
        "run env",
        "resume x",
        "eval x",
        "predict x y.csv",
        "generate x",
        "check env",
        "compare x",
        "study s",
    ):
        assert main([*command.split(), "--import", "wrong.py"]) == 2
        said = capsys.readouterr().err
        if command != "study s":  # which reads its spec first
            assert "wrong.py cannot be imported: it raised ZeroDivisionError: division by zero (wrong.py:1)" in said
    for name, says in (
        ("a:b", "--import takes a file, worlds.py say, or the name of a module, not 'a:b'"),
        ("wrong", "there is no such module; did you mean --import wrong.py?"),
        ("no_such.py", "there is no file to import: "),
    ):
        assert main(["run", "env", "--import", name]) == 2
        assert says in capsys.readouterr().err
