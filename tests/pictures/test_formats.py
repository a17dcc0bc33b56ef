"""Pictures: nothing of a document can break them, everything is where it should be, and everybody can read them."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
import zlib
from pathlib import Path

import pytest
from conftest import GOLDEN, ROOT, environment, has_ended
from harmless import within

import a1viz
from a1viz.base import limits
from a1viz.base.errors import EngineError, OutputError
from a1viz.pictures import engine as layouts
from a1viz.pictures import themes
from a1viz.pictures import typesetting as typeset
from a1viz.pictures.diagrams import Box, Cluster, Diagram, Edge, Line
from a1viz.pictures.dot_output import dot, layout_dot
from a1viz.pictures.engine import LayoutTimeout, engine_version, find_engine, layout
from a1viz.pictures.escaping import escape
from a1viz.pictures.png_output import png
from a1viz.pictures.sizes import measure
from a1viz.pictures.svg_output import svg
from a1viz.pictures.text_output import picture_text

HERE = f"{ROOT}:{ROOT / 'tests'}:{ROOT / 'tests' / 'pictures'}"  # where a process finds a1viz, and what this file imports
NAMESPACE = "{http://www.w3.org/2000/svg}"

HOSTILE = [
    "",
    " ",
    '"',
    "'",
    "\\",
    "\\N",
    "\\G",
    "%n",
    "a\nb",
    "a\r\tb",
    "\x00",
    "\x1b[31m",
    "\u202etxet",
    "\u2066x\u2069",
    "\ufffe",
    "\ud800",
    "<script>alert(1)</script>",
    "]]>",
    "-->",
    "<!--",
    "<b>x</b>",
    "<x",
    "<>",
    "&lt;",
    "&amp;",
    "&#60;",
    "&nope;",
    '" onload="alert(1)',
    "' onload='alert(1)",
    "]; evil [label=x",
    "} digraph {",
    "a -> b",
    "a:b",
    "node",
    "subgraph",
    "//",
    "/*",
    "#",
    "x;y",
    "{",
    "}",
    "$",
    "\\frac{1}{",
    "\\left(",
    "_",
    "^",
    "a_b_c",
    "\\href{javascript:x}{y}",
    "\\begin{aligned}",
    "javascript:alert(1)",
    "日本語",
    "é",
    "{{{{" * 100,
    "x" * 10_000,
]


def bold(letter: str, index: str = "", bar: bool = False) -> str:
    letter = rf"\mathbf{{{letter}}}"
    return (rf"\bar{{{letter}}}" if bar else letter) + (f"_{index}" if index else "")


def weight(number: int, transposed: bool = False) -> str:
    return rf"\mathbf{{W}}^{{({number})\top}}" if transposed else rf"\mathbf{{W}}^{{({number})}}"


def box(name: str, kind: str, *lines: tuple[str, str]) -> Box:
    kinds = ("input" if kind == "input" else "equation", "gradient")
    return Box(name, tuple(Line(latex, text, f"{text}, in words", each) for (latex, text), each in zip(lines, kinds, strict=False)), kind)


def edge(tail: str, head: str, size: str) -> Edge:
    return Edge(tail, head, rf"\mathbb{{R}}^{{{size}}}" if size else "", f"({size},)" if size else "", f"{size} numbers" if size else "")


BOXES = (
    box(
        "x",
        "input",
        (bold("x"), "x"),
        (
            f"{bold('x', bar=True)} = {weight(1, True)} {bold('z', '1', True)} + {weight(2, True)} {bold('z', '2', True)}"
            f" + {weight(4, True)} {bold('y', bar=True)}",
            "x_bar = W1.T @ z1_bar + W2.T @ z2_bar + W4.T @ y_bar",
        ),
    ),
    box(
        "z1",
        "variable",
        (rf"{bold('z', '1')} = {weight(1)} {bold('x')} + \mathbf{{b}}^{{(1)}}", "z1 = W1 @ x + b1"),
        (rf"{bold('z', '1', True)} = {bold('h', '1', True)} \circ \mathbb{{I}}[{bold('z', '1')} > 0]", "z1_bar = h1_bar * step(z1)"),
    ),
    box(
        "z2",
        "variable",
        (rf"{bold('z', '2')} = {weight(2)} {bold('x')} + \mathbf{{b}}^{{(2)}}", "z2 = W2 @ x + b2"),
        (
            rf"{bold('z', '2', True)} = {bold('h', '2', True)} \circ {bold('h', '2')} \circ (1 - {bold('h', '2')})",
            "z2_bar = h2_bar * h2 * (1 - h2)",
        ),
    ),
    box(
        "h1",
        "variable",
        (rf"{bold('h', '1')} = \mathrm{{ReLU}}({bold('z', '1')})", "h1 = relu(z1)"),
        (rf"{bold('h', '1', True)} = {bold('g', bar=True)} \circ {bold('h', '2')}", "h1_bar = g_bar * h2"),
    ),
    box(
        "h2",
        "variable",
        (rf"{bold('h', '2')} = \sigma({bold('z', '2')})", "h2 = sigmoid(z2)"),
        (rf"{bold('h', '2', True)} = {bold('g', bar=True)} \circ {bold('h', '1')}", "h2_bar = g_bar * h1"),
    ),
    box(
        "g",
        "variable",
        (rf"{bold('g')} = {bold('h', '1')} \circ {bold('h', '2')}", "g = h1 * h2"),
        (f"{bold('g', bar=True)} = {weight(3, True)} {bold('y', bar=True)}", "g_bar = W3.T @ y_bar"),
    ),
    box(
        "y",
        "variable",
        (f"{bold('y')} = {weight(3)} {bold('g')} + {weight(4)} {bold('x')}", "y = W3 @ g + W4 @ x"),
        (rf"{bold('y', bar=True)} = \bar{{S}}({bold('e', 't')} - {bold('y')}')", "y_bar = S_bar * (onehot(t) - y_prime)"),
    ),
    box("t", "input", ("t", "t")),
    box(
        "y_prime",
        "variable",
        (rf"{bold('y')}' = \mathrm{{softmax}}({bold('y')})", "y_prime = softmax(y)"),
        (rf"{bold('y', bar=True)}' = \frac{{\bar{{S}}}}{{y'_t}} {bold('e', 't')}", "y_prime_bar = S_bar / y_prime[t] * onehot(t)"),
    ),
    box(
        "S",
        "variable",
        (r"S = \sum_{k=1}^{N} \mathbb{I}[t = k] \log y'_k", "S = log(y_prime[t])"),
        (r"\bar{S} = -\bar{J}", "S_bar = -J_bar"),
    ),
    box("J", "output", ("J = -S", "J = -S"), (r"\bar{J} = 1", "J_bar = 1")),
)
EDGES = tuple(
    edge(*each)
    for each in (
        ("x", "z1", "D"),
        ("x", "z2", "D"),
        ("x", "y", "D"),
        ("z1", "h1", "H"),
        ("z2", "h2", "H"),
        ("h1", "g", "H"),
        ("h2", "g", "H"),
        ("g", "y", "H"),
        ("y", "y_prime", "N"),
        ("y_prime", "S", "N"),
        ("t", "S", ""),
        ("S", "J", ""),
    )
)
GATED = Diagram("gated_network", "Gated network", "A network whose hidden layer gates itself.", BOXES, EDGES)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Outlines are kept away from the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("A1VIZ_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def hostile(text: str) -> Diagram:
    """A picture that has the same text everywhere a text can be."""
    line = Line(text, text, text)
    boxes = (Box(text, (line, Line(text, text, text, "gradient")), "variable", text and "outer", text), Box("plain", (line,)))
    return Diagram(
        text,
        text,
        text,
        boxes,
        (Edge(text, "plain", text, text, text), Edge("plain", text, text, text, text, "backward")),
        (Cluster("outer", text, text),),
        (text,),
    )


def program(path: Path, body: str) -> str:
    """A program that can be named by A1VIZ_DOT."""
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


# Hostile text


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_can_change_what_dot_means(text):
    answer = layouts.ask(find_engine(), ["-Tjson0"], dot(hostile(text)), 20)
    things = layouts.json.loads(answer)
    assert len([thing for thing in things["objects"] if not thing["name"].startswith("cluster")]) == 2
    assert len(things["edges"]) == 2
    assert not re.search(r'"(URL|href|evil)"', answer)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_can_break_out_of_the_svg(text):
    root = ET.fromstring(svg(hostile(text)).encode())
    allowed = {"svg", "title", "desc", "style", "defs", "g", "path", "rect", "use"}
    assert {element.tag.removeprefix(NAMESPACE) for element in root.iter()} <= allowed
    for element in root.iter():
        assert not [name for name in element.attrib if name.startswith("on")]
        assert element.get("href", "#").startswith("#")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_can_send_commands_to_a_terminal(text):
    shown = picture_text(hostile(text))
    assert all(character.isprintable() or character == "\n" for character in shown)


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_can_be_typeset_in_a_page(text):
    formula = ET.fromstring(typeset.inline_svg(text).encode())
    assert formula.get("role") == "img"
    assert not list(formula.iter("script"))


def test_the_layout_dot_holds_nothing_of_the_document():
    diagram = hostile('secret"text')
    assert "secret" not in layout_dot(diagram, measure(diagram))


@pytest.mark.parametrize("text", ["a<b", 'say "x"', "it's", "a & b"])
def test_escaped_text_is_read_back_unchanged(text):
    assert ET.fromstring(f'<a b="{escape(text)}">{escape(text)}</a>').text == text
    assert ET.fromstring(f'<a b="{escape(text)}"/>').get("b") == text


# Layout


def test_the_gated_network_reads_from_left_to_right_in_the_order_of_its_equations():
    plan = layout(GATED, measure(GATED))
    at = {box.name: rect for box, rect in zip(GATED.boxes, plan.boxes, strict=True)}
    assert at["z1"].y < at["z2"].y
    assert at["h1"].y < at["h2"].y
    for tail, head in ((edge.tail, edge.head) for edge in GATED.edges):
        assert at[tail].x + at[tail].width < at[head].x


def test_every_edge_is_drawn_between_its_boxes():
    plan = layout(GATED, measure(GATED))
    assert len(plan.edges) == 12
    assert len(plan.boxes) == 11
    at = {box.name: rect for box, rect in zip(GATED.boxes, plan.boxes, strict=True)}
    for each, route in zip(GATED.edges, plan.edges, strict=True):
        head = at[each.head]
        assert head.x - 2 <= route.tip[0] <= head.x + head.width + 2
        assert head.y - 2 <= route.tip[1] <= head.y + head.height + 2


def test_nothing_is_clipped_and_no_boxes_overlap():
    sizes = measure(GATED)
    plan = layout(GATED, sizes)
    for place, rect in enumerate(plan.boxes):
        assert -0.1 <= rect.x
        assert rect.x + rect.width <= plan.width + 0.1
        assert -0.1 <= rect.y
        assert rect.y + rect.height <= plan.height + 0.1
        assert max(band.label.width for band in sizes.bands[place]) < rect.width
        for other in plan.boxes[place + 1 :]:
            assert (
                rect.x + rect.width <= other.x
                or other.x + other.width <= rect.x
                or rect.y + rect.height <= other.y
                or other.y + other.height <= rect.y
            )


def test_clusters_enclose_their_boxes_and_each_other():
    boxes = tuple(Box(name, (Line(name, name, name),), cluster=where) for name, where in (("a", ""), ("b", "outer"), ("c", "inner")))
    diagram = Diagram(
        "d", "d", "d", boxes, (Edge("a", "b"), Edge("b", "c")), (Cluster("outer", "S", "S"), Cluster("inner", "T", "T", "outer"))
    )
    plan = layout(diagram, measure(diagram))
    (outer, inner), (_, b, c) = plan.clusters, plan.boxes
    for frame, inside in ((outer, b), (outer, inner), (inner, c)):
        assert frame.x < inside.x
        assert frame.y < inside.y
        assert inside.x + inside.width < frame.x + frame.width
        assert inside.y + inside.height < frame.y + frame.height


def test_a_backward_edge_runs_from_right_to_left():
    diagram = Diagram("d", "d", "d", (BOXES[0], BOXES[-1]), (Edge("x", "J"), Edge("J", "x", kind="backward")))
    plan = layout(diagram, measure(diagram))
    forward, backward = plan.edges
    assert forward.tip[0] > forward.points[0][0]
    assert backward.tip[0] < backward.points[0][0]


def test_parallel_edges_loops_and_an_empty_picture_are_drawn():
    diagram = Diagram("d", "d", "d", BOXES[:1] + BOXES[-1:], (Edge("x", "J"), Edge("x", "J"), Edge("x", "x")))
    assert len(layout(diagram, measure(diagram)).edges) == 3
    ET.fromstring(svg(diagram))
    ET.fromstring(svg(Diagram("", "", "", (), ())))
    ET.fromstring(svg(Diagram("d", "d", "d", (Box("bare", ()),), ())))


def test_a_picture_that_runs_against_its_order_is_turned_over():
    rects = (layouts.Rect(0, 100, 10, 10), layouts.Rect(0, 0, 10, 10))
    plan = layouts.upright(layouts.Layout(10, 110, rects, (), (), ()), "LR")
    assert plan.boxes[0].y == 0
    assert plan.boxes[1].y == 100


# Engine


def test_the_engine_says_its_version():
    assert re.search(r"\d+\.\d+", engine_version())


def test_a_missing_engine_is_an_error_that_says_how_to_get_one(monkeypatch, tmp_path):
    monkeypatch.setenv("A1VIZ_DOT", str(tmp_path / "none"))
    with pytest.raises(EngineError, match="pip install graphviz-pure"):
        svg(GATED)


def test_without_any_engine_the_error_says_how_to_get_one(monkeypatch, tmp_path):
    monkeypatch.delenv("A1VIZ_DOT", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(layouts, "bundled_engine", lambda: None)
    with pytest.raises(EngineError, match="pip install graphviz-pure"):
        find_engine()


FAILURES = [
    ("echo broken >&2; exit 3", "status 3.*broken"),
    ("echo hello", "no layout"),
    ("echo {}", "no layout"),
    ("kill -9 $$", "status -9"),
    ("head -c 200000 /dev/zero | tr '\\0' '['", "no layout .RecursionError"),
    ("echo '[1, 2]'", "no layout"),
    ("""echo '{"bb": "0,0,1e400,9"}'""", "no layout"),
    ("""echo '{"bb": "0,0,1,9", "edges": [{"id": 1e400}]}'""", "no layout"),
    ("head -c 100000 /dev/urandom", "no layout"),
]


@pytest.mark.parametrize(("body", "said"), FAILURES)
def test_a_failing_engine_is_an_error_that_repeats_what_it_said(monkeypatch, tmp_path, body, said):
    monkeypatch.setenv("A1VIZ_DOT", program(tmp_path / "dot", body))
    with pytest.raises(EngineError, match=said):
        svg(GATED)


def test_an_engine_that_loses_an_edge_is_an_error(monkeypatch, tmp_path):
    lossy = f'grep -v id=3 | "{find_engine().path}" "$@"'
    monkeypatch.setenv("A1VIZ_DOT", program(tmp_path / "dot", lossy))
    with pytest.raises(EngineError, match="11 of 12 edges"):
        svg(GATED)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e9", "nan"])
@pytest.mark.parametrize("where", ["bb", "pos", "width", "lp"])
def test_what_is_nowhere_in_a_picture_is_no_layout(monkeypatch, where, number):
    def wrong(*question):
        answer = json.loads(ask(*question))
        for thing in (answer, *answer["objects"], *answer["edges"]):
            if where in thing:
                thing[where] = re.sub(r"[0-9.]+", number, thing[where], count=1)
        return json.dumps(answer)

    ask = layouts.ask
    monkeypatch.setattr(layouts, "ask", wrong)
    with pytest.raises(EngineError, match=r"no layout .ValueError"):
        svg(GATED)


def test_a_picture_may_be_as_large_as_the_limit_and_no_larger():
    assert layouts.numbers("1e7,-1e7") == [limits.GEOMETRY, -limits.GEOMETRY]
    with pytest.raises(ValueError, match="nowhere in a picture"):
        layouts.numbers("0,10000001")


@pytest.mark.parametrize("stream", ["1", "2"])
def test_an_engine_that_answers_without_end_is_stopped_at_the_limit(monkeypatch, tmp_path, stream):
    monkeypatch.setattr(layouts, "GEOMETRY_BYTES", 100_000)
    monkeypatch.setenv("A1VIZ_DOT", program(tmp_path / "dot", f"echo $$ > {tmp_path}/pid; exec yes >&{stream}"))
    with pytest.raises(EngineError, match="answered with more than 100,000 bytes"):
        svg(GATED, seconds=600)
    assert has_ended(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize("how", ["", "setsid "])
def test_who_keeps_the_pipes_of_an_engine_open_keeps_nobody_waiting(monkeypatch, tmp_path, how):
    child = f'{how}sh -c "echo \\$\\$ > {tmp_path}/child; exec sleep 600" & while ! [ -s {tmp_path}/child ]; do :; done'
    body = f'"{find_engine().path}" "$@"; {child}'
    monkeypatch.setenv("A1VIZ_DOT", program(tmp_path / "dot", body))
    assert svg(GATED, seconds=600).startswith("<svg")
    child = int((tmp_path / "child").read_text())
    if how:  # it has left the group of its own accord
        os.kill(child, signal.SIGKILL)
    else:
        assert has_ended(child)


def test_ctrl_c_while_an_engine_is_being_started_leaves_none(monkeypatch, tmp_path):
    started = []

    class Interrupted(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self.pid)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setenv("A1VIZ_DOT", program(tmp_path / "dot", "exec sleep 600"))
    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            layouts.ask(find_engine(), [], "", 600)
    finally:
        signal.signal(signal.SIGINT, before)
    assert started and all(map(has_ended, started))


def test_an_engine_that_hangs_is_waited_for_once(monkeypatch):
    asked = []

    def hang(program, options, text, seconds):
        asked.append(seconds)
        raise LayoutTimeout("too long")

    monkeypatch.setattr(layouts, "ask", hang)
    with pytest.raises(LayoutTimeout):
        a1viz.draw(a1viz.load("gated_network")).to("svg")
    assert len(asked) == 2 and layouts.BUSY * sum(asked) < 20


def test_a_slow_engine_is_stopped_together_with_its_children(monkeypatch, tmp_path):
    monkeypatch.setenv("A1VIZ_DOT", program(tmp_path / "dot", f"sleep 9999 & echo $! > {tmp_path}/child; wait"))
    start = time.monotonic()
    with pytest.raises(LayoutTimeout, match=r"took longer than 0\.5 s"):
        svg(GATED, seconds=0.5)
    assert time.monotonic() - start < 999, "it was waited for"
    assert has_ended(int((tmp_path / "child").read_text()))


# Drawing


@pytest.mark.parametrize("theme", ["auto", "light", "dark", "print"])
def test_every_theme_gives_a_picture_with_words(theme):
    root = ET.fromstring(svg(GATED, theme))
    assert root.get("role") == "img"
    assert "viewBox" in root.attrib
    assert "width" not in root.attrib
    assert "data-search-exclude" in root.attrib
    assert root.find(f"{NAMESPACE}title").text == "Gated network"
    words = root.find(f"{NAMESPACE}desc").text
    assert all(line.words in words for box in GATED.boxes for line in box.lines)
    assert "x to z1, D numbers" in words
    boxes = [group for group in root.iter(f"{NAMESPACE}g") if group.get("role") == "img"]
    assert [group.get("aria-label").split(",")[0] for group in boxes] == [box.lines[0].text for box in GATED.boxes]
    assert ("var(--a1viz-paper)" in svg(GATED, theme)) == (theme == "auto")


def test_two_pictures_on_a_page_share_no_id():
    other = Diagram(GATED.name, GATED.title, "Another.", BOXES, EDGES)
    pages = [svg(GATED), svg(other), svg(GATED, "light")]
    ids = [re.findall(r'\bid="([^"]*)"', page) for page in pages]
    assert all(len(each) == len(set(each)) for each in ids)
    assert len(set().union(*ids)) == sum(map(len, ids))
    for page, known in zip(pages, ids, strict=True):
        assert set(re.findall(r'href="#([^"]*)"', page)) <= set(known)
        name = re.search(r'class="a1viz ([^"]*)"', page)[1]
        assert all(
            name in rule
            for rule in re.findall(r"[^{}]+(?=\{[^@])", page[page.index("<style>") + 7 : page.index("</style>")])
            if not rule.startswith("@media")
        )


def test_backward_edges_differ_by_more_than_colour():
    page = svg(Diagram("d", "d", "d", (BOXES[0], BOXES[-1]), (Edge("x", "J"), Edge("J", "x", kind="backward"))), "print")
    assert page.count('stroke-dasharray="5 3"') == 1


@pytest.mark.parametrize("theme", themes.THEMES)
@pytest.mark.parametrize(("seen", "behind", "least"), themes.PAIRS)
def test_colours_can_be_told_apart(theme, seen, behind, least):
    assert themes.contrast(themes.colour(seen, theme), themes.colour(behind, theme)) >= least


@pytest.mark.process
def test_pictures_are_the_same_in_every_process():
    code = (
        "import sys; from test_formats import GATED; "
        "from a1viz.pictures.svg_output import svg; from a1viz.pictures.dot_output import dot;"
        "import hashlib; print(hashlib.sha256((svg(GATED) + dot(GATED)).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            env=environment(PYTHONPATH=HERE, PYTHONHASHSEED=seed),
        ).stdout
        for seed in ("0", "1", "42")
    }
    assert len(digests) == 1


def test_four_hundred_boxes_are_drawn_in_a_moment():
    count = 400
    boxes = tuple(Box(f"v{n}", (Line(f"v_{n % 10}", "v", "v"),)) for n in range(count))
    diagram = Diagram("many", "many", "many", boxes, tuple(Edge(f"v{n // 2}", f"v{n}", "D") for n in range(1, count)))
    svg(diagram)
    with within(30):
        svg(diagram)


def test_a_png_has_ink_in_it():
    page = svg(GATED, "light")
    picture = png(page, 0.5)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])
    sizes = re.search(r'viewBox="0 0 (\S+) (\S+)"', page).groups()
    assert (width, height) == tuple(round(float(size)) for size in sizes)
    data = b"".join(chunk for kind, chunk in chunks(picture) if kind == b"IDAT")
    assert len(set(zlib.decompress(data))) > 50


def chunks(picture: bytes):
    """The parts of a PNG."""
    place = 8
    while place < len(picture):
        length = int.from_bytes(picture[place : place + 4])
        yield picture[place + 4 : place + 8], picture[place + 8 : place + 8 + length]
        place += 12 + length


@pytest.mark.parametrize(
    ("page", "said"),
    [("", "no viewBox"), ('<svg viewBox="0 0 10 10"><', "cannot be drawn"), ('<svg viewBox="0 0 99999 99999"/>', "too large")],
)
def test_a_png_of_something_else_is_an_error(page, said):
    with pytest.raises(OutputError, match=said):
        png(page)


def test_the_dot_of_the_gated_network_is_the_golden_one(request):
    golden = GOLDEN / "gated_network.dot"
    assert dot(GATED) == golden.read_text()


# Typesetting


SPACED = [("J = -S", "J=S"), ("(-b)", "(b)"), ("a, -b", "a, b")]


@pytest.mark.parametrize(("unary", "bare"), SPACED)
def test_a_minus_sign_belongs_to_what_follows_it(unary, bare):
    signed, sign = typeset.typeset(unary, 1000).width, typeset.typeset("-", 1000).width
    assert abs(signed - sign - typeset.typeset(bare, 1000).width) < 90


def test_a_transpose_keeps_its_distance_from_the_next_letter():
    marks = typeset.typeset(r"x^\top y", 1000).marks
    transpose, letter = marks[1:]
    right = max(float(x) for x in re.findall(r"(-?\d+) -?\d+", transpose.path)) * transpose.scale + transpose.x
    assert letter.x - right > 40


def test_fraction_bars_are_kept():
    assert [mark.name for mark in typeset.typeset(r"\frac{1}{2}").marks].count("") == 1


@pytest.mark.parametrize("inside", [r"\sum_{j} a_{j}", r"\frac{a_{i}}{\sum_{j} a_{j}}", r"\prod_{j=1} a_{j}", r"\sum_{i,j}^{n} a_{ij}"])
def test_parentheses_around_a_sum_are_as_high_as_the_sum(inside):
    bare, around = (typeset.typeset(latex, 10) for latex in (inside, rf"\left({inside}\right)"))
    assert around.ascent + around.descent < 1.4 * (bare.ascent + bare.descent)


@pytest.mark.parametrize(
    "latex",
    [
        r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
        r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
        r"\begin{cases} 1 & x > 0 \\ 0 & \text{else} \end{cases}",
    ],
)
def test_formulas_of_several_lines_are_typeset(latex):
    assert typeset.typeset(latex, 10).ascent + typeset.typeset(latex, 10).descent > 18


def test_a_formula_in_a_page_stands_on_the_baseline_and_tells_its_source():
    formula = ET.fromstring(typeset.inline_svg(r"\frac{a}{b} < 1"))
    assert formula.get("aria-label") == r"\frac{a}{b} < 1"
    assert "vertical-align:-" in formula.get("style")
    assert ET.fromstring(typeset.inline_svg("x", alt="the input")).get("aria-label") == "the input"


def test_bad_latex_is_shown_as_text():
    assert len(typeset.typeset(r"\frac{1}{").marks) == 9


def outlines_anew(latex: str, display: bool = True):
    """Typeset past the cache in memory."""
    return typeset.outlines.__wrapped__(latex, display)


PLANTED = b'[1,2,3,[["a","\\" onload=",0,0,1]]]'


@pytest.mark.parametrize("damage", [b"", b"{", b"null", b"[]", b"[1,2,3,[[1,2,3,4,5]]]", PLANTED, b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_cache_is_only_a_miss(monkeypatch, tmp_path, damage):
    monkeypatch.setenv("A1VIZ_CACHE", str(tmp_path))
    fresh = outlines_anew("a + b")
    (path,) = tmp_path.rglob("*.json")
    path.write_bytes(damage)
    assert outlines_anew("a + b") == fresh
    assert path.read_bytes() != damage


def test_a_cache_that_cannot_be_written_is_no_error(monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("A1VIZ_CACHE", str(blocked))
    assert outlines_anew("a + b")[0] > 0


@pytest.mark.process
def test_a_warm_cache_needs_no_typesetter():
    svg(GATED)
    code = (
        "import sys; from test_formats import GATED; "
        "from a1viz.pictures.svg_output import svg; svg(GATED);"
        "print([name for name in ('ziamath', 'graphviz') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, env=environment(PYTHONPATH=HERE), capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_picture_as_text_names_every_box_and_arrow():
    text = picture_text(GATED)
    assert "[z1] variable\n    z1 = W1 @ x + b1\n    ~ z1_bar = h1_bar * step(z1)\n    <-- x  (D,)\n" in text
