"""The trained models of the site and a page about each: data, settings, metrics, curves, gradients, cost. Serves question 4.

What was trained once is kept, and made again when a1viz, NumPy or scikit-learn changes.
"""

from __future__ import annotations

import base64
import re
import tempfile
from functools import partial
from html import escape
from importlib.util import find_spec
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import InputError
from ..calculus.costs import cost
from ..graph.documents import load
from ..nn import MODELS, SETTINGS, Data, gradient_table, one_thread, save
from ..nn.saved_models import names_of
from .figures import results_html
from .picture_frames import picture_html
from .state import remembered

if TYPE_CHECKING:
    from ..nn import Classifier, History

SEED = 0
GENERATED = "<!-- Written by `a1viz pages`: edit a1viz/site/model_cards.py instead. -->\n\n"
LARGEST = 8
NEEDED = {"sklearn": "scikit-learn", "matplotlib": "Matplotlib"}
ARTICLES = {"mlp": "a "}


def model_files() -> dict[str, bytes]:
    """For each row of SETTINGS a document, its parameters and a page, by their paths in the site.

    Raises InputError where scikit-learn or Matplotlib is missing.
    """
    missing = [package for module, package in NEEDED.items() if find_spec(module) is None]
    if missing:
        raise InputError(f'the site trains models, which needs {missing[0]}, which is not installed: pip install "a1viz[site]"')
    files: dict[str, str] = {}
    for kind, name in SETTINGS:
        files |= remembered("models", f"{kind}\0{name}", partial(_encoded, kind, name))
    return {path: base64.b64decode(text) for path, text in files.items()}


def _encoded(kind: str, name: str) -> dict[str, str]:
    return {path: base64.b64encode(content).decode() for path, content in made_files(kind, name).items()}


def made_files(kind: str, name: str) -> dict[str, bytes]:
    """Train a model, and write what the site has of it."""
    from ..plots.training import trained

    with one_thread(), tempfile.TemporaryDirectory() as folder:
        model, history, data = trained(kind, name, SEED)
        title = f"{data.title}: {MODELS[kind].lower()}"
        about = f"{data.about} The model is {ARTICLES.get(kind, '')}{MODELS[kind].lower()}, trained by full-batch gradient descent."
        stem = f"{name}_{kind}"
        paths = save(model, Path(folder) / f"{stem}.toml", title=title, about=about, example=(data.X[0], data.t[0]))
        files = {path.name: path.read_bytes() for path in paths} | point_files(stem, model, data)
        page = card(stem, title, kind, model, history, data, paths[0])
    return {f"models/{name}": content for name, content in {**files, f"{stem}.md": page.encode()}.items()}


def point_files(stem: str, model: Classifier, data: Data) -> dict[str, bytes]:
    """The validation examples and their classes, and the one that the model is least sure of, as the commands of its page read them."""
    rows = data.X_validation[[unsure(model, data)]], data.X_validation, data.t_validation[:, None]
    return dict(zip(csv_names(stem, data), map(csv, rows), strict=True))


def csv_names(stem: str, data: Data) -> tuple[str, str, str]:
    return f"{stem}_example.csv", f"{data.name}_points.csv", f"{data.name}_classes.csv"


def csv(rows: Any) -> bytes:
    """Rows of numbers, to six digits."""
    return "".join(",".join(f"{v:.6g}" for v in row) + "\n" for row in rows).encode()


def unsure(model: Classifier, data: Data) -> int:
    """The validation example that the model is least sure of."""
    return int(abs(model.decision_function(data.X_validation)).argmin())


# --- the page -------------------------------------------------------------------------------------------------------------------


def card(stem: str, title: str, kind: str, model: Classifier, history: History, data: Data, document: Path) -> str:
    """The page about one model."""
    graph = load(document)
    picture = picture_html(draw_backward(graph), {"caption": "The graph of the document, with the equations of backpropagation."})
    norms = sum(model.gradient_norms(data.X, data.t).values())
    parts = [
        f"---\ntitle: {dumps(title)}\n---\n\n{GENERATED}# {title}\n",
        f"{escape(data.about)} [All models](../models.md)\n",
        markdown_table(("property", "value"), summary(kind, model, data)),
        "## Metrics\n",
        markdown_table(("part", "examples", "loss", "classified correctly"), metrics(model, data)),
        results_html(f"{stem}_curves", curves_figure(history, data)),
        f"\n{decisions(stem, model, data)}\n",
        "## Use it\n",
        usage(stem, model, data),
        "## The graph\n",
        picture,
        f"\nOne example takes {multiplications(graph)}.\n",
        "## Gradients\n",
        "The gradient of the mean loss of the training data, where the training ended. Each is compared with central differences:"
        " the largest error, and among how many entries.\n",
        markdown_table(("with respect to", "in a state dict", "shape", "norm", "largest error", "of entries"), gradients(model, data)),
        "## Gradient norms of single examples\n",
        "The square of the norm of an example's own gradient, all parameters together, computed"
        " [without forming a gradient](../gradient-norms.md) where that is cheaper.\n",
        results_html(f"{stem}_norms", norms_figure(data, norms)),
        f"\nThe {LARGEST} training examples with the largest norms:\n",
        markdown_table(("example", "is", "probability of class 1", "squared norm"), largest(model, data, norms)),
    ]
    return "\n".join(parts) + "\n"


def draw_backward(graph: Any) -> Any:
    from ..pictures.drawing import draw

    return draw(graph, backward=True)


def markdown_table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    """A table in Markdown."""
    lines = [head, ("---",) * len(head), *([whole(str(cell).replace("|", "\\|")) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def whole(cell: str) -> str:
    """A number or a shape that is not broken at its hyphen or comma, as 1.8e-09 and (16, 30) were on a phone.

    >>> whole("1.8e-09"), whole("0.25"), whole("no number")
    ('<span class="a1viz-whole">1.8e-09</span>', '0.25', 'no number')
    """
    return f'<span class="a1viz-whole">{cell}</span>' if re.fullmatch(r"[\d.]+e-\d+|\(\d+, \d+\)", cell) else cell


def summary(kind: str, model: Classifier, data: Data) -> list[tuple[str, str]]:
    settings = SETTINGS[kind, data.name]
    count = sum(model.net.values[name].size for name in model.net.learnt)
    return [
        ("data", f"{len(data.X):,} examples to learn from and {len(data.X_validation):,} to validate with, of {data.X.shape[1]} features"),
        ("classes", f"0: {data.classes[0]}, 1: {data.classes[1]}; {data.t.mean():.1%} of the training examples are of class 1"),
        ("seed", f"42 for the data and their split, {SEED} for the first parameters"),
        ("layers", f"`{names_of(model.net.layers)}`"),
        ("parameters", f"{count:,}"),
        ("training", f"{settings.steps:,} steps of full-batch gradient descent, rate {settings.rate:g}, momentum {settings.momentum:g}"),
        ("model", ", ".join(taken(f"{data.name}_{kind}.{suffix}") for suffix in ("toml", "safetensors"))),
        ("examples", ", ".join(map(taken, csv_names(f"{data.name}_{kind}", data)))),
    ]


def taken(name: str) -> str:
    """A file beside the page, to take along."""
    return f"[{name}]({name}){{ download={name} }}"


def metrics(model: Classifier, data: Data) -> list[tuple[str, ...]]:
    parts = {"training": (data.X, data.t), "validation": (data.X_validation, data.t_validation)}
    rows = [(part, f"{len(X):,}", f"{model.loss(X, t):.4f}", f"{model.score(X, t):.1%}") for part, (X, t) in parts.items()]
    return [*rows, ("validation, always the most common class", rows[1][1], "", f"{data.baseline:.1%}")]


def curves_figure(history: History, data: Data) -> Any:
    from ..plots import Figure
    from ..plots.learning import curves

    panels = curves(history, data.baseline)
    rows = tuple((f"{row[0]:.0f}", *(f"{v:.6g}" for v in row[1:])) for row in history.looks)
    about = (
        "The mean loss, and the share of the examples that are classified correctly; dotted, that of always naming the most common class."
    )
    return Figure("Training", about, history.columns, rows, panels)


def decisions(stem: str, model: Classifier, data: Data) -> str:
    """Where the model decides, if that can be drawn, and whom it mistakes for whom."""
    from ..plots import Figure
    from ..plots.decisions import boundary, confusion
    from ..plots.digit_pictures import mistaken_digits

    counts = model.confusion(data.X_validation, data.t_validation)
    rows = tuple((name, *map(str, row)) for name, row in zip(data.classes, counts, strict=True))
    head = ("validation examples", *(f"predicted {name}" for name in data.classes))
    mistaken = mistaken_digits(model, data) if data.name == "digits" else None
    panels = (*([boundary(model, data)] if data.is_plane else []), confusion(model, data), *([mistaken] if mistaken else []))
    return results_html(f"{stem}_decisions", Figure("Decisions", panels[0].words, head, rows, panels))


def usage(stem: str, model: Classifier, data: Data) -> str:
    """How to run the model, with what comes out."""
    k = unsure(model, data)
    x = [float(f"{v:.6g}") for v in data.X_validation[k]]
    p = model.predict_proba([x])[0, 1]
    shown, call = f"@{stem}_example.csv", "model.predict_proba(X)"
    imports, points = (
        "import a1viz\nimport numpy as np",
        f'X = np.loadtxt("{data.name}_points.csv", delimiter=",")    # (examples, features)\n',
    )
    if data.is_plane:
        shown, call = f"{x}".replace(" ", ""), f"model.predict_proba([{x}])    # {1 - p:.4f} and {p:.4f}"
        imports, points = "import a1viz", ""
    files = [taken(f"{stem}.toml"), taken(f"{stem}.safetensors"), *map(taken, csv_names(stem, data))]
    return (
        f"Put the files into one folder. {files[0]} takes its parameters from {files[1]}; nothing in either is code. {files[2]} is the"
        f" validation example that the model is least sure of; {files[3]} and {files[4]} are all validation examples.\n\n"
        f"```sh\na1viz run {stem}.toml --set x={shown} --trace\na1viz check {stem}.toml\n"
        f"a1viz norms {stem}.toml --set x=@{data.name}_points.csv --set t=@{data.name}_classes.csv\n```\n\n"
        f'```py\n{imports}\n\nmodel = a1viz.train.load_model("{stem}.toml")\n{points}'
        f'{call}\ngraph = a1viz.load("{stem}.toml")    # a graph like any other\n```\n\n'
        f"The class of the example that the model is least sure of is *{data.classes[data.t_validation[k]]}*;"
        f" the model gives *{data.classes[1]}* the probability {p:.4f}.\n"
    )


def multiplications(graph: Any) -> str:
    counted = cost(graph)
    total = counted.multiplications
    sizes = ", ".join(f"{name} = {size}" for name, size in counted.sizes.items())
    return f"{total.at(counted.sizes):,} multiplications and divisions forward: {total} for {sizes}"


def gradients(model: Classifier, data: Data) -> list[tuple[str, ...]]:
    rows = gradient_table(model, data.X, data.t).rows
    return [(r.name, f"`{r.key}`" if r.key else "", str(r.value.shape), f"{r.norm:.3g}", f"{r.error:.1e}", str(r.entries)) for r in rows]


def norms_figure(data: Data, norms: Any) -> Any:
    """The histogram of the norms, with the examples that have the largest where they can be drawn."""
    from ..plots import Figure
    from ..plots.digit_pictures import largest_digits
    from ..plots.training import histogram_of, largest_points, norm_histogram

    counts, edges = histogram_of(norms)
    rows = tuple((f"{10**low:.3g}", f"{10**high:.3g}", str(n)) for low, high, n in zip(edges[:-1], edges[1:], counts, strict=True))
    more = {"digits": largest_digits, "moons": largest_points, "circles": largest_points}.get(data.name)
    panels = (norm_histogram(norms), *([more(data, norms)] if more else []))
    return Figure("Gradient norms", panels[0].words, ("from", "to", "examples"), rows, panels)


def largest(model: Classifier, data: Data, norms: Any) -> list[tuple[str, ...]]:
    """The examples with the largest gradients."""
    import numpy as np

    p = model.predict_proba(data.X)[:, 1]
    first = np.argsort(-norms, kind="stable")[:LARGEST]
    return [(str(k), data.classes[data.t[k]], f"{p[k]:.4f}", f"{norms[k]:.4g}") for k in first]
