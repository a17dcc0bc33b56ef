"""Ctrl-C at a moment when it would leave half of something behind: heard afterwards, or not at all."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """What is done meanwhile is done whole; Ctrl-C is heard after it."""
    heard: list[tuple[int, FrameType | None]] = []
    with _heard_by(lambda number, frame: heard.append((number, frame))) as others:
        yield
    if heard and callable(others):
        others(*heard[0])


@contextlib.contextmanager
def ignored() -> Iterator[None]:
    """Ctrl-C is not heard meanwhile: somebody is impatient with what is ending already."""
    with _heard_by(signal.SIG_IGN):
        yield


@contextlib.contextmanager
def _heard_by(handler: signal._HANDLER) -> Iterator[signal._HANDLER]:
    """Another handler for a while; gives the one before. Only the main thread hears, and only it may say who does."""
    try:
        before = signal.signal(signal.SIGINT, handler)
    except ValueError:
        yield None
        return
    try:
        yield before
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
