"""Sizes: whole numbers, names, and what `+ - * //` makes of them, as text in one form: `D+H`, `2*T-1`, `(H+1)//2`.

A size is a polynomial in names and in quotients; each quotient is a letter of its own wherever sizes are multiplied or compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from ..base.errors import ShapeError
from ..base.limits import SIZE_TERMS

Dim = int | str
Terms = Mapping[tuple[str, ...], int]  # a polynomial: sorted factors -> coefficient
TOKEN = re.compile(r"\s*(?:(\d+)|([A-Za-z][\w.]*)|(//|[-+*()]))")


def terms_of(dim: Dim) -> Terms:
    """A size as a polynomial: its factors are names, and quotients in brackets.

    >>> terms_of("2*D+H")
    {('D',): 2, ('H',): 1}
    """
    return {(): dim} if isinstance(dim, int) else _read(dim)


@lru_cache(maxsize=4096)
def _read(text: str) -> Terms:
    found = [(m[1] or m[2] or m[3]) for m in TOKEN.finditer(text)]
    words = iter([*found, ""])
    terms, rest = _sum(next(words), words)
    assert not rest, f"{text} is no size"
    return terms


def _sum(word: str, words: Iterator[str]) -> tuple[Terms, str]:
    total: Terms = {}
    sign = 1
    if word == "-":
        sign, word = -1, next(words)
    while True:
        terms, word = _product(word, words)
        total = _added(total, terms, sign)
        if word not in ("+", "-"):
            return total, word
        sign, word = (1 if word == "+" else -1), next(words)


def _product(word: str, words: Iterator[str]) -> tuple[Terms, str]:
    product: Terms = {(): 1}
    sign = ""
    while True:
        if word == "(":
            factor, word = _sum(next(words), words)
            assert word == ")"
        else:
            factor = {(): int(word)} if word.isdigit() else {(word,): 1}
        product = _quotient(product, factor) if sign == "//" else _multiplied(product, factor)
        sign = next(words)
        if sign not in ("*", "//"):
            return product, sign
        word = next(words)


def _added(a: Terms, b: Terms, sign: int) -> Terms:
    found = dict(a)
    for key, value in b.items():
        found[key] = found.get(key, 0) + sign * value
    return {key: value for key, value in found.items() if value}


def _multiplied(a: Terms, b: Terms) -> Terms:
    found: Terms = {}
    for one, m in a.items():
        for other, n in b.items():
            found = _added(found, {tuple(sorted(one + other)): m * n}, 1)
    return found


def _quotient(a: Terms, b: Terms) -> Terms:
    k = _number(b)
    if k == 0:
        raise ShapeError(f"a size is divided by 0: {text_of(a)} // 0")
    if k is None or k < 0:
        return {(f"{_bracketed(a)}//{_bracketed(b)}",): 1}
    whole: Terms = {key: value // k for key, value in a.items() if value % k == 0 or key == ()}  # (k m + r) // k = m + r // k
    whole = {key: value for key, value in whole.items() if value}
    rest: Terms = {key: value % k if key == () else value for key, value in a.items() if value % k}
    if _number(rest) is not None:
        return whole
    name = next((names[0] for names in rest if len(names) == 1 and "//" in names[0] and rest[names] == 1), None)
    if name is not None and set(rest) <= {(name,), ()}:  # (a // b + r) // k = (a + b r) // (b k)
        inner, by = map(terms_of, split_quotient(name))
        if _number(by) is not None:
            rest, k = _added(inner, _multiplied(by, {(): rest.get((), 0)}), 1), k * (_number(by) or 1)
            return _added(whole, _quotient(rest, {(): k}), 1)
    return _added(whole, {(f"{_bracketed(rest)}//{k}",): 1}, 1)


def _bracketed(terms: Terms) -> str:
    text = text_of(terms)
    return text if re.fullmatch(r"[\w.]+", text) else f"({text})"


def _number(terms: Terms) -> int | None:
    """The number that a polynomial is, if it has no names."""
    return terms.get((), 0) if not terms or set(terms) == {()} else None


def text_of(terms: Terms) -> str:
    """A polynomial in its one form: a number last, what is taken away after what is not."""
    order = sorted(terms, key=lambda names: (terms[names] < 0, names == (), names))
    parts = [("-" if terms[names] < 0 else "+") + _term(names, abs(terms[names])) for names in order]
    return "".join(parts).removeprefix("+") or "0"


def _term(names: Sequence[str], coefficient: int) -> str:
    factors = [f"({name})" if "//" in name and len(names) + (coefficient > 1) > 1 else name for name in names]
    return "*".join(([str(coefficient)] if coefficient != 1 or not names else []) + factors)


def _dim(terms: Terms) -> Dim:
    if any(abs(value) >= 2**63 for value in terms.values()):
        raise ShapeError("a size has at most 19 digits, and this would be one of more")
    number = _number(terms)
    if number is not None:
        return number
    if len(terms) > SIZE_TERMS:
        raise ShapeError(f"a size is a sum of at most {SIZE_TERMS} others, and this would be one of {len(terms)}")
    text = text_of(terms)
    if len(text) > SIZE_TERMS and len(re.findall(r"[\w.]+", text)) > 2 * SIZE_TERMS:
        raise ShapeError(f"a size is made of at most {2 * SIZE_TERMS} names and numbers, and this would be made of more")
    return text


def is_single(dim: Dim) -> bool:
    """Whether a size is one name or one quotient, and no sum or product.

    >>> is_single("D"), is_single("(D+1)//2"), is_single("2*D")
    (True, True, False)
    """
    return isinstance(dim, str) and [(len(names), k) for names, k in terms_of(dim).items()] == [(1, 1)]


def added(a: Dim, b: Dim, sign: int = 1) -> Dim:
    """The sum of two sizes, or with the sign -1 their difference.

    >>> added("H", "D"), added("D", 1, -1)
    ('D+H', 'D-1')
    """
    return _dim(_added(terms_of(a), terms_of(b), sign))


def multiplied(*dims: Dim) -> Dim:
    """The product of sizes.

    >>> multiplied(2, "D", 3)
    '6*D'
    """
    product: Terms = {(): 1}
    for dim in dims:
        product = _multiplied(product, terms_of(dim))
    return _dim(product)


def divided(a: Dim, b: Dim) -> Dim:
    """The quotient of two sizes, rounded down; exact where that is certain. Raises ShapeError for a division by 0.

    >>> divided("H", 2), divided("4*H", 2), divided(7, 2), divided("H-2", 2), divided("H//2", 2)
    ('H//2', '2*H', 3, 'H//2-1', 'H//4')
    """
    return _dim(_quotient(terms_of(a), terms_of(b)))


def size_of(dim: Dim, sizes: Mapping[str, int]) -> int:
    """A size as a number. Raises KeyError for one that is not known, ShapeError where it would be divided by 0.

    >>> size_of("D+H+2", {"D": 3, "H": 4})
    9
    """
    if isinstance(dim, int):
        return dim
    if dim in sizes:
        return sizes[dim]
    total = 0
    for names, coefficient in terms_of(dim).items():
        for name in names:
            coefficient *= _factor(name, sizes)
        total += coefficient
    return total


def _factor(name: str, sizes: Mapping[str, int]) -> int:
    if "//" not in name:
        return sizes[name]
    a, b = split_quotient(name)
    divisor = size_of(b, sizes)
    if not divisor:
        raise ShapeError(f"a size is divided by 0: {name}")
    return size_of(a, sizes) // divisor


def split_quotient(name: str) -> tuple[Dim, Dim]:
    """The two sides of a quotient: of the last // outside all brackets."""
    depth = 0
    for k in range(len(name) - 1, 0, -1):
        depth += (name[k] == ")") - (name[k] == "(")
        if not depth and name[k - 1 : k + 1] == "//":
            return _dim(terms_of(name[: k - 1])), _dim(terms_of(name[k + 1 :]))
    raise AssertionError(f"{name} is no quotient")


def names_of(dim: Dim) -> list[str]:
    """The names in a size.

    >>> names_of("(H-2)//2+D")
    ['H', 'D']
    """
    if isinstance(dim, int):
        return []
    return [dim] if dim.isidentifier() else [m[2] for m in TOKEN.finditer(dim) if m[2]]


def with_names(dim: Dim, names: Mapping[str, Dim]) -> Dim:
    """A size with other sizes put in for its names.

    >>> with_names("2*D+H", {"D": 4, "H": "K"})
    'K+8'
    """
    if isinstance(dim, int):
        return dim
    if dim in names:
        return names[dim]
    total: Terms = {}
    for factors, coefficient in terms_of(dim).items():
        product: Terms = {(): coefficient}
        for name in factors:
            product = _multiplied(product, terms_of(_renamed(name, names)))
        total = _added(total, product, 1)
    return _dim(total)


def _renamed(name: str, names: Mapping[str, Dim]) -> Dim:
    if "//" not in name:
        return names.get(name, name)
    a, b = split_quotient(name)
    return divided(with_names(a, names), with_names(b, names))
