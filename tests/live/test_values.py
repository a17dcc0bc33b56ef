"""The page's numbers are Python's: of every row of the table, of the catalogue, of random graphs, forward and backward."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from live_values import LABELS, application, disagreeing
from table_cases import SIZES, applications_of

from a1viz.graph.leaves import Inputs
from a1viz.graph.operators import OPS, TABLE, Op

pytestmark = pytest.mark.browser
KERNELS = [op for op in TABLE if op.kernel is not None]
FACTORISED = ("det", "logdet", "inv", "solve", "solve_vector", "cofactor", "cofactor_along")
RARE = (np.inf, -np.inf, np.nan, 0.0, -0.0, 1e-300, -2.0, 3.0)
EMPTY = {
    **{key: [[(0,)], [(2, 0)], [(0, 3)]] for key in ("sum", "mean", "prod", "norm", "norm2", "logsumexp", "count", "var", "std")},
    **{key: [[(0,)], [(2, 0)]] for key in ("softmax", "log_softmax", "is_max", "prod_others", "axes_last")},
    "matvec": [[(3, 0), (0,)], [(0, 3), (3,)]], "matmul": [[(2, 0), (0, 3)]], "inner": [[(0,), (0,)]], "outer": [[(0,), (3,)]],
    "concatenate": [[(0,), (0,)], [(0,), (3,)]], "transpose": [[(0, 3)]], "trace": [[(0, 0)]], "diag": [[(0, 0)]], "diag_embed": [[(0,)]],
    "take": [[(3,), (0,)], [(3, 0), (2,)]], "untake": [[(0,), (0,), (3,)]], "stack": [[(0,)]], "eye_like": [[(0,)]],
}  # fmt: skip
SPECIAL = (np.inf, -np.inf, np.nan, 0.0, -0.0, 1e308, -1e300, 1e-308, -5e-324, 1.0, -1.0, 0.5, -0.5, 2.0, -3.0, 30.0, -745.0, 1e9, 1e-9)


def drawn(op: Op, name: str, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    if name in LABELS:
        return np.asarray(rng.integers(SIZES["n"], size=shape))
    if op.sample == "regular" and len(shape) > 1 and shape[-1] == shape[-2]:
        return rng.standard_normal(shape) + 2 * np.eye(shape[-1])
    if op.sample in ("distinct", "indicator"):
        return rng.integers(-2, 3, shape).astype(float)  # ties
    values = rng.standard_normal(shape)
    return {"positive": np.abs, "negative": lambda x: -np.abs(x)}.get(op.sample, np.asarray)(values)


def cases_of(op: Op):
    """What a row is tried with; sums over a batch of convolutions as those of one example."""
    if not op.name.startswith("batch_conv"):
        return applications_of(op)
    found = applications_of(OPS[op.name.removeprefix("batch_")])
    return [case for case in found if [len(shape) for shape in case[0]] == [len(axes) for axes in op.inputs]]


def applied_to(op: Op, shapes, attributes, batch: int | None, rng: np.random.Generator):
    """One application, with a batch of some operands or of none."""
    graph = application(op, shapes, attributes)
    leaves = graph.leaves
    batched = [] if batch is None else [rng.random() < 0.6 for _ in leaves]
    if batch is not None and leaves and not any(batched):
        batched[rng.integers(len(leaves))] = True
    arrays = {
        node.name: drawn(op, node.name, ((batch,) if batch is not None and is_batched else ()) + node.shape, rng)
        for node, is_batched in zip(leaves, batched or [False] * len(leaves), strict=True)
    }
    return f"{op.name}{shapes}{attributes} batch {batch}", graph, Inputs(arrays=arrays, batch=batch), ["out"]


def test_exactly_the_rows_with_a_kernel_in_python_have_one_in_the_page(engine):
    assert sorted(engine.ask("[...m.KERNELS.keys()]")) == sorted(op.name for op in KERNELS)


@pytest.mark.parametrize("seed", range(2))
def test_every_row_computes_what_pythons_kernel_computes(engine, seed):
    rng = np.random.default_rng(seed)
    runs = []
    for op in KERNELS:
        for shapes, attributes in cases_of(op):
            for batch in (1, 3) if op.batch else (None, 1, 3):
                runs.append(applied_to(op, shapes, attributes, batch, rng))
    assert len(runs) > 1500
    assert disagreeing(engine, runs) == []


@pytest.mark.parametrize("seed", range(3))
def test_every_row_agrees_where_some_entries_are_special(engine, seed):
    rng = np.random.default_rng(seed)
    runs = []
    for op in KERNELS:
        for shapes, attributes in cases_of(op):
            run = applied_to(op, shapes, attributes, 2 if op.batch else None, rng)
            for name, array in run[2].arrays.items():
                if name not in LABELS and not (op.name in FACTORISED and name == "A"):
                    changed = np.where(rng.random(array.shape) < 0.2, rng.choice(RARE, array.shape), array)
                    run[2].arrays[name] = changed
            runs.append(run)
    assert disagreeing(engine, runs) == []


def test_singular_matrices_and_entries_that_are_not_finite(engine):
    matrices = [
        np.zeros((3, 3)),
        np.ones((3, 3)),
        np.diag([1.0, 0, 2]),
        np.full((3, 3), np.nan),
        np.arange(9.0).reshape(3, 3),
        np.zeros((1, 1)),
    ]
    matrices += [np.diag([1e200, 1e-200, 3.0]), np.array([[0.0, 1], [1, 0]]), np.array([[0.0, 2], [0, 0]]), np.zeros((0, 0))]
    runs = []
    for op in (OPS[name] for name in FACTORISED):
        for matrix in matrices:
            n = len(matrix)
            other = np.arange(1.0, 1 + n * n).reshape(n, n) if op.name != "solve_vector" else np.arange(1.0, 1 + n)
            arrays = dict(zip(op.args, (matrix, other), strict=False))
            graph = application(op, [value.shape for value in arrays.values()], {})
            runs.append((f"{op.name}{matrix.tolist()}", graph, Inputs(arrays=arrays), ["out"]))
    assert disagreeing(engine, runs, least=0.1) == []


def test_arrays_without_entries(engine):
    runs = []
    for op in KERNELS:
        shapes = EMPTY.get(op.name) or ([[(0,)] * len(op.args), [(2, 0)] * len(op.args)] if op.is_elementwise and not op.batch else [])
        for own in shapes:
            arrays = {node.name: np.zeros(node.shape) for node in application(op, own, {}).leaves}
            runs.append((f"{op.name}{own}", application(op, own, {}), Inputs(arrays=arrays), ["out"]))
    assert disagreeing(engine, runs) == []


@pytest.mark.parametrize(
    "wrong", ["tanh: (x) => Math.tanh(x) * (1 + 1e-11)", "maximum: (a, b) => (a > b ? a : b)", "power: Math.pow", "sign: (x) => 1"]
)
def test_a_wrong_kernel_is_caught(engine, wrong):
    name, _, function = wrong.partition(": ")
    op = OPS[name]
    arrays = dict(zip(op.args, np.array(list(itertools.product(SPECIAL, repeat=len(op.args)))).T, strict=True))
    run = (name, application(op, [(len(arrays[op.args[0]]),)] * len(op.args), {}), Inputs(arrays=arrays), ["out"])
    swap = f"(self.kept ??= m.KERNELS.get('{name}'), m.KERNELS.set('{name}', {{}}), 0)"
    assert disagreeing(engine, [run]) == []
    engine.ask(swap.replace("{}", f"m.entrywise({function})"))
    try:
        assert len(disagreeing(engine, [run])) == 1
    finally:
        engine.ask(f"(m.KERNELS.set('{name}', self.kept), self.kept = undefined, 0)")


def test_rows_that_work_entry_by_entry_agree_on_all_special_values(engine):
    runs = []
    for op in KERNELS:
        if op.is_elementwise and not op.batch:
            combinations = np.array(list(itertools.product(SPECIAL, repeat=len(op.args)))).T
            for k, column in enumerate(np.array_split(combinations, max(1, combinations.shape[1] // 500), axis=1)):
                graph = application(op, [(column.shape[1],)] * len(op.args), {})
                for at in range(column.shape[1] if len(op.args) < 3 else 0):
                    single = {name: value[at : at + 1] for name, value in zip(op.args, column, strict=True)}
                    runs.append((f"{op.name}{column[:, at]}", application(op, [(1,)] * len(op.args), {}), Inputs(arrays=single), ["out"]))
                if len(op.args) == 3:
                    runs.append((f"{op.name} {k}", graph, Inputs(arrays=dict(zip(op.args, column, strict=True))), ["out"]))
    assert disagreeing(engine, runs) == []
