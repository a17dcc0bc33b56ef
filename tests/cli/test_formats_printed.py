"""`--format` of the commands that print tables: LaTeX and Markdown of each, text as before, and never two forms at once."""

from __future__ import annotations

import markdown
import pytest
from commands import run

TABLES = (
    "list", "show gated_network", "run two_layer --trace", "grad two_layer", "diff two_layer gated_network", "check two_layer",
    "cost gated_network",
    "cost table", "cost table --set N=10,K=3,D=4", "norms two_layer", "ntk two_layer",
)  # fmt: skip


def printed(command: str, *more: str) -> str:
    return run(*command.split(), *more, code=1 if command.startswith("diff") else 0).stdout


@pytest.mark.parametrize("command", TABLES)
def test_each_table_is_written_as_latex_and_as_markdown(command):
    latex = printed(command, "--format", "latex")
    assert latex.count(r"\begin{tabular}") == latex.count(r"\end{tabular}") > 0
    page = markdown.markdown(printed(command, "--format", "markdown"), extensions=["tables"])
    assert page.count("<table>") == 1
    assert "| :--" not in page


@pytest.mark.parametrize("command", TABLES)
def test_text_is_what_is_printed_without_a_format(command):
    assert printed(command, "--format", "text") == printed(command)


@pytest.mark.parametrize("command", [command for command in TABLES if not command.startswith("show")])
def test_one_form_at_a_time(command):
    result = run(*command.split(), "--json", "--format", "latex", code=2)
    assert "--json and --format are two forms of one answer; leave one out" in result.stderr
    result = run(*command.split(), "--format", "latex", "--json", code=2)
    assert result.stdout == ""


def test_an_unknown_format_is_refused_with_those_there_are():
    assert "'text', 'latex', 'markdown'" in run("show", "sort2", "--format", "html", code=2).stderr


def test_the_table_of_the_question_has_its_numbers_where_sizes_are_given():
    text = printed("cost table --set N=10,K=3,D=4", "--format", "latex")
    assert r"backward pass & naive & $2 N K D^{2} - N D^{2}$ & $O(N K D^{2})$ & 800 & 600 \\" in text


def test_show_sets_the_equations():
    text = printed("show gated_network", "--format", "latex")
    assert r"$\mathbf{z}_{1}$ & $\mathbf{W}^{(1)} \, \mathbf{x} + \mathbf{b}^{(1)}$ & $\mathbb{R}^{H}$ & $D H$ \\" in text
