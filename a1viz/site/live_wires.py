"""A network to play with in a page: its picture for paper and for a page without scripts, and beside it what a script begins with.

Networks of comparators, and the counting network as a table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ..base.errors import InputError
from ..calculus.interpreter import run
from ..graph.documents import load
from ..graph.nodes import Graph
from ..live.networks import MOST
from ..live.table import as_json
from ..pictures.wire_diagrams import said
from ..sorting.counting_networks import counting
from ..sorting.families import family_of
from ..sorting.networks import Network, checked_k
from .options import is_number, without_of
from .picture_frames import both_widths, caption_html

FORMAT = 1
RANKED = range(2, 13)  # numbers that a table of ranks shows


def live_wires_html(drawn: Network | Graph, picture: Any, settings: Mapping[str, Any]) -> str:
    """The figure of a network whose numbers, comparators and construction can be changed in the page.

    Raises InputError for a network that is too large for a page, or whose blocks are not Sort_2.
    """
    data = network_data(drawn, settings) if isinstance(drawn, Network) else document_data(drawn, settings)
    n = data["n"]
    if not 1 <= n <= MOST:
        raise InputError(f"a network with live: true has from 1 to {MOST} wires, got {n}")
    k = {"k": checked_k(settings["k"], n)} if "k" in settings else {}
    bits = {"bits": True} if "set" in settings and set(data["x"]) <= {0, 1} else {}
    text = as_json({"format": FORMAT, **data, **k, **bits})
    inside = f'{both_widths(picture, settings)}<script type="application/json" class="a1viz-data">{text}</script>'
    title = escape(picture.diagram.title)
    return f'<figure class="a1viz"><div data-a1viz-wires role="group" aria-label="{title}">{inside}</div>{caption_html(settings)}</figure>'


def network_data(network: Network, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a network by name begins with: the construction, the comparators that are left out, and the numbers."""
    n = network.n
    left_out = without_of(settings)
    x = list(settings.get("set", range(n, 0, -1)))
    name = family_of(settings["network"]).name
    return {"network": name, "n": n, "x": x, **({"without": left_out} if left_out else {})}


def document_data(graph: Graph, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a document with comparators begins with: its numbers are what its blocks compute."""
    document = graph.document
    given = {**document.values, **settings.get("set", {})}
    sort2 = load("sort2").document
    own = {name for name, value in given.items() if "." in name and sort2.values.get(name.partition(".")[2]) != value}
    if {*document.blocks.values()} != {sort2.title} or own:
        raise InputError(f"the blocks of {graph.name} are not sort2; a network with live: true computes as sort2 does")
    n = document.wires
    x = [float(given[name]) if (name := f"x{wire}") in given else float(n + 1 - wire) for wire in range(1, n + 1)]
    return {"n": n, "x": x, "comparators": [[i + 1, j + 1] for i, j in document.comparators], "blocks": "set" in settings}


def ranks_html(settings: Mapping[str, Any]) -> str:
    """What the counting network adds up for each number of `set: {x: [...]}`, and which it picks for `k`; with `live` it can be changed.

    Raises InputError for what is not the counting network, and for other numbers of numbers than a table shows.
    """
    x, k = settings.get("set", {}).get("x"), settings.get("k", 1)
    if settings.get("graph") != "counting" or not isinstance(x, list) or len(x) not in RANKED or not all(map(is_number, x)):
        few, many = RANKED[0], RANKED[-1]
        raise InputError(f"view: ranks shows graph: counting on set: {{x: [3, 1, 4, 2]}}, from {few} to {many} numbers")
    found = run(counting(len(x), checked_k(k, len(x)), form="pairs"), trace=True, x=x)
    live = settings.get("live")
    data = f'<script type="application/json" class="a1viz-data">{as_json({"x": x, "k": k})}</script>' if live else ""
    place = f'<div{" data-a1viz-counting" if live else ""} role="group" aria-label="Ranks of {len(x)} numbers">'
    scrolls = '<div class="a1viz-picture" tabindex="0" role="group" aria-label="Table, scrolls sideways">'
    table = f"{scrolls}{ranks_table(x, found)}</div>"
    return f'<figure class="a1viz">{place}{table}{data}</div>{caption_html(settings)}</figure>'


def ranks_table(x: Sequence[float], found: Mapping[str, Any]) -> str:
    """A row a number: what each comparison adds to its rank, the bias, the rank, and whether it is picked."""
    names = [f"x<sub>{i}</sub>" for i in range(1, len(x) + 1)]
    head = "".join(f'<th scope="col">{title}</th>' for title in ("number", *names, "bias", "rank", "picked"))
    rows = []
    for i, a in enumerate(x):
        parts = ["" if i == j else "−1" if b >= a else "0" for j, b in enumerate(x)]
        cells = [*parts, str(len(x) - 1), f"{found['r'][i]:g}", "yes" if found["s"][i] else "no"]
        row = "".join(f"<td{' class=a1viz-ranks-one' if cell in ('−1', 'yes') else ''}>{cell}</td>" for cell in cells)
        rows.append(f'<tr><th scope="row">{names[i]} = {said(a)}</th>{row}</tr>')
    return f'<table class="a1viz-values a1viz-ranks"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
