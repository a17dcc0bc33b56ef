"""Leaves as documents and `parse` declare them: their names, shapes and classes, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..base.errors import GraphError, shown
from ..base.limits import NAME_CHARACTERS
from .nodes import Builder
from .operators import OPS
from .shapes import Dim
from .tokens import RESERVED

KEYWORDS = ("trace", "rng", "wrt", "cotangents", "method")  # values are given as run(g, x=...), so no leaf can be called so


def declare(builder: Builder, name: str, kind: str, shape: Any) -> None:
    """Add a leaf with a shape as documents and `parse` write it. Raises GraphError."""
    check_name(name)
    if name in KEYWORDS:
        raise GraphError(f"{name} is an argument of a1viz's own functions, as in run(g, {name}=...); choose another name")
    if isinstance(shape, Mapping):
        if list(shape) != ["class"]:
            raise GraphError(f"{name}: a table must be {{class = N}}, got {shown(dict(shape))}")
        if shape["class"] == 0:
            raise GraphError(f"{name}: a label needs at least 1 class, got 0")
        builder.leaf(name, "label", (), _read_dim(name, shape["class"]))
    elif isinstance(shape, (list, tuple)):
        if len(shape) > 2:
            raise GraphError(f"{name}: shape {shown(list(shape))} has {len(shape)} axes; a core value is a scalar [], a vector or a matrix")
        builder.leaf(name, kind, tuple(_read_dim(name, d) for d in shape))
    else:
        raise GraphError(f'{name}: a shape must be a list such as ["D"] or a table {{class = "N"}}, got {shown(shape)}')


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
    if name in OPS:
        raise GraphError(f"{name} is the name of an operator; choose another name")
