"""Pairs of sentences: no leak between the parts, and pieces that give the sentence back.

The real pairs are looked for under TRIVIUM_DATA, then in ../shared/data; without them those tests are skipped.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from places import DATA

from core.lab.data.registry import Data
from core.lab.text.bpe import BytePairEncoding
from core.lab.text.sentences import components, divide_pairs, translations
from core.lab.text.tokenize import clean, words

ROOT = DATA
real = pytest.mark.skipif(not (ROOT / "english-french").exists(), reason="the pairs are not here")
FIRST = [
    ("How do you happen to know Tom?", "Comment se fait-il que vous connaissiez Tom ?"),
    ("I won't stay here alone.", "Je ne resterai pas ici tout seul."),
]
few = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("stuvwxyz")), min_size=1, max_size=14)


def flooded(pairs):
    """Components by spreading the smallest number along shared sentences until nothing changes."""
    number = list(range(len(pairs)))
    while True:
        spread = [min(number[j] for j, q in enumerate(pairs) if q[0] == p[0] or q[1] == p[1]) for p in pairs]
        if spread == number:
            return number
        number = spread


@settings(deadline=None)
@given(few)
def test_components_are_those_of_flooding(pairs):
    found, slow = components(pairs), flooded(pairs)
    assert [found[i] == found[j] for i in range(len(pairs)) for j in range(i)] == [
        slow[i] == slow[j] for i in range(len(pairs)) for j in range(i)
    ]
    seen = list(dict.fromkeys(found.tolist()))
    assert seen == sorted(seen) == list(range(len(seen)))


def test_a_chain_of_shared_sentences_is_one_component():
    pairs = [("Go!", "Va !"), ("Leave!", "Pars !"), ("Go!", "Pars !"), ("Hi.", "Salut."), ("Go", "Salut !")]
    assert components(pairs).tolist() == [0, 0, 0, 1, 2]


def disjoint(parts):
    for k in (0, 1):
        sides = [{pair[k] for pair in part} for part in parts]
        assert not sides[0] & sides[1]
        assert not sides[0] & sides[2]
        assert not sides[1] & sides[2]


@settings(deadline=None)
@given(few.filter(lambda pairs: len(set(flooded(pairs))) >= 3))
def test_no_sentence_is_on_both_sides(pairs):
    parts = divide_pairs(pairs, share=0.34)
    disjoint(parts)
    assert sorted(set(pairs)) == sorted(pair for part in parts for pair in part)
    assert parts == divide_pairs(pairs, share=0.34)


def test_sentences_that_differ_in_their_blanks_alone_are_one():
    assert clean("Va\u202f! \u00a0 l’eau\t«a»") == 'Va ! l\'eau "a"'
    pairs = [(f"{k}", f"{k} un !") for k in range(40)] + [(f"{k}\u00a0", f"{k} un\u202f!") for k in range(40)]
    assert sum(map(len, divide_pairs(pairs))) == 40


def test_too_few_groups_are_refused():
    with pytest.raises(ValueError, match="1 groups of sentences are too few"):
        divide_pairs([("a", "b"), ("a", "c")])
    with pytest.raises(ValueError, match="0 groups"):
        divide_pairs([])


@real
def test_the_real_pairs_are_divided_for_good():
    parts = divide_pairs(Data(ROOT)("english-french"))
    disjoint(parts)
    assert [len(part) for part in parts] == [131129, 5686, 5796]
    assert parts.test[:2] == FIRST


def test_words_and_translations():
    assert words("J'ai faim, m'a-t-il dit !") == ["J'", "ai", "faim", ",", "m'", "a", "-", "t", "-", "il", "dit", "!"]
    assert translations([("a", "x"), ("b", "y"), ("a", "z")]) == {"a": ["x", "z"], "b": ["y"]}


# Pieces.


def slow_merges(chunks, most):
    """Byte pair encoding with everything counted anew for each merge."""
    cut, found = {chunk: list(chunk) for chunk in chunks}, []
    while len(found) < most:
        counts = Counter()
        for chunk, n in chunks.items():
            for a, b in zip(cut[chunk], cut[chunk][1:], strict=False):
                counts[a, b] += n
        if not counts or max(counts.values()) < 2:
            return found
        best = min(pair for pair in counts if counts[pair] == max(counts.values()))
        found.append(best)
        for chunk, parts in cut.items():
            k = 0
            while k < len(parts) - 1:
                if (parts[k], parts[k + 1]) == best:
                    parts[k : k + 2] = [parts[k] + parts[k + 1]]
                k += 1
            cut[chunk] = parts
    return found


TEXT = ["low lower lowest", "new newer newest wide wider", "aaa aaaa aa", "he sees the sea, she sees the shells!"]


def test_merges_are_those_of_counting_anew():
    pieces = BytePairEncoding.learn(TEXT, 60)
    chunks = Counter(
        {
            "low": 1,
            " lower": 1,
            " lowest": 1,
            "new": 1,
            " newer": 1,
            " newest": 1,
            " wide": 1,
            " wider": 1,
            "aaa": 1,
            " aaaa": 1,
            " aa": 1,
            "he": 1,
            " sees": 2,
            " the": 2,
            " sea": 1,
            ",": 1,
            " she": 1,
            " shells": 1,
            "!": 1,
        }
    )
    slow = slow_merges(chunks, 60)
    assert list(pieces.merges)[:12] == slow[:12]
    assert len(pieces.merges) > 12


@settings(deadline=None)
@given(st.text(alphabet="".join(sorted(set("".join(TEXT)))), max_size=30))
def test_pieces_give_the_sentence_back(text):
    text = clean(text)
    ids = PIECES.encode(text)
    assert PIECES.decode(ids) == text
    assert 0 not in ids


PIECES = BytePairEncoding.learn(TEXT, 60)


def test_pieces_end_at_a_border_and_leave_strange_characters_out():
    ids = PIECES.encode("the sea")
    assert PIECES.decode([*ids, 0, *ids]) == "the sea"
    assert PIECES.decode(PIECES.encode("the Ωsea")) == "the sea"
    assert len(ids) < len("the sea")
    assert np.max(ids) < len(PIECES)


def test_too_few_pieces_are_refused():
    with pytest.raises(ValueError, match="3 pieces are too few"):
        BytePairEncoding.learn(TEXT, 3)
