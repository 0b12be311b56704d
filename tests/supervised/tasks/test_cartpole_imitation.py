"""An expert's actions are labels: counted, learnt, and enough to balance."""

import numpy as np
import pytest

from core.lab.data.registry import Data
from core.lab.problems import cartpole
from core.lab.runs.tasks import configure, find
from supervised.tasks.cartpole_imitation import demonstrations

TASK = find("cartpole_imitation")


class SeenEnough(Exception):
    """Raised at the first observations that a judge shows."""


def first_observations(judge):
    """What a judge shows to who is judged before the first action: the starts of its episodes, (n, 4)."""
    seen = []

    def look(obs):
        seen.append(np.array(obs))
        raise SeenEnough

    with pytest.raises(SeenEnough):
        judge(look)
    return seen[0]


def test_all_three_teachers_are_judged_on_the_same_episodes():
    agent = find("cartpole").make(configure(find("cartpole"), {}), np.random.default_rng(5), Data(None))
    tested = first_observations(lambda look: cartpole.report(look, None, {}))
    assert tested.shape == (cartpole.EPISODES, 4)
    assert np.array_equal(tested, first_observations(lambda look: agent.exam.report(look, None)))
    chosen = first_observations(lambda look: cartpole.mean_return(look, 20, cartpole.VAL_SEED))
    assert not np.array_equal(chosen, tested[:20])


def test_the_expert_balances_to_the_end_where_random_play_does_not():
    assert cartpole.mean_return(cartpole.expert, 20, cartpole.VAL_SEED) == 500
    rng = np.random.default_rng(0)
    assert cartpole.mean_return(lambda obs: rng.integers(0, 2, len(obs)), 20, cartpole.VAL_SEED) < 40


def test_labels_are_what_the_expert_does_at_what_it_sees():
    obs, action = demonstrations(2, 5)
    assert obs.shape == (1000, 4)  # two whole episodes
    assert action.tolist() == cartpole.expert(obs).tolist()
    again, _ = demonstrations(2, 5)
    assert again.tobytes() == obs.tobytes()


def test_a_classifier_of_the_expert_s_actions_balances_and_every_label_counts_once():
    learner = TASK.make(configure(TASK, {"updates": 500}), np.random.default_rng(1), Data(None))
    answers = 0
    while learner.progress < 1:
        answers += learner.update()["answers"]
    assert answers == 2 * 4 * 500  # to learn from, and to choose
    found = learner.evaluate()
    assert found["val_agreement"] > 0.9
    assert found["val_return"] > 400
    assert learner.monitor == "-val_nats"  # not what it earns


def test_the_distance_from_the_goal_by_hand():
    obs = np.array([[0, 9, 0, 9], [2.4, 0, 0, 0], [1.2, 0, -0.2095, 0]])
    np.testing.assert_allclose(cartpole.distance(obs), [0, 1, 1.25])


def test_the_report_has_a_film_and_what_chance_earns(tmp_path):
    made = cartpole.report(cartpole.expert, tmp_path, {"lean": cartpole.lean})
    assert made.metrics["test_return"] == made.reference == 500
    assert made.chance == made.baselines["random"] < 40
    assert made.baselines["lean"] > 400
    assert (tmp_path / "agent.gif").stat().st_size > 1000
