"""The picture as PNG, drawn from its SVG; the formulas are outlines, so no system font is needed."""

from __future__ import annotations

import math

from ..base.errors import OutputError
from ..base.limits import MOST_PIXELS
from .svg_facts import size_of

PIXELS = 2.0  # a unit of a picture that is as large as usual: as many as a fine screen has


def png(svg_text: str, scale: float = 1.0) -> bytes:
    """Draw an SVG of theme light, dark or print as a PNG, `scale` times as large as usual.

    Raises: OutputError when the text is no SVG or the picture would be too large.
    """
    import resvg_py

    sizes = size_of(svg_text)
    width, height = (max(round(size * PIXELS * scale), 1) for size in sizes)
    if width * height > MOST_PIXELS:
        most = math.sqrt(MOST_PIXELS / math.prod(sizes)) / PIXELS
        raise OutputError(
            f"a PNG of {width:,} x {height:,} pixels is too large, at most {MOST_PIXELS:,}; "
            f"choose a scale up to {math.floor(most * 1e4) / 1e4:g}, or write svg or pdf"
        )
    sized = svg_text.replace("viewBox", f'width="{width}" height="{height}" viewBox', 1)  # resvg's own width and height are rough
    try:
        return bytes(resvg_py.svg_to_bytes(svg_string=sized, skip_system_fonts=True))
    except ValueError as error:
        raise OutputError(f"the picture cannot be drawn as PNG: {error}") from error
