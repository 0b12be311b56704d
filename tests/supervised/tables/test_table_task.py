"""The task `table` learns csv files and embedded tables, predicts raw rows, and refuses what cannot be learnt."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from core.lab.data.registry import Data
from core.lab.data.splits import split, split_classes
from core.lab.data.tables import read_table
from core.lab.runs.run import Setup, open_run, start
from core.lab.runs.tasks import find
from supervised.tasks import table
from supervised.tasks.table import Config, make


def written(path, columns, delimiter=","):
    rows = [delimiter.join(columns), *(delimiter.join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(rows) + "\n")
    return str(path)


def mixed(n=240, seed=0):
    """Height and city decide the class, height and weight the value; some heights are missing."""
    rng = np.random.default_rng(seed)
    height, city = rng.standard_normal(n), rng.choice(["Rome", "Oslo", "Bern"], n)
    missing = rng.random(n) < 0.1
    return {
        "id": [f"row {k}" for k in range(n)],
        "height": ["?" if m else f"{h:.3f}" for h, m in zip(height, missing, strict=True)],
        "city": city,
        "wide": np.where((city == "Rome") | (height > 0.8) & ~missing, "yes", "no"),
        "value": np.round(1000 + 50 * np.where(missing, 2, height) + 30 * (city == "Oslo"), 3),
    }


def learnt(config, seed=0):
    learner = make(config, np.random.default_rng(seed), Data())
    while learner.progress < 1:
        learner.update()
    return learner


def test_classes_out_of_a_mixed_file(tmp_path):
    file = written(tmp_path / "a.csv", mixed(), ";")
    learner = learnt(Config(file, "wide", ignore=("value",), updates=600))
    assert set(learner.encoder.features) == {
        "height",
        "height missing",
        "city = Bern",
        "city = Oslo",
        "city = Rome",
        "city = other",
    }
    report = learner.report(learner.weights, None)
    assert report.metrics["test_accuracy"] > 0.9
    assert {"majority", "logistic regression", "gradient boosting", "random forest"} <= set(report.baselines)
    assert report.baselines["majority"] < 0.7
    assert "city: " in report.texts["How the columns were read"]


def test_values_out_of_a_mixed_file_in_their_own_units(tmp_path):
    file = written(tmp_path / "a.csv", mixed())
    learner = learnt(Config(file, "value", ignore=("wide",), dropout=0.0, weight_decay=0.01))
    report = learner.report(learner.weights, None)
    assert report.metrics["test_r2"] > 0.97
    assert report.metrics["test_rmse"] < 10
    assert {"mean", "ridge", "random forest"} <= set(report.baselines)
    assert report.reference_name == "gradient boosting"
    said = learner.predict(learner.weights, b"city,height\nOslo,0\nBern,?\nParis,1\n")
    assert said == pytest.approx([1030, 1100, 1050], abs=25)


def test_office_hours_are_learnt_out_of_dates(tmp_path):
    when = [
        datetime(2023, 1, 1) + timedelta(hours=int(h)) for h in np.random.default_rng(1).integers(700 * 24, size=400)
    ]
    opened = [day.weekday() < 5 and 8 <= day.hour < 18 for day in when]
    columns = {"when": [f"{day:%d.%m.%Y %H:%M}" for day in when], "open": np.where(opened, "yes", "no")}
    learner = learnt(Config(written(tmp_path / "a.csv", columns), "open", updates=600))
    said = learner.predict(learner.weights, learner.splits.x_test) == "yes"
    assert (said == learner.splits.t_test).mean() > 0.95  # the majority: 0.7
    assert learner.predict(learner.weights, b"when\n9.1.2024 12:00\n7.1.2024 12:00\n").tolist() == ["yes", "no"]


def test_the_rows_of_a_file_are_predicted_as_they_stand(tmp_path):
    file = written(tmp_path / "a.csv", mixed())
    learner = learnt(Config(file, "wide", ignore=("value", "id"), updates=600))
    raw = (tmp_path / "a.csv").read_bytes()
    said, whole = learner.predict(learner.weights, raw), read_table(raw)
    assert (said == np.array(whole.column("wide"))).mean() > 0.93
    x = learner.encoder(whole)
    assert (said == learner.predict(learner.weights, x)).all()
    np.testing.assert_array_equal(x[split_classes(np.arange(240), whole.column("wide")).x_test], learner.splits.x_test)
    with pytest.raises(ValueError, match="the columns 'height' are missing"):
        learner.predict(learner.weights, b"city\nOslo\n")


def test_the_encoder_has_not_seen_the_other_parts(tmp_path):
    columns = mixed()
    test = split_classes(np.arange(240), columns["wide"]).x_test
    a = make(Config(written(tmp_path / "a.csv", columns), "wide"), np.random.default_rng(0), Data())
    for k in test:
        columns["height"][k], columns["city"][k] = "1e9", "Nowhere"
    b = make(Config(written(tmp_path / "b.csv", columns), "wide"), np.random.default_rng(0), Data())
    assert a.encoder == b.encoder
    np.testing.assert_array_equal(a.splits.x_train, b.splits.x_train)
    np.testing.assert_array_equal(a.w, b.w)


@pytest.mark.parametrize(
    ("name", "metric", "least"),
    [
        ("iris", "test_accuracy", 0.85),
        ("wine", "test_accuracy", 0.9),
        ("breast-cancer", "test_accuracy", 0.93),
        ("diabetes", "test_r2", 0.25),
    ],
)
def test_embedded_tables_learn_in_the_quick_preset(name, metric, least):
    learner = learnt(Config(name=name, **table.PRESETS["quick"]))
    s = learner.splits
    exam = replace(learner.exam, splits=s._replace(x_val=s.x_test, t_val=s.t_test))
    values = exam.validate(learner.model(learner.weights))
    assert values[metric.replace("test", "val")] > least
    assert learner.monitor == ("-val_mse" if name == "diabetes" else "-val_nats")


def test_the_target_decides_and_can_be_overruled(tmp_path):
    k = np.arange(60)
    columns = {"x": k / 7, "few": k % 3, "many": k * 2, "half": k % 3 / 2, "same": np.array(["1", "1.0", "2"])[k % 3]}
    file = written(tmp_path / "a.csv", columns)

    def names(target, **options):
        learner = make(Config(file, target, **options), np.random.default_rng(0), Data())
        assert learner.splits.t_train.ndim == (1 if hasattr(learner.exam, "classes") else 2)
        return getattr(learner.exam, "classes", "values")

    assert [names(target) for target in ("few", "many", "half")] == [("0", "1", "2"), "values", "values"]
    assert names("same") == ("1", "2")
    assert names("few", kind="value") == "values"
    assert names("half", kind="classes") == ("0", "0.5", "1")


@pytest.mark.parametrize(
    ("text", "change", "says"),
    [
        ("", {}, "the table is empty"),
        ("a,t\n", {}, "no rows"),
        (None, {"target": "wdie"}, "no column 'wdie'; did you mean wide?"),
        (None, {"target": ""}, "name the column to be learnt with --target"),
        (None, {"ignore": ("citty",)}, "did you mean city?"),
        (None, {"categorical": ("citty",)}, "did you mean city?"),
        (None, {"target": "id"}, "240 classes in 240 rows"),
        (None, {"target": "wide", "kind": "value"}, r"line 2: '\w+' in the column 'wide' is not a finite number"),
        (None, {"ignore": ("wide",)}, "'wide' is to be learnt, and to be left out"),
        ("a,t\n" + "1,x\n2,x\n" * 20, {}, "one class, 'x'"),
        ("a,t\n" + "1,5.5\n2,5.5\n" * 20, {}, "5.5 in all rows"),
        ("a,t\n" + "1,5.5\n2,1e300\n" * 20, {}, "another unit"),
        ("a,t\n" + "1,nan\n2,?\n" * 20, {}, "the target 't' is missing in all rows"),
        ("a,t\n" + "1,2024-01-01\n2,2024-01-02\n" * 20, {"kind": "value"}, "'2024-01-01' .* is not a finite number"),
        ("a,t\n" + "1,x\n2,\n" * 10, {}, "one class, 'x'"),
        (
            "a,t\n" + "".join(f"{k},x\n{k},y\n" for k in range(15)) + ",\n" * 5 + "1,z\n",
            {"kind": "value"},
            "line 2: 'x'",
        ),
        ("a,t\n" + "1,x\n2,y\n" * 5, {}, "10 rows; at least 20"),
        ("a,t\n" + "1,x\n1,y\n" * 20, {}, "no column tells"),
        ("a,t\n" + "1,x\n2,y,z\n" * 20, {}, "line 3: 3 fields"),
    ],
)
def test_what_cannot_be_learnt_is_refused_with_the_file_and_the_line(tmp_path, text, change, says):
    file = tmp_path / "my.csv"
    if text is None:
        written(file, mixed())
    else:
        file.write_text(text)
    config = Config(**{"file": str(file), "target": "wide" if text is None else "t", **change})
    with pytest.raises(ValueError, match=re.escape(f"{file}: ") + ".*" + says.replace("?", r"\?")) as refused:
        make(config, np.random.default_rng(0), Data())
    assert len(str(refused.value).splitlines()) == 1


def test_config_refuses_nonsense():
    for values in ({"hidden": 0}, {"dropout": 1.0}, {"weight_decay": -1.0}, {"kind": "class"}, {"name": "irsi"}):
        with pytest.raises(ValueError, match=r"must|no kind|did you mean iris"):
            Config(**values)


def test_a_run_of_a_file_is_opened_again_and_predicts(tmp_path):
    file = written(tmp_path / "a.csv", mixed())
    task = find(table.__file__)
    config = Config(file, "wide", ignore=("id", "value"), updates=200)
    run = start(Setup(task, config), tmp_path / "run")
    again = open_run(tmp_path / "run", task)
    raw = b"height,city\n0,Rome\n-1,Oslo\n"
    assert again.predict(raw).tolist() == run.predict(raw).tolist() == ["yes", "no"]
    assert (tmp_path / "run" / "report.html").exists()


def run_of(tmp_path, columns, target="t", **options):
    return make(Config(written(tmp_path / "a.csv", columns), target, **options), np.random.default_rng(0), Data())


def test_an_odd_cell_costs_no_column_wherever_it_stands(tmp_path, caplog):
    x = np.round(np.random.default_rng(0).standard_normal(120), 3)
    learners = []
    for k in (None, 0, 9, 77):
        cells = [f"{value}" for value in x]
        if k is not None:
            cells[k] = "n.a."
        caplog.clear()
        learners.append(run_of(tmp_path, {"age": cells, "t": np.where(x > 0, "yes", "no")}))
        odd = [] if k is None else [f"{tmp_path}/a.csv: age: 1 odd cell is a missing value: 'n.a.' (line {k + 2})"]
        assert caplog.messages == odd
        assert all(line.partition(": ")[2] in learners[-1].source.page for line in odd)
    assert all("age" in learner.encoder.features for learner in learners)
    told = learners[0].predict(learners[0].w, b"age\n-1\n--\n")
    assert len(told) == 2
    assert caplog.messages[-1] == "age: 1 odd cell is a missing value: '--' (line 3)"


def test_rows_without_a_target_are_left_out_and_told(tmp_path, caplog):
    k = np.arange(50)
    value = [str(number) for number in k + 0.5]
    value[3], value[5], value[7] = "", "-", "n.a."
    learner = run_of(tmp_path, {"x": k, "t": value})
    assert sum(len(part) for part in learner.splits[1::2]) == 47
    cells = "'' (line 5), '-' (line 7), 'n.a.' (line 9)"
    assert caplog.messages == [f"{tmp_path}/a.csv: t: 3 rows are left out, their targets are missing or odd: {cells}"]


def test_spellings_of_one_class_are_one(tmp_path, caplog):
    words = np.array(["Yes", "yes", "yes", "no", "NO  way", "no way"])
    columns = {"x": np.arange(60), "t": words[np.arange(60) % 6]}
    learner = run_of(tmp_path, columns)
    assert learner.exam.classes == ("NO  way", "no", "yes")
    assert caplog.messages[1].endswith("t: 'Yes', 'yes' are one class, 'yes'; --kind classes keeps them apart") or (
        caplog.messages[0].endswith("t: 'Yes', 'yes' are one class, 'yes'; --kind classes keeps them apart")
    )
    assert run_of(tmp_path, columns, kind="classes").exam.classes == ("NO  way", "Yes", "no", "no way", "yes")


def test_a_target_among_the_codes_is_one_of_classes(tmp_path):
    columns = {"x": np.arange(60), "t": np.arange(60) % 25}
    assert run_of(tmp_path, columns).splits.t_train.ndim == 2
    assert len(run_of(tmp_path, columns, categorical=("t",)).exam.classes) == 25


def test_a_rare_class_is_in_each_part_where_it_can_be_and_is_told(tmp_path, caplog):
    t = np.array(["common"] * 90 + ["few"] * 3 + ["two"] * 2 + ["one"])
    learner = run_of(tmp_path, {"x": np.random.default_rng(0).random(96), "t": t})
    parts = [np.bincount(part, minlength=4).tolist() for part in learner.splits[1::2]]
    assert learner.exam.classes == ("common", "few", "one", "two")
    assert parts == [[61, 1, 1, 1], [11, 1, 0, 0], [18, 1, 0, 1]]
    rests = "what is said of it rests on next to nothing"
    assert [line.partition("t: ")[2] for line in caplog.messages] == [
        f"the class 'few' has 3 rows: {rests}",
        f"the class 'one' has 1 row, which is learnt from and never tested: {rests}",
        f"the class 'two' has 2 rows, one to learn from and one to test: {rests}",
    ]


def test_a_number_may_name_a_column_where_the_target_stands_beside_it(tmp_path):
    learner = run_of(tmp_path, {"1990": np.arange(40), "2000": np.arange(40) % 7, "t": np.arange(40) % 2})
    assert learner.encoder.features == ("1990", "2000")
    assert len(learner.predict(learner.w, b"2000,1990\n1,2\n")) == 1


def test_the_parts_of_the_small_tables_are_as_they_were():
    s = make(Config(name="iris"), np.random.default_rng(0), Data()).splits
    np.testing.assert_array_equal(s.t_test, split(np.arange(150), Data()("iris").t).t_test)
