"""Figures of question 2.3: the orders of contracting four factors, which is the cheapest where, and what the identity saves."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..base.results import Typeset
from ..calculus.costs import Polynomial
from ..gradients.contraction import CONTRACT, ORDERS, order_cost
from ..gradients.kernel import ntk
from ..graph.equations import parse
from .figure import SENTINELS, Figure, Panel
from .formulas import formula
from .panel_sizes import POINTS
from .series import log_plot, measured, span

REGIONS = {  # one row a region of the map of orders: its role and hatching
    "inside-out": ("input-fill", "////"),
    "left-to-right": ("gradient-fill", "\\\\\\\\"),
    "outside-in": ("value-fill", ""),
}
TICKS = (1, 100, 10_000)  # of both sides of the map
MIRRORS = {"right-to-left": "left-to-right", "inside-out-left": "inside-out", "inside-out-right": "inside-out"}  # orders of the same cost


@dataclass(frozen=True)
class Factor:
    """A matrix or a product of matrices by name: contracted like arrays, it writes down the parentheses instead."""

    text: str
    is_product: bool = False

    def __matmul__(self, other: Factor) -> Factor:
        return Factor(" @ ".join(f"({f.text})" if f.is_product else f.text for f in (self, other)), True)

    @property
    def formula(self) -> Typeset:
        return Typeset(self.text, re.sub(r"M(\d)", r"\\mathbf{M}_{\1}", self.text).replace(" @ ", r" \, "))


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
    about = (
        "The cheapest order for dense factors, exact counts. Dotted: a bias has P = Y, a square matrix P = Y². Small regions have no name."
    )
    return Figure("Which order is the cheapest", about, ("O", "Y", "P", "cheapest"), tuple(rows), tuple(panels))


def _map(sides: Sequence[int], regions: dict[str, list[tuple[int, int]]]) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        import numpy as np

        axes.set(xscale="log", yscale="log", xlabel="layer output $Y$", ylabel="parameters $P$", xticks=TICKS, yticks=TICKS)
        axes.set(xlim=(1, sides[-1]), ylim=(1, sides[-1]))
        axes.minorticks_off()
        box = {"facecolor": SENTINELS["paper"], "edgecolor": "none", "boxstyle": "round,pad=0.1"}
        for name, (role, hatch) in REGIONS.items():
            cells = set(regions.get(name, ()))
            mask = np.array([[(Y, P) in cells for Y in sides] for P in sides], dtype=float)
            if cells:
                axes.contourf(sides, sides, mask, levels=[0.5, 1.5], colors=[SENTINELS[role]], hatches=[hatch])
                axes.contour(sides, sides, mask, levels=[0.5], colors=[SENTINELS["ink"]], linewidths=0.9)
            if place := _room(axes, sides, mask, name):
                axes.text(*place[:2], name, ha="center", va="center", rotation=place[2], bbox=box)
        for power, kind in ((1, "bias"), (2, "matrix")):
            end = sides[-1] ** (1 / power)
            axes.plot([1, end], [1, sides[-1]], color=SENTINELS["frame"], linestyle=":", linewidth=1.8)
            side = "right" if power == 1 else "center"
            axes.annotate(kind, (end, sides[-1]), (0, 3), textcoords="offset points", ha=side, color=SENTINELS["frame"])

    return draw


def _room(axes: Any, sides: Sequence[int], mask: Any, name: str) -> tuple[float, float, int] | None:
    """Where a name fits into its region, near its middle, and its turn: upright where that is narrow; nothing where it is too small."""
    import numpy as np

    wide, letters, high = measured(axes, {name: 0.0})
    logs, across = np.log10(sides), axes.get_position().width * axes.figure.get_figwidth() * POINTS
    at = np.argwhere(mask > 0.5)
    if not len(at):
        return None
    near = sorted(map(tuple, at), key=lambda cell: float(np.abs(logs[list(cell)] - logs[at].mean(axis=0)).max()))
    for turn, (w, h) in ((0, (wide, letters)), (90, (letters, wide))):
        half = (0.75 * h / high * logs[-1], 0.65 * w / across * logs[-1])  # the axes are made narrower yet
        for row, column in near:
            inside = [np.abs(logs - logs[k]) <= part for k, part in zip((row, column), half, strict=True)]
            is_whole = all(half[i] <= logs[k] <= logs[-1] - half[i] for i, k in enumerate((row, column)))
            if is_whole and mask[np.ix_(*inside)].all():
                return sides[column], sides[row], turn
    return None


def kernel_costs() -> Figure:
    """Multiplications of one pair's inner products for the square matrix of a layer of width D, in every order and by the identity."""
    import numpy as np

    outputs, widths = 10, (4, 8, 16, 32, 64, 128, 256)
    network = parse("h = W @ x; y = V @ h", {"W": ["D", "D"], "V": ["O", "D"]}, "layer", x=["D"])
    found: dict[str, list[int]] = {}
    for width in widths:
        values: dict[str, Any] = {"W": np.eye(width), "V": np.ones((outputs, width))}
        kernel = ntk(network, x1=np.ones(width), x2=np.ones(width), **values)
        for order, count in kernel.costs["W"].items():
            found.setdefault(order, []).append(count)
    alike: dict[tuple[int, ...], list[str]] = {}
    for order, counts in found.items():
        alike.setdefault(tuple(counts), []).append(order)
    series = {MIRRORS.get(orders[0], orders[0]): counts for counts, orders in alike.items()}
    series = dict(sorted(series.items(), key=lambda item: -item[1][-1]))
    title = f"One layer of width D, {outputs} outputs"
    words = "; ".join(f"{name} {span(counts, 'multiplications')}" for name, counts in series.items())
    draw = log_plot(widths, series, xlabel="width $D$", ylabel="multiplications")
    panel = Panel(title, f"{words}, for D from {widths[0]} to {widths[-1]}.", draw)
    rows = tuple((d, *(found[order][k] for order in found)) for k, d in enumerate(widths))
    about = "Multiplications for one pair of examples. Orders that mirror each other cost the same and share a line."
    return Figure("What the identity saves", about, ("D", *found), rows, (panel,))


FIGURES: dict[str, Callable[[], Figure]] = {
    "contraction_orders": contraction_orders,
    "contraction_map": contraction_map,
    "kernel_costs": kernel_costs,
}
