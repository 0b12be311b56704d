"""Trivium: what a network has learnt."""
