r"""What every TikZ picture has around it: packages, colours, styles, the document, and formulas that fit their places.

Coordinates are the pixels of our layout, 0.75 bp each, y downwards. Fonts are TeX's own, so a formula may come out wider than ours:
`\fitted` makes it smaller where it would leave its place, and does nothing where it fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from ..base.errors import OutputError
from ..base.limits import TEX_POINTS
from .engine import Point, Rect
from .strokes import n
from .tex_formulas import formula
from .text_output import printable
from .themes import COLOURS, colour
from .typesetting import Label

PIXEL = 0.75  # bp
FONTS = (10, 9, 8, 7, 6, 5)  # points: the sizes in which TeX's fonts are drawn
PART = 0.7  # of a size in pixels, for the one in points: TeX's letters are wider than ours
BESIDE = 3.0  # pixels that a formula may be wider than ours, on either side
AIR = 2.0  # pixels that a formula may rise or fall beyond ours
PACKAGES = r"\usepackage{amsmath,amssymb,tikz} \usetikzlibrary{arrows.meta}"
FITTED = r"""  \def\fitted#1#2#3#4{% width, height and depth of its place, in pixels; the formula, made smaller only where it must be
    \def\wide{\dimexpr#1\dimexpr.75bp\relax\relax}\def\high{\dimexpr#2\dimexpr.75bp\relax\relax}%
    \def\deep{\dimexpr#3\dimexpr.75bp\relax\relax}%
    \setbox0=\hbox{$\displaystyle #4$}%
    \ifdim\wd0>\wide \setbox0=\hbox{\resizebox{\wide}{!}{\box0}}\fi
    \ifdim\dimexpr\ht0+\dp0>\dimexpr\high+\deep \setbox0=\hbox{\resizebox*{!}{\dimexpr\high+\deep\relax}{\box0}}\fi
    \ifdim\dp0>\deep \raise\dimexpr\dp0-\deep\relax\else\ifdim\ht0>\high \lower\dimexpr\ht0-\high\relax\fi\fi
    \box0 }%"""


def ink(role: str) -> str:
    """What the colour of a role is called in a picture.

    >>> ink("input-fill")
    'a1InputFill'
    """
    return "a1" + role.title().replace("-", "")


def length(pixels: float) -> str:
    """A length of so many pixels."""
    return f"{n(PIXEL * pixels)}bp"


def at(point: Point) -> str:
    return f"({n(point[0])},{n(point[1])})"


def dashed(dashes: str) -> str:
    """A pattern of dashes and gaps, in pixels.

    >>> dashed("4 3")
    'dash pattern=on 3bp off 2.25bp'
    """
    lengths = [length(float(part)) for part in dashes.split()]
    return "dash pattern=" + " ".join(f"{'off' if k % 2 else 'on'} {part}" for k, part in enumerate(lengths))


def corners(rect: Rect) -> str:
    """The path of a rectangle."""
    return f"{at((rect.x, rect.y))} rectangle {at((rect.x + rect.width, rect.y + rect.height))}"


def font(size: float) -> str:
    """The style of a formula of a size in pixels.

    >>> font(15), font(12)
    ('a1 10pt', 'a1 8pt')
    """
    return f"a1 {next((points for points in FONTS if points <= PART * size), FONTS[-1])}pt"


def put(label: Label, start: Point, role: str, text: str = "", more: str = "", room: float = 0) -> str:
    """A formula whose baseline starts at a point, in the middle of the width that ours has.

    `text` is what it says, if it is none; `room` the width that there is, in pixels, if more than a little beside it is free.
    """
    middle = start[0] + label.width / 2, start[1]
    sizes = "".join(f"{{{n(size)}}}" for size in (room or label.width + 2 * BESIDE, label.ascent + AIR, label.descent + AIR))
    return f"  \\node[{font(label.size)}, text={ink(role)}{more}] at {at(middle)} {{\\fitted{sizes}{{{formula(label.latex, text)}}}}};"


def picture(lines: Sequence[str], styles: Mapping[str, str], theme: str, frame: Rect, said: Iterable[str] = ()) -> str:
    """A whole tikzpicture: what it needs and says in comments, colours and styles that it uses, the lines that draw it.

    Raises OutputError for what is larger than TeX can hold.
    """
    if PIXEL * max(frame.width, frame.height) > TEX_POINTS:
        raise OutputError(
            f"a picture of {frame.width:,.0f} x {frame.height:,.0f} pixels is larger than TeX can hold, {TEX_POINTS / PIXEL:,.0f};"
            " take svg or pdf, or draw less of it"
        )
    paper = f", fill={ink('paper')}" if theme == "dark" else ""
    body = "\n".join([rf"  \path[use as bounding box{paper}] {corners(frame)};", *lines])
    fonts = {f"a1 {points}pt": rf"anchor=base, font=\fontsize{{{points}}}{{{points * 1.2:g}}}\selectfont" for points in FONTS}
    used = {name: style for name, style in {**fonts, **styles}.items() if f"[{name}]" in body or f"[{name}," in body}
    text = "\n".join([*used.values(), body])
    colours = [role for role in COLOURS if re.search(rf"\b{ink(role)}\b", text)]
    shade = "light" if theme == "auto" else theme
    return "\n".join(
        [
            f"% Needs {PACKAGES}",
            *(f"% {printable(text)}" for text in said if text),
            r"\begin{tikzpicture}[x=0.75bp, y=-0.75bp, inner sep=0pt, outer sep=0pt,",
            *(f"  {name}/.style={{{style}}}," for name, style in used.items()),
            "]",
            *(rf"  \definecolor{{{ink(role)}}}{{HTML}}{{{colour(role, shade).removeprefix('#')}}}" for role in colours),
            *([FITTED] if r"\fitted" in body else []),
            body,
            r"\end{tikzpicture}",
            "",
        ]
    )


def scaled(drawn: str, scale: float) -> str:
    """A tikzpicture with everything in it so many times as large."""
    comments, begin, rest = drawn.partition(r"\begin{tikzpicture}")
    return drawn if scale == 1 else f"{comments}\\scalebox{{{n(scale)}}}{{%\n{begin}{rest.rstrip()}%\n}}\n"


def standing_alone(drawn: str, width: float, height: float) -> str:
    """A document of one page, as large as the picture; needs no package beyond those of a small TeX."""
    comments, begin, rest = drawn.partition("\n" + (r"\scalebox" if "\n\\scalebox" in drawn else r"\begin{tikzpicture}"))
    return "\n".join(
        [
            *comments.split("\n")[1:],
            r"\documentclass{article}",
            rf"\usepackage[paperwidth={length(width)}, paperheight={length(height)}, margin=0bp]{{geometry}}",
            r"\usepackage{amsmath,amssymb,tikz}",
            r"\usetikzlibrary{arrows.meta}",
            r"\pagestyle{empty}",
            r"\setlength{\topskip}{0pt}",
            r"\begin{document}",
            r"\noindent\smash{\rlap{\raisebox{-\height}{%",
            f"{begin.lstrip()}{rest.rstrip()}%",
            "}}}",
            r"\end{document}",
            "",
        ]
    )
