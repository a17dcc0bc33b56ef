"""Compiled plans: the interpreter's numbers to the bit, in reused memory that nobody else sees."""

from __future__ import annotations

import copy
import itertools
import pickle
import re
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from harmless import within
from networks import NETWORKS, SIZES, network, values
from table_cases import applications_of, cases_of, for_each

import a1viz
from a1viz.base.errors import A1vizError, InputError
from a1viz.calculus.autodiff import every_variable
from a1viz.calculus.interpreter import execute, grad, run
from a1viz.calculus.rewriting import stable
from a1viz.graph.attributes import READERS
from a1viz.graph.catalog import catalogue
from a1viz.graph.documents import load
from a1viz.graph.equations import parse
from a1viz.graph.leaves import Inputs, gather
from a1viz.graph.nodes import Builder, Graph
from a1viz.graph.operators import OPS, TABLE, Op
from a1viz.plan import Program, Steps, apply, assemble, floats, leaves_of, lower, lowering, table
from a1viz.plan.floats import is_known
from a1viz.plan.memory import ALIGNED, Buffer, arranged, block_of
from a1viz.plan.selection import KEPT

compiled = partial(a1viz.compile, exact=True)  # the last sections are about the others
NUMPY_NAMES = set(table.NAMES) | {"start", "end", "take", "dot", "argmax", "swapaxes", "reshape", "ravel", "transpose"}
NUMPY_NAMES |= {row.kernel[0] for row in table.ROWS.values() if row.kernel} | {"exp", "sqrt", "tanh"}
NUMPY_NAMES |= {"if", "not", "else", "pass", "item", "float", "max", "abs", "bind", "call"}
WORD = r"[abcgopstuvw]\d+|kernel_[a-z_]+|math_(exp|log|sqrt|tanh|log1p|copysign|pow)|d|f"
NUMPY_NAMES |= {name for op in TABLE for name in op.defaults} | {"ranks", "transpose", "where", "ravel"}
NUMPY_NAMES |= {"fill", "def", "return", "for", "in", "None", "True", "out", "clip", "n", "T", "range"}


def assert_same(found, expected):
    """The same names, shapes, types and numbers, to the bit but for the sign of a zero."""
    assert list(found) == list(expected)
    for name in expected:
        assert (found[name].shape, found[name].dtype) == (expected[name].shape, expected[name].dtype), name
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


def gated(batch: int | None = None, dtype: str = "float64", seed: int = 0) -> tuple[Graph, dict[str, np.ndarray]]:
    """The gated network with sizes of its own, and read-only values."""
    graph, rng = load("gated_network"), np.random.default_rng(seed)
    sizes = {"D": 5, "H": 7, "N": 4}
    given = {}
    for leaf in graph.leaves:
        shape = (*(() if batch is None or leaf.op == "parameter" else (batch,)), *(sizes[d] for d in leaf.shape))
        given[leaf.name] = np.asarray(rng.integers(4, size=shape) if leaf.op == "label" else rng.standard_normal(shape).astype(dtype))
        given[leaf.name].flags.writeable = False
    return graph, given


# --- the same numbers -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", catalogue())
def test_every_document_gives_what_run_and_grad_give(name):
    graph = load(name)
    try:
        expected = run(graph)
    except InputError as error:
        with pytest.raises(InputError, match=re.escape(str(error))):
            compiled(graph)()
        return
    assert_same(compiled(graph)(), expected)
    if graph.parameters and len(graph.outputs) == 1:
        for wrt in (graph.parameters, every_variable(graph)):
            assert_same(compiled(graph, wrt)(), grad(graph, wrt))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [None, 1, 4])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_gives_what_run_and_grad_give(name, batch, dtype):
    graph = network(name)
    given = values(graph, batch, dtype=dtype)
    assert_same(compiled(graph)(**given), run(graph, **given))
    graph = network(name, loss=True)
    for wrt in (graph.parameters, every_variable(graph)):
        step = compiled(graph, wrt)
        for _ in range(2):
            assert_same(step(**given), grad(graph, wrt, **given))
        assert_same(step.bind(**given)(), grad(graph, wrt, **given))
    total = compiled(graph, graph.parameters, mean=False)
    assert_same(total(**given), grad(graph, graph.parameters, mean=False, **given))


def applied(op: Op, shapes: list[tuple[int, ...]], attributes: dict, batch: frozenset[int]) -> tuple[Graph, dict[str, np.ndarray]]:
    """One operator on leaves of these shapes, those of `batch` with a batch axis; and values."""
    builder, given, rng = Builder(), {}, np.random.default_rng(7)
    args = [f"x{k + 1}" for k in range(len(shapes))] if op.is_variadic else list(op.args)
    for j, (arg, shape) in enumerate(zip(args, shapes, strict=True)):
        is_label = arg == "t"
        builder.leaf(arg, "label" if is_label else "input", shape, 4 if is_label else None)
        shape = ((6,) if j in batch else ()) + shape
        given[arg] = np.asarray(rng.integers(4, size=shape) if is_label else rng.uniform(0.2, 2, shape))
    builder.add(op.name, args, name="out_value", attrs=attributes)
    return builder.graph("one", ["out_value"]), given


@for_each(cases_of(op for op in TABLE if op.kernel and not (op.batch and op.attrs)))
def test_every_operator_gives_what_its_kernel_gives_with_and_without_a_batch(op, shapes, attributes):
    count = len(shapes)
    ways = [frozenset(range(count))] if op.batch else [frozenset(w) for w in ((), (0,), (count - 1,), range(count))]
    for batch in ways:
        graph, given = applied(op, shapes, attributes, batch)
        for dtype in ("float64", "float32"):
            cast = {name: array if array.dtype.kind == "i" else array.astype(dtype) for name, array in given.items()}
            assert_same(compiled(graph)(**cast), execute(graph, gather(graph, cast), graph.outputs))
            signed = {name: array if array.dtype.kind == "i" else -array for name, array in cast.items()}
            assert_same(compiled(graph)(**signed), execute(graph, gather(graph, signed), graph.outputs))


@pytest.mark.parametrize("special", [0.0, -0.0, np.inf, -np.inf, np.nan, 800.0, -800.0, 1e-310])
@pytest.mark.parametrize("op", ["sigmoid", "softmax", "log_softmax", "softplus", "relu", "step", "threshold", "tanh", "exp", "log", "abs"])
def test_what_is_hard_for_an_operator_is_no_different_in_a_plan(op, special):
    graph = parse(f"y = {op}(x)", x=[4])
    for dtype in ("float64", "float32"):
        x = np.array([[special, 1, -2, 3], [special, special, special, special], [1, special, 2, special]]).astype(dtype)
        assert_same(compiled(graph)(x=x), run(graph, x=x))
        assert_same(compiled(graph)(x=x[0]), run(graph, x=x[0]))


def test_labels_are_picked_and_scattered_in_every_combination_of_batches():
    graph = parse("y = x[t] + norm2(softmax(x) * x); J = -log(softmax(x))[t] + y * 0", x=["N"], t={"class": "N"})
    for x_batch in (None, 5):
        for t_batch in (None, 5):
            rng = np.random.default_rng(0)
            x, t = rng.standard_normal((*([x_batch] if x_batch else []), 3)), rng.integers(3, size=t_batch or ())
            assert_same(compiled(graph)(x=x, t=t), run(graph, x=x, t=t))
            assert_same(compiled(graph, ["x"])(x=x, t=t), grad(graph, ["x"], x=x, t=t))


def test_a_position_that_is_no_checked_label_is_looked_at_by_the_kernel():
    builder = Builder()
    builder.leaf("x", "input", (3,))
    builder.leaf("t", "input")
    builder.add("pick", ["x", "t"], name="y")
    graph = builder.graph("picked", ["y"])
    step = compiled(graph)
    assert_same(step(x=np.arange(3.0), t=[2, 0]), run(graph, x=np.arange(3.0), t=[2, 0]))
    with pytest.raises(InputError, match=r"y: pick failed: there is no entry 4; entries are counted from 0 to 2"):
        step(x=np.arange(3.0), t=4)


def test_mixed_types_and_labels_as_numbers_are_promoted_as_the_interpreter_does():
    graph = parse("y = (W @ x + t) * s; J = norm2(y)", x=[3], W=[2, 3], s=[], t={"class": 4})
    rng = np.random.default_rng(0)
    given = {"x": rng.standard_normal((5, 3)).astype("f"), "W": rng.standard_normal((2, 3)), "s": np.float32(0.3), "t": np.arange(5) % 4}
    assert_same(compiled(graph)(**given), run(graph, **given))
    assert_same(compiled(graph, ["W", "s"])(**given), grad(graph, ["W", "s"], **given))


def test_values_that_are_not_given_are_the_documents():
    graph = load("two_layer")
    step = compiled(graph, ["W1"], ["y"])
    for _ in range(2):
        assert_same(step(cotangents={"y": [1, 0, 2]}), grad(graph, ["W1"], {"y": [1, 0, 2]}))
        assert_same(step(x=np.ones((2, 3)), cotangents={"y": [1, 0, 2]}), grad(graph, ["W1"], {"y": [1, 0, 2]}, x=np.ones((2, 3))))
    assert_same(compiled(graph, ["W1", "x"])(), grad(graph, ["W1", "x"]))


def test_lists_integers_and_other_layouts_of_memory_are_taken_too():
    graph = parse("y = W @ x", x=["D"], W=["H", "D"])
    step, W = compiled(graph), np.asfortranarray(np.arange(12.0).reshape(3, 4))
    for x in ([1, 2, 3, 4], np.arange(8.0)[::2], np.arange(4), np.arange(4.0).astype(">f8"), np.arange(8.0).reshape(2, 4)[:, ::-1]):
        for _ in range(2):
            assert_same(step(x=x, W=W), run(graph, x=x, W=W))
            assert_same(step(x=x, W=W.tolist()), run(graph, x=x, W=W.tolist()))


# --- memory that nobody else sees ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [None, 3])
def test_results_are_not_touched_by_the_next_call_and_do_not_share_memory(batch):
    graph, given = gated(batch)
    step = compiled(graph, every_variable(graph))
    first = step(**given)
    kept = {name: array.copy() for name, array in first.items()}
    other = step(**gated(batch, seed=1)[1])
    assert_same(first, kept)
    arrays = [*first.values(), *other.values(), *given.values()]
    assert not any(np.may_share_memory(a, b) for j, a in enumerate(arrays) for b in arrays[:j])


@pytest.mark.parametrize("name", NETWORKS)
def test_arrays_given_are_never_written_to(name):
    graph = network(name, loss=True)
    given = values(graph, 4)  # read-only
    before = {n: v.copy() for n, v in given.items()}
    compiled(graph, every_variable(graph))(**given)
    a1viz.gradient_norms(graph, **given)
    writeable = {n: v.copy() for n, v in given.items()}
    compiled(graph, every_variable(graph))(**writeable)
    a1viz.gradient_norms(graph, **writeable)
    assert_same(writeable, before)


def test_an_output_that_is_a_leaf_or_given_twice_is_a_copy():
    graph = parse("y = identity(x); z = identity(x); c = 2 + 0 * s", x=[3], s=[])
    x = np.arange(3.0)
    found = compiled(graph)(x=x, s=1.0)
    assert_same(found, run(graph, x=x, s=1.0))
    assert not any(np.may_share_memory(found[a], b) for a, b in (("y", x), ("z", x), ("y", found["z"])))


def test_out_is_written_and_returned():
    graph, given = gated(6)
    step = compiled(graph, graph.parameters)
    expected = step(**given)
    out = {name: np.full_like(array, 7) for name, array in expected.items()}
    arrays = dict(out)
    assert step(out=out, **given) is out
    assert all(out[name] is arrays[name] for name in out)
    assert_same(out, expected)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda out, given: out.pop("J"), r"out\['J'\]: expected an array of float64 and shape \(6,\), got NoneType"),
        (lambda out, given: out.update(b1_bar=np.empty(8)), r"out\['b1_bar'\]: expected .* shape \(7,\), got float64 \(8,\)"),
        (lambda out, given: out.update(b1_bar=np.empty(7, "f")), "expected an array of float64"),
        (lambda out, given: out.update(W1_bar=np.empty((5, 7)).T), "must be contiguous and writeable"),
        (lambda out, given: out.update(W1_bar=given["W1"]), "must be contiguous and writeable"),
        (lambda out, given: out.update(b1_bar=out["b2_bar"]), "shares memory with a value that is given, or with another result"),
        (lambda out, given: out.update(b1_bar=given["W1"].reshape(-1)[:7]), "must be contiguous and writeable"),
    ],
)
def test_an_out_that_does_not_fit_is_refused(make, message):
    graph, given = gated(6)
    step = compiled(graph, graph.parameters)
    out = dict(step(**given))
    make(out, given)
    with pytest.raises(InputError, match=message):
        step(out=out, **given)


def test_an_out_that_is_a_value_given_is_refused_even_as_another_look_at_it():
    graph = parse("y = W @ x", x=[3], W=[3, 3])
    x, W = np.ones(3), np.ones((3, 3))
    for y in (x, x[:], W[1]):
        with pytest.raises(InputError, match="shares memory with a value"):
            compiled(graph)(out={"y": y}, x=x, W=W)


def test_bound_arrays_are_read_anew_and_results_stay_in_place():
    graph, given = gated(6)
    given = {name: array.copy() for name, array in given.items()}
    step = compiled(graph, graph.parameters)
    again = step.bind(**given)
    results = dict(again.results)
    for _ in range(5):
        expected = step(**given)
        assert_same(again(), expected)
        assert all(again.results[name] is array for name, array in results.items())
        for name in graph.parameters:
            given[name] -= 0.1 * again.results[f"{name}_bar"]
    given["t"][2] = 4
    with pytest.raises(InputError, match="t: a class is out of range; t has 4 classes, 0 to 3"):
        again()
    given["t"][2] = -1
    with pytest.raises(InputError, match="out of range"):
        again()


def test_two_threads_may_call_one_compiled_graph():
    graph, _ = gated()
    step = compiled(graph, graph.parameters)
    inputs = [gated(50, seed=seed)[1] for seed in range(4)]
    expected = [step(**given) for given in inputs]
    wrong = []

    def work(k: int) -> None:
        for _ in range(50):
            found = step(**inputs[k])
            if any(not np.array_equal(found[name], expected[k][name]) for name in found):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_workspace_is_aligned_and_buffers_that_live_together_do_not_overlap():
    graph, given = gated(9)
    plan = compiled(graph, every_variable(graph)).plan(**given)
    assert_apart(plan)
    block = block_of(plan.bytes)
    assert all(buffer.array(block, 9, 1).ctypes.data % ALIGNED == 0 for buffer in plan.buffers)


@pytest.mark.parametrize("name", NETWORKS)
def test_no_two_buffers_that_live_at_the_same_time_overlap(name):
    graph = network(name, loss=True)
    assert_apart(compiled(graph, every_variable(graph)).plan(**values(graph, 5)))


def assert_apart(plan: Program) -> None:
    buffers = plan.buffers
    for j, a in enumerate(buffers):
        assert a.offset + a.bytes(plan.tile, plan.seeds) <= plan.bytes
        for b in buffers[:j]:
            if a.birth <= b.death and b.birth <= a.death:
                ends = [buffer.offset + buffer.bytes(plan.tile, plan.seeds) for buffer in (a, b)]
                assert ends[0] <= b.offset or ends[1] <= a.offset or not min(a.bytes(plan.tile, 1), b.bytes(plan.tile, 1))


def test_the_test_of_overlaps_sees_a_fault():
    graph, given = gated(9)
    plan = compiled(graph, graph.parameters).plan(**given)
    *others, last = sorted(plan.buffers, key=lambda b: b.offset)
    vars(plan)["_memory"] = (*others, last._replace(offset=0)), plan.bytes
    with pytest.raises(AssertionError):
        assert_apart(plan)


def test_room_is_used_again_as_soon_as_it_is_free():
    def place(*lives: tuple[int, int]) -> int:
        return arranged([Buffer((8,), 0, np.dtype("d"), *life) for life in lives], 1)[1]

    assert place((0, 1), (1, 2), (2, 3), (3, 4)) == 2 * ALIGNED
    assert place((0, 9), (1, 2), (3, 4), (5, 6)) == 2 * ALIGNED
    assert place((0, 1), (0, 1), (0, 1), (2, 3), (2, 3)) == 3 * ALIGNED
    chain = "\n".join(f"h{k + 1} = tanh(W @ h{k})" for k in range(30))
    plan = compiled(parse(chain, h0=["D"], W=["D", "D"])).plan(h0=np.ones((10, 16)), W=np.ones((16, 16)))
    assert plan.bytes == 2 * 10 * 16 * 8


# --- shapes -------------------------------------------------------------------------------------------------------------------------


def test_other_shapes_types_and_batches_make_another_plan_and_the_last_few_are_kept():
    graph = parse("J = norm2(W @ x)", x=["D"], W=["H", "D"])
    step = compiled(graph, ["W"])
    for k in range(1, 2 * KEPT):
        for dtype in ("float32", "float64"):
            for lead in ((), (k,)):
                given = {"x": np.ones((*lead, k), dtype), "W": np.ones((2, k), dtype)}
                assert_same(step(**given), grad(graph, ["W"], **given))
    assert len(step._plans.plans) == KEPT
    plans = step._plans.plans
    step(**given)
    step(**given)
    assert step._plans.plans == plans


def test_memory_of_shapes_that_are_gone_is_given_back():
    graph, given = gated(5)
    step = compiled(graph)
    step(**given)
    old = step.plan(**given)
    assert len(old.executor.waiting) == 1
    step(**gated(6)[1])
    assert old.executor.waiting == []
    assert_same(step(**given), run(graph, **given))
    assert len(old.executor.waiting) == 1


def test_an_empty_batch_has_empty_results():
    graph = parse("y = softmax(W @ x)", x=["D"], W=["H", "D"])
    given = {"x": np.ones((0, 3)), "W": np.ones((2, 3))}
    assert_same(compiled(graph)(**given), run(graph, **given))
    with pytest.raises(InputError, match="the batch is empty: a mean gradient needs at least one example"):
        compiled(parse("J = norm2(W @ x)", x=["D"], W=["H", "D"]), ["W"])(**given)
    assert_same(compiled(graph)(x=np.ones((4, 0)), W=np.ones((2, 0))), run(graph, x=np.ones((4, 0)), W=np.ones((2, 0))))
    assert_same(compiled(graph)(x=np.ones(3), W=np.ones((0, 3))), run(graph, x=np.ones(3), W=np.ones((0, 3))))


@pytest.mark.parametrize("text", ["W @ x", "x @ W.T", "W * 2", "outer(relu(W @ x), x)", "sum(W, axis=1)", "sum(W, axis=0)", "softmax(W)"])
@pytest.mark.parametrize("shape", [(3, 0), (0, 3), (0, 0), (1, 0)])
def test_a_size_of_nothing_is_planned_like_any_other(text, shape):
    graph = parse(f"J = sum({text})", x=["D"], W=["H", "D"])
    given = {"x": np.ones(shape[1]), "W": np.ones(shape)}
    assert_same(a1viz.compile(graph, ["W"])(**given), grad(graph, ["W"], **given))


@pytest.mark.parametrize("name", NETWORKS)
def test_tiles_change_no_number_but_its_last_place(name):
    graph = network(name)
    given = values(graph, 23)
    expected = run(graph, **given)
    for tile_bytes in (1, 200, 10**9):
        found = [np.empty(e.shape) for e in expected.values()]
        plan = written(graph, gather(graph, given), tile_bytes)
        plan.run([given[leaf] for leaf in plan.leaves], found)
        for array, name_ in zip(found, expected, strict=True):
            np.testing.assert_allclose(array, expected[name_], rtol=1e-13, atol=1e-14)
        if tile_bytes != 200:
            assert plan.tile == (1 if tile_bytes == 1 and any(b.lead for b in plan.buffers) else 23)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_share_a_batch(threads):
    graph = parse("h = tanh(W @ x + b); y = softmax(V @ h)", x=["D"], W=["H", "D"], b=["H"], V=["K", "H"])
    rng = np.random.default_rng(0)
    given = {"x": rng.standard_normal((1001, 30)), "W": rng.standard_normal((40, 30)), "b": rng.standard_normal(40)}
    given["V"] = rng.standard_normal((20, 40))
    step, expected = a1viz.compile(graph, threads=threads), run(graph, **given)
    for _ in range(3):
        np.testing.assert_allclose(step(**given)["y"], expected["y"], rtol=1e-13)
    plan = step.plan(**given)
    assert plan.threads == threads
    assert -(-1001 // plan.tile) == threads
    few = {**given, "x": given["x"][:50]}
    assert step.plan(**few).threads == 1
    np.testing.assert_allclose(step(**few)["y"], run(graph, **few)["y"], rtol=1e-13)


def test_an_error_of_another_thread_names_the_equation(monkeypatch):
    graph = parse("y = xlogy(tanh(x), x)", x=[300])
    step, x = a1viz.compile(graph, threads=2), np.ones((1000, 300))
    plan = step.plan(x=x)

    def broken(*operands):
        raise ValueError("no such luck")

    assert plan.threads == 2
    monkeypatch.setitem(plan.listing.names, "kernel_xlogy", broken)
    with pytest.raises(InputError, match=r"^y: xlogy failed: no such luck$"):
        step(x=x)


def written(graph: Graph, inputs: Inputs, tile_bytes: int) -> Program:
    """The plan of a graph's outputs, in tiles of so many bytes."""
    graph = stable(graph)
    found = Steps(inputs.dtype)
    numbers = lower(graph, leaves_of(graph, inputs), inputs.sizes, found)
    return assemble(
        found, [leaf.name for leaf in graph.leaves], [numbers[name] for name in graph.outputs], inputs.batch, tile_bytes=tile_bytes
    )


# --- what is said -------------------------------------------------------------------------------------------------------------------


def test_values_that_do_not_fit_are_refused_as_by_run():
    graph, given = gated(4)
    step = compiled(graph, graph.parameters)
    step(**given)
    for change in ({"t": 9}, {"t": -1}, {"t": np.full(4, 4)}, {"x": np.ones(3)}, {"x": "no"}, {"y": 1}, {"W1": np.ones((7, 4))}):
        with pytest.raises(A1vizError) as expected:
            grad(graph, graph.parameters, **{**given, **change})
        with pytest.raises(type(expected.value), match=re.escape(str(expected.value))):
            step(**{**given, **change})


def test_a_call_that_fails_names_the_equation(monkeypatch):
    graph = parse("h = tanh(x); y = xlogy(h, x)", x=[3])
    step = compiled(graph)

    def broken(*operands):
        raise ValueError("no such luck")

    monkeypatch.setitem(step.plan(x=np.ones(3)).listing.names, "kernel_xlogy", broken)
    with pytest.raises(InputError, match=r"^y: xlogy failed: no such luck$"):
        step(x=np.ones(3))


def test_words_of_compiled_functions_are_no_names_of_leaves():
    with pytest.raises(InputError, match="copy is a keyword of compiled functions"):
        compiled(parse("y = copy * 2", copy=[2]))
    assert compiled(parse("y = self * 2", self=[2]))(self=[1.0, 2.0])["y"].tolist() == [2, 4]


def test_cotangents_are_handed_in_by_name():
    graph = parse("y = W @ x; z = V @ x", x=[3], W=[2, 3], V=[2, 3])
    given = {"x": np.ones(3), "W": np.ones((2, 3)), "V": np.ones((2, 3))}
    with pytest.raises(InputError, match=r"has no scalar loss; give the cotangent of y as cotangents=\{'y': \.\.\.\}"):
        compiled(graph, ["W"])(**given)
    with pytest.raises(InputError, match="the cotangent of z was not asked for"):
        compiled(graph, ["W"], ["y"])(cotangents={"y": [1, 2], "z": [1, 2]}, **given)
    both = {"y": np.array([1.0, 2]), "z": np.array([3.0, 4])}
    assert_same(compiled(graph, ["W", "x"])(cotangents=both, **given), grad(graph, ["W", "x"], both, **given))
    assert_same(compiled(graph, ["x"], ["z"])(cotangents={"z": both["z"]}, **given), grad(graph, ["x"], {"z": both["z"]}, **given))


# --- the code -----------------------------------------------------------------------------------------------------------------------


def test_no_name_of_a_document_reaches_the_code():
    names = ["exec", "os_system", "__import__", "lambda_", "b0", "o0", "v1", "workspace", "multiply", "body", "n", "class_", "w1", "dot"]
    text = "; ".join(f"{after} = tanh({before}) * {before}" for before, after in itertools.pairwise(names))
    graph = parse(f"{text}; J = norm2({names[-1]})", **{names[0]: [3]})
    x = np.ones((4, 3))
    step = compiled(graph, [names[0]])
    assert_same(step(**{names[0]: x}), grad(graph, [names[0]], **{names[0]: x}))
    assert words(step.plan(**{names[0]: x}).code) == set()


@pytest.mark.parametrize("name", NETWORKS)
def test_the_code_is_made_of_the_templates_words_alone(name):
    graph = network(name, loss=True)
    for batch in (None, 3, 300):
        for exact in (True, False):
            step = a1viz.compile(graph, graph.parameters, total=not exact, exact=exact)
            assert words(step.plan(**values(graph, batch)).code) == set()
            own = step.bind(copy=True, **values(graph, batch)).program
            assert words(own.code + (own.floats.code if own.floats else own.bound_source.code)) <= {"numbers", "tolist"}


def words(code: str) -> set[str]:
    """The words of a plan's code that are neither NumPy's, a kernel's or an attribute's, nor the plan's own short names."""
    found = set(re.findall(r"[A-Za-z_]\w*", re.sub(r"'[A-Za-z,]*->[A-Za-z]*'", "", code)))
    known = NUMPY_NAMES | READERS.keys() | {"ranks"} | {f"kernel_{op}" for op in OPS}
    return {word for word in found - known if not re.fullmatch(WORD, word)}


def test_the_code_and_the_table_are_the_same_every_time():
    graph, given = gated(5)
    plans = [compiled(load("gated_network"), graph.parameters).plan(**given) for _ in range(2)]
    assert plans[0].code == plans[1].code
    assert plans[0].table == plans[1].table
    for variable, operation, place, size in plans[0].table:
        assert variable.partition(":")[0] in (*graph.declared_names, *(f"{n}_bar" for n in graph.declared_names)), variable
        assert operation.replace("_", "").isalpha()
        assert re.fullmatch(r"[a-z]\d+", place)
        assert size >= 0
    head, *rows = str(plans[0]).split("\n")
    assert head.split() == ["variable", "operation", "place", "bytes"]
    assert len(rows) == len(plans[0].table) + 1


def test_what_two_operators_have_in_common_is_computed_once():
    graph, given = gated(5)
    table = compiled(graph, graph.parameters).plan(**given).table
    operations = [operation for _, operation, _, _ in table]
    assert operations.count("exp") == 2  # of the sigmoid; of softmax and log-softmax together
    assert operations.count("rowmax") == operations.count("rowsum") == 1
    assert "scatter" not in operations  # y' - e_t changes one entry
    assert ("J", "sub", "o0", 40) in table  # log(sum) - y_t, for the picked entry alone


def test_a_relu_and_its_derivative_keep_one_array():
    table = compiled(parse("J = norm2(relu(W @ x))", x=[3], W=[4, 3]), ["W"]).plan(x=np.ones((2, 3)), W=np.ones((4, 3))).table
    assert {place for variable, operation, place, _ in table if operation in ("matvec", "relu")} == {"b0"}


def test_a_planted_fault_is_seen_by_the_comparison_with_the_kernels(monkeypatch):
    monkeypatch.setitem(table.ROWS, "sub", table.ROWS["add"])
    graph = parse("y = a - b", a=[3], b=[3])
    given = {"a": np.ones(3), "b": np.ones(3)}
    with pytest.raises(AssertionError):
        assert_same(compiled(graph)(**given), run(graph, **given))


def test_a_planted_fault_in_an_operator_taken_apart_is_seen(monkeypatch):
    monkeypatch.setitem(lowering.APART, "sigmoid", lambda steps, x: apply(steps, "tanh", x))
    graph = parse("y = sigmoid(x)", x=[3])
    with pytest.raises(AssertionError):
        assert_same(compiled(graph)(x=np.ones(3)), run(graph, x=np.ones(3)))


def test_plans_stay_with_their_graph_and_are_neither_copied_nor_pickled():
    graph = load("two_layer")
    expected = a1viz.gradient_norms(graph)
    for twin in (copy.deepcopy(graph), pickle.loads(pickle.dumps(graph))):
        assert_same(a1viz.gradient_norms(twin), expected)


def test_a_long_chain_compiles_in_time_that_grows_with_its_length():
    n = 3000
    graph = parse("\n".join(f"a{k + 1} = tanh(a{k})" for k in range(n)), a0=[3])
    plan = compiled(graph).plan(a0=np.ones(3))
    assert len(plan.table) == n
    assert len(plan.buffers) == 1
    assert_same(compiled(graph)(a0=np.ones(3)), run(graph, a0=np.ones(3)))


def test_compiled_functions_work_within_a_batch_of_sizes_of_the_networks():
    """The sizes differ from each other, so that a wrong axis shows."""
    assert len(set(SIZES.values())) == len(SIZES)
    graph = network("attention", loss=True)
    again = partial(compiled(graph, graph.parameters), **values(graph, 2))
    assert_same(again(), again())


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_an_elementwise_operator_that_numpy_has_is_planned_like_any_other(name, always):
    """One row of the operator table, and not a word more: the same calls as for tanh, and the same expressions."""
    text = "y = {0}(W @ x + b) * {0}(b)"
    given = {"W": np.ones((2, 3)), "b": np.arange(2.0)}
    for x in (np.ones(3), np.ones((500, 3))):
        ours, theirs = (a1viz.compile(parse(text.format(n), x=[3], W=[2, 3], b=[2])).plan(x=x, **given) for n in (name, "tanh"))
        assert ours.code == theirs.code.replace("tanh", name)
        assert (ours.floats and ours.floats.code) == (theirs.floats and theirs.floats.code.replace("tanh", name))
    assert name not in table.ROWS


def test_a_module_of_the_compiler_imports_only_from_those_above_it_in_the_list():
    """The package's own text has the list; what only a type checker sees counts too."""
    import a1viz.plan as package

    listed = re.findall(r"^    (\w+(?: \w+)*)  +\S", package.__doc__.partition("not possible:")[2], re.MULTILINE)
    order = [name for names in listed for name in names.split()]
    folder = Path(package.__file__).parent
    assert sorted(order) == sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    for k, name in enumerate(order):
        imported = re.findall(r"^\s*from \.(\w*) import (.*)", (folder / f"{name}.py").read_text(), re.MULTILINE)
        read = {module for modules in ([m] if m else n.split(", ") for m, n in imported) for module in modules}
        assert read <= set(order[:k]), name


# --- tiny plans as Python's own numbers -----------------------------------------------------------------------------------------------


def assert_close(found, expected):
    assert list(found) == list(expected)
    for name, array in expected.items():
        assert (found[name].shape, found[name].dtype) == (array.shape, array.dtype), name
        rounding = 1e-5 if array.dtype == np.float32 else 1e-12
        np.testing.assert_allclose(found[name], array, rtol=rounding, atol=rounding, err_msg=name)


@pytest.fixture
def always(monkeypatch):
    """Whatever can be unrolled is."""
    monkeypatch.setattr(floats, "A_CALL", 10**9)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_unrolled_plan_gives_the_same_numbers(name, dtype):
    graph = network(name, loss=True)
    given = values(graph, dtype=dtype)
    step = a1viz.compile(graph, graph.parameters)
    expected = grad(graph, graph.parameters, **given)
    found = step(**given)
    assert_close(found, expected)
    assert_close(step(out={n: np.empty_like(v) for n, v in found.items()}, **given), expected)
    assert_close(step.bind(**given)(), expected)
    assert all(array.flags.writeable for array in found.values())


@pytest.mark.usefixtures("always")
@for_each(cases_of(op for op in TABLE if op.kernel and not op.batch))
def test_every_operator_is_unrolled_right_or_left_to_its_kernel(op, shapes, attributes):
    graph, given = applied(op, shapes, attributes, frozenset())
    step = a1viz.compile(graph)
    for sign in (1, -1):
        signed = {name: array if array.dtype.kind == "i" else sign * array for name, array in given.items()}
        assert_close(step(**signed), run(graph, **signed))
    plan = step.plan(**given)
    if (shapes, attributes) == applications_of(op)[0]:  # others may be left to kernels
        assert (plan.floats is None) == any(not is_known(plan.steps.items[k].op) for k in plan.order)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("special", [0.0, np.inf, -np.inf, np.nan, 800.0, -800.0])
@pytest.mark.parametrize("op", ["sigmoid", "softmax", "log_softmax", "softplus", "relu", "step", "threshold", "tanh", "exp", "log", "sqrt"])
def test_what_python_refuses_is_left_to_numpy(op, special):
    graph = parse(f"y = {op}(x) + 1 / x + minimum(x, 1) * maximum(x, 2)", x=[4])
    for x in ([special, 1, -2, 3], [special] * 4, [1, special, 2, special]):
        assert_close(a1viz.compile(graph)(x=np.array(x)), run(graph, x=np.array(x)))


def test_only_a_tiny_plan_of_one_example_is_unrolled():
    graph = load("gated_network")
    assert a1viz.compile(graph, graph.parameters).plan().floats is not None
    assert a1viz.compile(graph, graph.parameters, exact=True).plan().floats is None
    assert a1viz.compile(graph, graph.parameters).plan(**gated(3)[1]).floats is None
    large = parse("y = tanh(W @ x)", x=["D"], W=["D", "D"])
    sizes = [size for size in range(1, 9) if a1viz.compile(large).plan(x=np.ones(size), W=np.ones((size, size))).floats]
    assert sizes == [1, 2, 3]  # 2 D^2 + 2 D operations, reading the leaves among them, against two calls


@pytest.mark.usefixtures("always")
def test_a_planted_fault_in_an_unrolled_plan_is_seen(monkeypatch):
    monkeypatch.setitem(table.ROWS, "sub", table.ROWS["add"])
    graph = parse("y = a - b", a=[3], b=[3])
    given = {"a": np.ones(3), "b": np.ones(3)}
    with pytest.raises(AssertionError):
        assert_close(a1viz.compile(graph)(**given), run(graph, **given))


LONG = [  # an equation of thousands of terms that no part of the compiler may take Python's stack, or more than a moment, for
    ("a product", "z = " + "*".join(["x"] * 5000), {"x": 0.999}),
    ("powers", "z = " + "**".join(["x"] * 1000), {"x": 0.999}),
    ("transposes", "z = W" + ".T" * 5001, {"W": [[1.0, 2.0], [3.0, 4.0]]}),
    ("minus signs", "z = " + "-" * 5000 + "x", {"x": 0.999}),
    ("first entries", "; ".join(f"h{k} = head({f'h{k - 1}' if k else 'x'}, x)" for k in range(1500)), {"x": [1.0, 2.0, 3.0]}),
]


@pytest.mark.parametrize(("text", "values"), [row[1:] for row in LONG], ids=[row[0] for row in LONG])
def test_an_equation_of_thousands_of_terms_is_compiled_in_a_moment(text, values):
    graph = parse(text, **{name: [2] * 2 if name == "W" else [3] * np.ndim(value) for name, value in values.items()})
    with within(20):
        found = a1viz.compile(graph)(**values)
    output = graph.outputs[-1]
    assert np.allclose(found[output], a1viz.run(graph, **values)[output])
