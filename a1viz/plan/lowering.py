"""From a graph to steps: each application by the rules of the compiler, or by the interpreter's own function."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from ..graph.attributes import at_sizes
from ..graph.nodes import Graph
from ..graph.operators import OPS, Op
from ..graph.sizes import size_of
from .axes import ALONG
from .labels import LABELS
from .operations import Leaf, Operation, core_of
from .references import Ref, made
from .simplify import apply, as_float
from .steps import BATCH, SEEDS, Core, Steps, dtype_of
from .taken_apart import APART


def lower(
    graph: Graph,
    leaves: Mapping[str, Leaf],
    sizes: Mapping[str, int],
    steps: Steps,
    *,
    numbers: Mapping[str, float] = MappingProxyType({}),
) -> dict[str, int]:
    """Put the steps of a graph whose operators are all in the table without a body; returns the number of each variable's.

    The batch is what the batched leaves have; a plan does not ask how many examples that are. `steps` may take in several graphs over the
    same leaves; `numbers` gives constants of the graph another number.
    """
    found: dict[str, int] = {}
    in_losses = {node.inputs[0] for node in graph.nodes if node.op in ("logistic_loss", "softplus")}
    for node in graph.nodes:
        steps.name = node.name
        if node.op == "constant" and node.shape:
            found[node.name] = steps.put("array", (), core_of(node.shape, sizes), 0, None, node.value)
        elif node.op == "constant":
            found[node.name] = steps.constant(numbers.get(node.name, node.number))
        elif node.op == "size":
            found[node.name] = steps.constant(size_of(node.value, sizes))
        elif node.is_leaf:
            leaf = leaves[node.name]
            found[node.name] = steps.put("unit" if leaf.unit else "leaf", (), core_of(node.shape, sizes), leaf.lead, leaf.dtype, node.name)
        elif not node.inputs:
            recipe = ("kernel", node.op, tuple(at_sizes(node.attrs, sizes).items()))
            found[node.name] = steps.put("made", (), core_of(node.shape, sizes), 0, None, recipe)
        else:
            inputs = tuple(found[i] for i in node.inputs)
            items, attrs = [steps.items[k] for k in inputs], at_sizes(node.attrs, sizes) if node.attrs else {}
            found[node.name] = _lowered(Operation(steps, leaves, node, inputs, items, core_of(node.shape, sizes), attrs))
        if node.name in in_losses:
            steps.in_losses.add(found[node.name])
    steps.graphs.append((graph, found))
    return found


def _lowered(r: Operation) -> int:
    op, items = OPS[r.node.op], r.items
    rule = RULES.get(op.name)
    found = _folded(op, r)
    if found is None and rule:
        found = rule(r)
    if found is not None:
        return found
    if op.name in APART and 0 not in items[0].core:
        return APART[op.name](r.steps, *(as_float(r.steps, k) for k in r.inputs), **r.attrs)
    if op.batch:
        spread = [r.steps.spread(k, r.steps.items[k].core, BATCH) for k in r.inputs]
        name, extra = (op.name, None) if _is_plain(op, r) else (f"any_{op.name}", _attributes(op, r) or None)
        return r.steps.put(name, spread, r.core, 0, dtype_of([v for v in items if v.dtype.kind == "f"] or items), extra)
    if op.is_elementwise:
        return apply(r.steps, op.name, *r.inputs)
    if not _is_plain(op, r):
        return _by_kernel(op, r)
    if op.name in SPECIAL:
        return SPECIAL[op.name](r)
    return r.steps.put(op.name, r.inputs, r.core, r.lead, dtype_of(items))


FOLDED = ("constant", "array", "made")


def _folded(op: Op, r: Operation) -> int | None:
    """An array that no leaf is in, such as the mask of causal attention: made with the workspace, by the interpreter's own function."""
    items = r.items
    if r.steps.exact or any(v.op not in FOLDED for v in items) or all(v.is_constant for v in items):
        return None
    if op.kernel is None or op.batch or (("*",) in op.inputs and not r.attrs):
        return None
    refs = [made(*v.extra, v.dtype.char) if v.op == "made" else Ref("constant", (v.extra, v.dtype.char)) for v in items]
    return r.steps.put("made", (), r.core, 0, dtype_of(items), ("kernel", op.name, _attributes(op, r), *refs))


def _attributes(op: Op, r: Operation) -> tuple[tuple[str, Any], ...]:
    """What the interpreter's function takes by keywords."""
    return tuple(sorted(r.attrs.items())) + ((("ranks", tuple(len(v.core) for v in r.items)),) if op.ranked else ())


def _is_plain(op: Op, r: Operation) -> bool:
    """Whether an application is as the signature has it: without attributes, and for what has several operands without loops."""
    if r.attrs or op.ranked or op.name not in ROWS_OF_RANK:
        return not r.attrs and not op.ranked and len(op.inputs) == 1
    return all(rank is None or len(v.core) == rank for rank, v in zip(ROWS_OF_RANK[op.name], r.items, strict=True))


def _by_kernel(op: Op, r: Operation) -> int:
    """By the interpreter's own function, loops and batch as that has them; operands with fewer loops than others get more axes."""
    inputs = list(r.inputs)
    if not op.ranked and len(inputs) > 1:
        wanted = op.inputs * (len(inputs) // len(op.inputs))
        loops = [0 if axes == ("*",) else len(v.core) - len(axes) for axes, v in zip(wanted, r.items, strict=True)]
        inputs = [_with_axes(r, k, max(loops) - n) for k, n in zip(r.inputs, loops, strict=True)]
    floats = [v for v in r.items if v.dtype.kind == "f"]
    extra = _attributes(op, r)
    return r.steps.put(f"any_{op.name}", inputs, r.core, _lead_by_kernel(op, r, inputs, extra), dtype_of(floats or r.items), extra or None)


def _with_axes(r: Operation, k: int, missing: int) -> int:
    """A value of each example with axes of one entry in front of its core; for others NumPy puts them there."""
    v = r.steps.items[k]
    if not missing or not v.lead:
        return k
    return r.steps.put("expanded", [k], (1,) * missing + v.core, v.lead, v.dtype, tuple(range(missing)))


def _lead_by_kernel(op: Op, r: Operation, inputs: Sequence[int], extra: Sequence[tuple[str, Any]]) -> int:
    """The axes in front of a result: those of all operands, or of some, where others are there for their shape alone. The kernel knows."""
    items, wanted = [r.steps.items[k] for k in inputs], op.inputs * (len(inputs) // len(op.inputs))
    if len({v.lead for v in items}) == 1 or op.is_elementwise:
        return r.lead
    wholes = [axes == ("*",) and not r.attrs for axes in wanted]
    cores = [(math.prod(v.core),) if whole else v.core for v, whole in zip(items, wholes, strict=True)]
    tried = [np.ones(_few_in_front(v.lead, r.lead) + core, v.dtype) for v, core in zip(items, cores, strict=True)]
    with np.errstate(all="ignore"):
        try:
            found = np.shape(op.compute(*tried, **dict(extra)))
        except ValueError:  # which it raises again when it is called
            return r.lead
    front = found[: len(found) - len(r.core)]
    return (SEEDS if FEW_SEEDS in front else 0) | (BATCH if FEW_EXAMPLES in front else 0)


FEW_SEEDS, FEW_EXAMPLES = 2, 3  # so that they are told apart


def _few_in_front(lead: int, of_all: int) -> Core:
    """The axes in front of an operand, beside others: cotangents, then examples, of which there is one where it is the same for all."""
    seeds = (FEW_SEEDS,) if lead & SEEDS else ()
    return (*seeds, FEW_EXAMPLES) if lead & BATCH else (*seeds, 1) if seeds and of_all & BATCH else seeds


ROWS_OF_RANK: dict[str, tuple[int | None, ...]] = {  # how many axes the compiler's rows for several operands ask for; None: any number
    "matvec": (2, 1), "vecmat": (1, 2), "matmul": (2, 2), "outer": (1, 1), "inner": (None, None), "weighted_logsumexp": (None, None),
    "head": (1, 1), "tail": (1, 1), "pad_end": (1, 1), "pad_start": (1, 1), "batch_outer": (1, 1), "batch_weighted": (0, 1),
}  # fmt: skip


# --- operators with rules of their own ------------------------------------------------------------------------------------------------


def _fill(r: Operation) -> int:
    return r.steps.spread(as_float(r.steps, r.inputs[0]), r.core, r.lead)


def _end(r: Operation) -> int:
    """`head` and `tail`: the second operand is there for its length alone."""
    v = r.items[0]
    return r.steps.put(r.node.op, r.inputs[:1], r.core, v.lead, v.dtype)


def _pad(r: Operation) -> int:
    return r.steps.put(r.node.op, r.inputs[:1], r.core, r.lead, r.items[0].dtype)


def _matvec(r: Operation) -> int:
    """I W = W."""
    W, x = r.items
    if x.is_unit and len(W.core) == 2 and not W.lead:
        return r.steps.put("columns", r.inputs[:1], r.core, SEEDS, W.dtype)
    return r.steps.put(r.node.op, r.inputs, r.core, r.lead, dtype_of(r.items))


def _vecmat(r: Operation) -> int:
    x, W = r.items
    if x.is_unit and len(W.core) == 2 and not W.lead:
        return r.steps.put("rows", r.inputs[1:], r.core, SEEDS, W.dtype)
    return r.steps.put(r.node.op, r.inputs, r.core, r.lead, dtype_of(r.items))


def _norm2(r: Operation) -> int:
    """That of zeros is 0; that of -x is that of x, added up as x lies in memory."""
    x = r.items[0]
    if x.op == "spread" and r.steps.number(x.inputs[0]) == 0:
        return r.steps.spread(r.steps.constant(0, x.dtype), (), r.lead)
    return r.steps.put(r.node.op, x.inputs if x.op == "neg" and not r.steps.exact else r.inputs, r.core, r.lead, x.dtype)


def _looped(r: Operation) -> int | None:
    """A product with loops. What is spread over an axis is laid out first: NumPy hands only what has steps in memory to BLAS."""
    if r.steps.exact or _is_plain(OPS[r.node.op], r):
        return None
    inputs = [_laid_out(r.steps, k) for k in r.inputs]
    return r.steps.put(r.node.op, inputs, r.core, r.lead, dtype_of(r.items))


def _laid_out(steps: Steps, k: int) -> int:
    v = steps.items[k]
    return steps.put("dense", [k], v.core, v.lead, v.dtype) if v.op == "spread" else k


def _batch_matmul(r: Operation) -> int | None:
    """The sum of the products of a batch: of products that are there already their sum, where one factor is the same for all the sum of the
    others times it, else one product of longer matrices."""
    steps, (A, B) = r.steps, r.inputs
    if steps.exact:
        return None
    dtype = dtype_of(r.items)
    there = steps.find("matmul", [A, B], r.items[0]._replace(core=r.core, lead=BATCH, dtype=dtype))
    if there is not None:
        return steps.put("batch_sum", [there], r.core, 0, dtype)
    if r.lead and not (r.items[0].lead and r.items[1].lead):
        factors = [steps.put("batch_sum", [k], v.core, 0, v.dtype) if v.lead else k for k, v in zip(r.inputs, r.items, strict=True)]
        found = steps.put("matmul", [_laid_out(steps, k) for k in factors], r.core, 0, dtype)
        return found
    if any(len(v.core) != 2 for v in r.items):
        return None
    inputs = [_laid_out(steps, steps.spread(k, steps.items[k].core, BATCH)) for k in r.inputs]
    return steps.put("batch_matmul", inputs, r.core, 0, dtype)


RULES: dict[str, Callable[[Operation], int | None]] = {
    **ALONG, **LABELS, **dict.fromkeys(("matvec", "vecmat", "matmul", "outer"), _looped), "batch_matmul": _batch_matmul,
    "fill": _fill,
}  # fmt: skip
SPECIAL: dict[str, Callable[[Operation], int]] = {
    "head": _end, "tail": _end, "pad_end": _pad, "pad_start": _pad, "matvec": _matvec, "vecmat": _vecmat,
    "norm2": _norm2,
}  # fmt: skip
