"""A graph as a document: the text that `load` reads back to the same graph, with its blocks as documents beside it.

What no block contains as a whole any more, as in a backward graph, is written out. Serves design, section 10.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import A1vizError, GraphError, OutputError, shown
from ..base.files import path_of, write_whole
from ..base.limits import GRAPH_NODES
from .arguments import GraphOrName, graph_of
from .blocks import BlockCall, UsedBlock, size_names
from .comparators import comparator_equations
from .document import TOLERANCE, Document
from .documents import COMPARATOR, from_data
from .nodes import Graph, Node, expression_text
from .opening import Shelf
from .operators import OPS
from .schema import TABLES
from .spelling import NOT_GIVEN, is_shared, spelled
from .toml_text import read_toml, toml_text

DEFAULT = 3  # of a size that no value tells


def save(graph: GraphOrName, path: str | Path) -> None:
    """Write a graph as a document, a `.toml` file that `a1viz.load` reads back to the same graph; all files are written whole, or none.

    Its blocks are named if they are of the catalogue, else written beside it: block S of `x.toml` is `x.S.toml`. A size without a default
    gets the one its values have, else 3. An automatic variable that several equations read gets a name. A graph whose blocks are not
    whole, as a backward graph, is written out, and `S1.z` is called `S1_z` there.

    Raises GraphError for an operator that no document can have, such as a sum over a batch; OutputError for a file that cannot be written.
    Source: design, section 10.

    >>> from a1viz.graph.equations import parse
    >>> save(parse("z = W @ x", {"W": ["H", 3]}, x=[3]), "graph.txt")
    Traceback (most recent call last):
        ...
    a1viz.base.errors.OutputError: 'graph.txt': a document is a file that ends in .toml
    """
    path = path_of(path)
    if path.suffix != ".toml":
        raise OutputError(f"{shown(str(path), 300)}: a document is a file that ends in .toml")
    texts = document_texts(graph_of(graph), path.stem)
    files = {path.with_name(name): text.encode() for name, text in texts.items()}
    before = {file: file.read_bytes() if file.is_file() else None for file in files}
    done: list[Path] = []
    try:
        for file, data in files.items():
            done.append(file)
            write_whole(file, data)
    except OutputError:
        for file in done[:-1]:
            data_before = before[file]
            if data_before is None:
                file.unlink(missing_ok=True)
            else:
                write_whole(file, data_before)
        raise


def document_texts(graph: Graph, stem: str) -> dict[str, str]:
    """The documents of a graph, by the names of their files; that of the graph itself, called `stem`.toml, comes last.

    Raises GraphError for what no document can say.
    """
    for node in graph.nodes:
        if node.op in OPS and OPS[node.op].batch:
            raise GraphError(
                f"{graph.name}: {node.op} adds up over a batch, and a document describes one example; save the graph without it"
            )
    texts: dict[str, str] = {}
    try:
        _add_document(graph, stem, texts, {})
    except _ReadOtherwise:
        texts.clear()
        try:
            _add_document(spelled(graph), stem, texts, {})
        except _ReadOtherwise as error:
            raise GraphError(f"{graph.name} cannot be written as a document: {error}") from None
    return texts


class _ReadOtherwise(Exception):
    """The document of a graph would not be read to that graph."""


def _add_document(graph: Graph, stem: str, texts: dict[str, str], known: dict[int, str]) -> str:
    """Add the document of a graph, after those of its blocks; `known` are those that are written already."""
    given = [name for call in graph.document.calls for name in call.arguments]
    if any(is_shared(graph, node, given) for node in graph.nodes if not node.block):
        raise _ReadOtherwise
    names: dict[str, str] = {}
    for name, block in graph.document.used.items():
        inner = id(block.graph)
        if not block.entry and inner not in known:
            known[inner] = _add_document(block.graph, f"{stem}.{name}", texts, known)
        names[name] = block.entry or known[inner]
    file = f"{stem}.toml"
    texts[file] = toml_text(_tables(graph, names))
    _check(graph, texts[file], file, names)
    return file


def _check(graph: Graph, text: str, file: str, names: Mapping[str, str]) -> None:
    """Raise _ReadOtherwise unless the text is read to the same graph."""
    try:
        back = _read_back(graph, text, file, names)
    except A1vizError as error:
        raise _ReadOtherwise(str(error)) from None
    ids: dict[Any, int] = {}
    found, wanted = _form(back, ids), _form(graph, ids)
    if found != wanted:
        wrong = next((a[0] for a, b in zip(wanted, found, strict=False) if a != b), "what comes last")
        raise _ReadOtherwise(f"{wrong} would be read as something else")


def _read_back(graph: Graph, text: str, file: str, names: Mapping[str, str]) -> Graph:
    """The graph that a text is read to, where its blocks are what they are in `graph`."""
    folder = Path("/").resolve()
    shelf = Shelf(folder, done={folder / name: graph.document.used[block].graph for block, name in names.items() if name.endswith(".toml")})
    return from_data(read_toml(text, file), graph.name, file, text, shelf, most=max(GRAPH_NODES, 2 * len(graph.nodes)))


def _form(graph: Graph, ids: dict[Any, int]) -> list[Any]:
    """What is the same in two equal graphs: declared variables in their order, whatever automatic ones are called, which get a number."""
    said: dict[str, Any] = {}
    rows: list[Any] = []
    for node in graph.nodes:
        row = (node.op, tuple(said[i] for i in node.inputs), node.shape, repr(node.value), node.block, node.attrs)
        said[node.name] = node.name if node.is_declared else ids.setdefault(row, len(ids))
        if node.is_declared:
            rows.append((node.name, *row))
    return [*rows, ("the outputs", graph.outputs), ("the loss", graph.document.loss)]


# --- tables ---------------------------------------------------------------------------------------------------------------------------


def _tables(graph: Graph, names: Mapping[str, str]) -> dict[str, Any]:
    """The tables of the document, where the blocks are called so."""
    said, brought = graph.document, _brought(graph)
    wires = {f"x{wire}" for wire in range(1, said.wires + 1)}
    leaves = [node for node in graph.leaves if "." not in node.name and node.name not in wires]
    values = {k: v for k, v in said.values.items() if np.size(v) and not (k in brought["values"] and _is_same(v, brought["values"][k]))}
    sizes = {k: v for k, v in said.sizes.items() if brought["sizes"].get(k) != v}
    used = dict.fromkeys(name for node in graph.nodes if node.is_leaf or node.attrs for name in size_names(node))
    missing = [name for name in used if name not in said.sizes]
    targets, equations = _equations(graph)
    has_network = "comparators" if said.comparators or said.wires else ""
    tables: dict[str, Any] = {
        "title": said.title or graph.name.replace("_", " "),
        **{key: getattr(said, key) for key in ("source", "about", "topic", "look", "loss") if getattr(said, key)},
        **({"tolerance": said.tolerance} if said.tolerance != TOLERANCE else {}),
        **({"outputs": list(graph.outputs)} if graph.outputs != _unused(graph, targets) else {}),
        **({"wires": said.wires, "comparators": [[i + 1, j + 1] for i, j in said.comparators]} if has_network else {}),
        **({"equations": equations} if equations or not has_network else {}),
        "sizes": sizes | {name: _default(graph, name) for name in missing},
        "inputs": {node.name: _declared(node) for node in leaves if node.op != "parameter"},
        "parameters": {node.name: _declared(node) for node in leaves if node.op == "parameter"},
        "blocks": {name: _block(block, names[name]) for name, block in said.used.items() if not (has_network and _is_sort2(said))},
        "values": {name: _numbers(value) for name, value in values.items()},
        "cotangents": {name: _numbers(value) for name, value in said.cotangents.items()},
        "expect": {name: _numbers(value) for name, value in said.expect.items()},
        "symbols": {name: symbol for name, symbol in said.symbols.items() if brought["symbols"].get(name) != symbol},
    }
    return {key: table for key, table in tables.items() if table or key not in TABLES}


def _is_sort2(said: Document) -> bool:
    """Whether the only block is the comparator that need not be named."""
    return [(name, block.entry) for name, block in said.used.items()] == [("S", COMPARATOR)]


def _brought(graph: Graph) -> dict[str, dict[str, Any]]:
    """What the blocks bring along for the graph by themselves."""
    found: dict[str, dict[str, Any]] = {"values": {}, "sizes": {}, "symbols": {}}
    for name, block in graph.document.used.items():
        places = [name, *(i for call in graph.document.calls if call.block == name for i in call.instances)]
        for table, items in found.items():
            items.update({f"{place}.{k}": v for place in places for k, v in getattr(block.graph.document, table).items()})
    return found


def _is_same(a: Any, b: Any) -> bool:
    return a is b or (np.shape(a) == np.shape(b) and bool(np.all(np.equal(a, b))))


def _block(block: UsedBlock, name: str) -> Any:
    said: dict[str, Any] = {"graph": name}
    if block.is_repeated:
        said["repeat"] = block.size or block.copies
    if block.has_own:
        said["weights"] = "own"
    if block.each:
        said["each"] = list(block.each)
    return said if len(said) > 1 else name


def _declared(node: Node) -> Any:
    if node.op == "label":
        return {"class": node.value, **({"shape": list(node.shape)} if node.shape else {})}
    return list(node.shape)


def _numbers(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return [_numbers(item) for item in value] if isinstance(value, (list, tuple)) else value


def _default(graph: Graph, size: str) -> int:
    """A size's number by the values of leaves that have it, else 3; a label's classes by the largest label."""
    classes = DEFAULT
    for node in (node for node in graph.leaves if node.name in graph.document.values):
        array = np.asarray(graph.document.values[node.name])
        if size in node.shape and array.ndim >= len(node.shape):
            return int(array.shape[array.ndim - len(node.shape) + node.shape.index(size)])
        if node.value == size and array.size:
            classes = max(classes, int(array.max()) + 1)
    return classes


# --- equations ------------------------------------------------------------------------------------------------------------------------


def _equations(graph: Graph) -> tuple[list[str], str]:
    """The names that equations assign, those of comparators too, and the text of the equations, without those."""
    said = graph.document
    block = next((call.block for call in said.calls[: len(said.comparators)]), "S")
    network = comparator_equations(said.comparators, said.wires, block)
    of_network = [name.strip() for line in network.split("\n") for name in line.partition(" = ")[0].split(",") if name.strip()]
    last = [f"y{wire + 1}" for wire in range(said.wires)]  # in the order in which documents have them
    targets = [name for name in of_network if name not in last] + [name for name in last if name in of_network]
    calls: dict[str, BlockCall] = {name: call for call in said.calls for name in (*call.instances, *call.targets)}
    written: set[BlockCall] = set(said.calls[: len(said.comparators)])
    lines: list[str] = []
    for node in graph.nodes:
        call = calls.get(node.block.partition(".")[0]) or calls.get(node.name)
        if call and call not in written and not node.is_leaf:
            written.add(call)
            lines.append(f"{', '.join(call.targets)} = {call.block}({', '.join(_argument(graph, name) for name in call.arguments)})")
            targets += call.targets
        elif not call and node.is_declared and not node.is_leaf and node.name not in of_network:
            lines.append(f"{node.name} = {_expression(graph, node)}")
            targets.append(node.name)
    return targets, "\n".join(lines)


def _expression(graph: Graph, node: Node) -> str:
    """The right side; `identity` is written out where it is more than another name of a variable."""
    source, times = node, 0
    while source.op == "identity" and not (inner := graph[source.inputs[0]]).is_declared and inner.op not in NOT_GIVEN:
        source, times = inner, times + 1
    times += source.op == "identity" and source is not node
    return "identity(" * times + expression_text(graph, source.name, limit=float("inf")) + ")" * times


def _argument(graph: Graph, name: str) -> str:
    return expression_text(graph, name, limit=float("inf")) if name in graph and not graph[name].is_declared else name


def _unused(graph: Graph, targets: Iterable[str]) -> tuple[str, ...]:
    """The outputs that a document has unless it says otherwise."""
    return tuple(name for name in targets if name in graph and not graph.uses[name])
