"""Formulas become outlines: LaTeX in, glyph shapes and their places out, so that no reader needs a font or a script.

A formula is typeset once by ziamath and kept in the user's cache; afterwards ziamath is not even imported.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..base.cache import cache_path, digest, read_cache, write_cache
from .escaping import ILLEGAL, escape
from .quick_rows import quicken

if TYPE_CHECKING:
    import xml.etree.ElementTree as ET

FORMAT = 5  # raise it whenever the outlines of the same LaTeX change
TYPESETTERS = ("ziamath-", "ziafont-", "latex2mathml-")
UNITS = 1000  # all marks are in thousandths of the font size
SIZE = 24  # the size ziamath works at; its minimum sizes assume it
LONGEST = 2000  # characters of LaTeX; more is shown as the beginning of its text
OUTLINE = re.compile(r"[\w .-]*", re.ASCII)
ROW = re.compile(r"(?P<before>-?|(?P<brace>[a-z]_\{|\\text\{))(?P<digits>\d+(?:\.\d+)?)(?P<after>(?(brace)\}))")
POINT = "1.1"  # what shows how wide a decimal point is
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Mark:
    """One outline put down at (x, y), y downwards from the baseline; `name` is shared by equal outlines."""

    name: str
    path: str
    x: float
    y: float
    scale: float


@dataclass(frozen=True)
class Label:
    """A typeset formula; sizes in pixels, marks in thousandths of the font size; `latex` is what it was made of."""

    width: float
    ascent: float
    descent: float
    size: float
    marks: tuple[Mark, ...]
    latex: str = ""


def typeset(latex: str, size: float = 14, display: bool = True) -> Label:
    """Typeset a formula at a font size; what is no LaTeX is shown as the text it is."""
    width, ascent, descent, marks = outlines(latex, display)
    scale = size / UNITS
    return Label(width * scale, ascent * scale, descent * scale, size, marks, latex)


@lru_cache(maxsize=4096)
def outlines(latex: str, display: bool) -> tuple[float, float, float, tuple[Mark, ...]]:
    """Width, ascent, descent and marks of a formula, from the cache or from ziamath; of a row of digits, from those of its digits."""
    row = ROW.fullmatch(latex)
    if row and len(row["digits"]) > 1 and latex != POINT:
        return in_a_row(row["before"], row["digits"], row["after"], display)
    path = cache_path("labels", repr((FORMAT, typesetter_versions(), latex, display)))
    kept = read_cache(path)
    if not is_whole(kept):
        kept = draw(latex, display)
        write_cache(path, kept)
    width, ascent, descent, marks = kept
    return width, ascent, descent, tuple(Mark(*mark) for mark in marks)


def in_a_row(before: str, digits: str, after: str, display: bool) -> tuple[float, float, float, tuple[Mark, ...]]:
    """A number, or a letter with a number as its index: digits stand side by side, each as wide as it is, whatever its neighbours."""
    parts = [point() if digit == "." else outlines(f"{before}{digit}{after}", display) for digit in digits]
    marks, at = list(parts[0][3][:-1]), parts[0][3][-1].x
    for width, _, _, (*_, mark) in parts:
        marks.append(replace(mark, x=tidy(at)))
        at += width - mark.x
    return tidy(at), max(part[1] for part in parts), max(part[2] for part in parts), tuple(marks)


def point() -> tuple[float, float, float, tuple[Mark, ...]]:
    """A decimal point, as it stands between digits."""
    _, _, descent, (_, mark, after) = outlines(POINT, True)
    return after.x, 0, descent, (mark,)


@lru_cache(maxsize=1)
def typesetter_versions() -> tuple[str, ...]:
    """The installed typesetters with their versions, read off folder names: importlib.metadata takes 15 ms more."""
    found: set[str] = set()
    for folder in sys.path:
        try:
            found.update(name for name in os.listdir(folder or ".") if name.startswith(TYPESETTERS))
        except OSError:
            continue
    return tuple(sorted(found))


def is_whole(kept: Any) -> bool:
    """Whether a kept formula is one: numbers, names and paths and nothing that could put markup into a page."""
    try:
        width, ascent, descent, marks = kept
        sizes = [width, ascent, descent, *(number for _, _, *numbers in marks for number in numbers)]
        shapes = [text for name, path, _, _, _ in marks for text in (name, path)]
        return all(type(size) in (int, float) for size in sizes) and all(OUTLINE.fullmatch(shape) for shape in shapes)
    except (TypeError, ValueError):
        return False


# Typesetting


def draw(latex: str, display: bool) -> Any:
    """Typeset with ziamath: width, ascent, descent and marks as plain lists."""
    latex = ILLEGAL.sub("", latex)
    try:
        if len(latex) > LONGEST or not latex.strip():
            raise ValueError("nothing to typeset, or too much")
        return render(mathml(latex, display))
    except Exception:  # ziamath and its parser raise whatever the bad LaTeX led them to
        return render(plain(latex))


def typesetter() -> Any:
    """The ziamath module, imported when a formula is not in the cache; its import warns of its own future."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import ziamath

        quicken()
    return ziamath


def mathml(latex: str, display: bool) -> ET.Element:
    """The formula as a MathML tree with TeX's spaces."""
    import xml.etree.ElementTree as ET

    from .spacing import spaced

    source = typesetter().zmath.tex2mml(latex, inline=not display).replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")
    tree = ET.fromstring(source)
    for sub in tree.iter("msub") if display else ():
        if sub[0].tag == "mo" and sub[0].text in ("∑", "∏"):  # it is set below anyway, but parentheses around it would grow without end
            sub.tag = "munder"
    return spaced(tree)


def plain(text: str) -> ET.Element:
    """Text that is no formula, as MathML."""
    import xml.etree.ElementTree as ET

    words = " ".join(text.split())
    formula = ET.Element("math")
    ET.SubElement(ET.SubElement(formula, "mrow"), "mtext").text = (words[:80] + "…" if len(words) > 80 else words) or " "
    return formula


def render(formula: ET.Element) -> list[Any]:
    """Let ziamath place the glyphs, then collect them in thousandths of the font size."""
    ziamath = typesetter()
    before = ziamath.config.svg2, ziamath.config.precision
    ziamath.config.svg2, ziamath.config.precision = True, 4
    try:
        math = ziamath.Math(formula, size=SIZE)
        drawing = math.svgxml()
    finally:
        ziamath.config.svg2, ziamath.config.precision = before
    marks = [mark for mark in collect(drawing) if mark[1]]
    box = math.node.bbox
    left, top, right, bottom = ink(marks)
    unit = UNITS / SIZE
    left, right = min(left, 0), max(right, box.xmax * unit)
    for mark in marks:
        mark[2] = tidy(mark[2] - left)
    return [tidy(right - left), tidy(max(-top, box.ymax * unit)), tidy(max(bottom, -box.ymin * unit)), marks]


def collect(drawing: ET.Element) -> list[list[Any]]:
    """Glyphs as (name, path, x, y, scale) from ziamath's <symbol> and <use>, bars from its <rect>."""
    unit = UNITS / SIZE
    marks: list[list[Any]] = []
    symbols: dict[str, tuple[float, float, float, str]] = {}
    for element in drawing.iter():
        if element.tag == "symbol":
            left, top, _, height = map(float, element.get("viewBox", "").split())
            symbols["#" + element.get("id", "")] = (left, top, height, "".join(p.get("d", "") for p in element.iter("path")))
        elif element.tag == "use":
            left, top, height, path = symbols[element.get("href", "")]
            # A symbol is drawn for 12 points, so this is the ratio of its size to SIZE.
            ratio = float(element.get("height", "")) / height
            x, y = (float(element.get("x", "")) - left * ratio) * unit, (float(element.get("y", "")) - top * ratio) * unit
            path = in_units(path)
            marks.append([digest(path, 5), path, tidy(x), tidy(y), round(ratio * 12 / SIZE, 3)])
        elif element.tag == "rect":
            marks.append(["", bar(element), 0, 0, 1])
    return marks


def in_units(path: str) -> str:
    """A glyph's path in font units: whole numbers, thousandths of the font size."""
    path = NUMBER.sub(lambda found: str(round(float(found[0]) * UNITS / 12)), path)
    path = re.sub(r"M (-?\d+ -?\d+) L \1 ", r"M \1 ", path)
    return re.sub(r"\s*([MLQCZ])\s*", r"\1", path)


def bar(rect: ET.Element) -> str:
    """A fraction bar as a path, or, when it is drawn with a stroke, the frame of a boxed formula."""
    x, y, width, height = (float(rect.get(name, "")) * UNITS / SIZE for name in ("x", "y", "width", "height"))
    outer = f"M{x:.0f} {y:.0f}h{width:.0f}v{height:.0f}h{-width:.0f}z"
    if not rect.get("stroke"):
        return outer
    line = float(rect.get("stroke-width", "1")) * UNITS / SIZE
    return outer + (f"M{x + line:.0f} {y + line:.0f}v{height - 2 * line:.0f}h{width - 2 * line:.0f}v{2 * line - height:.0f}z")


def ink(marks: list[list[Any]]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of all outlines, from their points."""
    xs, ys = [0.0], [0.0]
    for name, path, x, y, scale in marks:
        if name:
            numbers = list(map(float, NUMBER.findall(path)))
            xs += [x + scale * number for number in numbers[::2]]
            ys += [y + scale * number for number in numbers[1::2]]
    return min(xs), min(ys), max(xs), max(ys)


def tidy(number: float) -> float:
    """A coordinate with one decimal, whole where it can be."""
    short = round(number, 1)
    return int(short) if short == int(short) else short


# Formulas in a page


def inline_svg(latex: str, display: bool = False, alt: str | None = None) -> str:
    """A formula as an <svg> that sits in a line of text: sized in em, on the baseline, in the text's colour."""
    width, ascent, descent, marks = outlines(latex, display)
    ascent, descent, width = ascent + 20, descent + 20, max(width, 1)  # room for antialiasing
    shapes = "".join(f'<path d="{m.path}"{place(m)}/>' for m in marks)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="a1viz-math{" a1viz-display" if display else ""}" role="img"'
        f' aria-label="{escape(latex if alt is None else alt)}" data-search-exclude="" focusable="false"'
        f' viewBox="0 {-ascent:g} {width:g} {ascent + descent:g}"'
        f' style="width:{width / UNITS:.3f}em;height:{(ascent + descent) / UNITS:.3f}em;'
        f'vertical-align:{-descent / UNITS:.3f}em;overflow:visible" fill="currentColor">{shapes}</svg>'
    )


def place(mark: Mark) -> str:
    """The transform of a mark, or nothing where it stays put."""
    if mark.scale == 1:
        return f' transform="translate({mark.x:g} {mark.y:g})"' if mark.x or mark.y else ""
    return f' transform="translate({mark.x:g} {mark.y:g}) scale({mark.scale:g})"'
