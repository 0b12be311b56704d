"""What `trivium predict` hands to a learner, by the suffix of a file."""

import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.lab.answers import examples
from core.lab.answers.examples import read_examples
from core.lab.errors import Refusal


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def test_each_kind_as_what_it_is(tmp_path):
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.save(tmp_path / "x.npy", x)
    np.savetxt(tmp_path / "x.csv", x, delimiter=",")
    (tmp_path / "x.txt").write_text("é", "utf-8")
    Image.fromarray(np.full((4, 5), 255, np.uint8)).save(tmp_path / "X.PNG")
    assert np.array_equal(read_examples(tmp_path / "x.npy"), x)
    assert np.array_equal(read_examples(tmp_path / "x.csv"), x)
    assert read_examples(tmp_path / "x.txt") == "é"
    assert np.array_equal(np.asarray(read_examples(tmp_path / "X.PNG")), np.ones((4, 5)))


def test_a_csv_file_is_read_as_that_of_training(tmp_path):
    x = np.array([[0, 1.5], [2, 3]], np.float32)
    (tmp_path / "x.csv").write_bytes("\ufeffa;b\r\n0;1,5\r\n2;3\r\n".encode())
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b'"0","1.5"\n"2","3"\n', mtime=0))
    (tmp_path / "x.tsv").write_text("0\t1.5\n2\t3\n")
    for name in ("x.csv", "x.csv.gz", "x.tsv"):
        np.testing.assert_array_equal(read_examples(tmp_path / name), x)
    assert read_examples(tmp_path / "x.csv.gz", (".csv",)) == b'"0","1.5"\n"2","3"\n'


def test_an_address_or_a_huge_file_is_refused(tmp_path, monkeypatch):
    with pytest.raises(Refusal, match="is an address; download"):
        read_examples(Path("https://example.org/x.csv"))
    with pytest.raises(Refusal, match=r"~nobody-here/x\.csv cannot be read"):
        read_examples(Path("~nobody-here/x.csv"))
    monkeypatch.setattr(examples, "LARGEST", 1 << 20)
    (tmp_path / "x.npy").write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(Refusal, match="larger than 1 MiB"):
        read_examples(tmp_path / "x.npy")


def test_a_learner_gets_the_bytes_of_files_it_reads_itself(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"name,age\n")
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    assert read_examples(tmp_path / "a.csv", (".csv",)) == b"name,age\n"
    assert read_examples(tmp_path / "a.wav", (".wav",)) == b"RIFF"
    with pytest.raises(Refusal, match=r"no kind that is read here: .npy, .csv, .tsv, .tab, .txt, .png.*pnm$"):
        read_examples(tmp_path / "a.wav", (".csv",)[:0])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"name,age\n"),
        ("a.csv", b""),
        ("a.npy", npy(np.zeros(2) + 1j)),
        ("a.npy", npy(np.zeros((2, 2)))[:-8]),
        ("a.npy", b"\x93NUMPY"),
        ("a.png", b"\x89PNG"),
        ("a.txt", b"\xff\xfe\xff"),
        ("none.csv", None),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Refusal, match=f"{name} cannot be read: .+") as caught:
        read_examples(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_pickled_arrays_are_refused(tmp_path):
    np.save(tmp_path / "p.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(Refusal, match="cannot be read"):
        read_examples(tmp_path / "p.npy")


def test_a_column_of_numbers_is_as_many_examples(tmp_path):
    (tmp_path / "x.csv").write_text("1\n2\n3\n")
    assert read_examples(tmp_path / "x.csv").shape == (3, 1)
