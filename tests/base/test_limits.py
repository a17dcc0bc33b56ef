"""Every bound is kept: what is just within it is answered, what is just above is refused in words; and the page Limits lists them all."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT
from harmless import within

import a1viz
from a1viz.base import estimates, limits
from a1viz.base.errors import DocumentError, EquationError, InputError, OutputError
from a1viz.cli import console
from a1viz.cli.number_lists import NUMBERS
from a1viz.graph.documents import from_data, loads
from a1viz.graph.work import work
from a1viz.nn import Data, descent, fitting, load_data
from a1viz.pictures.sizes import seconds_of
from a1viz.pictures.wire_outline import seconds_of as seconds_of_wires
from a1viz.regression import degree_sweep, descend, double_descent, training_errors
from a1viz.sorting import FAMILIES, Network, load, network, proof, verify
from a1viz.sorting.families import family_of
from a1viz.sorting.patterns import Reachable, follow


def loaded(equations: str, more: str = ""):
    return loads(f'title = "T"\nequations = """\n{equations}\n"""\n{more}')


# --- the file itself --------------------------------------------------------------------------------------------------------------


def test_the_table_has_every_limit_with_a_word_about_it():
    names = [name for name in vars(limits) if name.isupper()]
    assert names and all(f"\n{name} " in limits.table() for name in names)


def test_every_limit_is_tested_by_its_name():
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    assert not [name for name in vars(limits) if name.isupper() and not re.search(rf"\b{name}\b", tests)]


# --- graphs -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("extra", [0, 1])
def test_a_graph_has_at_most_so_many_variables(extra, monkeypatch):
    monkeypatch.setitem(from_data.__kwdefaults__, "most", 50)
    text = "y0 = -x\n" + "\n".join(f"y{k} = -y{k - 1}" for k in range(1, 49 + extra))
    if extra:
        with pytest.raises(DocumentError, match=r"line 52, .*more than 50 variables, those inside equations included"):
            loaded(text, "[inputs]\nx = []")
    else:
        assert len(loaded(text, "[inputs]\nx = []")) == 50


@pytest.mark.parametrize("extra", [0, 1])
def test_comparators_of_a_graph_are_counted_before_they_are_copied(extra):
    inside = sum(not node.is_leaf for node in a1viz.load("sort2").nodes)
    count = limits.GRAPH_NODES // inside + extra
    document = f'title = "T"\ncomparators = {json.dumps([[1, 2]] * count)}'
    more = f"line 2: {count:,} comparators of {inside} variables each are more than the"
    with within(), pytest.raises(DocumentError, match=more if extra else "larger than"):  # the inputs and constants are variables too
        loads(document)


@pytest.mark.parametrize("times", [9_000, 60_000 // 7])
def test_as_many_comparators_as_64_kb_hold_are_refused_at_once(times):
    with within(), pytest.raises(DocumentError, match="`a1viz verify`, which makes no graph"):
        loads(f'title = "T"\ncomparators = {json.dumps([[1, 2]] * times)}')


def test_blocks_that_double_are_refused_before_they_fill_the_memory(tmp_path):
    (tmp_path / "d0.toml").write_text('title = "d"\nequations = "y = relu(x)"\n[inputs]\nx = []\n')
    for k in range(1, 19):
        text = f'title = "d"\nequations = "u = B(x); y = B(u)"\n[blocks]\nB = "d{k - 1}.toml"\n[inputs]\nx = []\n'
        (tmp_path / f"d{k}.toml").write_text(text)
    with within(), pytest.raises(DocumentError, match=f"larger than {limits.GRAPH_NODES:,} variables"):
        a1viz.load(tmp_path / "d18.toml")


def test_wires_have_a_bound():
    assert limits.DOCUMENT_WIRES == 1000
    for wires, fine in ((limits.DOCUMENT_WIRES, True), (limits.DOCUMENT_WIRES + 1, False)):
        text = f'title = "T"\nwires = {wires}\ncomparators = [[1, 2]]'
        if fine:
            assert loads(text).document.wires == wires
        else:
            with pytest.raises(DocumentError, match="wires must be a whole number from 0 to 1,000"):
                loads(text)
    assert Network(limits.MOST_WIRES).n == limits.MOST_WIRES
    with pytest.raises(InputError, match="from 0 to 100,000"):
        Network(limits.MOST_WIRES + 1)


def test_blocks_and_documents_have_bounds(tmp_path):
    (tmp_path / "b0.toml").write_text('title = "T"\nequations = "y = x"\n[inputs]\nx = []\n')
    for k in range(1, limits.BLOCKS_DEEP + 1):
        (tmp_path / f"b{k}.toml").write_text(f'title = "T"\nequations = "y = B(x)"\n[inputs]\nx = []\n[blocks]\nB = "b{k - 1}.toml"\n')
    assert len(a1viz.load(tmp_path / f"b{limits.BLOCKS_DEEP - 1}.toml")) == 2
    with pytest.raises(DocumentError, match=f"nested more than {limits.BLOCKS_DEEP} deep"):
        a1viz.load(tmp_path / f"b{limits.BLOCKS_DEEP}.toml")
    full = 'title = "T"\nequations = "y = 2"\n'
    for extra in (0, 1):
        (tmp_path / "full.toml").write_text(full + "#" * (limits.DOCUMENT_BYTES - len(full) + extra))
        if extra:
            with pytest.raises(DocumentError, match=f"at most {limits.DOCUMENT_BYTES:,} bytes"):
                a1viz.load(tmp_path / "full.toml")
        else:
            assert a1viz.load(tmp_path / "full.toml").outputs == ("y",)


@pytest.mark.parametrize("extra", [0, 1])
def test_so_many_problems_are_listed(extra):
    keys = "\n".join(f"key{k} = 1" for k in range(limits.DOCUMENT_PROBLEMS + extra))
    with pytest.raises(DocumentError) as caught:
        loads(f'{keys}\ntitle = "T"\nequations = "y = 2"')
    assert len(caught.value.problems) == limits.DOCUMENT_PROBLEMS + extra
    assert caught.value.problems[-1].startswith("... and 1 more") is bool(extra)


# --- numbers ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["run", "grad"])
def test_a_size_in_a_document_is_no_way_to_fill_the_memory(view):
    graph = loaded("y = sum(x)", '[sizes]\nD = 100000000\n[inputs]\nx = ["D"]')
    with pytest.raises(InputError, match="with D = 100,000,000 computes more than"):
        getattr(a1viz, view)(graph)


def test_what_is_given_is_computed_whatever_its_size(monkeypatch):
    graph = loaded("z = outer(x, x)\ny = sum(z)", '[sizes]\nD = 3\n[inputs]\nx = ["D"]')
    assert [work(graph, graph[name], {"D": 3}) for name in ("x", "z", "y")] == [3, 9 + 6 + 9 // 16, 10]
    monkeypatch.setattr("a1viz.graph.work.NUMBERS", 28)
    assert float(a1viz.run(graph, x=[1, 1, 1])["y"]) == 9
    assert float(a1viz.run(graph, x=np.ones(100))["y"]) == 10_000
    a1viz.run(graph)  # 28 numbers
    monkeypatch.setattr("a1viz.graph.work.NUMBERS", 27)
    with pytest.raises(InputError, match="D = 3 computes more than 27 numbers, the most where not all values are given"):
        a1viz.run(graph)


def test_what_is_computed_is_in_proportion_to_what_is_given(monkeypatch):
    graph = loaded("y = sum(x) + a", '[sizes]\nD = 1\n[inputs]\nx = ["D"]\n[parameters]\na = []\n[values]\na = 1')
    monkeypatch.setattr("a1viz.graph.work.NUMBERS", 0)
    monkeypatch.setattr("a1viz.graph.work.GIVEN_TIMES", 3)
    assert limits.NUMBERS and limits.GIVEN_TIMES
    assert float(a1viz.run(graph, x=np.ones(50))["y"]) == 51
    monkeypatch.setattr("a1viz.graph.work.GIVEN_TIMES", 1)
    with pytest.raises(InputError, match="computes more than 51 numbers"):
        a1viz.run(graph, x=np.ones(50))


# --- networks ---------------------------------------------------------------------------------------------------------------------


def test_one_comparator_far_away_is_answered_at_once(tmp_path):
    (tmp_path / "far.json").write_text("[[0, 9999]]")
    with within():
        found = verify(load(tmp_path / "far.json"))
    assert not found and found.missing == ()
    assert found.counterexample[:2] == (1, 0)


@pytest.mark.parametrize("pair", [(0, 9999), (9998, 9999)])
def test_what_would_mend_a_network_is_looked_for_where_that_is_quick(pair, monkeypatch):
    monkeypatch.setattr(proof, "DOCUMENT_WIRES", 10_000)  # MENDING decides
    built: list[int] = []

    def sorter(n):
        for k in range(n - 1):
            built.append(k)
            yield k, k + 1
        yield from ((k, k + 1) for k in range(limits.MENDING))

    monkeypatch.setattr(proof, "bubble", sorter)
    monkeypatch.setattr(proof, "merge", sorter)
    assert verify(Network(10_000, [pair])).missing == ()
    assert len(built) <= 2 * limits.MENDING


def test_so_many_comparators_are_tried(monkeypatch):
    unsorted = Network(6, network("merge", 6).comparators[:-1])
    assert verify(unsorted).missing
    size = max(network(name, 6).size for name in ("merge", "bubble"))
    monkeypatch.setattr(proof, "MENDING", size)
    assert verify(unsorted).missing
    monkeypatch.setattr(proof, "MENDING", 11)
    assert proof._sorter(family_of("merge").build, 6) == ()


def test_a_family_has_so_many_comparators(monkeypatch):
    from a1viz.sorting import families

    families._network.cache_clear()
    monkeypatch.setattr(families, "COMPARATORS", 10)
    assert network("bubble", 5).size == 10
    with pytest.raises(InputError, match="bubble of 6 wires has more than 10 comparators"):
        network("bubble", 6)
    families._network.cache_clear()
    assert limits.COMPARATORS == 500_000


@pytest.mark.parametrize("name", ["merge", "bubble", "pairwise"])
@pytest.mark.parametrize("n", [16_384, 30_000, limits.MOST_WIRES])
def test_a_family_that_is_too_large_is_refused_before_it_is_built(name, n, monkeypatch):
    from a1viz.sorting import families

    monkeypatch.setitem(families.FAMILIES, name, replace(families.FAMILIES[name], build=lambda n: pytest.fail("built")))
    with pytest.raises(InputError, match=f"{name} of {n} wires has more than 500,000 comparators"):
        network(name, n)


@pytest.mark.parametrize("p", range(1, 9))
def test_no_family_has_fewer_comparators_than_is_supposed(p):
    fewest = min(network(name, 2**p).size for name in FAMILIES if not FAMILIES[name].limit)
    assert fewest >= (p * p - p) * 2**p // 4


@pytest.mark.parametrize(("bound", "most"), [("PATTERNS", 4), ("PATTERN_BITS", 8)])
def test_patterns_of_groups_that_are_joined_have_bounds(bound, most, monkeypatch):
    pair = Network(2, [(0, 1)])
    assert getattr(limits, bound) > most

    def left(value: int) -> Reachable:
        monkeypatch.setattr(f"a1viz.sorting.patterns.{bound}", value)
        return follow(pair, value if bound == "PATTERNS" else limits.PATTERNS)

    assert left(most).rest == []
    assert left(most - 1).rest == [0]


@pytest.mark.parametrize("count", [200, 4999])
def test_a_proof_without_an_end_is_refused_by_its_estimate(count):
    star = Network(count + 1, [(0, k) for k in range(1, count + 1)])
    with within(), pytest.raises(InputError, match=r"about (.* years|longer than there are words for) for 1 process"):
        verify(star, limit=limits.SECONDS)


# --- long computations ------------------------------------------------------------------------------------------------------------


def test_a_minute_is_what_a_command_takes_without_long(capsys):
    console.said_before(False)(limits.SECONDS)
    assert capsys.readouterr().err == "about 60 seconds\n"
    with pytest.raises(InputError, match="about 61 seconds, and without --long at most 60 seconds"):
        console.said_before(False)(limits.SECONDS + 1)
    console.said_before(False, workers=2)(2 * limits.SECONDS)
    console.said_before(True)(1e9)
    assert capsys.readouterr().err == "about 60 seconds\nabout 32 years\n"
    console.said_before(False)(1.9)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "sweep",
    [
        lambda about: training_errors(20, [5, 20], 1.0, repeats=1000, about=about),
        lambda about: degree_sweep(degrees=[3, 13], repeats=1000, about=about),
        lambda about: double_descent(d=10, sizes=[5, 10], repeats=1000, about=about),
        lambda about: descend([[1, 1]], [3], steps=1000, about=about),
    ],
)
def test_a_sweep_tells_its_estimate_before_it_begins_and_can_be_stopped(sweep):
    told: list[float] = []

    def stop(seconds: float) -> None:
        told.append(seconds)
        raise InputError("stopped")

    with pytest.raises(InputError, match="stopped"):
        sweep(stop)
    assert len(told) == 1 and 1e-4 < told[0] < 10


def points(count: int) -> Data:
    """A data set of so many points, all of them 0."""
    return replace(load_data("moons"), X=np.zeros((count, 2)), features=("x1", "x2"), classes=("a", "b"))


def test_an_estimate_grows_with_what_is_asked_for():
    def told(repeats: int) -> float:
        seconds: list[float] = []
        double_descent(d=3, sizes=[2, 4], repeats=repeats, about=seconds.append)
        return seconds[0]

    assert told(20) == pytest.approx(2 * told(10))
    settings, data = fitting.settings_of("mlp", "moons"), points(100)
    assert fitting.training_seconds(replace(settings, steps=20), data) == 2 * fitting.training_seconds(replace(settings, steps=10), data)
    assert fitting.training_seconds(replace(settings, hidden=(99,)), data) > fitting.training_seconds(settings, data)
    assert estimates.duration(float("inf")) == "longer than there are words for"


def test_a_training_has_bounds():
    settings, data = fitting.settings_of("mlp", "moons"), points(4)
    descent.check_settings(1.0, 0.0, limits.STEPS)
    with pytest.raises(InputError, match="steps must be a whole number from 0 to 10,000,000"):
        descent.check_settings(1.0, 0.0, limits.STEPS + 1)
    with pytest.raises(InputError, match="make 200,019,997 parameters, at most 10,000,000 are trained"):
        fitting.new_model(replace(settings, hidden=(9999,) * 3), data)
    assert len(fitting.new_model(replace(settings, hidden=(1,) * limits.LAYERS), data).net.learnt) == 2 * limits.LAYERS + 2
    with pytest.raises(InputError, match="101 hidden layers; take at most 100"):
        fitting.new_model(replace(settings, hidden=(1,) * (limits.LAYERS + 1)), data)


@pytest.mark.parametrize("most", [13, 12])
def test_parameters_are_counted_before_they_are_made(most, monkeypatch):
    assert limits.PARAMETERS == 10_000_000
    monkeypatch.setattr(fitting, "PARAMETERS", most)
    settings, data = replace(fitting.settings_of("mlp", "moons"), hidden=(3,)), points(4)
    if most == 13:
        assert sum(value.size for value in fitting.new_model(settings, data).net.values.values()) == most
    else:
        with pytest.raises(InputError, match="make 13 parameters"):
            fitting.new_model(settings, data)


def test_lists_of_numbers_have_a_bound():
    assert len(NUMBERS.convert(f"1..{limits.LISTED}", None, None)) == limits.LISTED
    for text in (f"1..{limits.LISTED + 1}", f"1..{limits.LISTED},1", "0..60000,0..60000"):
        with pytest.raises(Exception, match="a list of more than 100,000 numbers"):
            NUMBERS.convert(text, None, None)


def test_settings_of_a_sweep_are_counted_before_they_are_listed(monkeypatch):
    with pytest.raises(InputError, match="there are 100,000,000 settings"):
        training_errors(range(1, 10_001), range(1, 10_001), 1.0)
    assert limits.SETTINGS == 10_000
    monkeypatch.setattr("a1viz.regression.label_noise.SETTINGS", 4)
    assert len(training_errors([2, 3], [1, 2], 1.0, repeats=2).rows) == 4
    with pytest.raises(InputError, match="there are 6 settings"):
        training_errors([2, 3, 4], [1, 2], 1.0, repeats=2)


# --- pictures ---------------------------------------------------------------------------------------------------------------------


def chain(count: int):
    return loaded("a0 = x\n" + "\n".join(f"a{k} = tanh(a{k - 1}) + {k}" for k in range(1, count)), "[inputs]\nx = []\n[values]\nx = 1")


def test_a_picture_that_would_take_too_long_is_drawn_collapsed():
    whole = a1viz.draw(chain(60), seconds=60)
    effort = seconds_of(whole.diagram)
    assert limits.DRAWING_SECONDS == 2 == a1viz.draw(chain(3)).seconds
    assert "more boxes" not in whole.svg
    assert "more boxes are not drawn" in replace(whole, seconds=effort * 0.99).svg
    assert "more boxes" not in replace(whole, seconds=effort * 1.01 + 20).svg
    assert replace(whole, seconds=0).svg.count("<svg") == 1  # the least that can be drawn, not an error


def test_of_a_shortened_picture_only_what_is_seen_is_put_into_words(monkeypatch):
    from a1viz.pictures import graph_diagrams

    worded: list[str] = []
    lines = graph_diagrams._lines
    monkeypatch.setattr(graph_diagrams, "_lines", lambda graph, node, *more: worded.append(node.name) or lines(graph, node, *more))
    drawn = a1viz.draw(chain(400)).diagram
    assert len(drawn.boxes) == 2 * graph_diagrams.ENDS + 1
    assert len(worded) <= 2 * graph_diagrams.ENDS + 2
    assert all(box.lines for box in drawn.boxes)
    assert drawn.notes == ("321 more boxes are not drawn.",)


@pytest.mark.parametrize("values", [False, True])
def test_a_large_network_is_drawn_collapsed(values):
    n = 600
    with within():
        drawn = a1viz.draw(network("merge", n), values=[n - k for k in range(n)] if values else False)
        assert "too many to be drawn" in drawn.svg
    assert len(drawn.svg) < 500_000
    assert (
        "600 wires" in drawn.svg and drawn.svg == a1viz.draw(network("merge", n), values=[n - k for k in range(n)] if values else False).svg
    )
    few = a1viz.draw(network("merge", 8))
    assert "too many" in replace(few, seconds=seconds_of_wires(few.diagram) * 0.99).svg
    assert "too many" not in replace(few, seconds=seconds_of_wires(few.diagram)).svg


@pytest.mark.parametrize("most", [6, 5])
def test_so_many_comparators_are_laid_out(most, monkeypatch):
    assert limits.LAID_OUT == 50_000
    monkeypatch.setattr("a1viz.pictures.wire_diagrams.LAID_OUT", most)
    drawn = a1viz.draw(network("bubble", 4), values=[4, 3, 2, 1], seconds=1e9)
    assert drawn.note == "4 wires, 6 comparators in 5 layers"
    assert (drawn.diagram.values[0], drawn.diagram.values[-1]) == ((4, 3, 2, 1), (1, 2, 3, 4))
    assert ("too many" in drawn.svg, "too many" in str(drawn)) == ((most < 6,) * 2)
    if most < 6:
        with pytest.raises(OutputError, match="are too many for DOT, which has at most 5 comparators"):
            drawn.to("dot")
    else:
        assert drawn.to("dot").startswith(b"graph {")


def test_a_network_as_text_has_a_bound(monkeypatch):
    drawn = a1viz.draw(network("bubble", 4))
    cells = 7 * sum(2 * columns + 1 for columns in drawn.diagram.columns)
    assert cells < limits.TEXT_CELLS
    monkeypatch.setattr("a1viz.pictures.wire_diagrams.TEXT_CELLS", cells)
    assert "o" in str(drawn).partition("\n\n")[2]
    monkeypatch.setattr("a1viz.pictures.wire_diagrams.TEXT_CELLS", cells - 1)
    assert str(drawn) == "bubble of 4\n4 wires, 6 comparators in 5 layers, too many to be drawn as text\n"


def test_a_size_is_a_sum_of_so_many_others_at_most():
    leaves = {f"x{k}": [f"D{k}"] for k in range(limits.SIZE_TERMS + 1)}
    *names, last = leaves
    graph = a1viz.parse(f"y = concatenate({', '.join(names)})", **leaves)
    assert graph["y"].shape[0].count("+") == limits.SIZE_TERMS - 1
    with pytest.raises(EquationError, match="a size is a sum of at most 64 others"):
        a1viz.parse(f"y = concatenate({', '.join(names)}, {last})", **leaves)


def test_a_size_is_made_of_so_many_names_and_numbers_at_most():
    most = 2 * limits.SIZE_TERMS
    a1viz.parse("y = D" + " // T" * (most - 1), x=["D", "T"])
    with pytest.raises(EquationError, match="a size is made of at most 128 names and numbers, and this would be made of more"):
        a1viz.parse("y = D" + " // T" * most, x=["D", "T"])
