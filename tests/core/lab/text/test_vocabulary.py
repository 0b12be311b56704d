"""Vocabularies: which characters they hold, and the ids of texts."""

import numpy as np

from core.lab.text import vocabulary
from core.lab.text.vocabulary import Vocabulary


def test_vocabulary_holds_what_occurs_twice():
    vocabulary = Vocabulary.of("abracadabra é𝄞é𝄞")
    assert vocabulary.decode(range(1, len(vocabulary))) == "abré𝄞"  # c, d and the space occur once
    assert vocabulary.encode("b𝄞c?a").tolist() == [2, 5, 0, 0, 1]
    assert vocabulary.decode([2, 0, 1]) == "b\ufffda"
    assert vocabulary.encode("").tolist() == []


def test_encoding_is_right_across_chunks_and_for_any_code_point(monkeypatch):
    text = "".join(map(chr, [*range(0, 600), 0xFFFF, 0x10000, 0x10FFFF] * 2)) + "\udc80"
    whole = Vocabulary.of(text)
    monkeypatch.setattr(vocabulary, "ENCODED", 7)
    assert whole.codes.tolist() == Vocabulary.of(text).codes.tolist() == [*range(600), 0xFFFF, 0x10000, 0x10FFFF]
    ids = whole.encode(text)
    assert ids.dtype == np.uint16
    assert whole.decode(ids[:603]) == text[:603]
    assert ids[-1] == 0
