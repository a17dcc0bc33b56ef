"""Any text made harmless in XML: the one place where SVG is escaped."""

from __future__ import annotations

import re

ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0
# Marks that turn the direction of writing round could show a reader another text than the file holds.
DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def escape(text: str) -> str:
    """Any text as the content of an XML element or of an attribute in double quotes."""
    text = DIRECTION_MARKS.sub("", ILLEGAL.sub("", text))
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(sign, entity)
    return text
