"""Values as text: what `--set NAME=VALUE` and JSON output mean."""

from __future__ import annotations

import json
import math
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.errors import InputError, shown
from ..base.tensors import key_of, read_tensors


def read_setting(text: str) -> tuple[str, Any]:
    """`x=[1,3,1]`, `x=2.5` or `x=@file.npy` as a name and an array. Raises InputError.

    >>> read_setting("x=[1, 3]")
    ('x', array([1, 3]))
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InputError(f"{shown(text)} is not NAME=VALUE, such as x=[1,3,1]")
    name = name.strip()
    return name, from_file(name, value[1:]) if value.startswith("@") else from_json(name, value)


def from_json(name: str, value: str) -> Array:
    """A JSON number or nested list as an array; `Infinity` and `-Infinity` are numbers too. Raises InputError."""
    try:
        data = json.loads(value, parse_float=_finite, parse_int=_integer, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: {shown(value)} is not JSON such as 2.5, [1,3,1] or [[1,2],[3,4]]: {error}") from None
    try:
        array = np.asarray(data)
    except (ValueError, OverflowError):
        raise InputError(f"{name}: {shown(value)} is not a number, a list or a list of rows of one length") from None
    if array.dtype.kind not in "iuf":
        raise InputError(f"{name}: expected numbers, got {shown(value)}")
    return array


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{shown(text, 30)} is not a finite number")
    return number


def _constant(text: str) -> float:
    return _finite(text) if text == "NaN" else float(text)


def _integer(text: str) -> int | float:
    return int(text) if len(text) < 19 else _finite(text)  # beyond 64 bits an integer would make an array of objects


def from_file(name: str, path: str) -> Array:
    """An array from a .npy or .csv file, or the array called `name`, or the only one, of .npz or .safetensors. Raises InputError.

    Nothing is ever unpickled.
    """
    readers = {".npy": _from_npy, ".npz": _from_npz, ".csv": _from_csv, ".safetensors": _from_safetensors}
    suffix = Path(path).suffix.lower()
    if suffix not in readers:
        raise InputError(f"{name}: cannot read {shown(path)}; use a file that ends in {', '.join(readers)}")
    try:
        return readers[suffix](name, path)
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{name}: {shown(path)}: cannot read this file: {(error.strerror or str(error)).lower()}") from None
    except Exception as error:  # whatever a broken file makes NumPy, zipfile or safetensors raise
        raise InputError(f"{name}: {shown(path)} is not a good {suffix} file: {error or type(error).__name__}") from None


def _from_npy(name: str, path: str) -> Array:
    with open(path, "rb") as file:
        found: Array = np.load(file, allow_pickle=False)
    return found


def _from_npz(name: str, path: str) -> Array:
    with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
        found: Array = archive[key_of(name, path, archive.files)]
    return found


def _from_csv(name: str, path: str) -> Array:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # an empty file is only warned about
        return np.loadtxt(path, delimiter=",", ndmin=1)


def _from_safetensors(name: str, path: str) -> Array:
    try:
        arrays, _ = read_tensors(path)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    return arrays[key_of(name, path, list(arrays))]


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
