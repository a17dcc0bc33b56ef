"""Ctrl-C waits until what must be whole is whole."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from a1viz.base.interrupts import deferred, ignored


@pytest.fixture(autouse=True)
def hears():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background ignores Ctrl-C
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_is_heard_when_what_must_be_whole_is():
    done = []

    def work():
        with deferred():
            signal.raise_signal(signal.SIGINT)
            done.append("whole")
        done.append("more")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["whole"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_inside_is_what_is_raised():
    def work():
        with deferred():
            signal.raise_signal(signal.SIGINT)
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        work()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_is_not_heard_where_it_is_ignored():
    with ignored():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_in_another_thread_nothing_changes():
    def work():
        with deferred(), ignored():
            return signal.getsignal(signal.SIGINT)

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(work).result() is signal.default_int_handler
