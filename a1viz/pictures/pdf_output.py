"""The picture as PDF: one page of its size, vector, the formulas as outlines, and its words for those who cannot see it."""

from __future__ import annotations

from ..base.limits import MOST_POINTS
from .svg_facts import said_in, size_of

POINTS = 0.75  # of a pixel
PAGE = """
#let said = json("said.json")
#set document(title: said.title, description: said.words)
#set page(width: said.width * 1pt, height: said.height * 1pt, margin: 0pt)
#image("picture.svg", width: 100%, height: 100%, alt: said.words)
"""


def pdf(svg_text: str, scale: float = 1.0) -> bytes:
    """Draw an SVG of theme light, dark or print as a PDF, `scale` times as large as a page of a browser shows it.

    What would be larger than a page can be is as large as that. The same input gives the same bytes.
    Raises: OutputError when the text is not a picture of a1viz, or without Typst.
    """
    import json

    from ..base.typst_compiler import compiled

    width, height = size_of(svg_text)
    title, words = said_in(svg_text)
    points = min(scale * POINTS, MOST_POINTS / max(width, height))
    said = {"title": title or "A picture", "words": words or "A picture", "width": width * points, "height": height * points}
    return compiled(PAGE, {"picture.svg": svg_text.encode(), "said.json": json.dumps(said).encode()})
