"""What the tasks answer is what their exported networks answer; what cannot be exported says why. No task is run."""

import importlib.util
from dataclasses import replace
from functools import partial

import gymnasium as gym
import numpy as np
import pytest

from core import MLP
from core.lab.data.encoder import learn
from core.lab.data.tables import Rows
from core.lab.envs.vector import make
from core.lab.errors import Refusal
from core.lab.export import numpy_source
from core.lab.export.graph import graph_of
from core.lab.export.write import difference
from core.lab.runs.tasks import find
from core.lab.signature import Choice, Columns, Features, Labels, Numbers, Pixels, Values
from reinforcement.predictor import AgentPredictor

ABOUT = {"task": "toy", "about": "A toy.", "w_sha256": "0"}
IMAGES = {"classes": ["cat", "dog"]}
CHARACTERS = {"vocabulary": "\n abcdefgh", "before": "a"}
PLAIN_TEXT = {"longest": 0, "hidden": 5, "context": 3, "embedding": 2}


def table(kind, names):
    """The facts of a table with numbers, gaps, numbers in another notation, and words, some of them missing."""
    cells = {
        "label": ["1.5", "", "3", "-2e3", "7", "0.25"] * 3,  # named as an output is
        "w1": ["1.234,5", "2,5", "3,5", "4,5", "5,5", "6,5"] * 3,
        "_1": ["red", "red", "NA", "blue", "", "blue"] * 3,
        "v2": ["x", "y", "y", "x", "x", "x"] * 3,
    }
    part = {"encoder": learn(Rows(cells, list(range(18)))).to_json(), "mean": [0.0], "std": [1.0]}
    if kind == "values":
        part |= {"mean": [3.0] * len(names), "std": [20.0] * len(names)}
    return {"kind": kind, "names": names, "parts": [part]}


MEAN64, MEAN784 = ({"mean": np.linspace(0, 1, n).tolist()} for n in (64, 784))
TASKS = {  # a test: task, its fields, facts of its data
    "digits": ("digits", {"members": 2, "hidden": 6}, {}),
    "mnist_mlp": ("mnist_mlp", {"hidden": (5,)}, {}),
    "mnist_augmented": ("mnist_augmented", {"hidden": (5,), "members": 2}, {}),
    "fashion_mlp": ("fashion_mlp", {"hidden": (5,)}, {}),
    "mnist_cnn": ("mnist_cnn", {"features": 2}, {}),
    "fashion_cnn": ("fashion_cnn", {"features": 2}, {}),
    "cats_dogs": ("cats_dogs", {"features": 2}, {}),
    "colours": ("image_folder", {"features": 2, "size": 9, "depth": 2}, IMAGES),
    "grey": ("image_folder", {"features": 2, "size": 16, "colour": False}, IMAGES),
    "classes": ("table", {"hidden": 5}, table("classes", ["no", "yes", "perhaps"])),
    "labels": ("table", {"hidden": 5}, table("labels", ["a", "b"])),
    "value": ("table", {"hidden": 5}, table("values", ["price"])),
    "values": ("table", {"hidden": 5}, table("values", ["price", "size"])),
    "function_fit": ("function_fit", {"low": -3.0, "high": 5.0, "width": 6}, {"mean": 2.0, "std": 0.5}),
    "perceptron": ("perceptron", {}, {}),
    "cartpole_imitation": ("cartpole_imitation", {"hidden": 5}, {}),
    "text": ("text", PLAIN_TEXT, CHARACTERS),
    "names": ("names", {"hidden": 5, "context": 3, "embedding": 2}, CHARACTERS),
    "digit_clusters": ("digit_clusters", {"hidden": 5}, MEAN64),
    "mnist_clusters": ("mnist_clusters", {"hidden": 5, "method": "autoencoder"}, MEAN784),
    "fashion_clusters": ("fashion_clusters", {"hidden": 5, "method": "dec"}, MEAN784),
    "digit_autoencoder": ("digit_autoencoder", {}, {}),
    "table_clusters": (
        "table_clusters",
        {"method": "dec"},
        {"encoder": table("values", ["x"])["parts"][0]["encoder"], "clusters": 3},
    ),
    "cartpole": ("cartpole", {}, {}),
    "cartpole_dagger": ("cartpole_dagger", {}, {}),
    "cartpole_evolution": ("cartpole_evolution", {}, {}),
    "acrobot": ("acrobot", {}, {}),
    "mountain_car": ("mountain_car", {}, {}),
    "pendulum": ("pendulum", {}, {}),
    "frozen_lake": ("frozen_lake", {}, {}),
    "taxi": ("taxi", {}, {}),
    "blackjack": ("blackjack", {}, {}),
    "ppo on a choice": ("env", {"id": "CartPole-v1"}, None),
    "ppo on numbers": ("env", {"id": "MountainCarContinuous-v0", "learner": "ppo"}, None),
    "sac": ("env", {"id": "Pendulum-v1", "learner": "sac"}, None),
    "digit_bandit": ("digit_bandit", {}, {}),
}


def predictor(name, fields, facts):
    """What the task answers with, without its data, and some weights."""
    task = find(name)
    config = task.config(**fields)
    made = task.module.make(config, np.random.default_rng(0), None) if facts is None else task.predictor(config, facts)
    rng = np.random.default_rng(1)
    return made, made.net.init(rng) + rng.normal(0, 0.1, made.net.size).astype(np.float32)


def imported(found, folder):
    """The file of NumPy, imported."""
    numpy_source.write(folder / "toy.py", graph_of(found), ABOUT)
    spec = importlib.util.spec_from_file_location("toy", folder / "toy.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def asked(signature, given):
    """What people would give the predictor itself, in the place of `given`."""
    if isinstance(signature.inputs, Pixels):
        return given["pixels"].reshape(len(given["pixels"]), -1) / np.float32(255)
    if not isinstance(signature.inputs, Columns):
        return next(iter(given.values()))
    cells = {}
    for column in signature.inputs.columns:
        values = given[column.name][:, 0].tolist()
        if column.dtype == "float64":
            values = ["" if v != v else repr(v).replace(".", column.notation.decimal) for v in values]
        cells[column.name] = values
    names = list(cells)
    lines = [names, *zip(*cells.values(), strict=True)]
    return "\n".join(";".join(line) for line in lines).encode()


def check_answers(found, made, w, run):
    """The answers of `run` are those of the predictor, through its own front door."""
    assert difference(run, found) < 1e-5
    given = found.inputs.sample(np.random.default_rng(2), 24)
    answers, said = run(given), np.asarray(made.predict(w, asked(found, given)))
    if isinstance(found.outputs, Values | Numbers):
        theirs = answers["value" if isinstance(found.outputs, Values) else "action"]
        np.testing.assert_allclose(theirs.reshape(said.shape), said, rtol=1e-4, atol=1e-4)
    elif isinstance(found.outputs, Labels | Choice):
        assert answers["action" if isinstance(found.outputs, Choice) else _label(answers)].tolist() == said.tolist()
    else:
        places = answers[_label(answers)]
        named = np.array(found.outputs.names)[places]
        assert said.tolist() in (named.tolist(), places.tolist())
        assert len(set(places.tolist())) > 1 or len(found.outputs.names) == 2


def _label(answers):
    return next(name for name in answers if name.startswith("label"))


@pytest.mark.parametrize("name", TASKS)
def test_exported_networks_answer_as_their_tasks_do(name, tmp_path):
    made, w = predictor(*TASKS[name])
    found = made.signature(w)
    module = imported(found, tmp_path)

    def run(given):
        if isinstance(found.inputs, Columns):
            return module.answer({name: values[:, 0] for name, values in given.items()})
        return module.answer(next(iter(given.values())))

    check_answers(found, made, w, run)
    if importlib.util.find_spec("onnx"):
        from core.lab.export import onnx

        check_answers(found, made, w, onnx.runner(onnx.model(graph_of(found), ABOUT))[0])


def test_observations_and_actions_are_in_the_units_of_the_environment():
    for fields in ({"learner": "ppo"}, {"learner": "sac"}):
        made, w = predictor("env", {"id": "Pendulum-v1", **fields}, None)
        found = made.signature(w)
        assert not found.notes
        assert isinstance(found.inputs, Features)
        assert np.abs(found.outputs.answer(np.full((1, 2), 99.0))).max() == pytest.approx(2.0)


BINARY = table("classes", ["a", "b"])


def test_a_choice_is_the_action_that_the_environment_takes(tmp_path):
    def one():
        env = gym.make("CartPole-v1")
        return gym.wrappers.TransformAction(env, lambda a: np.array([1, 0])[a], env.action_space)

    net = MLP(4, 3, 2)
    made = AgentPredictor(net, partial(make, one))
    w = net.init(np.random.default_rng(0))
    found = made.signature(w)
    assert found.outputs.table.tolist() == [1, 0]
    module = imported(found, tmp_path)
    check_answers(found, made, w, lambda given: module.answer(given["x"]))


REFUSED = {
    "spoken_digits": ({}, {}, "front end of sounds"),
    "sound_clusters": ({}, {"mean": [0.0] * 12, "deviation": [1.0] * 12}, r"made of \.wav"),
    "text": ({"longest": 3}, CHARACTERS, r"the layer 0\.1 \(hashed\)"),
    "tic_tac_toe": ({}, {}, "a search in the game"),
    "activations": ({}, {}, "ActivationsExam makes of the outputs"),
    "table": ({"folds": 2}, {**BINARY, "parts": BINARY["parts"] * 2}, "folds"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_exported_says_why(name, tmp_path):
    fields, facts, why = REFUSED[name]
    made, w = predictor(name, fields, facts)
    with pytest.raises(Refusal, match=why):
        numpy_source.source(graph_of(made.signature(w)), ABOUT, "w.npz")


def test_augmented_copies_are_left_out_and_told():
    made, w = predictor("digits", {"test_time_augmentations": 3}, {})
    found = made.signature(w)
    assert any("3 augmented copies" in note for note in found.notes)
    plain, x = replace(made, copies=0), np.random.default_rng(0).random((5, 64), np.float32)
    np.testing.assert_allclose(found.outputs.answer(found.ask(x)), plain.probabilities(w, x).p, atol=1e-6)


def test_a_date_is_a_number_and_its_calendar_is_refused():
    days = np.datetime64("2024-01-01") + 37 * np.arange(20)
    facts = table("classes", ["a", "b"])
    facts["parts"][0]["encoder"] = learn(Rows({"when": list(map(str, days))}, list(range(20)))).to_json()
    made, w = predictor("table", {}, facts)
    with pytest.raises(Refusal, match="the calendar of the column 'when'"):
        numpy_source.source(graph_of(made.signature(w)), ABOUT, "w.npz")
