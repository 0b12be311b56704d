"""`trivium check` passes what keeps the contract, and catches each way of breaking it."""

import os
import re
from dataclasses import replace

import pytest
from places import DATA, TOY_TASK

from core.lab.cli import main
from core.lab.runs.check import Check, outcomes
from core.lab.runs.tasks import describe, find, installed

TOY = TOY_TASK


def test_toy_passes_everything():
    found = outcomes(find(str(TOY)))
    assert [outcome for outcome, _, _ in found] == ["ok"] * len(found), found
    assert len(found) == 13


STORES_RNG = r"self.config, self.rng = config, rng"
BREAKS = [
    (r"@dataclass\(frozen=True\)", "@dataclass", "frozen dataclass"),
    (r'positive\(self, "hidden", "updates", "lr"\)', "pass", "nonsense"),
    (r'monitor = "\+val', 'monitor = "val', "monitor with a sign"),
    (r"        self.optimizer.step\(self.w, self.g\)\n", "        self.w = self.w - 0.1 * self.g\n", "in place"),
    (r', "answers": 16\}', "}", "examples and answers"),
    (r"self.count \+= 1", "pass", "advances progress"),
    (
        r"    def evaluate\(self\):\n",
        "    def evaluate(self):\n        self.rng.random()\n",
        "evaluate changes nothing",
    ),
    (STORES_RNG, "self.config, self.rng = config, np.random.default_rng()", "same seed"),
    (STORES_RNG, "rng = np.random.default_rng(0)\n        self.config, self.rng = config, rng", "another seed"),
    (r'"rng": rng_state\(self.rng\), ', "", "saved, loaded"),
    (r'        self.optimizer.state = unprefixed\("adam", state\)\n', "", "saved, loaded"),
    (r"back\(dy, g\)", "back(dy * (dy > 0), g)", "gradient"),
    (r"back\(dy, g\)", "g[:] = 0", "one batch"),
    (r"argmax\(-1\)", "max()[None]", "one answer an example"),
    (r"accuracy = float", "w[:] = 0; accuracy = float", "leaves the weights alone"),
    (r'"test_accuracy", 0.5, 1.0', '"accuracy", 0.5, 1.0', "finite figures"),
]


ALL = bool(os.environ.get("TRIVIUM_CHECK_ALL"))  # every task, on the whole of its quick preset
FOLDERS = {  # tasks that read downloaded files
    "mnist_augmented": "mnist",
    "mnist_cnn": "mnist",
    "mnist_mlp": "mnist",
    "fashion_cnn": "fashion-mnist",
    "fashion_mlp": "fashion-mnist",
    "cats_dogs": "cifar10-cats-dogs",
    "spoken_digits": "free-spoken-digits",
    "translate": "english-french",
    "mnist_clusters": "mnist",
    "fashion_clusters": "fashion-mnist",
    "sound_clusters": "free-spoken-digits",
    "shakespeare": "tiny-shakespeare",
    "names": "names",
    "reviews": "reviews",
    "review_guided": "reviews",
    "review_lm": "reviews",
    "review_rl": "reviews",
    "mnist_images": "mnist",
    "fashion_images": "fashion-mnist",
    "spoken_digit_sounds": "free-spoken-digits",
}
LIKE = {  # tasks whose learner is of the class of another's
    "acrobot": "cartpole",
    "activations": "digits",
    "bipedal_walker": "pendulum",
    "blackjack": "frozen_lake",
    "cartpole_imitation": "digits",
    "cliff_walking": "frozen_lake",
    "connect_four": "tic_tac_toe",
    "env": "cartpole",
    "go": "tic_tac_toe",
    "half_cheetah": "pendulum",
    "hopper": "pendulum",
    "image_folder": "digits",
    "lunar_lander": "cartpole",
    "lunar_lander_dagger": "cartpole_dagger",
    "mountain_car": "cartpole_evolution",
    "sound_folder": "digits",
    "taxi": "frozen_lake",
}
SHORT = {  # of the others, what shortens a run to its report
    "cartpole": {"updates": 5},
    "cartpole_dagger": {"updates": 5},
    "cartpole_world": {"updates": 200},
    "digit_autoencoder": {"updates": 400},
    "digit_clusters": {"updates": 100},
    "digit_images": {"updates": 200},
    "few_shot": {"updates": 20},
    "frozen_lake": {"updates": 10},
    "function_fit": {"updates": 100, "sweep": 20},
    "glimpse": {"updates": 5},
    "pendulum": {"updates": 4},
    "table_clusters": {"clusters": 3, "updates": 50},
    "text": {"updates": 50},
    "tic_tac_toe": {"updates": 5},
    "transfer": {"source_updates": 100, "updates": 100},
}


REPORTED = {  # whose reports take long, and are looked at by tests of their own
    *("digit_clusters", "digit_images", "few_shot", "glimpse", "perceptron", "table_clusters", "text"),
}
SILENT = {"few_shot", "transfer"}  # that answer nothing: their figures are all that they are for


@pytest.mark.parametrize(("old", "new", "promise"), BREAKS)
def test_each_broken_promise_is_caught(tmp_path, old, new, promise):
    source, count = re.subn(old, lambda found: new, TOY.read_text())
    assert count == 1
    path = tmp_path / "broken_toy.py"
    path.write_text(source)
    failed = [kept for outcome, kept, _ in outcomes(find(str(path))) if outcome == "FAIL"]
    assert any(promise in kept for kept in failed), failed


def learner(name):
    return Check(find(name), None).learner()


@pytest.mark.parametrize("name", sorted(installed()))
def test_our_own_tasks_keep_the_contract(name, monkeypatch):
    if needs := describe(name, installed()[name]).needs:
        pytest.skip(f"needs: {needs}")
    if name in FOLDERS:
        if not ALL or not (DATA / FOLDERS[name]).exists():
            pytest.skip(f"takes half a minute and the files of {FOLDERS[name]}: TRIVIUM_CHECK_ALL=1 runs it")
        monkeypatch.setenv("TRIVIUM_DATA", str(DATA))
    if name in LIKE and not ALL:
        assert type(learner(name)) is type(learner(LIKE[name]))
        return  # the rest of the contract is kept by that class: TRIVIUM_CHECK_ALL=1 looks at each task
    task = find(name)
    if not ALL:
        task = replace(task, presets={**task.presets, "quick": {**task.presets["quick"], **SHORT.get(name, {})}})
        if name in REPORTED:
            monkeypatch.delattr(Check, "check_report")
    found = outcomes(task)
    assert not [row for row in found if row[0] == "FAIL"]
    assert sum(outcome == "ok" for outcome, _, _ in found) >= 8


def test_all_tasks_that_answer_have_a_predictor():
    known = [name for name in installed() if not describe(name, installed()[name]).needs]
    assert {name for name in known if find(name).predictor is None} == SILENT


@pytest.mark.parametrize("paradigm", ["supervised", "unsupervised", "reinforcement"])
def test_new_writes_a_task_that_passes_unchanged(tmp_path, capsys, paradigm):
    assert main(["new", paradigm, "my_task", "--to", str(tmp_path)]) == 0
    task = tmp_path / "my_task.py"
    assert len(task.read_text().splitlines()) <= 65
    found = outcomes(find(str(task)))
    assert not [row for row in found if row[0] == "FAIL"]
    assert "my_task" in (tmp_path / "test_my_task.py").read_text()
    capsys.readouterr()
    assert main(["new", paradigm, "my_task", "--to", str(tmp_path)]) == 2
    assert "exists already" in capsys.readouterr().err


@pytest.mark.parametrize(
    "args",
    [
        ["supervized", "x"],
        ["supervised", "Not-A-Name"],
        ["supervised", "class"],
        ["supervised", "digits"],
        ["supervised"],
    ],
)
def test_new_refuses_names_that_cannot_be(tmp_path, capsys, args):
    assert main(["new", *args, "--to", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("error: ")
    assert not list(tmp_path.iterdir())
