"""Arrays out of JSON: lists of numbers, and for large ones a text, safetensors, which cannot execute, in base64."""

import base64
import math
from collections.abc import Mapping, Sequence

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from core import Array


def vector(values: Sequence[float], above: float = -math.inf) -> Array:
    """(N,) float32. Raises ValueError unless there are numbers, all finite and above `above`."""
    with np.errstate(over="ignore"):  # what overflows is refused
        found = np.array(values, np.float64).astype(np.float32)
    if not (len(found) and np.isfinite(found).all() and (found > above).all()):
        raise ValueError(f"these are not finite numbers above {above}: {values!r:.60}")
    return found


def packed(arrays: Mapping[str, Array]) -> str:
    return base64.b64encode(save({name: np.ascontiguousarray(array) for name, array in arrays.items()})).decode()


def unpacked(text: str, shapes: Mapping[str, tuple[int, ...]]) -> list[Array]:
    """The arrays of these names. Raises ValueError unless all are there, finite, and of these shapes."""
    try:
        found = load(base64.b64decode(text, validate=True))
    except (ValueError, SafetensorError) as error:
        raise ValueError(f"the arrays cannot be read: {error}") from error
    for name, shape in shapes.items():
        if name not in found or found[name].shape != shape or not np.isfinite(found[name]).all():
            raise ValueError(f"the array {name!r} is not {shape} finite numbers")
    return [found[name] for name in shapes]
