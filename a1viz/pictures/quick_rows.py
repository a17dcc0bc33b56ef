"""ziamath measures each row of a formula before it sets it, so that brackets can grow: twice at every level of a nested formula.

A row without a sign that grows need not be measured; it looks the same, and a formula takes half the time.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import cache
from typing import Any

ROWS = ("math", "mrow", "mtd", "mtr", "none")  # what ziamath sets as rows


@cache
def quicken() -> None:
    """Have ziamath set its rows so, from now on."""
    from ziamath.nodes.mrow import Mrow
    from ziamath.operators import operators

    growing = frozenset(sign for (sign, _), facts in operators.items() if facts.get("stretchy", "false") != "false")

    class QuickRow(Mrow, tag="mrow"):  # by its tag it takes the place of ziamath's own
        def _get_height_nostretch(self, line: list[ET.Element], **about: Any) -> Any:
            grows = any(may_grow(child, growing) for child in line)
            return super()._get_height_nostretch(line, **about) if grows else (0.0, 0.0)


def may_grow(part: ET.Element, growing: frozenset[str]) -> bool:
    """Whether a part of a row is a sign that may be drawn larger than it is, or holds one that is in no row of its own.

    >>> [may_grow(ET.fromstring(text), frozenset("(")) for text in ("<mo>(</mo>", '<mo stretchy="false">(</mo>', "<mrow><mo>(</mo></mrow>")]
    [True, False, False]
    """
    if part.tag in ROWS:
        return False
    said = part.get("stretchy")
    if said == "true" or (said is None and part.tag in ("mo", "mi") and (part.text or "").strip() in growing):
        return True
    return any(may_grow(inner, growing) for inner in part)
