"""How a derivation comes about: who uses a variable, the rule for each use, their sum, and what makes it shorter. Serves question 2.1.2."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from ..base.limits import RULES_TOLD
from ..graph.arguments import GraphOrName, Names, names_of
from ..graph.nodes import Builder, Graph, Node, expression_text, inner_nodes
from ..graph.operators import OPS
from ..graph.shapes import Attrs, Shape
from . import notation
from .autodiff import Contribution, backward, backward_with_terms, cotangent_names, every_variable
from .derivation import Derivation, as_written, derive, joint_graph
from .explanation import PrintedEquation, printed_equation, rewrite_step
from .losses import given_graph, loss_of
from .rewriting import expand_bodies, stable, steps
from .rows import Identity
from .worked_steps import WorkedDerivation, WorkedStep

COLLECTED = {  # what it means that an equation has fewer of these after it was collected
    "scatter": "entries stacked",
    "count": "sizes by their letters",
    "fill": "what broadcasts left as it is",
    "expand": "what broadcasts left as it is",
    "select": "masks joined",
    "transpose": "transposes turned",
    "add": "terms collected",
    "sub": "terms collected",
    "constant": "numbers worked out",
    "neg": "signs gathered",
    "div": "fractions joined",
    "mul": "common factors in front",
}


def derive_steps(graph: GraphOrName, wrt: Names | None = None, *, of: str = "", substitute: bool = False) -> WorkedDerivation:
    """How `derive` gets the equation of each variable, or of `wrt`, a name or several: each rule, the sum, each identity.

    `of` names the loss; `substitute` puts in the numbers that cotangents are, as in `derive`.

    Raises GraphError for an unknown variable, DerivativeError for a class label. Source: question 2.1.2.

    >>> from a1viz.graph.equations import parse
    >>> print(derive_steps(parse("z = W @ x", x=["D"], W=["H", "D"]), "x"))
    x_bar
      used in z = W @ x
        matvec(W, x) for x: vecmat(bar, W)  ->  W.T @ z_bar
      the only part
        x_bar = W.T @ z_bar
      result
        x_bar = W.T @ z_bar
    """
    graph = given_graph(graph, of, None)
    derivation = derive(graph, wrt, substitute=substitute)
    names = every_variable(graph) if wrt is None else names_of(wrt)
    order = [name for name in dict.fromkeys(step.variable for step in derivation.steps) if name in names]
    return WorkedDerivation(tuple(step for name in order for step in _worked(graph, name, derivation, _stages(graph, bool(substitute)))))


class Stage(NamedTuple):
    """A graph on its way to the reader, and what was done to get there."""

    done: Identity | str
    graph: Graph


@lru_cache(maxsize=8)
def _stages(graph: Graph, substitute: bool) -> tuple[Stage, ...]:
    """The graph with every cotangent, from the rules' own equations to those that `derive` prints."""
    raw = _with_terms(graph)[0]
    made = steps(raw, ("stable", "tidy", "reading"), raw.declared_names, avoid=graph.by_name)
    found = [*(Stage(done, as_written(graph, now)) for done, _, now in made), Stage("", joint_graph(graph, False))]
    return (*found, Stage("numbers put in", joint_graph(graph, True))) if substitute else tuple(found)


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


def _worked(graph: Graph, variable: str, derivation: Derivation, stages: Sequence[Stage]) -> Iterator[WorkedStep]:
    raw, terms = _with_terms(graph)
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
    rules: list[WorkedStep] = []
    more = 0
    waiting, seen = [(user, k) for k in reversed(range(len(forward[user].inputs)))], {user, variable}
    while waiting:
        name, k = waiting.pop()
        operand = forward[name].inputs[k]
        found = [c.term for c in terms.get(operand, ()) if c[:2] == (name, k)] if operand in leads else []
        for term in found:
            if len(rules) == RULES_TOLD:
                more += 1
                continue
            title, of, law = _rule_applied(forward, forward[name], k)
            rules.append(WorkedStep("rule", variable, title, _part(raw, term, bar), law, None, (of,), term, raw))
        if found and operand not in seen:
            seen.add(operand)
            waiting += [(operand, j) for j in reversed(range(len(forward[operand].inputs)))]
    if more:
        rules.append(WorkedStep("rule", variable, f"{more:,} more", PrintedEquation("...", r"\dots")))
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
def _law(name: str, attrs: Attrs, operands: tuple[tuple[bool, Shape, Any], ...], k: int) -> tuple[PrintedEquation, PrintedEquation]:
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
            where = tuple(printed_equation(after, n, True) for n in _named(before, after, name))
            yield WorkedStep("collected", variable, done or _collected(before, after, name), new, None, old, where, name, after)


def _named(before: Graph, after: Graph, name: str) -> list[str]:
    """The variables that an equation reads and did not read before, and what new ones read; or the numbers that it no longer reads."""
    had, waiting = _read(before, name), [name]
    found: dict[str, None] = {}
    while waiting:
        more = [n for n in _read(after, waiting.pop()) if n not in had and n not in found]
        found |= dict.fromkeys(more)
        waiting += [n for n in more if n not in before]
    gone = [n for n in had if n in after and not after[n].is_given and n not in _read(after, name) and _is_number(after, n)]
    return [n for n in found if not after[n].is_leaf] + gone


def _is_number(graph: Graph, name: str) -> bool:
    return all(node.op in ("constant", "neg", "identity") for node in inner_nodes(graph, name)) and not _read(graph, name)


def _read(graph: Graph, name: str) -> dict[str, None]:
    """The declared variables in an equation."""
    return {i: None for node in inner_nodes(graph, name) for i in node.inputs if graph[i].is_declared}


def _collected(before: Graph, after: Graph, name: str) -> str:
    """In words, what collecting did to an equation."""
    made = [n for n in _named(before, after, name) if n not in before]
    had, has = _operators(before, [name]), _operators(after, [name, *made])
    if had["scatter"] > has["scatter"] and has["stack"]:
        return COLLECTED["scatter"]
    fewer = [words for op, words in COLLECTED.items() if had[op] > has[op]]
    return ", ".join(dict.fromkeys([*fewer, *(["what is shared gets a name"] if made else [])])) or "factors put in order"


def _operators(graph: Graph, names: Sequence[str]) -> Counter[str]:
    """How often each operator stands in these equations, and numbers."""
    inner = [node for name in names for node in inner_nodes(graph, name)]
    numbers = [graph[i] for node in inner for i in node.inputs if graph[i].is_leaf and not graph[i].is_declared]
    return Counter(node.op for node in (*(n for n in inner if not n.is_leaf), *numbers))
