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
from ..calculus import (
    arithmetic,
    collecting,
    conditions,
    copies,
    derivation,
    identities,
    letters,
    line_breaks,
    matching,
    maths,
    notation,
    rebuilding,
    rewriting,
    shared_parts,
    symbols,
)
from ..calculus.autodiff import ENDING
from ..graph import applications, blocks, declarations, entries, expressions, mistakes, schema, suggestions, tokens
from ..graph.attributes import SIZED
from ..graph.nodes import VECTOR
from ..graph.operators import BY_RANK, INFIX, OPS, Op
from ..graph.printing import ENTRIES
from ..graph.special_functions import FAR, LARGE, MIDDLE, NEAR, ROOT_OF_PI, SMALL
from ..graph.window_shapes import ALONG, KERNEL, LETTERS
from ..graph.work import AT_ONCE

UNKNOWN_TO_THE_PAGE = ("kernel", "numpy", "about")  # fields of a row


def tables() -> dict[str, Any]:
    """All tables, by the name that the engine's modules read them under."""
    return {
        "at_once": AT_ONCE,
        "by_rank": [[word, *key] for word, key in BY_RANK.items()],
        "entries": ENTRIES,
        "erf": {"near": NEAR, "middle": MIDDLE, "far": FAR, "small": SMALL, "large": LARGE, "root_of_pi": ROOT_OF_PI},
        "infix": INFIX,
        "limits": {name: value for name, value in vars(limits).items() if isinstance(value, int)},
        "ops": [_row(op) for op in OPS.values()],
        "sized": SIZED,
        "vector": VECTOR,
        "windows": {"along": ALONG, "kernel": KERNEL, "letters": LETTERS},
        "reading": _reading(),
        **_calculus(),
        **_notation(),
    }


def _reading() -> dict[str, Any]:
    """What the reader of the equation language knows, by module."""
    return {
        "applications": {"by_name": sorted(applications.BY_NAME), "joins": applications.JOINS, "of_two": applications.OF_TWO},
        "blocks": {"parts": sorted(blocks.PARTS)},
        "declarations": {"keywords": declarations.KEYWORDS},
        "entries": {"indexed": entries.INDEXED},
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
        "schema": {"symbol": schema.SYMBOL.pattern},
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


def _calculus() -> dict[str, Any]:
    """What rewriting and derivations know."""
    return {
        "arithmetic": {"largest": arithmetic.LARGEST},
        "collecting": {"broadcasts": collecting.BROADCASTS, "rearranges": collecting.REARRANGES},
        "conditions": {
            "always_positive": conditions.ALWAYS_POSITIVE,
            "positive": conditions.POSITIVE,
            "structured": conditions.STRUCTURED,
        },
        "derivation": {"collected": derivation.COLLECTED},
        "identities": _identities(),
        "matching": {
            "commutative": matching.COMMUTATIVE,
            "places": matching.PLACES,
            "sum_signs": matching.SUM_SIGNS,
            "sums": matching.SUMS,
        },
        "rebuilding": {
            "also_linear": rebuilding.ALSO_LINEAR,
            "exact": rebuilding.EXACT,
            "inside": rebuilding.INSIDE,
            "short": rebuilding.SHORT,
        },
        "rewriting": {"donors": rewriting.DONORS},
        "shared_parts": {"ending": ENDING.pattern, "least": shared_parts.LEAST, "part": shared_parts.PART},
    }


def _notation() -> dict[str, Any]:
    """What the printer of LaTeX knows."""
    return {
        "line_breaks": {"column": line_breaks.COLUMN, "silent": sorted(line_breaks.SILENT), "words": sorted(line_breaks.WORDS)},
        "notation": {
            **{"greek": sorted(letters.GREEK), "accents": letters.ACCENTS, "wide": letters.WIDE},
            **{"axes": symbols.AXES, "units": symbols.UNITS, "copies": symbols.COPIES, "columns": maths.COLUMNS},
            **{"least": copies.LEAST, "limit": notation.LIMIT, "silent": notation.SILENT},
        },
    }


def _identities() -> list[list[str]]:
    """The rows, without the words of a row's end that it leaves out; the page has no use for norms without gradients."""
    rows = [row for row in identities.IDENTITIES if row.purpose != "norm"]
    found = [[row.name, row.purpose, row.pattern, row.replacement, row.when, row.attributes] for row in rows]
    return [row[: 6 if row[5] else 5 if row[4] else 4] for row in found]


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
