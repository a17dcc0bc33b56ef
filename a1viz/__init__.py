"""a1viz: write equations as on paper; see, run, differentiate and trust the graph they make.

The names of PUBLIC load their module when first used, so that `import a1viz` costs next to nothing and the command line starts at once.
"""

from __future__ import annotations

from .base.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for True; importing `typing` would double what `import a1viz` costs

__version__ = "0.2.0"

PUBLIC = {
    "A1vizError": "base.errors",
    "backward": "calculus.autodiff",
    "catalogue": "graph.catalog",
    "check": "gradients.checks",
    "compile": "plan",
    "cost": "calculus.costs",
    "derive": "calculus.derivation",
    "derive_steps": "calculus.step_by_step",
    "diff": "calculus.comparison",
    "draw": "pictures.drawing",
    "from_onnx": "exchange.onnx_reader",
    "from_torch": "exchange.torch_reader",
    "grad": "calculus.interpreter",
    "gradient_norms": "gradients.norms",
    "load": "graph.documents",
    "loads": "graph.documents",
    "ntk": "gradients.kernel",
    "parse": "graph.equations",
    "pass_table": "gradients.cost_table",
    "rewrite": "calculus.rewriting",
    "run": "calculus.interpreter",
    "save": "graph.written",
    "tangent": "calculus.autodiff",
    "to_code": "exchange.programs",
    "to_onnx": "exchange.onnx_writer",
}
MODULES = ("counting", "gradients", "nn", "regression", "sorting", "train")  # rooms with more than one public name
__all__ = [*PUBLIC, "__version__"]

if TYPE_CHECKING:  # the same names, for type checkers; tests/test_api.py compares
    from . import counting as counting
    from . import gradients as gradients
    from . import nn as nn
    from . import regression as regression
    from . import sorting as sorting
    from . import train as train
    from .base.errors import A1vizError as A1vizError
    from .calculus.autodiff import backward as backward
    from .calculus.autodiff import tangent as tangent
    from .calculus.comparison import diff as diff
    from .calculus.costs import cost as cost
    from .calculus.derivation import derive as derive
    from .calculus.interpreter import grad as grad
    from .calculus.interpreter import run as run
    from .calculus.rewriting import rewrite as rewrite
    from .calculus.step_by_step import derive_steps as derive_steps
    from .exchange.onnx_reader import from_onnx as from_onnx
    from .exchange.onnx_writer import to_onnx as to_onnx
    from .exchange.programs import to_code as to_code
    from .exchange.torch_reader import from_torch as from_torch
    from .gradients.checks import check as check
    from .gradients.cost_table import pass_table as pass_table
    from .gradients.kernel import ntk as ntk
    from .gradients.norms import gradient_norms as gradient_norms
    from .graph.catalog import catalogue as catalogue
    from .graph.documents import load as load
    from .graph.documents import loads as loads
    from .graph.equations import parse as parse
    from .graph.written import save as save
    from .pictures.drawing import draw as draw
    from .plan import compile as compile

__getattr__, __dir__ = lazy_names(__name__, PUBLIC, MODULES)
