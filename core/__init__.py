"""Trivium: the shared core. A network is one function of its input and of one flat vector of parameters."""
