"""What the images of a task look like, whoever reads them: known without the data, so that a run answers without it."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, NamedTuple

from core import Rng
from core.lab import Splits
from core.lab.former import warn
from core.lab.vision.photos import See


class Images(NamedTuple):
    """Images x (N, H W [3]) in [0, 1] of so many classes."""

    shape: tuple[int, ...]  # H, W or H, W, 3
    classes: Sequence[str]  # their names
    see: See | None = None  # makes an example of a picture out of a file, if not in the usual way


def takes_images(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function (config, splits, images, rng, rules) that may be called with the fields of `images`, as before.

    That was (config, splits, shape, classes, rng, rules, see).
    """

    def former(
        config: Any,
        splits: Splits,
        shape: tuple[int, ...],
        classes: Sequence[str],
        rng: Rng,
        rules: Mapping[str, Any] | None = None,
        see: See | None = None,
    ) -> Any:
        return function(config, splits, Images(shape, classes, see), rng, rules)

    @wraps(function)
    def call(config: Any, splits: Splits, *args: Any, **options: Any) -> Any:
        if "images" in options or (args and isinstance(args[0], Images)):
            return function(config, splits, *args, **options)
        warn(
            f"{function.__name__}(config, splits, shape, classes, ...)", "(config, splits, Images(shape, classes), ...)"
        )
        return former(config, splits, *args, **options)

    return call
