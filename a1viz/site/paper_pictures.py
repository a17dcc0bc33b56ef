"""Our SVG for paper: a file of its own in plain colours, its size, and the words that stand for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from ..pictures.page_widths import LETTERS, letter_height
from ..pictures.themes import in_theme
from .picture_frames import natural_width

FORMULA_STYLE = re.compile(r"width:([0-9.]+)em;height:([0-9.]+)em;vertical-align:(-?[0-9.]+)em")
FONT = re.compile(r"\\(?:mathbf|boldsymbol|mathrm|mathbb|mathcal|mathit|mathsf|mathtt|operatorname|text|boxed)\s*\{([^{}]*)\}")
LOOKS = re.compile(r"\\[,;:!>]|\\(?:q?quad|left|right|[bB]igg?[lr]?|displaystyle|limits)(?![A-Za-z])|\\(?:begin|end)\{aligned\}")
NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
NUMBER = re.compile(r"-?[0-9.]+(?:e[-+]?[0-9]+)?")
VIEW = re.compile(r'viewBox="([^"]+)"')
LABEL = re.compile(r'aria-label="([^"]*)"')
SAID = re.compile(r"<(title|desc)\b[^>]*>(.*?)</\1>", re.DOTALL)
OPENING = re.compile(r"<svg\b[^>]*>")
FOCUS = re.compile(r"<style>[^<]*:focus-visible\{[^<]*</style>")
ON_PAGE = re.compile(r'\s(?:style|role|tabindex|class|focusable|data-[\w-]+|aria-[\w-]+|width|height|xmlns(?::\w+)?)="[^"]*"')


@dataclass(frozen=True)
class PaperPicture:
    """A picture as a file: its SVG, its size in pixels of the page, what it says in words, and how high its letters are, 0 if unknown."""

    svg: bytes
    width: float
    height: float
    words: str
    letters: float = 0


@dataclass(frozen=True)
class PaperFormula:
    """A formula as a file: its SVG, its size and how far it goes below the line, in em, and its source."""

    svg: bytes
    width: float
    height: float
    depth: float
    words: str


def is_formula(svg: str) -> bool:
    return 'class="a1viz-math' in svg[:200]


def is_displayed(svg: str) -> bool:
    return 'class="a1viz-math a1viz-display' in svg[:200]


def paper_formula(svg: str) -> PaperFormula:
    """A formula as `inline_svg` makes it.

    >>> from ..pictures.typesetting import inline_svg
    >>> paper_formula(inline_svg("x")).words
    'x'
    """
    found, said = FORMULA_STYLE.search(svg), LABEL.search(svg)
    assert found is not None
    width, height, below = map(float, found.groups())
    return PaperFormula(_file(svg), width, height, -below, plain_latex(unescape(said[1])) if said else "")


def plain_latex(latex: str) -> str:
    r"""LaTeX without what only changes how it looks, to be read and copied.

    >>> plain_latex(r"\hat{\mathbf{w}} = \big( \mathbf{X}^\top \mathbf{X} \big)^{-1}\, \mathbf{t}")
    '\\hat{w} = ( X^\\top X )^{-1} t'
    """
    while (shorter := FONT.sub(r"\1", latex)) != latex:
        latex = shorter
    return " ".join(LOOKS.sub(" ", latex).split())


def paper_picture(svg: str) -> PaperPicture:
    """A picture of ours or of somebody else's."""
    width, height = _view(svg)
    natural, label = natural_width(svg), LABEL.search(svg)
    said = [" ".join(unescape(re.sub("<[^>]*>", "", words)).split()) for _, words in SAID.findall(svg)[:2]]
    words = ": ".join(filter(None, said)) or (unescape(label[1]) if label else "") or "picture"
    shown = natural or width
    letters = letter_height(svg, shown) if natural and LETTERS.search(svg) else 0
    return PaperPicture(_file(svg), shown, shown * height / width, words, letters)


def _view(svg: str) -> tuple[float, float]:
    """Width and height of what is drawn, in its own units."""
    found = VIEW.search(svg)
    sides = [float(number) for number in NUMBER.findall(found[1])] if found else []
    return (sides[2], sides[3]) if len(sides) == 4 and min(sides[2:]) > 0 else (100, 100)


def _file(svg: str) -> bytes:
    """The SVG alone: black ink, the colours of print, no style of the page."""
    opening = OPENING.match(svg)
    assert opening is not None
    width, height = _view(svg)
    sized = f'<svg {NAMESPACES} width="{width:g}" height="{height:g}"'
    tag = ON_PAGE.sub("", opening[0]).replace("<svg", sized, 1)
    svg = FOCUS.sub("", tag + svg[opening.end() :]).replace("currentColor", "#000000")
    return in_theme(svg, "print").encode()
