"""The notebook of a hand-in: the marked parts of chapters as cells, run from top to bottom; or, blank, its tasks with room for answers.

The same chapters give the same bytes on one machine: nothing says when, where or by which Python it was run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..base.cache import digest
from ..base.errors import OutputError
from ..base.limits import NOTEBOOK_BYTES
from .chapters import Question
from .kernel import FORMAT, Output, executed
from .notebook_cells import TO_DO, Cell, heading, importing, notebook_sections, section_cells
from .state import remembered
from .writeup import TITLE

NEEDS = 'pip install "a1viz[data,plots]"'
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}


def notebook_bytes(
    chapters: Mapping[str, str],
    blank: bool = False,
    author: str = "",
    title: str = "",
    addresses: Mapping[str, str] | None = None,
) -> bytes:
    """The notebook of these chapters, texts by their names, run; blank, its tasks and their checks, with empty cells for the answers.

    `addresses` says where pages are published, by the names of their files, for the links to them. Runs the code of the chapters; cells
    that were run before are not run again.

    Raises InputError with chapter and line for marks, fences and code that fail; OutputError for a notebook that is too large, and without
    nbclient and ipykernel unless it is blank.

    >>> made = json.loads(notebook_bytes({"a.md": "<!-- task: 1 Twice -->\\nDouble x.\\n<!-- /task -->"}, blank=True))
    >>> [cell["cell_type"] for cell in made["cells"]]
    ['markdown', 'markdown', 'code']
    """
    found = notebook_sections(chapters)
    cells = [Cell("markdown", _first(found, author, title or TITLE))]
    for section in found:
        below = section_cells(section, chapters, addresses or {}, blank)
        is_last = not any(other.number.startswith(f"{section.number}.") for other in found)
        if blank and is_last and not section.answer:
            below.append(Cell("code", TO_DO))
        cells += _under(heading(section), below)
    cells = importing(cells)
    about = {"title": title or TITLE, **({"authors": [{"name": author}]} if author else {})}
    code = [cell for cell in cells if cell.kind == "code"]
    sources = json.dumps([cell.source for cell in code])
    outputs = remembered("notebooks", sources, lambda: executed(code)) if code and not blank else None
    text = _json(cells, outputs, about)
    if len(text.encode()) > NOTEBOOK_BYTES:
        raise OutputError(f"the notebook is larger than {NOTEBOOK_BYTES:,} bytes; let its cells print less, or draw smaller pictures")
    return text.encode()


def _first(found: Sequence[Question], author: str, title: str) -> str:
    """The first cell: title, author, what is needed, contents."""
    contents = "\n".join(f"{'    ' * section.number.count('.')}- {section.number} {section.title}".rstrip() for section in found)
    by = f"{author}\n\n" if author else ""
    return f"# {title}\n\n{by}Needs Python 3.11 or newer and\n\n```shell\n{NEEDS}\n```\n\n{contents}"


def _under(title: str, cells: Sequence[Cell]) -> list[Cell]:
    """The cells of a section; its heading stands in its first text."""
    if cells and cells[0].kind == "markdown":
        first = cells[0]
        return [Cell("markdown", f"{title}\n\n{first.source}", first.chapter, first.line), *cells[1:]]
    return [Cell("markdown", title), *cells]


def _json(cells: Sequence[Cell], outputs: Sequence[Sequence[Output]] | None, about: Mapping[str, Any]) -> str:
    """The file, run if there are outputs: sorted keys, a line of text a line."""
    made, count = [], 0
    for cell, name in zip(cells, _ids(cells), strict=True):
        one: dict[str, Any] = {"cell_type": cell.kind, "id": name, "metadata": {}, "source": _lines(cell.source)}
        if cell.kind == "code":
            count += 1
            shown = [_stored(output) for output in outputs[count - 1]] if outputs else []
            one |= {"execution_count": count if outputs else None, "outputs": shown}
        made.append(one)
    return json.dumps({"cells": made, "metadata": {**METADATA, **about}, **FORMAT}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _ids(cells: Sequence[Cell]) -> list[str]:
    """A name for each cell from what is in it; a number tells two alike apart."""
    found: dict[str, int] = {}
    names = []
    for cell in cells:
        name = digest(f"{cell.kind}\0{cell.source}", 6)
        found[name] = found.get(name, 0) + 1
        names.append(name if found[name] == 1 else f"{name}-{found[name]}")
    return names


def _stored(output: Output) -> Output:
    if output["output_type"] == "stream":
        return {**output, "text": _lines(output["text"])}
    return {**output, "data": {form: _lines(value) if form != "image/png" else value for form, value in output["data"].items()}}


def _lines(text: Any) -> Any:
    return text.splitlines(keepends=True) if isinstance(text, str) else text
