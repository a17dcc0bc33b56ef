"""Ways out and in: a graph as a program or ONNX model, ONNX models and PyTorch modules as graphs, and classifiers for scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.lazy import lazy_names

PUBLIC = {
    "LogisticEstimator": "estimators",
    "MLPEstimator": "estimators",
    "from_onnx": "onnx_reader",
    "from_torch": "torch_reader",
    "to_code": "programs",
    "to_onnx": "onnx_writer",
    "with_gradients": "gradients_too",
}
__getattr__, __dir__ = lazy_names(__name__, PUBLIC)

if TYPE_CHECKING:  # the same names, for type checkers; tests/test_api.py compares
    from .estimators import LogisticEstimator as LogisticEstimator
    from .estimators import MLPEstimator as MLPEstimator
    from .gradients_too import with_gradients as with_gradients
    from .onnx_reader import from_onnx as from_onnx
    from .onnx_writer import to_onnx as to_onnx
    from .programs import to_code as to_code
    from .torch_reader import from_torch as from_torch
