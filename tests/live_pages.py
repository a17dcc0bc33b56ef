"""Pages with live pictures, as any Python-Markdown makes them, with a strict content security policy, over http and from files."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
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


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address where a folder is served meanwhile."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
