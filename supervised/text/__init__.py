"""Trivium: a writer guided by a reader."""
