"""What documents and `parse` declare, checked: leaves with their names, shapes and classes, and which variables are the graph's goals."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from ..base.errors import GraphError, did_you_mean, shown
from ..base.limits import AXES, NAME_CHARACTERS
from .nodes import Builder
from .shapes import Shape, described
from .sizes import Dim
from .tokens import RESERVED

KEYWORDS = ("trace", "rng", "wrt", "cotangents", "of", "method")  # values are given as run(g, x=...), so no leaf can be called so


def declare(builder: Builder, name: str, kind: str, shape: Any) -> None:
    """Add a leaf with a shape as documents and `parse` write it. Raises GraphError."""
    check_name(name)
    if name in KEYWORDS:
        raise GraphError(f"{name} is an argument of a1viz's own functions, as in run(g, {name}=...); choose another name")
    if isinstance(shape, Mapping):
        if "class" not in shape or not set(shape) <= {"class", "shape"}:
            raise GraphError(f'{name}: a table must be {{class = N}} or {{class = N, shape = ["T"]}}, got {shown(dict(shape))}')
        if shape["class"] == 0:
            raise GraphError(f"{name}: a label needs at least 1 class, got 0")
        builder.leaf(name, "label", _read_shape(name, shape.get("shape", ())), _read_dim(name, shape["class"]))
    else:
        builder.leaf(name, kind, _read_shape(name, shape))


def _read_shape(name: str, shape: Any) -> Shape:
    if not isinstance(shape, (list, tuple)):
        raise GraphError(f'{name}: a shape must be a list such as ["D"] or a table {{class = "N"}}, got {shown(shape)}')
    if len(shape) > AXES:
        raise GraphError(f"{name}: shape {shown(list(shape))} has {len(shape)} axes; the value for one example has at most {AXES}")
    return tuple(_read_dim(name, size) for size in shape)


def _read_dim(name: str, size: Any) -> Dim:
    if isinstance(size, str) and re.fullmatch(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*", size, re.ASCII):
        return size
    if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 2**31:
        return size
    raise GraphError(f"{name}: a size must be a whole number from 0 or a name, got {shown(size)}")


def check_name(name: str) -> None:
    """Raise GraphError unless the language can spell this name."""
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        raise GraphError(f"{shown(name)} is not a name: letters, digits and _ only, not beginning with a digit")
    if name in RESERVED:
        raise GraphError(f"{name} is a reserved word; choose another name")
    if len(name) > NAME_CHARACTERS:
        raise GraphError(f"{shown(name)} is too long for a name: {len(name)} characters, at most {NAME_CHARACTERS}")


def goal_problems(builder: Builder, outputs: Any, loss: Any, cotangents: Collection[str] = ()) -> dict[str, str]:
    """What is wrong with the names of outputs and of the loss, by key."""
    nodes, problems = builder.nodes, {}
    if not isinstance(loss, str) or not isinstance(outputs, (list, tuple)) or not all(isinstance(name, str) for name in outputs):
        return {"loss": f"outputs and loss are names of variables, as in outputs=['y'], loss='J', got {shown(outputs)} and {shown(loss)}"}
    if len(set(outputs)) < len(outputs):
        problems["outputs"] = f"outputs name each variable once, got {shown(list(outputs))}"
    for name in outputs:
        if name not in nodes or nodes[name].op == "label":
            problems["outputs"] = f"{shown(name)} in outputs is not a variable{did_you_mean(name, nodes)}"
    if loss and (loss not in nodes or nodes[loss].is_leaf):
        problems["loss"] = f"the loss {shown(loss)} is not a variable with an equation{did_you_mean(loss, nodes)}"
    elif loss and nodes[loss].shape:
        problems["loss"] = f"the loss must be a scalar, but {loss} is {described(nodes[loss].shape)}"
    elif loss and cotangents:
        problems["loss"] = "loss and [cotangents] both say what is differentiated; leave one out"
    return problems
