"""Which plan serves the values at hand: one for each set of shapes and types, the last few kept. What fits a plan is seen at a glance.

An array of the right shape and type passes with three comparisons, a class label with one look for its largest entry; anything else is
gathered and checked as `run` does it, and meets the plan in the form it has then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy import empty

from ..graph.leaves import Inputs, gather
from ..graph.nodes import Graph
from .program import Program
from .reading import Leaf
from .values import BATCH

KEPT = 8  # plans of one purpose
PURPOSES = 16  # kept with a graph
LEAST, MOST = 2**20, 2**25  # bytes of the piece of memory that the C library sees come and go


@dataclass(frozen=True)
class Entry:
    """A plan, and the values it is for; `accept` gives their arrays in the program's order, or None for values that are not."""

    key: tuple
    order: tuple[str, ...]  # of the leaves, as the program takes them
    classes: Mapping[str, int]  # the number of classes of each label that is given
    accept: Callable[[Mapping[str, Any]], list[np.ndarray] | None]
    program: Program
    about: Any = None  # what the purpose keeps with it

    def labels(self, arrays: Sequence[np.ndarray]) -> list[tuple[str, np.ndarray, int]]:
        """The class labels among the arrays: name, array, number of classes."""
        return [(name, array, self.classes[name]) for name, array in zip(self.order, arrays, strict=True) if name in self.classes]


def in_range(labels: np.ndarray, classes: int) -> bool:
    """Whether all labels are classes; a negative one is a very large one without its sign."""
    return not labels.size or bool(labels.view(np.uint64).max() < classes)


Expected = tuple[str, tuple[int, ...], np.dtype, int | None]


def door(expected: Sequence[Expected], order: Sequence[str], defaults: Mapping[str, np.ndarray]) -> Callable:
    """The function that sees whether values are what a plan is for: written out, name by name, for it is called every time.

    `expected` has the name, shape and type of what is given, and the number of classes of a label. Names stand in the tables of the code,
    never in its text.
    """
    space: dict[str, Any] = {"ndarray": np.ndarray, "asarray": np.asarray, "uint64": np.uint64}
    lines, given = ["def accept(values):", f"    if len(values) != {len(expected)}: return None", "    try:", "        pass"], {}
    checks = []
    for j, (name, shape, dtype, classes) in enumerate(expected):
        given[name] = f"v{j}"
        space |= {f"name{j}": name, f"shape{j}": shape, f"type{j}": dtype}
        lines.append(f"        v{j} = values[name{j}]")
        if classes is not None and not shape:
            checks.append(f"    if v{j}.__class__ is int: v{j} = asarray(v{j})")
        checks.append(f"    if v{j}.__class__ is not ndarray or v{j}.shape != shape{j} or v{j}.dtype is not type{j}: return None")
        if classes is not None:
            wrong = f"v{j}.size and v{j}.view(uint64).max() >= {classes}" if shape else f"not 0 <= int(v{j}) < {classes}"
            checks.append(f"    if {wrong}: return None")
    for j, (name, array) in enumerate(defaults.items()):
        given[name] = f"default{j}"
        space[f"default{j}"] = array
    lines += ["    except KeyError: return None", *checks, f"    return [{', '.join(given[name] for name in order)}]"]
    exec("\n".join(lines), space)
    return space["accept"]


@dataclass
class Plans:
    """The plans of one purpose for one graph; `build` makes the program and what is kept with it from gathered values."""

    graph: Graph  # whose leaves are given
    build: Callable[[Inputs], tuple[Program, Any]]
    entries: tuple[Entry, ...] = field(default=())

    def find(self, values: Mapping[str, Any], rng: np.random.Generator | None = None) -> tuple[Entry, list[np.ndarray]]:
        """The entry for these values, and the values as arrays. Raises InputError for values that do not fit the graph."""
        for entry in self.entries if rng is None else ():
            arrays = entry.accept(values)
            if arrays is not None:
                return entry, arrays
        inputs = gather(self.graph, values, rng)
        order = tuple(node.name for node in self.graph.leaves)
        names = tuple(name for name in order if name in values)
        key = (names, inputs.dtype, tuple((inputs.arrays[name].shape, inputs.arrays[name].dtype) for name in order))
        entry = next((e for e in self.entries if e.key == key), None)
        if entry is None:
            for old in self.entries:
                if old.program is not None:
                    old.program.forget()
            entry = self._entry(key, order, names, inputs)
            self.entries = (entry, *self.entries[: KEPT - 1])
        return entry, entry.accept(values) or [inputs.arrays[name] for name in order]

    def _entry(self, key: tuple, order: tuple[str, ...], names: Sequence[str], inputs: Inputs) -> Entry:
        program, about = self.build(inputs)
        leaves = leaves_of(self.graph, inputs)
        expected = [(name, inputs.arrays[name].shape, leaves[name].dtype, leaves[name].classes) for name in names]
        defaults = {name: inputs.arrays[name] for name in order if name not in names}
        unknown = [name for name in names if self.graph[name].op == "label" and leaves[name].classes is None]  # to be gathered each time
        accept = (lambda values: None) if unknown else door(expected, order, defaults)
        classes = {name: number for name, _, _, number in expected if number is not None}
        _keep_memory(program)
        return Entry(key, order, classes, accept, program, about)


def _keep_memory(program: Program) -> None:
    """The C library gives large pieces back to the system, and new ones come page by page, slowly, at every call; having seen a larger one
    come and go it keeps them."""
    size = sum(math.prod(shape) * dtype.itemsize for shape, dtype in program.shapes) if program else 0
    empty(min(max(4 * size, LEAST), MOST), np.uint8)


def leaves_of(graph: Graph, inputs: Inputs) -> dict[str, Leaf]:
    """What a plan knows of each leaf."""
    found = {}
    for node in graph.leaves:
        classes = None
        if node.op == "label":
            classes = inputs.sizes.get(node.value) if isinstance(node.value, str) else node.value
        found[node.name] = Leaf(inputs.arrays[node.name].dtype, BATCH if node.name in inputs.batched else 0, classes)
    return found


class Kept(dict):
    """Plans that live as long as their graph; a copy of the graph, or one read from a pickle, starts with none."""

    def __reduce__(self) -> tuple:
        return Kept, ()


def plans_of(graph: Graph, purpose: tuple, make: Callable[[], Plans]) -> Plans:
    """The plans of one purpose that are kept with a graph."""
    kept = graph.__dict__.get("_plans")
    if kept is None:
        kept = graph.__dict__.setdefault("_plans", Kept())
    plans = kept.get(purpose)
    if plans is None:
        while len(kept) >= PURPOSES:
            kept.pop(next(iter(kept)), None)
        plans = kept.setdefault(purpose, make())
    return plans
