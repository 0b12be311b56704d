"""Trivium: reinforcement learning on the shared core."""
