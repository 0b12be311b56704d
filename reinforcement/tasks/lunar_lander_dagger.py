"""Land as an expert does, who is asked about every place that the learner comes to (LunarLander-v3), by DAgger."""

from dataclasses import dataclass
from typing import Any

from core import MLP, Adam, Layer, Rng
from core.lab import UserPath
from reinforcement.envs.lunar_lander import ExpertExam, heuristic, in_hundreds, lander_exam
from reinforcement.imitation import Imitation, ImitationConfig, from_run
from reinforcement.predictor import AgentPredictor

PARADIGM = "reinforcement"
PROBLEM = "lunar_lander_imitation"
NEEDS = {"Box2D": "trivium[robots]"}
ABOUT = """
Land a spacecraft as an expert pilot does, who is asked about every place that the learner comes to (DAgger). In go
eight numbers about place, speed and angle; the label is what the expert would fire there. No reward is learnt from.
Episodes only judge: a landing between the flags earns about 250. A learner that reaches the expert's own return has
learnt all that it was shown.
"""
PRESETS = {"quick": {"updates": 20, "flights": 10}, "best": {"updates": 200}}


@dataclass(frozen=True)
class Config(ImitationConfig):
    expert: UserPath = ""  # folder of a finished run whose network is the expert; empty: Gymnasium's heuristic
    episodes: int = 5  # of the expert, at first
    ask: int = 32  # steps of each lander before each update about which the expert is asked; 0: none, cloning
    envs: int = 16  # landers side by side that the learner flies then
    hidden: int = 128  # units in each of the two hidden layers
    lr: float = 2e-3  # step size of Adam at the start; it falls to 0 linearly
    updates: int = 60  # each of some minibatches
    batch: int = 128  # labels in a minibatch
    flights: int = 100  # episodes that judge


def network(config: Config) -> Layer:
    return MLP(8, config.hidden, config.hidden, 4)


def predictor(config: Config, facts: Any) -> AgentPredictor:
    return AgentPredictor(network(config), in_hundreds)


def make(config: Config, rng: Rng, data: Any) -> Imitation:
    expert = from_run(config.expert) if config.expert else heuristic
    exam = ExpertExam(lander_exam(config.flights), expert)
    return Imitation(network(config), exam.play.make_envs, exam, expert, Adam(config.lr), rng, config)
