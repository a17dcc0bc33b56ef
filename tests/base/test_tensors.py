"""Named arrays in files: every type of number that NumPy can hold, from any source, and nothing else."""

from __future__ import annotations

import json
import os
import struct
import threading

import numpy as np
import pytest
from safetensors.numpy import save

from a1viz.base.errors import InputError
from a1viz.base.tensors import TYPES, read_tensors, tensors


def raw(dtype: str, shape: list[int], body: bytes, **metadata: str) -> bytes:
    header = json.dumps({"__metadata__": metadata, "w": {"dtype": dtype, "shape": shape, "data_offsets": [0, len(body)]}}).encode()
    return struct.pack("<Q", len(header)) + header + body


@pytest.mark.parametrize("dtype", sorted(TYPES))
def test_every_type_comes_back_as_numpy_has_it(dtype):
    array = np.arange(6).reshape(2, 3).astype(TYPES[dtype])
    found, _ = tensors(raw(dtype, [2, 3], array.tobytes()))
    assert found["w"].dtype == array.dtype.newbyteorder("=") and np.array_equal(found["w"], array)
    assert np.array_equal(tensors(save({"w": array}))[0]["w"], array)


def test_bfloat16_is_read_as_float32():
    found, _ = tensors(raw("BF16", [2], bytes.fromhex("803f40c0")))
    assert found["w"].dtype == np.float32 and found["w"].tolist() == [1, -3]


@pytest.mark.parametrize("dtype", ["F8_E4M3", "F8_E5M2"])
def test_a_type_that_numpy_lacks_is_named(dtype):
    with pytest.raises(ValueError, match=f"NumPy has no numbers of type '{dtype}'; save them as F32"):
        tensors(raw(dtype, [2], b"\0\0"))


@pytest.mark.parametrize("about", ["[" * 5000, "{", "[1]", "3"])
def test_what_others_wrote_about_their_arrays_does_no_harm(about):
    data = raw("U8", [1], b"\1", a1viz=about)
    if about.startswith(("[[", "{")):
        with pytest.raises(ValueError, match=r"without end|Expecting"):
            tensors(data)
    else:
        assert tensors(data)[1] == {}


def test_arrays_come_through_a_pipe_and_an_idle_one_is_refused(tmp_path):
    os.mkfifo(tmp_path / "w.safetensors")
    with pytest.raises(InputError, match="nothing writes to it"):
        read_tensors(tmp_path / "w.safetensors")
    writer = threading.Thread(target=(tmp_path / "w.safetensors").write_bytes, args=(save({"w": np.ones(3)}),))
    writer.start()
    with (tmp_path / "w.safetensors").open("rb"):  # now the writer is there
        assert read_tensors(tmp_path / "w.safetensors")[0]["w"].tolist() == [1, 1, 1]
    writer.join()
