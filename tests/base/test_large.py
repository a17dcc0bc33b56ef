"""Data larger than memory: the same numbers as in memory, in little memory, and nothing lost, whatever is killed or interrupted."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from conftest import NO_DASK, environment

import a1viz
from a1viz.base import large, limits
from a1viz.base.errors import GraphError, InputError, OutputError
from a1viz.base.executors import executor
from a1viz.cli.commands import cli
from a1viz.cli.settings import read_setting
from a1viz.graph.leaves import gather
from a1viz.graph.nodes import Builder
from a1viz.regression import fit

D, H, C = 5, 4, 3
rng = np.random.default_rng(19)
GRAPH = a1viz.parse(
    "h = relu(W @ x + b); y = V @ h; J = -log(softmax(y)[t]); n = norm2(V)",
    parameters={"W": ["H", "D"], "b": ["H"], "V": ["C", "H"]}, x=["D"], t={"class": "C"}, outputs=["y", "J", "n"], loss="J",
)  # fmt: skip
LEAVES = {"W": rng.standard_normal((H, D)), "b": rng.standard_normal(H), "V": rng.standard_normal((C, H))}
CHUNK = 4096  # bytes: some twenty examples


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(large, "CHUNK_BYTES", CHUNK)


def batch(count, dtype=float):
    X = rng.standard_normal((count, D)) * 3
    if count:
        X[count // 2] = np.nan
    return X.astype(dtype), rng.integers(0, C, count)


def mapped(folder: Path, array, mode="r", name="x"):
    np.save(folder / f"{name}.npy", array)
    return np.load(folder / f"{name}.npy", mmap_mode=mode)


def same(found, expected, rtol=1e-12):
    assert list(found) == list(expected)
    for name, value in expected.items():
        assert found[name].dtype == value.dtype and found[name].shape == value.shape, name
        np.testing.assert_allclose(found[name], value, rtol=rtol, atol=1e-300)


# --- the same numbers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2, 56, 57, 113, 114, 1000])
def test_a_mapped_file_gives_what_the_array_gives_for_any_number_of_examples(tmp_path, count):
    X, t = batch(count)
    x = mapped(tmp_path, X) if count else np.lib.format.open_memmap(tmp_path / "x.npy", "w+", float, (0, D))
    same(a1viz.run(GRAPH, trace=True, x=x, t=t, **LEAVES), a1viz.run(GRAPH, trace=True, x=X, t=t, **LEAVES))
    found, expected = (a1viz.gradient_norms(GRAPH, x=v, t=t, **LEAVES) for v in (x, X))
    same(found, expected)
    assert found.how == expected.how


def test_chunks_end_exactly_at_the_end(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(large, "let_go", lambda values: seen.append(1))
    values = [mapped(tmp_path, batch(30)[0])]
    taken = []
    large.run_through(len_of, (), values, 10, lambda start, stop, found: taken.append((start, stop, found)), by={})
    assert taken == [(0, 10, 10), (10, 20, 10), (20, 30, 10)]


def len_of(rows):
    return len(rows)


@pytest.mark.parametrize("kind", ["float32", "int16", ">f8", ">f4", "bool", "fortran", "strided", "r+", "c", "labels"])
def test_whatever_is_in_the_file_is_read_as_an_array_of_it_is(tmp_path, kind):
    X, t = batch(300, "float64")
    if kind in ("float32", "int16", ">f8", ">f4", "bool"):
        X = np.nan_to_num(X).astype(kind)
    stored = np.asfortranarray(X) if kind == "fortran" else X
    x = mapped(tmp_path, stored, kind if kind in ("r+", "c") else "r")
    t_given = mapped(tmp_path, t, name="t") if kind == "labels" else t
    if kind == "strided":
        x, X, t_given, t = x[10:200:2], X[10:200:2], t[10:200:2], t[10:200:2]
    if kind == "c":
        x[3] = X[3] = 7.0  # a change of the copy, which is nowhere else
    for function in (a1viz.run, a1viz.gradient_norms):
        same(function(GRAPH, x=x, t=t_given, **LEAVES), function(GRAPH, x=X, t=t, **LEAVES), rtol=1e-5 if kind == "float32" else 1e-12)


def test_a_leaf_that_all_share_may_be_a_mapped_file_too(tmp_path):
    X, t = batch(9)
    given = {**LEAVES, "W": mapped(tmp_path, LEAVES["W"])}
    same(a1viz.run(GRAPH, x=X, t=t, **given), a1viz.run(GRAPH, x=X, t=t, **LEAVES))


def test_what_is_not_given_is_the_documents_or_drawn_once(tmp_path):
    X = rng.standard_normal((200, 3))
    x = mapped(tmp_path, X)
    same(a1viz.gradient_norms("two_layer", x=x), a1viz.gradient_norms("two_layer", x=X))
    bars = rng.standard_normal((200, 3))
    same(a1viz.gradient_norms("two_layer", cotangents={"y": mapped(tmp_path, bars, name="b")}, x=X),
         a1viz.gradient_norms("two_layer", cotangents={"y": bars}, x=X))  # fmt: skip
    drawn = [a1viz.run("gated_network", rng=np.random.default_rng(1), x=v) for v in (mapped(tmp_path, X), X)]
    same(*drawn)


@pytest.mark.parametrize("blocks", [(7, 8, 1, 0, 184), (200,), (1,) * 200], ids=["odd", "one", "ones"])
def test_a_dask_array_gives_what_the_array_gives(blocks):
    da = pytest.importorskip("dask.array", reason=NO_DASK)
    X, t = batch(200)
    x = da.from_array(X, chunks=(blocks, (2, 3)))
    same(a1viz.run(GRAPH, x=x, t=t, **LEAVES), a1viz.run(GRAPH, x=X, t=t, **LEAVES))
    same(a1viz.gradient_norms(GRAPH, x=x, t=da.from_array(t, chunks=33), **LEAVES), a1viz.gradient_norms(GRAPH, x=X, t=t, **LEAVES))


def test_a_dask_block_is_computed_once():
    da = pytest.importorskip("dask.array", reason=NO_DASK)
    counts = []
    X, t = batch(400)
    x = da.from_array(X, chunks=(200, D)).map_blocks(lambda block: counts.append(len(block)) or block, meta=X[:0])
    a1viz.gradient_norms(GRAPH, x=x, t=t, **LEAVES)
    assert [count for count in counts if count > 1] == [200, 200]


def test_a_dask_array_of_unknown_length_says_how_to_learn_it():
    da = pytest.importorskip("dask.array", reason=NO_DASK)
    x = da.from_array(batch(40)[0], chunks=(9, D))
    with pytest.raises(InputError, match=r"^x: a Dask array of unknown length; x\.compute_chunk_sizes\(\) finds it$"):
        a1viz.run(GRAPH, x=x[x[:, 0] > 0], t=0, **LEAVES)


@pytest.mark.parametrize("second", ["one", "several", "the same"])
def test_a_tangent_kernel_of_a_mapped_file_is_that_of_the_array(tmp_path, second, monkeypatch):
    monkeypatch.setattr("a1viz.gradients.kernel.ROWS", 1)
    X = np.nan_to_num(batch(90)[0])
    x, leaves = mapped(tmp_path, X), {**LEAVES, "t": 0}
    x2 = {"one": X[0], "several": X[:7], "the same": X}[second]
    found, expected = (a1viz.ntk(GRAPH, x1=v, x2=x2, output="y", **leaves) for v in (x, X))
    np.testing.assert_allclose(found.total, expected.total, rtol=1e-12, atol=1e-12)
    same(found.by_parameter, expected.by_parameter) if second == "one" else None
    out = np.lib.format.open_memmap(tmp_path / "k.npy", "w+", float, expected.total.shape)
    for v in (x, X):
        out[...] = 0
        again = a1viz.ntk(GRAPH, x1=v, x2=x2, output="y", out=out, **leaves)
        assert again.total is out and not again.by_parameter
        np.testing.assert_allclose(out, expected.total, rtol=1e-12, atol=1e-12)


@pytest.mark.prove
@pytest.mark.parametrize("name", a1viz.catalogue())
def test_every_graph_of_the_catalogue_gives_the_same_example_by_example(tmp_path, monkeypatch, name):
    monkeypatch.setattr(large, "CHUNK_BYTES", 1)
    graph = a1viz.load(name)
    one = gather(graph, {}).arrays
    given = {node.name: np.stack([one[node.name]] * 3) for node in graph.leaves if node.op != "parameter"}
    if not given:
        return
    first = next(iter(given))
    x = mapped(tmp_path, given[first])
    for function in (a1viz.run, a1viz.gradient_norms):
        try:
            expected = function(graph, **given)
        except a1viz.A1vizError as error:
            with pytest.raises(type(error), match=re.escape(str(error))):
                function(graph, **{**given, first: x})
        else:
            found = function(graph, **{**given, first: x})
            assert list(found) == list(expected)
            for key, value in expected.items():
                np.testing.assert_allclose(found[key], value, rtol=1e-10, atol=1e-12 * np.abs(value).max(initial=1))


# --- least squares --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["plain", "float32", "int32", "fortran", "deficient", "collinear and scaled", "wide", "square"])
def test_least_squares_of_a_mapped_file_are_those_of_the_array(tmp_path, kind):
    n, d = {"wide": (6, 9), "square": (9, 9)}.get(kind, (3001, 7))
    X, t = rng.standard_normal((n, d)), rng.standard_normal(n) + 3
    if kind in ("float32", "int32"):
        X = (9 * X).astype(kind)
    if kind in ("deficient", "collinear and scaled"):
        X[:, 3] = X[:, 1] - 2 * X[:, 2]
    if "scaled" in kind:
        X[:, 5] *= 1e3
    x = mapped(tmp_path, np.asfortranarray(X) if kind == "fortran" else X)
    found, expected = fit(x, mapped(tmp_path, t, name="t")), fit(X, t)
    for name in ("weights", "singular_values", "scaled_values", "loss", "residual", "null_space", "row_space", "step_limit", "tolerance"):
        wanted = np.asarray(getattr(expected, name))
        given = np.abs(getattr(found, name)) if name == "row_space" else getattr(found, name)  # whose signs are nobody's
        wanted = np.abs(wanted) if name == "row_space" else wanted
        np.testing.assert_allclose(given, wanted, rtol=1e-9, atol=1e-9 * np.abs(wanted).max(initial=1e-300), err_msg=name)
    assert (found.rank, found.is_unique, found.regime, str(found)[:40]) == (
        expected.rank, expected.is_unique, expected.regime, str(expected)[:40],
    )  # fmt: skip


def test_least_squares_say_where_a_number_is_none(tmp_path):
    X, t = rng.standard_normal((500, 3)), rng.standard_normal(500)
    X[401, 2] = np.inf
    with pytest.raises(InputError, match=r"^X has inf at \[401, 2\]; leave out or mend"):
        fit(mapped(tmp_path, X), t)
    X[401, 2], t[77] = 0, np.nan
    with pytest.raises(InputError, match=r"^t has nan at \[77\]; leave out or mend"):
        fit(mapped(tmp_path, X), t)
    with pytest.raises(InputError, match=r"^X has 500 rows and t has 3 labels"):
        fit(mapped(tmp_path, X), t[:3])


# --- results in arrays that are given -------------------------------------------------------------------------------------------


def test_results_go_into_the_arrays_that_are_given(tmp_path):
    X, t = batch(100)
    x = mapped(tmp_path, X)
    out = {"y": np.lib.format.open_memmap(tmp_path / "y.npy", "w+", float, (100, C))}
    for values in (x, X):
        out["y"][...] = 0
        found = a1viz.run(GRAPH, out=out, x=values, t=t, **LEAVES)
        assert found["y"] is out["y"]
        same(found, a1viz.run(GRAPH, x=X, t=t, **LEAVES))
    norms = {"W": np.empty(100)}
    assert a1viz.gradient_norms(GRAPH, out=norms, x=X, t=t, **LEAVES)["W"] is norms["W"]
    same(norms, {"W": a1viz.gradient_norms(GRAPH, x=x, t=t, **LEAVES)["W"]})


WRONG_OUT = {
    r"out\['z'\]: there is no such result; there are y, J, n": lambda x: {"z": np.empty(3)},
    r"out\['J'\]: expected an array of float64 and shape \(20,\), got float64 \(3,\)": lambda x: {"J": np.empty(3)},
    r"out\['J'\]: expected an array of float64 and shape \(20,\), got float32": lambda x: {"J": np.empty(20, "f")},
    r"out\['J'\]: expected .*, got list": lambda x: {"J": [0.0] * 20},
    r"out\['J'\]: the array must be writeable": lambda x: {"J": np.broadcast_to(0.0, 20)},
    r"out\['J'\]: the array shares memory with a value": lambda x: {"J": x[:, 0]},
    r"out is given by name": lambda x: np.empty(20),
}


@pytest.mark.parametrize("says", WRONG_OUT)
def test_an_array_that_cannot_take_a_result_is_refused_before_anything_is_computed(tmp_path, says):
    X, t = batch(20)
    x = mapped(tmp_path, X, "r+")
    with pytest.raises(InputError, match=says):
        a1viz.run(GRAPH, out=WRONG_OUT[says](x), x=x, t=t, **LEAVES)


# --- what is refused ------------------------------------------------------------------------------------------------------------


def test_what_does_not_fit_is_said_in_the_words_of_an_array_in_memory(tmp_path):
    X, t = batch(50)
    x = mapped(tmp_path, X)
    for given in ({"x": x, "t": t[:7]}, {"x": x, "t": t + 5}, {"x": x[:, :4], "t": t}, {"x": x, "t": t, "q": 1}):
        said = []
        for values in (given, {name: np.asarray(value) for name, value in given.items()}):
            with pytest.raises(InputError) as caught:
                a1viz.run(GRAPH, **{**LEAVES, **values})
            said.append(str(caught.value))
        assert said[0] == said[1]


def test_a_sum_over_the_batch_is_refused_by_its_operator(tmp_path):
    builder = Builder(GRAPH.nodes)
    total = builder.add("batch_sum", ["J"], owner="J")
    graph = builder.graph("summed", [total])
    with pytest.raises(GraphError, match=r"^J: batch_sum mixes the examples of a batch, .*; give arrays in memory$"):
        a1viz.run(graph, x=mapped(tmp_path, batch(9)[0]), t=1, **LEAVES)


# --- stores and executors -------------------------------------------------------------------------------------------------------


def test_who_computes_and_what_was_kept_change_no_digit(tmp_path):
    X, t = batch(400)
    x = mapped(tmp_path, X)
    alone = a1viz.gradient_norms(GRAPH, x=x, t=t, store=tmp_path / "kept", **LEAVES)
    with executor(1) as pool:
        by_pool = a1viz.gradient_norms(GRAPH, x=x, t=t, executor=pool, **LEAVES)
    kept = sorted((tmp_path / "kept").glob("*.json"))
    assert len(kept) > 5
    kept[0].write_bytes(kept[0].read_bytes()[:-5])
    again = a1viz.gradient_norms(GRAPH, x=x, t=t, store=tmp_path / "kept", **LEAVES)
    for found in (by_pool, again):
        assert all(found[name].tobytes() == alone[name].tobytes() for name in alone)


@pytest.mark.parametrize("what", ["file", "parameter", "labels", "method"])
def test_the_store_of_other_numbers_is_refused(tmp_path, what):
    X, t = batch(60)
    x = mapped(tmp_path, X)
    given = {"x": x, "t": t, **LEAVES}
    a1viz.gradient_norms(GRAPH, store=tmp_path / "kept", **given)
    if what == "file":
        time.sleep(0.01)
        x = mapped(tmp_path, X + 1)
    changed = {"file": {"x": x}, "parameter": {"b": LEAVES["b"] + 1}, "labels": {"t": (t + 1) % C}, "method": {}}[what]
    with pytest.raises(OutputError, match="store of another list of chunks"):
        a1viz.gradient_norms(GRAPH, "naive" if what == "method" else "efficient", store=tmp_path / "kept", **{**given, **changed})


PROGRAM = """
import sys, numpy as np, a1viz
from a1viz.base import large
large.CHUNK_BYTES = 100
x = np.load("x.npy", mmap_mode="r")
found = a1viz.gradient_norms("two_layer", x=x, store="kept")
np.savez("found.npz", **found)
"""


@pytest.mark.process
@pytest.mark.parametrize("signal_sent", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_what_is_broken_off_goes_on_from_the_store(tmp_path, signal_sent):
    X = rng.standard_normal((1500, 3))
    np.save(tmp_path / "x.npy", X)
    (tmp_path / "program.py").write_text(PROGRAM)
    begin = [sys.executable, "program.py"]
    with subprocess.Popen(begin, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, preexec_fn=hear) as running:
        while len(list(tmp_path.glob("kept/*.json"))) < 40:
            assert running.poll() is None
            time.sleep(0.005)
        running.send_signal(signal_sent)
        running.wait()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("kept/*.json")}
    assert 40 <= len(before) < 1000 and not (tmp_path / "found.npz").exists()
    subprocess.run(begin, cwd=tmp_path, env=environment(), check=True)
    assert {path: path.stat().st_mtime_ns for path in before} == before, "what was finished is not written again"
    with np.load(tmp_path / "found.npz") as found:
        same(dict(found), a1viz.gradient_norms("two_layer", x=X))


def hear():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def norms_with_a_kill(job, size, *rows):
    """A chunk on a cluster whose worker is killed the first time one comes to it."""
    from a1viz.gradients.norms import norm_rows

    try:
        (Path(os.environ["MARKS"]) / "died").touch(exist_ok=False)
    except FileExistsError:
        return norm_rows(job, size, *rows)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_dask_cluster_computes_the_same_although_a_worker_dies(tmp_path, monkeypatch):
    distributed = pytest.importorskip("dask.distributed", reason=NO_DASK)
    import dask.array as da

    monkeypatch.setenv("MARKS", str(tmp_path))
    monkeypatch.setattr("a1viz.gradients.norms.norm_rows", norms_with_a_kill)
    X, t = batch(400)
    expected = a1viz.gradient_norms(GRAPH, x=X, t=t, **LEAVES)
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        with executor(scheduler=cluster.scheduler_address) as dask:
            for x in (mapped(tmp_path, X), da.from_array(X, chunks=(90, D))):
                same(a1viz.gradient_norms(GRAPH, x=x, t=t, executor=dask, **LEAVES), expected)
    assert (tmp_path / "died").exists()


# --- memory and disk ------------------------------------------------------------------------------------------------------------


MEASURED = """
import resource, sys, numpy as np, a1viz
x = np.load("x.npy", mmap_mode="r")
y = np.lib.format.open_memmap("y.npy", "w+", float, (len(x), 2))
graph = a1viz.parse("y = V @ relu(W @ x)", x=["D"], parameters={"W": ["H", "D"], "V": [2, "H"]})
leaves = {"W": np.ones((2, x.shape[1])), "V": np.ones((2, 2))}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = a1viz.run(graph, out={"y": y}, x=x, **leaves)
norms = a1viz.gradient_norms(graph, cotangents={"y": np.ones(2)}, x=x, **leaves)
print(found, norms, file=sys.stderr)
print(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, y.sum(), norms["V"].sum())
"""


def peak(folder, size):
    """KiB of a process before and after it went through a sparse file of so many bytes, in which each hundredth example is ones."""
    width = 4096
    file = np.lib.format.open_memmap(folder / "x.npy", "w+", float, (size // (8 * width), width))
    file[:: max(len(file) // 100, 1)] = 1
    ones = len(file[:: max(len(file) // 100, 1)])
    del file
    (folder / "program.py").write_text(MEASURED)
    done = subprocess.run([sys.executable, "program.py"], cwd=folder, env=environment(), capture_output=True, text=True, check=True)
    before, after, total, norms = map(float, done.stdout.split())
    assert total == 4 * width * ones and norms == 4 * width**2 * ones
    return before, after


@pytest.mark.process
def test_a_file_takes_no_more_memory_than_a_few_chunks(tmp_path):
    before, after = peak(tmp_path, 400_000_000)
    assert after - before < 150_000


@pytest.mark.process
@pytest.mark.prove
def test_ten_gigabytes_are_gone_through_in_less_than_one(tmp_path):
    _, after = peak(tmp_path, 10_000_000_000)
    assert after < 2**20


def test_a_full_disk_is_said_before_anything_is_computed(tmp_path, monkeypatch):
    X, t = batch(50)
    x = mapped(tmp_path, X)

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    out = {"J": np.lib.format.open_memmap(tmp_path / "J.npy", "w+", float, (50,))}
    with pytest.raises(OutputError, match=r"J\.npy'?: cannot write this file: no space left on device"):
        a1viz.run(GRAPH, out=out, x=x, t=t, **LEAVES)
    with pytest.raises(OutputError, match="no space left"), large.NewFiles(tmp_path / "new.npy") as files:
        a1viz.run(GRAPH, out=files, x=x, t=t, **LEAVES)
    assert {path.name for path in tmp_path.iterdir()} == {"x.npy", "J.npy"}


# --- the command line -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def big(tmp_path, monkeypatch):
    """Files beyond the limit on what is read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("a1viz.cli.settings.VALUE_BYTES", 2000)
    monkeypatch.setattr("a1viz.cli.settings.MAPPED_BYTES", 1000)
    assert limits.MAPPED_BYTES < limits.VALUE_BYTES and limits.CHUNK_BYTES < limits.MAPPED_BYTES
    X = rng.standard_normal((200, 3))
    np.save("x.npy", X)
    np.save("t.npy", X @ [1, 2, 3])
    return X


def answer(*words):
    done = CliRunner().invoke(cli, list(words))
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_line_goes_through_a_file_beyond_the_limit_on_what_is_read(big, tmp_path):
    found = json.loads(answer("run", "two_layer", "--set", "x=@x.npy", "--json"))
    np.testing.assert_allclose(found["y"], a1viz.run("two_layer", x=big)["y"], rtol=1e-12)
    assert answer("norms", "two_layer", "--set", "x=@x.npy", "-o", "n.npy", "--store", "kept") == ""
    norms = a1viz.gradient_norms("two_layer", x=big)
    np.testing.assert_allclose(np.load("n.W2.npy"), norms["W2"], rtol=1e-12)
    first = Path("n.W1.npy").read_bytes()
    answer("norms", "two_layer", "--set", "x=@x.npy", "-o", "n.npy", "--store", "kept", "--workers", "1")
    assert Path("n.W1.npy").read_bytes() == first
    answer("ntk", "two_layer", "--set", "x1=@x.npy", "--set", "x2=[1,0,2]", "-o", "k.npy")
    np.testing.assert_allclose(np.load("k.npy"), a1viz.ntk("two_layer", x1=big, x2=[1, 0, 2]).total, rtol=1e-12)
    fitted = json.loads(answer("regress", "fit", "--set", "X=@x.npy", "--set", "t=@t.npy", "--json", "-o", "fit.svg"))
    np.testing.assert_allclose(fitted["weights"], [1, 2, 3], rtol=1e-12)
    assert not list(tmp_path.glob(".a1viz-*"))


@pytest.mark.parametrize("more", [0, 1])
def test_a_file_is_mapped_beyond_so_many_bytes(big, monkeypatch, more):
    monkeypatch.setattr("a1viz.cli.settings.VALUE_BYTES", limits.VALUE_BYTES)
    monkeypatch.setattr("a1viz.cli.settings.MAPPED_BYTES", Path("x.npy").stat().st_size - more)  # MAPPED_BYTES
    assert isinstance(read_setting("x=@x.npy", is_mapped=True)[1], np.memmap) == bool(more)
    assert not isinstance(read_setting("x=@x.npy")[1], np.memmap)


WRONG = {
    "run two_layer --set x=@cut.npy": r"error: x: 'cut\.npy' is not a good \.npy file: ",
    "run two_layer --set x=@objects.npy": r"error: x: 'objects\.npy' is not a good \.npy file: .*[Oo]bject",
    "run two_layer --set x=@text.npy": r"error: x: 'text\.npy' is not a good \.npy file: ",
    "grad two_layer --set x=@x.npy": r"error: x: 'x\.npy': too large: at most 2,000 bytes are read",
    "run two_layer --set x=@x.npy -o y.csv": r"error: 'y\.csv': values are written as \.npy; end the name in that",
    "run two_layer --set x=@x.npy -o no/y.npy": r"error: no/y\.npy: cannot write this file: No such file or directory",
    "run two_layer --set x=@x.npy -o folder.npy": r"error: folder\.npy: cannot write this file: it is a folder",
    "run two_layer --set x=@x.npy -o y.npy --json": r"Error: -o writes the values, --json and --format print them",
    "norms two_layer --json -o y.npy": r"Error: -o writes the values, --json and --format print them",
    "norms two_layer --set x=@x.npy --workers 2 --scheduler a:1": r"error: give either a number of workers",
}


@pytest.mark.parametrize("words", WRONG)
def test_what_cannot_be_gone_through_is_refused_in_words(big, words):
    Path("cut.npy").write_bytes(Path("x.npy").read_bytes()[:3000])
    Path("text.npy").write_text("no array" * 400)
    np.save("objects.npy", np.array([{"a": 1}] * 2000, object))
    Path("folder.npy").mkdir()
    done = CliRunner().invoke(cli, words.split())
    assert done.exit_code == 2 and re.search(WRONG[words], done.stderr) and done.stdout == ""
    assert not list(Path().glob(".a1viz-*")) and not Path("y.npy").exists()
