"""Matrices as maps: a tangent kernel over pairs of examples, the weights of a perceptron. A dash tells the sign as well as the colour."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..base.arrays import Array
from .figure import SENTINELS, Figure, Panel
from .regression import number

if TYPE_CHECKING:
    from ..gradients.kernel_plans import Kernel
    from ..sorting import Perceptron

SIDE = 48  # cells of a map along each side; of a larger matrix a cell is the mean of a block
PANELS = 6  # maps in one figure
LEVELS = 6  # strengths of a colour
BAR = (0.06, 0.12)  # how far beside a map its scale is, as shares of its side


def kernel_figure(found: Kernel) -> Figure:
    """The inner products of every pair of examples, or of two examples' outputs: the total, and each parameter's part."""
    parts = {"Total": found.total, **{f"Part of {name}": part for name, part in found.by_parameter.items()}}
    flat = {name: as_matrix(part) for name, part in parts.items()}
    what = {0: "one pair", 2: "pairs of examples" if found.total.ndim == 2 and is_batched(found) else "pairs of outputs"}
    of = what.get(found.total.ndim, "pairs of examples, a block of outputs for each")
    total = flat["Total"]
    words = f"Inner products of gradients for {of}, {total.shape[0]} by {total.shape[1]}."
    rows = tuple((name, *map(number, map(float, (part.min(), part.mean(), part.max())))) for name, part in flat.items() if part.size)
    return Figure("Tangent kernel", words, ("part", "least", "mean", "largest"), rows, maps(flat))


def is_batched(found: Kernel) -> bool:
    """Whether the two axes of a kernel are examples: then a scalar output has no axes of its own."""
    return all(sizes[0] == 1 for sizes in found.sizes.values())


def as_matrix(part: Any) -> Array:
    """A kernel's numbers as one matrix, the outputs of a pair of examples as a block: (N1, N2, O, O) -> (N1 O, N2 O)."""
    import numpy as np

    found: Array = np.atleast_2d(np.asarray(part, float))
    if found.ndim == 4:
        n1, n2, o1, o2 = found.shape
        found = found.transpose(0, 2, 1, 3).reshape(n1 * o1, n2 * o2)
    return found


def perceptron_figure(found: Perceptron) -> Figure:
    """The weights of each layer of a perceptron."""
    flat = {f"W{k}, {layer.W.shape[0]} by {layer.W.shape[1]}": layer.W for k, layer in enumerate(found.layers, 1)}
    words = f"The weights of {found.network.summary}, {found.form}, layer by layer."
    head = ("layer", "units", "inputs", "not 0", "least", "largest")
    rows = tuple(
        (f"W{k}", *W.shape, int((W != 0).sum()), number(float(W.min(initial=0))), number(float(W.max(initial=0))))
        for k, W in enumerate(flat.values(), 1)
    )
    return Figure("Weights of a perceptron", words, head, rows, maps(flat))


def maps(parts: Mapping[str, Any]) -> tuple[Panel, ...]:
    """A panel for each of the first matrices that have any entries."""
    shown = {name: part for name, part in parts.items() if part.size}
    return tuple(Panel(name, told(part), heat_map(part)) for name, part in list(shown.items())[:PANELS])


def told(matrix: Array) -> str:
    blocks = "" if max(matrix.shape) <= SIDE else f" A cell is the mean of a block of {' by '.join(map(str, steps(matrix)))} entries."
    return f"A matrix of {matrix.shape[0]} by {matrix.shape[1]}, from {matrix.min():.4g} to {matrix.max():.4g}.{blocks}"


def steps(matrix: Array) -> tuple[int, int]:
    """How many rows and columns of a matrix make one cell of its map."""
    rows, columns = (math.ceil(n / SIDE) for n in matrix.shape)
    return rows, columns


def coarse(matrix: Array) -> Array:
    """A matrix of SIDE by SIDE at most, each entry the mean of a block."""
    import numpy as np

    found: Array = matrix
    for axis, step in enumerate(steps(matrix)):
        starts = np.arange(0, matrix.shape[axis], step)
        counts = np.diff([*starts, matrix.shape[axis]])
        found = np.add.reduceat(found, starts, axis) / (counts[:, None] if axis == 0 else counts)
    return found


def heat_map(matrix: Array) -> Callable[[Any], None]:
    """Cells the stronger the larger the number, negative ones in the other colour and with a dash; NaN and infinity are left white."""
    import numpy as np

    with np.errstate(all="ignore"):
        cells = coarse(np.asarray(matrix, float))
    finite = np.isfinite(cells)
    top = float(np.abs(cells[finite]).max(initial=0.0))
    level = np.ceil(np.abs(np.where(finite, cells, 0)) / (top or 1) * LEVELS - 1e-9)

    def draw(axes: Any) -> None:
        rows, columns = cells.shape
        wide = max(rows, columns)
        for sign, role in ((1, "forward"), (-1, "backward")):
            for k in range(1, LEVELS + 1):
                at = np.argwhere((level == k) & (np.sign(np.where(finite, cells, 0)) == sign))
                painted(axes, ((c, r, c + 1, r + 1) for r, c in at), color=SENTINELS[role], alpha=k / LEVELS)
        for is_strong, role in ((level > LEVELS / 2, "paper"), (level <= LEVELS / 2, "ink")):
            at = np.argwhere((cells < 0) & (level > 0) & is_strong)
            painted(axes, ((c + 0.3, r + 0.46, c + 0.7, r + 0.54) for r, c in at), color=SENTINELS[role])
        painted(axes, [(0, 0, columns, rows)], facecolor="none", edgecolor=SENTINELS["muted"], linewidth=0.8)
        scale(axes, (columns, wide), top, bool((cells < 0).any()))
        axes.set(xlim=(0, 1.42 * wide), ylim=(wide, 0), aspect="equal", anchor="W")
        axes.spines[:].set_visible(False)
        axes.set_xticks(*ticks(columns, matrix.shape[1], steps(matrix)[1]))
        axes.set_yticks(*ticks(rows, matrix.shape[0], steps(matrix)[0]))
        axes.tick_params(length=0)

    return draw


def ticks(cells: int, entries: int, step: int) -> tuple[list[float], list[str]]:
    """The numbers of some rows or columns, counted from 1, at the middles of their cells."""
    every = max(1, math.ceil(cells / 6))
    places = range(0, cells, every)
    return [place + 0.5 for place in places], [str(min(place * step + 1, entries)) for place in places]


def scale(axes: Any, at: tuple[float, float], top: float, has_negative: bool) -> None:
    """What the strengths mean, beside a map that ends at a place and has a side."""
    end, wide = at
    left, right = (end + share * wide for share in BAR)
    high = wide / (2 * LEVELS if has_negative else LEVELS)
    middle = wide / 2 if has_negative else wide
    for sign, role in ((1, "forward"), (-1, "backward"))[: 1 + has_negative]:
        for k in range(1, LEVELS + 1):
            ends = sorted((middle - sign * (k - 1) * high, middle - sign * k * high))
            painted(axes, [(left, ends[0], right, ends[1])], color=SENTINELS[role], alpha=k / LEVELS)
    words = {"color": SENTINELS["ink"], "va": "center"}
    for y, value in ((0, top), (middle, 0.0), *([(wide, -top)] if has_negative else [])):
        axes.text(right + 0.02 * wide, y, f"{value:.3g}".replace("-", "−"), **words)


def painted(axes: Any, boxes: Iterable[tuple[float, ...]], **style: Any) -> None:
    """Rectangles (left, top, right, bottom) as one path."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    found = [Path([(a, b), (c, b), (c, d), (a, d), (a, b)], closed=True) for a, b, c, d in boxes]
    if found:
        axes.add_artist(PathPatch(Path.make_compound_path(*found), **{"linewidth": 0, **style}))
