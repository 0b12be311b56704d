"""Checks that a task's Config makes of its own fields."""

from __future__ import annotations

from typing import Any

from core.lab.errors import Refusal as Refusal


def positive(config: Any, *names: str) -> None:
    """Raises ValueError, naming the field, unless these fields of a Config are numbers above 0."""
    for name in names:
        if not getattr(config, name) > 0:
            raise ValueError(f"{name} must be above 0, not {getattr(config, name)}")
