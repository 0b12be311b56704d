"""Sentences cleaned, and cut into words."""

import re
import unicodedata

_WORD = re.compile(r"\w+'|\w+|[^\w\s]")
_SAME = str.maketrans("’‘“”«»", '\'\'""""')


def clean(sentence: str) -> str:
    """NFKC, one kind of quotation mark and apostrophe, one blank for every run of white space (U+00A0, U+202F too)."""
    if not sentence.isascii():
        sentence = unicodedata.normalize("NFKC", sentence).translate(_SAME)
    return " ".join(sentence.split())


def words(sentence: str) -> list[str]:
    """Words and signs: "J'ai faim !" -> ["J'", "ai", "faim", "!"]."""
    return _WORD.findall(sentence)
