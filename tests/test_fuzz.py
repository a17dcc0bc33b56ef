"""A small, fixed part of `make fuzz`, and that the fuzzer would notice."""

from __future__ import annotations

import fuzz
import pytest
from harmless import assert_inert, assert_printable, assert_refusal, within

from a1viz.calculus import interpreter

# Drawn inputs, twenty of each: about a second of each kind.
COUNTS = {"equations": 8, "documents": 8, "fences": 2, "settings": 30, "files of values": 20, "networks": 10, "command lines": 6}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own():
    with fuzz.folder():
        yield


def test_every_kind_has_its_turn():
    assert COUNTS.keys() == fuzz.KINDS.keys()


@pytest.mark.parametrize("kind", fuzz.KINDS)
def test_random_input_is_answered_or_refused(kind):
    assert fuzz.tried(kind, 0, COUNTS[kind]) == COUNTS[kind] * fuzz.CHANGED


def test_a_crash_is_found_and_its_input_made_small(monkeypatch, capsys):
    def broken(*words, **more):
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(interpreter, "run", broken)
    monkeypatch.setattr(fuzz.a1viz, "run", broken, raising=False)
    assert fuzz.main(["--seconds", "60", "--kinds", "equations"]) == 1
    said = capsys.readouterr().out
    assert "FAILED" in said and "ZeroDivisionError: planted" in said
    assert len(said.splitlines()[-1]) < 12, said  # such as 'z=x'


@pytest.mark.parametrize(
    ("use", "given", "said"),
    [
        (assert_inert, "<p><script>x</script></p>", "acting markup"),
        (assert_inert, "<p onclick='x'>", "acting markup"),
        (assert_inert, "<a href='javascript:x'>", "acting markup"),
        (assert_inert, "<style>@import x</style>", "acting markup"),
        (assert_inert, "<svg><foreignObject/></svg>", "acting markup"),
        (assert_inert, "<svg><!-- x --></svg>", "acting markup"),
        (assert_printable, "\x1b[2J", "unprintable"),
        (assert_refusal, "KeyError: x", "an exception of Python"),
        (assert_refusal, " ", "without a word"),
        (lambda text: [0 for _ in iter(int, 1)], "", "processor time"),
    ],
)
def test_what_breaks_a_promise_is_noticed(use, given, said, monkeypatch):
    monkeypatch.setitem(fuzz.KINDS, "planted", fuzz.Kind(None, use))
    monkeypatch.setattr(fuzz, "within", lambda: within(0.2))
    error = fuzz.broken("planted", given)
    assert isinstance(error, AssertionError) and said in str(error)


def test_how_many_inputs_were_tried_is_said(capsys):
    assert fuzz.main(["--seconds", "0.1", "--kinds", "settings", "networks"]) == 0
    assert ",000 inputs tried: 1,000 settings" in capsys.readouterr().out  # and networks, on a fast machine
