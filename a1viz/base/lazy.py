"""Names of a package that load their module when first used, so that importing the package costs next to nothing."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Hooks = tuple[Callable[[str], object], Callable[[], list[str]]]


def lazy_names(package: str, names: Mapping[str, str], modules: Sequence[str] = ()) -> Hooks:
    """`__getattr__` and `__dir__` of a package whose `names` come from modules of its own (name -> module), and `modules` in whole.

    >>> load, _ = lazy_names("a1viz.base", {"shown": "errors"})
    >>> load("shown")("x")
    "'x'"
    """

    def load(name: str) -> object:
        if name in modules:
            return importlib.import_module(f"{package}.{name}")
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{package}.{names[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[package]), *names, *modules})

    return load, listed


def later(module: str, name: str) -> Any:
    """What a later room has, for a result that shows itself: outlines of a formula, a picture. `tests/test_layers.py` lists the uses.

    >>> later("base.columns", "counted")(2, "boxes")
    '2 boxes'
    """
    return getattr(importlib.import_module(f"a1viz.{module}"), name)
