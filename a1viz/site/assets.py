"""The files that a page with live pictures loads: style, scripts, tables. The build writes them once for all pages of a site."""

from __future__ import annotations

from pathlib import Path

from ..base.files import made_folder, write_whole
from ..live.networks import networks_script
from ..live.scripts import SCRIPTS, script
from ..live.table import tables_script
from ..pictures.html_output import page_style
from ..pictures.page_glyphs import glyphs_script
from ..pictures.playground_data import playground_script


def assets() -> dict[str, str]:
    """Each file's name and text; a page names `a1viz.css` and `a1viz.js`, and the script fetches the others where they are needed."""
    return {
        "a1viz.css": page_style(),
        "a1viz-networks.js": networks_script(),
        "a1viz-tables.js": tables_script(),
        "a1viz-glyphs.js": glyphs_script(),
        "a1viz-more.js": playground_script(),
        **{f"{name}.js": script(name) for name in SCRIPTS},
    }


def write_assets(folder: Path) -> list[Path]:
    """Write the files into a folder; one that would not change is left alone. Raises OutputError for what cannot be written."""
    made_folder(folder)
    for name, text in assets().items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != text.encode():
            write_whole(path, text.encode())
    return [folder / name for name in assets()]
