"""What a reader would mend in a printed equation: like terms, double signs, numbers and transposes out of place. Read from the text.

The expression must have been evaluated (`text_values.evaluate`): its parts know the shapes of their values.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

Sums = (ast.Add, ast.Sub)
Products = (ast.Mult, ast.Div)
# functions that are linear in these operands, counted from 0; * for all
LINEAR = {
    "sum": (0,), "mean": (0,), "expand": (0,), "squeeze": (0,), "reshape": (0,), "reshape_like": (0,), "transpose": (0,), "trace": (0,),
    "diag": (0,), "outer": (0, 1), "inner": (0, 1), "select": (1,), "scatter": (0,), "untake": (0,), "unslice": (0,), "fill": (0,),
    "tril": (0,), "triu": (0,), "conv1d_input": (0, 1), "conv2d_input": (0, 1), "conv1d_kernel": (0, 1), "conv2d_kernel": (0, 1),
    "max_pool1d_input": (0,), "max_pool2d_input": (0,),
}  # fmt: skip
POSITIVE = ("exp", "sqrt", "softmax", "sigmoid")


def is_binary(node: ast.AST, *kinds: type) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, kinds)


def is_minus(node: ast.AST) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)


def is_transpose(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "T"


def is_call(node: ast.AST, *names: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def number(node: ast.AST) -> float | None:
    """The number that an expression is, its sign left out."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) else None


def starts_with_minus(node: ast.AST) -> bool:
    while is_binary(node, *Products, ast.MatMult):
        node = node.left
    return is_minus(node)


def factors(node: ast.expr, upwards: bool = True) -> Iterator[tuple[ast.expr, bool]]:
    """The factors of an entrywise product in the order of the text, signs left out, and whether each stands above the line."""
    if is_minus(node):
        yield from factors(node.operand, upwards)
    elif is_binary(node, *Products):
        yield from factors(node.left, upwards)
        yield from factors(node.right, upwards == isinstance(node.op, ast.Mult))
    else:
        yield node, upwards


def signs(node: ast.expr) -> int:
    """How many minus signs an entrywise product has."""
    if is_minus(node):
        return 1 + signs(node.operand)
    return signs(node.left) + signs(node.right) if is_binary(node, *Products) else 0


def terms(node: ast.expr, sign: int = 1) -> Iterator[tuple[int, ast.expr]]:
    """The terms of a sum with their signs."""
    if is_minus(node) and (is_binary(node.operand, *Sums) or is_minus(node.operand)):
        yield from terms(node.operand, -sign)
    elif is_binary(node, *Sums):
        yield from terms(node.left, sign)
        yield from terms(node.right, -sign if isinstance(node.op, ast.Sub) else sign)
    else:
        yield sign, node


# --- one form for all that is equal up to a number -------------------------------------------------------------------------------

Form = tuple[float, dict[str, float], dict[str, float]]  # a number, scalar factors with exponents, and the other factors with theirs


def key(form: Form) -> str:
    parts = {k: e for powers in form[1:] for k, e in powers.items() if e}
    return " ".join(f"{k}^{e:g}" if e != 1 else k for k, e in sorted(parts.items())) or "1"


def times(a: Form, b: Form, power: int = 1) -> Form:
    merged = [Counter(a[k]) for k in (1, 2)]
    for k in (1, 2):
        for name, exponent in b[k].items():
            merged[k - 1][name] += power * exponent
    factor = b[0] if power == 1 else 1 / b[0] if b[0] else float("inf")
    return a[0] * factor, dict(merged[0]), dict(merged[1])


def atom(text: str, node: ast.expr) -> Form:
    return (1.0, {text: 1}, {}) if node.shape == () else (1.0, {}, {text: 1})


def linear(node: ast.expr, build, *parts: ast.expr) -> Form:
    """A function linear in these operands: their numbers and scalars stand in front of it."""
    forms = [form(part) for part in parts]
    front: Form = (1.0, {}, {})
    for part, own in zip(parts, forms, strict=True):
        front = times(front, (own[0], own[1] if part.shape != () else {}, {}))
    inside = [key((1.0, {} if part.shape != () else own[1], own[2])) for part, own in zip(parts, forms, strict=True)]
    return times(front, atom(build(*inside), node))


def form(node: ast.expr) -> Form:
    if number(node) is not None:
        return float(number(node)), {}, {}
    if is_minus(node):
        own = form(node.operand)
        return -own[0], own[1], own[2]
    if is_binary(node, *Products):
        return times(form(node.left), form(node.right), 1 if isinstance(node.op, ast.Mult) else -1)
    if is_binary(node, *Sums):
        return sum_form(node)
    if is_binary(node, ast.MatMult):
        return linear(node, lambda a, b: f"{a} @ {b}", node.left, node.right)
    if is_binary(node, ast.Pow):
        exponent = number(node.right)
        base = form(node.left)
        if exponent is not None and base[0] == 1:
            return 1.0, {k: e * exponent for k, e in base[1].items()}, {k: e * exponent for k, e in base[2].items()}
        return atom(f"({base[0]:.12g} {key(base)})**({key(form(node.right))})", node)
    if is_transpose(node):
        return transposed(node)
    if isinstance(node, ast.Call):
        return called(node)
    return atom(ast.unparse(node), node)


def sum_form(node: ast.expr) -> Form:
    found: Counter[str] = Counter()
    for sign, term in terms(node):
        own = form(term)
        found[key(own)] += sign * own[0]
    kept = sorted((k, v) for k, v in found.items() if abs(v) > 1e-14)
    if not kept:
        return 0.0, {}, {}
    lead = kept[0][1]
    own = atom("(" + " + ".join(f"{v / lead:.9g} {k}" for k, v in kept) + ")", node)
    return lead, own[1], own[2]


def transposed(node: ast.Attribute) -> Form:
    if is_transpose(node.value):
        return form(node.value.value)
    if is_binary(node.value, ast.MatMult) and len(node.value.left.shape) == len(node.value.right.shape) == 2:
        parts = [ast.Attribute(part, "T") for part in (node.value.right, node.value.left)]
        for part in parts:
            part.shape = part.value.shape[::-1]
        return linear(node, lambda a, b: f"{a} @ {b}", *parts)
    if is_call(node.value, "outer"):
        return linear(node, lambda a, b: f"outer({a}, {b})", *reversed(node.value.args))
    return linear(node, lambda a: f"[{a}].T", node.value)


def called(node: ast.Call) -> Form:
    places = [k for k in LINEAR.get(ast.unparse(node.func), ()) if k < len(node.args)]
    others = [_plain(arg) for k, arg in enumerate(node.args) if k not in places] + [
        f"{k.arg}={ast.unparse(k.value)}" for k in node.keywords
    ]
    word = ast.unparse(node.func)
    if word == "inner":
        return linear(node, lambda *inside: f"inner({', '.join(sorted(inside))})", *node.args)
    return linear(node, lambda *inside: f"{word}({', '.join([*inside, *others])})", *(node.args[k] for k in places))


def _plain(node: ast.expr) -> str:
    if not hasattr(node, "shape"):
        return ast.unparse(node)
    own = form(node)
    return f"{own[0]:.12g} {key(own)}"


# --- the faults ------------------------------------------------------------------------------------------------------------------


def faults(tree: ast.expr) -> list[str]:
    """Each fault as `kind: what`, in the order of the text."""
    found: list[str] = []
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if not hasattr(node, "shape"):  # an index, a keyword
            continue
        parent = parents.get(node)
        kinds = [*_in_any(node)]
        if is_binary(node, *Sums) and not (is_binary(parent, *Sums) or (is_minus(parent) and is_binary(parents.get(parent), *Sums))):
            kinds += _in_sum(node)
        if (is_binary(node, *Products) or is_minus(node)) and not (is_binary(parent, *Products) or is_minus(parent)):
            kinds += _in_product(node, parent)
        found += [f"{kind}: {ast.unparse(node)}" for kind in dict.fromkeys(kinds)]
    return found


def _in_any(node: ast.expr) -> Iterator[str]:
    if is_call(node, "identity"):
        yield "identity"
    if is_call(node, "count"):
        yield "count"
    if is_call(node, "fill"):
        yield "fill"
    if is_call(node, "expand", "reshape_like", "squeeze") and node.shape == ():
        yield "a scalar reshaped"
    if is_transpose(node):
        yield from _in_transpose(node.value)
    if is_binary(node, ast.Pow) and number(node.right) in (0, 1):
        yield "a power of 1 or 0"
    if is_binary(node, ast.Pow) and number(node.right) == 2 and starts_with_minus(node.left):
        yield "a sign under an even power"
    if is_binary(node, *Sums, ast.Pow) and all(
        number(part.operand if is_minus(part) else part) is not None for part in (node.left, node.right)
    ):
        yield "numbers not folded"
    for operand in _linear_operands(node):
        if starts_with_minus(operand) or (is_binary(operand, *Products) and signs(operand)):
            yield "a sign inside a linear function"
        if is_binary(operand, *Products) and any(number(f) not in (None, 1) for f, _ in factors(operand)):
            yield "a number inside a linear function"


def _linear_operands(node: ast.expr) -> list[ast.expr]:
    if is_binary(node, ast.MatMult):
        return [node.right] if starts_with_minus(node.left) else [node.left, node.right]
    if isinstance(node, ast.Call):
        return [node.args[k] for k in LINEAR.get(ast.unparse(node.func), ()) if k < len(node.args)]
    return []


def _in_transpose(node: ast.expr) -> Iterator[str]:
    """What is transposed could have been turned."""
    if is_transpose(node):
        yield "a double transpose"
    if is_minus(node):
        yield "a sign inside a transpose"
    if is_call(node, "outer") or (is_binary(node, ast.MatMult) and any(is_transpose(part) for part in _chain(node))):
        yield "a transposed product that could be turned"
    if is_binary(node, *Products) and (any(f.shape == () for f, _ in factors(node)) or all(is_transpose(f) for f, _ in factors(node))):
        yield "a transposed product that could be turned"
    if is_binary(node, *Sums) and all(any(is_transpose(f) for f, _ in factors(t)) for _, t in terms(node)):
        yield "a transposed sum that could be turned"


def _chain(node: ast.expr) -> list[ast.expr]:
    return [*_chain(node.left), *_chain(node.right)] if is_binary(node, ast.MatMult) else [node]


def _in_sum(node: ast.expr) -> Iterator[str]:
    keys = Counter(key(form(term)) for _, term in terms(node))
    if max(keys.values()) > 1:
        yield "like terms"
    if any(number(term) == 0 or is_call(term, "zeros") for _, term in terms(node)):
        yield "a zero term"
    for part in ast.walk(node):
        if is_binary(part, *Sums) and starts_with_minus(part.right):
            yield "a double sign"
        if is_binary(part, *Sums) and is_binary(part.right, *Sums):
            yield "a sum in parentheses in a sum"


def _in_product(node: ast.expr, parent: ast.AST | None) -> Iterator[str]:
    inside, minus = list(factors(node)), signs(node)
    if minus > 1:
        yield "a double sign"
    elif minus and not starts_with_minus(node):
        yield "a sign that could stand in front"
    differences = [f for f, up in inside if is_binary(f, ast.Sub) and len(list(terms(f))) == 2]
    if minus == 1 and len(differences) == 1 and all(number(t) is None for _, t in terms(differences[0])):
        yield "minus in front of a difference"
    above = [(k, number(f)) for k, (f, up) in enumerate(inside) if up and number(f) is not None]
    below = [number(f) for f, up in inside if not up and number(f) is not None]
    if is_minus(node) and len(inside) == 1:
        return
    if any(n == 0 for _, n in above):
        yield "a zero factor"
    if 1 in below or any(n == 1 and not (k == 0 and len(inside) > 1 and not inside[1][1]) for k, n in above):
        yield "a factor 1"
    if len(above) > 1 or len(below) > 1 or (above and below and not _in_lowest_terms(above[0][1], below[0], len(inside) == 2)):
        yield "numbers not folded"
    elif above and above[0][0] != 0:
        yield "a number that could stand in front"
    over, under = ({key(form(f)) for f, up in inside if up == side and number(f) is None} for side in (True, False))
    if any(is_call(f, *POSITIVE) and key(form(f)) in over & under for f, _ in inside):
        yield "a factor that cancels"


def _in_lowest_terms(above: float, below: float, alone: bool) -> bool:
    """Whether two numbers are a fraction in front of a product; one half is x / 2 there, but 1 / 2 alone."""
    if above != int(above) or below != int(below):
        return False
    return Fraction(int(above), int(below)).denominator == below and (above != 1 or alone)
