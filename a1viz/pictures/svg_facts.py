"""What a drawn picture says of itself: its size, its title and its description in words."""

from __future__ import annotations

import html
import re

from ..base.errors import OutputError


def size_of(svg_text: str) -> tuple[float, float]:
    """The width and the height of an SVG in its own units. Raises OutputError for what is not a picture of a1viz.

    >>> size_of('<svg viewBox="0 0 30 4.5">')
    (30.0, 4.5)
    """
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg_text)
    if not found:
        raise OutputError("the text to draw is not a picture of a1viz: it has no viewBox")
    return float(found[1]), float(found[2])


def said_in(svg_text: str) -> tuple[str, str]:
    """The title of an SVG and its description; where it has no description, its title.

    >>> said_in('<svg><title>a &lt; b</title>')
    ('a < b', 'a < b')
    """
    title, words = (re.search(f"<{tag}[^>]*>(.*?)</{tag}>", svg_text, re.S) for tag in ("title", "desc"))
    called = html.unescape(title[1]).strip() if title else ""
    return called, (html.unescape(words[1]).strip() if words else "") or called
