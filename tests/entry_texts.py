"""Reads an equation for one entry, such as `h_bar[i] = sum_k W2[k, i] * y_bar[k]`, and computes it by loops over its letters.

Written apart from the printer: sums, products, indices and indicators are Python's own; only functions of one number and what has no rule,
such as `inv(A)[i, j]`, are the package's.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from a1viz.calculus.interpreter import run
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Graph
from a1viz.graph.operators import OPS

TOKEN = re.compile(r"(?:sum|max|min|prod)_(?:\{[^}]*\}|\w+) |\d[\d.]*(?:e[-+]?\d+)?|[A-Za-z_][\w.]*|//|\*\*|<=|>=|==|!=|\S")
OVER = {"sum": math.fsum, "max": max, "min": min, "prod": math.prod}


class Reader:
    """One equation, its values and sizes; `code` is Python for its right-hand side, in its letters."""

    def __init__(self, graph: Graph, text: str, values: Mapping[str, Any], sizes: Mapping[str, int]) -> None:
        self.graph, self.values, self.sizes = graph, values, sizes
        self.names = {"values": values, "whole": [], "entry": entry, "applied": applied, "OVER": OVER, "math": math}
        left, _, self.text = text.partition(" = ")
        self.name, _, inside = left.partition("[")
        self.letters = inside.rstrip("]").split(", ") if inside else []
        self.scopes: list[dict[str, set[int]]]  # how far each letter goes by the arrays that have it
        self.scopes = [{letter: set() for letter in self.letters if letter != "0"}]
        self.tokens = [(m[0], m.start()) for m in TOKEN.finditer(self.text)] + [("", len(self.text))]
        self.place = 0
        self.code = self.comparison()
        assert not self.next, f"{text}: left over from {self.next}"

    def value(self) -> np.ndarray:
        """The whole variable, entry by entry; axes of one entry have no letter."""
        names = [f"_{k}" if letter == "0" else letter for k, letter in enumerate(self.letters)]
        function = eval(f"lambda {', '.join(names)}: {self.code}", self.names)
        out = np.empty(np.shape(self.values[self.name]))
        for index in np.ndindex(out.shape):
            out[index] = function(*index)
        return out

    @property
    def next(self) -> str:
        return self.tokens[self.place][0]

    def take(self, *signs: str) -> str:
        found = self.next
        if signs and found not in signs:
            return ""
        self.place += 1
        return found

    def want(self, sign: str) -> None:
        assert self.take(sign), f"{self.text}: expected {sign} where {self.next} is"

    def comparison(self) -> str:
        code = self.sum()
        while sign := self.take("<", "<=", ">", ">=", "==", "!="):
            code = f"float({code} {sign} {self.sum()})"
        return code

    def sum(self) -> str:
        code = self.term()
        while sign := self.take("+", "-"):
            code += f" {sign} {self.term()}"
        return f"({code})"

    def term(self) -> str:
        """A product; what an indicator of 0 stands beside is not looked at."""
        code, brackets, before = "1.0", [], [dict(scope) for scope in self.scopes]
        sign: str = "*"
        while sign:
            factor, is_bracket = self.factor()
            if is_bracket and sign == "*":
                brackets.append(factor)
            else:
                code = factor if code == "1.0" and sign == "*" else f"{code} {sign} {factor}"
            sign = self.take("*", "/", "//")
        for guarded in re.findall(r"\(\((\w+)\)\) < ", " ".join(brackets)):
            for scope, old in zip(self.scopes, before, strict=True):
                scope |= {guarded: old[guarded]} if guarded in old else {}
        return f"({code} if {' and '.join(brackets)} else 0.0)" if brackets else f"({code})"

    def factor(self) -> tuple[str, bool]:
        if self.take("-"):
            factor, is_bracket = self.factor()
            return f"(-{self.number(factor, is_bracket)})", False
        if over := re.fullmatch(r"(sum|max|min|prod)_\{?([^}]*)\}? ", self.next):
            self.place += 1
            return self.over(over[1], over[2]), False
        code, is_bracket = self.primary()
        if self.take("**"):
            exponent = self.number(*self.factor())
            return f"applied('power', {self.number(code, is_bracket)}, {exponent})", False
        return code, is_bracket

    @staticmethod
    def number(code: str, is_bracket: bool) -> str:
        return f"float({code})" if is_bracket else code

    def over(self, kind: str, letters: str) -> str:
        pairs = [letter.partition("<") for letter in letters.split(",")]
        names = [letter for letter, _, _ in pairs]
        assert not any(name in scope for name in names for scope in self.scopes), f"{self.text}: {letters} twice"
        self.scopes.append({letter: set() for letter in names})
        body = self.term()
        shown = self.scopes.pop()
        told = {letter: {int(eval(size, dict(self.sizes)))} if size else shown[letter] for letter, _, size in pairs}
        assert all(len(found) == 1 for found in told.values()), f"{self.text}: how far does {told} go"
        ranges = {letter: found.pop() for letter, found in told.items()}
        loops = " ".join(f"for {letter} in range({size})" for letter, size in ranges.items())
        return f"OVER[{kind!r}]({body} {loops})"

    def primary(self) -> tuple[str, bool]:
        start = self.tokens[self.place][1]
        token = self.take()
        if re.match(r"\d", token):
            return token, False
        if token == "(":
            code = self.comparison()
            self.want(")")
            return (self.whole(start), False) if self.next == "[" else (code, False)
        if token == "[":
            return self.bracket(start)
        assert re.match(r"[A-Za-z_]", token), f"{self.text}: {token}"
        if self.next == "(" and token not in self.values:
            return self.called(token, start), False
        return self.named(token), False

    def bracket(self, start: int) -> tuple[str, bool]:
        depth, end = 1, self.place
        while depth:
            depth += {"[": 1, "]": -1}.get(self.tokens[end][0], 0)
            end += 1
        if self.tokens[end][0] == "[":  # a list of numbers, and an index
            self.place = end
            return self.whole(start), False
        parts = [self.sum()]
        while sign := self.take("=", "<", "<=", ">", ">="):
            parts += ["==" if sign == "=" else sign, self.sum()]
        self.want("]")
        assert len(parts) > 1, f"{self.text}: an indicator without a comparison"
        return f"({' '.join(parts)})", True

    def called(self, word: str, start: int) -> str:
        self.want("(")
        op = OPS.get(word)
        depth, end = 1, self.place
        while depth:
            depth += {"(": 1, ")": -1}.get(self.tokens[end][0], 0)
            end += 1
        if op is None or not op.is_elementwise or self.tokens[end][0] == "[":
            self.place = end
            return self.whole(start)
        arguments = [self.comparison()]
        while self.take(","):
            arguments.append(self.comparison())
        self.want(")")
        return f"applied({word!r}, {', '.join(arguments)})"

    def named(self, name: str) -> str:
        if any(name in scope for scope in self.scopes):
            return name
        if name not in self.values:
            return "math.inf" if name == "inf" else repr(self.sizes[name])
        return self.entry_of(f"values[{name!r}]", np.shape(self.values[name]))

    def whole(self, start: int) -> str:
        """What the package computes of whole arrays, and the entry of it."""
        value = computed(self.graph, self.text[start : self.tokens[self.place][1]].strip(), self.values, self.sizes)
        self.names["whole"].append(value)
        return self.entry_of(f"whole[{len(self.names['whole']) - 1}]", value.shape)

    def entry_of(self, array: str, shape: tuple[int, ...]) -> str:
        if not shape:
            return f"float({array})"
        self.want("[")
        indices = []
        for k, size in enumerate(shape):
            if k:
                self.want(",")
            before = self.next
            indices.append(self.sum())
            for scope in self.scopes:
                if before in scope and self.next in (",", "]") and self.tokens[self.place - 1][0] == before:
                    scope[before] = scope[before] | {size}
        self.want("]")
        return f"entry({array}, {', '.join(indices)})"


def entry(array: np.ndarray, *index: float) -> float:
    assert all(i == int(i) and 0 <= i < n for i, n in zip(index, array.shape, strict=True)), f"no entry {index} of {array.shape}"
    return float(array[tuple(map(int, index))])


def applied(word: str, *numbers: float) -> float:
    """A function of single numbers."""
    op = OPS[word]
    if op.kernel is not None:
        with np.errstate(all="ignore"):
            return float(op.compute(*map(np.float64, numbers)))
    return float(
        run(parse(f"y = {word}({', '.join(op.args)})", **{name: [] for name in op.args}), **dict(zip(op.args, numbers, strict=True)))["y"]
    )


def computed(graph: Graph, text: str, values: Mapping[str, Any], sizes: Mapping[str, int]) -> np.ndarray:
    """An expression of whole arrays."""
    if text.startswith("["):
        return np.array(ast.literal_eval(text))
    found = {name for found in re.findall(r"[A-Za-z_][\w.]*", text) if (name := found.removesuffix(".T")) in values}
    leaves: dict[str, Any] = {}
    for name in found:
        node, shape = graph[name], [spelt(dim) for dim in graph[name].shape]
        leaves[spelt(name)] = {"class": spelt(node.value), "shape": shape} if node.op == "label" else shape
    lengths = {f"of_{spelt(name)}": name for name in sizes if name not in values}  # so that the names of all sizes are known
    given = {**{spelt(name): values[name] for name in found}, **{name: np.zeros(sizes[of]) for name, of in lengths.items()}}
    leaves |= {name: [spelt(of)] for name, of in lengths.items()}
    return np.asarray(run(parse(f"result_ = {spelt(text)}", outputs=["result_"], inputs=leaves), **given)["result_"])


def spelt(text: Any) -> Any:
    """A text without names inside a block, which the language does not spell."""
    return re.sub(r"(?<=[A-Za-z_0-9])\.(?=[A-Za-z_])(?!T\b)", "__", text) if isinstance(text, str) else text


def evaluated(graph: Graph, text: str, values: Mapping[str, Any], sizes: Mapping[str, int] | None = None) -> np.ndarray:
    """The variable on the left of an equation for one entry, computed by its right-hand side."""
    return Reader(graph, text, values, sizes or {}).value()
