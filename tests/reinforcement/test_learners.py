"""PPO and REINFORCE learn what is known in advance, go on with the same bytes, and evaluate without a trace."""

import numpy as np
import pytest
from bandit_environments import Arms, Echo, Steady

from core import MLP, Adam, checkpoint, constant, softmax
from core.lab.envs.rollout import play, rollout, stack
from core.lab.envs.vector import SyncEnvs, make
from core.lab.state import prefixed, unprefixed
from reinforcement.distributions import GAUSSIAN, SQUASHED, gaussian, squashed
from reinforcement.dqn import q_loss
from reinforcement.evaluate import ReturnExam
from reinforcement.games.self_play import policy_value_loss
from reinforcement.ppo import PPO, ppo_loss
from reinforcement.reinforce import REINFORCE, reinforce_loss
from reinforcement.sac import critic_loss


def rng(seed=0):
    return np.random.default_rng(seed)


def exam_of(make_one):
    return ReturnExam(lambda n, g: SyncEnvs(make_one, n, g, "toy"), 1.0, "the best", n_val=4, n_test=8)


def ppo(exam, I, A, seed=0, **k):
    k = {"updates": 10, "envs": 8, "rollout": 16, "batch": 32, "schedule": constant, **k}
    return PPO(MLP(I, 16, A, last_gain=0.1), MLP(I, 16, 1), exam.make_envs, exam, Adam(1e-2), rng(seed), **k)


def reinforce(exam, I, A, seed=0, **k):
    k = {"updates": 10, "batches": 10, "batch": 16, **k}
    return REINFORCE(MLP(I, 16, A, last_gain=0.1), exam.make_envs, exam, Adam(1e-2), rng(seed), **k)


CART = ReturnExam(lambda n, g: make("CartPole-v1", n, g), 500.0, "the best", n_val=4, n_test=8)
LEARNERS = {
    "PPO, arrays": lambda seed=0: ppo(CART, 4, 2, seed),
    "PPO, separate": lambda seed=0: ppo(exam_of(Echo), 2, 2, seed),
    "REINFORCE, arrays": lambda seed=0: reinforce(CART, 4, 2, seed),
    "REINFORCE, separate": lambda seed=0: reinforce(exam_of(Arms), 1, 3, seed),
}


def trained(learner):
    while learner.progress < 1:
        logs = learner.update()
    return learner, logs


@pytest.mark.parametrize("seed", range(2))
def test_ppo_learns_to_say_what_it_sees(seed):
    learner = ppo(exam_of(Echo), 2, 2, seed)
    assert learner.evaluate()["val_return_sampled"] < 7  # five of ten by chance
    trained(learner)
    assert learner.evaluate()["val_return"] == 10
    assert learner.predict(learner.w, np.eye(2, dtype=np.float32)).tolist() == [0, 1]


@pytest.mark.parametrize("seed", range(2))
def test_reinforce_learns_it_too_over_whole_episodes(seed):
    learner, logs = trained(reinforce(exam_of(Echo), 2, 2, seed, gamma=0.0))
    assert learner.evaluate()["val_return"] == 10
    assert logs["return"] > 9


@pytest.mark.parametrize("seed", range(3))
def test_reinforce_finds_the_arm_that_pays_best(seed):
    learner, logs = trained(reinforce(exam_of(Arms), 1, 3, seed, batches=30))
    assert softmax(learner.net(np.ones(1), learner.w)[0])[1] > 0.9
    assert logs["examples"] == logs["answers"] == 30 * 16


@pytest.mark.parametrize("truncates", [False, True])
def test_critic_knows_a_time_limit_from_an_end(truncates):
    """Reward 1 for ever is worth 1 / (1 - gamma), also if a limit cuts it off; where the world ends, it is a sum."""
    learner, _ = trained(ppo(exam_of(lambda: Steady(truncates)), 4, 2, updates=150, gamma=0.8))
    values = learner.net(np.eye(4), learner.w)[0][:, -1]
    np.testing.assert_allclose(values[:1] if truncates else values[:3], [5] if truncates else [2.44, 1.8, 1], atol=0.15)


@pytest.mark.parametrize("kind", LEARNERS)
def test_resumed_equals_never_stopped(kind, tmp_path):
    whole, stopped = LEARNERS[kind](), LEARNERS[kind]()
    for _ in range(3):
        whole.update()
        stopped.update()
        stopped.evaluate()
    checkpoint.save(tmp_path / "c.safetensors", {"w": stopped.w, **prefixed("learner", stopped.state())}, {})
    arrays, _ = checkpoint.load(tmp_path / "c.safetensors")
    resumed = LEARNERS[kind]()
    resumed.update()
    resumed.w[:] = arrays["w"]
    resumed.load(unprefixed("learner", arrays))
    assert resumed.progress == whole.progress
    for _ in range(3):
        assert resumed.update() == whole.update()
    assert checkpoint.sha256(resumed.w) == checkpoint.sha256(whole.w)
    assert checkpoint.digest(resumed.state(), {}) == checkpoint.digest(whole.state(), {})


@pytest.mark.parametrize("kind", LEARNERS)
def test_evaluate_and_report_change_nothing(kind):
    learner = LEARNERS[kind]()
    learner.update()
    before = checkpoint.digest({"w": learner.w, **learner.state()}, {})
    assert learner.evaluate() == learner.evaluate()
    report = learner.report(learner.w, None)
    assert report.metrics == learner.report(learner.w, None).metrics
    assert learner.monitor[1:] in learner.evaluate()
    assert checkpoint.digest({"w": learner.w, **learner.state()}, {}) == before


@pytest.mark.parametrize("kind", LEARNERS)
def test_another_seed_gives_other_weights(kind):
    a, b, c = LEARNERS[kind](), LEARNERS[kind](), LEARNERS[kind](1)
    logs = [learner.update() for learner in (a, b, c)]
    assert logs[0] == logs[1]
    assert a.w.tolist() == b.w.tolist() != c.w.tolist()


def test_examples_are_the_steps_that_were_learnt_from():
    learner = ppo(CART, 4, 2)
    logs = learner.update()
    assert 8 * 16 * 0.8 < logs["examples"] < 8 * 16  # a step from an end to a start is none
    assert logs["answers"] == logs["examples"]
    assert ppo(exam_of(Echo), 2, 2).update()["examples"] == 8 * 16


def test_judged_experience_is_normalised():
    obs, action, log_p, advantage, target = ppo(CART, 4, 2).sample(rng(), 64)
    assert len(obs) == len(action) == len(log_p) == len(target) <= 64
    assert abs(advantage.mean()) < 0.2  # over all steps it is 0, up to those that are no steps
    assert advantage.std() == pytest.approx(1, abs=0.1)
    assert (log_p < 0).all()


@pytest.mark.parametrize("exam", [CART, exam_of(lambda: Steady(True)), exam_of(lambda: Steady(False))])
def test_target_is_the_value_of_the_true_next_observation(exam):
    learner = ppo(exam, 4, 2, lam=0.0, gamma=0.9)
    steps = rollout(exam.make_envs(3, rng()), lambda obs: np.arange(3) % 2, 40)
    target = iter(learner.experience(steps)[4])
    for t, b in np.argwhere(steps.valid):
        later = 0.0 if steps.terminated[t, b] else learner.net(steps.next_obs[t, b], learner.w)[0][-1]
        assert next(target) == pytest.approx(steps.reward[t, b] + 0.9 * later, abs=1e-5)
    assert steps.end.sum() > 3


def test_return_is_what_is_left_of_the_episode():
    learner = reinforce(CART, 4, 2)
    steps = stack(play(learner.envs, lambda obs: np.arange(16) % 2))
    _, _, G = learner.experience(steps)
    lengths = steps.valid.sum(0)
    assert lengths.min() < lengths.max()
    assert G.tolist() == [lengths[b] - t for t, b in np.argwhere(steps.valid)]  # every step earns 1


@pytest.mark.parametrize("build", [ppo, reinforce])
def test_network_that_does_not_fit_is_refused(build):
    with pytest.raises(ValueError, match="5 actions"):
        build(CART, 4, 5)
    with pytest.raises(ValueError, match="needs 3 features"):
        build(CART, 3, 2)


B, A = 5, 3
ROWS, LOGITS, ACTIONS = np.ones(B), np.zeros((B, A)), np.zeros(B, int)
LOSSES = {
    "reinforce": (reinforce_loss, {"y": LOGITS, "action": ACTIONS, "advantage": ROWS}),
    "q": (q_loss, {"q": LOGITS, "action": ACTIONS, "target": ROWS}),
    "critic": (critic_loss, {"q": np.zeros((2, B, 1)), "target": ROWS}),
    "ppo": (
        ppo_loss,
        {"y": np.zeros((B, A + 1)), "action": ACTIONS, "old_log_p": ROWS, "advantage": ROWS, "target": ROWS},
    ),
    "self-play": (
        policy_value_loss,
        {"y": np.zeros((B, A + 1)), "legal": LOGITS == 0, "pi": LOGITS + 1 / A, "z": ROWS},
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_refuses_one_row_for_many(name):
    loss, arrays = LOSSES[name]
    loss(**arrays)
    for what in list(arrays)[1:]:
        for part in (arrays[what][:1], arrays[what][:, None]):
            with pytest.raises(ValueError, match=r"shape|labels"):
                loss(**arrays | {what: part})


@pytest.mark.parametrize("features", [1, 3, 5, 6])
def test_a_gaussian_policy_refuses_another_number_of_features(features):
    y, action = np.zeros((B, features)), np.zeros((B, 2))
    for density in gaussian, squashed:
        with pytest.raises(ValueError, match=r"y must have the shape \(5, 4\)"):
            density(y, action)
    if features % 2:
        for family in GAUSSIAN, SQUASHED:
            with pytest.raises(ValueError, match="even number of features"):
                family.best(y)
