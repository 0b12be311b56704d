"""Learning from games against oneself: the loss, what is remembered, resuming, and that it learns to play."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from going_on import same_after_resuming

from core import MLP, Adam, softmax
from core.gradcheck import directional_error
from core.lab.errors import Refusal
from core.lab.runs.check import outcomes
from core.lab.runs.run import run
from core.lab.runs.tasks import find
from reinforcement.games.evaluate import EveryReplyExam, MatchExam, every_reply
from reinforcement.games.players import evaluation, greedy_player, likeliest, mcts, minimax, opponent, random_player
from reinforcement.games.rules import CONNECT_FOUR, TIC_TAC_TOE, openings
from reinforcement.games.self_play import SelfPlay, policy_value_loss
from reinforcement.tasks import connect_four, tic_tac_toe


def learner(seed=0, game=TIC_TAC_TOE, **options):
    exam = EveryReplyExam(game, minimax(game, 9, game.heuristic), random_player(game), n_val=20)
    settings = {
        "updates": 20,
        "games": 16,
        "simulations": 12,
        "batches": 2,
        "batch": 32,
        "replay_size": 1000,
        **options,
    }
    return SelfPlay(
        game,
        MLP(game.observation(game.start(1)).shape[1], 32, game.A + 1),
        exam,
        Adam(3e-3),
        np.random.default_rng(seed),
        **settings,
    )


def test_loss_is_cross_entropy_over_legal_moves_and_the_squared_error_of_the_value():
    rng = np.random.default_rng(0)
    y, legal = rng.standard_normal((6, 10)), rng.random((6, 9)) < 0.6
    legal[:, 0] = True
    pi = rng.random((6, 9)) * legal
    pi /= pi.sum(-1, keepdims=True)
    z = rng.choice([-1.0, 0.0, 1.0], 6)
    loss, dy = policy_value_loss(y, legal, pi, z)
    expected = 0.0
    for i in range(6):
        p = softmax(y[i, :9][legal[i]])
        expected += (-(pi[i][legal[i]] * np.log(p)).sum() + (np.tanh(y[i, 9]) - z[i]) ** 2) / 6
    assert loss == pytest.approx(expected)
    assert not dy[:, :9][~legal].any()
    assert directional_error(lambda y: policy_value_loss(y, legal, pi, z)[0], y, dy, rng) < 1e-6


def test_what_is_remembered_is_the_game_as_each_side_saw_it():
    agent = learner(opening=0, warm=9)
    while len(agent.replay) < 300:
        agent.move()
    states, pi, z = (part[: len(agent.replay)] for part in agent.replay.parts)
    np.testing.assert_allclose(pi.sum(-1), 1, atol=1e-6)
    assert not pi[~TIC_TAC_TOE.legal(states)].any()
    starts = np.flatnonzero(~states.any((1, 2)))
    decided = 0
    for a, b in pairwise(starts):  # one game after another
        game, seen = states[a:b], z[a:b]
        np.testing.assert_array_equal(seen[:-1], -seen[1:])
        stones = np.abs(game).sum((1, 2))
        np.testing.assert_array_equal(stones, np.arange(len(game)))
        for one, after in pairwise(game):  # the same board from the other side, a stone more
            assert ((after == -one) | (one == 0)).all()
        if seen[-1]:  # whoever moved last won
            decided += 1
            assert seen[-1] == 1
            last = game[-1:]
            wins = [
                TIC_TAC_TOE.result(TIC_TAC_TOE.play(last, np.array([m])))[1][0] == -1
                for m in np.flatnonzero(TIC_TAC_TOE.legal(last)[0])
            ]
            assert any(wins)
    assert decided > 5


def test_games_begin_with_random_moves_of_every_number():
    agent = learner(games=200, opening=3, replay_size=2000)
    stones = np.abs(agent.states).sum((1, 2))
    assert set(stones) == {0, 1, 2, 3}
    assert not TIC_TAC_TOE.result(agent.states)[0].any()


def test_goes_on_where_it_was():
    same_after_resuming(learner(), learner(seed=5), before=4, after=3)


def test_learns_never_to_lose():
    config = tic_tac_toe.Config(**tic_tac_toe.PRESETS["quick"])
    agent = tic_tac_toe.make(config, np.random.default_rng(0), None)
    before = likeliest(evaluation(TIC_TAC_TOE, agent.net, agent.w.copy()))
    while agent.progress < 1:
        agent.update()
    after = likeliest(evaluation(TIC_TAC_TOE, agent.net, agent.w))
    rng = np.random.default_rng(0)
    assert every_reply(TIC_TAC_TOE, before, False, rng)[0] > 50
    assert every_reply(TIC_TAC_TOE, after, True, rng)[0] <= 10
    assert every_reply(TIC_TAC_TOE, after, False, rng)[0] <= 30
    wins = np.array([[1, 1, 0], [-1, -1, 0], [0, 0, 0]])
    assert agent.predict(agent.w, wins).tolist() == [2]
    assert agent.predict(agent.w, np.stack([wins, wins.T])).tolist() == [2, 6]
    report = agent.report(agent.w, None)
    assert report.metrics["test_not_lost"] > 0.95 > report.chance
    assert report.reference == 1


def test_match_exam_keeps_its_openings_apart(tmp_path):
    game = CONNECT_FOUR
    exam = MatchExam(
        game,
        {"random": random_player(game), "greedy": greedy_player(game)},
        "greedy",
        mcts(game, 5),
        "five roll-outs",
        simulations=5,
        n_val=3,
        n_test=4,
    )
    val, test = exam.starts()
    assert not {board.tobytes() for board in val} & {board.tobytes() for board in test}
    net = MLP(game.observation(game.start(1)).shape[1], 8, 8)
    evaluate = evaluation(game, net, net.init(np.random.default_rng(0)))
    assert exam.validate(evaluate) == exam.validate(evaluate)
    report = exam.report(evaluate, tmp_path)
    assert report.metric == "test_points_greedy"
    assert report.metrics["test_points_greedy"] == pytest.approx(
        (report.metrics["test_points_greedy_first"] + report.metrics["test_points_greedy_second"]) / 2
    )
    assert (tmp_path / "game.png").stat().st_size > 1000
    assert report.baselines.keys() == {"random player"}
    with pytest.raises(ValueError, match="no 700 distinct openings"):
        replace(exam, n_test=697)


def test_match_exam_may_choose_by_another_than_it_judges_by():
    game, asked = CONNECT_FOUR, []

    def noted(player, name):
        def play(states, rng):
            asked.append(name)
            return player(states, rng)

        return play

    judge, trial = noted(greedy_player(game), "judge"), noted(random_player(game), "trial")
    exam = MatchExam(
        game,
        {"greedy": judge},
        "greedy",
        1.0,
        "every game won",
        simulations=5,
        n_val=2,
        n_test=3,
        trial=trial,
        val_simulations=2,
        baselines={"greedy itself": greedy_player(game)},
    )
    net = MLP(game.observation(game.start(1)).shape[1], 8, 8)
    evaluate = evaluation(game, net, net.init(np.random.default_rng(0)))
    exam.validate(evaluate)
    assert set(asked) == {"trial"}
    asked.clear()
    report = exam.report(evaluate, None)
    assert set(asked) == {"judge"}
    assert report.reference == 1
    assert report.chance == report.baselines["random player"] < report.baselines["greedy itself"]


def test_connect_four_is_judged_by_whoever_is_named():
    task = connect_four.Config(against="mcts-3", openings=2, think=2)
    exam = connect_four.make(task, np.random.default_rng(0), None).exam
    assert exam.against == "mcts-3"
    assert list(exam.opponents) == ["random", "greedy", "mcts-3"]
    for wrong in ({"against": "nobody"}, {"openings": 600}):
        with pytest.raises(ValueError, match=r"no opponent 'nobody'|distinct openings"):
            connect_four.make(connect_four.Config(**wrong), np.random.default_rng(0), None)


@pytest.mark.parametrize("task", [tic_tac_toe, connect_four], ids=["tic_tac_toe", "connect_four"])
def test_task_keeps_the_contract(task, monkeypatch):
    small = {"hidden": 32, "updates": 8, "games": 16, "simulations": 10, "batches": 2, "replay_size": 1000}
    monkeypatch.setitem(task.PRESETS, "quick", small | ({} if task is tic_tac_toe else {"think": 5, "openings": 4}))
    found = find(str(Path(task.__file__)))
    found.presets["quick"] = task.PRESETS["quick"]
    assert [one for one in outcomes(found) if one[0] != "ok"] == []


def test_an_earlier_run_is_an_opponent(tmp_path):
    try:
        find("tic_tac_toe")
    except Refusal:
        pytest.skip("the task is not installed: pip install -e .")
    small = {"hidden": 16, "updates": 2, "games": 8, "simulations": 5, "replay_size": 1000}
    made = run("tic_tac_toe", preset="quick", out=tmp_path / "run", **small)
    player, states = opponent(TIC_TAC_TOE, str(tmp_path / "run")), openings(TIC_TAC_TOE, np.random.default_rng(0), 9, 2)
    moves = player(states, np.random.default_rng(0))
    assert TIC_TAC_TOE.legal(states)[np.arange(9), moves].all()
    np.testing.assert_array_equal(moves, made.predict(states))
    with pytest.raises(Refusal, match="does not play Connect Four"):
        opponent(CONNECT_FOUR, str(tmp_path / "run"))


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="says 9 moves and one value"):
        SelfPlay(TIC_TAC_TOE, MLP(27, 9), learner().exam, Adam(1e-3), np.random.default_rng(0), updates=1)
    with pytest.raises(ValueError, match="memory of 100"):
        learner(replay_size=100)
    agent = learner()
    with pytest.raises(ValueError, match="own stones"):
        agent.predict(agent.w, np.full((3, 3), 2))
    with pytest.raises(ValueError, match="shape"):
        agent.predict(agent.w, np.zeros((4, 4)))
    with pytest.raises(ValueError, match="over"):
        agent.predict(agent.w, np.array([[1, 1, 1], [-1, -1, 0], [0, 0, 0]]))
    for config in (tic_tac_toe.Config, connect_four.Config):
        for values in ({"noise": 1.5}, {"opening": -1}, {"warm": -1}, {"games": 0}, {"lr": 0.0}):
            with pytest.raises(ValueError, match=next(iter(values))):
                config(**values)


def test_random_moves_that_end_a_game_are_taken_back():
    agent = learner(games=300, opening=8, replay_size=3000)
    stones = np.abs(agent.states).sum((1, 2))
    assert not TIC_TAC_TOE.result(agent.states)[0].any()
    assert set(stones) == set(range(9))
