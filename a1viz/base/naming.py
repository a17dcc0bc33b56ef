"""Names that nothing bears yet."""

from __future__ import annotations

from collections.abc import Container


def free_name(name: str, taken: Container[str]) -> str:
    """`name`, or `name2`, `name3`, ...: the first that is not taken.

    >>> free_name("x_bar", {"x_bar", "x_bar2"})
    'x_bar3'
    """
    candidate, k = name, 2
    while candidate in taken:
        candidate, k = f"{name}{k}", k + 1
    return candidate
