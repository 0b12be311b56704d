"""Trivium: convolutional and fully connected networks on images."""
