"""Lists of whole numbers as the command line writes them: 5, 5,10,20, 5..60 or 0..200:10."""

from __future__ import annotations

from typing import Any

import click

from ..base.errors import shown
from ..base.limits import LISTED


class NumberList(click.ParamType[list[int]]):
    """Whole numbers: 5, 5,10,20, 5..60 or 0..200:10."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        found: list[int] = []
        if not isinstance(value, str):
            return [*value]
        for part in value.split(","):
            ends, _, stride = part.partition(":")
            low, dots, high = ends.partition("..")
            try:
                first, last, by = int(low), int(high) if dots else int(low), int(stride) if stride else 1
            except ValueError:
                self.fail(f"{shown(part)} is no whole number such as 5, list such as 5,10 or range such as 5..60 or 0..200:10", param, ctx)
            if by < 1 or last < first:
                self.fail(f"{shown(part)} is no range: the first number is at most the last, the stride at least 1", param, ctx)
            if len(found) + (last - first) // by >= LISTED:
                self.fail(f"{shown(value)} is a list of more than {LISTED:,} numbers; take fewer, or a stride as in 0..200:10", param, ctx)
            found += range(first, last + 1, by)
        return found


NUMBERS = NumberList()
