"""Writes docs/performance.md from the newest results: the claims, where a1viz loses, the plots, how it was measured.

Run by `make bench` after the benchmarks, or by itself: python benchmarks/report.py. The page is never edited by hand; a test compares it
with what stands here.
"""

from __future__ import annotations

import re
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from claims import Line, faults, grouped, holds

from a1viz.base.errors import A1vizError, InputError
from a1viz.base.files import write_whole
from a1viz.plots.performance import RESULTS, Run, machines, read_results

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
TITLES = {  # a benchmark's results, and what the page calls it, in the page's order; one that is not here comes after these
    "regression": "1 Linear regression",
    "gated": "2.1 The gated network",
    "norms": "2.2 Gradient norms of each example",
    "structured": "2.2 Gradient norms of a transformer block and a CNN",
    "ntk": "2.3 Inner products of Jacobians",
    "sorting": "3 Sorting",
    "training": "4 Training",
    "chunks": "Data larger than memory",
    "plan": "The compiled plan",
    "convolution": "Convolution and pooling",
    "transformer": "Attention: a transformer block",
    "exchange": "Models from ONNX",
    "language": "The equation language",
    "derivation": "Derivations",
    "live": "The live page",
    "core": "Start, pictures, long chains",
}
FIGURES = {  # what is drawn of a benchmark, and its heading
    "gated": {"gated_gradients": "The gated network, loss and all gradients", "gated_forward": "The gated network, forward only"},
    "norms": {"norms_by_size": "Gradient norms of each example"},
}
LIMITS = "limits"  # not a comparison: what the machine can do
PEER = re.compile(r"(?<!import )NumPy|\bnp\.|torch|JAX|HIPS|onnx|Opacus|BackPACK|neural-tangents|scikit-learn|sklearn|scipy", re.IGNORECASE)
AMOUNT = re.compile(r"\bin (?:[mµn]?s|[KMG]i?B|bytes|GFLOP/s|GB/s)\b")  # such a line tells an amount, all others a ratio
Results = Mapping[str, Sequence[Run]]  # by benchmark the runs of all machines
Groups = Mapping[str, Sequence[Line]]  # of one claim, by processor: its lines on each machine that makes it

INTRODUCTION = """\
<!-- Written by benchmarks/report.py from benchmarks/results/: do not edit; `make bench` measures and writes it again. -->

# Performance

How fast a1viz is, compared with the other tools for the same work and with what the machine can do. Every number was measured
by `make bench`, which writes this page, on [different kinds of processors](#the-machines).
"""
METHOD = """\
## How it is measured

- **A ratio** is a1viz's time divided by the other's, for the same work: below 1 a1viz is faster, and 0.1 means ten times as fast.
- **In turns.** The tasks of a comparison run in one process and take turns (A B, B A, ...), so that a busy machine slows them all alike. A
  ratio is the median over the rounds. On a shared machine, read ratios between 0.8 and 1.3 as ties. A task of less than five
  milliseconds is repeated in its turn, as in a loop, and finds its code and data in the caches.
- **A claim** is made only if it holds on all these machines, at every size it names, with a tenth of room to its limit.
- **One core, one thread**, unless the line says two threads.
- **The same answer.** All answers are compared before anything is timed; a peer that gives another answer is not timed.
- **Through the public call**, NumPy arrays in and NumPy arrays out, for a1viz and for the peers. In a line that says *own arrays* the
  peer keeps inputs and results in arrays of its own.
- **Bound and a call.** A network for one example is called in the form that hand-written NumPy and onnxruntime have too: parameters and
  results in arrays that stay (`bind(copy=True)`), and a new x written before each call. Lines that say *a call* take all arrays and return
  new ones. With two threads a1viz is tried with its own threads and with those of BLAS, and the faster counts.
- **Hand-written NumPy** is what a careful programmer writes: every result goes into a preallocated array, one call per step of the
  formula.
- JAX is the last release that neural-tangents runs on; a newer one may be faster or slower.
"""
AGAIN = """\
## Measure it yourself

```bash
make bench              # everything, half an hour or more; the peers get an environment of their own
make bench ARGS=gated   # one file: benchmarks/bench_gated.py
```

Each run leaves its lines in `benchmarks/results/`, in the folder of its machine, one file per benchmark, and writes this page anew. Another
kind of processor becomes another column.
"""


def page(folder: Path = RESULTS) -> str:
    """The page, from the results in a folder. Raises InputError where there are none."""
    found = all_results(folder)
    parts = [INTRODUCTION, summary(found), sizes(found), losses(found), claims(found), described(found), METHOD, AGAIN]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts if part)


def all_results(folder: Path) -> Results:
    folders = machines(folder)
    names = {path.stem for machine in folders for path in machine.glob("*.jsonl")}
    if not names:
        raise InputError(f"{folder}: no results; `make bench` measures them")
    known = [name for name in (*TITLES, LIMITS) if name in names]
    ordered = (*known, *sorted(names - set(known)))
    return {name: [read_results(name, machine) for machine in folders if (machine / f"{name}.jsonl").exists()] for name in ordered}


def title(name: str) -> str:
    return TITLES.get(name, name)


def processors(found: Results) -> list[str]:
    """The machines, in the order of the columns."""
    return list(dict.fromkeys(run.processor for runs in found.values() for run in runs))


def compared(found: Results) -> Iterator[tuple[str, str, Groups]]:
    """Every benchmark's claims, with and without a limit, and their lines on each machine."""
    for name, runs in found.items():
        by_machine = {run.processor: grouped(run.lines) for run in runs}
        for claim in dict.fromkeys(claim for groups in by_machine.values() for claim in groups) if name != LIMITS else ():
            yield name, claim, {processor: groups[claim] for processor, groups in by_machine.items() if claim in groups}


def together(groups: Groups) -> list[Line]:
    return [line for group in groups.values() for line in group]


def limit_of(groups: Groups) -> float:
    return min(line["limit"] for line in together(groups) if line["limit"] is not None)


def is_claim(groups: Groups) -> bool:
    return any(line["limit"] is not None for line in together(groups))


# --- the parts of the page ----------------------------------------------------------------------------------------------------------


def summary(found: Results) -> str:
    made = [groups for _, _, groups in compared(found) if is_claim(groups)]
    kept = sum(all(map(holds, together(groups))) for groups in made)
    everywhere = f"on all machines ({', '.join(processors(found))}), at every size at which they are made"
    return f"Of {len(made)} claims, {kept} hold {everywhere}. [Where others are faster](#where-a1viz-loses) is listed too."


def losses(found: Results) -> str:
    broken = lost(found, is_broken)
    behind = lost(found, is_slower)
    return "\n".join([
        "## Where a1viz loses\n",
        *(["### Claims that do not hold\n", *broken, ""] if broken else []),
        "### Slower than a peer\n",
        *(["The worst ratio on each machine, and at how many of the sizes a1viz is slower.\n"] if behind else []),
        *(behind or ["Nowhere in these results."]),
    ])  # fmt: skip


def is_broken(line: Line) -> bool:
    return holds(line) is False


def is_slower(line: Line) -> bool:
    """Whether a line that is no broken claim says that a peer is faster."""
    return holds(line) is not False and line["ratio"] > 1 and bool(PEER.search(line["claim"])) and not AMOUNT.search(line["claim"])


def lost(found: Results, is_lost: Callable[[Line], bool]) -> list[str]:
    """A table of the claims of which some lines are lost: the worst on each machine, and the limit."""
    rows = []
    for name, claim, groups in compared(found):
        if any(map(is_lost, together(groups))):
            worst = [worst_of(groups.get(processor, ()), is_lost) for processor in processors(found)]
            rows.append([f"{title(name)}: *{claim}*", *worst, number(limit_of(groups)) if is_claim(groups) else ""])
    return table(["what", *processors(found), "limit"], rows, "l" * (1 + len(processors(found))) + "r")


def worst_of(group: Sequence[Line], is_lost: Callable[[Line], bool]) -> str:
    some = [line for line in group if is_lost(line)]
    if not some:
        return ""
    worst = max(some, key=lambda line: line["ratio"])
    return f"{number(worst['ratio'])}{at(worst)}" + (f" ({len(some)} of {len(group)})" if len(group) > 1 else "")


def claims(found: Results) -> str:
    parts = [
        "## The claims\n",
        "For each machine the table has the worst ratio of all sizes; without a claim, the best, the median and the worst.\n",
    ]
    for name, runs in found.items():
        here = [(claim, groups) for _, claim, groups in compared({name: runs})]
        columns = processors({name: runs})
        rows = [[claim, *made_on(groups, columns)] for claim, groups in here if is_claim(groups)]
        told = [[claim, *told_on(groups, columns)] for claim, groups in here if not is_claim(groups)]
        parts += [f"### {title(name)}\n"] * bool(here)
        if rows:
            parts += [*table(["claim", "at", *columns, "limit", "holds"], rows, "ll" + "r" * len(columns) + "rl"), ""]
        if told:
            lines = table(["what", "at", *columns], told, "ll" + "r" * len(columns))
            parts += ['??? note "Measured as well, without a claim"\n', *(f"    {line}" for line in lines), ""]
    return "\n".join(parts)


def made_on(groups: Groups, columns: Sequence[str]) -> list[str]:
    """The cells of a claim: its sizes, the worst ratio on each machine, its limit, whether it holds on all."""
    ratios = [number(max(line["ratio"] for line in groups[name])) if name in groups else "" for name in columns]
    verdicts = [holds(line) for line in together(groups)]
    verdict = "yes" if all(verdicts) else f"{sum(map(bool, verdicts))} of {len(verdicts)}" if any(verdicts) else "no"
    return [where(groups), *ratios, number(limit_of(groups)), verdict]


def told_on(groups: Groups, columns: Sequence[str]) -> list[str]:
    return [where(groups), *(spread([line["ratio"] for line in groups.get(name, ())]) for name in columns)]


def spread(ratios: Sequence[float]) -> str:
    """The best, the median and the worst; one alone as it is."""
    return ", ".join(number(f(ratios)) for f in (min, statistics.median, max)) if len(ratios) > 1 else "".join(map(number, ratios))


def where(groups: Groups) -> str:
    """The size at which something was measured, or how many."""
    most = max(groups.values(), key=len)
    return at(most[0], "") if len(most) == 1 else f"{len(most)} sizes"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], align: str) -> list[str]:
    """Lines of a Markdown table, each column to the left (l) or right (r); none without rows."""
    rule = [{"l": "---", "r": "--:"}[letter] for letter in align]
    return [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in (head, rule, *rows)] if rows else []


def sizes(found: Results) -> str:
    shown = {figure: heading for name, figures in FIGURES.items() if name in found for figure, heading in figures.items()}
    if not shown or LIMITS not in found:
        return ""
    parts = [f"### {heading}\n\n{fence(figure)}" for figure, heading in shown.items()]
    return "\n".join(["## Against the size\n", *parts, "## What the machines can do\n", fence("machine_limits")])


def fence(figure: str) -> str:
    return f"```a1viz\nfigure: {figure}\n```\n"


def described(found: Results) -> str:
    """Each machine in words, and what ran on it where its runs do not have all in common."""
    runs: dict[tuple[str, str], list[str]] = {}
    for name, of_name in found.items():
        for run in of_name:
            runs.setdefault((run.processor, run.machine), []).append(f"`{name}`")
    some = {key: f" ({', '.join(names)})" if len(names) < len(found) else "" for key, names in runs.items()}
    return "\n".join(["## The machines\n", *(f"- **{key[0]}**{some[key]}: {key[1]}." for key in sorted(runs))])


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
        found = all_results(RESULTS)
    except A1vizError as error:
        print(error, file=sys.stderr)
        return 2
    for name, runs in found.items():
        for fault in faults({run.processor: run.lines for run in runs}):
            print(f"!!!!!!!! {name}: {fault} !!!!!!!!", file=sys.stderr)
    print(f"The page {PAGE.parent.name}/{PAGE.name} is written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
