"""What a report on a network may spend: apart from the report, so that a task can say so without loading it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """What the report may spend. It trains about 50 small networks beside the one it is about."""

    updates: int = 600  # minibatches of each training
    batch: int = 64  # examples in one of them, for the FLOPs
    examples: int = 10_000  # training examples they learn from, at most
    judged: int = 2_000  # validation and test examples they are judged by, at most
    probed: int = 4_000  # training examples that a probe reads, at most
    width: int = 128  # units in the hidden layers of the small networks
    folds: int = 5  # of the search for wrong labels
    planted: float = 0.05  # share of the labels that is made wrong to see whether they are found
    repeats: int = 1  # seeds of each point of the curves
    mapped: int = 600  # examples on a map
