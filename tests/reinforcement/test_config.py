"""What the configurations of agents refuse before anything starts."""

import pytest

from core.lab import Refusal
from core.lab.runs.tasks import configure, find


@pytest.mark.parametrize(
    ("task", "field"),
    [
        ("cartpole", "rollout"),
        ("cartpole", "envs"),
        ("cartpole_dagger", "ask"),
        ("pendulum", "batch"),
        ("env", "episodes"),
    ],
)
def test_what_one_update_loops_over_is_bounded_and_budgets_are_not(task, field):
    found = find(task)
    with pytest.raises(Refusal, match=rf"{field} must be at most 1,000,000,000, not 1,000,000,000,000"):
        configure(found, {field: 10**12})
    for budget in "updates", "timesteps":
        if budget in found.config.__dataclass_fields__:
            assert getattr(configure(found, {budget: 10**12}), budget) == 10**12
