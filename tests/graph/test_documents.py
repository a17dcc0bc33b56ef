"""Graph documents: every kind of problem is reported with file, line and mend, all together, and nothing else ever comes out."""

# ruff: noqa: E501  # tables: one case a row

from __future__ import annotations

import copy
import os

import pytest
from conftest import examples
from harmless import within
from hypothesis import given
from hypothesis import strategies as st

import a1viz
from a1viz.base.errors import DocumentError, InputError
from a1viz.base.limits import AXES, DOCUMENT_BYTES, DOCUMENT_PROBLEMS, DOCUMENT_WIRES, LABEL_CHARACTERS, TOML_KEY_PARTS, TOML_NESTING
from a1viz.graph import opening
from a1viz.graph.documents import from_data

GOOD = '''title = "A layer"
source = "question 9"
about = "One layer, <b>bold</b> & 'quoted'."
equations = """
z = W @ x
p = softmax(z)[t]
"""
[sizes]
D = 3
[inputs]
x = ["D"]
t = {class = "D"}
[parameters]
W = ["D", "D"]
[values]
x = [1, 2, 3]
[cotangents]
p = 1
[expect]
"sum(softmax(z))" = 1
[symbols]
z = "z_1"
'''


def problems(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        a1viz.loads(text, "g", "g.toml")
    assert str(caught.value) == "\n".join(caught.value.problems)
    return list(caught.value.problems)


def said(text: str) -> list[str]:
    try:
        a1viz.loads(text, "g", "g.toml")
    except DocumentError as error:
        return list(error.problems)
    return []


def test_a_good_document_becomes_a_graph_with_all_it_says():
    g = a1viz.loads(GOOD, "layer")
    assert (g.name, g.outputs, g.parameters) == ("layer", ("p",), ("W",))
    assert g.document.title == "A layer" and g.document.source == "question 9"
    assert g.document.sizes == {"D": 3} and g.document.values == {"x": [1, 2, 3]} and g.document.symbols == {"z": "z_1"}
    assert a1viz.check(g).ok


BROKEN = [  # what is replaced, by what, the problems
    ('title = "A layer"\n', "", ['g.toml: title is missing; a document has at least title = "..." and equations = "..."']),
    ('"A layer"', '""', ['g.toml, line 1: title is missing; a document has at least title = "..." and equations = "..."']),
    ('"A layer"', "3", ["g.toml, line 1: title must be text in quotes, got 3"]),
    ("source = ", "sorce = ", ["g.toml, line 2: unknown key 'sorce'; did you mean 'source'?"]),
    ("[values]", "[valeus]", ["g.toml, line 15: unknown key 'valeus'; did you mean 'values'?"]),
    ("z = W @ x", "z = V @ x", ["g.toml, line 5, column 5: unknown name 'V'"]),
    ("W @ x", "relo(x)", ["g.toml, line 5, column 5: unknown operator 'relo'; did you mean 'relu'?"]),
    ("softmax(z)[t]", "W @ z + stack(1, 2)", [
        "g.toml, line 6, column 5: W @ z + stack(1, 2): shapes (D,) and (2,) do not match; W @ z has D entries, stack(1, 2) has 2 entries"]),
    ("D = 3", "E = 3", [
        "g.toml, line 11: x: the size D has no default; add D = 3, say, to [sizes]",
        "g.toml, line 12: t: the size D has no default; add D = 3, say, to [sizes]",
        "g.toml, line 14: W: the size D has no default; add D = 3, say, to [sizes]"]),
    ("D = 3", "D = -3", ["g.toml, line 9: size D must be a whole number from 0, got -3"]),
    ("D = 3", "D = 3.0", ["g.toml, line 9: size D must be a whole number from 0, got 3.0"]),
    ("D = 3", "D = true", ["g.toml, line 9: size D must be a whole number from 0, got True"]),
    ("D = 3", "D = 3\n'<b>' = 3", ["g.toml, line 10: size '<b>' is not a name: letters, digits and _ only, beginning with a letter"]),
    ('x = ["D"]', 'x = "D"', ["g.toml, line 11: x: a shape must be a list such as [\"D\"] or a table {class = \"N\"}, got 'D'"]),
    ('x = ["D"]', f"x = {[1] * (AXES + 1)}", [
        f"g.toml, line 11: x: shape {[1] * (AXES + 1)} has {AXES + 1} axes; the value for one example has at most {AXES}"]),
    ('x = ["D"]', "x = [2.5]", ["g.toml, line 11: x: a size must be a whole number from 0 or a name, got 2.5"]),
    ('x = ["D"]', 'x = ["D"]\nin = []', ["g.toml, line 12: in is a reserved word; choose another name"]),
    ('W = ["D", "D"]', 'W = ["D", "D"]\nx = []', ["g.toml, line 15: x is given twice; each name is assigned once"]),
    ('x = ["D"]', 'x = ["D"]\n"<script>" = []', [
        "g.toml, line 12: '<script>' is not a name: letters, digits and _ only, not beginning with a digit"]),
    ('class = "D"', 'clas = "D"', [
        "g.toml, line 12: t: a table must be {class = N} or {class = N, shape = [\"T\"]}, got {'clas': 'D'}"]),
    ('class = "D"', 'class = "D", shape = 3', [
        "g.toml, line 12: t: a shape must be a list such as [\"D\"] or a table {class = \"N\"}, got 3"]),
    ('class = "D"', "class = 0", ["g.toml, line 12: t: a label needs at least 1 class, got 0"]),
    ('class = "D"', "class = 7", ["g.toml, line 6, column 5: softmax(z)[t]: t is a label of 7 classes, but softmax(z) has D entries"]),
    ("[1, 2, 3]", "[1, nan, 3]", ["g.toml, line 16: value of 'x' contains NaN, which is not a number; write a number"]),
    ("[1, 2, 3]", "[1, 1e400, 3]", ["g.toml, line 16: value of 'x' contains an infinite number; write one that a float can hold, below 1.8e308"]),
    ("\np = 1", "\np = inf", ["g.toml, line 18: cotangent of 'p' contains an infinite number; write one that a float can hold, below 1.8e308"]),
    ("[1, 2, 3]", "[1, 99999999999999999999, 3]", [
        "g.toml, line 16: value of 'x' contains 99999999999999999999, more than an integer holds; write it as a float such as 1e20"]),
    ("[1, 2, 3]", "[1, 0x" + "f" * 6000 + ", 3]", [
        "g.toml, line 16: value of 'x' contains a very long int, more than an integer holds; write it as a float such as 1e20"]),
    ("[1, 2, 3]", "[1, true, 3]", ["g.toml, line 16: value of 'x' must be numbers, got True"]),
    ("[1, 2, 3]", "[1, '2', 3]", ["g.toml, line 16: value of 'x' must be numbers, got '2'"]),
    ("[1, 2, 3]", "[[1, 2], [3]]", ["g.toml, line 16: value of 'x' has rows of different lengths: 2, 1"]),
    ("[1, 2, 3]", "[1, [2], 3]", ["g.toml, line 16: value of 'x' mixes numbers and lists; write [1, 2] or [[1, 2], [3, 4]]"]),
    ("[1, 2, 3]", "[" * 90 + "]" * 90, [
        f"g.toml, line 16: value of 'x' has more than {AXES + 1} levels of brackets; a value has at most {AXES} axes, and one more for a batch"]),
    ("[1, 2, 3]", "[1, 2]", ["g.toml, line 16: x: value has shape (2,), expected (D,), and D is 3"]),
    ("[1, 2, 3]", "1", ["g.toml, line 16: x: value has shape (), expected (D,), or (batch, ...) in front of it"]),
    ("x = [1, 2, 3]", "t = 3", ["g.toml, line 16: t: class 3 is out of range; t has 3 classes, 0 to 2"]),
    ("x = [1, 2, 3]", "t = 1.5", ["g.toml, line 16: t: a class label is a whole number, got 1.5"]),
    ("x = [1, 2, 3]", "q = [1, 2, 3]", ["g.toml, line 16: 'q' in [values] is no input or parameter"]),
    ("x = [1, 2, 3]", "z = [1, 2, 3]", ["g.toml, line 16: 'z' in [values] is computed by an equation, so it has no value of its own"]),
    ("\np = 1", "\nq = 1", ["g.toml, line 18: 'q' in [cotangents] is not a variable"]),
    ("\np = 1", "\np = [[1]]", ["g.toml, line 18: p: value has shape (1, 1), expected (), or (batch, ...) in front of it"]),
    ('"sum(softmax(z))" = 1', "z = 'a'", ["g.toml, line 20: expectation of 'z' must be numbers, got 'a'"]),
    ('z = "z_1"', 'q = "q"', ["g.toml, line 22: 'q' in [symbols] is not a variable"]),
    ("[symbols]\n", "[[symbols]]\n", ["g.toml, line 21: [symbols] must be a table, got [{'z': 'z_1'}]"]),
    ("[symbols]\nz", "[blocks]\nS", ["g.toml, line 22: block 'S': no graph is called 'z_1'; the catalogue has "]),
    ('[symbols]\nz = "z_1"', "[blocks]\nS = 3", ["g.toml, line 22: block 'S' must name a document, such as \"sort2\", got 3"]),
    ("z = W @ x\n", "z = W @ x\nz = x\n", ["g.toml, line 6, column 1: z is given twice, first on line 5; each name is assigned once"]),
    ("z = W @ x\n", "z = u\nu = z\n", ["g.toml, line 5, column 5: u is part of a cycle: u -> z -> u; no variable can be computed from itself"]),
    ("z = W @ x\n", "z = u\nu = x\n", ["g.toml, line 5, column 5: u is used before it is given; move its equation, on line 6, up"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), BROKEN)
def test_a_problem_is_reported_with_file_line_and_mend(old, new, expected):
    assert old in GOOD
    found = problems(GOOD.replace(old, new, 1))
    assert len(found) == len(expected), found
    assert all(f == e or (e.endswith(" ") and f.startswith(e)) for f, e in zip(found, expected, strict=True)), found


def test_a_value_may_be_infinite_where_it_is_written_so():
    g = a1viz.loads(GOOD.replace("[1, 2, 3]", "[1, inf, -inf]"))
    assert g.document.values["x"] == [1, float("inf"), float("-inf")]


NETWORK = """title = "Three"
comparators = [
  [1, 2],  # a comment [with brackets]
  [1, 3],
  [2, 3],
]
equations = "d = y3 - y1"
[values]
x1 = 3
x2 = 1
x3 = 2
[expect]
y2 = 2
d = 2
"""


@pytest.mark.parametrize("equations", ['""', '" "', '"# z = x"'])
def test_equations_of_nothing_are_one_problem(equations):
    expected = ["g.toml, line 2: there is no equation; write one such as z = W @ x"]
    assert said(f'title = "T"\nequations = {equations}\n') == expected
    assert said(f'title = "T"\nequations = {equations}\ncomparators = [[1, 2]]\n') == expected


def test_comparators_are_sort2_blocks_and_equations_may_follow():
    g = a1viz.loads(NETWORK, "three")
    assert g.outputs == ("y2", "d") and g.document.comparators == ((0, 1), (0, 2), (1, 2)) and g.document.wires == 3
    assert {n.block for n in g.nodes if n.block} == {"S1", "S2", "S3"}
    assert a1viz.check(g).ok


def test_there_may_be_wires_without_comparators_and_blocks_of_another_name():
    g = a1viz.loads(NETWORK.replace("equations =", "wires = 4\nequations =") + '[blocks]\nC = "sort2"\n')
    assert g.outputs == ("y2", "y4", "d") and str(g).startswith("C1.x = ")
    assert a1viz.run(g, x4=7)["y4"] == 7
    assert a1viz.loads('title = "T"\ncomparators = []\nwires = 1').outputs == ("y1",)


BAD_NETWORKS = [  # what is replaced, by what, the problems
    ("[1, 3]", "[3, 1]", ["g.toml, line 4: comparator 2, [3, 1], puts the larger number first; write the lower wire first: [1, 3]"]),
    ("[1, 3]", "[0, 3]", ["g.toml, line 4: comparator 2, [0, 3], names a wire that is not there; wires are counted from 1 to 1000"]),
    ("[1, 3]", "[3, 3]", ["g.toml, line 4: comparator 2 compares wire 3 with itself; name two wires"]),
    ("[1, 3]", "[1, 2.5]", ["g.toml, line 4: comparator 2 must be a pair of wires such as [1, 2], got [1, 2.5]"]),
    ("[1, 3]", "7", ["g.toml, line 5: comparator 2 must be a pair of wires such as [1, 2], got 7"]),
    ("equations", "wires = 2\nequations", [
        "g.toml, line 4: comparator 2, [1, 3], names a wire that is not there; wires are counted from 1 to 2",
        "g.toml, line 5: comparator 3, [2, 3], names a wire that is not there; wires are counted from 1 to 2",
    ]),
    ("equations", "wires = true\nequations", ["g.toml, line 7: wires must be a whole number from 0 to 1,000, got True"]),
    ("y3 - y1", "y3 - y4", ["g.toml, line 7, column 23: unknown name 'y4'"]),
    ("[expect]", '[blocks]\nA = "sort2"\nB = "sort2"\n[expect]', [
        "g.toml, line 2: comparators: which block are they? [blocks] has A, B; call theirs S"]),
    ("[expect]", '[blocks]\nA = "two_layer"\n[expect]', ["g.toml, line 2: A takes 1 (x), but is given 2"]),
    ("[expect]", "[inputs]\nx1 = []\n[expect]", ["g.toml, line 13: x1 is given twice; each name is assigned once"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), BAD_NETWORKS)
def test_a_problem_of_comparators_is_reported_with_its_line(old, new, expected):
    assert old in NETWORK
    assert problems(NETWORK.replace(old, new, 1)) == expected


def test_comparators_must_be_a_list_and_wires_need_them():
    assert problems('title = "T"\ncomparators = 3') == [
        "g.toml, line 2: comparators must be a list of pairs of wires such as [[1, 2], [3, 4]], got 3"
    ]
    assert problems('title = "T"\nequations = "y = 1"\nwires = 2') == [
        "g.toml, line 3: wires are those of comparators, and there are none; write comparators = [[1, 2]], say"
    ]


MARKUP = ["<script>alert(1)</script>", 'a"b', "a\\b", "a\u202eb", "a\u2066b", "a\u200bb", "a\ufeffb", "a\0b", "\ud800"]


@pytest.mark.parametrize("text", MARKUP)
@pytest.mark.parametrize("key", ["title", "source"])
def test_titles_are_plain_text(key, text):
    data = {"title": "T", "equations": "z = 1", key: text}
    with pytest.raises(DocumentError, match=f"{key} must be plain text, but it contains"):
        from_data(data, "g", "g.toml", "")


@pytest.mark.parametrize("text", [*MARKUP, "$x$", "\\alpha", "x^{2}", "x_1_2", "", "x" * 100, "x y", "é"])
def test_symbols_are_letters_digits_primes_and_indices(text):
    data = {"title": "T", "equations": "z = 1", "symbols": {"z": text}}
    with pytest.raises(DocumentError, match="symbol of 'z' must look like b, y', z_1"):
        from_data(data, "g", "g.toml", "")


@pytest.mark.parametrize("name", MARKUP)
@pytest.mark.parametrize("table", ["inputs", "parameters", "blocks", "values", "cotangents", "symbols", "sizes"])
def test_names_are_letters_digits_and_underscores(table, name):
    value = {"blocks": "sort2", "symbols": "z", "sizes": 3, "values": 1, "cotangents": 1}.get(table, [])
    with pytest.raises(DocumentError) as caught:
        from_data({"title": "T", "equations": "z = 1", table: {name: value}}, "g", "g.toml", "")
    assert all(c.isprintable() or c == "\n" for c in str(caught.value))


@pytest.mark.parametrize("symbol", ["b", "y'", "z_1", "W^(1)", "b_1^(2)", "alpha_max", "x^T"])
def test_the_papers_symbols_are_allowed(symbol):
    data = {"title": "T", "equations": "z = 1", "symbols": {"z": symbol}}
    assert from_data(data, "g", "g.toml", "").document.symbols == {"z": symbol}


def test_all_problems_of_a_document_are_reported_together_in_the_order_of_the_file():
    text = (
        GOOD.replace("source", "sorce")
        .replace("D = 3", "D = -3")
        .replace("W @ x", "relo(x) + (")
        .replace("[1, 2, 3]", "[nan]")
        .replace("z_1", "<b>")
    )
    found = problems(text)
    assert [p.partition(":")[0].partition(", column")[0] for p in found] == [f"g.toml, line {k}" for k in (2, 5, 9, 16, 22)]


def test_what_follows_from_a_problem_is_not_reported():
    assert len(problems(GOOD.replace('x = ["D"]', "x = 3"))) == 1
    assert len(problems(GOOD.replace("z = W @ x", "z = W @@ x"))) == 1


def test_problems_without_end_are_cut_and_counted():
    text = 'title = "T"\nequations = "z = 1"\n[values]\n' + "\n".join(f"x{k} = nan" for k in range(2000))
    with within(20):
        found = problems(text)
    assert len(found) == 51 and found[-1] == "... and 1950 more problems"


HEAD = 'title = "T"\nequations = "z = 1"\n'
LEAVES = "[inputs]\n" + "\n".join(f"x{k} = []" for k in range(1500)) + "\n"
SLOW = [  # what took seconds to minutes: by backtracking, by copying keys, by suggestions that nobody sees, by counting lines again
    ("brackets in a text", 'title = "T"\nequations = """\nz = q\n' + "[" * 60_000 + '\n"""\n', "unknown name 'q'"),
    ("lines of brackets", 'title = "T"\nequations = """\nz = q\n' + ("[" * 300 + "\n") * 200 + '"""\n', "unknown name 'q'"),
    ("a dotted key", HEAD + "a" + ".a" * 30_000 + " = 1", "line 3: a key with dots has at most 20 parts, this one has more"),
    ("a quoted one", HEAD + '"a"' + ' . "a"' * 9000 + " = 1", "line 3: a key with dots has at most 20 parts, this one has more"),
    ("one in a table", HEAD + "b = {a" + ".a" * 30_000 + " = 1}", "line 3: a key with dots has at most 20 parts, this one has more"),
    ("misspelt values", HEAD + LEAVES + "[values]\n" + "\n".join(f"y{k} = 1" for k in range(1500)), "'y0' in [values] is no input"),
    ("misspelt symbols", HEAD + LEAVES + "[symbols]\n" + "\n".join(f'xx{k} = "x"' for k in range(1500)), "did you mean 'x0'?"),
    ("unknown keys", HEAD + "\n".join(f"title{k} = 1" for k in range(4000)), "did you mean 'title'?"),
    (
        "comparators",
        'title = "T"\ncomparators = [\n' + "[2, 1],\n" * 7000 + "]",
        "g.toml, line 3: comparator 1, [2, 1], puts the larger number first",
    ),
    ("tables in tables", HEAD + "x = " + "{a=" * 10_000, "brackets are nested more than 200 deep"),
]


@pytest.mark.parametrize(("text", "message"), [row[1:] for row in SLOW], ids=[row[0] for row in SLOW])
def test_the_time_for_a_hostile_document_is_in_proportion_to_its_length(text, message):
    with within(10):
        found = problems(text)
    assert message in found[0] and len(found) <= DOCUMENT_PROBLEMS + 1


def test_suggestions_are_made_only_for_the_problems_that_are_shown(monkeypatch):
    from a1viz.graph import declarations

    asked = []
    monkeypatch.setattr(declarations, "did_you_mean", lambda name, known: asked.append(name) or "")
    problems(HEAD + LEAVES + "[values]\n" + "\n".join(f"y{k} = 1" for k in range(200)))
    assert len(asked) == DOCUMENT_PROBLEMS


LIMITS = [  # the document of a size, the largest size, what is said above it
    ("brackets", lambda n: HEAD + "[inputs]\nx = []\n[values]\nx = " + "[" * n + "]" * n, TOML_NESTING, "nested more than 200 deep"),
    ("parts of a key", lambda n: HEAD + "symbols" + ".a" * (n - 1) + " = 1", TOML_KEY_PARTS, "a key with dots has at most 20 parts"),
    ("a title", lambda n: HEAD.replace('"T"', f'"{"T" * n}"'), LABEL_CHARACTERS, "title has 2,001 characters; at most 2,000"),
    ("wires", lambda n: f'title = "T"\ncomparators = []\nwires = {n}', DOCUMENT_WIRES, "wires must be a whole number from 0 to 1,000"),
    ("problems", lambda n: HEAD + "[sizes]\n" + "\n".join(f"N{k} = -1" for k in range(n)), DOCUMENT_PROBLEMS, "and 1 more problem"),
]


@pytest.mark.parametrize(("text", "most", "message"), [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS])
def test_each_bound_of_a_document_holds_at_the_bound_and_refuses_just_above(text, most, message):
    assert not any(message in problem for problem in said(text(most)))
    assert any(message in problem for problem in problems(text(most + 1)))


@pytest.mark.parametrize("quotes", ['"""', "'''"])
def test_what_stands_in_texts_and_comments_is_no_key_and_no_bracket(quotes):
    text = f'title = "T" # a.{"a." * 30}a = {"[" * 300}\nequations = {quotes}\nz = W{".T" * 30} # {"[" * 300}\n{quotes}\n[inputs]\nW = [2, 2]\n'
    assert a1viz.loads(text).outputs == ("z",)


PLACES = [  # how the equations are written, where the wrong name stands
    ('equations = """\nz = q\n"""', ", line 2, column 5"),
    ('equations = """z = q"""', ", line 1, column 20"),
    ("equations = 'z = 1; u = q'", ", line 1, column 25"),
    ('equations = "z = 1\\nu = q"', ", line 1"),
    ('"equations" = "z = q"', ", line 1"),
    ('equations = """\n\n  z = 1\n  u = (1 +\n       q)\n"""', ", line 5, column 8"),
]


@pytest.mark.parametrize(("equations", "place"), PLACES)
def test_lines_and_columns_are_those_of_the_file_however_the_equations_are_written(equations, place):
    (problem,) = problems(f'{equations}\ntitle = "T"\n')
    assert problem == f"g.toml{place}: unknown name 'q'"


def test_line_ends_of_windows_and_a_byte_order_mark_are_read(tmp_path):
    path = tmp_path / "g.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert a1viz.load(path).outputs == ("p",)


FILES = [  # content, what is said
    (b"", "the file is empty; a document has at least title"),
    (b" \n\t\n", "the file is empty"),
    (b"hello", "not TOML at the end: expected '=' after a key"),
    (b"title = 'a'\ntitle = 'b'", "not TOML"),
    (b"x = \n", "line 1, column 5: not TOML: invalid value"),
    (b"{}", "line 1, column 1: not TOML: invalid statement"),
    (b"\xff\xfe\0a", "not a text file in UTF-8 (byte 0); save it as UTF-8"),
    (b"PK\x03\x04\0\0", "not TOML"),
    (b"x = " + b"[" * 5000, "line 1: brackets are nested more than 200 deep; a value is a number or nested lists, one level an axis"),
    (b"x = 1" + b"0" * 5000, "not TOML: a number or a list is too long"),
    (b"#" * 10_000_000, f"too large: at most {DOCUMENT_BYTES:,} bytes are read"),
]


@pytest.mark.parametrize(("content", "message"), FILES, ids=range(len(FILES)))
def test_a_file_that_is_no_document_is_refused_quickly_with_its_name(tmp_path, content, message):
    path = tmp_path / "g.toml"
    path.write_bytes(content)
    with within(10), pytest.raises(DocumentError) as caught:
        a1viz.load(path)
    assert str(caught.value).startswith(str(path)) and message in str(caught.value)


def test_a_document_may_be_as_large_as_the_limit(tmp_path):
    path = tmp_path / "g.toml"
    path.write_text(GOOD + "#" * (DOCUMENT_BYTES - len(GOOD.encode())), encoding="utf-8")
    assert path.stat().st_size == DOCUMENT_BYTES and a1viz.load(path).outputs == ("p",)


def test_a_file_and_the_blocks_it_names_are_each_read_once(tmp_path, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text("title = 'T'\nequations = 'y = 2 * x'\n[inputs]\nx = []\n")
    uses = "title = 'T'\nequations = 'y = A(x); z = B(y); w = C(z)'\n[inputs]\nx = []\n[blocks]\nA = './a.toml'\nB = './b.toml'\nC = './a.toml'\n"
    (tmp_path / "uses.toml").write_text(uses)
    read = []
    monkeypatch.setattr(opening, "read_text", lambda path, most: read.append(path.name) or path.read_text())
    assert a1viz.load(tmp_path / "uses.toml").outputs == ("w",)
    assert sorted(read) == ["a.toml", "b.toml", "uses.toml"]


NAMES = [
    "../x.toml",
    "",
    ".",
    "..",
    "-",
    "a\0b",
    "a\0b.toml",
    "\ud800",
    "\ud800.toml",
    "x" * 5000,
    "x" * 5000 + ".toml",
    "a\nb",
    "a\x1b[31mb.toml",
    "/",
    "~",
    "/dev/zero",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_no_graph_is_refused_in_one_printable_line(name):
    with pytest.raises(DocumentError) as caught:
        a1viz.load(name)
    assert len(str(caught.value)) < 400 and str(caught.value).isprintable()


def test_a_misspelt_graph_is_answered_with_a_suggestion():
    with pytest.raises(DocumentError, match=r"no graph is called 'two_laier'; did you mean 'two_layer'\?; the catalogue has"):
        a1viz.load("two_laier")


def test_the_ending_after_a_name_of_the_catalogue_is_mended():
    with pytest.raises(DocumentError, match="no such file or directory; the graph of the catalogue is called two_layer"):
        a1viz.load("two_layer.toml")


def test_a_folder_and_a_loop_of_links_are_not_documents(tmp_path):
    (tmp_path / "folder.toml").mkdir()
    os.symlink("loop.toml", tmp_path / "loop.toml")
    for name in ("folder.toml", "loop.toml"):
        with pytest.raises(DocumentError, match="cannot read this file"):
            a1viz.load(tmp_path / name)


def test_the_error_survives_being_copied():
    error = DocumentError(["a: b", "c: d"])
    assert str(copy.copy(error)) == str(error)


PIECES = st.sampled_from([*GOOD.splitlines(keepends=True), "[", "]", "=", '"', "'''", "\n", "nan", "inf", "1e400", "x", "[blocks]\n", 'S = "sort2"\n', "S = 'g'\n",
                          'S = {graph = "lstm_cell", repeat = "T", each = ["x"]}\n', 'S = {graph = "sort2", repeat = 3, weights = "own"}\n', "T = 2\n", "[sizes]\n",
                          "[values]\n", "x = {}\n", "comparators = [[1, 2], [2, 3]]\n", "wires = 3\n", "[1, 2],", "[[inputs]]\n", "0x1F", "2020-01-01", "é", "\0", "a.b = 1\n", "u, v = S(x, x)\n", "-", "[inputs.x]\n", '"\\u202e" = 1\n'])  # fmt: skip


@examples(400)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_mixture_of_pieces_of_documents_is_read_or_refused(text):
    read_or_refuse(text)


@examples(400)
@given(st.integers(0, len(GOOD)), st.integers(0, 12), PIECES)
def test_any_mutation_of_a_good_document_is_read_or_refused(start, length, piece):
    read_or_refuse(GOOD[:start] + piece + GOOD[start + length :])


def read_or_refuse(text: str) -> None:
    said = ["it was read"]
    try:
        assert a1viz.loads(text, "g", "g.toml").outputs
    except DocumentError as error:
        said = list(error.problems)
    assert said and all(p.isprintable() or "not TOML" in p for p in said)


# --- axes, labels and topics ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", range(AXES + 1))
def test_values_and_expectations_have_any_number_of_axes_and_a_batch_axis(rank):
    value: object = 2
    for _ in range(rank):
        value = [value]
    text = f"title = 'T'\nequations = 'y = sum(x)'\n[inputs]\nx = {[1] * rank}\n[values]\nx = {value}\n[expect]\ny = 2\nx = {value}\n"
    assert a1viz.check(a1viz.loads(text)).ok
    batch = a1viz.loads(text.split("[expect]")[0].replace(f"x = {value}", f"x = [{value}, {value}]"))
    assert a1viz.run(batch)["y"].tolist() == [2, 2]


WORDS = """title = "Words"
equations = "S = sum(x)"
[sizes]
V = 4
T = 3
[inputs]
x = ["T"]
words = {class = "V", shape = ["T"]}
"""


def test_labels_with_axes_are_drawn_and_checked_at_their_own_shape():
    g = a1viz.loads(WORDS)
    assert (g["words"].op, g["words"].shape, g["words"].value) == ("label", ("T",), "V")
    drawn = a1viz.run(g, trace=True)["words"]
    assert drawn.shape == (3,) and drawn.dtype.kind == "i" and set(drawn.tolist()) <= {0, 1, 2, 3}
    given = a1viz.run(g, trace=True, words=[[0, 1, 2], [3, 3, 3]])["words"]  # a batch
    assert given.tolist() == [[0, 1, 2], [3, 3, 3]]
    parsed = a1viz.parse("S = sum(x)", x=["T"], words={"class": 4, "shape": ["T"]})
    assert (parsed["words"].op, parsed["words"].shape, parsed["words"].value) == ("label", ("T",), 4)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([0, 1, 4], "words: class 4 is out of range; words has 4 classes, 0 to 3"),
        ([0, 1.5, 2], "words: a class label is a whole number, got [0, 1.5, 2]"),
        (2, "words: value has shape (), expected (T,), or (batch, ...) in front of it"),
        ([0, 1], "words: value has shape (2,), expected (T,), and T is 3 (from x)"),
    ],
)
def test_a_wrong_array_of_labels_is_refused(words, message):
    with pytest.raises(InputError) as caught:
        a1viz.run(a1viz.loads(WORDS), x=[1, 2, 3], words=words)
    assert str(caught.value) == message


def test_an_array_of_labels_that_nothing_gives_is_asked_for_with_its_shape():
    with pytest.raises(InputError, match=r"^words has no value; give words=\.\.\., class labels of shape \(T,\)$"):
        a1viz.run(a1viz.parse("S = sum(x)", x=["T"], words={"class": 4, "shape": ["T"]}), x=[1.0])


def test_a_size_of_an_array_of_labels_needs_a_default():
    assert problems(WORDS.replace('shape = ["T"]', 'shape = ["U"]')) == [
        "g.toml, line 8: words: the size U has no default; add U = 3, say, to [sizes]"
    ]


def test_an_array_is_drawn_with_the_variance_of_a_sum_of_its_terms():
    text = "title = 'K'\nequations = 's = sum(K)'\n[inputs]\nK = [300, 4, 3, 2]\n"
    drawn = a1viz.run(a1viz.loads(text), trace=True)["K"]
    assert abs(drawn.std() * 24**0.5 - 1) < 0.05


def test_a_document_has_a_topic_and_a_sentence_of_what_to_look_at():
    g = a1viz.loads(GOOD.replace("about =", 'topic = "layers"\nlook = "At  x < y &\\n*z*."\nabout ='))
    assert (g.document.topic, g.document.look) == ("layers", "At x < y & *z*.")
    assert a1viz.loads(GOOD).document.topic == a1viz.loads(GOOD).document.look == ""
    assert problems(GOOD.replace("about =", 'topic = "<b>"\nabout =')) == [
        "g.toml, line 3: topic must be plain text, but it contains: less-than sign, greater-than sign; leave that out"
    ]
    assert problems(GOOD.replace("about =", "look = 3\nabout =")) == ["g.toml, line 3: look must be text in quotes, got 3"]
