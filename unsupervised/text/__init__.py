"""Trivium: language models."""
