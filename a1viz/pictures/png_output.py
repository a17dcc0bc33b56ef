"""The picture as PNG, drawn from its SVG; the formulas are outlines, so no system font is needed."""

from __future__ import annotations

import re

from ..base.errors import OutputError

MOST_PIXELS = 100_000_000


def png(svg_text: str, scale: float = 2.0) -> bytes:
    """Draw an SVG of theme light, dark or print as a PNG, `scale` pixels to each of its units.

    Raises: OutputError when the text is no SVG or the picture would be too large.
    """
    import resvg_py

    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg_text)
    if not found:
        raise OutputError("the text to draw as PNG is no picture of a1viz: it has no viewBox")
    width, height = (max(round(float(size) * scale), 1) for size in found.groups())
    if width * height > MOST_PIXELS:
        raise OutputError(f"a PNG of {width} x {height} pixels is too large; choose a scale below {scale:g}")
    try:
        return bytes(resvg_py.svg_to_bytes(svg_string=svg_text, width=width, height=height, skip_system_fonts=True))
    except ValueError as error:
        raise OutputError(f"the picture cannot be drawn as PNG: {error}") from error
