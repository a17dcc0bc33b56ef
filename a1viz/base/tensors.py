"""Named arrays in a file: safetensors, which many frameworks read, and which hold numbers and never code.

A document takes a value from such a file beside it: `W1 = "@moons_mlp.safetensors:0.weight"`. Serves the models of question 4.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .arrays import Array
from .errors import InputError, OutputError, did_you_mean, shown
from .files import write_whole

REFERENCE = re.compile(r"@([\w.-]+\.(?:safetensors|npz))(?::([\w.:-]+))?")  # a file beside the document, and which of its arrays
ABOUT = "a1viz"  # the one entry of the metadata: with several, their order would differ from file to file
UNPACKED = 2**28  # bytes of a .npz file's arrays, at most
MISSING = "safetensors is not installed: pip install safetensors"


def read_tensors(path: str | Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays of a file by name, and what a1viz wrote about them. Raises InputError for anything that is not such a file, whole."""
    try:
        from safetensors import SafetensorError, safe_open
    except ModuleNotFoundError:
        raise InputError(MISSING) from None
    said = shown(str(path), 200)
    try:
        with open(path, "rb"), safe_open(str(path), "np") as file:
            arrays = {name: np.array(file.get_tensor(name)) for name in sorted(file.keys())}
            about = json.loads((file.metadata() or {}).get(ABOUT, "{}"))
    except OSError as error:
        raise InputError(f"{said}: cannot read this file: {(error.strerror or str(error)).lower()}") from None
    except (SafetensorError, ValueError, TypeError, AttributeError) as error:  # the last two for types that NumPy does not have
        raise InputError(f"{said} is not a good .safetensors file: {error}") from None
    return arrays, about if isinstance(about, dict) else {}


def read_npz(path: str | Path) -> dict[str, Array]:
    """The arrays of a .npz file by name; nothing is ever unpickled. Raises InputError for anything that is not such a file, whole."""
    said = shown(str(path), 200)
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
            if size > UNPACKED:
                raise ValueError(f"it unpacks to {size:,} bytes; at most {UNPACKED:,} are read")
            arrays: dict[str, Array] = {}
            for member in archive.namelist():
                with archive.open(member) as packed:
                    arrays[member.removesuffix(".npy")] = np.lib.format.read_array(packed, allow_pickle=False)
    except OSError as error:
        raise InputError(f"{said}: cannot read this file: {(error.strerror or str(error)).lower()}") from None
    except Exception as error:  # whatever a broken file makes NumPy or zipfile raise
        raise InputError(f"{said} is not a good .npz file: {error or type(error).__name__}") from None
    return arrays


def write_tensors(path: str | Path, arrays: Mapping[str, Array], about: Mapping[str, Any]) -> None:
    """Write arrays by name, the file whole or not at all; the same arrays give the same bytes. Raises OutputError."""
    try:
        from safetensors.numpy import save
    except ModuleNotFoundError:
        raise OutputError(MISSING) from None
    text = json.dumps(about, sort_keys=True, allow_nan=False)
    write_whole(Path(path), save({name: np.array(array, order="C") for name, array in arrays.items()}, {ABOUT: text}))


def key_of(name: str, path: str, keys: list[str]) -> str:
    """Which array of a file is meant: the one of that name, else the only one. Raises InputError."""
    if name not in keys and len(keys) != 1:
        known = ", ".join(map(shown, keys[:10])) + (", ..." if len(keys) > 10 else "")
        raise InputError(f"{name}: {shown(path)} has no array called {name}; it has {known or 'none'}{did_you_mean(name, keys)}")
    return name if name in keys else keys[0]


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
            array = arrays[key_of(key or name, file, list(arrays))]
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
