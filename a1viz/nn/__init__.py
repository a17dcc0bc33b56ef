"""Layers, a loss and classifiers, all built as graphs: what is learnt here is drawn, derived and counted like any graph. Serves question 4.

    model = a1viz.nn.MLPClassifier(2, hidden=(16,), rng=0)
    model.fit(X, t, rate=0.5, momentum=0.9, steps=1000)
    model.predict(X)
"""

from .classifiers import BinaryClassifier, History, LogisticRegression, MLPClassifier
from .layers import Linear, ReLU, Sequential, Sigmoid, Standardize, Tanh
from .loss import binary_cross_entropy, binary_cross_entropy_gradient

__all__ = [
    "BinaryClassifier",
    "History",
    "Linear",
    "LogisticRegression",
    "MLPClassifier",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Standardize",
    "Tanh",
    "binary_cross_entropy",
    "binary_cross_entropy_gradient",
]
