"""Trivium: data sets: by name, from files, in fixed parts."""
