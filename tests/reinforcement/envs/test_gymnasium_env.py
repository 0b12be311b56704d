import re
from functools import partial

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from core.lab.cli import main
from reinforcement.dqn import DQN
from reinforcement.envs.actions import Actions
from reinforcement.envs.gymnasium_env import ROBOTS, View, build, find, picked
from reinforcement.ppo import PPO
from reinforcement.sac import SAC
from reinforcement.tasks import env as task

PLANE = spaces.Box(-2, 2, (2,), np.float32)


class Odd(gym.Env):
    """Episodes of five steps in spaces of any kind; at its step `at` an environment goes wrong in one of many ways."""

    metadata = {"render_modes": []}  # noqa: RUF012
    count = 0

    def __init__(self, seen=PLANE, actions=None, wrong="", at=0):
        self.observation_space, self.action_space = seen, actions or spaces.Discrete(2)
        self.wrong, self.at = wrong, at

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(int(self.np_random.integers(1 << 30)))
        self.t = 0
        return self.observation_space.sample(), {}

    def step(self, action):
        assert self.action_space.contains(action), f"{action!r} is not in {self.action_space}"
        self.t += 1
        Odd.count += 1
        obs, wrong = self.observation_space.sample(), self.wrong if Odd.count == self.at else ""
        if wrong == "raise":
            raise RuntimeError("the wheel came off\nsecond line")
        if wrong == "nan":
            obs = obs * np.nan
        if wrong == "shape":
            obs = np.zeros(3, np.float32)
        if wrong == "type":
            obs = "where am I?"
        if wrong == "four":
            return obs, 1.0, False, {}
        reward = {"nan reward": np.nan, "inf reward": np.inf, "no reward": None, "two rewards": [1.0, 2.0]}.get(
            wrong, 1.0
        )
        return obs, reward, False, self.t == 5, {}


@pytest.fixture
def odd(request):
    """Registers Odd with some arguments as Test/Odd-v0, for one test."""

    def register(**options):
        gym.registry.pop("Test/Odd-v0", None)
        gym.register("Test/Odd-v0", entry_point=Odd, kwargs=options)
        Odd.count = 0
        return "Test/Odd-v0"

    yield register
    gym.registry.pop("Test/Odd-v0", None)


def learner(name="CartPole-v1", **options):
    config = task.Config(id=name, **{"timesteps": 256, "envs": 2, "episodes": 2, "hidden": 8, **options})
    return task.make(config, np.random.default_rng(0), None)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("CartPole-v1", PPO),
        ("MountainCarContinuous-v0", SAC),
        ("FrozenLake-v1", DQN),
        ("Blackjack-v1", PPO),
        ("Acrobot-v1", PPO),
    ],
)
def test_learner_is_picked_by_the_spaces(name, kind):
    agent = learner(name)
    assert type(agent) is kind
    agent.update()


@pytest.mark.parametrize(
    ("name", "flag", "kind"),
    [
        ("Pendulum-v1", "ppo", PPO),
        ("Pendulum-v1", "sac", SAC),
        ("Acrobot-v1", "dqn", DQN),
        ("Taxi-v4", "ppo", PPO),
    ],
)
def test_flag_overrides(name, flag, kind):
    agent = learner(name, learner=flag)
    assert type(agent) is kind
    assert np.isfinite(agent.update()["loss"])


@pytest.mark.parametrize(
    ("seen", "I"),
    [
        (spaces.Discrete(4), 4),
        (spaces.MultiDiscrete([3, 2]), 5),
        (spaces.MultiBinary(6), 6),
        (spaces.Box(0, 255, (4, 4, 3), np.uint8), 48),
        (spaces.Box(-np.inf, np.inf, (), np.float64), 1),
        (spaces.Dict(a=PLANE, b=spaces.Discrete(3)), 5),
        (spaces.Tuple((PLANE, spaces.MultiBinary(2))), 4),
    ],
)
def test_every_kind_of_observation_becomes_a_row(odd, seen, I):
    agent = learner(odd(seen=seen), learner="ppo")
    assert agent.envs.obs.shape == (2, I)
    assert agent.envs.obs.dtype == np.float32
    agent.update()
    assert np.isfinite(agent.w).all()
    if seen.__class__.__name__ == "Box" and seen.shape:
        assert np.abs(agent.envs.obs).max() <= 1


@pytest.mark.parametrize(
    "actions",
    [
        spaces.Discrete(3, start=5),
        spaces.Box(-3, 7, (2,), np.float32),
        spaces.Box(0, 1, (2, 2), np.float64),
        spaces.Box(-1, 1, (), np.float32),
    ],
)
def test_every_kind_of_action_arrives_within_its_space(odd, actions):
    name = odd(actions=actions)
    for flag in ("ppo", "dqn") if isinstance(actions, spaces.Discrete) else ("ppo", "sac"):
        agent = learner(name, learner=flag)
        agent.update()  # Odd itself asserts that its space contains them
        agent.evaluate()


def test_numbers_without_borders_are_for_ppo(odd):
    wide = spaces.Box(-np.inf, np.inf, (2,), np.float32)
    name = odd(actions=wide)
    assert picked(PLANE, Actions(name, wide)) == "ppo"
    learner(name).update()
    with pytest.raises(ValueError, match=r"sac does not learn such actions .*take --learner ppo, or"):
        learner(name, learner="sac")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"actions": spaces.Box(0, 10**9, (2,), np.int64)}, "choices among 2,000,000,002 options; 2,000,000 can be"),
        ({"actions": spaces.Dict(a=PLANE, b=spaces.Text(3))}, "are Dict.*: only Discrete, MultiDiscrete, MultiBinary"),
        ({"actions": spaces.Box(0.5, 0.5, (2,), np.float32)}, "no number is free"),
        ({"seen": spaces.Sequence(PLANE)}, "observations of Test/Odd-v0 are a Sequence"),
        ({"seen": spaces.Box(0, 1, (0,), np.float32)}, "are empty"),
        ({"seen": spaces.Dict({})}, "are empty"),
        ({"actions": spaces.Sequence(PLANE)}, "only Discrete, MultiDiscrete, MultiBinary and Box"),
        ({"no_such": 1}, "cannot be made: TypeError"),
    ],
)
def test_what_is_not_supported_is_one_line(odd, options, says):
    with pytest.raises(ValueError, match=says) as error:
        learner(odd(**options))
    assert "\n" not in str(error.value)


def test_pictures_do_not_fill_the_machine(monkeypatch):
    assert learner("FrozenLake-v1").replay.size == learner("Pendulum-v1").replay.size == 100_000
    assert task.replay_size(96 * 96 * 3) == 2427  # half a gigabyte, not 22
    monkeypatch.setattr(task, "ROOM", 8 * 16 * 80)
    assert learner("FrozenLake-v1").replay.size == 80  # 16 one-hot numbers, twice
    assert learner("Pendulum-v1").replay.size == 426
    monkeypatch.setattr(task, "ROOM", 8 * 16 * 63)
    with pytest.raises(ValueError, match="memory of 63 does not hold the 64 steps"):
        learner("FrozenLake-v1")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("CartPol-v1", "did you mean CartPole-v1"),
        ("cartpole-v1", "did you mean CartPole"),
        ("ALE/Pong-v5", "pip install ale-py"),
        ("MiniGrid-Empty-5x5-v0", "pip install minigrid"),
        ("MyPkg/MyEnv-v0", "no environment 'MyPkg/MyEnv-v0' .*; is the package"),
        ("Walker-v3", "mean Walker2d-v5"),
        ("os:CartPole-v1", "names a module"),
    ],
)
def test_unknown_id(name, says):
    with pytest.raises(ValueError, match=says) as error:
        find(name)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("name", "package"), [("LunarLander-v3", "Box2D"), ("Hopper-v5", "mujoco")])
def test_missing_extra_is_named(name, package, monkeypatch):
    def missing(*args, **options):
        raise gym.error.DependencyNotInstalled(f"{package} is not installed\nat all")

    monkeypatch.setattr(gym, "make", missing)
    monkeypatch.setitem(ROBOTS, package.lower(), "no_such_module")
    with pytest.raises(ValueError, match=rf"{name} needs: pip install 'trivium\[robots\]'$"):
        learner(name)
    with pytest.raises(ValueError, match=rf"did you mean {name}\? It needs: pip install 'trivium\[robots\]'$"):
        find(name.replace("-v", "-v1"))
    monkeypatch.setitem(ROBOTS, package.lower(), "numpy")
    with pytest.raises(ValueError, match=f"did you mean {name}\\?$"):
        find(name.replace("-v", "-v1"))


@pytest.mark.parametrize(("flag", "name"), [("sac", "CartPole-v1"), ("dqn", "Pendulum-v1")])
def test_learner_that_does_not_fit_is_refused(flag, name):
    with pytest.raises(ValueError, match=f"{flag} "):
        learner(name, learner=flag)
    with pytest.raises(ValueError, match="did you mean ppo"):
        task.Config(learner="pp")
    with pytest.raises(ValueError, match="gamma"):
        task.Config(gamma=2.0)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("raise", "failed at step 716: RuntimeError: the wheel came off [(]test_gymnasium_env.py:[0-9]+[)];"),
        ("nan", "an observation that is not finite"),
        ("shape", "broadcast|shape"),
        ("type", "could not convert|dtype|str"),
        ("four", "unpack"),
        ("nan reward", "a reward that is not finite"),
        ("inf reward", "a reward that is not finite"),
        ("no reward", "the reward None, not a number"),
        ("two rewards", r"the reward \[1.0, 2.0\], not a number"),
    ],
)
def test_environment_that_goes_wrong_stops_the_command_and_the_run_can_be_evaluated(odd, wrong, says, tmp_path, capsys):
    name, folder = odd(wrong=wrong, at=1501), str(tmp_path / "run")
    flags = ["--id", name, "--timesteps", "8192", "--envs", "2", "--episodes", "2", "--hidden", "8", "--out", folder]
    assert main(["run", "env", *flags]) == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert re.search(says, line), line
    assert "at step " in line
    assert name in line
    assert line.endswith(f"the last good checkpoint is {folder}/checkpoint.safetensors")
    assert not (tmp_path / "run" / "result.json").exists()
    Odd.count = 5000  # it goes well from here on
    assert main(["eval", folder]) == 0
    assert "test_return" in capsys.readouterr().out
    if wrong == "raise":
        assert main(["resume", folder]) == 0
        assert (tmp_path / "run" / "result.json").exists()
        assert "no film" in (tmp_path / "run" / "report.json").read_text()


def test_without_rendering_it_trains_on_and_says_so(odd, tmp_path):
    agent = learner(odd())
    agent.update()
    report = agent.report(agent.weights, tmp_path)
    assert report.texts["Film"].startswith("no film")
    assert report.pictures == {}
    assert report.reference == report.chance == 5
    assert "none is known" in report.reference_name


def test_wrapped_world_without_a_limit_gets_one():
    env = View("CliffWalking-v1", partial(build, "CliffWalking-v1", 7), "ppo").open()
    env.reset(seed=0)
    assert [env.step(0)[3] for _ in range(7)] == [False] * 6 + [True]
