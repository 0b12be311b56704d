"""Trivium: photographs as arrays, and augmentation."""
