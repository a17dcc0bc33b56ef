"""Training on data (question 4), under its own name: all of it lives in `a1viz.nn`."""

from .nn import *  # noqa: F403
