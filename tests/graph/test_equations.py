"""The equation language: what is read, what is refused and with which words, and that no text whatever breaks the reader."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import examples
from harmless import within
from hypothesis import given
from hypothesis import strategies as st

import a1viz
from a1viz.base.errors import A1vizError, DocumentError, EquationError
from a1viz.base.limits import EQUATION_TERMS
from a1viz.graph.operators import OPS
from a1viz.graph.trees import Applied, expression_tree

LEAVES = {"x": ["D"], "y": ["D"], "W": ["H", "D"], "s": [], "t": {"class": "D"}}

ACCEPTED = [  # equation, as it is printed back, its shape
    ("z = x + y - s * x / y", "x + y - s * x / y", ("D",)),
    ("z = W @ x", "W @ x", ("H",)),
    ("z = x @ W.T", "x @ W.T", ("H",)),
    ("z = x @ y", "x @ y", ()),
    ("z = W @ W.T", "W @ W.T", ("H", "H")),
    ("z = W.T.T", "W.T.T", ("H", "D")),
    ("z = -x ** 2", "-x ** 2", ("D",)),
    ("z = (-x) ** 2", "(-x) ** 2", ("D",)),
    ("z = x ** -2", "x ** -2", ("D",)),
    ("z = 2 ** -x", "2 ** -x", ("D",)),
    ("z = (s ** s) ** s", "(s ** s) ** s", ()),
    ("z = s ** s ** s", "s ** s ** s", ()),
    ("z = x - (y - s)", "x - (y - s)", ("D",)),
    ("z = x / (y * s)", "x / (y * s)", ("D",)),
    ("z = ((x))", "x", ("D",)),
    ("z = +x", "x", ("D",)),
    ("z = --x", "--x", ("D",)),
    ("z = -(-2)", "2", ()),
    ("z = -0.0", "-0", ()),
    ("z = .5e1 + 0x10 + 1_000", "5 + 16 + 1000", ()),
    ("z = x[t]", "x[t]", ()),
    ("z = x[0]", "x[0]", ()),
    ("z = log(softmax(x))[t]", "log(softmax(x))[t]", ()),
    ("z = stack(s, 1, x[0])", "stack(s, 1, x[0])", (3,)),
    ("z = concatenate(x, stack(s))", "concatenate(x, stack(s))", ("D+1",)),
    ("z = maximum(x, 0)", "maximum(x, 0)", ("D",)),
    ("z = sum(W)", "sum(W)", ()),
    ("z = outer(x, y)", "outer(x, y)", ("D", "D")),
    ("z = W + x", "W + x", ("H", "D")),
    ("z = (x +  # a comment, with é and = and (\n     y)", "x + y", ("D",)),
    ("z = x \\\n + y", "x + y", ("D",)),
    ("\t z\t=\tx;  ", "x", ("D",)),
    ("a = x; z = a", "a", ("D",)),
    ("a = x\r\nz = a\r\n", "a", ("D",)),
    ("a = x # a\rz = a", "a", ("D",)),
    ("# only z\n\n   \nz = x", "x", ("D",)),
    ("\n    a = x\n    z = (a +\n         y)\n    ", "a + y", ("D",)),
]


@pytest.mark.parametrize(("text", "printed", "shape"), ACCEPTED)
def test_an_equation_is_read_and_printed_back(text, printed, shape):
    g = a1viz.parse(text, **LEAVES)
    assert g["z"].shape == shape
    assert str(g).splitlines()[-1] == f"z = {printed}"


@pytest.mark.parametrize(("text", "printed", "shape"), ACCEPTED)
def test_what_is_printed_reads_back_as_the_same_graph(text, printed, shape):
    g = a1viz.parse(text, **LEAVES)
    again = a1viz.parse(str(g), **LEAVES)
    assert again.nodes == g.nodes and again.outputs == g.outputs


REFUSED = [  # text, line, column, message
    ("z = V @ x", 1, 5, "unknown name 'V'"),
    ("z = relo(x)", 1, 5, "unknown operator 'relo'; did you mean 'relu'?"),
    ("z = x\nw = x +* y", 2, 8, "a value is missing between + and *"),
    ("z = W @ W", 1, 5, "W @ W: shapes (H, D) and (H, D) do not match; W has D columns, W has H rows"),
    ("z = (W @ x) + x", 1, 5, "W @ x + x: shapes (H,) and (D,) do not match; W @ x has H entries, x has D entries"),
    ("z = x @ s", 1, 5, "x @ s: @ multiplies vectors and matrices; use * with a scalar"),
    ("z = z", 1, 5, "z is part of a cycle: z -> z; no variable can be computed from itself"),
    ("z = a\na = b\nb = z", 1, 5, "a is part of a cycle: a -> b -> z -> a; no variable can be computed from itself"),
    ("z = a\na = x", 1, 5, "a is used before it is given; move its equation, on line 2, up"),
    ("z = x; z = y", 1, 8, "z is given twice; each name is assigned once"),
    ("z = x\nz = y", 2, 1, "z is given twice, first on line 1; each name is assigned once"),
    ("x = y", 1, 1, "x is given twice, first as an input; each name is assigned once"),
    ("t = y", 1, 1, "t is given twice, first as a class label; each name is assigned once"),
    ("z = x.t", 1, 5, "the only attribute is .T, the transpose; got .t"),
    ("z = x.__class__", 1, 5, "the only attribute is .T, the transpose; got .__class__"),
    ("z = x.T", 1, 5, "x.T: .T is for matrices, but x is a vector (D,); a column times a row is outer(a, b), a row times a column a @ b"),
    ("z = stack(s, s)[2]", 1, 5, "stack(s, s)[2]: entries are counted from 0 to 1, got 2"),
    ("z = x[1.5]", 1, 5, "x[1.5]: entries are counted in whole numbers, got 1.5"),
    ("z = x[s]", 1, 5, "x[s]: an index is a number or a class label, and s is neither"),
    ("z = pick(x, s)", 1, 5, "pick(x, s): an index is a number or a class label, and s is neither"),
    ("z = (W @ x)[t]", 1, 5, "(W @ x)[t]: t is a label of D classes, but W @ x has H entries"),
    ("z = True", 1, 5, "True is not a number"),
    ("z = 1j", 1, 5, "1j is not a number"),
    ("z = None", 1, 5, "None is not a number"),
    ("z = 1e400", 1, 5, "this number is too large for a float"),
    ("z = 0x" + "f" * 6000, 1, 5, "this number is too large for a float"),
    ("z = 1" + "0" * 400, 1, 5, "this number is too large for a float"),
    ("import os", 1, 1, "expected one assignment such as z = W @ x, got import os"),
    ("z = __import__(x)", 1, 5, "unknown operator '__import__'; the page Operators of the reference lists them all"),
    ("z = batch_sum(x)", 1, 5, "unknown operator 'batch_sum'; the page Operators of the reference lists them all"),
    ("z = relu()", 1, 5, "relu takes arguments: relu(x)"),
    ("z = relu(x, y)", 1, 5, "relu takes 1 argument, got 2"),
    ("z = relu(x=x)", 1, 5, "relu takes arguments: relu(x)"),
    ("z = relu(*x)", 1, 5, "relu takes its arguments one by one, without stars"),
    ("z = relu", 1, 5, "relu is an operator; give it arguments: relu(x)"),
    ("z = x(y)", 1, 5, "x is a variable and cannot be called; write * for a product, [ ] for an entry"),
    ("z = 2(x)", 1, 5, "only operators can be called, got 2; write * for a product"),
    ("z = np.exp(x)", 1, 5, "only operators can be called, got np.exp; write exp(...)"),
    ("z = stack(x, W @ x)", 1, 5, "stack(x, W @ x): shapes (D,) and (H,) do not match; x has D entries, W @ x has H entries"),
    ("z = sum(matvec(x, W + x))", 1, 9, "matvec: x must be a matrix, but it is a vector (D,)"),
    ("z = x ^ 2", 1, 5, "x ^ 2 is not in the language: write ** for a power"),
    ("z = 2x", 1, 5, "an operator is missing in 2x; write 2 * x"),
    ("z = (x", 1, 5, "this ( is never closed; add )"),
    ("lambda = x", 1, 1, "lambda is a reserved word; choose another name"),
    ("y' = x", 1, 2, "a name cannot have a quote; write y_prime"),
    ("z = x − y", 1, 7, "'−' is not in the language; write -"),
    ("σ = x", 1, 1, "'σ' is not in the language; write sigma"),
    ("z = ｘ", 1, 5, "'ｘ' is not in the language; write names with letters, digits and _"),
    ("z = x\u202e", 1, 6, "'\\u202e' is not in the language; write names with letters, digits and _"),
    ("z = \ud800", 1, 5, "'\\ud800' is not in the language; write names with letters, digits and _"),
    ("z = x\0", 1, 6, "'\\x00' is not in the language; write names with letters, digits and _"),
    ("z = x\fw = y", 1, 6, "'\\x0c' is not in the language; write names with letters, digits and _"),
    ("z = x\n  w = y", 2, 1, "this line is indented; equations begin at the same margin"),
    ("z, w = x", 1, 1, "2 names on the left need a block on the right, got x"),
    ("z = w = x", 1, 1, "expected one assignment such as z = W @ x, got z = w = x"),
    ("z += x", 1, 1, "expected one assignment such as z = W @ x, got z += x"),
    ("x", 1, 1, "expected one assignment such as z = W @ x, got x"),
    ("z[0] = x", 1, 1, "the left side must be a name, got z[0]"),
    ("z = " + "x" * 101, 1, 5, "'" + "x" * 58 + "… is too long for a name: 101 characters, at most 100"),
    ("a" * 101 + " = x", 1, 1, "'" + "a" * 58 + "… is too long for a name: 101 characters, at most 100"),
    ("", 1, 0, "there is no equation; write one such as z = W @ x"),
    ("# nothing", 1, 0, "there is no equation; write one such as z = W @ x"),
]


@pytest.mark.parametrize(("text", "line", "column", "message"), REFUSED)
def test_a_text_outside_the_language_is_refused_at_its_place(text, line, column, message):
    with pytest.raises(EquationError) as caught:
        a1viz.parse(text, **LEAVES)
    assert (caught.value.message, caught.value.line, caught.value.column) == (message, line, column)


LANGUAGE = "names, numbers, lists, + - * / @ **, comparisons, calls of operators, .T and [entry]"
FOREIGN = ["lambda: x", "{x}", "{1: x}", "~x", "x % y", "x << 2", "(w := x)", "await x", "(yield)", "[a for a in x]", "x[...]"]
REPLACED = [  # what is not in the language either, and what to write instead
    ("(x, y)", "a comma stands only in a call, a list or an entry; write one value"),
    ("*x,", "a value is missing before *"),
    ("f'{x}'", "a name cannot have a quote; write f_prime, or f.T for the transpose"),
    ("x < y < s", "comparisons are not chained; multiply two: (a < b) * (b < c) for a < b < c"),
    ("x[0:2:1]", "a slice has no steps, only where it begins and ends, as in x[1:4]"),
    ("x if s else y", "if is not in the language; write where(c, a, b) for a if c else b"),
    ("x and y", "and is not in the language; write a * b, which is 1 where both are"),
    ("not x", "not is not in the language; write 1 - a, which is 1 where a is 0"),
]


@pytest.mark.parametrize(("expression", "message"), [(e, f"is not in the language: {LANGUAGE}") for e in FOREIGN] + REPLACED)
def test_python_outside_the_allow_list_is_refused(expression, message):
    with pytest.raises(EquationError) as caught:
        a1viz.parse(f"z = {expression}", **LEAVES)
    assert caught.value.message.endswith(message)


DECLARATIONS = [
    ({"x": "D"}, 'x: a shape must be a list such as ["D"] or a table {class = "N"}, got \'D\''),
    ({"x": [1] * 9}, "x: shape [1, 1, 1, 1, 1, 1, 1, 1, 1] has 9 axes; the value for one example has at most 8"),
    ({"x": [-1]}, "x: a size must be a whole number from 0 or a name, got -1"),
    ({"x": [True]}, "x: a size must be a whole number from 0 or a name, got True"),
    ({"x": ["<b>"]}, "x: a size must be a whole number from 0 or a name, got '<b>'"),
    ({"t": {"clas": 3}}, "t: a table must be {class = N} or {class = N, shape = [\"T\"]}, got {'clas': 3}"),
    ({"t": {"class": 3, "shape": "T"}}, 't: a shape must be a list such as ["D"] or a table {class = "N"}, got \'T\''),
    ({"t": {"shape": ["T"]}}, "t: a table must be {class = N} or {class = N, shape = [\"T\"]}, got {'shape': ['T']}"),
    ({"t": {"class": 0}}, "t: a label needs at least 1 class, got 0"),
    ({"lambda": []}, "lambda is a reserved word; choose another name"),
    (
        {"trace": []},
        "trace is a keyword of run, grad, compile, gradient_norms or ntk, so no variable can be given by it; choose another name",
    ),
    ({"a b": []}, "'a b' is not a name: letters, digits and _ only, not beginning with a digit"),
]


@pytest.mark.parametrize(("leaves", "message"), DECLARATIONS)
def test_a_leaf_that_cannot_be_declared_is_refused(leaves, message):
    with pytest.raises(EquationError) as caught:
        a1viz.parse("z = 1", **leaves)
    assert str(caught.value) == message


def test_all_problems_are_reported_together_in_order():
    text = "a = relo(x)\nb = x +\nc = a + 1\nd = V @ x\ne = (x +\n  y\nf = x["
    with pytest.raises(EquationError) as caught:
        a1viz.parse(text, **LEAVES)
    places = [line.partition(": ")[0] for line in str(caught.value).splitlines()]
    assert places == ["line 1, column 5", "line 2, column 8", "line 4, column 5", "line 5, column 5", "line 7, column 6"]
    assert caught.value.line == 1


def test_what_uses_a_wrong_equation_is_not_reported_again():
    with pytest.raises(EquationError) as caught:
        a1viz.parse("a = = x\nb = a + 1\nc = relo(b)\nd = c", **LEAVES)
    assert len(str(caught.value).splitlines()) == 2


def test_a_cycle_is_reported_once():
    with pytest.raises(EquationError) as caught:
        a1viz.parse("a = b\nb = c\nc = d\nd = b\ne = a", **LEAVES)
    assert str(caught.value) == "line 1, column 5: b is part of a cycle: b -> c -> d -> b; no variable can be computed from itself"


def test_no_more_than_twenty_problems_are_listed():
    with pytest.raises(EquationError) as caught:
        a1viz.parse("\n".join(f"a{k} = q" for k in range(100)))
    assert len(str(caught.value).splitlines()) == 20


@pytest.mark.parametrize("indent", ["", "    ", "\t"])
def test_columns_count_the_margin_of_an_indented_text(indent):
    with pytest.raises(EquationError) as caught:
        a1viz.parse(f"\n{indent}z = x\n{indent}w = q\n", **LEAVES)
    assert (caught.value.line, caught.value.column) == (3, 5 + len(indent))


LONG = [  # name, text, whether it is read
    ("parentheses", "z = " + "(" * 9000 + "x" + ")" * 9000, False),
    ("shallow parentheses", "z = " + "(" * 200 + "x" + ")" * 200, True),
    ("transposes", "z = W" + ".T" * 9000, True),
    ("a sum", "z = " + "+".join(["x"] * 9000), True),
    ("a sum over lines", "z = (" + "+\n".join(["x"] * 10_000) + ")", True),
    ("minus signs", "z = " + "-" * 9000 + "x", True),
    ("sums as arguments", "z = stack(" + ", ".join(["s + s"] * 1200) + ")", True),
    ("calls in a sum", "z = " + " + ".join(["relu(x)"] * 900), True),
    ("powers", "z = " + "x ** " * 9000 + "x", True),
    ("calls", "z = " + "relu(" * 3000 + "x" + ")" * 3000, False),
    ("arguments", "z = stack(" + ", ".join(["s"] * 5000) + ")", True),
    ("semicolons", "z = x" + ";" * 9000, False),
    ("comments", "#\n" * 100_000 + "z = x", True),
    ("lambdas", "z = " + "lambda:" * 2500 + "x", False),
    ("brackets", "[" * 9000, False),
    ("dictionaries", "z = " + "{1:" * 5000, False),
    ("formatted text", "z = f'" + "{" * 5000, False),
]


@pytest.mark.parametrize(("text", "is_read"), [(t, r) for _, t, r in LONG], ids=[n for n, _, _ in LONG])
def test_long_and_deep_texts_are_read_or_refused_in_a_second(text, is_read):
    with within(10):
        if is_read:
            assert a1viz.parse(text, **LEAVES).outputs == ("z",)
        else:
            with pytest.raises(EquationError):
                a1viz.parse(text, **LEAVES)


CHAINS = [
    ("a chain", lambda n: [f"h{k} = relu(h{k - 1})" for k in range(1, n + 1)], "h0", None),
    ("a chain given backwards", lambda n: [f"h{k} = relu(h{k - 1})" for k in range(n, 0, -1)], "h0", "used before it is given"),
    ("a cycle", lambda n: [f"h{k} = relu(h{(k + 1) % n})" for k in range(n)], "x", "is part of a cycle"),
    ("one name again and again", lambda n: ["z = x"] * n, "x", "is given twice"),
    ("unknown names", lambda n: [f"h{k} = q{k}" for k in range(n)], "x", "unknown name"),
]


@pytest.mark.parametrize(("lines", "leaf", "message"), [c[1:] for c in CHAINS], ids=[c[0] for c in CHAINS])
def test_texts_of_many_lines_take_linear_time(lines, leaf, message):
    text = "\n".join(lines(20_000))
    with within(50):
        if message is None:
            assert len(a1viz.parse(text, **{leaf: []})) == 20_001
        else:
            with pytest.raises(EquationError, match=message):
                a1viz.parse(text, **{leaf: []})


def test_a_chain_of_a_hundred_thousand_lines_is_read_in_seconds():
    text = "\n".join(f"h{k} = relu(h{k - 1})" for k in range(1, 100_001))
    with within(100):
        g = a1viz.parse(text, h0=[])
    assert len(g) == 100_001 and g.outputs == ("h100000",)


def test_a_text_beyond_the_limit_is_not_read_at_all():
    with pytest.raises(EquationError, match="at most 8,000,000 are read"):
        a1viz.parse("#" * 8_000_001)


# --- any text -----------------------------------------------------------------------------------------------------------------

ALPHABET = st.sampled_from(
    [*"xyWst zwa=+-*/@().,[]:;#\n\r\t \\'\"{}~^%&|<>!?$_019.eTé\0\f\ud800−", *OPS, "lambda ", "if ", "else ", "import ", "1e400", " = "]
)
VALID = [text for text, _, _ in ACCEPTED]
FUZZ = examples(400)


def read_or_refuse(text: str) -> None:
    said = "it was read"
    with within(10):
        try:
            assert a1viz.parse(text, **LEAVES).outputs
        except EquationError as error:
            said = str(error)
    assert said.strip()


@FUZZ
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_an_equation_error(text):
    read_or_refuse(text)


@FUZZ
@given(st.lists(ALPHABET, max_size=60).map("".join))
def test_any_mixture_of_the_languages_own_pieces_is_read_or_refused(text):
    read_or_refuse(text)


@FUZZ
@given(st.sampled_from(VALID), st.sampled_from(VALID), st.integers(0, 60), st.integers(0, 60), ALPHABET)
def test_any_mutation_of_a_valid_text_is_read_or_refused(text, other, start, length, piece):
    read_or_refuse(text[:start] + piece + text[start + length :])
    read_or_refuse(text[:start] + "\n" + other[length:])


@st.composite
def expressions(draw, depth=4):
    """Well-formed expressions over scalars."""
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(["a", "b", "2", "0.5", "-3", "1e-300", "12345678901234567"]))
    kind = draw(st.sampled_from(["+", "-", "*", "/", "**", "neg", "exp", "maximum"]))
    left = draw(expressions(depth=depth - 1))
    if kind == "neg":
        return f"-({left})"
    if kind == "exp":
        return f"tanh({left})"
    right = draw(expressions(depth=depth - 1))
    return f"maximum({left}, {right})" if kind == "maximum" else f"({left}) {kind} ({right})"


@FUZZ
@given(expressions())
def test_printing_drops_parentheses_and_never_the_meaning(text):
    g = a1viz.parse(f"z = {text}", a=[], b=[])
    again = a1viz.parse(str(g), a=[], b=[])
    assert again.nodes == g.nodes
    values = a1viz.run(g, a=0.7, b=-1.3)["z"], a1viz.run(again, a=0.7, b=-1.3)["z"]
    assert np.array_equal(*values, equal_nan=True)


def test_a_rule_of_the_table_is_a_tree():
    assert expression_tree("bar * -x") == Applied("mul", ("bar", Applied("neg", ("x",))))


def test_one_except_clause_catches_everything():
    with pytest.raises(A1vizError):
        a1viz.parse("z = ")


@pytest.mark.parametrize("sign", [" + ", " - "])
def test_an_equation_of_as_many_terms_as_can_be_is_read_run_differentiated_printed_and_counted_in_moments(sign):
    text = "z = " + sign.join(["x"] * EQUATION_TERMS)
    value = EQUATION_TERMS if sign == " + " else 2 - EQUATION_TERMS
    with within(30):
        g = a1viz.parse(text, x=[])
        assert a1viz.run(g, x=1)["z"] == value
        assert a1viz.grad(g, wrt=["x"], x=1)["x_bar"] == value
        assert str(g).startswith("z = ") and str(a1viz.cost(g))


def test_the_name_of_an_operator_is_reserved_only_before_a_bracket():
    text = "norm = norm(relu); sum = norm * relu(x)[0] + sum(relu)"
    graph = a1viz.parse(text, relu=[2], x=[2])
    assert str(graph) == "norm = norm(relu)\nsum = norm * relu(x)[0] + sum(relu)"
    assert str(a1viz.parse(str(graph), relu=[2], x=[2])) == str(graph)
    found = a1viz.grad(graph, relu=[3, 4], x=[2, 0])
    assert (found["sum"], found["relu_bar"].tolist(), found["x_bar"].tolist()) == (17, [2.2, 2.6], [5, 0])
    assert "relu_bar = " in str(a1viz.derive(graph))


def test_a_block_may_not_have_the_name_of_an_operator(tmp_path):
    (tmp_path / "b.toml").write_text('title = "B"\nequations = "y = 2 * x"\n[inputs]\nx = []\n')
    text = 'title = "A"\nequations = "y = relu(x)"\n[inputs]\nx = []\n[blocks]\nrelu = "b.toml"\n'
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(DocumentError, match="relu is the name of an operator; choose another name"):
        a1viz.load(tmp_path / "a.toml")
