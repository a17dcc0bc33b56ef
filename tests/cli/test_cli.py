"""The command line: the contract's commands, exit codes 0, 1 and 2, one message for bad input, one JSON document for --json."""

# tables: one case a row

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import pytest
from commands import refused, run
from conftest import ROOT, environment

import a1viz
from a1viz.base.errors import EngineError, OutputError
from a1viz.cli.commands import cli
from a1viz.cli.doctor import PARTS
from a1viz.cli.graph_commands import RENDERED
from a1viz.graph.catalog import TOPICS
from a1viz.pictures.drawing import FORMATS
from a1viz.site.assets import assets

COMMANDS = (
    "list show render run grad derive diff check cost norms ntk sort verify regress train convert pages assets writeup doctor".split()
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Every command runs in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shell(*arguments, **variables):
    """Run a command as a process of its own."""
    return subprocess.run([sys.executable, "-m", "a1viz", *arguments], capture_output=True, env=environment(**variables), timeout=3000)


def document(name: str, text: str) -> str:
    Path(name).write_text(text)
    return name


# --- the contract -------------------------------------------------------------------------------------------------------------


def test_run_prints_every_variable_with_trace():
    found = json.loads(run("run", "two_layer", "--trace", "--json").stdout)
    assert (found["z"], found["h"], found["y"]) == ([8, 1, -6], [8, 1, 0], [-12, 6, -20])


def test_grad_prints_the_gradient_of_every_variable():
    found = json.loads(run("grad", "two_layer", "--json").stdout)
    assert found["z_bar"] == [-4, 6, 0]
    assert (np.sum(np.square(found["W1_bar"])), np.sum(np.square(found["W2_bar"]))) == (572, 195)
    assert list(json.loads(run("grad", "gated_network", "--wrt", "x", "--json").stdout)) == ["J", "x_bar"]


def test_check_all_holds_and_says_what_it_checked():
    said = run("check", "--all").stdout
    assert all(f"{name}: all holds" in said for name in a1viz.catalogue())
    assert said.rstrip().endswith(" 0 wrong") and "norm2(W1_bar)" in said and "adjoint identity" in said


def test_render_draws_eleven_boxes_and_twelve_arrows():
    said = run("render", "gated_network", "--backward", "-o", "g.svg")
    assert said.stderr == "g.svg: 11 boxes, 12 arrows\n" and said.stdout == ""
    assert Path("g.svg").read_bytes().startswith(b"<svg")


def test_diff_ends_as_diff_does_and_draws_what_it_tells():
    text = (ROOT / "graphs" / "two_layer.toml").read_text()
    document("old.toml", text)
    document("new.toml", text.replace("relu(z)", "gelu(z)"))
    assert run("diff", "two_layer", "old.toml").stdout.endswith("nothing differs, 6 variables the same\n")
    said = run("diff", "old.toml", "new.toml", "-o", "d.svg", code=1)
    assert "h     equation    relu(z)  gelu(z)" in said.stdout and said.stderr == "d.svg: 4 boxes, 3 arrows\n"
    assert (
        "+ B: h = gelu" in run("diff", "old.toml", "new.toml", "-o", "d.dot", code=1).stdout or "+ B: h = gelu" in Path("d.dot").read_text()
    )
    assert run("diff", "old.toml", "new.toml", "-o", "-", code=1).stdout.startswith("<svg")
    record = json.loads(run("diff", "old.toml", "new.toml", "--json", code=1).stdout, parse_constant=pytest.fail)
    assert record["equal"] is False and record["differences"][0]["differs_in"] == "equation"
    assert json.loads(run("diff", "old.toml", "old.toml", "--json").stdout)["equal"] is True


def test_diff_tells_the_problems_of_both():
    document("one.toml", "title = 'T'\nequations = 'y = relo(x)'\n[inputs]\nx = []")
    said = refused("diff", "one.toml", "other.toml")
    assert "one.toml, line 2" in said and "other.toml: cannot read" in said
    assert "say how many wires" in refused("diff", "merge", "bubble")
    assert "read only once" in refused("diff", "-", "-")


def test_diff_compares_networks_by_family_or_from_files():
    document("less.txt", "0:1,2:3\n0:2,1:3\n")
    said = run("diff", "merge", "less.txt", "-n", "4", code=1).stdout
    assert "S5    only in A   [2, 3]" in said
    assert run("diff", "batcher", "merge", "-n", "8").stdout.rstrip().endswith("the same")


JSON = [
    ("list",), ("run", "two_layer"), ("run", "gated_network", "--trace"), ("grad", "two_layer"), ("grad", "sort2"), ("check", "two_layer"),
    ("check", "--all"), ("diff", "two_layer", "two_layer"), ("cost", "gated_network"), ("cost", "two_layer", "--set", "D=784"), ("doctor",),
]  # fmt: skip


@pytest.mark.parametrize("arguments", JSON, ids=" ".join)
def test_json_is_one_document_and_nothing_else(arguments):
    result = run(*arguments, "--json")
    assert json.loads(result.stdout, parse_constant=pytest.fail)
    assert result.stdout.count("\n") == 1 and result.stderr == ""


@pytest.mark.parametrize("arguments", [*JSON, ("show", "sort2"), ("derive", "sort2")], ids=" ".join)
def test_without_json_there_is_something_to_read(arguments):
    assert len(run(*arguments).stdout.splitlines()) >= 1


def test_infinities_and_nan_are_text_in_json():
    name = document(
        "g.toml", 'title = "T"\nequations = "y = x / 0; z = -x / 0; n = 0 * y + s / s"\n[inputs]\nx = []\ns = []\n[values]\nx = 1\ns = 0\n'
    )
    found = json.loads(run("run", name, "--trace", "--json").stdout, parse_constant=pytest.fail)
    assert (found["y"], found["z"], found["n"]) == ("Infinity", "-Infinity", "NaN")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_has_examples(command):
    said = run(command, "--help").stdout
    assert "Examples:" in said and f"a1viz {command}" in said


def test_the_commands_of_the_contract_are_there_in_its_order():
    assert list(cli.commands) == COMMANDS


def test_the_catalogue_is_listed_by_topic_in_the_order_of_a_course():
    listed = json.loads(run("list", "--json").stdout)
    topics = [graph["topic"] for graph in listed]
    assert list(dict.fromkeys(topics)) == [topic for topic in TOPICS if topic in topics]  # each topic once, in order
    assert sorted(topics, key=TOPICS.index) == topics
    assert sorted(graph["name"] for graph in listed) == a1viz.catalogue()
    gated = next(graph for graph in listed if graph["name"] == "gated_network")
    assert set(gated) == {"name", "title", "source", "about", "topic", "look"}
    assert gated["look"] == a1viz.load("gated_network").document.look
    head, *rows = run("list").stdout.splitlines()
    assert head.split() == ["topic", "graph", "title"] and len(rows) == len(listed)
    assert [row.startswith(" ") for row in rows] == [k > 0 and topics[k] == topics[k - 1] for k in range(len(rows))]


def test_the_formats_of_the_command_line_are_those_of_the_table():
    assert set(RENDERED) == set(FORMATS)


def test_version_and_module_agree():
    said = run("--version").stdout.splitlines()
    assert said[0] == f"a1viz {a1viz.__version__}"
    assert said[1] == f"Python {platform.python_version()}, extras: plots data dask onnx pdf notebook site"  # the tests have them all


@pytest.mark.parametrize("form", ["text", "latex", "markdown"])
def test_derive_prints_the_sum_over_three_branches(form):
    said = run("derive", "gated_network", "--wrt", "x", "--format", form).stdout
    assert said.count("W1" if form == "text" else r"\mathbf{W}^{(1)") >= 1


@pytest.mark.parametrize("form", ["text", "latex", "markdown"])
def test_derive_prints_entries_with_indices(form):
    said = run("derive", "two_layer", "--wrt", "W1", "--entries", "--format", form).stdout
    assert ("W1_bar[i, j] = z_bar[i] * x[j]" if form == "text" else r"\bar{W}_{ij}^{(1)} &= \bar{z}_{i} \, x_{j}") in said


# --- values -------------------------------------------------------------------------------------------------------------------

Y = {"y": [-6.0, 3.0, -9.0]}  # for x = [1, 0, 2]


@pytest.fixture
def files(folder):
    x = np.array([1.0, 0, 2])
    np.save("x.npy", x)
    np.save("whole.npy", x.astype(np.int8))
    np.save("objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save("words.npy", np.array(["a"]))
    np.save("complex.npy", x * 1j)
    np.savez("x.npz", x=x, other=x)
    np.savez("one.npz", other=x)
    np.savez("two.npz", a=x, b=x)
    np.savetxt("x.csv", [x], delimiter=",")
    for name, content in BAD_FILES.items():
        Path(name).write_bytes(content)
    return folder


HEADER = b"{'descr': '<f8', 'fortran_order': False, 'shape': (100000000000000,), }".ljust(117) + b"\n"
BAD_FILES = {
    "empty.npy": b"",
    "bad.npy": b"\x93NUMPY\x01\x00garbage",
    "huge.npy": b"\x93NUMPY\x01\x00" + len(HEADER).to_bytes(2, "little") + HEADER,
    "bad.npz": b"PK\x03\x04garbage",
    "empty.npz": b"",
    "empty.csv": b"",
    "words.csv": b"a,b",
    "ragged.csv": b"1,2\n3",
    "bytes.csv": b"\xff\xfe\0",
}


@pytest.mark.parametrize("value", ["[1,0,2]", " [1, 0, 2.0]", "@x.npy", "@whole.npy", "@x.npz", "@one.npz", "@x.csv"])
def test_set_takes_json_and_files(files, value):
    assert json.loads(run("run", "two_layer", "--set", f"x={value}", "--json").stdout) in (Y, {"y": [Y["y"]]})


def test_set_takes_a_scalar_and_a_batch():
    assert json.loads(run("run", "sort2", "--set", "x1=7.5", "--json").stdout) == {"y1": 2, "y2": 7.5}
    assert json.loads(run("run", "two_layer", "--set", "x=[[1,0,2],[1,3,1]]", "--json").stdout) == {"y": [[-6, 3, -9], [-12, 6, -20]]}


BAD_SETTINGS = [
    ("x", "'x' is not NAME=VALUE"),
    ("=3", "'=3' is not NAME=VALUE"),
    ("x=", "x: '' is not JSON such as 2.5, [1,3,1]"),
    ("x=[1,2", "x: '[1,2' is not JSON"),
    ("x=[NaN,1,2]", "'NaN' is not a finite number"),
    ("x=[1e400,1,2]", "'1e400' is not a finite number"),
    ("x=1" + "0" * 5000, "is not a finite number"),
    ("x=" + "[" * 5000, "is not JSON"),
    ("x=" + "[" * 5000 + "]" * 5000, "its brackets are nested too deeply"),
    ("x=" + "[ " * 65 + "]" * 65, "its brackets are nested too deeply"),
    ("x=1,2,3", "[[1,2],[3,4]]: a list stands in brackets"),
    ("x=true", "x: expected numbers, got 'true'"),
    ("x=null", "x: expected numbers, got 'null'"),
    ('x="a"', "x: expected numbers"),
    ("x={}", "x: expected numbers, got '{}'"),
    ("x=[[1],[1,2]]", "is not a number, a list or a list of rows of one length"),
    ("x=[1,2]", "give W1 too"),
    ("x=[[[1,2,3]]]", "x: value has shape (1, 1, 3), expected (D,)"),
    ("q=1", "two_layer has no variable 'q'"),
    ("trace=1", "two_layer has no variable 'trace'"),
    ("rng=1", "two_layer has no variable 'rng'"),
    ("wrt=1", "two_layer has no variable 'wrt'"),
    ("W_1=1", "two_layer has no variable 'W_1'; did you mean 'W1'?"),
    ("z=[1,2,3]", "z is computed, not given"),
    ("x=@nope.npy", "x: 'nope.npy': cannot read this file: no such file or directory"),
    ("x=@.", "x: cannot read '.'; use a file that ends in .npy, .npz, .csv, .safetensors"),
    ("x=@x.txt", "use a file that ends in"),
    ("x=@two.npz", "x: 'two.npz' has no array called x; it has 'a', 'b'"),
    ("x=@objects.npy", "Object arrays cannot be loaded"),
    ("x=@words.npy", "x: expected real numbers"),
    ("x=@complex.npy", "x: expected real numbers"),
    *((f"x=@{name}", f"'{name}' is not a good {Path(name).suffix} file") for name in BAD_FILES),
]


@pytest.mark.parametrize(("setting", "message"), BAD_SETTINGS, ids=[s[:30] for s, _ in BAD_SETTINGS])
@pytest.mark.parametrize("command", ["run", "grad"])
def test_a_bad_setting_is_refused_by_name(files, command, setting, message):
    assert message in refused(command, "two_layer", "--set", setting)


def test_a_safetensors_file_is_read_or_the_missing_package_is_named(files):
    Path("x.safetensors").write_bytes(b"garbage")
    said = refused("run", "two_layer", "--set", "x=@x.safetensors")
    assert "pip install safetensors" in said or "is not a good .safetensors file" in said


def test_a_class_out_of_range_is_refused_by_name():
    assert refused("grad", "gated_network", "--set", "t=7") == "error: t: class 7 is out of range; t has 5 classes, 0 to 4\n"


def test_a_cotangent_is_handed_in_by_the_name_of_its_variable():
    found = json.loads(run("grad", "two_layer", "--set", "y_bar=[1,0,0]", "--json").stdout)
    assert (found["y_bar"], found["h_bar"]) == ([1, 0, 0], [-2, 4, 1])


def test_a_cotangent_replaces_only_its_own_default():
    found = json.loads(run("grad", "sort2", "--set", "y2_bar=1", "--json").stdout)
    assert (found["x1_bar"], found["x2_bar"]) == (1, 1)


def test_a_cotangent_of_nothing_is_refused():
    assert refused("grad", "two_layer", "--set", "q_bar=[1,0,0]") == "error: two_layer has no variable 'q'\n"


@pytest.mark.parametrize(("wrt", "message"), [("t", "class label"), ("q", "no variable 'q'")])
def test_a_gradient_that_does_not_exist_is_refused(wrt, message):
    assert message in refused("grad", "gated_network", "--wrt", wrt)


# --- bad input ----------------------------------------------------------------------------------------------------------------

BAD_GRAPHS = [
    "nope",
    "../x.toml",
    "",
    "-",
    ".",
    "a\nb",
    "a\x1b[31mb.toml",
    "x" * 5000,
    "x" * 5000 + ".toml",
    "/",
    "\udcff",
    "two_layer.toml",
]


@pytest.mark.parametrize("command", ["show", "render", "run", "grad", "derive", "check", "cost"])
@pytest.mark.parametrize("name", BAD_GRAPHS, ids=range(len(BAD_GRAPHS)))
def test_a_graph_that_is_not_there_is_one_printable_message(command, name):
    message = refused(command, "--", name)
    assert message.count("\n") == 1 and message.rstrip("\n").isprintable()


USAGE = [
    ("lst", "Did you mean 'list'?"),
    ("render gated_network --bakward", "Did you mean '--backward'?"),
    ("render two_layer --theme pink", "'pink' is not one of"),
    ("render two_layer --format bmp", "'bmp' is not one of"),
    ("render", "Missing argument 'GRAPH'"),
    ("list extra", "unexpected extra argument"),
    ("check", "name at least one GRAPH, or say --all"),
    ("check two_layer nope", "no graph is called 'nope'"),
    ("cost gated_network --set D=x", "'D=x' is not SIZE=NUMBER, such as D=784"),
    ("cost gated_network --set D=²", "'D=²' is not SIZE=NUMBER"),
    ("cost gated_network --set ,", "is not SIZE=NUMBER"),
    ("cost gated_network --set d=784", "gated_network has no size 'd'; its sizes are D, H, N"),
    ("cost sort2 --set D=2", "sort2 has no size 'D'; it has no named sizes"),
    ("cost table --set M=2", "the table has no size 'M'; its sizes are N, K, D"),
    ("cost gated_network --set D=1,D=2", "'D' is given twice by --set; leave one out"),
    ("run two_layer --set x=[1,2,3] --set x=[3,2,1]", "'x' is given twice by --set; leave one out"),
    ("ntk two_layer --set x1=[1,2,3] --set x1=[3,2,1]", "'x1' is given twice by --set"),
    ("regress fit --set X=[[1],[2]] --set t=[1,2] --set t=[2,1]", "'t' is given twice by --set"),
    ("run two_layer --set x=[1, 2, 3]", "extra arguments (2, 3]); a value is given as --set 'x=[1, 2, 3]', in quotes"),
    ("run two_layer x=[1,2,3]", "a value is given as --set 'x=[1, 2, 3]'"),
    ("render bubble_sort -k 3", "k is for the view wires, and this is the view graph; leave it out, or ask for wires"),
    ("render two_layer --units 5", "units is for the view neurons, and this is the view graph"),
    ("derive two_layer --wrt nope", "no variable 'nope'"),
    ("render two_layer --expand S1", "it has no blocks"),
    ("render two_layer -o x.foo", "cannot tell the format from the extension '.foo'"),
]


@pytest.mark.parametrize(("command", "message"), USAGE)
def test_a_misspelt_command_is_answered_with_what_is_meant(command, message):
    assert message in refused(*command.split())
    assert not list(Path().iterdir())


@pytest.mark.parametrize("name", ["my-net", "my_net", "netz ü", "网", "a" * 80, "$(touch x);&"])
def test_a_picture_is_called_as_its_document(name):
    """No two documents of a folder are drawn into one file."""
    run("render", document(f"{name}.toml", 'title = "T"\nequations = "y = x"\n[inputs]\nx = []\n'))
    assert sorted(os.listdir()) == [f"{name}.svg", f"{name}.toml"]


def test_a_picture_is_never_called_by_what_cannot_be_printed():
    run("render", document("a\nb.toml", 'title = "T"\nequations = "y = x"\n[inputs]\nx = []\n'))
    assert "a_b.svg" in os.listdir()


def test_no_command_prints_the_commands():
    assert "render" in run(code=2).stderr


BAD_DOCUMENTS = {
    "unknown operator": "z = relo(x)",
    "shape clash": "z = x @ x + stack(1, 2); w = x + z * stack(1, 2)",
    "cycle": "z = w; w = z",
    "used before it is given": "z = w; w = x",
    "duplicate": "z = x; z = x",
    "foreign": "z = __import__('os').system('touch hacked')",
    "nothing": "#",
}


@pytest.mark.parametrize("command", ["show", "render", "run", "grad", "derive", "check", "cost"])
@pytest.mark.parametrize("equations", BAD_DOCUMENTS.values(), ids=BAD_DOCUMENTS)
def test_a_bad_document_is_refused_by_every_command(command, equations):
    name = document("g.toml", f'title = "T"\nequations = """{equations}"""\n[inputs]\nx = [3]\n')
    assert "g.toml, line 2" in refused(command, name)
    assert os.listdir() == ["g.toml"]


EXPECTATIONS = ['"relo(z)" = 1', "q = 1", '"z +" = 1', '"__import__(z)" = 1', '"" = 1', '"q = 1" = 1']


@pytest.mark.parametrize("expectation", EXPECTATIONS)
def test_an_expectation_that_cannot_be_read_is_refused(expectation):
    name = document("g.toml", f'title = "T"\nequations = "z = x"\n[inputs]\nx = []\n[values]\nx = 1\n[expect]\n{expectation}\n')
    assert "g.toml" in refused("check", name)


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_a_check_that_does_not_hold_ends_with_one(as_json):
    name = document("g.toml", 'title = "T"\nequations = "z = x"\n[inputs]\nx = []\n[values]\nx = 1\n[expect]\nz = 2\n')
    said = run("check", name, *as_json, code=1).stdout
    assert "expected 2., got 1." in said


def test_sizes_beyond_the_memory_are_refused():
    name = document(
        "g.toml", 'title = "T"\nequations = "z = W @ x"\n[sizes]\nD = 2000000\n[inputs]\nx = ["D"]\n[parameters]\nW = ["D", "D"]\n'
    )
    assert "computes more than" in refused("run", name)
    assert json.loads(run("cost", name, "--json").stdout)["total"]["multiplications_at_sizes"] == 4 * 10**12


# --- writing ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("output", ["nofolder/x.svg", "file/x.svg", "folder.svg", "x" * 300 + ".svg"])
def test_an_output_that_cannot_be_written_is_refused_and_leaves_nothing(output):
    Path("folder.svg").mkdir()
    Path("file").touch()
    refused("render", "two_layer", "-o", output)
    assert sorted(os.listdir()) == ["file", "folder.svg"] and not os.listdir("folder.svg")


@pytest.mark.parametrize("failing", ["os.replace", "builtins.open"])
def test_a_failure_while_writing_keeps_the_old_file_and_leaves_no_other(monkeypatch, failing):
    Path("x.svg").write_text("old")
    picture = a1viz.draw(a1viz.load("two_layer"))
    assert picture.to("svg")  # drawn before the disk is full

    def full(*arguments, **named):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(failing, full)
        with pytest.raises(OutputError, match=r"x\.svg: cannot write this file: (?i:no space left on device)"):
            picture.save("x.svg")
    assert os.listdir() == ["x.svg"] and Path("x.svg").read_text() == "old"


@pytest.mark.process
def test_a_device_is_written_to_and_never_replaced():
    before = os.stat("/dev/null").st_rdev
    pipe = Path("pipe.svg")
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, env=environment())
    run("render", "two_layer", "-o", pipe)
    assert reader.communicate(timeout=600)[0].startswith(b"<svg")
    assert pipe.is_fifo() and os.stat("/dev/null").st_rdev == before


@pytest.mark.parametrize(("form", "start"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("dot", b"digraph"), ("text", b"")])
def test_a_dash_writes_the_picture_to_standard_output(form, start):
    result = run("render", "two_layer", "--format", form, "-o", "-")
    assert result.stdout_bytes.startswith(start) and len(result.stdout_bytes) > 50
    assert result.stderr == "" and not os.listdir()


@pytest.mark.parametrize("output", ["file", "file/x", "/dev/null", "a\0b"])
def test_pages_that_have_no_folder_are_refused_before_anything_is_computed(monkeypatch, output):
    Path("file").touch()
    monkeypatch.setattr("a1viz.site.pages.model_files", lambda: pytest.fail("it was computed"))
    assert "cannot make this folder" in refused("pages", "-o", output)
    assert os.listdir() == ["file"]


def test_without_an_output_the_picture_is_called_as_the_graph():
    run("render", "two_layer", "--format", "dot")
    assert os.listdir() == ["two_layer.dot"]


def every_command(group: click.Group) -> Iterator[click.Command]:
    for command in group.commands.values():
        yield from every_command(command) if isinstance(command, click.Group) else [command]


def test_an_empty_name_is_not_taken_for_none():
    """As of a variable of the shell that is not set: what would be written or kept would go elsewhere, or nowhere."""
    for line in (
        "render two_layer -o",
        "run two_layer --store",
        "grad gated_network --of",
        "sort 3 1 2 --network",
        "pages --from",
        "train logistic -o",
        "train logistic --data",
    ):
        assert "the name is empty; give one, or leave the option out" in refused(*line.split(), "")
    assert refused("assets", "").strip().endswith("the name is empty; give one")
    assert os.listdir() == []
    options = [option for command in every_command(cli) for option in command.params if isinstance(option, click.Option)]
    names = [o for o in options if re.search("FILE|DIR|NAME|ADDRESS|COLUMN$", o.metavar or "") and not o.multiple and o.nargs == 1]
    assert len(names) > 20
    assert [o.opts for o in names if o.type is click.STRING] == []


def test_how_a_value_is_quoted_is_said_once_in_a_group_of_commands():
    assert refused("regress", "fit", "X=[[1]]").count("a value is given as --set") == 1


# --- processes ----------------------------------------------------------------------------------------------------------------

SAME = [
    ("render", "gated_network", "--backward", "-o", "-"),
    ("grad", "gated_network", "--json"),
    ("derive", "gated_network"),
    ("check", "transformer_block"),
    pytest.param(("check", "--all"), marks=pytest.mark.prove),
]


@pytest.mark.process
@pytest.mark.parametrize("arguments", SAME, ids=" ".join)
def test_output_does_not_depend_on_the_hash_seed(arguments):
    first, second = (shell(*arguments, PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert first.returncode == second.returncode == 0, first.stderr
    assert first.stdout == second.stdout and first.stdout


BUFFERING = [{}, {"PYTHONUNBUFFERED": "1"}]


def redirected(command: str, where: str, **variables: str) -> tuple[int, str, str]:
    """The exit code, the output and the messages of a command whose streams bash redirects."""
    line = f"{sys.executable} -m a1viz {command} {where}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment(**variables), timeout=3000)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.process
@pytest.mark.parametrize("variables", BUFFERING, ids=str)
@pytest.mark.parametrize("command", ["show gated_network", "run two_layer --trace", "render gated_network -o -", "list", "--help"])
def test_a_reader_that_has_had_enough_causes_no_traceback(command, variables):
    code, output, said = redirected(command, "| head -c 1", **variables)
    assert (code, len(output), said) == (0, 1, "")
    assert redirected(command, "| true; exit ${PIPESTATUS[0]}", **variables) == (0, "", "")


def graph_commands() -> list[str]:
    """One line of each command, which prints something to the standard output."""
    more = {
        "render": "-o -", "verify": "merge -n 4", "sort": "3 1 2", "train": "logistic --steps 2", "diff": "two_layer",
        "regress": "fit --set X=[[1,0],[1,1],[1,2]] --set t=[1,2,2]", "pages": "--help", "assets": "--help", "convert": "-o -",
        "writeup": "--help",
    }  # fmt: skip
    without_graph = ("verify", "sort", "train", "regress", "list", "doctor", "pages", "assets", "writeup")
    return [f"{name}{'' if name in without_graph else ' two_layer'} {more.get(name, '')}".rstrip() for name in cli.commands]


PRINTED = [*graph_commands(), "--help", "--version", "render --help", "run two_layer --json"]
FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")


UNBUFFERED = ["show two_layer", "render two_layer -o -", "--help", "run two_layer --json"]  # with click, as bytes, with rich, as JSON
WAYS = [
    pytest.param(words, how, marks=[] if not how or words in UNBUFFERED else pytest.mark.prove) for words in PRINTED for how in BUFFERING
]


def test_each_way_of_writing_is_tried_with_each_way_of_buffering():
    assert set(UNBUFFERED) <= set(PRINTED)


@FULL
@pytest.mark.process
@pytest.mark.parametrize(("command", "variables"), WAYS)
def test_output_that_cannot_be_written_is_one_message(command, variables):
    for where, why in ((">/dev/full", "no space left on device"), (">&-", "bad file descriptor")):
        assert redirected(command, where, **variables) == (2, "", f"error: cannot write to standard output: {why}\n")


@FULL
@pytest.mark.process
@pytest.mark.parametrize("variables", BUFFERING, ids=str)
@pytest.mark.parametrize("command", ["show nothing", "nothing", "render two_layer -o a.svg", "run two_layer --set x=q", "grad --unknown"])
def test_messages_that_cannot_be_written_end_with_2_and_nothing_else(command, variables):
    for where in ("2>/dev/full", "2>&-", ">/dev/full 2>/dev/full", ">&- 2>&-"):
        for _ in range(1 + command.startswith("render")):  # a picture is written at once the second time
            assert redirected(command, where, **variables) == (2, "", ""), where


@FULL
@pytest.mark.process
@pytest.mark.parametrize("variables", BUFFERING, ids=str)
def test_a_stream_that_nothing_is_written_to_may_be_closed(variables):
    for where in ("2>&-", "2>/dev/full", "<&-"):
        assert redirected("run two_layer --json", where, **variables) == (0, '{"y": [-12.0, 6.0, -20.0]}\n', "")
    for where in (">&-", ">/dev/full"):
        for _ in range(2):
            assert redirected("render two_layer -o a.svg", where, **variables) == (0, "", "a.svg: 4 boxes, 3 arrows\n")


@pytest.mark.process
@pytest.mark.parametrize("variables", BUFFERING, ids=str)
def test_a_disk_that_fills_half_way_is_one_message(variables):
    code, _, said = redirected("render gated_network --backward -o -", "> half.svg", **variables)
    assert (code, said) == (0, "")
    line = f"ulimit -f 8; {sys.executable} -m a1viz render gated_network --backward -o - > less.svg"  # blocks of 1024 bytes
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment(**variables), timeout=3000)
    assert (done.returncode, done.stderr) == (2, "error: cannot write to standard output: file too large\n")
    assert 0 < Path("less.svg").stat().st_size < Path("half.svg").stat().st_size


@pytest.fixture
def program(folder):
    """A program called a1viz on the PATH, wherever this one is installed."""
    path = folder / "bin" / "a1viz"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nexec {sys.executable} -m a1viz "$@"\n')
    path.chmod(0o755)
    return environment(PATH=f"{path.parent}:{os.environ['PATH']}")


COMPLETIONS = [
    ("a1viz re", "render"),
    ("a1viz render ga", "gated_network"),
    ("a1viz run --tr", "--trace"),
    ("a1viz render x --theme da", "dark"),
]


@pytest.mark.process
@pytest.mark.parametrize(("words", "expected"), COMPLETIONS)
def test_words_are_completed(program, words, expected):
    asked = {**program, "_A1VIZ_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": words.split()[-1]}
    done = subprocess.run(["a1viz"], env=asked, capture_output=True, text=True, timeout=3000)
    assert f"plain,{expected}" in done.stdout.splitlines(), done


@pytest.mark.process
def test_help_imports_nothing_heavy():
    heavy = {"numpy", "rich", "tomllib", "ziamath", "graphviz", "matplotlib"}
    code = f"""
import sys
sys.argv = ["a1viz", "--help"]
from a1viz.__main__ import main
try:
    main()
except SystemExit:
    print(sorted({heavy!r} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, timeout=3000)
    assert done.stdout.rstrip().endswith("[]"), done


# --- what doctor finds --------------------------------------------------------------------------------------------------------


def test_doctor_names_the_engine_and_what_is_missing(monkeypatch):
    said = run("doctor").stdout
    assert "layout engine" in said and "numpy" in said

    def missing(package):
        raise importlib.metadata.PackageNotFoundError(package)

    monkeypatch.setattr("importlib.metadata.version", missing)
    assert "pip install numpy" in run("doctor", code=1).stdout


def test_doctor_knows_every_package_that_an_extra_brings():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def packages(listed: list[str]) -> set[str]:
        return {re.split(r"[<>=~!]", package)[0] for package in listed if not package.startswith("a1viz")}

    needed = packages(project["dependencies"])
    extras = {extra: packages(listed) for extra, listed in project["optional-dependencies"].items() if extra not in ("test", "dev")}
    assert {package for package, _, extra in PARTS if not extra} == needed
    assert {package for package, _, extra in PARTS if extra} == set().union(*extras.values())
    assert all(package in extras[extra] for package, _, extra in PARTS if extra)


def test_doctor_tries_the_files_of_live_pictures_and_looks_for_both_browsers(monkeypatch):
    def parts():
        return {part["part"]: part for part in json.loads(run("doctor", "--json").stdout)}

    monkeypatch.setattr("shutil.which", lambda program: f"bin/{program}" if program in ("google-chrome", "firefox") else None)
    found = parts()
    assert (found["chromium"]["found"], found["firefox-esr"]["found"]) == ("bin/google-chrome", "bin/firefox")
    assert found["live pictures"]["ok"] and found["live pictures"]["found"].startswith(f"{len(assets())} files, ")
    monkeypatch.setattr("shutil.which", lambda program: None)
    monkeypatch.setattr("a1viz.site.assets.assets", lambda: Path("no/such/file").read_text())
    found = parts()
    assert found["firefox-esr"]["advice"] == "only for browser tests: apt-get install firefox-esr"
    assert not found["live pictures"]["ok"] and "install a1viz again" in found["live pictures"]["advice"]


def test_assets_writes_what_pages_load_and_says_where():
    said = run("assets", "course/files").stdout.splitlines()
    assert [Path(line).name for line in said] == list(assets()) and {"a1viz.css", "a1viz.js"} <= set(assets())
    assert all(Path(line).read_text(encoding="utf-8") == assets()[Path(line).name] for line in said)
    before = {line: os.stat(line).st_mtime_ns for line in said}
    Path("course/files/a1viz.css").write_text("old")
    run("assets", "course/files")
    assert [line for line in said if os.stat(line).st_mtime_ns != before[line]] == ["course/files/a1viz.css"]
    Path("file").write_text("")
    assert "file" in run("assets", "file/here", code=2).stderr


def test_doctor_says_which_extra_brings_what_is_missing(monkeypatch):
    def missing(package):
        raise importlib.metadata.PackageNotFoundError(package)

    importlib.import_module("latex2mathml")  # which asks for its own version as it is imported
    monkeypatch.setattr("importlib.metadata.version", missing)
    said = {part["part"]: part["advice"] for part in json.loads(run("doctor", "--json", code=1).stdout)}
    assert said["scikit-learn"] == 'only for data sets: pip install "a1viz[data]"'
    assert said["distributed"] == 'only for sweeps on a Dask cluster: pip install "a1viz[dask]"'
    assert (
        "a1viz[site]" in said["pyyaml"] and "a1viz[plots]" in said["matplotlib"] and said["safetensors"].endswith("pip install safetensors")
    )


def test_doctor_says_how_to_get_an_engine(monkeypatch):
    def missing():
        raise EngineError("no Graphviz engine; pip install graphviz-pure")

    monkeypatch.setattr("a1viz.pictures.engine.find_engine", missing)
    assert "pip install graphviz-pure" in run("doctor", code=1).stdout


def test_doctor_tries_the_engine_on_a_picture(monkeypatch, folder):
    (folder / "dot").write_text("#!/bin/sh\n[ $1 = -V ] && echo 'dot 1.2.3' || echo '{}'\n")
    (folder / "dot").chmod(0o755)
    monkeypatch.setenv("A1VIZ_DOT", str(folder / "dot"))
    said = run("doctor", code=1).stdout
    assert "dot 1.2.3" in said and "answered something that is no layout" in said


# --- what differentiates, and the command line's own way out ----------------------------------------------------------------------

SCALARS = """
title = "Two scalars and a vector"
equations = "J = norm2(x); a = x[0]; v = 2 * x"
[inputs]
x = [2]
[values]
x = [1, 2]
"""


@pytest.fixture
def scalars(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("s.toml").write_text(SCALARS)
    return "s.toml"


def test_of_names_the_scalar_that_is_differentiated(scalars):
    assert json.loads(run("grad", scalars, "--of", "J", "--wrt", "x", "--json").stdout)["x_bar"] == [2, 4]
    assert run("derive", scalars, "--of", "J", "--wrt", "x").stdout == "J_bar = 1\nx_bar = 2 * J_bar * x\n"
    assert "only a scalar can be a loss" in refused("grad", scalars, "--of", "v")
    assert "has no variable 'q'" in refused("derive", scalars, "--of", "q")
    assert "of and cotangents both" in refused("grad", scalars, "--of", "J", "--set", "v_bar=[1,1]")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["grad", "s.toml"], 's has no scalar loss; add loss = "J" to the document, or give the cotangent of J by --set J_bar=...'),
        (["norms", "s.toml"], "by --set J_bar=..."),
        (["render", "s.toml", "--backward", "--values", "-o", "-"], "by --set J_bar=..."),
        (["render", "s.toml", "--plan", "--backward", "-o", "-"], "by --set J_bar=..."),
        (["ntk", "s.toml"], "s has 3 outputs; say --output one of J, a, v"),
        (["render", "two_layer", "--plan", "--set", "y_bar=1", "-o", "-"], "was not asked for; leave out --set y_bar=..."),
        (["cost", "table", "--set", "K=3"], "the size D has no number; give it by --set D=..."),
    ],
)
def test_a_message_of_the_command_line_names_its_own_way_out(arguments, told, scalars):
    said = refused(*arguments)
    assert told in said and "cotangents=" not in said and "output= " not in said


def test_the_way_out_that_is_named_is_one(scalars):
    handed = ["--set", "J_bar=1", "--set", "a_bar=0", "--set", "v_bar=[0,0]"]
    assert json.loads(run("grad", scalars, *handed, "--json").stdout)["x_bar"] == [2, 4]
    assert "x_bar = (2, 4)" in run("render", scalars, "--backward", *handed, "--format", "text", "-o", "-").stdout
    Path("s.toml").write_text('loss = "J"\n' + SCALARS)
    assert json.loads(run("grad", scalars, "--json").stdout)["x_bar"] == [2, 4]
    assert run("check", scalars).stdout.splitlines()[-1].startswith("1 graph, ")


def test_a_picture_is_collapsed_unless_more_seconds_are_allowed():
    equations = "\n".join(["a0 = x", *(f"a{k} = tanh(a{k - 1})" for k in range(1, 40))])
    name = document("long.toml", f'title = "T"\nequations = """{equations}"""\n[inputs]\nx = []\n')
    assert "boxes are not drawn" in run("render", name, "-o", "-", "--seconds", 0.01).stdout
    assert "boxes are not drawn" not in run("render", name, "-o", "-", "--seconds", 60).stdout


@pytest.mark.parametrize("folder", ["a.txt", "a.txt/b"])
def test_pages_are_written_into_a_folder_and_nothing_else(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("")
    assert f"{folder}: cannot make this folder" in refused("pages", "-o", folder)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("mlp", "--steps", 10**30), "steps must be a whole number from 0 to 10,000,000"),
        (("mlp", "--steps", 10**30, "--long"), "steps must be a whole number from 0 to 10,000,000"),
        (("mlp", "--hidden", "9999,9999,9999"), "make 200,019,997 parameters, at most 10,000,000 are trained; take smaller widths"),
        (("mlp", "--hidden", ",".join(["1"] * 30_000)), "30,000 hidden layers; take at most 100"),
        (("mlp", "--steps", 10**7), "without --long at most 60 seconds"),
    ],
)
def test_a_training_that_cannot_be_is_one_clear_message(words, message):
    assert message in refused("train", *words)


# --- every graph of the catalogue ----------------------------------------------------------------------------------------------------


@pytest.fixture
def three(monkeypatch):
    """A catalogue of three graphs, of which one has comparators."""
    names = ("two_layer", "merge_sort", "mlp")
    monkeypatch.setattr("a1viz.graph.catalog.catalogue", lambda: names)
    return names


@pytest.mark.parametrize("form", ["svg", "pdf", "text"])
def test_render_all_writes_a_file_of_the_name_of_each_graph(three, form):
    assert run("render", "--all", "-o", "made", "--format", form).stderr == "made: 3 pictures\n"
    assert sorted(path.name for path in Path("made").iterdir()) == sorted(f"{name}{FORMATS[form].suffix}" for name in three)
    assert Path("made", f"mlp{FORMATS[form].suffix}").read_bytes() == a1viz.draw("mlp").to(form)


def test_what_cannot_be_drawn_is_named_and_the_others_are_written(three):
    said = run("render", "--all", "-o", "made", "--view", "wires", code=2).stderr
    assert [line.partition(": ")[0] for line in said.splitlines()] == ["error", "error", "made"]
    assert "two_layer has no comparators" in said and "mlp has no comparators" in said and said.endswith("made: 1 picture\n")
    assert [path.name for path in Path("made").iterdir()] == ["merge_sort.svg"]


def test_what_is_missing_for_all_is_said_once(three, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    said = run("render", "--all", "-o", "made", "--format", "pdf", code=2).stderr
    assert said.splitlines()[0].startswith("error: two_layer, merge_sort, mlp: ") and said.count("a1viz[pdf]") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--all", "name the folder"),
        ("--all -o -", "name the folder"),
        ("--all -o all.pdf", "name the folder"),
        ("two_layer --all -o made", "leave out GRAPH and --set"),
        ("--all -o made --set x=1", "leave out GRAPH and --set"),
    ],
)
def test_all_of_the_catalogue_is_asked_for_alone_and_with_a_folder(words, said):
    assert said in refused("render", *words.split())
    assert not Path("made").exists()


@pytest.mark.process
def test_a_pdf_takes_half_a_second_of_a_whole_process():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert shell("render", "gated_network", "--backward", "-o", "g.pdf").returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5  # ten times what an idle machine needs
    assert Path("g.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    "words",
    [
        "render two_layer -o x.pdf",
        "render two_layer --format pdf -o x.pdf",
        "sort 3 1 2 -o x.pdf",
        "render two_layer --plan -o x.pdf --scale 2",
    ],
)
def test_pictures_of_every_command_may_be_pdf(words):
    run(*words.split())
    assert Path("x.pdf").read_bytes().startswith(b"%PDF")


def test_what_differs_may_be_a_pdf():
    run("diff", "two_layer", "mlp", "-o", "x.pdf", code=1)
    assert Path("x.pdf").read_bytes().startswith(b"%PDF")
