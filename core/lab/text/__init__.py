"""Trivium: text: vocabularies, hashed n-grams, windows, sampling."""

from core.lab.former import moved

__getattr__ = moved(__name__, {"*": "core.lab.terminal"})
