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

FORMULA = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)
AFTER_RAW_HTML = 5  # Python-Markdown puts raw HTML, as which formulas come, back at 30


def typeset_formulas(html: str) -> str:
    r"""Replace what pymdownx.arithmatex (generic) leaves, `\(...\)` and `\[...\]`, by inline SVG.

    >>> "<svg" in typeset_formulas('<span class="arithmatex">\\(x\\)</span>')
    True
    """

    def one(found: re.Match[str]) -> str:
        latex, is_display = unescape(found[3]).strip(), found[2] == "["
        picture = inline_svg(latex, display=is_display, alt=formula_words(latex) or latex)
        return f'<div class="a1viz-math-block" tabindex="0" role="group">{picture}</div>' if is_display else picture

    return FORMULA.sub(one, html)


def makeExtension(**settings: Any) -> Any:
    """The extension: Python-Markdown asks for this name."""
    from markdown.extensions import Extension

    extension = Extension(**settings)
    writer = SimpleNamespace(run=typeset_formulas)
    extension.extendMarkdown = lambda md: md.postprocessors.register(writer, "a1viz_formulas", AFTER_RAW_HTML)
    return extension
