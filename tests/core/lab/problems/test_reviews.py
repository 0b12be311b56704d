"""The exam of "write a positive review": its parts, its readers, and what it says of a writer whose texts are known."""

import math

import numpy as np
import pytest
from places import DATA
from toy_reviews import toy_reviews

from core.lab.data.registry import Data
from core.lab.data.splits import Reviews
from core.lab.problems import reviews as praise
from core.lab.problems.reviews import Part, ReviewExam, distinct, reader, runs, split_reviews, whole_words

SIZES = {"val": 10, "test": 30, "judge": 50, "rater": 50}


@pytest.fixture
def exam(monkeypatch):
    monkeypatch.setattr(praise, "SIZES", SIZES)
    return ReviewExam(toy_reviews(200), 12, 40)


def spelling(exam, text):
    """A writer that goes on with `text` and its END, whatever was written: by how many ENDs its window still holds."""
    ids = exam.vocabulary.encode(text + "\n")

    def ask(x):
        written = (x != exam.end).sum(1)
        y = np.full((len(x), len(exam.vocabulary)), -50.0, np.float32)
        y[np.arange(len(x)), ids[np.minimum(written, len(ids) - 1)]] = 50
        return y

    return ask


def test_a_text_stands_there_once():
    reviews = Reviews([""] * 4, ["So  good", "so good", "", " bad\n"], np.array([5, 1, 3, 2]), np.zeros(4, np.int64))
    assert distinct(reviews) == [(5, "So good"), (2, "bad")]


def test_parts_are_balanced_disjoint_and_fixed(monkeypatch):
    monkeypatch.setattr(praise, "SIZES", SIZES)
    reviews = toy_reviews(200)
    parts = split_reviews(reviews)
    assert {name: len(part.texts) for name, part in parts.items()} == {
        "val": 20,
        "test": 60,
        "judge": 100,
        "rater": 100,
        "train": 120,
    }
    texts = [text for part in parts.values() for text in part.texts]
    assert len(set(texts)) == len(texts) == 400
    assert not any("fair" in text for text in texts)  # four stars
    rating = dict(zip(reviews.text, reviews.rating.tolist(), strict=True))
    for part in parts.values():
        assert part.good.mean() == 0.5
        assert [rating[text] == 5 for text in part.texts] == part.good.tolist()
    assert split_reviews(reviews)["train"].texts == parts["train"].texts


def test_too_few_reviews_are_refused(monkeypatch):
    with pytest.raises(ValueError, match="200 reviews with five stars and 200 with three or fewer are too few"):
        split_reviews(toy_reviews(200))


def test_a_reader_learns_and_is_the_same_each_time():
    part = Part(["i love it", "so soft", "i hate it", "too stiff"] * 3, np.array([True, True, False, False] * 3))
    said = reader(part)(["love", "stiff"])
    assert said.tolist() == [True, False]
    assert reader(part)(["love", "stiff"]).tolist() == said.tolist()


def test_whole_words():
    assert whole_words("so soft\nand") == "so soft"
    assert whole_words("so soft an") == "so soft"
    assert whole_words("soft") == "soft"


def test_writing_ends_with_the_review_and_gives_the_windows_that_led_there(exam):
    written = exam.write(spelling(exam, "so soft"), 3, np.random.default_rng(0))
    assert written.texts == ["so soft"] * 3
    assert len(written.windows) == 3 * 8
    for i in range(3):
        assert (written.windows[written.author == i] == exam.windows(["so soft"], 13)).all()
    begun = exam.write(spelling(exam, "so soft"), 1, np.random.default_rng(0), "so ")
    assert begun.texts == ["soft"]


def test_what_does_not_end_is_cut_at_a_whole_word(exam):
    def ask(x):  # blanks and letters for ever
        y = np.full((len(x), len(exam.vocabulary)), -50.0, np.float32)
        y[:, exam.vocabulary.encode("o ")] = 0
        return y

    for text in exam.write(ask, 5, np.random.default_rng(0)).texts:
        assert 0 < len(text) <= 40


def test_a_writer_who_knows_nothing_has_the_nats_of_chance(exam):
    V = len(exam.vocabulary)
    assert exam.nats(lambda x: np.zeros((len(x), V), np.float32), exam.val) == pytest.approx(math.log(V), rel=1e-5)


@pytest.mark.parametrize(("text", "share"), [("so soft dress.", 1.0), ("too stiff coat.", 0.0)])
def test_the_report_of_a_known_text(exam, text, share):
    report = exam.report(spelling(exam, text[:11]), beginning="so soft " if share else "")
    assert report.metrics["test_positive"] == report.metrics["rated_positive"] == share
    assert report.metrics["judge_accuracy"] == 1
    assert report.chance == 0.5
    assert report.reference == 1
    assert report.metrics["written_characters"] == 11
    assert report.metrics["written_distinct"] < 0.01  # it is always the same text
    assert ("begun_positive" in report.metrics) == (share == 1)
    assert all(math.isfinite(value) for value in report.metrics.values())


def test_guards(exam):
    guards, train = exam.guards(), exam.parts["train"].texts
    assert guards["copied"](train) == guards["known"](train) == 1
    assert guards["known"](["dress zebra"]) == 0.5
    assert guards["copied"](["one two three four five six"]) == 0
    assert guards["distinct"](["a b c", "a b c d"]) == 2 / 3
    assert guards["nats"](train) < 1 < guards["nats"](["tfos ttes"])
    assert runs(["So soft!"], 2) == [("so", "soft"), ("soft", "!")]


def test_the_judge_of_real_reviews():
    if not (DATA / "reviews").exists():
        pytest.skip("needs the files of reviews")
    parts = split_reviews(Data(DATA)("reviews"))
    assert len(parts["train"].texts) == 5184
    judge, test = reader(parts["judge"]), parts["test"]
    assert (judge(test.texts) == test.good).mean() > 0.87
