"""Data sets: what is known of the real files, and small files of our own for everything that can go wrong.

The real files are looked for under TRIVIUM_DATA, then in ../shared/data; without them those tests are skipped.
Nothing here touches the network: only loopback addresses can be reached.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import http.server
import math
import os
import re
import socket
import subprocess
import sys
import threading
import types
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from places import REPOSITORY

import core.lab.plugins
from core.lab.cli import main
from core.lab.data import download as data_files, formats as readers, registry as datasets
from core.lab.data.dataset import DataSet
from core.lab.data.download import File
from core.lab.data.registry import Data, fetch, split, table
from core.lab.data.sets.free_spoken_digits import spoken_recordings
from core.lab.errors import Refusal

REPOSITORY = REPOSITORY
ROOT = Path(os.environ.get("TRIVIUM_DATA") or REPOSITORY.parent / "shared" / "data")
FILE_SETS = [row["name"] for row in table(ROOT) if row["kind"] == "file"]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name is resolved, no proxy asked, and nothing found by way of the environment."""

    def resolve(host: Any, *rest: Any, **options: Any) -> Any:
        if host not in ("127.0.0.1", "localhost"):
            raise socket.gaierror(socket.EAI_NONAME, "offline")
        return resolve_here(host, *rest, **options)

    resolve_here = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("TRIVIUM_DATA", raising=False)


# The real files.


@functools.cache
def real(name: str) -> Any:
    if not all(data_files.find(file, ROOT) for file in datasets.SETS[name].files):
        pytest.skip(f"the files of {name} are not in {ROOT}")
    return Data(ROOT)(name)


def nearest_mean_accuracy(sets: Any) -> float:
    """Of the class of the nearest mean, over all the training images, validation part included."""
    x, t = np.concatenate([sets.x_train, sets.x_val]), np.concatenate([sets.t_train, sets.t_val])
    means = np.stack([x[t == c].mean(0, dtype=np.float64) for c in range(10)])  # C, I
    distance = (means * means).sum(1) - 2 * sets.x_test @ means.T  # N, C
    return float((distance.argmin(1) == sets.t_test).mean())


@pytest.mark.parametrize(
    ("name", "accuracy", "means", "first"),
    [
        ("mnist", 0.8203, (33.3184, 33.7912), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]),
        ("fashion-mnist", 0.6768, (72.9404, 73.1466), [6000] * 10),
    ],
)
def test_idx_images(name: str, accuracy: float, means: tuple[float, float], first: list[int]):
    sets = real(name)
    assert [part.shape for part in sets] == [(55_000, 784), (55_000,), (5000, 784), (5000,), (10_000, 784), (10_000,)]
    assert sets.x_train.dtype == np.float32
    assert sets.t_train.dtype == np.int64
    assert sets.x_train.min() == 0
    assert sets.x_train.max() == 1
    assert (np.bincount(sets.t_train) + np.bincount(sets.t_val)).tolist() == first
    whole = (55 * sets.x_train.mean(dtype=np.float64) + 5 * sets.x_val.mean(dtype=np.float64)) / 60
    assert 255 * whole == pytest.approx(means[0], abs=1e-4)
    assert 255 * sets.x_test.mean(dtype=np.float64) == pytest.approx(means[1], abs=1e-4)
    assert nearest_mean_accuracy(sets) == pytest.approx(accuracy, abs=1e-9)


def test_tiny_shakespeare():
    text = real("tiny-shakespeare")
    assert len(text.train + text.val) == 1_003_854
    assert len(text.test) == 111_540
    assert len(text.val) == math.ceil(1_003_854 / 20)
    assert text.train.startswith("First Citizen:")
    assert len(set("".join(text))) == 65


def test_names():
    names = real("names")
    assert len(names.all) == 32_033
    assert len(set(names.all)) == 29_494
    assert names.all[:2] == ["emma", "olivia"]
    assert {len(name) for name in names.all} == set(range(2, 16))
    assert set("".join(names.all)) == set("abcdefghijklmnopqrstuvwxyz")
    assert Counter(names.train + names.val + names.test) == Counter(names.all)
    # the numbers of examples that the lectures on makemore print for these three parts
    assert [sum(len(name) + 1 for name in part) for part in names[1:]] == [182_625, 22_655, 22_866]
    pairs = Counter(pair for name in names.all for pair in zip("." + name, name + ".", strict=True))
    firsts = Counter(first for first, _ in pairs.elements())
    nats = -sum(n * math.log(n / firsts[first]) for (first, _), n in pairs.items()) / pairs.total()
    assert nats == pytest.approx(2.4540, abs=5e-5)


def test_free_spoken_digits():
    spoken = real("free-spoken-digits")
    assert len(spoken.clips) == 3000
    assert (spoken.repetition < 5).sum() == 300
    assert (spoken.repetition >= 5).sum() == 2700
    assert np.bincount(spoken.digit).tolist() == [300] * 10
    assert Counter(spoken.speaker.tolist()) == dict.fromkeys(
        ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"], 500
    )
    order = list(zip(spoken.digit.tolist(), spoken.speaker.tolist(), spoken.repetition.tolist(), strict=True))
    assert order == sorted(set(order))
    seconds = np.array([len(clip) for clip in spoken.clips]) / spoken.rate
    assert spoken.rate == 8000
    np.testing.assert_allclose([seconds.min(), seconds.max()], [0.1435, 2.2828], atol=5e-5)
    np.testing.assert_allclose([seconds.mean(), np.median(seconds)], [0.437, 0.420], atol=5e-4)
    assert seconds.sum() / 60 == pytest.approx(21.9, abs=0.05)
    assert {clip.dtype for clip in spoken.clips} == {np.dtype(np.float32)}
    assert 0.1 < max(np.abs(clip).max() for clip in spoken.clips) <= 1


def test_spoken_digits_out_of_the_whole_repository_are_the_known_file():
    (file,) = datasets.SETS["free-spoken-digits"].files
    real("free-spoken-digits")
    wavs = readers.unzip(data_files.read(file, ROOT), file.unpacked)
    archive = {f"free-spoken-digit-dataset-1.0.10/{name}": content for name, content in wavs.items()}
    archive["free-spoken-digit-dataset-1.0.10/utils/recordings.py"] = b"code"
    raw = spoken_recordings(readers.zip_stored(archive))
    assert file.instead
    assert (len(raw), sha256(raw)) == (file.instead.size, file.instead.sha256)


def test_english_french():
    pairs = real("english-french")
    assert len(pairs) == 142_787
    assert pairs[0] == ("Go.", "Va !")
    assert len({english for english, _ in pairs}) == 98_659
    assert all(english and french for english, french in pairs)


def test_cats_and_dogs():
    sets = real("cifar10-cats-dogs")
    assert [len(part) for part in sets[::2]] == [9000, 1000, 2000]

    def sums(*parts: np.ndarray) -> str:
        return sha256(np.concatenate(parts).round().astype(np.uint8).tobytes())

    assert sums(255 * sets.x_train, 255 * sets.x_val).startswith("445d5a53526f7e00")
    assert sums(255 * sets.x_test).startswith("511b85806975799a")
    assert sums(sets.t_train, sets.t_val).startswith("eb1098aa42b6653b")
    assert sums(sets.t_test).startswith("59667fb01d5886d5")
    assert sets.x_test.shape == (2000, 32, 32, 3)
    assert sets.x_test.dtype == np.float32


def test_clothing_reviews(tmp_path: Path):
    reviews = real("womens-clothing")
    assert len(reviews.text) == len(reviews.title) == 23_486
    assert np.bincount(reviews.rating).tolist() == [0, 842, 1565, 2871, 5077, 13_131]
    assert np.bincount(reviews.recommended).tolist() == [4172, 19_314]
    written = [text for text in reviews.text if text]
    assert len(written) == 22_641
    assert sum(map(len, written)) == pytest.approx(6.99e6, abs=5e3)
    assert any("\n" in text for text in written)

    # the same reviews as a plain csv, which is how their address serves them
    (file,) = datasets.SETS["womens-clothing"].files
    assert file.instead
    plain = tmp_path / file.instead.name
    plain.parent.mkdir(parents=True)
    plain.write_bytes(gzip.decompress((ROOT / file.name).read_bytes()))
    data = Data(tmp_path)
    assert data("reviews/womens-clothing").text == reviews.text
    assert data.sums == {file.instead.name: file.instead.sha256}
    assert {row["name"] for row in table(tmp_path) if row["where"] == str(plain.parent)} == {"womens-clothing"}


def test_sentiment():
    sentences = real("sentiment-labelled-sentences")
    assert Counter(zip(sentences.source.tolist(), sentences.label.tolist(), strict=True)) == {
        (source, label): 500 for source in ("amazon", "imdb", "yelp") for label in (0, 1)
    }
    assert len(sentences.text) == 3000
    assert any("\x85" in text for text in sentences.text)
    assert not any("\t" in text or "\n" in text for text in sentences.text)


@pytest.mark.parametrize("name", ["names", "english-french", "womens-clothing", "sentiment-labelled-sentences"])
def test_the_sums_of_what_was_read_are_recorded(name: str):
    real(name)
    data = Data(ROOT)
    data(name)
    assert data.sums == {path.relative_to(ROOT).as_posix(): sha256(path.read_bytes()) for path in fetch(name, ROOT)}


# Embedded sets.


def test_digits_are_divided_once_and_for_all():
    from sklearn.datasets import load_digits

    data = Data()
    sets = data("digits")
    assert [part.shape for part in sets] == [(1200, 64), (1200,), (237, 64), (237,), (360, 64), (360,)]
    x, t = load_digits(return_X_y=True)
    rows = np.concatenate([np.column_stack([16 * a, b]) for a, b in (sets[:2], sets[2:4], sets[4:])])
    np.testing.assert_array_equal(np.unique(rows, axis=0), np.unique(np.column_stack([x, t]), axis=0))
    assert len(np.unique(rows, axis=0)) == 1797
    assert sets.x_train.dtype == np.float32
    assert (sets.x_train.min(), sets.x_train.max()) == (0, 1)
    assert sets.t_test[:12].tolist() == [7, 9, 4, 7, 0, 2, 6, 1, 3, 1, 3, 7]
    assert data.sums == {"digits": "702bc3cb088ab242d3e6c7c20e247a27f1d8e723f429d0019c43e5a4d94a94ea"}
    again = Data()
    again("digits")
    assert again.sums == data.sums


@pytest.mark.parametrize(
    ("name", "shape", "classes"),
    [("iris", (150, 4), 3), ("wine", (178, 13), 3), ("breast-cancer", (569, 30), 2), ("diabetes", (442, 10), 0)],
)
def test_tables(name: str, shape: tuple[int, int], classes: int):
    data = Data()
    content = data(name)
    assert content.x.shape == shape
    assert content.x.dtype == np.float32
    assert content.t.dtype == (np.int64 if classes else np.float32)
    assert len(content.features) == shape[1]
    assert len(content.classes) == classes == (len(set(content.t.tolist())) if classes else 0)
    assert list(data.sums) == [name]


def test_tables_are_raw():
    assert Data()("iris").x[0].tolist() == pytest.approx([5.1, 3.5, 1.4, 0.2])
    assert Data()("iris").classes == ("setosa", "versicolor", "virginica")
    assert Data()("diabetes").x[0, :2].tolist() == [59, 2]  # age and sex, neither centred nor scaled
    assert Data()("breast_cancer").features[0] == "mean radius"


def test_the_python_reference_holds_out_what_it_does_not_train_on():
    text = Data()("python-reference")
    whole = "".join(text)
    assert len(whole) > 300_000
    assert len(text.test) == math.ceil(len(whole) / 10)
    assert len(text.val) == math.ceil((len(whole) - len(text.test)) / 20)

    def paragraphs(part: str) -> list[str]:
        return [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", part)]

    assert max(Counter(paragraphs(whole)).values()) == 1
    held_out = paragraphs(text.test)[1:]  # the first may be cut
    assert len(held_out) > 100
    assert not set(held_out) & set(paragraphs(text.train + text.val))


# Arrays of one's own.


@pytest.mark.parametrize(("n", "sizes"), [(8, [6, 1, 1]), (100, [68, 12, 20]), (1797, [1214, 224, 359])])
def test_split_parts_all_of_it_and_keeps_x_with_t(n: int, sizes: list[int]):
    x = np.arange(3 * n).reshape(n, 3)
    sets = split(x, np.arange(n))
    assert [len(part) for part in sets[::2]] == sizes
    t = np.concatenate(sets[1::2])
    np.testing.assert_array_equal(np.sort(t), np.arange(n))
    np.testing.assert_array_equal(np.concatenate(sets[::2]), x[t])
    np.testing.assert_array_equal(np.concatenate(split(-x, 2 * np.arange(n))[1::2]), 2 * t)


def test_split_is_the_same_for_ever():
    assert split(list(range(10)), list(range(10))).t_train.tolist() == [2, 8, 4, 9, 1, 6, 7]


@pytest.mark.parametrize(
    ("x", "t"), [(np.zeros((7, 2)), np.zeros(7)), (np.zeros((9, 2)), np.zeros(8)), (3, 4), ([], [])]
)
def test_split_refuses_what_cannot_be_divided(x: Any, t: Any):
    with pytest.raises(ValueError, match="at least 8 examples with a target each"):
        split(x, t)


# Names, folders, the table.


@pytest.mark.parametrize(
    ("wrong", "right"), [("mnst", "mnist"), ("fashion_mnsit", "fashion-mnist"), ("Digits", "digits")]
)
def test_an_unknown_name_is_refused_with_the_nearest(wrong: str, right: str):
    for ask in (Data(), fetch):
        with pytest.raises(Refusal, match=f"no data set '{wrong}'; did you mean {right}") as caught:
            ask(wrong)
        assert "(trivium data lists them)" in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["../mnist", "mnist/../names", "reviews/", ""])
def test_a_name_is_never_a_path(name: str):
    with pytest.raises(Refusal, match="no data set"):
        Data(ROOT)(name)


def test_the_folder_is_the_one_given_or_of_the_environment_or_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: File
):
    import pooch

    assert data_files.default_root() == Path(pooch.os_cache("trivium"))
    monkeypatch.setenv("TRIVIUM_DATA", "")
    assert data_files.default_root() == Path(pooch.os_cache("trivium"))
    monkeypatch.setenv("TRIVIUM_DATA", str(tmp_path / "a"))
    put(tmp_path / "a", small, CONTENT)
    assert "".join(Data()("tiny-shakespeare")) == CONTENT.decode()
    with pytest.raises(Refusal, match="is not here"):
        Data(tmp_path / "b")("tiny-shakespeare")


def test_importing_the_module_is_light():
    heavy = ["sklearn", "scipy", "pooch", "requests", "pydoc_data.topics", "matplotlib"]
    code = f"import sys, core.lab.data.registry; print([m for m in {heavy} if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_table(tmp_path: Path, small: File):
    rows = {row["name"]: row for row in table(tmp_path)}
    assert all(list(row) == ["name", "kind", "bytes", "licence", "where", "about"] for row in rows.values())
    assert rows["digits"]["where"] == "with scikit-learn"
    assert {row["where"] for row in rows.values() if row["kind"] == "file"} == {"not here"}
    assert rows["mnist"]["bytes"] == 11_594_722
    path = put(tmp_path, small, CONTENT)
    assert table(tmp_path)[list(rows).index("tiny-shakespeare")]["where"] == str(path.parent)
    put(tmp_path, small, CONTENT[:-1])
    assert table(tmp_path)[list(rows).index("tiny-shakespeare")]["where"] == "not here"


# Sets of other packages.

FLOWERS = DataSet("3 flowers", "MIT", "A. Gardener, 2026", lambda: (np.arange(3),), embedded="flowers")


def register(monkeypatch: pytest.MonkeyPatch, **points: str) -> None:
    found = [EntryPoint(name, value, datasets.GROUP) for name, value in points.items()]
    monkeypatch.setattr(core.lab.plugins, "entry_points", lambda group: found if group == "trivium.datasets" else [])


def test_another_package_adds_a_set(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    module = types.ModuleType("flowers_of_a_stranger")
    module.FLOWERS = FLOWERS
    monkeypatch.setitem(sys.modules, module.__name__, module)
    register(monkeypatch, wild_flowers="flowers_of_a_stranger:FLOWERS")
    data = Data()
    for name in ("wild-flowers", "wild_flowers"):
        assert data(name)[0].tolist() == [0, 1, 2]
    assert data.sums == {"wild-flowers": sha256(np.arange(3).tobytes())}
    assert fetch("wild-flowers") == []
    assert main(["data"]) == 0
    (row,) = (line for line in capsys.readouterr().out.splitlines() if "wild-flowers" in line)
    assert all(word in row for word in ("embedded", "MIT", "with flowers", "3 flowers"))
    with pytest.raises(Refusal, match="did you mean wild-flowers"):
        data("wild-flower")


@pytest.mark.parametrize("name", ["digits", "fashion_mnist", "reviews"])
def test_no_package_takes_the_name_of_a_set_of_ours(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    ours, rows = datasets.lookup(name), len(table(tmp_path))
    register(monkeypatch, **{name: "strange:SET"})
    assert datasets.lookup(name) == ours
    assert Data()("iris")
    *_, row = table(tmp_path)
    assert len(table(tmp_path)) == rows + 1
    assert "as strange:SET, but the name is taken by Trivium: uninstall" in row["about"]


def test_a_name_of_two_packages_is_refused_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    register(monkeypatch, wild_flowers="a:SET", **{"wild-flowers": "b:SET"})
    with pytest.raises(Refusal, match=r"register the data set 'wild-flowers' more than once \(b:SET and a:SET\)"):
        Data()("wild-flowers")
    assert Data()("digits")
    assert "more than once" in table(tmp_path)[-1]["about"]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("no_such_module:SET", "cannot be loaded: No module"),
        ("math:SET", "cannot be loaded"),
        ("math:pi", "no DataSet"),
    ],
)
def test_what_is_no_data_set_is_refused_by_name_and_spoils_no_other(
    value: str, why: str, monkeypatch: pytest.MonkeyPatch
):
    register(monkeypatch, flowers=value)
    assert Data()("digits").x_train.shape == (1200, 64)
    assert why in table()[-1]["about"]
    with pytest.raises(Refusal, match=f"the data set 'flowers' \\({value}\\) .*{why}"):
        Data()("flowers")


# Files that are wrong, absent, or come from several addresses.

CONTENT = b"Speak, speak.\n" * 20


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> File:
    """Puts a small file in the place of Tiny Shakespeare's, without an address."""
    file = File("tiny-shakespeare/input.txt", len(CONTENT), sha256(CONTENT), (closed(),))
    with_files(monkeypatch, "tiny-shakespeare", (file,))
    return file


def with_files(monkeypatch: pytest.MonkeyPatch, name: str, files: tuple[File, ...]) -> None:
    monkeypatch.setitem(datasets.SETS, name, replace(datasets.SETS[name], files=files))


def put(root: Path, file: File, content: bytes) -> Path:
    path = root / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def closed() -> str:
    """An address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/input.txt"


@pytest.fixture
def server() -> Iterator[Callable[[dict[str, bytes]], tuple[str, list[str]]]]:
    """Serves these contents by path at a loopback address, and writes down what was asked for."""
    servers = []

    def serve(contents: dict[str, bytes]) -> tuple[str, list[str]]:
        asked: list[str] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                content = contents.get(self.path)
                self.send_response(200 if content is not None else 404)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *parts: Any) -> None:
                """Says nothing."""

        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}", asked

    yield serve
    for each in servers:
        each.shutdown()
        each.server_close()


def at(monkeypatch: pytest.MonkeyPatch, file: File, *addresses: str) -> None:
    with_files(monkeypatch, "tiny-shakespeare", (replace(file, addresses=addresses),))


def test_addresses_are_tried_in_turn_until_one_gives_the_right_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: File, server: Any, capsys: pytest.CaptureFixture[str]
):
    wrong = CONTENT.replace(b"S", b"s")
    base, asked = server({"/wrong": wrong, "/long": CONTENT + b"x", "/right": CONTENT, "/never": CONTENT})
    at(monkeypatch, small, closed(), *(base + path for path in ("/missing", "/wrong", "/long", "/right", "/never")))
    data = Data(tmp_path)
    assert "".join(data("tiny-shakespeare")) == CONTENT.decode()
    assert data.sums == {small.name: small.sha256}
    assert asked == ["/missing", "/wrong", "/long", "/right"]
    said = [line for line in capsys.readouterr().err.splitlines() if line.endswith("not used")]
    assert len(said) == 2
    assert f"/wrong: {small.name} came with SHA-256 {sha256(wrong)}, expected {small.sha256}" in said[0]
    assert f"/long: more than the known {len(CONTENT)} bytes came" in said[1]
    path = tmp_path / small.name
    assert list(path.parent.iterdir()) == [path]
    assert os.name != "posix" or path.stat().st_mode & 0o777 == 0o644
    Data(tmp_path)("tiny-shakespeare")
    assert fetch("tiny-shakespeare", tmp_path) == [path]
    assert len(asked) == 4


def test_a_file_that_is_nowhere_to_be_had_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: File, server: Any
):
    base, _ = server({"/wrong": bytes(len(CONTENT))})
    addresses = (closed(), base + "/missing", base + "/wrong")
    at(monkeypatch, small, *addresses)
    for ask in (Data(tmp_path), lambda name: fetch(name, tmp_path)):
        with pytest.raises(Refusal) as caught:
            ask("tiny-shakespeare")
        assert str(caught.value) == (
            "tiny-shakespeare/input.txt is not here and could not be fetched (no connection, HTTP 404, another file): "
            f"fetch it from {' or '.join(addresses)} and put it into {tmp_path / 'tiny-shakespeare'}"
        )
    assert list((tmp_path / "tiny-shakespeare").iterdir()) == []


def test_an_address_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: File):
    monkeypatch.setattr(data_files, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        at(monkeypatch, small, f"http://127.0.0.1:{silent.getsockname()[1]}/input.txt")
        with pytest.raises(Refusal, match=r"no answer within 0.2 s"):
            Data(tmp_path)("tiny-shakespeare")


def test_a_download_that_does_not_end_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: File, capsys: pytest.CaptureFixture[str]
):
    sent = []

    class Endless(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            try:
                while len(sent) < 1000:
                    self.wfile.write(bytes(1 << 16))
                    sent.append(1)
            except OSError:
                pass

        def log_message(self, *parts: Any) -> None:
            """Says nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        at(monkeypatch, small, f"http://127.0.0.1:{server.server_port}/")
        with pytest.raises(Refusal, match="another file"):
            Data(tmp_path)("tiny-shakespeare")
        server.shutdown()
    assert "more than the known 280 bytes came; not used" in capsys.readouterr().err
    assert len(sent) < 1000


@pytest.mark.parametrize("name", FILE_SETS)
def test_every_set_that_is_absent_offline_says_what_to_fetch_and_where_to_put_it(name: str, tmp_path: Path):
    with pytest.raises(Refusal) as caught:
        Data(tmp_path)(name)
    said, files = str(caught.value), datasets.SETS[name].files
    forms = [form for form in files[0].forms() if form.addresses] or [files[0]]
    assert forms[0].name in said
    assert f"put it into {(tmp_path / files[0].name).parent}" in said
    assert all(address in said for address in forms[0].addresses)
    assert all(file.name in said for file in files[1:])
    assert "\n" not in said
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("place", [0, 7, 8 * len(CONTENT) - 1])
def test_a_file_with_one_bit_flipped_is_refused_and_stays(
    place: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: File, server: Any
):
    base, asked = server({"/right": CONTENT})
    at(monkeypatch, small, base + "/right")
    flipped = bytearray(CONTENT)
    flipped[place // 8] ^= 1 << place % 8
    path = put(tmp_path, small, bytes(flipped))
    data = Data(tmp_path)
    for ask in (data, lambda name: fetch(name, tmp_path)):
        with pytest.raises(Refusal) as caught:
            ask("tiny-shakespeare")
        for part in (str(path), sha256(flipped), small.sha256, "move it away", base, "not used"):
            assert part in str(caught.value)
        assert "\n" not in str(caught.value)
    assert path.read_bytes() == flipped
    assert asked == []
    assert data.sums == {}


def test_a_file_of_another_length_is_refused_without_reading_it_whole(tmp_path: Path, small: File):
    path = put(tmp_path, small, CONTENT)
    os.truncate(path, 1 << 40)  # a hole: takes no room on the disk, but would take a terabyte of memory
    with pytest.raises(Refusal, match=f"longer than {len(CONTENT)} bytes"):
        Data(tmp_path)("tiny-shakespeare")
    os.truncate(path, 10)
    with pytest.raises(Refusal, match=sha256(CONTENT[:10])):
        Data(tmp_path)("tiny-shakespeare")


def test_a_folder_that_cannot_be_read_or_written_is_refused(tmp_path: Path, small: File):
    (tmp_path / small.name).mkdir(parents=True)
    with pytest.raises(Refusal, match="cannot be read"):
        Data(tmp_path)("tiny-shakespeare")
    (tmp_path / "file").write_text("")
    with pytest.raises(Refusal, match=r"cannot write .*names another folder"):
        Data(tmp_path / "file")("tiny-shakespeare")


def test_a_member_is_picked_out_of_the_archive_that_its_address_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Any, capsys: pytest.CaptureFixture[str]
):
    texts = {name: f"A {name} film.\t1\nNot\x85good.\t0\n".encode() for name in ("amazon_cells", "imdb", "yelp")}
    members = {f"sentences/{name}_labelled.txt": text for name, text in texts.items()}
    archive = readers.zip_stored({**members, "__MACOSX/sentences/._imdb_labelled.txt": b"junk"})
    other = readers.zip_stored({"readme.txt": b"nothing"})
    base, asked = server({"/cut.zip": archive[:-30], "/other.zip": other, "/right.zip": archive})
    addresses = (base + "/cut.zip", base + "/other.zip", base + "/right.zip")
    files = tuple(
        replace(file, size=len(text), sha256=sha256(text), addresses=addresses)
        for file, text in zip(datasets.SETS["sentiment-labelled-sentences"].files, texts.values(), strict=True)
    )
    with_files(monkeypatch, "sentiment-labelled-sentences", files)
    sentences = Data(tmp_path)("sentiment")
    assert sentences.text == [text for name in texts for text in (f"A {name} film.", "Not\x85good.")]
    assert sentences.label.tolist() == [1, 0] * 3
    assert asked == ["/cut.zip", "/other.zip", "/right.zip"] * 3
    said = capsys.readouterr().err
    assert said.count("not a whole zip file") == 3
    assert "the zip file that came holds imdb_labelled.txt 0 times" in said
    assert sorted(path.name for path in (tmp_path / files[0].name).parent.iterdir()) == sorted(
        f"{name}_labelled.txt" for name in texts
    )


def test_every_known_file_is_whole_in_the_registry():
    files = [form for known in datasets.SETS.values() for file in known.files for form in file.forms()]
    assert all(known.about and known.licence and known.citation for known in datasets.SETS.values())
    assert len({file.name for file in files}) == len(files)
    for file in files:
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
        assert file.size > 0
        assert file.unpacked or not file.name.endswith((".gz", ".zip", ".npz"))
        assert not Path(file.name).is_absolute()
        assert ".." not in file.name
        assert all(re.fullmatch(r"https?://[^ ]+", address) for address in file.addresses)


def test_a_persons_own_file_is_read_bounded_and_remembered(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"1,2")
    (tmp_path / "b.csv").write_bytes(b"3")
    data = Data(tmp_path)
    assert data.file(tmp_path / "a.csv", most=3) == b"1,2"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.csv").write_bytes(b"4")
    data.file(tmp_path / "other" / "a.csv")  # another file of the same name
    assert data.sums == {"a.csv": sha256(b"1,2"), str(tmp_path / "other" / "a.csv"): sha256(b"4")}
    with pytest.raises(Refusal, match="larger than 0 MiB"):
        data.file(tmp_path / "a.csv", most=2)
    with pytest.raises(Refusal, match="cannot be read: No such file"):
        data.file(tmp_path / "c.csv")
    with pytest.raises(Refusal, match="cannot be read"):
        data.file(tmp_path)
    with pytest.raises(Refusal, match="cannot be read"):
        data.file("a\0b")
