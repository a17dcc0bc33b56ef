"""Runs calls in memory that is kept for the next time, without NumPy's warnings: for plans, for Gram sums, for the sorting of many rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextvars import copy_context
from typing import Any, Generic, TypeVar

import numpy as np

from ..base.arrays import Array

KEPT = 2  # workspaces that wait for the next call
W = TypeVar("W")
ArrayCall = tuple[Callable[..., object], int, int, int]  # a function, and the places of two operands and of its result


def quietly() -> Callable[..., Any]:
    """What calls a function without NumPy's warnings: entered faster than np.errstate is, by one thread at a time."""
    context = copy_context()
    context.run(np.seterr, all="ignore")
    return context.run


class Executor(Generic[W]):
    """Runs functions of a workspace that no other call is using; `make` makes one where none waits."""

    def __init__(self, make: Callable[[], W]) -> None:
        self.make = make
        self.waiting: list[tuple[Callable[..., Any], W]] = []

    def run(self, function: Callable[..., None], *arguments: object) -> None:
        """Call the function with a workspace and the arguments."""
        try:
            quiet, workspace = self.waiting.pop()
        except IndexError:  # another thread may have taken the last
            quiet, workspace = quietly(), self.make()
        try:
            quiet(function, workspace, *arguments)
        finally:
            if len(self.waiting) < KEPT:
                self.waiting.append((quiet, workspace))

    def forget(self) -> None:
        """Give the workspaces back; the next call makes one."""
        self.waiting.clear()


def run_calls(calls: Iterable[ArrayCall], arrays: Sequence[Array]) -> None:
    """Each call in its turn, on arrays by their places."""
    for call, a, b, out in calls:
        call(arrays[a], arrays[b], out=arrays[out])
