"""Imports go upward only, from room to room and inside a room; and `import a1viz` costs next to nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest
from conftest import ROOT, environment

PACKAGE = ROOT / "a1viz"

ROOMS = {  # a module imports only from rooms above its own and from files before it in its own room; `__init__` comes last in each
    "base": "errors lazy naming arrays columns limits tables array_formats text_tables markdown_tables latex_tables html_tables "
    "table_formats results estimates interrupts processes files reading cache store executors workers large tensors "
    "typst_compiler",
    "graph": "special_functions kernels labelled reductions matrices contractions windows convolutions pooling operators suggestions "
    "sizes printing shapes window_shapes formulas attributes numpy_words inference document node nodes fitting tokens "
    "mistakes expressions syntax trees blocks schema work leaves batches declarations literals applications entries names "
    "planter reader equations comparators catalog source_lines toml_text opening documents arguments spelling written",
    "calculus": "matching softplus conditions rows products identities rewriting losses index_rules branches autodiff letters maths "
    "symbols interpreter costs indexing index_templates copies notation terms transposes rebuilding arithmetic shared_parts "
    "collecting entry_terms entry_sums entry_rules entrywise line_breaks derivation explanation worked_steps step_by_step "
    "pairing changes comparison overview",
    "plan": "steps references sites calls sums products entries table simplify operations taken_apart axes labels lowering "
    "row_identities outer_sums rounding stacking schedule column_major python_numbers memory placement emission source "
    "floats executor workspaces program assembly selection bound compiled",
    "sorting": "sort2 counting_networks networks best_known families calls evaluation storage patterns exhaustive proof perceptrons "
    "derivative",
    "gradients": "norm_graphs norms jacobians gram_sums contraction kernel_plans kernel cost_table cost_hints differences checks",
    "regression": "given_numbers tall closed_form exact_arithmetic problems label_noise interpolation_peak polynomials descent_path",
    "nn": "loss layers descent history classifiers data own_data fitting gradient_report saved_models",
    "exchange": "estimators gradients_too libraries differentiated programs onnx_package onnx_words onnx_nodes onnx_rules onnx_windows "
    "onnx_writer onnx_file onnx_folding onnx_names onnx_batch onnx_reading onnx_formulas onnx_shapes onnx_entries "
    "onnx_scatter onnx_layers onnx_convolutions onnx_attention onnx_operators onnx_leaves onnx_reader torch_package "
    "torch_source torch_names torch_values torch_formulas torch_shapes torch_parts torch_entries torch_layers torch_program "
    "torch_examples torch_reader",
    "live": "table graph_data figure_data networks plot_data scripts",
    "pictures": "escaping themes looks spacing quick_rows typesetting formula_words wording diagrams slots sizes text_output dot_output "
    "engine curves label_places page_glyphs arranging column_layout strokes line_breaks tracks wrapping page_widths "
    "slot_output svg_output svg_facts png_output tex_formulas tikz_words tikz_output pdf_output block_diagrams "
    "graph_diagrams neuron_units neuron_layers neuron_diagrams plan_diagrams wire_diagrams comparison_diagrams "
    "mermaid_output wire_layout wire_outline wire_svg wire_tikz view_options playground_data html_output notebook_output "
    "picture drawing",
    "plots": "panel_sizes ticks page_text figure series formulas kernels norms performance regression row_space polynomials sorting "
    "learning decisions training hidden_units matrices digit_pictures gradients results",
    "site": "state assets shared_outlines chapter_pictures warm_commands page_code live_plots figures options picture_frames "
    "step_lists tables live_figures live_wires equation_views worked_values views exercise_answers hidden_parts exercises "
    "fence gallery model_cards chapters conversion page_trees paper_pictures paper_fences typst_text typst_lines "
    "typst_tables typst_blocks paper_chapters writeup notebook_text fence_code notebook_cells kernel notebook hand_in "
    "prepared formulas search_words accessible operator_page kept_pages ahead pages",
    "cli": "kept_pictures settings number_lists completion shells console written_pictures printed chunk_options doctor "
    "graph_commands gradient_commands sorting_commands regression_commands training_commands exchange_commands "
    "site_commands verdict_commands commands",
}
DOORS = ("counting", "fence", "sort2", "train", "workers")  # modules of one line, under the address that people outside use
ORDER = [f"{room}.{name}" for room, names in ROOMS.items() for name in (*names.split(), "__init__")] + [*DOORS, "__main__", "__init__"]
HEAVY = tuple("numpy matplotlib mkdocs click rich ziamath graphviz resvg_py yaml tomllib dask onnx sklearn safetensors torch typst".split())


def module_name(path: Path, package: Path) -> str:
    return ".".join(path.relative_to(package).with_suffix("").parts)


def imported(path: Path, package: Path) -> set[str]:
    """The modules of a1viz that a file imports, by the names of ORDER; what only a type checker sees counts too."""
    modules = {module_name(p, package) for p in package.rglob("*.py")}
    here = ["a1viz", *path.relative_to(package).parts[:-1]]
    targets: list[list[str]] = []  # a1viz, room, module, name
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            targets += [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = here[: len(here) - node.level + 1] if node.level else []
            start += node.module.split(".") if node.module else []
            targets += [[*start, alias.name] for alias in node.names]
    found = set()
    for target in (".".join(parts[1:]).split(".") for parts in targets if parts[0] == "a1viz"):
        tries = [".".join(target[:k]) + end for k in range(len(target), -1, -1) for end in ("", ".__init__")]
        found.add(next(name for name in (t.lstrip(".") for t in tries) if name in modules))
    return found - {module_name(path, package)}


@lru_cache(maxsize=8)
def edges(package: Path = PACKAGE) -> tuple[tuple[str, str], ...]:
    """Each import, as the names of both modules."""
    files = sorted(package.rglob("*.py"))
    return tuple((module_name(path, package), name) for path in files for name in sorted(imported(path, package)))


def upward(package: Path = PACKAGE) -> list[tuple[str, str]]:
    """Imports from what comes later; the version, which stands in the package's own `__init__`, may be read by all but `base`."""
    height = {name: k for k, name in enumerate(ORDER)}
    return [(tail, head) for tail, head in edges(package) if height[head] > height[tail] and head != "__init__"]


def test_every_module_has_its_place_and_only_one():
    assert len(ORDER) == len(set(ORDER))
    assert sorted(ORDER) == sorted(module_name(path, PACKAGE) for path in PACKAGE.rglob("*.py"))


def test_nothing_else_stands_at_the_top():
    found = {path.name for path in PACKAGE.iterdir() if path.is_file() or any(path.rglob("*.py"))}  # what moved may have left a cache
    assert found - {"graphs"} == {*ROOMS, *(f"{door}.py" for door in DOORS), "__init__.py", "__main__.py", "py.typed"}


def test_a_module_imports_only_from_above():
    assert upward() == []


def test_only_the_command_line_reads_the_version_from_the_top():
    assert [tail for tail, head in edges() if head == "__init__"] == ["cli.commands"]


def test_other_rooms_import_the_compiler_by_its_public_face_alone():
    found = [(tail, head) for tail, head in edges() if head.startswith("plan.") and not tail.startswith("plan.")]
    assert [(tail, head) for tail, head in found if head != "plan.__init__"] == []


def test_no_private_name_is_imported_by_another_module():
    found = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module != "__future__":
                found += [f"{path}: {alias.name}" for alias in node.names if alias.name.startswith("_") and alias.name != "__version__"]
    assert not found


LATER = {
    ("base.html_tables", "pictures.typesetting"),
    ("base.results", "plots"),
    ("base.table_formats", "pictures.sizes"),
    ("base.tables", "base.text_tables"),
    ("base.tables", "base.html_tables"),
    ("graph.nodes", "calculus.line_breaks"),
    ("graph.nodes", "calculus.notation"),
    ("graph.nodes", "pictures.drawing"),
}  # what results that show themselves take from later rooms, by `base.lazy.later`


def test_results_take_little_from_later_rooms():
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "later":
                found.add((module_name(path, PACKAGE), ast.literal_eval(node.args[0])))
    assert found == LATER


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("base/errors.py", "from ..cli.commands import cli"),
        ("base/errors.py", "def f():\n    from ..cli import commands"),
        ("base/errors.py", "import a1viz.cli.commands"),
        ("base/errors.py", "from a1viz.cli.commands import cli"),
        ("base/errors.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..cli import commands"),
        ("graph/nodes.py", "from .documents import load"),  # inside a room
        ("graph/nodes.py", "from . import load"),  # from the room itself
    ],
)
def test_the_test_sees_an_upward_import(file, text, tmp_path):
    for name in ("base/errors.py", "graph/nodes.py", "graph/documents.py", "graph/__init__.py", "cli/commands.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / file).write_text(text)
    assert [tail for tail, _ in upward(tmp_path)] == [file.removesuffix(".py").replace("/", ".")]


def loaded_by(statement: str) -> set[str]:
    program = (
        f"import sys; before = set(sys.modules); {statement}; print(*sorted({{m.partition('.')[0] for m in sys.modules.keys() - before}}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment())
    return set(done.stdout.split())


@pytest.mark.process
def test_importing_a1viz_loads_nothing_heavy():
    assert loaded_by("import a1viz") & set(HEAVY) == set()


@pytest.mark.process
def test_reading_and_running_a_graph_loads_numpy_and_no_pictures():
    assert loaded_by("import a1viz; a1viz.grad(a1viz.load('two_layer')); a1viz.derive(a1viz.load('two_layer'))") & set(HEAVY) <= {
        "numpy",
        "tomllib",
    }
