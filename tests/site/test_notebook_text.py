"""A page's Markdown as a notebook shows it, and its fences as Python that draws the same."""

from __future__ import annotations

import pytest
import yaml

import a1viz
from a1viz.base.errors import InputError
from a1viz.site import views
from a1viz.site.fence_code import CODE, fence_code, literal
from a1viz.site.notebook_text import levels, plain, unfolded

PLAIN = {  # a page's Markdown, and a notebook's
    "a comment": ("a <!-- over\nlines --> b", "a  b"),
    "attributes": ("## Title {#here .big}\n\nText. {: .small }", "## Title\n\nText."),
    "formulas": ("$W_{1}{.}$ [a](b.md) $$\n\\bar{#x}\n$$", "$W_{1}{.}$ a $$\n\\bar{#x}\n$$"),
    "code": ("`[a](b.md)` and ``<!-- x` -->``", "`[a](b.md)` and ``<!-- x` -->``"),
    "a backtick alone": ("a ` b\n\n[c](d.md) ` e", "a ` b\n\nc ` e"),
    "a block of code": ("```text\n[a](b.md) <!-- c -->\n```", "```text\n[a](b.md) <!-- c -->\n```"),
    "the opening of a block": ('```toml title="a.toml" linenums="1"\na = 1\n```', "```toml\na = 1\n```"),
    "a button": ("[Go](get.md){ .md-button }", "Go"),
    "a picture": ("![Two *moons*](moons.png)", "*Two *moons**"),
    "a title": ('[a](https://example.org "An example")', "[a](https://example.org)"),
    "a link to write": ("[me](mailto:me@example.org)", "[me](mailto:me@example.org)"),
    "a link with brackets": ("[`x[0]`, [1]](a.md)", "`x[0]`, [1]"),
    "footnotes": ("See.[^one]\n\n[^one]: There.", "See.<sup>one</sup>\n\n<sup>one</sup> There."),
    "abbreviations": ("The VJP.\n\n*[VJP]: vector-Jacobian product\n", "The VJP."),
    "Markdown in HTML": ('<div class="a" markdown="1">\n*b*\n</div>', '<div class="a">\n*b*\n</div>'),
    "many empty lines": ("a\n\n\n\nb", "a\n\nb"),
    "a dollar": ("It costs 5 $ and [a](b.md).", "It costs 5 $ and a."),
}


@pytest.mark.parametrize(("page", "notebook"), PLAIN.values(), ids=PLAIN)
def test_what_only_the_site_reads_becomes_plain(page, notebook):
    assert plain(page, "a.md") == notebook


def test_headings_go_deeper_but_not_those_in_code():
    text = "# A\n\n```text\n# b\n```\n\n##### C"
    assert plain(text, deeper=2) == "### A\n\n```text\n# b\n```\n\n###### C"
    assert levels(text) == [1, 5]


BOXES = {
    "a note": ("!!! note\n\n    Words.\n\nAfter.", "> **Note**\n>\n> Words.\n\nAfter."),
    "without a title": ('!!! note ""\n    Words.', "> Words.\n"),
    "a fold": ('???+ tip "Try"\n    Words.\n\n    - a', "**Try**\n\nWords.\n\n- a\n"),
    "tabs": ('=== "A"\n    One.\n\n=== "B"\n    Two.', "**A**\n\nOne.\n\n**B**\n\nTwo.\n"),
    "a box with a cell": ("!!! example\n    ```python\n    x = 1\n    ```", "**Example**\n\n```python\nx = 1\n```\n"),
    "a box in a box": ("!!! note\n    !!! tip\n        Deep.", "> **Note**\n>\n> > **Tip**\n> >\n> > Deep."),
    "an empty box": ("!!! note\n", "> **Note**\n>\n"),
    "code that looks like one": ("```text\n!!! note\n    Words.\n```", "```text\n!!! note\n    Words.\n```"),
}


@pytest.mark.parametrize(("page", "notebook"), BOXES.values(), ids=BOXES)
def test_boxes_folds_and_tabs_are_opened(page, notebook):
    found = unfolded(list(enumerate(page.split("\n"))))
    assert "\n".join(line for _, line in found).strip("\n") == notebook.strip("\n")
    assert [k for k, _ in found] == sorted(k for k, _ in found), "each line knows where it comes from"


FENCES = {  # a fence; what its cell says
    "graph: two_layer": 'a1viz.draw("two_layer")',
    "two_layer": 'a1viz.draw("two_layer")',
    "graph: two_layer\nview: values": 'a1viz.draw("two_layer", values=True)',
    "graph: two_layer\nset: {x: [1, .inf, 2]}": 'a1viz.draw("two_layer", values={"x": [1, float("inf"), 2]})',
    "graph: mlp\nview: neurons\nunits: 3\nlive: true": 'a1viz.draw("mlp", view="neurons", units=3)',
    "graph: mlp\nview: backward\nshow_parameters: true\ntheme: print": 'a1viz.draw("mlp", backward=True, parameters=True, theme="print")',
    "network: merge\nn: 4\nview: wires\nset: [3, 1, 4, 2]\nk: 3": 'a1viz.draw(a1viz.sorting.network("merge", 4), values=[3, 1, 4, 2], k=3)',
    "network: bubble\nn: 3\nwithout: [1, 3]\nview: wires": 'a1viz.draw(a1viz.sorting.network("bubble", 3).without(0, 2))',
    "graph: two_layer\nview: gradient\nwrt: x": 'a1viz.draw(a1viz.rewrite(a1viz.backward(a1viz.load("two_layer"), wrt=["x"])))',
    "graph: two_layer\nview: derivation\nonly: [h, x]": 'a1viz.derive(a1viz.load("two_layer"), wrt=["h", "x"])',
    "graph: two_layer\nview: derivation\nsteps: true\nonly: x": 'a1viz.derive_steps(a1viz.load("two_layer"), ["x"])',
    "graph: two_layer\nview: equations": 'print(a1viz.load("two_layer"))',
    "graph: two_layer\nview: plan": 'a1viz.draw(a1viz.compile(a1viz.load("two_layer")).plan())',
    "graph: mlp\nview: diff\nagainst: logistic_regression": 'a1viz.draw(a1viz.diff(a1viz.load("logistic_regression"), a1viz.load("mlp")))',
    "network: bubble\nn: 3\nwithout: 1\nview: diff": 'a1viz.draw(a1viz.diff(a1viz.sorting.network("bubble", 3).graph(), '
    'a1viz.sorting.network("bubble", 3).without(0).graph()))',
}  # fmt: skip


@pytest.mark.parametrize(("source", "code"), FENCES.items())
def test_a_fence_is_python_that_runs(source, code):
    assert fence_code(source) == (code, "")
    exec(code, {"a1viz": a1viz})


def test_every_view_is_tried_above():
    assert {(yaml.safe_load(source) if ":" in source else {}).get("view", "forward") for source in FENCES} == set(CODE) <= set(views.VIEWS)


@pytest.mark.parametrize(
    "source", [s for s in FENCES if ":" in s and (yaml.safe_load(s).get("view", "forward") in ("forward", "backward"))]
)
def test_the_picture_is_the_one_of_the_page(source):
    settings = yaml.safe_load(source)
    page = views.picture_of(views.drawn_graph(settings), settings, backward=settings.get("view") == "backward")
    assert eval(fence_code(source)[0], {"a1viz": a1viz}).svg == page.svg


def test_a_graph_written_in_the_fence_is_written_in_the_cell():
    code, caption = fence_code('equations: y = a * x\ninputs: {x: []}\nparameters: {a: []}\nvalues: {x: 2, a: 3}\ncaption: "\\\\ and \'"')
    assert caption == "\\ and '"
    assert "y = a * x" in str(eval(code, {"a1viz": a1viz}))


def test_a_document_in_a_file_stands_in_the_cell(tmp_path):
    (tmp_path / "mine.toml").write_text('title = "Mine"\nequations = "y = 2 * x"\n[inputs]\nx = []\n', encoding="utf-8")
    code, _ = fence_code(f"graph: {tmp_path / 'mine.toml'}")
    assert str(tmp_path) not in code and "y = 2 * x" in str(eval(code, {"a1viz": a1viz}))
    outer = 'title = "Outer"\nequations = "y = B(x)"\n[inputs]\nx = []\n[blocks]\nB = "mine.toml"\n'
    (tmp_path / "outer.toml").write_text(outer, encoding="utf-8")
    with pytest.raises(InputError, match="has blocks of its own, and a cell holds one document"):
        fence_code(f"graph: {tmp_path / 'outer.toml'}")


def test_a_document_keeps_its_backslashes_and_quotes():
    text = 'title = """A title"""\nequations = "y = x"  # \\hat y, "y"\n[inputs]\nx = []\n'
    code, _ = fence_code("graph: mine.toml", {"mine.toml": text})
    assert eval(code.removeprefix("a1viz.draw(a1viz.loads(").removesuffix("))")) == text
    assert eval(code, {"a1viz": a1viz}).graph.document.title == "A title"


def test_an_exercise_is_no_cell():
    assert fence_code("graph: mlp\nexercise: derive\nof: W1") == ("", "")
    assert fence_code("exercise: value\nquestion: How many?\nanswer: 3") == ("", "How many?")


@pytest.mark.parametrize("view", sorted(set(views.VIEWS) - set(CODE)))
def test_other_views_are_refused_by_name(view):
    with pytest.raises(InputError, match=f"a notebook shows no view: '{view}'"):
        fence_code(f"graph: two_layer\nview: {view}")


def test_what_is_no_number_is_written_as_python_reads_it():
    value = {"a": [1, 2.5, float("inf"), -float("inf")], 'q"': True, "none": None}
    assert eval(literal(value)) == value
    assert eval(literal(float("nan"))) != eval(literal(float("nan")))
