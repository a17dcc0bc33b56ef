"""Long computations in chunks: in this process, in several, or on a Dask cluster; what is finished is kept, and is the same anywhere.

A chunk is one call of a function at the top of a module with plain arguments (numbers, texts, arrays, lists, tuples, dictionaries, seeds
of NumPy); it returns such values too. Randomness comes in as an argument, so that results do not depend on who computes them.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from .errors import A1vizError, OutputError
from .executors import THREADS, executor, one_thread_here
from .files import path_of
from .store import open_store

__all__ = ["THREADS", "executor", "run_chunks"]

BREAKS = 3  # so often may the processes die while no chunk is finished
Keep = Callable[[int, Any], None]


@dataclass(frozen=True)
class Work:
    """The chunks of a computation: `function(*tasks[k])` for each; `names` say in a store what they are."""

    function: Callable[..., Any]
    tasks: Sequence[tuple[Any, ...]]  # which may be made when they are asked for
    names: Sequence[tuple[Any, ...]]
    ahead: int  # how many are given out at a time
    is_exact: bool = True  # whether the last digits must not depend on who computes, nor when


def run_chunks(
    function: Callable[..., Any],
    tasks: Sequence[tuple[Any, ...]],
    *,
    executor: Executor | None = None,
    store: str | Path | None = None,
    label: str = "",
) -> list[Any]:
    """`function(*task)` for each task, in the order of `tasks`, whoever computes which and when.

    With a `store`, a folder, each chunk is written there as it is finished, and what is there is not computed again: an interrupted run
    goes on where it was. A `label` shows a progress bar on a terminal. Where a process is killed, its chunks are given to another.

    Raises OutputError for a store that is another list's or cannot be written, A1vizError where processes die again and again, and
    whatever `function` raises. Source: question 1, sweeps.

    >>> run_chunks(max, [(1, 2), (4, 3)])
    [2, 4]
    """
    done: dict[int, Any] = {}
    run_each(Work(function, tasks, tasks, len(tasks)), done.__setitem__, executor=executor, store=store, label=label)
    return [done[k] for k in range(len(tasks))]


def run_each(work: Work, keep: Keep, *, executor: Executor | None = None, store: str | Path | None = None, label: str = "") -> None:
    """The same, each result handed to `keep` with its number as soon as it is there, and then forgotten."""
    shelf = open_store(path_of(store, "a folder, such as 'kept'"), work.function, work.names) if store is not None else None
    done: set[int] = set()
    for k, result in shelf.read() if shelf else ():
        keep(k, result)
        done.add(k)
    waiting = [k for k in range(len(work.tasks)) if k not in done]
    with progress_bar(label, len(work.tasks), len(done)) as tick:

        def finish(k: int, result: Any) -> None:
            if shelf:
                shelf.write(k, result)
            keep(k, result)
            tick()

        with one_thread_here() if work.is_exact else contextlib.nullcontext():
            if executor is None:
                for k in waiting:
                    finish(k, work.function(*work.tasks[k]))
            else:
                _give_out(work, waiting, executor, finish)


def _give_out(work: Work, waiting: list[int], executor: Executor, keep: Keep) -> None:
    """Every chunk to the executor, and again what a killed process has lost. Raises A1vizError where that helps nothing."""
    breaks = 0
    while waiting and breaks < BREAKS:
        lost = _round(work, waiting, executor, keep)
        breaks = breaks + 1 if len(lost) == len(waiting) else 0
        waiting = lost
    if waiting:
        raise A1vizError(_dead(work.function))


def _round(work: Work, waiting: list[int], executor: Executor, keep: Keep) -> list[int]:
    """Give out all that waits and keep what comes back; what was lost because a process was killed is returned."""
    futures: dict[Future[Any], int] = {}
    finished: SimpleQueue[Future[Any]] = SimpleQueue()
    left, kept = iter(waiting), set()
    try:
        while True:
            with contextlib.suppress(BrokenExecutor):
                for k in islice(left, work.ahead - len(futures)):
                    future = executor.submit(work.function, *work.tasks[k])
                    futures[future] = k
                    future.add_done_callback(finished.put)
            if not futures:
                break
            future = finished.get()
            with contextlib.suppress(BrokenExecutor):
                keep(futures[future], future.result())
                kept.add(futures[future])
            del futures[future]
    except BaseException as error:
        _rescue(futures, kept, keep)
        if isinstance(error, CancelledError):
            raise A1vizError("the scheduler is gone or has dropped the work; what was finished before is in the store, if any") from None
        if type(error).__name__ == "KilledWorker":  # Dask's word for a chunk that took worker after worker with it
            raise A1vizError(_dead(work.function)) from None
        raise
    return [k for k in waiting if k not in kept]


def _rescue(futures: dict[Future[Any], int], kept: set[int], keep: Keep) -> None:
    """Stop the work, and keep the chunks that were finished and not yet looked at."""
    for future in futures:
        future.cancel()
    for future, k in futures.items():
        if k not in kept and future.done() and not future.cancelled() and future.exception() is None:
            with contextlib.suppress(OutputError):
                keep(k, future.result())


def _dead(function: Callable[..., Any]) -> str:
    return (
        f"processes that compute {function.__name__} die, whatever is tried: too little memory for that many workers, or a script that "
        "starts them without: if __name__ == '__main__'"
    )


@contextlib.contextmanager
def progress_bar(label: str, total: int, done: int = 0) -> Iterator[Callable[[], None]]:
    """A bar on the standard error where that is a terminal; what is given back says that one more chunk is finished."""
    if not label or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(label, total=total, completed=done)
        yield lambda: progress.advance(bar)
