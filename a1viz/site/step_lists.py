"""Steps as lists in HTML: equations, identities and what they do, derivations step by step."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from ..base.limits import DRAWING_SECONDS

if TYPE_CHECKING:
    from ..calculus.explanation import PrintedEquation, RewriteStep
    from ..calculus.worked_steps import WorkedDerivation, WorkedStep


def equation_list(equations: Sequence[tuple[str, str]]) -> str:
    """Equations in LaTeX and in words, a line each, as a list that can be read aloud."""
    from ..pictures.sizes import typeset_in
    from ..pictures.typesetting import inline_svg

    count = typeset_in(DRAWING_SECONDS, [latex for latex, _ in equations])
    items = "".join(f"<li>{inline_svg(latex, alt=said)}</li>" for latex, said in equations[:count])
    return f'<ol class="a1viz-derivation" tabindex="0">{items}{more(len(equations) - count)}</ol>'


def rewrite_list(steps: Sequence[RewriteStep]) -> str:
    """Each identity, and the equation before and after."""
    from ..pictures.sizes import typeset_in
    from ..pictures.typesetting import inline_svg
    from ..pictures.wording import words

    items = []
    lines_of = [(*step.where, step.before, step.after) for step in steps]
    count = typeset_in(
        DRAWING_SECONDS, [step.rule.latex + "".join(x.latex for x in lines) for step, lines in zip(steps, lines_of, strict=True)]
    )
    for step in steps[:count]:
        lines = [(words(line.text), line.latex.replace(" = ", " &= ", 1)) for line in (*step.where, step.before)]
        lines.append((f"becomes {words(step.after.text)}", "&= " + step.after.latex.partition(" = ")[2]))
        latex = r"\begin{aligned}" + r" \\ ".join(line for _, line in lines) + r"\end{aligned}"
        formula = block(inline_svg(latex, display=True, alt="; ".join(said for said, _ in lines)), "before and after")
        rule = inline_svg(step.rule.latex, alt=words(step.rule.text))
        items.append(f"<li>{escape(capitalised(step.identity.name))}: {rule}{formula}</li>")
    return f'<ol class="a1viz-steps">{"".join(items)}{more(len(steps) - count)}</ol>' if items else "<p>No identity applies.</p>"


def worked_lists(worked: WorkedDerivation) -> str:
    """A list for each variable: where it is used, below each use the rules, then their sum and what is done to it."""
    from ..pictures.sizes import typeset_in

    count = typeset_in(DRAWING_SECONDS, [step.latex for step in worked.steps])
    lists: dict[str, list[tuple[str, list[str]]]] = {}  # variable -> steps, with the rules below each
    for step in worked.steps[:count]:
        items = lists.setdefault(step.variable, [])
        if step.kind == "rule":
            items[-1][1].append(_worked_item(step))
        else:
            items.append((_worked_item(step), []))
    made = ""
    for items in lists.values():
        rows = "".join(f"<li>{item}<ul>{''.join(rules)}</ul></li>" if rules else f"<li>{item}</li>" for item, rules in items)
        made += f'<ol class="a1viz-steps">{rows}</ol>'
    left_out = len(worked.steps) - count
    return made + (f"<p>… {left_out:,} more</p>" if left_out > 0 else "")


def _worked_item(step: WorkedStep) -> str:
    title, where = escape(step.title), ", ".join(map(_formula, step.where))
    if step.kind == "rule":
        applied = f"<code>{title}</code> for {where}: {_formula(step.law)} gives {_formula(step.line)}" if step.law else title
        return f"<li>{applied}</li>"
    if step.kind == "use":
        return f"{capitalised(title)} {_formula(step.line)}"
    law = f": {_formula(step.law)}" if step.law else ""
    return f"{capitalised(title)}{law}{f', where {where}' if where else ''}{_formula(step.line, display=True)}"


def _formula(equation: PrintedEquation, display: bool = False) -> str:
    from ..pictures.typesetting import inline_svg
    from ..pictures.wording import words

    made = inline_svg(equation.latex, display=display, alt=words(equation.text))
    return block(made, "equation") if display else made


def more(count: int) -> str:
    """The last item of a list that leaves some out."""
    return f"<li>… {count:,} more</li>" if count > 0 else ""


def block(formula: str, label: str) -> str:
    """A displayed formula that scrolls."""
    return f'<div class="a1viz-math-block" tabindex="0" role="group" aria-label="{label}">{formula}</div>'


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
