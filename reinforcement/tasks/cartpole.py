"""Balance a pole on a cart, from nothing but the reward of not falling (CartPole-v1), by PPO."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from core import Adam, Rng
from core.lab import Cell
from core.lab.problems.cartpole import TIME_LIMIT, environments, lean
from reinforcement.envs.classic_control import cartpole_exam
from reinforcement.evaluate import Logits, ReturnExam
from reinforcement.networks import actor_and_critic
from reinforcement.ppo import PPO, PPOConfig
from reinforcement.predictor import AgentPredictor, actor_critic

PARADIGM = "reinforcement"
ABOUT = """
Keep a pole upright on a cart by pushing the cart left or right. In go four numbers: position, speed, angle of the
pole and its angular speed. Out comes one of the two pushes. Each step on which the pole stands earns 1, and nothing
else is said. An episode ends when the pole falls, or after 500 steps. A random agent lasts about 22 steps; 500 is the
best possible, and a good run reaches it.
"""
PRESETS = {"quick": {"updates": 25}}
CELL = Cell(bits=1, trials=12, passes=lambda config: 2 + 3 * config.epochs)  # acting and the next value are half each
LONG = 1000  # steps of an episode that chooses


@dataclass(frozen=True)
class Config(PPOConfig):
    hidden: int = 64  # units in each of the two hidden layers, of actor and critic alike
    lr: float = 1.5e-3  # step size of Adam at the start; it falls to 0 linearly
    updates: int = 39  # roll-outs that are learnt from
    envs: int = 16  # cart-poles side by side
    rollout: int = 32  # steps of each in one roll-out
    epochs: int = 10  # passes over a roll-out
    batch: int = 32  # steps in a minibatch


class LongExam(ReturnExam):
    """Weights are chosen by episodes that are cut off after 1,000 steps and judged by those of the rules, of 500.

    Half way through a run many agents reach 500 on all episodes that choose, and fail one in some hundreds: those that
    last twice as long have the margin. The first 500 steps of a long episode are one of the rules: `val_return`.
    """

    def validate(self, logits: Logits) -> dict[str, float]:
        G, lengths = self.trial(logits)
        short = np.minimum(G, TIME_LIMIT)
        return {
            "val_return": float(short[: self.n_val].mean()),
            "val_return_sampled": float(short[self.n_val :].mean()),
            "val_score": float(G.mean()),
            "answers": float(lengths.sum()),
        }


def predictor(config: Config, facts: Any) -> AgentPredictor:
    return actor_critic(actor_and_critic(4, config.hidden, 2), environments)


def make(config: Config, rng: Rng, data: Any) -> PPO:
    own, long = cartpole_exam(baselines={"push towards the lean": lean}), partial(environments, max_episode_steps=LONG)
    exam = LongExam(long, own.reference, own.reference_name, n_val=10, judge=own)
    networks, optimizer = actor_and_critic(4, config.hidden, 2), Adam(config.lr, eps=1e-5)
    return PPO(*networks, own.make_envs, exam, optimizer, rng, config)
