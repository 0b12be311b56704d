"""Trivium: runs of one problem set side by side."""
