"""Trivium: learning to learn."""

from core.lab.former import moved

__getattr__ = moved(__name__, {"*": "supervised.meta.maml"})
