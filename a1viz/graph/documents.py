"""Graph documents: TOML files in `graphs/`, declarative and never executed, to graphs with their values and expectations.

Reading collects every problem of a document, each with file and line. The format is a contract: docs/reference/documents.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from ..base.errors import DocumentError, EquationError, GraphError, did_you_mean, place, shown
from ..base.limits import COPIES, DOCUMENT_PROBLEMS, DOCUMENT_WIRES, GRAPH_NODES
from ..base.tensors import with_arrays
from .blocks import UsedBlock, comparator_block, repetition_problem, size_names
from .catalog import catalogue_folder, find
from .comparators import Comparator, comparator_equations, read_pair, wires_of
from .declarations import check_name, check_names, check_values, declare, goal_problems
from .document import TOLERANCE, Document
from .equations import Origin, finish, read
from .nodes import Builder, Graph
from .opening import File, Shelf, open_file
from .operators import OPS
from .reader import Surroundings
from .schema import CHECKS, TABLES, Report, check_schema
from .source_lines import equations_line, line_of, pair_line
from .toml_text import read_toml

Message = str | Callable[[], str]  # or how to word it, where that takes time
Problem = tuple[int, Message]  # with its line
OTHERS = {".onnx": ("a1viz.exchange", "from_onnx")}  # other formats, and what reads them: of a room that builds on this one
COMPARATOR = "sort2"  # what a comparator is unless [blocks] says otherwise


def load(graph: str | Path) -> Graph:
    """A graph of the catalogue by name, one from a path to a `.toml` or an `.onnx` file, or one from standard input, called `-`.

    Raises DocumentError with every problem found. Source: design, section 4.

    >>> load("two_layer").outputs
    ('y',)
    """
    path = find(str(graph), None)
    if path.suffix in OTHERS:
        room, reader = OTHERS[path.suffix]
        found: Graph = getattr(import_module(room), reader)(path)
        return found
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
    targets: list[str] = []
    wrong: list[EquationError] = []
    known = Surroundings(blocks, broken, sizes=tables["sizes"])
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
    document = replace(_document(data, tables, path, builder, blocks, known), wires=wires, comparators=comparators)
    _check_copies(document, known, report)
    _raise(problems)
    graph = finish(builder, re.sub(r"[^A-Za-z0-9_]", "_", name)[:60] or "graph", targets, document, outputs)
    check_names(graph, tables, report)
    check_values(graph, tables, report)
    _raise(problems)
    return graph


def _check_copies(document: Document, known: Surroundings, report: Report) -> None:
    """Sizes that say how often a block is repeated, inside other blocks too, must be that number."""
    for size, (number, block) in known.fixed.items():
        found = document.sizes.get(size, number)
        if found != number:
            report(f"{size} must be {number}, for inside {block} something is repeated so often, but [sizes] says {found}", "sizes", size)


def _raise(problems: Sequence[Problem]) -> None:
    """Raise DocumentError if there are problems, in the order of the file; what is not shown is not worded."""
    if problems:
        told = [message for _, message in sorted(problems, key=lambda p: p[0])[:DOCUMENT_PROBLEMS]]
        said = [message if isinstance(message, str) else message() for message in told]
        rest = len(problems) - DOCUMENT_PROBLEMS
        raise DocumentError(said + ([f"... and {rest} more problem{'s' if rest > 1 else ''}"] if rest > 0 else []))


def _read_blocks(tables: Mapping[str, Any], shelf: Shelf, report: Report) -> dict[str, UsedBlock]:
    blocks: dict[str, UsedBlock] = {}
    for block, said in tables["blocks"].items():
        how = said if isinstance(said, Mapping) else {"graph": said}
        other = how.get("graph")
        if CHECKS["blocks"](block, said) or not isinstance(other, str):
            continue  # reported by check_schema
        try:
            check_name(block)
            if block in OPS:
                raise GraphError(f"{block} is the name of an operator; choose another name")
            if any(block in tables[t] for t in ("inputs", "parameters")):
                raise GraphError(f"{block} is a variable too; choose another name for the block")
            copies, size = _copies(how.get("repeat", 1), tables["sizes"])
            file = open_file(find(other, shelf.folder), shelf)
        except (DocumentError, GraphError) as error:
            report(f"block {shown(block)}: {error}", "blocks", block)
            continue
        try:
            graph = _read_file(file, shelf)
        except DocumentError as error:
            for problem in error.problems:
                report(problem, "blocks", block, elsewhere=True)
            continue
        entry = file.real.stem if file.real.parent == catalogue_folder().resolve() else ""
        found = UsedBlock(block, graph, copies, "repeat" in how, size, how.get("weights") == "own", tuple(how.get("each", ())), entry)
        problem = repetition_problem(found) if found.is_repeated else ""
        if problem:
            report(problem, "blocks", block)
        else:
            blocks[block] = found
    return blocks


def _copies(repeat: Any, sizes: Mapping[str, Any]) -> tuple[int, str]:
    """How many copies of a block there are, and the size that says so, if one does. Raises GraphError."""
    if isinstance(repeat, int):
        return repeat, ""
    if repeat not in sizes:
        raise GraphError(
            f"it is repeated {shown(repeat)} times, but no such size has a default{did_you_mean(repeat, sizes)}; add it to [sizes]"
        )
    copies = sizes[repeat]
    if not isinstance(copies, int) or not 1 <= copies <= COPIES:
        raise GraphError(f"it is repeated {repeat} = {shown(copies)} times; a block is repeated 1 to {COPIES:,} times")
    return copies, repeat


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


def _declare_leaves(builder: Builder, tables: Mapping[str, Any], blocks: Mapping[str, UsedBlock], report: Report) -> None:
    sizes = {*tables["sizes"], *(f"{name}.{size}" for name, block in blocks.items() for size in block.graph.document.sizes)}
    for table, kind in (("inputs", "input"), ("parameters", "parameter")):
        for leaf, shape in tables[table].items():
            try:
                declare(builder, leaf, kind, shape)
            except GraphError as error:
                report(str(error), table, leaf)
                continue
            for size in dict.fromkeys(size_names(builder.nodes[leaf])):
                if size not in sizes:
                    report(f"{leaf}: the size {size} has no default; add {size} = 3, say, to [sizes]", table, leaf)


def _document(
    data: Mapping[str, Any],
    tables: Mapping[str, Any],
    path: str,
    builder: Builder,
    blocks: Mapping[str, UsedBlock],
    known: Surroundings,
) -> Document:
    """What the document says, with what its blocks bring along for the variables that are there; its own word comes first."""
    sizes: dict[str, int] = {}
    values: dict[str, Any] = {}
    symbols: dict[str, str] = {}
    titles: dict[str, str] = {}
    repeats: dict[str, int] = {}
    before = dict.fromkeys(blocks, 0)
    for instance, name in known.instances.items():
        if blocks[name].is_repeated and before[name] % blocks[name].copies == 0:
            repeats[instance] = blocks[name].copies
        before[name] += 1
        repeats.update({f"{instance}.{k}": v for k, v in blocks[name].graph.document.repeats.items()})
    for place_, name in (*((name, name) for name in blocks), *known.instances.items()):
        graph = blocks[name].graph
        leaves = {node.name for node in graph.leaves if node.op == "parameter"}
        values.update({f"{place_}.{k}": v for k, v in graph.document.values.items() if k in leaves})
        sizes.update({f"{place_}.{k}": v for k, v in graph.document.sizes.items()})
        symbols.update({f"{place_}.{k}": v for k, v in graph.document.symbols.items()})
        titles.update({place_: graph.document.title, **{f"{place_}.{k}": v for k, v in graph.document.blocks.items()}})
    used = {size for node in builder.nodes.values() if node.is_leaf or node.attrs for size in size_names(node)}
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
        used=blocks,
        calls=tuple(known.calls),
        repeats=repeats,
        fixed={size: block for size, (_, block) in known.fixed.items() if size in used or size in tables["sizes"]},
    )
