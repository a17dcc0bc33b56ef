"""Pages with live pictures, as any Python-Markdown makes them, with a strict content security policy, over http and from files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import markdown

from a1viz.fence import format, validate
from a1viz.site.assets import write_assets

POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
FENCE = {"name": "a1viz", "class": "a1viz", "format": format, "validator": validate}
HEAD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    '<link rel="stylesheet" href="assets/a1viz.css"><script src="assets/a1viz.js"></script></head><body><main>'
)


def page_of(text: str) -> str:
    """A whole page of Markdown."""
    made = markdown.markdown(
        text, extensions=["pymdownx.superfences"], extension_configs={"pymdownx.superfences": {"custom_fences": [FENCE]}}
    )
    return f"{HEAD}{made}</main></body></html>"


def write_site(folder: Path, pages: dict[str, str]) -> Path:
    """Pages of Markdown, by their names, and the files that they load."""
    write_assets(folder / "assets")
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(page_of(text), encoding="utf-8")
    return folder


def listened(page) -> list[str]:
    """The list of the errors that a page and its console will say."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" and "favicon" not in str(said.location) else None)
    return errors


@contextmanager
def faultless(browser, **settings) -> Iterator[object]:
    """A new page in which no error may occur."""
    page = browser.new_page(**settings)
    errors = listened(page)
    yield page
    page.close()
    assert errors == []


def until(page, expression: str) -> None:
    """Wait until something is true in the page, without evaluating text there, which its policy forbids."""
    end = time.monotonic() + 30
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(20)
