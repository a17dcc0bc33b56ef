"""The package `onnx`, if it is installed; importing it takes longer than the rest of a1viz, so only what needs it does."""

from __future__ import annotations

from types import ModuleType

from ..base.errors import OutputError

MISSING = 'ONNX models need onnx, which is not installed: pip install "a1viz[onnx]"'


def onnx_package() -> ModuleType:
    """The package. Raises OutputError where it is missing."""
    try:
        import onnx
    except ModuleNotFoundError:
        raise OutputError(MISSING) from None
    return onnx
