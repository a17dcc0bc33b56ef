"""ONNX operators that move entries: shapes, axes, parts, entries by indices."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..base.limits import AXES
from ..graph.shapes import Shape
from ..graph.sizes import added
from .onnx_batch import Tensor, permuted, regrouped
from .onnx_folding import BATCH
from .onnx_reading import ALONG, OnnxStep, Reader, model_shape

WIDEST = 64  # entries that are picked one by one


def reshape(step: OnnxStep) -> Tensor:
    x = step.tensor(0)
    target = list(step.attributes["shape"]) if "shape" in step.attributes else step.whole(1, "the new shape")
    if len(target) > AXES + 1:
        raise step.refuse(f"the new shape has {len(target)} axes; at most {AXES} are read, and the batch")
    have = model_shape(x).tolist()
    if not step.attributes.get("allowzero", 0):
        target = [have[k] if size == 0 and k < len(have) else size for k, size in enumerate(target)]
    if not x.batched:
        return step.reshaped(x, _solved(step, x.shape, target))
    found = regrouped(x, target, step.reading.batch)
    if found is None:
        raise step.refuse(f"where the batch axis is in the new shape {target} cannot be told")
    shape, place, merged = found
    if tuple(shape) == x.shape and (x.place, x.merged) != (place, merged):
        return x.laid(place, merged)
    return step.reshaped(x, shape).laid(place, merged)


def _size(shape: Sequence[Any]) -> int | None:
    return math.prod(shape) if all(isinstance(size, int) for size in shape) else None


def _solved(step: OnnxStep, shape: Shape, target: list[Any]) -> list[Any]:
    if BATCH in target:
        raise step.refuse("the batch becomes another axis")
    known = _size([size for size in target if size != -1])
    whole = _size(shape)
    if -1 in target and known and whole is not None:
        return [whole // known if size == -1 else size for size in target]
    return target


def flatten(step: OnnxStep) -> Tensor:
    x, axis = step.tensor(0), int(step.attributes.get("axis", 1))
    axis = axis + x.rank if axis < 0 else axis
    if x.batched:
        if axis != 1:
            raise step.refuse("it works along the batch axis; a graph describes one example")
        return step.put("reshape", [x], shape=[-1])
    before, after = _size(x.shape[:axis]), _size(x.shape[axis:])
    return step.put("reshape", [x], shape=[-1 if before is None else before, -1 if after is None else after])


def squeeze(step: OnnxStep) -> Tensor:
    x = step.tensor(0)
    axes = step.listed("axes", 1, "the axes")
    places = [k for k in range(x.rank) if k != x.place or not x.batched] if axes is None else [step.model_axis(int(k), x) for k in axes]
    if axes is None:
        places = [k for k in places if x.shape[x.inside(k)] == 1]
    if not places:
        return step.same(x)
    found = step.put("squeeze", [x], axis=list(step.axes(places, x)))
    return found.laid(x.place - sum(k < x.place for k in places), x.merged)


def unsqueeze(step: OnnxStep) -> Tensor:
    x = step.tensor(0)
    axes = step.listed("axes", 1, "the axes") or []
    rank = x.rank + len(axes)
    if any(not -rank <= axis < rank for axis in axes):
        raise step.refuse(f"there is no axis {axes}")
    new = {axis % rank for axis in axes}
    if not new:
        return step.same(x)
    old = [k for k in range(rank) if k not in new]
    place = old[x.place] if x.batched else 0
    after = Tensor("", (*x.shape, *[1] * len(new)), x.batched, place, x.merged)
    inside = sorted(after.inside(k) - len(after.shape) for k in new)
    return step.put("expand", [x], axis=inside).laid(place, x.merged)


def transpose(step: OnnxStep) -> Tensor:
    x = step.tensor(0)
    perm = list(step.attributes.get("perm", range(x.rank - 1, -1, -1)))
    if sorted(perm) != list(range(x.rank)):
        raise step.refuse(f"{perm} is no order of its axes")
    inside, place = permuted(x, perm)
    if x.batched and inside == sorted(inside) and place != x.place:
        return x.laid(place, x.merged)
    return (step.put("transpose", [x], axes=inside) if len(inside) > 1 else step.same(x)).laid(place, x.merged)


def concat(step: OnnxStep) -> Tensor:
    tensors = step.tensors
    batched = [x for x in tensors if x.batched]
    axis = step.axis(step.attributes["axis"], (batched or tensors)[0])
    first, *rest = [x for x in step.aligned(tensors) if 0 not in x.shape] or tensors[:1]
    for k, x in enumerate(rest, 1):
        first = step.put("concatenate", [first, x], last=k == len(rest), axis=axis)
    return first if rest else step.same(first)


def split(step: OnnxStep) -> list[Tensor]:
    x = step.tensor(0)
    axis = step.axis(int(step.attributes.get("axis", 0)), x)
    size, parts = x.shape[axis], step.listed("split", 1, "the parts")
    if parts is None:
        if not isinstance(size, int):
            raise step.refuse("it divides an axis whose size the model does not say")
        each = -(-size // step.outputs)
        parts = [min(each, size - k * each) for k in range(step.outputs)]
    found, start = [], 0
    for part in parts:
        bounds: list[list[Any]] = [[0, n] for n in x.shape]
        bounds[axis] = [start, start + part]
        found.append(step.part("slice", x, index=bounds))
        start += part
    return found


def expand(step: OnnxStep) -> Tensor:
    x = step.tensor(0)
    target = step.whole(1, "the new shape")
    if BATCH in target or (x.batched and len(target) == x.rank and target[0] in (1, step.reading.batch)):
        target = target[1:]
    elif x.batched and len(target) >= x.rank:
        raise step.refuse("it works along the batch axis; a graph describes one example")
    if BATCH in target:
        raise step.refuse("the batch becomes another axis")
    return step.same(x) if tuple(target) == x.shape else step.put("fill", [x, step.part("zeros", shape=target)])


def pad(step: OnnxStep) -> Tensor:
    x = step.tensor(0)
    mode = step.attributes.get("mode", b"constant")
    pads = step.listed("pads", 1, "the padding") or []
    value = float(np.reshape(step.known(2, "the value"), -1)[0]) if step.has(2) else float(step.attributes.get("value", 0.0))
    if mode != b"constant" or any(number < 0 for number in pads):
        raise step.refuse(f"it pads by {mode.decode()}, or takes away; only constant padding is read")
    axes = step.whole(3, "the axes") if step.has(3) else range(x.rank)
    amounts = [[0, 0] for _ in x.shape]
    for k, axis in enumerate(axes):
        before, after = pads[k], pads[k + len(axes)]
        if before or after:
            amounts[step.axis(int(axis), x)] = [before, after]
    return padded(step, x, amounts, value)


def padded(step: OnnxStep, x: Tensor, amounts: Sequence[Sequence[int]], value: float = 0.0, last: bool = True) -> Tensor:
    """With so many entries more before and after each axis."""
    if not any(map(any, amounts)):
        return step.same(x) if last else x
    shape = [added(size, before + after) for size, (before, after) in zip(x.shape, amounts, strict=True)]
    index = [[before, added(size, before)] for size, (before, _) in zip(x.shape, amounts, strict=True)]
    whole = step.part("zeros", shape=shape)
    if not value:
        return step.put("unslice", [x, whole], last=last, index=index)
    inside = step.part("unslice", step.part("ones", shape=list(x.shape)), whole, index=index)
    write = step.formula if last else step.within
    return write("where(inside, x, value)", inside=inside, x=step.part("unslice", x, whole, index=index), value=value)


# --- what changes nothing here ----------------------------------------------------------------------------------------------------


def cast(step: OnnxStep) -> Tensor:
    """To numbers of another kind: all are floats here, so only rounding would change them, which is refused."""
    x, to = step.tensor(0), int(step.attributes["to"])
    if to == 9:  # BOOL
        return step.formula("not_equal(x, 0)", x=x)
    if to in (1, 10, 11, 16) or step.builder.nodes[x.name].op in ROUND:
        return step.same(x)
    raise step.refuse("it rounds to whole numbers")


ROUND = ("label", "argmax", "argmin", "greater", "at_least", "less", "at_most", "equal", "not_equal", "step", "threshold")


def dropout(step: OnnxStep) -> Tensor:
    if step.has(2) and np.any(step.known(2, "the mode")) and not (step.has(1) and not np.any(step.known(1, "the ratio"))):
        raise step.refuse("it is in training mode; export the model in evaluation mode")
    return step.same(step.tensor(0))


def trilu(step: OnnxStep) -> Tensor:
    k = int(np.reshape(step.known(1, "k"), -1)[0]) if step.has(1) else 0
    x = step.tensor(0)
    if len(x.shape) < 2:
        raise step.refuse("it works along the batch axis; a graph describes one example")
    return step.put("triu" if step.attributes.get("upper", 1) else "tril", [x], k=k)


def einsum(step: OnnxStep) -> Tensor:
    """Without the letter of the batch, where that stands first in each operand that has one, and in the result."""
    tensors = step.tensors
    inputs, output = _written_out(step, step.attributes["equation"].decode().replace(" ", ""), [x.rank for x in tensors])
    letters = {part[:1] for part, x in zip(inputs, tensors, strict=True) if x.batched}
    if letters:
        letter = letters.pop()
        inputs = [part[1:] if x.batched else part for part, x in zip(inputs, tensors, strict=True)]
        if letters or not output.startswith(letter) or any(letter in part for part in (*inputs, output[1:])):
            raise step.refuse(ALONG)
        output = output[1:]
    return step.put("einsum", tensors, formula=f"{','.join(inputs)}->{output}")


def _written_out(step: OnnxStep, text: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """The operands and the result of a formula, with letters for the axes of an ellipsis, and those that come out where it says none."""
    before, arrow, output = text.partition("->")
    inputs = before.split(",")
    if len(inputs) != len(ranks):
        raise step.refuse(f"the formula {text} has not one part an operand")
    free = [letter for letter in "abcdefghijklmnopqrstuvwxyz" if letter not in text]
    lengths = [rank - len(part.replace("...", "")) for part, rank in zip(inputs, ranks, strict=True)]
    most = max([length for part, length in zip(inputs, lengths, strict=True) if "..." in part], default=0)
    if most > len(free) or min(lengths) < 0:
        raise step.refuse(f"the formula {text} does not fit its operands")
    dots = "".join(free[:most])
    if not arrow:
        output = ("..." if "..." in before else "") + "".join(sorted(c for c in set(before) - set(",.") if before.count(c) == 1))
    parts = [part.replace("...", dots[most - length :]) for part, length in zip(inputs, lengths, strict=True)]
    return parts, output.replace("...", dots)


SHAPES: Mapping[str, Reader] = {
    "Reshape": reshape, "Flatten": flatten, "Squeeze": squeeze, "Unsqueeze": unsqueeze, "Transpose": transpose, "Concat": concat,
    "Expand": expand, "Pad": pad, "Cast": cast, "Dropout": dropout,
    "Trilu": trilu, "Einsum": einsum, "Split": split,
}  # fmt: skip
