"""The wheel as its users install it: away from the checkout, bare, and with one extra at a time; each in an environment of its own.

    python3.12 tests/wheel.py dist/a1viz-0.2.0-py3-none-any.whl [EXTRA ...]

tries it with the Python that runs this, and with the extras that are named, all of them, or `none`; `make test-wheel` does so with
every Python found.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

CONSTRAINTS = Path(__file__).resolve().parent.parent / "constraints.txt"
CHAPTER = """# Sums

<!-- hand-in: 1.1 -->
A sum: $1 + 1$.
<!-- /hand-in -->

<!-- notebook: 1.1 A sum -->
A sum.

```python
print(1 + 1)
```
<!-- /notebook -->
"""
CLUSTER = """
import subprocess, sys
from dask.distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        command = [sys.executable, "-m", "a1viz", *sys.argv[1:], "--scheduler", cluster.scheduler_address]
        sys.exit(subprocess.run(command).returncode)
"""


class Command(NamedTuple):
    """What is asked, what must stand in the answer, and how a file begins that is written."""

    words: str
    says: str = ""
    writes: str = ""
    begins: bytes = b""
    code: int = 0


BARE = (
    Command("--version", "a1viz "),
    Command("doctor", 'pip install "a1viz[plots]"'),
    Command("list", "gated_network"),
    Command("show gated_network", "softmax"),
    Command("render gated_network --backward -o gated.svg", writes="gated.svg", begins=b"<"),
    Command("render two_layer --values -o two.png", writes="two.png", begins=b"\x89PNG"),
    Command("render two_layer --format html -o two.html", writes="two.html", begins=b"<!doctype html"),
    Command("run two_layer --json", '"y": [-12'),
    Command("grad two_layer --wrt W1", "W1_bar"),
    Command("derive gated_network --wrt x", "x_bar"),
    Command("cost table --set N=100,K=4,D=64", "multiplications"),
    Command("norms two_layer", "572"),
    Command("check --all", " 0 wrong"),
    Command("sort 3 1 4 2", "1"),
    Command("convert gated_network --backward -o gated.py", writes="gated.py", begins=b'"""'),
    Command("assets files", "a1viz-live.js"),
    Command("writeup", "installed here without its chapters", code=2),
)
EXTRAS = {  # without the extra each of these says how to get it
    "plots": (Command("regress poly --degree 3 --repeats 2 -o fit.svg", writes="fit.svg", begins=b"<"),),
    "data": (Command("train logistic --steps 20", "loss"),),
    "dask": (Command("verify merge -n 4 --scheduler tcp://127.0.0.1:1", "no Dask scheduler answers", code=2),),
    "pdf": (Command("render two_layer -o two.pdf", writes="two.pdf", begins=b"%PDF"),),
    "notebook": (Command("writeup chapters --only notebook -o made", writes="made/a1-code.ipynb", begins=b"{"),),
    "onnx": (Command("convert two_layer -o two.onnx", writes="two.onnx"), Command("run two.onnx --set x=[1,3,1] --json", "-12")),
    "site": (
        Command("writeup chapters -o both", writes="both/a1-writeup.pdf", begins=b"%PDF"),
        Command("pages -o pages", writes="pages/gallery.md", begins=b"---\ntitle: Gallery"),
    ),
}


NOT_TRIED = ("torch",)  # hundreds of megabytes, and no command needs it; `make test-peers` has it


def attempt(python: Path, folder: Path, command: Command, **variables: str) -> str:
    """What is wrong with what a command does, in a folder that has chapters; nothing, if nothing is."""
    (folder / "chapters").mkdir(exist_ok=True)
    (folder / "chapters" / "sums.md").write_text(CHAPTER, encoding="utf-8")
    clean = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
    clean |= {"LANG": "C.UTF-8", "A1VIZ_CACHE": str(folder / "cache"), **variables}
    done = subprocess.run([python, "-m", "a1viz", *command.words.split()], cwd=folder, env=clean, capture_output=True, text=True)
    said = done.stdout + done.stderr
    if done.returncode != command.code or command.says not in said or "Traceback" in said:
        return f"a1viz {command.words}: exit code {done.returncode}\n{said[-2000:]}"
    written = (folder / command.writes).read_bytes()[:20] if command.writes else b""
    return "" if written.lower().startswith(command.begins.lower()) else f"a1viz {command.words}: {command.writes} begins {written!r}"


def without(extra: str) -> Command:
    """The first command of an extra, as it ends where the extra is not installed: one message, and how to get what is missing."""
    return EXTRAS[extra][0]._replace(says=f'which is not installed: pip install "a1viz[{extra}]"\n', writes="", begins=b"", code=2)


def installed(folder: Path, wheel: Path, extra: str = "") -> Path:
    """The Python of a new environment that has the wheel, what it needs, and an extra; pip finds the rest as the caller has set it up."""
    pip_reads = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    wanted = f"{wheel}[{extra}]" if extra else str(wheel)
    python = folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([sys.executable, "-m", "venv", folder / "env"], env=pip_reads, check=True)
    subprocess.run([python, "-m", "pip", "install", "-qq", "-c", CONSTRAINTS, wanted], env=pip_reads, check=True)
    subprocess.run([python, "-m", "pip", "check", "-q"], env=pip_reads, check=True, stdout=subprocess.DEVNULL)
    return python


def tried(wheel: Path, extra: str = "") -> list[str]:
    """What is wrong with the wheel, bare or with an extra."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = installed(folder, wheel, extra)
        commands = EXTRAS[extra] if extra else (*BARE, *map(without, EXTRAS))
        wrong = [problem for command in commands if (problem := attempt(python, folder, command))]
        if extra == "dask" and not wrong:
            wrong = _on_a_cluster(python, folder)
    version = ".".join(map(str, sys.version_info[:3]))
    print(
        f"Python {version}, {extra or 'bare'}: {len(commands)} commands, {len(wrong)} wrong, {time.monotonic() - begin:.0f} s", flush=True
    )
    return wrong


def _on_a_cluster(python: Path, folder: Path) -> list[str]:
    (folder / "cluster.py").write_text(CLUSTER, encoding="utf-8")
    command = [python, "cluster.py", *"regress noise -n 20 -d 5 --repeats 50 --json".split()]
    done = subprocess.run(command, cwd=folder, env=dict(os.environ), capture_output=True, text=True)
    return [] if done.returncode == 0 and done.stdout.startswith(("{", "[")) else [f"on a cluster: {done.stderr[-2000:]}"]


def main() -> int:
    """Try the wheel that is named on the command line; the number of faults."""
    wheel, *named = sys.argv[1:]
    extras = [] if named == ["none"] else named or list(EXTRAS)
    wrong = [problem for extra in ("", *extras) for problem in tried(Path(wheel).resolve(), extra)]
    print("\n".join(wrong), end="\n" if wrong else "")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main())
