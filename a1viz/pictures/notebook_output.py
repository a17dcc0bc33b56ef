"""What a notebook shows of a drawing: its SVG at full size in a frame that scrolls, a PNG for what cannot show SVG, and its text.

Without `image/svg+xml`: a notebook would clip a wide one, and nbconvert would call Inkscape for it on the way to LaTeX.
"""

from __future__ import annotations

import base64
import math
import re
import struct
import zlib
from typing import Any

from ..base.limits import SHOWN_BYTES, SHOWN_PIXELS
from .escaping import escape
from .png_output import PIXELS, png
from .svg_facts import size_of
from .themes import colour, variables

Bundle = tuple[dict[str, str], dict[str, Any]]  # data and metadata by MIME type
INCH = 96  # pixels of a page in an inch
DARK, LIGHT = (  # where a notebook says so itself, its theme decides, and not the system's
    ('[data-jp-theme-light="false"] .a1viz', '[data-vscode-theme-kind$="dark"] .a1viz', '[data-vscode-theme-kind$="contrast"] .a1viz'),
    ('[data-jp-theme-light="true"] .a1viz', '[data-vscode-theme-kind$="light"] .a1viz'),
)


def framed(drawn: str, words: str = "picture") -> str:
    """SVG, one or several, in a frame as wide as the notebook's cell, in which what is wider scrolls instead of shrinking.

    What is too large for a notebook is told instead.
    """
    if len(drawn) > SHOWN_BYTES:
        return f"<p>This {escape(words)} is too large for a notebook, {len(drawn) / 1e6:,.0f} MB; save it, and open the file.</p>"
    themes = f"<style>{','.join(LIGHT)}{{{variables('light')}}}{','.join(DARK)}{{{variables('dark')}}}</style>"
    label = f'tabindex="0" role="group" aria-label="{escape(words)}, scrolls sideways"'
    return f'<div style="overflow-x:auto;--a1viz-least:1" {label}>{themes}{drawn}</div>'


def bundled(html: str, text: str, drawn: str, scale: float) -> Bundle:
    """Everything a notebook may choose from; `drawn` is the SVG, `scale` how many pixels each of its units is on a page."""
    data, about = {"text/html": html, "text/plain": text}, {}
    data["image/png"], about["image/png"] = encoded(drawn, scale)
    return data, about


def encoded(drawn: str, scale: float) -> tuple[str, dict[str, int]]:
    """An SVG as PNG in base64, and the size that it is meant to have on a page; a very large one is drawn coarser."""
    light = in_light(drawn)
    width, height = (size * scale for size in size_of(light))
    fine = min(PIXELS, math.sqrt(SHOWN_PIXELS / (width * height)))
    data = with_resolution(png(light, fine * scale / PIXELS), INCH * fine)
    return base64.b64encode(data).decode(), {"width": round(width), "height": round(height)}


def in_light(drawn: str) -> str:
    """An SVG that follows the page, as it is on a light one; one of another theme as it is.

    >>> in_light('<path fill="var(--a1viz-paper)"/>')
    '<path fill="#FFFFFF"/>'
    """
    return re.sub(r"var\(--a1viz-([\w-]+)\)", lambda found: colour(found[1], "light"), drawn)


def with_resolution(data: bytes, per_inch: float) -> bytes:
    """A PNG that says how many of its pixels make an inch, so that paper shows it as large as a page does (PNG, section 11.3.4.3)."""
    per_metre = round(per_inch / 0.0254)
    chunk = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, 1)
    head = 33  # the signature and the first chunk, IHDR
    return data[:head] + struct.pack(">I", 9) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[head:]
