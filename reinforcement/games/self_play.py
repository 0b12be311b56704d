"""Search-guided policy iteration: play against oneself, search before every move, learn what the search found.

A network says of a state how likely each move is to be the best, p, and how the game will end, v. A search that is
guided by both finds a better policy, pi, the shares of its visits; the game's end, z, is a better value. So
    loss = -sum_a pi_a log p_a + (v - z)^2, mean over the batch
and the gradient at the output is p - pi and 2 (v - z) (1 - v^2): the label of cross-entropy is what the agent found by
thinking longer, and nobody else has said anything but who won (Silver et al. 2017, 2018: AlphaZero; the same idea:
Anthony et al. 2017, arXiv:1705.08439).

Many games go on side by side, each search a batch; one that ends gives way to a new one. Some begin with a few random
moves, since a network that is to answer anything must have seen more than its own good moves.
"""

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from core import Array, Layer, Loss, Optimizer, Rng, Schedule, check_shapes, cross_entropy, linear, mse
from core.lab import Exam, settings
from core.lab.envs.vector import check_count
from reinforcement.agent import Agent
from reinforcement.config import Checked
from reinforcement.games.mcts import Evaluate, noisy, search
from reinforcement.games.players import evaluation, sample_moves
from reinforcement.games.predictor import GamePredictor
from reinforcement.games.rules import Game, image, random_moves
from reinforcement.replay_buffer import ReplayBuffer


def policy_value_loss(y: Array, legal: Array, pi: Array, z: Array) -> Loss:
    """-sum_a pi_a log p_a + (v - z)^2: y (B, A + 1), p the softmax over the legal (B, A), v = tanh(y_A); pi, z."""
    dy, v = np.empty_like(y), np.tanh(y[:, -1])
    check_shapes(dy[:, :-1].shape, legal=legal, pi=pi)
    found, dy[:, :-1] = cross_entropy(np.where(legal, y[:, :-1], -1e9).astype(y.dtype), pi)
    ended, dv = mse(v, z)
    dy[:, -1] = dv * (1 - v * v)
    return found + ended, dy


@dataclass(frozen=True)
class SelfPlayConfig(Checked):
    """The settings of self-play; a task gives them its own defaults."""

    nonnegative = "warm", "opening"
    probability = ("noise",)

    updates: int = 300  # rounds of playing and learning
    games: int = 64  # games side by side
    moves: int = 1  # moves of each in one round
    simulations: int = 32  # that are searched before a move
    batches: int = 4  # minibatches after each round
    batch: int = 256  # positions in a minibatch
    replay_size: int = 20_000  # positions that are remembered
    warm: int = 6  # moves of a game that are drawn by how often the search tried them; later the one tried most
    opening: int = 2  # most random moves that a game begins with
    explore: float = 1.5  # c of PUCT: how much a prior counts against what came back
    noise: float = 0.25  # share of noise in the prior of a root
    alpha: float = 1.0  # of Dirichlet's distribution, from which the noise is drawn


class SelfPlay(Agent):
    """One update is `moves` moves in each game, then some minibatches; the first goes on until a game ends.

    A move is drawn by the visits in the first `warm` moves of a game and is the most visited after; each game begins
    with 0 to `opening` random moves. The only answer is the result of a game. `net` maps observations to (B, A + 1).
    Raises ValueError when it does not.
    """

    kept = "done", "rng", "states", "length", "past", "found", "optimizer", "memory=replay"

    def __init__(
        self,
        game: Game,
        net: Layer,
        exam: Exam,
        optimizer: Optimizer,
        rng: Rng,
        config: SelfPlayConfig | None = None,
        *,
        schedule: Schedule = linear,
        **changes: Any,
    ) -> None:
        self.config = c = settings(SelfPlayConfig, config, changes)
        w_rng, self.rng = rng.spawn(2)
        super().__init__(net, exam, optimizer, schedule, w_rng)
        n, self.game, self.replay = check_count(c.games), game, ReplayBuffer(c.replay_size)
        if net(game.observation(game.start(1)), self.w)[0].shape != (1, game.A + 1):
            raise ValueError(f"a network for {game.name} says {game.A} moves and one value for each state")
        if c.replay_size < n * game.longest:
            raise ValueError(
                f"a memory of {c.replay_size} may not hold what {n} games bring: {n * game.longest} positions"
            )
        self.states, self.length = game.start(n), np.zeros(n, np.int64)  # the games, and the moves learnt from in each
        self.past = np.zeros((n, game.longest, *game.shape), np.int8)
        self.found = np.zeros((n, game.longest, game.A), np.float32)
        self.begin(np.arange(n))

    def begin(self, which: Array) -> None:
        """New games in the places `which`, each after 0 to `opening` random moves; at the start if these ended it."""
        states, plies = self.game.start(len(which)), self.rng.integers(self.config.opening + 1, size=len(which))
        for k in range(self.config.opening):
            more = plies > k
            states[more] = self.game.play(states[more], random_moves(self.game, self.rng, states[more]))
            over = self.game.result(states)[0]
            states[over], plies[over] = self.game.start(int(over.sum())), 0
        self.states[which], self.length[which] = states, 0

    def update(self) -> dict[str, float]:
        played = ended = 0
        while played < self.config.moves * self.config.games or not len(self.replay):
            ended += self.move()
            played += self.config.games
        losses = []
        for _ in range(self.config.batches):
            losses.append(self.loss(self.w, self.batch_of(self.replay.draw(self.rng, self.config.batch)), self.g))
            self.optimizer.step(self.w, self.g, self.schedule(self.progress))
        return {"loss": float(np.mean(losses)), "games": ended, **self.counted(played, ended)}

    def move(self) -> int:
        """One move in every game; how many ended."""
        c, places = self.config, np.arange(self.config.games)
        stir = partial(noisy, self.rng, self.game.legal(self.states), share=c.noise, alpha=c.alpha)
        visits, _ = search(self.game, self.model(self.w), self.states, c.simulations, c.explore, stir)
        self.past[places, self.length] = self.states
        self.found[places, self.length] = visits / visits.sum(-1, keepdims=True)
        action = np.where(self.length < c.warm, sample_moves(visits, self.rng), visits.argmax(-1))
        self.length += 1
        self.states = self.game.play(self.states, action)
        over, reward = self.game.result(self.states)
        which = np.flatnonzero(over)
        for i in which:
            k = self.length[i]
            z = reward[i] * (-1.0) ** np.arange(k, 0, -1)  # reward is of who would move next
            self.replay.add(self.past[i, :k], self.found[i, :k], z.astype(np.float32))
        self.begin(which)
        return len(which)

    def batch_of(self, rows: tuple[Array, ...]) -> tuple[Array, ...]:
        """States, pi and z, each under a symmetry of the board, drawn evenly."""
        states, pi, z = rows
        return *image(self.game, self.rng.integers(len(self.game.cells), size=len(z)), states, pi), z

    def sample(self, rng: Rng, n: int) -> tuple[Array, ...]:
        """n states of random games; pi is the move that was played, z who won."""
        parts: list[tuple[Any, ...]] = []
        while len(parts) < n:
            states, lived = self.game.start(1), []
            while not self.game.result(states)[0][0]:
                action = random_moves(self.game, rng, states)
                lived.append((states[0], np.eye(self.game.A, dtype=np.float32)[action[0]]))
                states = self.game.play(states, action)
            reward = self.game.result(states)[1][0]
            parts += [(*one, reward * (-1.0) ** (len(lived) - k)) for k, one in enumerate(lived)]
        boards, pi, z = (np.stack(part) for part in zip(*parts[:n], strict=True))
        return boards, pi, z.astype(np.float32)

    def loss(self, w: Array, batch: tuple[Array, ...], g: Array | None = None, rng: Rng | None = None) -> float:
        states, pi, z = batch
        y, back = self.net(self.game.observation(states), w, rng)
        loss, dy = policy_value_loss(y, self.game.legal(states), pi, z.astype(w.dtype))
        if g is not None:
            back(dy, g)
        return loss

    @cached_property
    def predictor(self) -> Any:
        """What plays when it has learnt."""
        return GamePredictor(self.net, self.game, self.config.explore)

    def model(self, w: Array) -> Evaluate:
        return evaluation(self.game, self.net, w)
