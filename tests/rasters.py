"""PDF as pixels, drawn by another program than the one that wrote it, and how far two pictures are apart."""

from __future__ import annotations

import io
import shutil
import subprocess

import numpy as np
import pytest
from conftest import NO_POPPLER, environment
from PIL import Image


def raster(pdf: bytes, dots: float = 96) -> np.ndarray:
    """The first page of a PDF, `dots` pixels to the inch, from 0 to 1."""
    program = shutil.which("pdftoppm")
    if not program:
        pytest.skip(NO_POPPLER)
    command = [program, "-r", str(dots), "-png", "-singlefile", "-"]
    return pixels(subprocess.run(command, input=pdf, capture_output=True, check=True, env=environment()).stdout)


def pixels(png: bytes) -> np.ndarray:
    """A PNG on white paper: height, width, three colours from 0 to 1."""
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(paper, image).convert("RGB")) / 255


def apart(a: np.ndarray, b: np.ndarray, block: int = 16) -> float:
    """How far two pictures are apart at most, their pixels averaged in blocks: edges may be smooth in two ways, no sign may be missing.

    They are of the same size, give or take the pixel that is rounded away.
    """
    assert all(abs(x - y) <= 1 for x, y in zip(a.shape, b.shape, strict=True)), (a.shape, b.shape)
    height, width = np.minimum(a.shape, b.shape)[:2] // block
    one, other = (p[: height * block, : width * block].reshape(height, block, width, block, 3).mean((1, 3)) for p in (a, b))
    return float(np.abs(one - other).max())
