"""What documents and `parse` declare, checked: leaves with their names, shapes, classes and values, symbols, and what the graph is for."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..base.errors import GraphError, InputError, did_you_mean, shown
from ..base.limits import AXES, NAME_CHARACTERS
from .document import Document
from .leaves import gather
from .nodes import Builder, Graph
from .schema import CHECKS, Report
from .shapes import Shape, described
from .sizes import Dim
from .tokens import RESERVED

KEYWORDS = (  # of run, grad, compile, gradient_norms and ntk: values are given as run(g, x=...), so no leaf can be called so
    "trace", "rng", "wrt", "cotangents", "of", "mean", "total", "exact", "threads", "method", "order", "output", "out", "executor",
    "store",
)  # fmt: skip


def declare(builder: Builder, name: str, kind: str, shape: Any) -> None:
    """Add a leaf with a shape as documents and `parse` write it. Raises GraphError."""
    check_name(name)
    if name in KEYWORDS:
        raise GraphError(
            f"{name} is a keyword of run, grad, compile, gradient_norms or ntk, so no variable can be given by it; choose another name"
        )
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
    variables = [name for name, node in nodes.items() if node.is_declared]
    for name in outputs:
        if name not in variables or nodes[name].op == "label":
            problems["outputs"] = f"{shown(name)} in outputs is not a variable{did_you_mean(name, variables)}"
    if loss and (loss not in variables or nodes[loss].is_leaf):
        problems["loss"] = f"the loss {shown(loss)} is not a variable with an equation{did_you_mean(loss, variables)}"
    elif loss and nodes[loss].shape:
        problems["loss"] = f"the loss must be a scalar, but {loss} is {described(nodes[loss].shape)}"
    elif loss and cotangents:
        problems["loss"] = "loss and [cotangents] both say what is differentiated; leave one out"
    return problems


def check_names(graph: Graph, tables: Mapping[str, Any], report: Report) -> None:
    """Report values, cotangents and symbols that are of no variable."""
    leaves = [node.name for node in graph.leaves]
    for name in tables["values"]:
        if name not in leaves:
            what = "is computed by an equation, so it has no value of its own" if name in graph else "is no input or parameter"
            report(partial(_unknown, name, f"in [values] {what}", leaves), "values", name)
    for table in ("cotangents", "symbols"):
        for name in tables[table]:
            if name not in graph:
                report(partial(_unknown, name, f"in [{table}] is not a variable", graph.declared_names), table, name)


def _unknown(name: str, what: str, known: Sequence[str]) -> str:
    return f"{shown(name)} {what}{did_you_mean(name, known)}"


def check_values(graph: Graph, tables: Mapping[str, Any], report: Report) -> None:
    """Report values and cotangents that do not have the shapes of the graph, at the document's sizes."""
    document = Document(sizes=dict(graph.document.sizes), path=graph.document.path)
    for table in ("values", "cotangents"):
        for name, value in tables[table].items():
            node = graph.by_name.get(name)
            if node and (table == "cotangents" or node.is_leaf):
                lone = Builder()
                lone.leaf(name, "label" if node.op == "label" else "input", node.shape, node.value)
                try:
                    gather(lone.graph(name, [name], document), {name: value}, sized=True)
                except InputError as error:
                    report(str(error), table, name)


def kept_value(value: Any) -> Any:
    """A value that a graph keeps: an array as a copy, anything else as a document has it."""
    if isinstance(value, np.ndarray):
        return value.copy() if value.ndim else value.item()
    if isinstance(value, (list, tuple)):
        return [kept_value(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _no_file(name: str) -> str:
    return f"{name}: only a document has files beside it; give an array"


def given_problems(graph: Graph) -> list[str]:
    """What is wrong with the values and symbols of a graph that no document declares, which has no sizes but those of its values."""
    problems: list[str] = []

    def report(message: Any, *place: str) -> None:
        problems.append(message if isinstance(message, str) else message())

    tables = {"values": graph.document.values, "symbols": graph.document.symbols, "cotangents": {}}
    for table in ("values", "symbols"):
        for name, item in tables[table].items():
            problem = (
                ""
                if isinstance(item, np.ndarray)
                else CHECKS[table](name, item) or (_no_file(name) if table == "values" and isinstance(item, str) else "")
            )
            if problem:
                report(problem)
    check_names(graph, tables, report)
    if not problems:
        lone = Builder(node for node in graph.leaves if node.name in tables["values"])
        try:
            gather(lone.graph(graph.name, ()), tables["values"])
        except InputError as error:
            report(str(error))
    return problems
