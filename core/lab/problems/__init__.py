"""Trivium: what tasks of all three paradigms share, each with its one judge."""
