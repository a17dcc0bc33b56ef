"""The reader of the equation language: a file of texts with the trees or the messages they give, Python's own parser, and the bounds."""

# ruff: noqa: E501  # tables: one case a row

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path

import pytest
from conftest import examples
from harmless import within
from hypothesis import assume, given
from hypothesis import strategies as st

from a1viz.base.errors import EquationError
from a1viz.base.limits import EQUATION_NESTING, EQUATION_PROBLEMS, EQUATION_TERMS, EQUATIONS_CHARACTERS, NAME_CHARACTERS
from a1viz.graph.declarations import check_name
from a1viz.graph.expressions import LITERALS, Expr, expression_of, source_of
from a1viz.graph.syntax import statements_of
from a1viz.graph.tokens import NUMBER, number_of

# A text is a string, or pieces one after the other, where [piece, n] is a piece n times. A message is what is said of all problems, a line
# each. An equation is ["=", *names, tree]. Other readers of the language are tried with this file, too. A tree is
#   a string                 a name
#   a number                 a number
#   [sign, a], [sign, a, b]  a sign in front of a, or between a and b: + - * / @ ** // < <= > >= == !=
#   [".T", a]                a transpose
#   ["[]", a, *indices]      an entry; an index is a tree or a slice, [":", from, to], where null is an end that is left out
#   ["[,]", *entries]        a list
#   [name, *arguments]       a call; what is given by name is an object, which comes last: ["sum", "X", {"axis": 0, "keepdims": true}]
#   ["'", text]              text in quotes, which only a call has
#   true, false, null        True, False and None, which only a call has, by name
TEXTS = json.loads((Path(__file__).parent / "texts.json").read_text(encoding="utf-8"))


def written(text: str | list) -> str:
    return text if isinstance(text, str) else "".join(p if isinstance(p, str) else p[0] * p[1] for p in text)


def tree(node: Expr):
    if node.kind in ("name", "number", "literal", "open"):
        return {"name": node.word, "number": node.number, "literal": LITERALS.get(node.word), "open": None}[node.kind]
    if node.kind == "text":
        return ["'", node.word]
    named = [{name: tree(value) for name, value in node.keywords.items()}] if node.keywords else []
    return [node.word, *map(tree, node.operands), *named]


def read(text: str):
    problems: list[EquationError] = []
    statements = statements_of(text, problems)
    if problems:
        return "\n".join(str(p) for p in sorted(problems, key=lambda p: (p.line, p.column)))
    return [["=", *s.names, tree(s.value)] for s in statements]


def test_each_text_of_the_file_is_the_tree_or_the_message_that_stands_there():
    wrong = []
    for row in TEXTS:
        found = read(written(row["text"]))
        if found != row.get("tree", row.get("message")):
            wrong.append((row, found))
    assert not wrong
    assert len(TEXTS) > 500 and len({json.dumps(row["text"]) for row in TEXTS}) == len(TEXTS)


def test_every_message_of_the_file_is_one_printable_line_a_problem_in_small_letters():
    for row in TEXTS:
        for line in row.get("message", "").split("\n"):
            said = line.rpartition("column ")[2].partition(": ")[2] or line
            assert (
                line.isprintable()
                and not line.endswith(".")
                and (not said[:1].isupper() or said.startswith(("True", "None", "False", "W")))
            ), line


# --- Python's own parser, which knows the same precedence ------------------------------------------------------------------------

SIGN = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.MatMult: "@", ast.USub: "-", ast.UAdd: "+", ast.FloorDiv: "//",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip


def python_tree(node: ast.AST):
    """The same tree by Python's parser; raises KeyError or AssertionError for what is not in the language."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Constant):
        assert type(node.value) in (int, float) and abs(node.value) < 2.0**1023
        return float(node.value)
    if isinstance(node, ast.UnaryOp):
        return [SIGN[type(node.op)], python_tree(node.operand)]
    if isinstance(node, ast.BinOp):
        return [SIGN[type(node.op)], python_tree(node.left), python_tree(node.right)]
    if isinstance(node, ast.Compare):
        assert len(node.ops) == 1
        return [SIGN[type(node.ops[0])], python_tree(node.left), python_tree(node.comparators[0])]
    if isinstance(node, ast.Attribute):
        assert node.attr == "T"
        return [".T", python_tree(node.value)]
    if isinstance(node, ast.List):
        return ["[,]", *map(python_tree, node.elts)]
    if isinstance(node, ast.Subscript):
        indices = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        assert indices
        return ["[]", python_tree(node.value), *map(python_index, indices)]
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return [node.func.id, *map(python_argument, node.args), *python_keywords(node.keywords)]


def python_index(node: ast.AST):
    if not isinstance(node, ast.Slice):
        return python_tree(node)
    assert node.step is None
    return [":", *(end and python_tree(end) for end in (node.lower, node.upper))]


def python_argument(node: ast.AST):
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return ["'", node.value] if is_text else python_tree(node)


def python_keywords(given: list[ast.keyword]):
    names = [keyword.arg for keyword in given]
    assert None not in names and len({*names}) == len(names)
    return [{keyword.arg: python_named(keyword.value) for keyword in given}] if given else []


def python_named(node: ast.AST):
    is_literal = isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))
    return node.value if is_literal else python_argument(node)


def by_python(text: str):
    try:
        return python_tree(ast.parse(text, mode="eval").body)
    except (SyntaxError, KeyError, AssertionError):
        return None


def by_us(text: str):
    try:
        return tree(expression_of(text))
    except EquationError:
        return None


NUMBERS = ["0", "1", "00", "2.5", ".5", "1.", "1e5", "1e-5", "1_000", "0x1f", "0b11", "0o17", "09.5"]
ATOMS = st.sampled_from(["x", "y", "W", "T", "e5", "_a", *NUMBERS])


@st.composite
def expressions(draw, depth=5):
    """Expressions with and without brackets and spaces."""
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(ATOMS)
    inner = expressions(depth=depth - 1)
    space = draw(st.sampled_from(["", " "]))
    kinds = ["infix", "infix", "infix", "sign", "bracket", "transpose", "entry", "slice", "list", "comparison", "call", "named"]
    kind = draw(st.sampled_from(kinds))
    if kind == "infix":
        return f"{draw(inner)}{space}{draw(st.sampled_from(['+', '-', '*', '/', '@', '**', '//']))}{space}{draw(inner)}"
    if kind == "comparison":
        return f"(({draw(inner)}){space}{draw(st.sampled_from(['<', '<=', '>', '>=', '==', '!=']))}{space}({draw(inner)}))"
    if kind == "slice":
        ends = draw(st.lists(st.one_of(st.just(""), inner), min_size=2, max_size=2))
        return f"({draw(inner)})[{ends[0]}:{space}{ends[1]}{draw(st.sampled_from(['', ',', ', 0', ', :']))}]"
    if kind == "list":
        return f"[{', '.join(draw(st.lists(inner, max_size=3)))}{space}]"
    if kind == "named":
        value = draw(st.one_of(inner, st.sampled_from(["True", "False", "None", "'a b'", '"->"'])))
        return f"sum({draw(inner)}, axis{space}={space}{value}{draw(st.sampled_from(['', ',', ', keepdims=True']))})"
    if kind == "sign":
        return f"{draw(st.sampled_from('+-'))}{space}{draw(inner)}"
    if kind == "call":
        return f"relu({', '.join(draw(st.lists(inner, max_size=3)))}{draw(st.sampled_from(['', ' ']))})"
    return {"bracket": "({})", "transpose": "({}).T", "entry": "({})[0]"}[kind].format(draw(inner))


@examples(200)
@given(expressions())
def test_an_expression_is_the_tree_that_python_makes_of_it(text):
    found = by_us(text)
    assert found is not None and found == by_python(text)


PIECES = st.sampled_from(
    [*"xyW+-*/@().,[] 0125_eTj:", "**", ".T", "relu(", "x", " ", "1e5", "0x", "//", "<", "if", "=", "axis=", "True", "None", "==", "x["]
)


@examples(300)
@given(st.lists(PIECES, min_size=1, max_size=12).map("".join))
def test_a_mixture_of_pieces_is_in_the_language_where_python_reads_it_as_such_and_means_the_same(text):
    assume(text == text.strip() and not re.search(r"[\d.]\.T", text))  # a number has no transpose, however it is written
    assume(not re.search(r"[eE]\d{3}|\d{300}", text))  # nor is there one that is too large
    assume(not re.search(r": *:", text))  # a second colon without a step, which Python's tree does not show
    assume(not re.search(r"\[ *\(", text))  # nor does it show whether two indices stand in a bracket of their own
    assert by_us(text) == by_python(text)


@examples(200)
@given(st.text("0123456789_.eExXoObBfFjJ+-", min_size=1, max_size=8))
def test_a_number_is_one_exactly_where_python_has_one_of_the_same_value(text):
    value = None
    try:
        literal = ast.parse(text, mode="eval").body
        value = float(literal.value) if isinstance(literal, ast.Constant) and type(literal.value) in (int, float) else None
    except (SyntaxError, OverflowError):
        pass
    assert bool(NUMBER.fullmatch(text)) == (value is not None)
    if value is not None and value < float("inf"):
        assert number_of(text) == value


def test_reserved_words_are_pythons_so_that_each_name_can_be_given_a_value():
    import keyword

    from a1viz.graph.tokens import RESERVED

    assert set(keyword.kwlist) <= RESERVED


# --- bounds ------------------------------------------------------------------------------------------------------------------------

BOUNDS = [  # the text of a size, the largest size, what is said above it
    ("brackets", lambda n: "z = " + "(" * n + "x" + ")" * n, EQUATION_NESTING, "brackets are nested more than 200 deep"),
    ("calls", lambda n: "z = " + "relu(" * n + "x" + ")" * n, EQUATION_NESTING, "brackets are nested more than 200 deep"),
    ("entries", lambda n: "z = " + "x[" * n + "0" + "]" * n, EQUATION_NESTING, "brackets are nested more than 200 deep"),
    ("a sum", lambda n: "z = x" + " + x" * (n - 1), EQUATION_TERMS, "at most 20,000 names, numbers, signs"),
    ("a sum over lines", lambda n: "z = (x" + " +\nx" * (n - 1) + ")", EQUATION_TERMS, "at most 20,000 names, numbers, signs"),
    ("powers", lambda n: "z = x" + " ** x" * (n - 1), EQUATION_TERMS, "at most 20,000 names, numbers, signs"),
    ("signs", lambda n: "z = " + "-" * (n - 1) + "x", EQUATION_TERMS, "at most 20,000 names, numbers, signs"),
    ("transposes", lambda n: "z = W" + ".T" * (n - 1), EQUATION_TERMS, "at most 20,000 names, numbers, signs"),
    ("arguments", lambda n: "z = stack(" + "1, " * (n - 1) + ")", EQUATION_TERMS, "at most 20,000 names, numbers, signs"),
    ("slices", lambda n: "z = E[" + ":, " * (n - 2) + "0]", EQUATION_TERMS, "at most 20,000 names, numbers, signs"),
    ("a list", lambda n: "z = [" + "1, " * n + "]", EQUATION_TERMS, "at most 20,000 names, numbers, signs"),
    ("texts", lambda n: "z = f(" + "'a', " * (n - 1) + ")", EQUATION_TERMS, "at most 20,000 names, numbers, signs"),
    (
        "named",
        lambda n: "z = f(" + "".join(f"k{k}=1, " for k in range(n - 1)) + ")",
        EQUATION_TERMS,
        "at most 20,000 names, numbers, signs",
    ),
    ("lists", lambda n: "z = " + "[" * n + "x" + "]" * n, EQUATION_NESTING, "brackets are nested more than 200 deep"),
    ("a name", lambda n: "z = " + "x" * n, NAME_CHARACTERS, "too long for a name: 101 characters, at most 100"),
    ("a text", lambda n: "z = x" + " " * (n - 5), EQUATIONS_CHARACTERS, "8,000,001 characters; at most 8,000,000 are read"),
]


@pytest.mark.parametrize(("text", "most", "message"), [b[1:] for b in BOUNDS], ids=[b[0] for b in BOUNDS])
def test_a_text_is_read_up_to_the_bound_and_refused_just_above(text, most, message):
    problems: list[EquationError] = []
    with within(10):
        assert len(statements_of(text(most), problems)) == 1 and not problems
        assert statements_of(text(most + 1), problems) == [] and message in str(problems[0])


def test_no_more_problems_are_reported_than_the_bound():
    for count in (EQUATION_PROBLEMS, EQUATION_PROBLEMS + 1):
        problems: list[EquationError] = []
        statements_of("\n".join("z =" for _ in range(count)), problems)
        assert len(problems) == EQUATION_PROBLEMS


def test_a_declared_name_has_the_same_bound():
    check_name("x" * NAME_CHARACTERS)
    with pytest.raises(Exception, match="too long for a name"):
        check_name("x" * (NAME_CHARACTERS + 1))


def test_no_text_needs_more_of_pythons_stack_than_another():
    shapes = ["(" * 200 + "x" + ")" * 200, "-(x ** (2 * " * 100 + "x" + "))" * 100, "+".join(["x"] * 20_000), "x ** -" * 9_000 + "x"]
    shapes += ["[" * 200 + "]" * 200, "f(k=" * 200 + "x" + ")" * 200, "x[1:" * 200 + "0" + "]" * 200]
    limit, frame, used = sys.getrecursionlimit(), sys._getframe(), 0
    while frame:
        frame, used = frame.f_back, used + 1
    sys.setrecursionlimit(used + 30)
    try:
        assert all(expression_of(text) for text in shapes)
    finally:
        sys.setrecursionlimit(limit)


HOSTILE = [
    ("brackets", "[" * 64_000), ("open", "z = " + "(" * 64_000), ("closed", "z = x" + ")" * 64_000), ("spaces", "z = x" + " " * 64_000),
    ("blanks inside", "z = x" + " " * 64_000 + "+ y"), ("backslashes", "\\\n" * 32_000), ("equals", "=" * 64_000), ("names", "z = " + "x " * 32_000),
    ("digits", "z = " + "1" * 64_000), ("zeros", "z = " + "0" * 64_000 + "1"), ("underscores", "z = " + "1_" * 32_000), ("hexadecimal", "z = 0x" + "f" * 64_000),
    ("letters", "z = " + "x" * 64_000), ("dots", "z = x" + "." * 64_000), ("commas", "z" + ", z" * 21_000 + " = x"), ("semicolons", ";" * 64_000), ("lines", "\n" * 64_000),
    ("open lines", "(\n" * 32_000), ("equations in brackets", "a = (\n" * 10_000), ("signs", "z = " + "-+" * 32_000), ("comparisons", "z = " + "x <" * 21_000),
    ("quotes", "'" * 64_000), ("quotes of two kinds", "z = f(" + "' \" " * 16_000), ("texts", "z = f(" + "'' " * 20_000),
    ("colons", "z = x[" + ":" * 64_000), ("slices", "z = x[" + ":, " * 20_000), ("lists", "z = [" + "[]," * 20_000), ("named", "z = f(" + "a=" * 32_000), ("named twice", "z = f(" + "a=1, " * 12_000 + ")"),
    ("lines given by name", "z = f(x,\n" + "k = 1,\n" * 9_000), ("calls in lines", "z = f(x,\n" * 7_000), ("lines given by name in calls", "z = f(x,\nk = g(\n" * 4_000 + ")" * 8_000), ("comments", "z = (x #\n" * 7_000), ("margins", "\n".join(" " * k + "z = x" for k in range(350))), ("exponents", "z = " + "1e" * 32_000),
]  # fmt: skip


@pytest.mark.parametrize("text", [t for _, t in HOSTILE], ids=[n for n, _ in HOSTILE])
def test_a_hostile_text_is_refused_or_read_in_a_moment(text):
    problems: list[EquationError] = []
    with within(10):
        statements_of(text, problems)
    assert all(len(str(p)) < 400 for p in problems)


def test_what_the_user_wrote_is_quoted_on_one_line_and_cut():
    assert source_of(expression_of("relu( x,\n\n y )")) == "relu( x, y )"
    assert repr(expression_of("x" + " + x" * 100)) == ("x" + " + x" * 100)[:59] + "…"
