"""Where the parts of a document stand in its text: TOML's reader does not tell, and every message should."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache
from itertools import accumulate


@lru_cache(maxsize=8)
def _lines(text: str) -> dict[tuple[str, str], int]:
    """The line of each key of each table; a table itself has the key ""."""
    found: dict[tuple[str, str], int] = {}
    table = quote = ""
    for k, line in enumerate(text.split("\n"), 1):
        if quote:
            quote = "" if quote in line else quote
        elif head := re.match(r"\s*\[{1,2}([^\[\]]+)\]{1,2}\s*(#.*)?$", line):
            table = head[1].strip()
            found.setdefault((table, ""), k)
        elif key := re.match(r"""\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+))\s*=\s*('''|\"\"\")?(.*)""", line):
            name = key[1] or key[2] or key[3] or ""
            found.setdefault((table, name), k)
            found.setdefault((name, "") if not table else ("", ""), k)  # title, or a table in one line
            quote = key[4] if key[4] and key[4] not in key[5] else ""
    return found


def line_of(text: str, table: str, key: str) -> int:
    """The line of a key in a table of a TOML text, or of the table, or 0."""
    lines = _lines(text)
    return lines.get((table, key)) or lines.get((f"{table}.{key}", "")) or lines.get((table or key, "")) or 0


def pair_line(text: str, k: int) -> int:
    """The line of the k-th pair of the comparators, or of the whole list."""
    first = line_of(text, "", "comparators")
    seen = _pairs(text, first)
    line = bisect_left(seen, k)
    return first + line if line < len(seen) else first


@lru_cache(maxsize=8)
def _pairs(text: str, first: int) -> list[int]:
    """How many pairs have begun when each line from the first on ends; the list itself has a bracket too."""
    return list(accumulate((row.partition("#")[0].count("[") for row in text.split("\n")[max(first - 1, 0) :]), initial=-1))[1:]


def equations_line(text: str) -> tuple[int, int]:
    """The line on which the text of the equations begins, and how many characters stand before it; -1 where no column can be told."""
    k = line_of(text, "", "equations")
    line = text.split("\n")[k - 1] if k else ""
    head = re.match(r"""\s*equations\s*=\s*('''|\"\"\"|['"])""", line)
    if not head:
        return max(k, 1), -1
    if len(head[1]) == 3:
        return (k + 1, 0) if not line[head.end() :].strip() else (k, head.end())
    return k, head.end() if "\\" not in line else -1
