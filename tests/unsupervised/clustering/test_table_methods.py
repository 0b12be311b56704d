"""Clusters of tables: known answers, bad input in one clear line, and what is said in the units of the file."""

import csv
import io

import numpy as np
import pytest

from core.lab.data.encoder import learn
from core.lab.data.registry import Data
from core.lab.data.tables import read_table
from core.lab.errors import Refusal
from core.lab.runs.run import open_run, prepare, run
from unsupervised.clustering.describe import in_units, typical, with_clusters
from unsupervised.clustering.prediction_strength import choose_clusters, prediction_strength
from unsupervised.tasks import table_clusters

TASK = table_clusters.__file__
RNG = np.random.default_rng(0)
FRUIT = [("apple", 150, 7), ("cherry", 8, 2), ("melon", 2000, 20)]


def fruit(n=60):
    """Three sorts far apart, in grams and centimetres, with gaps, a constant and an empty column."""
    rng = np.random.default_rng(0)
    lines = ["sort,grams,centimetres,colour,planet,empty"]
    for k in range(n):
        sort, grams, size = FRUIT[k % 3]
        weight = "" if k == 7 else f"{grams * rng.uniform(0.9, 1.1):.1f}"
        lines.append(
            f"{sort},{weight},{size * rng.uniform(0.95, 1.05):.2f},{['green', 'red'][sort == 'cherry']},earth,"
        )
    return "\n".join(lines).encode()


def blobs(K, I, N=120, seed=0):
    rng = np.random.default_rng([K, I, seed])
    centres = []
    while len(centres) < K:
        c = rng.uniform(-20, 20, I)
        if all(np.linalg.norm(c - other) > 7 for other in centres):
            centres.append(c)
    t = rng.integers(K, size=N)
    return np.array(centres)[t] + rng.standard_normal((N, I)), t


def learnt(file, **config):
    """A learner at the end of its run, and its report: the weights of the end, and no pictures."""
    learner, _ = prepare(TASK, "default", {"file": str(file), **config}, 0, None).build()
    while learner.progress < 1:
        learner.update()
    return learner, learner.report(learner.w, None)


@pytest.mark.parametrize(("K", "I"), [(2, 5), (3, 2), (6, 3)])
def test_prediction_strength_counts_blobs(K, I):
    assert choose_clusters(blobs(K, I)[0], K + 1).clusters == K


def test_one_heap_is_one_cluster():
    choice = choose_clusters(np.random.default_rng(1).standard_normal((120, 4)), 4)
    assert choice.clusters == 1
    assert max(list(choice.strength.values())[1:]) < 0.7


def test_prediction_strength_against_pairs_counted_one_by_one():
    from sklearn.cluster import KMeans

    a, b = RNG.standard_normal((2, 40, 2))
    fits = [KMeans(3, n_init=3, random_state=0).fit(half) for half in (a, b)]
    said, own = fits[0].predict(b), fits[1].labels_
    shares = []
    for j in range(3):
        rows = np.flatnonzero(own == j)
        pairs = [(i, k) for i in rows for k in rows if i != k]
        shares.append(np.mean([said[i] == said[k] for i, k in pairs]))
    assert prediction_strength(a, b, 3) == pytest.approx(min(shares))


def test_a_table_of_ones_own_from_end_to_end(tmp_path):
    file = tmp_path / "fruit.csv"
    file.write_bytes(fruit())
    done = run(TASK, file=str(file), target="sort", updates=60, n_init=2, out=tmp_path / "out")
    assert done.result["metrics"]["cluster_accuracy"] == 1.0
    assert done.result["metrics"]["ari"] == 1.0
    texts = done.learner.report(done.w, None).texts
    assert "3 clusters: 1.000" in texts["How many clusters"]
    for line in ("planet: left out, 'earth' in all rows", "empty: left out, no value in any row"):
        assert line in texts["How the columns were read"]
    table = list(csv.DictReader(io.StringIO((tmp_path / "out" / "clusters.csv").read_text())))
    pairs = {(row["cluster"], row["sort"]) for row in table}
    assert len(table) == 60
    assert len(pairs) == 3
    new = b"planet;colour;centimetres;grams\nmars;red;2,1;8,5\nmars;green;19;2100\n"
    again = open_run(tmp_path / "out", done.setup.task)
    assert [(str(k), sort) in pairs for k, sort in zip(again.predict(new), ("cherry", "melon"), strict=True)] == [
        True
    ] * 2


def test_without_classes_silhouette_and_stability_are_the_figures(tmp_path):
    file = tmp_path / "fruit.csv"
    file.write_bytes(fruit())
    _, report = learnt(file, ignore=("sort",), clusters=3, updates=200, n_init=2)
    assert report.metric == "silhouette"
    assert report.metrics["silhouette"] > 0.7
    assert report.metrics["stability"] > 0.9


def test_of_a_long_table_a_part_is_learnt_from_and_all_rows_get_a_cluster(tmp_path, monkeypatch):
    monkeypatch.setattr(table_clusters, "TAUGHT", 30)
    file = tmp_path / "fruit.csv"
    file.write_bytes(fruit(120))
    config = table_clusters.Config(file=str(file), target="sort", clusters=3, updates=100, n_init=1)
    learner = table_clusters.make(config, np.random.default_rng(2), Data())  # of one start, every second finds them
    while learner.progress < 1:
        learner.update()
    report = learner.report(learner.w, None)
    assert len(learner.splits.x_train) == len(learner.splits.t_train) == 30
    assert report.metrics["cluster_accuracy"] == 1.0
    assert report.texts["A typical member of each cluster"].count("40 of 120 rows") == 3
    assert report.texts["Classes"] == "0: apple\n1: cherry\n2: melon"


def test_a_rare_class_is_in_each_part(tmp_path):
    file = tmp_path / "a.csv"
    lines = [f"{k % 9},{k * k % 7},{'rare' if k % 20 == 0 else 'common'}" for k in range(60)]
    file.write_text("a,b,kind\n" + "\n".join(lines) + "\n")
    options = {"file": str(file), "clusters": 2}
    learner, _ = prepare(TASK, "default", {**options, "target": "kind"}, 0, None).build()
    assert [part.tolist().count(1) for part in learner.splits[1::2]] == [1, 1, 1]
    assert [len(part) for part in learner.splits[1::2]] == [40, 8, 12]


def test_dates_and_times_are_told_as_such():
    rows = read_table(b"when,at\n2024-02-28,9:05\n2024-03-01,9:15\n2030-01-01,0:00\n2030-01-03,2:00\n")
    encoder = learn(rows)
    assert in_units(encoder, encoder(rows)[0]) == "when 2024-02-28, at 9:05"
    lines = typical(rows, encoder, np.array([0, 0, 1, 1])).split("\n")
    assert [line.split()[:2] for line in lines[1:3]] == [["when", "2024-02-29"], ["at", "9:10"]]


def test_a_typical_member_is_told_in_the_units_of_the_file():
    rows = read_table(fruit(6)).without("empty", "planet")
    said = np.array([0, 1, 2] * 2)
    text = typical(rows, learn(rows), said).split("\n\n")[1]
    grams = np.mean([float(g) for g in rows.column("grams")[1::3]])
    assert text.startswith("Cluster 1: 2 of 6 rows (33%)")
    assert f"{grams:.4g}" in text
    assert "red 100%   all: 33%" in text


def test_an_encoded_row_is_said_as_it_stood_in_the_file():
    rows = read_table(fruit(60)).without("empty", "planet", "sort")
    encoder = learn(rows)
    grams = float(rows.column("grams")[1])
    assert in_units(encoder, encoder(rows)[1]).startswith(f"grams {grams:.4g}, centimetres ")
    assert in_units(encoder, encoder(rows)[7]).startswith("grams missing, ")


def test_a_column_called_cluster_stays():
    written = with_clusters(read_table(b"cluster,b\n1,2\n3,4\n"), np.array([5, 6]))
    assert written == "cluster found,cluster,b\n5,1,2\n6,3,4\n"


MANY = b"".join(b"%d,%d\n" % (k % 5, k % 2) for k in range(40))
COUNTED = b"".join(b"%d,%d\n" % (k, k % 3) for k in range(40))


@pytest.mark.parametrize(
    ("raw", "options", "message"),
    [
        (b"a,b\n" + MANY, {"clusters": 1}, "clusters must be at least 2"),
        (b"a,b\n" + MANY, {"clusters": 30}, "30 clusters need"),
        (b"a,b\n1,2\n3,4\n", {}, "the table has 2 rows; at least 20 are needed"),
        (b"a,b\n" + b"1,2\n" * 40, {}, "no column tells the rows apart"),
        (b"a,b\n1,2\n3\n", {}, "line 3: 1 fields where the first line names 2 columns"),
        (b"a,b\n" + b"NA,\n?,NA\n" * 20, {}, "no column tells the rows apart"),
        (b"a,b\n" + MANY, {"target": "c"}, "there is no column 'c'"),
        (b"a,b\n" + MANY, {"ignore": ("c",)}, "there is no column 'c'"),
        (b"a,b\n" + MANY, {"file": "", "target": "a"}, "--target goes with --file"),
        (b"a,b\n" + MANY, {"file": "", "table": "irs"}, "there is no such table; did you mean iris?"),
        (b"a,b\n" + COUNTED, {"target": "a"}, "which can judge no clusters"),
        (b"a,b\n" + MANY, {"method": "magic"}, "there is no method 'magic'"),
        (b"a\xff,b\n", {}, "line 1: byte 0xff is not UTF-8"),
    ],
)
def test_what_cannot_be_clustered_is_refused_in_one_line(tmp_path, raw, options, message):
    file = tmp_path / "own.csv"
    file.write_bytes(raw)
    with pytest.raises(Refusal) as refused:
        run(TASK, **{"file": str(file), "out": tmp_path / "out", **options})
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_one_heap_is_said_to_be_one(tmp_path):
    file = tmp_path / "heap.csv"
    np.savetxt(file, np.random.default_rng(0).standard_normal((40, 3)), delimiter=",", header="a,b,c", comments="")
    with pytest.raises(Refusal, match="it seems to be one heap; --clusters K divides it all the same"):
        run(TASK, file=str(file), out=tmp_path / "out")


@pytest.mark.parametrize("method", ["autoencoder", "dec"])
def test_other_methods_find_the_fruit_too(tmp_path, method):
    file = tmp_path / "fruit.csv"
    file.write_bytes(fruit())
    _, report = learnt(file, target="sort", clusters=3, method=method, updates=100, n_init=2, batch=16)
    assert report.metrics["cluster_accuracy"] == 1.0
