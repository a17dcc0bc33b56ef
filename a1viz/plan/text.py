"""The text of a plan: functions put together from the lines that the writer has collected; and its table."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .calls import VIEWS
from .values import BATCH
from .workspace import lead_shape
from .writer import PARTS, Writer

FILE = "<plan>"
LOOK, SHORT = re.compile(r"u\d+"), re.compile(r"\b[abcgosuvw]\d+\b")  # another look at an array; the plan's own names
Line = tuple[str, int | None]  # and the value it computes


@dataclass(frozen=True)
class Text:
    """Code, and for each line of it the variable and the operation it belongs to."""

    code: str
    owners: Mapping[int, str]

    def functions(self, names: Mapping[str, Any]) -> dict[str, Any]:
        """What the code defines, where it may refer to `names`; it is put together from the templates of `calls` alone."""
        space = dict(names)
        exec(compile(self.code, FILE, "exec"), space)
        return space

    def culprit(self, error: BaseException) -> str:
        """The variable and the operation of the line that raised an error."""
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == FILE:
                return self.owners.get(trace.tb_lineno, "the plan")
            trace = trace.tb_next
        return "the plan"


def code_of(w: Writer, leaves: Sequence[str], tiled: bool) -> Text:
    """The text of the plan: what makes the looks at its buffers, and the body."""
    given = _given(w, leaves)
    body = [(text, k) for part in ("once", "slices", "body", "after") for text, k in zip(w.lines[part], w.owners[part], strict=True)]
    read = set(re.findall(r"\b[abw]\d+\b", "\n".join(text for text, _ in body)))
    lines: list[Line] = []

    def setup(name: str, part: str, chosen: Sequence[int], first: Sequence[str]) -> str:
        """The function that makes the looks at the buffers; returns what the body takes from it."""
        buffers = [f"b{j}" for j in chosen]
        made = [text.partition(" ")[0] for text in w.lines[part]]
        wanted = [x for x in (*buffers, *made) if x in read]
        lines.append((f"def {name}({', '.join([*first, *buffers])}):", None))
        lines.extend((f"    {text}", None) for text in w.lines[part])
        tuple_text = f"({', '.join(wanted)}{',' * (len(wanted) == 1)})"
        lines.extend([(f"    return {tuple_text}", None), ("", None)])
        return tuple_text

    once = "()"
    if tiled:
        once = setup("setup_once", "setup once", [j for j, b in enumerate(w.buffers) if not b.lead & BATCH], [])
    looks = setup("setup", "setup", [j for j, b in enumerate(w.buffers) if b.lead & BATCH or not tiled], ["n"])
    arrays = ", ".join([*given, *(f"o{j}" for j in range(len(w.results)))])
    lines.append((f"def body(workspace, {arrays}):", None))
    lines.append((f"    once, {'tiles' if tiled else '(n, looks)'} = workspace", None))
    taken = [(once, "once"), ("()" if tiled else looks, "looks")]
    lines.extend((f"    {names} = {source}", None) for names, source in taken if names != "()")
    if tiled:
        lines.extend((f"    {text}", k) for text, k in zip(w.lines["once"], w.owners["once"], strict=True))
        lines.append(("    for start, end, n, looks in tiles:", None))
        lines.extend([(f"        {looks} = looks", None)] if looks != "()" else [])
        body = body[len(w.lines["once"]) : len(body) - len(w.lines["after"])]
    lines.extend((f"    {'    ' * tiled}{text}", k) for text, k in body)
    if tiled and w.totals:
        lines.extend(_after(w, arrays, once))
    return _text(w, lines)


def _after(w: Writer, arrays: str, once: str) -> list[Line]:
    """What is made of the sums over the batch, when all tiles are done; those of other threads are added first."""
    places = {name: j for j, name in enumerate(once.strip("(),").split(", "))}
    lines = [(f"def after(workspace, others, {arrays}):", None), ("    once, _ = workspace", None), (f"    {once} = once", None)]
    lines = [("", None), *lines, ("    for other in others:", None)]
    lines += [(f"        add({total}, other[{places[total]}], {total})", None) for total in w.totals]
    looks = ((text, k) for text, k in zip(w.lines["once"], w.owners["once"], strict=True) if LOOK.match(text))
    return [*lines, *((f"    {text}", k) for text, k in (*looks, *zip(w.lines["after"], w.owners["after"], strict=True)))]


def bound_code(w: Writer, leaves: Sequence[str]) -> Text:
    """The same for arrays that stay: a function that takes them, and the buffers, and gives the body as a function of nothing."""
    arrays = [*(f"b{j}" for j in range(len(w.buffers))), *_given(w, leaves), *(f"o{j}" for j in range(len(w.results)))]
    lines: list[Line] = [(f"def bind(n, {', '.join(arrays)}):", None)]
    inner: list[Line] = [("    def call():", None), ("        pass", None)]
    made = set(arrays)
    for part in PARTS:
        for text, k in zip(w.lines[part], w.owners[part], strict=True):
            name, _, look = text.partition(" = ")
            if part in ("setup once", "setup") or (LOOK.fullmatch(name) and "reshape" not in look and made.issuperset(SHORT.findall(look))):
                lines.append((f"    {text}", None))
                made.add(name)
            else:
                inner.append((f"        {text}", k))
    return _text(w, [*lines, *inner, ("    return call", None)])


def _given(w: Writer, leaves: Sequence[str]) -> list[str]:
    numbers = {w.values.items[k].extra: k for k in w.order if w.values.items[k].op in ("leaf", "unit")}
    return [f"v{numbers[name]}" if name in numbers else f"unused{j}" for j, name in enumerate(leaves)]


def _text(w: Writer, lines: Sequence[Line]) -> Text:
    names = {k: f"{w.values.items[k].name}: {w.values.items[k].op.removeprefix('any_')}" for _, k in lines if k is not None}
    return Text("\n".join(text for text, _ in lines) + "\n", {j: names[k] for j, (_, k) in enumerate(lines, 1) if k is not None})


def table_of(w: Writer, rows: int) -> tuple[tuple[str, str, str, int], ...]:
    """(variable, operation, place, bytes) of each step."""
    found = []
    for k in w.order:
        v = w.values.items[k]
        if v.op not in ("leaf", "unit", "constant"):
            size = 0 if v.op in VIEWS else math.prod(lead_shape(v.lead, rows, w.seeds) + v.core) * v.dtype.itemsize
            found.append((v.name, v.op.removeprefix("any_"), w.numbers.get(k) or w.places[k], size))
    return tuple(found)
