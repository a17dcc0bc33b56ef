"""What the search of the site reads of a page: formulas in words, code in pieces, and which pages come last.

A page's synonyms are `tags` of its front matter, as the theme's search knows them.
"""

from __future__ import annotations

import re
from typing import Any

BOOSTS = {"gallery/": 0.3, "models/": 0.3, "performance.md": 1e-6, "changelog.md": 1e-6}  # of a page, or of all in a folder; others have 1
DRAWN = "data-a1viz-drawn"
ASIDE = re.compile(rf"<i {DRAWN}>[^<]*</i>")
PICTURE = re.compile(r'<svg [^>]*data-search-exclude=""[^>]*>[^<]*(?:<(?!/?svg)[^<]*)*</svg>')
CODE = re.compile(r"<pre><span></span><code>.*?</code></pre>", re.DOTALL)
PIECE = re.compile(r"\n(?=(?:<[^>]*>|\s)*\n|<span class=\"gp\">|(?:<span[^>]*>)?  ?-)")  # before a blank line, a command, an option
BREAK = '</code></pre><pre data-a1viz-piece=""><code>'
FORMULA = re.compile(r'<svg [^>]*class="a1viz-math[^>]* aria-label="([^"]*)"')


def rank(meta: dict[str, Any], name: str) -> None:
    """Say in a page's metadata how far behind others the search shows it, unless its front matter does."""
    for beginning, boost in BOOSTS.items():
        if name.startswith(beginning):
            meta.setdefault("search", {}).setdefault("boost", boost)


def set_aside(html: str) -> tuple[str, list[str]]:
    """A page with words in the place of each drawing, and the drawings.

    The search reads what is left: the words of a formula, and of a picture nothing, for its caption and its text say what it is.
    Code is in pieces there, so that an answer shows an option and not the whole help that it is in.

    >>> set_aside('<svg class="a1viz-math" aria-label="x bar" data-search-exclude=""></svg>')[0]
    '<i data-a1viz-drawn>x bar</i>'
    """

    def words(found: re.Match[str]) -> str:
        formula = FORMULA.match(found[0])
        return f"<i {DRAWN}>{formula[1] if formula else ''}</i>"

    return CODE.sub(_in_pieces, PICTURE.sub(words, html)), PICTURE.findall(html)


def _in_pieces(code: re.Match[str]) -> str:
    """A block of code as one for each command, paragraph and option, for the search shows the whole block that a word is found in."""
    return PIECE.sub(f"\n{BREAK}", code[0])


def whole(html: str) -> str:
    """The page with each block of code in one piece again."""
    return html.replace(BREAK, "")


def put_back(html: str, drawings: list[str]) -> str:
    """The page with its drawings."""
    first, *others = ASIDE.split(html)
    return first + "".join(map("".join, zip(drawings, others, strict=True)))
