"""The formulas of a page as outlines, with their words for those who cannot see them; an extension of Python-Markdown too.

The extension `a1viz.site.formulas` sets what `pymdownx.arithmatex` (generic) leaves in a page, in any site made with Python-Markdown.
"""

from __future__ import annotations

import re
from html import unescape
from types import SimpleNamespace
from typing import Any

from ..pictures.formula_words import formula_words
from ..pictures.typesetting import inline_svg

FORMULA = re.compile(r'([(“]*)<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\2>([^\s<&]{0,12})', re.DOTALL)
WORD = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)
OPENS, CLOSES = ("{", r"\begin", r"\left"), ("}", r"\end", r"\right")
AFTER_RAW_HTML = 5  # Python-Markdown puts raw HTML, as which formulas come, back at 30


def typeset_formulas(html: str) -> str:
    r"""Replace what pymdownx.arithmatex (generic) leaves, `\(...\)` and `\[...\]`, by inline SVG; no line begins with what follows.

    >>> "<svg" in typeset_formulas('<span class="arithmatex">\\(x\\)</span>')
    True
    >>> typeset_formulas('of <span class="arithmatex">\\(x\\)</span>, and')[-18:]
    '</svg>,</span> and'
    """

    def one(found: re.Match[str]) -> str:
        before, _, kind, latex, after = found.groups()
        if kind == "[":
            parts = [_drawn(part, True) for part in side_by_side(unescape(latex).strip())]
            drawn = parts[0] if len(parts) == 1 else " ".join(f"<span>{part}</span>" for part in parts)
            return f'{before}<div class="a1viz-math-block" tabindex="0" role="group">{drawn}</div>{after}'
        drawn = f"{before}{_drawn(unescape(latex).strip(), False)}{after}"
        return f'<span class="a1viz-glued">{drawn}</span>' if before or after else drawn

    return FORMULA.sub(one, html)


def side_by_side(latex: str) -> list[str]:
    r"""The formulas of one line that `\qquad` sets apart: where there is no room for both, one stands below the other.

    >>> side_by_side(r"a = {b \qquad c} , \qquad d = e")
    ['a = {b \\qquad c} ,', 'd = e']
    """
    parts, depth = [""], 0
    for word in WORD.findall(latex):
        depth += word in OPENS
        depth -= word in CLOSES
        if word == r"\qquad" and not depth:
            parts.append("")
        else:
            parts[-1] += word
    return [part.strip() for part in parts]


def _drawn(latex: str, is_display: bool) -> str:
    return inline_svg(latex, display=is_display, alt=formula_words(latex) or latex)


def makeExtension(**settings: Any) -> Any:
    """The extension: Python-Markdown asks for this name."""
    from markdown.extensions import Extension

    extension = Extension(**settings)
    writer = SimpleNamespace(run=typeset_formulas)
    extension.extendMarkdown = lambda md: md.postprocessors.register(writer, "a1viz_formulas", AFTER_RAW_HTML)
    return extension
