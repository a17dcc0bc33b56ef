"""ziamath measures each row of a formula before it sets it, so that brackets can grow: twice at every level of a nested formula.

A row without a sign that grows need not be measured; it looks the same, and a formula takes half the time.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import cache
from typing import Any


@cache
def quicken() -> None:
    """Have ziamath set its rows so, from now on."""
    from ziamath.nodes.mrow import Mrow
    from ziamath.operators import operators

    growing = frozenset(sign for (sign, _), facts in operators.items() if facts.get("stretchy", "false") != "false")

    class QuickRow(Mrow, tag="mrow"):  # by its tag it takes the place of ziamath's own
        def _get_height_nostretch(self, line: list[ET.Element], **about: Any) -> Any:
            grows = any(may_grow(part, growing) for child in line for part in child.iter())
            return super()._get_height_nostretch(line, **about) if grows else (0.0, 0.0)


def may_grow(part: ET.Element, growing: frozenset[str]) -> bool:
    """Whether part of a formula is a sign that may be drawn larger than it is.

    >>> may_grow(ET.fromstring("<mo>(</mo>"), frozenset("()")), may_grow(ET.fromstring('<mo stretchy="false">(</mo>'), frozenset("()"))
    (True, False)
    """
    said = part.get("stretchy")
    return said == "true" or (said is None and part.tag in ("mo", "mi") and (part.text or "").strip() in growing)
