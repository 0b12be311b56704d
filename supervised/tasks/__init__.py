"""Trivium: the tasks of supervised learning, one file each."""
