"""While pages are served: a page is converted again only if something it is made from has changed, for converting takes most of a build."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from ..base.cache import digest
from .state import program_state

KEPT: dict[str, tuple[str, dict[str, Any]]] = {}  # of each page: what it was made from, and what it was given
OTHERS = re.compile(r"--8<--|^\s*(graph|against): .*(\.toml|/)", re.M)  # in a page that is made from files of which we know nothing


def keep(pages: Sequence[Any], settings: str) -> None:
    """From now on convert these pages of MkDocs only where they, their neighbours' names, a1viz or the site's settings have changed."""
    around = "\0".join([settings, program_state(), *sorted(page.file.src_uri for page in pages)])
    for page in pages:
        page.render = partial(_converted, page, around)


def _converted(page: Any, around: str, config: Any, files: Any) -> None:
    """What `Page.render` does; a page of which something was said is not kept, so that it is said each time."""
    from mkdocs.utils import CountHandler

    name, state = page.file.src_uri, digest(f"{around}\0{page.markdown}", 16)
    if KEPT.get(name, ("", {}))[0] != state:
        before, said = dict(vars(page)), CountHandler(level=logging.WARNING)
        logging.getLogger("mkdocs").addHandler(said)
        try:
            type(page).render(page, config, files)
        finally:
            logging.getLogger("mkdocs").removeHandler(said)
        given = {key: value for key, value in vars(page).items() if key not in before or before[key] is not value}
        KEPT.pop(name, None)
        if not said.get_counts() and not OTHERS.search(page.markdown):
            KEPT[name] = state, given
        return
    vars(page).update(KEPT[name][1])
    links = page.links_to_anchors or {}
    page.links_to_anchors = {files.src_uris[file.src_uri]: anchors for file, anchors in links.items() if file.src_uri in files.src_uris}
