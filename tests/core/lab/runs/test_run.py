"""The loop and the run folder: results, resuming after any end, refusals that lose nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from places import REPOSITORY, TOY_TASK

from core import checkpoint
from core.lab.cli import main
from core.lab.errors import Refusal
from core.lab.files import LOCK, lock
from core.lab.runs import folder as folders
from core.lab.runs.result import chosen
from core.lab.runs.run import Setup, open_run, prepare, resume, run, start
from core.lab.runs.tasks import configure, find

TOY = str(TOY_TASK)


def command(*args, **options):
    return subprocess.run([sys.executable, "-m", "trivium", *map(str, args)], capture_output=True, text=True, **options)


def strip_seconds(rows):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that was never stopped, with the slow toy's settings."""
    return run(TOY, out=tmp_path_factory.mktemp("whole") / "run", pause=0.01)


def test_result_has_the_designed_keys(whole):
    assert list(whole.result) == [
        "task",
        "paradigm",
        "problem",
        "seed",
        "preset",
        "config",
        "parameters",
        "examples",
        "answers",
        "seconds",
        "validation",
        "metrics",
        "score",
        "baselines",
        "w_sha256",
        "versions",
        "data",
        "command",
    ]
    assert set(whole.result["score"]) == {"metric", "value", "chance", "reference", "scaled"}
    value = whole.result["metrics"]["test_accuracy"]
    assert whole.result["score"]["scaled"] == pytest.approx((value - 0.5) / 0.5)
    assert value > 0.9
    assert whole.result["examples"] == 60 * 16
    assert whole.result["w_sha256"] == checkpoint.sha256(whole.w)


def test_log_has_twenty_rows_and_the_best_is_kept(whole):
    rows = whole.rows()
    assert [row["progress"] for row in rows] == pytest.approx([k / 20 for k in range(1, 21)])
    arrays, texts = checkpoint.load(whole.folder / folders.CHECKPOINT)
    assert float(arrays["loop.best_value"]) == max(row["val_accuracy"] for row in rows)
    learner = whole.learner
    accuracy = float((learner.predict(arrays["best"], learner.x[200:250]) == learner.t[200:250]).mean())
    assert accuracy == max(row["val_accuracy"] for row in rows)
    assert json.loads(texts["layout"]) == {"0.weight": [2, 8], "0.bias": [8], "2.weight": [8, 2], "2.bias": [2]}


def test_the_result_has_the_validation_figures_of_the_weights_that_were_kept(whole):
    accuracies = [row["val_accuracy"] for row in whole.rows()]
    assert whole.result["validation"] == {"val_accuracy": max(accuracies)}
    log = [{"loss": 9, "val_nats": 0.5, "val_accuracy": 0.9, "updates": 1}, {"val_nats": 0.4, "val_accuracy": 0.8}]
    log += [{"val_nats": 0.4, "val_accuracy": 1.0, "loss": 1.0}]
    assert chosen(log, "-val_nats") == {"val_nats": 0.4, "val_accuracy": 0.8}  # of equals the first, as the loop does
    assert chosen(log[:1], "+updates") == {"updates": 1, "val_nats": 0.5, "val_accuracy": 0.9}
    assert chosen([], "+val_accuracy") == {}


def test_same_seed_same_bytes_and_another_seed_others(whole, tmp_path):
    again = run(TOY, out=tmp_path / "again", pause=0.0)
    other = run(TOY, out=tmp_path / "other", seed=1)
    assert again.result["w_sha256"] == whole.result["w_sha256"]
    assert strip_seconds(again.rows()) == strip_seconds(whole.rows())
    assert other.result["w_sha256"] != whole.result["w_sha256"]


def test_killed_at_random_and_resumed_equals_never_stopped(whole, tmp_path):
    rng = np.random.default_rng(0)
    out, kills = tmp_path / "run", 0
    args = ["run", TOY, "--out", out, "--pause", "0.01", "--save-every", "0"]
    while not (out / folders.RESULT).exists():
        with subprocess.Popen([sys.executable, "-m", "trivium", *map(str, args)], stderr=subprocess.PIPE) as process:
            if kills < 5:
                deadline = time.monotonic() + 20
                while not (out / folders.LOG).exists() and time.monotonic() < deadline:
                    time.sleep(0.01)
                time.sleep(rng.uniform(0.0, 0.4))
                process.kill()
                kills += 1
            else:
                assert process.wait(60) == 0, process.stderr.read()
        args = ["resume", out, "--task", TOY, "--save-every", "0"]
        assert kills < 20
    result = open_run(out, find(TOY)).result
    here = ("seconds", "command", "versions")  # the libraries of this process are not those of the command's
    assert {k: v for k, v in result.items() if k not in here} == {
        k: v for k, v in whole.result.items() if k not in here
    }
    assert strip_seconds(folders.read_log(out)) == strip_seconds(whole.rows())
    arrays, _ = checkpoint.load(out / folders.CHECKPOINT)
    never, _ = checkpoint.load(whole.folder / folders.CHECKPOINT)
    assert all(
        np.array_equal(arrays[name], never[name]) for name in never if name not in ("loop.seconds", "loop.log_bytes")
    )


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_stop_after_the_update_and_name_the_command_that_goes_on(whole, tmp_path, signum, code):
    out = tmp_path / "run"
    words = [sys.executable, "-m", "trivium", "run", TOY, "--out", str(out), "--pause", "0.01"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        while not (out / folders.LOG).exists() or not (out / folders.LOG).stat().st_size:
            time.sleep(0.01)
        sent = time.monotonic()
        process.send_signal(signum)
        _, said = process.communicate(timeout=20)
    assert process.returncode == code
    assert time.monotonic() - sent < 2
    assert f"trivium resume {out} --task {TOY}" in said
    assert "Traceback" not in said
    resumed = resume(open_run(out, find(TOY)))
    assert resumed.result["w_sha256"] == whole.result["w_sha256"]


def test_second_process_is_refused(whole, tmp_path):
    with lock(whole.folder):
        ended = command("resume", whole.folder, "--task", TOY)
    assert ended.returncode == 2
    assert "another process is at work" in ended.stderr


def test_refused_before_it_began_leaves_nothing_in_the_way(tmp_path):
    for _ in range(2):
        ended = command("run", "text", "--file", tmp_path / "no-such.txt", "--out", tmp_path / "run")
        assert ended.returncode == 2
        assert "no-such.txt" in ended.stderr


def test_json_prints_only_the_result(tmp_path):
    ended = command("run", TOY, "--quick", "--json", "--out", tmp_path / "run")
    assert ended.returncode == 0
    assert ended.stderr == ""
    assert json.loads(ended.stdout) == json.loads((tmp_path / "run" / "result.json").read_text())


def test_page_escapes_what_it_is_given(whole):
    page = (whole.folder / folders.PAGE).read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "<b>text" not in page
    assert "\x1b" not in page
    assert "http" not in page.replace("http-equiv", "")  # self-contained: nothing is loaded


def test_diverged_run_is_refused_and_its_last_checkpoint_kept(tmp_path):
    out = tmp_path / "run"
    ended = command("run", TOY, "--out", out, "--bad-at", 30, "--save-every", 0, "--pause", 0.005)
    assert ended.returncode == 2
    assert "update 30" in ended.stderr.splitlines()[-1]
    assert str(out / folders.CHECKPOINT) in ended.stderr
    arrays, _ = checkpoint.load(out / folders.CHECKPOINT)
    assert 0 < int(arrays["loop.updates"]) < 30
    assert np.isfinite(arrays["w"]).all()


def test_folder_that_holds_a_run_is_kept(whole, tmp_path):
    out = tmp_path / "run"
    first = run(TOY, out=out, preset="quick")
    with pytest.raises(Refusal, match="holds a run already"):
        run(TOY, out=out)
    assert first.result["preset"] == "quick"
    run(TOY, out=out, preset="quick", seed=3, force=True)
    moved = json.loads((tmp_path / "run-1" / "result.json").read_text())
    assert moved["seed"] == 0


def test_checkpoint_of_another_layout_or_config_is_refused_naming_both(whole, tmp_path):
    out = tmp_path / "run"
    run(TOY, out=out, hidden=4)
    (out / folders.RESULT).unlink()
    (out / folders.CHECKPOINT).write_bytes((whole.folder / folders.CHECKPOINT).read_bytes())
    with pytest.raises(Refusal, match=r"belongs to another run.*\"hidden\": 8.*\"hidden\": 4"):
        resume(open_run(out, find(TOY)))


@pytest.mark.parametrize("harm", ["truncated", "flipped", "foreign", "empty"])
def test_damaged_checkpoint_is_refused_and_left_as_it_is(whole, tmp_path, harm):
    out = tmp_path / "run"
    run(TOY, out=out, pause=0.01)
    (out / folders.RESULT).unlink()
    path = out / folders.CHECKPOINT
    raw = path.read_bytes()
    flipped = bytearray(raw)
    flipped[len(raw) * 3 // 4] ^= 4
    path.write_bytes(
        {"truncated": raw[:-7], "flipped": bytes(flipped), "foreign": b"PK\x03\x04" * 99, "empty": b""}[harm]
    )
    harmed = path.read_bytes()
    with pytest.raises(Refusal, match=r"checkpoint\.safetensors"):
        resume(open_run(out, find(TOY)))
    assert path.read_bytes() == harmed


def test_config_that_names_a_path_or_an_unknown_task_is_refused(whole, tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    stored = json.loads((whole.folder / folders.CONFIG).read_text())
    marker = tmp_path / "executed"
    evil = tmp_path / "evil.py"
    evil.write_text(f"open({str(marker)!r}, 'w')")
    for name, outside in [(str(evil), False), (str(evil), True), ("no_such_task", False), ("evil", True), (7, False)]:
        (out / folders.CONFIG).write_text(json.dumps({**stored, "task": name, "outside": outside}))
        with pytest.raises(Refusal):
            open_run(out)
    assert not marker.exists()
    for text in ["[]", "{", '{"task": "digits"}', '{"task": "digits", "config": {"no": 1}, "seed": 0}']:
        (out / folders.CONFIG).write_text(text)
        with pytest.raises(Refusal):
            open_run(out)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["run", TOY, "--hiden", "3"], "did you mean --hidden"),
        (["run", TOY, "--hidden", "x"], "--hidden"),
        (["run", TOY, "--hidden", "-3"], "hidden must be above 0"),
        (["run", TOY, "--lr", "nan"], "lr must be"),
        (["run", TOY, "--preset", "bset"], "did you mean best"),
        (["run", TOY, "--seed", "-1"], "seed"),
        (["run", "digitz"], "did you mean digits"),
        (["rnu", "digits"], "did you mean run"),
        (["run", "no/such.py"], "no task file"),
        (["resume", "no-such-folder"], "not a run folder"),
        (["eval", "no-such-folder"], "not a run folder"),
        (["compare", "digitz"], "did you mean digits"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_code_2(args, says, tmp_path):
    ended = command(*args, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(REPOSITORY)})
    assert ended.returncode == 2
    assert says in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "runs").exists()


def test_unwritable_folder_and_full_disk(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    ended = command("run", TOY, "--out", blocked / "run")
    assert ended.returncode == 2
    assert "cannot make the folder" in ended.stderr
    small = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500)); "
        "from core.lab.cli import main; sys.exit(main())"
    )
    ended = subprocess.run(
        [sys.executable, "-c", small, "run", TOY, "--out", str(tmp_path / "run"), "--json"],
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 2, ended
    assert "cannot write" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert not list((tmp_path / "run").glob("*.tmp"))
    assert resume(open_run(tmp_path / "run", find(TOY))).result["metrics"]["test_accuracy"] > 0.9


def test_predict_and_eval_from_the_command_line(whole, tmp_path):
    np.save(tmp_path / "x.npy", np.array([[0.0, 0.0], [2.0, 2.0]], np.float32))
    (tmp_path / "x.csv").write_text("0,0\n2,2\n")
    for name in ("x.npy", "x.csv"):
        ended = command("predict", whole.folder, tmp_path / name, "--task", TOY, "--json")
        assert [each["answer"] for each in json.loads(ended.stdout)["answers"]] == [0, 1], ended.stderr
    ended = command("eval", whole.folder, "--task", TOY, "--json")
    assert json.loads(ended.stdout)["metrics"] == whole.result["metrics"]
    (tmp_path / "bad.csv").write_text("0,0,0\n")
    ended = command("predict", whole.folder, tmp_path / "bad.csv", "--task", TOY)
    assert ended.returncode == 2
    assert "bad.csv" in ended.stderr


def test_setup_command_repeats_the_run(tmp_path):
    task = find(TOY)
    setup = Setup(task, configure(task, {"hidden": 5, "updates": 40}), seed=4, preset="quick")
    first = start(setup, tmp_path / "a")
    words = setup.command.split()
    assert words[:2] == ["trivium", "run"]
    assert "--hidden" in words
    assert "--updates" not in words  # the preset says it
    ended = command(*words[1:], "--out", tmp_path / "b", "--json")
    assert json.loads(ended.stdout)["w_sha256"] == first.result["w_sha256"]


def test_prepare_refuses_what_is_wrong():
    for values, says in [
        ({"hidden": "8"}, "type int"),
        ({"lr": float("inf")}, "finite"),
        ({"hiddne": 3}, "did you mean hidden"),
    ]:
        with pytest.raises(Refusal, match=says):
            prepare(TOY, "default", values, 0, None)
    with pytest.raises(Refusal, match="seed"):
        prepare(TOY, "default", {}, -1, None)


def test_a_run_that_is_refused_at_once_leaves_no_folder(tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    for out in (tmp_path / "new", mine):
        with pytest.raises(Refusal, match="did you mean CartPole-v1"):
            run("env", id="CartPol-v1", out=out)
    assert not (tmp_path / "new").exists()
    assert [entry.name for entry in mine.iterdir()] == [LOCK]  # it was there before, and stays


def test_too_little_memory_to_build_is_one_line_and_leaves_no_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    huge = tmp_path / "huge.py"
    huge.write_text(Path(TOY).read_text().replace("def make(", "def make(*_):\n    np.empty(1 << 50)\n\n\ndef small("))
    assert main(["run", str(huge)]) == 2
    assert main(["run", str(huge), "--out", "there"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["error: there is not enough memory for this: try a smaller network or batch"] * 2
    assert not list(tmp_path.glob("runs/*"))
    assert not (tmp_path / "there").exists()


def test_a_task_s_file_is_executed_once_as_long_as_it_is_the_same(tmp_path):
    """What it registers elsewhere, a world say, is then registered once, however many jobs a process does."""
    path = tmp_path / "again.py"
    path.write_text(Path(TOY).read_text())
    module = find(str(path)).module
    assert find(str(path)).module is module
    path.write_text(Path(TOY).read_text() + "# another\n")
    assert find(str(path)).module is not module
