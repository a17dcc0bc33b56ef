"""What a shell offers behind the name of a graph: names, values and files. Whatever is wrong with a graph, completion says nothing.

A document's names are read without its shapes, so that an answer is there at once, also while the document is being written.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import tomllib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import click
from click.shell_completion import CompletionItem

from ..base.errors import A1vizError
from ..base.limits import COMPLETED_BYTES, COMPLETED_CHARACTERS
from ..base.reading import is_stream, read_text
from ..graph.catalog import catalogue, find
from ..graph.tokens import parts_of, tokens_of

Items = list[CompletionItem[str]]
Complete = Callable[[click.Context, click.Parameter, str], Items]
GRAPHS = (".toml", ".onnx")
ARRAYS = (".npy", ".npz", ".csv", ".safetensors")
DIFFERENTIATE = ("grad", "norms", "render")  # commands that take cotangents
TABLE = ("N", "K", "D")  # the sizes of `a1viz cost table`


@dataclass(frozen=True)
class GraphNames:
    """What a graph calls its parts; leaves and cotangents with their values, None for those that have none."""

    leaves: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()
    cotangents: Mapping[str, Any] = field(default_factory=dict)
    sizes: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()


# --- graphs -----------------------------------------------------------------------------------------------------------------------


def graph_names(ctx: click.Context) -> GraphNames:
    """The names of the graph on the command line; none where there is none, or where it cannot be read."""
    graph = ctx.params.get("graph") or next(iter(ctx.args), "")  # click leaves it there, where the last option has no value yet
    if ctx.command.name == "cost" and graph == "table":
        return GraphNames(sizes=TABLE)
    try:
        return _read(graph)
    except Exception:  # nobody asked for a message, and it would land in the line that is being typed
        return GraphNames()


def _read(graph: str) -> GraphNames:
    path = find(graph)
    if is_stream(path) or os.path.getsize(path) > COMPLETED_BYTES:
        return GraphNames()
    data = {} if path.suffix == ".onnx" else tomllib.loads(read_text(path, COMPLETED_BYTES))
    if not data or data.keys() & {"blocks", "comparators"}:  # its names are not all written in it
        return _loaded(graph)
    values = data.get("values", {})
    inputs = tuple(data.get("inputs", ()))
    leaves = {name: values.get(name) for name in (*inputs, *data.get("parameters", ()))}
    return GraphNames(leaves, inputs, tuple(_targets(data.get("equations", ""))), data.get("cotangents", {}), tuple(data.get("sizes", ())))


def _targets(text: str) -> Iterable[str]:
    """The left sides of equations, as far as they can be read."""
    for part in parts_of(text):
        with suppress(A1vizError):
            for statement in tokens_of(part):
                words = [word for _, word, *_ in statement]
                yield from (word for word in words[: words.index("=") if "=" in words else 0] if word.isidentifier())


def _loaded(graph: str) -> GraphNames:
    from ..graph.documents import load

    g = load(graph)
    said = g.document
    leaves = {node.name: said.values.get(node.name) for node in g.leaves}
    computed = tuple(name for name in g.declared_names if name not in leaves)
    inputs = tuple(name for name in leaves if name not in g.parameters)
    return GraphNames(leaves, inputs, computed, said.cotangents, tuple(said.sizes), tuple(said.blocks))


# --- what is offered --------------------------------------------------------------------------------------------------------------


def graphs(ctx: click.Context, param: click.Parameter, typed: str) -> Items:
    """The catalogue's names, and files that hold a graph."""
    return [*_plain(catalogue(), typed), *_paths(typed, GRAPHS)]


def files(ctx: click.Context, param: click.Parameter, typed: str) -> Items:
    """Whatever the shell finds."""
    return [CompletionItem(typed, type="file")]


def variables(ctx: click.Context, param: click.Parameter, typed: str) -> Items:
    """Every variable that is not given yet."""
    names = graph_names(ctx)
    given = ctx.params.get(param.name or "") or ()
    return _plain((name for name in (*names.leaves, *names.computed) if name not in given), typed)


def computed(ctx: click.Context, param: click.Parameter, typed: str) -> Items:
    """What equations give."""
    return _plain(graph_names(ctx).computed, typed)


def blocks(ctx: click.Context, param: click.Parameter, typed: str) -> Items:
    """Blocks that can be expanded."""
    return _plain(("all", *graph_names(ctx).blocks), typed)


def settings(ctx: click.Context, param: click.Parameter, typed: str) -> Items:
    """`NAME=` for each leaf that is not given yet; behind it the document's own value, and files of arrays."""
    names = graph_names(ctx)
    leaves = dict(names.leaves)
    if ctx.command.name in DIFFERENTIATE:
        leaves |= {f"{name}_bar": value for name, value in names.cotangents.items()}
    if ctx.command.name == "ntk":
        leaves |= {f"{name}{k}": names.leaves[name] for name in names.inputs for k in (1, 2) if f"{name}{k}" not in leaves}
    return _settings(leaves, ctx.params.get(param.name or "") or (), typed)


def _settings(leaves: Mapping[str, Any], given: Iterable[str], typed: str) -> Items:
    name, equals, value = typed.partition("=")
    if value.startswith("@"):
        return _paths(value[1:], ARRAYS, f"{name}=@")
    if equals:
        own = _plain([f"{name}={_json(leaves[name])}"] if name in leaves else [], typed)
        return [item for item in own if not item.value.endswith("=")] + _open([f"{name}=@"], typed)
    taken = {text.partition("=")[0] for text in given}
    return _open((f"{leaf}=" for leaf in leaves if leaf not in taken), typed)


def sizes(ctx: click.Context, param: click.Parameter, typed: str) -> Items:
    """`SIZE=` for each named size, behind a comma too."""
    before = typed[: typed.rfind(",") + 1]
    return _open((f"{before}{size}=" for size in graph_names(ctx).sizes if f"{size}=" not in before), typed)


def _json(value: Any) -> str:
    """A value as `--set` reads it; nothing for one that is too long to be edited on a line, or has no such text."""
    with suppress(TypeError, ValueError):
        text = json.dumps(getattr(value, "tolist", lambda: value)(), separators=(",", ":"), allow_nan=False)
        return text if text[0] in "[-0123456789" and len(text) <= COMPLETED_CHARACTERS else ""
    return ""


def _paths(typed: str, endings: tuple[str, ...], before: str = "") -> Items:
    """Files with these endings, and folders; where a name needs quotes, the shell finds them, for it knows how to quote."""
    folder, slash, start = typed.rpartition("/")
    try:
        found = sorted(os.scandir(os.path.expanduser(folder + slash) or "."), key=lambda entry: entry.name)
    except (OSError, ValueError):
        return []
    seen = [entry for entry in found if entry.name.startswith(start) and (start or entry.name[0] != ".")]
    wanted = [entry for entry in seen if entry.is_dir() or entry.name.endswith(endings)]
    if any(shlex.quote(entry.name) != entry.name for entry in wanted):
        return [CompletionItem(before + typed, type="file")]
    inside = f"{before}{folder}{slash}"
    plain = [f"{inside}{entry.name}" for entry in wanted if not entry.is_dir()]
    return _plain(plain, "") + _open((f"{inside}{entry.name}/" for entry in wanted if entry.is_dir()), "")


def _plain(values: Iterable[str], typed: str) -> Items:
    return [CompletionItem(value) for value in values if value.startswith(typed) and re.fullmatch(r"[ -~]+", value)]


def _open(values: Iterable[str], typed: str) -> Items:
    """Words that go on: no blank comes behind them."""
    return [CompletionItem(item.value, is_open=True) for item in _plain(values, typed)]
