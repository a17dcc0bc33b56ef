"""The commands sort and verify: what they print, their exit codes, and one clear message for bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from commands import refused, run

from a1viz.cli.commands import cli
from a1viz.cli.sorting_commands import ordinal
from a1viz.sorting import FAMILIES, network, prune, save


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_example_of_the_question():
    assert run("sort", 3, 1, 4, 2, "--network", "bubble", "-k", 3).stdout == "1 2 3 4\n3rd smallest: 3\n"


def test_sort_prints_one_json_document():
    found = json.loads(run("sort", 3, 1, 4, 2, "--network", "merge", "-k", 2, "--json").stdout)
    assert (found["sorted"], found["k"], found["kth_smallest"]) == ([1, 2, 3, 4], 2, 2)
    assert (found["network"], found["n"], found["size"], found["depth"], found["exact"]) == ("merge", 4, 5, 3, True)


@pytest.mark.parametrize("family", [*FAMILIES, "batcher"])
def test_every_network_sorts_on_the_command_line(family):
    assert run("sort", 5, 3, 9, 1, 7, "--network", family).stdout == "1 3 5 7 9\n"


@pytest.mark.parametrize(
    ("values", "printed"),
    [
        (["-3", "1", "-1e5", "-0.5"], "-100000.0 -3 -0.5 1"),
        (["--", "-3", "1", "-9"], "-9 -3 1"),
        (["7"], "7"),
        (["2", "2", "1", "1"], "1 1 2 2"),
        (["inf", "-inf", "0", "-Infinity"], "-inf -inf 0 inf"),
        (["0.0", "-0.0", "0.0"], "-0.0 0.0 0.0"),
        (["1180591620717411303424", "1180591620717411303423", "1e300"], "1180591620717411303423 1180591620717411303424 1e+300"),
        (["0.30000000000000004", "0.3"], "0.3 0.30000000000000004"),
        (["+4", " 3 ", "1E2", ".5"], "0.5 3 4 100.0"),
    ],
)
def test_numbers_are_sorted_exactly_and_stay_what_they_are(values, printed):
    assert run("sort", *values).stdout == printed + "\n"


def test_exact_is_the_default_and_the_perceptron_form_rounds():
    values = ("0.1", "0.1", "0.2", "0.7", "--network", "merge")
    assert run("sort", *values).stdout == run("sort", *values, "--exact").stdout == "0.1 0.1 0.2 0.7\n"
    rounded = run("sort", *values, "--perceptron", code=1)
    assert rounded.stderr == "not sorted: the perceptrons have rounded\n"
    assert run("sort", 3, 1, 2, "--perceptron").stdout == "1.0 2.0 3.0\n"
    overflown = json.loads(run("sort", "1e308", "1.5e308", "--perceptron", "--json").stdout)
    assert overflown["sorted"] == ["Infinity", "Infinity"] and not overflown["exact"]
    assert json.loads(run("sort", "inf", "1", "--perceptron", "--json", code=1).stdout)["sorted"] == ["NaN", "Infinity"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["3", "a"], "error: 'a' is not a number; write numbers such as 3, -1.5 or 2e-3"),
        (["1,2"], "'1,2' is not a number"),
        (["1_000"], "is not a number"),
        (["٣x"], "is not a number"),
        (["nan", "1"], "'nan' cannot be sorted"),
        (["1e400"], "larger than a float can be"),
        (["1" * 400, "--perceptron"], "larger than a float can be"),
        (["1" * 5000], "is not a number"),
        (["1", "--exakt"], "no such option: '--exakt'; did you mean '--exact'?"),
        (["-x"], "'-x' is not a number"),
        (["1", "2", "-k", "3"], "k must be a whole number from 1 to 2, got k = 3"),
        (["1", "2", "-k", "0"], "k must be a whole number from 1 to 2, got k = 0"),
        (["1", "2", "-k", "x"], "'x' is not a valid integer"),
        (["1", "2", "--network", "bubbel"], "unknown network 'bubbel'; did you mean 'bubble'?"),
        (["1", "2", "--network", "no.toml"], "no such file"),
        (["1", "2", "-o", "-", "--json"], "both write to the standard output"),
        (["1", "2", "-o", "picture.gif"], "picture.gif"),
        (["1", "2", "-o", "no/picture.svg"], "cannot write"),
        ([*map(str, range(65)), "--network", "best-size"], "known for up to 64 wires"),
        ([], "Missing argument 'VALUE...'"),
    ],
)
def test_bad_input_is_one_clear_message(arguments, message):
    assert message in refused("sort", *arguments)


@pytest.mark.parametrize("more", [[], ["--perceptron"]])
@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_a_picture_shows_the_numbers_on_the_wires(more, suffix):
    said = run("sort", 3, 1, 4, 2, "--network", "bubble", "-k", 3, "-o", f"wires.{suffix}", *more)
    assert said.stderr == f"wires.{suffix}: 4 wires, 6 comparators in 5 layers\n" and "3rd smallest: 3" in said.stdout
    start = Path(f"wires.{suffix}").read_bytes()[:5]
    assert start == {"svg": b"<svg ", "png": b"\x89PNG\r"}[suffix]
    if suffix == "svg":
        assert ("compared" in Path("wires.svg").read_text()) == (not more)
    assert run("sort", 3, 1, "-o", "-").stdout.startswith("<svg ")


def test_a_network_of_a_file_sorts_or_is_told_that_it_does_not():
    save(network("merge", 3), "three.toml")
    save(network("merge", 3).without(2), "broken.json")
    assert run("sort", 3, 2, 1, "--network", "three.toml").stdout == "1 2 3\n"
    assert run("sort", 2, 3, 1, "--network", "broken.json", code=1).stderr == "not sorted: this network does not sort\n"
    assert "is a network of 3 wires, but is given 2 numbers" in refused("sort", 1, 2, "--network", "three.toml")


# --- verify -----------------------------------------------------------------------------------------------------------------------


def test_verify_proves_a_family_and_a_file():
    assert "sorts every input: 0-1 principle" in run("verify", "merge", "-n", 64).stdout
    assert "the reversed list decides" in run("verify", "bubble", "-n", 20).stdout
    save(network("best-size", 9), "nine.json")
    assert "no comparator is redundant" in run("verify", "nine.json").stdout
    save(network("merge", 5), "five.toml")
    assert run("verify", "five.toml", "-n", 5).stdout.startswith("five: 5 wires")


def test_verify_prints_a_counter_example_and_ends_with_1():
    Path("bad.json").write_text("[[0, 1], [1, 2]]")
    said = run("verify", "bad.json", code=1).stdout
    assert "DOES NOT sort" in said and "1 1 0 comes out as 1 0 1" in said and "missing: [1, 2]" in said
    found = json.loads(run("verify", "bad.json", "--json", code=1).stdout)
    assert (found["ok"], found["counterexample"], found["output"], found["missing"]) == (False, [1, 1, 0], [1, 0, 1], [[1, 2]])
    Path("double.json").write_text("[[0, 1], [0, 1]]")
    assert json.loads(run("verify", "double.json", "--json").stdout)["redundant"] == [{"comparator": 2, "wires": [1, 2]}]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["merge"], "say how many wires merge is to have, as in: a1viz verify merge -n 8"),
        (["merg", "-n", "4"], "unknown network 'merg'; did you mean 'merge'?"),
        (["merge", "-n", "-1"], "whole number from 0"),
        (["merge", "-n", "x"], "not a valid integer"),
        (["no.json"], "no such file"),
        (["best-size", "-n", "70"], "known for up to 64 wires"),
        (["merge", "-n", "4", "--workers", "-1"], "workers is a number from 0"),
        (["pairwise", "-n", "128"], "128 wires leave 2^52 patterns to go through"),
        (["pairwise", "-n", "128"], "(on the command line: --long)"),
    ],
)
def test_what_cannot_be_verified_is_one_clear_message(arguments, message):
    assert message in refused("verify", *arguments)


def test_a_file_of_another_size_is_refused():
    save(network("merge", 3), "three.toml")
    assert "is a network of 3 wires, so leave out -n 4" in refused("verify", "three.toml", "-n", 4)


def test_a_proof_can_be_kept_and_gone_on_with():
    first = run("verify", "best-size", "-n", 52, "--store", "proof").stdout
    assert "patterns that are left" in first and Path("proof", "chunks.json").exists()
    assert run("verify", "best-size", "-n", 52, "--store", "proof").stdout == first


def test_numbers_are_counted_in_english():
    assert [ordinal(k) for k in (1, 2, 3, 4, 11, 12, 13, 21, 101, 111)] == "1st 2nd 3rd 4th 11th 12th 13th 21st 101st 111th".split()


def test_verify_proves_that_single_numbers_are_selected():
    said = run("verify", "bubble", "-n", 5, "-k", 5).stdout
    assert "gives number 5 of 5 for every input" in said
    Path("two.json").write_text("[[0, 1], [1, 2]]")
    assert json.loads(run("verify", "two.json", "-k", 3, "--json").stdout)["outputs"] == [3]
    assert "DOES NOT give number 1, number 3 of 3" in run("verify", "two.json", "-k", 1, "-k", 3, code=1).stdout
    assert "k must be a whole number from 1 to 3, got k = 4" in refused("verify", "two.json", "-k", 4)


@pytest.mark.parametrize(
    "text", ["0:2,1:3\n0:1,2:3\n1:2\n", "[[0,2],[1,3],[0,1],[2,3],[1,2]]", "comparators = [[1,3],[2,4],[1,2],[3,4],[2,3]]"]
)
def test_verify_and_sort_read_a_network_from_the_standard_input(text):
    result = CliRunner().invoke(cli, ["verify", "-"], input=text)
    assert result.exit_code == 0 and "4 wires, 5 comparators" in result.stdout and "sorts every input" in result.stdout
    assert CliRunner().invoke(cli, ["sort", "3", "1", "4", "2", "--network", "-"], input=text).stdout == "1 2 3 4\n"


@pytest.mark.parametrize(
    ("data", "told"), [(b"\xff", "not a text file in UTF-8"), (b"", "nothing came from standard input"), (b"0:1 x", "got 'x'")]
)
def test_what_the_standard_input_has_instead_of_a_network_is_one_clear_message(data, told):
    result = CliRunner().invoke(cli, ["verify", "-"], input=data)
    assert result.exit_code == 2 and told in result.stderr


def test_a_selection_network_answers_with_what_it_selects():
    Path("largest.json").write_text("[[0, 1], [1, 2]]")
    assert run("sort", 3, 2, 1, "--network", "largest.json", "-k", 3).stdout == "3rd smallest: 3\n"
    assert json.loads(run("sort", 3, 2, 1, "--network", "largest.json", "-k", 3, "--json").stdout)["selected"] == {"3": 3}
    wrong = run("sort", 3, 2, 1, "--network", "largest.json", "-k", 1, code=1)
    assert wrong.stdout == "on wire 1: 2\n" and "not selected: this network does not select" in wrong.stderr
    save(prune(network("bubble", 3), 2), "median.toml")
    assert run("sort", 3, 1, 2, "--network", "median.toml").stdout == "2nd smallest: 2\n"
    assert "this network selects number 2 of 3, not number 1" in refused("sort", 3, 1, 2, "--network", "median.toml", "-k", 1)
    assert "give y2 right for every input" in run("check", "median.toml").stdout


def test_a_large_network_is_drawn_collapsed_unless_more_seconds_are_allowed():
    numbers = range(60, 0, -1)
    run("sort", *numbers, "-o", "few.svg", "--seconds", 0.01)
    run("sort", *numbers, "-o", "all.svg", "--seconds", 60)
    assert "too many to be drawn" in Path("few.svg").read_text() and "too many to be drawn" not in Path("all.svg").read_text()
    assert "not in the range" in refused("sort", 1, 2, "-o", "x.svg", "--seconds", -1)


def test_a_proof_that_takes_long_says_so_and_is_made_when_asked_for(monkeypatch):
    from a1viz.sorting import exhaustive, proof

    monkeypatch.setattr(exhaustive, "RATE", 100)  # a very slow machine
    monkeypatch.setattr(proof, "blocks_of", lambda n, comparators, everything: exhaustive.blocks_of(n, comparators, True))
    save(network("merge", 9), "nine.json")
    message = refused("verify", "nine.json")
    assert "about 3 minutes for 1 process, and the limit is 60 seconds" in message and "(on the command line: --long)" in message
    assert run("verify", "nine.json", "--long").stderr == "about 3 minutes\n"
