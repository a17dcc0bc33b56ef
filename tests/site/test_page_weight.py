"""What the first page costs a reader: its bytes, when the search is fetched, and what is there without any script."""

from __future__ import annotations

import pytest
from watched_pages import home_of, watched

pytestmark = pytest.mark.browser

HOME_BYTES = 700_000  # uncompressed, without the search, which waits until it is asked for
TRANSPORTS = pytest.mark.parametrize("transport", ["file", "http"])


@pytest.fixture
def visit(browser, site, request):
    """A page of the site that is watched, with the sizes of all that it has loaded so far, by address."""
    opened = []

    def begin(transport: str, address: str):
        home = home_of(transport, site, request)
        watching = watched(browser, home)
        page, trouble = watching.__enter__()
        opened.append((watching, trouble))
        loaded: dict[str, int] = {}
        page.on("response", lambda answer: loaded.setdefault(answer.url.removeprefix(home), len(answer.body())))
        page.goto(f"{home}/{address}", wait_until="load")
        return page, loaded

    yield begin
    for watching, trouble in opened:
        watching.__exit__(None, None, None)
        assert not trouble, "\n".join(trouble)


def engine_in(loaded):
    return sorted(name for address in loaded if (name := address.rpartition("/")[2]).startswith("a1viz-"))


def of_search(loaded):
    return [address for address in loaded if "search" in address]


@TRANSPORTS
def test_the_home_page_with_its_live_picture_is_light_and_fetches_no_search(visit, transport):
    page, loaded = visit(transport, "index.html")
    page.locator("[data-a1viz-live=ready]").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    assert of_search(loaded) == []
    assert any("player" in address for address in loaded) and len(loaded) > 8
    assert sum(loaded.values()) <= HOME_BYTES, sorted(loaded.items(), key=lambda item: -item[1])


@TRANSPORTS
@pytest.mark.parametrize("address", ["changelog.html", "reference/operators.html"])
def test_a_page_without_live_parts_carries_no_engine(visit, transport, address):
    page, loaded = visit(transport, address)
    page.wait_for_timeout(500)
    assert any(name.endswith("/a1viz.js") for name in loaded) and engine_in(loaded) == []


@TRANSPORTS
@pytest.mark.parametrize("way", ["pointer", "key", "telephone"])
def test_the_search_is_fetched_when_it_is_opened_first(visit, transport, way):
    page, loaded = visit(transport, "get-started.html")
    page.wait_for_timeout(300)
    assert of_search(loaded) == []
    if way == "telephone":
        page.set_viewport_size({"width": 360, "height": 800})
        page.locator("label.md-header__button[for=__search]").click()
    elif way == "key":
        page.keyboard.press("/")
    else:
        page.locator("input.md-search__input").click()
    page.locator("input.md-search__input").press_sequentially("differentiation")
    page.locator(".md-search-result__link").first.wait_for(timeout=60_000)
    assert len([address for address in of_search(loaded) if "search_index" in address]) == 1


@TRANSPORTS
def test_the_words_of_a_search_are_marked_on_the_page_that_it_leads_to(visit, transport):
    page, _ = visit(transport, "get-started.html?h=equations")
    page.locator("mark[data-md-highlight]").first.wait_for(timeout=60_000)


@TRANSPORTS
def test_a_link_may_search(visit, transport):
    page, _ = visit(transport, "get-started.html?q=differentiation")
    page.locator(".md-search-result__link").first.wait_for(timeout=60_000)


def test_the_first_picture_needs_no_script(browser, site):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{site.as_uri()}/index.html")
    picture = page.locator("figure.a1viz svg:visible").first
    box = picture.bounding_box()
    assert box["width"] > 340 and box["y"] < 300
    assert picture.locator("g[data-name]").count() > 5 and picture.locator(".a1viz-slot text").first.is_visible()
    context.close()
