"""What the values of an ONNX model are called in a graph: as in the file where the language can spell it, or in the source they come from.

PyTorch's exporters keep with each node the line of the program that made it: what a line assigns is the name of what its last node
computes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING

from ..base.limits import NAME_CHARACTERS
from ..base.naming import free_name
from ..graph.declarations import KEYWORDS
from ..graph.nodes import INNER
from ..graph.tokens import RESERVED

if TYPE_CHECKING:
    import onnx

SOURCE = "pkg.torch.onnx.stack_trace"
FRAME = re.compile(r'File "([^"\n]{1,500})", line (\d{1,9}), in [^\n]{1,200}\n([^\n]{0,500})')
ASSIGNED = re.compile(r"\s*([A-Za-z_]\w{0,80})\s*=(?!=)")
SPELLED = re.compile(r"[A-Za-z_]\w*", re.ASCII)
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)


class ValueNames:
    """The names that are given so far, by those of the file."""

    def __init__(self, is_own: bool) -> None:
        self.is_own = is_own  # written by a1viz, whose blocks have names with dots
        self.found: dict[str, str] = {}
        self.taken: set[str] = set()

    def add(self, name: str, wanted: str = "", is_leaf: bool = False) -> str:
        """What a value of the file is called, or what is `wanted` for it."""
        if name not in self.found:
            text = wanted or spelled(name, self.is_own)
            text = f"{text}_" if is_leaf and text in KEYWORDS else text
            self.found[name] = free_name(text, self.taken)
            self.taken.add(self.found[name])
        return self.found[name]

    def different(self) -> dict[str, str]:
        return {old: new for old, new in self.found.items() if old != new}


def spelled(name: str, is_own: bool = False) -> str:
    """A name as the language spells it.

    >>> spelled("/fc1/Gemm_output_0"), spelled("fc1.weight"), spelled("h")
    ('fc1_Gemm', 'fc1_weight', 'h')
    """
    if (SPELLED.fullmatch(name) and name not in RESERVED) or (is_own and DOTTED.fullmatch(name)):
        return name[:NAME_CHARACTERS]
    text = re.sub(r"[^A-Za-z0-9_]+", "_", name.removesuffix("_output_0")).strip("_")[:NAME_CHARACTERS]
    return text if SPELLED.fullmatch(text) and text not in RESERVED else f"v_{text}"[:NAME_CHARACTERS]


def is_automatic(name: str) -> bool:
    """Whether a1viz gave it, to a part of an equation."""
    return INNER in name


def assigned(nodes: Iterable[onnx.NodeProto]) -> dict[str, tuple[str, bool]]:
    """For outputs of nodes whose line of source is known: the variable that it assigns, and whether the value is that variable."""
    found: dict[str, tuple[str, bool]] = {}
    for (_, _, variable), group in groupby(nodes, _line):
        outputs = [node.output[0] for node in group if node.output]
        if variable:
            found.update({output: (variable, k == len(outputs)) for k, output in enumerate(outputs, 1)})
    return found


def _line(node: onnx.NodeProto) -> tuple[str, str, str]:
    """The file, the line and the variable of the last frame that is not the library's own."""
    text = next((prop.value for prop in node.metadata_props if prop.key == SOURCE), "")
    frames = [frame for frame in FRAME.findall(text[-20_000:]) if "-packages/torch/" not in frame[0].replace("\\", "/")]
    if not frames:
        return "", "", ""
    file, line, source = frames[-1]
    match = ASSIGNED.match(source)
    return file, line, match[1] if match else ""
