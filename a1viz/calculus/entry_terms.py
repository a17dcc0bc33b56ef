"""What one entry of a value is made of: entries of variables, numbers, functions of them, sums over letters and indicators.

An index is a size, such as `2`, `i` or `2*r+h-1` in letters and names of sizes, counted from 0; or an entry, where a label says which.
Letters that a rule makes are `i.1`, `i.2`, ..., which no name of a size can be, until `lettered` gives each its own. Serves question 2.1.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from string import ascii_lowercase
from typing import Any

from ..graph.sizes import Dim, added, multiplied, names_of, terms_of, with_names

LETTERS = "".join(dict.fromkeys("ijklmnpqrsuvwabcdefgh" + ascii_lowercase))  # the usual ones first


@dataclass(frozen=True, slots=True)
class Entry:
    """An expression for one number. `kind` says what the other fields are:

    - `at`, `whole`: the entry of variable `label` at `indices`; `whole` is printed as an application with an index
    - `number`: `value`, a number or a size;  `place`: an index, as a number counted from 0
    - `call`: the operator `label` applied to `parts`
    - `over`: the sum, or `label`, of its part over `letters`, each with its size
    - `bracket`: 1 or 0: whether `label`, a comparison, holds between two indices; or whether an index is `within` a first one and a last
    """

    kind: str
    label: str = ""
    indices: tuple[Any, ...] = ()
    parts: tuple[Entry, ...] = ()
    letters: tuple[tuple[str, Dim], ...] = ()
    value: Any = None


Index = Dim | Entry
Indices = tuple[Index, ...]


def at(name: str, indices: Sequence[Index]) -> Entry:
    return Entry("at", name, tuple(indices))


def number(value: Any) -> Entry:
    return Entry("number", value=value)


def call(op: str, *parts: Entry) -> Entry:
    return Entry("call", op, parts=parts)


def product(*factors: Entry) -> Entry:
    return call("mul", *factors)


def over(letters: Iterable[tuple[str, Dim]], body: Entry, kind: str = "sum") -> Entry:
    return Entry("over", kind, parts=(body,), letters=tuple(letters))


def compared(left: Index, sign: str, right: Index) -> Entry:
    return Entry("bracket", sign, (left, right))


def within(low: Dim | None, index: Index, high: Dim | None) -> Entry:
    """Whether low <= index < high; an end that cannot be passed is None."""
    return Entry("bracket", "within", (low, index, high))


def part(index: Index, start: Dim, size: Dim, whole: Dim) -> tuple[tuple[Entry, ...], Index]:
    """Of an axis of `whole` entries the part from `start` on: whether an index lies in it, if it may not, and where there."""
    if size == whole:
        return (), index
    if size == 1:
        return (compared(index, "=", start),), 0
    stop = added(start, size)
    return (within(None if start == 0 else start, index, None if stop == whole else stop),), shifted(index, start, -1)


def shifted(index: Index, by: Dim, sign: int = 1) -> Index:
    """An index so much further on, or with the sign -1 back."""
    if isinstance(index, Entry):
        return index if by == 0 else call("add" if sign == 1 else "sub", index, number(by))
    return added(index, by, sign)


def moved(index: Index, names: Mapping[str, Index]) -> Index:
    """An index with others put in for letters."""
    if isinstance(index, Entry):
        return index
    for name in names_of(index):
        found = names.get(name)
        if isinstance(found, Entry):
            factor = terms_of(index).get((name,), 0)
            return shifted(found if factor == 1 else product(number(factor), found), added(index, multiplied(factor, name), -1))
    return with_names(index, {name: value for name, value in names.items() if not isinstance(value, Entry)})


# --- going through, without recursion ---------------------------------------------------------------------------------------------------


def children(entry: Entry) -> tuple[Entry, ...]:
    """The entries that it is made of, those that are its indices first."""
    return (*(index for index in entry.indices if isinstance(index, Entry)), *entry.parts)


def with_children(entry: Entry, found: Sequence[Entry]) -> Entry:
    if not found:
        return entry
    rest = iter(found)
    indices = tuple(next(rest) if isinstance(index, Entry) else index for index in entry.indices)
    return replace(entry, indices=indices, parts=tuple(rest))


def folded(entry: Entry, combine: Callable[[Entry, list[Any]], Any], opened: Callable[[Entry], Entry] = lambda entry: entry) -> Any:
    """`combine` of an entry and what it gave for its children, from the leaves up; each is `opened` before its children are looked at."""
    waiting: list[tuple[Entry, bool]] = [(entry, False)]
    values: list[Any] = []
    while waiting:
        current, ready = waiting.pop()
        if not ready:
            current = opened(current)
            waiting.append((current, True))
            waiting.extend((child, False) for child in reversed(children(current)))
        else:
            count = len(children(current))
            values[len(values) - count :] = [combine(current, values[len(values) - count :])]
    return values[0]


def replaced(entry: Entry, names: Mapping[str, Index]) -> Entry:
    """An entry with other indices for letters."""

    def combine(current: Entry, found: list[Entry]) -> Entry:
        current = with_children(current, found)
        indices = tuple(None if index is None else moved(index, names) for index in current.indices)
        letters = tuple((str(names.get(letter, letter)), size) for letter, size in current.letters)
        return replace(current, indices=indices, letters=letters)

    result: Entry = folded(entry, combine)
    return result


def every(entry: Entry) -> Iterator[Entry]:
    """An entry and all that it is made of, in the order in which they are read."""
    waiting = [entry]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(children(current)))


def has_letter(entry: Entry, letter: str) -> bool:
    return any(is_in(letter, index) for current in every(entry) for index in current.indices)


def is_in(letter: str, index: Any) -> bool:
    return isinstance(index, str) and letter in names_of(index)


# --- as short as can be -----------------------------------------------------------------------------------------------------------------

ZERO, ONE = number(0.0), number(1.0)


def simplified(entry: Entry, parts: list[Entry]) -> Entry:
    """An entry of simplified parts: products flat, a sum of sums as one, and none over a letter that an indicator fixes."""
    entry = with_children(entry, parts)
    if entry.kind == "bracket":
        return _decided(entry)
    if entry.kind == "over":
        return _over(entry) if entry.label == "sum" else entry if entry.letters else entry.parts[0]
    if entry.kind == "call" and entry.label in SIMPLIFIED:
        return SIMPLIFIED[entry.label](entry)
    return entry


def _sum(entry: Entry) -> Entry:
    """Without zeros and double signs."""
    a, b = entry.parts
    if ZERO in entry.parts:
        return signed(b, 1 if entry.label == "add" else -1) if a == ZERO else a
    positive, sign = unsigned(b)
    return call("sub" if entry.label == "add" else "add", a, positive) if sign == -1 else entry


def _quotient(entry: Entry) -> Entry:
    (a, sign), (b, other) = map(unsigned, entry.parts)
    return signed(call("div", a, b), sign * other)


def unsigned(entry: Entry) -> tuple[Entry, int]:
    """An entry without the sign in front of it, and the sign."""
    return (entry.parts[0], -1) if entry.kind == "call" and entry.label == "neg" else (entry, 1)


def signed(entry: Entry, sign: int) -> Entry:
    found, own = unsigned(entry)
    return found if own * sign == 1 else call("neg", found)


def _decided(entry: Entry) -> Entry:
    """An indicator that numbers alone decide."""
    if not all(index is None or isinstance(index, int) for index in entry.indices):
        return ONE if entry.label == "=" and entry.indices[0] == entry.indices[1] else entry
    if entry.label == "within":
        low, index, high = entry.indices
        return ONE if (low is None or low <= index) and (high is None or index < high) else ZERO
    left, right = entry.indices
    return ONE if {"=": left == right, "<=": left <= right, ">=": left >= right}[entry.label] else ZERO


def factors_of(entry: Entry) -> tuple[Entry, ...]:
    return entry.parts if entry.kind == "call" and entry.label == "mul" else (entry,)


def _product(parts: Sequence[Entry]) -> Entry:
    """Factors in their order, sums last, so that they need no parentheses."""
    factors, sign, waiting = [], 1, list(reversed(parts))
    while waiting:
        factor = waiting.pop()
        if factor.kind == "call" and factor.label in ("mul", "neg"):
            sign *= -1 if factor.label == "neg" else 1
            waiting.extend(reversed(factor.parts))
        elif factor != ONE:
            factors.append(factor)
    if ZERO in factors:
        return ZERO
    factors.sort(key=lambda factor: factor.kind == "over")
    return signed(product(*factors) if len(factors) > 1 else factors[0] if factors else ONE, sign)


def _over(entry: Entry) -> Entry:
    letters, (body, sign) = dict(entry.letters), unsigned(entry.parts[0])
    factors = list(factors_of(body))
    if [f.label for f in factors if f.kind == "over"] == ["sum"]:  # one sum, the last factor
        inner = factors.pop()
        letters |= dict(inner.letters)
        factors += factors_of(inner.parts[0])
    while fixed := next(((k, *found) for k, factor in enumerate(factors) if (found := _fixed(factor, letters))[0]), None):
        k, letter, index = fixed
        del letters[letter], factors[k]
        factors = [replaced(other, {letter: index}) for other in factors]
    before: list[Entry] = []
    inside: list[Entry] = []
    for factor in factors:
        (inside if any(has_letter(factor, letter) for letter in letters) else before).append(factor)
    body = _product(inside)
    for letter in [letter for letter in letters if not has_letter(body, letter)]:
        before.append(number(letters.pop(letter)))
    return signed(_product((*before, over(letters.items(), body) if letters else body)), sign)


SIMPLIFIED: dict[str, Callable[[Entry], Entry]] = {
    "mul": lambda entry: _product(entry.parts), "div": _quotient, "add": _sum, "sub": _sum, "neg": lambda entry: signed(entry.parts[0], -1),
    "identity": lambda entry: entry.parts[0],
}  # fmt: skip


def _fixed(factor: Entry, letters: Mapping[str, Dim]) -> tuple[str, Index]:
    """The letter that an indicator fixes, and to what."""
    if factor.kind == "bracket" and factor.label == "=":
        for letter, index in (factor.indices, factor.indices[::-1]):
            if isinstance(letter, str) and letter in letters:
                is_free = not has_letter(index, letter) if isinstance(index, Entry) else not is_in(letter, index)
                if is_free:
                    return letter, index
    return "", 0


def lettered(entry: Entry, indices: Indices, wanted: Mapping[str, str], avoid: Iterable[str]) -> tuple[Entry, Indices]:
    """An equation for the entry at `indices` with letters of the alphabet: none that is avoided, the wanted ones where they are free.

    Two sums side by side have the same letters, a sum in another one has others.
    """
    avoided, given = set(avoid), {}

    def give(letter: str, taken: frozenset[str]) -> frozenset[str]:
        first = wanted.get(letter, "")
        several = (f"{c}{k}" for k in range(1, 1000) for c in LETTERS)
        given[letter] = next(c for c in chain((first,), LETTERS, several) if c and c not in avoided and c not in taken)
        return taken | {given[letter]}

    taken: frozenset[str] = frozenset()
    for index in indices:
        taken = give(index, taken) if isinstance(index, str) else taken
    waiting = [(entry, taken)]
    while waiting:
        current, taken = waiting.pop()
        for letter, _ in current.letters:
            taken = give(letter, taken)
        waiting.extend((child, taken) for child in reversed(children(current)))
    return replaced(entry, given), tuple(moved(index, given) for index in indices)
