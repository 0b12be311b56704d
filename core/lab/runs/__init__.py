"""Trivium: one run: its loop, its folder, its task, its page."""
