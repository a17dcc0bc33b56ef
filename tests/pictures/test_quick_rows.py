"""Rows of formulas that are not measured before they are set look the same, and take less work."""

from __future__ import annotations

import pytest

from a1viz.pictures.typesetting import draw, typesetter

FORMULAS = [
    r"x",
    r"\bar{\mathbf{z}}_1 = \mathbf{W}^{(1)\top} \bar{\mathbf{z}}_2",
    r"\left(\frac{a}{1 + \left(\frac{b}{c}\right)^2}\right)^\top x",
    r"\big\lVert \mathbf{X} \hat{\mathbf{w}} - \mathbf{t} \big\rVert_2^2",
    r"\begin{aligned} a &= \left[ \sqrt{b} \right] \\ c &= \{ d_{i_j} \} \end{aligned}",
    r"\begin{pmatrix} 1 & 2 \\ 3 & \frac{1}{4} \end{pmatrix}",
    r"\sum_{k=1}^N \mathbb{I}(t = k) \log y'_k",
    r"\widehat{abc} + \overline{x + y} \to \lfloor z \rfloor",
]


@pytest.mark.parametrize("display", [True, False])
@pytest.mark.parametrize("latex", FORMULAS)
def test_a_row_looks_as_ziamath_sets_it(latex, display, monkeypatch):
    quick, work = counted(latex, display, monkeypatch)
    from ziamath.nodes import mnode, mrow

    monkeypatch.setitem(mnode._node_classes, "mrow", mrow.Mrow)
    slow, more = counted(latex, display, monkeypatch)
    assert quick == slow and work <= more
    assert latex not in (FORMULAS[1], FORMULAS[6]) or 2 * work < more


def counted(latex, display, monkeypatch):
    """The outlines of a formula, and how many parts were set for them."""
    typesetter()
    from ziamath.nodes import mnode

    made = []
    whole = mnode.Mnode.__init__
    with monkeypatch.context() as patch:
        patch.setattr(mnode.Mnode, "__init__", lambda self, *words, **about: (made.append(1), whole(self, *words, **about))[1])
        return draw(latex, display), len(made)
