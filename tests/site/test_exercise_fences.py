"""Exercises in a fence: what is asked, its solution, what the page is told, and every mistake in words."""

from __future__ import annotations

import json
import re

import pytest
from conftest import ROOT

import a1viz
from a1viz.base import limits
from a1viz.base.errors import A1vizError
from a1viz.site.exercise_answers import coded
from a1viz.site.exercises import KINDS
from a1viz.site.fence import format, html
from a1viz.site.options import read

FORMULA = re.compile(r'<svg[^>]*aria-label="([^"]*)".*?</svg>', re.S)


def made(text: str) -> tuple[str, dict]:
    """The HTML with formulas as they are read aloud, and the data."""
    page = html(read(text))
    front, _, rest = page.partition('<script type="application/json" class="a1viz-data">')
    return FORMULA.sub(r"<\1>", front), json.loads(rest.partition("</script>")[0])


def said(text: str) -> str:
    with pytest.raises(A1vizError) as caught:
        html(read(text))
    return str(caught.value)


@pytest.mark.parametrize("network", ["network: bubble\nn: 4", "comparators: [[1, 2], [2, 3], [3, 4], [1, 2], [2, 3], [1, 2]]"])
def test_comparators_keep_their_numbers_where_one_is_missing_and_the_missing_one_is_not_drawn(network):
    for fence in (f"{network}\nview: wires\nexercise: comparator\nwithout: 4", f"{network}\nview: wires\nwithout: [4]"):
        page, _ = made(f"{fence}") if "exercise" in fence else (html(read(fence)), {})
        bars = re.findall(r"<title>(S\d), layer \d: compares wires (\d) and (\d)", page)
        assert [*dict.fromkeys(bars)] == [("S1", "1", "2"), ("S2", "2", "3"), ("S3", "3", "4"), ("S5", "2", "3"), ("S6", "1", "2")]


def test_without_may_leave_a_wire_alone_and_is_checked():
    page = html(read("comparators: [[1, 2], [2, 3]]\nview: wires\nwithout: 2"))
    assert "3 wires, 1 comparators" in page or "3 wires, 1 comparator" in page
    assert said("comparators: [[1, 2]]\nview: wires\nwithout: 2") == "without must name comparators from 1 to 1, got 2"


def test_every_chapter_introduces_its_exercises_in_the_same_words():
    """And what may be typed is said in the how-to, and where a derivation is first asked for that needs it."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
    parts = {name: text.partition("\n## Exercises\n\n")[2] for name, text in texts.items() if "\n## Exercises\n" in text}
    assert len(parts) > 12
    assert {part.partition("\n\n")[0] for part in parts.values()} == {
        "Type an answer and press Enter. Your progress is kept in this browser."
    }
    for text in (parts["automatic-differentiation.md"], (ROOT / "docs" / "how-to" / "exercises.md").read_text(encoding="utf-8")):
        assert [word for word in ("`e_t`", "`outer(a, b)`", "`step(z)`", "_bar`") if word not in text] == []


def test_a_derivation_asks_by_its_symbols_and_has_hints_and_a_solution():
    page, data = made("graph: gated_network\nexercise: derive\nof: x")
    assert "Derive <x bar>, the error signal of <x>." in page
    assert "<x bar equals W 1 transposed times z 1 bar plus W 2 transposed times z 2 bar plus W 4 transposed times y bar>" in page
    (item,) = data["items"]
    assert item["of"] == "x" and item["bar"] == "x_bar"
    assert item["hints"][0] == "`x` is used in `z1`, `z2` and `y`: there is a term for each use."
    assert data["graph"]["name"] == "gated_network"


def test_all_variables_are_asked_but_those_whose_error_signal_is_given():
    _, data = made("graph: gated_network\nexercise: derive\nof: all")
    assert [item["of"] for item in data["items"]] == [
        "S",
        "y_prime",
        "y",
        "g",
        "h2",
        "z2",
        "h1",
        "z1",
        "x",
        "W1",
        "b1",
        "W2",
        "b2",
        "W3",
        "W4",
    ]
    assert len({item["key"] for item in data["items"]}) == 15
    assert [item["of"] for item in made("graph: two_layer\nexercise: derive\nof: all")[1]["items"]] == ["h", "z", "x", "W1", "W2"]


def test_the_solution_has_the_parts_that_it_reads():
    solution = made("graph: residual_block\nexercise: derive\nof: W1")[0].partition("Solution")[2]
    assert re.findall(r"<(delta_\w+|W 1 bar) equals", solution) == ["delta_h", "W 1 bar"]


@pytest.mark.parametrize("name", sorted(map(str, a1viz.catalogue())))
def test_every_graph_of_the_catalogue_can_be_asked(name):
    assert html(read(f"graph: {name}\nexercise: derive\nof: all")).count('class="a1viz-exercise"') > 1


def test_shapes_values_weights_and_comparators_carry_what_marks_them():
    assert made("graph: gated_network\nexercise: shape\nof: W3_bar")[1]["items"][0]["shape"] == ["N", "H"]
    assert made("graph: gated_network\nexercise: shape\nof: y")[1]["items"][0]["shape"] == ["N"]
    page, data = made("graph: two_layer\nexercise: value\nof: W1_bar")
    wanted = a1viz.grad(a1viz.load("two_layer"))["W1_bar"].tolist()
    assert data["items"][0]["value"] == wanted and "[[-4, -12, -4], [6, 18, 6], [0, 0, 0]]" in page
    page, data = made("graph: two_layer\nexercise: weight\nof: W1[0, 1]\nset: {x: [[1, 3, 1], [1, 0, 2]]}")
    assert data["items"][0]["entry"] == 1 and data["items"][0]["outputs"]["y"] == [[-12, 6, -20], [-6, 3, -9]]
    assert "W1 = [[1, ?, 1], [-2, 1, 0], [1, -2, -1]]" in page
    page, data = made("comparators: [[1, 2], [2, 3], [1, 2]]\nexercise: comparator\nwithout: 2")
    assert data["items"][0]["comparators"] == [[1, 2], [1, 2]] and data["items"][0]["place"] == 1 and "[2, 3]" in page


def test_question_hints_and_answer_are_the_teachers():
    page, data = made("exercise: value\nquestion: Is `a < b` & how?\nanswer: [1, 2.5]\nhints: [one, two]")
    assert "Is <code>a &lt; b</code> &amp; how?" in page and "[1, 2.5]" in page
    assert data["items"][0]["hints"] == ["one", "two"] and data["items"][0]["value"] == [1, 2.5]
    assert made("exercise: shape\nquestion: Which?\nanswer: [D, 4]")[1]["items"][0]["shape"] == ["D", 4]
    assert made("graph: gated_network\nexercise: shape\nof: W3\nanswer: [5, H]")[1]["items"][0]["shape"] == ["N", "H"]
    exact = a1viz.run(a1viz.load("gated_network"), trace=True)["J"]
    assert made("graph: gated_network\nexercise: value\nof: J\nanswer: 1.18")[1]["items"][0]["value"] == float(exact)
    assert made("graph: two_layer\nexercise: value\nquestion: How many layers?\nanswer: 2")[1]["items"][0]["value"] == 2
    page, _ = made("graph: two_layer\nexercise: derive\nof: W1\nanswer: outer(W2.T @ y_bar * step(z), x)")
    assert "W1_bar = outer(W2.T @ y_bar * step(z), x)" in page
    assert coded("one ` only") == "one  only"


def test_a_view_stands_above_the_question():
    page, _ = made("network: merge\nn: 4\nview: wires\nexercise: comparator\nwithout: 5")
    assert page.index("<figure") < page.index("Comparator 5 of 5 is missing.")


def test_the_picture_of_a_missing_comparator_fades_none_of_the_others():
    page, data = made("network: bubble\nn: 4\nview: wires\nexercise: comparator\nwithout: 3\nk: 4")
    assert data["items"][0]["k"] == 4 and "not needed" not in page


def test_markup_is_text():
    page = html(read("exercise: value\nquestion: '<img src=x> \"</script>'\nanswer: 1\nhints: ['</script><b>']"))
    assert "<img" not in page and "<b>" not in page and page.count("</script>") == 1


def test_an_exercise_has_bounds():
    wires = limits.EXERCISE_WIRES
    assert "a1viz-exercise" in html(read(f"network: bubble\nn: {wires}\nexercise: comparator\nwithout: 1"))
    assert f"at most {wires} wires, and this network has {wires + 1}" in said(
        f"network: bubble\nn: {wires + 1}\nexercise: comparator\nwithout: 1"
    )
    many = f"exercise: value\nquestion: x\nanswer: [{'1, ' * limits.EXERCISE_ENTRIES}1]"
    assert "an answer is one to 2,000 finite numbers" in said(many)


WRONG = [
    ("graph: mlp\nexercise: deriv\nof: x", "there are derive, shape, weight, comparator, value; did you mean 'derive'?"),
    ("graph: mlp\nof: x", "of belongs to an exercise; add exercise: derive, shape, weight, comparator or value"),
    ("graph: mlp\nexercise: derive", "say which variable's error signal is asked for, as in of: W1, of: [x, W1] or of: all"),
    ("graph: gated_network\nexercise: derive\nof: w1", "of: 'w1' is no variable here; did you mean 'W1'?"),
    ("graph: gated_network\nexercise: derive\nof: t", "of: t has no error signal"),
    ("graph: two_layer\nexercise: derive\nof: y", "of: y_bar is handed in, so there is nothing to derive"),
    ("graph: two_layer\nexercise: derive\nof: W1\nanswer: outer(x, z_bar)", "is not W1_bar; leave answer out and it is computed"),
    ("graph: two_layer\nexercise: derive\nof: W1\nanswer: outer(x,", "answer: "),
    ("graph: two_layer\nexercise: derive\nof: W1\nanswer: W1_bar", "answer: "),
    ("graph: two_layer\nexercise: derive\nof: [W1, W2]\nanswer: x", "answer belongs to one variable"),
    ("graph: two_layer\nexercise: shape", "say what is asked for, as in of: W1_bar"),
    ("graph: two_layer\nexercise: shape\nof: q", "of: 'q' is no variable here"),
    ("graph: two_layer\nexercise: value\nof: q", "say which value is asked for, as in of: y"),
    ("graph: two_layer\nexercise: weight\nof: W1", "of: 'W1' is not an entry of W1, whose shape is (3, 3)"),
    ("graph: two_layer\nexercise: weight\nof: W1[3, 0]", "of: 'W1[3, 0]' is not an entry of W1"),
    ("graph: two_layer\nexercise: weight\nof: w1[0, 0]", "the leaves are x, W1, W2; did you mean 'W1'?"),
    ("network: merge\nn: 4\nexercise: comparator", "say which comparator is missing, from 1 to 5, as in without: 5"),
    ("network: merge\nn: 4\nexercise: comparator\nwithout: [1, 2]", "say which comparator is missing"),
    ("graph: mlp\nexercise: comparator\nwithout: 1", "a missing comparator is one of a network"),
    ("comparators: [[1, 2], [1, 3]]\nexercise: comparator\nwithout: 1", "with [1, 2] this one fails on 1 0 0"),
    ("network: merge\nn: 4\nexercise: comparator\nwithout: 5\nanswer: [1, 2]", "the whole network has to sort, and with [1, 2]"),
    ("network: merge\nn: 4\nexercise: comparator\nwithout: 5\nk: 9", "k must be from 1 to 4, got 9"),
    ("exercise: value\nquestion: x\nanswer: text", "answer"),
    ("exercise: shape\nquestion: x\nanswer: [-1]", "answer must be a shape such as [3, 4] or [D, H]"),
    ("graph: two_layer\nexercise: shape\nof: W1\nanswer: [1, 2]", "answer: [1, 2] is not the shape of W1; leave answer out"),
    ("graph: two_layer\nexercise: value\nof: y\nanswer: [1, 2, 3]", "answer: [1.0, 2.0, 3.0] is not the value of y; leave answer out"),
    ("graph: two_layer\nexercise: value\nanswer: 3", "an answer without of needs a question of its own"),
    ("graph: two_layer\nexercise: derive\nof: W1\nlive: true", "the picture of an exercise is not live"),
    ("exercise: value\nanswer: 3", "give either graph: NAME"),
    ("graph: mlp\nexercise: derive\nof: x\nhints: one", "hints must be a list of texts such as [Count the uses of x], got 'one'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_a_mistake_is_said_in_words(text, message):
    assert message in said(text)
    assert 'class="a1viz-error"' in format(text)


def test_every_kind_is_asked_somewhere_on_the_site():
    from conftest import ROOT

    pages = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}
    text = "\n".join(pages.values())
    assert [kind for kind in KINDS if f"\nexercise: {kind}\n" not in text] == []
    chapters = [name for name, page in pages.items() if re.search(r"^# .*<small>\d\.\d|^\*Question", page, re.M)]
    assert len(chapters) >= 14
    for name in chapters:
        blocks = [data for data in re.findall(r"^```a1viz\n(.*?)^```", pages[name], re.M | re.S) if "exercise:" in data]
        assert 3 <= len(blocks) <= 5 or re.search(r"^of: (all|\[)", "".join(blocks), re.M), name
