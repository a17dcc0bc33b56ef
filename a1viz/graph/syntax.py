"""Text to statements: an allow-list over Python's `ast`, which is read and never evaluated.

Knows nothing of graphs: what syntax means is `equations.py`'s business. Whatever the text, only EquationError leaves this module.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..base.errors import EquationError, shown
from .operators import OPS
from .suggestions import of_axis, of_notation, of_operator, of_sign

MAX_TEXT = 8_000_000  # characters in all
MAX_LINE = 20_000  # characters in one line
MAX_NESTING = 1000  # operators in a row or inside one another: well below what the parser of any Python from 3.11 on takes
BRACKET = 10  # operators: a parser descends through the whole grammar for a bracket
MAX_PROBLEMS = 20  # reported together
SYNTAX = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
BEGINS = re.compile(r"[A-Za-z_][\w, ]*=[^=]")  # an equation, which no parenthesis can contain
TOKEN = re.compile(r"\d[\w.]*|[A-Za-z_]\w*|\*\*|//|\S")
NEVER_NEST = frozenset("=:\\")
LANGUAGE = "names, numbers, + - * / @ **, calls of operators, .T and [entry]"
OPERATORS = [name for name, op in OPS.items() if not op.batch]  # what a text may call
ASCII_FOR = {
    "−": "-", "–": "-", "·": "*", "×": "*", "∘": "*", "⊙": "*", "∗": "*", "÷": "/",
    "²": "** 2", "ᵀ": ".T", "⊤": ".T", "′": "_prime", "’": "_prime",
}  # fmt: skip


def statements_of(text: str, problems: list[EquationError]) -> list[ast.stmt]:
    """The statements of a text; what cannot be read is added to `problems`, each part by itself, so that all are reported."""
    if len(text) > MAX_TEXT:
        problems.append(EquationError(f"the equations have {len(text):,} characters; at most {MAX_TEXT:,} are read"))
        return []
    lines = [line.partition("#")[0] for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    margin = _margin(lines)
    statements: list[ast.stmt] = []
    for first, part in _parts([line[margin:] for line in lines]):
        try:
            _check_characters(part)
            _check_nesting(part)
            statements += [ast.increment_lineno(s, first - 1) for s in _python(part)]
        except EquationError as error:
            problems.append(EquationError(error.message, first - 1 + max(error.line, 1), error.column + margin if error.column else 0))
            problems[-1].names = tuple(re.findall(r"\w+", part.partition("=")[0]))
            if len(problems) >= MAX_PROBLEMS:
                break
    if not statements and not problems:
        problems.append(EquationError("there is no equation; write one such as z = W @ x"))
    for statement in statements if margin else ():
        for node in ast.walk(statement):
            if hasattr(node, "col_offset"):
                node.col_offset += margin
    return statements


def _margin(lines: Sequence[str]) -> int:
    """How far all lines are indented, as in a text written inside a function."""
    text = [line for line in lines if line.strip()]
    first, last = min(text, default=""), max(text, default="")
    return next((k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a != b or a not in " \t"), 0)


def _parts(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Lines that belong together, with the number of the first: an open parenthesis or a backslash goes on in the next line."""
    part: list[str] = []
    first, depth = 1, 0
    for k, line in enumerate(lines, 1):
        if part and BEGINS.match(line):
            yield first, "\n".join(part)
            part, depth = [], 0
        if part or line.strip():
            first = first if part else k
            part.append(line)
            depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
            if depth <= 0 and not line.endswith("\\"):
                yield first, "\n".join(part)
                part, depth = [], 0
    if part:
        yield first, "\n".join(part)


def _check_characters(part: str) -> None:
    for k, line in enumerate(part.split("\n"), 1):
        if len(line) > MAX_LINE:
            raise EquationError(f"a line has at most {MAX_LINE:,} characters, this one {len(line):,}; split it into several equations", k)
        bad = re.search(r"[^\t -~]", line)
        if bad:
            raise EquationError(
                f"{shown(bad[0])} is not in the language; {of_sign(line[bad.start() :]) or _written(bad[0])}", k, bad.start() + 1
            )
    if part[0] in " \t":
        raise EquationError("this line is indented; equations begin at the same margin", 1, 1)


def _check_nesting(part: str) -> None:
    """Refuse what is nested too deeply before Python's parser does, whose own limit differs from version to version."""
    if len(part) * BRACKET <= MAX_NESTING:
        return
    for place, depth in _depths(part):
        if depth > MAX_NESTING:
            line, column = part.count("\n", 0, place) + 1, place - part.rfind("\n", 0, place)
            most = f"at most {MAX_NESTING:,} operators stand in a row or inside one another, where a bracket counts as {BRACKET}"
            told = f"nested too deeply; {most}; split it into several equations"
            raise EquationError(f"cannot read {shown(part.strip(), 40)}: {told}", line, column)


def _depths(part: str) -> Iterator[tuple[int, int]]:
    """Where each word of a text begins, and how deep a tree the text needs up to there.

    A chain is nested, too: a + b + c is (a + b) + c. Arguments lie side by side.
    """
    levels = [[0, 0, 0]]  # of each open bracket: the operators of this argument, the deepest bracket in it, the deepest argument before it
    around, previous, has_words = 0, "", False  # all operators and open brackets around this place
    for token in TOKEN.finditer(part):
        word, level, more = token[0], levels[-1], 0
        if word in ("(", "[", "{"):
            more = int(previous in (")", "]", "}", "T"))  # an entry of an entry
            levels.append([0, 0, 0])
            around += BRACKET
        elif word in (")", "]", "}") and len(levels) > 1:
            operators, deepest, before = levels.pop()
            around -= BRACKET + operators
            levels[-1][1] = max(levels[-1][1], BRACKET + max(operators + deepest, before))
        elif word in (",", ";") and not has_words:
            around -= level[0]
            level[:] = 0, 0, max(level[2], level[0] + level[1])
        elif keyword.iskeyword(word):  # never in the language; Python nests lambda without brackets, and over commas
            more, has_words = BRACKET, True
        elif not (word[0].isalnum() or word[0] == "_" or word in NEVER_NEST):
            more = 1
        level[0] += more
        around += more
        yield token.start(), around + levels[-1][1]
        previous = word


def _written(character: str) -> str:
    """How to write in ASCII what a paper prints."""
    name = unicodedata.name(character, "").rpartition(" SMALL LETTER ")
    if character in ASCII_FOR:
        return f"write {ASCII_FOR[character]}"
    if name[0] == "GREEK" and name[2].isalpha():
        return f"write {name[2].lower()}"
    return "write names with letters, digits and _"


def _python(text: str) -> list[ast.stmt]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text).body
    except SyntaxError as error:
        line, column = error.lineno or 0, max(error.offset or 0, 0)
        raise EquationError(f"cannot read {shown(text.strip(), 40)}: {_said(error, text)}", line, column) from None
    except (ValueError, MemoryError, RecursionError):
        raise EquationError(f"cannot read {shown(text.strip(), 40)}: nested too deeply; split it into several equations") from None


def _said(error: SyntaxError, text: str) -> str:
    """What is wrong, in words of this language where Python's would mislead."""
    reserved = next(filter(keyword.iskeyword, re.findall(r"[A-Za-z_]\w*", text)), None)
    if reserved:
        return f"{reserved} is a reserved word; choose another name"
    return of_notation(text) or error.msg.split(". ")[0]  # cut Python's own advice


def target_names(statement: ast.stmt) -> list[str]:
    """The names on the left of an assignment; empty for anything else."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return []
    target = statement.targets[0]
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    names = [part.id for part in parts if isinstance(part, ast.Name)]
    return names if len(names) == len(parts) else []


def children_of(node: ast.expr) -> list[ast.expr]:
    """The operands of an expression; raises EquationError for syntax that is not in the language."""
    if isinstance(node, ast.BinOp) and (type(node.op) in SYNTAX or isinstance(node.op, ast.MatMult)):
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return [node.operand]
    if isinstance(node, ast.Attribute):
        if node.attr != "T":
            raise at(node, f"the only attribute is .T, the transpose; got .{node.attr}")
        return [node.value]
    if isinstance(node, ast.Subscript):
        return [node.value, node.slice]
    if isinstance(node, ast.Call):
        return arguments_of(node)
    if isinstance(node, (ast.Name, ast.Constant)):
        return []
    is_notation = isinstance(node, ast.Compare) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor))
    raise at(node, f"{source_of(node)} is not in the language: {(is_notation and of_notation(source_of(node))) or LANGUAGE}")


def arguments_of(call: ast.Call) -> list[ast.expr]:
    """The arguments of a call; raises EquationError unless it is a name with plain arguments."""
    if not isinstance(call.func, ast.Name):
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        hint = (
            "; write * for a product" if not method else f"; write {method}(...)" if method in OPERATORS else of_operator(method, OPERATORS)
        )
        raise at(call, f"only operators can be called, got {source_of(call.func)}{hint}")
    name = call.func.id
    if call.keywords or any(isinstance(a, ast.Starred) for a in call.args):
        axis = next((source_of(k.value) for k in call.keywords if k.arg in ("axis", "dim")), "")
        raise at(call, f"{name} takes plain arguments, without names or stars{of_axis(name, axis)}")
    op = OPS.get(name)
    if op and not op.batch and not call.args:
        raise at(call, f"{name} takes arguments: {op.call}")
    return call.args


def called(call: ast.Call) -> str:
    """The name that is called; `arguments_of` has seen that it is one."""
    assert isinstance(call.func, ast.Name), ast.dump(call.func)
    return call.func.id


def check_operator(call: ast.Call, blocks: Iterable[str], variables: Iterable[str]) -> None:
    """Raise EquationError unless the name that is called is an operator of the language."""
    name = called(call)
    if name in blocks:
        raise at(call, f"the block {name} stands alone on the right of =, not inside an expression")
    if name in variables:
        raise at(call, f"{name} is a variable and cannot be called; write * for a product, [ ] for an entry")
    if name not in OPERATORS:
        raise at(call, f"unknown operator {name!r}{of_operator(name, OPERATORS)}")


def number(node: ast.Constant) -> float:
    """A literal as a float; raises EquationError for one that is no number or too large."""
    value = node.value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise at(node, f"{source_of(node)} is not a number")
    try:
        value = float(value)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise at(node, "this number is too large for a float")
    return value


def uses_of(statements: Iterable[ast.stmt]) -> dict[str, list[str]]:
    """Which names each assigned name is computed from."""
    assigned = [(s, t) for s in statements if isinstance(s, ast.Assign) for t in target_names(s)]
    return {t: sorted({n.id for n in ast.walk(s.value) if isinstance(n, ast.Name)}) for s, t in assigned}


def cycle_through(name: str, uses: Mapping[str, Sequence[str]]) -> list[str]:
    """A chain of uses from `name` back to itself, or nothing."""
    above: dict[str, str] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        for used in uses.get(current, ()):
            if used == name:
                chain = [name]
                while current != name:
                    chain.append(current)
                    current = above[current]
                return [name, *reversed(chain)]
            if used not in above:
                above[used] = current
                waiting.append(used)
    return []


def at(node: ast.AST, message: str) -> EquationError:
    """An error that stands where `node` does."""
    return EquationError(message, getattr(node, "lineno", 0), getattr(node, "col_offset", -1) + 1)


def source_of(node: ast.AST) -> str:
    """What the user wrote, cut when long."""
    try:
        text = " ".join(ast.unparse(node).split())
    except (RecursionError, ValueError):
        return "this expression"
    text = text if text.isprintable() else ascii(text)
    return text if len(text) <= 60 else text[:59] + "…"
