"""Any environment of Gymnasium, by its id: trivium run env --id MyPackage/MyEnv-v0, by PPO, DQN or SAC."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np

from core import MLP, Adam, Layer, Rng
from core.lab import check
from core.lab.envs.vector import make as make_envs
from reinforcement.config import Checked
from reinforcement.distributions import CATEGORICAL, GAUSSIAN, SQUASHED, ActionDistribution, factored, with_spread
from reinforcement.dqn import DQN, DQNConfig
from reinforcement.envs import pictures
from reinforcement.envs.actions import Actions
from reinforcement.envs.gymnasium_env import OpenExam, View, build, find, picked
from reinforcement.envs.masks import offered
from reinforcement.envs.remembered import Remembered, from_plain, to_plain
from reinforcement.evaluate import ReturnExam
from reinforcement.networks import Masked, actor_and_critic, actor_and_two_critics, picture_network
from reinforcement.ppo import PPO, PPOConfig
from reinforcement.running_stats import RunningMeanStd
from reinforcement.sac import SAC, SACConfig

PARADIGM = "reinforcement"
ROOM = 2**29  # bytes of observations in a replay memory: pictures would fill any machine
ABOUT = """
Learn any environment of Gymnasium by its id, `--id CartPole-v1` say, or one that an installed package registers. In
go its observations, a row of numbers or pictures; out come its actions, choices, real numbers or both. PPO, DQN or SAC
learns, picked by the kinds of both. The score is the mean return of whole episodes. Good is the return at which
Gymnasium calls the environment solved, where it names one.
"""
PRESETS = {"quick": {"timesteps": 20_000, "episodes": 20}, "best": {"timesteps": 1_000_000}}
KINDS = {"ppo": PPOConfig, "dqn": DQNConfig, "sac": SACConfig}
TYPES = {field.name: type(field.default) for kind in KINDS.values() for field in fields(kind)}  # of every setting


@dataclass(frozen=True)
class Config(Checked):
    """A setting of the learner is None where its own default stands; one of another learner than learns is refused."""

    nonnegative = (*PPOConfig.nonnegative, *SACConfig.nonnegative)
    probability = tuple(sorted({*PPOConfig.probability, *DQNConfig.probability, *SACConfig.probability}))

    id: str = "CartPole-v1"  # of a registered environment
    learner: str = "auto"  # ppo, dqn or sac; auto picks by the spaces
    timesteps: int = 100_000  # steps to learn from
    hidden: int = 64  # units in each of the two hidden layers, or behind the convolutions
    lr: float = 1e-3  # step size of Adam at the start
    episodes: int = 100  # that judge; a tenth as many choose
    limit: int = 1000  # steps of an episode, where the environment names no limit
    network: str = "auto"  # conv, mlp; auto is conv for pictures, but for sac
    frames: int = 1  # observations that are seen at once: the newest, and those before it
    grayscale: bool = False  # colours of pictures become one
    side: int = 64  # pixels of a picture's side, at most
    action_masks: str = "auto"  # auto: heeds those that the environment gives; off
    gamma: float = 0.99  # a reward k steps away counts gamma^k
    envs: int | None = None  # environments side by side: ppo 8, dqn 8, sac 1
    rollout: int | None = None  # steps of each in one roll-out: ppo 128, dqn 32, sac 64
    batch: int | None = None  # steps in a minibatch: ppo 256, dqn 128, sac 256
    max_norm: float | None = None  # ppo 0.5, dqn 10: longer gradients are cut to this length
    epochs: int | None = None  # ppo 8: passes over a roll-out
    lam: float | None = None  # ppo 0.95: how far an advantage looks beyond the critic: 0 one step, 1 to the end
    clip: float | None = None  # ppo 0.2: how far an action's probability may move in one update, relatively
    value_weight: float | None = None  # ppo 0.25: of the critic's squared error
    entropy_weight: float | None = None  # ppo 0: of the reward for staying undecided
    batches: int | None = None  # dqn 64, sac 64: minibatches after each roll-out
    replay_size: int | None = None  # dqn, sac: steps that are remembered; 100,000, or as many as 512 MiB hold
    tau: float | None = None  # dqn 0.01, sac 0.005: how fast the old weights follow
    n_step: int | None = None  # dqn 1: steps after which the value of what follows stands for the rest
    explore: float | None = None  # dqn 0.05: share of actions drawn evenly, in the end
    exploration_fraction: float | None = None  # dqn 0.3: share of the run over which it falls
    learning_starts: int | None = None  # sac 1000: steps that are drawn evenly, at first
    alpha: float | None = None  # sac 1: weight of the policy's entropy at the start

    def __post_init__(self) -> None:
        for name, value in self.given().items():
            if TYPES[name] is float and type(value) is int:
                object.__setattr__(self, name, float(value))
            elif type(value) is not TYPES[name]:
                raise ValueError(f"{name} must be of type {TYPES[name].__name__}, not {value!r}")
        super().__post_init__()
        learners, networks = ("auto", *LEARNERS), ("auto", "conv", "mlp")
        known = {"learner": learners, "network": networks, "action_masks": ("auto", "off")}
        check(self, span={"frames": (1, 64), "side": (pictures.SMALLEST, 256)}, among=known)
        if self.learner != "auto":
            self.settings(self.learner)

    def given(self) -> dict[str, Any]:
        """The settings of a learner that are not left to it."""
        return {name: value for name in TYPES if (value := getattr(self, name, None)) is not None}

    def settings(self, learner: str, **defaults: Any) -> Any:
        """The configuration of a learner, with `defaults` for what is left to it. Raises ValueError for another's."""
        kind, given = KINDS[learner], self.given()
        own = {field.name for field in fields(kind)}
        if foreign := [name for name in given if name not in own]:
            owners = [other for other in KINDS if foreign[0] in {field.name for field in fields(KINDS[other])}]
            raise ValueError(f"{foreign[0]} is a setting of {' and '.join(owners)}, and {learner} learns here")
        made = kind(**{**defaults, **given})
        return replace(made, updates=math.ceil(self.timesteps / made.envs / made.rollout))


@dataclass(frozen=True)
class World:
    """What a learner must know of an environment to learn in it: what it sees, how it acts, and who judges."""

    actions: Actions
    I: int  # numbers of an observation, but for its mask
    picture: tuple[int, int, int] | None  # H, W and C, where it is one
    masks: int  # options that a mask speaks of, 0 where there is none
    exam: ReturnExam

    def network(self, config: Config, O: int, last_gain: float, scale: float) -> Layer:
        """A network of pictures, (..., H W C) -> (..., O), each byte times `scale`."""
        H, W, C = self.picture or (0, 0, 0)
        return picture_network(H, W, C, config.hidden, O, scale, last_gain)

    def masked(self, net: Layer, acts: bool = True) -> Layer:
        """`net`, an actor's or a critic's, for rows that a mask may stand behind."""
        return Masked(net, self.I, self.masks if acts else 0) if self.masks else net


def ppo(config: Config, world: World, rng: Rng) -> PPO:
    acts, exam = world.actions, world.exam
    O = sum(acts.sizes) + acts.N
    if world.picture:
        mean, critic = (world.network(config, *sizes, 1.0) for sizes in ((O, 0.01), (1, 1.0)))
        stats = RunningMeanStd(world.picture[-1], world.I)
    else:
        mean, critic = actor_and_critic(world.I, config.hidden, O)
        stats = RunningMeanStd(world.I, world.I if world.masks else None)
    actor = with_spread(mean, acts.N, -0.5) if acts.N else mean
    settings = config.settings("ppo", envs=8, rollout=128)
    nets, optimizer = (world.masked(actor), world.masked(critic, False)), Adam(config.lr, eps=1e-5)
    return PPO(*nets, exam.make_envs, exam, optimizer, rng, settings, family=exam.family, obs_stats=stats)


def replay_size(I: int, bytes_each: int = 4) -> int:
    """Steps that are remembered: 100,000, or as many as there is room for, at two rows (I,) each."""
    return min(100_000, ROOM // (2 * bytes_each * I))


def dqn(config: Config, world: World, rng: Rng) -> DQN:
    O, exam = math.prod(world.actions.sizes), world.exam
    if world.picture:
        net, size = world.network(config, O, 1.0, 1 / 255), replay_size(world.I + world.masks, 1)
    else:
        net, size = MLP(world.I, config.hidden, config.hidden, O), replay_size(world.I + world.masks)
    settings = config.settings("dqn", envs=8, rollout=32, batch=128, replay_size=size)
    return DQN(world.masked(net), exam.make_envs, exam, Adam(config.lr), rng, settings)


def sac(config: Config, world: World, rng: Rng) -> SAC:
    settings, exam = config.settings("sac", replay_size=replay_size(world.I)), world.exam
    nets = actor_and_two_critics(world.I, config.hidden, world.actions.N)
    return SAC(*nets, exam.make_envs, exam, config.lr, rng, settings)


LEARNERS: dict[str, Callable[[Config, World, Rng], PPO | DQN | SAC]] = {"ppo": ppo, "dqn": dqn, "sac": sac}


def family(learner: str, actions: Actions) -> ActionDistribution:
    """How `learner` makes actions of what its network says."""
    if learner != "ppo" or not actions.sizes:
        return {"ppo": GAUSSIAN, "dqn": CATEGORICAL, "sac": SQUASHED}[learner]
    return CATEGORICAL if len(actions.sizes) == 1 and not actions.N else factored(actions.sizes, actions.N)


def make(config: Config, rng: Rng, data: Any) -> PPO | DQN | SAC:
    return made(config, rng, partial(build, config.id, config.limit), find(config.id).reward_threshold)


FACTS = {"observations": object, "actions": object, "options": int}  # spaces; options that a mask speaks of


def predictor(config: Config, facts: Any) -> PPO | DQN | SAC:
    """The learner in an environment of which the spaces alone are known, or in its own where they cannot be told."""
    rng = np.random.default_rng(0)
    if None in (facts["observations"], facts["actions"]):
        return make(config, rng, None)
    spaces = from_plain(facts["observations"]), from_plain(facts["actions"])
    return made(config, rng, lambda: Remembered(*spaces, facts["options"]), None)


def made(config: Config, rng: Rng, build: Callable[..., Any], solved: float | None) -> PPO | DQN | SAC:
    """The learner in what `build` makes, where the return `solved` is Gymnasium's own measure, if there is one."""
    env = build()
    actions, seen = Actions(config.id, env.action_space), env.observation_space
    learner = picked(seen, actions) if config.learner == "auto" else config.learner
    if learner not in actions.fits:
        others = " or ".join(actions.fits)
        raise ValueError(
            f"{learner} does not learn such actions as those of {config.id}: {env.action_space}; "
            f"take --learner {others}, or leave it at auto"
        )
    view = View(
        config.id,
        build,
        learner,
        config.frames,
        convolves(config, seen, learner),
        config.grayscale,
        config.side,
        bool(actions.sizes) and config.action_masks == "auto" and offered(env),
    )
    env.close()

    def one() -> Any:
        return view.open()

    one.__name__ = config.id  # what a refusal calls it
    env = one()
    masks = (math.prod(actions.sizes) if learner == "dqn" else sum(actions.sizes)) if view.masks else 0
    I = env.observation_space.shape[0] - masks
    env.close()
    exam = (OpenExam if solved is None else ReturnExam)(
        partial(make_envs, one),
        solved or 0.0,
        "the return at which Gymnasium calls it solved",
        film=view.drawn,
        n_val=max(2, config.episodes // 10),
        n_test=config.episodes,
        family=family(learner, actions),
    )
    picture = pictures.shape(seen, view.grayscale, view.side, view.frames) if view.pictures else None
    agent: Any = LEARNERS[learner](config, World(actions, I, picture, masks, exam), rng)
    options = sum(actions.sizes) if masks else 0
    agent.prediction = lambda: {"observations": to_plain(seen), "actions": to_plain(actions.space), "options": options}
    return agent


def convolves(config: Config, seen: Any, learner: str) -> bool:
    """Are observations pictures for a convolutional network? Raises ValueError where they should be, and are not."""
    able = pictures.picture(seen) and learner != "sac"
    for flag, asked in ("--network conv", config.network == "conv"), ("--grayscale", config.grayscale):
        if asked and not pictures.picture(seen):
            raise ValueError(f"{flag} needs pictures, and the observations of {config.id} are {seen}: {pictures.RULE}")
        if asked and (learner == "sac" or config.network == "mlp"):
            raise ValueError(f"{flag} needs a convolutional network, which ppo and dqn have: give --learner ppo")
    return able and config.network != "mlp"
