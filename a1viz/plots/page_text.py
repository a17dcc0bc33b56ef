"""The words of a plot as text in the typeface of the page that it stands in; its letters for numbers stay those of formulas.

Matplotlib sets every letter of a label with a formula at a place of its own, by its own font: here they follow one another instead.
"""

from __future__ import annotations

import re

SANS, MATHS = "font-family: 'DejaVu Sans'; ", "font-family: 'STIXGeneral'; "
FORMULAS = "font-family: 'STIX Two Text', 'Times New Roman', Times, serif; "  # as near to those outlines as systems have
LABEL = re.compile(r"<text>(.*?)</text>", re.DOTALL)
LETTERS = re.compile(r'<tspan x="([\d. -]+)" y="([\d.-]+)" style="([^"]*)">([^<]*)</tspan>')
ACCENTS = frozenset("ˆ˜¯ˉ˙\u0302\u0303\u0304\u0305\u0307")


def in_page_type(drawn: str) -> str:
    """Matplotlib's SVG with text, in the page's own typeface."""
    return LABEL.sub(_joined, drawn).replace(SANS, "").replace(MATHS, FORMULAS)


def _joined(label: re.Match[str]) -> str:
    """A label as runs of letters of one kind, raised and lowered where it has powers and indices.

    >>> _joined(LABEL.match('<text><tspan x="0" y="-1" style="">1</tspan>\\n<tspan x="8" y="-1" style="">0</tspan></text>'))
    '<text y="-1"><tspan dy="0" style="">10</tspan></text>'
    """
    letters = LETTERS.findall(label[1].replace("\u00a0", " "))
    found = sorted(((float(xs.split()[0]), float(y), style, text) for xs, y, style, text in letters), key=lambda one: one[0])
    if not found or ACCENTS.intersection(label[1]):
        return label[0]  # an accent stands over its letter
    runs: list[tuple[float, str, str]] = []
    for _, y, style, text in found:
        if runs and runs[-1][:2] == (y, style):
            runs[-1] = (y, style, runs[-1][2] + text)
        else:
            runs.append((y, style, text))
    height, parts = runs[0][0], []
    for y, style, text in runs:
        parts.append(f'<tspan dy="{y - height:g}" style="{style}">{text}</tspan>')
        height = y
    return f'<text y="{runs[0][0]:g}">{"".join(parts)}</text>'
