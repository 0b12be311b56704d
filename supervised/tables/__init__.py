"""Trivium: targets and baselines of tables."""
