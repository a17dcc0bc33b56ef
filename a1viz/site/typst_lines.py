"""What stands in a line of text, as Typst: words, formulas, code, links; nothing is lost or gained around a formula."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from html import unescape
from urllib.parse import unquote, urlsplit

from .page_trees import Element, is_comment
from .paper_pictures import PaperFormula, is_formula, paper_formula
from .typst_text import breakable, call, joined, literal, typographic

SPACE = re.compile(r"\s+")
MARKS = {"em": "emph", "i": "emph", "strong": "strong", "b": "strong", "sub": "sub", "sup": "super", "del": "strike", "s": "strike",
         "u": "underline", "ins": "underline", "mark": "highlight", "kbd": "raw", "cite": "emph", "dfn": "emph"}  # fmt: skip
SILENT = frozenset(
    "script style iframe input button nav template noscript label object embed video audio canvas form select textarea".split()
)
CLOSING, OPENING = ",.;:!?)]}…”’»", "([{“‘«"  # beside a formula these are never parted from it
LATEX = re.compile(r"\\[(\[](.*)\\[)\]]", re.DOTALL)
WIDE = 14  # em; a wider formula in a line may be broken after a relation
RELATION = re.compile(r"=|\\(?:le|ge|leq|geq|approx|sim|to|mapsto|in|iff|Rightarrow|ne)(?![A-Za-z])")


@dataclass
class Sheet:
    """One chapter on paper: where it stands, what it may link to, and the files that the document gets."""

    chapter: str
    anchors: Mapping[str, str] = field(default_factory=dict)  # "page.md#id" and "page.md" -> label in the document
    footnotes: Mapping[str, Element] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    names: dict[bytes, str] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)  # "page.md" -> where it is published
    levels: Mapping[int, int] = field(default_factory=dict)  # of headings, by the ids of their elements
    in_table: bool = False
    image: Callable[[str, str], bytes] | None = None

    def file(self, data: bytes, ending: str) -> str:
        """The name of a file with this content, as Typst code; the same content is one file."""
        if data not in self.names:
            self.names[data] = f"files/{len(self.names) + 1}.{ending}"
            self.files[self.names[data]] = data
        return literal(self.names[data])


@dataclass(frozen=True)
class Piece:
    """A piece of a line: words, or Typst code; formulas are held to the words beside them."""

    text: str = ""
    code: str = ""
    is_formula: bool = False


def is_silent(element: Element) -> bool:
    """Whether an element is for a screen alone."""
    hidden = "hidden" in element.attributes or element.attributes.get("aria-hidden") == "true" or "download" in element.attributes
    return element.tag in SILENT or hidden or "headerlink" in element.classes


def line(children: Iterable[Element | str], sheet: Sheet, before: str = " ") -> str:
    """A line of text as Typst code; spaces at both ends are left out."""
    pieces = _pieces(children, sheet, before)
    while pieces and not pieces[-1].code and not pieces[-1].text.strip():
        pieces.pop()
    if pieces and not pieces[-1].code:
        pieces[-1] = Piece(pieces[-1].text.rstrip())
    return joined(_glued(pieces))


def _pieces(children: Iterable[Element | str], sheet: Sheet, before: str) -> list[Piece]:
    """Words with single spaces, and everything else as code; `before` is the sign before them."""
    pieces: list[Piece] = []
    for child in children:
        last = (pieces[-1].text or "x")[-1] if pieces else before[-1:]
        if isinstance(child, str):
            text = SPACE.sub(" ", child)
            text = text.lstrip(" ") if last == " " else text
            pieces += [Piece(breakable(typographic(text, last)))] if text else []
        elif not is_comment(child) and not is_silent(child):
            pieces += _element(child, sheet, last)
    return pieces


def _element(element: Element, sheet: Sheet, before: str) -> list[Piece]:
    tag, inside = element.tag, element.children
    if tag == "svg" and is_formula(element.svg):
        return [Piece(code=formula_code(paper_formula(element.svg), sheet), is_formula=True)]
    if "arithmatex" in element.classes:
        return _formula(element.text, sheet)
    if tag == "br":
        return [Piece(code="linebreak()"), Piece(text=" ")]
    if tag in ("code", "kbd", "samp", "tt"):
        return [Piece(code=call("raw", literal(breakable(element.text))))]
    if tag == "a":
        return [Piece(code=_link(element, sheet, before))]
    if tag == "sup" and any(isinstance(c, Element) and "footnote-ref" in c.classes for c in inside):
        return [Piece(code=_footnote(element, sheet))]
    if tag in MARKS:
        return [Piece(code=call(MARKS[tag], joined(_glued(_pieces(inside, sheet, before)))))] if element.text or inside else []
    return _pieces(inside, sheet, before)


def _glued(pieces: Iterable[Piece]) -> list[str]:
    """The pieces as code; a formula and what touches it without a space are one box, which no line ends in."""
    found: list[str] = []
    words = ""
    for piece in (part for word in _words(pieces) for part in _in_a_box(word)):
        if not piece.code:
            words += piece.text
            continue
        found += [literal(words)] if words else []
        found.append(piece.code)
        words = ""
    return [*found, literal(words)] if words else found


def _words(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """What stands together without a space, and each space by itself."""
    word: list[Piece] = []
    for piece in pieces:
        for k, text in enumerate(piece.text.split(" ")):
            if k:
                yield word
                yield [Piece(" ")]
                word = []
            word += [Piece(text, piece.code, piece.is_formula)] if text or piece.code else []
    yield word


def _in_a_box(word: list[Piece]) -> list[Piece]:
    """A word that a formula is in, so that no line ends inside; brackets and points at its edges never leave it anyway."""
    if len(word) < 2 or not any(piece.is_formula for piece in word):
        return word
    before, after = word[0].text, word[-1].text
    first, last = before.lstrip(OPENING), after.rstrip(CLOSING)
    inside = [replace(word[0], text=first), *word[1:-1], replace(word[-1], text=last)]
    held = [piece.code or literal(piece.text) for piece in inside if piece.code or piece.text]
    box = [Piece(code=call("glued", joined(held)) if len(held) > 1 else held[0])]
    return [Piece(before[: len(before) - len(first)]), *box, Piece(after[len(last) :])]


# --- formulas ---------------------------------------------------------------------------------------------------------------------


def latex_of(element_text: str) -> str:
    found = LATEX.search(unescape(element_text))
    return (found[1] if found else element_text).strip()


def formula_code(found: PaperFormula, sheet: Sheet) -> str:
    """A formula in a line."""
    sizes = (f"{number:.3f}" for number in (found.width, found.height, found.depth))
    return call("formula", sheet.file(found.svg, "svg"), *sizes, literal(found.words or "formula"))


def _formula(text: str, sheet: Sheet) -> list[Piece]:
    from ..pictures.typesetting import inline_svg

    latex = latex_of(text)
    found = paper_formula(inline_svg(latex))
    parts = broken(latex) if found.width > WIDE else [latex]
    pieces: list[Piece] = []
    for part in parts:
        pieces += [Piece(" ")] if pieces else []
        pieces.append(Piece(code=formula_code(paper_formula(inline_svg(part)), sheet), is_formula=True))
    return pieces


def broken(latex: str) -> list[str]:
    r"""A formula in pieces that end with a relation, as TeX breaks it in a line.

    >>> broken(r"a = \frac{b = c}{d} \le (e = f)")
    ['a =', '\\frac{b = c}{d} \\le', '(e = f)']
    """
    if "\\begin" in latex or "\\left" in latex or "&" in latex:
        return [latex]
    parts, depth, start, k = [], 0, 0, 0
    while k < len(latex):
        found = RELATION.match(latex, k)
        if latex[k] == "\\" and not found:
            k += 2
            continue
        depth += (latex[k] in "{([") - (latex[k] in "})]")
        if found and depth == 0 and latex[start:k].strip():
            parts.append(latex[start : found.end()].strip())
            start = found.end()
        k = found.end() if found else k + 1
    rest = latex[start:].strip()
    return [*parts, rest] if rest else [latex]


def broken_lines(latex: str, most: float) -> list[str]:
    r"""A displayed formula in lines of at most so many em, each of which begins with a relation, or where these are too far with a sum.

    >>> broken_lines(r"a = (b + c) + d = e", 5)
    ['a = (b + c)', '+ d = e']
    """
    from ..pictures.typesetting import inline_svg

    if "\\begin" in latex or "\\left" in latex or "&" in latex:
        return [latex]

    def width(part: str) -> float:
        return paper_formula(inline_svg(part, display=True)).width

    lines, rest = [], latex
    while rest and width(rest) > most:
        ends = _places(rest)
        fitting = bisect_right(ends, most, key=lambda at: width(rest[:at]))
        if not fitting:
            break
        lines.append(rest[: ends[fitting - 1]].strip())
        rest = rest[ends[fitting - 1] :].strip()
    return [*lines, rest]


def _places(latex: str) -> list[int]:
    """Where a formula may go on in another line: before a relation or a sign of a sum that is in no bracket, but for its first sign."""
    found, depth, k = [], 0, 0
    while k < len(latex):
        relation = RELATION.match(latex, k)
        if latex[k] == "\\" and not relation:
            k += 2
            continue
        depth += (latex[k] in "{([") - (latex[k] in "})]")
        if depth == 0 and k and (relation or (latex[k] in "+-" and latex[:k].rstrip()[-1:] not in "=+-^_")):
            found.append(k)
        k = relation.end() if relation else k + 1
    return found


# --- links and notes --------------------------------------------------------------------------------------------------------------


def _link(element: Element, sheet: Sheet, before: str) -> str:
    said = joined(_glued(_pieces(element.children, sheet, before)))
    to = target(element.attributes.get("href", ""), sheet)
    return call("link", to, said) if to else said


def target(href: str, sheet: Sheet) -> str:
    """Where a link leads, as Typst code: a place in the document, an address, or nowhere."""
    parts = urlsplit(href)
    if parts.scheme in ("http", "https", "mailto"):
        return literal(href)
    if parts.scheme or parts.netloc:
        return ""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(sheet.chapter), unquote(parts.path))) if parts.path else sheet.chapter
    label = sheet.anchors.get(f"{path}#{parts.fragment}" if parts.fragment else path)
    if label:
        return call("label", literal(label))
    address = sheet.addresses.get(path, "")
    return literal(f"{address}#{parts.fragment}" if parts.fragment else address) if address else ""


def _footnote(element: Element, sheet: Sheet) -> str:
    reference = next(child for child in element.walk() if "footnote-ref" in child.classes)
    note = sheet.footnotes.get(reference.attributes.get("href", "").removeprefix("#"))
    if note is None:
        return "[]"
    inside = [child for p in note.children if isinstance(p, Element) for child in (p.children if p.tag == "p" else [p])]
    kept = [child for child in inside if isinstance(child, str) or "footnote-backref" not in child.classes]
    return call("footnote", line(kept, replace(sheet, footnotes={})))  # a note has no notes
