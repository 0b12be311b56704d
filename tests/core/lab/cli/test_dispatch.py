"""The command: how it is called, what it refuses, and that what it says fits every screen."""

import subprocess
import sys


def test_the_command_is_a_function_of_its_package():
    """`from core.lab.cli import main` in a script that registers what it brings; and it loads no more than it needs."""
    code = (
        "import sys; from core.lab.cli import main; code = main(['list']); from core.lab.cli import main as again; "
        "assert again is main; assert not {'numpy', 'core.lab.runs.run'} & set(sys.modules); sys.exit(code)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "digits" in ended.stdout
