"""The page of operators says of each, once and in its group, what the table knows."""

from __future__ import annotations

import re

from a1viz.graph.operators import OPS, TABLE
from a1viz.site.operator_page import GROUPS, operators_page

PAGE = operators_page()
PUBLIC = [op for op in TABLE if not op.batch]


def test_every_operator_has_one_row_in_the_order_of_the_table():
    assert re.findall(r'<tr><td id="(\w+)">', PAGE) == [op.name for op in PUBLIC]
    assert PAGE.count('<tr class="a1viz-note">') == sum(bool(op.about) for op in PUBLIC)


def test_every_group_has_a_heading_and_a_table():
    assert re.findall(r"^## (.*)$", PAGE, re.M) == list(GROUPS.values())
    assert PAGE.count("<table") == PAGE.count("</table>") == len(GROUPS)
    assert list(GROUPS) == [op.name for op in PUBLIC if op.name in GROUPS] and GROUPS.keys() <= OPS.keys()


def test_an_operator_made_of_others_has_their_derivatives():
    silu = PAGE.partition('id="silu"')[2].partition("</tr>")[0]
    assert r"\circ \sigma" in silu and r"\bar" not in silu and '<td colspan="2">' in silu
    sigmoid = PAGE.partition('id="sigmoid"')[2].partition("</tr>")[0]
    assert sigmoid.count(r"\bar{\mathbf{x}} =") == 1 and sigmoid.count(r"\dot{\mathbf{y}} =") == 1 and "cost 1" in sigmoid


def test_a_long_equation_is_set_in_several_lines():
    clip = PAGE.partition('id="clip"')[2].partition("</tr>")[0]
    assert clip.count(r"\begin{aligned}") == clip.count(r"\end{aligned}") >= 1


def test_rules_read_as_a_person_would_write_them():
    rows = PAGE[PAGE.index("<table") :]
    for unread in (r"\d\.\d{7,}", r"- 1 - 1\b", "`", r"cost[^<]*\*"):
        assert not re.search(unread, rows), unread
    assert r"\circ (\tfrac{2}{\sqrt{\pi}} \exp" in rows and r"\mathbf{a}^{\mathbf{b} - 2}" in rows
    assert "the permutation <code>axes</code>" in rows and "cost 1 per entry" in rows
