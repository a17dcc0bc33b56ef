"""What the tests share: golden texts, the built site, a browser, and a cache of their own."""

from __future__ import annotations

import difflib
import fcntl
import gc
import http.server
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from live_engine import Engine, opened

import a1viz
from a1viz.site.page_code import QUIET

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).resolve().parent / "golden"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SECOND_BROWSERS = ("firefox-esr", "firefox")
collect_ignore = ["exchange/modules_of_pytorch.py"]  # which needs PyTorch
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMES = int(os.environ.get("PROVE_TIMES", "1"))
NO_BROWSER = "no chromium: " + ", ".join(BROWSERS) + " are not on the PATH"
NO_SECOND_BROWSER = "no second browser: " + ", ".join(SECOND_BROWSERS) + " are not on the PATH"
NO_ZENSICAL = "no Zensical: pip install zensical to build the how-to's site with it"
NO_TORCH = "no PyTorch: pip install torch to compare with its per-example gradients"
NO_MYPY = "no mypy: pip install mypy to check the types"
NO_POPPLER = "no pdftoppm: install poppler-utils to compare each PDF with the same picture as PNG"
NO_TEX = "no TeX: install pdflatex with amsmath and amssymb to compile every formula"
NO_TIKZ = "no TikZ: install pdflatex with pgf (Debian: texlive-pictures, texlive-latex-recommended) to compile the pictures"
NO_MERMAID = "no Mermaid: npm is not there or cannot fetch it, to read the flowcharts with its own grammar"
NO_DASK = "no Dask: pip install distributed to run chunks on a cluster"
NO_TERMINAL = "no pseudo-terminal: mount /dev/pts to press the Tab key in a shell"
NO_NETWORK = "no package index: connect to one to run the notebook where only what its first cell names is installed"


def examples(count: int) -> settings:
    """Random examples for a property: so many, and many times as many in `make prove`."""
    return settings(max_examples=count * TIMES, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def part(all_there_are: int) -> int:
    """A third of what is alike, or of what is long; all of it in `make prove`, which runs what is marked `many` too."""
    return all_there_are if TIMES > 1 else -(-all_there_are // 3)


def environment(**about: str) -> dict[str, str]:
    """All variables of a process that a test starts, with what the test is about: no other variable of the caller has a say."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "A1VIZ_CACHE") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": QUIET, **about}


def is_alive(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    state = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():  # a killed process may be waiting for somebody to ask for it
        return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def has_ended(pid: int, seconds: float = 600) -> bool:
    """Whether a process ends, soon: a signal takes its time on a busy machine."""
    end = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_alive(pid)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="rewrite tests/golden/ with what the code says now")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The site's tests take longest: begun first, they run beside all the others."""
    items.sort(key=lambda item: item.path.name != "test_site.py")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was not run because something is not installed is announced where nobody can miss it."""
    for what, reason in (
        ("BROWSER TESTS", NO_BROWSER),
        ("TESTS IN A SECOND BROWSER", NO_SECOND_BROWSER),
        ("A SITE OF ZENSICAL", NO_ZENSICAL),
        ("COMPARISONS WITH PYTORCH", NO_TORCH),
        ("CHUNKS ON A DASK CLUSTER", NO_DASK),
        ("THE NOTEBOOK IN A BARE ENVIRONMENT", NO_NETWORK),
        ("COMPLETION IN A SHELL", NO_TERMINAL),
        ("TYPES", NO_MYPY),
        ("FORMULAS IN REAL TEX", NO_TEX),
        ("PICTURES IN REAL TEX", NO_TIKZ),
        ("FLOWCHARTS IN REAL MERMAID", NO_MERMAID),
        ("PDF AS PIXELS", NO_POPPLER),
    ):
        skipped = [report for report in terminalreporter.stats.get("skipped", []) if reason in str(report.longrepr)]
        if skipped:
            terminalreporter.write_sep("!", f"{what} SKIPPED: {len(skipped)}, {reason}", red=True, bold=True)


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The cache of this run, of all its processes: no test sees pictures an earlier version has drawn, nor the caller's settings."""
    here = tmp_path_factory.getbasetemp()
    path = (here.parent if "PYTEST_XDIST_WORKER" in os.environ else here) / "shared-cache"
    path.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("PYTHON", "A1VIZ", "_A1VIZ"))]:
            patch.delenv(name)
        patch.setenv("A1VIZ_CACHE", str(path))
        patch.setenv("NO_MKDOCS_2_WARNING", "1")
        yield path


@pytest.fixture(scope="module", autouse=True)
def _older_than_this_file() -> None:
    """What earlier files have made, and all tests there are, is not looked through for garbage again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden("name.dot", text)`: the text is what tests/golden/name.dot holds; --update-goldens rewrites the file."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-goldens"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        if not path.exists():
            pytest.fail(f"tests/golden/{name} does not exist; make it with: make test ARGS=--update-goldens", pytrace=False)
        expected = path.read_text(encoding="utf-8")
        if text != expected:
            lines = difflib.unified_diff(expected.splitlines(), text.splitlines(), f"golden/{name}", "now", lineterm="")
            pytest.fail("\n".join([*lines, "if this is meant: make test ARGS=--update-goldens"]), pytrace=False)

    return compare


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """The folder of the real site, built strictly and without a warning, once for all processes that test."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first one builds, the others wait for it
        if not (shared / "site").exists():
            build_site(own / "building").rename(shared / "site")
    return shared / "site"


def build_site(path: Path) -> Path:
    """Build the real site into a folder that is not there."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(path)]
    clean = environment(NO_MKDOCS_2_WARNING="1")
    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, timeout=3600)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "WARNING" not in said, said
    return path


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address where a folder is served meanwhile."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def site_url(site: Path) -> Iterator[str]:
    """The address where that folder is served while the tests run."""
    with served(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """A browser (Playwright's synchronous API) driven by the chromium of this machine."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(NO_BROWSER)
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=BROWSER_FLAGS, env=environment())
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def engine(browser) -> Engine:
    """The page's engine in that browser."""
    return opened(browser)


@pytest.fixture
def shelf(tmp_path):
    """Write documents side by side and load the last one."""

    def load(**documents: str):
        for name, text in documents.items():
            (tmp_path / f"{name}.toml").write_text(text)
        return a1viz.load(tmp_path / f"{name}.toml")

    return load
