"""The engine and the page's behaviour as classic scripts: modules joined in their order, for modules do not load from `file://`.

Each module has one idea and imports only from those before it, as in Python; joining takes away comments, indentation, `import` and
`export`, and puts the rest into one function. Three rules make that enough, and a test holds them: a comment has lines of its own, no
text goes over several lines, and no two modules declare the same name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
# the folder of each part, then its modules in the order in which they build on one another
VALUES = (  # what a fixed figure needs
    "engine",
    "base operators nodes graph_data tensors elementwise_kernels reduction_kernels product_kernels window_kernels "
    "matrix_kernels entry_kernels execution",
)
CALCULUS = (  # what equations that are typed need besides
    "engine",
    "sizes attribute_sizes printing shapes window_shapes formulas attributes inference building expression_text work "
    "random_numbers leaves fitting letters maths symbols indexing index_templates copies notation line_breaks suggestions "
    "tokens mistakes expressions trees syntax literals applications blocks entries names planter schema declarations reader "
    "equations completion unknown_sizes unknown_shapes guessing matching conditions identities softplus rewriting losses "
    "index_rules branches autodiff gradient_graphs interpreter rationals terms transposes rebuilding arithmetic shared_parts "
    "collecting derivation questions faults marking bit_lists answer_texts answers",
)
PLAYER = (  # what makes a picture live
    "page",
    "numbers elements stored_data heat_maps figure editing stepping tracing stops viewing learning sharing player",
)
PLAYGROUND = (  # the playground and the exercises
    "page",
    "typesetter layout more typed_state typed_graph typed_figure graph_picture numpy_words takeaway history editor leaf_table "
    "live_graph playground console exercise",
)
RANDOM = ("engine", "random_numbers")  # seeded
WIRES = (  # sorting networks to play with
    "page",
    "comparator_networks zero_one wire_values wire_state wire_model wire_picture counting wires",
)
BITS = ("engine", "bit_lists")
SMALL = ("page", "numbers elements stored_data")  # what those need of the player's
PLOTS = (  # plots to play with
    "page",
    "plot sliders plot_parts polynomial_fit descent nested_fits double_descent cost_sliders level_lines trainer decision_map "
    "training model_comparison plots",
)
LOADER = ("page", "reading loader")  # what every page loads
FILTER = ("page", "elements filter")  # the gallery's
SCRIPTS = {
    "a1viz": (LOADER,),
    "a1viz-filter": (FILTER,),
    "a1viz-player": (VALUES, PLAYER),
    "a1viz-live": (VALUES, CALCULUS, PLAYER, PLAYGROUND),
    "a1viz-wires": (BITS, SMALL, WIRES),
    "a1viz-plots": (VALUES, RANDOM, SMALL, PLOTS),
}
SHEETS = "a1viz exercises playground wires plots gallery".split()  # the style of each part
COMMENT = re.compile(r"/\*\*.*?\*/ ?", re.S)  # with types, which are for people and tools
IMPORT = re.compile(r'^import (?:\{[^}]*\} from )?"[^"]*";\n', re.M)
EXPORT = re.compile(r"^export (?=(?:async function|class|const|function|let)\b)", re.M)
EXPORTED = re.compile(r"^export (?:async )?(?:class|const|function\*?|let) (\w+)", re.M)


def modules(parts: Sequence[tuple[str, str]]) -> list[Path]:
    """The files of some parts, in order."""
    return [FOLDER / folder / f"{name}.js" for folder, names in parts for name in names.split()]


@cache
def script(name: str, *, shows: bool = False) -> str:
    """One script of SCRIPTS; with `shows` every exported name is an entry of `a1vizModules`, for tests."""
    texts = [path.read_text(encoding="utf-8") for path in modules(SCRIPTS[name])]
    names = [found for text in texts for found in EXPORTED.findall(text)]
    shown = f"self.a1vizModules={{{','.join(names)}}};\n" if shows else ""
    return f'(()=>{{"use strict";\n{"".join(map(bare, texts))}{shown}}})();\n'


def bare(text: str) -> str:
    """A module's text without comments, indentation, imports and exports.

    >>> bare('import { a } from "./b.js";\\n// why\\n/** @returns {any} */\\nexport function f() {\\n  return a;\\n}\\n')
    'function f() {\\nreturn a;\\n}\\n'
    """
    lines = (line.strip() for line in EXPORT.sub("", IMPORT.sub("", COMMENT.sub("", text))).splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))


@cache
def style_sheet() -> str:
    """The style of all parts, one after the other."""
    return "".join((FOLDER / "page" / f"{name}.css").read_text(encoding="utf-8") for name in SHEETS)
