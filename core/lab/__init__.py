"""Trivium: what every runner shares, on top of the core. Imports core and libraries, never a sibling."""
