"""The built site for those who use no mouse, or do not see it."""

from __future__ import annotations

import http.server
import threading
from functools import partial
from pathlib import Path

import pytest
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


@pytest.mark.browser
def test_a_page_that_is_not_there_leads_home_from_any_folder(browser, site, tmp_path):
    (tmp_path / "course").symlink_to(site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Missing, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        home = f"http://127.0.0.1:{server.server_port}/course/"
        with watched(browser, home) as (page, _):
            page.goto(f"{home}how-to/nothing/here.html")
            page.wait_for_function("document.querySelector('a').pathname === '/course/'")
            page.click("a")
            assert page.title().startswith("a1viz") or "a1viz" in page.title()
        server.shutdown()
