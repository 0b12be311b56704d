"""Fields of a Config are checked by kind, and an algorithm takes a whole Config, keywords, or both."""

from dataclasses import dataclass

import pytest

from core.lab.config import check, settings


@dataclass(frozen=True)
class Walk:
    steps: int = 3
    gamma: float = 0.9


@dataclass(frozen=True)
class Config(Walk):
    hidden: int = 8
    steps: int = 5


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        ("positive", (1, 1e-9), (0, -1, float("nan"))),
        ("nonnegative", (0, 2), (-1e-9, float("nan"))),
        ("share", (0, 0.999), (1, -0.1, float("nan"))),
        ("probability", (0, 1), (1.001, -0.1, float("nan"))),
    ],
)
def test_a_field_that_is_not_what_it_must_be_is_named(rule, good, bad):
    for value in good:
        check(Walk(gamma=value), **{rule: ["gamma"]})
    for value in bad:
        with pytest.raises(ValueError, match="gamma must be"):
            check(Walk(gamma=value), **{rule: ["gamma"]})


def test_settings_come_from_a_config_from_keywords_or_from_both():
    assert settings(Walk, None, {}) == Walk()
    assert settings(Walk, None, {"steps": 4}).steps == 4
    assert settings(Walk, Config(), {}) == Config()
    assert settings(Walk, Config(hidden=9), {"gamma": 0.5}) == Config(hidden=9, gamma=0.5)
    with pytest.raises(TypeError, match="no field 'hidden'"):
        settings(Walk, Config(), {"hidden": 3})


def test_a_keyword_of_before_is_taken_with_a_warning():
    with pytest.warns(FutureWarning, match="the keyword T of Walk is now steps"):
        assert settings(Walk, None, {"T": 7}, former={"T": "steps"}).steps == 7
