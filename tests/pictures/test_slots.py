"""The numbers of live pictures: each can be told from its neighbours."""

from __future__ import annotations

import re
from itertools import pairwise

from a1viz.pictures.slot_output import draw_slot
from a1viz.pictures.slots import CHARACTERS, LETTER, number_text, placed, slot_of

TEXT = re.compile(r'<text x="([\d.]+)" y="[-\d.]+">([^<]+)</text>')


def test_no_minus_seems_to_stand_between_two_columns_of_numbers():
    value = -0.009285123
    assert len(number_text(value)) == CHARACTERS  # as wide as a number can be
    _, (place,) = placed([slot_of("Y", "value", "Y =", [[2.34, value, value]])], 15)
    ends = [(float(x), len(text)) for x, text in TEXT.findall(draw_slot(place, (0, 0), "light"))]
    assert [x - count * LETTER > before + LETTER / 2 for (before, _), (x, count) in pairwise(ends)] == [True, True]
