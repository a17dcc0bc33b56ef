"""Equations with their numbers: what a variable or an expression is, the values put in, and what comes out. Serves question 2.2."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ..base.limits import DRAWING_SECONDS, WORKED_SIDE
from .step_lists import block

if TYPE_CHECKING:
    from ..calculus.maths import Maths
    from ..graph.nodes import Graph

TWICE = re.compile(r"\\left\((\{\\begin\{pmatrix\}(?:(?!\\begin).)*?\\end\{pmatrix\}\})\\right\)")  # parentheses around a column's own


def worked_html(graph: Graph, texts: Sequence[str], given: Mapping[str, Any]) -> str:
    """A displayed formula for each variable, error signal or expression, what is given side by side. Raises InputError, DocumentError."""
    from ..graph.leaves import check_given
    from ..pictures.sizes import typeset_in
    from ..pictures.typesetting import inline_svg

    check_given(graph, given)
    lines = worked_lines(graph, texts, given)
    count = typeset_in(DRAWING_SECONDS, [latex for latex, _ in lines])
    shown = ""
    for is_given, some in groupby(
        zip(texts, lines[:count], strict=False), lambda line: line[0] in graph.by_name and graph[line[0]].is_leaf
    ):
        blocks = [block(inline_svg(latex, display=True, alt=said), "equation with its numbers") for _, (latex, said) in some]
        shown += f'<div class="a1viz-givens">{"".join(blocks)}</div>' if is_given and len(blocks) > 1 else "".join(blocks)
    return shown + (f"<p>… {len(lines) - count:,} more</p>" if len(lines) > count else "")


def worked_lines(graph: Graph, texts: Sequence[str], given: Mapping[str, Any]) -> list[tuple[str, str]]:
    r"""For each text its formula and the words for it.

    >>> from a1viz.graph.documents import load
    >>> worked_lines(load("two_layer"), ["norm2(h)"], {})[0][1]
    'norm 2(h) equals 65'
    """
    from ..calculus.derivation import joint_graph
    from ..calculus.interpreter import run
    from ..calculus.notation import expression, symbol, with_values
    from ..gradients.checks import everything, expression_over
    from ..pictures.wording import number_words, words

    known = everything(graph, **given)
    joint = joint_graph(graph)
    is_label = {node.name for node in graph.nodes if node.op == "label"}  # formulas count classes from 1, numbers from 0
    numbers = {name: _number(value) for name, value in known.items() if name not in is_label}
    lines = []
    for text in texts:
        if text in known:
            here, name, left = joint, text, str(symbol(joint, text))
            value = known[text]
        else:
            here = expression_over(graph, text, known, f"only: {text}: ")
            here = replace(here, document=replace(here.document, symbols=graph.document.symbols))
            name, left = here.outputs[0], ""
            value = run(here, **known)[name]
        parts = [left] if left else []
        if not here[name].is_leaf:
            parts += [expression(here, name), with_values(here, name, numbers)]
        parts.append(str(_number(value)))
        lines.append((TWICE.sub(r"\1", " = ".join(dict.fromkeys(parts))), f"{words(text)} equals {number_words(value)}"))
    return lines


def _number(value: Any) -> Maths:
    """A number, a matrix, or a vector as a column; in braces, for a superscript."""
    import numpy as np

    from ..calculus.maths import Maths
    from ..graph.operators import ATOM, SUM
    from ..pictures.wording import number_latex

    value = np.asarray(value)
    if value.ndim == 0:
        latex = number_latex(value)
        return Maths(latex, SUM if latex.startswith("-") else ATOM)
    if value.ndim > 2 or max(value.shape) > WORKED_SIDE:
        return Maths(number_latex(value), SUM)
    rows = value[:, None] if value.ndim == 1 else value
    body = r" \\ ".join(" & ".join(map(number_latex, row)) for row in rows)
    return Maths(rf"{{\begin{{pmatrix}} {body} \end{{pmatrix}}}}")
