r"""Graphs to LaTeX: symbols by the rules of the paper, equations by the templates of the operator table.

`W1` prints as W^(1), `z1` as z_1, `y_prime` as y', `z1_bar` as z_1 with a bar; vectors are bold lower case, matrices bold upper case.
Precedence is a number on every operand; see `ops`. Serves question 2.1.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ..graph.formulas import split
from ..graph.nodes import Graph, Node, inner_nodes
from ..graph.operators import ATOM, FUNCTION, HADAMARD, OPS, POWER, PRODUCT, SUM, SUPERSCRIPT, Op
from ..graph.printing import PrintedOperand, attributes_text, number_text
from ..graph.shapes import Shape
from .letters import ACCENTS, letter_of, name_parts

NO_ATTRIBUTES = MappingProxyType({"at": ""})
TRANSPOSE, INVERSE, INVERSE_TRANSPOSE = r"^{\top}", "^{-1}", r"^{-\top}"
SILENT = ("{x}", "{v}")  # templates of what is not written
LIMIT = 6000  # characters of one printed expression


class Maths(PrintedOperand):
    """An operand in LaTeX: parentheses that grow with their content, and transposes that join a superscript."""

    def __format__(self, spec: str) -> str:
        text = str(self)
        if spec == "T":
            return transposed(text, self.binding)
        if spec == "I":
            return inverted(text, self.binding)
        weak = self.binding < HADAMARD or self.binding == PRODUCT if spec == "H" else self.binding < int(spec or 0)
        return parenthesised(text) if weak else text


def transposed(text: str, binding: int) -> str:
    """A superscript is joined, W^(1) to W^(1)T; a second transpose undoes the first."""
    if binding != SUPERSCRIPT:
        return (text if binding == ATOM else parenthesised(text)) + r"^{\top}"
    base, _, above = text.rpartition("^{")
    above = above[:-1]
    above = above.removesuffix(r"\top") if above.endswith(r"\top") else above + r"\top"
    return f"{base}^{{{above}}}" if above else base


def inverted(text: str, binding: int) -> str:
    """The inverse matrix; that of a transpose is one superscript."""
    if binding == SUPERSCRIPT and text.endswith(TRANSPOSE):
        return text.removesuffix(TRANSPOSE) + INVERSE_TRANSPOSE
    return (text if binding > SUPERSCRIPT else parenthesised(text)) + INVERSE


def parenthesised(text: str) -> str:
    tall = any(sign in text for sign in (r"\frac", r"\sum", r"\begin"))
    return rf"\left({text}\right)" if tall else f"({text})"


def symbol(graph: Graph, name: str, index: str = "") -> Maths:
    """A variable's symbol; with `index`, that of its entry: a scalar, so not bold."""
    node = graph.by_name[name]
    base, sub, sup, accents = name_parts(graph.document.symbols, name)
    rank = 0 if index else len(node.shape)
    letter = letter_of(base, rank)
    for accent in accents:
        letter = rf"{ACCENTS[accent]}{{{letter}}}"
    below = ",".join(filter(None, (sub, index)))
    text = letter + (f"_{{{below}}}" if below else "") + (f"^{{{sup}}}" if sup else "")
    return Maths(text, SUPERSCRIPT if sup else ATOM)


def expression(graph: Graph, name: str) -> str:
    """The right-hand side of a variable's equation in LaTeX.

    >>> from a1viz.graph.equations import parse
    >>> expression(parse("z = -(W1 @ x)", x=[2], W1=[3, 2]), "z")
    '-\\\\mathbf{W}^{(1)} \\\\, \\\\mathbf{x}'
    """
    printed: dict[str, Maths] = {}
    for node in inner_nodes(graph, name):
        operands = [symbol(graph, i) if graph.by_name[i].is_declared else printed[i] for i in node.inputs]
        printed[node.name] = applied(graph, node, operands) if not node.is_leaf else _leaf(graph, node, name)
    return str(printed[name])


def equation(graph: Graph, name: str) -> str:
    """A variable's whole equation in LaTeX; for a leaf, its symbol."""
    node = graph[name]
    if node.is_leaf and node.op != "constant":
        return str(symbol(graph, name))
    index = split(node.attributes["formula"])[1] if node.op == "einsum" else ""
    return f"{symbol(graph, name, index)} = {expression(graph, name)}"


def _leaf(graph: Graph, node: Node, name: str) -> Maths:
    if node.op == "size":
        return Maths(str(node.value), ATOM if str(node.value).isidentifier() else SUM)
    if node.op == "constant" and node.shape:
        return array(node.value)
    if node.op == "constant" and (node.name == name or not node.is_declared):
        return number(node.number)
    return symbol(graph, node.name)


def number(value: float) -> Maths:
    text = number_text(value).replace("inf", r"\infty")
    mantissa, e, exponent = text.partition("e")
    if e:
        return Maths(rf"{mantissa} \cdot 10^{{{int(exponent)}}}", PRODUCT if value >= 0 else SUM)
    return Maths(text, ATOM if value >= 0 else SUM)


def array(value: tuple[Any, ...]) -> Maths:
    """Numbers as a column or a matrix; of more axes as nested lists."""
    if value and isinstance(value[0], tuple) and not any(isinstance(x, tuple) for row in value for x in row):
        rows = [" & ".join(map(number, row)) for row in value]
    elif not any(isinstance(x, tuple) for x in value):
        rows = list(map(number, value))
    else:
        return Maths(rf"\mathrm{{{number_text(value)}}}", ATOM)
    inside = r" \\ ".join(rows)
    return Maths(rf"\begin{{bmatrix}}{inside}\end{{bmatrix}}", ATOM)


def applied(graph: Graph, node: Node, operands: list[Maths]) -> Maths:
    """One operator applied to printed operands."""
    op = OPS[node.op]
    ranks = [len(graph.by_name[i].shape) for i in node.inputs]
    result = SPECIAL[op.name](graph, node, operands, ranks) if op.name in SPECIAL else None
    if result is None and op.latex in SILENT:
        result = operands[0]  # what is not written binds as its operand does
    if result is None:
        result = from_template(op.latex, node, operands, attributes_latex(op, node, [graph.by_name[i].shape for i in node.inputs]))
    return result if len(result) <= LIMIT else Maths(r"\dots", ATOM)


def from_template(template: str, node: Node, operands: list[Maths], attributes: Mapping[str, str] = NO_ATTRIBUTES) -> Maths:
    op = OPS[node.op]
    names = {op.args[0]: Maths(r",\, ".join(map(str, operands)))} if op.is_variadic else dict(zip(op.args, operands, strict=True))
    return Maths(template.format(**names, **attributes), op.binding)


def attributes_latex(op: Op, node: Node, shapes: Sequence[Shape]) -> dict[str, str]:
    """What a template may name: each attribute as the language writes it, `at`, the axes as a subscript, and `below`, all as one."""
    texts = attributes_text(op, node.attrs, shapes)
    axis = texts.get("axis", "") if len(shapes[0] if shapes else ()) + (op.shape == "stacked") > 1 else ""
    axes = rf"\mathrm{{axis}}\,{axis}" if axis else texts.get("k", "")
    return {**texts, "at": f"_{{{axes}}}" if axes else texts.get("at", ""), "below": _below(op, node)}


def _below(op: Op, node: Node) -> str:
    """The attributes of a convolution or of pooling under its sign: how large a window is, and what is not as usual."""
    said = []
    for name, value in node.attrs:
        sizes = value if isinstance(value, tuple) else (value,) * (len(op.output) if name == "size" else 1)
        text = r" \times ".join(str(size).replace("*", r" \cdot ") for size in sizes)
        said.append(text if name == "size" else rf"\mathrm{{{name}}}\,{text}")
    return "_{" + r",\ ".join(said) + "}" if said else ""


def _identity(graph: Graph, node: Node, operands: list[Maths], ranks: list[int]) -> Maths:
    return operands[0]


def _mul(graph: Graph, node: Node, operands: list[Maths], ranks: list[int]) -> Maths | None:
    if all(ranks):
        return None  # entry by entry, as the table has it
    dot = r"\cdot" if operands[1][:1].isdigit() else r"\,"
    return Maths(f"{operands[0]:20} {dot} {operands[1]:20}", PRODUCT)


def _colsum(graph: Graph, node: Node, operands: list[Maths], ranks: list[int]) -> Maths | None:
    """The sum of a matrix's rows: X' 1."""
    if ranks == [2] and node.attrs == (("axis", (-2,)),):
        return Maths(rf"{operands[0]:T} \mathbf{{1}}", PRODUCT)
    return None


def _expand(graph: Graph, node: Node, operands: list[Maths], ranks: list[int]) -> Maths | None:
    """A vector as a row is its transpose."""
    return Maths(format(operands[0], "T"), SUPERSCRIPT) if ranks == [1] and node.attrs == (("axis", (-2,)),) else None


def _power(graph: Graph, node: Node, operands: list[Maths], ranks: list[int]) -> Maths | None:
    """One over each entry of a matrix, which is not the inverse matrix."""
    return Maths(rf"{operands[0]:36}^{{\circ -1}}", POWER) if ranks[0] > 1 and operands[1] == "-1" else None


def _inner(graph: Graph, node: Node, operands: list[Maths], ranks: list[int]) -> Maths | None:
    if ranks == [1, 1]:
        return Maths(f"{format(operands[0], 'T')} \\, {operands[1]:20}", PRODUCT)
    return _mul(graph, node, operands, ranks) if ranks == [0, 0] else None


def _norm2(graph: Graph, node: Node, operands: list[Maths], ranks: list[int]) -> Maths:
    if not ranks[0]:
        return Maths(f"{operands[0]:36}^{{2}}", POWER)
    kind = "2" if ranks[0] == 1 else "F"
    return Maths(rf"\| {operands[0]} \|_{{{kind}}}^{{2}}", POWER)


def _transpose(graph: Graph, node: Node, operands: list[Maths], ranks: list[int]) -> Maths | None:
    if node.attrs:
        return None
    of = graph.by_name[node.inputs[0]]
    if of.op == "inv" and not of.is_declared:
        return Maths(operands[0].removesuffix(INVERSE) + INVERSE_TRANSPOSE, POWER)
    return Maths(format(operands[0], "T"), SUPERSCRIPT)


def _scatter(graph: Graph, node: Node, operands: list[Maths], ranks: list[int]) -> Maths | None:
    return Maths(rf"\mathbf{{e}}_{{{operands[1]}}}", ATOM) if operands[0] == "1" else None


def _fill(graph: Graph, node: Node, operands: list[Maths], ranks: list[int]) -> Maths | None:
    if not node.shape:
        return operands[0]
    bold = {"0": r"\mathbf{0}", "1": r"\mathbf{1}"}.get(str(operands[0]))
    return Maths(bold, ATOM) if bold else None


def _pick(graph: Graph, node: Node, operands: list[Maths], ranks: list[int]) -> Maths | None:
    """An entry at a class label: y'_t, or the sum over k with the indicator of t = k, as on paper."""
    vector, index = (graph.by_name[i] for i in node.inputs)
    place = node.attributes["axis"] + ranks[0]
    if place and not ranks[1]:  # not along the first axis: a column, say
        return Maths(f"{operands[0]:35}[{':, ' * place}{operands[1]}]", OPS[node.op].binding)
    if index.op != "label":
        return None
    if vector.is_declared:
        return symbol(graph, vector.name, str(operands[1]))
    entry = _entry(graph, vector, "k")
    if entry is None:
        return Maths(f"{operands[0]:40}_{{{operands[1]}}}", ATOM)
    return Maths(rf"\sum_{{k=1}}^{{{index.value}}} \mathbb{{I}}({operands[1]} = k) \, {entry:{FUNCTION}}", SUM)


def _entry(graph: Graph, node: Node, index: str) -> Maths | None:
    """Entry `index` of an expression that works entry by entry, or None."""
    if not node.shape:
        return symbol(graph, node.name) if node.is_declared else number(node.number) if node.op == "constant" else None
    if node.is_declared:
        return symbol(graph, node.name, index)
    op = OPS[node.op]
    entries = [entry for i in node.inputs if (entry := _entry(graph, graph.by_name[i], index)) is not None]
    if not op.is_elementwise or len(entries) < len(node.inputs) or len(node.shape) != 1:
        return None
    return _mul(graph, node, entries, [0, 0]) if op.name == "mul" else from_template(op.latex, node, entries)


def _einsum(graph: Graph, node: Node, operands: list[Maths], ranks: list[int]) -> Maths:
    r"""Entry by entry: \sum_j A_ij B_jk; an entry of the identity matrix is a delta, one of ones is left out."""
    letters, result = split(node.attributes["formula"])
    factors = [_factor(graph, name, x, own) for name, x, own in zip(node.inputs, operands, letters, strict=True)]
    over = "".join(dict.fromkeys(letter for own in letters for letter in own if letter not in result))
    text = r" \, ".join(filter(None, factors)) or "1"
    return Maths(rf"\sum_{{{over}}} {text}", SUM) if over else Maths(text, PRODUCT)


def _factor(graph: Graph, name: str, printed: Maths, index: str) -> str:
    node = graph.by_name[name]
    if node.is_declared or not index:
        return format(symbol(graph, name, index) if index else printed, "20")
    return {"eye": rf"\delta_{{{index}}}", "ones": ""}.get(node.op, f"{printed:40}_{{{index}}}")


SPECIAL = {
    "identity": _identity, "mul": _mul, "power": _power, "inner": _inner, "norm2": _norm2,
    "einsum": _einsum, "transpose": _transpose, "sum": _colsum, "expand": _expand, "scatter": _scatter, "fill": _fill, "pick": _pick,
}  # fmt: skip


def shape(node: Node) -> str:
    """Where a value lives: R^D, R^(H x D), R; a class label in Z_N, T of them in Z_N^T."""
    return space(node.shape, rf"\mathbb{{Z}}_{{{node.value}}}" if node.op == "label" else r"\mathbb{R}")


def space(dims: Shape, numbers: str = r"\mathbb{R}") -> str:
    return numbers + ("^{" + r" \times ".join(map(str, dims)) + "}" if dims else "")
