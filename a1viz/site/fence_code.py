"""The Python that draws what a fence draws, for a notebook: one line a fence, and a document where the fence writes one."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..base.errors import InputError, did_you_mean, shown
from ..graph.written import document_texts
from .options import names_files, names_in, read, without_of
from .views import drawn_graph

Settings = Mapping[str, Any]
GIVEN = {"expand": "expand", "units": "units", "show_parameters": "parameters", "direction": "direction", "width": "width",
         "scale": "scale", "theme": "theme", "k": "k"}  # fmt: skip
DERIVED = ("substitute", "entries")


def fence_code(source: str, documents: Mapping[str, str] | None = None) -> tuple[str, str]:
    """The Python of a fence and its caption; no Python for an exercise, which is for the page alone.

    `documents` are the texts that a fence may name, as those on its page. Raises InputError for what is no fence, and for a view that no
    cell shows.

    >>> fence_code("graph: gated_network\\nview: backward\\nlive: true\\ncaption: Both ways.")
    ('a1viz.draw("gated_network", backward=True)', 'Both ways.')
    """
    settings = read(source)
    if "exercise" in settings:
        return "", settings.get("question", "")
    caption = settings.get("caption", "")
    if "figure" in settings:
        from ..plots import FIGURES

        name = settings["figure"]
        if name not in FIGURES:
            raise InputError(f"there is no figure {shown(name)}; the figures are {', '.join(FIGURES)}{did_you_mean(name, FIGURES)}")
        return f"from a1viz.plots import FIGURES\n\nFIGURES[{literal(name)}]()", caption
    view = settings.get("view", "forward")
    if view not in CODE:
        known = f"it shows {', '.join(CODE)}; leave other fences out of the marked part"
        raise InputError(f"a notebook shows no view: {shown(view)}{did_you_mean(view, CODE)}; {known}")
    return CODE[view](settings, documents or {}), caption


def literal(value: Any) -> str:
    """A text, number, list or table as Python reads it.

    >>> literal({"x": [1, math.inf, "a"]})
    '{"x": [1, float("inf"), "a"]}'
    """
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(key)}: {literal(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    return f'float("{value}")' if isinstance(value, float) and not math.isfinite(value) else repr(value)


def _call(name: str, *words: str, **options: Any) -> str:
    """A call of a1viz, with the options that say something."""
    said = [f"{key}={literal(value)}" for key, value in options.items() if value not in ("", False, None, [], ())]
    return f"a1viz.{name}({', '.join([*words, *said])})"


def _graph(settings: Settings, documents: Mapping[str, str], key: str = "graph", loaded: bool = False) -> str:
    """The graph of a fence: its name, a network, or the text of a document."""
    if "network" in settings and key == "graph":
        left_out = without_of(settings)
        without = f".without({', '.join(str(k - 1) for k in left_out)})" if left_out else ""
        return _call("sorting.network", *map(literal, (settings["network"], settings["n"]))) + without
    name = settings.get(key, "")
    if name in documents:
        return f"a1viz.loads({_text(documents[name])})"
    if name and not names_files({key: name}):
        return _call("load", literal(name)) if loaded else literal(name)
    graph = drawn_graph({"graph": name} if name else settings)
    texts = document_texts(graph, graph.name)
    if len(texts) > 1:
        raise InputError(f"{shown(name or graph.name)} has blocks of its own, and a cell holds one document; draw a graph of the catalogue")
    return f"a1viz.loads({_text(texts.popitem()[1])})"


def _text(document: str) -> str:
    """The text of a document as Python reads it, a line a line."""
    quoted = document.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""\\\n{quoted}"""'


def _drawn(settings: Settings, documents: Mapping[str, str], **view: Any) -> str:
    values = settings.get("set") or (True if view.pop("values", False) else False)
    options = {name: settings[key] for key, name in GIVEN.items() if key in settings}
    return _call("draw", _graph(settings, documents), **view, values=values, **options)


def _wires(settings: Settings, documents: Mapping[str, str]) -> str:
    view = {} if "network" in settings else {"view": "wires"}
    return _drawn(settings, documents, **view)


def _gradient(settings: Settings, documents: Mapping[str, str]) -> str:
    backward = _call("backward", _graph(settings, documents, loaded=True), wrt=names_in(settings, "wrt"))
    return f"a1viz.draw(a1viz.rewrite({backward}))"


def _derivation(settings: Settings, documents: Mapping[str, str]) -> str:
    chosen: Sequence[str] = names_in(settings, "only") or names_in(settings, "wrt")
    options = {key: settings.get(key, False) for key in DERIVED}
    graph = _graph(settings, documents, loaded=True)
    if settings.get("steps"):
        names = [literal(list(chosen))] if chosen else []
        return _call("derive_steps", graph, *names, substitute=options["substitute"])
    return _call("derive", graph, wrt=chosen, **options)


def _plan(settings: Settings, documents: Mapping[str, str]) -> str:
    compiled = _call("compile", _graph(settings, documents, loaded=True), wrt=names_in(settings, "wrt"))
    given = ", ".join(f"{name}={literal(value)}" for name, value in settings.get("set", {}).items())
    return f"a1viz.draw({compiled}.plan({given}))"


def _difference(settings: Settings, documents: Mapping[str, str]) -> str:
    if "against" in settings:
        other = _graph(settings, documents, "against", loaded=True)
    else:
        other = _graph({key: value for key, value in settings.items() if key != "without"}, documents, loaded=True) + ".graph()"
    ours = _graph(settings, documents, loaded=True) + (".graph()" if "network" in settings else "")
    return f"a1viz.draw(a1viz.diff({other}, {ours}))"


CODE: dict[str, Callable[[Settings, Mapping[str, str]], str]] = {
    "forward": _drawn,
    "backward": lambda settings, documents: _drawn(settings, documents, backward=True),
    "values": lambda settings, documents: _drawn(settings, documents, values=True),
    "neurons": lambda settings, documents: _drawn(settings, documents, view="neurons"),
    "wires": _wires,
    "gradient": _gradient,
    "derivation": _derivation,
    "equations": lambda settings, documents: f"print({_graph(settings, documents, loaded=True)})",
    "plan": _plan,
    "diff": _difference,
}
