"""Graph documents: TOML files in `graphs/`, declarative and never executed, to graphs with their values and expectations.

Reading collects every problem of a document, each with file and line. The format is a contract: docs/reference/documents.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..base.errors import DocumentError, EquationError, GraphError, InputError, did_you_mean, place, shown
from ..base.limits import DOCUMENT_PROBLEMS, DOCUMENT_WIRES, GRAPH_NODES
from ..base.tensors import with_arrays
from .blocks import comparator_block
from .catalog import find
from .comparators import Comparator, comparator_equations, read_pair, wires_of
from .declarations import check_name, declare, goal_problems
from .equations import Origin, finish, read
from .leaves import gather
from .nodes import TOLERANCE, Builder, Document, Graph, Node
from .opening import File, Shelf, open_file
from .operators import OPS
from .reader import Surroundings
from .schema import TABLES, Report, check_schema
from .source_lines import equations_line, line_of, pair_line
from .toml_text import read_toml

Message = str | Callable[[], str]  # or how to word it, where that takes time
Problem = tuple[int, Message]  # with its line
COMPARATOR = "sort2"  # what a comparator is unless [blocks] says otherwise


def load(graph: str | Path) -> Graph:
    """A graph of the catalogue by name, one from a path to a `.toml` file, or one from standard input, called `-`.

    Raises DocumentError with every problem found. Source: design, section 4.

    >>> load("two_layer").outputs
    ('y',)
    """
    path = find(str(graph), None)
    return _read_file(open_file(path, Shelf()), Shelf())


def loads(text: str, name: str = "graph", path: str = "") -> Graph:
    """A graph from the text of a document. Raises DocumentError. Source: design, section 4.

    >>> loads("title = 'Twice'\\nequations = 'y = 2 * x'\\n[inputs]\\nx = []").outputs
    ('y',)
    """
    return from_data(read_toml(text, path or name), name, path or name, text)


def _read_file(file: File, shelf: Shelf) -> Graph:
    if file.real not in shelf.done:
        try:
            inside = replace(shelf, folder=file.folder, above=(*shelf.above, file.real))
            shelf.done[file.real] = from_data(read_toml(file.text, file.said), file.name, file.said, file.text, inside)
        except DocumentError:
            shelf.failed.add(file.real)
            raise
    return shelf.done[file.real]


def from_data(data: Mapping[str, Any], name: str, path: str, text: str, shelf: Shelf | None = None, *, most: float = GRAPH_NODES) -> Graph:
    """A graph of at most so many nodes from the tables of a document, however they were read; `text` finds line numbers.

    Raises DocumentError.
    """
    shelf = shelf or Shelf()
    problems: list[Problem] = []

    def report(message: Message, table: str = "", key: str = "", elsewhere: bool = False) -> None:
        line = line_of(text, table, key)
        problems.append((line, message if elsewhere else lambda: place(path, line) + (message if isinstance(message, str) else message())))

    check_schema(data, report)
    tables = {t: data[t] if isinstance(data.get(t), Mapping) else {} for t in TABLES}
    builder = Builder(most=most)
    if "comparators" in data and not tables["blocks"]:
        tables["blocks"] = {"S": COMPARATOR}
    blocks = _read_blocks(tables, shelf, report)
    wires, comparators = _read_comparators(data, text, path, problems)
    for wire in (wired := range(1, wires + 1)):
        builder.leaf(f"x{wire}", "input")
    _declare_leaves(builder, tables, blocks, report)
    if not problems:
        ranks = {name: len(builder.nodes[name].shape) for name in tables["parameters"]}
        tables["values"] = with_arrays(tables["values"], ranks, shelf.folder, report)
    named = [name for table in ("inputs", "parameters", "blocks") for name in tables[table]]
    broken = {name for name in named if name not in builder.nodes and name not in blocks}
    instances: dict[str, str] = {}
    targets: list[str] = []
    wrong: list[EquationError] = []
    known = Surroundings(blocks, broken, instances, tables["sizes"])
    block = comparator_block(blocks, len(comparators), most, report) if wires else ""
    if block:
        network = comparator_equations(comparators, wires, block)
        found = read(network, builder, wrong, Origin(path, max(line_of(text, "", "comparators"), 1), -1), known)
        last = [f"y{wire}" for wire in wired]
        targets = [name for name in found if name not in last] + [name for name in last if name in found]
    if "comparators" in data and (problems or wrong):  # whatever the equations say of the wires may follow from that
        known = replace(known, broken=broken | {f"{letter}{wire}" for letter in "xy" for wire in range(1, DOCUMENT_WIRES + 1)})
    if isinstance(data.get("equations"), str):
        targets += read(data["equations"], builder, wrong, Origin(path, *equations_line(text)), known)
    problems += [(e.line, str(e)) for e in wrong]
    _raise(problems)
    outputs, loss = data.get("outputs", ()), data.get("loss", "")
    for key, problem in goal_problems(builder, outputs, loss, tables["cotangents"]).items():
        report(problem, "", key)
    _raise(problems)
    document = _document(data, tables, path, builder, blocks, {i: blocks[b] for i, b in instances.items()})
    graph = finish(
        builder,
        re.sub(r"[^A-Za-z0-9_]", "_", name)[:60] or "graph",
        targets,
        replace(document, wires=wires, comparators=comparators),
        outputs,
    )
    _check_names(graph, tables, report)
    _check_values(graph, tables, report)
    _raise(problems)
    return graph


def _raise(problems: Sequence[Problem]) -> None:
    """Raise DocumentError if there are problems, in the order of the file; what is not shown is not worded."""
    if problems:
        told = [message for _, message in sorted(problems, key=lambda p: p[0])[:DOCUMENT_PROBLEMS]]
        said = [message if isinstance(message, str) else message() for message in told]
        rest = len(problems) - DOCUMENT_PROBLEMS
        raise DocumentError(said + ([f"... and {rest} more problem{'s' if rest > 1 else ''}"] if rest > 0 else []))


def _read_blocks(tables: Mapping[str, Any], shelf: Shelf, report: Report) -> dict[str, Graph]:
    blocks: dict[str, Graph] = {}
    for block, other in tables["blocks"].items():
        if not isinstance(other, str):
            continue  # reported by check_schema
        try:
            check_name(block)
            if block in OPS:
                raise GraphError(f"{block} is the name of an operator; choose another name")
            if any(block in tables[t] for t in ("inputs", "parameters")):
                raise GraphError(f"{block} is a variable too; choose another name for the block")
            file = open_file(find(other, shelf.folder), shelf)
        except (DocumentError, GraphError) as error:
            report(f"block {shown(block)}: {error}", "blocks", block)
            continue
        try:
            blocks[block] = _read_file(file, shelf)
        except DocumentError as error:
            for problem in error.problems:
                report(problem, "blocks", block, elsewhere=True)
    return blocks


def _read_comparators(data: Mapping[str, Any], text: str, path: str, problems: list[Problem]) -> tuple[int, tuple[Comparator, ...]]:
    """How many wires there are, and the comparators, wires counted from 0; each that is wrong is added to `problems` with its line."""
    given, wires = data.get("comparators"), data.get("wires")
    if not isinstance(given, list) or not (wires is None or (type(wires) is int and 0 <= wires <= DOCUMENT_WIRES)):
        return 0, ()  # reported by check_schema, or there are none
    found: list[Comparator] = []
    for k, pair in enumerate(given, 1):
        try:
            found.append(read_pair(k, pair, DOCUMENT_WIRES if wires is None else wires, 1))
        except GraphError as error:
            line = pair_line(text, k)
            problems.append((line, place(path, line) + str(error)))
    return (wires_of(found) if wires is None else wires), tuple(found)


def _declare_leaves(builder: Builder, tables: Mapping[str, Any], blocks: Mapping[str, Graph], report: Report) -> None:
    sizes = {*tables["sizes"], *(f"{block}.{size}" for block, graph in blocks.items() for size in graph.document.sizes)}
    for table, kind in (("inputs", "input"), ("parameters", "parameter")):
        for leaf, shape in tables[table].items():
            try:
                declare(builder, leaf, kind, shape)
            except GraphError as error:
                report(str(error), table, leaf)
                continue
            for size in dict.fromkeys(_sizes_of(builder.nodes[leaf])):
                if size not in sizes:
                    report(f"{leaf}: the size {size} has no default; add {size} = 3, say, to [sizes]", table, leaf)


def _sizes_of(node: Node) -> list[str]:
    return [size for size in (*node.shape, node.value) if isinstance(size, str)]


def _document(
    data: Mapping[str, Any],
    tables: Mapping[str, Any],
    path: str,
    builder: Builder,
    blocks: Mapping[str, Graph],
    instances: Mapping[str, Graph],
) -> Document:
    """What the document says, with what its blocks bring along for the variables that are there; its own word comes first."""
    sizes: dict[str, int] = {}
    values: dict[str, Any] = {}
    symbols: dict[str, str] = {}
    titles: dict[str, str] = {}
    for place_, graph in (*blocks.items(), *instances.items()):
        leaves = {node.name for node in graph.leaves if node.op == "parameter"}
        values.update({f"{place_}.{k}": v for k, v in graph.document.values.items() if k in leaves})
        sizes.update({f"{place_}.{k}": v for k, v in graph.document.sizes.items()})
        symbols.update({f"{place_}.{k}": v for k, v in graph.document.symbols.items()})
        titles.update({place_: graph.document.title, **{f"{place_}.{k}": v for k, v in graph.document.blocks.items()}})
    used = {size for node in builder.nodes.values() for size in _sizes_of(node)}
    drawn = {block.rsplit(".", k)[0] for block in {node.block for node in builder.nodes.values()} for k in range(block.count(".") + 1)}
    title, source, about, topic, look = (" ".join(data.get(key, "").split()) for key in ("title", "source", "about", "topic", "look"))
    return Document(
        title,
        source,
        about,
        path,
        topic,
        look,
        sizes={k: v for k, v in sizes.items() if k in used} | tables["sizes"],
        values={k: v for k, v in values.items() if k in builder.nodes} | tables["values"],
        cotangents=dict(tables["cotangents"]),
        loss=data.get("loss", ""),
        tolerance=data.get("tolerance", TOLERANCE),
        expect=dict(tables["expect"]),
        symbols={k: v for k, v in symbols.items() if k in builder.nodes} | tables["symbols"],
        blocks={k: v for k, v in titles.items() if k in blocks or k in drawn},
    )


def _check_names(graph: Graph, tables: Mapping[str, Any], report: Report) -> None:
    """Values, cotangents and symbols must be of variables that are there."""
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


def _check_values(graph: Graph, tables: Mapping[str, Any], report: Report) -> None:
    """Values and cotangents against the shapes of the graph, at the document's sizes."""
    sizes = Document(sizes=dict(graph.document.sizes), path=graph.document.path)
    for table in ("values", "cotangents"):
        for name, value in tables[table].items():
            node = graph.by_name.get(name)
            if node and (table == "cotangents" or node.is_leaf):
                lone = Builder()
                lone.leaf(name, "label" if node.op == "label" else "input", node.shape, node.value)
                try:
                    gather(lone.graph(name, [name], sizes), {name: value}, sized=True)
                except InputError as error:
                    report(str(error), table, name)
