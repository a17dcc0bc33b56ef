"""Long computations in chunks: in this process, in several, or on a Dask cluster; what is finished is kept, and is the same anywhere.

A chunk is one call of a function at the top of a module with plain arguments (numbers, texts, arrays, lists, tuples, dictionaries, seeds
of NumPy); it returns such values too. Randomness comes in as an argument, so that results do not depend on who computes them.
"""

from __future__ import annotations

import contextlib
import gc
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import A1vizError, InputError, OutputError, shown
from .interrupts import ignored
from .store import open_store

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

__all__ = ["THREADS", "executor", "run_chunks"]

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")  # of a process's matrix products
MAX_WORKERS = 256
BREAKS = 3  # so often may the processes die while no chunk is finished
ADDRESS = re.compile(r"inproc://.+|(\w+://)?[^/\s]+:[0-9]{1,5}(/.*)?")  # of a scheduler
ANSWER = "10s"  # how long a scheduler may take to answer


# --- who computes ---------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def executor(workers: int = 0, scheduler: str = "") -> Iterator[Executor | None]:
    """Who computes the chunks: this process (None), `workers` processes of this machine, or the Dask cluster of a scheduler's address.

    Each process does its matrix products in one thread. Raises InputError for a bad number of workers, or where no scheduler answers.
    Source: question 1, sweeps.

    >>> with executor() as serial:
    ...     run_chunks(pow, [(2, 3), (2, 10)], executor=serial)
    [8, 1024]
    """
    if scheduler and workers:
        raise InputError("give either a number of workers on this machine or a scheduler's address, not both")
    if isinstance(workers, bool) or not isinstance(workers, int) or not 0 <= workers <= MAX_WORKERS:
        raise InputError(f"workers is a number from 0 to {MAX_WORKERS}, got {shown(workers)}")
    if scheduler:
        with _cluster(scheduler) as found:
            yield found
    elif workers:
        pool = _Processes(workers)
        try:
            yield pool
        except BaseException:
            with ignored():
                pool.kill()
                pool.shutdown(wait=True, cancel_futures=True)
            raise
        pool.shutdown(wait=True, cancel_futures=True)
    else:
        yield None


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    said = f"no Dask scheduler answers at {shown(address)}; give an address such as tcp://127.0.0.1:8786"
    if not ADDRESS.fullmatch(address):  # Dask would ask for a while at no port at all
        raise InputError(f"{said}: it names no port")
    try:
        from dask.distributed import Client
    except ModuleNotFoundError:
        raise InputError('a Dask cluster needs distributed, which is not installed: pip install "a1viz[dask]"') from None
    gc.collect()  # a client that found no scheduler closes when it is thrown away: in the midst of starting another it would wait forever
    try:
        client = Client(address, timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{said}: {' '.join(str(error).split())}") from None
    with client:
        chunks: Executor = client.get_executor(pure=False)
        yield chunks


class _Processes(Executor):
    """A pool of processes that starts anew after one was killed; what the old pool had not finished says BrokenExecutor."""

    def __init__(self, workers: int) -> None:
        import multiprocessing

        self.workers, self.others = workers, set(multiprocessing.active_children())
        self.start()

    def start(self) -> None:
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        # a fork would come with libraries that have counted their threads
        self.pool = ProcessPoolExecutor(self.workers, multiprocessing.get_context("spawn"), _begin)

    def submit(self, function: Callable[..., Any], /, *args: Any, **more: Any) -> Future[Any]:
        with _one_thread():  # the pool starts a process when it needs one more
            try:
                return self.pool.submit(function, *args, **more)
            except BrokenExecutor:
                self.pool.shutdown(wait=True)
                self.start()
                return self.pool.submit(function, *args, **more)

    def kill(self) -> None:
        import multiprocessing
        import threading

        seen = threading.Event()
        with contextlib.suppress(RuntimeError):  # a pool that is broken, or shut down before
            self.submit(int).add_done_callback(lambda last: seen.set())
            self.pool.shutdown(wait=False, cancel_futures=True)
            seen.wait(1)  # its thread has forgotten what was cancelled; before, it would stumble over that
        for process in set(multiprocessing.active_children()) - self.others:
            process.kill()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.pool.shutdown(wait, cancel_futures=cancel_futures)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """What is started meanwhile does its matrix products in one thread: its libraries read the environment when they are loaded.

    Nor does it hear Ctrl-C, not even while it is starting.
    """
    before = {name: os.environ.get(name) for name in THREADS}
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if hasattr(signal, "pthread_sigmask") else ()  # Windows lacks it
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_SETMASK, heard)


def _one_thread_here() -> contextlib.AbstractContextManager[Any]:
    """One thread for matrix products in this process too: with more, sums are taken in another order and end in other digits."""
    if "numpy" not in sys.modules:
        return contextlib.nullcontext()
    from threadpoolctl import threadpool_limits

    limits: contextlib.AbstractContextManager[Any] = threadpool_limits(1)
    return limits


def _begin() -> None:
    """At the start of a process: Ctrl-C is for the one that asked for the work, and when that one is gone the work ends."""
    import multiprocessing
    import threading

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: BaseProcess) -> None:
    """End when the parent has ended."""
    parent.join()
    os._exit(1)


# --- what is computed -----------------------------------------------------------------------------------------------------------


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
    shelf = open_store(Path(store), function, tasks) if store is not None else None
    done = shelf.read() if shelf else {}
    waiting = [k for k in range(len(tasks)) if k not in done]
    with progress_bar(label, len(tasks), len(done)) as tick:

        def keep(k: int, result: Any) -> None:
            done[k] = result
            if shelf:
                shelf.write(k, result)
            tick()

        with _one_thread_here():
            if executor is None:
                for k in waiting:
                    keep(k, function(*tasks[k]))
            else:
                _give_out(function, tasks, waiting, executor, keep)
    return [done[k] for k in range(len(tasks))]


Keep = Callable[[int, Any], None]


def _give_out(function: Callable[..., Any], tasks: Sequence[Any], waiting: list[int], executor: Executor, keep: Keep) -> None:
    """Every chunk to the executor, and again what a killed process has lost. Raises A1vizError where that helps nothing."""
    breaks = 0
    while waiting and breaks < BREAKS:
        lost = _round(function, tasks, waiting, executor, keep)
        breaks = breaks + 1 if len(lost) == len(waiting) else 0
        waiting = lost
    if waiting:
        raise A1vizError(_dead(function))


def _round(function: Callable[..., Any], tasks: Sequence[Any], waiting: list[int], executor: Executor, keep: Keep) -> list[int]:
    """Give out all that waits and keep what comes back, in that order; what was lost because a process was killed is returned."""
    futures: dict[Future[Any], int] = {}
    kept: set[int] = set()
    try:
        with contextlib.suppress(BrokenExecutor):
            for k in waiting:
                futures[executor.submit(function, *tasks[k])] = k
        for future in as_completed(futures):
            with contextlib.suppress(BrokenExecutor):
                keep(futures[future], future.result())
                kept.add(futures[future])
    except BaseException as error:
        _rescue(futures, kept, keep)
        if isinstance(error, CancelledError):
            raise A1vizError("the scheduler is gone or has dropped the work; what was finished before is in the store, if any") from None
        if type(error).__name__ == "KilledWorker":  # Dask's word for a chunk that took worker after worker with it
            raise A1vizError(_dead(function)) from None
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
