"""Trivium: unsupervised learning on the shared core."""
