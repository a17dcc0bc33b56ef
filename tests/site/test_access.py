"""The built site for those who use no mouse, or do not see it."""

from __future__ import annotations

import http.server
import threading
from functools import partial
from pathlib import Path

import pytest
from conftest import ROOT
from mkdocs.commands.build import build
from mkdocs.config import load_config
from watched_pages import watched


class Missing(http.server.SimpleHTTPRequestHandler):
    """A host with a site in a folder, which shows the site's own page for what is not there."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        body = (Path(self.directory) / "course" / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


SMALL = """site_name: a1viz
site_url: {address}
use_directory_urls: false
theme: {{name: material, font: false, custom_dir: {overrides}}}
"""


@pytest.mark.browser
@pytest.mark.parametrize("address", ["''", "https://example.org/course/"])
def test_a_page_that_is_not_there_leads_home_from_any_folder(address, browser, tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Home\n", encoding="utf-8")
    settings = SMALL.format(address=address, overrides=ROOT / "docs" / "overrides")
    (tmp_path / "mkdocs.yml").write_text(settings, encoding="utf-8")
    build(load_config(str(tmp_path / "mkdocs.yml"), site_dir=str(tmp_path / "served" / "course")))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Missing, directory=str(tmp_path / "served"))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        home = f"http://127.0.0.1:{server.server_port}/course/"
        with watched(browser, home) as (page, _):
            page.goto(f"{home}how-to/nothing/here.html")
            page.wait_for_function("document.querySelector('a').pathname === '/course/'")
            page.click("a")
            assert page.locator("h1").inner_text().startswith("Home")
        server.shutdown()
