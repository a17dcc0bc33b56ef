"""The numbers in the prose of the chapters: each is computed here, or is what the page says elsewhere that it is about."""

from __future__ import annotations

import inspect
import math
import re

import pytest
from conftest import ROOT
from listed_pages import CHAPTERS

import a1viz
from a1viz.live.networks import MOST as LIVE_WIRES
from a1viz.live.plot_data import TRAINED
from a1viz.nn import data, load_data
from a1viz.plots.polynomials import DEGREES, poly_errors, poly_figure
from a1viz.regression import double_descent, noisy_points, training_errors
from a1viz.site.page_code import blocks
from a1viz.sorting import network, prune
from a1viz.sorting.best_known import LARGEST
from a1viz.sorting.counting_networks import counting

FIRST = 9  # smaller whole numbers are counted by the reader
NOT_READ = re.compile(r"(?s)\$\$.*?\$\$|\$[^$\n]+\$|`[^`\n]*`|\]\([^)]*\)|<!--.*?-->|<small>.*?</small>|<[^>]*>")
OF_QUESTIONS = re.compile(r"\b(?:questions?|tasks?|chapter) [\d., and]+|^\|? *\d(?:\.\d)+ *\||\b[1-4](?:\.\d){2}\b", re.M)
NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?")
SUM = re.compile(r"(?<!\$)\$((?:[\d\s.+\-=()]|\\cdot)+=(?:[\d\s.+\-=()]|\\cdot)+)\$")


def default(function: object, name: str) -> object:
    return inspect.signature(function).parameters[name].default


def hidden(n: int) -> int:
    """The hidden units of a network that counts: its first layer's rows."""
    return math.prod(counting(n)["h"].shape)


def numbers_of(function: object, pattern: str) -> list[float]:
    """Numbers in the code of a function."""
    return [float(found) for found in re.findall(pattern, inspect.getsource(function))]


def shares() -> tuple[int]:
    """How many of a hundred draws lie in the band of a figure."""
    low, high = sorted(set(numbers_of(poly_figure, r"quantile\([^)]*?(0\.\d)\)")))
    return (round(100 * (high - low)),)


def shown(chapter: str, pattern: str) -> list[float]:
    """Numbers in the code that a chapter shows."""
    code = "\n".join(block.body for block in blocks(text_of(chapter)) if block.language == "python")
    return [float(found) for found in re.findall(pattern, code)]


def pruned() -> tuple[int, ...]:
    nine = network("best-size", 9)
    return prune(nine, 1).size, prune(nine, 9).size, 9 - 1


def constant(script: str, name: str) -> int:
    """A number that a script of the page names."""
    text = (ROOT / "a1viz" / "live" / "page" / script).read_text(encoding="utf-8")
    return int(re.search(rf"\b{name} = (\d+);", text)[1])


def norms() -> tuple[int, ...]:
    """Of the example of question 2.2: squares and products of the efficient way, products and squares of the naive one."""
    shapes = {name: a1viz.run("two_layer", trace=True)[name].shape for name in ("x", "z", "h", "y")}
    entries = {name: math.prod(shape) for name, shape in shapes.items()}
    naive = entries["x"] * entries["z"] + entries["h"] * entries["y"]
    return sum(entries.values()), 2, naive, naive


MOONS, SIXTEEN, POINTS = load_data("moons"), network("best-size", 16), len(noisy_points()[0])
CLAIMS = {  # the page, its words, and the numbers that belong there
    ("counting", "12 hidden units, three for each number, and 4 outputs"): lambda: (hidden(4), 4),
    ("counting", "Sixteen numbers need 240 hidden units"): lambda: (hidden(16),),
    ("counting", "needs only 60 comparators, but in ten layers"): lambda: (SIXTEEN.size,) * (SIXTEEN.depth == 10),
    ("gradient-norms", "take 12 squares and 2 products instead of 18 products for the entries of the gradients and 18 squares"): norms,
    ("kth-smallest", "of nine numbers they take 13 comparators to the smallest and 11 to the largest, where 8 would do"): pruned,
    ("logistic-regression", "800 to train on, 200 to validate with"): lambda: (len(MOONS.X), len(MOONS.X_validation)),
    ("logistic-regression", "Logits from −1000 to 1000"): lambda: (1000, 1000),  # in the code below
    ("logistic-regression", "trains on 200 of the points"): lambda: (TRAINED,),
    ("multi-layer-perceptron", "has radius 0.3 here"): lambda: (data.FACTOR,),
    ("multi-layer-perceptron", "default of 0.8, noise of 0.1"): lambda: (scikit_factor(), data.NOISE),
    ("multi-layer-perceptron", "not in 5,000 steps either (below)"): lambda: shown("multi-layer-perceptron", r"steps=(\d+)")[-1:],
    ("regression-double-descent", "for 5 to 60 examples"): lambda: (min(sizes := default(double_descent, "sizes")), max(sizes)),
    ("regression-double-descent", "are the 1000 repeats of the code below"): lambda: (default(double_descent, "repeats"),),
    ("regression-double-descent", "draws 400 of its own"): lambda: (constant("double_descent.js", "LIVE_DRAWS"),),
    ("regression-noise", "the mean of 1000 repeats"): lambda: (default(training_errors, "repeats"),),
    ("regression-noise", "Among some 370 normal deviations one is as large"): lambda: (round(1 / math.erfc(3 / math.sqrt(2)), -1),),
    ("regression-polynomials", "standard deviation 0.1"): lambda: (default(noisy_points, "sigma"),),
    ("regression-polynomials", "to degree 12 there are fewer weights than points, from degree 14 on"): lambda: (POINTS - 2, POINTS),
    ("regression-polynomials", "Up to degree 13 the basis does not matter"): lambda: (POINTS - 1,),
    ("regression-polynomials", "**Degree 13** has as many weights as there are points"): lambda: (POINTS - 1,),
    ("regression-polynomials", "**Degree 15** has some freedom"): lambda: tuple(d for d in DEGREES if d == POINTS + 1),
    ("regression-polynomials", "**Degrees 30 and 200** have much"): lambda: tuple(d for d in DEGREES if d in (30, max(DEGREES))),
    ("regression-polynomials", "median over 100 draws"): lambda: numbers_of(poly_errors, r"repeats=(\d+)"),
    ("regression-polynomials", "range of the middle 80%"): shares,
    ("regression-polynomials", "At degree 200 noise makes"): lambda: (max(DEGREES),),
    ("regression-polynomials", "The dotted line is degree 13"): lambda: (POINTS - 1,),
    ("regression-polynomials", "to a peak at degree 13"): lambda: (POINTS - 1,),
    ("regression-polynomials", "far below that of degree 10, and below that of degree 1"): lambda: (
        10,
        1,
    ),  # as the figure shows
    ("regression-polynomials", "no peak: degree 13 is the best"): lambda: (POINTS - 1,),
    ("sorting-any", "below, for up to 32 wires"): lambda: (LIVE_WIRES,),
    ("sorting-any", "networks known, for up to 64 wires"): lambda: (LARGEST,),
    ("sorting-any", "All sizes and depths for up to 16 wires"): lambda: (16,),  # as the figures and the table below it
    ("sorting-any", "the smallest network known for 16 wires"): lambda: (SIXTEEN.n,),
    ("sorting-any", "Up to 20 wires, the page tries all"): lambda: (constant("zero_one.js", "MOST_TRIED_WIRES"),),
    ("sorting-any", "How 64 wires are proved without"): lambda: (64,),  # in the program below
    ("sorting-any", "but for 64 wires it is still hopeless"): lambda: (64,),
    ("sorting-any", "four sorted wires have 5 instead of 16"): lambda: (4 + 1, 2**4),
    ("sorting-four", "Run all 24 orders of four numbers"): lambda: (math.factorial(4),),
    ("sorting-four", "the 16 lists of zeros and ones"): lambda: (2**4,),
}


def scikit_factor() -> object:
    return default(pytest.importorskip("sklearn.datasets").make_circles, "factor")


def prose(text: str) -> str:
    """What is read of a page but its code, formulas, addresses and the numbers of questions."""
    lines = text.split("\n")
    for block in blocks(text):
        lines[block.first : block.last + 1] = [""] * (block.last - block.first + 1)
    return OF_QUESTIONS.sub("", NOT_READ.sub("", "\n".join(lines)))


def numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(text)]


def unclaimed(chapter: str, text: str) -> list[str]:
    """The numbers of a page that no claim speaks of, with the words before them."""
    text = prose(text)
    for words in (words for page, words in CLAIMS if page == chapter):
        text = text.replace(words, "")
    found = [(match, float(match[0].replace(",", ""))) for match in NUMBER.finditer(text)]
    return [text[max(match.start() - 40, 0) : match.end()] for match, number in found if number >= FIRST or number % 1]


def text_of(chapter: str) -> str:
    return (ROOT / "docs" / f"{chapter}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("chapter", [name.removesuffix(".html") for name in CHAPTERS])
def test_every_number_of_a_chapter_is_a_claim(chapter):
    assert unclaimed(chapter, text_of(chapter)) == []


@pytest.mark.parametrize(("chapter", "words"), CLAIMS, ids=lambda part: part)
def test_a_claim_is_so(chapter, words):
    assert words in prose(text_of(chapter)), "the page says it no more: take it out here too"
    assert numbers(words) == [float(number) for number in CLAIMS[chapter, words]()]


@pytest.mark.parametrize("chapter", ["gradient-norms"])
def test_sums_that_are_written_out_are_so(chapter):
    found = SUM.findall(text_of(chapter))
    assert len(found) > 3
    for chain in found:
        sides = [re.sub(r"\)\s*\(", ")*(", side.replace(r"\cdot", "*")) for side in chain.split("=")]
        assert len({eval(side, {}) for side in sides}) == 1, chain


def test_an_unproved_number_is_seen():
    assert unclaimed("sort2", "# Sort_2 <small>3.1</small>\n\nIn question 3.1 it needs `12` units, $13$ weights and 14 layers.\n") != []
    assert unclaimed("sort2", "# Sort_2 <small>3.1</small>\n\nIn question 3.1 it needs `12` units, $13$ weights and 2 layers.\n") == []
