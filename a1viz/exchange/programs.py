"""A graph as a program: one line per equation, with the names on paper, forward and backward; in NumPy, PyTorch or JAX.

In NumPy the backward equations are written out, as `derive` has them; PyTorch and JAX differentiate the forward program themselves.
"""

from __future__ import annotations

import keyword
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..base.errors import GraphError, InputError, OutputError, did_you_mean, shown
from ..base.limits import PROGRAM_NUMBERS
from ..base.naming import free_name
from ..calculus.autodiff import derived_name, differentiable, every_variable
from ..calculus.derivation import joint_graph
from ..calculus.interpreter import outputs_and_loss
from ..calculus.losses import given_graph, seeds
from ..calculus.rewriting import expand_bodies
from ..graph.arguments import GraphOrName
from ..graph.attributes import SIZED, dims_in
from ..graph.leaves import gather
from ..graph.nodes import Graph, Node, with_outputs
from ..graph.operators import OPS
from ..graph.printing import PrintedOperand, size_operand
from ..graph.shapes import Attrs
from ..graph.sizes import names_of
from ..graph.spelling import spelled
from .differentiated import DIFFERENTIATED, returned
from .libraries import LIBRARIES, RESERVED, Library, Number

WIDTH = 110  # characters of a line with numbers
NEGATIVE = 25  # how strongly the sign of a number binds
TAKEN = frozenset(
    [*keyword.kwlist, "np", "math", "torch", "jax", "jnp", "range", "len", "forward", "gradients", "name", "value", *RESERVED]
)


def to_code(graph: GraphOrName, library: str = "numpy", *, backward: bool = False, of: str = "") -> str:
    """A program of the graph, for one example: the function `forward`, or `gradients`, and a run of it with the document's values.

    With `backward` the function returns the gradients of every variable too, as `a1viz.grad` does, in NumPy by the equations that
    `a1viz.derive` prints; PyTorch and JAX differentiate by themselves, with respect to the leaves. `of` names the loss.

    Raises OutputError for an unknown library, GraphError for operators that it cannot spell. Source: design, section 10.

    >>> from a1viz.graph.equations import parse
    >>> print(to_code(parse("y = W @ x", x=["D"], W=["N", "D"])).split("\\n\\n\\n")[1])
    def forward(x, W):
        y = W @ x
        return {"y": y}
    """
    if not isinstance(library, str) or library not in LIBRARIES:
        raise OutputError(
            f"unknown library {shown(library)}{did_you_mean(str(library), LIBRARIES)}; programs are for {', '.join(LIBRARIES)}"
        )
    given = spelled(given_graph(graph, of, None))
    return _Program(given, LIBRARIES[library]).text(backward)


class _Program:
    """Names what a program of one graph contains, and puts its lines down one after the other."""

    def __init__(self, graph: Graph, library: Library) -> None:
        self.graph, self.library = graph, library
        self.names: dict[str, str] = {}
        self.printed: dict[str, PrintedOperand] = {}

    def text(self, backward: bool) -> str:
        outputs = outputs_and_loss(self.graph) if backward else self.graph.outputs
        forward = with_outputs(self.graph, outputs)
        handed = seeds(self.graph) if backward else ()
        if backward and self.library.name == "numpy":
            functions = [self.written_out(outputs)]
        else:
            functions = [self.function("forward", forward, outputs, {}), *([self.differentiated(handed)] if backward else [])]
        body = "\n\n\n".join([*functions, *self.main("gradients" if backward else "forward", handed)])
        definitions = self.library.definitions([body])
        uses_math = any("math." in part for part in (*definitions, body))
        imports = ("import math\n\n" if uses_math else "") + self.library.imports
        return "\n\n\n".join([f"{self.title(backward)}\n\n{imports}", *definitions, body]) + "\n"

    def title(self, backward: bool) -> str:
        said = self.graph.document
        title = " ".join((said.title or self.graph.name.replace("_", " ")).split()).replace("\\", "/").replace('"', "'")
        return f'"""{title}: {"values and gradients" if backward else "values"} of one example, in {self.library.title}."""'

    # --- functions ----------------------------------------------------------------------------------------------------------------

    def written_out(self, outputs: Sequence[str]) -> str:
        """The function of values and gradients, by the backprop equations."""
        graph = self.graph
        joint = joint_graph(graph)
        joint = spelled(with_outputs(joint, [*outputs, *(name for name in joint.outputs if name not in outputs)]))
        bars = {derived_name(graph, name, "bar"): name for name in every_variable(graph)}
        ends = {bar: f"{bar}_total" if f"{bar}_total" in joint else bar for bar in bars}
        returned = {bar: end for bar, end in ends.items() if end in joint}
        return self.function("gradients", joint, outputs, returned)

    def function(self, name: str, graph: Graph, outputs: Sequence[str], more: Mapping[str, str]) -> str:
        """A function of the leaves that returns these outputs, and `more` under other names."""
        whole = expand_bodies(graph, whole=[op for op in OPS if self.library.has(op)])
        self.check(whole)
        self.name_all(whole)
        lines = self.sizes(whole)
        is_forward = True
        for node in whole.nodes:
            if is_forward and node.is_declared and not node.is_given and node.name not in self.graph:
                is_forward, lines = False, [*lines, "", "# backward"]
            if not node.is_given:
                lines += self.equation(whole, node)
        found = {**{name: name for name in outputs}, **more}
        lines += returned({name: self.names[source] for name, source in found.items()})
        body = "\n".join(f"    {line}".rstrip() for line in lines)
        return f"def {name}({', '.join(self.names[leaf.name] for leaf in self.leaves(whole))}):\n{body}"

    def leaves(self, graph: Graph) -> list[Node]:
        """The arguments: inputs, the document's parameters, then cotangents that are handed in."""
        own = list(self.graph.leaves)
        return own + [node for node in graph.leaves if node.name not in self.graph]

    def differentiated(self, handed: Sequence[str]) -> str:
        """The function of values and gradients of the leaves, by the library's own differentiation."""
        graph = self.graph
        seeded = {name: derived_name(graph, name, "bar") for name in handed} or {graph.document.loss or graph.outputs[0]: ""}
        bars = {derived_name(graph, name, "bar"): self.names[name] for name in differentiable(graph)}
        leaves = [self.names[node.name] for node in graph.leaves]
        lines = DIFFERENTIATED[self.library.name](leaves, bars, seeded)
        arguments = ", ".join([*leaves, *(bar for bar in seeded.values() if bar)])
        return f"def gradients({arguments}):\n" + "\n".join(f"    {line}" for line in lines)

    def check(self, graph: Graph) -> None:
        """Raise GraphError for operators that have no text."""
        can = self.library.can
        wrong = [n for n in graph.nodes if n.op in OPS and not can(OPS[n.op], [graph[i].shape for i in n.inputs], n.attrs)]
        if wrong:
            listed = ", ".join(dict.fromkeys(f"{node.op} ({node.name})" for node in wrong))
            raise GraphError(
                f"{self.graph.name}: no program in {self.library.title} has {listed}; NumPy's has all operators but sums over a batch"
            )

    def name_all(self, graph: Graph) -> None:
        taken = {*TAKEN, *self.names.values()}
        for node in graph.nodes:
            if node.is_declared and node.name not in self.names:
                self.names[node.name] = free_name(f"{node.name}_" if node.name in TAKEN else node.name, taken)
                taken.add(self.names[node.name])

    # --- lines --------------------------------------------------------------------------------------------------------------------

    def sizes(self, graph: Graph) -> list[str]:
        """A line for each size that is counted with: taken from a leaf, or the document's number."""
        dims = [dim for node in graph.nodes for dim in ((node.value,) if node.op == "size" else dims_in(node.attrs))]
        lines = []
        for size in dict.fromkeys(name for dim in dims for name in names_of(dim)):
            axes = (f"{self.names[leaf.name]}.shape[{leaf.shape.index(size)}]" for leaf in graph.leaves if size in leaf.shape)
            value = next(axes, self.graph.document.sizes.get(size))
            if value is None:
                raise GraphError(f"{self.graph.name}: no input tells the size {size}; give it a default in [sizes]")
            lines.append(f"{size} = {value}")
        return lines

    def equation(self, graph: Graph, node: Node) -> list[str]:
        """The line of one node; none for what stands in the line of another."""
        text = self.applied(graph, node)
        if not node.is_declared:
            self.printed[node.name] = text
            return []
        self.printed[node.name] = PrintedOperand(self.names[node.name])
        return [f"{self.names[node.name]} = {text}"]

    def applied(self, graph: Graph, node: Node) -> PrintedOperand:
        if node.op == "constant":
            return self.constant(node)
        if node.op == "size":
            found = size_operand(node.value)
            return Number(found, found.binding)
        operands = [self.operand(graph[i], node, k) for k, i in enumerate(node.inputs)]
        return self.library.text(OPS[node.op], operands, [graph[i].shape for i in node.inputs], _written(node))

    def constant(self, node: Node) -> PrintedOperand:
        if isinstance(node.value, tuple):
            return PrintedOperand(self.library.array.format(_list_text(np.asarray(node.value), self.library.prefix)))
        number = node.number
        text = _number_text(number, self.library.prefix)
        return Number(text, NEGATIVE if text.startswith("-") else 40)

    def operand(self, read: Node, user: Node, k: int) -> PrintedOperand:
        """An operand; what is counted with is whole."""
        text = self.printed.get(read.name) or PrintedOperand(self.names[read.name])
        op = OPS[user.op]
        if op.is_elementwise or op.is_variadic or op.args[k] not in ("t", "u") or read.op in ("label", "size"):
            return text
        if read.op == "constant" and not isinstance(read.value, tuple):
            return PrintedOperand(str(int(read.number)))
        return PrintedOperand(self.library.whole.format(text))

    # --- the run ------------------------------------------------------------------------------------------------------------------

    def main(self, called: str, handed: Sequence[str]) -> list[str]:
        """The run with the document's values; none where there are no values, or too many to be read."""
        graph = self.graph
        try:
            values: dict[str, Any] = dict(gather(graph, {}).arrays)
            cotangents = {derived_name(graph, name, "bar"): np.asarray(graph.document.cotangents[name], float) for name in handed}
        except (InputError, KeyError):
            return []
        if sum(np.size(value) for value in values.values()) > PROGRAM_NUMBERS:
            return []
        lines = [self.library.setup] if self.library.setup else []
        if self.library.name == "torch":
            lines.append("torch.set_default_dtype(torch.float64)")
        labels = {node.name for node in graph.leaves if node.op == "label"}
        for name in (node.name for node in graph.leaves):
            lines.append(f"{self.names[name]} = {self.array(values[name], name in labels)}")
        lines += [f"{name} = {self.array(value, False)}" for name, value in cotangents.items()]
        arguments = ", ".join([*(self.names[node.name] for node in graph.leaves), *cotangents])
        lines += [f"for name, value in {called}({arguments}).items():", '    print(name, "=", value)']
        body = "\n".join(f"    {line}" for text in lines for line in text.split("\n"))
        return [f'if __name__ == "__main__":\n{body}']

    def array(self, value: Any, is_label: bool) -> str:
        value = np.asarray(value)
        if is_label and not value.ndim:
            return self.library.label.format(int(value))
        return (self.library.labels if is_label else self.library.array).format(_list_text(value, self.library.prefix))


# --- texts ----------------------------------------------------------------------------------------------------------------------------


class _Bare(str):
    """A size in an attribute: its text is code."""

    def __repr__(self) -> str:
        return str(size_operand(self))


def _written(node: Node) -> Attrs:
    return tuple((name, _bare(value) if name in SIZED else value) for name, value in node.attrs)


def _bare(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_bare, value))
    return _Bare(value) if isinstance(value, str) else value


def _number_text(number: float, prefix: str) -> str:
    if math.isfinite(number):
        return repr(float(number))
    return f"{prefix}.nan" if math.isnan(number) else f"{prefix}.inf" if number > 0 else f"-{prefix}.inf"


def _list_text(value: np.ndarray, prefix: str, margin: str = "") -> str:
    """Numbers as nested lists, with a row a line where they are many."""
    line = _line(value, prefix)
    if value.ndim < 2 or len(line) + len(margin) <= WIDTH:
        return line
    rows = "".join(f"{margin}    {_list_text(row, prefix, margin + '    ')},\n" for row in value)
    return f"[\n{rows}{margin}]"


def _line(value: np.ndarray, prefix: str) -> str:
    if value.ndim:
        return f"[{', '.join(_line(part, prefix) for part in value)}]"
    return str(int(value)) if value.dtype.kind in "iu" else _number_text(float(value), prefix)
