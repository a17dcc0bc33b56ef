"""Optional: products that share an input as one product: their matrices lie one below the other in memory, and so do their results.

    z1 = W1 x, z2 = W2 x, y = W4 x              [z1; z2; y] = [W1; W2; W4] x
    W1' bar z1 + W2' bar z2 + W4' bar y         [W1; W2; W4]' [bar z1; bar z2; bar y]
    bar W1 = bar z1 x', ...                     [bar W1; bar W2; bar W4] = [bar z1; bar z2; bar y] x'

For one example; parameters can lie so only where the plan holds them itself (`bind(copy=True)`).
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from .references import ALL
from .simplify import apply
from .steps import DType, Steps, users_of

BESIDE = " + "  # between the names of leaves that lie one below the other


class Slice(NamedTuple):
    """Some rows of a block."""

    block: int
    start: int
    stop: int


@dataclass(frozen=True)
class Stacking:
    """What a plan holds stacked: the leaves in each block, and where each result is among what the plan computes."""

    blocks: Mapping[str, tuple[str, ...]]  # a block's name -> its leaves, in their order
    computed: tuple[int, ...]
    results: tuple[Slice | int, ...]  # numbers of `computed`, or some rows of one
    by_columns: frozenset[str] = frozenset()  # matrices that a batch is multiplied with transposed, and nothing else: W.T is then in order


def unstacked(results: Sequence[int]) -> Stacking:
    """The results by themselves."""
    return Stacking({}, tuple(results), tuple(range(len(results))))


def stacked(steps: Steps, results: Sequence[int]) -> Stacking:
    """The same results with products that share an input as one; of a batch as they are, whose blocks would have long rows cut up."""
    users = users_of(steps, results)
    if any(steps.items[k].lead for k in users):
        return replace(unstacked(results), by_columns=_transposed(steps, users, results))
    stacker = _Stacker(steps, results)
    found = [_slice_of(steps, k) or k for k in stacker.rebuilt(results)]
    computed = tuple(dict.fromkeys(x.block if isinstance(x, Slice) else x for x in found))
    places = [Slice(computed.index(x.block), x.start, x.stop) if isinstance(x, Slice) else computed.index(x) for x in found]
    return Stacking(stacker.blocks, computed, tuple(places))


def _transposed(steps: Steps, users: Mapping[int, Sequence[int]], results: Sequence[int]) -> frozenset[str]:
    """The leaves that are nothing but the W of products W x of a batch."""
    products = {k for k in users if steps.items[k].op == "matvec" and steps.items[k].batched}
    found = (k for k in users if steps.items[k].op == "leaf" and not steps.items[k].lead and users[k] and k not in results)
    return frozenset(steps.items[k].extra for k in found if all(u in products and steps.items[u].inputs[1] != k for u in users[k]))


def _slice_of(steps: Steps, k: int) -> Slice | None:
    """The rows of a computed block that a value is."""
    v = steps.items[k]
    is_of_rows = v.op == "slice" and steps.items[v.inputs[0]].op in ("blocks", "outer") and v.extra[1:] == (ALL,) * (len(v.extra) - 1)
    return Slice(v.inputs[0], *v.extra[0]) if is_of_rows and isinstance(v.extra[0], tuple) and ALL != v.extra[0] else None


class _Stacker:
    """Builds the steps anew, in order, with the groups that it has found first."""

    def __init__(self, steps: Steps, results: Sequence[int]) -> None:
        self.steps, self.users = steps, users_of(steps, results)
        self.new: dict[int, int] = {}
        self.blocks: dict[str, tuple[str, ...]] = {}
        self.slices: dict[int, Slice] = {}  # of leaves in blocks, of operands in concatenations
        self.biased: dict[int, int] = {}  # a product -> the addition of its bias
        for products in self._groups():
            self._stack(products)

    # --- groups -------------------------------------------------------------------------------------------------------------------

    def _groups(self) -> list[list[int]]:
        """Products of leaves with the same vector; a leaf is in one group at most, biased products come first."""
        items, taken = self.steps.items, set()
        found: dict[tuple[int, DType], list[int]] = {}
        for k in sorted(self.users):
            v = items[k]
            if v.op == "matvec" and items[v.inputs[0]].op == "leaf" and items[v.inputs[0]].dtype == v.dtype and v.inputs[0] not in taken:
                taken.add(v.inputs[0])
                found.setdefault((v.inputs[1], v.dtype), []).append(k)
        groups = [products for products in found.values() if len(products) > 1]
        for products in groups:
            self.biased |= {k: self.users[k][0] for k in products if self._has_bias(k)}
            products.sort(key=lambda k: (k not in self.biased, k))
        return groups

    def _has_bias(self, k: int) -> bool:
        """Whether a leaf that nothing else reads is added to a product, and nothing else done with it."""
        if len(self.users[k]) != 1:
            return False
        items, user = self.steps.items, self.steps.items[self.users[k][0]]
        others = [i for i in user.inputs if i != k]
        if user.op != "add" or len(others) != 1 or items[others[0]].op != "leaf":
            return False
        bias = items[others[0]]
        return len(self.users[others[0]]) == 1 and (bias.core, bias.dtype) == (items[k].core, user.dtype)

    def _stack(self, products: Sequence[int]) -> None:
        items = self.steps.items
        self._block([items[k].inputs[0] for k in products])
        biases = [next(i for i in items[self.biased[k]].inputs if i != k) for k in products if k in self.biased]
        if len(biases) > 1:
            self._block(biases)
        else:
            self.biased = {k: v for k, v in self.biased.items() if k not in products}

    def _block(self, leaves: Sequence[int]) -> None:
        """A leaf that holds these one below the other."""
        items = self.steps.items
        names, first = tuple(items[k].extra for k in leaves), items[leaves[0]]
        rows = [items[k].core[0] for k in leaves]
        self.steps.name = BESIDE.join(names)
        block = self.steps.put("leaf", (), (sum(rows), *first.core[1:]), 0, first.dtype, self.steps.name)
        self.blocks[self.steps.name] = names
        for k, start, size in zip(leaves, _starts(rows), rows, strict=True):
            self.slices[k] = Slice(block, start, start + size)

    # --- the steps anew ----------------------------------------------------------------------------------------------------------

    def rebuilt(self, results: Sequence[int]) -> list[int]:
        steps = self.steps
        sums, biased = self._sums(frozenset(results)), set(self.biased.values())
        for k in sorted(self.users):
            v = steps.items[k]
            steps.name = v.name
            if k in self.slices and v.op == "leaf":
                self.new[k] = self._slice(self.slices[k])
            elif v.op == "matvec" and v.inputs[0] in self.slices:
                leaves, start, stop = self.slices[v.inputs[0]]
                product = steps.put("matvec", [leaves, self.new[v.inputs[1]]], steps.items[leaves].core[:1], 0, v.dtype)
                self.new[k] = self._slice(Slice(product, start, stop))
            elif k in biased:
                self.new[k] = self._with_bias(k)
            elif k in sums:
                self.new[k] = self._sum(k, sums[k])
            else:
                self.new[k] = steps.with_inputs(k, self.new)
        slices = self._outers()
        steps.replaced_by |= {k: n for k, n in self.new.items() if n != k} | {k: self._slice(rows) for k, rows in slices.items()}
        slices |= {k: rows for k, rows in self.slices.items() if steps.items[k].op != "leaf"}
        return [self._slice(slices[k]) if k in slices else self.new[k] for k in results]

    def _slice(self, rows: Slice) -> int:
        block, start, stop = rows
        w = self.steps.items[block]
        if (start, stop) == (0, w.core[0]):
            return block
        items = ((start, stop), *[ALL] * (len(w.core) - 1))
        return self.steps.put("slice", [block], (stop - start, *w.core[1:]), 0, w.dtype, items)

    def _with_bias(self, k: int) -> int:
        v = self.steps.items[k]
        (product,) = (i for i in v.inputs if i in self.biased)
        (bias,) = (i for i in v.inputs if i != product)
        (biases, start, stop), rows = self.slices[bias], self.steps.items[self.slices[bias][0]].core
        block = self.steps.items[self.new[product]].inputs[0]
        sums = self.steps.put("add", [self._slice(Slice(block, 0, rows[0])), biases], rows, 0, v.dtype)
        return self._slice(Slice(sums, start, stop))

    def _sums(self, results: Container[int]) -> dict[int, list[int]]:
        """The terms of each sum; of a sum that is only a slice of another one, none."""
        items = self.steps.items
        found: dict[int, list[int]] = {}
        for k in sorted(self.users, reverse=True):
            is_inner = len(self.users[k]) == 1 and items[self.users[k][0]].op == "add" and k not in results
            if items[k].op == "add" and not is_inner:
                waiting, terms = [k], []
                while waiting:
                    i = waiting.pop()
                    is_opened = i == k or (items[i].op == "add" and len(self.users[i]) == 1 and i not in results)
                    if is_opened and items[i].core == items[k].core and len(set(items[i].inputs)) == 2:  # a tree: nothing is met twice
                        waiting += reversed(items[i].inputs)
                    else:
                        terms.append(i)
                found[k] = terms
        return found

    def _sum(self, k: int, terms: Sequence[int]) -> int:
        """A sum with the products of one block's parts as one product."""
        items, v = self.steps.items, self.steps.items[k]
        inside = [t for t in terms if items[t].op == "vecmat" and items[t].inputs[1] in self.slices]
        blocks = {self.slices[items[t].inputs[1]][0] for t in inside}
        inside.sort(key=lambda t: self.slices[items[t].inputs[1]][1])
        rows = [self.slices[items[t].inputs[1]][1:] for t in inside]
        vectors = [items[t].inputs[0] for t in inside]
        if len(inside) < 2 or len(blocks) > 1 or not _is_one_piece(rows) or not self._can_stand_together(vectors):
            return self.steps.with_inputs(k, self.new)
        product = self._slice(Slice(blocks.pop(), rows[0][0], rows[-1][1]))
        found = self.steps.put("vecmat", [self._concatenation(vectors), product], v.core, 0, v.dtype)
        for t in terms:
            if t not in inside:
                found = apply(self.steps, "add", found, self.new[t])
        return found

    def _can_stand_together(self, vectors: Sequence[int]) -> bool:
        items = self.steps.items
        computed = all(items[k].op not in ("leaf", "constant", "spread") and k not in self.slices for k in vectors)
        return computed and len(set(vectors)) == len(vectors)

    def _concatenation(self, vectors: Sequence[int]) -> int:
        items = self.steps.items
        rows = [items[k].core[0] for k in vectors]
        self.steps.name = items[vectors[0]].name
        block = self.steps.put("blocks", [self.new[k] for k in vectors], (sum(rows),), 0, items[vectors[0]].dtype)
        for k, start, size in zip(vectors, _starts(rows), rows, strict=True):
            self.slices[k] = Slice(block, start, start + size)
        return block

    def _outers(self) -> dict[int, Slice]:
        """Outer products with the same second vector: the rows of one, where their first vectors are or can be put so."""
        items = self.steps.items
        groups: dict[tuple[int, DType], list[int]] = {}
        found: dict[int, Slice] = {}
        for k in sorted(self.users):
            if items[k].op == "outer":
                groups.setdefault((items[k].inputs[1], items[k].dtype), []).append(k)
        for (x, dtype), outers in groups.items():
            vectors = [items[k].inputs[0] for k in outers]
            if len(outers) < 2 or any(self.users[k] for k in outers):
                continue
            if self._can_stand_together(vectors):
                self._concatenation(vectors)
            outers = sorted((k for k in outers if items[k].inputs[0] in self.slices), key=lambda k: self.slices[items[k].inputs[0]][1])
            slices = [self.slices[items[k].inputs[0]] for k in outers]
            if len(outers) < 2 or len({x.block for x in slices}) > 1 or not _is_one_piece([x[1:] for x in slices]):
                continue
            first = slices[0].start
            self.steps.name = items[outers[0]].name
            vector = self._slice(Slice(slices[0].block, first, slices[-1].stop))
            core = (slices[-1].stop - first, items[outers[0]].core[1])
            block = self.steps.put("outer", [vector, self.new[x]], core, 0, dtype)
            found |= {k: Slice(block, start - first, stop - first) for k, (_, start, stop) in zip(outers, slices, strict=True)}
        return found


def _starts(sizes: Sequence[int]) -> list[int]:
    return [sum(sizes[:j]) for j in range(len(sizes))]


def _is_one_piece(rows: Sequence[tuple[int, ...]]) -> bool:
    return all(stop == start for (_, stop), (start, _) in pairwise(rows))
