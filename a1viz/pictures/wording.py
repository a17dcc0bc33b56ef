"""Numbers and formulas for a picture: as LaTeX, and in words that can be read aloud."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..base.arrays import Array


def number_latex(value: Any) -> str:
    r"""A number or a short array for a picture: `(1,\, -2.5)`."""
    value = _array(value)
    if value.ndim == 0:
        return _number(value)
    if value.ndim == 1:
        return "(" + r",\, ".join([_number(v) for v in value[:6]] + ([r"\dots"] if len(value) > 6 else [])) + ")"
    if value.ndim > 2 or value.shape[0] > 5 or value.shape[1] > 5:
        return r"\text{array of }" + r" \times ".join(map(str, value.shape))
    return r"\begin{pmatrix}" + r" \\ ".join(" & ".join(map(_number, row)) for row in value) + r"\end{pmatrix}"


def number_words(value: Any) -> str:
    value = value if isinstance(value, float) else _array(value)
    if isinstance(value, float):
        return _number(value).replace(r"\mathrm{NaN}", "NaN").replace(r"\infty", "infinity")
    if value.ndim == 0:
        return _number(value).replace(r"\mathrm{NaN}", "NaN").replace(r"\infty", "infinity")
    if value.size > 25:
        return "an array of " + " by ".join(map(str, value.shape))
    return "(" + ", ".join(number_words(v) for v in value) + ")"


def _array(value: Any) -> Array:
    import numpy as np

    return np.asarray(value)


def _number(value: Any) -> str:
    number = float(value)
    if number != number:
        return r"\mathrm{NaN}"
    if number in (float("inf"), float("-inf")):
        return r"\infty" if number > 0 else r"-\infty"
    text = f"{number + 0.0:.4g}"
    mantissa, e, exponent = text.partition("e")
    if not e:
        return text
    sign = {"1": "", "-1": "-"}.get(mantissa)
    return (rf"{mantissa} \cdot " if sign is None else sign) + f"10^{{{int(exponent)}}}"


SPOKEN = (
    (r"(?<=\]) \* | \* (?=\(*-?\w*\[)", " times "),
    (r"\bsum_\{?([\w,]+)\}? ", r" the sum over \1 of "), (r"\[([^][]+ [<>]?=? [^][]+)\]", r" 1 where \1, else 0,"),
    (r"_prime\b", " prime"), (r"_prime_", " prime_"), (r"_bar\b", " bar"), (r"_dot\b", " dot"), (r"\.T\b", " transposed"),
    (r"@", " times "), (r"\*\*", " to the power "), (r"\*", " elementwise times "), (r"/", " divided by "), (r"\+", " plus "),
    (r"-", " minus "), (r"<=", " is at most "), (r">=", " is at least "), (r"=", " equals "),
    (r"\brelu\b", "ReLU of "), (r"\bscatter\b", "scatter of "), (r"\bouter\b", "outer product of "),
    (r"(?<=[\w)])\[([^][]+)\]", r" entry \1"), (r"([A-Za-z])(\d)", r"\1 \2"),
)  # fmt: skip


def words(text: str) -> str:
    """A text of the equation language as one would say it.

    >>> words("z1_bar = W1.T @ y_bar")
    'z 1 bar equals W 1 transposed times y bar'
    """
    for pattern, spoken in SPOKEN:
        text = re.sub(pattern, spoken, text)
    return " ".join(text.split())


# --- blocks -------------------------------------------------------------------------------------------------------------------
