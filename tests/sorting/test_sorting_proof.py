"""Proofs: what sorts is proved, what does not is refuted by an input, in every way of proving; and a planted fault is found."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from a1viz.base.errors import InputError
from a1viz.base.workers import executor
from a1viz.sorting import FAMILIES, Network, network, prune, verify
from a1viz.sorting import exhaustive as exhaustive_module
from a1viz.sorting.exhaustive import blocks_of
from a1viz.sorting.patterns import follow
from a1viz.sorting.proof import METHODS

FOUR = [(family, k) for family in ("bubble", "merge") for k in range(network(family, 4).size)]
TEN = [(family, k) for family in ("bubble", "insertion", "transposition", "merge") for k in range(0, network(family, 10).size, 3)]


def swaps(net: Network) -> tuple[set[int], list[tuple[int, ...]]]:
    """By trying everything: the comparators that ever swap, and the lists of zeros and ones that come out unsorted."""
    used, unsorted = set(), []
    for values in itertools.product((0, 1), repeat=net.n):
        wires = list(values)
        for at, (i, j) in enumerate(net.comparators):
            if wires[i] > wires[j]:
                wires[i], wires[j] = wires[j], wires[i]
                used.add(at)
        if wires != sorted(wires):
            unsorted.append(values)
    return used, unsorted


def agrees_with_trying_everything(net: Network, method: str) -> bool:
    """A proof says what trying everything says; its counter-example is one; its missing comparators mend."""
    proof = verify(net, method)
    used, unsorted = swaps(net)
    assert proof.ok == (not unsorted)
    assert set(proof.redundant) == set(range(net.size)) - used
    if proof.ok:
        assert proof.counterexample is proof.permutation is proof.output is None and proof.missing == ()
    else:
        assert proof.counterexample in unsorted
        assert list(proof.output) != sorted(proof.output)
        assert sorted(proof.permutation) == list(range(1, net.n + 1))
        assert list(net.apply(proof.permutation)) != sorted(proof.permutation)
        assert proof.missing and not swaps(Network(net.n, net.comparators + proof.missing))[1]
    return proof.ok


small = st.integers(1, 7).flatmap(
    lambda n: st.builds(
        Network,
        st.just(n),
        st.lists(st.sampled_from([*itertools.combinations(range(n), 2)]), max_size=20) if n > 1 else st.just([]),
    )
)
neighbours = st.integers(2, 7).flatmap(
    lambda n: st.builds(lambda ks: Network(n, [(k, k + 1) for k in ks]), st.lists(st.integers(0, n - 2), max_size=25))
)


@given(small)
@examples(150)
def test_every_method_agrees_with_trying_everything(net):
    assert len({agrees_with_trying_everything(net, method) for method in ("auto", "patterns", "all")}) == 1


@given(neighbours)
@examples(100)
def test_the_reversed_list_decides_where_only_neighbours_are_compared(net):
    agrees_with_trying_everything(net, "reversed")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 7, 16, 64])
def test_every_family_is_proved(family, n):
    assert verify(network(family, n))


@pytest.mark.parametrize("n", [*range(2, 52, 7), 54, 57])
def test_the_collected_networks_are_proved(n):
    assert verify(network("best-size", n)) and verify(network("best-depth", n))


@pytest.mark.parametrize("method", ["auto", "patterns", "all"])
@pytest.mark.parametrize(("family", "k"), FOUR)
def test_removing_any_comparator_of_four_wires_is_found_out(family, k, method):
    assert not agrees_with_trying_everything(network(family, 4).without(k), method)


@pytest.mark.parametrize(("family", "k"), TEN)
def test_removing_a_comparator_of_ten_wires_is_found_out(family, k):
    assert not agrees_with_trying_everything(network(family, 10).without(k), "auto")


@pytest.mark.parametrize("n", [24, 64])
def test_removing_a_comparator_of_many_wires_is_found_out(n):
    net = network("merge", n)
    for k in range(0, net.size, net.size // 5):
        broken = net.without(k)
        proof = verify(broken)
        assert not proof and list(broken.apply(proof.counterexample)) != sorted(proof.counterexample)
        assert verify(Network(n, broken.comparators + proof.missing))


def test_one_missing_comparator_at_the_end_is_named():
    assert verify(network("merge", 8).without(18)).missing == (network("merge", 8).comparators[18],)
    assert verify(Network(3, [(0, 1), (1, 2)])).missing == ((0, 1),)


def test_redundant_comparators_are_named():
    net = network("merge", 6)
    doubled = Network(6, [pair for pair in net.comparators for _ in range(2)])
    assert verify(doubled).redundant == tuple(range(1, 2 * net.size, 2))
    assert verify(Network(3, [(0, 1), (1, 2), (0, 1), (1, 2)])).redundant == (3,)


def test_the_collection_holds_redundant_comparators_and_they_can_go():
    net = network("best-depth", 27)
    redundant = verify(net).redundant
    assert len(redundant) == 1
    assert verify(net.without(*redundant))


def test_two_halves_that_never_meet_are_refuted():
    halves = Network(8, [*network("merge", 4).comparators, *((i + 4, j + 4) for i, j in network("merge", 4).comparators)])
    proof = verify(halves)
    assert proof.counterexample == (1, 1, 1, 1, 0, 0, 0, 0)
    assert len(proof.missing) == network("merge", 8).size - 2 * network("merge", 4).size


@given(small, st.integers(0, 6))
@examples(150)
def test_a_pruned_network_is_held_to_the_output_it_promises(net, k):
    pruned = prune(net, k % net.n + 1)
    (wire,) = pruned.outputs
    wrong = [v for v in itertools.product((0, 1), repeat=net.n) if pruned.apply(v)[wire] != sorted(v)[wire]]
    proof = verify(pruned)
    assert proof.ok == (not wrong)
    assert proof.ok or proof.counterexample in wrong


@pytest.mark.parametrize("k", [1, 8, 11, 16])
def test_the_kth_smallest_of_a_sorting_network_is_proved(k):
    pruned = prune(network("merge", 16), k)
    assert verify(pruned)
    assert not verify(pruned.without(pruned.size - 1))


def test_only_few_patterns_of_a_structured_network_are_looked_at():
    assert follow(network("merge", 64)).peak == 33 * 33
    assert verify(network("best-size", 24)).patterns < 2**24 / 1000


def test_a_proof_prints_itself_and_is_true_if_it_holds():
    proof = verify(network("merge", 4))
    assert proof and str(proof).split("\n")[1] == "sorts every input: 0-1 principle, 9 patterns at most on connected wires"
    broken = verify(network("merge", 4).without(4))
    assert not broken and "DOES NOT sort every input" in str(broken)
    assert "  1 0 1 0 comes out as 0 1 0 1\n  3 1 4 2 comes out as 1 3 2 4\n  missing: [2, 3]" in str(broken)
    assert "DOES NOT give number 3 of 4 for every input" in str(verify(prune(network("merge", 4), 3).without(4)))
    assert "all 16 inputs" in str(verify(network("merge", 4), "all"))
    assert "and 80 more; they never swap" in str(verify(Network(2, [(0, 1)] * 101)))


# --- in blocks --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [19, 20, 21])
def test_more_inputs_than_one_block_holds_are_all_looked_at(n):
    net = network("merge", n)
    assert verify(net, "all").patterns == 2**n
    for k in (0, net.size // 2, net.size - 1):
        broken = net.without(k)
        proof = verify(broken, "all")
        assert not proof and list(broken.apply(proof.counterexample)) != sorted(proof.counterexample)
        assert proof.redundant == verify(broken).redundant


def test_a_wire_that_is_left_out_is_found_out_in_the_last_of_many_blocks():
    """Only where the last wire is 0 does it matter, and it is counted through from 0 on."""
    longer = Network(20, network("merge", 19).comparators)
    proof = verify(longer, "all")
    assert not proof and proof.counterexample[-1] == 0 and any(proof.counterexample)
    assert verify(Network(20, [*network("merge", 20).comparators, (0, 1)]), "all").redundant == (network("merge", 20).size,)


@pytest.mark.parametrize("limit", [4, 12, 32])
def test_what_the_patterns_leave_is_gone_through_in_blocks(limit, monkeypatch):
    blocks_of.cache_clear()
    monkeypatch.setattr(exhaustive_module, "follow", lambda net: follow(net, limit))
    try:
        for net in (network("merge", 12), network("best-size", 11), network("merge", 12).without(7), network("pairwise", 9).without(25)):
            proof = verify(net)
            assert proof.method == "all" and proof.patterns < 2**net.n
            whole = verify(net, "all")
            assert (proof.ok, proof.redundant) == (whole.ok, whole.redundant)
            assert proof.ok or list(net.apply(proof.counterexample)) != sorted(proof.counterexample)
    finally:
        blocks_of.cache_clear()


def test_memory_does_not_grow_with_the_number_of_inputs():
    few, many = (blocks_of(n, network("merge", n).comparators, True) for n in (20, 40))
    assert few.block.count == many.block.count
    assert (few.count, many.count) == (2**2, 2**22)
    assert len(many.chunks) <= 4096


def test_a_proof_that_would_take_too_long_says_so_before_it_begins():
    said = r"64 wires leave 2\^64 patterns to go through, about [\d,]+ years for 1 process, and the limit is 60 minutes"
    with pytest.raises(InputError, match=said):
        verify(network("merge", 64), "all")
    with pytest.raises(InputError, match="for 8 processes, and the limit is 1 second"):
        verify(network("merge", 40), "all", workers=8, limit=1)


@pytest.mark.parametrize(
    ("net", "method", "message"),
    [
        (network("merge", 4), "revers", "unknown method 'revers'; did you mean 'reversed'"),
        (network("merge", 4), "reversed", "only if every comparator joins neighbours"),
        (prune(network("bubble", 4), 2), "reversed", "every wire is an output"),
    ],
)
def test_a_method_that_does_not_apply_is_a_clear_error(net, method, message):
    with pytest.raises(InputError) as error:
        verify(net, method)
    assert message in str(error.value)
    assert "auto" in METHODS


def test_a_broken_off_proof_goes_on_and_is_the_same_in_other_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(exhaustive_module, "CHUNK", 1 << 18)
    net = network("merge", 21)
    whole = verify(net, "all", store=tmp_path / "proof")
    chunks = sorted((tmp_path / "proof").glob("*.json"))
    assert len(chunks) == 8 + 1
    for path in chunks[::2]:
        if path.name != "chunks.json":
            path.unlink()
    with executor(1) as spread:
        assert verify(net, "all", executor=spread, store=tmp_path / "proof") == whole
    assert replace(whole, method="patterns", patterns=follow(net).peak) == verify(net)


# --- why it is true, tried --------------------------------------------------------------------------------------------------------


def test_the_zero_one_principle_agrees_with_all_permutations():
    rng = np.random.default_rng(0)
    for _ in range(30):
        pairs = [tuple(sorted(rng.choice(5, 2, replace=False).tolist())) for _ in range(9)]
        net = Network(5, pairs)
        assert verify(net).ok == all(list(net.apply(p)) == sorted(p) for p in itertools.permutations(range(5)))


def test_a_sorted_group_has_one_pattern_more_than_wires():
    for n in (2, 5, 9):
        (group,) = follow(network("merge", n)).groups
        assert len({tuple(group.bits[w] >> p & 1 for w in range(n)) for p in range(group.count)}) == n + 1
