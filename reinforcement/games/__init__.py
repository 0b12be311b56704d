"""Trivium: board games by search and self-play."""

from core.lab.former import moved

__getattr__ = moved(__name__, {"*": "reinforcement.games.rules"})
