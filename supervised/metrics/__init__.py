"""Trivium: what good means: classes and values."""
