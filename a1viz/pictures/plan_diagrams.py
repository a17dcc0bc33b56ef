"""A compiled plan to a diagram: one box per step, its operation, where its numbers are, and what the plan saves by it. Serves question 2.2.

What is shared, stacked or done in place says so in words; what the plan has no step for stands in a dashed box of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..base.columns import counted
from ..calculus import notation
from ..graph.nodes import INNER, Graph, Node
from ..graph.printing import number_text
from ..plan import BESIDE
from .diagrams import Box, Diagram, Edge, Line
from .graph_diagrams import COTANGENT, MANY, shortened, without_hubs
from .wording import words

if TYPE_CHECKING:
    from ..plan import Program, Step

GIVEN = ("leaf", "unit")
WRITTEN = ("constant", "array", "made")  # what is written where it is used, without a box
COMMA = r",\, "
LISTED = 12  # variables named in one box of what is left out


def steps(plan: Program) -> Diagram:
    """The diagram of a plan: leaves, steps in the order in which they run, and what was dropped or folded."""
    drawn = _Steps(plan)
    boxes = {box.name: box for box in (*map(drawn.leaf, drawn.leaves), *map(drawn.step, drawn.order))}
    edges = [edge for k in drawn.order for edge in drawn.edges(k)]
    boxes, edges = without_hubs(boxes, edges)
    title = f"{drawn.graph.document.title or drawn.graph.name.replace('_', ' ')}: plan"
    made = (*boxes.values(), *drawn.left_out())
    found = Diagram(f"{drawn.graph.name}-plan", title, drawn.about(), made, tuple(edges))
    return shortened(found) if len(made) > MANY else found


class _Steps:
    """A plan while it is drawn; `order` are the values that are steps, as the table has them."""

    def __init__(self, plan: Program) -> None:
        self.plan, self.steps, self.items = plan, plan.steps, plan.steps.items
        self.graph = self.steps.graphs[0][0]
        self.found = {name: self.steps.current(k) for _, found in self.steps.graphs for name, k in found.items()}
        self.nodes = {node.name: (graph, node) for graph, _ in self.steps.graphs for node in graph.nodes}
        self.nodes = {**_owners(self.nodes), **self.nodes}
        self.needed = frozenset(plan.order)
        self.leaves = [k for k in plan.order if self.items[k].op in GIVEN]
        self.order = plan.computed
        self.rows = dict(zip(self.order, plan.table, strict=True))
        self.numbers = {k: number for number, k in enumerate(self.order, 1)}
        self.variables: dict[int, list[str]] = {}  # those that a value is all of
        for name, k in self.found.items():
            if self.nodes[name][1].is_declared:
                self.variables.setdefault(k, []).append(name)

    def about(self) -> str:
        rows = f" for {counted(self.plan.rows, 'examples')}" if any(self.items[k].batched for k in self.order) else ""
        tiles = f", {self.plan.tile} at a time" if self.plan.tile < self.plan.rows else ""
        steps = counted(len(self.order), "steps")
        return (
            f"The plan{rows}{tiles}: {steps} in a workspace of {self.plan.bytes} bytes. Each box is a step, numbered as it runs:"
            " what it is for, its operation, and where its numbers are. Each arrow is an operand; a thick one hands over its buffer."
        )

    # --- boxes ----------------------------------------------------------------------------------------------------------------------

    def leaf(self, k: int) -> Box:
        v, names = self.items[k], self.items[k].extra.split(BESIDE)
        kind = "parameter" if all(self.nodes[name][1].op == "parameter" for name in names) else "input"
        below = ", one below the other" if len(names) > 1 else ""
        line = Line(self.symbol(v.extra), v.extra, f"{kind} {_and(names)}{below}", "value" if kind == "parameter" else "input")
        return Box(self.name(k), (line,), kind, tip=f"{v.extra}: {kind}, {_size(v)}")

    def step(self, k: int) -> Box:
        """Number and variable, the operation, the place; then how the plan saves work here."""
        v, (_, op, place, size) = self.items[k], self.rows[k]
        lines = [self._title(k), self._operation(v, op), self._place(k, place, size), *self._marks(k)]
        kind = "output" if k in self.plan.results else "gradient" if COTANGENT.search(v.name) else "variable"
        return Box(self.name(k), tuple(lines), kind, tip=f"step {self.numbers[k]}: {op}, {_size(v)}, {size} bytes")

    def _title(self, k: int) -> Line:
        names, number = self.variables.get(k), self.numbers[k]
        kind = "gradient" if COTANGENT.search(self.items[k].name) else "equation"
        if names:
            text = " = ".join(names)
            return Line(rf"{number}. \; {' = '.join(map(self.symbol, names))}", f"{number}. {text}", f"step {number}, {words(text)}", kind)
        name = _declared(self.items[k].name)
        return Line(rf"{number}. \; \text{{for }} {self.symbol(name)}", f"{number}. for {name}", f"step {number}, for {words(name)}", kind)

    def _operation(self, v: Step, op: str) -> Line:
        operands = [self._operand(i) for i in v.inputs]
        latex, names = COMMA.join(latex for latex, _ in operands), [name for _, name in operands]
        said = op.replace("_", " ")
        return Line(rf"\text{{{said}}}({latex})", f"{op}({', '.join(names)})", f"{said} of {_and(names)}", "value")

    def _operand(self, k: int) -> tuple[str, str]:
        """A leaf by its symbol, a constant by its number, a step by its place; in text by its number, for a leaf may be called b2 too."""
        v = self.items[k]
        if v.op in GIVEN:
            return self.symbol(v.extra), v.extra
        if v.op == "constant":
            return str(notation.number(v.extra)), number_text(v.extra)
        if v.op in WRITTEN:
            word = v.extra[1] if v.op == "made" else "array"
            return rf"\text{{{word}}}", word
        return _code(self.rows[k][2]), self.name(k)

    def _place(self, k: int, place: str, size: int) -> Line:
        if self.plan.is_view(k):
            text = f"{place}, another view"
            return Line(rf"{_code(place)} \text{{, another view}}", text, f"{text} at its operand, nothing computed", "value")
        over = self.taken_over(k)
        how = "" if over is None else " in place"
        said = f"in {place}, {size} bytes" + (f", in place: it takes over the buffer of {self.name(over)}" if over is not None else "")
        return Line(rf"{_code(place)} \text{{{how}, {size} bytes}}", f"{place}{how}, {size} bytes", said, "value")

    def taken_over(self, k: int) -> int | None:
        """The operand whose place a step writes its result into."""
        if self.plan.is_view(k):
            return None
        return next((i for i in self.items[k].inputs if i in self.rows and self.rows[i][2] == self.rows[k][2]), None)

    def _marks(self, k: int) -> list[Line]:
        found = []
        served = self.served(k)
        if len(served) > 1:
            latex = rf"\text{{shared: }} {COMMA.join(map(self.symbol, served))}"
            found.append(Line(latex, f"shared: {', '.join(served)}", f"shared by {_and(served)}", "mark"))
        if self.is_stacked(k):
            found.append(Line(r"\text{stacked}", "stacked", "stacked: several products at once", "mark"))
        return found

    def is_stacked(self, k: int) -> bool:
        """Whether a step brings several values one below the other, or computes with such."""
        return self.items[k].op == "blocks" or (not self.plan.is_view(k) and any(map(self._is_block, self.items[k].inputs)))

    def _is_block(self, k: int) -> bool:
        v = self.items[k]
        return v.op == "blocks" or (v.op == "leaf" and BESIDE in v.extra) or (v.op == "slice" and self._is_block(v.inputs[0]))

    def served(self, k: int) -> list[str]:
        """The declared variables that a value is computed for once: those it is all of, and those that asked for an equal operation."""
        asked = (self.items[k].name, *self.steps.duplicates.get(k, ()))
        named = dict.fromkeys(name for name in map(_declared, asked) if name in self.found and self.reads(self.found[name], k))
        return list(dict.fromkeys((*named, *self.variables.get(k, ()))))

    def reads(self, user: int, k: int) -> bool:
        """Whether a value is made of another; inputs have smaller numbers."""
        waiting, seen = [user], {user}
        while waiting:
            at = waiting.pop()
            if at == k:
                return True
            new = {i for i in self.items[at].inputs if i >= k} - seen
            seen |= new
            waiting.extend(new)
        return False

    # --- arrows ---------------------------------------------------------------------------------------------------------------------

    def edges(self, k: int) -> list[Edge]:
        """One arrow from each operand that is no number."""
        over = self.taken_over(k)
        operands = [i for i in dict.fromkeys(self.items[k].inputs) if self.items[i].op not in WRITTEN]
        kinds = {i: ("in place", "hands over its buffer") if i == over else ("forward", "") for i in operands}
        return [Edge(self.name(i), self.name(k), words=said, kind=kind) for i, (kind, said) in kinds.items()]

    # --- what has no step -----------------------------------------------------------------------------------------------------------

    def left_out(self) -> list[Box]:
        """The nodes of the graph whose value no result needs, and those that were numbers before the plan was written."""
        dropped, folded = [], []
        for name, k in self.found.items():
            node = self.nodes[name][1]
            number = self.steps.number(k)
            if number is not None and (node.is_declared or node.op != "constant"):
                folded.append(self._called(node, rf" = {notation.number(number)}", f" = {number_text(number)}"))
            elif number is None and not self.is_there(k):
                dropped.append(self._called(node, *((r"\text{, not read}", ", not read") if node.is_leaf else ("", ""))))
        lists = (("dropped nodes", "dropped: no result needs them", dropped), ("folded nodes", "folded: known beforehand", folded))
        return [_list_box(name, title, lines) for name, title, lines in lists if lines]

    def is_there(self, k: int) -> bool:
        """Whether a value is computed, by itself or as a slice of a block."""
        return k in self.needed or (self.items[k].op == "slice" and self.is_there(self.items[k].inputs[0]))

    def _called(self, node: Node, latex: str, text: str) -> Line:
        """A node by its symbol, one without a name of its own as an operation for the variable it belongs to."""
        name = _declared(node.name)
        if not node.is_declared:
            said = node.op.replace("_", " ")
            latex, text = rf"\text{{ ({said})}}{latex}", f" ({said}){text}"
        return Line(self.symbol(name) + latex, name + text, words(name) + text, "dropped")

    # --- names ----------------------------------------------------------------------------------------------------------------------

    def name(self, k: int) -> str:
        """What a box is called: its leaf, or its step."""
        return self.items[k].extra if self.items[k].op in GIVEN else f"step {self.numbers[k]}"

    def symbol(self, name: str) -> str:
        if BESIDE in name:
            return rf"[{COMMA.join(map(self.symbol, name.split(BESIDE)))}]"
        if name not in self.nodes:
            return rf"\text{{{name}}}"
        graph, node = self.nodes[name]
        return str(notation.symbol(graph, node.name))


def _owners(nodes: Mapping[str, tuple[Graph, Node]]) -> dict[str, tuple[Graph, Node]]:
    """Variables that only inner nodes are left of, such as a gradient that is summed as it is made: for their symbols."""
    found = {}
    for graph, node in nodes.values():
        name = _declared(node.name)
        if name and name not in nodes:
            alone = Node(name, "input", (), node.shape)
            found[name] = (Graph(graph.name, (alone,), (name,), graph.document), alone)
    return found


def _declared(name: str) -> str:
    """The variable that an automatic name belongs to: that of `z:1` is z, that of its cotangent `z:1_bar` is z_bar."""
    return re.sub(f"{INNER}[^_]*", "", name)


def _and(names: Sequence[str]) -> str:
    return " and ".join(map(words, names))


def _code(name: str) -> str:
    return rf"\mathtt{{{name}}}"


def _size(v: Step) -> str:
    """The shape of one example's value, in words."""
    return f"shape {' by '.join(map(str, v.core))}" if v.core else "a number"


def _list_box(name: str, title: str, lines: Sequence[Line]) -> Box:
    """A box with a title and what it is about, the first of many."""
    more = f"and {len(lines) - LISTED} more"
    rest = (Line(rf"\text{{{more}}}", more, more, "dropped"),) if len(lines) > LISTED else ()
    return Box(name, (Line(rf"\text{{{title}}}", title, title, "dropped"), *lines[:LISTED], *rest), "dropped", tip=title)
