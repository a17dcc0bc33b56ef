"""What a training saw: loss and accuracy by the step. Serves question 4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.results import Part, Result, Table, plotted


@dataclass(frozen=True, eq=False)
class History(Result):
    """What a training saw: `loss` (steps + 1,) before each step, of the examples that the step learnt from, and of all at the end.

    `looks` is what was measured at some steps, a row of `columns` each; without validation data its columns are NaN.
    Shows itself as a table.
    """

    loss: Array
    looks: Array
    columns = ("step", "loss", "accuracy", "validation loss", "validation accuracy")

    @property
    def is_monotone(self) -> bool:
        """Whether no step made the loss larger, but for rounding."""
        return bool((np.diff(self.loss) <= 8 * np.finfo(float).eps * self.loss[:-1]).all())

    def plot(self) -> Any:
        """The figure of it: loss and accuracy by the step."""
        return plotted(self)

    def parts(self) -> list[Part]:
        rows = self.looks[sorted({*range(0, len(self.looks), max(1, len(self.looks) // 5)), len(self.looks) - 1})]
        cells = [[f"{row[0]:.0f}", *("" if np.isnan(v) else f"{v:.4f}" for v in row[1:])] for row in rows]
        return [Table(self.columns, cells, "r" * len(self.columns), is_numeric=True)]
