"""`trivium predict RUN FILE ...`: what a run's network says of files, of folders of them, of standard input."""

import json
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path

from core.checkpoint import written
from core.lab.answers.answers import OUT, Answers, check_out, lines, objects, table, total
from core.lab.answers.asking import Asking
from core.lab.answers.examples import known
from core.lab.answers.inputs import files
from core.lab.cli.flags import OpenFlags, Repeated, parse
from core.lab.config import check
from core.lab.errors import Refusal, refusing
from core.lab.former import moved
from core.lab.terminal import note


@dataclass(frozen=True)
class PredictFlags(OpenFlags):
    """What a run's network predicts for each example in the files: .csv, .npy, pictures, sounds, .txt for text.

    A folder stands for all files below it, - for standard input. A file that cannot be read is told and left out; the
    exit code is 2 where none can.
    """

    files: tuple[Path, ...]  # the examples, in the units that the task trains on
    _: KW_ONLY
    json: bool = False  # prints JSON: answers, each with the three likeliest classes, and the score if there is one
    out: Path | None = None  # writes .csv, .tsv or .json: the rows of the input, and beside them the answers
    force: bool = False  # writes over that file
    target: Repeated = ()  # the column of the true answers, which they are scored against; may be given several times
    threshold: float | None = None  # says the second of two classes, or what is detected, from this probability on
    format: str = ""  # what standard input is: csv, npy, txt, png, wav, ...; found out if none is given

    def __post_init__(self) -> None:
        check(self, span={} if self.threshold is None else {"threshold": (0, 1)})


def predict(args: Sequence[str]) -> int:
    flags = parse(PredictFlags, args, "trivium predict")
    if not flags.files:
        raise Refusal("name the files to be asked about (see trivium predict --help)")
    run = flags.run()
    predictor, own = run.predictor, getattr(run.predictor, "targets", ())
    run.can("predict", "predict")
    paths, told = files(flags.files, known(getattr(predictor, "reads", ())))
    if flags.out:
        check_out(flags.out, flags.force, paths)
    many, shown = len(paths) > 1, not (flags.json or flags.out)
    targets = flags.target or own
    likely = not shown or many
    asking = Asking(
        predictor, run.ask, likely, bool(flags.out), targets, bool(flags.target), flags.threshold, flags.format
    )
    answers, left = list[Answers](), dict[str, str]()
    for path in paths:
        try:
            answers.append(asking.answers(path))
        except Refusal as error:
            if not many:
                raise
            left[str(path)] = str(error)
            told.append(f"left out: {error}")
        else:
            for line in lines(answers[-1], many) if shown and many else ():  # as they come
                print(line)
        while answers and told:  # of no use while there are no answers
            note(told.pop(0))
    if not answers:
        raise Refusal(f"none of {len(paths):,} files could be answered; the first: {next(iter(left.values()))}")
    try:
        found = total(answers, targets)
    except ValueError as error:  # which costs no answer
        found = {}
        note(f"not scored by the column {', '.join(targets)}: {error}")
    said = {"answers": [each for a in answers for each in objects(a)]} | ({"score": found} if found else {})
    said |= {"left_out": left} if left else {}
    if flags.out:
        divider = OUT[flags.out.suffix.lower()]
        made = json.dumps(said).encode() if flags.out.suffix.lower() == ".json" else table(answers, targets, divider)
        with refusing(f"cannot write to {flags.out}", OSError), written(flags.out) as aside:
            aside.write_bytes(made)
        note(f"{sum(len(a.said) for a in answers):,} answers are in {flags.out}")
    if left:
        note(f"{len(left):,} of {len(paths):,} files {'is' if len(left) == 1 else 'are'} left out")
    if found:
        figures = ", ".join(f"{name} {value:.4f}" for name, value in found.items() if isinstance(value, float))
        note(f"{figures} on {found['rows']:,} rows by the column {', '.join(targets)}")
    if flags.json:
        print(json.dumps(said))
    for line in lines(answers[0], many) if shown and not many else ():
        print(line)
    return 0


__getattr__ = moved(__name__, {"read_examples": "core.lab.answers.examples"})
