"""The built site for those who use no mouse, or do not see it."""

from __future__ import annotations

import http.server
import threading
from functools import partial
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from test_site import pages
from watched_pages import watched

DAILY = [("index.html", "dark"), ("sort2.html", "dark"), ("playground.html", "light")]
STOPS = """all => all.filter(picture => picture.checkVisibility())
  .map(picture => [picture, ...picture.querySelectorAll("[tabindex]")].filter(part => part.tabIndex === 0).length)"""


def violations(page) -> list[str]:
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{page.url}: {v['id']}: {node['target']} {node['html'][:120]}" for v in found for node in v["nodes"]]


def seen(browser, site: Path, names: list[str], scheme: str) -> tuple[list[str], dict[str, set[int]]]:
    """What axe says about some pages, and how many stops of the Tab key their pictures have."""
    faults, stops = [], {}
    with watched(browser, site.as_uri(), color_scheme=scheme, viewport={"width": 1280, "height": 800}) as (page, _):
        for name in names:
            page.goto(f"{site.as_uri()}/{name}")
            page.wait_for_function("[...document.querySelectorAll('[data-a1viz-live]')].every(f => f.dataset.a1vizLive === 'ready')")
            page.wait_for_timeout(300)
            faults += violations(page)
            stops[name] = set(page.eval_on_selector_all(".a1viz-picture", STOPS))
    return faults, stops


@pytest.mark.browser
@pytest.mark.parametrize(("name", "scheme"), DAILY)
def test_nothing_shuts_a_reader_out(name, scheme, browser, site):
    faults, stops = seen(browser, site, [name], scheme)
    assert not faults, "\n".join(faults)
    assert stops[name] == {1}  # a picture is one stop, however many boxes it has


@pytest.mark.browser
@pytest.mark.prove
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_shuts_a_reader_out_anywhere(scheme, browser, site):
    faults, stops = seen(browser, site, pages(site), scheme)
    assert not faults, "\n".join(faults)
    assert {name: found for name, found in stops.items() if found - {1}} == {}


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
