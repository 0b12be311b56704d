"""Code that is not ours, of a task, an environment or a plug-in: what it prints and what it raises.

What it prints goes to stderr, since stdout is for results alone; what it raises becomes one line that names the place.
"""

import ctypes
import os
import sys
import sysconfig
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path

from core.lab.errors import Refusal, Stopped
from core.lab.interrupt import raises_interrupt

ROOT = Path(__file__).resolve().parents[2]
OURS = tuple(str(ROOT / name) for name in ("core", "supervised", "unsupervised", "reinforcement", "trivium.py"))
LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
GYMNASIUM = r"\x1b\[33mWARN: "  # how its warnings begin; of what matters to who runs it we speak ourselves
LONGEST = 300  # characters of what an exception says


@contextmanager
def guarded(what: str, after: Callable[[], str] = str, passing: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Runs a stranger's code inside. Raises Refusal, `what` and what was raised, whatever that is.

    `after()` says what has become of the work, such as "; the last good checkpoint is ...". Refusal, Stopped, a lack of
    memory, a key that the user pressed and those `passing` pass. With TRIVIUM_DEBUG every exception does.
    """
    with aside():
        try:
            yield
        except (Stopped, MemoryError):
            raise
        except passing:
            raise
        except Refusal as refusal:
            if not after():
                raise
            raise Refusal(f"{refusal}{after()}") from refusal
        except BaseException as error:
            if not theirs(error):
                raise
            if isinstance(error, Exception) and os.environ.get("TRIVIUM_DEBUG"):
                raise
            raise Refusal(f"{what} raised {said(error)}{after()}") from error


def theirs(error: BaseException) -> bool:
    """Has a stranger's code raised this? No signal, no key that the user pressed, and no context that merely closes."""
    if isinstance(error, GeneratorExit):  # which a signal leaves on its way in or out
        return error.__traceback__ is not None and error.__traceback__.tb_next is not None
    return not (isinstance(error, Stopped) or (isinstance(error, KeyboardInterrupt) and raises_interrupt()))


@contextmanager
def forgiving() -> Iterator[None]:
    """What a stranger's code raises inside is of no account."""
    try:
        yield
    except BaseException as error:
        if not theirs(error):
            raise


def said(error: BaseException) -> str:
    """'ValueError: its first line (file.py:12)', where the file is the stranger's."""
    try:
        words = str(error).strip().partition("\n")[0]
    except Exception:  # its __str__ is broken, too
        words = ""
    kind = type(error).__name__
    at = "" if isinstance(error, SyntaxError) else place(error)  # which says it itself
    return (f"{kind}: {words[:LONGEST]}" if words else kind) + at


def place(error: BaseException) -> str:
    """' (file.py:12)': the last line that is neither ours nor a library's, else the last of all; '' without any."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("<")]
    theirs = [frame for frame in frames if not frame.filename.startswith(OURS)]
    own = [frame for frame in theirs if not frame.filename.startswith(LIBRARIES)]
    last = next(iter((own or theirs or frames)[-1:]), None)
    return f" ({Path(last.filename).name}:{last.lineno})" if last else ""


@contextmanager
def aside() -> Iterator[None]:
    """What is printed inside goes to stderr, by Python or by C. Gymnasium's warnings to authors go nowhere."""
    if sys.stdout is sys.stderr or sys.stderr is None:  # inside already
        yield
        return
    with _descriptor_aside(), redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.filterwarnings("ignore", GYMNASIUM)
        yield


@contextmanager
def _descriptor_aside() -> Iterator[None]:
    """The same of the process's own descriptor 1, which C and child processes write to."""
    kept = None
    if sys.__stdout__ is not None:  # else 1 may be any file
        with suppress(OSError, ValueError, AttributeError):  # where there is no 2, or a stdout that is closed
            sys.stdout.flush()
            kept = os.dup(1)
            os.dup2(2, 1)
    try:
        yield
    finally:
        if kept is not None:
            if sys.platform != "win32":
                ctypes.CDLL(None).fflush(None)  # what C has printed, and not written yet
            os.dup2(kept, 1)
            os.close(kept)
