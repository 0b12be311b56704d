"""A study: its spec, its jobs on any engine, its interruptions, its figures. The task is a toy that a test writes."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from places import REPOSITORY, TOY_TASK

from core.lab.cli.status import status
from core.lab.cli.study import study as study_command
from core.lab.errors import Refusal, Stopped
from core.lab.files import read_json, write_json
from core.lab.runs.folder import read_log
from core.lab.stats.intervals import mean_interval, paired_difference
from core.lab.study import engines, report as study_report, runner, spec, status as study_status, study
from core.lab.study.job import Job

TOY = TOY_TASK.read_text("utf-8")
DIES = """
import os, pathlib, signal
lives = pathlib.Path(__file__).with_name("lives")
deadly = {13: signal.SIGKILL, 15: signal.SIGTERM}
if self.config.hidden in deadly and self.count == 20:
    for life in lives.iterdir():
        try:
            life.unlink()
        except FileNotFoundError:  # another process took it
            continue
        os.kill(os.getpid(), deadly[self.config.hidden])
if self.config.hidden == 14 and self.count == 20:
    raise TypeError("an error of the task's own")
"""
CLOCKS = ("seconds", "job_seconds")


@pytest.fixture
def place(tmp_path):
    """The task toy.py; jobs with 13 units kill their process while `lives` holds a file, with 15 gently."""
    indented = "".join(f"        {row}\n" for row in DIES.strip().splitlines())
    (tmp_path / "toy.py").write_text(
        TOY.replace("        time.sleep(self.config.pause)\n", "        time.sleep(self.config.pause)\n" + indented)
    )
    (tmp_path / "lives").mkdir()
    return tmp_path


def give_lives(place, count):
    for life in range(count):
        (place / "lives" / str(life)).touch()


def lives_left(place):
    return len(list((place / "lives").iterdir()))


def write(place, text, name="s.toml"):
    (place / name).write_text(text)
    return str(place / name)


def rows(folder):
    """The rows without what clocks say."""
    found = {path.name: json.loads(path.read_text()) for path in (folder / "rows").iterdir()}
    return {name: {k: v for k, v in row.items() if k not in CLOCKS} for name, row in found.items()}


def faults_of(place, text):
    return spec.plan(spec.load_spec(Path(write(place, text))), place, place / "runs", None)[1]


GRID = """
seeds = 2
preset = "quick"
[[study]]
task = "toy.py"
config = { lr = 0.01 }
[study.grid]
hidden = [4, 8]
"""


def test_plan_of_a_spec(place):
    planned, faults = spec.plan(spec.load_spec(Path(write(place, GRID))), place, place / "runs", None)
    assert not faults
    assert [(p.label, p.job.seed) for p in planned] == [
        ("hidden 4", 0),
        ("hidden 4", 1),
        ("hidden 8", 0),
        ("hidden 8", 1),
    ]
    assert planned[0].config == {"hidden": 4, "updates": 40, "lr": 0.01, "pause": 0.0, "bad_at": 0}
    assert planned[0].job.task_sha256 == study_file_sha(place)
    turned = GRID.replace("[4, 8]", "[8, 4]").replace("seeds = 2", "seeds = [1, 0]")
    again, _ = spec.plan(spec.load_spec(Path(write(place, turned))), place, place / "runs", None)
    assert {p.key: p.job.seed for p in again} == {p.key: p.job.seed for p in planned}  # no order enters a key


def study_file_sha(place):
    import hashlib

    return hashlib.sha256((place / "toy.py").read_bytes()).hexdigest()


def test_all_faults_at_once_and_nothing_is_started(place, capsys):
    text = """
    seeds = 0
    colour = "red"
    [[study]]
    task = "no_such_task"
    [[study]]
    task = "toy.py"
    preset = "fast"
    size = 3
    [study.config]
    hidden = "many"
    [study.grid]
    hidden = []
    lr = [0.1, -1.0, 0.1]
    depth = [1]
    """
    with pytest.raises(Refusal, match=r"has 11 faults \(above\); nothing was started"):
        study_command([write(place, text), "--out", str(place / "out")])
    said = capsys.readouterr().err
    for part in (
        "no key 'colour'",
        "seeds must be a number",
        "no task 'no_such_task'",
        "no preset 'fast'",
        "no key 'size'",
        "the grid of hidden must be a list of at least one value",
        "hidden is in config and",
        "the grid of lr holds a value twice",
        "no field 'depth'",
        "hidden must be of type int",
        "lr must be above 0",
    ):
        assert part in said, part
    assert not (place / "out").exists()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "at least one table"),
        ("study = 3", "at least one table"),
        ("[[study]]", "needs a task"),
        ("seeds = [1, 1]\n[[study]]\ntask = 'toy.py'", "seeds must be"),
        ("seeds = [-1]\n[[study]]\ntask = 'toy.py'", "seeds must be"),
        ("seeds = true\n[[study]]\ntask = 'toy.py'", "seeds must be"),
        ("[[study]]\ntask = 'toy.py'\ngrid = {}", "the grid is empty"),
        ("[[study]]\ntask = 'toy.py'\nconfig = 1", "config must be a table"),
        ("[[study]]\ntask = 'toy.py'\nconfig = { lr = nan }", "must hold finite"),
        ("[[study]]\ntask = 'toy.py'\nconfig = { lr = 1999-01-01 }", "must hold finite"),
        ("[[study]]\ntask = 'toy.py'\nconfig = { lr = inf, hidden = 1.5 }", "hidden must be of type int"),
        ("[[study]]\ntask = 'toy.py'\n[[study]]\ntask = 'toy.py'", "is there already"),
        ("seeds = 9999\n[[study]]\ntask = 'toy.py'\ngrid = { lr = [1.0, 2.0] }", "more than 10000"),
    ],
)
def test_faults(place, text, fault):
    assert any(fault in each for each in faults_of(place, text)), faults_of(place, text)


def test_fields_that_go_together_are_not_judged_alone(place):
    """A setting may be right though each of its fields alone would be refused."""
    rule = 'if self.hidden * 10 > self.updates + 20: raise ValueError("no")'
    text = (place / "toy.py").read_text()
    (place / "toy.py").write_text(text.replace('positive(self, "hidden", "updates", "lr")', rule))
    assert faults_of(place, "[[study]]\ntask = 'toy.py'\nconfig = { hidden = 20, updates = 200 }") == []


def test_two_tasks_of_one_name(place):
    (place / "other").mkdir()
    (place / "other" / "toy.py").write_text(TOY)
    [fault] = faults_of(place, "[[study]]\ntask = 'toy.py'\n[[study]]\ntask = 'other/toy.py'")
    assert "have one name" in fault


def test_not_toml(place):
    for text in ("[[study", "a = 1\na = 2"):
        with pytest.raises(Refusal, match="cannot be read as TOML"):
            spec.load_spec(Path(write(place, text)))
    with pytest.raises(Refusal, match=r"absent\.toml cannot be read"):
        spec.load_spec(place / "absent.toml")


def test_toml_as_any_editor_saves_it(place):
    path = Path(write(place, ""))
    for raw in ("\ufeffseeds = 2\r\n".encode(), "seeds = 2\n".encode("utf-16"), b"seeds = 2\r"):
        path.write_bytes(raw)
        assert spec.load_spec(path) == {"seeds": 2}


MIXED = """
preset = "quick"
seeds = 2
[[study]]
task = "toy.py"
grid = { hidden = [4, 13, 14] }
"""


def test_killed_workers_and_failing_jobs(place, capsys):
    """A job whose process is killed is done again; one that fails is reported; the others finish; rows are the same."""
    path = write(place, MIXED)
    assert study_command([path, "--out", str(place / "one"), "--jobs", "1", "--json"]) == 1
    assert "an error of the task's own (toy.py:" in capsys.readouterr().err
    give_lives(place, 1)
    assert study_command([path, "--out", str(place / "two"), "--jobs", "2"]) == 1
    assert lives_left(place) == 0
    assert capsys.readouterr().err.count("failed: toy: update raised TypeError") == 2
    one = rows(place / "one")
    assert one == rows(place / "two")
    assert len(one) == 4
    assert len({row["w_sha256"] for row in one.values()}) == 4
    assert all(row["versions"]["blas_threads"] == 1 for row in one.values() if "blas_threads" in row["versions"])
    said = study_status.progress(place / "two")
    assert (said["done"], said["failed"], said["left"], said["running"]) == (4, 2, 0, False)
    assert study_command([path, "--out", str(place / "two"), "--jobs", "1"]) == 1  # only what failed is tried again
    assert one == rows(place / "two")


def test_a_job_that_a_falling_pool_takes_late_is_done(monkeypatch):
    """The pool that fell pulls one job more while the next pool works: nobody but the engine knows of it."""
    jobs, pools = [SimpleNamespace(folder=Path(name)) for name in "abcd"], []

    def parallel(backend, workers, work, jobs):
        if isinstance(jobs, list):  # one alone
            yield from map(work, jobs)
            return
        pools.append(jobs)
        if len(pools) == 1:
            next(jobs)
            raise BrokenProcessPool
        next(pools[0])
        yield from map(work, jobs)

    monkeypatch.setattr(engines, "_parallel", parallel)
    ended = [job.folder.name for job, _ in engines.local(2)(lambda job: (job, {}), jobs)]
    assert sorted(ended) == list("abcd")


def test_a_worker_that_was_told_to_end_is_no_study_that_was(place):
    text = MIXED.replace("[4, 13, 14]", "[4, 15]").replace("seeds = 2", "seeds = 1")
    give_lives(place, 1)
    assert study_command([write(place, text), "--out", str(place / "two"), "--jobs", "2"]) == 0
    assert lives_left(place) == 0
    assert study_command([write(place, text), "--out", str(place / "one"), "--jobs", "1"]) == 0
    assert rows(place / "one") == rows(place / "two")


def test_a_job_that_always_kills_its_process_is_given_up(place, capsys):
    give_lives(place, 99)
    text = MIXED.replace("[4, 13, 14]", "[4, 13]").replace("seeds = 2", "seeds = 1")
    assert study_command([write(place, text), "--out", str(place / "out"), "--jobs", "2"]) == 1
    assert "its process died 3 times" in capsys.readouterr().err
    assert lives_left(place) == 96
    assert len(rows(place / "out")) == 1


SLOW = """
[[study]]
task = "toy.py"
seeds = 3
config = { pause = 0.02, updates = 80 }
"""


def command(*args):
    code = "import sys\nfrom core.lab.cli.study import study\nsys.exit(study(sys.argv[1:]))"
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=REPOSITORY,
    )


@pytest.mark.parametrize("kill", [os.kill, os.killpg])
def test_interrupted_and_gone_on_with(place, kill):
    """SIGINT to the study, or to all its processes, as a terminal sends it: runs save, and others go on with them."""
    path, out = write(place, SLOW), place / "out"
    with command(path, "--out", out, "--jobs", "2") as process:
        try:
            deadline = time.monotonic() + 240
            while sum(log.stat().st_size > 0 for log in out.glob("runs/*/metrics.jsonl")) < 2:
                assert time.monotonic() < deadline
                assert process.poll() is None, process.stderr.read()
                time.sleep(0.05)
            said = study_status.progress(out)
            assert (said["running"], said["begun"], said["left"], said["workers"]) == (True, 2, 3, 2)
            with pytest.raises(Refusal, match="another process is at work"):
                study_command([path, "--out", str(out)])
        finally:
            kill(process.pid, signal.SIGINT)
        _, trouble = process.communicate(timeout=240)
    assert process.returncode == 130
    assert "stopped; 0 of 3 jobs are done" in trouble
    assert "Traceback" not in trouble
    saved = {path.parent: read_log(path.parent) for path in out.glob("runs/*/checkpoint.safetensors")}
    assert len(saved) == 2
    assert study_command([path, "--out", str(out), "--jobs", "1", "--json"]) == 0
    assert all(log == read_log(run)[: len(log)] for run, log in saved.items())  # seconds included: nothing is redone
    assert study_command([path, "--out", str(place / "whole"), "--jobs", "1", "--json"]) == 0
    assert rows(out) == rows(place / "whole")


def test_jobs_that_do_not_answer_are_not_waited_for_without_end(place, monkeypatch):
    monkeypatch.setattr(study, "GRACE", 0.1)
    caught = []

    def never_done():
        with study._session(place, {"token": "x"}, caught):
            signal.raise_signal(signal.SIGINT)
            time.sleep(60)

    with pytest.raises(Stopped):
        never_done()
    assert caught == [signal.SIGINT]
    assert read_json(place / "session.json")["token"] is None


def test_another_spec_in_the_same_folder_is_refused(place):
    path, out = write(place, GRID.replace("seeds = 2", "seeds = 1")), ["--out", str(place / "out"), "--jobs", "1"]
    assert study_command([path, *out, "--json"]) == 0
    with pytest.raises(Refusal, match=r"seeds: 1 was, 2 is; study.1.grid.hidden: \[4, 8\] was, \[4\] is"):
        study_command([write(place, GRID.replace("[4, 8]", "[4]")), *out])
    (place / "toy.py").write_text((place / "toy.py").read_text() + "\n# another task\n")
    with pytest.raises(Refusal, match=r"toy hidden 4\.task_sha256"):
        study_command([write(place, GRID.replace("seeds = 2", "seeds = 1")), *out])
    (place / "other").mkdir()
    (place / "other" / "letter.txt").write_text("dear")
    with pytest.raises(Refusal, match="not a study"):
        study_command([path, "--out", str(place / "other")])


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("tcp://127.0.0.1:8786", True),
        ("tcp://[::1]:8786", True),
        ("tcp://localhost:8786", True),
        ("tls://cluster.example:8786", True),
        ("tcp://10.0.0.5:8786", False),
        ("tcp://localhost.evil.example:1", False),
        ("tcp://cluster.example:8786", False),
        ("ws://127.0.0.1:1", False),
        ("127.0.0.1:8786", False),
        ("", False),
    ],
)
def test_loopback_or_tls(address, trusted):
    assert engines.is_trusted(address) == trusted


def test_scheduler_that_does_not_answer(place, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(engines, "PATIENCE", 0.3)
    with pytest.raises(Refusal, match=r"the scheduler tcp://127\.0\.0\.1:9 does not answer"):
        study_command(
            [write(place, GRID), "--out", str(place / "out"), "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9"]
        )
    with socket.create_server(("127.0.0.1", 0)) as silent:  # which takes calls, and never says a word
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Refusal, match=f"the scheduler {address} does not answer"):
            study_command([write(place, GRID), "--out", str(place / "out"), "--engine", "dask", "--scheduler", address])
    with pytest.raises(Refusal, match="neither tcp:// on a loopback interface nor tls://"):
        study_command(
            [write(place, GRID), "--out", str(place / "out"), "--engine", "dask", "--scheduler", "tcp://10.1.2.3:8786"]
        )
    with pytest.raises(Refusal, match="go together"):
        study_command([write(place, GRID), "--engine", "dask"])
    with pytest.raises(Refusal, match="go together"):
        study_command([write(place, GRID), "--engine", "dask", "--scheduler", ""])


def test_two_engines_same_rows(place, capfd):
    """A scheduler and two workers on the loopback interface; one worker is killed in the middle of a job."""
    distributed = pytest.importorskip("distributed")
    path = write(place, MIXED)
    assert study_command([path, "--out", str(place / "one"), "--jobs", "1", "--json"]) == 1
    give_lives(place, 1)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        assert (
            study_command(
                [path, "--out", str(place / "two"), "--engine", "dask", "--scheduler", cluster.scheduler_address]
            )
            == 1
        )
    assert lives_left(place) == 0
    assert rows(place / "one") == rows(place / "two")
    assert "an error of the task's own" in capfd.readouterr().err


def certificate(folder, name):
    """A key and a certificate that vouches for itself: its own authority."""
    if not shutil.which("openssl"):
        pytest.skip("makes certificates with openssl")
    folder.mkdir()
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "1",
            "-subj",
            f"/CN={name}",
            "-keyout",
            folder / "key.pem",
            "-out",
            folder / "cert.pem",
        ],
        check=True,
        capture_output=True,
    )
    ends = {
        f"{end}__{part}": f"{part.lower()}.pem" for end in ("SCHEDULER", "WORKER", "CLIENT") for part in ("KEY", "CERT")
    }
    return {
        f"DASK_DISTRIBUTED__COMM__TLS__{key}": str(folder / file)
        for key, file in {"CA_FILE": "cert.pem", **ends}.items()
    }


@pytest.fixture
def settings(monkeypatch):
    """Sets environment variables, and has Dask read them anew."""
    dask = pytest.importorskip("dask")

    def use(variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        dask.config.refresh()

    yield use
    monkeypatch.undo()
    dask.config.refresh()


def test_a_study_over_tls_and_a_worker_that_hangs(place, settings, monkeypatch, capfd):
    """Certificates as a user names them, in the environment: ours are taken, none and a stranger's are not."""
    distributed = pytest.importorskip("distributed")
    settings(ours := certificate(place / "ours", "trivium"))
    strangers = certificate(place / "strangers", "stranger")
    path = write(place, GRID.replace("[4, 8]", "[4]").replace("seeds = 2", "seeds = 1"))

    def over(address, out):
        return study_command([path, "--out", str(place / out), "--engine", "dask", "--scheduler", address, "--json"])

    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        protocol="tls://",
        security=distributed.Security(),
        dashboard_address=None,
    ) as cluster:
        address = cluster.scheduler_address
        assert address.startswith("tls://127.0.0.1:")
        assert over(address, "out") == 0
        assert len(rows(place / "out")) == 1
        for others in strangers, dict.fromkeys(ours, ""):
            settings(others)
            with pytest.raises(Refusal, match=rf"{address} does not answer .*certificates .*distributed\.comm\.tls"):
                over(address, "none")
        settings(ours)
        (worker,) = cluster.workers.values()
        os.kill(worker.pid, signal.SIGSTOP)
        try:
            monkeypatch.setattr(engines, "PATIENCE", 2)
            with pytest.raises(
                Refusal,
                match=rf"the workers of {address} are not ready: .*{worker.worker_address} "
                "does not answer",
            ):
                over(address, "hangs")
        finally:
            os.kill(worker.pid, signal.SIGCONT)
    capfd.readouterr()


def test_dry_run_estimates_and_does_nothing(place, capsys):
    text = "[[study]]\ntask = 'toy.py'\nseeds = 4\nconfig = { pause = 0.02, updates = 100 }"
    assert study_command([write(place, text), "--out", str(place / "out"), "--dry-run", "--json", "--jobs", "1"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert len(said["jobs"]) == 4
    assert 8 < said["seconds"] < 24  # 4 x 100 x 0.02 s, and more where a sleep is longer than it was asked to be
    assert not (place / "out").exists()
    assert study_command([write(place, text), "--dry-run"]) == 0
    assert "4 jobs, 0 done; about" in capsys.readouterr().out


def test_status_by_hand(place, capsys):
    jobs = {name: {"task": name[0], "label": name[1]} for name in ("Ax0", "Ax1", "Ay0", "B_0")}
    for part in ("rows", "failed", "runs/Ay0"):
        (place / part).mkdir(parents=True)
    write_json(place / "spec.json", {"spec": {}, "jobs": jobs})
    said = study_status.progress(place)
    assert (said["done"], said["left"], said["seconds_to_go"]) == (0, 4, None)
    write_json(place / "rows" / "Ax0.json", {"job_seconds": 10.0})
    write_json(place / "rows" / "Ax1.json", {"job_seconds": 20.0})
    write_json(place / "session.json", {"token": None, "workers": 2})
    (place / "runs" / "Ay0" / "metrics.jsonl").write_text('{"progress": 0.6}\n')
    said = study_status.progress(place)
    assert (said["done"], said["begun"], said["left"]) == (2, 1, 2)
    assert (
        said["seconds_to_go"] == 15
    )  # Ay0: 0.4 x 15, B_0: 15; on two at once (6 + 15) / 2, but never below the longest
    write_json(place / "failed" / "B_0.json", {"why": "no\nmemory"})
    assert status([str(place)]) == 0
    said = capsys.readouterr().out
    assert "2 of 4 done, 1 failed, 1 left, 1 of them begun, time to go: 6 s with 2 at once; not at work" in said
    assert "failed: B_0: no memory" in said
    assert study_status.clock(4000) == "1 h 6 min"
    with pytest.raises(Refusal, match="holds no study"):
        status([str(place / "rows")])


def test_results_and_page(place, capsys):
    text = GRID.replace("seeds = 2", "seeds = 10")
    assert study_command([write(place, text), "--out", str(place / "out"), "--jobs", "1"]) == 0
    assert "hidden 8" in capsys.readouterr().out
    results = read_json(place / "out" / "results.json")
    first, second = results["settings"]
    values = [[r["score"]["value"] for r in results["rows"] if r["config"]["hidden"] == h] for h in (4, 8)]
    assert [first["values"], second["values"]] == values
    assert first["mean"]["low"] == mean_interval(values[0]).low
    assert first["difference"] is first["probability"] is None
    assert second["difference"]["high"] == paired_difference(values[1], values[0]).high
    assert first["interquartile_mean"]["low"] <= first["interquartile_mean"]["value"]
    assert results["failed"] == {}
    page = (place / "out" / "report.html").read_text()
    assert "How toy learnt" in page
    assert "data:image/png" in page


def row(value, seed, better=1.0):
    return {
        "score": {"metric": "m", "value": value, "chance": 0.5, "reference": better, "scaled": value},
        "seconds": 1.0,
        "key": seed,
    }


def summary_of(tmp_path, label, values, task="A", better=1.0):
    job = spec.Job("A", 0, "quick", tmp_path)
    planned = [spec.Planned(spec.replace(job, seed=s), f"{task}{label}{s}", task, {}, {}, label) for s in values]
    return {(task, label): planned}, {
        p.key: row(v, p.job.seed, better) for p, v in zip(planned, values.values(), strict=True)
    }


def test_less_is_better_and_seeds_that_failed(tmp_path):
    groups, rows = summary_of(tmp_path, "x", {0: 0.3, 1: 0.2, 2: 0.1}, better=0.0)
    more, others = summary_of(tmp_path, "y", {1: 0.15, 2: 0.05}, better=0.0)
    first, second = study_report.summaries(groups | more, rows | others, tmp_path)
    assert first["worst"] == 0.3
    assert second["difference"]["value"] == pytest.approx(-0.05)  # of seeds 1 and 2, which both have
    assert second["probability"]["value"] == pytest.approx(5 / 6)  # of six pairs five have less: 0.15 is above 0.1
    assert second["interquartile_mean"] is None


def test_over_tasks(tmp_path):
    seeds = {s: s / 10 for s in range(10)}
    parts = [summary_of(tmp_path, "x", seeds, task) for task in "AB"]
    found = study_report.summaries(parts[0][0] | parts[1][0], parts[0][1] | parts[1][1], tmp_path)
    [over] = study_report.over_tasks(found)
    assert (over["tasks"], over["runs"]) == (["A", "B"], 20)
    assert over["interquartile_mean"]["value"] == pytest.approx(0.45)
    assert study_report.over_tasks(found[:1]) == []


def test_the_spec_in_the_docs_has_no_faults(tmp_path):
    page = (REPOSITORY / "docs" / "studies.md").read_text("utf-8")
    text = page.split("```toml\n")[1].split("```")[0]
    planned, faults = spec.plan(spec.load_spec(Path(write(tmp_path, text))), tmp_path, tmp_path, None)
    assert faults == []
    assert len(planned) == 2 * 2 * 5 + 2


def test_a_worker_ends_with_its_parent():
    code = "import time; from core.lab.study.engines import outlive_no_parent as end; end(-1); time.sleep(60)"
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, timeout=30).returncode == 1


def test_a_scheduler_is_judged_before_anything_is_written(place):
    path, out = write(place, SLOW), place / "out"
    with pytest.raises(Refusal, match="neither tcp:// on a loopback interface nor tls://"):
        study_command([path, "--out", str(out), "--engine", "dask", "--scheduler", "tcp://192.0.2.1:8786"])
    assert not out.exists()


def test_jobs_that_were_stopped_are_not_counted_as_done(place, monkeypatch):
    ended = []
    monkeypatch.setattr(runner, "_watching", lambda jobs, done, quiet: ended.append(done) or nullcontext())
    jobs = [Job("toy", seed, "quick", place / str(seed)) for seed in range(3)]
    outcomes = zip(jobs, ["failed", 15, {"score": {"metric": "m", "value": 1.0}, "seconds": 1.0}], strict=True)
    assert len(list(runner.followed(iter(outcomes), jobs, quiet=True))) == 3
    assert ended == [{jobs[0].folder, jobs[2].folder}]


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("spec.json", '{"spec": {}, "jobs": {"../x": {"task": "a", "label": "b"}}}'),
        ("spec.json", '{"spec": {}, "jobs": {"x": {"task": 1, "label": "b"}}}'),
        ("spec.json", '{"spec": {}, "jobs": []}'),
        ("session.json", '{"token": null, "workers": "two"}'),
        ("rows/x.json", '{"job_seconds": "long"}'),
        ("failed/x.json", '{"why": null}'),
        ("runs/x/metrics.jsonl", '{"progress": null}\n'),
    ],
)
def test_a_study_that_is_damaged_is_one_line(place, name, raw):
    for part in ("rows", "failed", "runs/x"):
        (place / part).mkdir(parents=True)
    write_json(place / "spec.json", {"spec": {}, "jobs": {"x": {"task": "a", "label": "b"}}})
    assert study_status.progress(place)["left"] == 1
    (place / name).write_text(raw)
    with pytest.raises(Refusal, match=Path(name).name):
        study_status.progress(place)
