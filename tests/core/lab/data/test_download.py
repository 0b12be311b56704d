"""Files that are wrong, absent, or come from several addresses."""

from __future__ import annotations

import http.server
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_set import CONTENT, FILE_SETS, closed, put, sha256, with_files

from core.lab.data import download as data_files, formats as readers, registry as datasets
from core.lab.data.download import File
from core.lab.data.registry import Data, fetch
from core.lab.errors import Refusal


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
