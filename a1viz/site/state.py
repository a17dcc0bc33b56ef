"""What a page depends on besides its own text: the program, what it computes with, and the files that come with it.

What was made once in this state is kept, so that a site that is built again makes only what has changed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from ..base.cache import cache_path, digest, read_cache, write_cache
from ..graph.catalog import catalogue_folder

PACKAGE = Path(__file__).resolve().parent.parent
LIBRARIES = ("graphviz", "graphviz-pure", "markdown", "matplotlib", "numpy", "pymdown-extensions", "scikit-learn", "typst", "ziamath")


def files() -> list[Path]:
    """The program, the catalogue, and the measurements that figures show."""
    results = PACKAGE.parent / "benchmarks" / "results"
    return sorted(
        [
            *PACKAGE.rglob("*.py"),
            *PACKAGE.rglob("*.json"),
            *PACKAGE.rglob("*.typ"),
            *catalogue_folder().glob("*.*"),
            *results.rglob("*.jsonl"),
        ]
    )


@lru_cache(maxsize=1)
def program_state() -> str:
    """A short name of the state that a1viz is in; another one after any change.

    The files are looked at once, and again after `program_state.cache_clear()`, with which a build begins.
    """
    return _digest(tuple((str(path), path.stat().st_mtime_ns) for path in files()))


@lru_cache(maxsize=4)
def _digest(stamps: tuple[tuple[str, int], ...]) -> str:
    versions = [f"{name} {_version(name)}" for name in LIBRARIES]
    contents = [f"{path.name}\0{digest(path.read_bytes().decode('latin-1'), 16)}" for path in map(Path, dict(stamps))]
    return digest("\0".join([*versions, os.environ.get("A1VIZ_DOT", ""), *contents]), 16)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"


def remembered(kind: str, key: str, make: Callable[[], Any], is_worth_keeping: Callable[[Any], bool] = lambda made: True) -> Any:
    """What `make` gave the last time for this key in this state, as JSON keeps it; made where it is not there."""
    path = cache_path(kind, f"{program_state()}\0{key}")
    kept = read_cache(path)
    if kept is None:
        kept = make()
        if is_worth_keeping(kept):
            write_cache(path, kept)
    return kept
