"""The structure of 3,000 clips of spoken digits, told nothing: does it follow the word, or (--voice) who speaks?"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import Array, Rng
from core.lab import Report, Splits, check
from core.lab.audio.files import SUFFIXES, read_any
from core.lab.audio.griffin_lim import wav_bytes
from core.lab.packed import vector
from core.lab.report.pictures import save_bytes
from core.lab.report.plots import matrix
from unsupervised.clustering.evaluate import Terms, contingency, scores
from unsupervised.clustering.predictor import ClusterPredictor
from unsupervised.clustering.sound_task import COEFFICIENTS, MOMENTS, altered, cepstrum, clip_parts
from unsupervised.clustering.table_methods import METHODS, TableClusters, table_predictor

PLAYED = 5  # clips of each cluster that the page plays, at most

FACTS = {"mean": [float], "deviation": [float]}  # of the cepstra of the training part

PARADIGM = "unsupervised"
ABOUT = """3,000 recordings of spoken digits go in as cepstra, and ten clusters come out, without a label. With
--voice the loudness and colour of the voice stay in. The score is the cluster accuracy against the ten words;
guessing stays below 0.2. The report says whether the clusters follow the word or the speaker, beside k-means and
other methods, and lets you hear typical clips."""


@dataclass(frozen=True)
class Config(TableClusters):
    voice: bool = False  # keeps the mean cepstrum of a clip, which is its voice and microphone
    updates: int = 600  # minibatches of each start; of an auto-encoder, updates times starts in all
    tract: float = 0.2  # how far frequencies are warped, as by another voice, without --voice: up to exp(this)
    tempo: float = 1.0  # how far a clip is moved in time, in eighths of it; and stretched, in eighths of that

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, probability=("tract",), span={"tempo": (0, 4), "clusters": (2, math.inf)})


PRESETS = {"quick": {"updates": 200, "n_init": 2}, "best": {"updates": 1200, "n_init": 10}}


def predictor(config: Config, facts: Any) -> ClusterPredictor:
    mean, deviation = vector(facts["mean"]), vector(facts["deviation"], above=0)

    def read(raw: bytes) -> Array:
        z: Array = (cepstrum(read_any(raw), config.voice) - mean) / deviation
        return z[None]

    return table_predictor(config, len(mean), config.clusters, reads=SUFFIXES, read=read)


def make(config: Config, rng: Rng, data: Any) -> Any:
    clips = data("free-spoken-digits")
    x, parts = clip_parts(clips, config.voice)
    mean, deviation = x[parts[0]].mean(0), x[parts[0]].std(0) + 1e-6
    facts = {"mean": mean.tolist(), "deviation": deviation.tolist()}
    z = (x - mean) / deviation
    splits = Splits(*(a for part in parts for a in (z[part], clips.digit[part])))
    (names, speaker), test = np.unique(clips.speaker, return_inverse=True), parts[2]
    tract = 0.0 if config.voice else config.tract  # who speaks is not to be altered where it is listened to

    def spoken_otherwise(rng: Rng, x: Array) -> Array:
        c = altered(rng, (x * deviation + mean).reshape(-1, MOMENTS, COEFFICIENTS), tract, config.tempo)
        if not config.voice:
            c -= c.mean(1, keepdims=True)
        return ((c.reshape(x.shape) - mean) / deviation).astype(x.dtype)

    spoken = {
        row.tobytes(): f"{d} spoken by {name}, repetition {r}"
        for row, d, name, r in zip(z, clips.digit, clips.speaker, clips.repetition, strict=True)
    }

    def tell(report: Report, clusters: Callable[[Array], Array], folder: Path | None) -> None:
        said, named = clusters(splits.x_test), {"digit": clips.digit, "speaker": speaker}
        told = {title: scores(said, splits.x_test, t[test]) for title, t in named.items()}
        report.metrics |= {f"speaker_{name}": told["speaker"][name] for name in ("cluster_accuracy", "nmi", "ari")}
        follows = max(told, key=lambda title: told[title]["nmi"])
        rows = [f"  {title:8} NMI {found['nmi']:.3f}, ARI {found['ari']:.3f}" for title, found in told.items()]
        head = f"the {follows}, more than anything else that is known of a clip"
        report.texts["What the structure follows"] = "\n".join([head, *rows])
        if folder:
            matrix(folder / "speakers.png", contingency(said, speaker[test]), "cluster", "speaker")
            report.pictures["speakers.png"] = f"Clusters against speakers: {', '.join(names)}"
            for k in np.unique(said).tolist():
                own = test[said == k]
                near = own[((z[own] - z[own].mean(0)) ** 2).sum(1).argsort()[:PLAYED]]  # to the middle of the cluster
                pause = np.zeros(clips.rate // 5, np.float32)
                sounds = np.concatenate([part for i in near for part in (clips.clips[i], pause)])
                save_bytes(folder / f"cluster_{k}.wav", wav_bytes(sounds, clips.rate))
                report.pictures[f"cluster_{k}.wav"] = f"Cluster {k}: its {len(near)} most typical test clips"

    terms = Terms(lambda example: spoken[example.tobytes()], tell)
    learner = METHODS[config.method](splits, predictor(config, facts), config, rng, spoken_otherwise, terms)
    learner.prediction = lambda: facts
    return learner
