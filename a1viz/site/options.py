"""What a fence says: its YAML as texts, numbers, lists and tables, and its settings, each checked before anything is drawn.

Of YAML only what JSON has too is read: no dates, no `yes`, no octal numbers, no tags, and no anchors, with which ten lines could stand for
a billion.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..base.errors import InputError, did_you_mean, shown
from ..base.limits import CAPTION_CHARACTERS, FENCE_CHARACTERS, FENCE_NESTING
from ..graph.schema import number_problem, read_float

if TYPE_CHECKING:
    from ..sorting import Network

SOURCES = ("graph", "figure", "network", "equations", "comparators")  # a fence has one of them; equations may follow comparators
LIVE = ("forward", "backward", "values", "neurons", "wires", "ranks")  # views whose numbers can be changed in the page
WORDS = {"": None, "~": None, "null": None, "true": True, "false": False, ".inf": math.inf, "-.inf": -math.inf, ".nan": math.nan}
WHOLE = re.compile(r"[-+]?[0-9]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
EXAMPLE = "write lines such as graph: gated_network"


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_names(value: Any) -> bool:
    return is_text(value) or (isinstance(value, list) and all(map(is_text, value)))


def is_wholes(value: Any) -> bool:
    return is_whole(value) or (isinstance(value, list) and all(map(is_whole, value)))


Check = tuple[Callable[[Any], bool], str]  # whether a value will do, and what does
NAMES: Check = is_names, "a name or a list of names such as [x, W1]"
OPTIONS: dict[str, Check] = {
    "graph": (is_text, "a name such as gated_network or the path of a .toml file"),
    "figure": (is_text, "the name of a figure"),
    "network": (is_text, "a name such as merge"),
    "n": (is_whole, "a whole number of wires such as 4"),
    "without": (is_wholes, "the number of a comparator, or a list such as [1, 2]"),
    "view": (is_text, "a name such as forward"),
    "set": (lambda value: isinstance(value, list | dict), "a table such as {x: [1, 0, 2]}"),
    "against": (is_text, "a name such as gated_network or the path of a .toml file"),
    "wrt": NAMES,
    "method": (is_text, "a name such as efficient"),
    "only": NAMES,
    "direction": (is_text, "right or down"),
    "width": (is_number, "a number of pixels such as 643"),
    "scale": (is_number, "a number such as 0.8"),
    "steps": (lambda value: isinstance(value, bool), "true or false"),
    "theme": (is_text, "a name such as dark"),
    "expand": NAMES,
    "substitute": (lambda value: isinstance(value, bool), "true or false"),
    "show_parameters": (lambda value: isinstance(value, bool), "true or false"),
    "entries": (lambda value: isinstance(value, bool), "true or false"),
    "live": (lambda value: isinstance(value, bool), "true or false"),
    "k": (is_whole, "a whole number such as 2"),
    "units": (is_whole, "a whole number such as 16"),
    "exercise": (is_text, "a kind such as derive"),
    "of": NAMES,
    "question": (lambda value: is_text(value) and len(value) <= CAPTION_CHARACTERS, f"text of at most {CAPTION_CHARACTERS:,} characters"),
    "hints": (lambda value: isinstance(value, list) and all(map(is_text, value)), "a list of texts such as [Count the uses of x]"),
    "answer": (lambda value: is_text(value) or is_number(value) or isinstance(value, list), "a number, a list or a text"),
    "caption": (lambda value: is_text(value) and len(value) <= CAPTION_CHARACTERS, f"text of at most {CAPTION_CHARACTERS:,} characters"),
}


def read(source: str) -> dict[str, Any]:
    """The settings of a fence: YAML, with the keys of OPTIONS or those of a graph document. Raises InputError."""
    data = from_yaml(source)
    if isinstance(data, str) and data.strip().isidentifier():
        return {"graph": data.strip()}
    if not isinstance(data, dict):
        raise InputError(f"expected lines such as graph: gated_network, got {shown(source.strip())}")
    sources = {key for key in SOURCES if key in data}
    told = "exercise" in data and "answer" in data and "question" in data and not sources  # nothing needs to be computed
    if len(sources) != 1 and sources != {"equations", "comparators"} and not told:
        raise InputError("give either graph: NAME, figure: NAME, network: NAME, or equations: or comparators: of its own")
    for key, value in data.items():
        if key in OPTIONS:
            check, expected = OPTIONS[key]
            if not check(value):
                raise InputError(f"{key} must be {expected}, got {shown(value)}")
        elif not sources & {"equations", "comparators"}:
            raise InputError(f"unknown key {shown(key)}; a fence knows {', '.join(OPTIONS)}{did_you_mean(key, OPTIONS)}")
    apart = [key for key in ("of", "question", "hints", "answer") if key in data and "exercise" not in data]
    if apart:
        raise InputError(f"{apart[0]} belongs to an exercise; add exercise: derive, shape, weight, comparator or value")
    if "against" in data and data.get("view") != "diff":
        raise InputError("against says what view: diff compares with; add view: diff, or leave against out")
    in_order = data.get("view") == "wires" and "network" in data
    if data.get("live") and data.get("view", "forward") not in LIVE:
        raise InputError(f"live is for view: {', '.join(LIVE[:-1])} and {LIVE[-1]}; leave it out here")
    if "set" in data and isinstance(data["set"], list) is not in_order:
        expected = "a list of numbers such as [3, 1, 2], one for each wire" if in_order else OPTIONS["set"][1]
        raise InputError(f"set must be {expected}, got {shown(data['set'])}")
    for name, value in data["set"].items() if isinstance(data.get("set"), dict) else [("set", data.get("set", []))]:
        problem = number_problem(name, value, finite=False)
        if problem:
            raise InputError(problem)
    return data


def names_in(settings: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A setting that is one name or a list of names."""
    value = settings.get(key, ())
    return (value,) if isinstance(value, str) else tuple(value)


def names_files(settings: Mapping[str, Any]) -> bool:
    """Whether a fence reads documents of its own, which may change and name others that do: it is drawn anew in every build."""
    blocks = settings.get("blocks")
    names = [settings.get("graph", ""), settings.get("against", ""), *(blocks.values() if isinstance(blocks, Mapping) else ())]
    return any(sign in str(name) for name in names for sign in (".toml", "/", "\\"))


# --- YAML -------------------------------------------------------------------------------------------------------------------------


def from_yaml(source: str) -> Any:
    """The data of a text in YAML. Raises InputError.

    >>> from_yaml("{x: [1, 1e-3, yes, 2001-01-01], y: ~}")
    {'x': [1, 0.001, 'yes', '2001-01-01'], 'y': None}
    """
    if len(source) > FENCE_CHARACTERS:
        raise InputError(f"a fence has at most {FENCE_CHARACTERS:,} characters, and this one has {len(source):,}; write a document instead")
    import yaml

    reader = _Events()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where it was built
    try:
        for event in yaml.parse(source, Loader=loader):
            reader.take(event)
    except yaml.YAMLError as error:
        raise InputError(f"not YAML: {' '.join(str(error).split())}; {EXAMPLE}") from None
    return reader.documents[0] if reader.documents else None


class _Events:
    """Makes data of the parser's events, one after the other; lives as long as one text is read."""

    def __init__(self) -> None:
        self.documents: list[Any] = []
        self.open: list[tuple[Any, list[str]]] = [(self.documents, [])]  # a list or a table, and the key that waits for its value

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        if kind == "AliasEvent" or getattr(event, "anchor", None):
            raise self.error(event, "anchors (&) and aliases (*) are not read; write the value where it is meant, or put it into quotes")
        if getattr(event, "tag", None):
            raise self.error(event, f"the tag {shown(event.tag)} is not read; leave it out")
        if kind == "ScalarEvent":
            self.put(event, self.plain(event) if event.implicit[0] else event.value)
        elif kind in ("SequenceStartEvent", "MappingStartEvent"):
            made: Any = [] if kind == "SequenceStartEvent" else {}
            self.put(event, made)
            self.open.append((made, []))
            if len(self.open) > FENCE_NESTING + 1:
                raise self.error(event, f"lists and tables are nested more than {FENCE_NESTING} deep")
        elif kind in ("SequenceEndEvent", "MappingEndEvent"):
            self.open.pop()
        elif kind == "DocumentStartEvent" and self.documents:
            raise self.error(event, "a fence is one document; leave out the line ---")

    def put(self, event: Any, value: Any) -> None:
        """Add a value where one is wanted, or remember it as the key of the next."""
        inside, key = self.open[-1]
        if isinstance(inside, list):
            inside.append(value)
        elif key:
            inside[key.pop()] = value
        else:
            text = event.value if type(event).__name__ == "ScalarEvent" else None
            if text is None or text in inside:
                raise self.error(event, "a key must be a text" if text is None else f"{shown(text)} is given twice")
            key.append(text)

    def plain(self, event: Any) -> Any:
        """What a text without quotes is."""
        text: str = event.value
        if text.lower() in WORDS:
            return WORDS[text.lower()]
        if WHOLE.fullmatch(text):
            if len(text) > 400:
                raise self.error(event, f"a number has at most 400 digits, and this one has {len(text):,}")
            return int(text)
        return read_float(text) if FLOAT.fullmatch(text) else text

    def error(self, event: Any, message: str) -> InputError:
        return InputError(f"line {event.start_mark.line + 1}: {message}")


def network_of(settings: Mapping[str, Any]) -> Network:
    """The sorting network that a fence names, `without` some comparators, counted from 1. Raises InputError."""
    from ..sorting import network

    n: Any = settings.get("n")  # `network` says what is wrong with it
    found = network(settings["network"], n)
    left_out = left_out_of(settings, found.size)
    return found.without(*(k - 1 for k in left_out)) if left_out else found


def left_out_of(settings: Mapping[str, Any], size: int) -> list[int]:
    """The comparators that a fence leaves out of so many, counted from 1. Raises InputError."""
    left_out = without_of(settings)
    if not all(1 <= k <= size for k in left_out):
        raise InputError(f"without must name comparators from 1 to {size}, got {shown(settings['without'])}")
    return left_out


def without_of(settings: Mapping[str, Any]) -> list[int]:
    """The comparators that a fence leaves out, counted from 1."""
    left_out = settings.get("without", [])
    return left_out if isinstance(left_out, list) else [left_out]
