"""The Markdown fence: an ```a1viz block becomes an executed, drawn graph in any site built with Python-Markdown.

Wire it as a custom fence of pymdownx.superfences: `format: !!python/name:a1viz.fence.format` and `validator:
!!python/name:a1viz.fence.validate`. Nothing here imports MkDocs. SuperFences swallows exceptions, so every error is shown in the page and
logged as a warning, which fails a strict build.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from html import escape
from typing import Any

from ..base.errors import A1vizError, InputError, place, shown
from .exercises import exercise_html
from .figures import figure_html
from .options import names_files, read
from .state import program_state, remembered
from .views import view_of

LOG = logging.getLogger("mkdocs.a1viz")  # MkDocs counts warnings below "mkdocs"; elsewhere it is a logger like any other
PAGE: ContextVar[tuple[str, str]] = ContextVar("page", default=("", ""))  # the page's path and text, where a hook tells
ID = re.compile(r' id="([^"]+)"')
REFERENCES = re.compile(r'(?<= id=")[^"]+|(?<= href="#)[^"]+|(?<=url\(#)[^)"]+|(?<= aria-labelledby=")[^"]+|(?<= aria-describedby=")[^"]+')


def format(source: str, language: str = "a1viz", css_class: str = "a1viz", options: Any = None, md: Any = None, **more: Any) -> str:
    """The HTML of one fence; what SuperFences calls.

    Errors of any kind become a message in the page and a warning in the log.
    """
    try:
        check_header({**(options or {}), **(more.get("attrs") or {})})
        settings = read(source)
        made = html(settings) if names_files(settings) else _cached(source, program_state())
        return with_own_ids(made, md)
    except Exception as error:
        message = _said(error)
        LOG.warning("%s%s", _where(source, md), message)
        return f'<div class="a1viz-error" role="alert"><strong>a1viz could not draw this</strong><pre>{escape(message)}</pre></div>'


def validate(language: str, inputs: Mapping[str, Any], options: dict[str, Any], attrs: Mapping[str, Any], md: Any) -> bool:
    """What SuperFences asks of the words after the fence's name: all are handed on, for `format` says what is wrong with them.

    Without a validator, SuperFences takes a fence with such words for code and shows it.
    """
    options.update(inputs)
    return True


def check_header(given: Mapping[str, Any]) -> None:
    """Raise InputError for anything after the name of a fence."""
    for name, value in given.items():
        raise InputError(f"{name}={shown(str(value))} stands after the name of the fence; write settings as lines below, as caption: ...")


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


@lru_cache(maxsize=256)
def _cached(source: str, state: str) -> str:
    return str(remembered("fences", source, lambda: html(read(source))))


def html(settings: Mapping[str, Any]) -> str:
    """The figure for one fence, or its exercises."""
    if "exercise" in settings:
        return exercise_html(settings)
    view = view_of(settings)
    return (
        figure_html(settings["figure"], settings.get("caption", ""), bool(settings.get("live"))) if "figure" in settings else view(settings)
    )


def with_own_ids(made: str, md: Any) -> str:
    """The HTML with a number after every id, where the page that `md` makes has one of them already: the same picture, drawn twice."""
    blocks = md.htmlStash.rawHtmlBlocks if hasattr(md, "htmlStash") else ()
    own, taken = set(ID.findall(made)), {name for block in blocks if isinstance(block, str) for name in ID.findall(block)}
    if not own & taken:
        return made
    number = next(k for k in range(2, len(taken) + 3) if not {f"{name}-{k}" for name in own} & taken)
    return REFERENCES.sub(lambda found: " ".join(f"{name}-{number}" if name in own else name for name in found[0].split(" ")), made)
