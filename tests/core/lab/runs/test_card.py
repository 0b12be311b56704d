"""MODEL.md: what it says, that nothing in it can act, and that its bytes hang on no clock and no place."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from places import TOY_TASK

from core.lab.data.registry import Data, whose
from core.lab.data.sets.mnist import MNIST
from core.lab.errors import Refusal
from core.lab.report.markdown import code, command, escaped, leaf
from core.lab.runs import folder as folders
from core.lab.runs.card import card, parts
from core.lab.runs.run import open_run, resume, run
from core.lab.runs.tasks import find

TOY = str(TOY_TASK)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return run(TOY, out=tmp_path_factory.mktemp("card") / "run", updates=20)


def test_it_says_what_it_is_how_good_and_how_it_is_used(made):
    text, value = (made.folder / folders.MODEL).read_text("utf-8"), made.result["score"]["value"]
    for line in (
        f"# toy_task: `test_accuracy` {value:.4g}",
        "Two clouds of points, told apart by a small network: points in, a class out; above 0.9 is good.",
        "It learnt from 320 examples",
        f"| **this network** | **{value:.4g}** |",
        "| chance | 0.5 |",
        "| guess, the best baseline | 0.5 |",
        "| the reference, the truth | 1 |",
        "The weights were chosen by `val_accuracy` on the validation part",
        "trivium predict DIR FILE --task toy_task.py",
        'run = trivium.open_run("DIR", find("toy_task.py"))',
        f"`{made.result['w_sha256']}`",
        "trivium run toy_task.py --seed 0 --updates 20",
    ):
        assert line in text
    assert str(TOY_TASK.parent) not in text
    assert str(made.folder) not in text


def test_the_same_run_has_the_same_bytes_elsewhere_and_resume_makes_what_is_lost(made, tmp_path, capsys):
    whole = (made.folder / folders.MODEL).read_bytes()
    again = run(TOY, out=tmp_path / "another place", updates=20)
    assert (again.folder / folders.MODEL).read_bytes() == whole
    (again.folder / folders.MODEL).unlink()
    resume(open_run(again.folder, find(TOY)))
    assert (again.folder / folders.MODEL).read_bytes() == whole


def test_data_have_their_licence_parts_and_sums(tmp_path, made):
    out, images = Path(shutil.copytree(made.folder, tmp_path / "run")), MNIST.files[0]
    (data := Data())("digits")
    sums = {**data.sums, images.name: images.sha256, "/home/me/my|own.csv": "0" * 64}
    (out / folders.RESULT).write_text(json.dumps(made.result | {"data": sums}))
    splits = SimpleNamespace(x_train=range(1200), x_val=range(237), x_test=range(360))
    text = card(
        out, made.setup, SimpleNamespace(monitor="-val_nats", splits=splits, notes=lambda: ["<b>mind</b> the gap"])
    )
    for line in (
        f"| `digits` | `{data.sums['digits']}` |  | CC BY 4.0 |",
        f"| `{images.name}` | `{images.sha256}` | 9,912,422 | CC BY-SA 3.0 |",
        f"| my\\|own.csv | `{'0' * 64}` |  | not known |",
        "- The training part: 1,200 examples.",
        "- The test part: 360 examples, which chose nothing.",
        "What has no licence here is somebody's own",
        "E. Alpaydin",
        "chosen by `val_nats`",
        "- &lt;b&gt;mind&lt;/b&gt; the gap",
    ):
        assert line in text
    assert "trivium generate" not in text


def test_a_sum_is_of_a_known_set_only_where_it_is_equal(tmp_path):
    data = Data()
    data("digits")
    assert whose("digits", data.sums["digits"]).licence == "CC BY 4.0"
    assert whose("digits", "0" * 64) is None  # a person's own folder of that name
    assert whose("mnist", "0" * 64) is None
    assert whose("names/names.txt", "0" * 64) is None
    assert whose("flowers.csv", "0" * 64) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0.8972", "0.8972"),
        ("test_accuracy of a_b", "test_accuracy of a_b"),
        ("_a_ *b* `c` ~d~", r"\_a\_ \*b\* \`c\` \~d\~"),
        ("[x](http://evil)", r"\[x\](http:\//evil)"),
        ("<script>alert(1)</script> & co", "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ("a | b\n# c", r"a \| b \# c"),
        ("# heading", r"\# heading"),
        ("- item", r"\- item"),
        ("---", r"\---"),
        ("1. item", r"1\. item"),
        ("a \x1b[31mred\x1b[0m\x00 end", "a red end"),
        ("back\\slash", r"back\\slash"),
    ],
)
def test_text_is_shown_and_never_followed(text, shown):
    assert escaped(text) == shown
    assert escaped(escaped(text)) == shown  # once


def test_code_and_commands():
    assert code("val_accuracy") == "`val_accuracy`"
    assert code("a`b|c") == r"a\`b\|c"
    assert (
        command("trivium run /home/me/flowers.py --file '/x/my data.csv'")
        == "trivium run flowers.py --file 'my data.csv'"
    )
    assert command("trivium run a --x 'b; rm -rf /'") == "trivium run a --x 'b; rm -rf /'"
    assert command("trivium run a --out DIR && trivium resume DIR") == "trivium run a --out DIR && trivium resume DIR"
    assert "&& rm" not in command("trivium run a --x 'b && rm -rf c'").replace("'&&'", "")
    assert "\n" not in command("trivium run a --x '```\n# no'")
    assert [leaf(name) for name in ("/a/b", r"C:\a\b.csv", "mnist/x", "x")] == ["b", "b.csv", "mnist/x", "x"]


def test_parts_are_told_where_they_can_be():
    splits = SimpleNamespace(x_train=np.zeros((5, 2)), x_val=np.zeros((3, 2)), x_test=np.zeros((2, 2)))
    told = {"training": 5, "validation": 3, "test": 2}
    assert parts(SimpleNamespace(splits=splits)) == ("examples", told)
    assert parts(SimpleNamespace(exam=SimpleNamespace(splits=splits))) == ("examples", told)
    assert parts(SimpleNamespace(text=SimpleNamespace(train="abcde", val="abc", test="ab"))) == ("characters", told)
    exam = SimpleNamespace(n_test=7, judge=SimpleNamespace(n_test=9))
    assert parts(SimpleNamespace(exam=exam)) == ("episodes", {"test": 9})
    assert parts(SimpleNamespace(splits="no", text=3)) == ("", {})


def test_a_card_that_cannot_be_made_hides_no_result(tmp_path, made, monkeypatch, capsys):
    out = Path(shutil.copytree(made.folder, tmp_path / "run"))
    (out / folders.MODEL).unlink()
    opened = open_run(out, find(TOY))
    with monkeypatch.context() as patch:
        patch.setattr("core.lab.runs.card.parts", lambda learner: 1 / 0)
        assert resume(opened).result == made.result
    assert "MODEL.md of" in capsys.readouterr().err
    with monkeypatch.context() as patch:
        patch.setattr(type(opened), "built", lambda self: (_ for _ in ()).throw(Refusal("the data are gone")))
        assert resume(opened).result == made.result
    assert not (out / folders.MODEL).exists()
