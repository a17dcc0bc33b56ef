"""How a name is written on paper: W1 as a W with (1) above, z1 with 1 below, alpha as the Greek letter, z1_bar with a bar.

Serves `notation`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from ..graph.sizes import Dim, split_quotient, terms_of

GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho",
    "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi",
    "Omega",
}  # fmt: skip
ACCENTS = {"bar": r"\bar", "dot": r"\dot", "hat": r"\hat", "tilde": r"\tilde"}
ACCENTED = re.compile(r"(.+)_(bar|dot|hat|tilde)(\d*)(_total)?")
LETTER_AND_NUMBER = re.compile(r"([A-Za-z]+?)(\d+)")
WIDE = {"bar": r"\overline", "dot": r"\dot", "hat": r"\widehat", "tilde": r"\widetilde"}  # over more than one letter


def name_parts(symbols: Mapping[str, str], name: str) -> tuple[str, str, str, list[str]]:
    """Base, subscript, superscript and accents of a name; `symbols` is the document's own notation, which comes first.

    >>> name_parts({}, "z1_bar")
    ('z', '1', '', ['bar'])
    """
    local = name.rpartition(".")[2]
    accents: list[str] = []
    copies, stem, where = "", local, name
    while True:
        given = symbols.get(where) or (symbols.get(re.sub(r"\d+(?=\.)", "", where)) if "." in where else None)
        found = ACCENTED.fullmatch(stem) if not given else None
        if not found:
            break
        accents.insert(0, found[2])
        copies = ",".join(filter(None, (found[3], found[4] and r"\mathrm{total}", copies)))
        stem, where = found[1], where[: len(where) - len(stem) + len(found[1])]
    base, sub, sup = _notation(given) if given else _automatic(stem)
    return base, sub, ",".join(filter(None, (sup, f"[{copies}]" if copies else ""))), accents


def _notation(text: str) -> tuple[str, str, str]:
    found = re.fullmatch(r"([A-Za-z]+)('*)(?:_([A-Za-z0-9]+))?(?:\^(.+))?", text)
    assert found is not None, "check_schema lets no other text through"
    return found[1], found[3] or "", r"\prime" * len(found[2]) + (found[4] or "")


@lru_cache(maxsize=4096)
def _automatic(stem: str) -> tuple[str, str, str]:
    primes = ""
    while stem.endswith("_prime") and stem != "_prime":
        stem, primes = stem[: -len("_prime")], primes + r"\prime"
    base, _, rest = stem.partition("_") if not stem.startswith("_") else (stem.replace("_", r"\_"), "", "")
    found = LETTER_AND_NUMBER.fullmatch(base)
    base, digits = found.groups() if found else (base, "")
    below = [_index(part) for part in rest.split("_") if part]
    if digits and base[0].isupper() and not below:
        return base, "", f"({digits}){primes}"
    return base, ",".join(filter(None, (digits, *below))), primes


def _index(part: str) -> str:
    if part in GREEK:
        return rf"\{part}"
    found = LETTER_AND_NUMBER.fullmatch(part)  # h1 below a letter is h_1
    if found and (len(found[1]) == 1 or found[1] in GREEK):
        return f"{_index(found[1])}_{{{found[2]}}}"
    return rf"\mathrm{{{part}}}" if len(part) > 1 and not part.isdigit() else part


def letter_of(base: str, rank: int) -> str:
    """A base in the type of its rank: bold from a vector on."""
    if base in GREEK:
        return rf"\boldsymbol{{\{base}}}" if rank else rf"\{base}"
    if len(base) > 1:
        return rf"\mathrm{{{base}}}"
    return rf"\mathbf{{{base}}}" if rank else base


def accented(letter: str, accent: str, is_wide: bool) -> str:
    """A letter with an accent; one that spans the whole of a word."""
    return rf"{(WIDE if is_wide else ACCENTS)[accent]}{{{letter}}}"


@lru_cache(maxsize=1024)
def size_latex(dim: Dim) -> str:
    """A size in LaTeX.

    >>> size_latex("2*D-1"), size_latex("d_model"), size_latex("(H+1)//2")
    ('2 D - 1', 'd_{\\\\mathrm{model}}', '\\\\lfloor (H + 1) / 2 \\\\rfloor')
    """
    if isinstance(dim, int):
        return str(dim)
    terms = terms_of(dim)
    printed = []
    for names in sorted(terms, key=lambda names: (terms[names] < 0, names == (), names)):
        number = abs(terms[names])
        factors = ([str(number)] if number != 1 or not names else []) + list(map(_size_factor, names))
        printed.append(("- " if terms[names] < 0 else "+ ") + " ".join(factors))
    return re.sub("^- ", "-", " ".join(printed).removeprefix("+ ")) or "0"


def _size_factor(name: str) -> str:
    if "//" in name:
        a, b = (size_latex(part) for part in split_quotient(name))
        return rf"\lfloor {_bracketed(a)} / {_bracketed(b)} \rfloor"
    base, _, rest = name.rpartition(".")[2].partition("_")
    found = LETTER_AND_NUMBER.fullmatch(base)
    base, digits = found.groups() if found else (base, "")
    below = ",".join(filter(None, (digits, *map(_index, filter(None, rest.split("_"))))))
    return letter_of(base, 0) + (f"_{{{below}}}" if below else "")


def _bracketed(text: str) -> str:
    return f"({text})" if " " in text else text
