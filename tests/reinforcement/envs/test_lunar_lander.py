"""LunarLander by PPO and by DAgger; without the extra `robots` these tests skip."""

import gymnasium as gym
import numpy as np
import pytest
from going_on import same_after_resuming

from core.lab.envs.rollout import returns
from core.lab.envs.vector import make
from reinforcement.envs.lunar_lander import NAME, ExpertExam, heuristic, in_hundreds, lander_exam
from reinforcement.evaluate import VAL_SEED
from reinforcement.tasks import lunar_lander, lunar_lander_dagger

pytest.importorskip("Box2D", reason="needs: pip install 'trivium[robots]'")


def test_the_heuristic_is_gymnasiums_for_a_batch():
    from gymnasium.envs.box2d.lunar_lander import heuristic as own

    env = gym.make(NAME)
    obs = np.random.default_rng(0).normal(0, 0.5, (200, 8)).astype(np.float32)
    obs[:, 6:] = obs[:, 6:] > 0.5
    acts = heuristic(obs)
    assert acts.tolist() == [int(own(env, row)) for row in obs]
    assert set(acts.tolist()) == {0, 1, 2, 3}
    assert returns(lander_exam().make_envs, heuristic, 10, 0)[0].mean() > 150  # a random pilot has -180


def test_rewards_to_learn_from_are_in_hundreds():
    ours, theirs = in_hundreds(3, np.random.default_rng(5)), make(NAME, 3, np.random.default_rng(5))
    rng, total = np.random.default_rng(0), 0.0
    for _ in range(150):  # beyond some ends
        action = rng.integers(4, size=3)
        a, b = ours.step(action), theirs.step(action)
        assert np.array_equal(a.next_obs, b.next_obs)
        np.testing.assert_allclose(100 * a.reward, b.reward)
        total += np.abs(b.reward).sum()
    assert total > 100
    assert ours.name == NAME


def test_an_expert_is_its_own_measure():
    judge = ExpertExam(lander_exam(4), heuristic, n_val=2)

    def itself(obs):
        return np.eye(4)[heuristic(obs)]

    report = judge.report(itself, None)
    assert report.metrics["share_of_the_expert"] == 1
    assert report.reference == report.metrics["test_return"] == report.baselines["the expert"]
    assert report.chance < 0 < report.reference

    found = judge.validate(itself)
    assert found["val_agreement"] == 1
    assert found["answers"] == returns(judge.play.make_envs, heuristic, 2, VAL_SEED)[1].sum()  # one a step
    half = judge.validate(lambda obs: np.eye(4)[np.where(np.arange(len(obs)) == 0, heuristic(obs), 0)])
    assert 0.1 < half["val_agreement"] < 0.9


def test_ppo_learns_not_to_crash():
    agent = lunar_lander.make(
        lunar_lander.Config(timesteps=20_480, rollout=128, lr=1e-3, epochs=8, batch=256), np.random.default_rng(0), None
    )
    logs = [agent.update() for _ in range(10)]
    assert agent.progress == 1
    assert [log["answers"] for log in logs] == [16 * 128] * 10  # a reward a step
    G = returns(agent.exam.make_envs, lambda obs: agent.predict(agent.weights, obs), 20, 0)[0]
    assert G.mean() > -100


def test_resumed_in_mid_air_equals_never_stopped():
    config = lunar_lander.Config(timesteps=4 * 16 * 32, envs=16, rollout=32, hidden=8)
    whole, again = (lunar_lander.make(config, np.random.default_rng(seed), None) for seed in (0, 1))
    same_after_resuming(whole, again, before=2)
    assert whole.progress == 1


def test_dagger_flies_as_the_heuristic():
    config = lunar_lander_dagger.Config(**lunar_lander_dagger.PRESETS["quick"])
    agent = lunar_lander_dagger.make(config, np.random.default_rng(0), None)
    shown = len(agent.replay)
    assert agent.update()["answers"] == shown + 16 * config.ask
    assert agent.update()["answers"] == 16 * config.ask
    while agent.progress < 1:
        agent.update()
    obs = agent.replay.draw(np.random.default_rng(0), 2000)[0]
    assert (agent.predict(agent.w, obs) == heuristic(obs)).mean() > 0.9
    own, expert = (
        returns(agent.exam.play.make_envs, policy, 20, 0)[0].mean()
        for policy in (lambda obs: agent.predict(agent.w, obs), heuristic)
    )
    assert own > 0.6 * expert > 0


@pytest.mark.parametrize(
    ("config", "values"),
    [
        (lunar_lander.Config, {"timesteps": 0}),
        (lunar_lander.Config, {"gamma": 1.5}),
        (lunar_lander.Config, {"lam": -0.1}),
        (lunar_lander.Config, {"entropy_weight": -1.0}),
        (lunar_lander_dagger.Config, {"ask": -1}),
        (lunar_lander_dagger.Config, {"episodes": 0}),
    ],
)
def test_nonsense_is_refused_by_name(config, values):
    with pytest.raises(ValueError, match=next(iter(values))):
        config(**values)
