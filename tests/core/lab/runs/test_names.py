"""What names a task of one's own, at both ends: a file of any name that runs can be opened again."""

import json
import shutil

import pytest
from places import TOY_TASK

from core.lab.cli import main
from core.lab.errors import Refusal
from core.lab.results.records import outsiders
from core.lab.runs.run import open_run, prepare, start
from core.lab.runs.tasks import find
from core.lab.study.spec import plan

NAMES = ("my-flowers", "2flowers", "a.b", "two words", "Blümen", "花", "class", "UPPER", "x.py")


@pytest.mark.parametrize("name", NAMES)
def test_a_run_of_a_file_of_any_name_is_opened_again(name, tmp_path):
    file = tmp_path / f"{name}.py"
    shutil.copy(TOY_TASK, file)
    made = start(prepare(str(file), "quick", {"updates": 20}, 0, None), tmp_path / "run", pictures=False)
    opened = open_run(tmp_path / "run", find(str(file)))
    assert (opened.setup.task.name, opened.result["w_sha256"]) == (name, made.result["w_sha256"])
    assert opened.w.tobytes() == made.w.tobytes()
    planned, faults = plan({"study": [{"task": file.name}]}, tmp_path, tmp_path / "runs", None)
    assert (faults, planned[0].task) == ([], name)


@pytest.mark.parametrize("name", ["elsewhere/digits.py", "digits.py", "..\\digits"])
def test_no_run_folder_leads_to_a_file_of_code(name, tmp_path):
    said = {"format": 2, "task": name, "outside": False, "seed": 0, "preset": "quick", "config": {}}
    (tmp_path / "config.json").write_text(json.dumps(said))
    with pytest.raises(Refusal, match="came as a file: give it again with --task FILE"):
        open_run(tmp_path)
    assert outsiders({"study": [{"task": name}, {"task": "my-task"}]}) == [name]


def test_tasks_of_any_name_are_compared(tmp_path, capsys):
    """The words are told apart by one rule: a name that is no identifier is still a name."""
    assert main(["compare", "my-task", "digits"]) == 2
    assert "there is no task 'my-task'" in capsys.readouterr().err
