"""What the values of an ONNX model are called in a graph: as in the file where the language can spell it, or in the source they come from.

PyTorch's exporters keep with each node the line of the program that made it: what a line assigns is the name of what its last node
computes. They keep the modules around it too: what a line returns or hands on is called as its module, `fc1`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import count, groupby
from typing import TYPE_CHECKING, NamedTuple

from ..base.limits import NAME_CHARACTERS
from ..graph.declarations import KEYWORDS
from ..graph.nodes import INNER
from ..graph.tokens import RESERVED

if TYPE_CHECKING:
    import onnx

SOURCE = "pkg.torch.onnx.stack_trace"
FRAME = re.compile(r'File "([^"\n]{1,500})", line (\d{1,9}), in [^\n]{1,200}\n([^\n]{0,500})')
SCOPES = "pkg.torch.onnx.name_scopes"  # the modules around a node, the outermost first, and the operation
SCOPE = re.compile(r"'([^'\n]{0,200})'")
CONSTANT = re.compile(r"val_\d{1,9}")  # how PyTorch's exporter calls a constant of its own
ASSIGNED = re.compile(r"\s*([A-Za-z_]\w{0,80})\s*=(?!=)")
SPELLED = re.compile(r"[A-Za-z_]\w*", re.ASCII)
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)


class ValueNames:
    """The names that are given so far, by those of the file."""

    def __init__(self, is_own: bool) -> None:
        self.is_own = is_own  # written by a1viz, whose blocks have names with dots
        self.found: dict[str, str] = {}
        self.taken: set[str] = set()
        self.numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(2))

    def add(self, name: str, wanted: str = "", is_leaf: bool = False) -> str:
        """What a value of the file is called, or what is `wanted` for it."""
        if name not in self.found:
            text = wanted or spelled(name, self.is_own)
            text = f"{text}_" if is_leaf and text in KEYWORDS else text
            self.found[name] = self.numbered(text[: NAME_CHARACTERS - 6]) if text in self.taken else text  # room for a number
            self.taken.add(self.found[name])
        return self.found[name]

    def numbered(self, text: str) -> str:
        """The next of `text2`, `text3`, ... that is not taken: counted on, for many values may share a name."""
        return next(name for k in self.numbers[text] if (name := f"{text}{k}") not in self.taken)

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


class Computed(NamedTuple):
    """What an output of a node is, or is a part of."""

    name: str
    is_whole: bool
    is_assigned: bool  # by a line of the program: a variable that somebody has named


def computed(nodes: Sequence[onnx.NodeProto]) -> dict[str, Computed]:
    """Outputs of nodes whose place in a program is known: the variable that its line assigns, else the module, if it has no other
    operation, or the operation."""
    origins = [_origin(node) for node in nodes]
    operations: dict[str, set[str]] = {}
    for origin in origins:
        operations.setdefault(origin.module, set()).add(origin.operation)
    found: dict[str, Computed] = {}
    for origin, group in groupby(zip(origins, nodes, strict=True), lambda pair: pair[0]):
        outputs = [node.output[0] for _, node in group if node.output]
        is_layer = bool(origin.module) and len(operations[origin.module]) == 1
        variable = origin.variable or spelled(origin.module if is_layer else origin.operation)
        if origin.variable or origin.operation:
            found.update({output: Computed(variable, k == len(outputs), bool(origin.variable)) for k, output in enumerate(outputs, 1)})
    return found


def turned_weights(nodes: Sequence[onnx.NodeProto], starts: Collection[str]) -> dict[str, str]:
    """The matrices of weights that PyTorch's exporter has transposed and called `val_2`, and what the module calls them: as its bias."""
    reads = {name: node for node in nodes for name in node.input}
    found: dict[str, str] = {}
    for node in nodes:
        if node.op_type == "MatMul" and len(node.input) == 2 and CONSTANT.fullmatch(node.input[1]):
            then = reads.get(node.output[0])
            bias = next((name for name in (then.input if then else ()) if name in starts and name.endswith("bias")), "")
            scopes = _scopes(node)
            name = f"{bias[:-4]}weight" if bias else f"{scopes[-2]}.weight" if len(scopes) > 1 and scopes[-2] else ""
            if name and name not in starts and name not in found.values():
                found[node.input[1]] = name
    return found


def _scopes(node: onnx.NodeProto) -> list[str]:
    text = next((prop.value for prop in node.metadata_props if prop.key == SCOPES), "")
    return SCOPE.findall(text[:20_000])


class SourcePlace(NamedTuple):
    """Where a node comes from: a line that assigns a variable, or a module and one operation of it."""

    file: str = ""
    line: str = ""
    variable: str = ""
    module: str = ""
    operation: str = ""


def _origin(node: onnx.NodeProto) -> SourcePlace:
    """The last frame that is not the library's own."""
    text = next((prop.value for prop in node.metadata_props if prop.key == SOURCE), "")
    frames = [frame for frame in FRAME.findall(text[-20_000:]) if "-packages/torch/" not in frame[0].replace("\\", "/")]
    file, line, source = frames[-1] if frames else ("", "", "")
    match = ASSIGNED.match(source)
    if match:
        return SourcePlace(file, line, match[1])
    scopes = _scopes(node)
    return SourcePlace("", "", "", *scopes[-2:]) if len(scopes) > 1 else SourcePlace()
