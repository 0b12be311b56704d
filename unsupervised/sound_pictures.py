"""Pictures of words that nobody said beside words that somebody did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.initializers import Array
from core.lab.learner import Report
from core.lab.sounds import Sound, read_sound
from unsupervised.voice import DEPTH, seen

if TYPE_CHECKING:
    from unsupervised.speaker import Speaker


def draw_sounds(report: Report, folder: Path, learner: Speaker, files: list[bytes], words: Array, voices: Array,
                heard: Array) -> None:  # fmt: skip
    """spectra.png and matrix.png, with their captions: wav files, what was intended, in whose voice, what was heard."""
    from core.lab.plots import image_sheet, matrix
    from unsupervised.speaker import WORDS

    said = learner.said
    V, K = len(said.voices), len(WORDS)
    sounds, titles = list[Sound](), list[str]()
    for k in range(K):
        voice = k % V
        real = said.test[(said.word[said.test] == k) & (said.voice[said.test] == voice)][:3]
        made = np.flatnonzero((words == k) & (voices == voice))[:3]
        sounds += [Sound(said.clips[i], said.rate) for i in np.resize(real, 3)]
        sounds += [read_sound(files[i]) for i in np.resize(made, 3)]
        titles += [f"{WORDS[k]}, {said.voices[voice]}"] * 3 + [f"made: {WORDS[k]}"] * 3
    pictures = np.stack([1 + seen(sound)[0] / DEPTH for sound in sounds]).swapaxes(1, 2)[:, ::-1]  # n, F, T
    image_sheet(folder / "spectra.png", pictures, titles, columns=6)
    report.pictures["spectra.png"] = (
        "A row a word: three real clips of the test part, then three that were made, seen from "
        "their wav files; time goes right, pitch up, the lengths made equal"
    )
    counts = np.zeros((K, K), int)
    np.add.at(counts, (words, heard), 1)
    matrix(folder / "matrix.png", counts, "intended", "heard by the judge", WORDS)
    report.pictures["matrix.png"] = "What was intended against what the judge heard in the files"
