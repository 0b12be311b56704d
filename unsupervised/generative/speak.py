"""`trivium speak DIR`: the network of a run says words, each into a wav file: --word seven."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.lab import Refusal, check
from core.lab.cli.flags import Imports, parse


@dataclass(frozen=True)
class SpeakFlags:
    """Words that nobody said, as wav files: trivium speak DIR --word seven."""

    folder: Path  # the run folder
    word: str = ""  # what is said; every word that the run knows if none is named
    voice: str = ""  # in whose voice; in every voice if none is named
    count: int = 1  # sayings of each word in each voice
    temperature: float = 1.0  # how far sayings are from the usual one: 0 is the usual one, each time
    seed: int = 0  # of the codes; the same seed gives the same bytes
    out: Path = Path("sounds")  # the folder for the wav files; files that are there are never written over
    task: str | None = None  # the task's file, for a run whose task came as a file
    import_: Imports = ()  # a file or module to import first, which executes it; may be given several times
    data: Path | None = None  # where data sets lie, if --data was given to the run
    json: bool = False  # prints the names of the files as JSON

    def __post_init__(self) -> None:
        check(self, span={"seed": (0, 2**63 - 1), "count": (1, 10_000), "temperature": (0, 10)})


def speak(args: Sequence[str]) -> int:
    """Writes the files and prints their names. Raises Refusal for a run that does not speak, and for unknown words."""
    from core.lab.environment import blas_threads
    from core.lab.runs.imports import load
    from core.lab.runs.open import open_run
    from core.lab.runs.tasks import find

    flags = parse(SpeakFlags, args, "trivium speak")
    imports = load(flags.import_)
    run = open_run(flags.folder, find(flags.task) if flags.task else None, flags.data, imports)
    say = run.can("recordings", "speak")
    rng = np.random.default_rng(flags.seed)
    try:
        with blas_threads(run.predictor.net.size):
            files = say(run.w, flags.word, flags.voice, flags.count, flags.temperature, rng)
    except ValueError as error:
        raise Refusal(str(error)) from error
    paths = [flags.out / name for name in files]
    if there := next((path for path in paths if path.exists()), None):
        raise Refusal(f"{there} is there already: name another folder with --out")
    try:
        flags.out.mkdir(parents=True, exist_ok=True)
        for path, content in zip(paths, files.values(), strict=True):
            path.write_bytes(content)
    except OSError as error:
        raise Refusal(f"cannot write to {flags.out}: {error.strerror or error}") from error
    print(json.dumps([str(path) for path in paths]) if flags.json else "\n".join(map(str, paths)))
    return 0
