"""Data of one's own: a CSV file with a header, whose rows are examples and one of whose columns says the class. Serves question 4."""

from __future__ import annotations

import csv
import io
import math
import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ..base.arrays import Array
from ..base.columns import counted
from ..base.errors import InputError, did_you_mean, shown
from ..base.limits import CLASSES, NAME_CHARACTERS, TABLE_CELLS, VALUE_BYTES
from ..base.reading import is_stream, read_text, said
from .data import HELD_OUT, SEED, Data, checked_seed, fixed

DELIMITERS = ",;\t"  # the one that the header has most of
LISTED = 12  # columns or classes that a message lists
Row = tuple[int, list[str]]  # its line, and its cells


def read_data(path: str | Path, target: str = "", features: Sequence[str] | None = None, *, seed: int = SEED) -> Data:
    """The examples of a CSV file, split 80 to 20 by the seed, with about the same shares of all classes in both parts.

    The first line names the columns. `target` is the one of the classes, which are texts: in the order of the numbers if all are numbers,
    else of the alphabet. `features` are the columns to learn from, all others unless given; each of their cells is a number.

    Raises InputError, with file, line and column, for what is no such table; for a single class, more than CLASSES, or too few examples
    to hold some out; for more than TABLE_CELLS cells.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "fruit.csv")
    >>> _ = path.write_text("weight,kind\\n" + "150,apple\\n3,cherry\\n" * 5)
    >>> read_data(path, "kind")
    fruit: 10 examples of fruit.csv, by the column kind.
    part        examples  apple  cherry
    training           8      4       4
    validation         2      1       1
    1 feature: weight
    """
    where = said(path)
    rows = _rows(read_text(path, VALUE_BYTES, where), where)
    head = _header(rows, where)
    place = _place(head, target, where)
    places = [_place(head, name, where) for name in features] if features is not None else [k for k in range(len(head)) if k != place]
    _check_features([head[k] for k in places], target, where)
    X, labels = _cells(rows, head, place, places, where)
    names = _classes(labels, target, where)
    number = {name: k for k, name in enumerate(names)}
    t = np.array([number[label] for label in labels])
    held = _held_out(t, checked_seed(seed))
    if not held.any():
        raise InputError(f"{where}: no class has more than {max(np.bincount(t))} of the {counted(len(t), 'examples')}, too few to hold "
                         "some out that validate; give at least 3 of one class")  # fmt: skip
    X, t, X_validation, t_validation = map(fixed, (X[~held], t[~held], X[held], t[held]))
    stem = "data" if is_stream(path) else Path(path).stem
    about = f"{len(labels):,} examples of {where if is_stream(path) else Path(path).name}, by the column {target}."
    title = stem if re.fullmatch(r"[\w .,()-]+", stem) else file_name(stem)
    return Data(file_name(stem), title, about, X, t, X_validation, t_validation, tuple(head[k] for k in places), names)


def file_name(stem: str) -> str:
    """A name for files of models that is safe everywhere: letters, digits, - and _, a letter first.

    >>> file_name("2024 iris (copy)"), file_name("…")
    ('data_2024_iris_copy', 'data')
    """
    name = re.sub(r"[^A-Za-z0-9-]+", "_", stem).strip("_-")
    return name if name[:1].isalpha() else f"data_{name}".rstrip("_")


# --- the table --------------------------------------------------------------------------------------------------------------------


def _rows(text: str, where: str) -> Iterator[Row]:
    """The rows of a table that are not blank, the header among them."""
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InputError(f"{where}, line {reader.line_num}: not a row of a CSV file: {error}") from None
        if cells is None:
            return
        if cells and (len(cells) > 1 or cells[0].strip()):
            yield reader.line_num, cells


def _header(rows: Iterator[Row], where: str) -> list[str]:
    """The names of the columns."""
    line, cells = next(rows, (0, []))
    head = [cell.strip() for cell in cells]
    if len(head) < 2:
        found = "it is empty" if not head else f"it has one column, {shown(head[0])}"
        raise InputError(f"{where}: {found}; expected a header and rows, with commas between columns: features, and one of the classes")
    if all(_number(cell) is not None for cell in head):
        raise InputError(f"{where}, line {line}: the first line must name the columns, as in x1,x2,kind, got numbers")
    for k, name in enumerate(head):
        if not name:
            raise InputError(f"{where}, line {line}: column {k + 1} has no name; name it (pandas writes none with to_csv(index=False))")
        _check_length(name, "a column", f"{where}, line {line}")
    double = next((name for name, n in Counter(head).items() if n > 1), None)
    if double is not None:
        raise InputError(f"{where}, line {line}: two columns are called {shown(double)}; each needs a name of its own")
    return head


def _place(head: list[str], name: str, where: str) -> int:
    """Where a column is."""
    if name in head:
        return head.index(name)
    known = ", ".join(map(shown, head[:LISTED])) + (", ..." if len(head) > LISTED else "")
    if name:
        raise InputError(f"{where}: there is no column {shown(name)}{did_you_mean(name, head)}; the columns are {known}")
    fact = f"{where}: no column was named that says the class"
    raise InputError(f"{fact}, as target; the columns are {known}").with_shell(f"{fact}: --target COLUMN; the columns are {known}")


def _check_features(names: list[str], target: str, where: str) -> None:
    double = next((name for name, n in Counter(names).items() if n > 1), None)
    if double is not None:
        raise InputError(f"{where}: the feature {shown(double)} is named twice")
    if target in names:
        raise InputError(f"{where}: {shown(target)} says the class and cannot be a feature too")
    if not names:
        raise InputError(f"{where}: there is no feature to learn from; name at least one")


def _cells(rows: Iterator[Row], head: list[str], place: int, places: list[int], where: str) -> tuple[Array, list[str]]:
    """The features, (examples, features), and the class of each example."""
    found, labels, lines = array("d"), list[str](), array("q")
    for line, cells in rows:
        if len(cells) != len(head):
            raise InputError(f"{where}, line {line}: the row has {counted(len(cells), 'cells')}, and the header names {len(head)} columns")
        label = cells[place].strip()
        if not label:
            raise InputError(f"{where}, line {line}, column {head[place]}: there is no class; fill it in, or leave the row out")
        numbers = [_number(cells[k]) for k in places]
        if None in numbers:
            k = places[numbers.index(None)]
            raise InputError(f"{where}, line {line}, column {head[k]}: {_no_number(cells[k].strip())}")
        found.extend(number for number in numbers if number is not None)
        labels.append(label)
        lines.append(line)
        if len(labels) * len(head) > TABLE_CELLS:
            raise InputError(f"{where}: more than {TABLE_CELLS:,} cells; leave out rows or columns")
    if not labels:
        raise InputError(f"{where}: there are no examples below the header")
    for label, line in zip(labels, lines, strict=True):
        _check_length(label, "a class", f"{where}, line {line}, column {head[place]}")
    return np.frombuffer(found).reshape(len(labels), len(places)), labels


def _number(cell: str) -> float | None:
    """The number in a cell, or None."""
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in cell else None


def _no_number(cell: str) -> str:
    """Why a cell is refused."""
    if not cell:
        return "the cell is empty; fill in a number, or leave the row out"
    if re.fullmatch(r"[+-]?\d+,\d+", cell):
        return f"{shown(cell)} is not a number; write decimals with a point"
    return f"{shown(cell)} is not a number; fill one in, leave the row out, or leave the column out by naming the others as features"


def _check_length(name: str, what: str, where: str) -> None:
    if len(name) > NAME_CHARACTERS:
        raise InputError(f"{where}: the name of {what} has {len(name):,} characters, at most {NAME_CHARACTERS}: {shown(name)}")


# --- classes and parts ------------------------------------------------------------------------------------------------------------


def _classes(labels: list[str], target: str, where: str) -> tuple[str, ...]:
    """The classes in their order."""
    numbers = {label: _number(label) for label in dict.fromkeys(labels)}
    if len(numbers) > CLASSES:
        raise InputError(f"{where}: column {target} has {len(numbers):,} different values, and at most {CLASSES} classes are learnt; "
                         "is it a number to predict, and no class?")  # fmt: skip
    if len(numbers) < 2:
        raise InputError(f"{where}: all examples are {shown(labels[0])} in column {target}; a classifier learns from two classes or more")
    are_numbers = None not in numbers.values()
    return tuple(sorted(numbers, key=lambda label: (numbers[label] or 0.0 if are_numbers else 0.0, label)))


def _held_out(t: Array, seed: int) -> Array:
    """Which examples validate: the share HELD_OUT of each class, chosen by the seed."""
    rng, held = np.random.default_rng(seed), np.zeros(len(t), dtype=bool)
    for k in range(int(t.max()) + 1):
        places = np.flatnonzero(t == k)
        held[rng.permutation(places)[: round(HELD_OUT * len(places))]] = True
    return held
