"""Layers, a loss and classifiers, all built as graphs, and their training on data. Serves question 4.

    model = a1viz.nn.MLPClassifier(2, hidden=(16,), rng=0)
    model.fit(X, t, rate=0.5, momentum=0.9, steps=1000)
    model.predict(X)

With settings that work, and saved:

    data = a1viz.nn.load_data("moons")
    settings = a1viz.nn.settings_of("mlp", "moons")
    model = a1viz.nn.new_model(settings, data)
    print(a1viz.nn.fit(model, data, settings))
    a1viz.nn.save(model, "moons_mlp.toml")
"""

from .classifiers import BinaryClassifier, Classifier, LogisticRegression, MLPClassifier
from .data import DATA, Data, load_data
from .fitting import MODELS, SETTINGS, Settings, fit, new_model, one_thread, own_settings, safe_rate, settings_of, smoothness
from .gradient_report import GradientTable, gradient_table
from .history import History
from .layers import Linear, ReLU, Sequential, Sigmoid, Standardize, Tanh
from .loss import binary_cross_entropy, binary_cross_entropy_gradient, cross_entropy
from .own_data import read_data
from .saved_models import load_model, save

__all__ = [
    "DATA",
    "MODELS",
    "SETTINGS",
    "BinaryClassifier",
    "Classifier",
    "Data",
    "GradientTable",
    "History",
    "Linear",
    "LogisticRegression",
    "MLPClassifier",
    "ReLU",
    "Sequential",
    "Settings",
    "Sigmoid",
    "Standardize",
    "Tanh",
    "binary_cross_entropy",
    "binary_cross_entropy_gradient",
    "cross_entropy",
    "fit",
    "gradient_table",
    "load_data",
    "load_model",
    "new_model",
    "one_thread",
    "own_settings",
    "read_data",
    "safe_rate",
    "save",
    "settings_of",
    "smoothness",
]
