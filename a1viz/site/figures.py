"""Figures of results in a page: their panels, the numbers behind them, and a file of these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..base.errors import InputError, did_you_mean, shown
from ..base.results import Typeset
from .live_plots import live_part

if TYPE_CHECKING:
    from ..plots import Figure


def figure_html(name: str, caption: str = "", live: bool = False, on_paper: bool = False) -> str:
    """A figure of results by its name; with `live` its settings can be changed in the page. Raises InputError."""
    from ..plots import FIGURES

    if name not in FIGURES:
        raise InputError(f"there is no figure {shown(name)}; the figures are {', '.join(FIGURES)}{did_you_mean(name, FIGURES)}")
    return results_html(name, FIGURES[name](), caption, partial(live_part, name) if live else str, on_paper)


def results_html(name: str, figure: Figure, caption: str = "", lively: Callable[[str], str] = str, on_paper: bool = False) -> str:
    """A figure: its panels, or without any its table, made live by `lively`; a caption, the numbers, and a file of them."""
    from ..plots.figure import svg
    from ..plots.panel_sizes import ALONE, BESIDE, NARROW, SCREEN, columns_of

    stem = f"a1-{name.replace('_', '-')}"
    is_three = columns_of(len(figure.panels)) == 3
    size = (NARROW if is_three else SCREEN) if not on_paper else ALONE if len(figure.panels) == 1 else BESIDE
    panels = "".join(svg(panel, f"{stem}-{k}", size=size, is_in_page=not on_paper) for k, panel in enumerate(figure.panels))
    rows = leading_rows(figure.rows) if name == "shipped_models" else figure.rows
    cells = "".join("<tr>" + "".join(f"<td>{cell_html(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    head = "".join(f"<th>{escape(title)}</th>" for title in figure.head)
    table = (
        f'<div class="a1viz-picture" tabindex="0" role="group" aria-label="{escape(figure.title)}, a table, scrolls sideways">'
        f'<table class="a1viz-operators" data-search-exclude><thead><tr>{head}</tr></thead><tbody>{cells}</tbody></table></div>'
    )
    file = f'<a download="{name}.csv" href="data:text/csv;charset=utf-8,{quote(figure.csv)}">Download as CSV</a>'
    words = f"<figcaption>{escape(caption or figure.about)}</figcaption>"
    if not panels:
        return f'<figure class="a1viz a1viz-results">{lively(table)}{words}<p>{file}</p></figure>'
    shown_below = f"<details><summary>The numbers</summary>{table}<p>{file}</p></details>"
    shown_first = lively(f'<div class="a1viz-panels{" a1viz-three" if is_three else ""}">{panels}</div>')
    return f'<figure class="a1viz a1viz-results">{shown_first}{words}{shown_below}</figure>'


@dataclass(frozen=True)
class Leading:
    """A cell that leads to a page."""

    text: str
    page: str


def leading_rows(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """The rows of the trained models, whose kind leads to the page of the model, where its files are."""
    from ..nn import SETTINGS

    return [
        (data, Leading(model, f"models/{name}_{kind}.html"), *rest)
        for (data, model, *rest), (kind, name) in zip(rows, SETTINGS, strict=True)
    ]


def cell_html(cell: Any) -> str:
    """A cell of a table: a formula is typeset."""
    from ..pictures.typesetting import inline_svg

    if isinstance(cell, Leading):
        return f'<a href="{escape(cell.page)}">{escape(cell.text)}</a>'
    return inline_svg(cell.latex, alt=cell.text) if isinstance(cell, Typeset) else escape(str(cell))
