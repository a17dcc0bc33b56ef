"""A page's paragraphs, lists, tables, code and pictures as Typst: calls of the functions of writeup.typ, which say how each looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ..base.errors import InputError, shown
from ..pictures.page_widths import PAPER
from .page_trees import Element, is_comment
from .paper_pictures import PaperPicture, is_displayed, is_formula, paper_formula, paper_picture
from .typst_lines import Sheet, is_silent, latex_of, line
from .typst_tables import table_code
from .typst_text import array, breakable, call, joined, literal

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = frozenset(
    "p pre div ul ol dl table figure blockquote hr details section article header footer main center address figcaption li dt dd".split()
) | frozenset(HEADINGS)
GAP = 16  # pixels between two pictures
LED = ("displayed(", "values(", "figured(", "drawing(", "pair(", "equations(", "tabular(", "listing(")
EMPTY = joined([])
WIDTH = re.compile(r"([1-9][0-9]{0,3})(px|%)?")  # of an image, as attr_list has it
LANGUAGE = re.compile(r"language-([\w+-]+)")


def flow(children: Iterable[Element | str], sheet: Sheet) -> list[str]:
    """What stands one below the other; words between are paragraphs."""
    found: list[str] = []
    words: list[Element | str] = []

    def close() -> None:
        if any(not isinstance(word, str) or word.strip() for word in words):
            found.extend(_para(words, sheet))
        words.clear()

    for child in children:
        if isinstance(child, str) or not is_block(child):
            words.append(child)
        else:
            close()
            found.extend(block(child, sheet))
    close()
    return [_leading(code, *found[k + 1 : k + 2]) for k, code in enumerate(found)]


def _leading(code: str, after: str = "") -> str:
    """A paragraph that what follows belongs to, a formula or a picture, is not left alone at the end of a page."""
    return code.replace("para(", "lead(", 1) if code.startswith("para(") and after.startswith(LED) else code


def is_block(element: Element) -> bool:
    """Whether an element begins on a line of its own."""
    if element.tag == "svg":
        return is_displayed(element.svg) or not is_formula(element.svg)
    return element.tag in BLOCKS or any(is_block(child) for child in element.children if isinstance(child, Element))


def block(element: Element, sheet: Sheet) -> list[str]:
    """One element as Typst code: no code, one call or several."""
    if is_comment(element) or is_silent(element) or "footnote" in element.classes:
        return []
    if element.tag in HEADINGS:
        return _heading(element, sheet)
    for tag, name, make in MAKERS:
        if (not tag or element.tag == tag) and (not name or name in element.classes):
            return make(element, sheet)
    return flow(element.children, sheet)


# --- text -------------------------------------------------------------------------------------------------------------------------


def _paragraph(element: Element, sheet: Sheet) -> list[str]:
    inside = [child for child in element.children if not isinstance(child, str) or child.strip()]
    if not inside or "a1viz-scrolls" in element.classes:
        return []
    if any(isinstance(child, Element) and is_block(child) for child in inside):
        return flow(element.children, sheet)
    if len(inside) == 1 and isinstance(inside[0], Element) and inside[0].tag == "img":
        return [call("drawing", _image(inside[0], sheet))]
    if any(isinstance(child, Element) and child.tag == "img" for child in inside):
        rest = [child for child in element.children if isinstance(child, str) or child.tag != "img"]
        images = [call("drawing", _image(child, sheet)) for child in inside if isinstance(child, Element) and child.tag == "img"]
        return [*images, *flow(rest, sheet)]
    return _para(element.children, sheet)


def _para(children: Iterable[Element | str], sheet: Sheet) -> list[str]:
    code = line(children, sheet)
    return [call("para", code)] if code != EMPTY else []


def _heading(element: Element, sheet: Sheet) -> list[str]:
    title = line(element.children, sheet)
    label = sheet.anchors.get(f"{sheet.chapter}#{element.attributes.get('id', '')}", "")
    return [call("below", str(sheet.levels.get(id(element), 1)), literal(label), title)] if title != EMPTY else []


def _list(element: Element, sheet: Sheet) -> list[str]:
    if "a1viz-derivation" in element.classes:
        return [call("equations", *(line(item.children, sheet) for item in _items(element, "li")))]
    items = _items(element, "li")
    is_loose = any(isinstance(child, Element) and child.tag == "p" for item in items for child in item.children)
    inside = [joined(_item(item, sheet)) for item in items]
    start = element.attributes.get("start", "1")
    kind = "bullets" if element.tag == "ul" else "numbers"
    more = {} if element.tag == "ul" or not start.isdigit() else {"start": start}
    return [call(kind, array(inside), loose="true" if is_loose else "false", **more)] if items else []


def _items(element: Element, *tags: str) -> list[Element]:
    return [child for child in element.children if isinstance(child, Element) and child.tag in tags]


def _item(item: Element, sheet: Sheet) -> list[str]:
    """What is in an item of a list or in a cell: a line where it is no more than that."""
    if not any(isinstance(child, Element) and is_block(child) for child in item.children):
        return [line(item.children, sheet)]
    return flow(item.children, sheet)


def _definitions(element: Element, sheet: Sheet) -> list[str]:
    found: list[str] = []
    for item in _items(element, "dt", "dd"):
        made = joined(_item(item, sheet))
        found.append(call("term", made) if item.tag == "dt" else call("meaning", made))
    return found


def _quote(element: Element, sheet: Sheet) -> list[str]:
    return [call("quoted", joined(flow(element.children, sheet)))]


def _admonition(element: Element, sheet: Sheet) -> list[str]:
    title = next((c for c in element.children if isinstance(c, Element) and (c.tag == "summary" or "admonition-title" in c.classes)), None)
    rest = [child for child in element.children if child is not title]
    said = line(title.children, sheet) if title else "[]"
    return [call("note", said, joined(flow(rest, sheet)))]


def _tabs(element: Element, sheet: Sheet) -> list[str]:
    """Each tab after the other, under its title."""
    titles = [child for child in element.walk() if child.tag == "label"]
    tabs = [child for child in element.walk() if "tabbed-block" in child.classes]
    found: list[str] = []
    for title, tab in zip(titles, tabs, strict=False):
        found += [call("tab", line(title.children, sheet)), *flow(tab.children, sheet)]
    return found


def _code(element: Element, sheet: Sheet) -> list[str]:
    """A block of code, or what code has printed."""
    title = next((part.text for part in element.walk() if "filename" in part.classes), "")
    code = next((part.text for part in element.walk() if part.tag == "code"), "") or "".join(
        part.text for part in element.walk() if part.tag == "pre"
    )
    names = " ".join(part.attributes.get("class", "") for part in element.walk())
    language = LANGUAGE.search(names)
    if sheet.in_table:
        return [call("bare", literal(code.strip("\n")))]
    if "a1viz-output" in names:
        return [call("printed", literal(breakable(code.rstrip("\n"))))]
    return (
        [call("listing", literal(breakable(code.rstrip("\n"))), literal(language[1] if language else ""), literal(title))]
        if code.strip()
        else []
    )


# --- formulas, tables and pictures ------------------------------------------------------------------------------------------------


def _displayed(element: Element, sheet: Sheet) -> list[str]:
    from ..pictures.typesetting import inline_svg

    return [_display_code(inline_svg(latex_of(element.text), display=True), sheet)]


def _display_code(svg: str, sheet: Sheet) -> str:
    found = paper_formula(svg)
    return call("displayed", sheet.file(found.svg, "svg"), f"{found.width:.3f}", f"{found.height:.3f}", literal(found.words or "formula"))


def _givens(element: Element, sheet: Sheet) -> list[str]:
    """Values side by side, as many as fit in a line."""
    found = [paper_formula(part.svg) for part in element.walk() if part.tag == "svg"]
    values = [
        call("value", sheet.file(one.svg, "svg"), f"{one.width:.3f}", f"{one.height:.3f}", literal(one.words or "formula")) for one in found
    ]
    return [call("values", array(values))]


def _svg(element: Element, sheet: Sheet) -> list[str]:
    return (
        [_display_code(element.svg, sheet)] if is_formula(element.svg) else [call("drawing", _picture(paper_picture(element.svg), sheet))]
    )


def _picture(found: PaperPicture, sheet: Sheet) -> str:
    return call(
        "picture", sheet.file(found.svg, "svg"), f"{found.width:g}", f"{found.height:g}", f"{found.letters:g}", literal(found.words)
    )


def _image(element: Element, sheet: Sheet) -> str:
    source = element.attributes.get("src", "")
    if sheet.image is None:
        raise InputError(f"{sheet.chapter}: the image {shown(source)} is in no folder; say in which the chapters are")
    data = sheet.image(sheet.chapter, source)
    width = WIDTH.fullmatch(element.attributes.get("width", ""))
    size = "0" if not width else f"{width[1]}%" if width[2] == "%" else width[1]
    return call("photo", sheet.file(data, source.rpartition(".")[2].lower()), size, literal(element.attributes.get("alt", "") or "image"))


def _table(element: Element, sheet: Sheet) -> list[str]:
    inside = replace(sheet, in_table=True)
    return [table_code(element, lambda cell: joined(_item(cell, inside)))]


def _figure(element: Element, sheet: Sheet) -> list[str]:
    """Pictures and their caption, which stay together; what is folded away below them is for the screen."""
    caption = next((part for part in element.walk() if part.tag == "figcaption"), None)
    folded = {id(part) for fold in element.walk() if fold.tag == "details" for part in fold.walk()}
    pictures = [
        paper_picture(part.svg) for part in element.walk() if part.tag == "svg" and id(part) not in folded and not is_formula(part.svg)
    ]
    said = line(caption.children, sheet) if caption else "none"
    if pictures:
        return [call("figured", array([_picture(found, sheet) for found in pictures]), said)]
    rest = [child for child in element.children if child is not caption and id(child) not in folded]
    return [*flow(rest, sheet), *([call("captioned", said)] if caption else [])]


def _pair(element: Element, sheet: Sheet) -> list[str]:
    """Figures side by side, where they fit without being made smaller."""
    width = sum(paper_picture(part.svg).width + GAP for part in element.walk() if part.tag == "svg" and not is_formula(part.svg))
    if not 0 < width <= PAPER + GAP:
        return flow(element.children, sheet)
    return [call("pair", array([joined(block(child, sheet)) for child in element.children if isinstance(child, Element)]))]


MAKERS: Sequence[tuple[str, str, Callable[[Element, Sheet], list[str]]]] = (  # element, class, what it becomes; the first that fits
    ("svg", "", _svg),
    ("", "arithmatex", _displayed),
    ("", "a1viz-givens", _givens),
    ("p", "", _paragraph),
    ("ul", "", _list),
    ("ol", "", _list),
    ("dl", "", _definitions),
    ("blockquote", "", _quote),
    ("", "admonition", _admonition),
    ("details", "", _admonition),
    ("", "tabbed-set", _tabs),
    ("", "highlight", _code),
    ("pre", "", _code),
    ("table", "", _table),
    ("figure", "", _figure),
    ("", "a1viz-pair", _pair),
    ("hr", "", lambda element, sheet: ["rule()"]),
)
