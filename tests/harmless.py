"""What an answer must be, whatever was asked: an exit code, words that steer no terminal, markup that does nothing, within bounds."""

from __future__ import annotations

import contextlib
import gc
import json
import re
import resource
import signal
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from click.testing import CliRunner

from a1viz.cli.commands import cli

SECONDS = 50  # of processor time for one input: ten times the longest that is promised, for a slow machine, or a busy one
MEGABYTES = 512  # of memory for one input
CODES = (0, 1, 2)
# What pictures and figures are made of: whatever is not in these lists could act, or fetch something.
ELEMENTS = frozenset(
    "svg title desc style defs g path rect circle line text tspan use symbol "
    "div figure figcaption details summary p br ol ul li strong pre code span table thead tbody tr th td a".split()
)
LINKS = re.compile(r"#[\w.:-]*|data:text/csv;charset=utf-8,[\w%.~/-]*")
STYLE = re.compile(r"url\(|@import|expression|javascript|\\", re.I)
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
RAW = re.compile(r"(\w+(Error|Exception|Warning)): ")  # an exception of Python in place of our words
SURE = ("DocumentError", "EquationError", "GraphError", "ShapeError", "InputError", "DerivativeError", "OutputError", "EngineError")


class TooLong(BaseException):
    """An input takes more processor time than any may; not an Exception, so that nothing on the way swallows it."""


@contextlib.contextmanager
def little_memory(megabytes: float = MEGABYTES) -> Iterator[None]:
    """Where the system tells how large this process is (Linux), let it grow by so much and no more."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    table = Path("/proc/self/statm")
    if table.exists():
        pages = int(table.read_text().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (int(pages * resource.getpagesize() + megabytes * 2**20), before[1]))
    try:
        yield
    except MemoryError:
        raise AssertionError(f"it takes more than {megabytes} MB of memory") from None
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@contextlib.contextmanager
def within(seconds: float = SECONDS) -> Iterator[None]:
    """Fail what takes more processor time than this: ten times what an idle machine needs, or more.

    What other tests have made is not looked through for garbage meanwhile: that would take longer the more there is of it.
    """
    gc.collect()
    gc.freeze()

    def stop(number: int, frame: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    except TooLong:
        raise AssertionError(f"it takes more than {seconds} s of processor time") from None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def assert_printable(text: str) -> None:
    """No control character, nor a mark that turns the direction of writing, leaves for a terminal."""
    wrong = sorted({c for c in text if not c.isprintable() and c not in "\t\n"})
    assert not wrong, f"unprintable: {wrong}"


def assert_refusal(message: str) -> None:
    """A refusal is in our words, and has not tried what it refuses."""
    assert message.strip(), "a refusal without a word"
    assert "not enough memory" not in message, message
    assert "Traceback" not in message, message
    found = RAW.match(message.removeprefix("error: "))
    assert not found or found[1] in SURE, f"an exception of Python, not our words: {message[:200]}"


class Markup(HTMLParser):
    """Reads markup as a browser does and notes what could act."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.element = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.element = tag
        if tag not in ELEMENTS:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            value = value or ""
            if name.startswith("on") or (name.endswith(("href", "src", "action")) and not LINKS.fullmatch(value)):
                self.wrong.append(f"<{tag} {name}={value!r}>")
            if name == "style" and STYLE.search(value):
                self.wrong.append(f"<{tag} {name}={value!r}>")

    def handle_endtag(self, tag: str) -> None:
        self.element = ""

    def handle_data(self, data: str) -> None:
        if self.element == "style" and STYLE.search(data):
            self.wrong.append(f"<style>{data}")

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"<!--{data}")

    def unknown_decl(self, data: str) -> None:
        self.wrong.append(f"<![{data}")

    handle_pi = handle_decl = handle_comment


def assert_inert(markup: str) -> None:
    """Nothing in the markup acts or is fetched: elements, attributes and links are of a short list."""
    reader = Markup()
    reader.feed(markup)
    reader.close()
    assert not reader.wrong, f"acting markup: {reader.wrong[:5]}"
    assert not CONTROL.search(markup), "control characters in markup"


def command(*words: str) -> str:
    """Run a command inside this process and hold its answer to all that is promised; returns its standard output."""
    with little_memory(), within():
        result = CliRunner().invoke(cli, [*words], prog_name="a1viz")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in CODES, f"exit code {result.exit_code}: {result.output[:200]}"
    if result.exit_code == 2:
        assert result.stdout == "", "bad input, and yet something is printed"
        assert result.stderr.startswith(("error: ", "Usage: ", "Error: ")), result.stderr[:200]
        assert_refusal(result.stderr)
    assert_printable(result.stderr)
    if result.stdout.startswith("<svg"):
        assert_inert(result.stdout)
    else:
        assert_printable(result.stdout)
    if "--json" in words and "--help" not in words and result.stdout:
        json.loads(result.stdout, parse_constant=not_json)
    return result.stdout


def not_json(word: str) -> None:
    raise AssertionError(f"{word} is not JSON")
