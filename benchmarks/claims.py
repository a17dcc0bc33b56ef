"""What lines of results say: whether a claim holds, and whether it is one worth making.

A line tells of a claim, at some sizes, the `ratio` that was measured, and the `limit` that is claimed for it, or None where it only tells.
Whether it holds is not kept: it follows. A limit is the same on all recorded machines, and leaves room on each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

ROOM = 0.9  # of its limit is as much as a claim's ratio may reach: another run, or the reader's machine, may be a little slower
Line = Mapping[str, Any]


def holds(line: Line) -> bool | None:
    """Whether a line's claim holds; None where nothing is claimed."""
    return None if line["limit"] is None else bool(line["ratio"] <= line["limit"])


def has_room(line: Line) -> bool:
    """Whether a line that claims something stays well below its limit."""
    return bool(line["ratio"] <= ROOM * line["limit"])


def grouped(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """The lines of each claim, which is made at some sizes."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line["claim"], []).append(line)
    return groups


def faults(runs: Mapping[str, Iterable[Line]]) -> list[str]:
    """What is wrong with the claims of one benchmark, by the lines of each machine; nothing where all of them can be made."""
    found = []
    limits: dict[str, Any] = {}
    for machine, lines in runs.items():
        for claim, group in grouped(lines).items():
            here = {line["limit"] for line in group}
            limit = limits.setdefault(claim, group[0]["limit"])
            if here != {limit}:
                found.append(f"{machine}: {claim}: its limit is not {limit} everywhere")
            made = [line for line in group if line["limit"] is not None]
            worst = max(made, key=lambda line: line["ratio"] / line["limit"], default=None)
            if worst and not has_room(worst):
                said = "does not hold" if not holds(worst) else "is within a tenth of its limit"
                found.append(f"{machine}: {claim}: {said}: {worst['ratio']:g} of {worst['limit']:g}")
    return found
