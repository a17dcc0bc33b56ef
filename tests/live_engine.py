"""The engine in a real browser: an empty page with the tables, and every exported name of the modules."""

from __future__ import annotations

import json

from a1viz.live.scripts import script
from a1viz.live.table import as_json, tables_script
from a1viz.pictures.page_glyphs import glyphs_script


class Engine:
    """A page that has the engine; `ask` evaluates an expression of its names with data for `given`."""

    def __init__(self, page: object) -> None:
        self.page = page

    def ask(self, expression: str, given: object = None):
        """What an expression in JavaScript is, as plain data; `m` has every exported name, `given` is what is handed in.

        What a1viz throws comes back as {"error": class, "message": text}.
        """
        program = (
            "text => { const m = self.a1vizModules, given = JSON.parse(text);"
            f" try {{ return JSON.stringify({{value: ({expression})}}, (k, v) => v instanceof Map ? [...v] : v instanceof Set ? [...v]"
            " : typeof v === 'number' && !Number.isFinite(v) ? String(v) : Object.is(v, -0) ? '-0' : v); }"
            " catch (e) { if (!(e instanceof m.A1vizError)) throw e;"
            " return JSON.stringify({value: {error: e.constructor.name, message: e.message}}); } }"
        )
        return json.loads(self.page.evaluate(program, as_json(given))).get("value")

    def ask_within(self, seconds: float, expression: str, given: object = None):
        """The same, which fails if it has taken more processor time: ten times what an idle machine needs, or more.

        What something takes here is no promise, for the machine may be busy; `benchmarks/bench_live.py` holds those.
        """
        session = self.page.context.new_cdp_session(self.page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        before = thread_seconds(session)
        answer = self.ask(expression, given)
        took = thread_seconds(session) - before
        session.detach()
        assert took <= seconds, f"it takes {took:.1f} s of processor time, more than {seconds}"
        return answer


def thread_seconds(session) -> float:
    """The processor time that a page's own thread has taken."""
    return next(metric["value"] for metric in session.send("Performance.getMetrics")["metrics"] if metric["name"] == "ThreadTime")


def opened(browser, change: str = "") -> Engine:
    """An empty page with the tables and every exported name; `change` is a statement that makes the tables others than Python's."""
    page = browser.new_page()
    page.goto("about:blank")
    page.evaluate(tables_script() + glyphs_script() + change)
    page.evaluate(script("a1viz-live", shows=True))
    return Engine(page)
