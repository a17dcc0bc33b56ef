"""The how-to's own site, as it is written there: each of its ways is built by its own commands, opened, and touched."""

from __future__ import annotations

import http.server
import importlib.util
import json
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from conftest import NO_ZENSICAL, ROOT, environment
from watched_pages import watched

import a1viz
from a1viz.site.assets import assets
from a1viz.site.page_code import Block, blocks

TEXT = (ROOT / "docs" / "how-to" / "own-site.md").read_text(encoding="utf-8")
TITLED = {block.title: block for block in blocks(TEXT) if block.title}
WAYS = {"MkDocs": "mkdocs.yml", "Zensical": "zensical.toml", "Python-Markdown": "build.py"}
POLICY = re.findall(r'Content-Security-Policy" content="([^"]+)"', TEXT)[0]
VARIABLES = {"NO_MKDOCS_2_WARNING": "1"}  # of which the theme speaks in every build


def commands_of(way: str) -> list[str]:
    """What one types after having written that way's files."""
    shown = next(b for b in blocks(TEXT) if b.language == "console" and b.first > TITLED[WAYS[way]].last)
    return [line.removeprefix("$ ") for line in shown.body.splitlines() if line.startswith("$ ")]


def called(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A command of the page, by this Python."""
    program, *words = command.split()
    whole = [sys.executable, *words] if program == "python" else [sys.executable, "-m", program, *words]
    return subprocess.run(whole, cwd=folder, env=environment(**VARIABLES), capture_output=True, text=True, timeout=600)


def run(command: str, folder: Path) -> str:
    """What a command prints, which may not fail."""
    done = called(command, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def write(block: Block, folder: Path) -> None:
    path = folder / block.title
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.body, encoding="utf-8")


def skip_without_zensical(way: str) -> None:
    if way == "Zensical" and importlib.util.find_spec("zensical") is None:
        pytest.skip(NO_ZENSICAL)


@pytest.fixture(scope="module", params=WAYS)
def made(request, tmp_path_factory) -> Path:
    """A folder with the built site in `site`, made as the page says."""
    skip_without_zensical(request.param)
    folder = tmp_path_factory.mktemp(request.param.lower())
    for title in ("docs/index.md", WAYS[request.param], "hashes.py"):
        write(TITLED[title], folder)
    said = [run(command, folder) for command in commands_of(request.param)]
    assert "could not" not in "".join(said).lower() and "WARNING" not in "".join(said), said
    return folder


def test_every_way_of_the_page_is_tried():
    tabs = re.findall(r'^=== "([^"]+)"', TEXT.partition("## Set it up")[2].partition("\n## ")[0], re.M)
    assert tabs == list(WAYS)
    assert all(commands_of(way)[0].startswith("a1viz assets ") for way in WAYS)


def test_the_site_has_the_picture_and_what_it_loads(made):
    page = (made / "site" / "index.html").read_text(encoding="utf-8")
    assert page.count("data-a1viz-live") == 1 and "a1viz-error" not in page and 'class="a1viz-data"' in page
    assert {path.name for path in (made / "site" / "assets").glob("a1viz*")} == set(assets())


class Strict(http.server.SimpleHTTPRequestHandler):
    """Serves a folder under a content security policy."""

    policy = ""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path, policy: str):
    handler = type("Handler", (Strict,), {"policy": policy})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def values(page) -> dict[str, str]:
    """The values in the boxes that are seen, as JSON."""
    return dict(page.eval_on_selector_all("svg g[id][data-name]", "boxes => boxes.map(b => [b.dataset.name, b.dataset.value])"))


def touch(page) -> None:
    """Change a number by keys; all values follow as Python computes them."""
    page.locator("figure[data-a1viz-live=ready]").wait_for()
    page.locator("svg:visible [role=spinbutton][aria-label='x entry 1']").first.focus()
    page.keyboard.press("ArrowUp")
    x = np.array(a1viz.load("two_layer").document.values["x"], float)
    x[0] += 0.1
    wanted, found = a1viz.run("two_layer", trace=True, x=x), values(page)
    assert set(found) <= set(wanted) and len(found) > 3
    for name, text in found.items():
        np.testing.assert_allclose(np.asarray(json.loads(text), float), wanted[name], rtol=1e-12, atol=1e-14, err_msg=name)


@pytest.mark.browser
def test_the_picture_is_live_under_the_policy_of_the_page(made, browser):
    hashes = " ".join(run("python hashes.py", made).split())
    assert bool(hashes) == (not (made / "build.py").exists())
    policy = POLICY.replace("script-src 'self'", f"script-src 'self' {hashes}") + "; connect-src 'self'"
    with served(made / "site", policy) as home, watched(browser, home) as (page, trouble):
        page.goto(f"{home}/index.html")
        touch(page)
    ours = [said for said in trouble if "favicon" not in said]
    assert not ours, "\n".join(ours)


@pytest.mark.browser
def test_the_picture_is_live_from_files(made, browser):
    home = (made / "site").as_uri()
    with watched(browser, home) as (page, trouble):
        page.goto(f"{home}/index.html")
        touch(page)
    assert not [said for said in trouble if "a1viz" in said.replace(home, "") or "asks for" in said], "\n".join(trouble)


@pytest.mark.process
@pytest.mark.parametrize(("way", "command", "fails"), [("MkDocs", "mkdocs build --strict", True), ("Zensical", "zensical build", False)])
def test_a_mistake_is_told_and_fails_a_strict_build_of_mkdocs(way, command, fails, tmp_path):
    skip_without_zensical(way)
    for title in ("docs/index.md", WAYS[way]):
        write(TITLED[title], tmp_path)
    page = tmp_path / "docs" / "index.md"
    page.write_text(page.read_text(encoding="utf-8").replace("graph: two_layer", "graph: two_laier"), encoding="utf-8")
    run("a1viz assets docs/assets", tmp_path)
    done = called(command, tmp_path)
    assert "no graph is called 'two_laier'; did you mean 'two_layer'?" in done.stdout + done.stderr
    assert (done.returncode != 0) == fails, done.stdout + done.stderr


@pytest.mark.process
def test_what_the_hook_does_is_done_before_a_build_without_hooks(tmp_path):
    skip_without_zensical("Zensical")
    settings = next(block.body for block in blocks(TEXT) if "a1viz.site.formulas" in block.body)
    given = TITLED["zensical.toml"].body.replace("[project]", '[project]\ndocs_dir = "prepared"', 1)
    (tmp_path / "zensical.toml").write_text(f"{given}\n{settings}", encoding="utf-8")
    (tmp_path / "docs").mkdir()
    page = "# One\n\n$\\bar x$\n\n```python\nprint(6 * 7)\n```\n\n```console\n$ a1viz run two_layer\n```\n"
    (tmp_path / "docs" / "index.md").write_text(page, encoding="utf-8")
    second = "# Two\n\n<!-- continues: one.md -->\n\n```python\nprint(add(40, 2))\n```\n"
    (tmp_path / "docs" / "two.md").write_text(second, encoding="utf-8")
    (tmp_path / "docs" / "one.md").write_text("# One\n\n```python\ndef add(a, b):\n    return a + b\n```\n", encoding="utf-8")
    assert "a1viz.css" in run("a1viz pages --from docs -o prepared", tmp_path)
    run("zensical build", tmp_path)
    made = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert 'aria-label="x bar"' in made and "arithmatex" not in made
    assert ">42" in made and "-12" in made
    assert "\n42\n" in (tmp_path / "prepared" / "two.md").read_text(encoding="utf-8")
    (tmp_path / "docs" / "index.md").write_text("# One\n\n```python\n1 / 0\n```\n", encoding="utf-8")
    failed = called("a1viz pages --from docs -o prepared", tmp_path)
    assert failed.returncode == 2 and "index.md, line 3: this Python block failed: " in failed.stderr
    assert called("a1viz pages --from docs -o docs/prepared", tmp_path).returncode == 2


@pytest.mark.process
def test_the_written_list_of_what_zensical_lacks_is_so(tmp_path):
    """Once one of these fails, Zensical can do more: the list gets shorter."""
    skip_without_zensical("Zensical")
    assert [said for said in ("the search ignores the weight of a page", "`!relative` in `mkdocs.yml`") if said not in TEXT] == []
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# First\n\nWords.\n", encoding="utf-8")
    (tmp_path / "docs" / "last.md").write_text("---\nsearch: {boost: 0.001}\n---\n\n# Last\n\nWords.\n", encoding="utf-8")
    settings = tmp_path / "mkdocs.yml"
    settings.write_text("site_name: Small\n", encoding="utf-8")
    run("zensical build", tmp_path)
    first, last = json.loads((tmp_path / "site" / "search.json").read_text(encoding="utf-8"))["items"]
    assert set(first) == set(last) and "0.001" not in json.dumps(last)
    settings.write_text("site_name: Small\nextra_css: [!relative $config_dir]\n", encoding="utf-8")
    refused = called("zensical build", tmp_path)
    assert refused.returncode != 0 and "!relative" in refused.stdout + refused.stderr
