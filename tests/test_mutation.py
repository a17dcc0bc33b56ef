"""The tester of the tests: which changes it makes, and that it tells a test that notices one from a test that does not."""

from __future__ import annotations

import subprocess
import sys

import pytest
from conftest import ROOT, environment
from mutants import ABOUT
from mutations import mutants

TEXT = '''
def f(a: int = 3, b=(True, 0.5)):
    """Of 1 + 1."""
    if a < 2 and b:
        print("a longer text", a)
    while a not in b:
        a += -1
    return max(a, b[0] ** 2, key=abs) if not a else [c for c in b if c is not a]
'''
TABLE = """
TABLE = (
    Op("div(a, b)", "()", np.divide, partial=("bar / b", "-f(a)"), about="1 + 1"),
    Identity("a - b", "a - 2", "g(a, b)", "tidy", "what is said of it", "ranks 1 a b, looped"),
)
"""


def test_one_thing_is_changed_at_a_time():
    assert [(mutant.at, mutant.change) for mutant in mutants(TEXT)] == [
        (2, "3 -> 4"),
        (2, "True -> False"),
        (2, "0.5 -> 1.0"),
        (4, "a < 2 and b -> a < 2 or b"),
        (4, "a < 2 and b -> not (a < 2 and b)"),
        (4, "a < 2 -> a <= 2"),
        (4, "2 -> 3"),
        (5, "print('a longer text', a) -> pass"),
        (5, "print('a longer text', a) -> print('a longer text')"),
        (6, "a not in b -> a in b"),
        (7, "a += -1 -> a -= -1"),
        (7, "-1 -> 1"),
        (7, "1 -> 2"),
        (8, "not a -> a"),
        (8, "max(a, b[0] ** 2, key=abs) -> max(a, b[0] ** 2)"),
        (8, "max(a, b[0] ** 2, key=abs) -> max(a, key=abs)"),
        (8, "b[0] ** 2 -> b[0] * 2"),
        (8, "0 -> 1"),
        (8, "2 -> 3"),
        (8, "c is not a -> c is a"),
    ]


def test_of_a_table_the_expressions_in_strings_are_changed():
    changes = [mutant.change for mutant in mutants(TABLE)]
    assert [change.partition(" -> ")[2] for change in changes if change.startswith("'bar / b'")] == [
        "'-(bar / b)'",
        "'2 * (bar / b)'",
        "'bar * b'",
        "'b / bar'",
    ]
    assert [change.partition(" -> ")[2] for change in changes if change.startswith("'-f(a)'")] == [
        "'-(-f(a))'",
        "'2 * (-f(a))'",
        "'f(a)'",
        "'-a'",
    ]
    assert {"'a - 2' -> 'a + 2'", "'a - 2' -> '2 - a'", "'a - 2' -> 'a - 3'", "'g(a, b)' -> 'g(b, a)'"} <= set(changes)
    assert not [change for change in changes if "1 + 1" in change or "what is said" in change or "'a - b'" in change]
    assert [change for change in changes if "ranks" in change] == [
        "'ranks 1 a b, looped' -> nothing",
        "'ranks 1 a b, looped' -> 'looped'",
        "'ranks 1 a b, looped' -> 'ranks 1 a, looped'",
        "'ranks 1 a b, looped' -> 'ranks 1 a b'",
    ]


@pytest.mark.parametrize("text", [TEXT, TABLE])
def test_every_changed_module_is_another_and_can_be_read(text):
    sources = [mutant.source for mutant in mutants(text)]
    assert len({compile(source, "", "exec").co_code + source.encode() for source in sources}) == len(sources)


@pytest.mark.process
def test_a_change_that_a_test_notices_does_not_survive_and_another_does(tmp_path):
    (tmp_path / "half.py").write_text("def half(x):\n    return x / 2 + 0 * x\n")
    (tmp_path / "test_half.py").write_text("from half import half\ndef test_half():\n    assert half(4) == 2\n")
    lines = (
        "import sys",
        f"sys.path[:0] = [{str(ROOT / 'tests')!r}, '']",
        "from pathlib import Path",
        "from mutants import mutants, survives",
        "module = Path('half.py')",
        "text = module.read_text()",
        "print(survives(module, text, ['test_half.py'], 60))",
        "print([m.change for m in mutants(text) if survives(module, m.source, ['test_half.py'], 60)])",
    )
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert done.stdout == "True\n['x / 2 + 0 * x -> x / 2 - 0 * x']\n", done.stderr


def test_every_test_that_is_named_is_there_and_every_explanation_is_whole():
    for module, tests in ABOUT["tests"].items():
        assert (ROOT / "a1viz" / module).is_file()
        assert all((ROOT / "tests" / test).is_file() for test in tests)
    for row in ABOUT["explained"]:
        assert row.keys() == {"module", "line", "changes", "why"}
        assert row["module"] in ABOUT["tests"] and row["line"] and row["changes"] and row["why"]
