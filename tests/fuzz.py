"""Random input, far more than anybody would write: each is answered or refused in words; counted, and the first failure made small.

`make fuzz SECONDS=600` runs it for so long; a failure ends it with exit code 1. tests/test_fuzz.py runs a small, fixed part of it.
"""

# ruff: noqa: E501  # tables of what inputs are made of

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import re
import resource
import sys
import tempfile
import time
import tomllib
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from harmless import assert_inert, assert_printable, assert_refusal, command, within
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import a1viz
from a1viz.base.errors import A1vizError
from a1viz.cli.console import read_settings, split_cotangents
from a1viz.cli.settings import from_file
from a1viz.graph.nodes import Graph
from a1viz.site import fence
from a1viz.sorting import load as load_network

HOSTILE = Path(__file__).resolve().parent / "hostile"
ROUND = 50  # inputs that Hypothesis draws before the next kind has its turn
CHANGED = 20  # inputs made of each of these: itself, and others with a few changes, which cost far less than a drawn one
ATTEMPTS = 500  # to make a failing input smaller
GIGABYTES = 4  # more than this a run never takes, so that a failure does not take the machine along
DRAWN = 12  # variables: larger graphs are drawn as text alone, for the layout of one takes as long as a hundred other inputs
LEAVES = {"x": ["D"], "y": ["D"], "W": ["H", "D"], "A": ["D", "D"], "s": [], "t": {"class": "D"}}
SIZES = {"D": 3, "H": 2}


# --- what is done with an input: each function takes one and raises where a promise is broken --------------------------------------


def asked(action: Callable[[], Any]) -> Any:
    """What an action answers, or None where it refuses in words."""
    try:
        return action()
    except A1vizError as error:
        assert_refusal(str(error))
        return None


def use(graph: Graph) -> None:
    """Whatever was read is run, differentiated, derived, counted and drawn."""
    values = {
        "x": [1.0, -2.0, 0.5],
        "y": [0.0, 3.0, 1e308],
        "W": [[1.0, 0.0, -1.0], [2.0, 0.5, 1e-308]],
        "A": [[1.0] * 3] * 3,
        "s": 0.5,
        "t": 1,
    }
    given = {} if graph.document.path else {node.name: values[node.name] for node in graph.leaves if node.name in values}
    for action in (
        lambda: a1viz.run(graph, trace=True, **given),
        lambda: a1viz.grad(graph, **given),
        lambda: a1viz.cost(graph),
        lambda: a1viz.derive(graph),
        lambda: a1viz.draw(graph, backward=True),
        lambda: graph,
    ):
        answer = asked(action)
        if answer is not None:
            assert_printable(str(answer))
    picture = asked(lambda: a1viz.draw(graph))
    if picture is not None:
        assert_printable(picture.to("dot").decode().replace("\t", ""))


def equation(text: str) -> None:
    graph = asked(lambda: a1viz.parse(text, **LEAVES))
    if graph is not None:
        use(graph)


def document(text: str) -> None:
    graph = asked(lambda: a1viz.loads(text))
    if graph is not None:
        use(graph)


def fenced(text: str) -> None:
    settings = asked(lambda: fence.read(text))
    if settings is not None and "figure" not in settings:  # a figure is computed for minutes
        html = asked(lambda: fence.html(settings))
        if html is not None:
            assert_inert(html)


def setting(text: str) -> None:
    given = asked(lambda: read_settings([text], two_layer()))
    if given is not None:
        values, cotangents = split_cotangents(two_layer(), given)
        asked(lambda: a1viz.grad(two_layer(), cotangents=cotangents, **values))


@cache
def two_layer() -> Graph:
    return a1viz.load("two_layer")


def file_of_values(named: tuple[str, bytes]) -> None:
    suffix, data = named
    path = Path(f"value{suffix}")
    path.write_bytes(data)
    value = asked(lambda: from_file("x", str(path)))
    if value is not None:
        asked(lambda: a1viz.run(two_layer(), x=value))


def network(named: tuple[str, str]) -> None:
    suffix, text = named
    path = Path(f"network{suffix}")
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    found = asked(lambda: load_network(path))
    if found is not None and found.n <= 12:
        assert sorted(found.apply(list(range(found.n, 0, -1)))) == list(range(1, found.n + 1))
        assert_printable(str(asked(lambda: a1viz.draw(found, view="wires"))))
        asked(lambda: a1viz.sorting.verify(found))


def words(line: list[str]) -> None:
    if line[:1] and line[0] in LONG and "--nonsense" not in line:
        return
    command(*line)


# --- what inputs look like: almost right, for what is all wrong is refused at the door ------------------------------------------------

NASTY = [
    "", " ", "\n", "\t", "\0", "\\", "'", '"', "'''", '"""', "#", ";", ":", ",", "=", "==", "@", "**", "-", "(", ")", "[", "]", "{", "}", "<", ">", "&", "%", "$",
    "<script>alert(1)</script>", '" onload="alert(1)', "javascript:alert(1)", "</svg>", "]]>", "<!--", "&lt;", "\u202e", "\u200b", "\x1b[2J", "\ufeff", "é", "σ", "ｘ", "😀",
    "nan", "inf", "-inf", "1e400", "1e308", "-0.0", "1e-400", "9" * 20, "-1", "0", "1", "2", "0.5", "true", "null", "~", "1979-05-27", "0x1F", "1_0", "01",
    "x", "y", "W", "s", "t", "z", "D", "N", ".T", "[t]", "[0]", "x_bar", "__class__", "lambda", "import os", "two_layer", "sort2", "../x.toml", "/dev/null", "!!python/name:os.system",
    "relu(", "softmax(x)", "row(", "stack(", "pick(", "{class = \"D\"}", "[[1, 2], [3]]", "*a", "&a ", "- ", "|", "? ", "---\n", "<<: ",
]  # fmt: skip
PIECE = st.one_of(st.sampled_from(NASTY), st.text(max_size=6))
UNARY = ["relu", "exp", "log", "sqrt", "abs", "sigmoid", "tanh", "sin", "softplus", "softmax", "log_softmax", "step", "sign", "indicator", "identity", "row", "rowsum", "transpose"]  # fmt: skip
ELEMENTWISE = [name for name in UNARY if name not in ("softmax", "log_softmax", "row", "rowsum", "transpose")]
BINARY = ["minimum", "maximum", "greater", "select", "fill", "xlogy", "xdivy", "dpow", "outer", "inner", "matvec", "vecmat", "concatenate", "head", "tail", "pad_end", "logistic_loss"]  # fmt: skip
TO_SCALAR = ["sum", "mean", "norm2", "count"]
ATOMS = ["x", "y", "W", "A", "s", "t", "0", "1", "2", "0.5", "1e308", "x[t]", "x[0]", "W.T", "W @ x", "y @ A", "x @ y", "A @ A"]


def extended(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{}({})".format, st.sampled_from(UNARY + TO_SCALAR), inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/", "**", "@"]), inner),
        st.builds("{}({}, {})".format, st.sampled_from(BINARY), inner, inner),
        st.builds("-{}".format, inner),
    )


EXPRESSION = st.recursive(st.sampled_from(ATOMS), extended, max_leaves=6)


VECTOR = st.recursive(  # what fits together: vectors of D, and scalars
    st.sampled_from(
        ["x", "y", "s", "2", "0.5", "0", "1e308", "x[t]", "A @ x", "y @ A", "A.T @ y", "norm2(W)", "sum(x)", "x @ y", "W.T @ (W @ x)"]
    ),
    lambda inner: st.one_of(
        st.builds("{}({})".format, st.sampled_from(ELEMENTWISE), inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner),
        st.builds("{}({}, {})".format, st.sampled_from(["minimum", "maximum", "select", "xlogy", "logistic_loss", "fill"]), inner, inner),
    ),
    max_leaves=6,
)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A few equations, most of which can be computed."""
    lines = [f"z{k} = {draw(st.one_of(VECTOR, VECTOR, VECTOR, EXPRESSION))}" for k in range(draw(st.integers(1, 3)))]
    if draw(st.booleans()):
        lines.append(f"J = {draw(st.sampled_from(TO_SCALAR))}(z0) + sum(z{len(lines) - 1})")
    return "\n".join(lines)


VALUE = st.one_of(
    st.sampled_from(NASTY),
    st.sampled_from(["[]", "[3]", '["D"]', '["H", "D"]', '["D", "D"]', '{class = "D"}', "[1, 2, 3]", "[[1, 2, 3], [4, 5, 6]]", '"b^(1)"', '"sort2"', "2", "0.5"]),
    st.recursive(st.one_of(st.integers(-9, 9).map(str), st.floats().map(str)), lambda v: st.lists(v, max_size=3).map(lambda found: f"[{', '.join(found)}]"), max_leaves=9),
)  # fmt: skip
NAME = st.sampled_from(["x", "y", "W", "s", "t", "z0", "J", "D", "H", "S", "x_bar", "trace", '"z0 - z0"', '"norm2(x_bar)"', '"<b>"'])
TABLES = ("sizes", "inputs", "parameters", "values", "cotangents", "expect", "symbols", "blocks")


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A document that has everything its equations need, and some lines more."""
    tables: dict[str, dict[str, str]] = {name: {} for name in TABLES}
    tables["sizes"] = {"D": "3", "H": "2"}
    tables["inputs"] = {"x": '["D"]', "y": '["D"]', "s": "[]", "t": '{class = "D"}'}
    tables["parameters"] = {"W": '["H", "D"]', "A": '["D", "D"]'}
    for table in draw(st.lists(st.sampled_from(TABLES), max_size=3)):
        tables[table][draw(NAME)] = draw(VALUE)
    text = "".join(
        f"[{table}]\n" + "".join(f"{name} = {value}\n" for name, value in rows.items()) for table, rows in tables.items() if rows
    )
    top = draw(st.sampled_from(["", "", "", "wires = 3\n", "comparators = [[1, 2], [2, 3]]\n", 'about = "<b>&amp;"\n', "source = 'é'\n"]))
    return f"title = \"T\"\n{top}equations = '''\n{draw(programs())}\n'''\n{text}"


@cache
def examples_of(folder: str, *suffixes: str) -> list[str]:
    """The hostile files of a kind, and the catalogue, as places to begin from."""
    paths = sorted(path for path in (HOSTILE / folder).iterdir() if path.suffix in suffixes)
    paths += sorted((HOSTILE.parent.parent / "graphs").glob("*.toml")) if ".toml" in suffixes else []
    texts = [
        path.read_bytes().decode("utf-8", "replace") for path in paths if "huge" not in path.name
    ]  # each has its turn in test_hostile.py
    return [text for text in texts if len(text) < 3000]


def small_entries(table: str) -> list[str]:
    return [text for text in tomllib.loads((HOSTILE / f"{table}.toml").read_text(encoding="utf-8")).values() if isinstance(text, str)]


YAML = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-3, 12), st.floats(), st.dates(), st.sampled_from(NASTY),
        st.sampled_from(["two_layer", "sort2", "linear_regression", "bubble", "merge", "forward", "wires", "x", "W1", "y", "all", "naive", "light"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.sampled_from(["x", "y", "D", "W"]), st.integers(0, 3), st.none()), inner, max_size=3)),
    max_leaves=5,
)  # fmt: skip
KEYS = """graph network n without view set wrt method only entries theme expand show_parameters k caption
title equations inputs sizes values comparators wires""".split()
VIEWS = ["forward", "backward", "gradient", "values", "derivation", "table", "norms", "rewrite", "neurons", "wires", "plan"]


@st.composite
def fences(draw: st.DrawFn) -> str:
    """A fence with its keys mostly where they belong."""
    import yaml

    source = draw(
        st.sampled_from(
            [
                {"graph": "two_layer"},
                {"graph": "sort2"},
                {"network": "merge", "n": 4},
                {"title": "T", "equations": "y = 2 * x", "inputs": {"x": []}},
            ]
        )
    )
    keys = draw(st.lists(st.sampled_from(KEYS), max_size=3))
    settings = {**source, "view": draw(st.sampled_from(VIEWS)), **{key: draw(YAML) for key in keys}}
    return str(yaml.safe_dump(settings, allow_unicode=True))


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=2), inner, max_size=2)),
    max_leaves=9,
)
ROWS = st.lists(st.lists(st.one_of(st.integers(-9, 9), st.floats()), min_size=3, max_size=3), max_size=4)
SETTINGS = st.builds("{}={}".format, st.sampled_from(["x", "W1", "W2", "y", "", " x ", "trace"]), st.one_of(JSON, ROWS).map(json.dumps))
CSV = ROWS.map(lambda rows: "".join(",".join(map(str, row)) + "\n" for row in rows))


@st.composite
def value_files(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of values, good or hostile."""
    suffix = draw(st.sampled_from([".csv", ".npy", ".npz", ".safetensors"]))
    if suffix == ".csv" and draw(st.booleans()):
        return suffix, draw(CSV).encode("utf-8", "surrogatepass")
    return suffix, draw(st.sampled_from(small_files(suffix)))


@cache
def small_files(suffix: str) -> list[bytes]:
    return [
        path.read_bytes()
        for path in sorted((HOSTILE / "values").glob(f"*{suffix}"))
        if path.stat().st_size < 2000 and "bomb" not in path.name
    ]


@st.composite
def networks(draw: st.DrawFn) -> tuple[str, str]:
    suffix = draw(st.sampled_from([".json", ".toml"]))
    wire = st.one_of(st.integers(0, 6), st.integers(0, 6), st.integers(-2, 2000), JSON)
    pairs = draw(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda pair: sorted({*pair, 5})[:2]), max_size=8))
    given: Any = [*pairs, *draw(st.lists(st.lists(wire, max_size=3), max_size=1))]
    if suffix == ".json":
        whole = draw(st.sampled_from([given, [given], {"nw": given}, {"N": 8, "nw": given}]))
        return suffix, json.dumps(whole)
    wires = draw(st.sampled_from(["", "", "wires = 8\n", "wires = 0\n", "wires = 'a'\n"]))
    return suffix, f"comparators = {json.dumps([[a + 1, b + 1] for a, b in pairs])}\n{wires}title = 'T'\n"


VERBS = [
    "list",
    "show",
    "run",
    "grad",
    "derive",
    "cost",
    "norms",
    "ntk",
    "check",
    "render",
    "diff",
    "sort",
    "verify",
    "doctor",
    "regress",
    "train",
    "pages",
    "",
]
LONG = ("regress", "train", "pages", "doctor")  # what these do when they are given sense takes long, and is tested elsewhere
GRAPHS = ["two_layer", "sort2", "gated_network", "table", "nothing", "mine.toml", "-"]
FLAGS = [
    "--json",
    "--trace",
    "--backward",
    "--values",
    "--plan",
    "--parameters",
    "--exact",
    "--perceptron",
    "--input-error",
    "--all",
    "--help",
    "--",
    "--nonsense",
]
PAIRS = {
    "--set": ["x=[1,2,3]", "x=1", "x=@x.npy", "D=3", "t=1", "y_bar=[1,1,1]", "x=[[1,2,3]]", "=", "x=nan"],
    "--wrt": ["x", "W1", "q", ""],
    "--format": ["text", "dot", "latex", "markdown", "svg", "x"],
    "--view": ["graph", "wires", "neurons", "x"],
    "--theme": ["auto", "print", "x"],
    "--expand": ["all", "S1", "x"],
    "--method": ["naive", "efficient", "x"],
    "--network": ["merge", "bubble", "x", "mine.json"],
    "--seconds": ["0", "1", "-1", "nan"],
    "-k": ["1", "2", "0", "-1", "9", "x"],
    "-n": ["4", "1", "0", "-1", "x"],
    "-o": ["-"],
    "--steps": ["1", "0", "-1", "x"],
}  # fmt: skip


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """A verb with words that belong to it or to another; nothing that starts processes or computes for minutes."""
    verb = draw(st.sampled_from(VERBS))
    if verb in LONG:
        return [
            verb,
            *draw(st.lists(st.sampled_from(["--nonsense", "--help", "x", "", "\x1b[2J", "<script>"]), min_size=1, max_size=3)),
            "--nonsense",
        ]
    line = [verb] if draw(st.integers(0, 9)) else [draw(PIECE)]
    if verb == "sort":
        line += draw(st.lists(st.sampled_from(["1", "2", "-3", "0.5", "1e308", "inf", "nan", "x", "9" * 30]), max_size=5))
    elif verb == "diff":
        line += draw(st.lists(st.sampled_from([*GRAPHS, "merge", "bubble", "mine.json"]), min_size=2, max_size=2))
    else:
        line += [draw(st.sampled_from(GRAPHS))] * draw(st.sampled_from([1, 1, 1, 1, 0, 2]))
    for _ in range(draw(st.integers(0, 3))):
        if draw(st.booleans()):
            option = draw(st.sampled_from(sorted(PAIRS)))
            line += [option, draw(st.one_of(st.sampled_from(PAIRS[option]), st.sampled_from(PAIRS[option]), words_of(option)))]
        else:
            line.append(draw(st.sampled_from(FLAGS)))
    if verb == "render" and "-o" not in line:
        line += ["-o", "-", "--format", draw(st.sampled_from(["text", "dot"]))]
    return line


def words_of(option: str) -> st.SearchStrategy[str]:
    """Any word, but no file to write, and no number that stands for long work."""
    return (
        st.just("-")
        if option == "-o"
        else PIECE.filter(lambda word: not any(sign in word for sign in "/\\") and not word.strip().isdigit())
    )


# --- changes ----------------------------------------------------------------------------------------------------------------------------

VOCABULARY = [*GRAPHS, *FLAGS, *PAIRS, *(word for words_ in PAIRS.values() for word in words_), *NASTY]
BYTES = [b"", b"\xff" * 8, b"\0" * 8, b"9" * 9, b"\x80", b"(", b"'"]


def changed(given: Any, rng: Random) -> Any:
    """An input with up to three pieces put in, taken out, put twice or exchanged; a file keeps its ending."""
    if isinstance(given, tuple):
        return given[0], changed(given[1], rng)
    for _ in range(rng.choice((1, 1, 2, 3))):
        if isinstance(given, str) and rng.random() < 0.5:
            given = exchanged(given, rng)
            continue
        at = rng.randint(0, len(given))
        end = min(len(given), at + rng.choice((0, 0, 1, 1, 2, 5, 20)))
        if isinstance(given, str):
            new = rng.choice((rng.choice(NASTY), rng.choice(NASTY), given[at:end] * 2, chr(rng.randrange(0x300))))
        elif isinstance(given, bytes):
            new = rng.choice((rng.choice(BYTES), rng.randbytes(1), given[at:end] * 2))
        else:
            at, end = max(at, 1), max(min(end, at + 1), 1)  # the verb stays
            new = rng.choice(([], [rng.choice(VOCABULARY)], given[at:end] * 2))
        given = given[:at] + new + given[end:]
    return given


def exchanged(text: str, rng: Random) -> str:
    """A text with one of its words, numbers or signs in the place of another of the same sort."""
    tokens = list(re.finditer(r"[A-Za-z_]\w*|[\d.]+|[^\w\s]+", text))
    if not tokens:
        return text
    one = rng.choice(tokens)
    others = [token[0] for token in tokens if token[0][0].isalpha() == one[0][0].isalpha() and token[0][0].isdigit() == one[0][0].isdigit()]
    return text[: one.start()] + rng.choice(others) + text[one.end() :]


def smaller(given: Any) -> Iterator[Any]:
    """The same input without one of its parts: the largest parts first."""
    if isinstance(given, tuple):
        yield from ((given[0], rest) for rest in smaller(given[1]))
        return
    size = len(given)
    while size:
        yield from (given[:at] + given[at + size :] for at in range(0, len(given), size))
        size //= 2
    if isinstance(given, list):
        yield from ([*given[:k], word, *given[k + 1 :]] for k in range(len(given)) for word in smaller(given[k]))


def smallest(kind: str, given: Any, error: BaseException) -> tuple[Any, BaseException]:
    """An input from which nothing can be left out so that it still fails in the same way."""
    attempts = iter(range(ATTEMPTS))
    found = True
    while found:
        found = False
        for candidate in smaller(given):
            if next(attempts, None) is None:
                return given, error
            now = broken(kind, candidate)
            if now is not None and (type(now), str(now)[:12]) == (type(error), str(error)[:12]):
                given, error, found = candidate, now, True
                break
    return given, error


# --- the run --------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """One kind of input: what it looks like, and what is done with it."""

    inputs: st.SearchStrategy[Any]
    use: Callable[[Any], None]


KINDS = {
    "equations": Kind(st.one_of(programs(), programs(), st.sampled_from(small_entries("equations"))), equation),
    "documents": Kind(st.one_of(documents(), documents(), st.sampled_from(examples_of("documents", ".toml"))), document),
    "fences": Kind(st.one_of(fences(), fences(), st.sampled_from(small_entries("fences"))), fenced),
    "settings": Kind(st.one_of(SETTINGS, SETTINGS, st.sampled_from(small_entries("settings")).map("x={}".format)), setting),
    "files of values": Kind(value_files(), file_of_values),
    "networks": Kind(networks(), network),
    "command lines": Kind(command_lines(), words),
}


@dataclass
class Failure(Exception):
    """The smallest input found that breaks a promise."""

    kind: str
    given: Any
    error: BaseException

    def __str__(self) -> str:
        return f"{self.kind}: {type(self.error).__name__}: {self.error}\nthe smallest input that does it:\n{self.given!r}"


def broken(kind: str, value: Any) -> BaseException | None:
    """What is raised where an input breaks a promise."""
    try:
        with within(), warnings.catch_warnings():
            warnings.simplefilter("error")
            KINDS[kind].use(value)
    except Exception as error:
        return error
    return None


def tried(kind: str, start: int, count: int = ROUND) -> int:
    """Try inputs of a kind, `count` drawn ones and those made of them, the same for the same start; how many. Raises Failure."""
    rng = Random(start)
    done = 0
    found: list[Failure] = []  # raised at the end, for Hypothesis would try the same again

    @seed(start)
    @settings(max_examples=count, database=None, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(KINDS[kind].inputs)
    def each(drawn: Any) -> None:
        nonlocal done
        for k in range(0 if found else CHANGED):
            value = changed(drawn, rng) if k else drawn
            done += 1
            error = broken(kind, value)
            if error is not None:
                found.append(Failure(kind, *smallest(kind, value, error)))
                return

    each()
    if found:
        raise found[0]
    return done


@contextlib.contextmanager
def folder() -> Iterator[None]:
    """A folder of its own, so that whatever is written lands there; and nothing is logged."""
    before, logging_before = Path.cwd(), logging.root.manager.disable
    with tempfile.TemporaryDirectory() as path:
        os.chdir(path)
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(logging_before)
            os.chdir(before)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--start", type=int, default=0, help="where the random numbers begin")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS), metavar="KIND")
    asked_for = parser.parse_args(arguments)
    counted, spent = Counter[str](), dict.fromkeys(asked_for.kinds, 0.0)
    failed = ""
    turn, begin = asked_for.start, time.monotonic()
    with folder():
        while not failed and (now := time.monotonic()) < begin + asked_for.seconds:
            kind = min(spent, key=lambda kind: spent[kind])  # each kind has the same time, and the quick ones most inputs
            try:
                counted[kind] += tried(kind, turn)
            except Failure as failure:
                failed = f"FAILED (again with --start {turn} --kinds {kind!r})\n{failure}"
            spent[kind] += time.monotonic() - now
            turn += 1
    print(f"{sum(counted.values()):,} inputs tried: " + ", ".join(f"{count:,} {kind}" for kind, count in counted.items()))
    if failed:
        print(failed)
    return 1 if failed else 0


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (GIGABYTES * 2**30,) * 2)
    sys.exit(main())
