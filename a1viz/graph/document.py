"""What a graph document says besides its equations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ..base.results import Matrix, Part, Result, Table

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Document(Result):
    """What a graph document says besides its equations."""

    title: str = ""
    source: str = ""
    about: str = ""
    path: str = ""
    topic: str = ""  # what the gallery groups it under
    look: str = ""  # what to look at, in a sentence
    sizes: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    cotangents: Mapping[str, Any] = field(default_factory=dict)
    loss: str = ""  # what is differentiated, where several outputs are scalars
    tolerance: float = TOLERANCE  # of the expectations, relative
    expect: Mapping[str, Any] = field(default_factory=dict)
    symbols: Mapping[str, str] = field(default_factory=dict)
    blocks: Mapping[str, str] = field(default_factory=dict)  # blocks and their instances -> the titles of their documents
    used: Mapping[str, Any] = field(default_factory=dict, compare=False)  # blocks by name, as `blocks` reads them
    calls: tuple[Any, ...] = field(default=(), compare=False)  # the equations that call them
    repeats: Mapping[str, int] = field(default_factory=dict)  # the first of several instances in a row -> how many there are
    fixed: Mapping[str, str] = field(default_factory=dict)  # sizes that are no other number -> the block that is repeated so often
    names: Mapping[str, str] = field(default_factory=dict)  # those of the file that it was read from -> the graph's, for another format
    wires: int = 0  # of a comparator network
    comparators: tuple[tuple[int, int], ...] = ()  # its comparators, wires counted from 0; the instances of its block in their order

    def parts(self) -> list[Part]:
        said = [(f.name, getattr(self, f.name)) for f in fields(self) if f.compare]
        rows: list[tuple[str, str, str | Matrix]] = []
        for key, value in said:
            if isinstance(value, Mapping):
                rows += [(key, name, v if isinstance(v, str) else Matrix(v)) for name, v in value.items()]
            elif value and (key, value) != ("tolerance", TOLERANCE):
                rows.append((key, "", str(value)))
        keys = ["", *(row[0] for row in rows)]
        return [Table((), [("" if row[0] == before else row[0], *row[1:]) for before, row in zip(keys, rows, strict=False)])]


NO_DOCUMENT = Document()  # of equations by themselves
