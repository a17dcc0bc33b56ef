"""What shows itself: tables, formulas and arrays as text, Markdown, LaTeX and HTML, whatever their texts say."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from html.parser import HTMLParser

import markdown
import numpy as np
import pytest
from conftest import environment
from harmless import assert_inert

from a1viz.base import table_formats
from a1viz.base.array_formats import array_html, array_latex, array_text
from a1viz.base.errors import EngineError, OutputError
from a1viz.base.latex_tables import latex_words
from a1viz.base.limits import TABLE_ROWS
from a1viz.base.results import TEXT_FORMATS, Matrix, Part, Result, Table, Typeset
from a1viz.base.table_formats import written
from a1viz.base.text_tables import harmless
from a1viz.pictures.sizes import label_seconds

HOSTILE_TEXTS = (
    "<script>alert(1)</script>", '"onload="x', "a|b|c", "`a|b`", "$x_1$ \\input{x}",
    "50% & more_1 #2 ^3 ~4 {5} \\", "*a* _b_ [c](d) ![e](f)",
    "a\nb", "\x1b[31mred", "\u202eturned", "é ü 字 😀 ∂ σ", "-- --- ?` !` << >> '' \"\"", "&lt;b&gt;",
    "\\\\ \\end{tabular}", "", "| :-- |", "---",
)  # fmt: skip
PNG = "UE5H"


@dataclass(frozen=True)
class Sample(Result):
    """A table of everything, and a paragraph."""

    said: str = "x"

    def parts(self) -> list[Part]:
        rows = [(self.said, Typeset("N D^2", "N D^{2}"), Matrix([[1.0, 2.5], [-3.0, np.nan]])), ("total", "", "")]
        return [Table(("name", "T", self.said), rows, "lrr", self.said, foot=1), f"\n{self.said}"]


@dataclass(frozen=True)
class DrawnSample(Sample):
    fails: bool = False

    def drawn(self):
        if self.fails:
            raise EngineError("no engine")
        return SampleFigure()


@dataclass(frozen=True)
class FigureSample(DrawnSample):
    is_figure = True


class SampleFigure:
    def _repr_html_(self) -> str:
        return "<svg></svg>"

    def _repr_mimebundle_(self):
        return {"text/html": self._repr_html_(), "text/plain": "figure", "image/png": PNG}, {"image/png": {"width": 100, "height": 50}}


class Cells(HTMLParser):
    """The tables of a page as texts: one list a row, of the outermost tables alone."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows, self.open, self.depth = [], [], 0
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert tag not in ("script", "img", "iframe", "a"), tag
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag in ("br", "path"):
            return
        self.open.append(tag)
        if tag == "tr" and self.open.count("table") == 1:
            self.rows.append([])
        if tag in ("td", "th") and self.open.count("table") == 1:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        if tag not in ("br", "path"):
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open.count("td") + self.open.count("th"):
            self.rows[-1][-1] += data


def rows_of(text: str) -> list[list[str]]:
    return Cells(text).rows


# --- one result in every format -----------------------------------------------------------------------------------------------


def test_print_and_a_repl_show_the_same_text():
    assert str(Sample()) == repr(Sample()) == "x\nname   T      x\nx      N D^2  [[ 1.   2.5]\n               [-3.   nan]]\ntotal\n\nx"


def test_markdown_is_a_table():
    assert Sample().to("markdown").split("\n") == [
        "x", "", "| name | T | x |", "| :-- | --: | --: |", "| x | $N D^{2}$ | `[[1., 2.5], [-3., nan]]` |", "| total |  |  |", "", "x",
    ]  # fmt: skip


def test_latex_is_a_tabular_with_matrices():
    assert Sample().to("latex").split("\n") == [
        "x", "", r"\noindent", r"\begin{tabular}{lrr}", r"name & T & x \\", r"\hline",
        r"x & $N D^{2}$ & $\begin{pmatrix} 1 & 2.5 \\ -3 & \mathrm{NaN} \end{pmatrix}$ \\ \noalign{\smallskip}",
        r"\hline", r"total &  &  \\", r"\end{tabular}", "", "x",
    ]  # fmt: skip


def test_html_is_a_table_with_formulas_as_outlines_and_no_colour_of_its_own():
    page = Sample().to("html")
    assert rows_of(page) == [["name", "T", "x"], ["x", "", "12.5−3nan"], ["total", "", ""]]
    assert 'aria-label="N D^2"' in page
    assert "text-align:right" in page
    assert not re.search(r"[^-]color:(?!currentColor)|#[0-9a-f]{3}", page)


def test_another_format_is_refused_by_name():
    with pytest.raises(OutputError, match=r"unknown format 'latx'; did you mean 'latex'.* text, markdown, latex, html"):
        Sample().to("latx")


def test_a_notebook_gets_text_and_html_and_latex():
    data, about = Sample()._repr_mimebundle_()
    assert data == {"text/plain": str(Sample()), "text/html": Sample()._repr_html_(), "text/latex": Sample().to("latex")}
    assert about == {}


def test_a_figure_stands_above_the_table_and_its_png_is_in_the_bundle():
    data, about = DrawnSample()._repr_mimebundle_()
    assert data["image/png"] == PNG
    assert about == {"image/png": {"width": 100, "height": 50}}
    assert data["text/html"] == "<svg></svg>" + Sample()._repr_html_()
    assert "text/latex" not in data


def test_a_figure_may_stand_alone():
    data, _ = FigureSample()._repr_mimebundle_()
    assert data["text/html"] == FigureSample()._repr_html_() == "<svg></svg>"
    assert FigureSample(fails=True)._repr_html_() == Sample()._repr_html_()


def test_a_figure_that_cannot_be_drawn_is_left_out():
    data, _ = DrawnSample(fails=True)._repr_mimebundle_()
    assert data["text/html"] == Sample()._repr_html_()


# --- long and odd tables ------------------------------------------------------------------------------------------------------


def long_table(n: int) -> Table:
    return Table(("k",), [(str(k),) for k in range(n)] + [("total",)], "r", foot=1)


@dataclass(frozen=True)
class Long(Result):
    n: int

    def parts(self) -> list[Part]:
        return [long_table(self.n)]


def test_a_long_table_is_shown_by_its_ends_and_written_whole():
    long = Long(TABLE_ROWS + 700)
    assert len(str(long).split("\n")) == TABLE_ROWS + 702
    lines = repr(long).split("\n")
    assert len(lines) == TABLE_ROWS + 1
    assert lines[TABLE_ROWS // 2] == "… 702 more"
    rows = rows_of(long._repr_html_())
    assert rows[1 + TABLE_ROWS // 2] == ["… 700 more"]
    assert (len(rows), rows[-1]) == (TABLE_ROWS + 3, ["total"])
    assert "more" not in Long(TABLE_ROWS)._repr_html_()
    assert all("more" not in Long(TABLE_ROWS + 700).to(format) for format in TEXT_FORMATS)


@pytest.mark.parametrize("table", [Table((), []), Table(("a",), []), Table((), [("x", "1")]), Table(("a", "b"), [("x",)])])
@pytest.mark.parametrize("format", TEXT_FORMATS)
def test_tables_without_rows_or_head_or_cells_are_written(table, format):
    assert isinstance(written([table], format), str)


def test_no_tabular_is_longer_than_a_page():
    blocks = long_table(100).rows
    text = written([Table(("k",), blocks)], "latex")
    sizes = [block.count(r"\\") for block in text.split("\n\n")]
    assert sum(sizes) == 101 + 3  # the head comes again
    assert max(sizes) <= 41


def test_columns_of_words_that_are_too_wide_become_paragraphs():
    text = written([Table(("what", "n"), [("word " * 40, "1")], "lr")], "latex")
    assert re.search(r"\\begin\{tabular\}\{p\{0\.\d\d\\linewidth\}r\}", text)


def test_of_many_formulas_the_first_are_typeset_and_the_others_are_code(monkeypatch):
    monkeypatch.setattr(table_formats, "DRAWING_SECONDS", 10.5 * label_seconds("x_{1}"))
    page = written([Table((), [(Typeset(f"x{k}", f"x_{{{k // 2}}}"),) for k in range(20)] + [(Typeset("again", "x_{0}"),)])], "html")
    assert page.count("<svg") == 21
    assert "<code" not in page
    page = written([Table((), [(Typeset(f"x{k}", f"x_{{{k}}}"),) for k in range(20)])], "html")
    assert page.count("<svg") == 10
    assert page.count(">x") == 10


# --- arrays -------------------------------------------------------------------------------------------------------------------

ARRAYS = {
    "number": 3.0, "label": np.int64(2), "vector": [1.0, 3.0, 1.0], "matrix": [[1, 2], [3, 4]], "three axes": np.arange(8).reshape(2, 2, 2),
    "empty": np.zeros((0, 3)), "no finite": [np.nan, np.inf, -np.inf, -0.0], "tiny": [1e-300, -1.25e17], "million": np.ones((1000, 1000)),
    "deep": np.ones((8,) * 6), "long": np.arange(1e6), "wide": np.full((3, 20), -1.234567e-9), "bool": [True, False],
}  # fmt: skip


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_is_short_in_every_format(name):
    assert max(len(write(ARRAYS[name])) for write in (array_text, array_latex, array_html)) < 30_000


def test_arrays_in_latex():
    written_ = {name: array_latex(value) for name, value in ARRAYS.items()}
    assert written_["number"] == "3"
    assert written_["no finite"] == r"\begin{pmatrix} \mathrm{NaN} \\ \infty \\ -\infty \\ 0 \end{pmatrix}"
    assert written_["empty"] == r"\text{empty, }0 \times 3"
    assert written_["tiny"] == r"\begin{pmatrix} 1 \times 10^{-300} \\ -1.25 \times 10^{17} \end{pmatrix}"
    assert written_["three axes"].count("pmatrix") == 4
    assert r"\ddots" in written_["million"]
    assert written_["million"].count("1") == 36
    assert written_["long"].count(r"\\") == 6
    matrices = (body for text in written_.values() for body in re.findall(r"begin.pmatrix(.*?)end.pmatrix", text))
    assert all(row.count("&") < 10 for body in matrices for row in body.split(r"\\"))


@pytest.mark.parametrize("shape", [(2, 2, 4), (8, 2, 3), (2, 2, 2, 2), (2, 2, 2, 2, 2)])
def test_matrices_too_wide_beside_one_another_stand_below_one_another(shape):
    text = array_latex(np.full(shape, -1.234567e-9))
    assert ", " not in text
    assert text.count(r"\left(") == text.count(r"\begin{matrix}") == sum(np.cumprod(np.minimum(shape, 2))[: len(shape) - 3]) + 1
    assert array_latex(np.ones((2, 2, 2))).count(", ") == 1
    blocks = [(Matrix(np.full((6, 2, 4), -1.234567e-9)),)] * 9
    sizes = [block.count(r"\\") for block in written([Table((), blocks)], "latex").split("\n\n")]
    assert max(sizes) <= 41
    assert len(sizes) == 3


# --- hostile texts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", HOSTILE_TEXTS)
def test_any_text_is_harmless_in_every_format(said):
    result = Sample(said)
    shown = {format: result.to(format) for format in TEXT_FORMATS}
    assert all(c.isprintable() or c == "\n" for text in shown.values() for c in text)
    assert_inert(shown["html"])
    page = rows_of(shown["html"])
    assert [len(row) for row in page] == [3, 3, 3]
    assert page[0][2] == harmless(said).replace("\n", "")
    rendered = rows_of(markdown.markdown(shown["markdown"], extensions=["tables"]))
    assert [len(row) for row in rendered] == [3, 3, 3]
    assert rendered[0][2] == harmless(said).replace("\n", "")


@pytest.mark.process
@pytest.mark.skipif(not shutil.which("pdflatex"), reason="PDFLATEX IS NOT INSTALLED: no LaTeX of a table was compiled")
def test_latex_compiles_whatever_it_says(tmp_path):
    body = [Sample(said).to("latex") for said in HOSTILE_TEXTS] + [written([Matrix(value)], "latex") for value in ARRAYS.values()]
    body += [Long(100).to("latex"), *(written([Table(("a", "b"), [(said * 30, "1")])], "latex") for said in HOSTILE_TEXTS)]
    compile_latex("\n\n".join(body), tmp_path)


def compile_latex(body: str, folder) -> str:
    """Compile an article with amsmath and amssymb, and give the log. Fails on any error and on letters that are missing."""
    (folder / "t.tex").write_text(
        "\\documentclass{article}\n\\usepackage{amsmath,amssymb}\n\\begin{document}\n" + body + "\n\\end{document}\n", encoding="utf-8"
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, env=environment(), timeout=120)
    log = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, log[-2000:]
    assert "Missing character" not in log
    return log


def test_words_in_latex():
    assert latex_words("50% of $x_1 & y^2 ~ {a}\\") == r"50\% of \$x\_1 \& y\textasciicircum{}2 \textasciitilde{} \{a\}\textbackslash{}"
