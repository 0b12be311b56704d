"""Trivium: sound: wav files, spectra, and back."""
