"""Trivium: environments."""
