"""Trained models on disk: a graph document, which anybody can read, and its parameters as safetensors. Serves question 4.

The document takes its values from the file beside it, so `a1viz.load`, `a1viz run` and `a1viz check` know a trained model like any graph.
Nothing is ever pickled.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.errors import InputError, OutputError, shown
from ..base.files import path_of, write_whole
from ..base.limits import PARAMETERS
from ..base.reading import is_stream
from ..base.tensors import read_tensors, write_tensors
from ..calculus.interpreter import run
from .classifiers import Classifier
from .layers import LAYERS, Sequential


def save(
    model: Classifier, path: str | Path, *, title: str = "", source: str = "question 4", about: str = "", example: Any = None
) -> list[Path]:
    """Write `path` (it ends in .toml) and the parameters beside it; returns the two paths.

    `example` is an example and its target, for the document's own values and expectations; unless given, zeros and 0. Raises OutputError.
    Source: question 4.
    """
    path = path_of(path)
    if path.suffix != ".toml":
        raise OutputError(f"{path}: a model is a document; give it a name that ends in .toml")
    if not path.parent.is_dir():
        raise OutputError(f"{path.parent}: there is no such folder")
    weights = path.with_suffix(".safetensors")
    x, t = example if example is not None else (np.zeros(model.net.features), 0)
    title = title or f"Trained {'network' if len(model.net.layers) > 2 else 'model'} {path.stem}"
    text = document_text(model, weights.name, (title, source, about), np.asarray(x, dtype=float), int(t))
    layers = [[type(layer).__name__, *asdict(layer).values()] for layer in model.net.layers]
    names = {"features": list(model.feature_names), "classes": list(model.class_names)}
    write_tensors(weights, model.state_dict(), {"layers": layers, **names})
    write_whole(path, text.encode())
    return [path, weights]


def document_text(model: Classifier, weights: str, words: tuple[str, str, str], x: Array, t: int) -> str:
    """The document of a trained model, whose parameters are in the file `weights` beside it."""
    net = model.net
    found = run(model.graph, trace=True, x=x, t=t, **net.values)
    leaves = {"x": ["D"], **{name: net.shapes[name] for name in net.fixed}}
    tables = {
        "sizes": {name: str(size) for name, size in net.sizes.items()},
        "inputs": {**{name: json.dumps(shape) for name, shape in leaves.items()}, "t": f"{{class = {json.dumps(model.label['class'])}}}"},
        "parameters": {name: json.dumps(net.shapes[name]) for name in net.learnt},
        "symbols": {name: json.dumps(f"{name[0]}^({name[1:]})") for name in net.learnt if name[0] in "wb" and name[1:]},
        "values": {"x": _numbers(x), "t": str(t), **{name: json.dumps(f"@{weights}:{key}") for name, key in net.keys.items()}},
        "expect": {name: _numbers(found[name]) for name in (*net.graph.outputs, "y_prime", "J")},
    }
    named = zip(("title", "source", "about"), words, strict=True)
    head = [f"{key} = {json.dumps(word, ensure_ascii=False)}" for key, word in named if word]
    equations = ["equations = '''", *model.text, "'''"]
    body = [f"\n[{table}]\n" + "".join(f"{key} = {value}\n" for key, value in rows.items()) for table, rows in tables.items() if rows]
    return "\n".join([*head, *equations, "".join(body)])


def _numbers(value: Any) -> str:
    return json.dumps(np.asarray(value).tolist())


def load_model(path: str | Path) -> Classifier:
    """A model that `save` wrote, by the path of its document or of its parameters; these may also come from a pipe.

    Raises InputError for a file that is missing, damaged, or not a model of a1viz. Source: question 4.
    """
    weights = path_of(path)
    if not weights.name:
        raise InputError(f"a model is read from its document or its parameters, such as 'model.toml', got {shown(path)}")
    weights = weights if is_stream(path) else weights.with_suffix(".safetensors")
    state, about = read_tensors(weights)
    layers = about.get("layers")
    if not isinstance(layers, list):
        raise InputError(f"{weights} has parameters, but does not say of which layers: it is not a model of a1viz")
    try:
        model = Classifier(Sequential(*map(_layer, layers)))
        model.load_state_dict(state)
        model.feature_names = _names(about.get("features"), model.feature_names, "features")
        model.class_names = _names(about.get("classes"), model.class_names, "classes")
    except InputError as error:
        raise InputError(f"{weights}: {error}") from None
    return model


def _layer(row: Any) -> Any:
    if not isinstance(row, list) or not row or not isinstance(row[0], str) or row[0] not in LAYERS:
        raise InputError(f"unknown layer {shown(row)}")
    if math.prod(number for number in row[1:] if isinstance(number, int)) > PARAMETERS:
        raise InputError(f"layer {shown(row)} is too large: at most {PARAMETERS:,} parameters")
    try:
        return LAYERS[row[0]](*row[1:])
    except TypeError:
        raise InputError(f"layer {shown(row)} does not fit its kind") from None


def _names(given: Any, usual: tuple[str, ...], what: str) -> tuple[str, ...]:
    """Names from a file, which may have none: as many as there are to name."""
    if given is None:
        return usual
    if not isinstance(given, list) or len(given) != len(usual) or not all(isinstance(name, str) for name in given):
        raise InputError(f"{what} must be {len(usual)} names, got {shown(given)}")
    return tuple(given)


def names_of(layers: Sequence[Any]) -> str:
    """The layers in words: `Linear(2, 16), Tanh, Linear(16, 1)`."""
    return ", ".join(repr(layer).removesuffix("()") for layer in layers)
