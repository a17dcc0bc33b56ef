"""An expression as nodes: each piece of syntax a row of the operator table, innermost first and without recursion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base.errors import EquationError, GraphError
from .applications import Application, application_of
from .entries import INDEXED, check_index, computed_indices, taken_by
from .expressions import Expr, at, expression_of, source_of
from .literals import constant_of, size_of_tree
from .names import Names
from .operators import BY_RANK, OPS, called, matmul_of
from .shapes import described
from .sizes import is_single
from .syntax import check_operator


class Planter:
    """Adds the nodes of expressions to the builder of a text."""

    def __init__(self, names: Names) -> None:
        self.names, self.builder = names, names.builder

    def expression(self, root: Expr, name: str, owner: str = "") -> str:
        """Add the nodes of one expression, innermost first and without recursion; the last is called `name`."""
        done: dict[Expr, str | float] = {}
        waiting: list[tuple[Expr, Application | None]] = [(root, None)]
        while waiting:
            node, application = waiting.pop()
            if node.kind == "name" or node.kind == "number":
                done[node] = self.names.known(node) if node.kind == "name" else node.number
                continue
            if application is None:
                application = self.application(node)
                if application.operands:
                    waiting.append((node, application))
                    waiting.extend((operand, None) for operand in reversed(application.operands))
                    continue
            done[node] = self.apply(node, application, done, name if node is root else "", owner or name)
        result = done[root]
        if isinstance(result, float):
            result = self.builder.constant(result)
        if name and result != name:  # a mere name or number on the right
            self.builder.add("identity", [result], name=name)
        return name or result

    def application(self, node: Expr) -> Application:
        """What a node applies; the operands of an entry are its value and the indices that are variables."""
        if node.kind == "call":
            if node.word in self.names.broken:
                raise EquationError("")
            check_operator(node, self.names.blocks, self.builder.nodes)
        if node.kind == "entry":
            return Application("", (node.operands[0], *computed_indices(node, self.names.is_variable)))
        if node.kind == "list" or node.word == "//":
            return Application("", ())
        if node.kind == "text":
            raise at(node, f"{source_of(node)} is text in quotes, which is no value")
        return application_of(node, self.names.sizes)

    def apply(self, node: Expr, application: Application, done: Mapping[Expr, Any], name: str, owner: str) -> str | float:
        kind, children = node.kind, application.operands
        if kind == "list":
            return self.builder.constant(*constant_of(node, self.names.is_variable))
        if node.word == "//":
            return self.quotient(node, name, owner)
        values = [done[c] for c in children]
        if kind == "prefix" and node.word == "+":
            positive: str | float = values[0]
            return positive
        if kind == "prefix" and isinstance(values[0], float):
            return -values[0]
        operands = [self.builder.constant(v) if isinstance(v, float) else v for v in values]
        if kind == "entry":
            return self.entry(node, dict(zip(children, operands, strict=True)), name, owner)
        op = self.operator(node, application.op, operands)
        if op in INDEXED and len(operands) == len(OPS[op].args):
            place = INDEXED[op][1]
            operands[place] = self.index(children[place], operands[place])
            check_index(self.builder, node, op, operands, application.attributes)
        return self.add(node, Application(op, children, application.attributes), operands, (name, owner))

    def add(self, node: Expr, application: Application, inputs: list[str], called: tuple[str, str]) -> str:
        """Add an application; what goes wrong stands at `node`. `called` is its name, and the equation that an automatic one belongs to."""
        try:
            op, trees, attrs = application.op, application.operands, application.attributes
            return self.builder.add(op, inputs, *called, labels=lambda: [source_of(t) for t in trees], attrs=attrs)
        except GraphError as error:
            raise at(node, str(error)) from None

    def operator(self, node: Expr, op: str, operands: list[str]) -> str:
        """Which row of the table it is, where the ranks of the operands have a say."""
        if node.kind != "transpose" and op != "@" and op not in BY_RANK:
            return op
        ranks = [len(self.builder.shape(o)) for o in operands]
        if op == "@":
            if 0 in ranks:
                raise at(node, f"{source_of(node)}: @ multiplies vectors and matrices; use * with a scalar")
            return matmul_of(ranks)
        if node.kind == "transpose" and ranks[0] < 2:
            what = described(self.builder.shape(operands[0]))
            as_outer = "; a column times a row is outer(a, b), a row times a column a @ b" if ranks[0] else ""
            raise at(node, f"{source_of(node)}: .T is for matrices, but {source_of(node.operands[0])} is {what}{as_outer}")
        return "transpose" if node.kind == "transpose" else called(op, ranks)

    def entry(self, node: Expr, operands: Mapping[Expr, str], name: str, owner: str) -> str:
        """Add what an entry takes; the last is called `name`."""
        value = operands[node.operands[0]]
        steps = taken_by(self.builder, node, value, operands, self.names.sizes)
        for k, step in enumerate(steps, 1):
            index = [] if step.index is None else [step.index if step.index in self.builder.nodes else self.builder.size(step.index)]
            application = Application(step.op, node.operands, step.attributes)
            value = self.add(node, application, [value, *index], (name if k == len(steps) else "", owner))
        return value

    def index(self, tree: Expr, planted: str) -> str:
        """What is given as an index in a call: where it is computed of sizes alone, such as D - 1, that size."""
        if self.builder.nodes[planted].op in ("label", "constant", "size"):
            return planted
        try:
            return self.builder.size(size_of_tree(tree, [size for size in self.names.sizes if not self.names.is_variable(size)]))
        except EquationError:
            return planted

    def quotient(self, node: Expr, name: str, owner: str) -> str | float:
        """A quotient of sizes, rounded down; one that comes to a sum or a product of sizes is that."""
        try:
            dim = size_of_tree(node, self.names.sizes)
        except EquationError as error:
            raise at(node, f"{source_of(node)}: // divides sizes alone, rounding down; {error.message}") from None
        if isinstance(dim, int):
            return float(dim)
        if is_single(dim):
            return self.builder.size(dim)
        return self.expression(expression_of(dim), name, owner)
