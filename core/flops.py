"""How much work a network is: a formula out of what its layers say of themselves, and no measurement."""

import math

from core.layer import Layer, Places, is_matrix


def flops(net: Layer, places: Places = ()) -> int:
    """FLOPs of one forward pass of one example: 2 for each entry of a matrix, at each place that it is applied to.

    A row times a matrix (I, O) is I O multiplications and as many additions. A convolution does that at every place of
    its output, an ensemble in every member. Biases, activations and norms are small beside it and count 0, as do rows
    that are looked up. Each function of `Parts` counts once. `places` are the axes of an example before its features:
    (T,) of a sound (T, F); a row of features has none. Raises ValueError where a layer needs other places than it gets.
    """
    return _count(net, places)[0]


def _count(net: Layer, places: Places) -> tuple[int, Places]:
    """The FLOPs of a layer, and the places of its output."""
    if net.op == "sequential":
        total = 0
        for part in net.parts:
            count, places = _count(part, places)
            total += count
        return total, places
    if net.parts:
        counts, after = zip(*(_count(part, places) for part in net.parts), strict=True)
        return sum(counts), after[0]
    try:
        after = net.places(places)
    except ValueError as error:
        raise ValueError(f"{net.op} cannot be applied to an example with places {places}: {error}") from error
    entries = sum(math.prod(shape) for name, shape in net.layout.items() if is_matrix(name, shape))
    return 0 if net.ids or net.op == "parameter" else 2 * entries * math.prod(after), after
