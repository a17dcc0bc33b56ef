"""What the hints of question 2.2.3 ask, answered from the counts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ..calculus.autodiff import backward
from ..calculus.costs import Polynomial
from ..calculus.rewriting import rewrite
from ..graph.nodes import Graph
from .cost_table import ORDER, Convention, count_pass, deep_network, pass_table

USUAL = Convention()


def kept_from_forward(graph: Graph, cotangents: Sequence[str] = ()) -> tuple[str, ...]:
    """The variables of the forward pass that the backward pass to all parameters reads: what must be kept.

    >>> kept_from_forward(deep_network(3), ["y"])
    ('x', 'W2', 'W3', 'h1', 'h2')
    """
    backward_pass = rewrite(backward(graph, graph.parameters, cotangents or None))
    read = {i for node in backward_pass.nodes if node.name not in graph for i in node.inputs}
    return tuple(node.name for node in backward_pass.nodes if node.name in graph and node.name in read and node.op != "constant")


def backward_ratio(layers: int, convention: Convention = USUAL) -> Fraction:
    """How many times the multiplications of the forward pass the naive backward pass takes.

    >>> [str(backward_ratio(k)) for k in (1, 2, 10)]
    ['1', '3/2', '19/10']
    """
    backward, forward = (count_pass(layers, name, "naive", convention)[0].terms for name in ("backward", "forward"))
    ((names, more),), ((same, less),) = backward, forward
    assert names == same, f"{names} is no multiple of {same}"
    return Fraction(more, less)


def pays_from(cheap: Polynomial, dear: Polynomial, size: str = "D", **others: int) -> int | None:
    """The size from which on `cheap` is always less than `dear`; None if there is none.

    >>> D = Polynomial.product(["D"])
    >>> pays_from(D * Polynomial.product([2]) + Polynomial.product([]), D * D)
    3
    """
    difference = dear - cheap
    beyond = 2 + sum(abs(Polynomial((term,)).at({**others, size: 1})) for term in difference.terms)  # all roots
    losses = [n for n in range(1, beyond + 1) if difference.at({**others, size: n}) <= 0]
    return None if beyond in losses else max(losses, default=0) + 1


def hints(convention: Convention = USUAL) -> tuple[str, ...]:
    """What the question's hints ask, answered from the counts, a sentence each."""
    table = pass_table(convention)
    cheap, dear = (table["gradient norms", method].multiplications for method in ("efficient", "naive"))
    cheap_both, dear_both = table["backward", "efficient"].multiplications + cheap, table["backward", "naive"].multiplications + dear
    forward, back = table["forward", "naive"], table["backward", "naive"]
    kept = kept_from_forward(deep_network(3), ["y"])
    inputs, weights = (", ".join(name for name in kept if name.startswith("W") is is_weight) for is_weight in (False, True))
    ratios = {k: float(backward_ratio(k, convention)) for k in (1, 2, 10, 100)}
    said = "; ".join(f"{ratio:.3g} for K = {k}" for k, ratio in ratios.items()) if ratios[1] != ratios[2] else f"{ratios[1]:g} for every K"
    first = "" if convention.input_error else ", which the first layer does not need"
    return (
        f"The backward pass of 3 layers reads {inputs} and {weights}: the input of every layer must be kept, N D numbers per layer.",
        f"The backward pass takes {back.multiplications.text(ORDER)} multiplications, the forward pass "
        f"{forward.multiplications.text(ORDER)}: for each layer one product for the gradient of its weights and one for the error vector "
        f"of its input{first}. The ratio is {said}.",
        f"The norms alone take {cheap.text(ORDER)} multiplications instead of {dear.text(ORDER)}: fewer from "
        f"D = {pays_from(cheap, dear, N=1, K=1)} on. With the backward pass {cheap_both.text(ORDER)} instead of "
        f"{dear_both.text(ORDER)}: fewer from D = {pays_from(cheap_both, dear_both, N=1, K=1)} on.",
    )
