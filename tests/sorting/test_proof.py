"""What a refutation proposes: one comparator wherever one is enough."""

from __future__ import annotations

import itertools

import pytest

from a1viz.sorting import FAMILIES, Network, network, verify
from a1viz.sorting import proof as proof_module


def is_sorter(net: Network) -> bool:
    """By trying all lists of zeros and ones."""
    return all(list(net.apply(values)) == sorted(values) for values in itertools.product((0, 1), repeat=net.n))


def those_that_mend(net: Network) -> list[tuple[int, int]]:
    """By trying everything: the comparators each of which mends a network by itself, at its end."""
    pairs = itertools.combinations(range(net.n), 2)
    return [pair for pair in pairs if is_sorter(Network(net.n, (*net.comparators, pair)))]


@pytest.mark.parametrize("has_room", [True, False])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n", [3, 4, 5, 6])
def test_one_comparator_is_proposed_wherever_one_is_enough(family, n, has_room, monkeypatch):
    """Even where there is no room for a whole sorter behind the network; of more than one comparator nothing is said there."""
    for k in range(network(family, n).size):
        net = network(family, n).without(k)
        monkeypatch.setattr(proof_module, "MENDING", 10**6 if has_room else 0)
        proof, enough = verify(net, "patterns"), [(pair,) for pair in those_that_mend(net)]
        assert proof or (proof.missing in enough if enough else bool(proof.missing) == has_room)


def test_a_redundant_comparator_is_named_as_in_the_equations():
    assert "  redundant: S4 [2, 3]; it never swaps" in str(verify(Network(3, [(0, 1), (1, 2), (0, 1), (1, 2)])))


def test_of_many_redundant_comparators_twenty_are_named():
    said = str(verify(Network(2, [(0, 1)] * 101)))
    assert said.count("[1, 2]") == 20 and "S21 [1, 2] and 80 more; they never swap" in said
    said = str(verify(Network(2, [(0, 1)] * 21)))
    assert said.count("[1, 2]") == 20 and said.endswith("S21 [1, 2]; they never swap")


def test_only_of_what_sorts_is_it_said_that_no_comparator_is_redundant():
    said = "no comparator is redundant"
    whole = network("merge", 4)
    assert str(verify(whole)).endswith(said)
    assert verify(whole.without(4)).redundant == () and said not in str(verify(whole.without(4)))
