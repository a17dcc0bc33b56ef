"""PyTorch's operations that move entries: shapes, permutations, padding. Axes of one entry that are left out cost nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .torch_values import Item, TorchRule, TorchStep, TorchValue, core


def same(step: TorchStep) -> Item:
    """A copy, a cast between floats, a layout in memory."""
    name = next(iter(step.given))
    if step.cast == "whole":
        raise step.refuse("it rounds to whole numbers")
    return step.formula(f"not_equal({name}, 0)", name) if step.cast else step.same(step.value(name))


def reshape(step: TorchStep) -> Item:
    return step.reshaped(step.value("self"), step.sizes)


def dropout(step: TorchStep) -> Item:
    if step.given["p"] and step.given["train"] is not False:
        raise step.refuse("it is dropout in training mode; call module.eval() first")
    return step.same(step.value("input"))


def squeeze(step: TorchStep) -> Item:
    x, given = step.value("self"), step.given.get("dim")
    axes = range(x.rank) if given is None else [given] if isinstance(given, int) else given
    gone = [axis % x.rank for axis in axes if x.rank and x.sizes[axis] == 1]
    x = step.without(x, gone)
    return step.same(x, [is_real for k, is_real in enumerate(x.real) if k not in gone])


def unsqueeze(step: TorchStep) -> Item:
    x = step.value("self")
    axis = step.given["dim"] % (x.rank + 1)
    return step.same(x, [*x.real[:axis], False, *x.real[axis:]])


def permute(step: TorchStep) -> Item:
    x = step.value("self")
    return permuted(step, x, [int(k) % x.rank for k in step.given["dims"]])


def transpose(step: TorchStep) -> Item:
    x = step.value("self")
    order = list(range(x.rank))
    if x.rank > 1:
        first, second = (step.given.get(name, k) % x.rank for k, name in enumerate(("dim0", "dim1")))
        order[first], order[second] = order[second], order[first]
    return permuted(step, x, order)


def permuted(step: TorchStep, x: TorchValue, order: Sequence[int]) -> TorchValue:
    """With its axes in this order; only those that are there are moved."""
    real = [x.real[k] for k in order]
    kept = [k for k in order if x.real[k]]
    perm = [sorted(kept).index(k) for k in kept]
    if perm == sorted(perm):
        return step.same(x, real)
    return step.result(step.write.put("transpose", [core(x)], axes=perm), real)


def movedim(step: TorchStep) -> Item:
    x = step.value("self")
    source, target = ([step.given[name]] if isinstance(step.given[name], int) else step.given[name] for name in ("source", "destination"))
    places = dict(zip((k % x.rank for k in target), (k % x.rank for k in source), strict=True))
    rest = iter([k for k in range(x.rank) if k not in places.values()])
    return permuted(step, x, [places[k] if k in places else next(rest) for k in range(x.rank)])


def expand(step: TorchStep) -> Item:
    """To a shape that PyTorch says: axes of one entry get more."""
    x = step.value("self")
    if step.kind == "repeat" and any(
        size not in (1, target) for size, target in zip(x.sizes, step.sizes[len(step.sizes) - x.rank :], strict=True)
    ):
        raise step.refuse("it repeats an axis that has several entries")
    lead = len(step.sizes) - x.rank
    before = (False,) * lead + x.real
    real = [is_real or size > 1 for is_real, size in zip(before, step.sizes, strict=True)]
    if real == list(before) and step.sizes[lead:] == x.sizes:
        return step.same(x, before)
    more = [k for k in range(x.rank) if real[lead + k] and not x.real[k] and any(x.real[:k])]
    shape = [size for size, is_real in zip(step.sizes, real, strict=True) if is_real]
    return step.result(step.write.put("fill", [core(step.kept(x, more)), step.write.part("zeros", shape=shape)]), real)


def pad(step: TorchStep) -> Item:
    """By a number; the last axis comes first."""
    if step.given.get("mode", "constant") != "constant" or any(number < 0 for number in step.given["pad"]):
        raise step.refuse(f"it pads by {step.given.get('mode')}, or takes away; only constant padding is read")
    x, amounts = step.value("self"), list(step.given["pad"])
    each = [amounts[k : k + 2] for k in range(0, len(amounts), 2)][::-1]
    x = step.kept(x, [k - len(each) for k, pair in enumerate(each) if any(pair)])
    value = float(step.given.get("value") or 0.0)
    for k, pair in enumerate(each, x.rank - len(each)):
        for at_end, more in enumerate(pair):
            x = _longer(step, x, k, more, value, bool(at_end)) if more else x
    return x


def _longer(step: TorchStep, x: TorchValue, axis: int, more: int, value: float, at_end: bool) -> TorchValue:
    """With so many entries of this value more along an axis."""
    place = x.core_axis(axis)
    shape = list(x.shape)
    shape[place] = more
    block = step.write.part("ones" if value else "zeros", shape=shape)
    block = step.write.within("v * x", v=value, x=block) if value else block
    found = step.write.part("concatenate", *([core(x), block] if at_end else [block, core(x)]), axis=place)
    sizes = [size + more if k == axis else size for k, size in enumerate(x.sizes)]
    return TorchValue(found.name, tuple(sizes), x.real)


def triangle(step: TorchStep) -> Item:
    x = step.kept(step.value("self"), [-2, -1])
    return step.result(step.write.put(step.kind, [core(x)], k=int(step.given.get("diagonal", 0))), x.real)


def diagonal(step: TorchStep) -> Item:
    x = step.kept(step.value("self"), [-2, -1])
    if step.given.get("offset") or {step.given["dim1"] % x.rank, step.given["dim2"] % x.rank} != {x.rank - 2, x.rank - 1}:
        raise step.refuse("only the diagonal of the last two axes is read")
    return step.result(step.write.put("diag", [core(x)]), x.real[:-1])


SAME = "clone contiguous alias lift_fresh_copy lift_fresh _to_copy to positive resolve_conj resolve_neg type_as float double"
VIEWS = "view reshape _unsafe_view flatten unflatten view_as reshape_as"

SHAPE_RULES: Mapping[str, TorchRule] = {
    **dict.fromkeys(SAME.split(), same), **dict.fromkeys(VIEWS.split(), reshape),
    "dropout": dropout, "native_dropout": dropout, "feature_dropout": dropout, "alpha_dropout": dropout, "feature_alpha_dropout": dropout,
    "squeeze": squeeze, "unsqueeze": unsqueeze, "permute": permute, "transpose": transpose, "t": transpose,
    "swapaxes": transpose, "movedim": movedim, "expand": expand, "expand_as": expand, "repeat": expand, "broadcast_to": expand,
    "constant_pad_nd": pad, "pad": pad, "tril": triangle, "triu": triangle, "diagonal": diagonal,
}  # fmt: skip
