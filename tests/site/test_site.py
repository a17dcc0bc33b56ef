"""The built site: every page, from the file system and over http, without a word to another host."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urldefrag, urlsplit

import psutil
import pytest
from conftest import ROOT, TIMES, environment
from listed_pages import CARDS, LISTED, TITLES
from watched_pages import home_of, watched

LEFT_OUT = (".git", ".venv", ".venv-bench", "site", "dist", "build", "tests", ".ci")  # at the top of the project
PAGE_BYTES = 1_200_000  # uncompressed, without what it loads
THEME_BYTES = 250_000  # of its scripts
NOT_NAMED = ("sitemap.xml", "sitemap.xml.gz")  # which machines ask for
NO_FETCH = {"a", "link rel=canonical", "link rel=prev", "link rel=next"}


class Page(HTMLParser):
    """The ids of a page, what its links point to, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids |= {value for key in ("id", "name") if (value := found.get(key))}
        target = found.get("href") or found.get("src")
        if target and not target.startswith(("data:", "mailto:", "javascript:")):
            self.links.append(target)
            if (f"link rel={found.get('rel')}" if tag == "link" else tag) not in NO_FETCH:
                self.loads.append(target)


def pages(site: Path) -> list[str]:
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))


class Seen(NamedTuple):
    """What one walk through all pages has shown."""

    trouble: list[str]
    schemes: dict[str, str]  # of colours, by page
    widths: dict[str, int]  # in pixels, by page
    stuck: list[str]  # what is wider than its column and cannot be scrolled by keyboard


def seen_daily(names: list[str], half: int) -> list[str]:
    """Every other page, and few of the gallery's, which are alike."""
    few = [name for k, name in enumerate(names) if not name.startswith("gallery/") or k % 10 == 0]
    return few[half::2]


STUCK = """all => all.filter(box => box.scrollWidth > box.clientWidth && box.tabIndex < 0 && !box.querySelector('[tabindex="0"]'))
  .map(box => box.outerHTML.slice(0, 200))"""
WALKS = [  # how the pages come, in which colours, in how wide a window; each page is seen one way daily, and all four in `make prove`
    pytest.param(("file", "light", 360), marks=pytest.mark.many),
    pytest.param(("http", "dark", 1280), marks=pytest.mark.many),
    pytest.param(("file", "dark", 360), marks=pytest.mark.prove),
    pytest.param(("http", "light", 1280), marks=pytest.mark.prove),
]


@pytest.fixture(scope="module", params=WALKS, ids=lambda how: "-".join(map(str, how)))
def walk(request, browser, site) -> tuple[str, int, Seen]:
    """The colours and the width that were asked for, and what was seen."""
    transport, scheme, width = request.param
    home = home_of(transport, site, request)
    with watched(browser, home, color_scheme=scheme, viewport={"width": width, "height": 800}) as (page, trouble):
        seen = Seen(trouble, {}, {}, [])
        for name in seen_daily(pages(site), scheme == "dark") if TIMES == 1 else pages(site):
            page.goto(f"{home}/{name}", wait_until="load")
            page.wait_for_timeout(50)
            seen.schemes[name] = page.locator("body").get_attribute("data-md-color-scheme")
            seen.widths[name] = page.evaluate("document.documentElement.scrollWidth")
            seen.stuck.extend(f"{name}: {box}" for box in page.eval_on_selector_all(".a1viz-picture, .a1viz-math-block", STUCK))
    return scheme, width, seen


@pytest.mark.browser
def test_every_page_opens_without_another_host_or_an_error(walk):
    scheme, _, seen = walk
    assert not seen.trouble, "\n".join(seen.trouble)
    expected = {"light": "default", "dark": "slate"}[scheme]
    assert [name for name, shown in seen.schemes.items() if shown != expected and name != "404.html"] == []
    assert len(seen.schemes) > 20


@pytest.mark.browser
def test_no_page_is_wider_than_its_window(walk):
    _, width, seen = walk
    assert {name: needed for name, needed in seen.widths.items() if needed > width} == {}


@pytest.mark.browser
def test_a_picture_wider_than_its_column_can_be_scrolled_by_keyboard(walk):
    assert walk[2].stuck == []


@pytest.mark.browser
@pytest.mark.parametrize("transport", ["file", "http"])
def test_the_search_finds_a_typed_word(transport, browser, site, request):
    home = home_of(transport, site, request)
    with watched(browser, home) as (page, trouble):
        page.goto(f"{home}/get-started.html")
        page.locator("input.md-search__input").click()
        page.keyboard.type("differentiation")
        found = page.locator(".md-search-result__link")
        found.first.wait_for(timeout=60_000)
        assert any("automatic-differentiation.html" in link.get_attribute("href") for link in found.all())
        found.first.click()
        page.wait_for_load_state()
        assert page.url.startswith(home)
    assert not trouble, "\n".join(trouble)


@pytest.mark.browser
def test_the_palette_goes_round_its_three_states(browser, site):
    with watched(browser, site.as_uri(), color_scheme="dark") as (page, trouble):
        page.goto(f"{site.as_uri()}/index.html")
        seen = []
        for _ in range(3):
            seen.append(page.locator("body").get_attribute("data-md-color-scheme"))
            page.locator("form[data-md-component=palette] label:not([hidden])").click()
        assert seen == ["slate", "default", "slate"]
    assert not trouble, "\n".join(trouble)


def test_every_internal_link_resolves(site):
    read = {name: Page((site / name).read_text(encoding="utf-8")) for name in pages(site)}
    broken = []
    for name, page in read.items():
        if name == "404.html":
            continue
        for link in page.links:
            if urlsplit(link).scheme or link.startswith("//"):
                continue
            target, anchor = urldefrag(link)
            anchor = "" if anchor.startswith("a1viz-") and "=" in anchor else anchor  # a state, which the page's script reads
            path = (site / name).parent / unquote(urlsplit(target).path) if target else site / name
            path = path / "index.html" if path.is_dir() else path
            key = path.resolve().relative_to(site.resolve()).as_posix()
            if not path.is_file() or (anchor and key in read and unquote(anchor) not in read[key].ids | {"__skip"}):
                broken.append(f"{name}: {link}")
    assert not broken, "\n".join(broken)


def words(html: str) -> str:
    """What is read of HTML, without the sign that links to a heading."""
    return unescape(re.sub(r'<a class="headerlink".*?</a>|<[^>]+>', "", html)).strip()


def test_a_page_is_called_the_same_wherever_it_is_named(site):
    """In the navigation, in its heading and in the window, the question's number included; what heads the first page is a sentence."""
    found, expected = {}, {}
    for name in [*LISTED, *CARDS]:
        text = (site / name).read_text(encoding="utf-8")
        heading, window = words(re.findall(r"(?s)<h1[^>]*>(.*?)</h1>", text)[0]), words(re.findall(r"(?s)<title>(.*?)</title>", text)[0])
        called = {words(label) for label in re.findall(r'(?s)link--active">\s*<span class="md-ellipsis">(.*?)</span>', text)}
        title = heading if name in CARDS else words(TITLES[name.removesuffix("html") + "md"])
        found[name] = heading, window, called
        expected[name] = title if name != "index.html" else heading, f"{title} - a1viz", set() if name in CARDS else {title}
    assert found == expected


def test_no_page_is_heavier_than_it_may_be(site):
    heavy = {name: (site / name).stat().st_size for name in pages(site) if (site / name).stat().st_size > PAGE_BYTES}
    assert heavy == {}


def test_what_no_page_loads_is_left_out(site):
    """The walks through all pages and the search, in a browser, say that nothing of it is missed."""
    assert not [path for path in site.rglob("*") if path.suffix == ".map" or path.parent.name == "lunr"]
    theme = sum(path.stat().st_size for path in (site / "assets" / "javascripts").rglob("*") if path.is_file())
    assert theme < THEME_BYTES
    files = [path for path in site.rglob("*") if path.is_file()]
    said = "\n".join(path.read_text(encoding="utf-8") for path in files if path.suffix in (".html", ".css", ".js", ".json"))
    assert [path.name for path in files if path.name not in said and path.name not in NOT_NAMED and path.suffix != ".html"] == []


def test_no_page_loads_from_another_host(site):
    loads = {f"{name}: {url}" for name in pages(site) for url in Page((site / name).read_text(encoding="utf-8")).loads}
    assert not [load for load in loads if re.search(r": (https?:)?//", load)]


def test_every_page_of_the_navigation_is_in_the_search(site):
    docs = json.loads((site / "search/search_index.json").read_text(encoding="utf-8"))["docs"]
    found = {urldefrag(doc["location"])[0] or "index.html" for doc in docs}
    assert found >= set(pages(site)) - {"404.html"}


def left_out(folder: str, names: list[str]) -> list[str]:
    """What a copy of the project needs not to be built."""
    return [name for name in names if name == "__pycache__" or (folder == str(ROOT) and name in LEFT_OUT)]


def read_until(url: str, is_there, server: subprocess.Popen, patience: float) -> str:
    """What the address serves as soon as it passes the check; fails with what was last seen.

    `patience` is what the server may compute meanwhile, in seconds: on a busy machine a build takes longer, and no more than that.
    """
    seen, until = "nothing", seconds_computed(server) + patience
    while server.poll() is None and seconds_computed(server) < until:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                seen = answer.read().decode()
        except (urllib.error.URLError, OSError) as error:
            seen = str(error)
        if is_there(seen):
            return seen
        time.sleep(0.2)
    pytest.fail(f"{url} did not come: {seen[-2000:]}")


def seconds_computed(process: subprocess.Popen) -> float:
    """The processor time of a process and of those it has started, those that have ended included; a waiting one takes a little too."""
    with suppress(psutil.Error):
        whole = psutil.Process(process.pid)
        family = [whole, *whole.children(recursive=True)]
        return sum(sum(one.cpu_times()[:4]) for one in family) + (time.time() - whole.create_time()) / 20
    return 0.0


@pytest.mark.process
def test_the_served_site_follows_an_edit(tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(ROOT, copy, ignore=left_out)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "log"
    command = [sys.executable, "-m", "mkdocs", "serve", "--dev-addr", f"127.0.0.1:{port}"]
    clean = environment(NO_MKDOCS_2_WARNING="1", PYTHONPATH=str(copy))
    with log.open("w") as out, subprocess.Popen(command, cwd=copy, env=clean, stdout=out, stderr=out) as server:
        try:
            url = f"http://127.0.0.1:{port}/get-started.html"
            read_until(url, lambda text: "<h1" in text, server, patience=240)
            page = copy / "docs" / "get-started.md"
            page.write_text(page.read_text(encoding="utf-8") + "\n\nA sentence added while reading.\n", encoding="utf-8")
            read_until(url, lambda text: "A sentence added while reading." in text, server, patience=120)
            time.sleep(3)
            built = log.read_text().count("Documentation built in")
            assert built == 2, f"one edit, one new build, but there were {built}: does a build write what is watched?\n{log.read_text()}"
        finally:
            server.terminate()
    assert "WARNING" not in log.read_text()
