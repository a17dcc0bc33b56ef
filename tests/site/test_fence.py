"""The fence: whatever its YAML says, it is drawn or answered in our words, in time; what is drawn twice on a page has its own ids."""

from __future__ import annotations

import random
import re
from types import SimpleNamespace

import markdown
import numpy as np
import pytest
from conftest import TIMES
from harmless import within

from a1viz.base import limits
from a1viz.base.errors import A1vizError, InputError, shown
from a1viz.calculus.step_by_step import derive_steps
from a1viz.fence import format, validate
from a1viz.pictures.sizes import typeset_in
from a1viz.site import fence, tables, views
from a1viz.site.options import OPTIONS, from_yaml, read
from a1viz.site.pages import on_page_markdown

OWN = "equations: |\n  y = sum(x)\ninputs: {x: [D]}\n"


def said(text: str) -> str:
    """The message in place of a picture."""
    found = re.search(r'<div class="a1viz-error".*<pre>(.*)</pre></div>', format(text), re.S)
    assert found, "it was drawn"
    return found[1].replace("&#x27;", "'").replace("&lt;", "<").replace("&amp;", "&")


# --- YAML -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("1e-3", 0.001),
        ("[1e3, 1E+3, 2.5e-1, .5, 5., -3, +3, 007]", [1000.0, 1000.0, 0.25, 0.5, 5.0, -3, 3, 7]),
        ("[true, True, false, ~, null, '']", [True, True, False, None, None, ""]),
        ("[.inf, -.inf]", [np.inf, -np.inf]),
        ("[yes, no, on, 2001-01-01, 1:30, 0x10, 1_000, '1', '<<']", ["yes", "no", "on", "2001-01-01", "1:30", "0x10", "1_000", "1", "<<"]),
        ("a: |\n  one\n  two\nb: >\n  three\n", {"a": "one\ntwo\n", "b": "three\n"}),
        ("1: x\ntrue: y", {"1": "x", "true": "y"}),
        ("a:\n- 1\n- {b: [c]}", {"a": [1, {"b": ["c"]}]}),
        ("", None),
    ],
)
def test_yaml_is_read_as_texts_numbers_lists_and_tables(text, data):
    assert from_yaml(text) == data


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x [1]\nb: *x", "line 1: anchors (&) and aliases (*) are not read"),
        ("caption: *this*", "not YAML"),
        ("caption: *this", "anchors (&) and aliases (*) are not read; write the value where it is meant, or put it into quotes"),
        ("a: !!python/name:os.system x", "line 1: the tag 'tag:yaml.org,2002:python/name:os.system' is not read"),
        ("a: !!set {b}", "the tag"),
        ("a: 1\n---\nb: 2", "line 2: a fence is one document"),
        ("a: 1\na: 2", "line 2: 'a' is given twice"),
        ("{[1]: 2}", "line 1: a key must be a text"),
        ("{{a: 1}: 2}", "a key must be a text"),
        ("a: " + "9" * 401, "a number has at most 400 digits, and this one has 401"),
        ("- [", "not YAML"),
        ("\0", "not YAML"),
    ],
)
def test_what_yaml_has_beyond_that_is_refused(text, message):
    with pytest.raises(InputError) as caught:
        from_yaml(text)
    assert message in str(caught.value)


def test_the_text_of_a_fence_has_bounds():
    inside = "a: " + "[" * (limits.FENCE_NESTING - 1) + "]" * (limits.FENCE_NESTING - 1)
    assert from_yaml(inside)
    with pytest.raises(InputError, match=f"line 1: lists and tables are nested more than {limits.FENCE_NESTING} deep"):
        from_yaml(inside.replace("[]", "[[]]"))
    full = "a: '" + "x" * (limits.FENCE_CHARACTERS - 5) + "'"
    assert len(from_yaml(full)["a"]) == limits.FENCE_CHARACTERS - 5
    with pytest.raises(InputError, match="a fence has at most 65,536 characters, and this one has 65,537"):
        from_yaml(full + " ")
    assert read(f"graph: mlp\ncaption: {'x' * limits.CAPTION_CHARACTERS}")
    with pytest.raises(InputError, match="caption must be text of at most 2,000 characters"):
        read(f"graph: mlp\ncaption: {'x' * (limits.CAPTION_CHARACTERS + 1)}")


BOMB = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]\n" for k in range(1, 12))
COSTLY = {
    "aliases that double": BOMB + "graph: mlp\ncaption: *a11",
    "a network as a graph": "network: bubble\nn: 100",
    "a network of many wires": "network: merge\nn: 1000\nview: wires",
    "a vast size": OWN + "sizes: {D: 100000000}\nview: table",
    "a vast size, differentiated": OWN + "sizes: {D: 100000000}\nview: backward\nset: {}",
    "brackets": "graph: " + "[" * 60_000,
    "numbers": "graph: mlp\nset: {x: [" + "1," * 30_000 + "1]}",
    "many equations": "equations: |\n" + "".join(f"  a{k} = tanh(x * {k})\n" for k in range(2000)) + "inputs: {x: []}\nview: derivation",
    "many boxes": "equations: |\n" + "".join(f"  a{k} = tanh(x * {k})\n" for k in range(2000)) + "inputs: {x: []}\nview: backward",
    "keys": "\n".join(f"k{k}: {k}" for k in range(6000)) + "\ngraph: mlp",
    "a table of keys": "graph: mlp\nset: {" + ", ".join(f"k{k}: {k}" for k in range(5000)) + "}",
}


@pytest.mark.parametrize("text", COSTLY.values(), ids=COSTLY)
def test_a_costly_fence_is_answered_in_time(text):
    with within():
        made = format(text)
    assert len(made) < 3_000_000


def test_a_table_of_values_has_a_bound(monkeypatch):
    text = "network: bubble\nn: 3\nview: table"
    whole = format(text).count("<tr>")
    monkeypatch.setattr(tables, "TABLE_ROWS", whole - 1)
    assert "more</td>" not in views.table_html(read(text))
    monkeypatch.setattr(tables, "TABLE_ROWS", 4)
    cut = views.table_html(read(text))
    assert f"… {whole - 1 - 4} more</td>" in cut and cut.count("<tr>") == 1 + 4 + 1
    assert limits.TABLE_ROWS == 300


def test_a_derivation_of_entries_is_shown_and_said():
    html = fence.html(read("graph: two_layer\nview: derivation\nentries: true"))
    assert html.count("<li>") == 6
    assert "h bar entry i equals the sum over j of W 2 entry j, i times y bar entry j" in html


@pytest.mark.parametrize(("view", "count"), [("derivation", 3), ("rewrite", 1)])
def test_a_list_of_formulas_has_a_bound(view, count, monkeypatch):
    text = f"graph: two_layer\nview: {view}"
    whole = fence.html(read(text))
    assert "more</li>" not in whole and whole.count("<li>") > count
    monkeypatch.setattr("a1viz.pictures.sizes.typeset_in", lambda seconds, formulas: count)
    cut = fence.html(read(text))
    assert f"<li>… {whole.count('<li>') - count} more</li>" in cut and cut.count("<li>") == count + 1


def test_a_derivation_is_told_step_by_step(monkeypatch):
    text = "graph: gated_network\nview: derivation\nsteps: true\nonly: [y, h1]"
    told = derive_steps("gated_network", ["y", "h1"]).steps
    whole = fence.html(read(text))
    assert whole.count('<ol class="a1viz-steps">') == 2 and whole.count("<ul>") == sum(step.kind == "use" for step in told)
    assert whole.count("<li>") == len(told) and "more</p>" not in whole
    assert "<code>softmax(x)</code> for" in whole and "Error minus share: <svg" in whole
    monkeypatch.setattr("a1viz.pictures.sizes.typeset_in", lambda seconds, formulas: 3)
    cut = fence.html(read(text))
    assert cut.count("<li>") == 3 and f"<p>… {len(told) - 3} more</p>" in cut
    with pytest.raises(A1vizError, match="gated_network has no variable 'q'"):
        fence.html(read("graph: gated_network\nview: derivation\nsteps: true\nonly: q"))


def test_a_fence_tells_the_steps_of_a_bounded_number_of_variables():
    names = [f"x{k}" for k in range(limits.VARIABLES_TOLD + 1)]
    text = f"equations: J = {' + '.join(names)}\ninputs: {{{', '.join(f'{n}: []' for n in names)}}}\nview: derivation\nsteps: true\n"
    assert '<ol class="a1viz-steps">' in format(f"{text}only: [{', '.join(names[1:])}]")
    assert said(f"{text}only: [{', '.join(names)}]") == "steps of 21 variables; a fence tells those of 20: name them, as in only: [x0]"
    assert said(text).startswith("steps of 22 variables")
    assert said(f"{text}entries: true") == "steps and entries are two forms of a derivation; leave one out"


def test_formulas_are_counted_by_how_long_they_take():
    assert typeset_in(limits.DRAWING_SECONDS, ["x"] * 5) == 5
    assert 1 < typeset_in(limits.DRAWING_SECONDS, ["x" * 100] * 1000) < 200
    assert typeset_in(2, ["x" * 2000] * 100) < typeset_in(2, ["x" * 1000] * 100) < typeset_in(4, ["x" * 1000] * 100)
    assert typeset_in(0, ["x"] * 5) == 1


def test_a_fence_shows_what_differs_with_a_table_below():
    made = format("graph: gated_network\nagainst: mlp\nview: diff")
    assert "a1viz-error" not in made and "<details><summary>A is mlp, B is gated_network: " in made and "<td>only in B</td>" in made
    made = format("network: merge\nn: 4\nwithout: 5\nview: diff")
    assert "<td>S5</td><td>only in A</td>" in made
    assert "say which: against" in said("graph: two_layer\nview: diff")
    assert "no graph is called" in said("graph: two_layer\nagainst: two_lay\nview: diff")
    assert "against must be a name" in said("graph: two_layer\nagainst: [mlp]\nview: diff")
    assert "add view: diff" in said("graph: two_layer\nagainst: mlp")


# --- settings ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("graph: two_layer\nlive: 1", "live must be true or false, got 1"),
        (
            "graph: two_layer\nlive: true\nview: plan",
            "live is for view: forward, backward, values, neurons, wires and ranks; leave it out here",
        ),
        ("graph: two_layer\nlive: true\ntheme: neon", "unknown theme 'neon'"),
        ("graph: two_layer\nlive: true\nset: {x: [1]}", "D is 1 (from x); give W1 too"),
        ("network: bubble\nn: 40\nlive: true", f"a live picture has at most {limits.LIVE_NODES:,} nodes"),
        (
            "equations: y = sum(x)\ninputs: {x: [D]}\nsizes: {D: 3}\nlive: true\nset: {x: [" + "1, " * limits.LIVE_NUMBERS + "1]}",
            f"a live picture has at most {limits.LIVE_NUMBERS:,} numbers to change",
        ),
        ("graph: two_layer\ntheme: 1", "theme must be a name such as dark, got 1"),
        ("graph: two_layer\ntheme: blue", "unknown theme 'blue'"),
        ("graph: two_layer\nset: {trace: 1}", "trace is not a variable of this graph"),
        ("graph: two_layer\nset: {rng: 1}\nview: table", "rng is not a variable of this graph"),
        ("graph: two_layer\nset: {cotangents: 1}\nview: plan", "cotangents is not a variable of this graph"),
        ("graph: two_layer\nset: {x: 1e400}", "value of 'x' contains an infinite number"),
        ("graph: two_layer\nset: {x: [a]}", "value of 'x' must be numbers, got 'a'"),
        ("graph: two_layer\nset: {x: ~}", "value of 'x' must be numbers"),
        ("graph: two_layer\nset: [1]", "set must be a table such as {x: [1, 0, 2]}, got [1]"),
        ("graph: two_layer\ncaption: [1]", "caption must be text"),
        ("graph: two_layer\ncaption: 2024", "caption must be text of at most 2,000 characters, got 2024"),
        ("graph: two_layer\nshow_parameters: yes", "show_parameters must be true or false, got 'yes'"),
        ("graph: two_layer\nentries: 1", "entries must be true or false, got 1"),
        ("graph: two_layer\nk: a", "k must be a whole number such as 2, got 'a'"),
        ("graph: two_layer\nwrt: [1]", "wrt must be a name or a list of names"),
        ("graph: [two_layer]", "graph must be a name such as gated_network"),
        ("figure: {a: 1}", "figure must be the name of a figure"),
        ("network: [1]\nn: 3", "network must be a name such as merge"),
        ("network: bubble\nn: x", "n must be a whole number of wires such as 4, got 'x'"),
        ("network: bubble\nn: true", "n must be a whole number of wires"),
        ("network: bubble\nn: -1", "the number of wires n must be a whole number from 0"),
        ("network: bubble\nn: 3\nwithout: [a]", "without must be the number of a comparator, or a list"),
        ("network: bubble\nn: 3\nwithout: 4", "without must name comparators from 1 to 3"),
        ("network: bubble\nn: 0\nview: gradient", "computes nothing, so there is nothing to differentiate"),
        ("network: bubble\nn: 3\nview: wires\nset: {x1: 1}", "set must be a list of numbers such as [3, 1, 2]"),
        (OWN + "sizes: {D: 100000000}\nview: table", "with D = 100,000,000 computes more than"),
        (OWN + "sizes: {D: 2001-01-01}", "size D must be a whole number from 0, got '2001-01-01'"),
        ("equations: y = x\ninputs: {1: []}", "'1' is not a name"),
    ],
)
def test_a_setting_of_a_wrong_kind_is_said_in_our_words(text, message):
    assert message in said(text)


@pytest.mark.parametrize("n", [0, 1])
@pytest.mark.parametrize("view", ["forward", "wires", "table", "plan", "values"])
def test_the_smallest_networks_are_drawn(view, n):
    assert "a1viz-error" not in format(f"network: bubble\nn: {n}\nview: {view}")


def test_a_number_with_an_exponent_is_a_number():
    table = format("graph: two_layer\nview: table\nset: {x: [1e-3, 1, 1]}")
    assert "0.001" in table and 'tabindex="0"' in table  # where it is too wide, keys scroll it


ODD = (
    "1 0 -1 [] {} ~ true 1e-3 1e400 .nan x [x] [[1,2],[3]] [[[1]]] [[[[1]]]] 2001-01-01 yes '' [~] 99999999999999999999 all S1 [S1] '<b>' "
    "0x10 [1,[2,[3]]] @w.safetensors sort2 [[1,2]] [[2,1]] .inf two_layer"
).split(" ")
BASES = ("graph: two_layer", "graph: sort2", "network: bubble\nn: 2", "equations: y = x * x\ninputs: {x: []}", "comparators: [[1, 2]]")
KEYS = (
    *OPTIONS,
    "title",
    "source",
    "about",
    "wires",
    "sizes",
    "inputs",
    "parameters",
    "values",
    "cotangents",
    "expect",
    "symbols",
    "blocks",
)


@pytest.mark.parametrize("seed", range(4))
def test_any_value_in_any_place_is_drawn_or_refused_in_our_words(seed):
    chance = random.Random(seed)
    odd = [*ODD, "{x: 1}", "{trace: 1}", "{x: [1, 0, 2]}", "{class: N}", "{class: 0}", "{S: sort2}", "[3, 1, 2]", "{1: 1}", "|\n  y = x\n"]
    for _ in range(60 * TIMES):
        lines = [chance.choice(BASES), f"view: {chance.choice(list(views.VIEWS))}"]
        keys = chance.sample([key for key in KEYS if key not in ("view", "figure", lines[0].partition(":")[0])], chance.randrange(1, 4))
        text = "\n".join([*lines, *(f"{key}: {chance.choice(odd)}" for key in keys if not re.search(rf"^{key}:", lines[0], re.M))])
        try:
            fence.html(read(text))
        except A1vizError as error:
            assert str(error)  # noqa: PT017
        except Exception as error:
            pytest.fail(f"{text!r}: {type(error).__name__}: {error}")


# --- a page -----------------------------------------------------------------------------------------------------------------------


def page(text: str) -> str:
    custom = {"name": "a1viz", "class": "a1viz", "format": format, "validator": validate}
    extensions = ["pymdownx.superfences", "attr_list"]
    return markdown.markdown(text, extensions=extensions, extension_configs={"pymdownx.superfences": {"custom_fences": [custom]}})


@pytest.mark.parametrize(
    "header", ['a1viz title="x"', 'a1viz linenums="1"', "a1viz theme", '{.a1viz title="x"}', 'a1viz hl_lines="1" title="y"']
)
def test_words_after_the_name_of_a_fence_are_an_error_and_no_code(header):
    made = page(f"```{header}\ngraph: two_layer\n```\n")
    assert "a1viz-error" in made and "stands after the name of the fence; write settings as lines below" in made
    assert "<code" not in made


def test_a_fence_without_words_after_its_name_is_drawn():
    assert "<figure" in page("```a1viz\ngraph: two_layer\n```\n")
    assert "<figure" in page("``` {.a1viz}\ngraph: two_layer\n```\n")


def test_the_same_picture_twice_on_a_page_has_its_own_ids():
    one = "```a1viz\ngraph: two_layer\nview: backward\n```\n\n"
    made = page(one * 3 + "```a1viz\ngraph: mlp\n```\n")
    ids = re.findall(r' id="([^"]+)"', made)
    assert len(ids) == len(set(ids)) > 100
    used = [
        name for names in re.findall(r' href="#([^"]+)"| aria-(?:labelled|described)by="([^"]+)"', made) for name in " ".join(names).split()
    ]
    assert used and not set(used) - set(ids)
    figures = made.split("<figure")[1:]
    for figure in figures:  # each picture refers to what is in it
        own = set(re.findall(r' id="([^"]+)"', figure))
        assert set(re.findall(r' href="#([^"]+)"', figure)) <= own
    assert page(one) == page(one)


@pytest.mark.parametrize("header", ["a1viz title=x", 'a1viz title="x"', "a1viz !"])
def test_the_site_warns_of_words_after_the_name_that_markdown_itself_does_not_understand(header, caplog):
    file = SimpleNamespace(abs_src_path="nowhere.md", src_uri="page.md")
    on_page_markdown(f"# T\n\n```{header}\ngraph: two_layer\n```\n", SimpleNamespace(file=file, meta={}), None, None)
    assert f"page.md, line 3: {shown(header.partition(' ')[2])} stands after the name of the fence" in caplog.text
    caplog.clear()
    on_page_markdown("# T\n\n```a1viz\ngraph: two_layer\n```\n", SimpleNamespace(file=file, meta={}), None, None)
    assert not caplog.text
