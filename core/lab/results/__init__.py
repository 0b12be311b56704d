"""Trivium: records of measurements, and documents that quote them."""
