"""The gallery: thumbnails of all graphs that ship with a1viz, and a page about each, with its files to take along."""

from __future__ import annotations

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from html import escape
from json import dumps
from textwrap import indent
from typing import Any
from urllib.parse import quote

from ..base.columns import counted
from ..graph.catalog import by_topic, catalogue, catalogue_folder
from ..graph.documents import load
from ..graph.nodes import Graph
from ..graph.operators import OPS
from ..pictures.picture import listed
from ..pictures.svg_facts import size_of
from ..pictures.themes import in_theme
from .state import remembered

GENERATED = "<!-- Written by `a1viz pages`: edit the documents in graphs/ instead. -->\n\n"
FOLDER = "gallery"
THUMBNAIL = 300, 225  # pixels of the place of a thumbnail
LEAST = 0.55  # the least scale of a thumbnail; a larger picture is cut after its beginning
WIDTHS = (420, 640, 998)  # pixels; a thumbnail is laid out in the one in which most of it is seen, and that largest
PLACES = re.compile(r"\{[^}]*\}")


def gallery_files() -> dict[str, bytes]:
    """All files of the gallery by their paths in the site: its page, and of each graph a page, thumbnails, SVG, PDF and TOML.

    Raises OutputError without Typst, which makes the PDFs.
    """
    graphs = {name: load(name) for name in catalogue()}
    drawn = {name: remembered("gallery", name, partial(drawings, graph)) for name, graph in graphs.items()}
    with ThreadPoolExecutor() as pool:
        papers = dict(zip(drawn, pool.map(paper, drawn, (drawn[name]["picture"] for name in drawn)), strict=True))
    files = {f"{FOLDER}.md": gallery_page(graphs, drawn).encode()}
    for name, graph in graphs.items():
        own = {
            ".md": graph_page(name, graph).encode(),
            "-light.svg": in_theme(drawn[name]["beginning"], "light").encode(),
            "-dark.svg": in_theme(drawn[name]["beginning"], "dark").encode(),
            ".svg": drawn[name]["picture"].encode(),
            ".pdf": papers[name],
            ".toml": (catalogue_folder() / f"{name}.toml").read_bytes(),
        }
        files |= {f"{FOLDER}/{name}{suffix}": content for suffix, content in own.items()}
    return files


# --- files ----------------------------------------------------------------------------------------------------------------------


def drawings(graph: Graph) -> dict[str, str]:
    """The picture of a graph to take along, and its thumbnail, in the colours of the page around it."""
    from ..pictures.drawing import draw

    if graph.document.comparators:
        thumbnail = draw(graph, view="wires").svg
    else:
        thumbnail = max((draw(graph, width=width).svg for width in WIDTHS), key=lambda svg: (seen_of(svg), scale_of(svg)))
    return {"picture": draw(graph, backward=True, theme="light").svg, "thumbnail": thumbnail, "beginning": beginning(thumbnail)}


def seen_of(svg: str) -> float:
    """How much of a picture is seen in the place of a thumbnail, at the least scale."""
    (width, height), (wide, high) = size_of(svg), size_of(beginning(svg))
    return wide * high / (width * height)


def beginning(svg: str) -> str:
    """As much of a picture, from its upper left corner, as has room in the place of a thumbnail at the least scale.

    >>> beginning('<svg viewBox="0 0 400 900">')
    '<svg viewBox="0 0 400 409.09">'
    """
    width, height = (min(length, round(room / LEAST, 2)) for length, room in zip(size_of(svg), THUMBNAIL, strict=True))
    return re.sub(r'viewBox="0 0 [\d.]+ [\d.]+"', f'viewBox="0 0 {width:g} {height:g}"', svg, count=1)


def scale_of(svg: str) -> float:
    """How large a picture is in the place of a thumbnail; at most as large as it is meant to be."""
    width, height = size_of(svg)
    return min(THUMBNAIL[0] / width, THUMBNAIL[1] / height, 1)


def paper(name: str, svg: str) -> bytes:
    """The picture as PDF."""
    from ..pictures.pdf_output import pdf

    return base64.b64decode(remembered("gallery", f"{name}.pdf", lambda: base64.b64encode(pdf(svg)).decode()))


# --- pages ----------------------------------------------------------------------------------------------------------------------


def gallery_page(graphs: dict[str, Graph], drawn: dict[str, Any]) -> str:
    """Every graph, ordered by topic, as a thumbnail that leads to its page; a script filters them."""
    names = [name for group in by_topic({name: graph.document.topic for name, graph in graphs.items()}).values() for name in group]
    cards = "\n".join(card(name, graphs[name], drawn[name]["thumbnail"]) for name in names)
    return (
        f"---\ntitle: Gallery\nhide: [navigation]\n---\n\n{GENERATED}# Gallery\n\n"
        f"The {counted(len(graphs), 'graphs')} that ship with a1viz, from the assignment and from a course on deep learning."
        " Each states the values that it expects, and `a1viz check` compares them.\n\n"
        "<div data-a1viz-filter></div>\n\n"
        f'<ul class="a1viz-gallery a1viz-coloured" markdown>\n{cards}\n</ul>\n'
    )


def card(name: str, graph: Graph, thumbnail: str) -> str:
    """One graph in the gallery."""
    document, whole, (width, height) = graph.document, size_of(thumbnail), size_of(beginning(thumbnail))
    cuts = "".join(f" .a1viz-cut-{side}" for side, is_cut in (("right", width < whole[0]), ("foot", height < whole[1])) if is_cut)
    words, sizes = thumbnail_words(graph, bool(cuts)), f"loading=lazy width={width:.0f} height={height:.0f}{cuts}"
    images = "".join(f"![{words}]({FOLDER}/{name}-{theme}.svg#only-{theme}){{ {sizes} }}" for theme in ("light", "dark"))
    topic, operators = (escape(text) for text in (titled(document.topic), " ".join(operators_of(graph))))
    return (
        f'<li markdown data-topic="{topic}" data-operators="{operators}">'
        f'<span class="a1viz-topic">{topic}</span> [{document.title}]({FOLDER}/{name}.md) {images}'
        f' <span class="a1viz-about">{escape(document.about)}</span></li>'
    )


def thumbnail_words(graph: Graph, is_cut: bool) -> str:
    """What a thumbnail shows, in a few words."""
    inputs = [node.name for node in graph.leaves if node.op in ("input", "label")]
    count = sum(node.is_declared and not node.is_leaf for node in graph.nodes)
    whole = "the beginning of the graph" if is_cut else "the graph"
    return f"{whole}: {counted(count, 'equations')}, from {listed(inputs, 'and')} to {listed(graph.outputs, 'and')}"


def titled(text: str) -> str:
    """A text with a large first letter."""
    return text[:1].upper() + text[1:]


def operators_of(graph: Graph) -> list[str]:
    """The operators of a graph as they are written, signs first: `+`, `@`, `[]` for an entry, relu."""
    return sorted({written(node.op) for node in graph.nodes if node.op in OPS}, key=lambda word: (word.isidentifier(), word))


def written(name: str) -> str:
    """What an operator is written with.

    >>> written("matvec"), written("pick"), written("relu")
    ('@', '[]', 'relu')
    """
    return PLACES.sub("", OPS[name].text).replace(" ", "").removesuffix("(,)").removesuffix("()") or OPS[name].word


def graph_page(name: str, graph: Graph) -> str:
    """The page about one graph: its picture, live where it has numbers, what to look at, its files and commands."""
    document, text = graph.document, (catalogue_folder() / f"{name}.toml").read_text(encoding="utf-8").strip("\n")
    files = (f"[{kind.upper()}]({name}.{kind}){{ .md-button download={name}.{kind} }}" for kind in ("svg", "pdf", "toml"))
    commands = (f"run {name}", f"grad {name}", f"derive {name}", f"check {name}", f"render {name} --backward -o {name}.svg")
    parts = [
        f"---\ntitle: {dumps(document.title)}\ndescription: {dumps(document.about)}\n---\n\n{GENERATED}# {document.title}",
        f"{escape(document.about)} *({document.source})*",
        f"**What to look at.** {escape(document.look)}",
        f"```a1viz\ngraph: {name}\nview: backward\n{'live: true' if document.values else ''}\n```",
        " ".join([f'<a class="md-button" href="../playground.html#a1viz-graph={name}">Open in the playground</a>', *files]),
        "\n".join(["```sh", *(f"a1viz {command}" for command in commands), "```"]),
        indent(f'??? note "The document"\n\n```toml title="{name}.toml"\n{text}\n```', "    ").lstrip(),
        f"Topic: {filtered('topic', titled(document.topic))}. "
        f"Operators: {', '.join(filtered('operator', word, 'code') for word in operators_of(graph))}.",
        f"[All graphs: the gallery](../{FOLDER}.md)",
    ]
    return "\n\n".join(parts) + "\n"


def filtered(kind: str, word: str, tag: str = "span") -> str:
    """A link to the gallery, with what it then shows."""
    return f'<a href="../{FOLDER}.html#a1viz-{kind}={quote(word)}"><{tag}>{escape(word)}</{tag}></a>'
