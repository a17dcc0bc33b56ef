"""a1viz: write equations as on paper; see, run, differentiate and trust the graph they make.

The names of PUBLIC load their module when first used, so that `import a1viz` costs next to nothing and the command line starts at once.
"""

from __future__ import annotations

import importlib
import sys
import types

TYPE_CHECKING = False  # type checkers take it for True; importing `typing` would double what `import a1viz` costs

__version__ = "0.1.0"

PUBLIC = {
    "A1vizError": "errors",
    "backward": "autodiff",
    "catalogue": "catalogue",
    "check": "check",
    "compile": "plan",
    "cost": "cost",
    "derive": "derive",
    "draw": "formats",
    "grad": "run",
    "gradient_norms": "gradnorm",
    "load": "documents",
    "loads": "documents",
    "ntk": "ntk",
    "parse": "equations",
    "pass_table": "passes",
    "rewrite": "rewrite",
    "run": "run",
    "tangent": "autodiff",
}
MODULES = ("counting", "nn", "regression", "sorting", "train")  # rooms with more than one public name
__all__ = [*PUBLIC, "__version__"]

if TYPE_CHECKING:  # the same names, for type checkers; tests/test_api.py compares
    from .autodiff import backward as backward
    from .autodiff import tangent as tangent
    from .catalogue import catalogue as catalogue
    from .check import check as check
    from .cost import cost as cost
    from .derive import derive as derive
    from .documents import load as load
    from .documents import loads as loads
    from .equations import parse as parse
    from .errors import A1vizError as A1vizError
    from .formats import draw as draw
    from .gradnorm import gradient_norms as gradient_norms
    from .ntk import ntk as ntk
    from .passes import pass_table as pass_table
    from .plan import compile as compile
    from .rewrite import rewrite as rewrite
    from .run import grad as grad
    from .run import run as run


class _Package(types.ModuleType):
    """The package itself: `a1viz.run` is the function, although the import system would put the module of that name there."""

    def __setattr__(self, name: str, value: object) -> None:
        if name in PUBLIC and isinstance(value, types.ModuleType):
            value = getattr(value, name, value)
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> object:
        if name in MODULES:
            return importlib.import_module(f"a1viz.{name}")
        if name not in PUBLIC:
            raise AttributeError(f"module 'a1viz' has no attribute {name!r}")
        value = getattr(importlib.import_module(f"a1viz.{PUBLIC[name]}"), name)
        setattr(self, name, value)
        return value

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *PUBLIC, *MODULES})


sys.modules[__name__].__class__ = _Package
