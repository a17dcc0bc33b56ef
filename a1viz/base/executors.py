"""Who computes the chunks of a long computation: this process, several of this machine, or a Dask cluster."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import InputError, shown
from .interrupts import ignored

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")  # of a process's matrix products
MAX_WORKERS = 256
ADDRESS = re.compile(r"inproc://.+|(\w+://)?[^/\s]+:[0-9]{1,5}(/.*)?")  # of a scheduler
ANSWER = "10s"  # how long a scheduler may take to answer
WORKERS = 8  # of an executor that does not say how many it has
T = TypeVar("T")


@contextlib.contextmanager
def executor(workers: int = 0, scheduler: str = "") -> Iterator[Executor | None]:
    """Who computes the chunks: this process (None), `workers` processes of this machine, or the Dask cluster of a scheduler's address.

    Each process does its matrix products in one thread. Raises InputError for a bad number of workers, or where no scheduler answers.
    Source: question 1, sweeps.

    >>> with executor() as serial:
    ...     serial is None
    True
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
        chunks.workers = sum(client.nthreads().values()) or WORKERS  # type: ignore[attr-defined]
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


def one_thread_here() -> contextlib.AbstractContextManager[Any]:
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


# --- what they are given --------------------------------------------------------------------------------------------------------


def ahead(executor: Executor) -> int:
    """How many chunks are given out at a time, so that nobody waits for work, and no memory is full of what waits."""
    count: int = getattr(executor, "workers", WORKERS)
    return 2 * count + 2


def client_of(executor: Executor | None) -> Any:
    """The client of a cluster's executor, None of any other."""
    return getattr(executor, "_client", None)


def handed_over(executor: Executor | None, value: T) -> T | Any:
    """What all chunks are given: to a cluster it goes once, and is made again there if a worker is lost with it."""
    client = client_of(executor)
    if client is None:
        return value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dask would have large values scattered, but these are lost with their worker
        return client.submit(_same, value, pure=False)


def _same(value: T) -> T:
    return value
