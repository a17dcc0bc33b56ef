"""ONNX operators that are layers: products and normalisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..graph.operators import matmul_of
from .onnx_batch import Tensor
from .onnx_reading import OnnxStep, Reader

SUMS = "it sums over the batch axis; a graph describes one example"


def matmul(step: OnnxStep) -> Tensor:
    """NumPy's matmul of the model's arrays, of one example."""
    a, b = step.tensors
    if not a.batched and not b.batched:
        return step.put(matmul_of([len(a.shape), len(b.shape)]), [a, b])
    if a.batched and b.batched:
        if a.from_end < 3 or (a.from_end, a.merged) != (b.from_end, b.merged):
            raise step.refuse(SUMS)
    elif b.batched:
        if b.from_end < 3:
            raise step.refuse(SUMS)
        a = a if a.rank < 3 else step.beside(a, b)
    elif a.from_end == 1:
        raise step.refuse(SUMS)
    elif b.rank > 2:
        if a.from_end == 2:
            raise step.refuse("its batch axis meets another axis")
        b = step.beside(b, a)
    if len(a.shape) == 1 and a.batched:
        return step.put("vecmat" if b.rank == 2 else "inner", [a, b])
    return _as_model(step.put(matmul_of([len(a.shape), len(b.shape)]), [a, b]), a, b)


def _as_model(found: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """With the batch axis where it is in a product, counted from the end."""
    of = a if a.batched else b
    end = of.from_end - (of is a and b.rank == 1) - (of is b and a.rank == 1)
    return found.laid(found.rank - end, found.merged)


def gemm(step: OnnxStep) -> Tensor:
    """alpha A B + beta C, either transposed if asked for; for one example W @ x where the second is a transposed matrix of weights."""
    a, b = step.tensor(0), step.tensor(1)
    alpha, beta = (float(step.attributes.get(name, 1.0)) for name in ("alpha", "beta"))
    is_plain = not step.has(2) and alpha == 1
    if b.batched or (a.batched and (step.attributes.get("transA", 0) or a.place)):
        raise step.refuse(SUMS)
    if a.is_apart:
        op, operands = ("matvec", [b, a]) if step.attributes.get("transB", 0) else ("vecmat", [a, b])
    else:
        sides = zip((a, b), ("transA", "transB"), strict=True)
        op, operands = "matmul", [step.part("transpose", x) if step.attributes.get(name, 0) else x for x, name in sides]
    found = step.put(op, operands, last=is_plain)
    if alpha != 1:
        found = (step.within if step.has(2) else step.formula)("alpha * x", alpha=alpha, x=found)
    if not step.has(2):
        return found
    found, c = step.aligned([found, step.tensor(2)])
    return step.formula("x + c", x=found, c=c) if beta == 1 else step.formula("x + beta * c", x=found, c=c, beta=beta)


# --- normalisation --------------------------------------------------------------------------------------------------------------------


def _normalised(step: OnnxStep, x: Tensor, axis: Sequence[int]) -> Tensor:
    text = "(x - mean(x, axis=axis, keepdims=True)) / sqrt(var(x, axis=axis, keepdims=True) + eps)"
    return step.within(text, x=x, axis=list(axis), eps=float(step.attributes.get("epsilon", 1e-5)))


def _scaled(step: OnnxStep, x: Tensor, scale: int, shift: int, shape: Sequence[Any] | None = None) -> Tensor:
    """Times a scale, plus a shift if there is one; each of one entry a channel, in this shape."""
    parts = [step.tensor(k) for k in (scale, shift) if step.has(k)]
    parts = [step.reshaped(part, shape, last=False) for part in parts] if shape is not None else step.aligned([x, *parts])[1:]
    return step.formula("x * s + b", x=x, s=parts[0], b=parts[1]) if len(parts) == 2 else step.formula("x * s", x=x, s=parts[0])


def layer_norm(step: OnnxStep) -> Tensor | list[Tensor]:
    """The value; and the mean and one over the deviation, if they are asked for."""
    x = step.tensor(0)
    axis = step.last_axes(int(step.attributes.get("axis", -1)), x)
    found = _scaled(step, _normalised(step, x, axis), 1, 2)
    if step.outputs == 1:
        return found
    mean = step.within("mean(x, axis=axis, keepdims=True)", x=x, axis=axis)
    text = "1 / sqrt(var(x, axis=axis, keepdims=True) + eps)"
    return [found, mean, step.within(text, x=x, axis=axis, eps=float(step.attributes.get("epsilon", 1e-5)))]


def rms_norm(step: OnnxStep) -> Tensor:
    x = step.tensor(0)
    axis = step.last_axes(int(step.attributes.get("axis", -1)), x)
    eps = float(step.attributes.get("epsilon", 1e-5))
    text = "x / sqrt(mean(x ** 2, axis=axis, keepdims=True) + eps)"
    return _scaled(step, step.within(text, x=x, axis=axis, eps=eps), 1, 9)


def _per_channel(x: Tensor, step: OnnxStep) -> list[Any]:
    """The shape of what has one entry a channel, the second axis of the model."""
    channels = step.axis(1, x)
    return [x.shape[channels], *[1] * (-1 - channels)]


def instance_norm(step: OnnxStep) -> Tensor:
    x = step.tensor(0)
    return _scaled(step, _normalised(step, x, step.axes(range(2, x.rank), x)), 1, 2, _per_channel(x, step))


def group_norm(step: OnnxStep) -> Tensor:
    x, groups = step.tensor(0), int(step.attributes["num_groups"])
    channels = step.axis(1, x)
    lead, size, rest = x.shape[:channels], x.shape[channels], x.shape[channels:][1:]
    if not isinstance(size, int):
        raise step.refuse("its channels are a size that the model does not say")
    apart = step.reshaped(x, [*lead, groups, size // groups, *rest], last=False)
    found = step.reshaped(_normalised(step, apart, range(channels, 0)), list(x.shape), last=False)
    scale = step.tensor(1)
    if scale.shape != (size,):
        raise step.refuse("its scale has one entry a group, as before version 21")
    return _scaled(step, found, 1, 2, _per_channel(x, step))


def batch_norm(step: OnnxStep) -> Tensor:
    """With the statistics of training."""
    if step.attributes.get("training_mode", 0):
        raise step.refuse("it is in training mode; export the model in evaluation mode")
    x = step.tensor(0)
    shape = _per_channel(x, step)
    scale, shift, mean, variance = (step.reshaped(step.tensor(k), shape, last=False) for k in range(1, 5))
    eps = float(step.attributes.get("epsilon", 1e-5))
    return step.formula("(x - m) / sqrt(v + eps) * s + b", x=x, m=mean, v=variance, s=scale, b=shift, eps=eps)


def lp_norm(step: OnnxStep) -> Tensor:
    x = step.tensor(0)
    axis, p = step.axis(int(step.attributes.get("axis", -1)), x), int(step.attributes.get("p", 2))
    length = "norm(x, axis=axis, keepdims=True)" if p == 2 else "sum(abs(x), axis=axis, keepdims=True)"
    return step.formula(f"xdivy(x, {length})", x=x, axis=axis)


def mean_variance_norm(step: OnnxStep) -> Tensor:
    x = step.tensor(0)
    axis = list(step.axes(step.attributes.get("axes", [0, 2, 3]), x))
    text = "(x - mean(x, axis=axis, keepdims=True)) / (std(x, axis=axis, keepdims=True) + eps)"
    return step.formula(text, x=x, axis=axis, eps=1e-9)


LAYERS: Mapping[str, Reader] = {
    "MatMul": matmul, "Gemm": gemm, "LayerNormalization": layer_norm, "RMSNormalization": rms_norm,
    "InstanceNormalization": instance_norm, "GroupNormalization": group_norm, "BatchNormalization": batch_norm,
    "LpNormalization": lp_norm, "MeanVarianceNormalization": mean_variance_norm,
}  # fmt: skip
