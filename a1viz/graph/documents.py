"""Graph documents: TOML files in `graphs/`, declarative and never executed, to graphs with their values and expectations.

Reading collects every problem of a document, each with file and line. The format is a contract: docs/reference/documents.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..base.errors import DocumentError, EquationError, GraphError, InputError, did_you_mean, place, shown
from ..base.limits import BLOCKS_DEEP, DOCUMENT_BYTES, PROBLEMS, WIRES
from ..base.tensors import with_arrays
from .blocks import comparator_block
from .catalog import catalogue, find
from .comparators import Comparator, comparator_equations, read_pair, wires_of
from .declarations import check_name, declare
from .equations import Origin, Surroundings, finish, read
from .leaves import gather
from .nodes import Builder, Document, Graph, Node
from .schema import TABLES, Report, check_schema, read_float
from .source_lines import equations_line, line_of, pair_line

COMPARATOR = "sort2"  # what a comparator is unless [blocks] says otherwise


def load(graph: str | Path) -> Graph:
    """A graph of the catalogue by name, or one from a path to a `.toml` file.

    Raises DocumentError with every problem found. Source: design, section 4.

    >>> load("two_layer").outputs
    ('y',)
    """
    return _read_file(find(str(graph), None), _Shelf())


def loads(text: str, name: str = "graph", path: str = "") -> Graph:
    """A graph from the text of a document. Raises DocumentError. Source: design, section 4.

    >>> loads("title = 'Twice'\\nequations = 'y = 2 * x'\\n[inputs]\\nx = []").outputs
    ('y',)
    """
    return from_data(_toml(text, path or name), name, path or name, text)


@dataclass(frozen=True)
class _Shelf:
    """What is known while a document and its blocks are read; lives as long as one `load`."""

    folder: Path | None = None
    above: tuple[Path, ...] = ()  # the documents that this one is a block of
    done: dict[Path, Graph] = field(default_factory=dict)  # each file is read once, however many blocks name it
    failed: set[Path] = field(default_factory=set)


def _read_file(path: Path, shelf: _Shelf) -> Graph:
    real, said, text = _open(path, shelf)
    if real not in shelf.done:
        try:
            inside = replace(shelf, folder=path.parent, above=(*shelf.above, real))
            shelf.done[real] = from_data(_toml(text, said), path.stem, said, text, inside)
        except DocumentError:
            shelf.failed.add(real)
            raise
    return shelf.done[real]


def _open(path: Path, shelf: _Shelf) -> tuple[Path, str, str]:
    """A file's real path, its path for messages, and its text. Raises DocumentError if it cannot be read here."""
    said = str(path) if str(path).isprintable() and len(str(path)) < 300 else shown(str(path))
    try:
        real = path.resolve()
        if real in shelf.done:
            return real, said, ""
        if real in shelf.failed:
            raise DocumentError([f"{said} has problems, see there"])
        if real in shelf.above:
            chain = " -> ".join(p.stem for p in (*shelf.above[shelf.above.index(real) :], real))
            raise DocumentError([f"{said}: a document cannot contain itself: {chain}"])
        if len(shelf.above) == BLOCKS_DEEP:
            raise DocumentError([f"{said}: blocks are nested more than {BLOCKS_DEEP} deep"])
        with path.open("rb") as file:
            data = file.read(DOCUMENT_BYTES + 1)
        if len(data) > DOCUMENT_BYTES:
            raise DocumentError([f"{said}: a document has at most {DOCUMENT_BYTES:,} bytes, and this file has more"])
        return real, said, data.decode("utf-8-sig")
    except OSError as error:
        known = path.suffix == ".toml" and path.parent == Path() and path.stem in catalogue()
        hint = f"; the graph of the catalogue is called {path.stem}" if known else ""
        raise DocumentError([f"{said}: cannot read this file: {(error.strerror or str(error)).lower()}{hint}"]) from None
    except UnicodeDecodeError as error:
        raise DocumentError([f"{said}: not a text file in UTF-8 (byte {error.start}); save it as UTF-8"]) from None
    except (ValueError, RuntimeError) as error:  # NUL or surrogates in the name, a loop of links
        raise DocumentError([f"{said}: cannot read this file: {error}"]) from None


def _toml(text: str, path: str) -> dict[str, Any]:
    if not text.strip():
        raise DocumentError([f'{path}: the file is empty; a document has at least title = "..." and equations = "..."'])
    try:
        return tomllib.loads(text, parse_float=read_float)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, tomllib.TOMLDecodeError) else f"a number or a list is too long: {error}"
        message, _, where = said.removesuffix(")").partition(" (at ")
        spot = place(path, *map(int, re.findall(r"\d+", where))) if where else place(path)
        at_end = " at the end" if where.startswith("end") else ""
        raise DocumentError([f"{spot}not TOML{at_end}: {message[:1].lower()}{message[1:]}"]) from None


def from_data(data: Mapping[str, Any], name: str, path: str, text: str, shelf: _Shelf | None = None) -> Graph:
    """A graph from the tables of a document, however they were read; `text` finds line numbers. Raises DocumentError."""
    shelf = shelf or _Shelf()
    problems: list[tuple[int, str]] = []

    def report(message: str, table: str = "", key: str = "", elsewhere: bool = False) -> None:
        line = line_of(text, table, key)
        problems.append((line, message if elsewhere else place(path, line) + message))

    check_schema(data, report)
    tables = {t: data[t] if isinstance(data.get(t), Mapping) else {} for t in TABLES}
    builder = Builder()
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
    known = Surroundings(blocks, broken, instances)
    block = comparator_block(blocks, len(comparators), report) if wires else ""
    if block:
        network = comparator_equations(comparators, wires, block)
        found = read(network, builder, wrong, Origin(path, max(line_of(text, "", "comparators"), 1), -1), known)
        last = [f"y{wire}" for wire in wired]
        targets = [name for name in found if name not in last] + [name for name in last if name in found]
    if "comparators" in data and (problems or wrong):  # whatever the equations say of the wires may follow from that
        known = replace(known, broken=broken | {f"{letter}{wire}" for letter in "xy" for wire in range(1, WIRES + 1)})
    if isinstance(data.get("equations"), str):
        targets += read(data["equations"], builder, wrong, Origin(path, *equations_line(text)), known)
    problems += [(e.line, str(e)) for e in wrong]
    _raise(problems)
    document = _document(data, tables, path, builder, blocks, {i: blocks[b] for i, b in instances.items()})
    document = replace(document, wires=wires, comparators=comparators)
    graph = finish(builder, _identifier(name), targets, document)
    _check_names(graph, tables, report)
    _check_values(graph, tables, report)
    _raise(problems)
    return graph


def _raise(problems: Sequence[tuple[int, str]]) -> None:
    """Raise DocumentError if there are problems, in the order of the file."""
    if problems:
        said = [message for _, message in sorted(problems, key=lambda p: p[0])]
        more = [f"... and {len(said) - PROBLEMS} more problems"] if len(said) > PROBLEMS else []
        raise DocumentError(said[:PROBLEMS] + more)


def _read_blocks(tables: Mapping[str, Any], shelf: _Shelf, report: Report) -> dict[str, Graph]:
    blocks: dict[str, Graph] = {}
    for block, other in tables["blocks"].items():
        if not isinstance(other, str):
            continue  # reported by check_schema
        try:
            check_name(block)
            if any(block in tables[t] for t in ("inputs", "parameters")):
                raise GraphError(f"{block} is a variable too; choose another name for the block")
            path = find(other, shelf.folder)
            _open(path, shelf)
        except (DocumentError, GraphError) as error:
            report(f"block {shown(block)}: {error}", "blocks", block)
            continue
        try:
            blocks[block] = _read_file(path, shelf)
        except DocumentError as error:
            for problem in error.problems:
                report(problem, "blocks", block, elsewhere=True)
    return blocks


def _read_comparators(data: Mapping[str, Any], text: str, path: str, problems: list[tuple[int, str]]) -> tuple[int, tuple[Comparator, ...]]:
    """How many wires there are, and the comparators, wires counted from 0; each that is wrong is added to `problems` with its line."""
    given, wires = data.get("comparators"), data.get("wires")
    if not isinstance(given, list) or not (wires is None or (type(wires) is int and 0 <= wires <= WIRES)):
        return 0, ()  # reported by check_schema, or there are none
    found: list[Comparator] = []
    for k, pair in enumerate(given, 1):
        try:
            found.append(read_pair(k, pair, WIRES if wires is None else wires, 1))
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
    return Document(
        title=" ".join(data["title"].split()),
        source=" ".join(data.get("source", "").split()),
        about=" ".join(data.get("about", "").split()),
        path=path,
        sizes={k: v for k, v in sizes.items() if k in used} | tables["sizes"],
        values={k: v for k, v in values.items() if k in builder.nodes} | tables["values"],
        cotangents=dict(tables["cotangents"]),
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
            report(f"{shown(name)} in [values] {what}{did_you_mean(name, leaves)}", "values", name)
    for table in ("cotangents", "symbols"):
        for name in tables[table]:
            if name not in graph:
                report(f"{shown(name)} in [{table}] is not a variable{did_you_mean(name, graph.declared_names)}", table, name)


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


def _identifier(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", name)[:60] or "graph"
