"""A derivation step by step: who uses a variable, the rule for each use, their sum, and what makes it shorter. Serves question 2.1.2."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from textwrap import indent
from typing import Any, NamedTuple

from ..base.errors import OutputError, did_you_mean
from ..graph.arguments import GraphOrName, Names, names_of
from ..graph.nodes import Builder, Graph, Node, expression_text, inner_nodes
from ..graph.operators import OPS
from ..graph.shapes import Attrs, Shape
from . import notation
from .autodiff import Contribution, backward, backward_with_terms, cotangent_names, every_variable
from .derivation import FORMATS, Derivation, as_written, derive
from .explanation import PrintedEquation, printed_equation, rewrite_step, words_in_latex
from .losses import given_graph, loss_of
from .matching import Identity
from .rewriting import expand_bodies, stable, steps

KINDS = ("use", "rule", "sum", "identity", "collected", "result")


@dataclass(frozen=True)
class WorkedStep:
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
            return f"  {self.done.text}  ->  {self.line.text}"
        return "\n".join([self.done.text, *(f"  where {line.text}" for line in self.where), f"  {self.line.text}"])

    @property
    def latex(self) -> str:
        """Lines for an `aligned` environment."""
        if self.kind == "use":
            return rf"&{self.done.latex} \text{{ }} {self.line.latex}"
        if self.kind == "rule":
            return rf"&\quad {self.done.latex} \text{{ gives }} {self.line.latex}"
        where = [rf"&\quad \text{{where }} {line.latex}" for line in self.where]
        return " \\\\\n".join([f"&{self.done.latex}", *where, rf"&\quad {self.line.latex}"])

    def markdown(self) -> str:
        """An item of a list; the rule for a use is one level below the use."""
        done = self.title + (f": ${self.law.latex}$" if self.law else "")
        if self.kind == "use":
            return f"- {done} ${self.line.latex}$"
        where = ", ".join(f"${line.latex}$" for line in self.where)
        if self.kind == "rule":
            return f"    - `{self.title}` for {where}: ${self.law.latex if self.law else ''}$ gives ${self.line.latex}$"
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
class WorkedDerivation:
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

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex()}\n$$"

    def as_data(self) -> list[dict[str, Any]]:
        """The steps as texts, lists and tables, to be written as JSON."""
        return [step.as_data() for step in self.steps]

    def to(self, format: str) -> str:
        """The steps as text, latex or markdown. Raises OutputError for another format."""
        if format not in FORMATS:
            raise OutputError(f"unknown format {format!r}{did_you_mean(format, FORMATS)}; steps are printed as {', '.join(FORMATS)}")
        return {"text": self.__str__, "latex": self.latex, "markdown": self.markdown}[format]()


def derive_steps(graph: GraphOrName, wrt: Names | None = None, *, of: str = "") -> WorkedDerivation:
    """How `derive` gets the equation of each variable, or of `wrt`, a name or several: every rule, the sum, every identity. `of` names the loss.

    Raises GraphError for an unknown variable, DerivativeError for a class label. Source: question 2.1.2.

    >>> from a1viz.graph.equations import parse
    >>> print(derive_steps(parse("z = x @ x", x=["D"]), "x"))
    """
    graph = given_graph(graph, of, None)
    derivation = derive(graph, wrt)
    names = every_variable(graph) if wrt is None else names_of(wrt)
    order = [name for name in dict.fromkeys(step.variable for step in derivation.steps) if name in names]
    return WorkedDerivation(tuple(step for name in order for step in _worked(graph, name, derivation)))


# --- how they are found -----------------------------------------------------------------------------------------------------------


class Stage(NamedTuple):
    """A graph on its way to the reader, and what was done to get there."""

    done: Identity | str
    graph: Graph


@lru_cache(maxsize=8)
def _stages(graph: Graph) -> tuple[Stage, ...]:
    """The graph with every cotangent, from the rules' own equations to those that `derive` prints."""
    raw = _with_terms(graph)[0]
    made = steps(raw, ("stable", "tidy", "reading"), raw.declared_names)
    return tuple(Stage(done, as_written(graph, now)) for done, _, now in made)


@lru_cache(maxsize=8)
def _with_terms(graph: Graph) -> tuple[Graph, dict[str, list[Contribution]]]:
    """The graph with every cotangent as the rules have it, and what each use of a node contributes."""
    whole, terms = backward_with_terms(graph, every_variable(graph), graph.declared_names)
    return as_written(graph, whole, whole.by_name), terms


@lru_cache(maxsize=8)
def _forward_stages(graph: Graph) -> tuple[Stage, ...]:
    """The graph itself, from the equations that are written to those that are differentiated."""
    made = steps(graph, ("stable",), graph.declared_names, opaque=every_variable(graph))
    found = [Stage(done, now) for done, _, now in made]
    return (*found, Stage("written out by operators that have rules", expand_bodies(found[-1].graph)))


def _worked(graph: Graph, variable: str, derivation: Derivation) -> Iterator[WorkedStep]:
    stages, (raw, terms) = _stages(graph), _with_terms(graph)
    bar = cotangent_names(graph, raw)[variable]
    yield from _given(graph, variable, raw, bar)
    for user in _users(graph, variable):
        yield from _use(graph, variable, bar, user)
    if not raw[bar].is_leaf:
        count = sum(bool(c.term) for c in terms.get(variable, ()))
        title = "the parts added up" if count > 1 else "the only part" if count else "nothing comes down to it"
        yield WorkedStep("sum", variable, title, printed_equation(raw, bar, True), node=bar, graph=raw)
        yield from _changes(variable, bar, stages)
    for step in derivation.steps:
        if step.variable == variable:
            yield WorkedStep("result", variable, "result", PrintedEquation(step.text, step.latex), node=bar, graph=stages[-1].graph)


def _given(graph: Graph, variable: str, raw: Graph, bar: str) -> Iterator[WorkedStep]:
    """What comes from above: the loss's own derivative, or a cotangent that is handed in."""
    if variable == loss_of(graph) and raw[bar].is_leaf:
        yield WorkedStep("use", variable, "what is differentiated:", printed_equation(raw, bar, True), node=bar, graph=raw)
    given = bar.removesuffix("_total")
    if given in raw and raw[given].op == "input" and given not in graph:
        yield WorkedStep("use", variable, "handed in:", PrintedEquation(given, str(notation.symbol(raw, given))))


def _users(graph: Graph, variable: str) -> list[str]:
    """The variables whose equations, as they are differentiated, read this one."""
    forward = stable(graph, every_variable(graph))
    leads, waiting = {variable}, [variable]
    while waiting:
        users = [user for user in forward.uses[waiting.pop()] if user not in leads]
        leads.update(users)
        waiting += [user for user in users if not forward[user].is_declared]
    return [name for name in forward.declared_names if name in leads and name != variable]


def _use(graph: Graph, variable: str, bar: str, user: str) -> Iterator[WorkedStep]:
    """An equation that reads a variable, and the rules by which the cotangent comes down to it; nothing where none does."""
    forward, (raw, terms) = stable(graph, every_variable(graph)), _with_terms(graph)
    leads = {variable}
    for node in inner_nodes(forward, user)[:-1]:
        if not leads.isdisjoint(node.inputs):
            leads.add(node.name)
    rules = []
    waiting, seen = [(user, k) for k in reversed(range(len(forward[user].inputs)))], {user, variable}
    while waiting:
        name, k = waiting.pop()
        operand = forward[name].inputs[k]
        found = [c.term for c in terms.get(operand, ()) if c[:2] == (name, k)] if operand in leads else []
        for term in found:
            title, of, law = _rule_applied(forward, forward[name], k)
            rules.append(WorkedStep("rule", variable, title, _part(raw, term, bar), law, None, (of,), term, raw))
        if found and operand not in seen:
            seen.add(operand)
            waiting += [(operand, j) for j in reversed(range(len(forward[operand].inputs)))]
    if rules:
        yield WorkedStep("use", variable, "used in", printed_equation(graph, user), node=user, graph=graph)
        yield from _changes(variable, user, _forward_stages(graph))
        yield from rules


def _part(raw: Graph, term: str, bar: str) -> PrintedEquation:
    """What a use contributes: nothing, a cotangent that has a name, or an expression."""
    if not term:
        return PrintedEquation("0", "0")
    if raw[term].is_declared and term != bar:
        return PrintedEquation(term, str(notation.symbol(raw, term)))
    return PrintedEquation(expression_text(raw, term, columns=True), notation.expression(raw, term))


def _rule_applied(forward: Graph, node: Node, k: int) -> tuple[str, PrintedEquation, PrintedEquation]:
    """Which operator's rule is applied, to which operand, and the rule itself."""
    op, of = OPS[node.op], forward[node.inputs[k]]
    is_numbered = op.is_variadic or op.indexed
    operands = tuple((o.op == "label", o.shape, o.value if o.op == "label" else None) for o in (forward[i] for i in node.inputs))
    letter, law = _law(op.name, node.attrs, operands, k)
    text = of.name if of.is_declared else expression_text(forward, of.name)
    latex = str(notation.symbol(forward, of.name)) if of.is_declared else notation.expression(forward, of.name)
    text = text if text == letter.text else f"{letter.text} = {text}"
    latex = latex if latex == letter.latex else f"{letter.latex} = {latex}"
    return op.name if is_numbered else op.call, PrintedEquation(text, latex), law


@lru_cache(maxsize=512)
def _law(
    name: str, attrs: Attrs, operands: tuple[tuple[bool, Shape, Any], ...], k: int
) -> tuple[PrintedEquation, PrintedEquation]:
    """The letter of an operand in the operator table, and the rule for it: as the table has it, and as the equations it stands for."""
    op, builder = OPS[name], Builder()
    args = [f"x{j + 1}" for j in range(len(operands))] if op.is_variadic or op.indexed else op.args
    for arg, (is_label, shape, value) in zip(args, operands, strict=True):
        builder.leaf(arg, "label" if is_label else "input", shape, value)
    output = builder.add(name, args, name=builder.free("y"), attrs=attrs)
    graph = builder.graph(name, [output])
    pulled = backward(graph, [args[k]], [output])
    (bar,) = pulled.outputs
    text = expression_text(pulled, bar, columns=True) if op.indexed else op.rules[0 if op.is_variadic else k]
    latex = rf"{notation.equation(graph, output)} \;\Rightarrow\; {notation.equation(pulled, bar)}"
    return PrintedEquation(args[k], str(notation.symbol(graph, args[k]))), PrintedEquation(text, latex)


def _changes(variable: str, name: str, stages: Sequence[Stage]) -> Iterator[WorkedStep]:
    """What each stage does to the equation of `name`, where it does something; the steps belong to `variable`."""
    for (_, before), (done, after) in pairwise(stages):
        if expression_text(before, name, columns=True) == expression_text(after, name, columns=True):
            continue
        old, new = (printed_equation(g, name, True) for g in (before, after))
        if isinstance(done, Identity):
            step = rewrite_step(done, name, before, after, columns=True)
            about = f"  ({done.about})" if done.about else ""
            law = PrintedEquation(step.rule.text + about, step.rule.latex)
            yield WorkedStep("identity", variable, done.name, new, law, old, step.where, name, after)
        else:
            made = [n for n in after.declared_names if n not in before and n in {i for node in inner_nodes(after, name) for i in node.inputs}]
            where = tuple(printed_equation(after, n, True) for n in made)
            yield WorkedStep("collected", variable, done, new, None, old, where, name, after)
