"""Trivium: clusters of images, tables and sounds."""
