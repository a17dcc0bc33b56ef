"""The notebook of the hand-in: its sections and their outputs, the same bytes each time, blank without an answer; and own chapters."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import nbformat
import pytest
from conftest import NO_NETWORK, ROOT, environment
from harmless import within

import a1viz
from a1viz.base.errors import InputError, OutputError
from a1viz.base.limits import NOTEBOOK_BYTES
from a1viz.site import kernel
from a1viz.site.chapters import chapter_texts, marked_parts
from a1viz.site.notebook import NEEDS, notebook_bytes
from a1viz.site.notebook_cells import TO_DO
from a1viz.site.page_code import blocks

SECTIONS = [
    *("1 Logistic regression", "1.1 Binary cross-entropy", "1.2 A general linear layer", "1.3 Binary logistic regression"),
    *("1.4 Full-batch gradient descent", "1.5 Training and its pictures", "2 Multi-layer perceptron", "2.1 Activation functions"),
    *("2.2 Sequential", "2.3 The binary-classification MLP", "2.4 Training the MLP"),
]
SMALL = 1e-8  # central differences err by about 1e-10 here

Cells = list[dict[str, Any]]


def chapter(*parts: str) -> str:
    """A chapter whose section 1.1 has these parts, an empty line between two."""
    return "\n".join(["# Mine", "", "<!-- notebook: 1.1 First -->", "\n\n".join(parts), "<!-- /notebook -->", ""])


def coded(code: str) -> str:
    return f"```python\n{code}\n```"


def cells_of(made: bytes) -> Cells:
    found = nbformat.reads(made.decode(), as_version=4)
    nbformat.validate(found)
    return found.cells


def by_section(cells: Cells) -> dict[str, Cells]:
    """The cells below each heading with a number, by this heading."""
    found: dict[str, Cells] = {}
    for cell in cells:
        named = re.match(r"#+ (\d.*)", cell.source) if cell.cell_type == "markdown" else None
        if named:
            found[named[1]] = []
        if found:
            found[[*found][-1]].append(cell)
    return found


def printed(cells: Cells) -> str:
    return "".join(output.text for cell in cells for output in cell.get("outputs", ()) if output.output_type == "stream")


@pytest.fixture(scope="module")
def chapters() -> dict[str, str]:
    return chapter_texts(ROOT / "docs")


@pytest.fixture(scope="module")
def handed_in(chapters) -> bytes:
    return notebook_bytes(chapters, author="A. Student")


@pytest.fixture(scope="module")
def blank(chapters) -> bytes:
    return notebook_bytes(chapters, blank=True)


# --- what is handed in ----------------------------------------------------------------------------------------------------------


@pytest.mark.process
def test_the_sections_are_those_of_the_assignment_in_order_each_with_an_output(handed_in):
    found = by_section(cells_of(handed_in))
    assert list(found) == SECTIONS
    for name, cells in found.items():
        assert [cell for cell in cells if cell.get("outputs")], name
    first = cells_of(handed_in)[0].source
    assert "A. Student" in first and NEEDS in first and all(f"- {name}" in first for name in SECTIONS)


@pytest.mark.process
def test_every_gradient_is_printed_and_checked(handed_in):
    found = by_section(cells_of(handed_in))
    for name in ("1.1", "1.2", "2.1"):
        said = printed(found[next(section for section in SECTIONS if section.startswith(name))])
        assert re.search(r"gradient.* central differences: ", said), name
    differences = re.findall(r"largest difference (\S+)", printed(cells_of(handed_in)))
    assert len(differences) > 20 and max(map(float, differences)) < SMALL
    for name, parameters in (("1.3", "W b"), ("1.5", "W b"), ("2.3", "0.W 0.b 2.W 2.b"), ("2.4", "0.W 0.b 2.W 2.b")):
        said = printed(found[next(section for section in SECTIONS if section.startswith(name))])
        rows = re.findall(r"^(\S+) +\([\d, ]+\) +(\S+) +(\S+) +\[", said, re.MULTILINE)
        assert [row[0] for row in rows] == parameters.split() and all(float(error) < SMALL for _, _, error in rows)


@pytest.mark.process
def test_losses_and_boundaries_are_shown_and_all_of_it_is_small(handed_in):
    found = by_section(cells_of(handed_in))
    for name in ("1.5 Training and its pictures", "2.4 Training the MLP"):
        pictures = [o.data["image/png"] for cell in found[name] for o in cell.get("outputs", ()) if "image/png" in o.get("data", {})]
        assert pictures and all(base64.b64decode(picture).startswith(b"\x89PNG") for picture in pictures)
    assert len(handed_in) < 1_000_000
    results = [o.data for cell in cells_of(handed_in) for o in cell.get("outputs", ()) if "data" in o]
    assert len(results) >= 6 and all("image/png" in data and "image/svg+xml" not in data for data in results)


@pytest.mark.process
def test_nothing_tells_when_where_or_by_what_it_was_run(handed_in):
    text = handed_in.decode()
    assert not re.search(r"0x[0-9a-f]{6}|Warning|/tmp|/home|stderr|iopub|20\d\d-\d\d", re.sub(r'"image/png": "[^"]*"', "", text))
    made = json.loads(text)
    assert "version" not in made["metadata"]["language_info"] and made["metadata"]["authors"] == [{"name": "A. Student"}]
    code = [cell for cell in made["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert all(not cell["metadata"] for cell in made["cells"])


@pytest.mark.process
def test_it_becomes_html(handed_in):
    from nbconvert import HTMLExporter

    html, _ = HTMLExporter().from_notebook_node(nbformat.reads(handed_in.decode(), as_version=4))
    assert all(f"{name}<" in html for name in SECTIONS)


@pytest.mark.prove
@pytest.mark.process
def test_it_is_the_same_each_time(chapters, handed_in, tmp_path, monkeypatch):
    monkeypatch.setenv("A1VIZ_CACHE", str(tmp_path))
    assert notebook_bytes(chapters, author="A. Student") == handed_in


@pytest.mark.prove
@pytest.mark.process
def test_it_runs_where_only_what_its_first_cell_names_is_installed(handed_in, tmp_path):
    source, python_there = tmp_path / "source", tmp_path / "venv" / "bin" / "python"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "site", "dist", "tests", "docs", "benchmarks", "node_modules"))
    ways = {name: value for name, value in os.environ.items() if name.lower().startswith("pip_") or name.lower().endswith("_proxy")}
    about = environment(**ways, PYTHONPATH="")
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True, env=about)
    extras = re.search(r"\[.*\]", NEEDS)[0]
    wanted = [f"{source}{extras}", "nbclient", "ipykernel"]
    command = [str(python_there), "-m", "pip", "install", "-q", "-c", str(ROOT / "constraints.txt"), *wanted]
    done = subprocess.run(command, capture_output=True, text=True, env=about)
    if "No matching distribution" in done.stderr or "Failed to establish" in done.stderr:
        pytest.skip(NO_NETWORK)
    assert not done.returncode, done.stderr
    (tmp_path / "a1-code.ipynb").write_bytes(handed_in)
    run = "import nbformat, nbclient; n = nbformat.read('a1-code.ipynb', 4); nbclient.NotebookClient(n).execute(); print(len(n.cells))"
    about |= {"HOME": str(tmp_path)}
    done = subprocess.run([str(python_there), "-c", run], cwd=tmp_path, env=about, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    assert int(done.stdout) == len(cells_of(handed_in))


# --- blank ------------------------------------------------------------------------------------------------------------------------


def test_a_blank_one_has_every_task_and_no_answer(chapters, blank):
    found = by_section(cells_of(blank))
    assert list(found) == SECTIONS
    for name, cells in found.items():
        assert (TO_DO in [cell.source for cell in cells]) == ("." in name.split()[0]), name
        assert "**Task**" in cells[0].source or "." not in name.split()[0]
    said: dict[str, set[str]] = {"task": set(), "notebook": set()}
    for name, page in chapters.items():
        for part in (p for p in marked_parts(page, name) if p.kind in said):
            said[part.kind] |= {line.strip() for line in page.split("\n")[part.first : part.last + 1]}
    answers, text = said["notebook"] - said["task"], blank.decode()
    assert len(answers) > 100 and not [line for line in answers if len(line) > 20 and json.dumps(line, ensure_ascii=False)[1:-1] in text]


def test_a_blank_one_keeps_what_is_given_and_the_checks_and_runs_nothing(blank):
    code = [cell for cell in cells_of(blank) if cell.cell_type == "code"]
    assert not [cell for cell in code if cell.outputs or cell.execution_count]
    assert [cell for cell in code if "def numerical_gradient" in cell.source] and [
        cell for cell in code if "some_z, some_t =" in cell.source
    ]
    assert "outputs" not in blank.decode() or b"image/png" not in blank


def test_a_blank_one_is_made_without_what_runs_notebooks(monkeypatch):
    monkeypatch.setattr(kernel, "find_spec", lambda name: None)
    made = cells_of(notebook_bytes({"a.md": chapter("Because of the *rule*.", coded("x = 1  # a blank one"))}, blank=True))
    assert [cell.source for cell in made[1:]] == ["### 1.1 First", TO_DO]
    for missing in ("nbclient", "ipykernel"):
        monkeypatch.setattr(kernel, "find_spec", lambda name, missing=missing: None if name == missing else find_spec(name))
        with pytest.raises(OutputError, match=rf'{missing}, which is not installed: pip install "a1viz\[notebook\]"'):
            notebook_bytes({"a.md": chapter(coded("x = 2  # nobody runs it"))})


def test_answers_in_several_parts_and_tasks_without_any_have_one_empty_cell_each():
    text = """
<!-- task: 1 Waves -->
Given.
<!-- /task -->
<!-- task: 1.1 Frequency -->
Ask.
<!-- /task -->
<!-- notebook: 1.1 -->
One.
<!-- /notebook -->
Not handed in.
<!-- notebook: 1.1 -->
Two.
<!-- /notebook -->
<!-- task: 1.1 -->
Check.
<!-- /task -->
<!-- notebook: 1.1 -->
Three.
<!-- /notebook -->
<!-- task: 1.2 Length -->
Ask more.
<!-- /task -->
"""
    made = [cell.source for cell in cells_of(notebook_bytes({"waves.md": text}, blank=True))][1:]
    assert made == ["## 1 Waves\n\nGiven.", "### 1.1 Frequency\n\nAsk.", TO_DO, "Check.", TO_DO, "### 1.2 Length\n\nAsk more.", TO_DO]


# --- chapters of one's own --------------------------------------------------------------------------------------------------------

OWN = """
<!-- notebook: 1.1 Twice -->
#### The rule

See [the other page](other.md#rule), [above](#twice) and [a book](https://example.org/b).

```toml title="twice.toml"
title = "Twice"
equations = '''
y = 2 * x
'''
[inputs]
x = []
[values]
x = 3
```

```a1viz
graph: twice.toml
view: values
caption: Three is six.
```

```console
$ a1viz run twice.toml
```
<!-- /notebook -->
"""


@pytest.mark.process
def test_a_course_of_ones_own_draws_its_own_graphs():
    first, second, drawn, caption, last = cells_of(notebook_bytes({"own.md": OWN}, title="Doubling"))
    assert first.source.startswith("# Doubling\n\nNeeds")
    assert second.source.startswith("### 1.1 Twice\n\n#### The rule\n\nSee the other page, above and [a book](https://example.org/b).")
    assert '```toml\ntitle = "Twice"' in second.source and caption.source == "*Three is six.*" and "$ a1viz run" in last.source
    assert drawn.source.startswith('import a1viz\n\na1viz.draw(a1viz.loads("""\\\ntitle = "Twice"\n')
    assert drawn.outputs[0].data["text/plain"] == str(a1viz.draw(a1viz.loads(next(b.body for b in blocks(OWN))), values=True)).rstrip("\n")


def test_a_chapter_may_come_from_windows(tmp_path):
    made = []
    for name, ends in (("unix", "\n"), ("windows", "\r\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "own.md").write_bytes(OWN.replace("notebook", "task").replace("\n", ends).encode())
        made.append(notebook_bytes(chapter_texts(tmp_path / name), blank=True))
    assert made[0] == made[1] and b"\\r" not in made[1]


@pytest.mark.process
def test_only_code_that_has_changed_is_run_again(monkeypatch):
    text = chapter("Words.", coded("print(1 + 1)"))
    first = notebook_bytes({"a.md": text})
    monkeypatch.setattr("a1viz.site.notebook.executed", lambda code: [[{"output_type": "stream", "name": "stdout", "text": "again"}]])
    assert notebook_bytes({"a.md": text}) == first
    changed = notebook_bytes({"a.md": text.replace("Words", "Other words"), "b.md": "# New"}, author="Somebody")
    assert printed(cells_of(changed)) == "2\n" and "Other words" in changed.decode()
    assert printed(cells_of(notebook_bytes({"a.md": text.replace("1 + 1", "1 + 2")}))) == "again"


def test_a_notebook_without_code_is_not_run(monkeypatch):
    monkeypatch.setattr("a1viz.site.notebook.executed", lambda code: pytest.fail("nothing is to be run"))
    assert len(cells_of(notebook_bytes({"a.md": chapter("Words alone.")}))) == 2


def test_links_lead_to_the_site_where_it_is_known():
    addresses = {"own.md": "https://course.example/own/", "other.md": "https://course.example/other/"}
    made = cells_of(notebook_bytes({"own.md": OWN.replace("notebook", "task")}, blank=True, addresses=addresses))
    wanted = "See [the other page](https://course.example/other/#rule), [above](https://course.example/own/#twice) and [a book]"
    assert wanted in made[1].source


@pytest.mark.process
def test_outputs_are_in_one_piece_and_the_same_in_every_run(tmp_path, monkeypatch):
    parts = (
        "import sys\nprint('a', end='', flush=True); print('no', file=sys.stderr, flush=True); print('b')\nprint({'x', 'y', 'z', 'w'})",
        "object()",
        "import os\nos.listdir('.')",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
    )
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "none.py"))
    monkeypatch.setenv("MPLBACKEND", "agg")
    runs = []
    for name in ("one", "two"):
        monkeypatch.setenv("A1VIZ_CACHE", str(tmp_path / name))
        runs.append(notebook_bytes({"a.md": chapter(*map(coded, parts))}))
    assert runs[0] == runs[1]
    _, _, streams, thing, listed, plot = cells_of(runs[0])
    assert [output.name for output in streams.outputs] == ["stdout"] and streams.outputs[0].text.startswith("ab\n{'")
    assert thing.outputs[0].data == {"text/plain": "<object at 0x…>"} and listed.outputs[0].data == {"text/plain": "[]"}
    assert set(plot.outputs[-1].data) == {"image/png", "text/plain"}


FAILS = {  # the code of three cells, of which the second or third fails, the line of the chapter, and what is said
    "a function of another cell": ("def f():\n    return 1 / 0", "x = 1\nf()", 11, "failed: ZeroDivisionError: division by zero"),
    "a slip of the pen": ("x = 1", "y = 2\nz = 1 */ 2", 10, "failed: SyntaxError: invalid syntax$"),
    "a warning": ("import warnings", "\nwarnings.warn('careful', DeprecationWarning)", 10, "failed: DeprecationWarning: careful"),
    "an input": ("x = 1", "x\ninput('?')", 10, "failed: StdinNotImplementedError"),
    "the end of Python": ("import os", "os._exit(3)", 9, "ended its Python"),
}


@pytest.mark.process
@pytest.mark.parametrize("name", [next(iter(FAILS)), *(pytest.param(name, marks=pytest.mark.prove) for name in list(FAILS)[1:])])
def test_a_cell_that_fails_says_where_it_stands(name):
    first, second, line, said = FAILS[name]
    with pytest.raises(InputError, match=rf"^mine/a\.md, line {line}: this cell of the notebook {said}"):
        notebook_bytes({"mine/a.md": chapter(coded(first), coded(second), coded("print('never')"))})


@pytest.mark.prove
@pytest.mark.process
def test_a_cell_that_never_ends_is_stopped(monkeypatch):
    monkeypatch.setattr(kernel, "SECONDS", 10)
    with within(60), pytest.raises(InputError, match=r"a\.md, line 5: this cell of the notebook took too long"):
        notebook_bytes({"a.md": chapter(coded("import time\ntime.sleep(1000)"))})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# No marks\n", "no chapter marks a part for the notebook"),
        (chapter("```a1viz\ngraph: no_such\nview: ranks\n```"), r"a\.md, line 4: a notebook shows no view: 'ranks'; it shows forward,"),
        (chapter("```a1viz\nfigure: mlp_boundary\n```"), r"a\.md, line 4: there is no figure 'mlp_boundary'; the figures are"),
        (chapter("<!-- task: 1 -->"), r"a\.md, line 4: task begins inside notebook 1\.1"),
    ],
)
def test_a_chapter_that_is_no_good_is_refused_with_its_line(text, said):
    with pytest.raises(InputError, match=said):
        notebook_bytes({"a.md": text})


def test_a_notebook_that_is_too_large_is_refused():
    def made(count: int) -> bytes:
        return notebook_bytes({"a.md": chapter("x" * count).replace("notebook", "task")}, blank=True)

    most = 1000 + NOTEBOOK_BYTES - len(made(1000))
    assert len(made(most)) == NOTEBOOK_BYTES
    with pytest.raises(OutputError, match=f"larger than {NOTEBOOK_BYTES:,} bytes"):
        made(most + 1)
