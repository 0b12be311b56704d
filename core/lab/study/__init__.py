"""Trivium: tasks x settings x seeds, on one machine or many."""
