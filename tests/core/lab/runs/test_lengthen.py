"""A finished run that goes on beyond its end; and one that a time limit stops."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from places import TOY_TASK

from core import checkpoint
from core.lab.cli import main
from core.lab.errors import Refusal, Stopped
from core.lab.runs import folder as folders, lengthen as module
from core.lab.runs.lengthen import lengthen
from core.lab.runs.run import open_run, resume, run
from core.lab.runs.tasks import find

TOY = str(TOY_TASK)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of 30 updates."""
    return run(TOY, out=tmp_path_factory.mktemp("finished") / "run", updates=30)


@pytest.fixture(scope="module")
def longer(finished, tmp_path_factory):
    """The same, gone on to 60 without a stop."""
    out = Path(shutil.copytree(finished.folder, tmp_path_factory.mktemp("longer") / "run"))
    return resume(lengthen(opened(out), "updates", 60))


def opened(folder):
    return open_run(folder, find(TOY))


def left(folder):
    """What is in a run folder at the end, without what the clock said."""
    arrays, texts = checkpoint.load(folder / folders.CHECKPOINT)
    arrays = {name: a.tobytes() for name, a in arrays.items() if name not in ("loop.seconds", "loop.log_bytes")}
    texts.pop("versions")
    rows = [{k: v for k, v in row.items() if k != "seconds"} for row in folders.read_log(folder)]
    names = sorted(entry.name for entry in folder.iterdir())
    result = {k: v for k, v in folders.read_result(folder).items() if k not in ("seconds", "versions")}
    return arrays, texts, rows, names, result, (folder / folders.MODEL).read_text()


def test_a_longer_run_goes_on_from_where_it_ended(finished, longer):
    assert longer.result["examples"] == 60 * 16
    rows = longer.rows()
    assert rows[:20] == finished.rows()  # the log goes on
    assert [row["progress"] for row in rows[20:]] == pytest.approx([k / 20 for k in range(11, 21)])
    assert longer.result["config"]["updates"] == 60
    assert longer.result["lengthened"] == [{"field": "updates", "was": 30}]
    assert longer.result["command"].endswith(" --updates 30 --out DIR && trivium resume DIR --updates 60")
    kept = json.loads((longer.folder / "result.updates-30.json").read_text())
    assert kept == finished.result
    assert "It went on beyond its end, from updates 30 to updates 60" in (longer.folder / folders.MODEL).read_text()
    before, after = (checkpoint.load(one.folder / folders.CHECKPOINT)[0] for one in (finished, longer))
    assert (
        float(after["loop.best_value"]) == max(row["val_accuracy"] for row in rows) >= float(before["loop.best_value"])
    )


def test_toy_without_a_schedule_ends_as_a_run_of_that_length(longer, tmp_path):
    """Where no schedule follows progress, going on and having been so long from the start are the same weights."""
    whole = run(TOY, out=tmp_path / "whole", updates=60)
    a, b = (checkpoint.load(one.folder / folders.CHECKPOINT)[0]["w"] for one in (whole, longer))
    assert np.array_equal(a, b)


@pytest.mark.parametrize("moment", ["result", "config", "update", "end", "page", "card"])
def test_killed_at_any_moment_it_ends_as_if_it_had_not_been(finished, longer, tmp_path, monkeypatch, moment):
    out = Path(shutil.copytree(finished.folder, tmp_path / "run"))

    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    with monkeypatch.context() as patch:
        if moment in ("result", "config"):  # before and after the result was put aside
            patch.setattr(
                module.os if moment == "result" else module, "replace" if moment == "result" else "write_json", killed
            )
            with pytest.raises(Killed):
                lengthen(opened(out), "updates", 60)
        elif moment in ("page", "card"):  # when the new result is there, and what tells of it is not
            patch.setattr(f"core.lab.runs.run.{'run_page' if moment == 'page' else 'write_card'}", killed)
            with pytest.raises(Killed):
                resume(lengthen(opened(out), "updates", 60))
        else:
            made = lengthen(opened(out), "updates", 60)
            stop = {"update": 0.6, "end": 1.0}[moment]
            with pytest.raises(Killed):
                resume(made, lambda progress, row: killed() if progress >= stop else None, save_every=0)
    assert (out / "result.updates-30.json").exists() == (moment != "result")
    resume(lengthen(opened(out), "updates", 60))  # the same command again
    assert left(out) == left(longer.folder)
    assert "trivium resume DIR --updates 60" in (out / folders.PAGE).read_text()


def test_a_kill_between_result_and_configuration_leaves_a_run_that_goes_on(finished, tmp_path):
    out = Path(shutil.copytree(finished.folder, tmp_path / "run"))
    (out / folders.RESULT).rename(out / "result.updates-30.json")
    assert resume(opened(out)).result["w_sha256"] == finished.result["w_sha256"]


def test_twice_longer_and_moved(longer, tmp_path):
    out = Path(shutil.copytree(longer.folder, tmp_path / "elsewhere"))
    made = resume(lengthen(opened(out), "updates", 80))
    assert made.result["lengthened"] == [{"field": "updates", "was": n} for n in (30, 60)]
    assert made.result["command"].endswith(
        "--updates 30 --out DIR && trivium resume DIR --updates 60 && trivium resume DIR --updates 80"
    )
    assert opened(out).result == made.result


def test_what_makes_no_run_longer_is_refused_and_changes_nothing(finished, tmp_path, capsys):
    out = str(shutil.copytree(finished.folder, tmp_path / "run"))
    before = left(finished.folder)
    for flags, why in (
        (["--updates", "20"], "has come to updates 30 already"),
        (["--timesteps", "99"], "--timesteps takes no run of toy_task beyond its end: --updates N does"),
        (["--updates", "40", "--rounds", "3"], "is made longer by one of --updates, --rounds"),
        (["--updates", str(2**64)], "at most 63 bits"),
    ):
        assert main(["resume", out, "--task", TOY, *flags]) == 2
        assert why in capsys.readouterr().err
        assert left(tmp_path / "run") == before
    (tmp_path / "run" / folders.RESULT).unlink()
    assert main(["resume", out, "--task", TOY, "--updates", "40"]) == 2
    assert "has not finished" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("task", "flags", "name"),
    [
        ("text", {}, "updates"),
        ("text", {"again": 5}, "again"),
        ("perceptron", {}, "passes"),
        ("env", {}, "timesteps"),
    ],
)
def test_the_field_that_makes_a_run_longer(task, flags, name):
    from core.lab.runs.run import Run, prepare

    setup = prepare(task, "quick", flags, 0, None)
    assert module.length(Run(Path(), setup), setup.build()[0]) == name


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("progress = property(lambda self: min(self.count / 20, 1.0))", "has come to rest by itself"),
        ("longer_by = ''", "beyond its end: trivium run own --from"),
        ("longer_by = 'hidden'", "beyond its end: trivium run own --from"),  # no length
    ],
)
def test_a_learner_that_cannot_learn_longer_says_so(tmp_path, line, why):
    (tmp_path / "own.py").write_text(
        f"from toy_task import *\nclass Own(Toy):\n    {line}\nmake = lambda *a: Own(*a[:2])\n"
    )
    made = run(str(tmp_path / "own.py"), out=tmp_path / "run", updates=20)
    with pytest.raises(Refusal, match=why):
        lengthen(made, "updates", 200)
    assert made.result


def test_a_time_limit_stops_and_the_run_goes_on_to_the_same_end(finished, tmp_path, capsys):
    out = str(tmp_path / "run")
    assert main(["run", TOY, "--updates", "30", "--pause", "0.001", "--minutes", "1e-9", "--out", out]) == 124
    said = capsys.readouterr()
    assert "time limit reached; all is saved. Go on with: trivium resume" in said.err
    assert said.out == ""
    arrays, _ = checkpoint.load(Path(out) / folders.CHECKPOINT)
    assert int(arrays["loop.updates"]) == 1
    assert main(["resume", out, "--task", TOY, "--minutes", "1e-9"]) == 124  # each call gets on
    assert main(["resume", out, "--task", TOY, "--minutes", "60", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["w_sha256"] == finished.result["w_sha256"]
    assert main(["resume", out, "--task", TOY, "--minutes", "0"]) == 2
    assert "minutes must be above 0" in capsys.readouterr().err


def test_a_time_limit_does_not_stop_after_the_last_update():
    from core.lab.runs.limit import Limit
    from core.lab.runs.loop import silent

    limit = Limit(1e-12)
    watched = limit.on(silent)
    watched(1.0, None)
    assert not limit.reached
    with pytest.raises(Stopped):
        watched(0.5, None)
    assert limit.reached
    Limit(None).on(silent)(0.5, None)
