"""What ever failed is tried again: broken files, command lines, tasks. corpus/README.md says in which form."""

import json
import shutil
from pathlib import Path

import pytest
from trials import forks, readers, world

CORPUS = Path(__file__).with_name("corpus")
TINY = ["table_clusters", "--quick", "--updates", "10", "--clusters", "3", "--n-init", "1", "--hidden", "4"]
FILES = sorted(path for kind in readers.READERS for path in (CORPUS / kind).glob("*"))
LINES = [json.loads(line) for line in (CORPUS / "lines.jsonl").read_text("utf-8").splitlines()]


def ended(words, capsys):
    """How a command ends in this process."""
    from trivium import main

    try:
        code = main(words)
    except SystemExit as end:
        code = end.code
    said = capsys.readouterr()
    return forks.Ended(code, None, said.out, said.err, 0.0, 0.0)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    from trivium import main

    folder = tmp_path_factory.mktemp("finished") / "run"
    assert main(["run", *TINY, "--out", str(folder), "--json"]) == 0
    return folder


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_file_that_broke_a_reader_is_taken_or_refused(path, finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run")
    assert readers.fault(path.parent.name, path.read_bytes(), tmp_path / "run") is None


@pytest.mark.parametrize(
    "line", LINES, ids=lambda line: " ".join(line["words"])[:40].encode("ascii", "replace").decode()
)
def test_a_command_line_that_failed_ends_as_it_should(line, finished, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(finished, "run")
    for path in (CORPUS / "tasks").glob("*.py"):
        shutil.copy(path, tmp_path)
    for name, text in line.get("write", {}).items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)
    words = [part for word in line["words"] for part in (TINY if word == "TINY" else [word])]
    said = ended(words, capsys)
    assert world.judge(said, words) is None
    assert said.code == line["code"], said.err


def test_a_reader_that_raises_what_it_should_not_is_told(monkeypatch, tmp_path):
    def odd(raw, where):
        raise KeyError("k")

    monkeypatch.setitem(readers.READERS, "table", odd)
    assert "KeyError" in readers.fault("table", b"", tmp_path)
