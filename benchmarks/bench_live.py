"""Does the page follow at once? Numbers edited, equations typed anew, formulas, training, the first load of a chapter, in Chromium.

Milliseconds of script, by the browser's own clock: what it paints afterwards is not in them. Run by `make bench`; needs Chromium.
"""

from __future__ import annotations

# isort: off
from timing import claim, record  # first: one core, one thread

# isort: on
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import a1viz
from a1viz.calculus import notation
from a1viz.calculus.derivation import joint_graph
from a1viz.fence import format
from a1viz.live.graph_data import graph_data
from a1viz.live.scripts import script
from a1viz.live.table import as_json, tables_script
from a1viz.pictures.page_glyphs import glyphs_script
from a1viz.pictures.playground_data import playground_script, typed
from a1viz.site.assets import write_assets
from a1viz.site.live_plots import PLOTS
from a1viz.sorting.families import network

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ROUNDS, WARM, WIRES = 41, 10, 64  # rounds that count, rounds before them, wires
FIGURE = "graph: gated_network\nview: backward\nlive: true"
LIMITS = {  # what is claimed, on all recorded machines
    "the gated network, a number edited: milliseconds of script": 1.0,
    "64 wires, a number edited, forward and backward: milliseconds of script": 16.0,
    "the gated network, typed anew, laid out, drawn and derived: milliseconds of script": 30.0,
    "a transformer block, typed anew, laid out, drawn and derived: milliseconds of script": 150.0,
    "a chapter with its live picture, loaded first: milliseconds of script": 100.0,
    "an equation of the catalogue's derivations, typeset: milliseconds of script": 1.0,
    "an MLP of a live plot, one step of training, 16 points: milliseconds of script": 3.0,
}
EDITED, SORTED, TYPED, BLOCK, LOADED, TYPESET, TRAINED = LIMITS
PRESS = """rounds => {
  const cell = document.querySelector("svg [role=spinbutton]"), times = [], often = 20;
  for (let k = 0; k < rounds; k += 1) {
    const start = performance.now();
    for (let j = 0; j < often; j += 1)
      cell.dispatchEvent(new KeyboardEvent("keydown", {key: (k + j) % 2 ? "ArrowUp" : "ArrowDown", bubbles: true, cancelable: true}));
    times.push((performance.now() - start) / often);
  }
  return times;
}"""
SORT = """([data, rounds]) => {
  const m = a1vizModules, graph = m.graphOf(JSON.parse(data)), outputs = new Map(graph.outputs.map((y, k) => [`${y}_bar`, k]));
  const [full] = m.backwardGraph(graph, m.everyVariable(graph), graph.outputs);
  const given = new Map(graph.leaves.filter(({op}) => op === "input").map(({name}, k) => [name, (37 * k) % 64]));
  const {arrays, sizes} = m.gather(full, new Map([...given, ...outputs]), {}), program = m.prepare(full, m.sizeOf), times = [];
  for (let k = 0; k < rounds; k += 1) {
    arrays.get("x1").data[0] = k % 7;
    const start = performance.now();
    program.run(arrays, sizes, null);
    times.push(performance.now() - start);
  }
  return times;
}"""
TYPE = """async rounds => {
  const playground = document.querySelector("[data-a1viz-playground]").a1vizPlayground, times = [], text = playground.editor.text;
  for (let k = 0; k < rounds; k += 1) {
    playground.editor.text = text + " ".repeat(k % 2 + 1);
    playground.state = {...playground.state, text: playground.editor.text};
    performance.clearMeasures("a1viz-retyped");
    playground.typed(0);
    while (!performance.getEntriesByName("a1viz-retyped").length) await new Promise(next => setTimeout(next));
    if (!playground.found || playground.host.querySelector("[aria-invalid=true]")) throw new Error("the text is not understood");
    times.push(performance.getEntriesByName("a1viz-retyped")[0].detail.worked);
  }
  return times;
}"""
SET = """([formulas, rounds]) => {
  const times = [];
  for (let k = 0; k < rounds; k += 1) {
    const start = performance.now();
    for (const formula of formulas) a1vizModules.typeset(formula);
    times.push((performance.now() - start) / formulas.length);
  }
  return times;
}"""
TRAIN = """([data, rounds]) => {
  const given = JSON.parse(data), trainer = new a1vizModules.Trainer(given), times = [], often = 20;
  trainer.begin(given.sets[0], 16, 1);
  for (let k = 0; k < rounds; k += 1) {
    const start = performance.now();
    for (let j = 0; j < often; j += 1) trainer.step(0.1, 0.9);
    times.push((performance.now() - start) / often);
  }
  return times;
}"""


def opened(browser: Any, body: str) -> Any:
    """A page with this body and the whole engine, its names for this program too."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_content(f"<!doctype html><body>{body}</body>")
    page.evaluate(tables_script() + glyphs_script() + playground_script())
    page.evaluate(script("a1viz-live", shows=True))
    return page


def formulas(browser: Any) -> list[float]:
    """Every equation of the catalogue's networks and of their backward passes."""
    graphs = [joint_graph(a1viz.load(name)) for name in a1viz.catalogue()]
    texts = [notation.equation(graph, name) for graph in graphs for name in graph.declared_names]
    return opened(browser, "").evaluate(SET, [texts, ROUNDS])


def steps(browser: Any) -> list[float]:
    """Stochastic gradient descent with momentum, as a plot in which a reader trains a network does it."""
    page = browser.new_page()
    page.evaluate(tables_script())
    page.evaluate(script("a1viz-plots", shows=True))
    return page.evaluate(TRAIN, [as_json(PLOTS["mlp_boundaries"][1]()), ROUNDS + WARM])[WARM:]


def edits(browser: Any) -> list[float]:
    """Arrow keys on a number of the live picture: its values, its error signals, and every text in it."""
    page = opened(browser, format(FIGURE))
    page.locator("figure[data-a1viz-live=ready]").wait_for()
    return page.evaluate(PRESS, ROUNDS)


def wires(browser: Any) -> list[float]:
    """A number of so many that a network sorts, each comparator a block of the graph: all values and all error signals."""
    pairs = [[i + 1, j + 1] for i, j in network("bitonic", WIRES).comparators]
    data = as_json(graph_data(a1viz.loads(f'title = "Sort"\ncomparators = {pairs}\n')))
    return opened(browser, "").evaluate(SORT, [data, ROUNDS])


def retyped(browser: Any, name: str) -> list[float]:
    """Equations typed in the playground: read, shapes and all, laid out, drawn, derived, run."""
    data = as_json(typed(a1viz.load(name), name))
    page = opened(browser, f'<div data-a1viz-playground><script type="application/json" class="a1viz-data">{data}</script></div>')
    page.locator("[data-a1viz-playground=ready]").wait_for()
    return page.evaluate(TYPE, ROUNDS + WARM)[WARM:]


def loads(browser: Any, folder: Path) -> list[float]:
    """Everything that scripts do until the picture is live, in a browser that has not seen the page."""
    write_assets(folder / "assets")
    head = '<!doctype html><link rel="stylesheet" href="assets/a1viz.css"><script src="assets/a1viz.js" defer></script>'
    (folder / "chapter.html").write_text(f"{head}<body>{format(FIGURE)}</body>", encoding="utf-8")
    found = []
    for _ in range(ROUNDS):
        context = browser.new_context()
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Performance.enable")
        page.goto((folder / "chapter.html").as_uri())
        page.locator("figure[data-a1viz-live=ready]").wait_for()
        metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
        found.append(1e3 * metrics["ScriptDuration"])
        context.close()
    return found


def measured() -> Iterator[dict[str, object]]:
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        print("!!!!!!!! NO CHROMIUM: nothing of the live page is measured !!!!!!!!", file=sys.stderr)
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for where, says, times in (
            ("the gated network", EDITED, edits(browser)),
            (f"{WIRES} wires", SORTED, wires(browser)),
            ("the gated network", TYPED, retyped(browser, "gated_network")),
            ("a transformer block", BLOCK, retyped(browser, "transformer_block")),
            ("the gated network", LOADED, loads(browser, Path(folder))),
            ("the catalogue", TYPESET, formulas(browser)),
            ("an MLP", TRAINED, steps(browser)),
        ):
            yield claim(where, says, statistics.median(times))
        browser.close()


if __name__ == "__main__":
    record("live", measured(), LIMITS)
