"""Named arrays in a file: safetensors, which many frameworks read, and which hold numbers and never code.

A document takes a value from such a file beside it: `W1 = "@moons_mlp.safetensors:0.weight"`. Serves the models of question 4.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .arrays import Array
from .errors import InputError, OutputError, did_you_mean, shown
from .files import path_of, write_whole
from .limits import MEMBERS, UNPACKED_BYTES, VALUE_BYTES
from .reading import read_bytes, said

REFERENCE = re.compile(r"@([\w.-]+\.(?:safetensors|npz))(?::([\w.:-]+))?")  # a file beside the document, and which of its arrays
ABOUT = "a1viz"  # the one entry of the metadata: with several, their order would differ from file to file
TYPES = {  # the format's words for them, and NumPy's
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U64": "<u8", "U32": "<u4",
    "U16": "<u2", "U8": "u1", "BOOL": "?", "C64": "<c8",
}  # fmt: skip
MISSING = "safetensors is not installed: pip install safetensors"


def read_tensors(path: str | Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays of a file by name, and what a1viz wrote about them. Raises InputError for anything that is not such a file, whole."""
    name = shown(said(path), 200)
    data = read_bytes(path, VALUE_BYTES, name)
    try:
        return tensors(data)
    except ValueError as error:
        raise InputError(f"{name} is not a good .safetensors file: {error}") from None


def tensors(data: bytes) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays in the bytes of a file by name, and what a1viz wrote about them. Raises ValueError; InputError without safetensors."""
    try:
        from safetensors import SafetensorError, deserialize
    except ModuleNotFoundError:
        raise InputError(MISSING) from None
    try:
        arrays = {name: _array(**found) for name, found in sorted(deserialize(data))}  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise ValueError(str(error)) from None
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])  # which has just been found to be in order
    try:
        about = json.loads((header.get("__metadata__") or {}).get(ABOUT, "{}"))
    except RecursionError:
        raise ValueError("lists in lists without end") from None
    return arrays, about if isinstance(about, dict) else {}


def _array(dtype: str, shape: list[int], data: bytes) -> Array:
    if dtype == "BF16":  # the upper half of a float32; NumPy has no such type
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view(np.float32).reshape(shape)
    if dtype not in TYPES:
        raise ValueError(f"NumPy has no numbers of type {shown(dtype)}; save them as F32")
    return np.frombuffer(data, TYPES[dtype]).astype(np.dtype(TYPES[dtype]).newbyteorder("=")).reshape(shape)


def read_npz(path: str | Path) -> dict[str, Array]:
    """The arrays of a .npz file by name; nothing is ever unpickled. Raises InputError for anything that is not such a file, whole."""
    name = shown(said(path), 200)
    data = read_bytes(path, VALUE_BYTES, name)
    try:
        return npz(data)
    except Exception as error:  # whatever a broken file makes NumPy or zipfile raise
        raise InputError(f"{name} is not a good .npz file: {error or type(error).__name__}") from None


def npz(data: bytes, choose: Callable[[list[str]], list[str]] = list) -> dict[str, Array]:
    """The arrays in the bytes of a .npz file, those that `choose` picks of their names. Raises what NumPy and zipfile raise."""
    if data.count(b"PK\x01\x02") > MEMBERS:
        raise ValueError(f"it has more than {MEMBERS:,} arrays")
    arrays: dict[str, Array] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        chosen = {name: members[name] for name in choose(list(members))}
        if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in chosen.values()):
            raise ValueError("it is packed in a way that NumPy does not use; write it by numpy.savez")  # others unpack as much as they like
        size = sum(member.file_size for member in chosen.values())
        if size > UNPACKED_BYTES:
            raise ValueError(f"it unpacks to {size:,} bytes; at most {UNPACKED_BYTES:,} are read")
        for name, member in chosen.items():
            with archive.open(member) as file:  # which gives no more than the size that was just looked at
                arrays[name] = np.lib.format.read_array(file, allow_pickle=False)
    return arrays


def write_tensors(path: str | Path, arrays: Mapping[str, Array], about: Mapping[str, Any]) -> None:
    """Write arrays by name, the file whole or not at all; the same arrays give the same bytes. Raises OutputError."""
    try:
        from safetensors.numpy import save
    except ModuleNotFoundError:
        raise OutputError(MISSING) from None
    text = json.dumps(about, sort_keys=True, allow_nan=False)
    write_whole(path_of(path), save({name: np.array(array, order="C") for name, array in arrays.items()}, {ABOUT: text}))


def key_of(name: str, path: str, keys: list[str], key: str = "") -> str:
    """Which array of a file is meant: `key` if given, else the one of the value's name, else the only one. Raises InputError."""
    wanted = key or name
    if wanted not in keys and (key or len(keys) != 1):
        known = ", ".join(map(shown, keys[:10])) + (", ..." if len(keys) > 10 else "")
        raise InputError(f"{name}: {shown(path)} has no array called {wanted}; it has {known or 'none'}{did_you_mean(wanted, keys)}")
    return wanted if wanted in keys else keys[0]


def with_arrays(values: Mapping[str, Any], ranks: Mapping[str, int], folder: Path | None, report: Callable[..., None]) -> dict[str, Any]:
    """A document's values with each `"@file:name"` replaced by that array; what cannot be read is reported and left out.

    An array may have axes of one entry in front of the `ranks` of its parameter: a weight of shape (1, D) is a vector of D entries.
    """
    found: dict[str, Any] = {}
    files: dict[str, dict[str, Array] | None] = {}
    for name, value in values.items():
        if not isinstance(value, str):
            found[name] = value
            continue
        reference = REFERENCE.fullmatch(value)
        assert reference is not None, "check_schema lets no other text through"
        file, key = reference.groups()
        try:
            if folder is None:
                raise InputError(f"{name}: {shown(value)} is a file beside the document, and this document is not a file")
            if file not in files:
                files[file] = None  # what is wrong with a file is said once
                files[file] = read_npz(folder / file) if file.endswith(".npz") else read_tensors(folder / file)[0]
            arrays = files[file]
            if arrays is None:
                continue
            array = arrays[key_of(name, file, list(arrays), key)]
            if array.dtype.kind not in "biuf" or np.isnan(array).any():
                raise InputError(f"{name}: {shown(value)} contains what is not a number; write numbers")
        except InputError as error:
            report(str(error), "values", name)
            continue
        while array.ndim > ranks.get(name, array.ndim) and array.shape[0] == 1:
            array = array.reshape(array.shape[1:])
        array.flags.writeable = False
        found[name] = array
    return found
