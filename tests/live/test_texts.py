"""The page reads equations as Python does: the same trees, graphs and messages, and whatever the text, nothing but our own errors."""

# ruff: noqa: E501  # tables: one case a row

from __future__ import annotations

import json
import random
import string
import tomllib
from pathlib import Path
from typing import Any

import pytest

import a1viz
from a1viz.base.errors import EquationError
from a1viz.graph.equations import read
from a1viz.graph.nodes import Builder
from a1viz.graph.reader import Surroundings
from a1viz.live.table import as_json
from tests import test_hostile
from tests.graph import test_expressions, test_reader

pytestmark = pytest.mark.browser

LEAVES = test_reader.LEAVES
GRAPHS = Path(__file__).parents[2] / "graphs"
# what is read from a text, as data: nodes and outputs, or what is wrong and where
READ = """(({text, leaves = given.leaves, how = {}}) => { try {
  const g = m.parse(text, leaves, how);
  return [g.nodes.map(n => [n.name, n.op, n.inputs, n.shape, n.value, n.attrs]), g.outputs, g.document.loss, [...g.document.symbols]];
} catch (e) { if (!(e instanceof m.A1vizError)) throw e; return [e.constructor.name, e.message, e.line, e.column]; } })"""
TREES = """(tree => given.map(text => {
  const problems = [];
  const found = m.statementsOf(text, problems);
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  return problems.length ? problems.map(p => p.message).join("\\n") : found.map(s => ["=", ...s.names, tree(s.value)]);
}))(function tree(e) {
  if (["name", "number", "literal", "open"].includes(e.kind)) {
    return e.kind === "name" ? e.word : e.kind === "number" ? e.number : e.kind === "open" ? null : m.LITERALS.get(e.word);
  }
  const named = e.named.length ? [Object.fromEntries(e.named.map(([name, value]) => [name, tree(value)]))] : [];
  return e.kind === "text" ? ["'", e.word] : [e.word, ...e.operands.map(tree), ...named];
})"""
SECONDS = 5  # of processor time for a text, or for all of a list of short ones


def case(text: str, leaves: dict[str, Any] | None = None, **how: Any) -> dict[str, Any]:
    return {"text": text, **({"leaves": leaves} if leaves is not None else {}), **({"how": how} if how else {})}


def by_python(given: dict[str, Any]) -> list[Any]:
    """What Python reads, as the page says it."""
    try:
        graph = a1viz.parse(given["text"], inputs=given.get("leaves", LEAVES), **given.get("how", {}))
    except EquationError as error:
        return ["EquationError", str(error), error.line, error.column]
    nodes = [[n.name, n.op, n.inputs, n.shape, n.value, n.attrs] for n in graph.nodes]
    return json.loads(as_json([nodes, graph.outputs, graph.document.loss, list(graph.document.symbols.items())]))


def floats(value: Any) -> Any:
    """What the page says, with large whole numbers as the floats that they are."""
    if isinstance(value, list):
        return [floats(part) for part in value]
    return float(value) if isinstance(value, int) and abs(value) > 2**53 else value


def differences(engine: Any, cases: list[dict[str, Any]]) -> list[Any]:
    """What the page reads otherwise than Python."""
    found = engine.ask_within(SECONDS, f"given.cases.map({READ})", {"cases": cases, "leaves": LEAVES})
    wrong = [(given, page, here) for given, page in zip(cases, found, strict=True) if floats(page) != (here := by_python(given))]
    return wrong[:5]


# --- the same trees and graphs ------------------------------------------------------------------------------------------------------


def test_what_takes_longer_than_it_may_is_told(engine):
    busy = "(end => { while (performance.now() < end); return 1; })(performance.now() + given)"
    assert engine.ask_within(SECONDS, busy, 10) == 1
    with pytest.raises(AssertionError, match="of processor time, more than"):
        engine.ask_within(0.01, busy, 500)


def test_each_text_of_the_file_is_the_tree_or_the_message_that_stands_there(engine):
    rows = test_expressions.TEXTS
    found = floats(engine.ask(TREES, [test_expressions.written(row["text"]) for row in rows]))
    wanted = [row["tree"] if "tree" in row else row["message"] for row in rows]
    assert [(row["text"], page) for row, page, want in zip(rows, found, wanted, strict=True) if page != want] == []


def catalogue_cases() -> list[dict[str, Any]]:
    """The equations of the catalogue's documents, those without blocks and comparators."""
    documents = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(GRAPHS.glob("*.toml"))]
    plain = [d for d in documents if "equations" in d and not {"blocks", "comparators"} & set(d)]
    options = [{k: d[k] for k in ("parameters", "symbols", "outputs", "loss") if k in d} for d in plain]
    return [case(d["equations"], d.get("inputs", {}), **how) for d, how in zip(plain, options, strict=True)]


def test_the_catalogue_is_the_same_graphs(engine):
    cases = catalogue_cases()
    assert len(cases) > 20
    assert differences(engine, cases) == []
    assert all(isinstance(by_python(given)[0], list) for given in cases)


def written_cases() -> list[dict[str, Any]]:
    """Every text of the tests of the reader, those that are refused too."""
    texts = [row[0] for row in (*test_reader.READ, *test_reader.REFUSED)]
    named = [case(text, leaves) for text, leaves, *_ in test_reader.NAMES]
    bounds = [f"z = {'1' * n}..2" for n in (37, 38, 39)] + [f"z = {'x + ' * 14}{'y' * n} + (" for n in range(6)]
    bounds += [
        f"{space}\nz = σ{space}(x){space}" for space in ("\x1c", "\x85", "\ufeff", "\u2029", "\x0b", "\u180e", "\t")
    ]  # white space to Python, or not
    paddings = [f"z = conv1d(X, W, {name}='{word}')" for name in ("padding", "stride") for word in ("same", "valid", "D")]
    of_trees = [case(test_expressions.written(row["text"])) for row in test_expressions.TEXTS]
    return [*(case(f"z = {text}") for text in texts), *named, *map(case, [*bounds, *paddings]), *of_trees]


def test_texts_mean_the_same_or_are_refused_with_the_same_words(engine):
    assert differences(engine, written_cases()) == []


GIVEN: list[dict[str, Any]] = [  # values that fit, and that do not
    {"W": [[1, 2], [3, 4]], "x": [1, 2], "t": 1}, {"W": [[1, 2]], "x": [1, 2, 3]}, {"x": [[1, 2], [3, 4]], "W": [[[1, 2]]] * 3}, {"x": 3}, {"t": 0.5}, {"t": -1}, {"t": [0, 1]},
    {"x": [[[1]]]}, {"W": [[1], [2]], "t": 2}, {"x": []},
]  # fmt: skip
DECLARED = [
    *(case("z = x", {"x": shape}) for shape in (3, "D", ["D", "D+1"], [-1], [2.5], [True], [2**31], [1] * 9, None, {"class": 0}, {}, [0])),
    *(case("z = x", {"x": {"class": n, "shape": s}}) for n in (5, "N", -1, "1N", None) for s in ([], ["T"], "T", [None])),
    *(case("z = 1", {name: ["D"]}) for name in ("1x", "x y", "lambda", "trace", "x" * 100, "x" * 101, "__proto__", "constructor", "é", "")),
    case("z = x", {"x": {"class": 5, "size": 2}}), case("z = x", {"x": []}, parameters={"x": []}), case("", {}), case("z = x + b", {"x": [3]}, parameters={"b": [3]}),
    *(case("z = x + 1; w = z * 2; v = sum(z)", {"x": ["D"]}, outputs=o) for o in (["z"], "w", ["x"], ["q"], ["zz"], ["w", "w"], ["w", "v"])),
    *(case("z = x + 1; J = sum(z)", {"x": ["D"]}, loss=name) for name in ("J", "z", "x", "j", "K", "1")),
    *(case("z = x + 1", {"x": ["D"]}, symbols={name: s}) for name, s in (("z", "z'_1^(2)"), ("z", "<b>"), ("q", "q"), ("x", "a" * 61), ("z", 3))),
    *(case("z = x + 1", {"x": ["D"]}, values=v) for v in ({"z": [1]}, {"q": 1}, {"x": [1, [2]]}, {"x": [[1], [2, 3]]}, {"x": [True]}, {"x": [None]})),
    *(case("z = W @ x; J = z[t]", {"W": ["H", "D"], "x": ["D"], "t": {"class": "H"}}, values=v) for v in GIVEN),
    case("__proto__ = x; constructor = __proto__ + toString; z = hasOwnProperty", {"x": ["D"], "toString": []}),
]  # fmt: skip


def test_what_is_declared_is_checked_with_the_same_words(engine):
    assert differences(engine, DECLARED) == []


# --- whatever the text --------------------------------------------------------------------------------------------------------------

WORDS = "x y W X E A s b f t c v words grid D H T N relu sum softmax max sigma axis keepdims True None if lambda eye stack pick".split()
SIGNS = "+ - * / @ ** // % ^ < <= == != = , : ; . .T ( ) [ ] { } ' \" # \\ \n & | << ! ~ $".split(" ")
ODD = ["\t", "\r\n", "\x00", "\x0b", "\x1c", "\x85", "\u2028", "\ufeff", "é", "σ(", "x²", "Wᵀ", "≤", "‖", "𝛼", "\ud800", "ω", "’", "−", "'", '"']  # fmt: skip
NUMBERS = ["0", "1", "2", "-1", "2.5", "1e309", "1e5", "0x1F", "1_0", "08", "2x", "1..", ".5", "inf", "pi", "1e-400", "9" * 25]


def mixture(rng: random.Random) -> str:
    """Pieces of the language one after the other, and what is none."""
    kinds = [WORDS, WORDS, SIGNS, SIGNS, NUMBERS, [" "], ODD if rng.random() < 0.1 else WORDS]
    start = rng.choice(["z = ", "z = ", "z = x[", "z = sum(X, axis=", "z = [", ""])
    return start + "".join(rng.choice(rng.choice(kinds)) + rng.choice(["", " "]) for _ in range(rng.randint(1, 14)))


def expression(rng: random.Random, depth: int = 4) -> str:
    """An expression that is well formed; whether it has a meaning is another question."""
    if not depth or rng.random() < 0.2:
        return rng.choice([*"xyxyWXEAsbftcvDHT", "words", "grid", *NUMBERS[:5]])
    a, b = expression(rng, depth - 1), expression(rng, depth - 1)
    axis = rng.choice(["0", "1", "-1", "2", "[0, 1]", "None"])
    return rng.choice([
        f"{a} {rng.choice(['+', '-', '*', '/', '@', '**', '//', '<', '=='])} {b}", f"({a}) * {b}", f"-{a}", f"({a}).T", f"{a} @ {b}",
        f"({a})[{rng.choice(['0', '-1', 't', 'D - 1', '1:', ':-1', ':, 0', 'words', b])}]", f"[{a}, {b}]",
        f"{rng.choice(['sum', 'max', 'softmax', 'mean', 'norm', 'logsumexp', 'var'])}({a}, axis={axis})", f"relu({a})", f"where({a} > 0, {a}, {b})",
        f"concatenate({a}, {b}, axis={axis})", f"reshape({a}, [{rng.choice(['-1', 'D, T', 'T, D', '2, -1'])}])", f"stack({a}, {b})", f"pick({a}, {b})",
        f"{rng.choice(['eye', 'ones', 'arange', 'take', 'outer', 'einsum', 'exp', 'sigmoid', 'rellu'])}({a})",
    ])  # fmt: skip


def several(rng: random.Random) -> str:
    """Equations that use one another, some of them wrong."""
    names = rng.sample(["z", "w", "h", "J", "q", "x"], 4)
    texts = [f"{name} = {rng.choice([expression(rng, 2), rng.choice(names), mixture(rng)[4:]])}" for name in names]
    return rng.choice(["\n", "; ", "\n\n", "  # why\n"]).join(texts)


def changed(rng: random.Random, texts: list[str]) -> str:
    """A text of the tests with some characters changed."""
    text = rng.choice(texts)
    for _ in range(rng.randint(1, 3)):
        k = rng.randint(0, len(text))
        new = rng.choice([rng.choice(string.printable), rng.choice(SIGNS), rng.choice(WORDS), rng.choice(ODD), "", ""])
        text = text[:k] + new + text[k + rng.choice([0, 0, 1, 2, 5]) :]
    return text


def random_texts(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    known = [given["text"] for given in (*catalogue_cases(), *written_cases()) if len(given["text"]) < 2000]
    kinds = [lambda: mixture(rng), lambda: f"z = {expression(rng)}", lambda: several(rng), lambda: changed(rng, known)]
    return [kinds[k % 4]() for k in range(count)]


def check_random(engine: Any, count: int, seed: int) -> None:
    assert differences(engine, [case(text) for text in random_texts(count, seed)]) == []


def test_random_texts_are_read_or_refused_as_in_python(engine):
    check_random(engine, 1500, 0)


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(1, 11))
def test_many_random_texts_are_read_or_refused_as_in_python(engine, seed):
    check_random(engine, 5000, seed)


def hostile_texts() -> list[str]:
    reader = [text(size) for _, text, size, _ in test_reader.HOSTILE]
    bounds = [text(most + 1) for _, text, most, _ in test_expressions.BOUNDS if most < 100_000]
    return [*test_hostile.table("equations").values(), *(text for _, text in test_expressions.HOSTILE), *reader, *bounds]


def test_hostile_texts_are_read_or_refused_as_in_python_each_soon(engine):
    texts = hostile_texts()
    assert len(texts) > 200
    assert [wrong for text in texts for wrong in differences(engine, [case(text)])] == []


DEEP = [  # a text, and how many nodes its equations are
    ("z = " + "+".join(["s"] * 20_000), 19_999), ("z = s" + " ** -s" * 6_000, 12_000), ("z = " + "(" * 200 + "s" + ")" * 200, 1), ("z = " + "-" * 19_998 + "s", 19_998),
    ("z = " + "relu(" * 200 + "s" + ")" * 200, 200), ("z = W" + ".T" * 19_000, 19_000), ("z = [" + "+".join(["1"] * 10_000) + "]", 2),
    ("z0 = s\n" + "\n".join(f"z{k + 1} = z{k} + s" for k in range(20_000)), 20_001), ("z = concatenate(" + "f, " * 2_000 + "f)", 2_000),
]  # fmt: skip


def test_deep_and_long_equations_do_not_overflow(engine):
    found = engine.ask(
        "given.cases.map(text => m.parse(text, given.leaves).nodes.length)", {"cases": [t for t, _ in DEEP], "leaves": LEAVES}
    )
    assert [count - len(LEAVES) for count in found] == [count for _, count in DEEP]


def test_an_error_has_every_problem_with_its_place(engine):
    text = "z = W @ q\nw = rellu(x)\nh = z + 1\nv = (x"
    said = "(() => { try { m.parse(given.text, given.leaves) } catch (e) { return e.problems.map(p => [p.line, p.column, p.fact]) } })()"
    found = engine.ask(said, {"text": text, "leaves": LEAVES})
    assert found == [
        [1, 9, "unknown name 'q'"], [2, 5, "unknown operator 'rellu'; did you mean 'relu'?"], [4, 5, "this ( is never closed; add )"]
    ]  # fmt: skip


def test_a_reader_has_a_bound_of_nodes_and_names_of_sizes_given_besides(engine):
    text = "z = x + N * y\nw = z + (x - (y * x + 1))\nv = w + q"
    problems: list[EquationError] = []
    builder = Builder(most=12)
    for name in ("x", "y"):
        builder.leaf(name, "input", ("D",))
    targets = read(text, builder, problems, known=Surroundings(sizes=["N"]))
    found = engine.ask(
        """(() => { const problems = [], builder = new m.Builder([], new Set(), 12);
        for (const name of ["x", "y"]) builder.leaf(name, "input", ["D"]);
        return [m.readEquations(given, builder, problems, ["N"]), problems.map(p => p.message), [...builder.nodes.keys()]]; })()""",
        text,
    )
    assert found == [targets, [str(problem) for problem in problems], [*builder.nodes]]
    assert targets == ["z", "w"] and ":N" in builder.nodes
