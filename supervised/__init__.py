"""Trivium: supervised learning on the shared core."""
