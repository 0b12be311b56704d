"""Trivium: the tasks of unsupervised learning, one file each."""
