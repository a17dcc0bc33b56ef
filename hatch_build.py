"""The README as a page of a package index shows it: such a page has no files beside it, and takes no picture from inside the text.

`address` in `[tool.hatch.metadata.hooks.custom]` of pyproject.toml says where the files of a version can be fetched (`{version}` in it
is that version): then pictures and links lead there. Without one a picture is the text in the file beside it, and a link is its words.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

PICTURE = re.compile(r"^!\[(?P<said>[^\]]*)\]\((?P<path>[^):]+)\)$", re.M)
LINK = re.compile(r"(?<!!)\[(?P<said>[^\]]*)\]\((?P<path>[^):#][^):]*)\)")  # without a scheme: to a file


def described(text: str, folder: Path, address: str = "") -> str:
    """The README of `folder` for a page without files; `address` ends with a slash."""
    if address:
        return re.sub(r"\]\((?=[^):#][^):]*\))", f"]({address}", text)
    text = PICTURE.sub(lambda found: _as_text((folder / found["path"]).with_suffix(".txt")), text)
    return LINK.sub(lambda found: found["said"], text)


def _as_text(path: Path) -> str:
    return f"```text\n{path.read_text(encoding='utf-8').rstrip()}\n```"


class Readme(MetadataHookInterface):
    """Hands hatchling the text."""

    def update(self, metadata: dict[str, Any]) -> None:
        folder = Path(self.root)
        text = (folder / "README.md").read_text(encoding="utf-8")
        address = self.config.get("address", "").format(version=metadata["version"])
        metadata["readme"] = {"content-type": "text/markdown", "text": described(text, folder, address)}
