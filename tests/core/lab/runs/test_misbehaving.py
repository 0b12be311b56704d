"""Tasks that misbehave: whatever they do, one line says what and where, and nothing that was learnt is lost."""

import contextlib
import json
import os
import re
import signal
import threading
import time

import pytest

from core.lab.cli import main
from core.lab.errors import Stopped
from core.lab.guard import aside
from core.lab.runs import signals
from core.lab.runs.run import Run, prepare, resume, start

TASK = '''
"""A task that misbehaves."""
import os, sys, time
from dataclasses import dataclass
from pathlib import Path
import numpy as np
from core.lab import Report
import toy_task
PARADIGM, PRESETS = "supervised", {"quick": {}}
{top}
@dataclass(frozen=True)
class Config:
    hidden: int = 4
    updates: int = 2
    lr: float = 0.1
    pause: float = 0.0
    bad_at: int = 0
    {field}
class Odd(toy_task.Toy):
    {member}
def make(config, rng, data):
    {make}
    return Odd(config, rng)
{end}
'''
REPORT = "def report(self, w, folder): return Report({}, 'a', 0, 1, 'b')"


def odd(folder, top="", field="", member="pass", make="", end=""):
    text, path = TASK, folder / "odd.py"
    for name, part in {"top": top, "field": field, "member": member, "make": make, "end": end}.items():
        text = text.replace(f"{{{name}}}", part)
    path.write_text(text)
    return str(path)


@pytest.fixture(autouse=True)
def keyboard():
    """As in a terminal: where a shell starts us in the background, SIGINT is ignored and no key is ever pressed."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"top": "sys.exit()"}, r"odd.py cannot be imported: it raised SystemExit \(odd.py:10\)"),
        ({"top": "raise KeyboardInterrupt('no')"}, "stopped"),  # as if it were the user's: nobody can tell here
        ({"make": "sys.exit(0)"}, r"odd: make raised SystemExit: 0 \(odd.py:"),
        ({"make": "return None"}, "odd: make gives a NoneType, no learner: it lacks net, w, monitor, progress"),
        ({"make": "raise StopIteration"}, r"odd: make raised StopIteration \(odd.py:"),
        ({"make": "raise ValueError('seven is too many')"}, "^error: odd: seven is too many$"),
        ({"member": "def update(self): sys.exit(3)"}, r"odd: update raised SystemExit: 3 \(odd.py:.*no checkpoint yet"),
        ({"member": "def update(self): raise KeyboardInterrupt"}, "odd: update raised KeyboardInterrupt"),
        ({"member": "def update(self): raise GeneratorExit"}, "odd: update raised GeneratorExit"),
        ({"member": "def update(self): raise OSError(2, 'gone')"}, "odd: update raised FileNotFoundError:.*gone"),
        ({"member": "def update(self): return self.update()"}, "odd: update raised RecursionError"),
        ({"member": "def update(self): return None"}, "odd: update gives None, not a dictionary of figures"),
        (
            {"member": "def update(self): return {'loss': [1, 2]}"},
            r"odd: update gives loss = \[1, 2\], which",
        ),
        ({"member": "def update(self): return {'loss': 'low'}"}, "update gives loss = 'low', which is no number"),
        ({"member": "def evaluate(self): return {'accuracy': 1}"}, r"monitor is \+val_accuracy, which is no figure of"),
        ({"member": "def evaluate(self): 1 / 0"}, "evaluate raised ZeroDivisionError: division by zero"),
        (
            {"member": "def state(self): return {'a': np.array([{}])}"},
            "state holds a of object, not",
        ),
        ({"member": "def state(self): return 1"}, "state raised AttributeError"),
        ({"member": "progress = float('nan')"}, "odd: progress is nan, not a number from 0 to 1"),
        ({"member": "progress = None"}, "odd: progress is None, not a number"),
        ({"member": "def prediction(self): return {'x': b'1'}"}, "odd: prediction raised TypeError"),
        (
            {"member": "def report(self, w, folder): sys.exit(0)"},
            "report raised SystemExit: 0.*weights are kept",
        ),
        (
            {"member": "def report(self, w, folder): return {}"},
            r"report gives \{\}, not a Report; the weights",
        ),
        ({"member": REPORT}, "the report's metric 'a' is not among its metrics: none; the weights are kept: trivium"),
        (
            {"member": REPORT.replace("{}", "{'a': b'1'}")},
            "the figure a in metrics of the report is b'1', which is",
        ),
        (
            {"member": REPORT.replace("{}", "{'a': np.nan}")},
            "the figure a in metrics of the report is nan, which",
        ),
        (
            {"member": REPORT.replace("{}", "{'a': 1}").replace("'b'", "'b', texts={'t': 1}")},
            "texts of the report",
        ),
        (
            {"field": "at: Path = Path('x')"},
            "the field at of Config holds PosixPath.'x'., a PosixPath",
        ),
        ({"member": REPORT.replace("{}", "{'a': 10**400}")}, "the figure a in metrics of the report is 1000"),
        ({"member": "monitor = '5'"}, "odd: monitor is 5, which is no figure of evaluate: val_accuracy"),
        ({"member": "@property\n    def weights(self): raise KeyError('w')"}, "odd: weights raised KeyError: 'w'"),
        ({"member": "def update(self): d = super().update(); self.w = None; return d"}, "odd: w raised AttributeError"),
        (
            {"member": "progress = 0; update = lambda self: {}"},
            "progress stands still at 0.0 since 10,000 updates",
        ),
        ({"end": "make = 'x'"}, "odd is not a task: its make is no function"),
        ({"end": "PRESETS = []"}, "odd is not a task: its PRESETS is no dictionary of dictionaries"),
        ({"end": "Config = 5"}, "odd is not a task: its Config is no dataclass"),
        ({"field": "at: object = object()"}, "the field at of Config holds <object"),
        ({"field": "at: float = float('inf')"}, "the field at of Config holds inf, a float"),
        ({"field": "at: float = np.float32(1)"}, "the field at of Config holds np.float32"),
        ({"field": "def __post_init__(self): sys.exit(0)"}, "odd: Config raised SystemExit: 0"),
    ],
)
def test_one_line_and_exit_code_2(parts, says, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    started = time.perf_counter()
    stopped = says == "stopped"
    assert main(["run", odd(tmp_path, **parts), "--out", "run", "--json"]) == (130 if stopped else 2)
    ended = capsys.readouterr()
    assert re.search(says, ended.err), ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""
    assert time.perf_counter() - started < 20


def test_figures_of_any_number_type_are_numbers(tmp_path):
    figures = "{'a': np.float32(0.5), 'b': np.array([2]), 'c': Decimal('0.25'), 'd': True}"
    member = REPORT.replace("{}", figures).replace("0, 1", "np.int64(0), np.array(1.0)")
    folder = tmp_path / "run"
    path = odd(tmp_path, "from decimal import Decimal", member=member)
    assert main(["run", path, "--out", str(folder), "--json"]) == 0
    result = json.loads((folder / "result.json").read_text())
    assert result["metrics"] == {"a": 0.5, "b": 2.0, "c": 0.25, "d": 1.0}
    assert result["score"] == {"metric": "a", "value": 0.5, "chance": 0.0, "reference": 1.0, "scaled": 0.5}


def test_what_a_task_prints_spoils_no_json(tmp_path, capfd):
    loud = "print('loud'); os.write(1, b'raw');"
    member = f"def evaluate(self): {loud} return super().evaluate()"
    assert main(["run", odd(tmp_path, loud, member=member, make=loud), "--out", str(tmp_path / "run"), "--json"]) == 0
    ended = capfd.readouterr()
    assert json.loads(ended.out)["task"] == "odd"
    assert ended.err.count("loud") == ended.err.count("raw") == 4  # at import, in make, and in two evaluations


def test_a_task_that_prints_is_checked_in_json(tmp_path, capfd):
    assert main(["check", odd(tmp_path, "print('loud')", make="print('loud')"), "--json"]) in (0, 1)
    assert len(json.loads(capfd.readouterr().out)) > 8


def test_aside_gives_back_what_it_took(capfd):
    print("before")
    with aside(), aside():
        print("within")
    print("after")
    assert capfd.readouterr() == ("before\nafter\n", "within\n")


ENDLESS = """def update(self):
        while self.count == 1 and not Path("gone").exists(): %s
        return super().update()"""


@pytest.mark.parametrize(
    ("body", "midway"),
    [
        ("pass", True),
        ("\n            try: time.sleep(60)\n            except Stopped: break", False),
    ],
)
def test_an_update_that_does_not_end_is_stopped_and_nothing_is_lost(body, midway, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signals, "GRACE", 0.2)
    path = odd(tmp_path, "from core.lab.errors import Stopped", member=ENDLESS % body)
    setup = prepare(path, "default", {"updates": 4}, 0, None)
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    started = time.perf_counter()
    with pytest.raises(Stopped) as stop:
        start(setup, tmp_path / "run", save_every=0, pictures=False)
    assert time.perf_counter() - started < 5
    assert stop.value.midway == midway
    (tmp_path / "gone").touch()
    resumed = resume(Run(tmp_path / "run", setup), pictures=False)
    whole = start(setup, tmp_path / "whole", pictures=False)
    assert resumed.result["w_sha256"] == whole.result["w_sha256"]
    assert resumed.rows()[-1]["loss"] == whole.rows()[-1]["loss"]


@pytest.mark.parametrize("where", ["make", "report"])
def test_other_code_that_does_not_end_stops_at_once(where, tmp_path, capfd):
    parts = {"make": {"make": "while True: pass"}, "report": {"member": "def report(self, w, folder): time.sleep(60)"}}
    threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGTERM)).start()
    assert main(["run", odd(tmp_path, **parts[where]), "--out", str(tmp_path / "run")]) == 143
    assert "Go on with: trivium resume" in capfd.readouterr().err


def test_a_configuration_may_hold_what_is_plain(tmp_path):
    setup = prepare(odd(tmp_path, field="a: tuple = (1, ('b', None))"), "default", {}, 0, None)
    assert setup.config.a == (1, ("b", None))


def test_a_signal_that_a_report_keeps_to_itself_stops_the_run_all_the_same(tmp_path):
    def swallows(learner, w, folder):
        with contextlib.suppress(BaseException):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
        return whole(learner, w, folder)

    setup = prepare(odd(tmp_path), "default", {"updates": 3}, 0, None)
    learner = type(setup.build()[0])
    whole = learner.report
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learner, "report", swallows)
        with pytest.raises(Stopped):
            start(setup, tmp_path / "run", pictures=False)
    assert not (tmp_path / "run" / "result.json").exists()
    assert resume(Run(tmp_path / "run", setup), pictures=False).result["task"] == "odd"
