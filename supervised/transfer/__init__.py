"""Trivium: features learnt elsewhere, few labels."""

from core.lab.former import moved

__getattr__ = moved(__name__, {"*": "supervised.transfer.transfer"})
