"""Jobs side by side give what they give one by one; displays and tables show what they are given."""

import pytest
from places import TOY_TASK

from core.lab.errors import Refusal
from core.lab.report import format
from core.lab.runs import progress as display
from core.lab.runs.loop import Loop
from core.lab.study.job import Job
from core.lab.study.runner import launch

TOY = str(TOY_TASK)


def jobs(folder):
    return [Job(TOY, seed, "quick", folder / str(seed), pictures=False) for seed in range(3)]


def test_number_of_workers_changes_nothing(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = launch(jobs(tmp_path / "one"), 1, quiet=True), launch(jobs(tmp_path / "two"), 2, quiet=True)
    assert [job.seed for job, _ in two] == [0, 1, 2]
    sums = [[result["w_sha256"] for _, result in results] for results in (one, two)]
    assert sums[0] == sums[1]
    assert len(set(sums[0])) == 3


def test_refused_job_is_named(tmp_path):
    with pytest.raises(Refusal, match="no_such_task, seed 5: there is no task"):
        launch([Job("no_such_task", 5, "quick", tmp_path / "x")], 1, quiet=True)


def test_spark_and_figures():
    assert display.spark([0, 1, 2, 7]) == "▁▂▃█"
    assert display.spark([]) == ""
    assert display.spark([3.0, 3.0]) == "▁▁"
    assert format.figure(0.98765) == "0.9877"
    assert format.figure(123456.7) == "123457"
    assert display.figures({"progress": 1, "loss": 0.5}) == "loss 0.5"


def test_plain_lines_where_there_is_no_terminal(capsys):
    with display.watching("toy", quiet=False) as watch:
        watch(0.5, None)
        watch(0.5, {"progress": 0.5, "seconds": 1.25, "loss": 0.25})
    assert capsys.readouterr().err == "toy   50%     1.2 s  loss 0.25\n"
    with display.watching("toy", quiet=True) as watch:
        watch(0.5, {"progress": 0.5, "seconds": 1.25, "loss": 0.25})
    assert capsys.readouterr() == ("", "")


def test_table_follows_no_markup_and_no_escape_codes(capsys):
    format.table(("a", "b"), [["[bold]x[/bold]", "\x1b[31mred"]])
    printed = capsys.readouterr().out
    assert "[bold]x[/bold]" in printed
    assert "\x1b[31m" not in printed


def test_loop_counts_are_all_fields():
    from core.lab.runs.loop import COUNTS

    assert set(COUNTS) <= set(Loop.__dataclass_fields__)
