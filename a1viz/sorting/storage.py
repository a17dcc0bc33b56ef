"""Networks as files: TOML documents with wires counted from 1; JSON and text of public collections with wires counted from 0."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..base.errors import A1vizError, InputError, OutputError, shown
from ..base.files import path_of, write_whole
from ..base.limits import NETWORK_BYTES
from ..base.reading import is_stream, read_text, said
from ..graph.comparators import Comparator, read_comparators, wires_of
from .networks import Network, checked_network, checked_wires

SUFFIXES = (".toml", ".json")  # of what is written; .txt is read too
PAIR = re.compile(r"([0-9]{1,6}):([0-9]{1,6})")
JSON = re.compile(r"\s*(\{|\[\s*\]|\[\s*\[\s*[\d\[\]])")  # how JSON begins that holds a network, and no document


def load(path: str | Path) -> Network:
    """A network from a file: a document with `comparators`, or JSON as in the SorterHunter collection, `{"N": 4, "nw": [[0, 2], ...]}`.

    A JSON file may also be a bare list of comparators, or of layers of them; a `.txt` file has pairs such as 0:1,2:3, one line per layer.
    `-` is standard input; it and a pipe may hold any of these. Raises InputError. Source: question 3.2.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "three.json")
    >>> _ = file.write_text('[[0, 2], [0, 1], [1, 2]]')
    >>> load(file).summary
    'three: 3 wires, 3 comparators, depth 3'
    """
    path = path_of(path)
    name, suffix = shown(said(path), 300), path.suffix.lower()
    if suffix not in READERS and not is_stream(path):
        raise InputError(f"{name}: a network is read from a file that ends in {' or '.join(READERS)}, or from a pipe")
    text = read_text(path, NETWORK_BYTES, name)
    return _read(text, suffix if suffix in READERS else _kind(text), "network" if is_stream(path) else path.stem, name)


def loads(text: str, name: str = "network") -> Network:
    """A network from the text of such a file, of whichever kind it is. Raises InputError. Source: question 3.2.

    >>> loads("0:2\\n0:1\\n1:2").summary
    'network: 3 wires, 3 comparators, depth 3\'
    """
    return _read(text, _kind(text), name, name)


def _kind(text: str) -> str:
    """The ending of a file that holds such a text."""
    return ".json" if JSON.match(text) else ".toml" if "=" in text or "[" in text else ".txt"


def _read(text: str, suffix: str, name: str, said: str) -> Network:
    try:
        return READERS[suffix](text, name)
    except A1vizError as error:
        raise InputError(f"{said}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{said}: not {suffix[1:].upper()}: {error}") from None


def _from_text(text: str, name: str) -> Network:
    pairs = []
    for k, line in enumerate(text.splitlines(), 1):
        for word in re.split(r"[\s,;]+", line.partition("#")[0].strip()):
            pair = PAIR.fullmatch(word)
            if pair:
                pairs.append([int(pair[1]), int(pair[2])])
            elif word:
                raise InputError(f"line {k}: expected pairs of wires such as 0:1,2:3, counted from 0, got {shown(word)}")
    if not pairs:
        raise InputError("there are no comparators; write pairs of wires such as 0:1,2:3, one line per layer")
    return _network(pairs, None, name, 0)


def _from_toml(text: str, name: str) -> Network:
    data = tomllib.loads(text)
    if "comparators" not in data:
        raise InputError("there are no comparators; write comparators = [[1, 2], [3, 4]], say")
    whole = _network(data["comparators"], data.get("wires"), name, 1)
    outputs = data.get("outputs", [])
    names = [f"y{wire}" for wire in range(1, whole.n + 1)]
    if not isinstance(outputs, list) or not all(output in names for output in outputs):
        raise InputError(f"outputs of a network are wires such as y1, got {shown(outputs)}")
    return replace(whole, outputs=tuple(map(names.index, outputs))) if outputs else whole


def _from_json(text: str, name: str) -> Network:
    data = json.loads(text)
    if isinstance(data, Mapping):
        if "nw" not in data:
            raise InputError('there are no comparators; write {"N": 4, "nw": [[0, 2], [1, 3]]}, say, or a list of pairs')
        whole = _network(data["nw"], data.get("N"), name, 0)
        return replace(whole, outputs=data["outputs"]) if isinstance(data.get("outputs"), list) else whole
    if data == []:
        raise InputError("there are no comparators; write pairs of wires such as [[0, 2], [1, 3]]")
    return _network(data, None, name, 0)


def _network(pairs: Any, n: Any, name: str, first: int) -> Network:
    """A network from pairs, or from layers of pairs."""
    if isinstance(pairs, list) and pairs and all(isinstance(layer, list) and all(isinstance(p, list) for p in layer) for layer in pairs):
        pairs = [pair for layer in pairs for pair in layer]
    n = None if n is None else checked_wires(n)
    comparators = read_comparators(pairs, n, first)
    return Network(wires_of(comparators) if n is None else n, comparators, name)


READERS: dict[str, Callable[[str, str], Network]] = {".toml": _from_toml, ".json": _from_json, ".txt": _from_text}


def save(network: Network, path: str | Path) -> None:
    """Write the wires and comparators of a network, as a document (.toml) or as collections do (.json).

    Raises OutputError for a file of another kind, or one that cannot be written. Source: question 3.2.
    """
    path, network = path_of(path), checked_network(network)
    if path.suffix.lower() not in SUFFIXES:
        raise OutputError(f"{shown(str(path), 300)}: a network is written to a file that ends in {' or '.join(SUFFIXES)}")
    write_whole(path, (_as_toml if path.suffix.lower() == ".toml" else _as_json)(network).encode())


def _as_toml(network: Network) -> str:
    title = json.dumps("".join(c for c in network.name if c.isprintable() and c not in '<>"\\') or "Comparator network", ensure_ascii=False)
    body = "".join(f"    {', '.join(f'[{i + 1}, {j + 1}]' for i, j in row)},\n" for row in _rows(network))
    outputs = "" if network.is_whole else f"outputs = {json.dumps([f'y{wire + 1}' for wire in network.outputs])}\n"
    return f"title = {title}\n{outputs}wires = {network.n}\ncomparators = [\n{body}]\n"


def _as_json(network: Network) -> str:
    body = ",\n".join("  " + ", ".join(f"[{i}, {j}]" for i, j in row) for row in _rows(network))
    outputs = "" if network.is_whole else f'"outputs": {list(network.outputs)}, '
    return f'{{"N": {network.n}, {outputs}"L": {network.size}, "D": {network.depth}, "nw": [\n{body}\n]}}\n'


def _rows(network: Network) -> list[list[Comparator]]:
    """The comparators in their order, in lines of such as could work at the same time."""
    rows: list[list[Comparator]] = []
    used: set[int] = set()
    for pair in network.comparators:
        if not rows or used & {*pair}:
            rows.append([])
            used = set()
        rows[-1].append(pair)
        used |= {*pair}
    return rows
