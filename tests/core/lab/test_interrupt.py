"""Ctrl-C ends a command that is no run at once, and in two seconds in any case."""

import os
import signal
import sys
import time

import pytest

from core.lab import interrupt
from core.lab.errors import Stopped

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs signals and a copy of this process")


@pytest.fixture(autouse=True)
def terminal():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def pressed():
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(1000):
        time.sleep(0.001)


def test_it_is_a_keyboard_interrupt_and_the_handler_before_comes_back():
    with pytest.raises(KeyboardInterrupt), interrupt.interruptible():
        pressed()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does in the background
    with interrupt.interruptible():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_code_that_takes_no_notice_ends_with_the_process(monkeypatch):
    monkeypatch.setattr(interrupt, "GRACE", 0.1)
    read, write = os.pipe()
    if not (pid := os.fork()):
        try:
            os.dup2(write, 2)
            with interrupt.interruptible():
                while True:
                    try:
                        pressed() if interrupt.raises_interrupt() else None
                        signal.pause()
                    except KeyboardInterrupt:
                        signal.pause()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    assert os.read(read, 100) == b"stopped\n"
    os.close(read)
    os.close(write)


def test_what_a_signal_raises_where_nothing_can_be_raised_is_not_shown(monkeypatch):
    def stop(signum, frame):
        raise Stopped(signum)

    class Dying:
        def __init__(self, work):
            self.work = work

        def __del__(self):
            self.work()

    shown = []
    monkeypatch.setattr(sys, "unraisablehook", lambda it: shown.append(it.exc_type))
    with interrupt.handling(stop):
        Dying(pressed)
        Dying(lambda: 1 // 0)
    assert shown == [ZeroDivisionError]
