"""Products that share an input as one product: their matrices lie one below the other in memory, and so do their results.

    z1 = W1 x, z2 = W2 x, y = W4 x              [z1; z2; y] = [W1; W2; W4] x
    W1' bar z1 + W2' bar z2 + W4' bar y         [W1; W2; W4]' [bar z1; bar z2; bar y]
    bar W1 = bar z1 x', ...                     [bar W1; bar W2; bar W4] = [bar z1; bar z2; bar y] x'

For one example; parameters can lie so only where the plan holds them itself (`bind(copy=True)`).
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from .identities import users_of
from .values import Values

BESIDE = " + "  # between the names of leaves that lie one below the other
Slot = tuple[int, int, int]  # the number of a whole, and the rows of it that are meant


@dataclass
class Stacking:
    """What a plan holds stacked: the leaves in each block, and for each result the whole it is a part of."""

    blocks: Mapping[str, tuple[str, ...]]  # a block's name -> its leaves, in their order
    wholes: list[int]  # what the plan computes
    slots: list[Slot | None]  # of each result; None for a whole itself
    places: list[int]  # of each result's whole among `wholes`

    @classmethod
    def of(cls, values: Values, results: Sequence[int], blocks: Mapping[str, tuple[str, ...]] = MappingProxyType({})) -> Stacking:
        """Results that may be parts of wholes."""
        slots = [_slot(values, k) for k in results]
        wholes = [k if slot is None else slot[0] for k, slot in zip(results, slots, strict=True)]
        once = list(dict.fromkeys(wholes))
        return cls(blocks, once, slots, [once.index(k) for k in wholes])


def stacked(values: Values, results: Sequence[int]) -> Stacking:
    """The same results with products that share an input as one; of a batch as they are, whose wholes would have long rows cut up."""
    if any(values.items[k].lead for k in users_of(values, results)):
        return Stacking.of(values, results)
    stacker = _Stacker(values, results)
    return Stacking.of(values, stacker.rebuilt(results), stacker.blocks)


def _slot(values: Values, k: int) -> Slot | None:
    """The rows of a computed whole that a value is."""
    v = values.items[k]
    return (v.inputs[0], *v.extra) if v.op == "part" and values.items[v.inputs[0]].op in ("join", "outer") else None


class _Stacker:
    """Builds the values anew, in order, with the groups that it has found first."""

    def __init__(self, values: Values, results: Sequence[int]) -> None:
        self.values, self.users = values, users_of(values, results)
        self.new: dict[int, int] = {}
        self.blocks: dict[str, tuple[str, ...]] = {}
        self.slots: dict[int, Slot] = {}  # of leaves in blocks, of operands in joins
        self.biased: dict[int, int] = {}  # a product -> the addition of its bias
        for products in self._groups():
            self._stack(products)

    # --- groups -------------------------------------------------------------------------------------------------------------------

    def _groups(self) -> list[list[int]]:
        """Products of leaves with the same vector; a leaf is in one group at most, biased products come first."""
        items, found, taken = self.values.items, {}, set()
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
        items, user = self.values.items, self.values.items[self.users[k][0]]
        others = [i for i in user.inputs if i != k]
        if user.op != "add" or len(others) != 1 or items[others[0]].op != "leaf":
            return False
        bias = items[others[0]]
        return len(self.users[others[0]]) == 1 and (bias.core, bias.dtype) == (items[k].core, user.dtype)

    def _stack(self, products: Sequence[int]) -> None:
        items = self.values.items
        self._block([items[k].inputs[0] for k in products])
        biases = [next(i for i in items[self.biased[k]].inputs if i != k) for k in products if k in self.biased]
        if len(biases) > 1:
            self._block(biases)
        else:
            self.biased = {k: v for k, v in self.biased.items() if k not in products}

    def _block(self, leaves: Sequence[int]) -> None:
        """A leaf that holds these one below the other."""
        items = self.values.items
        names, first = tuple(items[k].extra for k in leaves), items[leaves[0]]
        rows = [items[k].core[0] for k in leaves]
        self.values.name = BESIDE.join(names)
        block = self.values.put("leaf", (), (sum(rows), *first.core[1:]), 0, first.dtype, self.values.name)
        self.blocks[self.values.name] = names
        for k, start, size in zip(leaves, _starts(rows), rows, strict=True):
            self.slots[k] = (block, start, start + size)

    # --- the values anew ----------------------------------------------------------------------------------------------------------

    def rebuilt(self, results: Sequence[int]) -> list[int]:
        values = self.values
        sums, biased = self._sums(frozenset(results)), set(self.biased.values())
        for k in sorted(self.users):
            v = values.items[k]
            values.name = v.name
            if k in self.slots and v.op == "leaf":
                self.new[k] = self.part(self.slots[k])
            elif v.op == "matvec" and v.inputs[0] in self.slots:
                block, start, stop = self.slots[v.inputs[0]]
                whole = values.put("matvec", [block, self.new[v.inputs[1]]], values.items[block].core[:1], 0, v.dtype)
                self.new[k] = self.part((whole, start, stop))
            elif k in biased:
                self.new[k] = self._with_bias(k)
            elif k in sums:
                self.new[k] = self._sum(k, sums[k])
            else:
                self.new[k] = values.with_inputs(k, self.new)
        slots = self._outers()
        values.instead |= {k: n for k, n in self.new.items() if n != k} | {k: self.part(slot) for k, slot in slots.items()}
        slots |= {k: slot for k, slot in self.slots.items() if values.items[k].op != "leaf"}
        return [self.part(slots[k]) if k in slots else self.new[k] for k in results]

    def part(self, slot: Slot) -> int:
        whole, start, stop = slot
        w = self.values.items[whole]
        if (start, stop) == (0, w.core[0]):
            return whole
        return self.values.put("part", [whole], (stop - start, *w.core[1:]), 0, w.dtype, (start, stop))

    def _with_bias(self, k: int) -> int:
        v = self.values.items[k]
        (product,) = (i for i in v.inputs if i in self.biased)
        (bias,) = (i for i in v.inputs if i != product)
        (biases, start, stop), rows = self.slots[bias], self.values.items[self.slots[bias][0]].core
        whole = self.values.items[self.new[product]].inputs[0]
        sums = self.values.put("add", [self.part((whole, 0, rows[0])), biases], rows, 0, v.dtype)
        return self.part((sums, start, stop))

    def _sums(self, results: Container[int]) -> dict[int, list[int]]:
        """The terms of each sum; of a sum that is only a part of another one, none."""
        items, found = self.values.items, {}
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
        items, v = self.values.items, self.values.items[k]
        inside = [t for t in terms if items[t].op == "vecmat" and items[t].inputs[1] in self.slots]
        blocks = {self.slots[items[t].inputs[1]][0] for t in inside}
        inside.sort(key=lambda t: self.slots[items[t].inputs[1]][1])
        rows = [self.slots[items[t].inputs[1]][1:] for t in inside]
        vectors = [items[t].inputs[0] for t in inside]
        if len(inside) < 2 or len(blocks) > 1 or not _is_one_piece(rows) or not self._can_join(vectors):
            return self.values.with_inputs(k, self.new)
        product = self.part((blocks.pop(), rows[0][0], rows[-1][1]))
        found = self.values.put("vecmat", [self._join(vectors), product], v.core, 0, v.dtype)
        for t in terms:
            if t not in inside:
                found = self.values.apply("add", found, self.new[t])
        return found

    def _can_join(self, vectors: Sequence[int]) -> bool:
        items = self.values.items
        computed = all(items[k].op not in ("leaf", "constant", "spread") and k not in self.slots for k in vectors)
        return computed and len(set(vectors)) == len(vectors)

    def _join(self, vectors: Sequence[int]) -> int:
        items = self.values.items
        rows = [items[k].core[0] for k in vectors]
        self.values.name = items[vectors[0]].name
        join = self.values.put("join", [self.new[k] for k in vectors], (sum(rows),), 0, items[vectors[0]].dtype)
        for k, start, size in zip(vectors, _starts(rows), rows, strict=True):
            self.slots[k] = (join, start, start + size)
        return join

    def _outers(self) -> dict[int, Slot]:
        """Outer products with the same second vector: the rows of one, where their first vectors are or can be joined."""
        items, groups, found = self.values.items, {}, {}
        for k in sorted(self.users):
            if items[k].op == "outer":
                groups.setdefault((items[k].inputs[1], items[k].dtype), []).append(k)
        for (x, dtype), outers in groups.items():
            vectors = [items[k].inputs[0] for k in outers]
            if len(outers) < 2 or any(self.users[k] for k in outers):
                continue
            if self._can_join(vectors):
                self._join(vectors)
            outers = sorted((k for k in outers if items[k].inputs[0] in self.slots), key=lambda k: self.slots[items[k].inputs[0]][1])
            slots = [self.slots[items[k].inputs[0]] for k in outers]
            if len(outers) < 2 or len({whole for whole, _, _ in slots}) > 1 or not _is_one_piece([rows for _, *rows in slots]):
                continue
            first = slots[0][1]
            self.values.name = items[outers[0]].name
            vector = self.part((slots[0][0], first, slots[-1][2]))
            core = (slots[-1][2] - first, items[outers[0]].core[1])
            whole = self.values.put("outer", [vector, self.new[x]], core, 0, dtype)
            found |= {k: (whole, start - first, stop - first) for k, (_, start, stop) in zip(outers, slots, strict=True)}
        return found


def _starts(sizes: Sequence[int]) -> list[int]:
    return [sum(sizes[:j]) for j in range(len(sizes))]


def _is_one_piece(rows: Sequence[Sequence[int]]) -> bool:
    return all(stop == start for (_, stop), (start, _) in pairwise(rows))
