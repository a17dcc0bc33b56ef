"""The Markdown fence: an ```a1viz block becomes an executed, drawn graph in any site built with Python-Markdown.

Wire it as a custom fence of pymdownx.superfences: `format: !!python/name:a1viz.fence.format`. Nothing here imports MkDocs. SuperFences
swallows exceptions, so every error is shown in the page and logged as a warning, which fails a strict build.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from ..base.errors import A1vizError, InputError, did_you_mean, place, shown
from .figures import figure_html
from .state import remembered
from .views import OPTIONS, VIEWS

LOG = logging.getLogger("mkdocs.a1viz")  # MkDocs counts warnings below "mkdocs"; elsewhere it is a logger like any other
SOURCES = ("graph", "figure", "network", "equations", "comparators")  # a fence has one of them; equations may follow comparators
PAGE: ContextVar[tuple[str, str]] = ContextVar("page", default=("", ""))  # the page's path and text, where a hook tells


def format(source: str, language: str = "a1viz", css_class: str = "a1viz", options: Any = None, md: Any = None, **more: Any) -> str:
    """The HTML of one fence; what SuperFences calls.

    Errors of any kind become a message in the page and a warning in the log.
    """
    try:
        return _cached(source, _state(source))
    except Exception as error:
        message = _said(error)
        LOG.warning("%s%s", _where(source, md), message)
        return f'<div class="a1viz-error" role="alert"><strong>a1viz could not draw this</strong><pre>{escape(message)}</pre></div>'


def _said(error: Exception) -> str:
    """What is wrong, for the page and for the log."""
    if isinstance(error, ModuleNotFoundError):
        package = "PyYAML" if error.name == "yaml" else error.name
        return f'graphs in Markdown need {package}, which is not installed: pip install "a1viz[site]"'
    return str(error) if isinstance(error, A1vizError) else f"{type(error).__name__}: {error}"


def _where(source: str, md: Any = None) -> str:
    """File and line of the fence, as far as they are known."""
    path, text = PAGE.get()
    texts = [text]
    if not path:
        path, texts = page_of(md)
    line = next(filter(None, (line_of(source, text) for text in texts)), 0)
    return place(path, line) or f"a1viz fence {shown(source.strip()[:40])}: "


def page_of(md: Any) -> tuple[str, list[str]]:
    """The path of the page that a Markdown converter makes, where that is known, and its text: the file's, and as it is converted.

    MkDocs hands a page's file to the converter, for its links; other programs hand over the text alone.
    """
    lines = getattr(md, "lines", None) or []
    file = next((found for step in getattr(md, "treeprocessors", ()) if (found := getattr(step, "file", None)) is not None), None)
    texts = ["\n".join(map(str, lines))]
    with contextlib.suppress(OSError, ValueError, AttributeError):
        texts.insert(0, str(file.content_string))  # type: ignore[union-attr]
    return str(getattr(file, "src_uri", "")), texts


def line_of(source: str, text: str) -> int:
    """The line of a text on which a block of lines begins, however far it is indented there; 0 where it is not found.

    >>> line_of("graph: a\\nview: b", "# A\\n\\n    graph: a\\n    view: b")
    3
    """
    wanted, lines = [line.strip() for line in source.strip().split("\n")], [line.strip() for line in text.split("\n")]
    starts = (k for k, line in enumerate(lines) if line == wanted[0] and lines[k : k + len(wanted)] == wanted)
    return next(starts, -1) + 1 if wanted != [""] else 0


def _state(source: str) -> tuple[tuple[str, int], ...]:
    """What a cached picture depends on besides its source: the documents it could name, by time of change."""
    from ..graph.catalog import catalogue_folder

    named = [Path(line.partition(":")[2].strip()) for line in source.splitlines() if line.strip().startswith("graph:")]
    folders = {catalogue_folder(), *(path.parent for path in named if path.suffix == ".toml")}  # blocks live beside the document
    paths = sorted(path for folder in folders for kind in ("*.toml", "*.safetensors", "*.npz") for path in folder.glob(kind))
    return tuple((str(p.absolute()), p.stat().st_mtime_ns) for p in paths if p.is_file())


@lru_cache(maxsize=256)
def _cached(source: str, state: tuple[tuple[str, int], ...]) -> str:
    settings = read(source)
    if names_files(settings):
        return html(settings)
    return str(remembered("fences", f"{state}\0{source}", lambda: html(settings)))


def names_files(settings: Mapping[str, Any]) -> bool:
    """Whether a fence reads documents of its own, which may change and name others that do: it is drawn anew in every build."""
    blocks = settings.get("blocks")
    names = [settings.get("graph", ""), *(blocks.values() if isinstance(blocks, Mapping) else ())]
    return any(sign in str(name) for name in names for sign in (".toml", "/", "\\"))


def read(source: str) -> dict[str, Any]:
    """The settings of a fence: YAML, with the keys of OPTIONS or those of a graph document. Raises InputError."""
    import yaml

    try:
        data = yaml.safe_load(source)
    except yaml.YAMLError as error:
        raise InputError(f"not YAML: {' '.join(str(error).split())}; write lines such as graph: gated_network") from None
    if isinstance(data, str) and data.strip().isidentifier():
        return {"graph": data.strip()}
    if not isinstance(data, Mapping):
        raise InputError(f"expected lines such as graph: gated_network, got {shown(source.strip())}")
    sources = {key for key in SOURCES if key in data}
    if len(sources) != 1 and sources != {"equations", "comparators"}:
        raise InputError("give either graph: NAME, figure: NAME, network: NAME, or equations: or comparators: of its own")
    for key in data:
        if not sources & {"equations", "comparators"} and key not in OPTIONS:
            raise InputError(f"unknown key {shown(str(key))}; a fence knows {', '.join(OPTIONS)}{did_you_mean(str(key), OPTIONS)}")
    view = data.get("view", "forward")
    if not isinstance(view, str) or view not in VIEWS:
        raise InputError(f"unknown view {shown(str(view))}; the views are {', '.join(VIEWS)}{did_you_mean(str(view), VIEWS)}")
    in_order = view == "wires" and "network" in data
    if "set" in data and not isinstance(data["set"], list if in_order else Mapping):
        if in_order:
            raise InputError(f"set must be a list of numbers such as [3, 1, 2], one for each wire, got {shown(data['set'])}")
        raise InputError(f"set must be a table such as {{x: [1, 0, 2]}}, got {shown(data['set'])}")
    return dict(data)


def html(settings: Mapping[str, Any]) -> str:
    """The figure for one fence."""
    if "figure" in settings:
        return figure_html(str(settings["figure"]), str(settings.get("caption", "")))
    return VIEWS[settings.get("view", "forward")](settings)
