"""Writes docs/performance.md from the newest results: the claims, where a1viz loses, the plots, how it was measured.

Run by `make bench` after the benchmarks, or by itself: python benchmarks/report.py. The page is never edited by hand; a test compares it
with what stands here.
"""

from __future__ import annotations

import re
import statistics
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from a1viz.base.errors import A1vizError, InputError
from a1viz.base.files import write_whole
from a1viz.plots.performance import RESULTS, read_results

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
TITLES = {  # a benchmark's results, and what the page calls it, in the page's order; one that is not here comes after these
    "regression": "1 Linear regression",
    "gated": "2.1 The gated network",
    "norms": "2.2 Gradient norms of each example",
    "ntk": "2.3 Inner products of Jacobians",
    "sorting": "3 Sorting",
    "training": "4 Training",
    "plan": "The compiled plan",
    "core": "Start, pictures, long chains",
}
FIGURES = {  # what is drawn of a benchmark, and its heading
    "gated": {"gated_gradients": "The gated network, loss and all gradients", "gated_forward": "The gated network, forward only"},
    "norms": {"norms_by_size": "Gradient norms of each example"},
}
LIMITS = "limits"  # not a comparison: what the machine can do
PEER = re.compile(r"NumPy|\bnp\.|torch|JAX|HIPS|onnx|Opacus|BackPACK|neural-tangents|scikit-learn|sklearn|scipy", re.IGNORECASE)
AMOUNT = re.compile(r"\bin (?:[mµn]?s|[KMG]i?B|bytes|GFLOP/s|GB/s)\b")  # such a line tells an amount, all others a ratio
Line = Mapping[str, Any]
Results = Mapping[str, tuple[str, Sequence[Line]]]

INTRODUCTION = """\
<!-- Written by benchmarks/report.py from benchmarks/results/: do not edit; `make bench` measures and writes it again. -->

# Performance

How fast a1viz is, against what else one would use for the same work, and against what the machine can do. Every number here was measured
by `make bench`, which writes this page.
"""
METHOD = """\
## How it is measured

- **A ratio** is a1viz's time divided by the other's, for the same work: below 1 a1viz is faster, and 0.1 means ten times as fast.
- **In turns.** The tasks of a comparison run in one process and take turns (A B, B A, ...), so that a busy machine hurts all alike. A ratio
  is the median over the rounds. On a machine that others use too, read ratios between 0.8 and 1.3 as ties. What takes less than five
  milliseconds is done again and again in its turn, as in a loop of one's own, and finds its code and data in the caches.
- **One core, one thread**, unless the line says two threads.
- **The same answer.** All answers are compared before anything is timed; a peer that gives another answer is not timed.
- **Through the public call**, NumPy arrays in and NumPy arrays out, for a1viz and for the peers. A line that says *own arrays* spares the
  peer that: its inputs lie ready in its own arrays and its results stay there.
- **Bound and a call.** A network for one example is called in the form that hand-written NumPy and onnxruntime have too: parameters and
  results in arrays that stay (`bind(copy=True)`), and another x written before each call. Lines that say *a call* take all arrays and give
  new ones. With two threads a1viz is called with threads of its own and with those of BLAS, and the faster counts.
- **Hand-written NumPy** is what a careful programmer writes: every result goes into an array made before, one call for each step of the
  formula.
- JAX is the last release that neural-tangents runs on; a newer one may be faster or slower.
"""
AGAIN = """\
## Measure it yourself

```bash
make bench              # everything: some tens of minutes; the peers go into an environment of their own
make bench ARGS=gated   # one file: benchmarks/bench_gated.py
```

Each run leaves its lines in `benchmarks/results/`, one file a benchmark, and writes this page anew.
"""


def page(folder: Path = RESULTS) -> str:
    """The page, from the results in a folder. Raises InputError where there are none."""
    found = all_results(folder)
    parts = [INTRODUCTION, summary(found), losses(found), claims(found), sizes(found), machine(found), METHOD, AGAIN]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts if part)


def all_results(folder: Path) -> Results:
    names = {path.stem for path in folder.glob("*.jsonl")}
    if not names:
        raise InputError(f"{folder}: no results; `make bench` measures them")
    known = [name for name in (*TITLES, LIMITS) if name in names]
    return {name: read_results(name, folder) for name in (*known, *sorted(names - set(known)))}


def title(name: str) -> str:
    return TITLES.get(name, name)


def grouped(lines: Iterable[Line]) -> list[list[Line]]:
    """The lines of each claim, which is made at some sizes."""
    groups: dict[tuple, list[Line]] = {}
    for line in lines:
        groups.setdefault((line["claim"], line["limit"]), []).append(line)
    return list(groups.values())


def compared(found: Results) -> Iterator[tuple[str, list[Line]]]:
    """Every benchmark's claims, with and without a limit."""
    return ((name, group) for name, (_, lines) in found.items() if name != LIMITS for group in grouped(lines))


# --- the parts of the page ----------------------------------------------------------------------------------------------------------


def summary(found: Results) -> str:
    made = [group for _, group in compared(found) if group[0]["limit"] is not None]
    kept = sum(all(line["holds"] for line in group) for group in made)
    return f"Of {len(made)} claims, {kept} hold at every size at which they are made. [The others](#where-a1viz-loses) come first."


def losses(found: Results) -> str:
    broken = [said_broken(name, group) for name, group in compared(found) if any(line["holds"] is False for line in group)]
    behind = [said_slower(name, group) for name, group in compared(found) if any(map(is_slower, group))]
    return "\n".join([
        "## Where a1viz loses\n",
        "### Claims that do not hold\n",
        *(broken or ["All claims hold."]),
        "\n### Slower than a peer\n",
        *(behind or ["Nowhere in these results."]),
    ])  # fmt: skip


def is_slower(line: Line) -> bool:
    """Whether a line that is no broken claim says that a peer is faster."""
    return line["holds"] is not False and line["ratio"] > 1 and bool(PEER.search(line["claim"])) and not AMOUNT.search(line["claim"])


def said_broken(name: str, group: Sequence[Line]) -> str:
    failing = [line for line in group if not line["holds"]]
    worst = max(failing, key=lambda line: line["ratio"])
    which = "" if len(group) == 1 else f"not at {len(failing)} of {len(group)} sizes; the worst is "
    return f"- {title(name)}: *{worst['claim']}*: {which}{number(worst['ratio'])}{at(worst)}, where the limit is {number(worst['limit'])}."


def said_slower(name: str, group: Sequence[Line]) -> str:
    slow = [line for line in group if is_slower(line)]
    worst = max(slow, key=lambda line: line["ratio"])
    which = "" if len(group) == 1 else f"at {len(slow)} of {len(group)} sizes; the worst is "
    return f"- {title(name)}: *{worst['claim']}*: {which}{number(worst['ratio'])}{at(worst)}."


def claims(found: Results) -> str:
    parts = [
        "## The claims\n",
        "Where a claim is made at several sizes, the best, the median and the worst of them stand beside its limit.\n",
    ]
    for name in found:
        groups = [group for _, group in compared({name: found[name]})]
        made = [row(group, is_claim=True) for group in groups if group[0]["limit"] is not None]
        told = [f"    {row(group, is_claim=False)}" for group in groups if group[0]["limit"] is None]
        parts += [f"### {title(name)}\n"] * bool(groups)
        if made:
            parts += ["| claim | at | best | median | worst | limit | holds |", "|---|---|--:|--:|--:|--:|---|", *made, ""]
        if told:
            parts += ['??? note "Measured as well, without a claim"\n', "    | what | at | best | median | worst |"]
            parts += ["    |---|---|--:|--:|--:|", *told, ""]
    return "\n".join(parts)


def row(group: Sequence[Line], is_claim: bool) -> str:
    values = [line["ratio"] for line in group]
    if len(group) == 1:
        cells = [at(group[0], ""), "", number(values[0]), ""]
    else:
        cells = [f"{len(group)} sizes", *(number(f(values)) for f in (min, statistics.median, max))]
    if is_claim:
        holding = sum(line["holds"] for line in group)
        cells += [number(group[0]["limit"]), "yes" if holding == len(group) else "no" if not holding else f"{holding} of {len(group)}"]
    return f"| {' | '.join([group[0]['claim'].replace('|', '/'), *cells])} |"


def sizes(found: Results) -> str:
    shown = {figure: heading for name, figures in FIGURES.items() if name in found for figure, heading in figures.items()}
    if not shown or LIMITS not in found:
        return ""
    parts = [f"### {heading}\n\n{fence(figure)}" for figure, heading in shown.items()]
    return "\n".join(["## Against the size\n", *parts, "## What the machine can do\n", fence("machine_limits")])


def fence(figure: str) -> str:
    return f"```a1viz\nfigure: {figure}\n```\n"


def machine(found: Results) -> str:
    runs: dict[str, list[str]] = {}
    for name, (described, _) in found.items():
        runs.setdefault(described, []).append(f"`{name}`")
    return "\n".join(["## The machine\n", *(f"- {', '.join(names)}: {described}." for described, names in runs.items())])


# --- words --------------------------------------------------------------------------------------------------------------------------


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def at(line: Line, before: str = " at ") -> str:
    """The size of a line in words."""
    told = ", ".join(f"{key} = {value}" if not isinstance(value, str) else f"{key}: {value}" for key, value in line["at"].items())
    return before + told if told else ""


def main() -> int:
    try:
        write_whole(PAGE, page().encode())
    except A1vizError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"The page {PAGE.parent.name}/{PAGE.name} is written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
