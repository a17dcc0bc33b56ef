"""Pages of a built site in a browser that notes whatever goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def watched(browser, home: str, **options) -> Iterator[tuple[object, list[str]]]:
    """A new page, and the list of all that goes wrong while it is open: requests elsewhere, failures, errors."""
    trouble: list[str] = []
    context = browser.new_context(**options)
    page = context.new_page()

    def own(url: str) -> bool:
        return url.startswith((home, "data:", "blob:", "about:"))

    def gave_up(request) -> bool:  # the next page was opened before the answer to the last one's request came
        return own(request.url) and request.failure == "net::ERR_ABORTED"

    page.route(lambda url: not own(url), lambda route: route.abort())
    page.on("request", lambda request: None if own(request.url) else trouble.append(f"{page.url} asks for {request.url}"))
    page.on("requestfailed", lambda request: None if gave_up(request) else trouble.append(f"{request.url} failed: {request.failure}"))
    page.on("response", lambda answer: trouble.append(f"{page.url}: {answer.url} is {answer.status}") if answer.status >= 400 else None)
    page.on("console", lambda said: trouble.append(f"{page.url} says: {said.text}") if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: trouble.append(f"{page.url}: {error}"))
    try:
        yield page, trouble
    finally:
        context.close()


def home_of(transport: str, site: Path, request: pytest.FixtureRequest) -> str:
    return site.as_uri() if transport == "file" else request.getfixturevalue("site_url")
