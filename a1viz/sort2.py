"""Perceptrons that put two numbers in order (question 3.1), under their own name: they live in `a1viz.sorting.sort2`."""

from .sorting.sort2 import *  # noqa: F403
