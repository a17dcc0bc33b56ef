"""Which variable of one graph is which of another: by name, and where there is none, by what is computed or by where it is used.

Blocks come first: an instance is the one whose call gives the same variables, a comparator the one at the same place of the longest part
that both lists share. Serves design, section 5: what differs between two graphs.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from ..graph.blocks import BlockCall
from ..graph.comparators import Comparator
from ..graph.nodes import INNER, Graph, Node
from .matching import COMMUTATIVE

Token = Hashable  # what stands for a variable in an equation


@dataclass(frozen=True)
class Pairing:
    """The variables of two graphs that belong together, and the calls of blocks; each as (in A, in B), None where one has none."""

    names: Mapping[str, str]  # in A -> in B
    calls: tuple[tuple[BlockCall | None, BlockCall | None], ...] = ()
    comparators: tuple[tuple[int | None, int | None], ...] = ()  # positions, in an order that fits both
    wired: frozenset[str] = field(default=frozenset(), repr=False)  # variables of comparators, which are compared as such


def pair_up(a: Graph, b: Graph) -> Pairing:
    """Find for each declared variable of `a` the one of `b` that it is."""
    is_wired = bool(a.document.wires and b.document.wires)
    comparators = aligned(a.document.comparators, b.document.comparators) if is_wired else ()
    calls = tuple(_pair_calls(_calls(a, is_wired), _calls(b, is_wired)))
    instances = {j: i for one, other in calls if one and other for i, j in zip(one.instances, other.instances, strict=False)}
    new = {name for call in _calls(b, is_wired) for name in call.instances} - set(instances)
    wired = frozenset(name for graph in (a, b) for name in _wires(graph)) if is_wired else frozenset()
    theirs, ends = {}, {f"y{wire + 1}" for wire in range(a.document.wires)}  # what leaves a network
    for name in b.declared_names:
        head, dot, rest = name.partition(".")
        known = "" if dot and head in new else instances.get(head, head) + dot + rest if dot else name
        if known in a and (name not in wired or name in ends):
            theirs[known] = name
    names = {name: theirs[name] for name in a.declared_names if name in theirs}
    found = _renamed(a, b, names, wired)
    order = {name: found[name] for name in a.declared_names if name in found}
    return Pairing(order, calls, comparators, wired)


def aligned(a: Sequence[Comparator], b: Sequence[Comparator]) -> tuple[tuple[int | None, int | None], ...]:
    """Two lists of comparators side by side: positions of equal ones together, the others by themselves, in an order that fits both.

    >>> aligned([(0, 1), (1, 2), (0, 1)], [(0, 1), (0, 1)])
    ((0, 0), (1, None), (2, 1))
    """
    orders = _in_layers(a), _in_layers(b)
    if [a[k] for k in orders[0]] == [b[k] for k in orders[1]]:
        return tuple(sorted(zip(*orders, strict=True)))
    found: list[tuple[int | None, int | None]] = []
    start = next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    found += [(k, k) for k in range(start)]
    for what, i, to_i, j, to_j in SequenceMatcher(None, a[start:], b[start:], autojunk=False).get_opcodes():
        mine, others = range(start + i, start + to_i), range(start + j, start + to_j)
        found += zip(mine, others, strict=True) if what == "equal" else [*((k, None) for k in mine), *((None, k) for k in others)]
    return tuple(found)


def _in_layers(comparators: Sequence[Comparator]) -> list[int]:
    """Their positions by layer and wire: two lists of the same network agree in this order."""
    ready: dict[int, int] = {}
    found = []
    for k, (i, j) in enumerate(comparators):
        ready[i] = ready[j] = layer = max(ready.get(i, 0), ready.get(j, 0)) + 1
        found.append((layer, i, k))
    return [k for _, _, k in sorted(found)]


# --- blocks -------------------------------------------------------------------------------------------------------------------


def _calls(graph: Graph, is_wired: bool) -> list[BlockCall]:
    """The calls of blocks that are written as such: not the comparators where these are compared."""
    return list(graph.document.calls[len(graph.document.comparators) if is_wired else 0 :])


def _wires(graph: Graph) -> Iterator[str]:
    """The variables that a document's comparators put out, and those inside them."""
    calls = graph.document.calls[: len(graph.document.comparators)]
    instances, targets = {name for call in calls for name in call.instances}, {name for call in calls for name in call.targets}
    return (name for name in graph.declared_names if name in targets or name.partition(".")[0] in instances)


def _pair_calls(a: Sequence[BlockCall], b: Sequence[BlockCall]) -> Iterator[tuple[BlockCall | None, BlockCall | None]]:
    """Calls of one block that give the same variables; then what is left, in order; then what has no partner."""
    same = {(call.block, call.targets): call for call in b}
    pairs = [(call, same.pop((call.block, call.targets), None)) for call in a]
    rest: dict[str, list[BlockCall]] = {}
    for call in reversed(same.values()):
        rest.setdefault(call.block, []).append(call)
    for call, other in pairs:
        yield call, other or (rest[call.block].pop() if rest.get(call.block) else None)
    yield from ((None, call) for calls in rest.values() for call in reversed(calls))


# --- variables ----------------------------------------------------------------------------------------------------------------


class Numbers:
    """Numbers for forms: equal forms have equal numbers; lives as long as two graphs are compared."""

    def __init__(self) -> None:
        self.known: dict[Hashable, int] = {}

    def of(self, *form: Hashable) -> int:
        return self.known.setdefault(form, len(self.known))

    def equations(self, graph: Graph, tokens: Mapping[str, Token], is_loose: bool = False) -> dict[str, int]:
        """A number for what each node is by its own equation, in which `tokens` stand for declared variables.

        Where a variable has no token, its own equation stands for it. `is_loose` also takes a + b and b + a for one, and a for +a.
        """
        found: dict[str, int] = {}
        seen: dict[str, Token] = {}
        for node in graph.nodes:
            inputs = [seen[i] for i in node.inputs]
            if is_loose and node.op == "identity":
                number = self.of("same", inputs[0]) if not isinstance(inputs[0], int) else inputs[0]
            else:
                if is_loose and node.op in COMMUTATIVE:
                    inputs.sort(key=lambda token: self.of("same", token))
                number = self.of(node.op, repr(node.attrs) if node.attrs else "", _constant(node), *inputs)
            found[node.name] = number
            seen[node.name] = tokens.get(node.name, number)
        return found


def _constant(node: Node) -> Hashable:
    """What a leaf without a name is; 2 and 2.0 are one."""
    if node.op == "constant":
        return repr(float(node.value)) if not node.shape and isinstance(node.value, (int, float)) else repr(node.value)
    return node.value if node.op == "size" else node.name if node.is_leaf else None


def tokens_of(names: Mapping[str, str]) -> tuple[dict[str, Token], dict[str, Token]]:
    """What stands for the variables that belong together, in both graphs."""
    return {name: ("variable", name) for name in names}, {other: ("variable", name) for name, other in names.items()}


def _renamed(a: Graph, b: Graph, names: Mapping[str, str], wired: frozenset[str]) -> dict[str, str]:
    """The pairs by name, and those of variables with other names that are the same leaf or compute the same."""
    found, taken = dict(names), set(names.values())
    mine = [n for n in a.nodes if n.is_declared and n.name not in found and n.name not in wired]
    others = [n for n in b.nodes if n.is_declared and n.name not in taken and n.name not in wired]
    if not mine or not others:
        return found
    leaves = _renamed_leaves(a, b, [n for n in mine if n.is_given], [n for n in others if n.is_given], names)
    found |= leaves
    numbers, (here, there) = Numbers(), tokens_of(found)
    keys = numbers.equations(a, here, is_loose=True), numbers.equations(b, there, is_loose=True)
    _match([n for n in mine if not n.is_leaf], [n for n in others if not n.is_leaf], [lambda n, side: keys[side][n.name]], found)
    for name, other in leaves.items():  # two leaves of one kind are not yet one
        users = {found.get(user, "") for user in _users(a, name)}
        if a.uses[name] and users.isdisjoint(_users(b, other)):
            del found[name]
    return found


def _renamed_leaves(a: Graph, b: Graph, mine: Sequence[Node], others: Sequence[Node], names: Mapping[str, str]) -> dict[str, str]:
    """Leaves with other names: of one shape, and with the same use, the same value or both."""
    places = tokens_of(names)

    def use(node: Node, side: int) -> Hashable:
        graph = (a, b)[side]
        users = [(graph.by_name[u], places[side].get(u.partition(INNER)[0])) for u in graph.uses[node.name]]
        return tuple(sorted((u.op, u.inputs.index(node.name), repr(owner)) for u, owner in users))

    def value(node: Node, side: int) -> Hashable:
        return repr((a, b)[side].document.values.get(node.name))

    def kind(node: Node, side: int) -> Hashable:
        return node.op, node.shape, node.value

    keys: list[Callable[[Node, int], Hashable]] = [
        lambda n, side: (kind(n, side), use(n, side), value(n, side)),
        lambda n, side: (kind(n, side), use(n, side)) if use(n, side) else (side, n.name),
    ]
    found: dict[str, str] = {}
    _match(mine, others, keys, found)
    return found


def _match(mine: Sequence[Node], others: Sequence[Node], keys: Sequence[Callable[[Node, int], Hashable]], found: dict[str, str]) -> None:
    """Add the pairs whose keys are equal, first by the first key; several with one key pair in their order."""
    done: set[str] = set()
    for key in keys:
        waiting: dict[Hashable, list[str]] = {}
        for node in reversed(others):
            if node.name not in done:
                waiting.setdefault(key(node, 1), []).append(node.name)
        for node in mine:
            partners = waiting.get(key(node, 0), []) if node.name not in found else []
            if partners:
                found[node.name] = partners.pop()
                done.add(found[node.name])


def _users(graph: Graph, name: str) -> set[str]:
    """The declared variables whose equations read a variable."""
    return {user.partition(INNER)[0] for user in graph.uses[name]}
