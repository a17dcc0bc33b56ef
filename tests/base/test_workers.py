"""Chunks are the same whoever computes them; what is finished stays finished, whatever is killed or interrupted."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from conftest import NO_DASK, environment, is_alive

from a1viz.base.errors import A1vizError, InputError, OutputError
from a1viz.base.store import Store, pack, unpack
from a1viz.base.workers import THREADS, executor, run_chunks


def draw(seed, count):
    """A chunk with randomness of its own."""
    return np.random.default_rng(seed).standard_normal(count)


def die_once(folder, k):
    """A chunk whose process is killed the first time one comes to it."""
    try:
        (Path(folder) / "died").touch(exist_ok=False)
    except FileExistsError:
        return k * k
    os.kill(os.getpid(), signal.SIGKILL)


def die(k):
    os.kill(os.getpid(), signal.SIGKILL)


def note(folder, k):
    """A chunk that leaves a note that it was computed, and may be told to fail."""
    with (Path(folder) / f"note{k}").open("a") as file:
        file.write("x")
    if (Path(folder) / f"fail{k}").exists():
        raise InputError("as told")
    return {"square": k * k, "half": (k / 2, [None, "text"])}


def threads():
    return [os.environ.get(name) for name in THREADS]


def seeds(count):
    return [(seed, 5) for seed in np.random.SeedSequence(7).spawn(count)]


def notes(folder):
    return {path.name: path.read_text() for path in Path(folder).glob("note*")}


@pytest.fixture(scope="module")
def pool():
    with executor(2) as found:
        yield found


# --- the same for everybody ---------------------------------------------------------------------------------------------------


def test_the_results_are_the_same_whoever_computes_them(pool):
    alone = run_chunks(draw, seeds(7))
    assert len({tuple(chunk) for chunk in alone}) == 7
    with ThreadPoolExecutor(3) as others:
        for who in (pool, others):
            np.testing.assert_array_equal(run_chunks(draw, seeds(7), executor=who), alone)


def test_the_results_come_in_the_order_of_the_tasks(pool):
    tasks = [(0.2 if k == 0 else 0,) for k in range(4)]
    assert run_chunks(time.sleep, tasks, executor=pool) == [None] * 4
    assert run_chunks(pow, [(k, 2) for k in range(20)], executor=pool) == [k * k for k in range(20)]


def test_no_tasks_are_no_results(pool, tmp_path):
    assert run_chunks(pow, [], executor=pool, store=tmp_path / "s") == []


def test_matrix_products_of_a_process_take_one_thread(pool):
    before = [os.environ.get(name) for name in THREADS]
    assert run_chunks(threads, [()], executor=pool) == [["1"] * len(THREADS)]
    assert [os.environ.get(name) for name in THREADS] == before, "our own environment stays as it is"


@pytest.mark.process
def test_the_thread_limit_is_there_before_numpy_is(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import numpy, os, sys\nfrom a1viz.workers import executor, run_chunks, THREADS\n"
        "SEEN = [os.environ.get(name) for name in THREADS]\n"  # read where NumPy is loaded: here, and again in each process
        "def seen(): return SEEN\n"
        "if __name__ == '__main__':\n    with executor(1) as pool: print(run_chunks(seen, [()], executor=pool)[0], SEEN)\n"
    )
    clean = environment(**dict.fromkeys(THREADS, "2"))
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, env=clean, check=True)
    assert done.stdout.split("\n")[0] == f"{['1'] * 4} {['2'] * 4}"


# --- a store ------------------------------------------------------------------------------------------------------------------


def test_what_is_in_the_store_is_not_computed_again(tmp_path):
    notebook, store = tmp_path / "notes", tmp_path / "store"
    notebook.mkdir()
    tasks = [(str(notebook), k) for k in range(4)]
    (notebook / "fail2").touch()
    with pytest.raises(InputError, match="as told"):
        run_chunks(note, tasks, store=store)
    (notebook / "fail2").unlink()
    again = run_chunks(note, tasks, store=store)
    assert notes(notebook) == {"note0": "x", "note1": "x", "note2": "xx", "note3": "x"}
    assert run_chunks(note, tasks, store=store) == again == [note(tmp_path, k) for k in range(4)]
    assert notes(notebook)["note3"] == "x"


def test_a_store_gives_exactly_what_was_computed(tmp_path):
    alone = run_chunks(draw, seeds(3), store=tmp_path)
    again = run_chunks(draw, seeds(3), store=tmp_path)
    assert [chunk.tobytes() for chunk in alone] == [chunk.tobytes() for chunk in again]
    again[0][0] = 1  # and it may be written to


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, 10**30, -0.0, 1e-310, "text, ünïcode", [], (), {}, [1, (2, {"a": [None]})], np.ones((2, 3)), np.array(3),
        np.float32(0.1), np.array([1 + 2j]), np.array([True]), np.zeros((0, 2)), float("inf"), np.array(["a", "bc"]), {"tuple": [1]},
    ],
    ids=repr,
)  # fmt: skip
def test_a_value_comes_back_as_what_it_was(value):
    back = unpack(json.loads(json.dumps(pack(value))))
    assert type(back) is type(value)
    np.testing.assert_equal(back, value)
    assert getattr(back, "dtype", None) == getattr(value, "dtype", None)


def test_a_seed_comes_back_as_itself():
    seed = np.random.SeedSequence(3, spawn_key=(1, 2)).spawn(2)[1]
    back = unpack(json.loads(json.dumps(pack(seed))))
    assert back.generate_state(4).tolist() == seed.generate_state(4).tolist()


def test_what_cannot_be_kept_is_refused_and_never_pickled():
    with pytest.raises(TypeError, match="not object"):
        pack(object())
    with pytest.raises(TypeError, match="not ndarray"):
        pack(np.array([object()]))


def test_the_store_of_another_list_is_refused_and_stays_as_it_is(tmp_path):
    run_chunks(pow, [(2, 3), (2, 4)], store=tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for function, tasks in ((pow, [(2, 3), (2, 5)]), (pow, [(2, 3)]), (divmod, [(2, 3), (2, 4)])):
        with pytest.raises(OutputError, match=r"store of another list of chunks: function builtins\.pow, .* or another folder"):
            run_chunks(function, tasks, store=tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_with_other_things_or_a_file_is_no_store(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match="no store of chunks, and not empty"):
        run_chunks(pow, [(2, 3)], store=tmp_path)
    with pytest.raises(OutputError, match="cannot be a store of chunks"):
        run_chunks(pow, [(2, 3)], store=tmp_path / "thesis.tex")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def chunks(folder):
    return [path for path in sorted(folder.glob("*.json")) if path.name != "chunks.json"]


DAMAGE = {
    "nothing": lambda whole: b"",
    "cut off": lambda whole: whole[:-1],
    "another number": lambda whole: whole.replace(b"8}", b"9}").replace(b"16}", b"9}"),
    "not sealed": lambda whole: whole.partition(b'"kept":')[2][:-1],
    "lists in lists": lambda whole: b"[" * 100_000,
    "no text": lambda whole: b"\xff",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_chunk_is_computed_again(tmp_path, damage):
    run_chunks(pow, [(2, 3), (2, 4)], store=tmp_path)
    for path in chunks(tmp_path):
        path.write_bytes(damage(path.read_bytes()))
    assert run_chunks(pow, [(2, 3), (2, 4)], store=tmp_path) == [8, 16]


def test_a_chunk_under_the_name_of_another_is_computed_again(tmp_path):
    run_chunks(pow, [(2, 3), (2, 4)], store=tmp_path)
    first, second = chunks(tmp_path)
    first.write_bytes(second.read_bytes())
    assert run_chunks(pow, [(2, 3), (2, 4)], store=tmp_path) == [8, 16]


def test_a_chunk_that_is_an_idle_pipe_or_a_device_is_computed_again(tmp_path):
    run_chunks(pow, [(2, 3), (2, 4)], store=tmp_path)
    first, second = chunks(tmp_path)
    first.unlink()
    second.unlink()
    os.mkfifo(first)
    os.symlink("/dev/zero", second)
    found = Store(tmp_path, tuple(path.stem for path in (first, second))).read()
    assert list(found) == []


def test_a_list_that_was_cut_off_is_written_anew_and_the_chunks_are_kept(tmp_path):
    run_chunks(pow, [(2, 3), (2, 4)], store=tmp_path)
    whole = (tmp_path / "chunks.json").read_bytes()
    (tmp_path / "chunks.json").write_bytes(whole[:20])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "write", lambda *arguments: pytest.fail("it was computed again"))
        assert run_chunks(pow, [(2, 3), (2, 4)], store=tmp_path) == [8, 16]
    assert (tmp_path / "chunks.json").read_bytes() == whole


def test_what_another_list_says_of_itself_cannot_steer_a_terminal(tmp_path):
    (tmp_path / "chunks.json").write_text(json.dumps({"function": "\x1b[31mevil", "version": "\u202e", "chunks": [[1] * 1000]}))
    with pytest.raises(OutputError) as caught:
        run_chunks(pow, [(2, 3)], store=tmp_path)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 1000


def test_what_a_killed_process_had_begun_to_write_is_removed_an_hour_later(tmp_path):
    for name, age in ((".a1viz-old", 4000), (".a1viz-new", 0), (".others", 4000)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    run_chunks(pow, [(2, 3)], store=tmp_path)
    assert {path.name for path in tmp_path.glob(".*")} == {".a1viz-new", ".others"}


# --- what goes wrong ----------------------------------------------------------------------------------------------------------


def test_a_killed_process_loses_nothing(tmp_path):
    (tmp_path / "marks").mkdir()
    with executor(2) as fresh:
        found = run_chunks(die_once, [(str(tmp_path / "marks"), k) for k in range(12)], executor=fresh, store=tmp_path / "store")
    assert found == [k * k for k in range(12)]
    assert (tmp_path / "marks" / "died").exists()
    assert len(list((tmp_path / "store").glob("*.json"))) == 13


def test_a_chunk_that_kills_whoever_computes_it_is_given_up_with_a_word():
    with executor(1) as fresh, pytest.raises(A1vizError, match=r"processes that compute die die, .* too little memory"):
        run_chunks(die, [(0,)], executor=fresh)


def test_a_pool_that_does_not_start_anew_is_given_up_with_a_word():
    with ProcessPoolExecutor(1) as mortal, pytest.raises(A1vizError, match="die, whatever is tried"):
        run_chunks(die, [(0,)], executor=mortal)


def test_an_error_in_a_chunk_keeps_the_chunks_before_it(pool, tmp_path):
    notebook, store = tmp_path / "notes", tmp_path / "store"
    notebook.mkdir()
    (notebook / "fail5").touch()
    tasks = [(str(notebook), k) for k in range(6)]
    with pytest.raises(InputError, match="as told"):
        run_chunks(note, tasks, executor=pool, store=store)
    (notebook / "fail5").unlink()
    run_chunks(note, tasks, executor=pool, store=store)
    assert set(notes(notebook).values()) <= {"x", "xx"}
    assert notes(notebook)["note0"] == "x"


@pytest.mark.process
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_leaves_the_finished_chunks_and_no_process(tmp_path, times):
    program = tmp_path / "program.py"
    program.write_text(
        "import os, time\nfrom pathlib import Path\nfrom a1viz.workers import executor, run_chunks\n"
        "def work(k):\n    Path(f'pid{os.getpid()}').touch()\n    time.sleep(0 if k < 3 else 9999)\n    return k\n"
        "if __name__ == '__main__':\n    with executor(2) as pool:\n"
        "        run_chunks(work, [(k,) for k in range(9)], executor=pool, store='store')\n"
    )
    with subprocess.Popen(
        [sys.executable, program],
        cwd=tmp_path,
        env=environment(),
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a test run in the background ignores Ctrl-C, and so would this
    ) as running:
        try:
            wait_until(lambda: len(list(tmp_path.glob("store/*.json"))) == 4, "three chunks are kept")
            for _ in range(times):
                os.killpg(running.pid, signal.SIGINT)  # a terminal tells the whole group
                time.sleep(0.05)
            _, said = running.communicate(timeout=600)
            assert said.count("Traceback") == 1 and "KeyboardInterrupt" in said
            assert len(list(tmp_path.glob("store/*.json"))) == 4
            wait_until(lambda: not any(map(is_alive, pids(tmp_path))), "the processes are gone")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)


@pytest.mark.process
def test_processes_end_when_the_one_that_asked_is_killed(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import os, time\nfrom pathlib import Path\nfrom a1viz.workers import executor, run_chunks\n"
        "def work(k):\n    Path(f'pid{os.getpid()}').touch()\n    time.sleep(9999)\n"
        "if __name__ == '__main__':\n    with executor(1) as pool: run_chunks(work, [(0,)], executor=pool)\n"
    )
    running = subprocess.Popen([sys.executable, program], cwd=tmp_path, env=environment(), stderr=subprocess.DEVNULL)
    wait_until(lambda: pids(tmp_path), "the process is at work")
    running.kill()
    running.wait()
    wait_until(lambda: not any(map(is_alive, pids(tmp_path))), "it is gone")


def pids(folder):
    return [int(path.name[3:]) for path in folder.glob("pid*")]


def wait_until(holds, what, seconds=600):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"workers": -1}, "workers is a number from 0 to 256, got -1"),
        ({"workers": 10**6}, "from 0 to 256"),
        ({"workers": True}, "from 0 to 256"),
        ({"workers": 2.0}, "from 0 to 256"),
        ({"workers": 2, "scheduler": "tcp://127.0.0.1:1"}, "not both"),
    ],
)
def test_a_wrong_number_of_workers_is_refused(settings, says):
    with pytest.raises(InputError, match=says), executor(**settings):
        pass


def test_progress_is_shown_on_a_terminal_only(monkeypatch, capsys):
    run_chunks(pow, [(2, 3)], label="powers")
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    run_chunks(pow, [(2, 3)], label="powers")
    out, err = capsys.readouterr()
    assert not out and "powers" in err


# --- Dask ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("dask.distributed", reason=NO_DASK)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as found:
        yield found


def test_a_dask_cluster_computes_the_same_although_a_worker_is_killed(cluster, tmp_path):
    (tmp_path / "marks").mkdir()
    with executor(scheduler=cluster.scheduler_address) as dask:
        np.testing.assert_array_equal(run_chunks(draw, seeds(7), executor=dask, store=tmp_path / "draws"), run_chunks(draw, seeds(7)))
        assert run_chunks(threads, [()], executor=dask)[0][:2] == ["1", "1"]
        tasks = [(str(tmp_path / "marks"), k) for k in range(12)]
        found = run_chunks(die_once, tasks, executor=dask, store=tmp_path / "store")
    assert found == [k * k for k in range(12)]
    assert (tmp_path / "marks" / "died").exists()
    assert len(list((tmp_path / "store").glob("*.json"))) == 13
    assert run_chunks(die_once, tasks, store=tmp_path / "store") == found


def test_an_error_in_a_dask_worker_is_the_same_error(cluster, tmp_path):
    (tmp_path / "fail0").touch()
    with executor(scheduler=cluster.scheduler_address) as dask, pytest.raises(InputError, match="as told"):
        run_chunks(note, [(str(tmp_path), 0)], executor=dask)


@pytest.mark.parametrize(
    "address", ["localhost", "127.0.0.1", "tcp://127.0.0.1", "nowhere", "http://", "tcp://a:b", ":8786", "a:123456", "\0"]
)
def test_an_address_without_a_port_is_refused_before_anybody_is_asked(monkeypatch, address):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(InputError, match=r"no Dask scheduler answers at .*: it names no port$"), executor(scheduler=address):
        pass


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:9", "127.0.0.1:9", "tls://[::1]:9", "inproc://127.0.0.1/1/1", "ws://127.0.0.1:9/path"]
)
def test_an_address_that_names_a_port_is_asked(monkeypatch, address):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(InputError, match="a Dask cluster needs distributed, which is not installed"), executor(scheduler=address):
        pass


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nowhere:9", "http://nowhere:9"])
def test_an_address_without_a_scheduler_is_one_clear_message(monkeypatch, address):
    pytest.importorskip("dask.distributed", reason=NO_DASK)
    monkeypatch.setattr("a1viz.base.executors.ANSWER", "0.3s")
    with pytest.raises(InputError, match="no Dask scheduler answers at"), executor(scheduler=address):
        pass


def test_without_dask_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(InputError, match=r'pip install "a1viz\[dask\]"'), executor(scheduler="tcp://127.0.0.1:9"):
        pass


def test_a_function_without_a_name_of_its_own_has_no_store(tmp_path):
    with pytest.raises(AttributeError):
        run_chunks(partial(pow, 2), [(3,)], store=tmp_path)
