"""Trivium: pages, plots, films and tables."""

from core.lab.former import moved

__getattr__ = moved(__name__, {"*": "core.lab.report.page"})
