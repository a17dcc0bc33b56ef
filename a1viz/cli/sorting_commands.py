"""Commands of question 3: sort, verify."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..base.columns import counted
from ..base.errors import InputError, did_you_mean, shown
from ..base.limits import SECONDS
from .console import NAMED, WRONG, echo_json, examples, json_option, long_option, said_before, seconds_option

if TYPE_CHECKING:
    from ..sorting import Network, Proof

OPTIONS = ("--network", "--exact", "--perceptron", "--output", "--seconds", "--json", "--help")
ENDINGS = {1: "st", 2: "nd", 3: "rd"}


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog=examples(
        "a1viz sort 3 1 4 2",
        "a1viz sort 3 1 4 2 --network bubble -k 3",
        "a1viz sort -2.5 1e3 -7 0.1 --network merge -o sorted.svg",
        "a1viz sort 0.1 0.1 0.2 0.7 --network merge --perceptron",
    ),
)
@click.argument("values", nargs=-1, required=True, metavar="VALUE...")
@click.option(
    "--network",
    "name",
    type=NAMED,
    default="",
    metavar="NAME",
    help="bubble, insertion, transposition, merge (or batcher), bitonic, bose-nelson, pairwise, best-size, best-depth; or a FILE "
    "of comparators, - for the standard input. Default: the fewest comparators known.",
)
@click.option(
    "--exact/--perceptron",
    "exact",
    default=True,
    show_default=True,
    help="Compare and select, so that every number stays what it is; or compute what Sort_2 perceptrons do, and round.",
)
@click.option("-k", type=int, metavar="K", help="Print the K-th smallest number too.")
@click.option(
    "-o", "--output", type=NAMED, default="", metavar="FILE", help="Draw the network with the numbers on its wires; - for standard output."
)
@seconds_option
@json_option
def sort(values: tuple[str, ...], name: str, exact: bool, k: int | None, output: str, seconds: float, as_json: bool) -> None:
    """Sort numbers by a network of comparators.

    Whole numbers of any size and floats are compared exactly.
    """
    from ..sorting.networks import checked_k

    if output == "-" and as_json:
        raise InputError("-o - and --json both write to the standard output; give -o a file")
    numbers = [read_number(text) for text in values]
    network = read_network(name, len(numbers))
    if k is not None:
        checked_k(k, len(numbers))
        if k - 1 not in network.outputs:
            said = ", ".join(str(wire + 1) for wire in network.outputs)
            raise InputError(f"this network selects number {said} of {network.n}, not number {k}")
    found = list(network.apply(numbers)) if exact else _rounded(network, numbers)
    if output:
        write_wires(network, numbers, exact, output, k=k, seconds=seconds)
    wires = (k - 1,) if k is not None else network.outputs
    is_selection = not network.is_whole or (exact and k is not None and found != sorted(found))
    counted_on = wires if is_selection else network.outputs
    is_right = all(found[wire] == number for wire, number in enumerate(sorted(found)) if wire in counted_on)
    if output == "-":
        pass
    elif as_json:
        smallest = {} if k is None else {"k": k, "kth_smallest": _plain(found[k - 1])}
        what = {"network": network.name, "n": network.n, "size": network.size, "depth": network.depth, "exact": exact}
        selected = {"selected": {str(wire + 1): _plain(found[wire]) for wire in wires}}
        echo_json({**(selected if is_selection else {"sorted": [_plain(value) for value in found]}), **smallest, **what})
    else:
        if not is_selection:
            click.echo(" ".join(map(str, found)))
        for wire in wires if is_selection or k is not None else ():
            click.echo(f"{ordinal(wire + 1)} smallest: {found[wire]}" if is_right else f"on wire {wire + 1}: {found[wire]}")
    if not is_right:
        verb = "select" if is_selection else "sort"
        click.echo(f"not {verb}ed: {f'this network does not {verb}' if exact else 'the perceptrons have rounded'}", err=True)
        sys.exit(WRONG)


def read_number(text: str) -> int | float:
    """A number of the command line. Raises InputError."""
    if text.startswith("--"):
        raise InputError(f"no such option: {shown(text)}{did_you_mean(text, OPTIONS)}")
    try:
        if "_" in text:
            raise ValueError
        number = int(text) if text.strip().lstrip("+-").isdigit() else float(text)
    except ValueError:
        raise InputError(f"{shown(text)} is not a number; write numbers such as 3, -1.5 or 2e-3, with blanks between them") from None
    if isinstance(number, int):
        return number
    if math.isnan(number):
        raise InputError(f"{shown(text)} cannot be sorted: it is neither smaller nor larger than any number")
    if math.isinf(number) and "n" not in text.lower():
        raise InputError(f"{shown(text)} is larger than a float can be, 1.8e308; write it as a whole number, or inf")
    return number


def read_network(name: str, n: int) -> Network:
    """A network of the command line, by its family or from a file. Raises InputError."""
    from ..sorting import load
    from ..sorting import network as of_family
    from ..sorting.evaluation import default_family

    if not is_file(name):
        return of_family(name or default_family(n), n)
    found = load(name)
    if found.n != n:
        raise InputError(f"{shown(name, 300)} is a network of {counted(found.n, 'wires')}, but is given {counted(n, 'numbers')}")
    return found


def is_file(name: str) -> bool:
    return name == "-" or name.endswith((".toml", ".json", ".txt")) or "/" in name or "\\" in name


def _rounded(network: Network, numbers: list[int | float]) -> list[float]:
    """What the perceptrons compute. Raises InputError for what is no float."""
    from ..sorting import sort as sort_rows

    try:
        floats = [float(number) for number in numbers]
    except OverflowError:
        raise InputError("a whole number is larger than a float can be, 1.8e308; leave out --perceptron") from None
    rounded: list[float] = sort_rows(floats, network, exact=False).tolist()
    return rounded


def _plain(value: int | float) -> Any:
    return value if isinstance(value, int) or math.isfinite(value) else "NaN" if math.isnan(value) else f"{'-' * (value < 0)}Infinity"


def ordinal(k: int) -> str:
    """1st, 2nd, 3rd, 4th, ..., 11th, ...

    >>> ordinal(3), ordinal(12), ordinal(21)
    ('3rd', '12th', '21st')
    """
    return f"{k}{'th' if k % 100 in (11, 12, 13) else ENDINGS.get(k % 10, 'th')}"


def write_wires(network: Network, numbers: list[int | float], exact: bool, output: str, **shown: Any) -> None:
    """The wires of a network with numbers on them, into a file or to the standard output."""
    from ..pictures.drawing import draw as picture_of
    from .written_pictures import written

    if exact:
        picture = picture_of(network, values=numbers, **shown)
    else:
        inputs = {f"x{wire}": float(number) for wire, number in enumerate(numbers, 1)}
        picture = picture_of(network.graph(), view="wires", values=inputs, **shown)
    written(picture, Path(output))


@click.command(
    epilog=examples(
        "a1viz verify merge -n 64",
        "a1viz verify mine.toml",
        "a1viz verify bubble -n 9 -k 5",
        "echo 0:2,1:3 0:1,2:3 1:2 | a1viz verify -",
        "a1viz verify pairwise -n 64 --workers 2 --store proof",
    )
)
@click.argument("network", metavar="NETWORK|FILE")
@click.option("-n", type=int, metavar="N", help="How many wires; a FILE says it itself.")
@click.option("-k", "selected", type=int, multiple=True, metavar="K", help="Prove only that the K-th smallest number comes out on wire K.")
@click.option("--workers", default=0, metavar="N", help="Spread a long proof over N processes.")
@click.option("--scheduler", type=NAMED, default="", metavar="ADDRESS", help="Spread a long proof over the Dask cluster of this scheduler.")
@click.option("--store", type=NAMED, default="", metavar="DIR", help="Keep the finished part of a long proof; the next run goes on.")
@long_option
@json_option
def verify(
    network: str, n: int | None, selected: tuple[int, ...], workers: int, scheduler: str, store: str, is_long: bool, as_json: bool
) -> None:
    """Prove by the 0-1 principle that a network sorts, or show an input that it leaves unsorted.

    NETWORK is the name of a family, as in `a1viz sort --help`; FILE is a document with comparators, JSON of a public collection, or pairs
    such as 0:1,2:3 (wires counted from 0, one line per layer) in a .txt file; - reads any of these from the standard input.
    """
    from dataclasses import replace

    from ..base.workers import executor
    from ..sorting import verify as prove
    from ..sorting.networks import checked_k

    found = named_network(network, n)
    if selected:
        found = replace(found, outputs=tuple(sorted({checked_k(k, found.n) - 1 for k in selected})))
    with executor(workers, scheduler) as spread:
        limit, about = math.inf if is_long else SECONDS, said_before(is_long, workers)
        proof = prove(found, executor=spread, store=store or None, workers=max(workers, 1), limit=limit, about=about)
    if as_json:
        echo_json(record(proof))
    else:
        click.echo(str(proof))
    if not proof:
        sys.exit(WRONG)


def named_network(name: str, n: int | None) -> Network:
    """A network from a file, or of a family for so many wires. Raises InputError."""
    from ..sorting import load
    from ..sorting import network as of_family
    from ..sorting.families import family_of

    if is_file(name):
        found = load(name)
        if n not in (None, found.n):
            raise InputError(f"{shown(name, 300)} is a network of {counted(found.n, 'wires')}, so leave out -n {n}")
        return found
    family_of(name)
    if n is None:
        raise InputError(f"say how many wires {name} is to have, as in: a1viz verify {name} -n 8")
    return of_family(name, n)


def record(proof: Proof) -> dict[str, Any]:
    """A proof as JSON data; wires and comparators are counted from 1."""
    network = proof.network
    return {
        "network": network.name,
        "n": network.n,
        "size": network.size,
        "depth": network.depth,
        "ok": proof.ok,
        "method": proof.method,
        "outputs": [wire + 1 for wire in network.outputs],
        "patterns": proof.patterns,
        "counterexample": proof.counterexample,
        "output": proof.output,
        "permutation": proof.permutation,
        "redundant": [{"comparator": at + 1, "wires": [wire + 1 for wire in network.comparators[at]]} for at in proof.redundant],
        "missing": [[i + 1, j + 1] for i, j in proof.missing],
    }


COMMANDS = (sort, verify)
