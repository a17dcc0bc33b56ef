"""The command that takes a graph out: convert."""

from __future__ import annotations

from pathlib import Path

import click

from .console import examples, file_option, graph_argument, of_option

TARGETS = ("numpy", "torch", "jax")  # the libraries that programs are for, without importing them; a test compares
ENDINGS = (".py", ".toml", ".onnx")
TYPES = ("float32", "float64", "float16")


@click.command(
    epilog=examples(
        "a1viz convert gated_network -o gated.py --backward",
        "a1viz convert two_layer --to torch -o -",
        "a1viz convert merge_sort -o mine.toml",
        "a1viz convert mlp -o mlp.onnx --backward",
    )
)
@graph_argument
@file_option("FILE.py, FILE.toml or FILE.onnx; - prints a program.", required=True)
@click.option("--to", "library", type=click.Choice(TARGETS), help="The library that the program is for. Default: numpy.")
@click.option("--dtype", type=click.Choice(TYPES), help="The numbers of an ONNX model. Default: float32.")
@click.option("--backward", is_flag=True, help="With gradients.")
@of_option
def convert(graph: str, output: str, library: str | None, dtype: str | None, backward: bool, of: str) -> None:
    """GRAPH as a program, a document or an ONNX model, by FILE's extension."""
    from ..exchange import to_code, to_onnx, with_gradients
    from ..graph.documents import load
    from ..graph.written import save

    ending = ".py" if output == "-" else Path(output).suffix
    if ending not in ENDINGS:
        raise click.UsageError(f"-o: a graph is converted to a file that ends in {', '.join(ENDINGS)}, got {output!r}")
    if library and ending != ".py":
        raise click.UsageError("--to says which library a program is for; leave it out, or write FILE.py")
    if dtype and ending != ".onnx":
        raise click.UsageError("--dtype is for ONNX models; leave it out, or write FILE.onnx")
    g = load(graph)
    if ending == ".py":
        _write(output, to_code(g, library or "numpy", backward=backward, of=of).encode())
    elif ending == ".onnx":
        _write(output, to_onnx(g, backward=backward, of=of, dtype=dtype or "float32").SerializeToString(deterministic=True))
    else:
        save(with_gradients(g, of) if backward else g, output)


def _write(output: str, data: bytes) -> None:
    from ..base.files import write_whole

    if output == "-":
        click.echo(data, nl=False)
    else:
        write_whole(Path(output), data)


COMMANDS = (convert,)
