"""What is read off a graph: values, derivatives, identities, costs, LaTeX and derivations. Serves question 2.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.lazy import lazy_names

PUBLIC = {
    "backward": "autodiff",
    "cost": "costs",
    "derive": "derivation",
    "derive_steps": "step_by_step",
    "diff": "comparison",
    "explain": "explanation",
    "grad": "interpreter",
    "rewrite": "rewriting",
    "run": "interpreter",
    "tangent": "autodiff",
}
__getattr__, __dir__ = lazy_names(__name__, PUBLIC)

if TYPE_CHECKING:  # the same names, for type checkers; tests/test_api.py compares
    from .autodiff import backward as backward
    from .autodiff import tangent as tangent
    from .comparison import diff as diff
    from .costs import cost as cost
    from .derivation import derive as derive
    from .explanation import explain as explain
    from .interpreter import grad as grad
    from .interpreter import run as run
    from .rewriting import rewrite as rewrite
    from .step_by_step import derive_steps as derive_steps
