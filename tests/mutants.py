"""Change one thing at a time in a module and see whether its tests notice: `make mutants`, `make mutants ARGS="norms matching"` for some.

Most of what is right or wrong here is a rule in a table, outside any function, where mutmut and its like change nothing. A change that no
test notices is a gap in the tests, or it changes nothing that a test could see: then mutants.toml says why.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from mutations import Mutant, mutants

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
