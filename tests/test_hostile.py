"""Hostile documents, equations, fences, values, networks and command lines: each is answered or refused in words, and nothing else happens.

The inputs are the files in tests/hostile/; to add one, add a file, or a line to one of the tables.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from harmless import assert_inert, assert_printable, assert_refusal, command, little_memory, within

import a1viz
from a1viz.base.errors import A1vizError
from a1viz.site import fence

HOSTILE = Path(__file__).parent / "hostile"
LEAVES = {"x": ["D"], "y": ["D"], "W": ["H", "D"], "s": [], "t": {"class": "D"}}

# What fails and is to be mended; each is expected to fail until it is.
COSTS, FENCE, READER, FILES = "costs in proportion", "any value in a fence", "three axes", "files and pages"
KNOWN = {
    "documents/huge-label.toml": COSTS,
    "documents/huge-matrix.toml": COSTS,
    "documents/huge-shape.toml": COSTS,
    "documents/huge-size.toml": COSTS,
    "networks/far-wire.json": COSTS,
    "networks/farther-wire.json": COSTS,
    "networks/wires-far.toml": COSTS,
    "equations/three axes": READER,
    "equations/row of a row": READER,
    "fences/three axes": READER,
    "commands/pages into a file": FILES,
    **dict.fromkeys(
        (
            "fences/theme that is a number",
            "fences/theme that is a list",
            "fences/theme that is a map",
            "fences/theme of a plan that is a list",
            "fences/set of a number as a name",
            "fences/set of null as a name",
            "fences/set of an argument",
            "fences/set of a plan's argument",
            "fences/hundred wires as boxes",
            "fences/smallest in words",
            "fences/smallest in a list",
            "fences/sizes by numbers",
            "fences/leaf that is a number",
            "fences/leaf that is null",
            "fences/table by null",
            "fences/cotangent by true",
            "fences/deep lists",
            "fences/deeper lists",
            "fences/deep maps",
        ),
        FENCE,
    ),
}


def table(kind: str) -> dict[str, str]:
    """The texts of a table, those written short at full length."""
    found = tomllib.loads((HOSTILE / f"{kind}.toml").read_text(encoding="utf-8"))
    return {name: text if isinstance(text, str) else repeated(**text) for name, text in found.items()}


def repeated(before: str, repeat: str, times: int, after: str) -> str:
    return before + repeat * times + after


def document(path: Path) -> None:
    """What is done with a document: everything that reads, runs, differentiates, counts and draws."""
    command("show", str(path))
    command("check", str(path), "--json")
    command("run", str(path), "--trace", "--json")
    command("grad", str(path), "--json")
    command("cost", str(path), "--json")
    command("derive", str(path))
    command("derive", str(path), "--format", "latex")
    for form in ("text", "dot", "svg"):
        command("render", str(path), "--backward", "--values", "--format", form, "-o", "-")
    command("norms", str(path), "--json")


def equations(text: str) -> None:
    with little_memory(), within():
        try:
            graph = a1viz.parse(text, **LEAVES)
        except A1vizError as error:
            assert_refusal(str(error))
            return
        for use in (a1viz.cost, a1viz.derive, a1viz.draw, str):
            try:
                assert_printable(str(use(graph)))
            except A1vizError as error:
                assert_refusal(str(error))


def fenced(text: str) -> None:
    with little_memory(), within():
        answer = fence.format(text)
    assert_inert(answer)
    refused = answer.partition('role="alert"><strong>a1viz could not draw this</strong><pre>')[2]
    if refused:
        assert_refusal(refused)


def value(path: Path) -> None:
    command("run", "two_layer", "--set", f"x=@{path}", "--json")


def setting(text: str) -> None:
    command("run", "two_layer", "--set", f"x={text}", "--json")


def network(path: Path) -> None:
    command("verify", str(path), "--json", "--limit", "5")
    command("sort", "3", "1", "2", "--network", str(path), "-o", "-")


def words(line: list[str]) -> None:
    command(*(word.replace("FOLDER", str(HOSTILE)) for word in line))


CASES: list[tuple[str, Callable[..., None], object]] = [
    *((f"{kind}/{path.name}", use, path) for kind, use in (("documents", document), ("values", value), ("networks", network)) for path in sorted((HOSTILE / kind).iterdir())),
    *((f"{kind}/{name}", use, text) for kind, use in (("equations", equations), ("settings", setting), ("fences", fenced)) for name, text in table(kind).items()),
    *((f"commands/{name}", words, line) for name, line in tomllib.loads((HOSTILE / "commands.toml").read_text(encoding="utf-8")).items()),
]


@pytest.mark.parametrize(
    ("use", "given"),
    [pytest.param(use, given, id=name, marks=[pytest.mark.xfail(reason=KNOWN[name])] if name in KNOWN else []) for name, use, given in CASES],
)
def test_hostile_input_is_answered_or_refused(use, given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    use(given)
