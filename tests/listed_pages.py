"""The pages of the site: those that mkdocs.yml lists, by the titles it gives them, and the cards behind the gallery and the models."""

from __future__ import annotations

from typing import Any

import yaml
from conftest import ROOT

from a1viz.graph.catalog import catalogue
from a1viz.nn import SETTINGS


class Loose(yaml.SafeLoader):
    """Reads mkdocs.yml without running its Python tags."""


Loose.add_multi_constructor("", lambda loader, suffix, node: node.value)


def titles(entries: Any) -> dict[str, str]:
    """The titles of all pages of a part of the navigation, by their sources."""
    pairs = [pair for entry in entries for pair in entry.items()]
    return {page: title for key, value in pairs for page, title in ({value: key} if isinstance(value, str) else titles(value)).items()}


def built(source: str) -> str:
    return source.removesuffix(".md") + ".html"


NAVIGATION = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loose)["nav"]
TITLES = titles(NAVIGATION)
LISTED = [built(source) for source in TITLES]
CHAPTERS = [built(source) for entry in NAVIGATION if "Learn" in entry for source in titles(entry["Learn"])]
CARDS = [*(f"gallery/{name}.html" for name in catalogue()), *(f"models/{name}_{kind}.html" for kind, name in SETTINGS)]
