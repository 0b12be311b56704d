"""Trivium: seeing through a small window."""
