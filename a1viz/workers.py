"""Long computations in chunks, under their own name: they live in `a1viz.base.workers`."""

from .base.workers import *  # noqa: F403
