"""Pictures of words that nobody said beside words that somebody did."""

from pathlib import Path

import numpy as np

from core import Array
from core.lab.audio.griffin_lim import wav_bytes
from core.lab.audio.wav import Sound, read_sound
from core.lab.learner import Report
from core.lab.report.plots import image_sheet, matrix
from unsupervised.generative.speech import WORDS, Speaker
from unsupervised.generative.speech_features import DEPTH, picture_of


def draw_sounds(
    report: Report, folder: Path, learner: Speaker, files: list[bytes], words: Array, voices: Array, heard: Array
) -> None:
    """Spectra, a matrix, and sounds for the page: wav files, what was intended, in whose voice, what was heard."""
    said, K = learner.said, len(WORDS)
    sounds, titles = list[Sound](), list[str]()
    for k in range(K):
        voice = k % len(said.voices)
        name = f"{WORDS[k]}_{said.voices[voice]}"
        real = said.test[(said.word[said.test] == k) & (said.voice[said.test] == voice)][:3]
        made = np.flatnonzero((words == k) & (voices == voice))[:3]
        report.pictures[f"sounds/{name}_0.wav"] = f"made: {WORDS[k]}, in the voice of {said.voices[voice]}"
        (folder / "sounds" / f"real_{name}.wav").write_bytes(wav_bytes(said.clips[real[0]], said.rate))
        report.pictures[f"sounds/real_{name}.wav"] = f"real: {WORDS[k]}, {said.voices[voice]}, of the test part"
        sounds += [Sound(said.clips[i], said.rate) for i in np.resize(real, 3)]
        sounds += [read_sound(files[i]) for i in np.resize(made, 3)]
        titles += [f"{WORDS[k]}, {said.voices[voice]}"] * 3 + [f"made: {WORDS[k]}"] * 3
    pictures = np.stack([1 + picture_of(sound)[0] / DEPTH for sound in sounds]).swapaxes(1, 2)[:, ::-1]  # n, F, T
    image_sheet(folder / "spectra.png", pictures, titles, columns=6)
    counts = np.zeros((K, K), int)
    np.add.at(counts, (words, heard), 1)
    matrix(folder / "matrix.png", counts, "intended", "heard by the judge", WORDS)
    report.pictures |= {
        "spectra.png": "A row a word: three real clips of the test part, then three that were made, seen from "
        "their wav files; time goes right, pitch up, the lengths made equal",
        "matrix.png": "What was intended against what the judge heard in the files",
    }
