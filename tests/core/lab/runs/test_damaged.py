"""A run's result outlives its pictures; what a folder lacks is made again; what it should not hold is one line."""

import json
import os
import shutil

import pytest
from places import TOY_TASK

from core import checkpoint
from core.lab.cli import main
from core.lab.runs import folder as folders
from core.lab.runs.run import open_run, prepare, resume, start
from core.lab.runs.tasks import find

DRAWN = """        if folder:
            from core.lab.report.plots import drawing

            with drawing(folder / "fine.png", (1, 1)) as axis:
                axis.plot([0, 1])
            with drawing(folder / "odd.png", (1, 1)) as axis:
                axis.plot([0, 1])
                if (folder / "trouble").exists():
                    raise ZeroDivisionError("odd\\\\nlines")
            if (folder / "more trouble").exists():
                raise KeyError("no figure")
            if (folder / "deadly").exists():
                import os
                os._exit(9)
        pictures = {"fine.png": "a line", "odd.png": "another"} if folder else {}
        return Report("""


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    """The toy task with two pictures, of which one fails where the folder holds `trouble`."""
    path = tmp_path_factory.mktemp("task") / "drawn.py"
    source = (
        TOY_TASK.read_text()
        .replace("        return Report(", DRAWN)
        .replace("texts=texts)", "pictures=pictures, texts=texts)")
    )
    path.write_text(source.replace("\\\\n", "\\n"))
    return str(path)


@pytest.fixture(scope="module")
def whole(task, tmp_path_factory):
    return start(prepare(task, "quick", {}, 0, None), tmp_path_factory.mktemp("whole") / "run").folder


def begun(task, out, trouble):
    """A run whose folder holds a file of that name before its report."""

    def watch(progress, row):
        (out / trouble).touch()

    return start(prepare(task, "quick", {}, 0, None), out, watch=watch)


def test_a_picture_that_fails_is_a_note_and_is_tried_again(task, whole, tmp_path, capsys):
    run = begun(task, tmp_path / "run", "trouble")
    assert run.result["metrics"] == open_run(whole, find(task)).result["metrics"]
    shown = folders.read_shown(run.folder)
    assert shown["undrawn"] == {"odd.png": "ZeroDivisionError: odd lines"}
    assert "odd.png is not here: ZeroDivisionError: odd lines (another)" in (run.folder / "report.html").read_text()
    assert not (run.folder / "odd.png").exists()
    assert main(["resume", str(run.folder), "--task", task]) == 0
    said = capsys.readouterr().err
    assert "made again: odd.png, report.html; still not drawn: odd.png" in said
    assert "not drawn: odd.png: ZeroDivisionError: odd lines" in said
    (run.folder / "trouble").unlink()
    resume(open_run(run.folder, find(task)))
    assert "undrawn" not in folders.read_shown(run.folder)
    assert (run.folder / "report.html").read_text().count("<img") == 3
    assert "made again: odd.png, report.html\n" in capsys.readouterr().err


def test_a_report_that_fails_while_it_draws_is_made_without_pictures(task, tmp_path):
    run = begun(task, tmp_path / "run", "more trouble")
    assert run.result["metrics"]["test_accuracy"] > 0.9
    assert folders.read_shown(run.folder)["undrawn"] == {"pictures": "KeyError: 'no figure'"}
    assert "No pictures: KeyError" in (run.folder / "report.html").read_text()


def forked(work):
    """The exit code of a process that does `work`."""
    if not (pid := os.fork()):
        try:
            work()
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process that is a copy of this one")
@pytest.mark.parametrize("deaths", [1, 2])
def test_a_process_that_dies_while_it_draws_costs_no_result_and_no_picture(task, whole, tmp_path, capfd, deaths):
    out = tmp_path / "run"
    assert forked(lambda: begun(task, out, "deadly")) == 9
    assert not (out / "result.json").exists()
    if deaths == 2:  # in the same place: now there is a result
        assert forked(lambda: resume(open_run(out, find(task)))) == 9
        assert open_run(out, find(task)).result["metrics"] == open_run(whole, find(task)).result["metrics"]
        assert "trivium resume" in folders.read_shown(out)["undrawn"]["pictures"]
        assert not (out / folders.DRAWING).exists()
    (out / "deadly").unlink()
    resume(open_run(out, find(task)))
    assert {path.name for path in out.iterdir()} == {path.name for path in whole.iterdir()}
    for name in ("fine.png", "odd.png", "report.json"):
        assert (out / name).read_bytes() == (whole / name).read_bytes()
    assert (out / "report.html").read_text().count("<img") == 3


def test_what_is_refused_is_refused_before_anything_is_written(task, whole, tmp_path, capsys):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)

    def held():
        return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.iterdir()}

    (folder / "fine.png").unlink()
    put("result.json", b"{}")(folder)  # finished, damaged: no picture is made again
    before = held()
    assert main(["resume", str(folder), "--task", task]) == 2
    assert held() == before
    (folder / "result.json").unlink()
    (folder / "metrics.jsonl").unlink()  # not finished, and its log is gone
    put("checkpoint.safetensors", b"x")(folder)
    before = held()
    assert main(["resume", str(folder), "--task", task]) == 2
    assert held() == before


def test_curves_that_cannot_be_written_are_told_and_made_again(task, whole, tmp_path, capsys, monkeypatch):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    (folder / "curves.png").unlink()
    real = os.replace

    def full(source, target):
        if str(target).endswith("curves.png"):
            raise OSError(28, "No space left on device")
        real(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        assert main(["resume", str(folder), "--task", task]) == 0
    assert "not drawn: curves.png: OSError: [Errno 28] No space left on device" in capsys.readouterr().err
    assert main(["resume", str(folder), "--task", task]) == 0
    assert "made again: curves.png, report.html\n" in capsys.readouterr().err
    assert (folder / "curves.png").read_bytes() == (whole / "curves.png").read_bytes()


@pytest.mark.parametrize("lost", ["fine.png", "report.html", "report.json"])
def test_what_a_page_lacks_after_a_power_loss_is_made_again(task, whole, tmp_path, capsys, lost):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    (folder / lost).write_bytes(b"")
    if lost == "report.html":
        (folder / lost).unlink()
    assert main(["resume", str(folder), "--task", task, "--json"]) == 0
    assert f"made again: {lost}" in capsys.readouterr().err
    for name in ("fine.png", "report.json"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes()
    assert (folder / "report.html").read_text().count("<img") == 3


def test_a_start_that_was_killed_is_no_run(task, tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    for name in (".lock", "config.json.tmp", ".tmpa1B2c3"):
        (out / name).touch()
    start(prepare(task, "quick", {}, 0, None), out, pictures=False)
    assert not list(out.glob("*.tmp")) + list(out.glob(".tmp*"))


def test_two_starts_get_two_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(type(tmp_path), "exists", lambda path: False)  # both have looked before either makes one
    assert [folders.new_folder(tmp_path / "run").name for _ in range(3)] == ["run-1", "run-2", "run-3"]


def change(name, **values):
    def harm(folder):
        found = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(found | values))

    return harm


def put(name, raw):
    return lambda folder: (folder / name).write_bytes(raw)


def recast(name, what):
    def harm(folder):
        arrays, texts = checkpoint.load(folder / folders.CHECKPOINT)
        arrays[name] = what(arrays[name])
        checkpoint.save(folder / folders.CHECKPOINT, arrays, texts)

    return harm


@pytest.mark.parametrize(
    ("harm", "commands"),
    [
        (change("config.json", seed=-1), ("eval", "resume")),
        (change("config.json", config=[]), ("eval", "resume")),
        (change("config.json", preset=None), ("eval",)),
        (change("config.json", outside="yes"), ("eval",)),
        (put("config.json", b"[" * 9999), ("eval", "resume")),
        (change("result.json", score={"metric": "test_accuracy", "value": "x"}), ("resume", "compare")),
        (change("result.json", metrics=None), ("resume", "compare")),
        (change("result.json", baselines=[1]), ("resume",)),
        (change("result.json", task="\ud800"), ("resume", "compare")),
        (put("metrics.jsonl", b'{"examples": "many"}\n'), ("compare",)),
        (put("metrics.jsonl", b"\xff\n"), ("compare",)),
        (recast("best", lambda w: w[:-1]), ("eval",)),
        (recast("best", lambda w: w * float("nan")), ("eval",)),
        (put("checkpoint.safetensors", b"x" * 100), ("eval", "inspect")),
    ],
)
def test_a_folder_that_holds_what_no_run_writes_is_refused_in_one_line(task, whole, tmp_path, capsys, harm, commands):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    harm(folder)
    words = {"compare": [str(whole), "--out", str(tmp_path / "out")], "inspect": []}
    for command in commands:
        assert main([command, str(folder), *words.get(command, ["--task", task])]) == 2
        said = capsys.readouterr().err.strip().splitlines()
        assert len(said) == 1, said
        assert "TRIVIUM_DEBUG" not in said[0]


@pytest.mark.parametrize(
    "harm",
    [
        recast("loop.updates", lambda a: a * 0 - 1),
        recast("learner.count", lambda a: a * 0 - 5),
        recast("w", lambda w: w[:3]),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused_before_anything_is_learnt(task, whole, tmp_path, capsys, harm):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    (folder / "result.json").unlink()
    harm(folder)
    assert main(["resume", str(folder), "--task", task]) == 2
    assert "does not fit this task" in capsys.readouterr().err


def test_a_picture_outside_the_folder_is_not_shown(task, whole, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    shutil.copy(folder / "fine.png", tmp_path / "secret.png")
    (folder / "report.html").unlink()
    change("report.json", pictures={"../secret.png": "a", str(tmp_path / "secret.png"): "b"})(folder)
    from core.lab.runs.page import run_page

    run_page(folder)
    assert (folder / "report.html").read_text().count("<img") == 1  # the curves
