"""The tasks that docs/adding-a-task.md walks through are run as they stand there, and as they stood for contract 1."""

import json
import re

import pytest
from places import REPOSITORY

from core.lab.cli import main
from core.lab.runs.check import outcomes
from core.lab.runs.tasks import find

PAGE = (REPOSITORY / "docs" / "adding-a-task.md").read_text("utf-8")
LISTINGS = dict(re.findall(r"## From [a-z ]+: `(\w+)\.py`\n.*?```python\n(.*?)```", PAGE, re.DOTALL))


FIRST = {f"{path.stem}_1": path.read_text("utf-8") for path in (REPOSITORY / "tests" / "contract_1").glob("*.py")}


@pytest.fixture(params=sorted({**LISTINGS, **FIRST}))
def path(request, tmp_path):
    file = tmp_path / f"{request.param}.py"
    file.write_text({**LISTINGS, **FIRST}[request.param])
    return file


def test_there_is_one_of_each_paradigm_of_at_most_sixty_lines():
    assert len(LISTINGS) == len(FIRST) == 3
    assert {re.search(r'PARADIGM = "(\w+)"', text)[1] for text in LISTINGS.values()} == {
        "supervised",
        "unsupervised",
        "reinforcement",
    }
    assert max(len(text.splitlines()) for text in LISTINGS.values()) <= 60


def test_a_listing_keeps_the_contract(path):
    found = outcomes(find(str(path)))
    assert found
    assert not [(promise, detail) for outcome, promise, detail in found if outcome not in ("ok", "warn")]


def test_a_listing_learns_resumes_and_is_measured(path, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["run", str(path), "--out", "first", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["score"]["scaled"] > 0.7
    (tmp_path / "first" / "result.json").unlink()
    assert main(["resume", "first", "--task", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["w_sha256"] == result["w_sha256"]
    assert (tmp_path / "first" / "report.html").exists()
    assert main(["results", "run", "--task", str(path), "--preset", "quick", "--seeds", "0"]) == 0
    assert (tmp_path / "results" / f"{path.stem}_quick.json").exists()
