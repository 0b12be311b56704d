"""What other packages bring by their entry points. One that is broken, or a name that two claim, harms no other."""

from collections.abc import Iterator
from importlib.metadata import EntryPoint, distributions, entry_points

from core.lab.errors import Refusal


def plugins(group: str) -> dict[str, list[EntryPoint]]:
    """Each name with what it stands for, which is more than one thing where packages claim it for different ones."""
    found: dict[str, list[EntryPoint]] = {}
    for point in _points(group):
        same = found.setdefault(point.name, [])
        if point.value not in [other.value for other in same]:
            same.append(point)
    return dict(sorted(found.items()))


def _points(group: str) -> Iterator[EntryPoint]:
    try:
        yield from entry_points(group=group)
    except Exception:  # a package whose file of entry points cannot be read: the others can
        for package in distributions():
            try:
                points = [point for point in package.entry_points if point.group == group]
            except Exception:
                continue
            yield from points


def twice(kind: str, name: str, points: list[EntryPoint]) -> str:
    """Why a name cannot be used that packages claim for several things; "" where one does."""
    claimed = dict.fromkeys(point.value for point in points)
    how = f"installed packages register the {kind} {name!r} more than once ({' and '.join(claimed)}): uninstall one"
    return how if len(claimed) > 1 else ""


def only(kind: str, name: str, points: list[EntryPoint]) -> EntryPoint:
    """What a name stands for. Raises Refusal where it is claimed for several things."""
    if why := twice(kind, name, points):
        raise Refusal(why)
    return points[0]
