"""Text as Typst code: strings in which nothing has a meaning, typographic quotes, calls of the functions of writeup.typ."""

from __future__ import annotations

import re

from ..pictures.escaping import DIRECTION_MARKS, ILLEGAL

LONG, STRETCH = re.compile(r"\S{60,}"), re.compile(r"\S{1,30}")  # no word of a language is as long
ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def literal(text: str) -> str:
    """Any text as a string of Typst; there is no other way for a page's text into the document.

    >>> literal('a "b" #c')
    '"a \\\\"b\\\\" #c"'
    """
    text = DIRECTION_MARKS.sub("", ILLEGAL.sub("", text))
    return '"' + "".join(ESCAPES.get(sign, sign) for sign in text) + '"'


def breakable(text: str) -> str:
    """Words, of which those may end a line that are longer than any line should be.

    >>> breakable("a" * 70).count("\u200b")
    2
    """
    return LONG.sub(lambda found: "\u200b".join(STRETCH.findall(found[0])), text)


def typographic(text: str, before: str = " ") -> str:
    """Prose with apostrophes and quotes as in print; `before` is what stands before it.

    >>> typographic('It\\'s "so".')
    'It’s “so”.'
    """
    text = re.sub(r"(?<=\w)'", "’", text)
    opens = re.compile(r'(^|[\s(\[–—])"')
    whole = opens.sub("\\1“", before[-1:] + text).replace('"', "”")
    return whole[len(before[-1:]) :]


def call(function: str, *arguments: str, **named: str) -> str:
    """A call in Typst, of arguments that are Typst code already."""
    return f"{function}({', '.join([*arguments, *(f'{name}: {value}' for name, value in named.items())])})"


def joined(parts: list[str]) -> str:
    """Pieces of content one after the other."""
    return "{" + "; ".join(parts) + "}" if parts else "[]"


def array(items: list[str]) -> str:
    return "(" + "".join(f"{item}, " for item in items) + ")"
