"""Sorting networks: comparators in layers, for any number of wires; proved, evaluated, and written as one deep perceptron. Question 3."""

from __future__ import annotations

from ..graph.comparators import Comparator as Comparator
from .best_known import known as known
from .derivative import jacobian as jacobian
from .evaluation import kth_smallest as kth_smallest
from .evaluation import sort as sort
from .families import FAMILIES as FAMILIES
from .families import family_of as family_of
from .families import network as network
from .networks import Network as Network
from .networks import prune as prune
from .perceptrons import Perceptron as Perceptron
from .perceptrons import load_perceptron as load_perceptron
from .perceptrons import perceptron as perceptron
from .perceptrons import rounding_bound as rounding_bound
from .proof import Proof as Proof
from .proof import verify as verify
from .storage import load as load
from .storage import save as save
