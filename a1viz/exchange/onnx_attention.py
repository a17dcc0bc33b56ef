"""ONNX's Attention, one node, as the equation that it is: softmax(Q Kᵀ / √n) V, head by head."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .onnx_batch import Tensor
from .onnx_reading import OnnxStep, Reader

PAST, FILLED = 4, 6  # operands: keys of earlier steps, how many entries of them count


def attention(step: OnnxStep) -> list[Tensor]:
    """The value; keys and values with those of earlier steps; and the scores, or what becomes of them."""
    if step.has(FILLED):
        raise step.refuse("how many of its keys count depends on the example")
    is_flat = step.tensor(0).rank == 3
    q, k, v = (_heads(step, step.tensor(n), name) for n, name in enumerate(("q_num_heads", "kv_num_heads", "kv_num_heads")))
    offset = int(step.tensor(PAST).shape[-2]) if step.has(PAST) else 0
    if offset:
        k, v = (step.part("concatenate", step.tensor(PAST + n), x, axis=-2) for n, x in enumerate((k, v)))
    present = [k, v]
    k, v = (_repeated(step, x, int(q.shape[-3])) for x in present)
    scores = _scores(step, q, k)
    cap = float(step.attributes.get("softcap", 0.0))
    scores = step.within("cap * tanh(x / cap)", x=scores, cap=cap) if cap else scores
    masked = _masked(step, scores, offset)
    weights = step.within("softmax(x)", x=masked)
    found = (step.within if is_flat else step.formula)("matmul(weights, v)", weights=weights, v=v)
    found = _without_heads(step, found) if is_flat else found
    return [found, *present, (scores, scores, masked, weights)[int(step.attributes.get("qk_matmul_output_mode", 0))]]


def _scores(step: OnnxStep, q: Tensor, k: Tensor) -> Tensor:
    """Each query with each key."""
    scale = step.attributes.get("scale")
    if scale is None:
        return step.within("matmul(q, transpose(k)) / sqrt(n)", q=q, k=k, n=float(q.shape[-1]))
    return step.within("scale * matmul(q, transpose(k))", q=q, k=k, scale=float(scale))


def _heads(step: OnnxStep, x: Tensor, name: str) -> Tensor:
    """(heads, positions, entries) of what may have the heads side by side in its last axis."""
    if not all(isinstance(size, int) for size in x.shape[-3:]):
        raise step.refuse("it works with a size that the model does not say")
    if x.rank == 4:
        return x
    count, lead = int(step.attributes[name]), list(x.shape[:-1])
    apart = step.reshaped(x, [*lead, count, int(x.shape[-1]) // count], last=False)
    rank = len(lead) + 2
    return step.part("transpose", apart, axes=[*range(rank - 3), rank - 2, rank - 3, rank - 1])


def _without_heads(step: OnnxStep, x: Tensor) -> Tensor:
    rank = len(x.shape)
    back = step.part("transpose", x, axes=[*range(rank - 3), rank - 2, rank - 3, rank - 1])
    return step.reshaped(back, [*back.shape[:-2], int(back.shape[-2]) * int(back.shape[-1])])


def _repeated(step: OnnxStep, x: Tensor, count: int) -> Tensor:
    """As many heads as there are queries: each of them so often, one after the other."""
    heads = int(x.shape[-3])
    if heads == count or count % heads:
        return x
    lead, rest = list(x.shape[:-2]), list(x.shape[-2:])
    each = step.part("zeros", shape=[*lead, count // heads, *rest])
    return step.reshaped(step.part("fill", step.part("expand", x, axis=[-3]), each), [*lead[:-1], count, *rest], last=False)


def _masked(step: OnnxStep, scores: Tensor, offset: int) -> Tensor:
    """The scores with -inf, or less, where a position may not look."""
    rows, columns = (int(size) for size in scores.shape[-2:])
    windows = [int(step.attributes.get(f"{side}_window_size", -1)) for side in ("left", "right")]
    is_causal, has_mask = bool(step.attributes.get("is_causal", 0)), step.has(3)
    if is_causal and not has_mask and max(windows) < 0:
        seen = step.part("tril", step.part("ones", shape=[rows, columns]), k=offset)
        return step.within("where(seen, x, low)", seen=seen, x=scores, low=-math.inf)
    if not has_mask and max(windows) < 0:
        return scores
    step.check_known(rows * columns)
    from_here = np.arange(columns) - np.arange(rows)[:, None] - offset
    is_seen = np.ones((rows, columns), bool) if not is_causal else from_here <= 0
    is_seen &= (from_here >= -windows[0]) | (windows[0] < 0)
    is_seen &= (from_here <= windows[1]) | (windows[1] < 0)
    mask = step.items[3] if has_mask else np.zeros((rows, columns))
    if isinstance(mask, Tensor):
        return _added(step, scores, mask, None if is_seen.all() else np.where(is_seen, 0.0, -np.inf))
    bias = _bias(np.asarray(mask), columns) + np.where(is_seen, 0.0, -np.inf)
    if np.isneginf(bias).all(-1).any():
        raise step.refuse("its mask leaves a position nothing to look at")
    return _added(step, scores, step.planted(bias), None)


def _bias(mask: np.ndarray, columns: int) -> np.ndarray:
    """What is added: 0 and -inf for a mask of yes and no; -inf for columns that it does not have."""
    bias = np.where(mask != 0, 0.0, -np.inf) if mask.dtype.kind == "i" else mask.astype(float)
    missing = columns - bias.shape[-1]
    return np.pad(bias, [*[(0, 0)] * (bias.ndim - 1), (0, missing)], constant_values=-np.inf) if missing > 0 else bias


def _added(step: OnnxStep, scores: Tensor, mask: Tensor, more: Any) -> Tensor:
    if step.builder.nodes[mask.name].op in COMPARED:
        raise step.refuse("its mask of yes and no must be known when the model is read")
    scores, mask = step.aligned([scores, mask])
    found = step.within("x + mask", x=scores, mask=mask)
    return found if more is None else step.within("x + mask", x=found, mask=step.planted(more))


COMPARED = ("greater", "at_least", "less", "at_most", "equal", "not_equal", "input")
ATTENTION: Mapping[str, Reader] = {"Attention": attention}
