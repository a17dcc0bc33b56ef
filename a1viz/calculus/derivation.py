"""The backprop equations, one variable at a time, in the order in which a lecturer derives them. Serves question 2.1.2."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from ..base.results import Part, Result, Table, Typeset, result_in
from ..graph.arguments import GraphOrName, Names, names_of
from ..graph.nodes import Builder, Graph, expression_text, inner_nodes
from . import notation
from .autodiff import backward, cotangent_names, every_variable
from .collecting import collected
from .entrywise import entry_equation
from .identities import IDENTITIES
from .line_breaks import aligned
from .losses import given_graph
from .rewriting import rewrite

COLLECTED = (  # identities that collecting knows itself
    "times one", "power one", "derivative of a square", "derivative of x ** 1", "filled factor", "double transpose",
    "transposed outer product", "transposed matrix times vector", "vector times transposed matrix",
    "transposed product with a transpose first", "transposed product with a transpose last",
)  # fmt: skip
ROWS = tuple(row for row in IDENTITIES if row.name not in COLLECTED)


@dataclass(frozen=True)
class DerivationStep(Result):
    """One equation: the cotangent of one variable, or what several of these have in common, `delta_z`."""

    variable: str
    text: str
    print_latex: Callable[[], str] = field(repr=False, compare=False)

    @cached_property
    def latex(self) -> str:
        return self.print_latex()

    def parts(self) -> list[Part]:
        return [Typeset(self.text, self.latex)]

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Derivation(Result):
    """Backprop equations in order; prints itself as text and shows itself as maths in a notebook."""

    steps: tuple[DerivationStep, ...]

    def __str__(self) -> str:
        return "\n".join(step.text for step in self.steps)

    def latex(self) -> str:
        """An `aligned` environment, to go between dollar signs."""
        return "\\begin{aligned}\n" + " \\\\\n".join(aligned(step.latex) for step in self.steps) + "\n\\end{aligned}"

    def markdown(self) -> str:
        return f"$$\n{self.latex()}\n$$"

    def _repr_latex_(self) -> str:
        return self.markdown()

    def parts(self) -> list[Part]:
        return [Table((), [(Typeset(step.text, step.latex),) for step in self.steps])]

    def to(self, format: str) -> str:
        """The derivation as text, html, latex or markdown; the LaTeX is an `aligned`. Raises OutputError for another format."""
        return self.latex() if format == "latex" else self.markdown() if format == "markdown" else result_in(self, format, "a derivation")


def derive(graph: GraphOrName, wrt: Names | None = None, *, of: str = "", substitute: bool = False, entries: bool = False) -> Derivation:
    """The backprop equations of every variable, or of those that `wrt`, a name or several, needs; parameters last. `of` names the loss.

    `substitute` puts in the numbers that cotangents are: with that of the loss, 1, the error of a softmax is y' - e_t.
    What several equations have in common has one of its own, `delta_z` for what is made of `z_bar`.
    With `entries` each equation is that of one entry, with indices: counted from 0 in text, from 1 in LaTeX.

    Raises GraphError for an unknown variable, DerivativeError for a class label. Source: question 2.1.2.

    >>> from a1viz.graph.equations import parse
    >>> print(derive(parse("z = W @ x; J = norm2(z)", x=["D"], W=["H", "D"])))
    J_bar = 1
    z_bar = 2 * J_bar * z
    x_bar = W.T @ z_bar
    W_bar = outer(z_bar, x)
    """
    graph = given_graph(graph, of, None)
    joint = joint_graph(graph, bool(substitute))
    bars = cotangent_names(graph, joint)
    if wrt is not None:
        wrt = names_of(wrt)
        backward(graph, wrt)  # says what is wrong with a name
        needed = _needed(joint, [bars[name] for name in wrt])
        bars = {v: b for v, b in bars.items() if b in needed}
    parameters = set(graph.parameters)
    variables = [v for v in reversed(graph.declared_names) if v in bars and not graph[v].is_leaf]
    inputs = [v for v in graph.declared_names if v in bars and graph[v].is_leaf and v not in parameters]
    order = [*variables, *inputs, *(v for v in graph.declared_names if v in bars and v in parameters)]
    wanted = [(v, bar) for v in order for bar in dict.fromkeys((bars[v].removesuffix("_total"), bars[v]))]
    step = _entry_step if entries else _step
    return Derivation(tuple(step(joint, v, bar) for v, bar in _with_parts(graph, joint, wanted)))


@lru_cache(maxsize=64)
def joint_graph(graph: Graph, substitute: bool = False) -> Graph:
    """Forward and backward graph in one, with every variable's cotangent, made readable by the identities, and collected."""
    whole = backward(graph, every_variable(graph), keep=graph.declared_names)
    rewritten = rewrite(whole, ("stable", "tidy", "reading"), whole.declared_names, ROWS, avoid=graph.by_name)
    return collected(as_written(graph, rewritten), graph, numbers=substitute)


def as_written(graph: Graph, derivative: Graph, keep: Iterable[str] = ()) -> Graph:
    """The derivative with the forward equations as they were written; only cotangents are rewritten. Automatic nodes may be kept."""
    nodes = dict(graph.by_name)
    for node in derivative.nodes:
        nodes.setdefault(node.name, node)
    return Builder(nodes.values()).graph(derivative.name, derivative.outputs, derivative.document, keep=[*derivative.declared_names, *keep])


def adjoint_names(graph: Graph, joint: Graph) -> dict[str, tuple[str, ...]]:
    """For each declared variable its cotangent in a joint graph, then the parts that several equations share and that are made of it."""
    bars = cotangent_names(graph, joint)
    owners, found = {bar: name for name, bar in bars.items()}, {name: [bar] for name, bar in bars.items()}
    for name in joint.declared_names:
        if name not in graph and name not in owners and not joint[name].is_leaf:
            read = [i for node in inner_nodes(joint, name) for i in node.inputs]
            owners[name] = next(owners[i] for i in read if i in owners)
            found[owners[name]].append(name)
    return {name: tuple(names) for name, names in found.items()}


def _with_parts(graph: Graph, joint: Graph, wanted: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Variables and the cotangents that are their steps; what these have in common comes before the first that reads it."""
    bars = {bar for _, bar in wanted}
    seen: set[str] = set()
    for variable, bar in wanted:
        waiting = [(variable, bar)]
        while waiting:
            _, name = step = waiting[-1]
            read = (i for node in inner_nodes(joint, name) for i in node.inputs)
            below = [(i, i) for i in dict.fromkeys(read) if joint[i].is_declared and i not in graph and i not in bars and i not in seen]
            if below:
                waiting += reversed(below)
                continue
            waiting.pop()
            if name not in seen:
                seen.add(name)
                yield step


def _needed(joint: Graph, bars: Sequence[str]) -> set[str]:
    needed, waiting = set(), list(bars)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(joint[name].inputs)
    return needed


def _step(joint: Graph, variable: str, bar: str) -> DerivationStep:
    if joint[bar].op == "input":
        return DerivationStep(variable, f"{bar}  given", lambda: rf"{notation.symbol(joint, bar)} \quad \text{{given}}")
    return DerivationStep(variable, f"{bar} = {expression_text(joint, bar, columns=True)}", lambda: notation.equation(joint, bar))


def _entry_step(joint: Graph, variable: str, bar: str) -> DerivationStep:
    equation = entry_equation(joint, bar)
    return DerivationStep(variable, equation.text, lambda: equation.latex)
