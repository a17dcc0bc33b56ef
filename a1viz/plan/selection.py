"""Which plan serves the values at hand: one for each set of shapes and types, the last few kept.

An array of the right shape and type passes the guard with three comparisons, a class label with one for its largest entry; anything else
is gathered and checked as `run` does it, and meets the plan in the form it has then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np

from ..base.arrays import Array
from ..graph.leaves import Inputs, gather
from ..graph.nodes import Graph
from .operations import leaves_of
from .program import Program
from .steps import DType

KEPT = 8  # plans of one purpose
PURPOSES = 16  # kept with a graph
LEAST, MOST = 2**20, 2**25  # bytes of the piece of memory that the C library sees come and go
About = TypeVar("About")
P = TypeVar("P")
Guard = Callable[[Mapping[str, Any]], "list[Array] | None"]
Expected = tuple[str, tuple[int, ...], DType, int | None]


@dataclass(frozen=True)
class Selected(Generic[About]):
    """A plan, and the values it is for; `accept` gives their arrays in the graph's order, or None for values that are not."""

    key: tuple[Any, ...]
    order: tuple[str, ...]  # of the leaves
    classes: Mapping[str, int]  # the number of classes of each label that is given
    accept: Guard
    program: Program | None
    about: About  # what the purpose keeps with it

    @property
    def plan(self) -> Program:
        """The program of a purpose that has one."""
        assert self.program is not None, "no plan was made for these values"
        return self.program

    def labels(self, arrays: Sequence[Array]) -> list[tuple[str, Array, int]]:
        """The class labels among the arrays: name, array, number of classes."""
        return [(name, array, self.classes[name]) for name, array in zip(self.order, arrays, strict=True) if name in self.classes]


def in_range(labels: Array, classes: int) -> bool:
    """Whether all labels are classes; a negative one is a very large one without its sign."""
    return not labels.size or bool(labels.view(np.uint64).max() < classes)


def guard(expected: Sequence[Expected], order: Sequence[str], defaults: Mapping[str, Array]) -> Guard:
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
    accept: Guard = space["accept"]
    return accept


@dataclass
class Selection(Generic[About]):
    """The plans of one purpose for one graph; `build` makes the program and what is kept with it from gathered values."""

    graph: Graph  # whose leaves are given
    build: Callable[[Inputs], tuple[Program | None, About]]
    plans: tuple[Selected[About], ...] = field(default=())

    def find(self, values: Mapping[str, Any], rng: np.random.Generator | None = None) -> tuple[Selected[About], list[Array]]:
        """The plan for these values, and the values as arrays. Raises InputError for values that do not fit the graph."""
        for plan in self.plans if rng is None else ():
            arrays = plan.accept(values)
            if arrays is not None:
                return plan, arrays
        inputs = gather(self.graph, values, rng)
        order = tuple(node.name for node in self.graph.leaves)
        names = tuple(name for name in order if name in values)
        key = (names, inputs.dtype, tuple((inputs.arrays[name].shape, inputs.arrays[name].dtype) for name in order))
        found = next((plan for plan in self.plans if plan.key == key), None)
        if found is None:
            for old in self.plans:
                if old.program is not None:
                    old.program.forget()
            found = self._built(key, order, names, inputs, rng is not None)
            self.plans = (found, *self.plans[: KEPT - 1])
        return found, (found.accept(values) if rng is None else None) or [inputs.arrays[name] for name in order]

    def _built(self, key: tuple[Any, ...], order: tuple[str, ...], names: Sequence[str], inputs: Inputs, is_drawn: bool) -> Selected[About]:
        program, about = self.build(inputs)
        leaves = leaves_of(self.graph, inputs)
        expected = [(name, inputs.arrays[name].shape, leaves[name].dtype, leaves[name].classes) for name in names]
        defaults = {name: inputs.arrays[name] for name in order if name not in names}
        unknown = [name for name in names if self.graph[name].op == "label" and leaves[name].classes is None]
        accept = (lambda values: None) if unknown or is_drawn else guard(expected, order, defaults)
        classes = {name: number for name, _, _, number in expected if number is not None}
        _keep_memory(program)
        return Selected(key, order, classes, accept, program, about)


def _keep_memory(program: Program | None) -> None:
    """The C library gives large pieces back to the system, and new ones come page by page, slowly, at every call; having seen a larger one
    come and go it keeps them."""
    size = sum(math.prod(shape) * dtype.itemsize for shape, dtype in program.shapes) if program else 0
    np.empty(min(max(4 * size, LEAST), MOST), np.uint8)


class Kept(dict[tuple[Any, ...], Any]):
    """Plans that live as long as their graph; a copy of the graph, or one read from a pickle, starts with none."""

    def __reduce__(self) -> tuple[type[Kept], tuple[()]]:
        return Kept, ()


def plans_of(graph: Graph, purpose: tuple[Any, ...], make: Callable[[], P]) -> P:
    """What is compiled for one purpose, and kept with a graph."""
    kept = graph.__dict__.get("_plans")
    if kept is None:
        kept = graph.__dict__.setdefault("_plans", Kept())
    plans: P | None = kept.get(purpose)
    if plans is None:
        while len(kept) >= PURPOSES:
            kept.pop(next(iter(kept)), None)
        plans = kept.setdefault(purpose, make())
    assert plans is not None
    return plans
