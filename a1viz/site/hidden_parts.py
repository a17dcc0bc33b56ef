"""Exercises that hide a part of a graph or of a network: a number among the values, or a comparator."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from ..base.errors import InputError, did_you_mean, shown
from ..base.limits import EXERCISE_ENTRIES, EXERCISE_WIRES
from ..graph.nodes import Graph
from .exercise_answers import Exercise, given_number, given_pair, list_text
from .options import names_in
from .views import drawn_graph

if TYPE_CHECKING:
    from ..sorting import Network

Settings = Mapping[str, Any]
MOST_TOLD = 24  # entries of an array that a question writes out
ENTRY = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\[([\d,\s]*)\])?\s*")


# --- weight -----------------------------------------------------------------------------------------------------------------------


def weights(settings: Settings) -> tuple[list[Exercise], Graph | None]:
    """A number that is hidden in the values of a leaf, on which the outputs depend."""
    import numpy as np

    from ..calculus.interpreter import run
    from ..graph.leaves import check_given, gather

    graph, numbers = drawn_graph(settings), settings.get("set", {})
    check_given(graph, numbers)
    leaves = {leaf.name: leaf for leaf in graph.leaves}
    of = names_in(settings, "of")
    found = ENTRY.fullmatch(of[0] if len(of) == 1 else "")
    if not found or found[1] not in leaves:
        told = did_you_mean(found[1], leaves) if found else ""
        raise InputError(f"say which number is hidden, counted from 0, as in of: W1[0, 1]; the leaves are {', '.join(leaves)}{told}")
    arrays: dict[str, Any] = {name: np.array(array) for name, array in gather(graph, numbers).arrays.items()}
    hidden, place = arrays[found[1]], tuple(int(k) for k in (found[2] or "").replace(",", " ").split())
    if len(place) != hidden.ndim or any(k >= size for k, size in zip(place, hidden.shape, strict=False)):
        raise InputError(f"of: {shown(of[0])} is not an entry of {found[1]}, whose shape is {hidden.shape}; entries are counted from 0")
    if sum(array.size for array in arrays.values()) > EXERCISE_ENTRIES:
        raise InputError(f"an exercise carries at most {EXERCISE_ENTRIES:,} numbers, and this graph has more; take a smaller one")
    if "answer" in settings:
        hidden[place] = given_number(settings["answer"])
    outputs = {
        name: value.tolist() for name, value in run(graph, **arrays).items() if name in (names_in(settings, "only") or graph.outputs)
    }
    entry = int(np.ravel_multi_index(place, hidden.shape)) if place else 0
    texts = np.vectorize(lambda number: f"{number:g}")(hidden).astype(object)
    texts[place] = "?"
    shown_matrix = str(texts.tolist()).replace("'", "")
    wanted = "; ".join(f"{name} = {list_text(value)}" for name, value in outputs.items())
    others = "; ".join(f"{name} = {list_text(a)}" for name, a in arrays.items() if name != found[1] and a.size <= MOST_TOLD)
    question = f"One number is hidden: <code>{escape(f'{found[1]} = {shown_matrix}')}</code>. Which one gives <code>{escape(wanted)}</code>"
    question += f" for <code>{escape(others)}</code>?" if others else "?"
    task = {"leaf": found[1], "entry": entry, "given": {name: a.tolist() for name, a in arrays.items()}, "outputs": outputs}
    solution = f"<p><code>{hidden[place]:g}</code></p>"
    return [Exercise(question, f"which number of {found[1]} is hidden", solution, (), task)], graph


# --- comparator -------------------------------------------------------------------------------------------------------------------


def comparators(settings: Settings) -> tuple[list[Exercise], Graph | None]:
    """The comparator that is missing in a sorting network, or in one for the k-th smallest number."""
    whole, place = _whole_network(settings)
    pairs = [[i + 1, j + 1] for i, j in whole.comparators]
    missing = given_pair(settings["answer"], whole.n) if "answer" in settings else pairs[place]
    k = settings.get("k", 0)
    if k and not 1 <= k <= whole.n:
        raise InputError(f"k must be from 1 to {whole.n}, got {k}")
    mended = [*pairs[:place], missing, *pairs[place + 1 :]]
    wrong = _failing_input(whole.n, mended, k)
    if wrong is not None:
        raise InputError(f"the whole network has to {'find it' if k else 'sort'}, and with {missing} this one fails on {wrong}")
    rest = [*pairs[:place], *pairs[place + 1 :]]
    aim = f"the {k}-th smallest number comes out on wire {k}" if k else "the network sorts"
    question = f"Comparator {place + 1} of {whole.size} is missing. Which two wires does it join, so that {aim}?"
    if "view" not in settings:
        question += f" The others are <code>{escape(str(rest))}</code>, on wires 1 to {whole.n}."
    task = {"n": whole.n, "comparators": rest, "place": place, "k": k}
    return [Exercise(question, "which comparator is missing", f"<p><code>{missing}</code></p>", (), task)], None


def _whole_network(settings: Settings) -> tuple[Network, int]:
    """The network, and which of its comparators `without` leaves out, counted from 0. Raises InputError."""
    from ..graph.comparators import read_comparators, wires_of
    from ..sorting import Network, network

    if "network" in settings:
        whole = network(settings["network"], settings.get("n"))  # type: ignore[arg-type]  # `network` says what is wrong with it
    elif "comparators" in settings:
        found = read_comparators(settings["comparators"])
        whole = Network(settings.get("wires", wires_of(found)), found)
    else:
        raise InputError("a missing comparator is one of a network: name it, as in network: bubble, or write comparators: [[1, 2], [2, 3]]")
    if whole.n > EXERCISE_WIRES:
        raise InputError(f"an exercise tries all inputs of at most {EXERCISE_WIRES} wires, and this network has {whole.n}")
    left_out = settings.get("without")
    if not isinstance(left_out, int) or not 1 <= left_out <= whole.size:
        raise InputError(f"say which comparator is missing, from 1 to {whole.size}, as in without: {max(whole.size, 1)}")
    return whole, left_out - 1


def _failing_input(n: int, pairs: list[list[int]], k: int) -> str | None:
    """Zeros and ones that come out in a wrong order, if there are any; all inputs are tried at once, a bit each."""
    every, wires = (1 << 2**n) - 1, []
    for wire in range(n):
        period = 1 << (wire + 1)
        wires.append(every // ((1 << period) - 1) * (((1 << period // 2) - 1) << period // 2))
    inputs = list(wires)
    for i, j in pairs:
        wires[i - 1], wires[j - 1] = wires[i - 1] & wires[j - 1], wires[i - 1] | wires[j - 1]
    for wire in range(n - 1):
        bad = wires[wire] & ~wires[wire + 1] & every
        if bad and not k:
            at = (bad & -bad).bit_length() - 1
            return " ".join(str(x >> at & 1) for x in inputs)
    for at in range(2**n) if k else ():
        if (wires[k - 1] >> at & 1) != (sum(x >> at & 1 for x in inputs) > n - k):
            return " ".join(str(x >> at & 1) for x in inputs)
    return None
