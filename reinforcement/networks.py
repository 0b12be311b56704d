"""The networks that agents of several tasks start from."""

import math
from typing import Any

import numpy as np

from core import MLP, Array, Back, Conv2d, Flatten, Layer, Linear, Rescale, Rng, Sequential, orthogonal, relu, tanh
from reinforcement.distributions import NEVER

FINE = 10  # sides above which every other place is skipped
COARSE = 5  # and to which a picture is made smaller


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


def to_picture(H: int, W: int, C: int) -> Layer:
    """A row as a picture: (..., H W C) -> (..., H, W, C)."""

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            return dy.reshape(x.shape) if dx else None

        return x.reshape(*x.shape[:-1], H, W, C), back

    return Layer(forward, op="to_picture", constants={"shape": (H, W, C)}, places=lambda places: (*places, H, W))


def picture_network(H: int, W: int, C: int, hidden: int, O: int, scale: float = 1.0, last_gain: float = 1.0) -> Layer:
    """A convolutional network (..., H W C) -> (..., O): 3 x 3 kernels until COARSE, then `hidden` units, all with relu.

    The first kernels have 16 features, the others 32. Pictures larger than FINE lose every other place at each layer.
    """
    layers, features = list[Layer](), C
    places: tuple[int, ...] = H, W
    while not layers or min(places) > COARSE:
        stride, more = 2 if max(places) > FINE else 1, 32 if layers else 16
        conv = Conv2d(features, more, 3, stride, "valid", init=orthogonal, gain=2**0.5)
        layers, features, places = [*layers, conv, relu], more, conv.places(places)
    inside = math.prod(places) * features
    return Sequential(
        to_picture(H, W, C),
        Rescale(0.0, scale),
        *layers,
        Flatten(),
        Linear(inside, hidden, init=orthogonal, gain=2**0.5),
        relu,
        Linear(hidden, O, init=orthogonal, gain=last_gain),
    )


def Masked(net: Layer, I: int, S: int) -> Layer:
    """y = net(x[..., :I]), where the first S of its features are NEVER where x[..., I : I + S] is 0.

    So softmax gives what is not allowed the probability 0, argmax does not take it, and its gradient is 0.
    """

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        y, back_net = net.forward(x[..., :I], w, rng)
        forbidden = np.zeros(y.shape, bool)
        forbidden[..., :S] = x[..., I : I + S] == 0

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            d = back_net(np.where(forbidden, 0, dy), g, add, dx)
            return np.concatenate([d, np.zeros_like(x[..., I:])], -1) if dx else None

        return np.where(forbidden, y.dtype.type(NEVER), y), back

    return Layer(forward, net.layout, net.fill, op="masked", parts=(net,))
