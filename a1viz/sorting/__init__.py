"""Sorting networks: comparators in layers, for any number of wires; proved, evaluated, and written as one deep perceptron. Question 3."""

from __future__ import annotations

from ..comparators import Comparator as Comparator
from .best import known as known
from .evaluate import kth_smallest as kth_smallest
from .evaluate import sort as sort
from .families import FAMILIES as FAMILIES
from .families import family_of as family_of
from .families import network as network
from .gradient import jacobian as jacobian
from .networks import Network as Network
from .networks import prune as prune
from .perceptron import Perceptron as Perceptron
from .perceptron import load_perceptron as load_perceptron
from .perceptron import perceptron as perceptron
from .perceptron import rounding_bound as rounding_bound
from .proof import Proof as Proof
from .proof import verify as verify
from .storage import load as load
from .storage import save as save
