"""Environments that are arrays and give what they must not: one line says what, and at which step."""

import numpy as np
import pytest

from core.lab.cli import main
from core.lab.envs.vector import make
from core.lab.errors import Refusal

GOOD = np.zeros((3, 4), np.float32), np.ones(3), np.zeros(3, bool), np.zeros(3, bool), {}


def given(**change):
    """CartPole, whose third step gives something else in some places."""
    envs = make("CartPole-v1", 3, np.random.default_rng(0))
    for _ in range(2):
        envs.step(np.zeros(3, np.int64))
    envs.vec.step = lambda action: tuple(change.get(f"at{k}", part) for k, part in enumerate(GOOD))
    return envs


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"at0": np.zeros((3, 5))}, r"observations of float64 and shape \(3, 5\), not numbers of shape \(3, 4\), at"),
        ({"at0": np.zeros((2, 4))}, r"observations of float64 and shape \(2, 4\)"),
        ({"at0": None}, "observations of object"),
        ({"at0": [[1, 2], [3]]}, "failed at step 3: ValueError"),
        ({"at0": np.full((3, 4), "?")}, "observations of <U1"),
        (
            {"at0": np.array([[0, 0, 0, 0], [0, np.nan, 0, 0], [0, 0, 0, 0]])},
            r"\(number 1 of 3\) gave an observation that",
        ),
        ({"at1": np.ones((3, 1))}, r"rewards of float64 and shape \(3, 1\), not numbers of shape \(3,\), at step 3$"),
        ({"at1": 1.0}, r"rewards of float64 and shape \(\)"),
        ({"at1": np.array([1, 2, None])}, "rewards of object"),
        ({"at1": np.array([0, 0, -np.inf])}, r"\(number 2 of 3\) gave a reward that is not finite at step 3$"),
        ({"at3": object}, "ends of object"),
        ({"at2": np.zeros(2, bool)}, r"ends of bool and shape \(2,\)"),
    ],
)
def test_it_is_refused_in_one_line(change, says):
    with pytest.raises(Refusal, match=says) as error:
        given(**change).step(np.zeros(3, np.int64))
    assert "\n" not in str(error.value)
    assert "CartPole-v1" in str(error.value)


def test_what_is_right_passes_and_whole_numbers_are_ends():
    steps = given(at2=np.array([0, 1, 0])).step(np.zeros(3, np.int64))
    assert steps.end.tolist() == [False, True, False]
    assert (~steps.terminated).tolist() == [True, False, True]


def test_a_missing_film_is_said_in_the_terminal_too(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("core.lab.envs.film.film", lambda *args: "no film: Error: no screen")
    assert main(["run", "cartpole", "--quick", "--updates", "1", "--out", str(tmp_path / "run")]) == 0
    said = capsys.readouterr()
    assert "no film: Error: no screen" in said.err
    assert "page: " in said.out
