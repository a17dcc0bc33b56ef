"""Markdown as this site's mkdocs.yml reads it, without MkDocs: the same extensions with the same settings (a test compares the two)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..base.errors import InputError, OutputError

EXTENSIONS: dict[str, dict[str, Any]] = {  # in the order of mkdocs.yml; the custom fence and the folder of snippets are put in
    "abbr": {},
    "admonition": {},
    "attr_list": {},
    "def_list": {},
    "footnotes": {},
    "md_in_html": {},
    "tables": {},
    "toc": {"permalink": True},
    "pymdownx.arithmatex": {"generic": True},
    "pymdownx.details": {},
    "pymdownx.highlight": {"pygments_lang_class": True},
    "pymdownx.inlinehilite": {},
    "pymdownx.snippets": {"check_paths": True},
    "pymdownx.superfences": {},
    "pymdownx.tabbed": {"alternate_style": True},
}
FENCE = "a1viz"


def html_of(text: str, fence: Callable[..., str], snippets: Sequence[Path] = ()) -> str:
    """The HTML of a page whose ```a1viz blocks are shown by `fence`; `snippets` are the folders that `--8<--` reads from.

    Raises InputError where a file that the page includes is missing, OutputError without Python-Markdown.
    """
    try:
        from markdown import Markdown
        from pymdownx.snippets import SnippetMissingError
    except ModuleNotFoundError as error:
        raise OutputError(f'chapters are read by {error.name}, which is not installed: pip install "a1viz[site]"') from None
    from .fence import validate

    custom = [{"name": FENCE, "class": FENCE, "format": fence, "validator": validate}]
    configs = {
        **EXTENSIONS,
        "pymdownx.superfences": {"custom_fences": custom},
        "pymdownx.snippets": {**EXTENSIONS["pymdownx.snippets"], "base_path": [str(folder) for folder in snippets]},
    }
    try:
        return str(Markdown(extensions=list(configs), extension_configs=configs).convert(text))
    except SnippetMissingError as error:
        raise InputError(f"{error}; a snippet is read from {', '.join(map(str, snippets)) or 'nowhere'}") from None
