"""Trivium: sentences into another language."""
