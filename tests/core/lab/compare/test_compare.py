"""What a comparison says of runs is checked against hand-made ones; what it refuses, in one line each."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from places import TOY_TASK

from core import MLP, Concat, Embedding, Linear, Sequential, relu
from core.lab.cli import compare as comparing, main
from core.lab.compare.cell import Cell, cell
from core.lab.compare.groups import better_low, common_metric, grouped
from core.lab.compare.page import character_norms, line, probed
from core.lab.compare.tables import amount, interquartile_rows, pair_rows, reach_rows
from core.lab.data.splits import Splits
from core.lab.errors import Refusal
from core.lab.runs.run import Setup, start
from core.lab.runs.tasks import configure, find
from core.lab.stats.linear_probe import first_hidden
from core.lab.text.hashed_ngrams import HashedNGrams
from core.lab.text.vocabulary import Vocabulary

TOY = str(TOY_TASK)


def made(
    folder,
    seed=0,
    value=0.5,
    task="one",
    paradigm="supervised",
    problem="p",
    config=None,
    data=None,
    metric="m",
    reference=1.0,
    answers=10,
    rows=(),
):
    """A finished run as it lies in a folder."""
    folder.mkdir(parents=True)
    result = {
        "task": task,
        "paradigm": paradigm,
        "problem": problem,
        "seed": seed,
        "preset": "default",
        "config": config or {},
        "parameters": 7,
        "examples": 1000,
        "answers": answers,
        "seconds": 2.0,
        "metrics": {metric: value},
        "w_sha256": "ab",
        "command": "trivium run one",
        "data": data or {},
        "score": {"metric": metric, "value": value, "chance": 0.0, "reference": reference},
    }
    (folder / "result.json").write_text(json.dumps(result))
    (folder / "config.json").write_text(json.dumps({"task": task, "config": config or {}, "seed": seed}))
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_flops_of_learning_are_those_of_forward_passes():
    assert Cell().flop(MLP(3, 2), None, 10) == 10 * 3 * 2 * 6
    assert Cell(passes=lambda config: config + 1).flop(MLP(3, 2), 4, 1) == 5 * 2 * 6


def test_bits_are_of_all_answers_and_unknown_where_nobody_says():
    assert Cell().most_bits(5) is None
    assert Cell(bits=2).most_bits(5) == 10
    assert Cell(bits=lambda answers: answers + 1).most_bits(5) == 6
    with pytest.raises(ValueError, match="no Cell"):
        cell(type("module", (), {"CELL": "given", "__name__": "mine"}))


def test_amounts_for_people():
    assert [amount(v) for v in (None, 0, 0.1234, 999, 1437, 3.78e10)] == ["-", "0", "0.123", "999", "1,437", "3.78e+10"]


def test_a_run_that_did_not_begin_from_nothing_is_no_run_of_the_same_setting(tmp_path):
    folders = [made(tmp_path / name, seed=seed) for seed, name in enumerate("abcd")]
    more = {
        "b": {"from": {"task": "two", "w_sha256": "12345678ff"}},
        "c": {"lengthened": [{"field": "updates", "was": 10}]},
    }
    for name, told in more.items():
        path = tmp_path / name / "result.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | told))
    groups = {group.label: group for group in grouped(folders)}
    assert {label: len(group.folders) for label, group in groups.items()} == {
        "one (as it is)": 2,
        "one (weights of two 12345678)": 1,
        "one (beyond updates 10)": 1,
    }
    assert groups["one (weights of two 12345678)"].given == "weights of two 12345678"
    assert groups["one (as it is)"].given == "-"


@pytest.mark.parametrize("again", ["a", "./a", "b/../a"])
def test_a_folder_given_twice_is_refused(tmp_path, monkeypatch, again):
    monkeypatch.chdir(tmp_path)
    made(Path("a")), made(Path("b"), 1)
    with pytest.raises(Refusal, match="given twice"):
        grouped([Path("a"), Path("b"), Path(again)])


def test_what_is_no_finished_run_is_refused(tmp_path):
    made(tmp_path / "a")
    (tmp_path / "empty").mkdir()
    unfinished = made(tmp_path / "unfinished")
    (unfinished / "result.json").unlink()
    broken = made(tmp_path / "broken")
    (broken / "result.json").write_text('{"task": "one", "metrics": [1]}')
    words = made(tmp_path / "words", value="high")
    for name, says in (
        ("empty", "not a run folder"),
        ("nowhere", "there is no folder"),
        ("broken", "not hold a res"),
        ("unfinished", "has not finished"),
        ("words", "figures are not numbers"),
    ):
        with pytest.raises(Refusal, match=says):
            grouped([tmp_path / "a", tmp_path / name])
    assert words.exists()


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"data": {"digits": "beef"}}, "the sum"),
        ({"data": {"mnist": "cafe"}}, None),  # the same bytes by another name
        ({"data": {"mnist": "beef"}}, "has read"),
        ({}, "has read"),
        ({"data": {"digits": "cafe"}, "metric": "other"}, "no test figure is common"),
        ({"data": {"digits": "cafe", "more": "feed"}, "problem": "q"}, None),
    ],
)
def test_runs_that_cannot_be_compared_say_why(tmp_path, other, says):
    groups = grouped([made(tmp_path / "a", data={"digits": "cafe"}), made(tmp_path / "b", task="two", **other)])
    if says is None:
        assert common_metric(groups) == "m"
    else:
        with pytest.raises(Refusal, match=says):
            common_metric(groups)


def refused(words, out, capsys, says):
    """That a comparison is refused in one line."""
    assert main(["compare", *map(str, words), "--quick", "--jobs", "1", "--out", str(out)]) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert says in told[-1]
    return told


def test_tasks_that_cannot_be_compared_are_refused_before_they_learn(tmp_path, capsys):
    source = Path(TOY).read_text()
    (tmp_path / "other_problem.py").write_text(source.replace('PROBLEM = "toy"', 'PROBLEM = "another"'))
    told = refused([TOY, tmp_path / "other_problem.py"], tmp_path / "out", capsys, "their problems are toy and another")
    assert len(told) == 1
    refused(["digits", "cartpole"], tmp_path / "out", capsys, "one has read digits, the other no data")
    assert not (tmp_path / "out").exists()


def test_tasks_without_a_common_figure_are_refused_after_their_first_seed(tmp_path, capsys):
    (tmp_path / "other_figure.py").write_text(Path(TOY).read_text().replace("test_accuracy", "test_rightness"))
    refused([TOY, tmp_path / "other_figure.py"], tmp_path / "out", capsys, "no test figure is common")
    runs = [path.name for path in (tmp_path / "out").iterdir() if path.is_dir()]
    assert sorted(runs) == ["other_figure-0", "toy_task-0"]


def test_agents_are_compared_within_one_problem(tmp_path):
    a, b, c = (made(tmp_path / name, task=name, problem=problem) for name, problem in ("ap", "bp", "cq"))
    assert common_metric(grouped([a, b])) == "m"
    with pytest.raises(Refusal, match="problems are"):
        common_metric(grouped([a, c]))


def test_runs_are_grouped_by_task_and_configuration_seeds_in_order(tmp_path):
    runs = [made(tmp_path / f"{k}-{seed}", seed, config={"k": k, "same": 1}) for k in (3, 2) for seed in (1, 0)]
    groups = grouped([*runs, made(tmp_path / "r", paradigm="reinforcement", task="agent")])
    assert [group.label for group in groups] == ["one (k 3)", "one (k 2)", "agent"]
    assert [result["seed"] for result in groups[0].results] == [0, 1]
    twice = grouped([made(tmp_path / "x"), made(tmp_path / "y")])  # one seed on two machines, say
    assert [group.label for group in twice] == ["one (x)", "one (y)"]


def test_costs_are_means_over_the_seeds(tmp_path):
    (group,) = grouped([made(tmp_path / f"{s}", s, answers=answers) for s, answers in enumerate((10, 30))])
    assert group.costs() == {"examples": 1000, "seconds": 2, "answers": 20, "flop": None, "bits": None}
    # the task is not installed, so nobody knows its network or what an answer holds


def test_what_a_task_was_given_is_known_without_its_data(tmp_path):
    known = made(tmp_path / "a", task="digits", data={"digits": "other bytes"})  # cannot be opened: no checkpoint
    strange = made(tmp_path / "b", task="nobody_knows")
    outside = made(tmp_path / "c", task="digit_autoencoder")
    (outside / "config.json").write_text('{"task": "digit_autoencoder", "outside": true, "config": {}, "seed": 0}')
    told = {group.label: group.given for group in grouped([known, strange, outside])}
    assert told.pop("digits").startswith("That a digit stays what it is")
    assert told == {
        "nobody_knows": "-",
        "digit_autoencoder": "-",
    }  # a file named as our task is not it


def test_pairs_by_hand_and_the_direction_of_the_metric(tmp_path):
    a = [made(tmp_path / f"a{s}", s, value, "a") for s, value in enumerate((1.0, 2.0, 4.0))]
    b = [made(tmp_path / f"b{s}", s, value, "b") for s, value in enumerate((0.0, 2.0, 1.0))]
    row = pair_rows(grouped([*a, *b]), "m")[0]
    assert row[:3] == ["a", "b", "1.333"]
    assert row[4] == f"{7 / 9:.2f}"  # of 9 pairs A wins 6 and 2 are even
    low = [made(tmp_path / f"c{s}", s, value, "c", reference=-1.0) for s, value in enumerate((0.0, 2.0, 1.0))]
    groups = grouped(low)
    assert better_low(groups, "m")
    other = [made(tmp_path / f"d{s}", s, value, "d", reference=-1.0) for s, value in enumerate((1.0, 2.0, 4.0))]
    assert pair_rows(grouped([*low, *other]), "m")[0][4] == f"{7 / 9:.2f}"


def test_nine_tenths_of_the_way_by_hand(tmp_path):
    def rows(*figures):
        return [{"answers": 10 * k, "examples": 100 * k, "seconds": k, "val_m": v} for k, v in enumerate(figures, 1)]

    a = [
        made(tmp_path / f"a{s}", s, task="a", rows=rows(*f))
        for s, f in enumerate([(0.5, 0.9, 1.0), (0.95, 0.2, 1.0), (0.1, 0.2, 0.3)])
    ]
    b = made(tmp_path / "b", task="b", rows=rows(0.0, 0.8))
    assert reach_rows(grouped([*a, b]), "m") == [
        ["a", "2 of 3", "250", "2.5", "-", "25"],
        ["b", "0 of 1", "-", "-", "-", "-"],
    ]
    falls = made(tmp_path / "c", task="c", reference=-1.0, rows=rows(-0.5, -0.95))
    assert reach_rows(grouped([falls]), "m")[0][2] == "200"
    unknown = made(tmp_path / "d", reference=0.0)
    assert reach_rows(grouped([unknown]), "m") == []


def test_interquartile_means_come_with_ten_seeds(tmp_path):
    ten = [made(tmp_path / f"{s}", s, value=float(s)) for s in range(10)]
    assert interquartile_rows(grouped(ten[:9]), "m") == []
    label, mean, between = interquartile_rows(grouped(ten), "m")[0]
    assert (label, mean) == ("one", "4.5")  # 2 to 7 in the middle, symmetric
    low, high = map(float, between.split(" to "))
    assert 1 < low < 4.5 < high < 8


def test_the_first_hidden_layer_by_hand():
    net, x = MLP(6, 5, 4, 3), np.random.default_rng(0).standard_normal((7, 6)).astype(np.float32)
    w = net.init(np.random.default_rng(1))
    W, b = w[:30].reshape(6, 5), w[30:35]
    np.testing.assert_allclose(first_hidden(net, w, x), np.maximum(x @ W + b, 0), rtol=1e-6)
    heads = Concat(MLP(6, 5, 2), MLP(6, 5, 1))
    assert first_hidden(heads, heads.init(np.random.default_rng(0)), x) is None
    lonely = Sequential(Linear(6, 5), relu)
    assert first_hidden(lonely, lonely.init(np.random.default_rng(0)), x) is None  # no layer reads it


def test_what_a_straight_line_reads_is_kept_with_its_names():
    x, t = np.random.default_rng(0).standard_normal((90, 6)).astype(np.float32), np.arange(90) % 2
    x[:, 0] += 20 * t
    splits, net = Splits(x[:40], t[:40], x[40:60], t[40:60], x[60:], t[60:]), MLP(6, 5, 2)
    run = SimpleNamespace(learner=SimpleNamespace(splits=splits, net=net), w=net.init(np.random.default_rng(1)))
    found = probed({"one": run})
    assert {name: list(told) for name, told in found.items()} == {
        "the inputs themselves": ["all", "few"],
        "one": ["all", "few", "before, all", "before, few"],
    }
    assert found["the inputs themselves"]["all"] > 0.9
    assert probed({}) == {}


class Writer:
    """A network of a window of three characters, as far as a picture of its first layer asks."""

    def __init__(self, text, E, width):
        self.vocabulary = Vocabulary.of(text)
        V = len(self.vocabulary)
        self.net = Sequential(Concat(Embedding(V, E), HashedNGrams((2,), 4, 2)), Linear(3 * E + 2, width), relu)
        self.x = np.lib.stride_tricks.sliding_window_view(self.vocabulary.encode(text), 3)

    def sample(self, rng, n):
        return self.x[:n], self.x[:n, 0]


def test_what_a_first_layer_hears_of_characters_by_hand():
    learner = Writer("aab  b\n\n" * 9, 5, 7)
    w = learner.net.init(np.random.default_rng(0))
    told = character_norms(SimpleNamespace(learner=learner, w=w))
    assert set(told.names) == {"a", "b", "blank", "line end", "\N{REPLACEMENT CHARACTER}"}
    E, W = (learner.net.views(w)[name] for name in ("0.0.table", "1.weight"))
    met = np.bincount(learner.x.ravel(), minlength=len(E)) / learner.x.size
    row = E[learner.vocabulary.encode("b")[0]] - met @ E
    by_hand = [np.linalg.norm(row @ W[5 * k : 5 * k + 5]) for k in (2, 1, 0)]  # the last place first
    np.testing.assert_allclose(told.norm[told.names.index("b")], by_hand, rtol=1e-5)
    assert (
        character_norms(
            SimpleNamespace(learner=SimpleNamespace(net=MLP(4, 3, 2)), w=MLP(4, 3, 2).init(np.random.default_rng(0)))
        )
        is None
    )


def test_the_line_in_which_a_loss_is_taken():
    from reinforcement.evolution import Evolution
    from supervised.learner import Supervised
    from unsupervised.linear_probe import ProbedCode

    assert line(Supervised).startswith("loss, dy = self.rule(y, *told)\n# the gradient comes from")
    assert line(ProbedCode).startswith("return self.auto.loss")
    assert line(Evolution) == "no gradient goes through the network"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Three real runs of a task that came as a file."""
    home, toy = tmp_path_factory.mktemp("runs"), find(TOY)
    return [
        start(Setup(toy, configure(toy, {"updates": updates}), seed), home / f"{updates}-{seed}").folder
        for updates, seed in ((20, 0), (20, 1), (40, 0))
    ]


def test_finished_runs_are_compared_from_the_command_line(runs, tmp_path, capsys):
    assert main(["compare", *map(str, runs), "--out", str(tmp_path / "out")]) == 0
    assert "toy_task (updates 20)" in capsys.readouterr().out
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "Not opened" in page  # a run folder never names code to run
    assert "came as a file" in page
    assert "<script" not in page
    told = json.loads((tmp_path / "out" / "compared.json").read_text())
    assert [len(c["values"]) for c in told["cells"]] == [2, 1]
    assert told["cells"][0]["validation"][0]["val_accuracy"] > 0.5


def test_refused_runs_end_with_2_and_leave_no_folder(runs, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in ([runs[0], runs[0]], [runs[0]], [runs[0], "digits"], []):
        assert main(["compare", *map(str, words)]) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not (tmp_path / "runs").exists()


def test_text_of_a_result_is_escaped(tmp_path):
    bad = "<script>alert(1)</script>"
    folders = [made(tmp_path / f"{s}", s, task=bad) for s in range(2)]
    comparing.write_page(grouped(folders), tmp_path, bad, bad)
    assert "<script" not in (tmp_path / "report.html").read_text("utf-8")


def test_the_nine_cells_leave_out_by_name_what_is_refused(tmp_path, monkeypatch, capsys):
    def measured(tasks, flags, out):
        if tasks == ["text"]:
            raise Refusal("the reviews are missing")
        return grouped(
            [
                made(out / f"{name}-{seed}", seed, 0.1 * seed, name, name)
                for name in ("supervised", "unsupervised", "reinforcement")
                for seed in range(2)
            ]
        )

    monkeypatch.setattr(comparing, "complete_problems", lambda: ["digits", "text"])
    monkeypatch.setattr(comparing, "tasks_of", lambda problem: [problem])
    monkeypatch.setattr(comparing, "run_all", measured)
    assert main(["compare", "all", "--seeds", "2", "--out", str(tmp_path / "out")]) == 1
    assert "text is left out: the reviews are missing" in capsys.readouterr().err
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert 'href="digits/report.html"' in page
    assert "the reviews are missing" in page
    assert (tmp_path / "out" / "digits" / "report.html").exists()
    monkeypatch.setattr(comparing, "complete_problems", lambda: ["text"])
    assert main(["compare", "all", "--out", str(tmp_path / "none")]) == 2


def test_a_comparison_that_was_stopped_goes_on_another_is_refused(tmp_path):
    flags = comparing.CompareFlags(("digits",), seeds=2, out=tmp_path / "out")
    out = comparing.begin("digits", flags)
    (out / "digits-0").mkdir()
    assert comparing.begin("digits", flags) == out
    assert (out / "digits-0").exists()
    with pytest.raises(Refusal, match="not empty"):
        comparing.begin("digits", replace(flags, seeds=3))


def test_every_row_of_the_nine_cells_has_three_teachers():
    assert {"digits", "cartpole"} <= set(comparing.complete_problems())
    assert comparing.tasks_of("cartpole")[:2] == ["cartpole_imitation", "cartpole_world"]


def test_tasks_in_files_are_run_and_compared_with_all_that_others_have(tmp_path, capsys):
    other = tmp_path / "other_task.py"
    other.write_text(Path(TOY).read_text().replace("hidden: int = 8", "hidden: int = 4"))
    out = tmp_path / "out"
    words = ["compare", TOY, str(other), "--quick", "--seeds", "1", "--jobs", "1", "--out", str(out)]
    assert main([*words, "--json"]) == 0
    told = capsys.readouterr().out
    assert [result["task"] for result in json.loads(told)] == ["toy_task", "other_task"]
    page = (out / "report.html").read_text("utf-8")
    assert "Not opened" not in page
    assert "The lines that differ" in page
    assert main(words) == 0  # gone on with: nothing is learnt twice
    other.write_text(other.read_text() + "# another task\n")
    capsys.readouterr()
    assert main(words) == 2
    assert "not empty" in capsys.readouterr().err
    assert main(["compare", TOY, "--quick", "--seeds", "1", "--jobs", "1", "--out", str(tmp_path / "one")]) == 0
    assert main(["compare", TOY, TOY, "--out", str(tmp_path / "twice")]) == 2
