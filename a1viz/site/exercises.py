"""Exercises in a page: a question with hints and its solution; the page's script marks answers, and without one the solution unfolds.

To add a kind: one function and one row in KINDS.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from ..base.errors import InputError, did_you_mean, shown
from ..graph.nodes import Graph
from ..live.graph_data import graph_data
from ..live.table import as_json
from .exercise_answers import Exercise, check_shape, check_value, checked_derivation, coded, given_shape, given_value, list_text
from .hidden_parts import MOST_TOLD, comparators, weights
from .options import names_in
from .views import drawn_graph, view_of

Settings = Mapping[str, Any]


def exercise_html(settings: Settings) -> str:
    """The exercises of a fence; with a `view` the picture comes first. Raises InputError for what cannot be asked."""
    kind = settings["exercise"]
    if kind not in KINDS:
        raise InputError(f"unknown exercise {shown(kind)}; there are {', '.join(KINDS)}{did_you_mean(kind, KINDS)}")
    if settings.get("live"):
        raise InputError("the picture of an exercise is not live; leave live out, or show a live picture in a block of its own")
    made, graph = KINDS[kind](settings)
    left_out = ("exercise", "k") if kind == "comparator" else ("exercise",)  # what the k-th needs is not known while one is missing
    picture = view_of(settings)({k: v for k, v in settings.items() if k not in left_out}) if "view" in settings else ""
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
        f'<div class="a1viz-exercise" role="group" aria-label="Exercise: {label}">'
        f'<p class="a1viz-question">{one.question}</p>{solution}</div>'
    )


def _with_texts(one: Exercise, settings: Settings, alone: bool) -> Exercise:
    """The exercise with the fence's own question and hints."""
    hints = tuple(settings["hints"]) if "hints" in settings else one.hints
    if not (alone and "question" in settings):
        return Exercise(one.question, one.label, one.solution, hints, one.task)
    return Exercise(coded(settings["question"]), settings["question"].replace("`", ""), one.solution, hints, one.task)


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


def _is_told(settings: Settings) -> bool:
    """Whether the fence's own answer belongs to its own question, and not to a variable. Raises InputError where there is neither."""
    if "answer" not in settings or names_in(settings, "of"):
        return False
    if "question" not in settings:
        raise InputError("an answer without of needs a question of its own, as in question: How many units are there?")
    return True


def shapes(settings: Settings) -> tuple[list[Exercise], Graph | None]:
    """The shape of a variable or of an error signal."""
    from ..calculus.derivation import joint_graph

    if _is_told(settings):
        shape = given_shape(settings["answer"])
        name, graph, formula = "", None, "this"
    else:
        given = drawn_graph(settings)
        whole = given if set(names_in(settings, "of")) <= set(given.by_name) else joint_graph(given)
        name = _variable(whole, settings, "W1_bar")
        shape, graph, formula = list(whole[name].shape), given, _formula(whole, name)
        if "answer" in settings:
            check_shape(given_shape(settings["answer"]), name, shape, graph)
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

    if _is_told(settings):
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
        if "answer" in settings:
            check_value(given_value(settings["answer"]), name, value)
        formula = f"<code>{name}</code>"
        told = [
            f"{leaf.name} = {list_text(found[leaf.name])}"
            for leaf in graph.leaves
            if leaf.name in found and found[leaf.name].size <= MOST_TOLD
        ]
        given = f" for <code>{escape('; '.join(told))}</code>" if told else ""
    solution = f"<p><code>{list_text(value)}</code></p>"
    return [Exercise(f"What is {formula}{given}?", f"what is the value of {name}", solution, (), {"value": value})], None


KINDS: dict[str, Callable[[Settings], tuple[list[Exercise], Graph | None]]] = {
    "derive": derivations,
    "shape": shapes,
    "weight": weights,
    "comparator": comparators,
    "value": values,
}
