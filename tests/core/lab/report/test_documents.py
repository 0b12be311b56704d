"""The glossary explains what pages show, and documents are found in a checkout and where pip put them."""

import json

import pytest
from places import REPOSITORY

from core.lab.report import documents
from core.lab.report.documents import definition, glossary, pages, read, sections, term_of


def test_a_glossary_of_at_most_forty_terms_in_order():
    terms = list(glossary())
    assert 30 <= len(terms) <= 40
    assert terms == sorted(terms, key=str.casefold)
    assert all(20 < len(text) < 260 and text.endswith(".") for text in glossary().values())


@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("test_accuracy", "accuracy"),
        ("val_accuracy", "accuracy"),
        ("Return", "return"),
        ("test_return_worst", "return"),
        ("baseline: k nearest neighbours", "baseline"),
        ("test_accuracy_low", "confidence interval"),
        ("cluster_accuracy", "cluster accuracy"),
        ("NMI", "mutual information"),
        ("val_nats", "nats"),
        ("nats_elbo_of_few", "ELBO"),
        ("test_r2", "explained variance"),
        ("approx_kl", "KL divergence"),
        ("no such thing", None),
    ],
)
def test_words_and_figures_find_their_term(name, term):
    assert term_of(name) == term
    assert definition(name) == (glossary()[term] if term else None)


def test_every_score_and_every_common_figure_of_the_records_has_a_definition():
    count, scores = dict[str, int](), set[str]()
    for path in (REPOSITORY / "benchmarks" / "results").glob("*.json"):
        record = json.loads(path.read_text("utf-8"))
        for row in record.get("rows", []) if isinstance(record.get("rows"), list) else []:
            for name in row.get("metrics", {}) if isinstance(row, dict) and "score" in row else ():
                count[name] = count.get(name, 0) + 1
                if row["score"]["metric"] == name:
                    scores.add(name)
    common = [name for name, times in count.items() if times >= 90]
    assert len(common) > 8
    assert not [name for name in [*common, *scores] if not definition(name)]


def test_documents_are_read_without_their_marks(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A\n<!-- x\n-->one\n![picture](a.png)\n## B\n```\n# no heading\n```\ntwo\n")
    assert sections(read(page)) == {"A": "one", "B": "```\n# no heading\n```\ntwo"}
    assert "comparing" in pages()


def test_without_documents_nothing_is_explained(monkeypatch):
    monkeypatch.setattr(documents, "folder", lambda: None)
    documents._terms.cache_clear()
    try:
        assert definition("accuracy") is None
        assert not pages()
    finally:
        documents._terms.cache_clear()
