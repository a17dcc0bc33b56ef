"""A live picture in a page: the picture, with places for its numbers, and beside it the data with which a script keeps them up to date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

from ..graph.nodes import Graph
from ..live.figure_data import data_text, figure_data
from .options import names_in
from .picture_frames import NATURAL, both_widths, caption_html, framed, page_of
from .tables import values_details

if TYPE_CHECKING:
    from ..pictures.drawing import Picture

OPENED = 40  # boxes at most of the second picture, in which all blocks are open
SPARE = 60  # pixels that a picture may be wider than a sheet of paper, on which it then is a little smaller


def live_html(graph: Graph, settings: Mapping[str, Any], backward: bool) -> str:
    """The figure of a graph whose numbers can be changed in the page; without a script it is a picture with numbers.

    Raises InputError for values that do not fit.
    """
    from ..pictures.drawing import draw
    from ..pictures.graph_diagrams import Shown, diagram

    found = figure_data(graph, settings.get("set", {}))
    still = draw(graph, **page_of(settings))

    def drawn(expand: tuple[str, ...]) -> Picture:
        shown = Shown(backward, True, bool(settings.get("show_parameters")), expand, live=True)
        return replace(still, diagram=diagram(graph, shown, found.numbers))

    expand = names_in(settings, "expand")
    closed, opened = drawn(expand), drawn(("all",)) if graph.document.blocks and not expand else None
    if opened and opened.diagram.kind == "boxes" and len(opened.diagram.boxes) <= OPENED:
        pictures = both_widths(closed, settings, "a1viz-closed") + framed(opened.svg, escape(opened.diagram.title), "a1viz-opened")
    else:
        pictures = both_widths(closed, settings)
    return live_figure(pictures, found.data, settings, values_details(graph, settings, backward))


def live_neurons(graph: Graph, settings: Mapping[str, Any]) -> str:
    """The figure of a graph's neurons; their weights are those of the arrows, so only what goes into the network can be changed.

    Raises InputError for values that do not fit, GraphError for a graph that has no neurons.
    """
    from ..pictures.drawing import draw
    from ..pictures.neuron_diagrams import neurons
    from ..pictures.page_widths import PAPER, Page

    given = settings.get("set", {})
    found = figure_data(graph, given)
    drawn = neurons(graph, found.numbers, given, settings.get("units"), live=True)
    picture = replace(draw(graph, **page_of(settings)), diagram=drawn)
    data = {**found.data, "loss": "", "fixed": graph.parameters}
    pictures = both_widths(picture, settings)
    if min(map(float, NATURAL.findall(pictures))) > PAPER + SPARE:  # places for any number take more room than those that stand there
        still = replace(picture, diagram=neurons(graph, found.numbers, given, settings.get("units")), page=Page(width=PAPER))
        pictures += framed(still.svg, escape(drawn.title), "a1viz-on-paper", " hidden")
    return live_figure(pictures, data, settings, values_details(graph, settings, False))


def live_figure(pictures: str, data: Mapping[str, Any], settings: Mapping[str, Any], below: str) -> str:
    """Pictures, what stands below them, and the data beside them."""
    script = f'<script type="application/json" class="a1viz-data">{data_text(data)}</script>'
    return f'<figure class="a1viz a1viz-live" data-a1viz-live>{pictures}{caption_html(settings)}{below}{script}</figure>'
