"""Values as text: what `--set NAME=VALUE` and JSON output mean."""

from __future__ import annotations

import io
import json
import math
import re
import warnings
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.errors import InputError, shown
from ..base.large import open_npy
from ..base.limits import MAPPED_BYTES, VALUE_BYTES
from ..base.reading import is_longer, is_stream, read_bytes
from ..base.tensors import key_of, npz, tensors

FILE = re.compile(r"(?P<path>.*?\.(?:npz|safetensors))(?::(?P<key>[^/\\]+))?", re.I | re.S)  # of several arrays, one of which may be named
CELL = re.compile(r" to float64 at row (\d+), column (\d+)\.?")  # where NumPy finds no number
NESTED = 64  # lists in one another; NumPy has no array of more axes
TOO_DEEP = "its brackets are nested too deeply"
BLANK = ' \t\n"'  # around a number
Choose = Callable[[list[str]], str]  # which of several arrays is meant
MAGIC = {b"\x93NUMPY": ".npy", b"PK\x03\x04": ".npz"}


def read_setting(text: str, is_mapped: bool = False) -> tuple[str, Any]:
    """`x=[1,3,1]`, `x=2.5` or `x=@file.npy` as a name and an array; `is_mapped` as for `from_file`. Raises InputError.

    >>> read_setting("x=[1, 3]")
    ('x', array([1, 3]))
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InputError(f"{shown(text)} is not NAME=VALUE, such as x=[1,3,1]")
    name = name.strip()
    return name, from_file(name, value[1:], is_mapped) if value.startswith("@") else from_json(name, value)


def from_json(name: str, value: str) -> Array:
    """A JSON number or nested list as an array; `Infinity` and `-Infinity` are numbers too. Raises InputError."""
    try:
        if value[: len(value) - len(value.lstrip("[ \t\r\n"))].count("[") > NESTED:
            raise ValueError(TOO_DEEP)  # newer versions of Python would read it
        data = json.loads(value, parse_float=_finite, parse_int=_integer, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: {shown(value)} is not JSON such as 2.5, [1,3,1] or [[1,2],[3,4]]: {_why(value, error)}") from None
    try:
        array = np.asarray(data)
    except (ValueError, OverflowError):
        raise InputError(f"{name}: {shown(value)} is not a number, a list or a list of rows of one length") from None
    if array.dtype.kind not in "iuf":
        raise InputError(f"{name}: expected numbers, got {shown(value)}")
    return array


def _why(value: str, error: Exception) -> str:
    if isinstance(error, RecursionError):
        return TOO_DEEP
    return "a list stands in brackets" if "," in value and value.strip()[:1] not in "[{" else str(error)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{shown(text, 30)} is not a finite number")
    return number


def _constant(text: str) -> float:
    return _finite(text) if text == "NaN" else float(text)


def _integer(text: str) -> int | float:
    return int(text) if len(text) < 19 else _finite(text)  # beyond 64 bits an integer would make an array of objects


def from_file(name: str, text: str, is_mapped: bool = False) -> Array:
    """An array from a .npy or .csv file, or the array called `name`, or the only one, of .npz or .safetensors. Raises InputError.

    `w.safetensors:key` is the array `key` of that file. `-` is standard input; what comes from there or from a pipe is known by how it
    begins. Nothing is ever unpickled. With `is_mapped` a .npy file of more than MAPPED_BYTES is not read but mapped, however large it is.
    """
    named = FILE.fullmatch(text)
    path, key = (named["path"], named["key"] or "") if named else (text, "")
    readers = {".npy": _from_npy, ".npz": _from_npz, ".csv": _from_csv, ".safetensors": _from_safetensors}
    suffix = Path(path).suffix.lower()
    if suffix not in readers and not is_stream(path):
        raise InputError(f"{name}: cannot read {shown(path)}; use a file that ends in {', '.join(readers)}, or a pipe")
    if is_mapped and suffix == ".npy" and is_longer(path, MAPPED_BYTES):
        return open_npy(path, name)
    data = read_bytes(path, VALUE_BYTES, f"{name}: {shown(path)}")
    suffix = suffix if suffix in readers else _kind(data)
    try:
        return readers[suffix](data, lambda keys: key_of(name, path, keys, key))
    except InputError:
        raise
    except Exception as error:  # whatever a broken file makes NumPy, zipfile or safetensors raise
        raise InputError(f"{name}: {shown(path)} is not a good {suffix} file: {error or type(error).__name__}") from None


def _kind(data: bytes) -> str:
    """The ending of a file that begins so; text is CSV."""
    is_safetensors = len(data) > 8 and data[8:9] == b"{" and int.from_bytes(data[:8], "little") < len(data)
    return next((kind for magic, kind in MAGIC.items() if data.startswith(magic)), ".safetensors" if is_safetensors else ".csv")


def _from_npy(data: bytes, choose: Choose) -> Array:
    found: Array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    return found


def _from_npz(data: bytes, choose: Choose) -> Array:
    (found,) = npz(data, lambda keys: [choose(keys)]).values()
    return found


def _from_csv(data: bytes, choose: Choose) -> Array:
    """Rows of numbers with commas between them; a first line in which nothing is a number names the columns, as in a spreadsheet."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # where there are no numbers NumPy only warns
            found = np.loadtxt(_rows(data), delimiter=",", ndmin=1, quotechar='"')
    except UserWarning:
        raise ValueError("there are no numbers in it, with commas between them") from None
    except ValueError as error:  # which counts rows from 0 and columns from 1
        raise ValueError(CELL.sub(lambda at: f" to a number: row {int(at[1]) + 1}, column {at[2]}", str(error))) from None
    if not np.isfinite(found).all():
        for row in _rows(data):
            for field in row.partition("#")[0].split(","):
                _check_finite(field.strip(BLANK))
    return found


def _rows(data: bytes) -> Iterator[str]:
    """The lines of a table, without a header."""
    lines = io.TextIOWrapper(io.BytesIO(data), "utf-8-sig")
    first = next((line for line in lines if line.partition("#")[0].strip()), "")
    return chain([first] if any(map(_is_number, first.split(","))) else [], lines)


def _is_number(field: str) -> bool:
    try:
        float(field.strip(BLANK))
    except ValueError:
        return False
    return True


def _check_finite(field: str) -> None:
    """Infinity is a number if somebody wrote it, as in JSON."""
    if field and (math.isnan(float(field)) or "n" not in field.lower()):
        _finite(field)


def _from_safetensors(data: bytes, choose: Choose) -> Array:
    arrays, _ = tensors(data)
    return arrays[choose(list(arrays))]


def read_size(text: str) -> tuple[str, int]:
    """`D=784` as a name and a number. Raises InputError.

    >>> read_size("D=784")
    ('D', 784)
    """
    name, _, value = text.partition("=")
    if not re.fullmatch(r"[0-9]{1,18}", value.strip()) or not name.strip():
        raise InputError(f"{shown(text)} is not SIZE=NUMBER, such as D=784")
    return name.strip(), int(value)


def plain(value: Any) -> Any:
    """An array as JSON data; NaN and infinities become the strings "NaN", "Infinity", "-Infinity".

    >>> plain(np.array([1.0, np.inf]))
    [1.0, 'Infinity']
    """
    value = np.asarray(value)
    if np.isfinite(value).all():
        return value.tolist()
    if value.ndim:
        return [plain(v) for v in value]
    return "NaN" if np.isnan(value) else "Infinity" if value > 0 else "-Infinity"
