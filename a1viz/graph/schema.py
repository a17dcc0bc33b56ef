"""What may stand in a graph document: keys, types, texts, names and numbers, checked before any equation is looked at.

Nothing a document says can become markup: titles and symbols are plain text, names are letters and digits.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from ..base.errors import did_you_mean, shown
from ..base.limits import AXES, COPIES, DOCUMENT_WIRES, LABEL_CHARACTERS
from ..base.tensors import REFERENCE

TEXTS = ("title", "source", "about", "topic", "look", "equations")
SENTENCES = ("about", "look")  # in which any visible sign may stand
NETWORK = ("comparators", "wires")
GOALS = ("outputs", "loss", "tolerance")
TABLES = ("sizes", "inputs", "parameters", "values", "cotangents", "expect", "symbols", "blocks")
REPETITION = ("graph", "repeat", "weights", "each")
NEEDED = 'is missing; a document has at least title = "..." and equations = "..."'
SYMBOL = re.compile(r"[A-Za-z]+'*(_[A-Za-z0-9]+)?(\^(\([A-Za-z0-9]+\)|[A-Za-z0-9]+))?")
Report = Callable[..., None]  # report(message or how to word it, table, key)


class TooLarge(float):
    """A number of a document that no float can hold; it is infinite, but nobody wrote `inf`."""


def read_float(text: str) -> float:
    """A float of a document, for tomllib.

    >>> read_float("inf"), type(read_float("1e400")).__name__
    (inf, 'TooLarge')
    """
    number = float(text)
    return number if math.isfinite(number) or "n" in text else TooLarge(number)


def check_schema(data: Mapping[str, Any], report: Report) -> None:
    """Report everything that is wrong with the keys, texts and numbers of a document."""
    for key, value in data.items():
        if key in TEXTS:
            _check_text(key, value, report)
        elif key == "wires":
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= DOCUMENT_WIRES:
                report(f"wires must be a whole number from 0 to {DOCUMENT_WIRES:,}, got {shown(value)}", "", key)
        elif key in GOALS:
            problem = _goal_problem(key, value)
            if problem:
                report(problem, "", key)
        elif key not in TABLES + NETWORK:
            report(lambda key=key: f"unknown key {shown(key)}{did_you_mean(key, TEXTS + NETWORK + GOALS + TABLES)}", "", key)
        elif key == "comparators":
            if not isinstance(value, list):
                report(f"comparators must be a list of pairs of wires such as [[1, 2], [3, 4]], got {shown(value)}", "", key)
        elif not isinstance(value, Mapping):
            report(f"[{key}] must be a table, got {shown(value)}", "", key)
        elif key in CHECKS:
            for name, item in value.items():
                problem = CHECKS[key](name, item)
                if problem:
                    report(problem, key, name)
    for key in ("title", "equations"):
        if key not in data and (key == "title" or "comparators" not in data):
            report(f"{key} {NEEDED}", "", key)
    if data.get("comparators") == [] and not data.get("wires") and "equations" not in data:
        report("there is nothing to compute: no comparator, no wire and no equation; write comparators = [[1, 2]], say", "", "comparators")
    if "wires" in data and "comparators" not in data:
        report("wires are those of comparators, and there are none; write comparators = [[1, 2]], say", "", "wires")


def _check_text(key: str, text: Any, report: Report) -> None:
    if not isinstance(text, str):
        report(f"{key} must be text in quotes, got {shown(text)}", "", key)
    elif not text.strip() and key in ("title", "equations"):
        if key == "title":  # of equations the reader says so
            report(f"{key} {NEEDED}", "", key)
    elif key != "equations":
        bad = sorted({c for c in text if _is_hidden(c) or (key not in SENTENCES and c in '<>"\\')})
        if bad:
            names = ", ".join(unicodedata.name(c, f"U+{ord(c):04X}").lower() for c in bad[:3])
            report(f"{key} must be plain text, but it contains: {names}; leave that out", "", key)
        if len(text) > LABEL_CHARACTERS:
            report(f"{key} has {len(text):,} characters; at most {LABEL_CHARACTERS:,}", "", key)


def _goal_problem(key: str, value: Any) -> str:
    if key == "outputs":
        good = isinstance(value, list) and value and all(isinstance(name, str) for name in value) and len(set(value)) == len(value)
        return "" if good else f'outputs must be names of variables, each once, such as ["y", "J"], got {shown(value)}'
    if key == "loss":
        return "" if isinstance(value, str) else f'loss must be the name of a scalar variable such as "J", got {shown(value)}'
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1
    return "" if good else f"tolerance must be a number between 0 and 1 such as 1e-6, got {shown(value)}"


def _is_hidden(c: str) -> bool:
    """Whether a character is invisible or turns the text around."""
    return unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") and c not in "\n\t\r"


def _size_problem(name: str, value: Any) -> str:
    if not re.fullmatch(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*", name, re.ASCII):
        return f"size {shown(name)} is not a name: letters, digits and _ only, beginning with a letter"
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    return "" if good else f"size {name} must be a whole number from 0, got {shown(value)}"


def number_problem(name: str, value: Any, what: str = "value", finite: bool = True) -> str:
    """What is wrong with a number or a list of numbers, of any number of axes and a batch axis; nothing where all is well."""
    of = f"{what} of {shown(name)}"
    level, axes = [value], 0
    while any(isinstance(item, list) for item in level):
        if not all(isinstance(item, list) for item in level):
            return f"{of} mixes numbers and lists; write [1, 2] or [[1, 2], [3, 4]]"
        lengths = {len(item) for item in level}
        if len(lengths) > 1:
            return f"{of} has rows of different lengths: {', '.join(str(len(item)) for item in level[:5])}"
        axes += 1
        if axes > AXES + 1:
            return f"{of} has more than {AXES + 1} levels of brackets; a value has at most {AXES} axes, and one more for a batch"
        level = [number for item in level for number in item]
    for number in level:
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            return f"{of} must be numbers, got {shown(number)}"
        if isinstance(number, int) and abs(number) > 2**63 - 1:
            return f"{of} contains {shown(number, 30)}, more than an integer holds; write it as a float such as 1e20"
        if math.isnan(number):
            return f"{of} contains NaN, which is not a number; write a number"
        if isinstance(number, TooLarge) or (finite and math.isinf(number)):
            return f"{of} contains an infinite number; write one that a float can hold, below 1.8e308"
    return ""


def _value_problem(name: str, value: Any) -> str:
    if not isinstance(value, str):
        return number_problem(name, value, finite=False)
    if REFERENCE.fullmatch(value):
        return ""
    mend = f'or an array of a file beside the document as in "@w.safetensors:{name[:30]}"'
    return f"value of {shown(name)} must be numbers, {mend}, got {shown(value)}"


def _symbol_problem(name: str, value: Any) -> str:
    if isinstance(value, str) and len(value) <= 60 and SYMBOL.fullmatch(value):
        return ""
    return f"symbol of {shown(name)} must look like b, y', z_1, W^(1) or b_1^(2), got {shown(value)}"


def _block_problem(name: str, value: Any) -> str:
    what = f"block {shown(name)}"
    if isinstance(value, str):
        return ""
    if not isinstance(value, Mapping):
        return f'{what} must name a document, such as "sort2", got {shown(value)}'
    for key in value:
        if key not in REPETITION:
            return f"{what} has an unknown key {shown(key)}{did_you_mean(key, REPETITION)}; it has {', '.join(REPETITION)}"
    if not isinstance(value.get("graph"), str):
        return f'{what} must name a document, as in {{graph = "layer", repeat = 12}}, got {shown(dict(value))}'
    if value.get("weights", "own") not in ("own", "shared"):
        return f'{what}: weights are "own" or "shared", got {shown(value["weights"])}'
    each, copies = value.get("each", []), value.get("repeat", 1)
    if not isinstance(each, list) or not all(isinstance(x, str) for x in each) or len(set(each)) < len(each):
        return f'{what}: each must be names of inputs, each once, such as ["x"], got {shown(each)}'
    if each and "repeat" not in value:
        return f"{what}: each says what every copy gets an entry of, and there is one copy; write repeat = ... too"
    is_count = isinstance(copies, int) and not isinstance(copies, bool) and 1 <= copies <= COPIES
    if not is_count and not isinstance(copies, str):
        return f'{what}: repeat must be a whole number from 1 to {COPIES:,} or the name of a size, such as 12 or "T", got {shown(copies)}'
    return ""


CHECKS = {
    "sizes": _size_problem,
    "values": _value_problem,
    "cotangents": lambda name, value: number_problem(name, value, "cotangent"),
    "expect": lambda name, value: number_problem(name, value, "expectation", finite=False),
    "symbols": _symbol_problem,
    "blocks": _block_problem,
}
