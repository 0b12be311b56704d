"""Trivium: spoken words."""
