r"""Graphs to LaTeX: symbols by the rules of the paper, equations by the templates of the operator table.

`W1` prints as W^(1), `z1` as z_1, `y_prime` as y', `z1_bar` as z_1 with a bar; vectors are bold lower case, matrices bold upper case.
Precedence is a number on every operand; see `ops`. Serves question 2.1.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..graph.formulas import split
from ..graph.nodes import Graph, Node, inner_nodes
from ..graph.operators import ATOM, FUNCTION, HADAMARD, OPS, POWER, PRODUCT, SUM, Op
from ..graph.printing import attributes_text
from ..graph.shapes import Shape
from .copies import folded, terms_of
from .index_templates import INDEXED
from .indexing import Writing, axes_of, letters_of
from .letters import size_latex
from .maths import NO_ATTRIBUTES, Maths, array, composed, exponent, fraction, number, parenthesised, product, with_below
from .symbols import Mark, symbol, symbols_of

__all__ = ["LIMIT", "Maths", "array", "equation", "expression", "from_template", "number", "parenthesised", "shape", "space", "symbol"]
SILENT = ("{x}", "{v}")  # templates of what is not written
ONES_ROW = r"\mathbf{1}^{\top}"
LIMIT = 6000  # characters of one printed expression


def expression(graph: Graph, name: str, inside: str = "") -> str:
    """The right-hand side of a variable's equation in LaTeX; `inside` is the block instance it is read in.

    >>> from a1viz.graph.equations import parse
    >>> expression(parse("z = -(W1 @ x)", x=[2], W1=[3, 2]), "z")
    '-\\\\mathbf{W}^{(1)} \\\\, \\\\mathbf{x}'
    """
    return _printed(graph, name, inner_nodes(graph, name), inside)[1]


def equation(graph: Graph, name: str, inside: str = "") -> str:
    """A variable's whole equation in LaTeX; for a leaf, its symbol."""
    node = graph[name]
    if node.is_leaf and node.op != "constant":
        return str(symbol(graph, name, inside=inside))
    writing, right = _printed(graph, name, inner_nodes(graph, name), inside)
    index = split(node.attributes["formula"])[1] if node.op == "einsum" else ""
    return f"{writing.symbol(name, index)} = {right}"


def with_values(graph: Graph, name: str, values: Mapping[str, Maths]) -> str:
    """The right-hand side of a variable's equation with printed values in place of the variables that it names.

    >>> from a1viz.graph.equations import parse
    >>> with_values(parse("z = a * b", a=[], b=[]), "z", {"a": Maths("2"), "b": Maths("3")})
    '2 \\\\cdot 3'
    """
    symbols = symbols_of(graph)
    writing = Writing(graph, symbols, symbols.marker([name], ""), applied, dict(values))
    return str(_written(writing, inner_nodes(graph, name), name))


def _printed(graph: Graph, name: str, nodes: Sequence[Node], inside: str) -> tuple[Writing, str]:
    symbols = symbols_of(graph)
    names = dict.fromkeys([name, *(i for node in nodes for i in node.inputs if graph.by_name[i].is_declared)])
    writing = Writing(graph, symbols, symbols.marker(names, inside), applied)
    right = _written(writing, nodes, name)
    terms = terms_of(graph, name) if sum("." in i for i in names) > 2 else []
    if len(terms) > 2:
        right = folded(writing, name, terms, lambda mark, top: _term(graph, top, mark)) or right
    return writing, str(right)


def _term(graph: Graph, name: str, mark: Mark) -> Maths:
    """A term of a sum, with other marks on its variables."""
    writing = Writing(graph, symbols_of(graph), mark, applied)
    return writing.symbol(name) if graph.by_name[name].is_declared else _written(writing, inner_nodes(graph, name), name)


def _written(writing: Writing, nodes: Sequence[Node], name: str) -> Maths:
    for node in nodes:
        if node.is_leaf:
            writing.printed[node.name] = _leaf(writing, node, name)
        else:
            ranks = [len(writing.node(i).shape) for i in node.inputs]
            writing.printed[node.name] = applied(writing, node, [writing.operand(i) for i in node.inputs], ranks)
    return writing.printed[name]


def _leaf(writing: Writing, node: Node, name: str) -> Maths:
    if node.op == "size":
        size = size_latex(node.value)
        return Maths(size, SUM if " + " in size or " - " in size else PRODUCT if " " in size else ATOM)
    if node.op == "constant" and node.shape:
        return array(node.value)
    if node.op == "constant" and (node.name == name or not node.is_declared):
        return number(node.number)
    return writing.symbol(node.name)


def applied(writing: Writing, node: Node, operands: list[Maths], ranks: list[int]) -> Maths:
    """One operator applied to printed operands of these ranks."""
    op = OPS[node.op]
    if len(node.shape) == 2 and op.is_elementwise and any(ranks):
        operands = [_as_column(writing, i, printed, node) for i, printed in zip(node.inputs, operands, strict=True)]
    result = RULES[op.name](writing, node, operands, ranks) if op.name in RULES else None
    if result is None and op.latex in SILENT:
        result = operands[0]  # what is not written binds as its operand does
    if result is None:
        attributes = attributes_latex(writing, op, node) if op.attrs or op.name == "reshape_like" else NO_ATTRIBUTES
        result = from_template(op.latex, node, operands, attributes)
    return result if len(result) <= LIMIT else Maths(r"\dots", ATOM)


def _as_column(writing: Writing, name: str, printed: Maths, user: Node) -> Maths:
    """An operand; a vector that is spread over the columns of a matrix is not to be taken for one that is spread over its rows."""
    is_spread = len(shape := writing.node(name).shape) == 2 and shape[1] == 1 != user.shape[1] and _is_column(writing, name)
    return composed(r"{0:20} \mathbf{{1}}^{{\top}}", PRODUCT, printed) if is_spread else printed


def _is_column(writing: Writing, name: str) -> bool:
    """Whether it is printed as the vector that it is made of."""
    node = writing.node(name)
    if node.is_declared or node.op == "expand":
        return node.op == "expand" and not node.is_declared
    return node.op in ("mul", "div", "neg") and any(_is_column(writing, i) for i in node.inputs)


def from_template(template: str, node: Node, operands: Sequence[Maths], attributes: Mapping[str, str] = NO_ATTRIBUTES) -> Maths:
    """A row's template filled."""
    op = OPS[node.op]
    if op.is_variadic:
        return composed(template, op.binding, **{op.args[0]: Maths(r",\, ".join(map(str, operands)))}, **attributes)
    return composed(template, op.binding, **dict(zip(op.args, operands, strict=True)), **attributes)


def attributes_latex(writing: Writing, op: Op, node: Node) -> dict[str, str]:
    """What a template may name: each attribute as the language writes it, `at`, the axes by their letters, and `below`, all as one."""
    shapes = [writing.node(i).shape for i in node.inputs]
    texts = attributes_text(op, node.attrs, shapes)
    sizes = node.shape[:1] if op.shape == "given" and op.output else node.shape  # of a square matrix one
    texts["shape"] = r" \times ".join(map(size_latex, sizes))
    rank = len(shapes[0]) if shapes else 0
    axes = letters_of(writing, axes_of(node, rank)) if "axis" in op.defaults and rank > 1 else texts.get("k", "")
    return {**texts, "at": f"_{{{axes}}}" if axes else "", "below": _below(op, node)}


def _below(op: Op, node: Node) -> str:
    """The attributes of a convolution or of pooling under its sign: how large a window is, and what is not as usual."""
    said = []
    for name, value in node.attrs:
        sizes = value if isinstance(value, tuple) else (value,) * (len(op.output) if name == "size" else 1)
        text = r" \times ".join(size_latex(size) if isinstance(size, (int, str)) else str(size) for size in sizes)
        said.append(text if name == "size" else rf"\mathrm{{{name}}}\,{text}")
    return "_{" + r",\ ".join(said) + "}" if said else ""


# --- rules that a template cannot say -----------------------------------------------------------------------------------------


def _identity(writing: Writing, node: Node, operands: list[Maths], ranks: list[int]) -> Maths:
    return operands[0]


def _mul(writing: Writing, node: Node, operands: list[Maths], ranks: list[int]) -> Maths:
    negated = _negated(writing, node.inputs[0]) if node.inputs else None
    if negated and (negated.is_declared or negated.op == "power"):
        found = _times(writing, node, _unsigned(operands[0], ATOM if negated.is_declared else POWER), operands[1], ranks)
        return composed("-{0:18}", SUM, found)
    return _times(writing, node, operands[0], operands[1], ranks)


def _times(writing: Writing, node: Node, left: Maths, right: Maths, ranks: list[int]) -> Maths:
    if not all(ranks):
        return product(left, right)
    if _is_total(writing, node, 1):
        return product(right, left)
    if node.inputs and writing.node(node.inputs[1]).op == "ones" and left.endswith(ONES_ROW):
        return left
    first = "20" if _is_scaled(writing, node.inputs[0]) and not left.endswith(ONES_ROW) else "H"
    if right.startswith(r"\log "):
        return composed(f"{{0:{first}}} \\circ {{1:18}}", FUNCTION, left, right)
    return composed(f"{{0:{first}}} \\circ {{1:H}}", HADAMARD, left, right)


def _negated(writing: Writing, name: str) -> Node | None:
    """What an operand is the negative of; the sign can stand in front of the whole."""
    node = writing.node(name)
    return writing.node(node.inputs[0]) if node.op == "neg" and not node.is_declared else None


def _unsigned(printed: Maths, binding: int) -> Maths:
    return Maths(printed[1:], binding, printed.flat and Maths(printed.flat[1:], binding))


def _is_total(writing: Writing, node: Node, k: int) -> bool:
    """Whether an operand is the sum of a whole vector, with its axis kept: printed as a scalar."""
    total = writing.node(node.inputs[k]) if node.inputs else None
    return total is not None and total.op == "sum" and not total.is_declared and total.shape == (1,)


def _is_scaled(writing: Writing, name: str) -> bool:
    """Whether it is printed as scalars times one factor: 2 a x, beside which a product entry by entry needs no brackets."""
    node = writing.node(name)
    if node.is_declared or node.op != "mul":
        return False
    scalar, other = sorted(node.inputs, key=lambda i: len(writing.node(i).shape))
    return not writing.node(scalar).shape and writing.operand(other).binding > PRODUCT


def _turned(writing: Writing, name: str) -> Maths | None:
    """The row that the product of a matrix and a vector is when turned: (W x)^T is x^T W^T."""
    node = writing.node(name)
    if node.is_declared or [len(writing.node(i).shape) for i in node.inputs] != {"matvec": [2, 1], "vecmat": [1, 2]}.get(node.op):
        return None
    template = r"{1:T} \, {0:T}" if node.op == "matvec" else r"{0:T} \, {1:20}"
    return composed(template, PRODUCT, *map(writing.operand, node.inputs))


def _outer(writing: Writing, node: Node, operands: list[Maths], ranks: list[int]) -> Maths | None:
    row = _turned(writing, node.inputs[1]) if ranks == [1, 1] else None
    return composed(r"{0:20} \, {1}", PRODUCT, operands[0], row) if row else None


def _div(writing: Writing, node: Node, operands: list[Maths], ranks: list[int]) -> Maths:
    if not _negated(writing, node.inputs[0]):
        return fraction(*operands)
    return composed("-{0:18}", SUM, fraction(_unsigned(operands[0], PRODUCT), operands[1]))


def _power(writing: Writing, node: Node, operands: list[Maths], ranks: list[int]) -> Maths | None:
    """One over each entry of a matrix, which is not the inverse matrix; roots; exponents that are fractions."""
    above = writing.node(node.inputs[1]) if node.inputs else None
    if above is None or above.op != "constant" or above.is_declared or above.shape:
        return None
    return _raised(operands[0], above.number, ranks[0])


def _raised(base: Maths, power: float, rank: int) -> Maths:
    if power == 0.5:
        return composed(r"\sqrt{{{0}}}", ATOM, base)
    above = r"\circ -1" if power == -1 and rank > 1 else exponent(power)
    return composed("{0:36}^{{{above}}}", POWER, base, above=above)


def _dpow(writing: Writing, node: Node, operands: list[Maths], ranks: list[int]) -> Maths | None:
    """The derivative of a power with a number above: 3 x^2."""
    above = writing.node(node.inputs[1])
    if above.op != "constant" or above.is_declared or above.shape:
        return None
    if above.number == 1:
        return None
    base = operands[0] if above.number == 2 else _raised(operands[0], above.number - 1, ranks[0])
    return product(operands[1], base)


def _inner(writing: Writing, node: Node, operands: list[Maths], ranks: list[int]) -> Maths | None:
    if ranks == [1, 1]:
        turned = _turned(writing, node.inputs[0])
        return composed(r"{0} \, {1:20}" if turned else r"{0:T} \, {1:20}", PRODUCT, turned or operands[0], operands[1])
    return product(*operands) if ranks == [0, 0] else None


def _einsum(writing: Writing, node: Node, operands: list[Maths], ranks: list[int]) -> Maths:
    r"""Entry by entry: \sum_j A_ij B_jk; an entry of the identity matrix is a delta, one of ones is left out."""
    letters, result = split(node.attributes["formula"])
    factors = [_factor(writing, name, x, own) for name, x, own in zip(node.inputs, operands, letters, strict=True)]
    over = "".join(dict.fromkeys(letter for own in letters for letter in own if letter not in result))
    text = r" \, ".join(x for x in factors if x not in ("", "1")) or "1"
    found = Maths(rf"\sum_{{{over}}} {text}", SUM) if over else Maths(text, PRODUCT)
    return Maths(rf"{parenthesised(found)}_{{{result}}}", ATOM) if result and not node.is_declared else found  # part of a whole array


def _factor(writing: Writing, name: str, printed: Maths, index: str) -> str:
    node = writing.node(name)
    if node.is_declared or not index:
        return format(writing.symbol(name, index) if index else printed, "20")
    return {"eye": rf"\delta_{{{index}}}", "ones": ""}.get(node.op, str(with_below(printed, index)))


Rule = Callable[[Writing, Node, list[Maths], list[int]], Maths | None]
RULES: dict[str, Rule] = {
    **INDEXED, "identity": _identity, "mul": _mul, "div": _div, "xdivy": _div, "power": _power, "dpow": _dpow, "inner": _inner,
    "einsum": _einsum, "outer": _outer,
}  # fmt: skip


def shape(node: Node) -> str:
    """Where a value lives: R^D, R^(H x D), R; a class label in Z_N, T of them in Z_N^T."""
    return space(node.shape, rf"\mathbb{{Z}}_{{{size_latex(node.value)}}}" if node.op == "label" else r"\mathbb{R}")


def space(dims: Shape, numbers: str = r"\mathbb{R}") -> str:
    return numbers + ("^{" + r" \times ".join(map(size_latex, dims)) + "}" if dims else "")
