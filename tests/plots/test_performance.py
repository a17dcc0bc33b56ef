"""The page Performance: written from the results and never by hand, plain about where a1viz loses; its figures read the same results."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from conftest import ROOT, environment

from a1viz.base.errors import InputError
from a1viz.plots import performance

BENCHMARKS = ROOT / "benchmarks"


def script(name: str) -> ModuleType:
    """A file of the benchmarks as a module."""
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


claims, report = script("claims"), script("report")


def line(claim: str, ratio: float, limit: float | None = None, ms: dict | None = None, **at: object) -> dict:
    return {"question": "q", "claim": claim, "at": at, "ratio": ratio, "limit": limit, "median_ms": ms or {}}


def write(folder: Path, name: str, *lines: dict, machine: str = "a machine", processor: str = "One") -> None:
    (folder / processor).mkdir(exist_ok=True)
    text = "".join(json.dumps(entry) + "\n" for entry in ({"processor": processor, "machine": machine}, *lines))
    (folder / processor / f"{name}.jsonl").write_text(text, encoding="utf-8")


def python(program: str, *arguments: str) -> str:
    """What a program says that can import the benchmarks; they want to be there before NumPy."""
    clean = environment(PYTHONPATH=os.pathsep.join([str(BENCHMARKS), str(ROOT)]))
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, env=clean)
    assert done.returncode == 0, done.stderr
    return done.stdout


def section(page: str, heading: str) -> str:
    return page.partition(f"\n{heading}\n")[2].partition("\n#")[0]


LIMITS = (
    line("matrix product, float32, in GFLOP/s", 50.0, n=64),
    line("matrix product, float32, in GFLOP/s", 100.0, n=128),
    line("matrix product, float64, in GFLOP/s", 40.0, n=64),
    line("matrix product, float64, in GFLOP/s", 40.0, n=128),
    line("copy, in GB/s", 80.0, KiB=4),
    line("copy, in GB/s", 20.0, KiB=4096),
)


# --- the page of this repository --------------------------------------------------------------------------------------------------


def test_the_page_is_what_the_script_writes_from_the_results():
    told = "the page is not written by hand: make bench, or only: python benchmarks/report.py"
    assert report.PAGE.read_text(encoding="utf-8") == report.page(), told


def test_the_page_holds_no_date():
    assert not re.search(r"\b20\d\d-\d\d|\d\d:\d\d", report.page())


def test_every_benchmark_has_its_title():
    names = {path.stem.removeprefix("bench_") for path in BENCHMARKS.glob("bench_*.py")}
    assert names <= {*report.TITLES, report.LIMITS}


@pytest.mark.process
def test_make_bench_writes_the_page():
    command = ["make", "-n", "-o", ".venv-bench/.installed", "bench", "ARGS=limits"]
    said = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert "benchmarks/report.py" in said.stdout, said.stderr


# --- the claims ---------------------------------------------------------------------------------------------------------------------


def test_no_claim_is_broken_or_close_to_its_limit_on_any_recorded_machine():
    found = report.all_results(report.RESULTS)
    assert len(report.processors(found)) > 1
    assert [fault for runs in found.values() for fault in claims.faults({run.processor: run.lines for run in runs})] == []


@pytest.mark.parametrize(
    ("ratio", "limit", "said"),
    [
        (0.6, 0.5, ["Two: as fast as JAX: does not hold: 0.6 of 0.5"]),
        (0.46, 0.5, ["Two: as fast as JAX: is within a tenth of its limit: 0.46 of 0.5"]),
        (0.44, 0.6, ["Two: as fast as JAX: its limit is not 0.5 everywhere"]),
        (0.44, None, ["Two: as fast as JAX: its limit is not 0.5 everywhere"]),
        (0.44, 0.5, []),
    ],
)
def test_a_claim_that_cannot_be_made_is_found(ratio, limit, said):
    one = [line("as fast as JAX", 0.1, 0.5, D=3), line("told", 9.0)]
    two = [line("as fast as JAX", 0.1, limit, D=3), line("as fast as JAX", ratio, limit, D=8), line("told", 9.0)]
    assert claims.faults({"One": one, "Two": two}) == said


@pytest.mark.process
def test_the_recorded_claims_are_those_that_the_benchmarks_make():
    program = "import importlib, json, sys\nprint(json.dumps({n: getattr(importlib.import_module(n), 'LIMITS', {}) for n in sys.argv[1:]}))"
    names = sorted(path.stem for path in BENCHMARKS.glob("bench_*.py"))
    made = json.loads(python(program, *names))
    for machine in performance.machines():
        for name in [
            name for name in names if (machine / f"{name.removeprefix('bench_')}.jsonl").exists()
        ]:  # a new one: not everywhere yet
            lines = performance.read_results(name.removeprefix("bench_"), machine).lines
            recorded = {entry["claim"]: entry["limit"] for entry in lines if entry["limit"] is not None}
            assert recorded == made[name], f"{machine.name}: {name}"
            assert not any("holds" in entry for entry in lines), "whether a claim holds follows from its limit"


@pytest.mark.process
def test_a_machine_has_its_folder_by_its_processor():
    runs = [(folder, performance.read_results(path.stem, folder)) for folder in performance.machines() for path in folder.glob("*.jsonl")]
    machines = sorted({run.machine for _, run in runs})
    program = "import json, sys, timing\nprint(json.dumps([[timing.slug(m), timing.processor(m)] for m in sys.argv[1:]]))"
    named = dict(zip(machines, json.loads(python(program, *machines)), strict=True))
    for folder, run in runs:
        assert [folder.name, run.processor] == named[run.machine]


@pytest.mark.process
def test_a_run_is_kept_in_the_folder_of_its_machine_with_the_limits_of_its_benchmark(tmp_path):
    program = (
        "import pathlib, sys, timing\n"
        "timing.RESULTS = pathlib.Path(sys.argv[1])\n"
        "timing.machine = lambda: 'Some(R) Chip CPU @ 2.00GHz, one core, Linux x86_64, Python 3.11.7, numpy 2.4.6'\n"
        "lines = [timing.claim('q', says, 0.5, {'a1viz': [1.0]}, D=3) for says in ('made', 'told')]\n"
        "timing.record('gated', lines, {'made': 0.6})\n"
    )
    assert "made   0.5          0.5     0.5    0.6    1 of 1" in python(program, str(tmp_path))
    run = performance.read_results("gated", tmp_path / "some-chip")
    assert run.processor == "Some Chip"
    assert [(entry["claim"], entry["limit"]) for entry in run.lines] == [("made", 0.6), ("told", None)]


# --- what it says of planted results --------------------------------------------------------------------------------------------


def test_a_claim_that_does_not_hold_stands_where_a1viz_loses(tmp_path):
    write(tmp_path, "gated", line("4 times as fast as JAX", 0.5, 0.25, D=3), line("ahead of JAX", 0.5, 1.0, D=3))
    page = report.page(tmp_path)
    broken = section(page, "### Claims that do not hold")
    assert "*4 times as fast as JAX* | 0.5 at D = 3 | 0.25 |" in broken
    assert "ahead of JAX" not in broken
    assert "Of 2 claims, 1 hold" in page
    assert "| 4 times as fast as JAX | D = 3 | 0.5 | 0.25 | no |" in page


def test_of_a_claim_at_many_sizes_the_worst_is_told(tmp_path):
    write(tmp_path, "gated", *(line("ahead of PyTorch", ratio, 1.0, N=n) for n, ratio in ((1, 0.5), (2, 1.5), (3, 2.5))))
    page = report.page(tmp_path)
    assert "*ahead of PyTorch* | 2.5 at N = 3 (2 of 3) | 1 |" in section(page, "### Claims that do not hold")
    assert "| ahead of PyTorch | 3 sizes | 2.5 | 1 | 1 of 3 |" in page


def test_machines_stand_side_by_side(tmp_path):
    for processor, ratio in (("One", 0.5), ("Two", 1.5)):
        same = [line("ahead of PyTorch", r, 1.0, N=n) for n, r in ((1, 0.4), (2, ratio))]
        told = [line("against JAX", n * ratio, N=n) for n in (1, 2, 3)]
        write(tmp_path, "gated", *same, *told, processor=processor, machine=f"the {processor}")
    write(tmp_path, "core", line("started", 0.5, 1.0), processor="Two", machine="the Two")
    page = report.page(tmp_path)
    assert "| claim | at | One | Two | limit | holds |" in page
    assert "| ahead of PyTorch | 2 sizes | 0.5 | 1.5 | 1 | 3 of 4 |" in page
    assert "| against JAX | 3 sizes | 0.5, 1, 1.5 | 1.5, 3, 4.5 |" in page
    assert "*ahead of PyTorch* |  | 1.5 at N = 2 (1 of 2) | 1 |" in section(page, "### Claims that do not hold")
    assert "*against JAX* | 1.5 at N = 3 (1 of 3) | 4.5 at N = 3 (3 of 3) |  |" in section(page, "### Slower than a peer")
    assert "Of 2 claims, 1 hold on all machines (One, Two)" in page
    assert "- **One** (`gated`): the One.\n- **Two**: the Two." in page


def test_a_faster_peer_is_named_though_nothing_was_claimed(tmp_path):
    write(
        tmp_path, "norms", line("against onnxruntime", 1.7, D=8), line("against onnxruntime", 0.9, D=16),
        line("at most 1.15 of hand-written NumPy", 1.1, 1.15, D=8),
    )  # fmt: skip
    slower = section(report.page(tmp_path), "### Slower than a peer")
    assert "*against onnxruntime* | 1.7 at D = 8 (1 of 2) |" in slower
    assert "*at most 1.15 of hand-written NumPy* | 1.1 at D = 8 | 1.15 |" in slower


def test_what_is_no_peer_or_no_ratio_is_not_lost(tmp_path):
    write(tmp_path, "core", line("import a1viz takes at most 1.3 of import numpy", 1.2, 1.3), line("JAX: the first call, in ms", 40.0))
    page = report.page(tmp_path)
    assert "Of 1 claims, 1 hold" in page and "Claims that do not hold" not in page
    assert "Nowhere in these results." in section(page, "### Slower than a peer")
    assert "Measured as well" in page


def test_a_benchmark_the_page_does_not_know_comes_last(tmp_path):
    for name in ("another", "core", "gated"):
        write(tmp_path, name, line("a claim", 0.5, 1.0), machine=f"machine of {name}")
    headings = re.findall(r"^### (.*)$", report.page(tmp_path).partition("## The claims")[2], re.M)
    assert headings == [report.TITLES["gated"], report.TITLES["core"], "another"]
    assert "- **One** (`another`): machine of another." in report.page(tmp_path)


def test_no_figure_is_asked_for_without_its_results(tmp_path):
    write(tmp_path, "core", line("a claim", 0.5, 1.0))
    assert "figure:" not in report.page(tmp_path)
    write(tmp_path, "norms", line("a claim", 0.5, 1.0))
    write(tmp_path, "limits", *LIMITS)
    assert re.findall("figure: (.*)", report.page(tmp_path)) == ["norms_by_size", "machine_limits"]


@pytest.mark.parametrize("text", ["", "{", '{"engine": 1}\n', "[]\n", '{"machine": "m"}\n3\n'])
def test_damaged_results_say_how_to_measure_them(tmp_path, text):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "gated.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="make bench ARGS=gated"):
        report.page(tmp_path)


def test_without_results_the_script_says_how_to_get_them(tmp_path):
    with pytest.raises(InputError, match="make bench"):
        report.page(tmp_path)


# --- the figures ----------------------------------------------------------------------------------------------------------------


def test_a_figure_without_results_says_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setattr(performance, "RESULTS", tmp_path)
    for make in performance.FIGURES.values():
        with pytest.raises(InputError, match="make bench"):
            make()


def test_a_method_stands_by_its_ratio_to_numpy(tmp_path, monkeypatch):
    at = {"D": 4, "N": 1}
    for processor, hand in (("One", 2.0), ("Two", 4.0)):
        write(
            tmp_path, "gated",
            line("forward: against hand-written NumPy", 1 / hand, ms={"a1viz": 1.0, "hand-written NumPy": hand}, **at),
            line("forward: against onnxruntime", 2.0, ms={"a1viz": 1.0, "onnxruntime": 0.5}, **at),
            line("forward: 2 times as fast as onnxruntime", 2.0, 0.5, **at),
            line("loss and gradients: against JAX's jit", 9.0, ms={"a1viz": 1.0}, **at),
            processor=processor,
        )  # fmt: skip
        write(tmp_path, "limits", *LIMITS, processor=processor)
    monkeypatch.setattr(performance, "RESULTS", tmp_path)
    figure = performance.gated_forward()
    assert [panel.title for panel in figure.panels] == ["One, one example: time / NumPy's", "Two, one example: time / NumPy's"]
    row, other = (dict(zip(figure.head, row, strict=True)) for row in figure.rows)
    bound = 16 * 4**2 / 80e9 * 1e3 / 2.0  # one example: the four matrices are read at the rate of copies
    assert row == {
        "machine": "One", "N": 1, "D": 4, "NumPy in ms": "2",
        "a1viz": "0.5", "onnxruntime": "0.25", "JAX": "", "onnx.reference": "", "limit": f"{bound:.3g}",
    }  # fmt: skip
    assert (other["machine"], other["NumPy in ms"], other["a1viz"]) == ("Two", "4", "0.25")


def test_the_limit_is_the_longer_of_computing_and_moving():
    peak, rates = 100.0, {4: 80.0, 4096: 20.0}
    assert math.isclose(performance.limit_ms(1e9, 8, peak, rates), 10.0)
    assert math.isclose(performance.limit_ms(1, 8e9, peak, rates), 400.0)
    assert math.isclose(performance.limit_ms(1, 8e3, peak, rates), 8e3 / 80e6)


# --- the benchmark itself -------------------------------------------------------------------------------------------------------


@pytest.mark.process
def test_the_gated_network_by_hand_gives_what_a1viz_gives_in_both_forms_and_for_another_x():
    program = (
        "import gated, numpy as np\n"
        "for N in (1, 5):\n"
        "    v = {k: a if k == 't' else a.astype('d') for k, a in gated.values(4, N).items()}\n"
        "    pairs = [(gated.with_a1viz(v, f, call), gated.by_hand(v, f)) for f in (False, True) for call in (False, True)]\n"
        "    for _ in range(2):\n"
        "        for ours, hand in pairs:\n"
        "            found, expected = ours(), hand()\n"
        "            assert set(found) == set(expected), (set(found), set(expected))\n"
        "            for name in expected:\n"
        "                scale = N if name == 'x_bar' else 1\n"
        "                wanted = scale * np.asarray(expected[name])\n"
        "                np.testing.assert_allclose(wanted, found[name], rtol=1e-12, atol=1e-14, err_msg=name)\n"
        "        v['x'] *= -2\n"
    )
    python(program)


# --- two checkouts against each other ---------------------------------------------------------------------------------------------


@pytest.mark.process
def test_two_checkouts_take_turns_and_are_compared_family_by_family():
    command = [sys.executable, str(BENCHMARKS / "compare.py"), str(ROOT), str(ROOT), "norms", "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr
    assert re.search(r"^== norms\ncase .* new / old\nK = 2, D = 16, N = 16 +[\d.]+ +[\d.]+ +[\d.]+$", done.stdout, re.M)
    assert re.search(r"^norms +5 ", done.stdout, re.M), "the geometric mean of a family"


def test_a_checkout_that_gives_other_answers_is_not_timed(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    compare = script("compare")
    one = {"J": np.array([1.0, 1e-20]), "W_bar": np.ones((2, 2), "f")}
    assert compare.difference(one, {**one, "J": np.array([1.0 + 5e-10, 0.0])}) == ""
    assert compare.difference(one, {**one, "W_bar": np.ones((2, 2), "f") + np.float32(5e-7)}) == ""
    assert "J by 2e-09" in compare.difference(one, {**one, "J": np.array([1.0 + 2e-9, 0.0])})
    assert "W_bar: float32 (2, 2) and float64 (2, 2)" in compare.difference(one, {**one, "W_bar": np.ones((2, 2))})
    assert compare.difference(one, {"J": one["J"]})
    assert compare.difference({"J": np.array(True)}, {"J": np.array(False)})
