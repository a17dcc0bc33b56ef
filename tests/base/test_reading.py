"""What comes from outside is read once and up to a limit; what never ends is refused at once."""

from __future__ import annotations

import os
import socket
import threading

import pytest

from a1viz.base import reading
from a1viz.base.errors import InputError
from a1viz.base.reading import is_stream, read_bytes, read_text

HUGE = 2**40


def refused(path, most=100) -> str:
    with pytest.raises(InputError) as caught:
        read_bytes(path, most)
    return str(caught.value)


@pytest.fixture
def pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def test_a_file_is_read_up_to_the_limit_and_not_above(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 100)
    assert read_bytes(tmp_path / "a", 100) == read_bytes(str(tmp_path / "a"), 100) == b"x" * 100
    assert refused(tmp_path / "a", 99) == "too large: at most 99 bytes are read"


def test_a_file_that_says_it_is_large_is_not_read_at_all(tmp_path, monkeypatch):
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(HUGE)
    monkeypatch.setattr(os, "read", lambda *arguments: pytest.fail("it was read"))
    assert refused(tmp_path / "sparse") == "too large: at most 100 bytes are read"


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/full", "/dev/urandom", "/dev/null"])
def test_a_device_and_a_link_to_it_are_refused_without_being_read(tmp_path, name, monkeypatch):
    os.symlink(name, tmp_path / "link.toml")
    monkeypatch.setattr(os, "open", lambda *arguments: pytest.fail("it was opened"))
    for path in (name, tmp_path / "link.toml"):
        assert refused(path) == "cannot read this file: it is a device or a socket; give a file, a pipe, or - for standard input"


def test_a_folder_and_a_socket_are_refused(tmp_path):
    os.symlink(tmp_path, tmp_path / "link")
    assert refused(tmp_path) == refused(tmp_path / "link") == "cannot read this file: is a directory"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        assert "it is a device or a socket" in refused(tmp_path / "socket")


@pytest.mark.parametrize("name", ["\0", "a\0b", "\ud800", "nothing", "x" * 5000, ""])
def test_a_name_of_nothing_is_refused(tmp_path, name):
    assert refused(str(tmp_path / name) if name else "").startswith("cannot read this file: ")


def test_a_pipe_that_nobody_writes_to_is_refused_at_once(pipe):
    assert refused(pipe) == "this pipe is empty, and nothing writes to it"


def test_a_pipe_is_read_whole_however_late_it_is_written(pipe, monkeypatch):
    waiting, set_blocking = threading.Event(), os.set_blocking

    def wait(file, value):
        waiting.set()
        set_blocking(file, value)

    def write():
        with pipe.open("wb", buffering=0) as file:
            waiting.wait()
            for _ in range(3):
                file.write(b"abc")

    monkeypatch.setattr(os, "set_blocking", wait)
    writer = threading.Thread(target=write)
    writer.start()
    with pipe.open("rb"):  # now the writer is there, and has not written
        assert read_bytes(pipe, 100) == b"abc" * 3
    writer.join()


def test_an_endless_pipe_is_read_up_to_the_limit(monkeypatch):
    reader, writer = os.pipe()
    given = []
    monkeypatch.setattr(os, "read", lambda file, count: given.append(count) or b"x" * count)
    try:
        assert refused(f"/dev/fd/{reader}", 5 * reading.PIECE) == f"too large: at most {5 * reading.PIECE:,} bytes are read"
        assert sum(given) == 5 * reading.PIECE + 1
    finally:
        os.close(reader)
        os.close(writer)


def test_a_pipe_without_a_name_is_read_as_the_shell_gives_it():
    reader, writer = os.pipe()
    os.write(writer, b"title")
    os.close(writer)
    try:
        assert is_stream(f"/dev/fd/{reader}") and read_bytes(f"/dev/fd/{reader}", 100) == b"title"
        assert "nothing writes to it" in refused(f"/dev/fd/{reader}")  # it has been read
    finally:
        os.close(reader)


def test_the_byte_order_mark_is_no_part_of_a_text_and_other_bytes_are_refused(tmp_path):
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfx")
    assert read_text(tmp_path / "a", 4) == "x"
    (tmp_path / "a").write_bytes(b"ab\xff")
    with pytest.raises(InputError, match=r"not a text file in UTF-8 \(byte 2\)"):
        read_text(tmp_path / "a", 4)


def test_a_stream_is_known_by_its_kind_and_not_by_its_name(tmp_path, pipe):
    (tmp_path / "a.toml").touch()
    assert is_stream("-") and is_stream(pipe) and is_stream("/dev/stdin")
    assert not any(map(is_stream, (tmp_path, tmp_path / "a.toml", tmp_path / "none", "\0", "a-")))
