"""Balance a pole on a cart as an expert does, from one episode of it (CartPole-v1), by cloning or DAgger."""

from dataclasses import dataclass
from typing import Any

from core import MLP, Adam, Layer, Rng, tanh
from core.lab import UserPath
from core.lab.problems.cartpole import environments, expert as rule
from reinforcement.envs.classic_control import cartpole_exam
from reinforcement.imitation import Imitation, ImitationConfig, from_run
from reinforcement.predictor import AgentPredictor

PARADIGM = "reinforcement"
PROBLEM = "imitation"
ABOUT = """
Balance a pole on a cart by watching an expert for one episode. In go four numbers about cart and pole; the label is
the expert's push, left or right. Cloning learns from that episode alone; with `ask` above 0 (DAgger) the expert also
labels the places that the learner itself comes to. No reward is learnt from: episodes only judge. The best possible
score is 500 steps, and the expert, a rule by hand, reaches it.
"""
PRESETS = {"quick": {"updates": 20}}


@dataclass(frozen=True)
class Config(ImitationConfig):
    expert: UserPath = ""  # folder of a run whose network is the expert; empty: a rule that balances to the end
    hidden: int = 64  # units in each of the two hidden layers
    lr: float = 3e-3  # step size of Adam at the start; it falls to 0 linearly
    batches: int = 50  # minibatches in an update


def network(config: Config) -> Layer:
    return MLP(4, config.hidden, config.hidden, 2, activation=tanh)


def predictor(config: Config, facts: Any) -> AgentPredictor:
    return AgentPredictor(network(config), environments)


def make(config: Config, rng: Rng, data: Any) -> Imitation:
    expert = from_run(config.expert) if config.expert else rule
    exam = cartpole_exam(baselines={"the expert": expert})
    return Imitation(network(config), exam.make_envs, exam, expert, Adam(config.lr), rng, config)
