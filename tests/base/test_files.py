"""A file is written whole or not at all, whoever else writes at the same time."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from a1viz.base.cache import read_cache, write_cache
from a1viz.base.errors import OutputError
from a1viz.base.files import write_whole
from a1viz.base.limits import CACHE_BYTES

LONG = "a" * 60


def test_writers_of_one_file_and_of_long_names_that_begin_alike_never_meet(tmp_path):
    contents = {name: name.encode() * 5000 for name in (f"{LONG}1", f"{LONG}2", "short")}

    def write(k: int) -> None:
        for name, content in contents.items():
            write_whole(tmp_path / name, content)
            assert (tmp_path / name).read_bytes() == content

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(200)))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(contents)


def test_a_write_that_fails_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "kept"
    write_whole(path, b"old")

    def fail(*names: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OutputError, match=r"(?i)no space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_only_ones_own_temporary_file_is_removed(tmp_path):
    (tmp_path / f".kept.{os.getpid()}").write_bytes(b"somebody else's")
    write_whole(tmp_path / "kept", b"new")
    assert (tmp_path / f".kept.{os.getpid()}").read_bytes() == b"somebody else's"


def test_the_cache_keeps_what_many_threads_write(tmp_path):
    path = str(tmp_path / "one" / "thing.json")

    def write(k: int) -> None:
        write_cache(path, {"text": "x" * 10_000, "k": k})
        kept = read_cache(path)
        assert kept is not None and len(kept["text"]) == 10_000

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(200)))
    assert len(list((tmp_path / "one").iterdir())) == 1


HOSTILE = {
    "nothing": lambda whole: b"",
    "cut off": lambda whole: whole[:-1],
    "markup": lambda whole: whole.replace(b"picture", b"<script>"),
    "not sealed": lambda whole: b'["picture"]',
    "lists in lists": lambda whole: b"[" * 100_000,
    "too large": lambda whole: whole + b" " * CACHE_BYTES,
}


@pytest.mark.parametrize("damage", HOSTILE.values(), ids=HOSTILE)
def test_what_is_not_what_was_kept_is_a_miss(tmp_path, damage):
    path = tmp_path / "thing.json"
    write_cache(str(path), ["picture"])
    assert read_cache(str(path)) == ["picture"]
    path.write_bytes(damage(path.read_bytes()))
    assert read_cache(str(path)) is None


def test_what_was_kept_under_another_name_is_a_miss(tmp_path):
    write_cache(str(tmp_path / "one.json"), 1)
    os.rename(tmp_path / "one.json", tmp_path / "two.json")
    assert read_cache(str(tmp_path / "two.json")) is None


def test_an_entry_that_is_an_idle_pipe_or_a_device_is_a_miss(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    os.symlink("/dev/zero", tmp_path / "zero.json")
    assert read_cache(str(tmp_path / "pipe.json")) is read_cache(str(tmp_path / "zero.json")) is None


def test_what_a_killed_process_left_in_the_cache_is_removed_by_the_next_that_writes(tmp_path):
    for name, age in ((".a1viz-old", 4000), (".a1viz-new", 0)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    write_cache(str(tmp_path / "thing.json"), 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".a1viz-new", "thing.json"]
