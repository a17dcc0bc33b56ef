"""One exercise; and answers that a fence gives itself, each checked before a reader is measured by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

from ..base.errors import A1vizError, InputError, shown
from ..base.limits import EXERCISE_ENTRIES
from ..graph.nodes import Graph
from ..graph.schema import number_problem


@dataclass(frozen=True)
class Exercise:
    """One question: as HTML and as text, hints, the solution as HTML, and what the script needs to mark an answer."""

    question: str
    label: str
    solution: str
    hints: tuple[str, ...] = ()
    task: dict[str, Any] = field(default_factory=dict)


def coded(text: str) -> str:
    """A text as HTML, what stands between backticks as code.

    >>> coded("Is `a < b`?")
    'Is <code>a &lt; b</code>?'
    """
    parts = text.split("`")
    return "".join(f"<code>{escape(part)}</code>" if k % 2 and k < len(parts) - 1 else escape(part) for k, part in enumerate(parts))


def given_shape(answer: Any) -> list[int | str]:
    """A shape such as [3, 4] or [D, H]. Raises InputError."""
    parts = answer if isinstance(answer, list) else [answer]
    if not all(
        (isinstance(part, int) and not isinstance(part, bool) and part >= 0) or (isinstance(part, str) and part.isidentifier())
        for part in parts
    ):
        raise InputError(f"answer must be a shape such as [3, 4] or [D, H], got {shown(answer)}")
    return parts


def given_value(answer: Any) -> Any:
    """A number, or nested lists of numbers. Raises InputError."""
    problem = number_problem("answer", answer)
    if problem:
        raise InputError(problem)
    array = np.asarray(answer, float)
    if array.size > EXERCISE_ENTRIES or not array.size or not np.isfinite(array).all():
        raise InputError(f"an answer is one to {EXERCISE_ENTRIES:,} finite numbers, got {shown(answer)}")
    return array.tolist()


def given_number(answer: Any) -> float:
    """A single number. Raises InputError."""
    value = given_value(answer)
    if isinstance(value, list):
        raise InputError(f"answer must be a single number, got {shown(answer)}")
    return float(value)


def given_pair(answer: Any, n: int) -> list[int]:
    """A comparator such as [1, 2]. Raises GraphError."""
    from ..graph.comparators import read_pair

    i, j = read_pair(1, answer, n, 1)
    return [i + 1, j + 1]


def list_text(value: Any) -> str:
    """Numbers as a reader types them, with six digits.

    >>> list_text(np.array([[1.0, 0.5], [-2.0, 1 / 3]]))
    '[[1, 0.5], [-2, 0.333333]]'
    """
    array = np.asarray(value)
    return f"{float(array) + 0:g}" if array.ndim == 0 else f"[{', '.join(map(list_text, array))}]"


def check_shape(answer: list[int | str], name: str, shape: list[int | str], graph: Graph) -> None:
    """Refuse what is not a variable's shape, in numbers or in letters. Raises InputError."""
    sizes = graph.document.sizes
    if [sizes.get(str(dim), dim) for dim in answer] != [sizes.get(str(dim), dim) for dim in shape]:
        raise InputError(f"answer: {shown(answer)} is not the shape of {name}; leave answer out and it is computed")


def check_value(answer: Any, name: str, value: Any) -> None:
    """Refuse what differs from a variable's value in its first two digits. Raises InputError."""
    mine, wanted = np.asarray(answer, float), np.asarray(value, float)
    if mine.shape != wanted.shape or not np.allclose(mine, wanted, rtol=5e-3, atol=0):
        raise InputError(f"answer: {shown(answer)} is not the value of {name}; leave answer out and it is computed")


def checked_derivation(graph: Graph, joint: Graph, bar: str, answer: Any) -> str:
    """The right side of an equation that equals the derivation's own, tried on random numbers. Raises InputError."""
    from ..calculus.interpreter import run
    from ..graph.equations import parse

    if not isinstance(answer, str):
        raise InputError(f"answer must be the right side of an equation, as in answer: W.T @ z_bar, got {shown(answer)}")
    text = answer.removeprefix(f"{bar} = ").strip()
    given = {
        node.name: node for node in joint.nodes if node.is_declared and node.op not in ("size", "constant") and node.name.isidentifier()
    }
    leaves = {
        name: {"class": node.value, "shape": list(node.shape)} if node.op == "label" else list(node.shape) for name, node in given.items()
    }
    try:
        own = parse(f"answer_ = {text}", outputs=["answer_"], inputs={name: leaves[name] for name in leaves if name != bar})
    except A1vizError as error:
        raise InputError(f"answer: {error}") from None
    for seed in range(4):
        found = run(joint, trace=True, rng=np.random.default_rng(seed))
        values = {node.name: found[node.name] for node in own.leaves}
        wanted, mine = found[bar], run(own, **values)["answer_"]
        if wanted.shape != mine.shape or not np.allclose(
            wanted, mine, rtol=1e-7, atol=1e-9 * max(float(np.abs(wanted).max(initial=0)), 1e-300)
        ):
            raise InputError(f"answer: {shown(text)} is not {bar}; leave answer out and it is computed")
    return text
