"""The graphs that ship with a1viz, as files; quick to import, for completion and for kept pictures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ..base.columns import counted
from ..base.errors import DocumentError, did_you_mean, shown
from ..base.reading import STANDARD_INPUT
from ..base.results import Part, Result, Table

PACKAGE = Path(__file__).parent.parent
TOPICS = (  # of the catalogue, in the order of a course: the assignment's questions, then what is taught besides
    "question 1", "question 2", "question 3", "question 4", "regression", "classification", "normalisation", "recurrent", "attention",
    "convolution", "embeddings", "generative", "probabilistic", "graphs", "energy",
)  # fmt: skip


def catalogue_folder() -> Path:
    """Where the graphs that ship with a1viz are: in the package, else beside it."""
    inside = PACKAGE / "graphs"
    return inside if inside.is_dir() else PACKAGE.parent / "graphs"


class Catalogue(Result, list[str]):
    """Names of graphs; shows itself as a table with their titles."""

    def parts(self) -> list[Part]:
        import tomllib

        said = {name: tomllib.loads((catalogue_folder() / f"{name}.toml").read_text(encoding="utf-8")) for name in self}
        topics = by_topic({name: document.get("topic", "") for name, document in said.items()})
        rows = [(topic if name == names[0] else "", name, said[name]["title"]) for topic, names in topics.items() for name in names]
        return [Table(("topic", "graph", "title"), rows)]


def catalogue() -> Catalogue:
    """The names of the graphs that ship with a1viz. Source: design, section 4.

    >>> "gated_network" in catalogue()
    True
    """
    return Catalogue(sorted(path.stem for path in catalogue_folder().glob("*.toml")))


def by_topic(topics: Mapping[str, str]) -> dict[str, list[str]]:
    """Names grouped by their topics, in the order of a course; topics of others after those, by the alphabet.

    >>> by_topic({"a": "recurrent", "b": "question 2", "c": "my own", "d": "recurrent"})
    {'question 2': ['b'], 'recurrent': ['a', 'd'], 'my own': ['c']}
    """
    order = sorted(set(topics.values()), key=lambda topic: (TOPICS.index(topic) if topic in TOPICS else len(TOPICS), topic))
    return {topic: [name for name in topics if topics[name] == topic] for topic in order}


def find(name: str, folder: Path | None = None) -> Path:
    """The file a name means: a path if it looks like one, else the catalogue's (or that of `folder`, beside a document).

    Outside a document `-` is standard input. Raises DocumentError for a name that is none of these.
    """
    if name == STANDARD_INPUT and folder is None:
        return Path(name)
    if name.endswith((".toml", ".onnx")) or "/" in name or "\\" in name:
        return Path(name) if folder is None else folder / name
    if re.fullmatch(r"[\w.-]{1,100}", name):
        for beside in filter(None, (folder, catalogue_folder())):
            if (beside / f"{name}.toml").is_file():
                return beside / f"{name}.toml"
    known = catalogue()
    listed = f"the catalogue has {counted(len(known), 'graphs')}, which a1viz list shows"
    raise DocumentError([f"no graph is called {shown(name)}{did_you_mean(name, known)}; {listed}; a path ends in .toml or .onnx"])
