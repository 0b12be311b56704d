"""Are the four packages ours? Their names are common, and another distribution or a folder can take their place."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from core.lab.errors import Refusal

PACKAGES = ("core", "supervised", "unsupervised", "reinforcement")
MARK = b'"""Trivium'  # how the first line of each of our packages begins


def check_packages() -> None:
    """Raises Refusal, naming the place, unless all four packages come from this distribution; imports none of them."""
    home = Path(__file__).resolve().parents[2]
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None:
            raise Refusal(f"the package {name!r} of Trivium is not installed: pip install --force-reinstall trivium")
        origin = Path(spec.origin).resolve() if spec.origin else None
        place = origin or next(iter(spec.submodule_search_locations or ["?"]))
        if origin is None or origin.parent.parent != home or not origin.read_bytes().startswith(MARK):
            raise Refusal(
                f"the package {name!r} is not Trivium's but stands at {place}: run from another folder, or "
                "uninstall the distribution that brought it and reinstall trivium"
            )
