"""PPO on cart-poles: what a minibatch holds, and what chooses the weights."""

from functools import partial

import numpy as np
import pytest

from core import log_softmax
from core.lab.envs.rollout import rollout
from core.lab.envs.vector import make
from reinforcement.distributions import categorical, entropy
from reinforcement.evaluate import ReturnExam
from reinforcement.tasks import cartpole


def learner(**settings):
    return cartpole.make(cartpole.Config(**settings), np.random.default_rng(0), None)


@pytest.mark.parametrize("shape", [(7,), (3, 5)])
def test_density_of_choices_is_the_softmax_s_along_any_axes(shape):
    rng = np.random.default_rng(0)
    y, action = 9 * rng.standard_normal((*shape, 4)), rng.integers(4, size=shape)
    log_p, H, back = categorical(y, action)
    every = log_softmax(y)
    np.testing.assert_allclose(log_p, np.take_along_axis(every, action[..., None], -1)[..., 0], rtol=1e-12)
    np.testing.assert_allclose(H, entropy(every)[0], rtol=1e-9)
    dl = rng.standard_normal(shape)
    expected = dl[..., None] * (np.eye(4)[action] - np.exp(every)) + 0.3 * entropy(every)[1]
    np.testing.assert_allclose(back(dl, 0.3), expected, atol=1e-12)
    assert np.isfinite(categorical(np.array([[1e4, 0.0]]), np.array([1]))[0]).all()


@pytest.mark.parametrize("batch", [16, 50, 1000])
def test_each_epoch_learns_from_every_step_once_in_even_minibatches(batch):
    agent, seen, loss = learner(envs=4, rollout=32, epochs=3, batch=batch), [], None
    loss = agent.loss

    def noted(w, part, g):
        seen.append([tuple(row) for row in part[0]])
        return loss(w, part, g)

    agent.loss = noted
    N = agent.update()["examples"]
    sizes = [len(part) for part in seen]
    assert max(sizes) - min(sizes) <= 1
    assert len(seen) == 3 * max(1, N // batch)
    for k in range(3):
        epoch = [row for part in seen[k * len(seen) // 3 : (k + 1) * len(seen) // 3] for row in part]
        assert len(epoch) == N
        assert sorted(epoch) == sorted(row for part in seen[: len(seen) // 3] for row in part)


def test_the_value_after_a_step_is_the_critic_s_of_the_true_next_observation():
    agent = learner(envs=4, rollout=64, lam=0.0)
    steps = rollout(agent.envs, lambda obs: agent.family.draw(agent.rng, agent.logits(agent.w, obs)), 64)
    obs, _, _, _, target = agent.experience(steps)
    value = agent.net(steps.next_obs, agent.w)[0][..., -1]
    expected = (steps.reward + 0.99 * ~steps.terminated * value)[steps.valid]
    np.testing.assert_allclose(target, expected, atol=1e-5)
    assert len(obs) == steps.valid.sum() < 4 * 64


def test_long_episodes_choose_and_their_first_half_is_one_of_the_rules():
    agent, own = learner(), ReturnExam(partial(make, "CartPole-v1"), 500, "the limit", n_val=10)

    def lean(obs):
        return np.eye(2)[cartpole.lean(obs)] * 3

    found, short = agent.exam.validate(lean), own.validate(lean)
    assert found["val_return"] == short["val_return"]
    assert found["val_return_sampled"] == short["val_return_sampled"]
    assert found["val_score"] > short["val_score"]
    assert found["answers"] > short["answers"]
