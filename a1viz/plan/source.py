"""The text of a plan, made last: for each part of its lines a function of the arrays that stay, which gives the function to call.

def bind(n, b0, w0):             n examples, a buffer, another view of one: made once for a workspace
    def call(v0, o0):            leaves and results: given at each call, or in a bound plan to `bind` too
        add(v0, b0, o0)
    return call
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..base.arrays import Array
from .emission import Listing, Part, Statement
from .references import Ref, make, order_of, view_of, view_text
from .steps import Step, Steps

LETTERS = {"leaf": "v", "result": "o", "buffer": "b", "made": "a", "constant": "c", "local": "g", "number": "s"}
TILE = {"leaf": "t", "result": "p"}  # the rows of this tile


@dataclass(frozen=True)
class Source:
    """Code, the arrays that its `bind` takes, and for each line the variable and the operation it belongs to."""

    part: Part
    code: str
    fixed: tuple[Ref, ...]
    owners: Mapping[int, str]
    names: Mapping[str, Any]

    @property
    def file(self) -> str:
        return f"<plan: {self.part}>"

    @cached_property
    def bind(self) -> Callable[..., Callable[..., None]]:
        """The code's function: it is put together from the templates of the table and of `calls` and `products` alone."""
        space = dict(self.names)
        exec(compile(self.code, self.file, "exec"), space)
        function: Callable[..., Callable[..., None]] = space["bind"]
        return function


def culprit(error: BaseException, sources: Iterable[Source]) -> str:
    """The variable and the operation of the line that raised an error."""
    owners = {source.file: source.owners for source in sources}
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file in owners:
            return owners[file].get(trace.tb_lineno, "the plan")
        trace = trace.tb_next
    return "the plan"


def source_of(listing: Listing, steps: Steps, leaves: Sequence[str], part: Part, *, stays: bool = False) -> Source:
    """The text of one part; where it `stays`, leaves and results are the same arrays at every call."""
    writer = _Writer(listing, steps, leaves, part, stays)
    for line in listing.lines:
        if line.part == part:
            writer.write(line)
    return writer.source()


class _Writer:
    """Names what the lines refer to, and puts them down one after the other."""

    def __init__(self, listing: Listing, steps: Steps, leaves: Sequence[str], part: Part, stays: bool) -> None:
        self.listing, self.steps, self.part, self.stays = listing, steps, part, stays
        self.is_tile = listing.schedule.tiled and part == "tile"
        items = steps.items
        self.leaves = {k: leaves.index(items[k].extra) for k in listing.schedule.order.steps if items[k].is_leaf}
        self.given = [*(f"v{j}" for j in range(len(leaves))), *(f"o{j}" for j in range(len(listing.schedule.results)))]
        self.fixed: dict[Ref, str] = {}
        self.names: dict[Ref, str] = {}
        self.lines: list[tuple[str, int | None]] = []

    def write(self, line: Statement) -> None:
        call, k = line.call, line.step
        text = call.template.format(*(self.name(ref, k) for ref in call.refs))
        self.lines.append((f"{self.name(call.target, k)} = {text}" if call.target else text, k))

    def name(self, ref: Ref, k: int) -> str:
        """What a reference is called; another view of an array is taken before the line that asks for it, or with the workspace."""
        outer = []
        while ref.views and ref not in self.fixed and ref not in self.names and not self._stays(ref):
            outer.append(ref)
            ref = Ref(ref.kind, ref.key, ref.views[:-1])
        text = self._inner_name(ref, k)
        for view in reversed(outer):
            text = view_text(text, view.views[-1])
            text = self._named(view, f"u{len(self.names)}", text, k) if view.kind in TILE else text
        return text

    def _inner_name(self, ref: Ref, k: int) -> str:
        if ref.kind == "literal":
            return f"({ref.key!r})" if ref.key < 0 else repr(ref.key)
        found = self.fixed.get(ref) or self.names.get(ref)
        if found:
            return found
        if self._stays(ref):
            return self._fixed(ref)
        if ref.kind in TILE:
            j = self.leaves[ref.key] if ref.kind == "leaf" else ref.key
            if self.is_tile and self._step(ref).batched:
                return self._named(ref, f"{TILE[ref.kind]}{j}", f"{LETTERS[ref.kind]}{j}[start:end]", k)
            return f"{LETTERS[ref.kind]}{j}"
        return f"{LETTERS[ref.kind]}{ref.key}"

    def _step(self, ref: Ref) -> Step:
        k: int = ref.key if ref.kind == "leaf" else self.listing.schedule.results[ref.key]
        return self.steps.items[k]

    def _fixed(self, ref: Ref) -> str:
        if ref.kind == "buffer" and not ref.views:
            name = f"b{ref.key}"
        elif ref.kind in TILE and not ref.views:
            name = f"{LETTERS[ref.kind]}{self.leaves[ref.key] if ref.kind == 'leaf' else ref.key}"
        else:
            name = f"{'w' if ref.views else LETTERS[ref.kind]}{len(self.fixed)}"
        self.fixed[ref] = name
        return name

    def _named(self, ref: Ref, name: str, text: str, k: int) -> str:
        self.lines.append((f"{name} = {text}", k))
        self.names[ref] = name
        return name

    def _stays(self, ref: Ref) -> bool:
        """Whether an array, or this view of it, is the same at every call: all but copies of what was there before."""
        if ref.kind in ("local", "number") or (ref.kind in TILE and not self.stays):
            return False
        order = None if ref.kind == "leaf" else "F" if ref.kind == "buffer" and self.listing.buffers[ref.key].is_turned else "C"
        return all(view.method != "reshape" or order_of(ref.views[:k], order) == "C" for k, view in enumerate(ref.views))

    def source(self) -> Source:
        given = [] if self.stays else self.given
        start = ["start", "end"] if self.is_tile else []
        lines: list[tuple[str, int | None]] = []
        lines += [(f"def bind({', '.join(['n', *self.fixed.values()])}):", None), (f"    def call({', '.join([*start, *given])}):", None)]
        lines += [(f"        {text}", k) for text, k in self.lines or [("pass", None)]]
        lines.append(("    return call", None))
        owners = {j: described(self.steps.items[k]) for j, (_, k) in enumerate(lines, 1) if k is not None}
        return Source(self.part, "".join(f"{text}\n" for text, _ in lines), tuple(self.fixed), owners, self.listing.names)


def described(v: Step) -> str:
    """The variable and the operation of a step."""
    return f"{v.name}: {v.op.removeprefix('any_')}"


def arrays_of(
    refs: Sequence[Ref], buffers: Mapping[int, Array], n: int, leaves: Mapping[int, Array] | None = None, results: Sequence[Array] = ()
) -> list[Array]:
    """The arrays that `bind` is given."""
    made: dict[Ref, Array] = {}
    found = []
    for ref in refs:
        base = Ref(ref.kind, ref.key)
        if base not in made:
            made[base] = _base(base, buffers, n, leaves or {}, results)
        array = made[base]
        for view in ref.views:
            array = view_of(array, view, n)
        found.append(array)
    return found


def _base(ref: Ref, buffers: Mapping[int, Array], n: int, leaves: Mapping[int, Array], results: Sequence[Array]) -> Array:
    if ref.kind == "made":
        return make(ref, n)
    if ref.kind == "constant":
        return np.asarray(*ref.key)
    if ref.kind == "buffer":
        return buffers[ref.key]
    found: Array = leaves[ref.key] if ref.kind == "leaf" else results[ref.key]
    return found


def named_place(ref: Ref, seen: dict[Ref, str]) -> str:
    """A place for a reader: a letter and a number, `w` for another view."""
    if not ref.views and ref.kind != "constant":
        return f"{LETTERS[ref.kind]}{ref.key}"
    return seen.setdefault(ref, f"w{len(seen)}")
