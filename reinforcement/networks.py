"""The networks that agents of several tasks start from."""

from core import MLP, Layer, orthogonal, tanh


def actor_and_critic(I: int, hidden: int, A: int) -> tuple[Layer, Layer]:
    """Two tanh MLPs for PPO, I -> A and I -> 1, orthogonal at the start; the actor begins undecided.

    Huang et al. 2022, "The 37 implementation details of proximal policy optimization", details 2 and 3.
    """

    def mlp(outputs: int, gain: float) -> Layer:
        return MLP(
            I, hidden, hidden, outputs, activation=tanh, init=orthogonal, gain=2**0.5, last=orthogonal, last_gain=gain
        )

    return mlp(A, 0.01), mlp(1, 1.0)


def actor_and_two_critics(I: int, hidden: int, A: int) -> tuple[Layer, Layer]:
    """MLPs for SAC: I -> 2A = [m, log s], and two critics as the members of one network, I + A -> (2, B, 1)."""
    return MLP(I, hidden, hidden, 2 * A, last_gain=0.1), MLP(I + A, hidden, hidden, 1, members=2)
