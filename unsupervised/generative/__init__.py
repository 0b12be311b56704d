"""Trivium: new images and new speech."""
