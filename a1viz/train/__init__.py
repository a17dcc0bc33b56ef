"""Training on data: data sets, settings that work, checkpoints, gradient tables, saved models. Serves question 4.

    data = a1viz.train.load_data("moons")
    settings = a1viz.train.settings_of("mlp", "moons")
    model = a1viz.train.new_model(settings, data)
    print(a1viz.train.fit(model, data, settings))
    a1viz.train.save(model, "moons_mlp.toml")
"""

from .data import DATA, Data, load_data
from .fitting import MODELS, SETTINGS, Settings, fit, new_model, one_thread, settings_of, smoothness
from .gradients import GradientTable, gradient_table
from .saved import load_model, save

__all__ = [
    "DATA",
    "MODELS",
    "SETTINGS",
    "Data",
    "GradientTable",
    "Settings",
    "fit",
    "gradient_table",
    "load_data",
    "load_model",
    "new_model",
    "one_thread",
    "save",
    "settings_of",
    "smoothness",
]
