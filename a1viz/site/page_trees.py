"""The HTML of a page as a tree, forgiving as a browser is; a picture is a leaf that holds its SVG."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from ..base.errors import InputError
from ..base.limits import PAGE_NESTING

VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
SVG = re.compile(r"<svg\b|</svg\s*>")
HELD = "a1viz-svg"  # the element that stands for a picture while the rest is read


@dataclass
class Element:
    """An element: its attributes and what is in it, texts and elements; of a picture `svg` is the source, of a comment `text`."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)
    svg: str = ""

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    @property
    def text(self) -> str:
        """All text inside, as it stands there."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children if not is_comment(child))

    def walk(self) -> Iterator[Element]:
        """The element and all inside, in order."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()


def is_comment(child: Element | str) -> bool:
    return isinstance(child, Element) and child.tag == "!--"


def tree_of(html: str) -> Element:
    """The tree of a page or of a part of one. Raises InputError for elements that are nested too deep.

    >>> [child.tag for child in tree_of("<p>One<br>two</p><!-- end -->").children]
    ['p', '!--']
    """
    pictures: list[str] = []
    reader = _TreeReader(pictures)
    reader.feed(_without_pictures(html, pictures))
    reader.close()
    return reader.root


def _without_pictures(html: str, pictures: list[str]) -> str:
    """The HTML with a short element in place of each outermost SVG."""
    parts, depth, start, at = [], 0, 0, 0
    for found in SVG.finditer(html):
        if found[0].startswith("</"):
            depth = max(depth - 1, 0)
            if depth == 0 and start >= at:
                parts += [html[at:start], f'<{HELD} n="{len(pictures)}"></{HELD}>']
                pictures.append(html[start : found.end()])
                at = found.end()
        else:
            start = found.start() if depth == 0 else start
            depth += 1
    return "".join([*parts, html[at:]])


class _TreeReader(HTMLParser):
    """Puts elements into their places; lives as long as one page is read."""

    def __init__(self, pictures: list[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self.open = [self.root]
        self.pictures = pictures

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == HELD and attributes.get("n", "").isdigit() and int(attributes["n"]) < len(self.pictures):
            made = Element("svg", {}, [], self.pictures[int(attributes["n"])])
        else:
            made = Element(tag, attributes)
        self.open[-1].children.append(made)
        if tag not in VOID:
            self.open.append(made)
            if len(self.open) > PAGE_NESTING:
                raise InputError(f"elements are nested more than {PAGE_NESTING} deep; make lists and quotes flatter")

    def handle_endtag(self, tag: str) -> None:
        tag = "svg" if tag == HELD else tag
        if any(element.tag == tag for element in self.open[1:]):
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)

    def handle_comment(self, data: str) -> None:
        self.open[-1].children.append(Element("!--", {"text": data}))
