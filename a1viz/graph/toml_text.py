"""The text of a document to its tables and back; TOML as Python's library reads it, within bounds that keep its time linear."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from ..base.errors import DocumentError, place, shown
from ..base.limits import TOML_KEY_PARTS, TOML_NESTING
from .schema import read_float

ASIDE = re.compile(  # strings and comments, closed or not
    r'"""(?:[^\\"]+|\\(?:.|\Z)|""?(?!"))*(?:"""|\Z)|'  # what has begun always ends, so that nothing is tried again
    r"'''(?:[^']+|''?(?!'))*(?:'''|\Z)|"
    r'"(?:[^\\"\n]+|\\.)*"?|'
    r"'[^'\n]*'?|#[^\n]*",
    re.S,
)
LINE = 120  # characters of a written line, where it is a list of lists
LONG_KEY = re.compile(rf"(?<![\w-])(?:[\w-]+[ \t]*\.[ \t]*){{{TOML_KEY_PARTS}}}[\w-]")


def read_toml(text: str, path: str) -> dict[str, Any]:
    """The tables of a document. Raises DocumentError with the place."""
    if not isinstance(text, str):
        raise DocumentError([f"expected the text of a document, got {shown(text)}"])
    if not text.strip():
        raise DocumentError([f'{path}: the file is empty; a document has at least title = "..." and equations = "..."'])
    _check_bounds(text, path)
    try:
        return tomllib.loads(text, parse_float=read_float)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, tomllib.TOMLDecodeError) else f"a number or a list is too long: {error}"
        message, _, where = said.removesuffix(")").partition(" (at ")
        spot = place(path, *map(int, re.findall(r"\d+", where))) if where else place(path)
        at_end = " at the end" if where.startswith("end") else ""
        raise DocumentError([f"{spot}not TOML{at_end}: {message[:1].lower()}{message[1:]}"]) from None


def _check_bounds(text: str, path: str) -> None:
    """Raise DocumentError for dotted keys and nested lists for which the library takes more than linear time, or Python's stack."""
    dotted = text.count(".") >= TOML_KEY_PARTS
    nested = text.count("[") + text.count("{") > TOML_NESTING
    if not dotted and not nested:
        return
    plain = ASIDE.sub(lambda aside: ("" if aside[0][0] == "#" else "s") + "\n" * aside[0].count("\n"), text)
    long_key = LONG_KEY.search(plain)
    if long_key:
        spot = place(path, plain.count("\n", 0, long_key.start()) + 1)
        raise DocumentError([f"{spot}a key with dots has at most {TOML_KEY_PARTS} parts, this one has more"])
    depth = 0
    for bracket in re.finditer(r"[\[\]{}]", plain) if nested else ():
        depth += 1 if bracket[0] in "[{" else -1
        if depth > TOML_NESTING:
            spot = place(path, plain.count("\n", 0, bracket.start()) + 1)
            said = f"brackets are nested more than {TOML_NESTING} deep; a value is a number or nested lists, one level an axis"
            raise DocumentError([f"{spot}{said}"])


def toml_text(tables: Mapping[str, Any]) -> str:
    """Tables as the text of a document: what `read_toml` reads back, a key a line, long lists with a row a line.

    >>> print(toml_text({"title": "Two", "equations": "y = x", "inputs": {"x": ["D"]}}))
    title = "Two"
    equations = '''
    y = x
    '''
    <BLANKLINE>
    [inputs]
    x = ["D"]
    <BLANKLINE>
    """
    lines: list[str] = []
    for key, value in tables.items():
        if key == "equations":
            lines.append(f"equations = '''\n{value}\n'''")
        elif not isinstance(value, Mapping):
            lines.append(f"{key} = {_written(value)}")
    for table, items in tables.items():
        if isinstance(items, Mapping):
            lines += ["", f"[{table}]", *(f"{_key(name)} = {_written(value)}" for name, value in items.items())]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[\w-]+", name, re.ASCII) else json.dumps(name, ensure_ascii=False)


def _written(value: Any, margin: str = "") -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(name)} = {_written(item)}" for name, item in value.items()) + "}"
    if not isinstance(value, list):
        return str(value).lower() if isinstance(value, bool) else repr(value)
    line = f"[{', '.join(map(_written, value))}]"
    if len(margin + line) <= LINE or not any(isinstance(item, list) for item in value):
        return line
    inside = margin + "  "
    return "[\n" + "".join(f"{inside}{_written(item, inside)},\n" for item in value) + margin + "]"
