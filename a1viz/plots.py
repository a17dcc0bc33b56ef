"""Figures of results, drawn by Matplotlib from what a1viz computes; the numbers behind each come along. Serves questions 2.2 and 2.3.

A figure is a function that computes and says what to draw, and one row in FIGURES. Panels are drawn in the roles of `formats.themes`, so
that they follow light and dark, and tell their lines apart by marker, dash and a word as well. Their text is outlines: no font is needed.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from .cost import Polynomial
from .equations import parse
from .errors import OutputError
from .formats.escape import escape
from .formats.themes import COLOURS, colour, style
from .gradnorm import norm_costs, norm_graph
from .ntk import CONTRACT, ORDERS, ntk, order_cost
from .passes import Convention, deep_network, pass_table

WIDTH, HEIGHT = 4.6, 3.3  # inches of one panel
AXES = (0.155, 0.15, 0.82, 0.75)  # where the axes are in a panel: left, bottom, width, height; to find out takes longer than to draw
POINTS = 72
# While Matplotlib draws, each role of a theme has a colour of its own that nothing else has.
SENTINELS = {role: f"#00{k:02x}fe" for k, role in enumerate(COLOURS)}
LOOKS = (  # one row a line of a plot: its role, dash, marker
    ("backward", (0, (5, 2)), "o"),
    ("forward", "-", "s"),
    ("ink", (0, (1, 1.5)), "^"),
    ("muted", (0, (6, 2, 1, 2)), "D"),
    ("frame", (0, (3, 1)), "v"),
)
REGIONS = {  # one row a region of the map of orders: its role and hatching
    "inside-out": ("input-fill", "////"),
    "left-to-right": ("gradient-fill", "\\\\\\\\"),
    "outside-in": ("value-fill", ""),
}
MIRRORS = {"right-to-left": "left-to-right", "inside-out-left": "inside-out", "inside-out-right": "inside-out"}  # orders of the same cost
RC = {
    "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 10, "mathtext.fontset": "stix", "axes.titlesize": 11,
    "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False,
    "hatch.color": SENTINELS["muted"], "hatch.linewidth": 0.7,
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.titlecolor"), SENTINELS["ink"]),
    **dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), SENTINELS["muted"]),
    **dict.fromkeys(("figure.facecolor", "savefig.facecolor", "axes.facecolor"), SENTINELS["paper"]),
}  # fmt: skip


@dataclass(frozen=True)
class Formula:
    """A cell of a table that is typeset: its LaTeX, and its text for files and for reading aloud."""

    text: str
    latex: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Panel:
    """One plot: its title, what it shows in words, and how it is drawn on Matplotlib axes."""

    title: str
    words: str
    draw: Callable[[Any], None]


@dataclass(frozen=True)
class Figure:
    """A result: what it says, its numbers as a table, and panels that show them; without panels the table is what is shown."""

    title: str
    about: str
    head: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    panels: tuple[Panel, ...] = ()
    is_measured: bool = False  # then it differs from one machine, and one build, to the next

    @property
    def csv(self) -> str:
        """The numbers as a file for a spreadsheet."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([self.head, *self.rows])
        return text.getvalue()


# --- a panel as SVG -----------------------------------------------------------------------------------------------------------


def svg(panel: Panel, name: str) -> str:
    """A panel as SVG that follows page and system; `name` is the class and the prefix of its ids. The same input gives the same bytes.

    Raises OutputError without Matplotlib.
    """
    try:
        from matplotlib import style as styles
        from matplotlib.figure import Figure as Canvas
    except ModuleNotFoundError:
        raise OutputError('figures are drawn by Matplotlib, which is not installed: pip install "a1viz[plots]"') from None

    with styles.context(["default", {**RC, "svg.hashsalt": name}]):
        canvas = Canvas(figsize=(WIDTH, HEIGHT))
        axes = canvas.add_axes(AXES)
        panel.draw(axes)
        axes.set_title(panel.title)
        text = io.StringIO()
        canvas.savefig(text, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return _dressed(text.getvalue(), panel, name)


def _dressed(drawn: str, panel: Panel, name: str) -> str:
    """Matplotlib's SVG for a page: roles for colours, ids of its own, words, no size, and no word of where a standard is kept."""
    body = drawn[drawn.index(">", drawn.index("<svg ")) + 1 : drawn.rindex("</svg>")]
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'\b(?:xlink:)?href="#', f'href="#{name}-', body).replace("url(#", f"url(#{name}-")
    for role, sentinel in SENTINELS.items():
        body = body.replace(sentinel, colour(role, "auto"))
    body = re.sub(r"\s*\n\s*", "\n", body).strip()
    width, height = WIDTH * POINTS, HEIGHT * POINTS
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="a1viz {name}" viewBox="0 0 {width:g} {height:g}" role="img"'
        f' aria-labelledby="{name}-title {name}-desc" data-search-exclude="" style="width:100%;max-width:{width * 4 / 3:g}px;height:auto">'
        f'<title id="{name}-title">{escape(panel.title)}</title><desc id="{name}-desc">{escape(panel.words)}</desc>'
        f"<style>{style(name, 'auto')}</style>{body}</svg>\n"
    )


# --- what panels are made of ----------------------------------------------------------------------------------------------------


def lines(axes: Any, x: Sequence[float], series: dict[str, Sequence[float]], **labels: str) -> None:
    """A line a series, each told apart by dash and marker; `name_ends` writes their names."""
    for y, (role, dash, marker) in zip(series.values(), LOOKS, strict=False):
        axes.plot(x, y, color=SENTINELS[role], linestyle=dash, marker=marker, markersize=5, linewidth=1.6)
    axes.grid(color=SENTINELS["rule"], linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set(**labels)


def name_ends(axes: Any, x: Sequence[float], series: dict[str, Sequence[float]], apart: float = 0.075) -> None:
    """The name of each line beside its end; names that would touch are moved apart. Comes last: it needs the limits of the axes."""
    low, high = axes.transScale.transform([(x[-1], limit) for limit in axes.get_ylim()])[:, 1]
    heights = {name: (axes.transScale.transform((x[-1], y[-1]))[1] - low) / (high - low) for name, y in series.items()}
    below = -1.0
    for name in sorted(heights, key=heights.__getitem__):
        below = max(heights[name], below + apart)
        shift = (below - heights[name]) * AXES[3] * HEIGHT * POINTS
        near = {"xytext": (8, shift), "textcoords": "offset points", "va": "center", "annotation_clip": False}
        axes.annotate(name, (x[-1], series[name][-1]), color=SENTINELS["ink"], **near)


def log_log(axes: Any, x: Sequence[float], room: float) -> None:
    """Both axes logarithmic; x is ticked at its own values, with room on the right for the names of the lines."""
    from matplotlib.ticker import FixedLocator, NullFormatter

    axes.set(xscale="log", yscale="log", xlim=(min(x) * 0.8, max(x) * room))
    axes.xaxis.set(major_locator=FixedLocator(list(x)), major_formatter="{x:g}", minor_formatter=NullFormatter())
    axes.xaxis.set_tick_params(which="minor", bottom=False)
    axes.yaxis.set_tick_params(which="minor", left=False)


def _span(values: Sequence[float], unit: str) -> str:
    return f"from {values[0]:.3g} to {values[-1]:.3g} {unit}"


# --- 2.2 gradient norms ---------------------------------------------------------------------------------------------------------

WAYS = {"naive": "naive", "efficient": "identities"}  # what the question calls them, and the method that never forms a gradient


@lru_cache(maxsize=1)
def norms_measured() -> Figure:
    """Time and memory of both norm graphs of a deep network, run as they stand, against the examples N and the width D."""
    layers, examples, width = 2, (1, 4, 16, 64, 256, 1024), (8, 16, 32, 64, 128, 256, 512)
    fixed_width, fixed_examples = 64, 16
    against_n = [(n, fixed_width) for n in examples]
    against_d = [(fixed_examples, d) for d in width]
    settings = [(way, *at) for at in dict.fromkeys(against_n + against_d) for way in WAYS]
    measured = _in_one_thread([(layers, n, d, WAYS[way]) for way, n, d in settings])
    found = dict(zip(settings, measured, strict=True))
    rows = tuple((way, n, d, f"{s * 1e3:.4g}", f"{b / 2**20:.4g}") for (way, n, d), (s, b) in found.items())
    panels = []
    for k, what, unit in ((0, "time", "ms"), (1, "memory", "MiB")):
        scale = (1e3, 2**-20)[k]
        for points, x, letter, other in (
            (against_n, examples, "N", f"D = {fixed_width}"),
            (against_d, width, "D", f"N = {fixed_examples}"),
        ):
            series = {way: [found[way, *at][k] * scale for at in points] for way in WAYS}
            label = f"examples {letter}" if letter == "N" else f"width {letter}"
            words = "; ".join(f"{way} {_span(y, unit)}" for way, y in series.items())
            panels.append(Panel(
                f"{what} against {letter} ({other})", f"{what} against {label} from {x[0]} to {x[-1]}, K = {layers}: {words}.",
                _log_plot(x, series, xlabel=label, ylabel=f"{what} in {unit}"),
            ))  # fmt: skip
    about = (
        f"Measured by the machine that built this page, in one thread: {layers} layers, double precision, the whole batch at once; "
        "times are medians, memory is the peak of what is newly allocated."
    )
    return Figure("Time and memory of gradient norms", about, ("way", "N", "D", "ms", "MiB"), rows, tuple(panels), True)


def _log_plot(x: Sequence[float], series: dict[str, Sequence[float]], **labels: str) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        lines(axes, x, series, **labels)
        log_log(axes, x, (x[-1] / x[0]) ** 0.34)
        name_ends(axes, x, series)

    return draw


def _in_one_thread(settings: Sequence[tuple[int, int, int, str]]) -> list[tuple[float, int]]:
    """`measure_norms` of each setting, in a process of its own whose matrix products use one thread: NumPy reads that when it starts."""
    program = (
        "import json, sys; from a1viz.plots import measure_norms; "
        "print(json.dumps([measure_norms(*setting) for setting in json.load(sys.stdin)]))"
    )
    libraries = ("OMP", "OPENBLAS", "MKL")
    here = str(Path(__file__).resolve().parent.parent)
    paths = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, "PYTHONPATH": paths, **{f"{library}_NUM_THREADS": "1" for library in libraries}}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, input=json.dumps(settings), stdout=subprocess.PIPE, env=environment, text=True, timeout=120, check=True)
    return [(seconds, peak) for seconds, peak in json.loads(done.stdout)]


def measure_norms(layers: int, examples: int, width: int, method: str, enough: float = 0.03) -> tuple[float, int]:
    """Seconds (the median of some runs) and the peak of newly allocated bytes for all norms of a deep network, the whole batch at once."""
    import numpy as np

    from .run import run

    network = deep_network(layers)
    graph = norm_graph(network, network.parameters, ("y",), method)
    rng = np.random.default_rng(0)
    values = {name: rng.standard_normal((examples, width)) for name in ("x", "y_bar")}
    values |= {name: rng.standard_normal((width, width)) for name in network.parameters}
    tracemalloc.start()
    run(graph, **values)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    seconds: list[float] = []
    while len(seconds) < 5 or sum(seconds) < enough:
        start = time.perf_counter()
        run(graph, **values)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), peak


def pass_costs(**convention: bool) -> Figure:
    """Question 2.2.3: multiplications and memory of each pass, naive and efficient, by the `Convention` with these settings."""
    table = pass_table(Convention(**convention))
    found: dict[str, list[Any]] = {}
    for entry in table.entries:
        found.setdefault(entry.name, []).append((formula(entry.multiplications), Formula(entry.memory, entry.memory)))
    head = ("pass", "T, naive", "T, efficient", "M, naive", "M, efficient")
    rows = tuple((name, naive[0], efficient[0], naive[1], efficient[1]) for name, (naive, efficient) in found.items())
    return Figure("Multiplications T and memory M", f"{str(table.convention)[0].upper()}{str(table.convention)[1:]}.", head, rows)


def backward_ratio() -> Figure:
    """How many times the multiplications of the forward pass the backward pass takes, with and without the error vector of the input."""
    depths = tuple(range(1, 11))
    series = {}
    for wording, convention in (("with $\\bar{x}$", Convention(input_error=True)), ("without $\\bar{x}$", Convention())):
        table = pass_table(convention)
        forward, backward = (table[name, "naive"].multiplications for name in ("forward", "backward"))
        series[wording] = [backward.at(at) / forward.at(at) for k in depths for at in ({"N": 1, "D": 1, "K": k},)]
    whole, less = series.values()

    def draw(axes: Any) -> None:
        lines(axes, depths, series, xlabel="layers $K$", ylabel="backward / forward")
        axes.set(xlim=(0.5, 13.5), ylim=(0, 2.4), xticks=depths)
        name_ends(axes, depths, series)

    title = "Backward pass in units of the forward pass"
    words = f"With the error vector of x the ratio is {whole[0]:g} for every K; without, it grows {_span(less, 'for K = 10')}."
    rows = tuple((k, f"{a:g}", f"{b:.4g}") for k, a, b in zip(depths, whole, less, strict=True))
    return Figure(title, words, ("K", "with x_bar", "without x_bar"), rows, (Panel(title, words, draw),))


def uses_costs() -> Figure:
    """Multiplications of one weight's gradient norm when the weight is used several times, naive and by the identities."""
    uses, width = tuple(range(1, 13)), 8
    series: dict[str, list[int]] = {"naive": [], "efficient": []}
    for count in uses:
        graph = many_uses(count)
        costs = norm_costs(graph, ("W",), graph.outputs, {"D": width})["W"]
        for way, method in WAYS.items():
            series[way].append(costs[method])
    last = max(t for t, naive, efficient in zip(uses, *series.values(), strict=True) if efficient <= naive)

    def draw(axes: Any) -> None:
        lines(axes, uses, series, xlabel=f"uses of the same matrix (D = {width})", ylabel="multiplications")
        axes.set(xlim=(0.5, 16), xticks=uses, ylim=(0, None))
        name_ends(axes, uses, series)

    title = "A weight that is used several times"
    words = f"At width {width} the identities take fewer multiplications up to {last} uses; beyond, forming the gradient does."
    rows = tuple(zip(uses, *series.values(), strict=True))
    return Figure(title, words, ("uses", "naive", "efficient"), rows, (Panel(title, words, draw),))


def many_uses(count: int) -> Any:
    """One matrix applied to several vectors: a sentence of as many words, or an image of as many patches.

    >>> print(many_uses(2))
    y1 = W @ x1
    y2 = W @ x2
    """
    text = "; ".join(f"y{k} = W @ x{k}" for k in range(1, count + 1))
    return parse(text, {"W": ["D", "D"]}, "many_uses", **{f"x{k}": ["D"] for k in range(1, count + 1)})


# --- 2.3 inner products of Jacobians --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Factor:
    """A matrix or a product of matrices by name: contracted like arrays, it writes down the parentheses instead."""

    text: str
    is_product: bool = False

    def __matmul__(self, other: Factor) -> Factor:
        return Factor(" @ ".join(f"({f.text})" if f.is_product else f.text for f in (self, other)), True)

    @property
    def formula(self) -> Formula:
        return Formula(self.text, re.sub(r"M(\d)", r"M_{\1}", self.text).replace(" @ ", r" \, "))


def contraction_orders() -> Figure:
    """What each order of multiplying four factors costs, as polynomials in O, Y and P."""
    factors = [Factor(f"M{k}") for k in range(1, 5)]
    rows = tuple((order, contract(*factors).formula, formula(order_polynomial(order))) for order, contract in CONTRACT.items())
    return Figure("Five orders", "Multiplications for dense factors.", ("order", "product", "multiplications"), rows)


def order_polynomial(order: str) -> Polynomial:
    """The multiplications of an order in the sizes O, Y and P."""
    total = Polynomial()
    for shape in ORDERS[order]("O", "Y", "P"):
        total = total + Polynomial.product(shape)
    return total


def winners(O: int, Y: int, P: int) -> tuple[str, ...]:
    """The orders with the fewest multiplications, in the order of the table."""
    costs = {order: order_cost(order, O, Y, P) for order in ORDERS}
    return tuple(order for order, cost in costs.items() if cost == min(costs.values()))


def contraction_map() -> Figure:
    """Which order is the cheapest over the layer's output Y and its parameters P, for some sizes O of the network's output."""
    sides = sorted({round(10 ** (k / 20)) for k in range(81)})
    rows, panels = [], []
    for O in (1, 10, 100):
        best = {(Y, P): winners(O, Y, P) for P in sides for Y in sides}
        regions: dict[str, list[tuple[int, int]]] = {}
        for at, orders in best.items():
            regions.setdefault(MIRRORS.get(orders[0], orders[0]), []).append(at)
        rows += [(O, Y, P, " = ".join(best[Y, P])) for P in sides[::10] for Y in sides[::10]]
        share = ", ".join(f"{name} in {len(cells) / len(best):.0%}" for name, cells in sorted(regions.items()))
        words = f"Y and P from {sides[0]} to {sides[-1]}. Cheapest: {share} of the map."
        panels.append(Panel(f"O = {O}", words, _map(sides, regions)))
    about = "The cheapest order for dense factors, exact counts. Dotted: a bias has P = Y, a square matrix P = Y²."
    return Figure("Which order is the cheapest", about, ("O", "Y", "P", "cheapest"), tuple(rows), tuple(panels))


def _map(sides: Sequence[int], regions: dict[str, list[tuple[int, int]]]) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        import numpy as np

        box = {"facecolor": SENTINELS["paper"], "edgecolor": "none", "boxstyle": "round,pad=0.25"}
        for name, (role, hatch) in REGIONS.items():
            cells = set(regions.get(name, ()))
            mask = np.array([[(Y, P) in cells for Y in sides] for P in sides], dtype=float)
            if cells:
                axes.contourf(sides, sides, mask, levels=[0.5, 1.5], colors=[SENTINELS[role]], hatches=[hatch])
                axes.contour(sides, sides, mask, levels=[0.5], colors=[SENTINELS["ink"]], linewidths=0.9)
            if len(cells) > 0.03 * len(sides) ** 2:
                axes.text(*_middle(sides, mask), name, ha="center", va="center", bbox=box)
        for power, kind in ((1, "bias"), (2, "matrix")):
            ends = [1, sides[-1] ** (1 / power)]
            axes.plot(ends, [end**power for end in ends], color=SENTINELS["frame"], linestyle=":", linewidth=1.8)
            at = (10 ** (3 / power**1.5), 10 ** (3 / power**0.5))
            axes.text(*at, kind, ha="center", va="center", size=9, color=SENTINELS["frame"], bbox=box)
        axes.set(xscale="log", yscale="log", xlabel="layer output $Y$", ylabel="parameters $P$")
        axes.minorticks_off()

    return draw


def _middle(sides: Sequence[int], mask: Any) -> tuple[float, float]:
    """The cell of a region that is farthest from its border, where its name has room: what is left after peeling it round by round."""
    import numpy as np

    left = np.pad(mask > 0.5, 1)
    while True:
        peeled = left.copy()
        for axis in (0, 1):
            for way in (1, -1):
                peeled &= np.roll(left, way, axis)
        for _ in range(2):  # a name is wider than it is high
            peeled &= np.roll(peeled, 1, 1) & np.roll(peeled, -1, 1)
        if not peeled.any():
            row, column = np.argwhere(left).mean(axis=0).round().astype(int) - 1
            return sides[column], sides[row]
        left = peeled


def kernel_costs() -> Figure:
    """Multiplications of one pair's inner products for the square matrix of a layer of width D, in every order and by the identity."""
    import numpy as np

    outputs, widths = 10, (4, 8, 16, 32, 64, 128, 256)
    network = parse("h = W @ x; y = V @ h", {"W": ["D", "D"], "V": ["O", "D"]}, "layer", x=["D"])
    found: dict[str, list[int]] = {}
    for width in widths:
        values = {"W": np.eye(width), "V": np.ones((outputs, width))}
        kernel = ntk(network, x1=np.ones(width), x2=np.ones(width), **values)
        for order, count in kernel.costs["W"].items():
            found.setdefault(order, []).append(count)
    alike: dict[tuple[int, ...], list[str]] = {}
    for order, counts in found.items():
        alike.setdefault(tuple(counts), []).append(order)
    series = {MIRRORS.get(orders[0], orders[0]): counts for counts, orders in alike.items()}
    series = dict(sorted(series.items(), key=lambda item: -item[1][-1]))
    title = f"One layer of width D, {outputs} outputs"
    words = "; ".join(f"{name} {_span(counts, 'multiplications')}" for name, counts in series.items())
    draw = _log_plot(widths, series, xlabel="width $D$", ylabel="multiplications")
    panel = Panel(title, f"{words}, for D from {widths[0]} to {widths[-1]}.", draw)
    rows = tuple((d, *(found[order][k] for order in found)) for k, d in enumerate(widths))
    about = "Multiplications for one pair of examples, counted. Mirror images cost the same and are one line."
    return Figure("What the identity saves", about, ("D", *found), rows, (panel,))


# --- polynomials in print -------------------------------------------------------------------------------------------------------

LETTERS = "NKOYPD"  # the order in which sizes are written in a product


def formula(polynomial: Polynomial) -> Formula:
    r"""A polynomial with what its terms share in front.

    >>> formula(Polynomial.product([2, "D", "N"]) + Polynomial.product(["D"])).latex
    'D \\, (2 N + 1)'
    """
    terms = [(list(names), c) for names, c in polynomial.terms]
    shared = [n for n in terms[0][0] if all(n in names for names, _ in terms)] if terms else []
    common: list[str] = []
    for name in shared:
        if all(names.count(name) > common.count(name) for names, _ in terms):
            common.append(name)
    for names, _ in terms:
        for name in common:
            names.remove(name)
    inside = " + ".join(_term(names, c) for names, c in terms).replace("+ -", "- ") or "0"
    if len(terms) == 1:
        inside = _term([*terms[0][0], *common], terms[0][1])
    elif common:
        inside = rf"{_term(common, 1)} \, ({inside})"
    return Formula(polynomial.text(LETTERS), inside)


def _term(names: Sequence[str], coefficient: int) -> str:
    order = sorted(dict.fromkeys(names), key=lambda name: (LETTERS.find(name), name))
    powers = [name if names.count(name) == 1 else f"{name}^{{{names.count(name)}}}" for name in order]
    sign = {1: "", -1: "-"}.get(coefficient, f"{coefficient} ") if powers else str(coefficient)
    return sign + " ".join(powers)


FIGURES: dict[str, Callable[[], Figure]] = {
    "norms_measured": norms_measured,
    "pass_costs": pass_costs,
    "pass_costs_input": lambda: pass_costs(input_error=True),
    "pass_costs_kept": lambda: pass_costs(keep_gradients=True),
    "backward_ratio": backward_ratio,
    "uses_costs": uses_costs,
    "contraction_orders": contraction_orders,
    "contraction_map": contraction_map,
    "kernel_costs": kernel_costs,
}
