"""Counting networks (question 3.4), under their own name: they live in `a1viz.sorting.counting_networks`."""

from .sorting.counting_networks import *  # noqa: F403
