"""The README and the documentation say what is so: their code runs, their fences draw, and they leave nothing public out."""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import click
import pytest
import yaml
from conftest import ROOT, environment
from listed_pages import TITLES

import a1viz
from a1viz.base import errors, limits
from a1viz.base.errors import GraphError
from a1viz.cli.commands import cli
from a1viz.cli.graph_commands import RENDERED
from a1viz.graph import schema
from a1viz.graph.declarations import check_name
from a1viz.graph.nodes import Graph
from a1viz.pictures.drawing import FORMATS
from a1viz.pictures.engine import find_engine
from a1viz.site import fence, options, views
from a1viz.site.chapters import chapter_texts
from a1viz.site.hand_in import file_names
from a1viz.site.page_code import blocks as fenced
from a1viz.site.page_code import commands, filled, program, transcript
from a1viz.site.pages import write_pages
from a1viz.sorting import network, sort

DOCS = ROOT / "docs"
README = ROOT / "README.md"
MADE = ("gallery", "models")  # folders of pages that the build writes
WRITTEN = sorted(path for path in DOCS.rglob("*.md") if path.name not in ("gallery.md", "operators.md") and path.parent.name not in MADE)
EVERY = [README, *WRITTEN]
HOST = re.compile(r"https?://(?!toml\.io)[\w.-]+")
HAND_IN = file_names(chapter_texts(DOCS)).values()  # which the build puts at the top of the site
COMPUTED = re.compile(r"^\s*(\[-?\d|-?\d+\.\d{4,})", re.M)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def shown(path: Path) -> tuple[str, tuple[str, ...]]:
    """A page with what its code prints, and what went wrong."""
    wrong: list[str] = []
    page = filled(text_of(path), lambda line, message: wrong.append(f"{name(path)}, line {line}: {message}"), path.parent)
    return page, tuple(wrong)


def reference(page: str) -> str:
    return text_of(DOCS / "reference" / f"{page}.md")


# --- what a page shows is run -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EVERY, ids=name)
def test_the_code_of_a_page_runs(path):
    assert not shown(path)[1], "\n".join(shown(path)[1])


@pytest.mark.parametrize("path", EVERY, ids=name)
def test_a_typed_output_is_what_the_command_prints(path):
    page = fenced(text_of(path))
    typed_blocks = [(b, commands(b)) for b in page if b.language == "console" and any(typed for _, typed in commands(b))]
    for block, run in typed_blocks:
        files = tuple((b.title, b.body) for b in page if b.title and b.last < block.first)
        printed = transcript(files, tuple(command for command, _ in run))
        for (command, typed), (said, _) in zip(run, printed, strict=True):
            assert not typed or typed == said.strip("\n"), f"$ {command}"


@pytest.mark.parametrize("path", WRITTEN, ids=name)
def test_the_documentation_types_no_output_by_hand(path):
    found = [b for b in fenced(text_of(path)) if b.language == "console" for _, typed in commands(b) if typed]
    assert not found, "the build prints what a command prints; leave it out of the page"


@pytest.mark.parametrize("path", WRITTEN, ids=name)
def test_every_fence_of_a_page_draws(path):
    page = [b for b in fenced(shown(path)[0]) if b.language == "a1viz"]
    for block in page:
        drawn = fence.format(block.body)
        assert "a1viz-error" not in drawn, drawn
        assert "<svg" in drawn or "<table" in drawn or "data-a1viz-exercise" in drawn


def test_a_page_without_code_stays_as_it_is():
    text = "# Title\n\nWords, `code`.\n\n~~~~\n```python\nraise SystemExit(1)\n```\n~~~~\n"
    assert filled(text, lambda line, message: pytest.fail(message)) == text


def test_a_page_that_continues_another_has_its_definitions_and_prints_none_of_it(tmp_path):
    first = '```python\nimport math\n\n\ndef half(x):\n    return x / 2\n\n\nprint("unseen")\n```\n'
    (tmp_path / "first.md").write_text(first, encoding="utf-8")
    text = "<!-- continues: first.md -->\n\n```python\nprint(math.floor(half(7)))\n```\n"
    assert filled(text, pytest.fail, tmp_path).endswith("a1viz-output}\n3\n```\n")
    wrong: list[str] = []
    filled(text.replace("first", "lost"), lambda line, said: wrong.append(said), tmp_path)
    assert "continues lost.md, which is not there" in wrong[0]


def test_a_failing_block_is_reported_with_its_line():
    wrong: list[tuple[int, str]] = []
    filled("```python\nx = 1\n```\n\n```python\nprint(y)\n```\n\n```console\n$ a1viz show nothing\n```\n", lambda *said: wrong.append(said))
    assert [line for line, _ in sorted(wrong)] == [5, 9]
    assert "NameError" in sorted(wrong)[0][1]
    assert "no graph is called 'nothing'" in sorted(wrong)[1][1]


WARNED = {  # what a page does, and whether it fails
    "the page warns": ("import warnings\nwarnings.warn('careful')\n", True),
    "the page is old-fashioned": ("import warnings\nwarnings.warn('careful', DeprecationWarning)\n", True),
    "a function of the page warns": ("import warnings\ndef f(): warnings.warn('careful')\nf()\n", True),
    "the page's own syntax is doubtful": ("if 1 is 1: print('careful')\n", True),
    "NumPy warns of the page's numbers": ("import numpy as np\nnp.log(np.zeros(1))  # careful\n", True),
    "a package warns of how the page calls it": ("import package\npackage.old()\n", True),
    "a1viz warns": ("exec('import warnings; warnings.warn(\"careful\")', {'__name__': 'a1viz.run'})\n", True),
    "a package warns while it is imported": ("import package\nprint('fine')\n", False),
    "a package with a similar name warns": ("import a1vizier\nprint('fine')\n", False),
    "a package warns of itself": ("import package\npackage.itself()\nprint('fine')\n", False),
}


@pytest.mark.parametrize(("page", "fails"), WARNED.values(), ids=WARNED)
def test_a_page_fails_on_warnings_of_its_own_and_of_a1viz_alone(page, fails, tmp_path, monkeypatch):
    warn = "import warnings\nwarnings.warn('careful')\n"
    (tmp_path / "a1vizier.py").write_text(warn)
    (tmp_path / "package.py").write_text(
        f"{warn}def old(): warnings.warn('careful', DeprecationWarning, stacklevel=2)\ndef itself(): warnings.warn('careful')\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    printed, failed = program((page,))
    assert ("careful" in failed) if fails else (printed, failed) == (["fine\n"], "")


def test_a_failure_that_is_asked_for_is_none():
    page = filled("```console\n$ a1viz show nothing\n$ echo $?\n```\n", lambda line, message: pytest.fail(message))
    assert page.split("\n")[-3:] == ["2", "```", ""]


def test_a_fence_may_draw_a_document_of_the_page():
    toml = '```toml title="a.toml"\ntitle = "A"\nequations = "y = 2"\n```\n'
    page = filled(toml + "\n```a1viz\ngraph: a.toml\nview: forward\n```\n", pytest.fail)
    assert page.endswith('```a1viz\ntitle: "A"\nequations: "y = 2"\nview: forward\n```\n')


# --- pages, links, hosts ------------------------------------------------------------------------------------------------------


def test_every_page_is_in_the_navigation_and_has_something_to_say(tmp_path):
    generated = {path.relative_to(tmp_path).as_posix(): path for path in write_pages(tmp_path)}
    behind = {page for page in generated if page.partition("/")[0] in MADE}  # cards, which the page of all of them leads to
    assert {path.relative_to(DOCS).as_posix() for path in WRITTEN} | set(generated) == set(TITLES) | behind
    assert not [page for page in (*TITLES, *behind) if not text_of(generated.get(page, DOCS / page)).strip()]


@pytest.mark.parametrize("path", EVERY, ids=name)
def test_every_link_of_a_page_leads_somewhere(path):
    for target in re.findall(r"\]\(([^)#\s]+)", text_of(path)):
        if not target.startswith("https:"):
            there = path.parent / target
            is_made = there.name in ("gallery.md", "operators.md", *HAND_IN) or there.parent.name in MADE
            assert there.exists() or is_made or re.match(r"chapter-\d-(light|dark)\.svg", there.name), target


@pytest.mark.parametrize("path", EVERY, ids=name)
def test_no_page_names_a_host_or_a_place_on_a_machine(path):
    assert not HOST.findall(text_of(path))
    assert not re.findall(r"(?:^|\s)/(?:home|root|work|tmp|Users)/", shown(path)[0])


@pytest.mark.parametrize("path", WRITTEN, ids=name)
def test_no_page_types_a_computed_number(path):
    text = text_of(path)
    lines = text.split("\n")
    for block in fenced(text):
        lines[block.first : block.last + 1] = [""] * (block.last - block.first + 1)
    assert not COMPUTED.findall("\n".join(lines))


# --- the README ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["linear-regression", "backpropagation", "hard-coded-networks", "programming"])
def test_the_overview_of_a_chapter_shows_a_picture_before_its_table(name):
    front, _, rest = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8").partition("| chapter |")
    assert rest and front.count("\n```a1viz\n") == 1 and "\ncaption: " in front


def test_the_overview_counts_the_equations_that_the_chapter_derives():
    chapter = (ROOT / "docs" / "automatic-differentiation.md").read_text(encoding="utf-8").partition("### The answer")[0]
    names = [line.removeprefix("only: ").strip("[]").split(", ") for line in chapter.splitlines() if line.startswith("only: ")]
    words = {10: "ten"}[sum(map(len, names))]
    assert f"{words} short equations" in (ROOT / "docs" / "backpropagation.md").read_text(encoding="utf-8")


def test_the_readme_opens_with_the_two_commands():
    first = next(b for b in fenced(text_of(README)) if b.language)
    assert [line.split("#")[0].strip() for line in first.body.split("\n") if line] == ["make site", "make test"]
    assert text_of(README)[:200].startswith("# a1viz")


def test_the_picture_of_the_readme_is_what_the_command_draws(request):
    path = DOCS / "assets" / "gated_network.svg"
    picture = a1viz.draw(a1viz.load("gated_network"), backward=True)
    if request.config.getoption("--update-goldens"):
        picture.save(path)
    told = "draw it again: a1viz render gated_network --backward -o docs/assets/gated_network.svg"
    committed, now = text_of(path), picture.svg
    assert re.findall(r"<(?:title|desc)[^>]*>[^<]*", committed) == re.findall(r"<(?:title|desc)[^>]*>[^<]*", now), told
    if find_engine().kind == "bundled":  # another engine may put boxes elsewhere
        assert committed == now, told


# --- what a page says and what it shows ---------------------------------------------------------------------------------------


def test_the_picture_of_a_broken_network_shows_a_list_that_it_leaves_unsorted():
    page = [yaml.safe_load(b.body) for b in fenced(text_of(DOCS / "sorting-any.md")) if b.language == "a1viz"]
    shown = [settings for settings in page if "without" in settings and "exercise" not in settings]
    assert shown
    for settings in shown:
        broken = network(settings["network"], settings["n"]).without(
            settings["without"] - 1
        )  # the fence counts from 1, as the picture does
        found = sort(settings["set"], broken).tolist()
        assert found != sorted(settings["set"])


def test_every_sweep_of_the_page_on_double_descent_shows_one():
    page = shown(DOCS / "regression-double-descent.md")[0]
    assert page.count("larger by") >= 2 and "no n1 < n2" not in page


# --- the references are complete ----------------------------------------------------------------------------------------------


def signature(public: str) -> str:
    """A signature as the page writes it: no annotations, long defaults left out."""
    function = getattr(a1viz, public)
    if inspect.isclass(function):
        return f"a1viz.{public}"
    shown = inspect.signature(function)
    bare = [
        p.replace(annotation=p.empty, default=p.default if p.default is p.empty or len(repr(p.default)) < 40 else Ellipsis)
        for p in shown.parameters.values()
    ]
    return f"a1viz.{public}{shown.replace(parameters=bare, return_annotation=shown.empty)}".replace("=Ellipsis", "=...")


@pytest.mark.parametrize("public", a1viz.PUBLIC)
def test_every_public_name_is_explained_with_its_signature(public):
    page = reference("api")
    section = page.partition(f"\n### {public}\n")[2].partition("\n### ")[0]
    assert f"\n`{signature(public)}`\n" in section
    assert "```py" in section  # `py` where it needs what is not installed everywhere


def test_the_python_page_explains_nothing_that_is_gone():
    assert set(re.findall(r"^### (\w+)$", reference("api"), re.M)) == set(a1viz.PUBLIC)


@pytest.mark.parametrize("command", cli.commands)
def test_every_command_has_its_section_with_its_own_help(command):
    page, _ = shown(DOCS / "reference" / "command-line.md")
    section = page.partition(f"\n## {command}\n")[2].partition("\n## ")[0]
    assert f"$ a1viz {command} --help\nUsage: a1viz {command}" in section
    for option in cli.commands[command].params:
        if isinstance(option, click.Option):
            assert all(flag in section for flag in option.opts), option.opts


def test_the_command_line_knows_every_picture_format():
    assert tuple(FORMATS) == RENDERED


def test_every_key_of_a_document_is_explained():
    page = reference("documents")
    for key in schema.TEXTS + schema.NETWORK + schema.GOALS:
        assert f"| `{key}` |" in page, key
    for key in schema.TABLES:
        assert f"| `[{key}]` |" in page, key


def test_every_error_is_explained():
    family = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.A1vizError)]
    assert not [kind for kind in family if f"| `{kind.__name__}` |" not in reference("documents")]


def test_the_limits_are_those_of_the_code():
    page = reference("documents")
    said = {
        "EQUATIONS_CHARACTERS": "the equations of a text | {:,} characters",
        "EQUATION_TERMS": "an equation | {:,} names, numbers, signs",
        "EQUATION_NESTING": "`.T`; brackets {:,} deep",
        "EQUATION_PROBLEMS": "of a document, {:,} of one text of equations",
        "NAME_CHARACTERS": "a name | {:,} characters",
        "TOML_NESTING": "brackets in a document | {:,} deep",
        "TOML_KEY_PARTS": "`a.b.c` | {:,} parts",
        "DOCUMENT_PROBLEMS": "problems reported together | {:,} of a document",
        "LABEL_CHARACTERS": "`look` | {:,} characters each",
        "DOCUMENT_WIRES": "`wires` | {:,} |",
        "GRAPH_NODES": "{:,} variables",
    }
    for limit in (f"{limits.DOCUMENT_BYTES:,} bytes", *(text.format(getattr(limits, name)) for name, text in said.items())):
        assert limit in page, limit
    page = reference("command-line")
    assert limits.UNPACKED_BYTES == limits.VALUE_BYTES
    for limit in (limits.DOCUMENT_BYTES, limits.NETWORK_BYTES, limits.VALUE_BYTES):
        assert f"more than {limit:,} bytes" in page, limit
    assert limits.table() in shown(DOCS / "reference" / "limits.md")[0]
    check_name("a" * 100)
    with pytest.raises(GraphError, match="at most 100"):
        check_name("a" * 101)


def test_names_are_printed_as_the_page_says():
    from a1viz.calculus.notation import symbol

    row = re.compile(r"^\| (`.+?`) \| (.+?) \|", re.M)
    section = reference("notation").partition("## How names are printed")[2].partition("\n## ")[0]
    compared = 0
    for names, formulas in row.findall(section):
        for variable, latex in zip(re.findall(r"`(\w+)`", names), re.findall(r"\$(.+?)\$", formulas), strict=True):
            shape = [] if variable in ("s", "alpha", "loss") else [2, 2] if variable[0].isupper() else [2]
            graph = a1viz.parse(f"q = {variable}", {variable: shape})
            assert plain(symbol(graph, variable)) == plain(latex), variable
            compared += 1
    assert compared > 10


def plain(latex: object) -> str:
    """LaTeX without braces that group one sign."""
    return re.sub(r"\{(\w)\}", r"\1", str(latex)).replace(" ", "")


def test_every_option_and_view_of_the_fence_is_explained():
    page = text_of(DOCS / "how-to" / "own-site.md")
    assert not [key for key in (*options.OPTIONS, *views.VIEWS) if f"| `{key}` |" not in page]
    table = page.partition("\n## Options\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.M)) == {*options.OPTIONS, *views.VIEWS}


def test_the_mistake_shown_is_what_a_mistake_looks_like():
    assert fence.format("graph: two_layer\nview: backwards") in text_of(DOCS / "how-to" / "own-site.md")


def test_the_graph_attributes_the_page_names_exist():
    page = reference("api")
    graph = a1viz.load("two_layer")
    for attribute in re.findall(r"`g\.(\w+)`", page):
        assert hasattr(graph, attribute), attribute
    assert isinstance(graph, Graph)


# --- the fence, as the how-to promises ----------------------------------------------------------------------------------------


def test_a_fence_follows_its_document_and_the_blocks_beside_it(tmp_path):
    (tmp_path / "inner.toml").write_text('title = "Inner"\nequations = "v = 2 * u"\n[inputs]\nu = []\n', encoding="utf-8")
    outer = tmp_path / "outer.toml"
    inputs = "[inputs]\nx = []\n[values]\nx = 1\n"
    outer.write_text(f'title = "Outer"\nequations = "y = B(x)"\n{inputs}[blocks]\nB = "inner"\n', encoding="utf-8")
    source = f"graph: {outer}\nview: table"
    assert "<pre>2.</pre>" in fence.format(source)
    (tmp_path / "inner.toml").write_text('title = "Inner"\nequations = "v = 30 * u"\n[inputs]\nu = []\n', encoding="utf-8")
    assert "<pre>30.</pre>" in fence.format(source)


def test_only_some_equations_of_a_derivation_can_be_shown():
    def equations(settings: str) -> int:
        return fence.format(f"graph: gated_network\nview: derivation\n{settings}").count("equals")

    assert equations("only: x") == 1
    assert equations("only: [z1, z2]") == 2
    assert equations("wrt: x") == len(a1viz.derive(a1viz.load("gated_network"), ["x"]).steps)


def test_the_backward_pass_can_be_drawn_as_a_graph():
    drawn = fence.format("graph: gated_network\nview: gradient\nwrt: x")
    picture = a1viz.draw(a1viz.rewrite(a1viz.backward(a1viz.load("gated_network"), ["x"])))
    assert picture.svg in drawn
    assert "<details>" in drawn


@pytest.mark.parametrize("wrong", ["only: nothing", "only: {x: 1}", "wrt: [1]", "wrt: t"])
def test_a_wrong_option_is_a_message_in_the_page(wrong):
    assert "a1viz-error" in fence.format(f"graph: gated_network\nview: derivation\n{wrong}")


@pytest.mark.process
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_switched_on_as_the_page_says(shell):
    line = re.search(rf"(_A1VIZ_COMPLETE)=({shell}_source) a1viz", reference("command-line"))
    if shutil.which(shell) or shell != "bash":  # click asks bash for its version
        asked = environment(**{line[1]: line[2]})
        done = subprocess.run([sys.executable, "-m", "a1viz"], env=asked, capture_output=True, text=True, check=True)
        assert "_A1VIZ_COMPLETE" in done.stdout
