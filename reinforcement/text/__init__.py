"""Trivium: a writer tuned by rewards."""
