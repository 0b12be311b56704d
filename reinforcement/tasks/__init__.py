"""Trivium: the tasks of reinforcement learning, one file each."""
