"""The safety net of the restructuring: a quick run of every task, recorded once and replayed after each step.

    python benchmarks/replay.py record NET --trivium TRIVIUM --data DATA      before the first edit
    python benchmarks/replay.py check NET --trivium TRIVIUM --data DATA       after each step

`record` keeps of each task the run folder, what `eval` and `predict` say of it, and of five tasks a run that was
stopped half way. `check` runs every task again and compares weights, figures and logs, all but the seconds; then it
asks the old folders with the new code (`eval`, `predict`), and goes on with the stopped ones.
"""

import argparse
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

STOPPED = ("digits", "digit_clusters", "text", "cartpole", "pendulum")
ENV = {**os.environ, "MPLBACKEND": "Agg", "COLUMNS": "100", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def renames():
    """The table of old names, where the code has one already: (tasks, fields of a task, values)."""
    if importlib.util.find_spec("core.lab.runs") and importlib.util.find_spec("core.lab.runs.former"):
        from core.lab.runs import former

        return former
    return None


def new_name(task):
    former = renames()
    return former.TASKS.get(task, task) if former else task


def call(trivium, *args, cwd=None, timeout=3600):
    return subprocess.run([trivium, *map(str, args)], capture_output=True, text=True, env=ENV, cwd=cwd, timeout=timeout)


def tasks(trivium):
    return [line.split()[0] for line in call(trivium, "list").stdout.splitlines() if line and not line.startswith(" ")]


def without_seconds(value):
    if isinstance(value, dict):
        return {k: without_seconds(v) for k, v in value.items() if k not in ("seconds", "command", "versions")}
    return [without_seconds(v) for v in value] if isinstance(value, list) else value


def figures(folder):
    """All that must not change of a run: result and log, without seconds, command and versions."""
    result = without_seconds(json.loads((folder / "result.json").read_text()))
    for name in ("task", "config", "problem"):
        result.pop(name, None)
    log = [without_seconds(json.loads(line)) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return {"result": result, "log": log}


def candidates(folder, where):
    """Files that a network may be asked about, by the shape of its first matrix."""
    from core.checkpoint import load

    _, texts = load(folder / "checkpoint.safetensors")
    shapes = [shape for shape in json.loads(texts["layout"]).values() if len(shape) >= 2]
    rng = np.random.default_rng(0)
    (where / "words.txt").write_text("The quick brown fox is here.\n")
    (where / "iris.csv").write_text("sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)\n5,3,1,1\n")
    yield where / "words.txt"
    for n in dict.fromkeys(int(n) for shape in shapes[:2] for n in shape[-2:]):
        for dtype in (np.float32, np.int64):
            for shape in ((5, n), (5,)):
                path = where / f"rows_{n}_{dtype.__name__}_{len(shape)}.npy"
                np.save(path, (rng.uniform(0, 2, shape)).astype(dtype))
                yield path
    for shape in ((5, 32, 32, 3), (5, 28, 28), (5, 784), (5, 64), (5, 3, 3), (5, 9), (5, 6, 7), (5, 42), (4, 30)):
        path = where / f"array_{'_'.join(map(str, shape))}.npy"
        np.save(path, rng.uniform(0, 1, shape).astype(np.float32))
        yield path
    from scipy.io import wavfile

    wavfile.write(where / "clip.wav", 8000, (8000 * np.sin(np.arange(4000) / 7)).astype(np.int16))
    yield where / "clip.wav"
    yield where / "iris.csv"


def record(net, trivium, data):
    def one(task):
        started = time.perf_counter()
        out = net / "runs" / task
        if not (out / "result.json").exists():
            shutil.rmtree(out, ignore_errors=True)
            done = call(trivium, "run", task, "--quick", "--json", "--data", data, "--out", out)
            if done.returncode:
                print(f"{task}: {done.stderr[-400:]}", flush=True)
                return
        asked = net / "asked" / task
        if not (asked / "eval.json").exists():
            asked.mkdir(parents=True, exist_ok=True)
            done = call(trivium, "eval", out, "--json", "--data", data)
            (asked / "eval.json").write_text(done.stdout if not done.returncode else json.dumps(done.stderr))
            said = {}
            for path in candidates(out, asked):
                done = call(trivium, "predict", out, path, "--json", "--data", data)
                if not done.returncode:
                    said = {"file": path.name, "said": json.loads(done.stdout)}
                    break
                if "does not predict" in done.stderr:
                    break
            (asked / "predict.json").write_text(json.dumps(said))
        file = json.loads((asked / "predict.json").read_text()).get("file")
        print(f"{task}  {time.perf_counter() - started:.0f} s  {file}", flush=True)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, tasks(trivium)))
    for task in STOPPED:
        stop_half_way(net / "stopped" / task, trivium, task, data)


def stop_half_way(out, trivium, task, data):
    if (out / "checkpoint.safetensors").exists():
        return
    words = [trivium, "run", task, "--quick", "--json", "--data", str(data), "--out", str(out), "--save-every", "0"]
    process = subprocess.Popen(words, env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        log = out / "metrics.jsonl"
        if log.exists() and len(log.read_text().splitlines()) >= 8:
            process.send_signal(signal.SIGINT)
            break
        time.sleep(0.005)
    process.wait()
    print(f"{task}: stopped: {not (out / 'result.json').exists()}", flush=True)


def check(net, trivium, data, only, fresh, old, again):
    """Prints a line a task; returns whether all is as it was."""
    faults = []

    def one(task):
        said = []
        if fresh:
            out = again / task
            shutil.rmtree(out, ignore_errors=True)
            done = call(trivium, "run", new_name(task), "--quick", "--json", "--data", data, "--out", out)
            if done.returncode:
                said.append("run: " + done.stderr.strip()[-300:])
            elif (now := figures(out)) != (was := figures(net / "runs" / task)):
                same = now["result"]["w_sha256"] == was["result"]["w_sha256"]
                where = [k for k in was["result"] if was["result"][k] != now["result"].get(k)]
                said.append(
                    f"weights {'equal' if same else 'DIFFER'}; differs in {where}"
                    f"{', log' if now['log'] != was['log'] else ''}"
                )
            shutil.rmtree(out, ignore_errors=True) if not said else None
        if old:
            asked, folder = net / "asked" / task, again / "old" / task
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(net / "runs" / task, folder)
            done = call(trivium, "eval", folder, "--json", "--data", data)
            now = done.stdout if not done.returncode else json.dumps(done.stderr)
            was = (asked / "eval.json").read_text()
            if now != was:
                said.append(f"eval: {now.strip()[-200:]} was {was.strip()[-200:]}")
            told = json.loads((asked / "predict.json").read_text())
            if told:
                done = call(trivium, "predict", folder, asked / told["file"], "--json", "--data", data)
                if done.returncode or json.loads(done.stdout) != told["said"]:
                    said.append(f"predict: {(done.stderr or done.stdout).strip()[-200:]}")
            shutil.rmtree(folder, ignore_errors=True)
        if task in STOPPED and old:
            folder = again / "stopped" / task
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(net / "stopped" / task, folder)
            done = call(trivium, "resume", folder, "--json", "--data", data)
            if done.returncode:
                said.append("resume: " + done.stderr.strip()[-300:])
            elif figures(folder) != figures(net / "runs" / task):
                said.append("resume: another result than never stopped")
        print(f"{task}: {'; '.join(said) or 'as before'}", flush=True)
        faults.extend(said)

    names = only or sorted(path.name for path in (net / "runs").iterdir())
    with ThreadPoolExecutor(int(os.environ.get("WORKERS", 2))) as pool:
        list(pool.map(one, names))
    print(f"{len(names)} tasks, {len(faults)} faults")
    return not faults


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["record", "check"])
    parser.add_argument("net", type=Path)
    parser.add_argument("--trivium", default="trivium")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--again", type=Path, help="a folder for the runs of a check")
    parser.add_argument("--no-fresh", action="store_true")
    parser.add_argument("--no-old", action="store_true")
    args = parser.parse_args()
    net, data = args.net.resolve(), args.data.resolve()
    if args.what == "record":
        record(net, args.trivium, data)
    else:
        sys.exit(
            not check(
                net, args.trivium, data, args.only, not args.no_fresh, not args.no_old, args.again or net / "again"
            )
        )
