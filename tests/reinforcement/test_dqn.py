import numpy as np
import pytest
from corridor import corridor

from core import MLP, Adam, Sequential
from core.gradcheck import directional_error
from core.lab.envs.vector import Envs
from core.lab.state import rng_state, set_rng_state
from reinforcement.distributions import epsilon_greedy_logits
from reinforcement.dqn import DQN, q_loss
from reinforcement.envs.tabular_env import TabularEnvs
from reinforcement.envs.toy_text import ExactExam, one_hot
from reinforcement.replay_buffer import ReplayBuffer
from reinforcement.returns import n_step
from reinforcement.tabular import earned


def slow_n_step(reward, discount, end, n):
    T, B = reward.shape
    G, D, last = np.zeros((T, B)), np.ones((T, B)), np.zeros((T, B), int)
    for t in range(T):
        for b in range(B):
            for k in range(t, min(t + n, T)):
                G[t, b] += D[t, b] * reward[k, b]
                D[t, b] *= discount[k, b]
                last[t, b] = k
                if end[k, b]:
                    break
    return G, D, last


@pytest.mark.parametrize("n", [1, 2, 3, 5, 9])
def test_n_step_is_its_slow_twin(n):
    rng = np.random.default_rng(n)
    reward, terminated = rng.standard_normal((6, 40)), rng.random((6, 40)) < 0.2
    end = terminated | (rng.random((6, 40)) < 0.2)
    discount = 0.9 * ~terminated
    before = reward.copy(), discount.copy(), end.copy()
    for ours, slow in zip(n_step(reward, discount, end, n), slow_n_step(reward, discount, end, n), strict=True):
        np.testing.assert_allclose(ours, slow, atol=1e-12)
    for kept, given in zip(before, (reward, discount, end), strict=True):
        assert np.array_equal(kept, given)


def test_loss_touches_the_action_that_was_taken_alone():
    rng = np.random.default_rng(0)
    q, action, target = rng.standard_normal((7, 3)), rng.integers(3, size=7), 3 * rng.standard_normal(7)
    loss, dq = q_loss(q, action, target)
    error = q[np.arange(7), action] - target
    assert loss == pytest.approx(np.mean(np.where(abs(error) < 1, error**2 / 2, abs(error) - 0.5)))
    assert (dq != 0).sum() == 7
    np.testing.assert_allclose(dq[np.arange(7), action], np.clip(error, -1, 1) / 7)
    d, h = rng.standard_normal(q.shape), 1e-6
    slope = (q_loss(q + h * d, action, target)[0] - q_loss(q - h * d, action, target)[0]) / (2 * h)
    assert slope == pytest.approx((dq * d).sum(), rel=1e-6)


def test_hesitant_is_epsilon_greedy():
    p = np.exp(epsilon_greedy_logits(np.array([[0.0, 3, 1, 2]]), 0.2))
    np.testing.assert_allclose(p, [[0.05, 0.85, 0.05, 0.05]])
    assert np.isfinite(epsilon_greedy_logits(np.zeros((1, 2)), 0.0)).all()


def test_replay_forgets_the_oldest_and_comes_back_from_its_state():
    memory = ReplayBuffer(4)
    for k in range(0, 6, 2):
        memory.add(np.array([k, k + 1]), np.array([[k], [k + 1.0]]))
    ids, values = memory.draw(np.random.default_rng(0), 200)
    assert set(ids.tolist()) == {2, 3, 4, 5}
    assert np.array_equal(values[:, 0], ids)
    again = ReplayBuffer(4)
    again.load({name: array.copy() for name, array in memory.state().items()})
    assert np.array_equal(again.draw(np.random.default_rng(0), 50)[0], memory.draw(np.random.default_rng(0), 50)[0])
    for one in (memory, again):
        one.add(np.array([9]), np.array([[9.0]]))
    assert all(np.array_equal(a, b) for a, b in zip(memory.parts, again.parts, strict=True))
    fresh = ReplayBuffer(4)
    fresh.load(ReplayBuffer(4).state())
    assert len(fresh) == 0


def learner(seed=0, **options):
    w = corridor()
    exam = ExactExam(w, None, 0.9, 0, None, n_val=10)
    settings = {
        "updates": 30,
        "envs": 4,
        "rollout": 16,
        "batches": 16,
        "batch": 32,
        "gamma": 0.9,
        "tau": 0.1,
        **options,
    }
    return DQN(
        Sequential(one_hot(5), MLP(5, 16, 2)),
        lambda n, rng: Envs(TabularEnvs(n, w), rng, "corridor"),
        exam,
        Adam(0.01),
        np.random.default_rng(seed),
        **settings,
    )


@pytest.mark.parametrize("steps", [1, 3])
def test_learns_the_worth_of_each_place_in_a_corridor(steps):
    agent = learner(n_step=steps, explore=0.2)
    while agent.progress < 1:
        agent.update()
    q = agent.net(np.arange(5)[:, None], agent.w)[0]
    assert earned(corridor(), np.eye(2)[q.argmax(-1)]) == 1
    if steps == 1:  # with more steps the worth is the explorer's own
        np.testing.assert_allclose(q[:, 1], 0.9 ** np.arange(4, -1, -1), atol=0.05)


def test_target_lets_one_network_choose_and_the_other_price():
    agent = learner()
    agent.old[:] = agent.net.init(np.random.default_rng(5))
    obs = np.arange(5)[:, None]
    new, old = agent.net(obs, agent.w)[0], agent.net(obs, agent.old)[0]
    G, D = np.arange(5.0), np.linspace(0, 0.9, 5)
    expected = [G[i] + D[i] * old[i, new[i].argmax()] for i in range(5)]
    np.testing.assert_allclose(agent.target(G, D, obs), expected, rtol=1e-6)


def test_gradient_and_memory_bounds():
    agent = learner()
    batch = agent.sample(np.random.default_rng(0), 20)
    w = agent.w.astype(np.float64)
    g = np.empty_like(w)
    agent.loss(w, batch, g)
    assert directional_error(lambda v: agent.loss(v, batch), w, g, np.random.default_rng(1)) < 1e-6
    with pytest.raises(ValueError, match="memory of 63 does not hold the 64"):
        learner(replay_size=63)


def test_goes_on_where_it_was():
    whole = learner()
    for _ in range(3):
        whole.update()
    state, w = {k: v.copy() for k, v in whole.state().items()}, whole.w.copy()
    again = learner(seed=9)
    again.w[:] = w
    again.load(state)
    for _ in range(3):
        whole.update()
        again.update()
    assert np.array_equal(whole.w, again.w)
    assert np.array_equal(whole.old, again.old)
    rng = np.random.default_rng()
    set_rng_state(rng, rng_state(whole.rng))
    assert rng.random() == again.rng.random()


def test_another_start_is_that_of_the_old_weights_too():
    agent = learner()
    w = np.random.default_rng(1).standard_normal(agent.net.size, np.float32)
    agent.start_from(w, {})
    assert np.array_equal(agent.w, w)
    assert np.array_equal(agent.old, w)
    assert not np.shares_memory(agent.old, agent.w)
