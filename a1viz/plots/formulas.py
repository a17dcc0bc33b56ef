"""Polynomials in print: counts of multiplications with what their terms share in front."""

from __future__ import annotations

from collections.abc import Sequence

from ..base.results import Typeset
from ..calculus.costs import Polynomial

LETTERS = "NKOYPD"  # the order in which sizes are written in a product


def formula(polynomial: Polynomial) -> Typeset:
    r"""A polynomial with what its terms share in front.

    >>> formula(Polynomial.product([2, "D", "N"]) + Polynomial.product(["D"])).latex
    'D \\, (2 N + 1)'
    """
    terms = [(list(names), c) for names, c in polynomial.terms]
    shared = [n for n in terms[0][0] if all(n in names for names, _ in terms)] if terms else []
    common: list[str] = []
    for name in shared:
        if all(names.count(name) > common.count(name) for names, _ in terms):
            common.append(name)
    for names, _ in terms:
        for name in common:
            names.remove(name)
    inside = " + ".join(_term(names, c) for names, c in terms).replace("+ -", "- ") or "0"
    if len(terms) == 1:
        inside = _term([*terms[0][0], *common], terms[0][1])
    elif common:
        inside = rf"{_term(common, 1)} \, ({inside})"
    return Typeset(polynomial.text(LETTERS), inside)


def _term(names: Sequence[str], coefficient: int) -> str:
    order = sorted(dict.fromkeys(names), key=lambda name: (LETTERS.find(name), name))
    powers = [name if names.count(name) == 1 else f"{name}^{{{names.count(name)}}}" for name in order]
    sign = {1: "", -1: "-"}.get(coefficient, f"{coefficient} ") if powers else str(coefficient)
    return sign + " ".join(powers)
