"""Exercises in a page: a question with hints and its solution; the page's script marks answers, and without one the solution unfolds.

To add a kind: one function and one row in KINDS.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from ..base.errors import InputError, did_you_mean, shown
from ..base.limits import EXERCISE_ENTRIES, EXERCISE_WIRES
from ..graph.nodes import Graph
from ..live.graph_data import graph_data
from ..live.table import as_json
from .exercise_answers import checked_derivation, given_number, given_pair, given_shape, given_value, list_text
from .options import names_in
from .views import drawn_graph, view_of

if TYPE_CHECKING:
    from ..sorting import Network

Settings = Mapping[str, Any]
MOST_TOLD = 24  # entries of an array that a question writes out
ENTRY = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\[([\d,\s]*)\])?\s*")


@dataclass(frozen=True)
class Exercise:
    """One question: as HTML and as text, hints, the solution as HTML, and what the script needs to mark an answer."""

    question: str
    label: str
    solution: str
    hints: tuple[str, ...] = ()
    task: dict[str, Any] = field(default_factory=dict)


def exercise_html(settings: Settings) -> str:
    """The exercises of a fence; with a `view` the picture comes first. Raises InputError for what cannot be asked."""
    kind = settings["exercise"]
    if kind not in KINDS:
        raise InputError(f"unknown exercise {shown(kind)}; there are {', '.join(KINDS)}{did_you_mean(kind, KINDS)}")
    made, graph = KINDS[kind](settings)
    picture = view_of(settings)({k: v for k, v in settings.items() if k not in ("exercise", "live")}) if "view" in settings else ""
    own = [_with_texts(one, settings, alone=len(made) == 1) for one in made]
    data: dict[str, Any] = {"items": []}
    for one in own:
        key = hashlib.sha256(as_json([kind, one.label, one.task, str(graph)]).encode()).hexdigest()[:10]
        data["items"].append({"key": key, "kind": kind, "label": one.label, "hints": one.hints, **one.task})
    if graph is not None:
        data["graph"] = graph_data(graph)
    sections = "".join(_section(one) for one in own)
    script = f'<script type="application/json" class="a1viz-data">{as_json(data)}</script>'
    return f'<div class="a1viz-exercises" data-a1viz-exercise>{picture}{sections}{script}</div>'


def _section(one: Exercise) -> str:
    solution = f'<details class="a1viz-solution" data-search-exclude><summary>Solution</summary>{one.solution}</details>'
    label = escape(one.label, quote=True)
    return (
        f'<section class="a1viz-exercise" aria-label="Exercise: {label}"><p class="a1viz-question">{one.question}</p>{solution}</section>'
    )


def _with_texts(one: Exercise, settings: Settings, alone: bool) -> Exercise:
    """The exercise with the fence's own question and hints."""
    hints = tuple(settings["hints"]) if "hints" in settings else one.hints
    if not (alone and "question" in settings):
        return Exercise(one.question, one.label, one.solution, hints, one.task)
    return Exercise(coded(settings["question"]), settings["question"].replace("`", ""), one.solution, hints, one.task)


def coded(text: str) -> str:
    """A text as HTML, what stands between backticks as code.

    >>> coded("Is `a < b`?")
    'Is <code>a &lt; b</code>?'
    """
    parts = text.split("`")
    return "".join(f"<code>{escape(part)}</code>" if k % 2 and k < len(parts) - 1 else escape(part) for k, part in enumerate(parts))


def _formula(graph: Graph, name: str) -> str:
    from ..calculus.notation import symbol
    from ..pictures.typesetting import inline_svg
    from ..pictures.wording import words

    return inline_svg(str(symbol(graph, name)), alt=words(name))


def _variable(graph: Graph | None, settings: Settings, example: str = "W1") -> str:
    """The one variable that `of` names."""
    names = names_in(settings, "of")
    if len(names) != 1:
        raise InputError(f"say what is asked for, as in of: {example}")
    if graph is not None and names[0] not in graph.by_name:
        raise InputError(f"of: {shown(names[0])} is no variable here{did_you_mean(names[0], graph.declared_names)}")
    return names[0]


# --- derive -----------------------------------------------------------------------------------------------------------------------


def derivations(settings: Settings) -> tuple[list[Exercise], Graph | None]:
    """One exercise for each variable that `of` names; `of: all` means all that have an error signal to derive."""
    from ..calculus.autodiff import cotangent_names
    from ..calculus.derivation import derive, joint_graph

    graph = drawn_graph(settings)
    joint = joint_graph(graph)
    bars = cotangent_names(graph, joint)
    names = names_in(settings, "of")
    if names == ("all",):
        ordered = dict.fromkeys(step.variable for step in derive(graph).steps)
        names = tuple(name for name in ordered if name in bars and joint[bars[name]].op not in ("input", "constant"))
    if not names:
        raise InputError("say which variable's error signal is asked for, as in of: W1, of: [x, W1] or of: all")
    for name in names:
        if name not in graph.by_name:
            raise InputError(f"of: {shown(name)} is no variable here{did_you_mean(name, graph.declared_names)}")
        if name not in bars:
            raise InputError(f"of: {name} has no error signal; a derivation asks for one of {', '.join(bars)}")
        if joint[bars[name]].op == "input":
            raise InputError(f"of: {bars[name]} is handed in, so there is nothing to derive")
    if "answer" in settings and len(names) > 1:
        raise InputError("answer belongs to one variable; name it, as in of: W1")
    return [_derivation(graph, joint, name, bars[name], settings) for name in names], graph


def _derivation(graph: Graph, joint: Graph, name: str, bar: str, settings: Settings) -> Exercise:
    from ..calculus.derivation import derive
    from ..graph.shapes import described
    from ..pictures.wording import words
    from .step_lists import equation_list

    steps = derive(graph).steps
    own = next(step for step in steps if step.text.startswith(f"{bar} "))
    parts = [step for step in steps if (part := step.text.split(" ")[0]) not in graph.by_name and part.startswith("delta_")]
    told = [step for step in parts if re.search(rf"\b{step.text.split(' ')[0]}\b", own.text)]
    if "answer" in settings:
        answer = checked_derivation(graph, joint, bar, settings["answer"])
        solution = f"<p><code>{escape(f'{bar} = {answer}')}</code></p>"
    else:
        solution = equation_list([(step.latex, words(step.text)) for step in [*told, own]])
    labels = [node.name for node in graph.nodes if node.op == "label" and not node.shape]
    users = [v for v in graph.declared_names if name in _read_by(graph, v)]
    hints = [f"`{name}` is used in {_listed(users)}: there is a term for each use."] if len(users) > 1 else []
    if len(users) == 1:
        hints.append(f"`{name}` is used in one equation only, that of `{users[0]}`.")
    if graph[name].shape:
        hints.append(f"`{bar}` has the shape of `{name}`: {described(graph[name].shape)}. Transposes stand where the shapes need them.")
    if "scatter(" in own.text and labels:
        hints.append(f"The unit vector of a class is written `e_{labels[0]}`.")
    question = f"Derive {_formula(joint, bar)}, the error signal of {_formula(graph, name)}."
    return Exercise(question, f"derive {bar}, the error signal of {name}", solution, tuple(hints), {"of": name, "bar": bar})


def _read_by(graph: Graph, variable: str) -> set[str]:
    """The variables that an equation reads."""
    from ..graph.nodes import inner_nodes

    return {i for node in inner_nodes(graph, variable) for i in node.inputs} if not graph[variable].is_leaf else set()


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names[:-1]) + f" and `{names[-1]}`"


# --- shape and value --------------------------------------------------------------------------------------------------------------


def shapes(settings: Settings) -> tuple[list[Exercise], Graph | None]:
    """The shape of a variable or of an error signal."""
    from ..calculus.derivation import joint_graph

    if "answer" in settings:
        shape = given_shape(settings["answer"])
        name, graph, formula = "", None, "this"
    else:
        given = drawn_graph(settings)
        whole = given if set(names_in(settings, "of")) <= set(given.by_name) else joint_graph(given)
        name = _variable(whole, settings, "W1_bar")
        shape, graph, formula = list(whole[name].shape), given, _formula(whole, name)
    text = "(" + ", ".join(map(str, shape)) + ")" if len(shape) != 1 else f"({shape[0]},)"
    hints = ("An error signal has the shape of its variable.",) if name.endswith("_bar") else ()
    task = {"shape": shape, "sizes": dict(graph.document.sizes) if graph else {}}
    return [
        Exercise(f"What is the shape of {formula}?", f"what is the shape of {name or 'this'}", f"<p><code>{text}</code></p>", hints, task)
    ], None


def values(settings: Settings) -> tuple[list[Exercise], Graph | None]:
    """The value of a variable or of an error signal, on the given numbers."""
    from ..calculus.interpreter import grad, run
    from ..graph.leaves import check_given

    if "answer" in settings:
        value = given_value(settings["answer"])
        formula, name, given = "this", "this", ""
    else:
        graph, numbers = drawn_graph(settings), settings.get("set", {})
        check_given(graph, numbers)
        found = {**run(graph, trace=True, **numbers)}
        if not set(names_in(settings, "of")) <= set(found):
            found |= grad(graph, **numbers)
        names = names_in(settings, "of")
        if len(names) != 1 or names[0] not in found:
            raise InputError(f"say which value is asked for, as in of: y{did_you_mean(names[0], found) if names else ''}")
        name, value = names[0], given_value(found[names[0]].tolist())
        formula = f"<code>{name}</code>"
        told = [
            f"{leaf.name} = {list_text(found[leaf.name])}"
            for leaf in graph.leaves
            if leaf.name in found and found[leaf.name].size <= MOST_TOLD
        ]
        given = f" for <code>{escape('; '.join(told))}</code>" if told else ""
    solution = f"<p><code>{list_text(value)}</code></p>"
    return [Exercise(f"What is {formula}{given}?", f"what is the value of {name}", solution, (), {"value": value})], None


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
    arrays = {name: np.array(array) for name, array in gather(graph, numbers).arrays.items()}
    hidden, place = arrays[found[1]], tuple(int(k) for k in (found[2] or "").replace(",", " ").split())
    if len(place) != hidden.ndim or any(k >= size for k, size in zip(place, hidden.shape, strict=False)):
        raise InputError(f"of: {shown(of[0])} is no number of {found[1]}, whose shape is {hidden.shape}; entries are counted from 0")
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


KINDS: dict[str, Callable[[Settings], tuple[list[Exercise], Graph | None]]] = {
    "derive": derivations,
    "shape": shapes,
    "weight": weights,
    "comparator": comparators,
    "value": values,
}
