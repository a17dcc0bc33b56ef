"""Figures of question 3: choices for Sort_2, sizes of networks, what the k-th number needs, ties, and rounding."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from ..base.results import Typeset
from .figure import SENTINELS, STYLES, Figure, Numbers, Panel
from .series import lines, log_log, name_ends, span, words_role

SIZES = range(1, 17)
ACTIVATIONS = {"identity": ("z", "z"), "abs": ("|z|", "|z|"), "relu": ("relu(z)", r"\mathrm{ReLU}(z)")}
U = 2.0**-53  # half the distance from 1 to the next float


# --- 3.1 ----------------------------------------------------------------------------------------------------------------------


def sort2_forms() -> Figure:
    """Every choice of weights, biases and activations, and where it sorts."""
    from ..sorting.sort2 import FORMS

    rows = []
    for form in FORMS.values():
        is_one = len({*form.hidden}) == 1
        units = [ACTIVATIONS[name] for name in (form.hidden[:1] if is_one else form.hidden)]
        phi = Typeset(", ".join(text for text, _ in units), r",\; ".join(latex for _, latex in units))
        weights = (_matrix(part) for part in (form.W1, [[b] for b in form.b1], form.W2, [[b] for b in form.b2]))
        W1, b1, W2, b2 = weights
        rows.append((form.name, _typeset(form.domain), W1, b1, phi, W2, b2))
    head = ("form", "sorts", "W⁽¹⁾", "b⁽¹⁾", "activation", "W⁽²⁾", "b⁽²⁾")
    about = (
        "The tests try each on a grid of pairs: it sorts there and nowhere else. A single activation is that of all hidden units; several "
        "are theirs in order."
    )
    return Figure("Forms of Sort_2", about, head, tuple(rows))


def _typeset(domain: str) -> str:
    """The words of a domain as they are written on paper.

    >>> _typeset("where x1 + x2 >= -100")
    'where x₁ + x₂ ≥ −100'
    """
    return domain.replace("x1", "x₁").replace("x2", "x₂").replace(">=", "≥").replace("-", "−")


def _matrix(rows: Any) -> Typeset:
    text = [[f"{v:g}" for v in row] for row in rows]
    body = r" \\ ".join(" & ".join(row) for row in text)
    return Typeset("; ".join(" ".join(row) for row in text), rf"\begin{{pmatrix}} {body} \end{{pmatrix}}")


@lru_cache(maxsize=1)
def sort2_errors() -> Figure:
    """How wrong each choice is on random pairs of many magnitudes, and what it makes of very large and very small ones."""
    import numpy as np

    from ..sorting.sort2 import FORMS, worst_error

    rng = np.random.default_rng(0)
    pairs = np.abs(rng.standard_normal((200_000, 2))) * 10.0 ** rng.integers(-6, 7, (200_000, 2))
    mixed = pairs * rng.choice([-1, 1], pairs.shape)
    rows = []
    for form in FORMS.values():
        there = mixed if form.least == -np.inf else pairs
        with np.errstate(all="ignore"):
            large, small = form([1.7e308, 1.6e308]), form([5e-324, 0])
        errors = (worst_error(form, there), worst_error(form, np.sort(there, axis=-1)))
        rows.append((form.name, *(f"{e:.3g}" for e in errors), _listed(large), _listed(small)))
    head = ("form", "largest error, in u M", "of pairs in order", "1.7e308, 1.6e308 becomes", "5e-324, 0 becomes")
    about = (
        f"{len(pairs):,} random pairs where the form sorts, of magnitudes from 1e-6 to 1e6, and the same pairs in order; then two "
        "large numbers, and the smallest float and 0. M is the larger magnitude of a pair, u = 2^-53."
    )
    return Figure("How exact the forms are", about, head, tuple(rows))


def _listed(values: Any) -> str:
    return ", ".join(min(repr(float(v)), f"{v:.3g}", key=len).replace("e+", "e") for v in values)


# --- 3.2 ----------------------------------------------------------------------------------------------------------------------


def network_sizes() -> Figure:
    """Comparators of every family for 1 to 16 wires, with the best known and the proved lower bound."""
    return _counts("size", "Comparators")


def network_depths() -> Figure:
    """Layers of every family for 1 to 16 wires, with the best known and the proved lower bound."""
    return _counts("depth", "Layers")


def _counts(what: str, title: str) -> Figure:
    from ..sorting import FAMILIES, known, network

    names = [name for name in FAMILIES if not name.startswith("best")]
    rows = []
    for n in SIZES:
        counts = [getattr(network(name, n), what) for name in names]
        rows.append((n, *counts, getattr(network(f"best-{what}", n), what), getattr(known(n), f"{what}_bound")))
    about = f"{title} for n wires, counted. The best known networks and the lower bounds are data that come with their source."
    return Figure(f"{title} of sorting networks", about, ("n", *names, "best known", "lower bound"), tuple(rows))


def network_growth() -> Figure:
    """Sizes and depths up to 64 wires as multiples of the best known."""
    from ..sorting import network

    x, panels = (2, 4, 8, 16, 32, 64), []
    found: dict[str, list[float]] = {}
    for what, noun, names in (
        ("size", "comparators", ("bubble", "bose-nelson", "bitonic", "merge")),
        ("depth", "layers", ("bubble", "bose-nelson", "transposition", "merge")),
    ):
        best = {n: getattr(network(f"best-{what}", n), what) for n in x}
        series = {name: [getattr(network(name, n), what) / best[n] for n in x] for name in names}
        words = "; ".join(f"{name} {span(ratios, 'times')} the best known" for name, ratios in series.items())
        panels.append(Panel(f"{noun.title()}, times the best known", f"{words}, for n up to {x[-1]}.", _ratio_plot(x, series)))
        found |= {f"{noun}, {name}": ratios for name, ratios in series.items()}
    rows = tuple(zip(x, *([f"{ratio:.3g}" for ratio in ratios] for ratios in found.values()), strict=True))
    return Figure("How networks grow", "Counted, as multiples of the best network known.", ("n", *found), rows, tuple(panels))


def _ratio_plot(x: Numbers, series: Mapping[str, Numbers]) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        lines(axes, x, series, xlabel="wires $n$", ylabel="ratio")
        log_log(axes, x)
        axes.set(yscale="linear", ylim=(0.8, None))
        name_ends(axes, x, series)

    return draw


# --- 3.3 ----------------------------------------------------------------------------------------------------------------------


def pruned_sizes() -> Figure:
    """How many comparators of a network the k-th smallest number needs."""
    from ..sorting import network, prune

    sizes = (4, 8, 9, 16)
    networks = {n: network("best-size", n) for n in sizes}
    rows = tuple((k, *(prune(networks[n], k).size if k <= n else "" for n in sizes)) for k in range(1, max(sizes) + 1))
    rows += (("all", *(networks[n].size for n in sizes)),)

    def draw(axes: Any) -> None:
        x = list(range(1, 17))
        series = {f"n = {n}": [prune(networks[n], k).size for k in range(1, n + 1)] for n in sizes}
        padded = {name: [*counts, *[math.nan] * (len(x) - len(counts))] for name, counts in series.items()}
        lines(axes, x, padded, xlabel="$k$", ylabel="comparators needed")
        for counts, (name, (role, _, _)) in zip(series.values(), zip(series, STYLES, strict=False), strict=True):
            is_last = len(counts) == len(x)  # its end is the edge
            at, shift, side = (8, (0, 7), "center") if is_last else (len(counts), (6, {4: -4, 9: 1}.get(len(counts), -8)), "left")
            near = {"xytext": shift, "textcoords": "offset points", "ha": side}
            axes.annotate(name, (at, counts[at - 1]), color=SENTINELS[words_role(role)], **near)
        axes.set(xlim=(0.5, 16.5), ylim=(0, 1.12 * max(map(max, series.values()))), xticks=x[::3])

    middle = {n: prune(networks[n], n // 2).size for n in sizes}
    said = (f"n = {n}: {networks[n].size} in all, {prune(networks[n], 1).size} for k = 1, {middle[n]} for k = {n // 2}" for n in sizes)
    words = "; ".join(said)
    about = f"Comparators of the smallest known networks that the k-th smallest number needs. {words}."
    panel = Panel("What the k-th smallest number needs", words, draw)
    return Figure("What the k-th number needs", about, ("k", *(f"n = {n}" for n in sizes)), rows, (panel,))


# --- 3.4 ----------------------------------------------------------------------------------------------------------------------


def counting_ties() -> Figure:
    """What the counting network makes of ties, to the letter and stably: ranks, and what is picked for each k."""
    from ..sorting.counting_networks import ranks, select

    lists = ((3, 1, 4, 2), (2, 5, 2, 1), (7, 7, 7, 7), (1, 3, 3, 2))
    rows = []
    for x in lists:
        for form, stable in (("literal", False), ("stable", True)):
            picked = [select(x, k, stable=stable) for k in range(1, 5)]
            is_right = "yes" if picked == sorted(x) else "no"
            rows.append((_plain(x), form, _plain(ranks(x, stable=stable)), _plain(picked), is_right))
    head = ("numbers", "form", "ranks", "picked for k = 1, 2, 3, 4", "right")
    about = "Where a rank occurs twice the literal network adds both numbers; where it is missing it gives 0."
    return Figure("Ties", about, head, tuple(rows))


def _plain(values: Iterable[Any]) -> str:
    return ", ".join(str(int(v)) for v in values)


# --- exactness ------------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def rounding_errors() -> Figure:
    """The largest error of the perceptron form on random rows against the number of wires, beside the bound 2 depth u M."""
    import numpy as np

    from ..sorting import network, rounding_bound, sort

    x = (2, 4, 8, 16, 32, 64)
    rng = np.random.default_rng(0)
    series: dict[str, list[float]] = {"bound, bubble": [], "bound, merge": [], "bubble": [], "merge": []}
    mixed_up: dict[str, list[float]] = {"bubble": [], "merge": []}
    for n in x:
        rows = rng.standard_normal((4000, n)) * 10.0 ** rng.integers(-4, 5, (4000, n))
        near = 1 + rng.integers(0, 8, (4000, n)) * 2.0**-52
        exact, largest = np.sort(rows, axis=1), np.abs(rows).max(axis=1, keepdims=True)
        for name in mixed_up:
            found = sort(rows, network(name, n), exact=False)
            series[name].append(float((np.abs(found - exact) / (U * largest)).max()))
            series[f"bound, {name}"].append(rounding_bound(network(name, n)) / U)
            mixed_up[name].append(float((np.diff(sort(near, network(name, n), exact=False), axis=1) < 0).any(axis=1).mean()))
    columns = [*([f"{v:.3g}" for v in values] for values in series.values()), *([f"{v:.0%}" for v in share] for share in mixed_up.values())]
    table = tuple(zip(x, *columns, strict=True))
    words = "; ".join(f"{name} {span(values, 'u M')}" for name, values in series.items())

    def draw(axes: Any) -> None:
        lines(axes, x, series, xlabel="numbers $n$", ylabel="error / $(u \\, M)$")
        log_log(axes, x)
        name_ends(axes, x, series)

    panel = Panel("Largest error of the perceptron form", f"{words}, for n from {x[0]} to {x[-1]}.", draw)
    head = ("n", *series, *(f"{name}, rows of near numbers that come out unsorted" for name in mixed_up))
    about = (
        "Random rows of numbers of magnitudes from 1e-4 to 1e4, sorted by the perceptron form; M is the largest magnitude of a row, "
        "u = 2^-53. Near numbers: 1 plus up to 7 steps of a float."
    )
    return Figure("How much the perceptron form rounds", about, head, table, (panel,))


FIGURES: dict[str, Callable[[], Figure]] = {
    "sort2_forms": sort2_forms,
    "sort2_errors": sort2_errors,
    "network_sizes": network_sizes,
    "network_depths": network_depths,
    "network_growth": network_growth,
    "pruned_sizes": pruned_sizes,
    "counting_ties": counting_ties,
    "rounding_errors": rounding_errors,
}
