"""Asking a network that has learnt: what people give it, what it says, and the files that this is written to."""
