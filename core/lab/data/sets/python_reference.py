"""The Python language reference, which comes with the interpreter."""

import re

from core.lab import Refusal
from core.lab.data.sets import DataSet
from core.lab.data.splits import Text, parts


def read() -> Text:
    """The topics of the reference in sorted order.

    Paragraphs that repeat are dropped (spaces apart): else a tenth of the held-out text stands in training. The
    length follows the version of Python, so no figure on this text is compared across versions.
    """
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise Refusal("this Python comes without its language reference (the module pydoc_data.topics)") from None
    paragraphs: dict[str, str] = {}
    for topic in sorted(topics):
        for paragraph in re.split(r"\n\s*\n", topics[topic].strip("\n")):
            paragraphs.setdefault(" ".join(paragraph.split()), paragraph)
    return parts("\n\n".join(paragraphs.values()))


ABOUT = "the Python language reference, about 370,000 characters"
PYTHON_REFERENCE = DataSet(ABOUT, "PSF-2.0", "the Python Software Foundation", read, embedded="Python")
