"""What the page's engine reads instead of knowing it: the operator table, as data.

So no rule, template or identity is written twice: JavaScript has a kernel per row, and nothing else of an operator.
"""

from __future__ import annotations

import dataclasses
import json
import math
import unicodedata
from functools import cache
from typing import Any

from ..base import limits
from ..graph import expressions, mistakes, suggestions, tokens
from ..graph.attributes import SIZED
from ..graph.nodes import VECTOR
from ..graph.operators import BY_RANK, INFIX, OPS, Op
from ..graph.printing import ENTRIES
from ..graph.special_functions import FAR, LARGE, MIDDLE, NEAR, ROOT_OF_PI, SMALL
from ..graph.window_shapes import ALONG, KERNEL, LETTERS

UNKNOWN_TO_THE_PAGE = ("kernel", "numpy", "about")  # fields of a row


def tables() -> dict[str, Any]:
    """All tables, by the name that the engine's modules read them under."""
    return {
        "by_rank": [[word, *key] for word, key in BY_RANK.items()],
        "entries": ENTRIES,
        "erf": {"near": NEAR, "middle": MIDDLE, "far": FAR, "small": SMALL, "large": LARGE, "root_of_pi": ROOT_OF_PI},
        "infix": INFIX,
        "limits": {name: value for name, value in vars(limits).items() if isinstance(value, int)},
        "ops": [_row(op) for op in OPS.values()],
        "sized": SIZED,
        "vector": VECTOR,
        "windows": {"along": ALONG, "kernel": KERNEL, "letters": LETTERS},
        **_reader(),
    }


def _reader() -> dict[str, Any]:
    """What the reader of equations knows: signs and how strongly they hold, and what somebody may have meant."""
    return {
        "expressions": {
            "binding": expressions.BINDING,
            "chained": expressions.CHAINED,
            "comparisons": sorted(expressions.COMPARISONS),
            "foreign": expressions.FOREIGN,
            "literals": expressions.LITERALS,
            "named": expressions.NAMED,
            "prefix": expressions.PREFIX,
        },
        "mistakes": {
            "closing": mistakes.CLOSING,
            "language": mistakes.LANGUAGE,
            "quotes": mistakes.QUOTES,
            "says": mistakes.SAYS,
            "signs": sorted(mistakes.SIGNS),
            "steps": mistakes.STEPS,
        },
        "suggestions": {
            "constants": suggestions.CONSTANTS,
            "keywords": suggestions.KEYWORDS,
            "nothing": sorted(suggestions.NOTHING),
            "reference": suggestions.REFERENCE,
            "signs": suggestions.SIGNS,
            "written": list(suggestions.WRITTEN.items()),
        },
        "tokens": {"ascii_for": tokens.ASCII_FOR, "greek": _greek(), "reserved": sorted(tokens.RESERVED)},
    }


@cache
def tables_script() -> str:
    """A script that hands the tables to the engine; they are data, not code."""
    return f"self.a1vizTables={as_json(tables())};\n"


def as_json(value: Any) -> str:
    """Plain data as JSON that may stand in a script or beside a picture: no `<` in it, and numbers that JSON lacks as text."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, float) and value == 0 and math.copysign(1, value) < 0:
        return "-0"
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def _greek() -> dict[str, str]:
    """The small Greek letters, by what they are called."""
    names = {chr(code): unicodedata.name(chr(code), "").rpartition("GREEK SMALL LETTER ")[2] for code in range(0x370, 0x400)}
    return {letter: name.lower() for letter, name in names.items() if name.isalpha()}


def _row(op: Op) -> dict[str, Any]:
    """A row without what is as it is by default."""
    defaults = {field.name: field.default for field in dataclasses.fields(op)}
    found = {name: getattr(op, name) for name in defaults if name not in UNKNOWN_TO_THE_PAGE}
    row = {name: value for name, value in found.items() if value != defaults[name] and name != "attrs"}
    if op.defaults:  # an attribute that must be given has no default
        row["defaults"] = [[name] if default is ... else [name, default] for name, default in op.defaults.items()]
    return row
