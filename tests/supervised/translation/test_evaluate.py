"""The exam of a translator on known answers: F-score, search, word table, neighbours."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.lab.text.tokenize import words
from supervised.translation.evaluate import look_alikes, nearest_neighbours, people
from supervised.translation.ibm_model1 import FLOOR, WordTable
from supervised.translation.metrics import HeldOut, Search, chrf, corpus_chrf


def slow_chrf(said, reference, beta=2.0):
    """Popovic (2015), one n-gram after the other: each is matched with one of the reference that is still free."""
    said, reference = said.replace(" ", ""), reference.replace(" ", "")
    precisions, recalls = [], []
    for n in range(1, 7):
        have = [said[i : i + n] for i in range(len(said) - n + 1)]
        want = [reference[i : i + n] for i in range(len(reference) - n + 1)]
        if not have or not want:
            continue
        free, matched = want.copy(), 0
        for gram in have:
            if gram in free:
                free.remove(gram)
                matched += 1
        precisions.append(matched / len(have) if have else 0.0)
        recalls.append(matched / len(want) if want else 0.0)
    if not precisions:
        return 0.0
    p, r = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    return (1 + beta**2) * p * r / (beta**2 * p + r) if p + r else 0.0


def test_chrf_is_that_of_the_slow_oracle():
    rng = np.random.default_rng(0)
    for _ in range(300):
        a, b = ("".join(rng.choice(list("abc é"), rng.integers(0, 14))) for _ in range(2))
        assert chrf(a, [b]) == pytest.approx(slow_chrf(a, b), abs=1e-12)


def test_chrf_on_known_answers():
    assert chrf("Va !", ["Pars !", "Va!"]) == 1  # the best reference, and blanks do not count
    assert chrf("xyz", ["abc"]) == chrf("", ["abc"]) == chrf("", [""]) == 0
    # "ab" against "abc": precisions 1, 1, recalls 2/3, 1/2; it has no run of three, so that order is left out
    assert chrf("ab", ["abc"]) == pytest.approx(7 / 11)
    assert chrf("abc", ["ab"]) == pytest.approx(7 / 8)
    assert chrf("ab", ["abc"], beta=1) == pytest.approx(2 * 7 / 12 / (1 + 7 / 12))
    assert chrf("a", ["a"]) == chrf("ab c", ["abc"]) == chrf("Oui.", ["Oui."]) == 1
    assert chrf("a", ["ab"]) == pytest.approx(5 / 9)  # precision 1, recall 1/2
    assert chrf("ab", ["abc"]) < chrf("abc", ["ab"])  # what is missing weighs more than what is too much


def test_chrf_of_a_corpus_counts_its_n_grams_together():
    # said 5, 3, 1 runs of one, two, three letters; wanted 6, 4, 2; all that is said is wanted: recall 25/36
    assert corpus_chrf(["ab", "abc"], [["abc"], ["abc"]]) == pytest.approx(125 / 169)
    assert corpus_chrf(["ab", "abc"], [["zz", "abc"], ["abc", "z"]]) == pytest.approx(125 / 169)
    # of "abcd" only runs of one and two letters have anything to be compared with: said 7, 5, 1 of which 5, 3, 1 common
    p, r = (5 / 7 + 3 / 5 + 1) / 3, 1
    assert corpus_chrf(["abcd", "abc"], [["ab"], ["abc"]]) == pytest.approx(5 * p * r / (4 * p + r))
    assert corpus_chrf(["x"], [["y"]]) == corpus_chrf([""], [["y"]]) == 0
    assert corpus_chrf(["un mot"], [["un mot"]]) == 1
    for said in ([], ["a"]):
        with pytest.raises(ValueError, match="each text needs its references"):
            corpus_chrf(said, [["a"], ["b"]])


PAIRS = [("a", "A"), ("a", "AA"), ("b", "B"), ("c", "AA"), ("d", "D")]


def test_any_correct_translation_counts():
    search = Search(PAIRS)
    assert search.queries == ["a", "b", "c", "d"]
    assert search.pool == ["A", "AA", "B", "D"]
    assert search.right.astype(int).tolist() == [[1, 1, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    assert search.hits(search.right.astype(float)) == 1
    scores = np.array([[0, 2, 1, 0], [3, 0, 2, 1], [5, 4, 3, 0], [9, 8, 7, 0.0]])
    assert search.hits(scores) == 1 / 4
    assert search.hits(scores, 2) == 3 / 4
    assert search.hits(scores, 4) == 1
    assert search.chance == pytest.approx(5 / 16)


def test_equal_scores_find_nothing_by_themselves():
    pairs = [(f"e{k}", f"f{k}") for k in range(1500)]
    search = Search(pairs)
    assert search.right.shape == (1000, 1000)
    assert search.hits(np.zeros((1000, 1000))) == pytest.approx(search.chance)


def test_people_are_judged_by_the_other_translations():
    part = HeldOut([("a", "un mot"), ("a", "un mot"), ("a", "rien"), ("b", "seul")])
    assert people(part) == 1
    assert part.score(["rien", "seul"]) == 1
    assert people(HeldOut([("b", "seul"), ("c", "deux")])) == 1


LEXICON = {
    "the": "le",
    "red": "rouge",
    "small": "petit",
    "cat": "chat",
    "dog": "chien",
    "sleeps": "dort",
    "runs": "court",
}


def small_language():
    rows = [f"the {a} {n} {v}" for a in ("red", "small") for n in ("cat", "dog") for v in ("sleeps", "runs")]
    return [(row, " ".join(LEXICON[word] for word in words(row))) for row in rows]


def test_the_word_table_finds_the_lexicon():
    table = WordTable(small_language(), rounds=30)
    assert {word: table.best[word] for word in LEXICON if word != "the"} == {
        k: v for k, v in LEXICON.items() if k != "the"
    }
    assert table.translate("small dog runs, Tom!") == "petit chien court , Tom !"


def slow_model_1(pairs, rounds):
    """Expectation maximisation, one word after the other."""
    french = {f for _, b in pairs for f in words(b)}
    t = {(e, f): 1 / len(french) for a, _ in pairs for e in words(a) for f in french}
    for _ in range(rounds):
        count, total = dict.fromkeys(t, 0.0), {e: 0.0 for e, _ in t}
        for a, b in pairs:
            for f in words(b):
                norm = sum(t[e, f] for e in words(a))
                for e in words(a):
                    count[e, f] += t[e, f] / norm
                    total[e] += t[e, f] / norm
        t = {(e, f): count[e, f] / total[e] for e, f in t}
    return t


def test_the_word_table_is_that_of_the_slow_oracle():
    pairs = [("a b", "X Y"), ("b c", "Y Z Z"), ("a", "X"), ("c d d", "Z W")]
    table, slow = WordTable(pairs, 7), slow_model_1(pairs, 7)
    for e, i in table.english.items():
        for f, j in table.french.items():
            assert table.there[i, j] == pytest.approx(slow[e, f], abs=1e-12)
    back = slow_model_1([(b, a) for a, b in pairs], 7)
    for (f, e), t in back.items():
        assert table.back[table.french[f], table.english[e]] == pytest.approx(t, abs=1e-12)
    english, french = ["a b", "c", "q"], ["X", "Z W", "Y Q"]
    want = [[slow_score(slow, a, b) + slow_score(back, b, a) for b in french] for a in english]
    assert table.scores(english, french) == pytest.approx(np.array(want))


def slow_score(t, a, b):
    """log p(b | a) a word of b."""
    p = [sum(t.get((e, f), 0) for e in words(a)) / len(words(a)) for f in words(b)]
    return sum(math.log(max(one, FLOOR)) for one in p) / len(p)


def test_neighbours_and_look_alikes():
    train = [("I see a cat.", "Je vois un chat."), ("He runs.", "Il court."), ("I see a cat.", "Un chat !")]
    assert nearest_neighbours(train, ["You see a cat.", "She runs."]) == ["Je vois un chat.", "Il court."]
    search = Search([("Boston", "à Boston"), ("A guitar", "Une guitare")])
    assert search.hits(look_alikes([*train, ("Boston guitar", "guitare")], search)) == 1
