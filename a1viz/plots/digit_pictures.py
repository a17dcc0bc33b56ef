"""Digits as pictures in grey levels: those with the largest gradients, and those that a model takes for something else. Question 4."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..nn import Classifier, Data
from .figure import SENTINELS, Panel
from .matrices import painted
from .training import SHOWN

SIDE, GREYS = 8, 16  # pixels of a digit along each side, and its levels above white
IN_ROW = 4  # digits
WHOLE = (0.03, 0.02, 0.94, 0.86)  # of a panel, for there are no numbers around the digits
STEP = (10, 13)  # pixels from one digit to the next, along a row and down


def largest_digits(data: Data, norms: Any) -> Panel:
    """The training digits with the largest gradients, of each its own class."""
    draw = digits([(data.X[k], data.classes[data.t[k]]) for k in norms.argsort()[::-1][:SHOWN]])
    words = f"The {SHOWN} training digits with the largest gradients, with the class they have."
    return Panel("The examples with the largest", words, draw)


def mistaken_digits(model: Classifier, data: Data) -> Panel | None:
    """The validation digits that a model gets wrong, the surest mistakes first, of each its own class; None where there are none."""
    import numpy as np

    wrong = np.flatnonzero(model.predict(data.X_validation) != data.t_validation)
    sure = model.predict_proba(data.X_validation[wrong]).max(axis=1) if wrong.size else wrong
    first = wrong[np.argsort(-sure, kind="stable")][:SHOWN]
    if not first.size:
        return None
    draw = digits([(data.X_validation[k], data.classes[data.t_validation[k]]) for k in first])
    some = f"The {len(first)} surest of {len(wrong)}" if len(wrong) > len(first) else f"The {len(wrong)}"
    return Panel("Mistaken: what they are", f"{some} validation digits that the model gets wrong, with the class they have.", draw)


def digits(shown: Sequence[tuple[Any, str]]) -> Callable[[Any], None]:
    """Draw pictures of SIDE by SIDE pixels from 0 to GREYS, each with words below it."""
    import numpy as np

    def draw(axes: Any) -> None:
        for place, (pixels, words) in enumerate(shown):
            down, across = divmod(place, IN_ROW)
            left, top = STEP[0] * across, STEP[1] * down
            level = np.asarray(pixels).reshape(SIDE, SIDE)
            for grey in range(1, GREYS + 1):
                at = np.argwhere(np.ceil(level) == grey)
                boxes = [(left + c, top + r, left + c + 1, top + r + 1) for r, c in at]
                painted(axes, boxes, color=SENTINELS["ink"], alpha=grey / GREYS)
            painted(axes, [(left, top, left + SIDE, top + SIDE)], facecolor="none", edgecolor=SENTINELS["rule"], linewidth=0.8)
            axes.text(
                left + SIDE / 2,
                top + SIDE + 0.6,
                words if len(words) < SIDE else words.replace(" ", "\n"),
                ha="center",
                va="top",
                linespacing=1,
            )
        rows = -(-len(shown) // IN_ROW)
        axes.set(xlim=(-0.5, STEP[0] * IN_ROW - 1.5), ylim=(STEP[1] * rows - 0.5, -0.5), aspect="equal", anchor="NW")
        axes.set_axis_off()
        axes.set_position(WHOLE)

    return draw
