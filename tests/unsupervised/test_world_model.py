"""The plan against every plan there is, the model against worlds that are known."""

from itertools import product

import numpy as np
import pytest

from core import MLP, Adam, tanh
from core.lab.data.registry import Data
from core.lab.problems import cartpole
from core.lab.runs.tasks import configure, find
from unsupervised.world_model import WorldModel, idle, plan

TASK = find("cartpole_world")


def bumpy(obs):
    """A made-up world of two numbers and three actions, in which greed does not pay."""
    steps = np.array([[0.5, 0.1], [-0.3, 0.4], [0.0, -0.6]], obs.dtype)
    return obs[:, None] + steps * np.cos(3 * obs)[:, None, ::-1]


def far(obs):
    return (obs**2).sum(-1) + np.sin(5 * obs[..., 0])


def every_plan(obs, depth):
    """The slow twin: each sequence of actions by itself."""
    best = None
    for actions in product(range(3), repeat=depth):
        now, total = obs[None], 0.0
        for action in actions:
            now = bumpy(now)[:, action]
            total += far(now)[0]
        if best is None or total < best[0]:
            best = total, actions[0]
    return best[1]


def test_a_beam_that_keeps_everything_finds_the_best_of_all_plans():
    obs = np.random.default_rng(0).uniform(-1, 1, (12, 2))
    assert plan(bumpy, far, obs, width=3**4, depth=4).tolist() == [every_plan(o, 4) for o in obs]
    greedy = far(bumpy(obs)).argmin(1)
    assert plan(bumpy, far, obs, width=1, depth=1).tolist() == greedy.tolist()
    assert (greedy != [every_plan(o, 4) for o in obs]).any()  # thinking ahead is worth something here


def test_one_observation_is_planned_for_as_it_is_among_others():
    obs = np.random.default_rng(1).uniform(-1, 1, (9, 2))
    together = plan(bumpy, far, obs, width=5, depth=6)
    assert together.tolist() == [plan(bumpy, far, o[None], width=5, depth=6)[0] for o in obs]


def physics(obs):
    """Cart-pole's own equations (Barto, Sutton and Anderson 1983), for both actions: (B, 4) -> (B, 2, 4)."""
    x, v, angle, speed = obs.T.astype(np.float64)
    sin, cos, after = np.sin(angle), np.cos(angle), []
    for force in (-10.0, 10.0):
        push = (force + 0.05 * speed**2 * sin) / 1.1
        turn = (9.8 * sin - cos * push) / (0.5 * (4 / 3 - 0.1 * cos**2 / 1.1))
        move = push - 0.05 * turn * cos / 1.1
        after.append(np.stack([x + 0.02 * v, v + 0.02 * move, angle + 0.02 * speed, speed + 0.02 * turn], -1))
    return np.stack(after, 1)


def test_idle_steps_follow_the_laws_of_the_world_and_leave_restarts_out():
    rng = np.random.default_rng(3)
    steps = idle(cartpole.environments(16, rng), 2, rng, 60)
    assert len(steps.obs) < 16 * 60  # some went from an end to a start
    expected = physics(steps.obs)[np.arange(len(steps.obs)), steps.action]
    np.testing.assert_allclose(steps.next_obs, expected, atol=1e-5)


def test_the_planner_balances_with_the_true_laws():
    def act(obs):
        return plan(physics, cartpole.distance, obs, width=8, depth=20)

    assert cartpole.mean_return(act, 3, cartpole.VAL_SEED) == 500


@pytest.fixture(scope="module")
def learnt():
    learner = TASK.make(configure(TASK, {"updates": 1500, "envs": 32}), np.random.default_rng(7), Data(None))
    learner.mean_return = lambda policy: 0.0
    while learner.progress < 1:
        assert learner.update()["answers"] == 0
    return learner


def test_the_network_learns_the_laws_and_balances_without_a_reward(learnt):
    steps = learnt.unseen
    truth = physics(steps.obs)
    change = truth - steps.obs[:, None]
    error = learnt.predictor.model(learnt.w, steps.obs) - truth  # of both actions, the one that was not taken too
    assert (error**2).mean() < 0.01 * (change**2).mean()
    assert cartpole.mean_return(lambda obs: learnt.act(learnt.w, obs), 4, cartpole.VAL_SEED) > 450


def test_what_was_not_done_has_no_gradient(learnt):
    obs, action, change = learnt.sample(np.random.default_rng(0), 6)
    w, g = learnt.w.astype(np.float64), np.zeros(learnt.net.size)
    learnt.loss(w, (obs, np.zeros_like(action), change), g)
    last = learnt.net.views(g)
    name = [name for name in last if name.endswith("weight")][-1]
    assert (last[name][:, :4] != 0).any()
    assert (last[name][:, 4:] == 0).all()


def test_a_network_of_another_width_is_refused():
    with pytest.raises(ValueError, match="8 outputs, the network has 6"):
        WorldModel(
            MLP(4, 5, 6, activation=tanh),
            cartpole.environments,
            cartpole.distance,
            None,
            None,
            Adam(),
            np.random.default_rng(0),
            updates=1,
            envs=2,
            rollout=20,
        )


def test_predict_takes_one_observation_or_many_and_refuses_others(learnt):
    obs = np.array([0.0, 0.0, 0.1, 0.5])
    assert learnt.predict(learnt.w, obs).tolist() == [1]  # it leans and falls to the right
    assert learnt.predict(learnt.w, np.stack([obs, -obs])).tolist() == [1, 0]
    for bad in (np.zeros(3), np.zeros((2, 5)), np.full(4, np.nan)):
        with pytest.raises(ValueError, match="finite numbers"):
            learnt.predict(learnt.w, bad)
