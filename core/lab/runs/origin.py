"""`--from RUN`: a run that starts from another's weights, all of them or the layers that fit.

A layer fits where both networks have it under the same name and all its parameters have the same shapes; networks whose
parameters have the same shapes in the same order fit whole, whatever their layers are called. All else begins anew. So
what a place in a layer stands for, a class or a character, is not compared.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core import Array
from core.checkpoint import CheckpointError, load, previous, sha256
from core.lab import Learner, unprefixed, weights
from core.lab.errors import Refusal, refusing
from core.lab.files import checked
from core.lab.guard import guarded
from core.lab.paths import user_path
from core.lab.runs import former
from core.lab.runs.folder import CHECKPOINT, LOG, ORIGIN_FORM

if TYPE_CHECKING:
    from core.lab.runs.loop import Loop

Layout = Mapping[str, list[int]]


@dataclass(frozen=True)
class Origin:
    """The run whose best weights another starts from. `w_sha256` says which weights these are, wherever they lie."""

    folder: str  # absolute, when the run began
    task: str
    w_sha256: str
    layout: Layout

    def text(self) -> str:
        """What a checkpoint says of it."""
        return json.dumps({"task": self.task, "w_sha256": self.w_sha256})

    def described(self, learner: Learner) -> dict[str, Any]:
        """What result.json says of it: also the layers that were taken over, and those that began anew."""
        taken, anew = divided(self.layout, _layout(learner))
        return {"folder": self.folder, "task": self.task, "w_sha256": self.w_sha256, "layers": taken, "anew": anew}

    def note(self, learner: Learner) -> str:
        """The same in a line, without the folder."""
        taken, anew = divided(self.layout, _layout(learner))
        which = f"layers {', '.join(taken)} of the weights; {', '.join(anew)} begin anew" if anew else "all weights"
        whose = f"a run of the task {self.task} (w_sha256 {self.w_sha256[:12]})"
        return f"It starts from {whose}, from {which}; what that run learnt from is not counted here"


def origin_of(folder: str | Path) -> Origin:
    """The run in a folder as something to start from. Raises Refusal where it has no weights yet, or none of ours."""
    return _read(user_path(folder).absolute())[0]


def from_json(found: Any) -> Origin | None:
    """What config.json says of it."""
    return None if found is None else Origin(**{name: found[name] for name in ORIGIN_FORM})


def divided(theirs: Layout, ours: Layout) -> tuple[list[str], list[str]]:
    """The layers of ours that fit, and those that do not."""
    layers: dict[str, dict[str, list[int]]] = {}
    for name, shape in ours.items():
        layers.setdefault(_layer(name), {})[name] = shape
    if [*theirs.values()] == [*ours.values()]:
        return [*layers], []
    known = {_layer(name) for name in theirs}
    whole = {name: {k: shape for k, shape in theirs.items() if _layer(k) == name} for name in known}
    taken = [name for name, parts in layers.items() if whole.get(name) == parts]
    return taken, [name for name in layers if name not in taken]


def check_fits(origin: Origin, learner: Learner) -> None:
    """Raises Refusal, naming both layouts, where no layer fits."""
    if not divided(origin.layout, ours := _layout(learner))[0]:
        both = f"it has {json.dumps(origin.layout)}, this network {json.dumps(ours)}"
        raise Refusal(f"no layer of the run in {origin.folder} fits: {both}")


def begin(loop: Loop, origin: Origin) -> None:
    """Puts the weights into a learner at its start, and saves it: from then on the other run is not needed.

    Raises Refusal where they are not there any more, or are others.
    """
    now, w, state = _read(Path(origin.folder))
    if now.w_sha256 != origin.w_sha256:
        why = f"their SHA-256 is {now.w_sha256}, it was {origin.w_sha256}: put them back, or begin another run"
        raise Refusal(f"the weights of the run in {origin.folder} are not those to start from: {why}")
    learner, layout = loop.learner, _layout(loop.learner)
    new, a = learner.w.copy(), 0
    taken, anew = divided(origin.layout, layout)
    if not anew:
        new[:] = w
    else:
        views, parts = learner.net.views(new), dict[str, Array]()
        for name, shape in origin.layout.items():
            size = math.prod(shape)
            parts[name], a = w[a : a + size].reshape(shape), a + size
        for name in layout:
            if _layer(name) in taken:
                views[name][...] = parts[name]
    with guarded(f"{loop.texts.get('task', 'the task')}: start_from"), refusing("it cannot start there", ValueError):
        start(learner, new, state)
    with open(loop.folder / LOG, "r+b") as log:
        loop.save(log)


def start(learner: Any, w: Array, state: Mapping[str, Array]) -> None:
    """The learner at its start takes w (net.size,) for the weights that it drew.

    One that keeps copies of them has `start_from(w, state)`, where `state` is that of the learner whose weights they
    were. Of others the running average that is judged, if there is one, starts there too.
    """
    if hasattr(learner, "start_from"):
        learner.start_from(w, state)
        return
    learner.w[:] = w
    if (judged := weights(learner)) is not learner.w:
        judged[:] = w


def _read(folder: Path) -> tuple[Origin, Array, dict[str, Array]]:
    """The origin, its best weights, and the state of its learner."""
    path = folder / CHECKPOINT
    if not path.exists():
        path = previous(path)
    if not path.exists():
        raise Refusal(f"there are no weights in {folder} to start from: it has no {CHECKPOINT}")
    try:
        arrays, texts = load(path)
    except CheckpointError as error:
        raise Refusal(str(error)) from error
    former.check_format(texts.get("format"), path)
    with refusing(f"{path} does not say what its weights are of", ValueError, KeyError, RecursionError):
        layout = checked(json.loads(texts["layout"]), ORIGIN_FORM["layout"])
        task = texts["task"]
    if (w := arrays.get("best")) is None:
        raise Refusal(f"the run in {folder} has no weights yet: trivium resume {folder}")
    sizes = [math.prod(shape) if min(shape, default=0) >= 0 else -1 for shape in layout.values()]
    if min(sizes, default=0) < 0 or w.shape != (sum(sizes),) or not np.isfinite(w.sum(dtype=np.float64)):
        raise Refusal(f"{path} cannot be started from: its best is no vector of {sum(sizes)} finite numbers")
    return Origin(str(folder), task, sha256(w), layout), w, unprefixed("learner", arrays)


def _layout(learner: Learner) -> dict[str, list[int]]:
    return {name: list(shape) for name, shape in learner.net.layout.items()}


def _layer(name: str) -> str:
    """The layer of a parameter: "0" of "0.weight"; a network of one layer has no name, and is called "all"."""
    return name.rpartition(".")[0] or "all"
