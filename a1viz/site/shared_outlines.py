"""Outlines of glyphs that a page uses again and again are in it once: formulas and pictures refer to them."""

from __future__ import annotations

import re
from collections import Counter

FORMULA = re.compile(r'<svg [^>]*class="a1viz-math[^>]*>.*?</svg>', re.DOTALL)
DEFINITIONS = re.compile(r"<defs>\s*(?:<path [^>]*/>\s*)*</defs>")
GLYPH = re.compile(r'<path d="(?P<outline>[^"]+)"(?P<place> transform="[^"]*")?/>')
DEFINED = re.compile(r'<path id="(?P<id>[^"]+)" d="(?P<outline>[^"]+(?:" transform="[^"]*)?)"/>\s*')
MOVED = re.compile(r' transform="translate\(([-\d.]+) ([-\d.]+)\)"')
REFERENCE = re.compile(r'(?<=<use href="#)[^"]+')
SHORT = 40  # characters of an outline that takes no more room than a reference to it


def shared_outlines(html: str) -> str:
    """The page with every outline that occurs twice or more defined once, after its heading.

    >>> formula = '<svg class="a1viz-math"><path d="M1 2{}" transform="translate(3 4)"/></svg>'.format("L5 6" * 20)
    >>> shared_outlines("<h1>Twice</h1>" + 2 * formula).partition("</defs></svg>")[2][:65]
    '<svg class="a1viz-math"><use href="#a1viz-g0" x="3" y="4"/></svg>'
    """
    found = [
        *(glyph["outline"] for formula in FORMULA.findall(html) for glyph in GLYPH.finditer(formula)),
        *(glyph["outline"] for defined in DEFINITIONS.findall(html) for glyph in DEFINED.finditer(defined)),
    ]
    often = (outline for outline, count in Counter(found).items() if count > 1 and len(outline) > SHORT)
    names = {outline: f"a1viz-g{k}" for k, outline in enumerate(often)}
    if not names:
        return html
    gone: dict[str, str] = {}

    def left(glyph: re.Match[str]) -> str:
        if glyph["outline"] not in names:
            return glyph[0]
        gone[glyph["id"]] = names[glyph["outline"]]
        return ""

    html = FORMULA.sub(lambda formula: GLYPH.sub(lambda glyph: used(glyph, names), formula[0]), html)
    html = DEFINITIONS.sub(lambda defined: DEFINED.sub(left, defined[0]), html)
    html = REFERENCE.sub(lambda found: gone.get(found[0], found[0]), html)
    outlines = "".join(f'<path id="{name}" d="{outline}"/>' for outline, name in names.items())
    # not `display: none`, in which some browsers find no outlines
    shared = f'<svg width="0" height="0" style="position:absolute" aria-hidden="true" focusable="false"><defs>{outlines}</defs></svg>'
    head, heading, rest = html.partition("</h1>")
    return head + heading + shared + rest if heading else shared + html


def used(glyph: re.Match[str], names: dict[str, str]) -> str:
    """A reference to a shared outline, where the glyph was."""
    if glyph["outline"] not in names:
        return glyph[0]
    place = MOVED.sub(r' x="\1" y="\2"', glyph["place"] or "")
    return f'<use href="#{names[glyph["outline"]]}"{place}/>'
