"""A task that needs what is not installed is listed with the command that installs it, and refused in that line."""

import json
import sys
from importlib.metadata import EntryPoint

import pytest
from places import TOY_TASK

from core.lab.cli import main
from core.lab.runs import tasks
from core.lab.runs.tasks import lacking

TOY = TOY_TASK.read_text("utf-8")
SAYS = "needs: pip install 'flowers[scent]'"


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """The toy task as a file that needs some modules; it is found by the name `needy`, too."""

    def write(needs):
        path = tmp_path / "needy_toy.py"
        path.write_text(f"{TOY}\nNEEDS = {needs!r}\nassert False, 'imported'\n", "utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        found = {"needy": [EntryPoint("needy", "needy_toy", tasks.GROUP)]}
        monkeypatch.setattr(tasks, "plugins", lambda group: found)
        return str(path)

    return write


def test_list_names_what_is_missing(toy, capsys):
    toy({"no_such_module": "flowers[scent]", "numpy": "numpy", "this": "no"})
    assert main(["list"]) == 0
    assert capsys.readouterr().out.splitlines()[2].endswith(SAYS)
    assert main(["list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["needs"] == "pip install 'flowers[scent]'"
    assert "this" not in sys.modules  # looked for, not imported


@pytest.mark.parametrize("command", ["run", "check"])
def test_refused_in_one_line_before_it_is_imported(toy, capsys, command):
    path = toy({"no_such_module": "flowers[scent]"})
    for name in (path, "needy"):
        assert main([command, name]) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: the task needy")
        assert error.endswith(SAYS + "\n")
        assert error.count("\n") == 1


def test_what_is_there_is_not_mentioned(toy, capsys):
    path = toy({"numpy": "numpy"})
    main(["list"])
    assert "needs" not in capsys.readouterr().out
    assert main(["run", path]) == 2
    assert "imported" in capsys.readouterr().err


@pytest.mark.parametrize("nonsense", ["numpy", 3, {"": "x"}])
def test_needs_that_are_none_are_named(toy, capsys, nonsense):
    toy(nonsense)
    assert main(["list"]) == 0
    assert "cannot be read" in capsys.readouterr().out


def test_each_package_once():
    assert lacking({"no_such": "a[b]", "no_such_either": "a[b]", "neither": "c"}) == "pip install 'a[b]' 'c'"
    assert lacking({}) == lacking({"json": "json"}) == ""
