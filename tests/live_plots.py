"""The scripts of plots in an empty page, with every exported name, and pages with each plot."""

from __future__ import annotations

from live_engine import Engine

from a1viz.live.scripts import script
from a1viz.live.table import tables_script
from a1viz.site.live_plots import PLOTS

PAGES = {name: f"# A plot\n\n```a1viz\nfigure: {name}\nlive: true\n```\n" for name in PLOTS}


def opened_plots(browser) -> Engine:
    """An empty page with the tables and every exported name of the plots' script."""
    page = browser.new_page()
    page.goto("about:blank")
    page.evaluate(tables_script())
    page.evaluate(script("a1viz-plots", shows=True))
    return Engine(page)
