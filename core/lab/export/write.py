"""A run's network written as a file for others, and the file compared with the run's own answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from core import Array
from core.checkpoint import sha256, written
from core.lab.errors import Refusal
from core.lab.export.graph import Graph, graph_of
from core.lab.runs.folder import RESULT
from core.lab.runs.open import Run
from core.lab.signature import Signature

TOLERANCE = 1e-4  # of the largest answer
ASKED = 32  # random examples that the file is compared on


class Differs(Exception):
    """The file would not answer as the run does."""


def about(run: Run, signature: Signature) -> dict[str, str]:
    """What a file says of itself: task, figures, weights, the names of classes; texts alone."""
    names = getattr(signature.outputs, "names", ())
    found = {
        "task": run.setup.task.name,
        "about": " ".join([" ".join(run.setup.task.about.split()), *(f"Note: {note}." for note in signature.notes)]),
        "seed": str(run.setup.seed),
        "w_sha256": sha256(signature.w),
    }
    if names:
        found["classes"] = json.dumps(names)
    if (run.folder / RESULT).exists():
        found["score"] = json.dumps(run.result["score"])
        found["metrics"] = json.dumps(run.result["metrics"])
    return found


def exported(run: Run, path: Path) -> dict[str, Any]:
    """Writes the run's network to `path`, of the kind that its suffix says, and says what is in it.

    Raises Refusal for another suffix, and for a network that such a file cannot hold.
    """
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        raise Refusal(f"{path} is of no kind that is written here: {', '.join(WRITERS)}")
    if suffix == ".onnx" and not find_spec("onnx"):
        raise Refusal('ONNX needs the package onnx: pip install "trivium[onnx]"')
    signature = run.can("signature", "export: its answers are not the outputs of one network")(run.w)
    graph = graph_of(signature)
    forms = {name: (t, shape) for name, (_, t, shape) in graph.outputs.items()}
    told = {
        "file": str(path),
        "inputs": {name: f"{t} {['N', *shape]}" for name, (t, shape) in graph.inputs.items()},
        "outputs": {name: f"{t} {['N', *shape]}" for name, (t, shape) in forms.items()},
        "notes": list(signature.notes),
    }
    return told | WRITERS[suffix](path, graph, signature, about(run, signature))


def difference(run: Callable[[Mapping[str, Array]], Mapping[str, Array]], signature: Signature) -> float:
    """The largest difference of what `run` answers from our own answers, as a share of the largest answer.

    On random examples, always the same. One that is not finite counts as infinite.
    """
    given = signature.inputs.sample(np.random.default_rng(0), ASKED)
    ours = signature.outputs.answer(signature.ask(signature.inputs.examples(given)))
    answers = run(given)
    name = next(name for name in answers if name.rstrip("_") == signature.outputs.main)
    theirs = np.asarray(answers[name], np.float64)
    if theirs.shape != ours.shape or not np.isfinite(theirs).all():
        return float("inf")
    return float(np.abs(theirs - ours).max() / max(np.abs(ours).max(), np.finfo(np.float32).tiny))


def _onnx(path: Path, graph: Graph, signature: Signature, about: Mapping[str, str]) -> dict[str, Any]:
    from core.lab.export import onnx

    model = onnx.model(graph, about)
    run, by = onnx.runner(model)
    if not (largest := difference(run, signature)) <= TOLERANCE:
        raise Differs(f"the answers of ONNX, by {by}, are off ours by {largest:.1e} of the largest; nothing is written")
    with written(path) as aside:
        aside.write_bytes(model)
    return {"difference": largest, "compared": by}


def _safetensors(path: Path, graph: Graph, signature: Signature, about: Mapping[str, str]) -> dict[str, Any]:
    from core.lab.export import safetensors

    safetensors.write(path, signature, about)
    return {}


def _numpy(path: Path, graph: Graph, signature: Signature, about: Mapping[str, str]) -> dict[str, Any]:
    from core.lab.export import numpy_source

    return {"weights": str(numpy_source.write(path, graph, about))}


WRITERS: dict[str, Callable[[Path, Graph, Signature, Mapping[str, str]], dict[str, Any]]] = {
    ".onnx": _onnx,
    ".safetensors": _safetensors,
    ".py": _numpy,
}
