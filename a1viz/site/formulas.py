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

FORMULA = re.compile(r'(\(?)<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\2>([^\s<&]{0,12})', re.DOTALL)
AFTER_RAW_HTML = 5  # Python-Markdown puts raw HTML, as which formulas come, back at 30


def typeset_formulas(html: str) -> str:
    r"""Replace what pymdownx.arithmatex (generic) leaves, `\(...\)` and `\[...\]`, by inline SVG; no line begins with what follows.

    >>> "<svg" in typeset_formulas('<span class="arithmatex">\\(x\\)</span>')
    True
    >>> typeset_formulas('(<span class="arithmatex">\\(x\\)</span>), so').startswith('<span class="a1viz-unbroken">(<svg')
    True
    """

    def one(found: re.Match[str]) -> str:
        latex, is_display, before, after = unescape(found[4]).strip(), found[3] == "[", found[1], found[5]
        picture = inline_svg(latex, display=is_display, alt=formula_words(latex) or latex)
        if is_display:
            return f'{before}<div class="a1viz-math-block" tabindex="0" role="group">{picture}</div>{after}'
        return f'<span class="a1viz-unbroken">{before}{picture}{after}</span>' if before or after else picture

    return FORMULA.sub(one, html)


def makeExtension(**settings: Any) -> Any:
    """The extension: Python-Markdown asks for this name."""
    from markdown.extensions import Extension

    extension = Extension(**settings)
    writer = SimpleNamespace(run=typeset_formulas)
    extension.extendMarkdown = lambda md: md.postprocessors.register(writer, "a1viz_formulas", AFTER_RAW_HTML)
    return extension
