"""What the command says of itself: short, in lines that a screen holds, with guesses where a word is wrong."""

import json
import re
import shutil
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from places import REPOSITORY

from core.lab.cli import main
from core.lab.cli.completion import BASH, words
from core.lab.cli.flags import parse, parse_run
from core.lab.cli.list import COSTS, clock, cut
from core.lab.errors import guesses
from core.lab.runs.tasks import describe_all


@pytest.fixture(autouse=True)
def eighty(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def said(capsys, *args, code=0):
    try:
        ended = main(args)
    except SystemExit as end:
        ended = end.code
    assert ended == code
    return capsys.readouterr()


def test_the_command_alone_fits_a_screen_and_begins_with_five(capsys):
    lines = said(capsys).out.splitlines()
    assert len(lines) < 22
    assert max(map(len, lines)) <= 80
    at = lines.index("Begin with:")
    assert [line.split()[0] for line in lines[at + 1 : at + 6]] == ["demo", "list", "run", "predict", "compare"]


def test_help_names_every_command_in_lines_that_fit(capsys):
    from core.lab.cli.dispatch import COMMANDS, others

    text = said(capsys, "help").out
    assert max(map(len, text.splitlines())) <= 80
    assert [name for name in (*COMMANDS, *others()) if not re.search(rf"^  {name}\b", text, re.MULTILINE)] == []
    assert said(capsys, "help", "eval").out == said(capsys, "eval", "--help").out
    assert said(capsys, "help", "help").out == said(capsys, "--help", "eval").out == text
    assert said(capsys, "-V").out == said(capsys, "--version").out


def test_list_has_a_line_a_task_and_finds_words(capsys):
    text = said(capsys, "list").out
    assert max(map(len, text.splitlines())) <= 80
    assert all(re.search(rf"^  {info.name} ", text, re.MULTILINE) for info in describe_all())
    assert [line.split()[0] for line in said(capsys, "list", "clothing", "CONVOLUTIONAL").out.splitlines()] == [
        "task",
        "supervised:",
        "fashion_cnn",
        "trivium",
    ]
    assert "no task speaks of 'clothign'" in said(capsys, "list", "clothign", code=2).err


def test_list_says_what_data_is_missing(capsys, tmp_path, monkeypatch):
    def row():
        return next(line for line in said(capsys, "list", "mnist_mlp").out.splitlines() if "mnist_mlp" in line)

    monkeypatch.setenv("TRIVIUM_DATA", str(tmp_path))
    assert "12 MB" in row()
    for name in json.loads(COSTS.read_text())["mnist_mlp"]["files"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert "MB" not in row()


def test_what_is_known_of_tasks_is_of_tasks_and_of_the_records():
    costs = json.loads(COSTS.read_text())
    assert set(costs) <= {info.name for info in describe_all()}
    for name, row in costs.items():
        path = REPOSITORY / "benchmarks" / "results" / f"{name}_best.json"
        seconds = (
            [each.get("processor_seconds") for each in json.loads(path.read_text())["rows"]] if path.exists() else []
        )
        if all(seconds) and seconds:
            assert row["best"] == round(statistics.median(seconds), 1)


def test_times_and_lines_as_a_person_says_them():
    assert [clock(s) for s in (0.2, 13, 89, 91, 5399, 5401)] == ["1 s", "13 s", "89 s", "2 min", "90 min", "2 h"]
    assert cut("one two, three", 10) == "one two…"
    assert cut("one two", 7) == "one two"


def test_run_without_a_name_offers_five(capsys):
    text = said(capsys, "run", code=2).err
    assert text.count("\n") == 1
    offered = text.partition("such as ")[2].partition(": trivium run")[0].split(", ")
    assert len(offered) == 5
    assert set(offered) < {info.name for info in describe_all()}


@pytest.mark.parametrize(
    ("word", "meant"),
    [("digit", ["digits", "digit_autoencoder", "digit_bandit"]), ("cartpoel", ["cartpole"]), ("zzzz", []), ("", [])],
)
def test_at_most_three_guesses(word, meant):
    found = guesses(word, [info.name for info in describe_all()])
    assert len(found) <= 3
    assert found[: len(meant)] == meant
    assert bool(found) == bool(meant)


def test_a_long_list_of_known_names_is_not_told(capsys):
    for args in (["run", "digit"], ["explain", "retrun"], ["rnu"]):
        text = said(capsys, *args, code=2).err
        assert "did you mean" in text
        assert len(text) < 200


@dataclass(frozen=True)
class Config:
    """What it is."""

    updates: int = 100  # minibatches
    lr: float = 0.1  # step size
    deep: bool = False  # more layers
    file: Path | None = None  # your own


def test_help_tells_values_and_presets_and_no_noise(capsys):
    with pytest.raises(SystemExit):
        parse_run(Config(), ["--help"], "trivium run it", "A task.", {"quick": {"updates": 5}, "best": {"deep": True}})
    text = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert text.startswith("A task. usage: trivium run it")
    for shown in ("--updates N minibatches (default: 100; quick 5)", "--lr NUMBER step size (default: 0.1)"):
        assert shown in text
    assert "--deep more layers (best True)" in text
    assert "--file PATH your own --" in text
    assert "--no-" not in text
    assert parse(Config, ["--no-deep"], "it") == Config()


def test_explain(capsys):
    assert said(capsys, "explain", "Return").out.startswith("return: The sum")
    assert said(capsys, "explain", "test_return_worst").out.startswith("return: The sum")
    digits = said(capsys, "explain", "digits").out
    assert "8x8 pixels" in digits
    assert "trivium run digits --quick" in digits
    assert "# " in said(capsys, "explain", "glossary").out
    assert "Terms: accuracy" in said(capsys, "explain").out


def test_messages_name_no_file_that_pip_did_not_install():
    found = []
    for package in ("core", "supervised", "unsupervised", "reinforcement"):
        for path in {*(REPOSITORY / package).rglob("*.py")} - {REPOSITORY / "core/lab/cli/results.py"}:  # of a checkout
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                if re.search(r"docs/\w|README|CONTRIBUTING", line) and re.search(r"""^\s*(raise|print|f?["'])""", line):
                    found.append(f"{path.name}:{number}")
    assert not found


@pytest.mark.parametrize(
    ("typed", "some"),
    [
        ([""], "resume"),
        (["run", "mn"], "mnist_mlp"),
        (["explain", "r"], "return"),
        (["new", ""], "unsupervised"),
        (["run", "digits", "--h"], "--hidden"),
        (["eval", "--"], "--json"),
        (["eval", ""], "runs/digits-1"),
    ],
)
def test_words_that_complete(typed, some, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "digits-1").mkdir(parents=True)
    (tmp_path / "runs" / "digits-1" / "config.json").touch()
    assert some in list(words(typed))


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_bash_completes_what_is_typed(tmp_path):
    (tmp_path / "trivium").write_text("#!/bin/bash\nprintf '%s\\n' \"$@\" >> asked\nprintf 'run\\nresume\\neval\\n'\n")
    (tmp_path / "trivium").chmod(0o755)
    script = f"PATH=.:$PATH\n{BASH}\nCOMP_WORDS=(trivium re); COMP_CWORD=1; _trivium; echo ${{COMPREPLY[@]}}"
    ended = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ended.stdout == "resume\n"
    assert (tmp_path / "asked").read_text() == "completion\nwords\nre\n"


def test_the_line_that_goes_on_holds_no_control_characters(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = said(capsys, "run", "digits", "--quick", "--minutes", "0.0001", "--out", "a\x07b", code=124).err
    assert "Go on with: trivium resume" in text
    assert "\x07" not in text
