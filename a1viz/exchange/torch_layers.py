"""PyTorch's operations that are layers: products, attention, convolution, pooling, normalisation; most by the rules for ONNX models."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..graph.operators import matmul_of
from .onnx_batch import Tensor
from .onnx_operators import READERS
from .onnx_reading import OnnxStep
from .torch_values import Item, KnownValue, TorchRule, TorchStep, TorchValue, core, in_front, of_batch

# --- products -------------------------------------------------------------------------------------------------------------------------


def linear(step: TorchStep) -> Item:
    """W x + b, of a vector; of several, they are rows."""
    x, W = step.value("input"), step.whole(step.value("weight"))
    x = step.kept(x, [-1])
    has_bias = step.given.get("bias") is not None
    rows, write = len(x.shape) > 1, step.write
    if W.rank == 1:
        raise step.refuse("its weights are a vector; write x @ w")
    operands = [core(x), write.part("transpose", core(W))] if rows else [core(W), core(x)]
    found = write.put("matmul" if rows else "matvec", operands, last=not has_bias)
    if has_bias:
        found = write.formula("x + b", x=found, b=core(step.whole(step.value("bias"))))
    return step.result(found, x.real)


def matmul(step: TorchStep) -> Item:
    names = {"mm": ("self", "mat2"), "bmm": ("self", "mat2"), "mv": ("self", "vec"), "dot": ("self", "tensor")}
    a, b = (step.value(name) for name in names.get(step.kind, ("self", "other")))
    return product(step, a, b)


def product(step: TorchStep, a: TorchValue, b: TorchValue, last: bool = True) -> TorchValue:
    """Torch's matmul; a row or a column that is left out makes a vector."""
    inner = min(2, b.rank)
    a, b = step.kept(a, [-1]), step.kept(b, [-inner])
    real: list[bool] = []
    if a.rank > 2 or b.rank > 2:
        a, b, real = _led(step, a, b)
    row = [a.real[-2]] if a.rank > 1 else []
    column = [b.real[-1]] if b.rank > 1 else []
    ranks = [len(x.shape) for x in (a, b)]
    op = matmul_of(ranks) if not any(real) else "matmul"
    found = step.write.put(op, [core(a), core(b)], last=last)
    sizes = None if last else (*step.sizes[: len(real)], *[a.sizes[-2]] * len(row), *[b.sizes[-1]] * len(column))
    return step.result(found, [*real, *row, *column], sizes)


def _led(step: TorchStep, a: TorchValue, b: TorchValue) -> tuple[TorchValue, TorchValue, list[bool]]:
    """Operands of which one has more than two axes; those in front meet, and where any is left neither is a vector."""
    lead: list[bool] = []
    for k in range(-max(a.rank, b.rank), -2):
        there = [x for x in (a, b) if x.rank >= -k]
        lead.append(max(x.sizes[k] for x in there) > 1 or all(x.real[k] for x in there))
    found = []
    for x in (a, b):
        flags = lead[len(lead) + 2 - x.rank :] if x.rank > 2 else []
        x = step.without(x, [k for k, is_real in enumerate(flags) if not is_real])
        if any(lead) and x.rank > 1:
            x = step.kept(x, [-2, -1])
            x = step.kept(x, [k for k, is_real in enumerate(flags) if is_real and any(x.real[:k])])
        elif any(lead):
            raise step.refuse("a vector times matrices in several axes; write x.unsqueeze(-1)")
        found.append(x)
    return found[0], found[1], lead


def addmm(step: TorchStep) -> Item:
    """beta C + alpha A B."""
    a, b = (
        step.value(next(name for name in names if name in step.given)) for names in (("mat1", "batch1", "mat"), ("mat2", "batch2", "vec"))
    )
    beta, alpha = float(step.given["beta"]), float(step.given["alpha"])
    inner = product(step, a, b, last=False)
    parts = replace(step, given={"c": step.given["self"], "p": inner})
    if beta == alpha == 1:
        return parts.formula("c + p", "c", "p")
    return parts.formula("beta * c + alpha * p", "c", "p", beta=beta, alpha=alpha)


def of_matrix(step: TorchStep) -> Item | list[Item]:
    """Determinant, inverse matrix, solution of equations."""
    A = step.kept(step.value("input" if "input" in step.given else "self" if "self" in step.given else "A"), [-2, -1])
    op = next(name for name in ("logdet", "det", "inv", "solve") if name in step.kind)
    if op == "solve":
        B = step.kept(step.value("B"), [-1])
        if not step.given.get("left", True) or (B.rank > 1 and B.rank != A.rank) or any(A.real[:-2]) or any(B.real[:-2]):
            raise step.refuse("it solves for several matrices, or from the left")
        B = step.kept(B, [-2]) if B.rank == A.rank else B
        return step.result(step.write.put("solve" if B.rank == A.rank else "solve_vector", [core(A), core(B)]), B.real)
    found = step.result(step.write.put(op, [core(A)]), A.real if op == "inv" else A.real[:-2])
    return found if step.outputs == 1 else [found, *[KnownValue(np.zeros(0))] * (step.outputs - 1)]


def outer(step: TorchStep) -> Item:
    a, b = (step.whole(step.value(name)) for name in ("self", "vec2"))
    return step.result(step.write.put("outer", [core(a), core(b)]), [True, True])


def einsum(step: TorchStep) -> Item:
    """Without the letters of axes that are left out wherever they are."""
    text = step.given["equation"].replace(" ", "")
    if "." in text or "->" not in text:
        raise step.refuse(f"the formula {text} has an ellipsis, or does not say what comes out")
    inputs, _, output = text.partition("->")
    values = [step.planted(item) for item in step.given["tensors"]]
    parts = inputs.split(",")
    pairs = [(letter, x, k) for part, x in zip(parts, values, strict=True) for k, letter in enumerate(part)]
    left = {letter for letter, x, k in pairs if x.sizes[k] == 1 and not x.real[k]}
    left -= {letter for letter, x, k in pairs if x.sizes[k] > 1}
    found = []
    for part, x in zip(parts, values, strict=True):
        x = step.without(x, [k for k, letter in enumerate(part) if letter in left])
        found.append(core(step.kept(x, [k for k, letter in enumerate(part) if letter not in left])))
    kept = ",".join("".join(letter for letter in part if letter not in left) for part in parts)
    rest = "".join(letter for letter in output if letter not in left)
    return step.result(step.write.put("einsum", found, formula=f"{kept}->{rest}"), [letter not in left for letter in output])


def attention(step: TorchStep) -> Item:
    """softmax(q k^T / sqrt(d)) v, with what a mask leaves."""
    if step.given.get("dropout_p"):
        raise step.refuse("it is dropout in training mode; call module.eval() first")
    if step.given.get("enable_gqa"):
        raise step.refuse("its heads share keys (enable_gqa)")
    q, k, v = (step.kept(step.value(name), [-2, -1]) for name in ("query", "key", "value"))
    turned = [*range(k.rank - 2), k.rank - 1, k.rank - 2]
    sizes = (*step.sizes[:-1], k.sizes[-2])
    inner = replace(step, name="", sizes=sizes)
    keys = TorchValue(inner.write.part("transpose", core(k)).name, tuple(k.sizes[n] for n in turned), tuple(k.real[n] for n in turned))
    scores = product(inner, q, keys)
    scale = step.given.get("scale")
    scale = 1 / math.sqrt(q.sizes[-1]) if scale is None else float(scale)
    inner.given = {"s": scores}
    scores = inner.formula("s * scale", "s", scale=scale) if abs(1 / scale - round(1 / scale)) > 1e-9 else inner.formula(
        "s / scale", "s", scale=float(round(1 / scale)))  # fmt: skip
    mask = step.given.get("attn_mask")
    if step.given.get("is_causal"):
        mask = KnownValue(np.tril(np.ones(sizes[-2:], bool)), "causal_mask")
    if mask is not None:
        scores = _masked(inner, scores, mask, step.given.get("is_causal", False))
    weights = inner.result(inner.write.part("softmax", core(scores)), scores.real)
    return product(step, weights, v)


def _masked(step: TorchStep, scores: TorchValue, mask: Any, is_bool: bool) -> TorchValue:
    """Scores where the mask is true, else -inf; or plus a mask of numbers."""
    step.given = {"s": scores, "m": mask}
    if is_bool or (isinstance(mask, KnownValue) and mask.array.dtype == bool):
        return step.formula("where(m, s, low)", "m", "s", low=-math.inf)
    return step.formula("s + m", "s", "m")


# --- layers that ONNX has too ---------------------------------------------------------------------------------------------------------


def _as_onnx(step: TorchStep, kind: str, items: Sequence[Any], attributes: Mapping[str, Any]) -> TorchValue:
    """By the rule for an ONNX model, whose batch axis is the first."""
    operands: list[Tensor | None] = [None if item is None else core(step.whole(step.planted(item))) for item in items]
    operands[0] = in_front(step, step.planted(items[0]))
    while operands and operands[-1] is None:
        operands.pop()
    found = READERS[kind](OnnxStep(step.reading, kind, operands, attributes, step.name, step.owner))
    assert isinstance(found, Tensor)
    return of_batch(step, found)


def _each(value: Any, d: int) -> list[int]:
    return [int(value)] * d if isinstance(value, int) else [int(n) for n in value] * (d if len(value) == 1 else 1)


def _with_batch(step: TorchStep, name: str, d: int) -> Any:
    """An input that may come without a batch axis."""
    x = step.value(name)
    return x if x.rank == d + 2 else TorchValue(x.name, (1, *x.sizes), (False, *x.real))


def conv(step: TorchStep) -> Item:
    d = len(step.value("weight").sizes) - 2
    strides, dilations = (_each(step.given[name], d) for name in ("stride", "dilation"))
    padding = step.given["padding"]
    attributes: dict[str, Any] = {"strides": strides, "dilations": dilations, "group": int(step.given["groups"])}
    if isinstance(padding, str):
        attributes["auto_pad"] = {"same": b"SAME_UPPER", "valid": b"VALID"}[padding]
    else:
        attributes["pads"] = _each(padding, d) * 2
    kind = "Conv"
    if step.kind.startswith("conv_transpose") or step.given.get("transposed"):
        kind, attributes["output_padding"] = "ConvTranspose", _each(step.given["output_padding"], d)
    return _unbatched(step, d, kind, [_with_batch(step, "input", d), step.given["weight"], step.given["bias"]], attributes)


def _unbatched(step: TorchStep, d: int, kind: str, items: Sequence[Any], attributes: Mapping[str, Any]) -> TorchValue:
    """What comes out has a batch axis only if the input has one."""
    if len(step.sizes) == d + 2:
        return _as_onnx(step, kind, items, attributes)
    found = _as_onnx(replace(step, sizes=(1, *step.sizes)), kind, items, attributes)
    return TorchValue(found.name, found.sizes[1:], found.real[1:])


def pool(step: TorchStep) -> Item | list[Item]:
    d = int(step.kind.removesuffix("_with_indices")[-2])
    size = _each(step.given["kernel_size"], d)
    attributes = {
        "kernel_shape": size, "strides": _each(step.given["stride"] or size, d), "pads": _each(step.given["padding"], d) * 2,
        "dilations": _each(step.given.get("dilation", 1), d), "ceil_mode": int(step.given["ceil_mode"]),
        "count_include_pad": int(step.given.get("count_include_pad", True)),
    }  # fmt: skip
    if step.given.get("divisor_override"):
        raise step.refuse("its divisor is given")
    kind = "MaxPool" if step.kind.startswith("max") else "AveragePool"
    found = _unbatched(step, d, kind, [_with_batch(step, "self", d)], attributes)
    return found if step.outputs == 1 else [found, KnownValue(np.zeros(()))]


def adaptive_pool(step: TorchStep) -> Item | list[Item]:
    """Windows side by side where the sizes divide each other."""
    d = int(step.kind[-2])
    x, wanted = step.value("self"), _each(step.given["output_size"], d)
    if any(n % k for n, k in zip(x.sizes[-d:], wanted, strict=True)):
        raise step.refuse(f"{tuple(x.sizes[-d:])} entries do not divide into {tuple(wanted)} windows of one size")
    size = [n // k for n, k in zip(x.sizes[-d:], wanted, strict=True)]
    kind = "MaxPool" if "max" in step.kind else "AveragePool"
    found = _unbatched(step, d, kind, [_with_batch(step, "self", d)], {"kernel_shape": size, "strides": size})
    return found if step.outputs == 1 else [found, KnownValue(np.zeros(()))]


def batch_norm(step: TorchStep) -> Item | list[Item]:
    if step.given.get("training", "no_training" not in step.kind) or step.given["running_mean"] is None:
        raise step.refuse("it is batch norm in training mode, which computes with the whole batch; call module.eval() first")
    channels = int(step.value("input").sizes[1])
    scale, shift = (step.given[name] if step.given[name] is not None else KnownValue(np.full(channels, value))
                    for name, value in (("weight", 1.0), ("bias", 0.0)))  # fmt: skip
    items = [step.given["input"], scale, shift, step.given["running_mean"], step.given["running_var"]]
    found = _as_onnx(step, "BatchNormalization", items, {"epsilon": float(step.given["eps"])})
    return found if step.outputs == 1 else [found, *[KnownValue(np.zeros(0))] * (step.outputs - 1)]


def normed(step: TorchStep) -> Item:
    """Layer norm and RMS norm, over the last axes."""
    x, d = step.value("input"), len(step.given["normalized_shape"])
    x = step.kept(x, range(-d, 0))
    is_rms = step.kind == "rms_norm"
    eps = step.given["eps"]
    eps = float(np.finfo(step.dtype).eps if eps is None else eps)
    axis = list(range(-d, 0))
    text = "x / sqrt(mean(x ** 2, axis=axis, keepdims=True) + eps)" if is_rms else (
        "(x - mean(x, axis=axis, keepdims=True)) / sqrt(var(x, axis=axis, keepdims=True) + eps)")  # fmt: skip
    has = [name for name in ("weight", "bias") if step.given.get(name) is not None]
    given = {name: core(step.whole(step.value(name))) for name in has}
    text = f"({text})" + (" * weight" if "weight" in has else "") + (" + bias" if "bias" in has else "")
    return step.result(step.write.formula(text, x=core(x), axis=axis, eps=eps, **given), x.real)


def group_norm(step: TorchStep) -> Item:
    """Over groups of channels; of one channel each, it is instance norm."""
    channels = int(step.value("input").sizes[1])
    if step.given.get("running_mean") is not None and not step.given.get("use_input_stats", True):
        raise step.refuse("it is instance norm with running statistics")
    groups = int(step.given.get("num_groups", channels))
    scale, shift = (step.given[name] if step.given[name] is not None else KnownValue(np.full(channels, value))
                    for name, value in (("weight", 1.0), ("bias", 0.0)))  # fmt: skip
    attributes = {"epsilon": float(step.given["eps"]), "num_groups": groups}
    return _as_onnx(step, "GroupNormalization", [step.given["input"], scale, shift], attributes)


MATRICES = "det linalg_det _linalg_det logdet linalg_inv inverse linalg_inv_ex linalg_solve"
BATCH_NORMS = "batch_norm _native_batch_norm_legit_no_training _native_batch_norm_legit _native_batch_norm_legit_functional"

LAYER_RULES: Mapping[str, TorchRule] = {
    "linear": linear, **dict.fromkeys(("matmul", "mm", "bmm", "mv", "dot"), matmul), **dict.fromkeys(("addmm", "baddbmm", "addmv"), addmm),
    **dict.fromkeys(MATRICES.split(), of_matrix), "outer": outer, "einsum": einsum, "scaled_dot_product_attention": attention,
    **dict.fromkeys(("conv1d", "conv2d", "convolution", "conv_transpose1d", "conv_transpose2d"), conv),
    **dict.fromkeys(("max_pool1d", "max_pool2d", "avg_pool1d", "avg_pool2d", "max_pool1d_with_indices", "max_pool2d_with_indices"), pool),
    **dict.fromkeys(("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool1d", "adaptive_max_pool2d"), adaptive_pool),
    **dict.fromkeys(BATCH_NORMS.split(), batch_norm),
    "layer_norm": normed, "rms_norm": normed, "group_norm": group_norm, "instance_norm": group_norm,
}  # fmt: skip
