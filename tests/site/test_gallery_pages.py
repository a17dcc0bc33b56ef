"""The gallery of the site: thumbnails, a page and files of each graph; a filter that shows and says how many are left."""

from __future__ import annotations

import re
import tomllib
import xml.etree.ElementTree as ET
from html import unescape
from io import BytesIO

import pytest
from conftest import ROOT
from pypdf import PdfReader
from watched_pages import watched

from a1viz.graph.catalog import TOPICS, catalogue
from a1viz.graph.documents import load
from a1viz.pictures.svg_facts import size_of
from a1viz.site.gallery import FOLDER, LEAST, THUMBNAIL, gallery_files, operators_of, scale_of

CARD = re.compile(r'<li markdown data-topic="([^"]*)" data-operators="([^"]*)">.*?</span> \[(.*?)\]\(gallery/(\w+)\.md\) (.*?)</li>')
SUFFIXES = (".md", ".svg", "-light.svg", "-dark.svg", ".pdf", ".toml")


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return gallery_files()


def test_every_graph_has_a_page_thumbnails_and_files(files):
    assert set(files) == {"gallery.md", *(f"{FOLDER}/{name}{suffix}" for name in catalogue() for suffix in SUFFIXES)}
    for name in catalogue():
        assert files[f"{FOLDER}/{name}.toml"] == (ROOT / "graphs" / f"{name}.toml").read_bytes()


def test_the_gallery_has_every_graph_under_its_topic(files):
    page = files["gallery.md"].decode()
    cards = {name: (topic, operators, title, body) for topic, operators, title, name, body in CARD.findall(page)}
    topics = [topic.lower() for topic, *_ in cards.values()]
    assert sorted(cards) == list(catalogue()) and topics == sorted(topics, key=TOPICS.index)
    for name, (topic, operators, title, body) in cards.items():
        graph = load(name)
        assert topic.lower() == graph.document.topic and title == graph.document.title
        assert unescape(operators).split(" ") == operators_of(graph)
        assert [f"{FOLDER}/{name}-{theme}.svg#only-{theme}" in body for theme in ("light", "dark")] == [True, True]


def test_a_page_says_what_to_look_at_and_has_the_files(files):
    for name in catalogue():
        page, document = files[f"{FOLDER}/{name}.md"].decode(), load(name).document
        assert f"# {document.title}\n" in page and unescape(page).count(f"**What to look at.** {document.look}\n") == 1
        assert f"graph: {name}\nview: backward\n" in page and ("live: true" in page) == bool(document.values)
        assert [f"({name}.{kind})" in page for kind in ("svg", "pdf", "toml")] == [True] * 3
        assert f"a1viz-graph={name}" in page and "(../gallery.md)" in page
        shown = page.split(f'```toml title="{name}.toml"\n')[1].split("\n    ```")[0]
        assert tomllib.loads(re.sub(r"^    ", "", shown, flags=re.M))["title"] == document.title


def test_pictures_stand_alone_and_papers_carry_their_words(files):
    for path, content in files.items():
        if path.endswith(".svg"):
            assert ET.fromstring(content).tag.endswith("svg") and b"var(--a1viz-p" not in content, path
    for name in catalogue():
        assert files[f"{FOLDER}/{name}-light.svg"] != files[f"{FOLDER}/{name}-dark.svg"]
    (page,) = PdfReader(BytesIO(files[f"{FOLDER}/gated_network.pdf"])).pages
    assert page.mediabox.width > 300


def test_thumbnails_are_large_enough_to_tell_what_they_show(files):
    scales = {name: scale_of(files[f"{FOLDER}/{name}-light.svg"].decode()) for name in catalogue()}
    assert min(scales.values()) >= LEAST and sorted(scales.values())[len(scales) // 2] > 0.7


def test_only_a_cut_thumbnail_fades_and_is_called_a_beginning(files):
    page = files["gallery.md"].decode()
    bodies = {name: body for *_, name, body in CARD.findall(page)}
    for name in catalogue():
        width, height = size_of(files[f"{FOLDER}/{name}-light.svg"].decode())
        is_at_room = width >= 545, height >= 409
        assert (".a1viz-cut-right" in bodies[name], ".a1viz-cut-foot" in bodies[name]) == is_at_room, name
        assert ("the beginning of the graph" in bodies[name]) == any(is_at_room)
    assert ".a1viz-cut-foot" in bodies["transformer_block"] and ".a1viz-cut" not in bodies["mlp"]
    assert THUMBNAIL[0] > THUMBNAIL[1]


def test_operators_are_named_as_they_are_written():
    assert operators_of(load("gated_network")) == ["*", "+", "-", "@", "[]", "log", "relu", "sigmoid", "softmax"]


# --- the filter, in a browser ---------------------------------------------------------------------------------------------------


def visible(page) -> list[str]:
    return page.eval_on_selector_all(
        ".a1viz-gallery > li", "all => all.filter(li => li.offsetParent).map(li => li.querySelector('a').innerText)"
    )


@pytest.mark.browser
def test_the_filter_shows_what_is_chosen_by_keyboard_and_says_how_many(browser, site):
    titles = {load(name).document.title: load(name) for name in catalogue()}
    with watched(browser, site.as_uri()) as (page, trouble):
        page.goto(f"{site.as_uri()}/gallery.html")
        page.locator(".a1viz-filter").wait_for()
        assert len(visible(page)) == len(titles)
        page.locator(".a1viz-filter select[name=topic]").focus()
        page.keyboard.type("Attention")
        chosen = [title for title, graph in titles.items() if graph.document.topic == "attention"]
        assert sorted(visible(page)) == sorted(chosen)
        assert page.locator(".a1viz-filter output[aria-live=polite]").inner_text() == f"{len(chosen)} of {len(titles)} graphs"
        page.select_option(".a1viz-filter select[name=operator]", "softmax")
        both = [title for title in chosen if "softmax" in operators_of(titles[title])]
        assert sorted(visible(page)) == sorted(both) and "#a1viz-topic=Attention&operator=softmax" in page.url
        page.select_option(".a1viz-filter select[name=operator]", "conv2d")
        assert visible(page) == [] and "no graph has both" in page.locator(".a1viz-filter output").inner_text()
        page.locator(".a1viz-filter button").click()
        assert len(visible(page)) == len(titles)
        page.goto(f"{site.as_uri()}/gallery/gru_cell.html")
        page.locator("a", has_text=re.compile(r"^\*$")).click()
        page.locator(".a1viz-filter").wait_for()
        assert page.url.endswith("#a1viz-operator=*")
        assert sorted(visible(page)) == sorted(title for title, graph in titles.items() if "*" in operators_of(graph))
    assert not trouble, "\n".join(trouble)


@pytest.mark.browser
def test_without_a_script_the_gallery_shows_everything_in_one_scheme(browser, site):
    context = browser.new_context(java_script_enabled=False, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{site.as_uri()}/gallery.html")
    assert len(visible(page)) == len(catalogue()) and page.locator(".a1viz-filter").count() == 0
    assert page.locator(".a1viz-gallery img:visible").count() == len(catalogue())
    context.close()


@pytest.mark.browser
def test_from_one_graph_to_the_next_and_back(browser, site):
    with watched(browser, site.as_uri()) as (page, trouble):
        page.goto(f"{site.as_uri()}/gallery/attention.html")
        assert page.locator("a[rel=next], a.md-footer__link--next").first.get_attribute("href") == "batch_norm.html"
        page.locator("article a", has_text="Open in the playground").click()
        page.locator("[data-a1viz-playground] textarea").first.wait_for()
        page.wait_for_function("document.querySelector('[data-a1viz-playground] textarea').value.includes('softmax')")
    assert not trouble, "\n".join(trouble)
