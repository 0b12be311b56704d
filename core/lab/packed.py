"""Arrays as a text that JSON can hold: safetensors, which cannot execute, in base64."""

import base64
from collections.abc import Mapping

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from core import Array


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
