"""Tables as text: what is too wide for a page is wrapped, the columns stay columns."""

from __future__ import annotations

from itertools import zip_longest

from a1viz.base.columns import LEAST, WIDTH, text_table


def test_words_are_wrapped_where_a_line_would_be_too_long():
    rows = [("name", "what"), ("x", "a word " * 20), ("y" * LEAST, "short")]
    lines = text_table(rows).split("\n")
    assert len(lines) > len(rows) and max(map(len, lines)) <= WIDTH
    begins = lines[1].index("a word")
    assert lines[2].startswith(" " * (begins + 2)) and lines[2][begins + 2 :].startswith(("a ", "word"))
    assert " ".join(line[begins:].strip() for line in lines[1:-1]) == rows[1][1].strip()
    assert len(text_table(rows, width=1000).split("\n")) == len(rows)


def test_a_head_wider_than_its_numbers_is_broken_at_hyphens():
    heads = [f"one-long-head-{k}" for k in range(8)]
    first, second, numbers = text_table([heads, ["1e-10"] * 8]).split("\n")
    assert max(len(first), len(second)) <= WIDTH and numbers.split() == ["1e-10"] * 8
    assert [a + b for a, b in zip_longest(first.split(), second.split(), fillvalue="")] == heads


def test_a_word_longer_than_its_column_stays_whole():
    assert "x" * 200 in text_table([("name", "what"), ("a", f"{'x' * 200} and more")])
