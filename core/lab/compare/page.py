"""The page of a comparison: tables, curves, what each network has learnt side by side, and the lines that differ."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from core import Array
from core.lab import Splits
from core.lab.compare import tables
from core.lab.compare.cell import TEACHER
from core.lab.compare.groups import Group
from core.lab.compare.plots import CharacterNorms, Problems, character_panels, curves, nine_picture, shaded, strip
from core.lab.environment import blas_threads
from core.lab.report.format import figure
from core.lab.report.page import Section, picture, write_page
from core.lab.runs.folder import PAGE, SHOWN, read_shown
from core.lab.runs.run import Run
from core.lab.stats.linear_probe import first_hidden, probe
from core.lab.text.vocabulary import Vocabulary

FEW = 5  # labels a class of the smaller probe
INPUTS, PROBED = "the inputs themselves", ("all", "few", "before, all", "before, few")
CHARACTERS, ACROSS = 32, 3  # the commonest, that a picture of what a first layer hears has; panels of one picture
SPELT = {" ": "blank", "\n": "line end"}  # what a character that cannot be seen is called
SHOWN_TEXT = 1500  # characters of each text of a run


def score_sections(groups: Sequence[Group], metric: str, out: Path) -> list[Section]:
    """The tables and curves; a section is empty where nothing can be said."""
    strip(out / "scores.png", groups, metric)
    curves(out / "curves.png", groups, metric)
    others = tables.other_figures(groups, metric)
    return [
        Section(
            "The score",
            f"{metric}, on the test part, which each run has opened once.",
            tables.SCORE,
            [tables.score_row(group, metric) for group in groups],
            [picture(out / "scores.png", f"{metric} of every seed, its mean, and the 95 % interval")],
        ),
        Section("", "Other test figures that all of them have: means over the seeds.", others[0], others[1:]),
        Section(
            "What it took",
            "Means over the seeds. An answer is one label, one reward or one action that a teacher "
            "has shown; those that chose weights or named clusters are among them. Bits: the most that so many "
            "answers can tell. FLOPs: examples x passes x FLOPs of one forward pass of one example; forward is 1 pass, "
            "each gradient 1 more; judging is not counted. Seconds are those of a run beside others, its judging "
            "included. Settings tried: those among which the present ones were chosen, where somebody has counted.",
            tables.COST,
            [tables.cost_row(group) for group in groups],
        ),
        Section("", "", tables.TOLD, [tables.told_row(group) for group in groups]),
        Section(
            "Score against cost",
            "Lines: the validation part while learning. Points: the test part, at the end. "
            "What a line shows of a method that was told no label is for the observer, and has chosen nothing.",
            pictures=[picture(out / "curves.png", f"{metric} of every seed")],
        ),
        Section(
            "Nine tenths of the way",
            "What it took until the validation figure had come nine tenths of the way "
            "from chance to the reference, and stayed: the median over the seeds that came there.",
            tables.REACH,
            tables.reach_rows(groups, metric),
        ),
        Section(
            "Interquartile means",
            "The middle half of the seeds, with a bootstrap interval of 95 %.",
            ("task", "interquartile mean", "95 % interval"),
            tables.interquartile_rows(groups, metric),
        ),
        Section(
            "Pair by pair",
            "Differences are of the same seeds, with Student's t. P(A better): how likely a run of A beats one of B.",
            tables.PAIRS,
            tables.pair_rows(groups, metric),
        ),
    ]


def code_sections(runs: Mapping[str, Run]) -> list[Section]:
    """The update of each learner: the lines where the gradient at the output comes from differ, the rest does not."""
    texts, shown = [], dict[type, str]()
    for label, kind in ((label, type(run.learner)) for label, run in runs.items()):
        if (first := shown.setdefault(kind, label)) != label:
            texts.append(f"# {label}: as {first}\n")
            continue
        parts = [getattr(kind, part) for part in ("update", "loss") if hasattr(kind, part)]
        source = "\n".join(textwrap.dedent(inspect.getsource(part)) for part in parts)
        texts.append(f"# {label}: {kind.__module__}.{kind.__qualname__}\n{source}")
    lead = "The line in which each learner takes its loss; network, optimizer and update are shared."
    rows = [[label, line(type(run.learner))] for label, run in runs.items()]
    return [
        Section("Where the gradient at the output comes from", lead, ("task", "line"), rows),
        Section("The lines that differ", "One update of each learner, whole.", text="\n".join(texts)),
    ]


def line(kind: type) -> str:
    """The statement in which a learner takes its loss: `loss, dy = ...`, or what its `loss` returns."""
    if not hasattr(kind, "loss"):
        return "no gradient goes through the network"
    source = textwrap.dedent(inspect.getsource(kind.loss))
    statements = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    for start in ("loss, ", "return "):
        for node in statements:
            text = " ".join(str(ast.get_source_segment(source, node)).split())
            if text.startswith(start):
                comment = source.splitlines()[(node.end_lineno or 1) - 1].partition("  # ")[2]
                return text + (f"\n# {comment}" if comment else "")
    return "-"


def first_matrix(run: Run) -> Array | None:
    """The weights into the first hidden layer, (I, H); of an ensemble those of its first member; None for ids.

    Those of a convolution are a matrix on its patches.
    """
    if run.learner.net.ids:  # an embedding is looked up, row by row: its columns listen to nothing
        return None
    W = next((W for W in run.learner.net.views(run.w).values() if W.ndim > 1), None)
    W = W[0] if W is not None and W.ndim == 3 else W
    return W if W is None else W.reshape(-1, W.shape[-1])


def character_norms(run: Run) -> CharacterNorms | None:
    """What a network of a window of characters hears: |(E_v - mean of E) W_k|, E the table, W_k the weights of place k.

    The mean is over the characters that are met. Of rows beside the table, of n-grams say, it tells nothing. None
    where there is no vocabulary.
    """
    learner, views = run.learner, run.learner.net.views(run.w)
    vocabulary = getattr(getattr(learner, "exam", learner), "vocabulary", None)
    tables = [E for name, E in views.items() if name.endswith("table")]
    W = next((W for name, W in views.items() if name.endswith("weight") and W.ndim == 2), None)
    if not isinstance(vocabulary, Vocabulary) or not hasattr(learner, "sample") or not tables or W is None:
        return None
    E, x = tables[0], learner.sample(np.random.default_rng(0), 2048)[0]
    V, K = len(vocabulary), x.shape[-1]
    if len(E) != V or len(W) < K * E.shape[1]:
        return None
    met = np.bincount(x.ravel().astype(np.intp), minlength=V)
    moved = (E - met @ E / met.sum()) @ W[: K * E.shape[1]].reshape(K, E.shape[1], -1)  # K, V, H
    order = met.argsort(kind="stable")[::-1][:CHARACTERS]
    names = [SPELT.get(c, c) for c in map(vocabulary.decode, order[:, None])]
    return CharacterNorms(np.linalg.norm(moved, axis=-1).T[order][:, ::-1], names)


def weights_section(runs: Mapping[str, Run], teachers: Mapping[str, str], out: Path) -> Section:
    """The first layer of each network: tiles where the input is a square image, a shaded matrix where it is not.

    Of text, what it hears of each character at each place.
    """
    from core.lab.report.plots import weight_sheet

    pictures, texts = [], {label: told for label, run in runs.items() if (told := character_norms(run))}
    for k in range(0, len(texts), ACROSS):
        path, some = out / f"characters-{k}.png", list(texts)[k : k + ACROSS]
        loudest = max(float(told.norm.max()) for told in texts.values())
        character_panels(path, {label: texts[label] for label in some}, loudest)
        pictures.append(picture(path, "; ".join(f"{label}, told {teachers[label]}" for label in some)))
    for k, (label, run) in enumerate(runs.items()):
        W, path = first_matrix(run), out / f"weights-{k}.png"
        if label in texts or W is None or W.size > 1 << 22:
            continue
        if round(W.shape[0] ** 0.5) ** 2 == W.shape[0] >= 16:
            weight_sheet(path, W, columns=12, most=60)
        else:
            shaded(path, W)
        pictures.append(picture(path, f"{label}, told {teachers[label]}"))
    how = (
        "The darker, the more a character that stands so many places back moves the hidden units, away from what an "
        "average one does there: the norm of its row of the table, less the mean row, times the weights of that "
        "place. The scale is the same for all; the commonest characters are on top. Rows of n-grams, which see the "
        "last characters once more, are not in it."
        if texts
        else "Where inputs are pictures, each tile is the weights into one hidden unit; else each column. Blue is "
        "positive, red negative."
    )
    return Section("What the first layers have learnt", f"Of the first seed. {how}", pictures=pictures)


def labelled_examples(runs: Mapping[str, Run]) -> Splits | None:
    """The examples, with their labels, that one of the learners holds, or its exam."""
    for run in runs.values():
        splits = getattr(run.learner, "splits", None) or getattr(getattr(run.learner, "exam", None), "splits", None)
        if isinstance(splits, Splits) and splits.t_train.ndim == 1 and splits.x_train.ndim == 2:
            return splits
    return None


def probed(runs: Mapping[str, Run]) -> dict[str, dict[str, float]]:
    """What a straight line reads out of each first hidden layer, on the same examples; labels for the observer only.

    Test accuracies: all labels of the training part, or FEW a class; of the layer as it is, and before it learnt.
    """
    splits = labelled_examples(runs)
    if splits is None or splits.t_train.dtype.kind not in "iu" or len(set(splits.t_train.tolist())) < 2:
        return {}

    def read(code: Callable[[Array], Array | None]) -> list[float]:
        parts = [code(x) for x in splits[::2]]
        if any(part is None for part in parts):
            return []
        (a, b, c), t = (np.asarray(part) for part in parts), splits.t_train
        return [probe(Splits(a[i], t[i], b, splits.t_val, c, splits.t_test)).test for i in (np.arange(len(t)), few)]

    few = np.concatenate([np.flatnonzero(splits.t_train == c)[:FEW] for c in np.unique(splits.t_train)])
    found = {INPUTS: dict(zip(("all", "few"), read(lambda x: x), strict=True))}
    for label, run in runs.items():
        net = getattr(run.learner, "actor", run.learner.net)  # of actor and critic side by side the first
        states = run.w[: net.size], net.init(np.random.default_rng(0))
        with blas_threads(net.size):
            told = [right for w in states for right in read(partial(first_hidden, net, w))]
        if told:
            found[label] = dict(zip(PROBED, told, strict=True))
    return found if len(found) > 1 else {}


def probes_section(found: Mapping[str, Mapping[str, float]]) -> Section:
    rows = [[label, *(figure(told[name]) if name in told else "-" for name in PROBED)] for label, told in found.items()]
    few = f"{FEW} a class"
    return Section(
        "Linear probes on the same examples",
        "Test accuracy of logistic regression on what the first "
        "hidden layer says: how much of the classes a straight line finds there, with all labels of the "
        f"training part or {few}. The labels are for the observer; the networks are not told more.",
        ("first hidden layer of", "learnt, all labels", few, "before learning, all labels", few),
        rows,
    )


def report_texts(groups: Sequence[Group]) -> Section:
    """The texts that the first runs have left, such as samples of what they write."""
    texts = []
    for group in groups:
        found = read_shown(group.folders[0])["texts"] if (group.folders[0] / SHOWN).exists() else {}
        for title, text in found.items():
            if title != "Given":  # which stands in a table
                more = " ..." if len(text) > SHOWN_TEXT else ""
                texts.append(f"# {group.label}: {title}\n{text[:SHOWN_TEXT]}{more}\n")
    return Section("Out of their reports", "Of the first seed.", text="\n".join(texts))


def every_run(groups: Sequence[Group], metric: str) -> Section:
    each = [(group.label, result) for group in groups for result in group.results]
    rows = [[run, str(r["seed"]), figure(r["metrics"][metric]), r["w_sha256"][:12], r["command"]] for run, r in each]
    return Section("Every run", "", ("run", "seed", metric, "weights (SHA-256)", "command"), rows)


def compare_page(
    groups: Sequence[Group], metric: str, out: Path, title: str, lead: str
) -> tuple[list[Section], dict[str, dict[str, float]]]:
    """Writes the page into the folder; returns the sections of tables and curves, for a page of several, and what was
    probed."""
    runs = {group.label: group.run for group in groups if isinstance(group.run, Run)}
    closed = [f"{group.label}: {group.run}" for group in groups if isinstance(group.run, str)]
    scores, found = score_sections(groups, metric, out), probed(runs)
    show = next((group.cell.show for group in groups if group.cell.show and runs), None)
    sections = [
        *scores,
        weights_section(runs, {group.label: group.teacher for group in groups}, out),
        probes_section(found),
        *(show(runs, out) if show else []),
        report_texts(groups),
        *code_sections(runs),
        Section("Not opened", "Of these runs there are figures only.", text="\n".join(closed)),
        every_run(groups, metric),
    ]
    write_page(out / PAGE, title, lead, sections)
    return scores, found


def nine_rows(problems: Problems) -> list[list[str]]:
    """A row a problem, a column a teacher; in each cell the routes, their mean, and the answers that it took."""

    def route(group: Group, metric: str) -> str:
        _, mean, between, _ = tables.score_row(group, metric)
        return f"{group.label}: {mean}\n{between}\n{tables.amount(group.costs()['answers'])} answers"

    def cell(groups: Sequence[Group], metric: str, paradigm: str) -> str:
        return "\n\n".join(route(group, metric) for group in groups if group.first["paradigm"] == paradigm) or "-"

    return [
        [f"{problem}: {metric}", *(cell(groups, metric, paradigm) for paradigm in TEACHER)]
        for problem, (groups, metric) in problems.items()
    ]


NINE = ("problem", "supervised: a label", "unsupervised: the data itself", "reinforcement: a reward")


def nine_page(
    problems: Problems, sections: Mapping[str, Sequence[Section]], missing: Mapping[str, str], out: Path, lead: str
) -> None:
    """The nine cells as one page: the table, the picture, then every problem's tables and curves."""
    nine_picture(out / "nine.png", problems)
    against = "the answers from the teacher, choice and naming included"
    caption = f"Every seed's score on its problem's own scale, against {against}"
    pages = [(f"{problem}/{PAGE}", f"all of {problem}") for problem in problems]
    top = Section("", "", NINE, nine_rows(problems), [picture(out / "nine.png", caption)], links=pages)
    named = [(problem, section) for problem, parts in sections.items() for section in parts]
    rest = [replace(part, title=part.title and f"{problem}: {part.title.lower()}") for problem, part in named]
    gone = Section("Left out", text="\n".join(f"{problem}: {why}" for problem, why in missing.items()))
    write_page(out / PAGE, "Trivium: three problems, three teachers", lead, [top, *rest, gone])
