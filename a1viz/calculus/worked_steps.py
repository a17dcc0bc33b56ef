"""What a derivation step by step consists of, and how it is printed. Serves question 2.1.2."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from textwrap import indent
from typing import Any

from ..base.results import Cell, Part, Result, Table, Typeset, result_in
from ..graph.nodes import Graph
from .explanation import PrintedEquation, words_in_latex
from .line_breaks import COLUMN, broken, width_of

KINDS = ("use", "rule", "sum", "identity", "collected", "result")


@dataclass(frozen=True)
class WorkedStep(Result):
    """One step of a variable's derivation; `line` is what stands there now: an equation, or the part that one use contributes.

    `law` is the rule or identity applied, `before` the equation that it changed, `where` what it looked through or gave a name.
    `node` has the line's value in `graph`.
    """

    kind: str  # one of KINDS
    variable: str
    title: str
    line: PrintedEquation
    law: PrintedEquation | None = None
    before: PrintedEquation | None = None
    where: tuple[PrintedEquation, ...] = ()
    node: str = ""
    graph: Graph | None = field(default=None, repr=False, compare=False)

    @property
    def done(self) -> PrintedEquation:
        """What is done: the title, what it is applied to, and the rule or identity."""
        to, law = self.where if self.kind == "rule" else (), self.law
        text = self.title + "".join(f" for {part.text}" for part in to) + (f": {law.text}" if law else "")
        latex = rf"\text{{{words_in_latex(self.title)}}}" + "".join(rf" \text{{ for }} {part.latex}" for part in to)
        return PrintedEquation(text, latex + (rf" \text{{: }} {law.latex}" if law else ""))

    def __str__(self) -> str:
        if self.kind == "use":
            return f"{self.title} {self.line.text}"
        if self.kind == "rule":
            return f"  {self.done.text}  ->  {self.line.text}" if self.law else f"  {self.title}"
        return "\n".join([self.done.text, *(f"  where {line.text}" for line in self.where), f"  {self.line.text}"])

    @property
    def cells(self) -> tuple[Cell, Cell]:
        """What is done, and what stands there then."""
        if self.kind == "use" or (self.kind == "rule" and not self.law):
            return Typeset(self.title, rf"\text{{{words_in_latex(self.title)}}}"), self.line.typeset if self.kind == "use" else ""
        return self.done.typeset, self.line.typeset

    def parts(self) -> list[Part]:
        return [Table((), [self.cells])]

    @property
    def latex(self) -> str:
        """Lines for an `aligned` environment."""
        if self.kind == "use":
            return rf"&\text{{{words_in_latex(self.title)} }} {self.line.latex}"
        if self.kind == "rule":
            gives = rf"\text{{gives }} {self.line.latex}" if self.law else ""
            is_long = width_of(self.done.latex) + width_of(gives) > COLUMN
            return rf"&\quad {self.done.latex}" + (rf" \\ &\qquad {gives}" if is_long else rf" \text{{ }} {gives}")
        where = [rf"&\quad \text{{where }} {line.latex}" for line in self.where]
        first, *rest = broken(self.line.latex)
        return " \\\\\n".join([f"&{self.done.latex}", *where, rf"&\quad {first}", *(rf"&\qquad {line}" for line in rest)])

    def markdown(self) -> str:
        """An item of a list; the rule for a use is one level below the use."""
        done = self.title + (f": ${self.law.latex}$" if self.law else "")
        if self.kind == "use":
            return f"- {done} ${self.line.latex}$"
        where = ", ".join(f"${line.latex}$" for line in self.where)
        if self.kind == "rule":
            return f"    - `{self.title}` for {where}: ${self.law.latex}$ gives ${self.line.latex}$" if self.law else f"    - {self.title}"
        return f"- {done}{f', where {where}' if where else ''}\n\n    $$\n    {self.line.latex}\n    $$\n"

    @property
    def target(self) -> PrintedEquation:
        """What the line is an equation of."""
        return PrintedEquation(self.line.text.split()[0], re.split(r" (?:=|\\quad) ", self.line.latex)[0])

    def as_data(self) -> dict[str, Any]:
        """The step as texts, lists and tables, to be written as JSON."""
        data: dict[str, Any] = {"kind": self.kind, "variable": self.variable, "title": self.title, "line": vars(self.line)}
        data |= {name: vars(part) for name, part in (("law", self.law), ("before", self.before)) if part is not None}
        return data | ({"where": [vars(line) for line in self.where]} if self.where else {})


@dataclass(frozen=True)
class WorkedDerivation(Result):
    """The steps of one or several variables' derivations; prints itself as text and shows itself as maths in a notebook."""

    steps: tuple[WorkedStep, ...]

    @property
    def by_variable(self) -> dict[str, list[WorkedStep]]:
        """Each variable's steps, in order."""
        found: dict[str, list[WorkedStep]] = {}
        for step in self.steps:
            found.setdefault(step.variable, []).append(step)
        return found

    def __str__(self) -> str:
        blocks = [[steps[-1].target.text, *(indent(str(step), "  ") for step in steps)] for steps in self.by_variable.values()]
        return "\n\n".join(map("\n".join, blocks))

    def latex(self) -> str:
        """An `aligned` environment, to go between dollar signs."""
        blocks = [" \\\\\n".join([f"&{steps[-1].target.latex}", *(s.latex for s in steps)]) for steps in self.by_variable.values()]
        return "\\begin{aligned}\n" + " \\\\[2ex]\n".join(blocks) + "\n\\end{aligned}"

    def markdown(self) -> str:
        """A list for each variable; its lines are formulas between dollar signs."""
        blocks = [[f"**${steps[-1].target.latex}$**", "", *(step.markdown() for step in steps)] for steps in self.by_variable.values()]
        return "\n\n".join(map("\n".join, blocks))

    def parts(self) -> list[Part]:
        return [
            Table((Typeset(steps[-1].target.text, steps[-1].target.latex), ""), [step.cells for step in steps])
            for steps in self.by_variable.values()
        ]

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex()}\n$$"

    def as_data(self) -> list[dict[str, Any]]:
        """The steps as texts, lists and tables, to be written as JSON."""
        return [step.as_data() for step in self.steps]

    def to(self, format: str) -> str:
        """The steps as text, html, latex or markdown; the LaTeX is an `aligned`. Raises OutputError for another format."""
        return self.latex() if format == "latex" else self.markdown() if format == "markdown" else result_in(self, format, "a derivation")
