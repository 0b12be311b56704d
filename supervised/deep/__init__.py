"""What a network has learnt: the studies of the deep report, each a function that returns numbers."""
