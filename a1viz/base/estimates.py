"""How long a computation will take, told before it begins: whoever asked for it may then say no, by an error."""

from __future__ import annotations

import math
from collections.abc import Callable

About = Callable[[float], None]  # is told an estimate in seconds of one core


def duration(seconds: float) -> str:
    """A length of time in words.

    >>> duration(0.2), duration(12.4), duration(200)
    ('less than a second', '12 seconds', '3 minutes')
    """
    if seconds == math.inf:
        return "longer than there are words for"
    for name, length in (("years", 365.25 * 86400), ("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:,.0f} {name}" if seconds < 1e6 * length else f"{seconds / length:.0e} {name}"
    return f"{seconds:.0f} seconds" if seconds >= 1.5 else "1 second" if seconds >= 1 else "less than a second"
