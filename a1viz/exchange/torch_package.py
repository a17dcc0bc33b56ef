"""The package `torch`, if it is installed; only `from_torch` imports it."""

from __future__ import annotations

from types import ModuleType

from ..base.errors import OutputError

MISSING = 'PyTorch\'s modules need torch, which is not installed: pip install "a1viz[torch]"'


def torch_package() -> ModuleType:
    """The package, with `torch.export`. Raises OutputError where it is missing."""
    try:
        import torch.export
    except ModuleNotFoundError:
        raise OutputError(MISSING) from None
    package: ModuleType = torch
    return package
