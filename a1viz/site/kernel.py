"""Cells run from top to bottom in a Python of their own, and what they show: without the time, the place and the machine.

Only for chapters you trust, for it runs their code.
"""

from __future__ import annotations

import os
import re
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from ..base.errors import InputError, OutputError, place
from .notebook_cells import Cell
from .page_code import QUIET, SECONDS, STRICT
from .state import PACKAGE

Output = dict[str, Any]  # as nbformat has it
FORMAT = {"nbformat": 4, "nbformat_minor": 5}  # with ids of cells

FORMS = ("text/html", "image/png", "text/markdown", "text/latex", "text/plain")  # of a result; SVG where it has neither of the first two
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")  # of an object, another one in every run
FAILED_LINE = re.compile(r"Cell In\[\d+\], line (\d+)")
NOISE = re.compile(r"\x1b\[[0-9;]*m| \(\d+\.py, line \d+\)")  # colours, and the name that IPython gives to a cell
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")  # sums in one order: the same digits


def executed(cells: Sequence[Cell]) -> list[list[Output]]:
    """What each of these cells of code shows; all are run in one kernel, in an empty folder.

    Raises InputError with chapter and line for a cell that fails, warns or takes too long; OutputError without nbclient or ipykernel.
    """
    missing = [name for name in ("nbclient", "ipykernel") if not find_spec(name)]
    if missing:
        raise OutputError(f'a notebook is run by {missing[0]}, which is not installed: pip install "a1viz[notebook]"')
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")  # what Jupyter's packages say of themselves
        return _executed(cells, folder)


def _executed(cells: Sequence[Cell], folder: str) -> list[list[Output]]:
    import nbformat
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellControlSignal, DeadKernelError

    notebook = nbformat.from_dict(dict(**FORMAT, metadata={}, cells=[_not_run(cell.source) for cell in cells]))
    begun: list[int] = [0]
    client = NotebookClient(
        notebook,
        km=AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),  # this Python, no other
            connection_file=os.path.join(folder, "kernel.json"),
        ),
        timeout=SECONDS,
        shutdown_kernel="immediate",
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=[f"--IPKernelApp.exec_lines={STRICT.strip()}", "--IPKernelApp.log_level=ERROR"],
        on_cell_execute=lambda cell, cell_index: begun.append(cell_index),
    )
    empty = os.path.join(folder, "notebook")
    os.mkdir(empty)
    try:
        client.execute(cwd=empty, env=_environment(folder), cleanup_kc=True)
    except (CellControlSignal, DeadKernelError, RuntimeError) as error:
        if getattr(client, "_async_cleanup_kernel_future", None):  # begun by Ctrl-C
            raise KeyboardInterrupt from None
        raise _failure(cells[begun[-1]], notebook.cells[begun[-1]], error) from None
    return [_cleaned(cell["outputs"]) for cell in notebook.cells]


def _not_run(source: str) -> dict[str, Any]:
    """A cell of code as nbformat has it."""
    return {"cell_type": "code", "metadata": {}, "source": source, "execution_count": None, "outputs": []}


def _environment(folder: str) -> dict[str, str]:
    """The variables of the kernel: a folder of its own for all that IPython keeps, and no program that the user lets it start with."""
    paths = os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")]))
    return {
        **{name: value for name, value in os.environ.items() if name not in ("PYTHONSTARTUP", "MPLBACKEND")},
        **ONE_THREAD,
        "PYTHONPATH": paths,
        "PYTHONIOENCODING": "utf-8",
        "PYTHONWARNINGS": QUIET,
        "PYTHONHASHSEED": "0",
        "COLUMNS": "100",
        "IPYTHONDIR": os.path.join(folder, "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def _failure(cell: Cell, ran: Mapping[str, Any], error: Exception) -> InputError:
    """What stopped the notebook, where it stands in the chapter."""
    said = next((output for output in ran["outputs"] if output["output_type"] == "error"), None)
    if said is None:
        what = "took too long" if "timed out" in str(error) else f"ended its Python: {str(error).strip().splitlines()[0]}"
        return InputError(f"{place(cell.chapter, cell.line)}this cell of the notebook {what}")
    inside = FAILED_LINE.search(NOISE.sub("", "\n".join(said["traceback"])))
    line = cell.line + (int(inside[1]) - 1 if inside and not cell.is_drawn else 0)
    return InputError(f"{place(cell.chapter, line)}this cell of the notebook failed: {said['ename']}: {NOISE.sub('', said['evalue'])}")


def _cleaned(outputs: Sequence[Mapping[str, Any]]) -> list[Output]:
    """Outputs that are the same in every run: what is printed in one piece, one form of each result, nothing from stderr."""
    found: list[Output] = []
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream":
            if output["name"] != "stdout" or not output["text"]:
                continue
            if found and found[-1]["output_type"] == "stream":
                found[-1]["text"] += output["text"]
            else:
                found.append({"name": "stdout", "output_type": "stream", "text": output["text"]})
        elif kind in ("display_data", "execute_result"):
            data = output["data"]
            forms = [*(() if data.keys() & set(FORMS[:2]) else ["image/svg+xml"]), *FORMS]
            shown = {form: _steady(data[form]) for form in forms if form in data}
            sizes = {form: about for form, about in output.get("metadata", {}).items() if form in shown}
            count = {"execution_count": output["execution_count"]} if kind == "execute_result" else {}
            found.append({"data": shown, "metadata": sizes, "output_type": kind, **count})
    return found


def _steady(value: Any) -> Any:
    return ADDRESS.sub("0x…", value).rstrip("\n") if isinstance(value, str) else value
