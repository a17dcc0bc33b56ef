"""What a live picture carries besides the picture: the graph as it is run, forward and backward, the given values, and the equations."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..base.errors import InputError
from ..base.limits import LIVE_NODES, LIVE_NUMBERS
from ..calculus.autodiff import derived_name, every_variable, joined
from ..calculus.derivation import adjoint_names, joint_graph
from ..calculus.interpreter import backward_graph, grad, run, with_totals
from ..calculus.losses import loss_of, seeds
from ..calculus.rewriting import stable
from ..graph.fitting import check_fit
from ..graph.leaves import Inputs, check_given, gather
from ..graph.nodes import INNER, Graph, expression_text
from ..graph.operators import OPS
from .graph_data import FORMAT, graph_data
from .table import as_json

LARGE = 4_500  # bytes; what is larger is compressed, which browsers can undo by themselves: a figure adds at most 5 KB


@dataclass(frozen=True)
class FigureData:
    """The plain data of a live picture, and the numbers that the picture begins with."""

    data: dict[str, Any]
    numbers: dict[str, Any]


def figure_data(graph: Graph, given: Mapping[str, Any] | None = None) -> FigureData:
    """The data of a live picture of a graph on given values, those of cotangents among them as `y_bar`.

    Raises InputError for values that do not fit.
    """
    if len(graph.nodes) > LIVE_NODES:
        raise InputError(f"a live picture has at most {LIVE_NODES:,} nodes, and this graph has {len(graph.nodes):,}; leave live out")
    given = dict(given or {})
    handed = {name: bar for name in graph.declared_names if (bar := f"{name}_bar") in given and bar not in graph}
    cotangents = {**graph.document.cotangents, **{name: given.pop(bar) for name, bar in handed.items()}}
    check_given(graph, given)
    numbers = dict(run(graph, trace=True, **given))
    wanted = seeds(graph, cotangents) if graph.outputs else ()
    if not graph.outputs or any(name not in cotangents for name in wanted):
        data = _data(graph, stable(graph), gather(graph, given), {})
        return FigureData({key: value for key, value in data.items() if value}, numbers)
    names = every_variable(graph)
    numbers |= grad(graph, None, cotangents if handed else None, **given)
    full, bars = backward_graph(graph, names, wanted)
    inputs = gather(full, {**given, **{derived_name(graph, name, "bar"): cotangents[name] for name in handed}})
    check_fit(graph, inputs.sizes)
    totals = [name for name in bars if graph[name].is_leaf and name not in inputs.batched] if inputs.batch is not None else []
    plan, summed = with_totals(full, tuple(bars[name] for name in totals))
    whole = joined(stable(graph), plan)
    told = {name: summed.get(bar, bar) for name, bar in bars.items()}
    data = _data(graph, whole, inputs, told)
    data["totals"] = totals  # sums over the batch; where there is a loss the mean is shown
    data["loss"] = "" if wanted else loss_of(graph)
    return FigureData({key: value for key, value in data.items() if value}, numbers)


def data_text(data: Mapping[str, Any]) -> str:
    """The data as JSON that may stand in a page; large data compressed, inside JSON."""
    text = as_json(data)
    if len(text.encode()) <= LARGE:
        return text
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(text.encode()) + packer.flush()
    return as_json({"format": FORMAT, "deflated": base64.b64encode(packed).decode()})


def _data(graph: Graph, whole: Graph, inputs: Inputs, bars: Mapping[str, str]) -> dict[str, Any]:
    """The data of a graph that computes the variables, and the cotangents `bars`."""
    count = sum(array.size for array in inputs.arrays.values())
    if count > LIVE_NUMBERS:
        raise InputError(f"a live picture has at most {LIVE_NUMBERS:,} numbers to change, and this one has {count:,}; leave live out")
    short = {node.name: node.name if node.is_declared else f"{INNER}{k}" for k, node in enumerate(whole.nodes)}
    nodes = [replace(node, name=short[node.name], inputs=tuple(short[i] for i in node.inputs)) for node in whole.nodes]
    outputs = tuple(dict.fromkeys(short[name] for name in (*graph.declared_names, *bars.values())))
    document = replace(whole.document, sizes=inputs.sizes)
    return {
        "format": FORMAT,
        "graph": _relative(graph_data(replace(whole, nodes=tuple(nodes), outputs=outputs, document=document))),
        "variables": len(graph.declared_names),  # the first outputs
        "values": {name: array.tolist() for name, array in inputs.arrays.items()},
        "bars": {name: short[bar] for name, bar in bars.items() if bar != f"{name}_bar"},
        "batch": inputs.batch or 0,
        "texts": _texts(graph, bool(bars)),
    }


def _relative(data: dict[str, Any]) -> dict[str, Any]:
    """The graph's data in brief: automatic names are 0, inputs so many nodes back, and of what is computed the rank stands for the shape.

    So equal parts are equal texts, which are compressed best.
    """
    for k, row in enumerate(data["nodes"]):
        row[0] = 0 if row[0].startswith(INNER) else row[0]
        row[2:3] = [[k - i for i in inputs] for inputs in row[2:3]]
        if row[1] in OPS:
            row[3:4] = [len(shape) for shape in row[3:4]]
        row[5:6] = ["" for _ in row[5:6]]  # its block
    return data


def _texts(graph: Graph, has_bars: bool) -> dict[str, str]:
    """The right side of each variable's equation, and of each cotangent's."""
    found = {node.name: expression_text(graph, node.name, columns=True) for node in graph.nodes if node.is_declared and not node.is_leaf}
    if has_bars:
        joint = joint_graph(graph, substitute=True)
        for bars in adjoint_names(graph, joint).values():
            found |= {bar: expression_text(joint, bar, columns=True) for bar in bars if joint[bar].op != "input"}
    return found
