"""Values from files: what spreadsheets and other programs write, pipes, and archives that unpack to too much."""

from __future__ import annotations

import io
import os
import threading
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save

from a1viz.base import limits, tensors
from a1viz.base.errors import InputError
from a1viz.cli.settings import from_file, read_setting

X = [[1.0, 0.0, 2.0], [3.0, 1.0, -0.5]]


def refused(name: str) -> str:
    with pytest.raises(InputError) as caught:
        from_file("x", name)
    return str(caught.value)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(name: str, content: bytes) -> str:
    with open(name, "wb") as file:
        file.write(content)
    return name


CSV = {
    "a byte-order mark": b"\xef\xbb\xbf1,0,2\r\n3,1,-0.5\r\n",
    "a header": b"a,b,c\n1,0,2\n3,1,-0.5\n",
    "both, quoted, with blank lines": b'\xef\xbb\xbf"width, cm","b",c\r\n\r\n"1",0,2\r\n3,1,-.5\r\n\r\n',
    "remarks": b"# from a1viz\na,b,c\n1,0,2\n3,1,-0.5 # last\n",
    "neither": b"1,0,2\n3,1,-0.5",
}


@pytest.mark.parametrize("content", CSV.values(), ids=CSV)
def test_a_table_is_read_as_spreadsheets_write_it(content):
    assert from_file("x", written("x.csv", content)).tolist() == X


def test_a_column_and_a_row_are_vectors_with_a_header_or_without():
    for content in (b"x\n1\n2\n", b"1\n2\n", b"1,2", b"a,b\n1,2"):
        assert from_file("x", written("x.csv", content)).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"1,1e400\n", "'1e400' is not a finite number"),
        (b"a,b\n1,-1e400 # x\n", "'-1e400' is not a finite number"),
        (b"1,nan\n", "'nan' is not a finite number"),
        (b"a,b\n", "there are no numbers in it"),
        (b"# a\n", "there are no numbers in it"),
        (b"1;2;3\n", "there are no numbers in it, with commas between them"),
        (b"1,2\n3,\n", "could not convert string '' to a number: row 2, column 2"),
        (b"a,b\n1,x\n", "could not convert string 'x' to a number: row 1, column 2"),
        (b"a,1\n2,3\n", "is not a good .csv file: could not convert string 'a'"),
        (b"a,b\nc,d\n1,2\n", "is not a good .csv file: could not convert string 'c'"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(content, message):
    assert message in refused(written("x.csv", content))


def test_infinity_is_a_number_if_it_is_written_out():
    assert from_file("x", written("x.csv", b"inf,-Infinity,1")).tolist() == [np.inf, -np.inf, 1]


# --- several arrays in a file -----------------------------------------------------------------------------------------------------


def test_an_array_of_a_file_is_named_after_a_colon():
    written("m.safetensors", save({"0.weight": np.array(X), "x": np.zeros(2)}))
    np.savez("m.npz", w=np.array(X), x=np.zeros(2))
    for text in ("m.safetensors:0.weight", "m.npz:w"):
        assert read_setting(f"W=@{text}")[1].tolist() == X
    assert read_setting("x=@m.npz")[1].tolist() == [0, 0]


@pytest.mark.parametrize("name", ["m.safetensors", "m.npz"])
def test_a_name_after_the_colon_that_is_not_there_is_refused_although_there_is_only_one(name):
    written("m.safetensors", save({"weight": np.zeros(2)}))
    np.savez("m.npz", weight=np.zeros(2))
    assert refused(f"{name}:wieght") == f"x: '{name}' has no array called wieght; it has 'weight'; did you mean 'weight'?"


# --- archives ---------------------------------------------------------------------------------------------------------------------


def archive(method: int, size: int = 100_000) -> bytes:
    body = io.BytesIO()
    np.save(body, np.zeros(size, np.int8))
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", method) as made:
        made.writestr("x.npy", body.getvalue())
    return found.getvalue()


def test_an_archive_is_unpacked_up_to_the_limit(monkeypatch):
    written("x.npz", archive(zipfile.ZIP_DEFLATED))
    monkeypatch.setattr(tensors, "UNPACKED_BYTES", 100_128)
    assert from_file("x", "x.npz").shape == (100_000,)
    monkeypatch.setattr(tensors, "UNPACKED_BYTES", 100_127)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *arguments: pytest.fail("it was unpacked"))
    assert refused("x.npz") == "x: 'x.npz' is not a good .npz file: it unpacks to 100,128 bytes; at most 100,127 are read"


def test_an_archive_that_lies_about_its_size_unpacks_to_no_more_than_it_says(monkeypatch):
    real, lie = (100_128).to_bytes(4, "little"), (200).to_bytes(4, "little")
    written("x.npz", archive(zipfile.ZIP_DEFLATED).replace(real, lie))
    taken = []
    read = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda file, n=-1: taken.append(read(file, n)) or taken[-1])
    assert "is not a good .npz file" in refused("x.npz")
    assert sum(map(len, taken)) <= 200


def test_an_archive_under_the_name_of_one_array_is_not_opened():
    assert "is not a good .npy file: the magic string is not correct" in refused(written("x.npy", archive(zipfile.ZIP_DEFLATED)))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_packed_so_that_nothing_bounds_one_step_of_unpacking_is_refused(method):
    assert "it is packed in a way that NumPy does not use; write it by numpy.savez" in refused(written("x.npz", archive(method)))


def test_an_archive_of_very_many_arrays_is_refused_before_they_are_listed(monkeypatch):
    np.savez("x.npz", **{f"a{k}": np.zeros(0) for k in range(4)})
    monkeypatch.setattr(tensors, "MEMBERS", 4)
    assert "has no array called x" in refused("x.npz")
    monkeypatch.setattr(tensors, "MEMBERS", 3)
    assert "it has more than 3 arrays" in refused("x.npz")


@pytest.mark.parametrize("ending", [".npy", ".npz", ".csv", ".safetensors"])
def test_a_file_above_the_limit_a_device_a_folder_and_an_idle_pipe_are_refused(ending):
    with open(f"large{ending}", "wb") as file:
        file.truncate(limits.VALUE_BYTES + 1)
    os.symlink("/dev/zero", f"zero{ending}")
    os.mkdir(f"folder{ending}")
    os.mkfifo(f"pipe{ending}")
    assert refused(f"large{ending}") == f"x: 'large{ending}': too large: at most {limits.VALUE_BYTES:,} bytes are read"
    assert "it is a device" in refused(f"zero{ending}")
    assert "is a directory" in refused(f"folder{ending}")
    assert "nothing writes to it" in refused(f"pipe{ending}")


# --- pipes ------------------------------------------------------------------------------------------------------------------------


def files() -> dict[str, bytes]:
    npy, npz = io.BytesIO(), io.BytesIO()
    np.save(npy, X)
    np.savez(npz, x=X)
    return {"npy": npy.getvalue(), "npz": npz.getvalue(), "csv": CSV["a header"], "safetensors": save({"x": np.array(X)})}


@pytest.mark.parametrize("kind", files())
def test_what_comes_through_a_pipe_is_known_by_how_it_begins(kind):
    reader, writer = os.pipe()
    thread = threading.Thread(target=lambda: (os.write(writer, files()[kind]), os.close(writer)))
    thread.start()
    try:
        assert from_file("x", f"/dev/fd/{reader}").tolist() == X
    finally:
        thread.join()
        os.close(reader)


@pytest.mark.parametrize("kind", files())
def test_standard_input_is_a_value(kind, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(files()[kind])))
    assert read_setting("x=@-")[1].tolist() == X
    assert "'-': nothing came from standard input; it can be read once only" in refused("-")
