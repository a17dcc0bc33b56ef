"""What each row of the operator table is tried with: shapes of its operands, and attributes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from a1viz.graph.operators import Op

SIZES = {"m": 3, "n": 4, "k": 2, "p": 5, "1": 1, "m+n": 7}
Shape = tuple[int, ...]
RANKS: list[Shape] = [(), (4,), (3, 4), (2, 3, 4), (2, 1, 3, 2)]
PAIRS: list[list[Shape]] = [  # of two operands that broadcast
    [(3,), (3,)], [(), (4,)], [(4,), ()], [(1,), (4,)], [(3, 4), (4,)], [(3, 4), ()], [(3, 1), (3, 4)], [(1, 4), (3, 1)], [(1,), (3, 4)],
    [(2, 1, 3), (4, 1)], [(3,), (2, 1, 2, 1)],
]  # fmt: skip
LOOPS: list[list[Shape]] = [[(), ()], [(2,), (2,)], [(), (2,)], [(2,), ()], [(3, 1), (2,)], [(1, 2), (3, 1)]]  # in front of two cores
REDUCTIONS = [
    *[([shape], {}) for shape in RANKS],
    ([(4,)], {"axis": 0}), ([(4,)], {"axis": -1, "keepdims": True}), ([(3, 4)], {"axis": 0}), ([(3, 4)], {"axis": 1, "keepdims": True}),
    ([(3, 4)], {"axis": [0, 1]}), ([(3, 4)], {"keepdims": True}), ([(2, 3, 4)], {"axis": 1}), ([(2, 3, 4)], {"axis": [0, -1]}),
    ([(2, 1, 3, 2)], {"axis": [1, 2], "keepdims": True}), ([(1, 3)], {"axis": 0}),
]  # fmt: skip
ALONG = [
    ([(4,)], {}), ([(3, 4)], {}), ([(3, 4)], {"axis": 0}), ([(2, 3, 4)], {"axis": 1}), ([(2, 3, 2)], {"axis": [0, 2]}),
    ([(2, 1, 3, 2)], {"axis": -3}), ([(2, 1, 3, 2)], {}), ([(1,)], {}),
]  # fmt: skip
LONGER = [
    ([(5,), (4,)], {}), ([(5, 2), (4, 2)], {"axis": 0}), ([(2, 5), (2, 3)], {}), ([(2, 4, 3), (2, 4, 3)], {"axis": 1}),
]  # fmt: skip
SHORTER = [(pair[::-1], attributes) for pair, attributes in LONGER]
# shapes of input, kernel and output: one of each kind, kernels of one entry and as large as the input, windows with gaps between them
CONVOLUTIONS: dict[int, list[tuple[Shape, Shape, Shape, dict[str, Any]]]] = {
    1: [
        ((2, 5), (3, 2, 3), (3, 3), {}), ((2, 5), (1, 2, 1), (1, 5), {}), ((1, 4), (2, 1, 4), (2, 1), {}),
        ((2, 6), (3, 2, 2), (3, 4), {"stride": 2, "padding": 1}), ((4, 5), (2, 2, 2), (2, 2), {"stride": 3, "groups": 2}),
        ((2, 2, 4), (3, 2, 2), (2, 3, 3), {}), ((2, 4), (2, 1, 3, 2, 3), (2, 1, 3, 2), {}), ((2, 1, 1, 3), (2, 1, 1, 2), (2, 2, 1, 2), {}),
    ],
    2: [
        ((2, 4, 5), (3, 2, 2, 3), (3, 3, 3), {}), ((2, 3, 2), (1, 2, 1, 1), (1, 3, 2), {}), ((1, 3, 4), (2, 1, 3, 4), (2, 1, 1), {}),
        ((1, 5, 4), (2, 1, 3, 2), (2, 3, 5), {"stride": (2, 1), "padding": 1}), ((1, 5, 5), (1, 1, 1, 2), (1, 2, 2), {"stride": 3}),
        ((4, 3, 3), (2, 2, 2, 2), (2, 2, 2), {"groups": 2}), ((2, 3, 3), (2, 1, 2, 3), (2, 4, 1), {"padding": (1, 0), "groups": 2}),
        ((2, 1, 3, 3), (2, 1, 2, 2), (2, 2, 2, 2), {}), ((1, 3, 3), (2, 2, 1, 2, 2), (2, 2, 2, 2), {}),
    ],
}  # fmt: skip
POOLS: dict[int, list[tuple[Shape, Shape, dict[str, Any]]]] = {  # of input and output
    1: [
        ((6,), (3,), {"size": 2}), ((2, 5), (2, 2), {"size": 2}), ((5,), (3,), {"size": 3, "stride": 1}), ((4,), (1,), {"size": 4}),
        ((2, 1, 5), (2, 1, 3), {"size": 3, "stride": 2, "padding": 1}), ((5,), (5,), {"size": 1, "stride": 1}),
    ],
    2: [
        ((4, 4), (2, 2), {"size": 2}), ((2, 4, 5), (2, 2, 2), {"size": 2}), ((3, 4), (1, 2), {"size": (3, 2)}),
        ((3, 4), (2, 3), {"size": 2, "stride": 1}), ((2, 1, 3, 3), (2, 1, 2, 2), {"size": 2, "padding": 1}),
        ((5, 4), (2, 1), {"size": (1, 2), "stride": 3}), ((5, 4), (3, 2), {"size": 3, "stride": (1, 2), "padding": (0, 1)}),
    ],
}  # fmt: skip


def _windows(d: int) -> dict[str, list[tuple[list[Shape], dict[str, Any]]]]:
    """What convolution and pooling with d spatial axes are tried with."""
    conv, pool = CONVOLUTIONS[d], POOLS[d]
    unfolds = [(X, K[-d - 2 :], y[-d:], attrs) for X, K, y, attrs in conv if "groups" not in attrs]  # K is there for its shape alone
    columns = [(*X[: -d - 1], X[-d - 1] * math.prod(K[-d:]), math.prod(y)) for X, K, y, _ in unfolds]
    return {
        f"conv{d}d": [([X, K], attrs) for X, K, y, attrs in conv],
        f"conv{d}d_input": [([y, K, X], attrs) for X, K, y, attrs in conv],
        f"conv{d}d_kernel": [([X, y, K], attrs) for X, K, y, attrs in conv],
        f"unfold{d}d": [([X, K], attrs) for X, K, y, attrs in unfolds],
        f"fold{d}d": [([U, X, K], attrs) for (X, K, y, attrs), U in zip(unfolds, columns, strict=True)],
        f"max_pool{d}d": [([X], attrs) for X, y, attrs in pool],
        f"max_pool{d}d_input": [([y, y, X], attrs) for X, y, attrs in pool],
        f"max_pool{d}d_entries": [([X, y, X], attrs) for X, y, attrs in pool],
        f"avg_pool{d}d": [([X], attrs) for X, y, attrs in pool],
        f"avg_pool{d}d_input": [([y, X], attrs) for X, y, attrs in pool],
    }


TRIANGLES = [
    ([(3, 4)], {}), ([(3, 4)], {"k": 1}), ([(4, 3)], {"k": -2}), ([(2, 3, 3)], {}), ([(2, 1, 2, 3)], {"k": 1}), ([(1, 1)], {}),
]  # fmt: skip
FORMULAS = [  # and the sizes of each operand, a digit an axis
    ("ij,jk->ik", "34,42"), ("ij, jk -> ki", "34,42"), ("i,j->ij", "3,2"), ("i,i->", "3,3"), ("ij,j->i", "34,4"), ("ij->ji", "34"),
    ("ij->", "34"), ("ij->j", "34"), ("ii->", "33"), ("ii->i", "33"), ("iji->j", "232"), ("iii->i", "222"), ("iijj->", "2233"),
    ("ii,i->i", "33,3"), ("ii,jj->", "22,33"), (",i->i", ",3"), ("->", ""), ("ij,k->i", "23,4"), ("i,ij,j->", "3,32,2"),
    ("bij,bjk->bik", "223,232"), ("hte,hse,sk->thk", "232,222,23"), ("ijkl,lk->ji", "2132,23"), ("aB,Bc->ac", "23,32"),
]  # fmt: skip
APPLICATIONS: dict[str, list[tuple[list[Shape], dict[str, Any]]]] = {
    **_windows(1),
    **_windows(2),
    **dict.fromkeys(("sum", "mean", "count", "norm", "norm2", "logsumexp"), REDUCTIONS),
    **dict.fromkeys(("max", "min", "argmax", "argmin", "prod", "var", "std"), REDUCTIONS),
    **dict.fromkeys(("softmax", "log_softmax"), ALONG),
    **dict.fromkeys(("is_max", "prod_others", "axes_last"), ALONG),
    "axes_back": [
        ([(4,), (4,)], {}), ([(2, 4), (2, 4)], {}), ([(4, 3), (3, 4)], {"axis": 0}), ([(3, 4), (2, 3, 2)], {"axis": [0, 2]}),
        ([(2, 3, 2), (2, 3, 1, 2)], {"axis": [2, 3]}),
    ],
    "transpose": [
        ([(3, 4)], {}), ([(2, 3, 4)], {}), ([(2, 3, 4)], {"axes": [1, 2, 0]}), ([(2, 1, 3, 2)], {"axes": [-1, 0, 2, 1]}),
        ([(4,)], {"axes": [0]}), ([(2, 3, 4)], {"axes": [0, 1, 2]}), ([()], {"axes": []}),
    ],
    "expand": [([()], {"axis": [0]}), ([(4,)], {"axis": [0]}), ([(3, 4)], {"axis": [1, -1]}), ([(2, 3, 4)], {"axis": [0, 2]})],
    "squeeze": [([(1,)], {"axis": [0]}), ([(1, 4)], {"axis": [0]}), ([(3, 1)], {"axis": [-1]}), ([(2, 1, 3, 1)], {"axis": [1, 3]})],
    "pick": [
        ([(4,), ()], {}), ([(3, 4), ()], {}), ([(3, 4), (3,)], {}), ([(4, 3), ()], {"axis": 0}), ([(2, 4, 3), (2, 3)], {"axis": 1}),
        ([(2, 4, 3), (3,)], {"axis": 1}), ([(3, 4), (2, 1)], {}),
    ],
    "scatter": [
        ([(), (), (4,)], {}), ([(3,), (), (3, 4)], {}), ([(3,), (3,), (3, 4)], {}), ([(3,), (), (4, 3)], {"axis": 0}),
        ([(2, 3), (3,), (2, 4, 3)], {"axis": 1}),
    ],
    "take": [([(4,), (3,)], {}), ([(4, 3), (2,)], {}), ([(4, 3), (2, 5)], {}), ([(4, 2, 3), (3,)], {}), ([(4, 2, 3), ()], {})],
    "untake": [([(3,), (3,), (4,)], {}), ([(2, 3), (2,), (4, 3)], {}), ([(2, 5, 3), (2, 5), (4, 3)], {}), ([(2, 3), (), (4, 2, 3)], {})],
    "batch_untake": [([(3,), (3,), (4,)], {}), ([(2, 3), (2,), (4, 3)], {}), ([(2, 3), (), (4, 2, 3)], {})],
    "retake": [
        ([(3,), (3,), (2,)], {}), ([(2, 3), (2,), ()], {}), ([(2, 5, 3), (2, 5), (4,)], {}), ([(3,), (), (2, 2)], {}),
        ([(2,), (2,), ()], {}),
    ],
    "slice": [
        ([(5,)], {"index": [(1, 3)]}), ([(3, 4)], {"index": [(None, None), (0, 1)]}), ([(3, 4)], {"index": [(1, None)]}),
        ([(2, 3, 4)], {"index": [(0, 1), (1, 3), (-2, None)]}), ([(5,)], {"index": [(2, 2)]}),
    ],
    "unslice": [([(2,), (5,)], {"index": [(1, 3)]}), ([(3, 1), (3, 4)], {"index": [(0, 3), (2, 3)]}), ([(0,), (5,)], {"index": [(2, 2)]})],
    "reshape": [
        ([(4,)], {"shape": [2, 2]}), ([(3, 4)], {"shape": [12]}), ([(2, 3, 4)], {"shape": [4, -1]}), ([()], {"shape": [1]}),
        ([(1,)], {"shape": []}),
    ],
    "reshape_like": [([(4,), (2, 2)], {}), ([(3, 4), (12,)], {}), ([(2, 3, 2), (4, 3)], {}), ([(), (1, 1)], {})],
    "stack": [
        ([()] * 3, {}), ([()], {}), ([(4,)] * 2, {}), ([(4,)] * 2, {"axis": 1}), ([(2, 3)] * 2, {"axis": 1}),
        ([(3, 4), (4,), ()], {"axis": -1}),
    ],
    "concatenate": [
        ([(3,), (4,)], {}), ([(3, 2), (4, 2)], {}), ([(2, 3), (2, 4)], {"axis": 1}), ([(2, 3, 2), (2, 1, 2)], {"axis": -2}),
        ([(0,), (4,)], {}),
    ],
    **dict.fromkeys(("tril", "triu"), TRIANGLES),
    "eye": [([], {"shape": [3, 3]}), ([], {"shape": [1, 1]})],
    "ones": [([], {"shape": [3]}), ([], {"shape": [2, 3]})],
    "zeros": [([], {"shape": [3]}), ([], {"shape": [2, 1, 3]})],
    "arange": [([], {"shape": [4]}), ([], {"shape": [1]})],
    "einsum": [([tuple(map(int, s)) for s in sizes.split(",")], {"formula": formula}) for formula, sizes in FORMULAS],
    **dict.fromkeys(("head", "tail"), LONGER),
    **dict.fromkeys(("pad_end", "pad_start"), SHORTER),
}  # fmt: skip


def applications_of(op: Op) -> list[tuple[list[Shape], dict[str, Any]]]:
    """Its own, or what its signature says: all ways of broadcasting, all ranks of a whole value, loops in front of the axes named."""
    if op.name in APPLICATIONS:
        return APPLICATIONS[op.name]
    assert not op.attrs, f"{op.name} has attributes; say in APPLICATIONS what it is tried with"
    if op.is_elementwise and len(op.args) == 1:
        return [([shape], {}) for shape in RANKS]
    if op.is_elementwise and len(op.args) == 2:
        return [(pair, {}) for pair in PAIRS]
    if op.is_elementwise:
        return [([(4,)] * len(op.args), {}), ([(), (4,), (3, 1)][: len(op.args)], {}), ([(2, 3, 4), (4,), ()][: len(op.args)], {})]
    if ("*",) in op.inputs:
        return [([shape] * len(op.args), {}) for shape in RANKS]
    plain = [tuple(SIZES[a] for a in axes) for axes in op.inputs]
    if op.batch:
        return [(plain, {})]
    if len(plain) == 1:
        return [([front + plain[0]], {}) for front in [(), (2,), (3, 1)]]
    return [([*(f + core for f, core in zip(fronts, plain[:2], strict=True)), *plain[2:]], {}) for fronts in LOOPS]


Case = tuple[Op, list[Shape], dict[str, Any]]  # an application: a row, the shapes of its operands, its attributes


def cases_of(ops: Iterable[Op]) -> list[Case]:
    """Every application that these rows are tried with."""
    return [(op, *application) for op in ops for application in applications_of(op)]


def for_each(cases: Iterable[Case]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate what is asserted of one application: one test a row of the table, which goes through all its applications.

    A test for each application would take longer to be collected and reported than to run. At which one it fails is said.
    """
    rows: dict[str, list[Case]] = {}
    for case in cases:
        rows.setdefault(case[0].name, []).append(case)

    def of_a_row(test: Callable[..., None]) -> Callable[..., None]:
        def all_of_a_row(row: str) -> None:
            for op, shapes, attributes in rows[row]:
                try:
                    test(op, shapes, attributes)
                except BaseException as error:
                    error.add_note(f"in the application {op.name}{shapes}{attributes or ''}")
                    raise

        all_of_a_row.__doc__, all_of_a_row.__module__ = test.__doc__, test.__module__
        all_of_a_row.__name__ = all_of_a_row.__qualname__ = test.__name__
        return pytest.mark.parametrize("row", rows)(all_of_a_row)

    return of_a_row
