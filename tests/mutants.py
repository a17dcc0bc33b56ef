"""Change one thing at a time in a module and see whether its tests notice: `make mutants`, `make mutants ARGS="norms matching"` for some.

Most of what is right or wrong here is a rule in a table, outside any function, where mutmut and its like change nothing. A change that no
test notices is a gap in the tests, or it changes nothing that a test could see: then mutants.toml says why.
"""

from __future__ import annotations

import ast
import copy
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
ABOUT = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
OPTIONS = [
    "-x",
    "-q",
    "--assert=plain",
    "-n0",
    "-pno:cacheprovider",
    "--basetemp=tmp",
    "-mnot peers and not prove and not process and not browser",
]
EITHER = "Add Sub, LShift RShift, BitAnd BitOr, And Or, Lt LtE, Gt GtE, Eq NotEq, Is IsNot, In NotIn"
PAIRS = [tuple(getattr(ast, name) for name in pair.split()) for pair in EITHER.split(", ")]
OTHER = {ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitXor: ast.BitAnd}
OTHER |= {old: new for a, b in PAIRS for old, new in ((a, b), (b, a))}
RULES = {"Op": ("partial", "adjoint", "vjp", "jvp", "body"), "Identity": (1, 2)}  # arguments of a row that are expressions in strings
UNSEEN = ("annotation", "returns", "decorator_list", "about", "strict")  # types, caches, words for readers, assertions
PROSE = re.compile("[a-z]{2,} [a-z]{2,}")


class Mutant(NamedTuple):
    at: int  # the line
    line: str
    change: str
    source: str  # of the whole module


def mutants(source: str) -> Iterator[Mutant]:
    """Every module that differs from this one in one place."""
    tree, lines = ast.parse(source), source.splitlines()
    rules = {id(node) for node in _rules(tree)}
    for parent, field, old in list(_places(tree)):
        for new in _changed_rules(old.value) if id(old) in rules else _changes(old, field):
            change = _change(ast.unparse(old), ast.unparse(new))
            yield Mutant(old.lineno, lines[old.lineno - 1].strip(), change, _unparsed(tree, parent, field, (old, new)))


def _change(old: str, new: str) -> str:
    """What becomes what; of a long expression only the part that differs."""
    if len(old) > 60:
        start, end = (len(os.path.commonprefix(both)) for both in ([old, new], [old[::-1], new[::-1]]))  # noqa: RUF071  # of texts
        end = min(end, len(old) - start, len(new) - start)
        old, new = f"...{old[start : len(old) - end]}...", f"...{new[start : len(new) - end]}..."
    return f"{old} -> {new}"


def _places(node: ast.AST) -> Iterator[tuple[ast.AST, str, ast.AST]]:
    """Each node with its parent and the field of the parent that it is in."""
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and field not in UNSEEN:
                yield node, field, child
                yield from _places(child)


def _unparsed(tree: ast.AST, parent: ast.AST, field: str, change: tuple[ast.AST, ast.AST]) -> str:
    """The text of a tree with one node of a parent in another's place."""
    (old, new), value = change, getattr(parent, field)
    setattr(parent, field, [new if child is old else child for child in value] if isinstance(value, list) else new)
    text = ast.unparse(tree)
    setattr(parent, field, value)
    return text


def _with(node: ast.AST, **fields: object) -> ast.AST:
    new = copy.copy(node)
    vars(new).update(fields)
    return new


def _changes(node: ast.AST, field: str) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    is_negated = isinstance(node, ast.UnaryOp)
    if isinstance(node, (ast.BinOp, ast.BoolOp, ast.AugAssign)):
        yield _with(node, op=OTHER[type(node.op)]())
    elif isinstance(node, ast.Compare):
        yield from (_with(node, ops=[*node.ops[:k], OTHER[type(op)](), *node.ops[k + 1 :]]) for k, op in enumerate(node.ops))
        is_negated = not isinstance(node.ops[0], (ast.Lt, ast.LtE, ast.Gt, ast.GtE))
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(value := node.value, (bool, int, float)):
        yield ast.Constant(not value if isinstance(value, bool) else value + 1 if isinstance(value, int) or not value else 2 * value)
    elif isinstance(node, ast.Call):
        yield from (_with(node, keywords=[k for k in node.keywords if k is not one]) for one in node.keywords if one.arg not in UNSEEN)
        if len(node.args) > 1 and not PROSE.search(str(getattr(node.args[-1], "value", ""))):
            yield _with(node, args=node.args[:-1])
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield ast.Pass()
    if field in ("test", "ifs") and not is_negated:
        yield ast.UnaryOp(ast.Not(), node)


def _rules(tree: ast.AST) -> Iterator[ast.Constant]:
    """The rules and identities of a table."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        for name, argument in [*enumerate(call.args), *((keyword.arg, keyword.value) for keyword in call.keywords)]:
            if name in RULES.get(getattr(call.func, "id", ""), ()):
                yield from (node for node in ast.walk(argument) if isinstance(node, ast.Constant))


def _changed_rules(rule: str) -> Iterator[ast.Constant]:
    """A rule with another sign, a factor, or something in it changed or swapped."""
    yield from (ast.Constant(f"{front}({rule})") for front in ("-", "2 * "))
    tree = ast.parse(rule, mode="eval")
    for parent, field, old in list(_places(tree)):
        found = list(_changes(old, field))
        if isinstance(old, ast.BinOp) and not isinstance(old.op, (ast.Add, ast.Mult)):
            found.append(_with(old, left=old.right, right=old.left))
        elif isinstance(old, ast.Call):
            found = [_with(old, args=[old.args[1], old.args[0], *old.args[2:]]) if len(old.args) > 1 else old.args[0]]
        yield from (ast.Constant(_unparsed(tree, parent, field, (old, new))) for new in found)


def survives(module: Path, source: str, tests: list[str], seconds: int) -> bool:
    """Whether all tests pass with another source of a module: in a process of its own, which finds the libraries loaded already."""
    module.write_text(source, encoding="utf-8")
    for cached in module.parent.glob(f"__pycache__/{module.stem}.*"):
        cached.unlink()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.dup2(os.open("output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
            signal.alarm(20 * seconds)
            code = pytest.main([*OPTIONS, *tests])
            sys.stdout.flush()
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] == 0


def survivors(name: str) -> Iterator[Mutant]:
    """The changes to a module, in a copied tree, that no test notices and nothing explains."""
    module, tests = Path("a1viz", name), [f"tests/{test}" for test in ABOUT["tests"][name]]
    explained = {(row["line"], change) for row in ABOUT["explained"] if row["module"] == name for change in row["changes"]}
    source = module.read_text(encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    if not survives(module, source, tests, 600):
        sys.exit(f"{name}: its tests fail without a change\n{Path('output.txt').read_text()}")
    seconds = 10 + 3 * int(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
    found = list(mutants(source))
    print(f"{name}: {len(found)} changes, {seconds} seconds each at most", flush=True)
    for line, change in sorted(explained - {(mutant.line, mutant.change) for mutant in found}):
        print(f"  explained in mutants.toml but not there: {change}\n    in {line}")
    for mutant in found:
        if (mutant.line, mutant.change) not in explained and survives(module, mutant.source, tests, seconds):
            print(f"  {mutant.at}: {mutant.change}\n    in {mutant.line}", flush=True)
            yield mutant
    module.write_text(source, encoding="utf-8")


def main(wanted: list[str]) -> int:
    """Look at all modules, or those whose names hold a wanted word; 1 where something survives."""
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    hypothesis.settings.register_profile("mutants", derandomize=True, database=None, phases=phases)
    hypothesis.settings.load_profile("mutants")
    with tempfile.TemporaryDirectory() as folder:
        tree = shutil.copytree(ROOT, Path(folder) / "tree", ignore=shutil.ignore_patterns(".*", "__pycache__"))
        os.chdir(tree)
        sys.path.insert(0, str(tree))
        names = [name for name in ABOUT["tests"] if not wanted or any(word in name for word in wanted)]
        count = sum(1 for name in names for _ in survivors(name))
    print(f"{count or 'no'} changes that no test notices and nothing explains")
    return bool(count)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
