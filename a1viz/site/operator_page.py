"""The page of all operators: of each its call, its value, its derivatives, its cost and what happens where it is hard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from ..calculus import notation
from ..calculus.autodiff import backward, tangent
from ..calculus.line_breaks import broken
from ..calculus.rewriting import expand_bodies, rewrite
from ..graph.nodes import Builder, Graph
from ..graph.operators import TABLE, Op
from ..graph.shapes import Shape
from ..graph.sizes import multiplied

LINE = 45  # letters of a formula in one line
READABLE = {  # what a rule's formula has to read, by what the table computes with
    "1.1283791670955126": r"\tfrac{2}{\sqrt{\pi}}",
    "0.3989422804014327": r"\tfrac{1}{\sqrt{2 \pi}}",
    "1.4142135623730951": r"\sqrt{2}",
    "1.5957691216057308": r"2 \sqrt{2 / \pi} \, ",
    "1.0507009873554805": r"1.05070\ldots",
    "1.7580993408473766": r"1.75809\ldots",
    " - 1 - 1}": " - 2}",
}
GROUPS = {  # the first operator of each group of the table, and the group's heading
    "identity": "Arithmetic",
    "exp": "Entrywise functions",
    "log1p": "Activations and losses",
    "step": "Comparisons and choices",
    "transpose": "Products",
    "sum": "Sums and copies",
    "max": "Reductions",
    "softmax": "Probabilities",
    "pick": "Entries and shapes",
    "conv1d": "Convolution and pooling",
    "trace": "Diagonals and triangles",
    "det": "Determinants and inverses",
    "eye": "Arrays made from sizes",
    "einsum": "Sums over named axes",
}
HEAD = (
    "# Operators\n\n"
    "What [the equation language](documents.md#the-language) can call. Parser, derivatives, printer, costs and this page read one table; "
    "`a1viz derive` shows its rules at work.\n\n"
    "- **Operator**: its call and, below, the shapes it maps. `()` is any scalar or each entry of an array, `(*)` a whole value, "
    "`(1)` an axis kept with one entry. Then its cost, unless that is 0: multiplications and divisions, for one example, "
    "or for one entry where it works entry by entry.\n"
    r"- **Derivatives**: first backward, where \(\bar y\) is the cotangent of the output, then forward, where \(\dot x\) is the tangent of "
    "an argument. An operator made of others has the derivatives and the cost of what it is made of.\n\n"
)


def operators_page() -> str:
    """The operator table in typeset maths, in groups."""
    parts: list[str] = []
    for op in (op for op in TABLE if not op.batch):
        if op.name in GROUPS:
            parts += ["</tbody></table>\n"] * bool(parts) + [_begun(GROUPS[op.name])]
        parts.append(_row(op))
    return HEAD + "\n".join([*parts, "</tbody></table>\n"])


def _begun(heading: str) -> str:
    head = "".join(f"<th>{title}</th>" for title in ("operator", "value", "derivatives"))
    return f'## {heading}\n\n<table class="a1viz-operators a1viz-rules"><thead><tr>{head}</tr></thead><tbody>'


def _row(op: Op) -> str:
    signature = escape(op.signature).replace(",(", ",<wbr>(").replace("-&gt;", "<wbr>-&gt;")
    cost = "" if op.muls in ("0", "formula") or op.body else f"<br><small>cost {op.muls.replace('*', '1 per entry')}</small>"
    call = f'<td id="{op.name}"><code>{escape(op.call)}</code><br><code>{signature}</code>{cost}</td>'
    if op.body:
        formulas = f'<td colspan="2">{_maths(_forward(op))}</td>'
    else:
        formulas = f"<td>{_maths(_forward(op))}</td><td>{_maths([*_pullbacks(op), *_pushforward(op)])}</td>"
    about = f'<tr class="a1viz-note"><td colspan="3">{_noted(op.about)}</td></tr>' if op.about else ""
    return f"<tr>{call}{formulas}</tr>{about}"


def _noted(about: str) -> str:
    """A remark of the table, as a1viz help prints it, in HTML.

    >>> _noted("x < 1: the `axes`")
    'x &lt; 1: the <code>axes</code>'
    """
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(about))


def _readable(equation: str) -> str:
    for computed, written in READABLE.items():
        equation = equation.replace(computed, written)
    return equation


def _maths(equations: Sequence[str]) -> str:
    lines = (r" \\ &\quad ".join(broken(_readable(equation), LINE)) for equation in equations)
    set_lines = (rf"\begin{{aligned}} &{line} \end{{aligned}}" if r"\\" in line else line for line in lines)
    return "".join(rf'<div><span class="arithmatex">\({escape(_large(line))}\)</span></div>' for line in set_lines) or "0"


def _large(latex: str) -> str:
    r"""The formula with fractions as large as in a line of their own, unless they stand inside something.

    >>> _large(r"\frac{\frac{a}{b}}{c} + d")
    '\\dfrac{\\frac{a}{b}}{c} + d'
    """
    if r"\left" in latex:  # ziamath stretches brackets inside such a fraction over the whole page
        return latex
    depth, parts = 0, []
    for part in re.split(r"(\\frac|[{}])", latex):
        depth += {"{": 1, "}": -1}.get(part, 0)
        parts.append(r"\dfrac" if part == r"\frac" and depth == 0 else part)
    return "".join(parts)


def _applied(op: Op) -> Graph:
    """`y = op(...)` for operands of the shapes its signature asks for, vectors where it works entry by entry."""
    builder = Builder()
    args = [f"{op.args[0]}{k}" for k in (1, 2)] if op.is_variadic else list(op.args)
    signature = [("n",) if axes == ("*",) or op.is_elementwise else axes for axes in op.inputs * (2 if op.is_variadic else 1)]
    shapes, attributes = EXAMPLES.get(op.name, (signature, {}))
    for name, shape in zip(args, shapes, strict=True):
        is_label = name in ("t", "u") and op.name in LABELLED
        builder.leaf(name, "label" if is_label else "input", shape, "n" if is_label else None)
    output = builder.add(op.name, args, name="y", attrs=attributes)
    if len(builder.shape(output)) > 1:
        output = builder.rename(output, "Y")
    return builder.graph("row", [output])


def _windows(x: Shape, w: Shape, y: Shape) -> dict[str, tuple[list[Shape], dict[str, Any]]]:
    """Convolution and pooling of an input with these spatial axes by such windows."""
    X, K, Y = ("c", *x), ("o", "c", *w), ("o", *y)
    columns = multiplied("c", *w), multiplied(*y)
    found: dict[str, list[Shape]] = {
        "conv{}d": [X, K], "conv{}d_input": [Y, K, X], "conv{}d_kernel": [X, Y, K], "unfold{}d": [X, K], "fold{}d": [columns, X, K],
        "max_pool{}d": [x], "max_pool{}d_input": [y, y, x], "max_pool{}d_entries": [x, y, x],
        "avg_pool{}d": [x], "avg_pool{}d_input": [y, x],
    }  # fmt: skip
    return {name.format(len(x)): (shapes, {"size": w, "stride": 1} if "pool" in name else {}) for name, shapes in found.items()}


LABELLED = ("pick", "scatter", "take", "untake", "retake")
EXAMPLES: dict[str, tuple[list[Shape], dict[str, Any]]] = {  # of operators whose signature does not say what they are applied to
    "expand": ([("n",)], {"axis": [-1]}), "squeeze": ([("n", 1)], {"axis": [-1]}), "transpose": ([("m", "n")], {}),
    "take": ([("n", "m"), ("k",)], {}), "untake": ([("k", "m"), ("k",), ("n", "m")], {}),
    "retake": ([("k", "m"), ("k",), ("n",)], {}), "slice": ([("n",)], {"index": [(1, 3)]}),
    "unslice": ([(2,), ("n",)], {"index": [(1, 3)]}), "reshape": ([("m", "n")], {"shape": [-1]}),
    "reshape_like": ([("m", "n"), ("m*n",)], {}),
    **_windows(("q",), ("w",), ("q+1-w",)), **_windows(("p", "q"), ("h", "w"), ("p+1-h", "q+1-w")),
    "eye": ([], {"shape": ["n", "n"]}), "ones": ([], {"shape": ["n"]}), "zeros": ([], {"shape": ["n"]}), "arange": ([], {"shape": ["n"]}),
    "einsum": ([("m", "k"), ("k", "n")], {"formula": "ik,kj->ij"}),
    "stack": ([(), ()], {}), "softmax": ([("n",)], {}), "log_softmax": ([("n",)], {}),
}  # fmt: skip


def _forward(op: Op) -> list[str]:
    graph = _applied(op)
    body = [notation.expression(expand_bodies(graph), graph.outputs[0])] if op.body else []
    return [" = ".join([notation.expression(graph, graph.outputs[0]), *body])]


def _pullbacks(op: Op) -> list[str]:
    """Each argument's cotangent; nothing for those that are always zero."""
    graph = _applied(op)
    return _equations(backward(graph, cotangents=graph.outputs))


def _pushforward(op: Op) -> list[str]:
    """The output's tangent."""
    return _equations(tangent(_applied(op)))


def _equations(derivative: Graph) -> list[str]:
    """The equations of a derivative's outputs, made readable; those that are zero are left out."""
    readable = rewrite(derivative, ("tidy", "reading"))
    nodes = [readable[name] for name in readable.outputs]
    return [notation.equation(readable, n.name) for n in nodes if not (n.op in ("fill", "identity") and n.inputs[0] == ":0.0")]
