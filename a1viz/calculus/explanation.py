"""A rewrite step by step: each equation before, the identity applied, the equation after. Serves questions 2.2.2 and 2.3."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..base.results import Part, Result, Table, Typeset, result_in
from ..graph.arguments import GraphOrName, graph_of
from ..graph.nodes import INNER, Builder, Graph, expression_text, inner_nodes
from ..graph.trees import Applied, expression_tree, plant
from . import notation
from .identities import IDENTITIES
from .line_breaks import aligned
from .rewriting import TIDYING, steps
from .rows import Identity


@dataclass(frozen=True)
class PrintedEquation(Result):
    """An equation or an identity, as text and as LaTeX."""

    text: str
    latex: str

    def parts(self) -> list[Part]:
        return [self.typeset]

    @property
    def typeset(self) -> Typeset:
        return Typeset(self.text, self.latex)


@dataclass(frozen=True)
class RewriteStep(Result):
    """One identity applied to one variable's equation."""

    variable: str
    identity: Identity
    rule: PrintedEquation  # the identity itself
    where: tuple[PrintedEquation, ...]  # the equations of variables that the identity looked through
    before: PrintedEquation
    after: PrintedEquation

    def __str__(self) -> str:
        about = f"  ({self.identity.about})" if self.identity.about else ""
        lines = [f"{self.variable}: {self.identity.name}", f"  {self.rule.text}{about}"]
        lines += [f"  where   {line.text}" for line in self.where]
        return "\n".join([*lines, f"  before  {self.before.text}", f"  after   {self.after.text}"])

    def parts(self) -> list[Part]:
        lines = [("", self.rule), *(("where", line) for line in self.where), ("before", self.before), ("after", self.after)]
        return [Table((), [(word, line.typeset) for word, line in lines], caption=f"{self.variable}: {self.identity.name}")]

    @property
    def latex(self) -> str:
        """Lines for an `aligned` environment: what the identity looked through, then the equation before and after."""
        lines = [aligned(line.latex) for line in (*self.where, self.before)]
        return " \\\\\n".join([*lines, aligned(" = " + self.after.latex.partition(" = ")[2]).strip()])


@dataclass(frozen=True)
class Explanation(Result):
    """The steps of a rewrite in order; prints itself as text and shows itself as maths in a notebook."""

    steps: tuple[RewriteStep, ...]
    graph: Graph  # after the last step

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.steps)) or "no identity applies"

    def latex(self) -> str:
        """An `aligned` environment, to go between dollar signs: for each step the identity, then the equation before and after."""
        blocks = [rf"&\text{{{words_in_latex(step.identity.name)}: }} {step.rule.latex} \\" + "\n" + step.latex for step in self.steps]
        return "\\begin{aligned}\n" + " \\\\[1ex]\n".join(blocks) + "\n\\end{aligned}"

    def markdown(self) -> str:
        return f"$$\n{self.latex()}\n$$" if self.steps else "no identity applies"

    def _repr_latex_(self) -> str:
        return self.markdown()

    def parts(self) -> list[Part]:
        return [part for step in self.steps for part in step.parts()] or ["no identity applies"]

    def to(self, format: str) -> str:
        """The explanation as text, html, latex or markdown; the LaTeX is an `aligned`. Raises OutputError for another format."""
        return self.latex() if format == "latex" else self.markdown() if format == "markdown" else result_in(self, format, "an explanation")


def explain(
    graph: GraphOrName, purposes: Sequence[str] = ("norm",), keep: Sequence[str] = (), rows: Sequence[Identity] = IDENTITIES
) -> Explanation:
    """What `rewrite` does, step by step: every identity it applies, and each equation before and after.

    Raises GraphError if a variable to keep is not there. Source: question 2.2.2.

    >>> from a1viz.graph.equations import parse
    >>> print(explain(parse("n = norm2(outer(a, b))", a=["M"], b=["N"])))
    n: norm of an outer product
      norm2(outer(a, b)) = norm2(a) * norm2(b)  (sum of (a_i b_j)^2 = sum of a_i^2 times sum of b_j^2)
      before  n = norm2(outer(a, b))
      after   n = norm2(a) * norm2(b)
    """
    found: list[RewriteStep] = []
    last = graph = graph_of(graph)
    for row, places, now in steps(graph, purposes, keep, rows):
        if isinstance(row, Identity):
            owners = dict.fromkeys(name.partition(INNER)[0] for name in places)
            if any(owner not in now for owner in owners):  # what they were made for is a part of other equations
                owners = dict.fromkeys(name for name in now.declared_names if name in last and not now[name].is_leaf)
            made = [rewrite_step(row, owner, last, now) for owner in owners if owner in now]
            found += [step for step in made if step.before != step.after]
        if row not in TIDYING:  # which the next step shows
            last = now
    return Explanation(tuple(found), last)


def rewrite_step(row: Identity, variable: str, before: Graph, after: Graph, columns: bool = False) -> RewriteStep:
    """What an identity did to a variable's equation, with the equations that it looked through; `columns` as in `expression_text`."""
    gone = _read(before, variable) - _read(after, variable)
    where = [name for name in before.declared_names if name in gone and not before[name].is_leaf]
    looked_through = tuple(printed_equation(before, n, columns) for n in where)
    old, new = (printed_equation(graph, variable, columns) for graph in (before, after))
    return RewriteStep(variable, row, statement(row), looked_through, old, new)


def _read(graph: Graph, variable: str) -> set[str]:
    """The declared variables in a variable's equation."""
    return {i for node in inner_nodes(graph, variable) for i in node.inputs if graph[i].is_declared}


def printed_equation(graph: Graph, variable: str, columns: bool = False) -> PrintedEquation:
    """A variable's equation; `columns` as in `expression_text`."""
    return PrintedEquation(f"{variable} = {expression_text(graph, variable, columns)}", notation.equation(graph, variable))


def statement(row: Identity) -> PrintedEquation:
    """An identity itself; capital letters are matrices, s and what is stacked are scalars, t a class label, all others vectors."""
    builder, stacked, case = Builder(), "stack(" in row.replacement, row.typical
    for name in sorted(_variables(expression_tree(row.pattern)) | _variables(expression_tree(row.replacement))):
        shape = ("n", "n") if name.isupper() else () if name in "st" or stacked else ("n",)
        if name in case.numbers:
            continue
        is_label = name in case.labels or (name == "t" and not case.shapes)
        builder.leaf(name, "label" if is_label else "input", case.shapes.get(name, shape), "n" if is_label else None)
    names: dict[str, Any] = {name: name for name in builder.nodes} | {"axis": None, "keepdims": False, "k": -1, "sizes": ("n", "n")}
    names |= case.attributes
    names |= {name: builder.constant(number) for name, number in case.numbers.items()}
    names |= row.more(builder, names) or {}
    for side, text in (("left", row.pattern), ("right", row.replacement)):
        plant(builder, expression_tree(text), names, side)
    graph = builder.graph(row.name, ["left", "right"])
    left, right = (notation.expression(graph, side) for side in ("left", "right"))
    return PrintedEquation(f"{row.pattern} = {row.replacement}", f"{left} = {right}")


def _variables(tree: object) -> set[str]:
    return {tree} if isinstance(tree, str) else set().union(*map(_variables, tree.operands)) if isinstance(tree, Applied) else set()


def words_in_latex(text: str) -> str:
    """A name of the table, for \\text: no character of it may mean something to LaTeX."""
    return re.sub(r"[^A-Za-z0-9 ,.'()*=-]", " ", text)
