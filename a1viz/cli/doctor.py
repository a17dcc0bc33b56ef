"""What `a1viz doctor` says: which parts are there, which are missing, and how to get them."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
from dataclasses import dataclass

from ..base.errors import EngineError

PARTS = (  # package, what it is for, the extra it comes with; without one a1viz needs it. A test compares with pyproject.toml
    ("numpy", "values", ""),
    ("graphviz", "writing DOT", ""),
    ("graphviz-pure", "laying pictures out", ""),
    ("ziamath", "typesetting formulas", ""),
    ("resvg-py", "PNG", ""),
    ("click", "this command line", ""),
    ("rich", "tables", ""),
    ("safetensors", "parameters in files", ""),
    ("threadpoolctl", "sweeps that give the same digits everywhere", ""),
    ("matplotlib", "plots", "plots"),
    ("scikit-learn", "data sets", "data"),
    ("distributed", "sweeps on a Dask cluster", "dask"),
    ("onnx", "ONNX models", "onnx"),
    ("torch", "PyTorch's modules", "torch"),
    ("typst", "PDF: pictures, plots and the write-up", "pdf"),
    ("nbclient", "running notebooks", "notebook"),
    ("ipykernel", "running notebooks", "notebook"),
    ("mkdocs", "the site", "site"),
    ("mkdocs-material", "the site", "site"),
    ("pymdown-extensions", "graphs in Markdown", "site"),
    ("pyyaml", "graphs in Markdown", "site"),
)
BROWSERS = {  # what the tests open pages in, and the programs it may be
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "firefox-esr": ("firefox-esr", "firefox"),
}


@dataclass(frozen=True)
class Part:
    """One part: what was found, and what to do about it."""

    part: str
    found: str
    advice: str
    ok: bool
    is_needed: bool


def found_extras() -> list[str]:
    """The extras of which every package of their own is installed."""
    missing = {extra for package, _, extra in PARTS if extra and not _version(package)}
    return [extra for extra in dict.fromkeys(extra for *_, extra in PARTS if extra) if extra not in missing]


def _version(package: str) -> str:
    """Which version is installed; nothing, if none is."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def examine() -> list[Part]:
    """Everything a1viz can use on this machine."""
    found = [Part("python", platform.python_version(), "", True, True), _engine()]
    for package, purpose, extra in PARTS:
        is_needed = not extra and package != "graphviz-pure"  # another engine serves too
        if version := _version(package):
            found.append(Part(package, version, "", True, is_needed))
        else:
            advice = f'only for {purpose}: pip install "a1viz[{extra}]"' if extra else f"needed for {purpose}: pip install {package}"
            found.append(Part(package, "missing", advice, False, is_needed))
    found.append(_live_pages())
    for browser, programs in BROWSERS.items():
        path = next(filter(None, map(shutil.which, programs)), None)
        found.append(
            Part(browser, path or "missing", "" if path else f"only for browser tests: apt-get install {browser}", bool(path), False)
        )
    return found


def _live_pages() -> Part:
    """The files that pages with live pictures load: whether they can be made."""
    from ..site.assets import assets

    try:
        sizes = [len(text.encode()) for text in assets().values()]
    except (OSError, ImportError) as error:
        return Part("live pictures", "missing", f"install a1viz again: {error}", False, False)
    return Part("live pictures", f"{len(sizes)} files, {sum(sizes) / 1e3:,.0f} KB", "", True, False)


def _engine() -> Part:
    """The engine, tried on a picture."""
    from ..graph.documents import load
    from ..pictures.drawing import draw
    from ..pictures.engine import engine_version, find_engine

    found = "missing"
    try:
        found = find_engine().path
        found = f"{found} ({engine_version()})"
        draw(load("two_layer")).to("svg")
    except EngineError as error:
        return Part("layout engine", found, str(error), False, True)
    return Part("layout engine", found, "", True, True)
