"""What the lines of a PyTorch program call its values: read from source text and stack traces, without PyTorch."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

import a1viz
from a1viz.exchange.torch_names import TracedNode, names_of, owners_of
from a1viz.exchange.torch_source import ProgramFrame, frames_of, statement_at

PROGRAM = """\
class Net(Module):
    def forward(self, x):
        h = relu(self.fc1(x))
        q, k = (part(h)
                for part in (self.q, self.k))
        for layer in self.layers:
            h = relu(layer(h))
        y: Tensor = self.block(
            q, k)
        y += h
        return self.fc2(y)

    def block(self, q, k):
        a = softmax(q)
        return a * k
"""
LIBRARY = ProgramFrame("lib/site-packages/torch/nn/modules/linear.py", 134, "forward", "return F.linear(input, self.weight)")


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(PROGRAM)
    return str(path)


def at(program: str, *lines: int) -> tuple[ProgramFrame, ...]:
    """The frames of these lines, the outermost first."""
    return tuple(
        ProgramFrame(program, line, "forward" if k == 0 else "block", PROGRAM.splitlines()[line - 1]) for k, line in enumerate(lines)
    )


@pytest.mark.parametrize(
    ("line", "begins", "targets"), [(3, 3, ("h",)), (4, 4, ("q", "k")), (5, 4, ("q", "k")), (9, 8, ("y",)), (10, 10, ("y",)), (11, 11, ())]
)
def test_a_line_is_in_the_statement_that_the_file_has_there(program, line, begins, targets):
    found = statement_at(at(program, line)[0])
    assert (found.line, found.targets) == (begins, targets)


@pytest.mark.parametrize(("text", "targets"), [("    h = f(x)", ("h",)), ("y = g(", ("y",)), ("h = = 1", ()), ("", ()), ("\0", ())])
def test_where_there_is_no_file_the_line_speaks_for_itself(text, targets):
    assert statement_at(ProgramFrame("<stdin>", 7, "forward", text)).targets == targets


def test_a_trace_is_read_frame_by_frame():
    trace = 'File "net.py", line 3, in forward\n    h = relu(self.fc1(x))\n  File "p-packages/torch/a.py", line 1, in forward\n    return'
    assert [(frame.file, frame.line, frame.is_library) for frame in frames_of(trace)] == [
        ("net.py", 3, False),
        ("p-packages/torch/a.py", 1, True),
    ]
    assert frames_of("") == frames_of("no frames") == []


def test_values_are_called_as_the_lines_say(program):
    def layer(line: int, key: str, *readers: int, weights: str = "w") -> TracedNode:
        return TracedNode("linear", (*at(program, line), LIBRARY), (("Net", ""), (key, key)), readers, f"{key}.{weights}eight")

    root = (("Net", ""),)
    nodes = [
        layer(3, "fc1", 1),
        TracedNode("relu", at(program, 3), root, (2, 3, 4)),
        layer(4, "q", 8),
        layer(4, "k", 9),
        layer(7, "layers.0", 5),
        TracedNode("relu", at(program, 7), root, (6,)),
        layer(7, "layers.1", 7),
        TracedNode("relu", at(program, 7), root, (10,)),
        TracedNode("softmax", at(program, 8, 14), root, (9,)),
        TracedNode("mul", at(program, 8, 15), root, (10,)),
        TracedNode("add", at(program, 10), root, (11,)),
        TracedNode("linear", (*at(program, 11), LIBRARY), (("Net", ""), ("fc2", "fc2")), (), "fc2.weight", True),
    ]
    names, written = names_of(nodes)
    assert [names.get(k, "") for k in range(12)] == ["", "h", "q", "k", "", "h", "", "h", "a", "y", "y", "fc2_out"]
    assert written == {*names} - {11}
    assert [owners_of(nodes, names)[k] for k in (0, 4, 6)] == ["h", "h", "h"]


def test_no_name_is_guessed_for_fewer_values_than_a_line_names(tmp_path):
    path = tmp_path / "cell.py"
    path.write_text("h, c = cell(x)\n")
    frames = (ProgramFrame(str(path), 1, "forward", ""),)
    nodes = [TracedNode("mul", frames, (), (1,)), TracedNode("tanh", frames, (), (), is_output=True)]
    assert names_of(nodes)[0] == {1: "output"}


@pytest.mark.skipif(find_spec("torch") is not None, reason="PyTorch is installed")
def test_without_pytorch_one_sentence_says_what_to_install():
    with pytest.raises(a1viz.A1vizError) as caught:
        a1viz.from_torch(object())
    assert str(caught.value) == 'PyTorch\'s modules need torch, which is not installed: pip install "a1viz[torch]"'
    assert "torch" not in sys.modules
