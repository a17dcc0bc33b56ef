"""Sorting networks to play with, in a real browser: constructions, numbers and failing lists are Python's; keys, links, and no script."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import served
from live_engine import Engine
from live_pages import faultless, until, write_site

from a1viz.base.errors import InputError
from a1viz.fence import format
from a1viz.live.networks import MOST, networks, networks_script
from a1viz.live.scripts import script
from a1viz.pictures.wire_diagrams import columns_of
from a1viz.site.assets import assets
from a1viz.site.options import read
from a1viz.site.views import wires_html
from a1viz.sorting import FAMILIES, Network, jacobian, network, prune, sort, verify
from a1viz.sorting.networks import needed

pytestmark = pytest.mark.browser

MERGE = "```a1viz\nnetwork: merge\nn: 4\nview: wires\nset: [3, 1, 4, 2]\nlive: true\ncaption: A network.\n```\n"
LARGE = "```a1viz\nnetwork: best-size\nn: 16\nview: wires\nlive: true\n```\n"
OWN = "```a1viz\ngraph: bubble_sort\nview: wires\nset: {x1: 3, x2: 1e17, x3: 1, x4: 2}\nlive: true\n```\n"
STILL = "```a1viz\nnetwork: merge\nn: 4\nview: wires\nset: [3, 1, 4, 2]\n```\n"
PAGES = {"merge": f"# Merge\n\n{MERGE}", "all": f"# All\n\n{MERGE}\n{LARGE}\n{OWN}", "still": f"# Still\n\n{STILL}"}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(write_site(tmp_path_factory.mktemp("wires"), PAGES)) as found:
        yield found


@pytest.fixture(scope="module")
def modules(browser):
    page = browser.new_page()
    page.goto("about:blank")
    page.evaluate(networks_script())
    page.evaluate(script("a1viz-wires", shows=True))
    return Engine(page)


@pytest.fixture
def page(browser):
    with faultless(browser, reduced_motion="reduce") as made:
        yield made


def opened(page, url):
    page.goto(url)
    until(page, "[...document.querySelectorAll('[data-a1viz-wires]')].every(f => f.dataset.a1vizWires === 'ready')")
    return page


def outputs(page):
    """What comes out, as it is shown."""
    return page.evaluate("[...document.querySelectorAll('.a1viz-wires-stage')][0].lastChild.innerText.replace(/\\s/g, '')")


def status(page):
    return page.locator(".a1viz-status").first.inner_text()


def verdict(page):
    return page.locator(".a1viz-wires-verdict").first.inner_text()


# --- what is computed -------------------------------------------------------------------------------------------------------------


def test_every_construction_is_pythons_comparator_by_comparator(modules):
    found = modules.ask("m.CONSTRUCTIONS.map(([name]) => [name, Array.from({length: 33}, (_, n) => m.sortingNetwork(name, n))])")
    assert [name for name, _ in found] == list(FAMILIES) and MOST == 32
    for name, of_n in found:
        for n, pairs in enumerate(of_n):
            assert tuple(map(tuple, pairs)) == network(name, n).comparators, (name, n)


def test_layers_columns_and_what_is_needed_are_pythons(modules):
    cases = [network(name, n) for name in FAMILIES for n in (2, 3, 5, 8, 13, 16, 21, 32)]
    given = [[list(map(list, case.comparators)), list(range(case.n))] for case in cases]
    ask = """given.map(([pairs, ks]) => { const layers = m.comparatorLayers(pairs).map(l => l.map(at => pairs[at]));
        return [layers, layers.map(m.comparatorColumns), ks.map(k => [...m.neededComparators(pairs, [k])].sort((a, b) => a - b))]; })"""
    for case, (layers, columns, kept) in zip(cases, modules.ask(ask, given), strict=True):
        assert tuple(tuple(map(tuple, layer)) for layer in layers) == case.layers
        assert columns == [columns_of(layer) for layer in case.layers]
        assert kept == [needed(case, {k}) for k in range(case.n)]


def failing(net: Network) -> set[int]:
    """All lists of zeros and ones that come out wrong, by comparing whole columns; list p has bit w of p on wire w."""
    lists = np.arange(2**net.n)
    columns = [(lists >> wire & 1).astype(bool) for wire in range(net.n)]
    right = np.sort(np.array(columns), axis=0)
    for i, j in net.comparators:
        columns[i], columns[j] = columns[i] & columns[j], columns[i] | columns[j]
    wrong = [columns[wire] != right[wire] for wire in net.outputs]
    return set(lists[np.any(wrong, axis=0)].tolist())


SEARCH = """given.map(([n, pairs, outputs]) => {
    const trial = new m.ZeroOneSearch(n, pairs, outputs), found = [];
    while (!trial.isOver) { const from = 32 * trial.done;
        trial.block().forEach((word, k) => { for (let b = 0; b < 32; b += 1) if (word >>> b & 1) found.push(from + 32 * k + b); }); }
    return [found, trial.count, trial.count ? trial.example : null]; })"""


def broken_networks() -> list[Network]:
    """Every network of up to ten wires without each of its comparators, some of sixteen, and pruned ones with one missing."""
    found = [network(name, n).without(k) for name in ("merge", "best-size") for n in range(2, 11) for k in range(network(name, n).size)]
    found += [network(name, n).without(k) for name in FAMILIES for n in (4, 6) for k in range(network(name, n).size)]
    found += [network("merge", 16).without(k) for k in (0, 31, 62)] + [network(name, n) for name in FAMILIES for n in (1, 2, 5, 7)]
    for k in range(1, 7):
        pruned = prune(network("merge", 6), k)
        found += [pruned, *(pruned.without(at) for at in range(pruned.size))]
    return found


def test_the_lists_that_fail_are_exactly_pythons(modules):
    cases = broken_networks()
    given = [[case.n, list(map(list, case.comparators)), list(case.outputs)] for case in cases]
    sorts = 0
    for case, (found, count, example) in zip(cases, modules.ask(SEARCH, given), strict=True):
        expected = failing(case)
        assert set(found) == expected and count == len(expected), case
        proof = verify(case)
        assert bool(proof) is not bool(count)
        sorts += not count
        if count:
            assert sum(bit << wire for wire, bit in enumerate(example)) in expected
            assert sum(bit << wire for wire, bit in enumerate(proof.counterexample)) in expected
    assert sorts > 30


SPECIAL = [0.0, -0.0, 1.0, -1.5, np.inf, -np.inf, np.nan, 1e17, 5e-324, 0.1]


def as_numbers(values):
    return [repr(v) for v in map(float, values)]


ROWS = """given.map(([pairs, x, asBlocks]) => m.rowsOf(pairs, m.comparatorLayers(pairs), new Set(),
    x.map(v => ({inf: Infinity, '-inf': -Infinity})[v] ?? Number(v)), asBlocks).at(-1))"""


def test_numbers_come_out_as_from_python_to_the_bit(modules):
    rng = np.random.default_rng(3)
    for exact in (True, False):
        pool = SPECIAL if exact else [v for v in SPECIAL if np.isfinite(v)]
        cases = [(name, n, rng.choice(pool, n)) for name in FAMILIES for n in (1, 4, 7, 12)]
        cases += [(name, n, rng.standard_normal(n) * 10.0 ** rng.integers(-3, 17, n)) for name in FAMILIES for n in (4, 9, 32)]
        given = [[list(map(list, network(name, n).comparators)), as_numbers(x), not exact] for name, n, x in cases]
        for (name, _, x), found in zip(cases, modules.ask(ROWS, given), strict=True):
            expected = np.asarray(sort(x, name, exact=exact))
            np.testing.assert_array_equal(np.array(found, float), expected, err_msg=name)
            if exact:
                signs = np.signbit(np.array(found, float)) == np.signbit(expected)
                assert (signs | np.isnan(expected)).all()


SIGNALS = """given.map(([pairs, x]) => {
    const layers = m.comparatorLayers(pairs), none = new Set(), rows = m.rowsOf(pairs, layers, none, x, false);
    return x.map((_, k) => m.signalsOf(pairs, layers, none, rows, k)[0]); })"""


def test_error_signals_are_the_jacobian_at_ties_too(modules):
    lists = [(name, [*x]) for name in ("merge", "bubble") for x in itertools.product((0.0, 1.0, 2.0), repeat=4)]
    lists += [("best-size", [5.0, 2, 7, 2, 8, 3, 6, 5, 1])]
    given = [[list(map(list, network(name, len(x)).comparators)), x] for name, x in lists]
    for (name, x), found in zip(lists, modules.ask(SIGNALS, given), strict=True):
        np.testing.assert_array_equal(found, jacobian(network(name, len(x)), x), err_msg=f"{name} {x}")


def test_a_wrong_table_is_noticed(browser):
    """The test of the test: with another best network the comparison above fails."""
    page = browser.new_page()
    page.goto("about:blank")
    page.evaluate(networks_script().replace(networks()["best"]["size"][4], "0213012312"[:8] + "02"))
    page.evaluate(script("a1viz-wires", shows=True))
    found = Engine(page).ask("m.sortingNetwork('best-size', 4)")
    assert tuple(map(tuple, found)) != network("best-size", 4).comparators
    page.close()


# --- what a reader does -----------------------------------------------------------------------------------------------------------


def test_numbers_are_typed_and_sorted(page, address):
    opened(page, f"{address}/merge.html")
    assert outputs(page) == "y1=1y2=2y3=3y4=4"
    page.get_by_label("x2, the number on wire 2").fill("7.5")
    assert outputs(page) == "y1=2y2=3y3=4y4=7.5"
    page.get_by_label("x2, the number on wire 2").fill("seven")
    assert outputs(page) == "y1=2y2=3y3=4y4=7.5" and "x2: write a number" in status(page)
    assert page.get_by_label("x2, the number on wire 2").get_attribute("aria-invalid") == "true"
    page.get_by_role("button", name="Put the numbers into another order").click()
    assert outputs(page) == "y1=2y2=3y3=4y4=7.5"


def test_a_comparator_is_removed_and_what_it_then_fails_on_is_found(page, address):
    opened(page, f"{address}/merge.html")
    assert "all 16 lists of zeros and ones come out right" in verdict(page)
    page.locator(".a1viz-comparator[data-at='4'] .a1viz-comparator-area").click()
    expected = failing(network("merge", 4).without(4))
    assert f"{len(expected)} of 16 lists of zeros and ones come" in verdict(page) and "S5 is removed" in status(page)
    assert page.locator(".a1viz-comparator[data-at='4']").get_attribute("aria-label") == "S5, layer 3: compares wires 2 and 3; removed"
    page.get_by_role("button", name="Load the list").click()
    given = [int(bit) for bit in page.evaluate("[...document.querySelectorAll('[role=switch]')].map(s => s.textContent)")]
    assert sum(bit << wire for wire, bit in enumerate(given)) in expected
    shown = "".join(f"y{wire + 1}={bit}" for wire, bit in enumerate(network("merge", 4).without(4).apply(given)))
    assert outputs(page) == shown and page.locator(".a1viz-wires-frame").count() == 1
    page.locator(".a1viz-comparator[data-at='4'] .a1viz-comparator-area").click()
    assert "come out right" in verdict(page) and page.locator(".a1viz-wires-frame").count() == 0


def test_zeros_and_ones_are_flipped_by_a_click(page, address):
    opened(page, f"{address}/merge.html")
    page.get_by_role("button", name="Only zeros and ones").click()
    assert outputs(page) == "y1=0y2=0y3=1y4=1"
    page.get_by_label("x3, zero or one").click()
    assert outputs(page) == "y1=0y2=0y3=0y4=1"
    page.get_by_role("button", name="Only zeros and ones").click()
    assert outputs(page) == "y1=1y2=2y3=3y4=4"


def test_layers_go_on_one_by_one_and_play(page, address):
    opened(page, f"{address}/merge.html")
    page.get_by_role("button", name="One layer back").click()
    assert outputs(page) == "y1y2y3y4" and status(page).startswith("Layer 2 of 3")
    for _ in range(2):
        page.get_by_role("button", name="One layer back").click()
    assert status(page) == "Before the first layer"
    page.get_by_role("button", name="One layer forward").click()
    assert status(page) == "Layer 1 of 3: S1, S2 of 2 swap"
    page.get_by_role("button", name="Play the layers").click()
    until(page, "document.querySelector('.a1viz-status').textContent.startsWith('Layer 3 of 3')")
    assert outputs(page) == "y1=1y2=2y3=3y4=4"
    until(page, "document.querySelectorAll('button[aria-label^=\"Play the layers\"]').length === 1")


def test_numbers_move_unless_the_reader_wants_less_motion(browser, address):
    moving = "document.querySelectorAll('.a1viz-wires-moving').length"
    for wish, count in (("no-preference", 4), ("reduce", 0)):
        page = opened(browser.new_page(reduced_motion=wish), f"{address}/merge.html")
        page.get_by_role("button", name="One layer back").click()
        page.get_by_role("button", name="One layer back").click()
        page.get_by_role("button", name="One layer forward").click()
        assert page.evaluate(moving) == count
        until(page, f"{moving} === 0 && document.querySelector('.a1viz-status').textContent.startsWith('Layer 2 of 3')")
        page.close()


def test_another_construction_and_size(page, address):
    opened(page, f"{address}/merge.html")
    page.get_by_label("construction").select_option("bitonic")
    page.get_by_label("number of wires n").fill("12")
    page.get_by_label("number of wires n").press("Enter")
    net = network("bitonic", 12)
    assert page.locator(".a1viz-comparator").count() == net.size and f"{net.size} comparators in {net.depth} layers" in page.inner_text(
        ".a1viz-wires-counts"
    )
    until(page, "document.querySelector('.a1viz-wires-verdict').textContent.includes('all 4,096 lists')")
    page.get_by_label("number of wires n").fill("33")
    page.get_by_label("number of wires n").press("Enter")
    assert page.get_by_label("number of wires n").input_value() == "12"
    assert "from 1 to 32" in status(page) and page.locator(".a1viz-comparator").count() == net.size
    page.get_by_label("number of wires n").fill("32")
    page.get_by_label("number of wires n").press("Enter")
    assert "4,294,967,296 lists of zeros and ones, too many" in verdict(page)
    page.get_by_role("button", name="Back to the network").click()
    assert page.locator(".a1viz-comparator").count() == 5


def test_one_output_needs_only_some_comparators(page, address):
    opened(page, f"{address}/merge.html")
    page.get_by_label("construction").select_option("bubble")
    page.get_by_label("which output counts").select_option("4")
    kinds = page.evaluate("[...document.querySelectorAll('.a1viz-comparator')].map(b => [Number(b.dataset.at), b.dataset.kind])")
    assert sorted(at for at, kind in kinds if kind != "not needed") == needed(network("bubble", 4), {3})
    assert "3 needed for y4" in page.inner_text(".a1viz-wires-counts") and "finds the 4th smallest number of every list" in verdict(page)
    page.locator(".a1viz-comparator[data-at='0'] .a1viz-comparator-area").click()
    assert "1 of 16 lists of zeros and ones comes out wrong" in verdict(page)


def test_the_error_signal_of_an_output_goes_back_to_its_number(page, address):
    opened(page, f"{address}/merge.html")
    page.get_by_role("button", name="y3 is 3: follow its error signal back").click()
    assert status(page) == "The error signal of y3 goes back all to x1"
    assert page.locator(".a1viz-wires-signals path").count() > 3
    page.get_by_label("x1, the number on wire 1").fill("4")
    page.get_by_role("button", name="follow its error signal back").nth(2).click()
    page.get_by_role("button", name="follow its error signal back").nth(2).click()
    assert status(page) == "The error signal of y3 goes back 0.5 to x1, 0.5 to x3"


def test_keys_alone_do_everything(page, address):
    opened(page, f"{address}/merge.html")
    page.get_by_label("x1, the number on wire 1").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("PageUp")
    assert outputs(page) == "y1=1y2=2y3=4y4=14"
    for _ in range(4):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith(
        "S1, layer 1: compares wires 1 and 2; 14 and 1 change"
    )
    page.keyboard.press("End")
    page.keyboard.press(" ")
    assert "S5 is removed" in status(page) and page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    page.keyboard.press("Enter")
    assert "S5 is back" in status(page)
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("S4, layer 2")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("y1 is 1")
    page.keyboard.press("Enter")
    assert status(page) == "The error signal of y1 goes back all to x2"


def test_a_document_computes_as_its_blocks_do(page, address):
    opened(page, f"{address}/all.html")
    stage = page.locator("[data-a1viz-wires]").nth(2)
    ends = stage.locator(".a1viz-wires-ends").last
    expected = sort([3, 1e17, 1, 2], "bubble", exact=False)
    assert expected[0] == 0
    assert ends.inner_text().replace("\n", "").replace(" ", "").startswith("y1≈0y2")
    assert "Compared exactly, it sorts every list" in stage.locator(".a1viz-wires-verdict").inner_text()
    stage.get_by_role("button", name="Compute as blocks of Sort_2").click()
    assert ends.inner_text().replace("\n", "").replace(" ", "") == "y1=1y2=2y3=3y4=1e17"


def test_numbers_that_json_lacks_are_read(page, tmp_path):
    fence = MERGE.replace("[3, 1, 4, 2]", "[.inf, 0.0, -0.0, -.inf]")
    opened(page, f"{write_site(tmp_path, {'page': fence}).as_uri()}/page.html")
    assert outputs(page) == "y1=-∞y2=0y3=0y4=∞"
    assert page.evaluate("document.querySelectorAll('.a1viz-comparator[data-kind=\"change places\"]').length") == 4


# --- links, data, readers ---------------------------------------------------------------------------------------------------------


def test_a_link_holds_the_whole_state(page, address):
    opened(page, f"{address}/all.html")
    page.get_by_label("x2, the number on wire 2").first.fill("-2.5e-7")
    page.locator(".a1viz-comparator[data-at='2'] .a1viz-comparator-area").first.click()
    page.get_by_role("button", name="A link to this network").first.click()
    link = page.locator(".a1viz-link").first.input_value()
    before = outputs(page), verdict(page)
    page.goto("about:blank")
    opened(page, link)
    assert (outputs(page), verdict(page)) == before and status(page) == "The network of the link"


GOOD = "network:merge;n:4;x:1,2,3,4;without:;k:0;bits:0;blocks:0"
HOSTILE = [
    "<img src=x onerror=alert(1)>", "%3Cscript%3E", "A" * 100_000, "", "network:merge", GOOD.replace("merge", "constructor"),
    GOOD.replace("merge", "__proto__"), GOOD.replace("merge", ""), GOOD.replace("n:4", "n:33"), GOOD.replace("n:4", "n:0"),
    GOOD.replace("n:4", "n:5"), GOOD.replace("n:4", "n:4.5"), GOOD.replace("x:1", "x:1e999"), GOOD.replace("x:1,", "x:1,1,"),
    GOOD.replace("x:1,", "x:a,"), GOOD.replace("without:", "without:6"), GOOD.replace("without:", "without:1,1"),
    GOOD.replace("without:", "without:0"), GOOD.replace("k:0", "k:5"), GOOD.replace("bits:0", "bits:1"), GOOD.replace("bits:0", "bits:2"),
    GOOD.replace("blocks:0", "blocks:x"), GOOD.replace("network", "nett"),
]  # fmt: skip


def test_a_hostile_link_changes_nothing(page, address):
    page.on("dialog", lambda dialog: pytest.fail("something acted"))
    for state in HOSTILE:
        page.goto("about:blank")
        opened(page, f"{address}/merge.html#a1viz-wires-1={state}")
        assert outputs(page) == "y1=1y2=2y3=3y4=4"
        assert not state or "does not fit" in status(page), state[:80]
    page.goto("about:blank")
    opened(page, f"{address}/merge.html#a1viz-wires-1={GOOD}")
    assert status(page) == "The network of the link"


def test_bad_data_leaves_the_picture_as_it_is(browser, tmp_path):
    text = write_site(tmp_path, PAGES) / "merge.html"
    for old, new in (('"format":1', '"format":2'), ('"n":4', '"n":1e9'), ('"merge"', '"toString"'), ('"x":[3', '"x":["<b>"')):
        broken = text.read_text().replace(old, new)
        assert new in broken
        (tmp_path / "broken.html").write_text(broken)
        page = browser.new_page()
        page.goto(f"{tmp_path.as_uri()}/broken.html", wait_until="load")
        page.wait_for_timeout(150)
        assert page.locator("svg.a1viz:visible").count() == 1 and page.locator(".a1viz-wires-panel").count() == 0
        page.close()


def test_markup_never_acts(page, tmp_path):
    page.on("dialog", lambda dialog: pytest.fail("something acted"))
    fence = MERGE.replace("A network.", '"</script><script>alert(1)</script><img src=x onerror=alert(2)>"')
    opened(page, f"{write_site(tmp_path, {'page': fence}).as_uri()}/page.html")
    assert page.locator("figure img, figure script:not(.a1viz-data)").count() == 0 and outputs(page) == "y1=1y2=2y3=3y4=4"


def test_only_pages_with_wires_load_their_script(browser, address):
    for name, loaded in (("still", ["a1viz.css", "a1viz.js"]), ("merge", ["a1viz-networks.js", "a1viz-wires.js", "a1viz.css", "a1viz.js"])):
        page, asked = browser.new_page(), []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(f"{address}/{name}.html", wait_until="networkidle")
        assert all(url.startswith(address) for url in asked)
        assert sorted(url.rpartition("/")[2] for url in asked if "/assets/" in url) == loaded
        page.close()


def test_without_a_script_and_on_paper_it_is_the_picture(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/merge.html")
    assert page.locator("svg.a1viz:visible").count() == 1 and page.get_by_role("button", name="Shuffle").count() == 0
    context.close()
    page = opened(browser.new_page(), f"{address}/merge.html")
    assert page.locator(".a1viz-wires-built svg.a1viz").is_hidden()
    page.emulate_media(media="print")
    assert page.locator("svg.a1viz:visible").count() == 1 and page.locator(".a1viz-wires-panel").is_hidden()
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 358])
def test_nothing_shuts_a_reader_out(browser, address, scheme, width):
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce")
    page = opened(context.new_page(), f"{address}/all.html")
    page.locator(".a1viz-comparator[data-at='4'] .a1viz-comparator-area").first.click()
    page.get_by_role("button", name="y3 is").first.click()
    found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [n["html"][:200] for n in v["nodes"]][:3]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    stages, said = "[...document.querySelectorAll('.a1viz-wires-stage')]", "getComputedStyle(s, '::after').content"
    told = page.evaluate(
        f"{stages}.map(s => {{ const b = s.querySelector('.a1viz-picture'); return [b.scrollWidth > b.clientWidth + 2, {said}]; }})"
    )
    assert all(("scroll sideways" in words) == is_cut for is_cut, words in told) and any(is_cut for is_cut, _ in told) == (width == 358)
    parts = "document.querySelectorAll('.a1viz-wires-panel :is(button, input, select, [role=button])')"
    unnamed = f"[...{parts}].filter(b => !(b.getAttribute('aria-label') ?? b.textContent))"
    assert page.evaluate(f"{unnamed}.length") == 0
    assert page.locator(".a1viz-wires-panel [role=status]").count() == 3
    context.close()


def test_random_acts_keep_what_is_shown_true(page, address):
    """Whatever is done, the numbers that come out are those of Python's network without what is removed."""
    rng = random.Random(5)
    opened(page, f"{address}/merge.html")
    for _ in range(8):
        name, n = rng.choice(list(FAMILIES)), rng.randint(2, 10)
        page.get_by_label("construction").select_option(name)
        page.get_by_label("number of wires n").fill(str(n))
        page.get_by_label("number of wires n").press("Enter")
        net = network(name, n)
        gone = sorted(rng.sample(range(net.size), min(2, net.size)))
        for at in gone:
            page.evaluate(f"document.querySelector('.a1viz-comparator[data-at=\"{at}\"]').dispatchEvent(new MouseEvent('click'))")
        page.get_by_role("button", name="Put the numbers into another order").click()
        x = page.evaluate("[...document.querySelectorAll('.a1viz-wires-ends input')].map(i => Number(i.value))")
        expected = net.without(*gone).apply(x)
        assert outputs(page) == "".join(f"y{k + 1}={v:g}" for k, v in enumerate(expected))
        count = len(failing(net.without(*gone)))
        until(
            page,
            f"document.querySelector('.a1viz-wires-verdict').textContent.startsWith('{f'✗ {count:,} of' if count else '✓ By the 0-1'}')",
        )


# --- the fence --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("network: merge\nn: 33\nview: wires\nlive: true", "has from 1 to 32 wires, got 33"),
        ("network: merge\nn: 0\nview: wires\nlive: true", "has from 1 to 32 wires, got 0"),
        ("network: merge\nn: 4\nview: wires\nlive: true\nk: 5", "k must be a whole number from 1 to 4"),
        ("graph: bubble_sort\nview: wires\nlive: true\nset: {S.W2: [[1, 0], [0, 1]]}", "computes as sort2 does"),
    ],
)
def test_a_fence_that_no_page_can_show_says_so(text, said):
    with pytest.raises(InputError, match=said.replace("(", r"\(")):
        wires_html(read(text))


def test_the_scripts_are_small():
    files = assets()
    assert len(files["a1viz-networks.js"]) < 10_000 and len(files["a1viz-wires.js"]) < 45_000
    assert len(format(MERGE.partition("\n")[2].rpartition("```")[0]).partition('class="a1viz-data">')[2].partition("<")[0]) < 200
