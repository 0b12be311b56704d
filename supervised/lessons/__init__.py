"""First lessons: one neuron and its limits, activations side by side, and networks as functions."""
