"""What the page needs to know of sorting networks: their constructions, and the best known ones as lists; their rules are in JavaScript."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..sorting.families import FAMILIES, network
from .table import as_json

MOST = 32  # wires of a network in a page


def networks() -> dict[str, Any]:
    """The constructions by name and idea; the best known networks by their numbers of wires, a comparator as two digits of base 36."""
    by_size = [_text("best-size", n) for n in range(MOST + 1)]
    by_depth = [_text("best-depth", n) for n in range(MOST + 1)]
    return {
        "most": MOST,
        "families": [[family.name, family.about] for family in FAMILIES.values()],
        "best": {"size": by_size, "depth": ["" if same == text else text for same, text in zip(by_size, by_depth, strict=True)]},
    }


def _text(name: str, n: int) -> str:
    return "".join(np.base_repr(wire, 36) for pair in network(name, n).comparators for wire in pair)


@cache
def networks_script() -> str:
    """All of it as a classic script."""
    return f"self.a1vizNetworks={as_json(networks())};\n"
