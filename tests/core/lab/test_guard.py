"""The guard around code that is not ours."""

import pytest

from core.lab import Refusal
from core.lab.guard import guarded


def test_what_is_raised_inside_is_one_line_with_its_place():
    with pytest.raises(Refusal, match=r"^it raised GeneratorExit \(test_guard\.py:\d+\)$"), guarded("it"):
        raise GeneratorExit
    told = r"^it raised ValueError: one \(test_guard\.py:\d+\); kept$"
    with pytest.raises(Refusal, match=told), guarded("it", lambda: "; kept"):
        raise ValueError("one\ntwo")


def test_a_guard_that_a_signal_left_half_way_is_closed_in_silence():
    guard = guarded("it")
    guard.__enter__()
    guard.gen.close()  # what Python does when nothing holds it any more
    assert guard.gen.gi_frame is None
