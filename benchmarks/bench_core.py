"""Does the house stand up quickly? Start-up against `import numpy`, rendering against the bare layout engine, long chains against short.

Run by `make bench`.
"""

from __future__ import annotations

# isort: off
from timing import claim, interleaved, median_ratio, process, record  # first: one core, one thread

# isort: on
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import a1viz
from a1viz.pictures.dot_output import layout_dot
from a1viz.pictures.engine import find_engine
from a1viz.pictures.sizes import measure

ROUNDS = 15
LIMITS = {  # what is claimed, on all recorded machines
    "a1viz --help takes no longer than import numpy": 1.0,
    "import a1viz takes at most 0.25 of import numpy": 0.25,
    "import a1viz with its interpreter takes at most 1.6 of import numpy": 1.6,
    "drawing to SVG in a warm process takes at most 3 of the bare engine": 3.0,
    "a1viz render, a whole process, takes at most 3 of engine plus interpreter start": 3.0,
    "ten times the nodes take at most 16 times as long to build, differentiate and run": 16.0,
    "100,000 nodes: peak memory in GiB": 1.0,
}
HELP, IMPORT, INTERPRETER, DRAW, RENDER, CHAINS, MEMORY = LIMITS
CHAIN = """
import resource, time, a1viz
n = {n}
start = time.perf_counter()
g = a1viz.parse("\\n".join(f"a{{k + 1}} = tanh(a{{k}})" for k in range(n)), a0=[3])
found = a1viz.grad(g, ["a0"], {{f"a{{n}}": [1.0, 1.0, 1.0]}}, a0=[0.1, 0.2, 0.3])
seconds = time.perf_counter() - start
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


def startup() -> Iterator[dict[str, object]]:
    python = sys.executable
    times = interleaved({
        "import numpy": process([python, "-c", "import numpy"]),
        "import a1viz": process([python, "-c", "import a1viz"]),
        "import a1viz and run": process([python, "-c", "import a1viz; a1viz.run"]),
        "a1viz --help": process([python, "-m", "a1viz", "--help"]),
    }, ROUNDS, clock=time.perf_counter)  # fmt: skip
    yield claim("start", HELP, median_ratio(times, "a1viz --help", "import numpy"), times)
    yield claim("start", IMPORT, median_ratio(times, "import a1viz", "import numpy"), times)
    yield claim("start", INTERPRETER, median_ratio(times, "import a1viz and run", "import numpy"), times)


def rendering(folder: Path) -> Iterator[dict[str, object]]:
    graph = a1viz.load("gated_network")
    drawn = a1viz.draw(graph, backward=True).diagram
    text = layout_dot(drawn, measure(drawn))
    (folder / "g.dot").write_text(text)
    bare = process([find_engine().path, "-Tjson", str(folder / "g.dot")])
    output = str(folder / "g.svg")
    times = interleaved({
        "bare engine": bare,
        "python": process([sys.executable, "-c", "pass"]),
        "draw in a warm process": lambda: a1viz.draw(graph, backward=True).svg,
        "a1viz render": process([sys.executable, "-m", "a1viz", "render", "gated_network", "--backward", "-o", output]),
    }, ROUNDS, clock=time.perf_counter)  # fmt: skip
    yield claim("render", DRAW, median_ratio(times, "draw in a warm process", "bare engine"), times)
    yield claim("render", RENDER, median_ratio(times, "a1viz render", "bare engine", "python"), times)


def chains() -> Iterator[dict[str, object]]:
    def run(n: int) -> tuple[float, float]:
        out = subprocess.run([sys.executable, "-c", CHAIN.format(n=n)], check=True, capture_output=True, text=True).stdout
        seconds, gibibytes = map(float, out.split())
        return seconds, gibibytes

    small, large = run(10_000), run(100_000)
    times = {"10,000 nodes": [small[0]], "100,000 nodes": [large[0]]}
    yield claim("chain", CHAINS, large[0] / small[0], times)
    yield claim("chain", MEMORY, large[1], times)


def measured() -> Iterator[dict[str, object]]:
    yield from startup()
    with tempfile.TemporaryDirectory() as name:
        yield from rendering(Path(name))
    yield from chains()


if __name__ == "__main__":
    record("core", measured(), LIMITS)
