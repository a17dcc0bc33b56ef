"""What is built: the wheel and the source archive, twice, from copies in other folders, of other times and with other permissions."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import ROOT, environment
from test_project import PROJECT, files
from wheel import BARE, EXTRAS, NOT_TRIED, attempt

import a1viz
from a1viz.pictures.engine import find_engine

pytestmark = pytest.mark.process
sys.path.append(str(ROOT))  # where hatchling finds it
from hatch_build import described  # noqa: E402

VERSION = PROJECT["version"]
WHEEL = f"a1viz-{VERSION}-py3-none-any.whl"
SOURCES = f"a1viz-{VERSION}.tar.gz"
MEGABYTES = 2.0  # of the wheel; the largest file in it, the best networks known, is 0.2 unpacked


class Built(NamedTuple):
    """The folder of a build, and one of another copy."""

    folder: Path
    again: Path


def build(folder: Path, *targets: str, into: str = "dist", **variables: str) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-d", into, *(word for target in targets for word in ("-t", target))]
    done = subprocess.run(command, cwd=folder, env=environment(**variables), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / into


def copied(folder: Path, umask: int, seconds: int) -> Path:
    """The repository's files in another folder, written at another time by somebody with another umask."""
    for path in files():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        target.chmod((0o777 if path.stat().st_mode & 0o100 else 0o666) & ~umask)
        os.utime(target, (seconds, seconds))
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Built:
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second") / "deeper"
    copied(first, 0o077, 981_000_000)
    copied(second, 0o002, 1_700_000_000)
    cache = second / "a1viz" / "__pycache__"
    cache.mkdir()
    (cache / "nodes.cpython-311.pyc").write_bytes(b"")
    (second / "docs" / "gallery.md").write_text("what a build of the site leaves behind")
    return Built(build(first), build(second))


@pytest.fixture(scope="module")
def wheel(built) -> zipfile.ZipFile:
    return zipfile.ZipFile(built.folder / WHEEL)


@pytest.fixture(scope="module")
def metadata(wheel) -> Message:
    return message_from_bytes(wheel.read(f"a1viz-{VERSION}.dist-info/METADATA"))


def test_wheel_and_archive_are_the_same_bytes_wherever_they_are_built(built):
    assert sorted(path.name for path in built.folder.iterdir()) == [WHEEL, SOURCES]
    for name in (WHEEL, SOURCES):
        assert (built.folder / name).read_bytes() == (built.again / name).read_bytes(), name


def test_the_source_archive_makes_the_same_wheel_and_holds_all_that_its_tests_need(built, tmp_path):
    with tarfile.open(built.folder / SOURCES) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = tmp_path / f"a1viz-{VERSION}"
    held = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    assert held == {path.relative_to(ROOT).as_posix() for path in files()} | {"PKG-INFO"}
    assert (build(unpacked, "wheel") / WHEEL).read_bytes() == (built.folder / WHEEL).read_bytes()


def test_the_date_that_a_distribution_asks_for_is_the_one_of_every_file(built):
    made = build(built.folder.parent, "wheel", into="dated", SOURCE_DATE_EPOCH="1600000000")
    assert {file.date_time for file in zipfile.ZipFile(made / WHEEL).infolist()} == {(2020, 9, 13, 12, 26, 40)}


def test_the_wheel_holds_the_package_with_its_graphs_and_nothing_else(wheel):
    package = [path.relative_to(ROOT).as_posix() for path in files() if path.is_relative_to(ROOT / "a1viz")]
    graphs = [f"a1viz/graphs/{path.name}" for path in (ROOT / "graphs").glob("*.toml")]
    info = [f"a1viz-{VERSION}.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")]
    assert sorted(wheel.namelist()) == sorted(package + graphs + info)
    assert {"a1viz/py.typed", "a1viz/site/writeup.typ", "a1viz/live/engine/base.js", "a1viz/live/page/a1viz.css"} <= set(package)
    assert sum(file.compress_size for file in wheel.infolist()) < MEGABYTES * 1e6


def test_the_command_is_the_one_of_the_package(wheel):
    entry = wheel.read(f"a1viz-{VERSION}.dist-info/entry_points.txt").decode()
    assert "a1viz = a1viz.__main__:main" in entry


def test_the_metadata_name_every_extra_and_the_licence(metadata):
    assert set(metadata.get_all("Provides-Extra")) == set(PROJECT["optional-dependencies"])
    assert metadata["License-Expression"] == "MIT" and metadata["Requires-Python"] == PROJECT["requires-python"]
    assert metadata["Summary"] == PROJECT["description"] and metadata["Description-Content-Type"] == "text/markdown"


def test_the_page_of_an_index_has_the_picture_as_text_and_leads_to_no_file(metadata):
    text: Any = metadata.get_payload(decode=True)
    said = text.decode()
    assert not re.search(r"\]\((?!https?:|#)", said), "an index page has no files beside it"
    assert f"```text\n{a1viz.draw(a1viz.load('gated_network'), backward=True).to('text').decode().rstrip()}\n```" in said
    assert "[CONTRIBUTING.md]" not in said and "CONTRIBUTING.md explains the layout" in said


def test_with_an_address_pictures_and_links_lead_there():
    there = "https://example.com/v1/"
    text = "![A picture.](docs/a.svg)\n[start](docs/b.md), [elsewhere](https://example.com/), [above](#top)"
    assert described(text, ROOT, there) == text.replace("](docs", f"]({there}docs")
    assert described("see [start](docs/b.md), [elsewhere](https://example.com/)", ROOT) == "see start, [elsewhere](https://example.com/)"


PACKAGED = ("list", "render two_layer --format html -o two.html", "assets files", "writeup")  # what needs more than modules


def test_the_wheel_works_away_from_the_checkout(built, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], env=environment(), check=True)
    site = next(tmp_path.glob("env/lib/python*/site-packages"))
    with zipfile.ZipFile(built.folder / WHEEL) as wheel:
        wheel.extractall(site)
    (site / "others.pth").write_text(str(Path(pytest.__file__).parent.parent))  # all packages that are here, but for this one
    commands = [*(command for command in BARE if command.words in PACKAGED), EXTRAS["site"][0]]
    assert len(commands) == len(PACKAGED) + 1
    engine = find_engine().path  # the one of those packages, which lies beside their Python
    wrong = [attempt(tmp_path / "env" / "bin" / "python", tmp_path, command, A1VIZ_DOT=engine) for command in commands]
    assert wrong == [""] * len(commands)


def test_every_extra_is_tried_and_every_message_names_one():
    extras = {*EXTRAS, *NOT_TRIED}
    assert extras == set(PROJECT["optional-dependencies"]) - {"test", "dev"}
    said = [(path.name, line) for path in (ROOT / "a1viz").rglob("*.py") for line in path.read_text(encoding="utf-8").splitlines()]
    named = [(name, line, extra) for name, line in said for extra in re.findall(r"pip install \"a1viz\[(\w+)\]\"", line)]
    assert {extra for *_, extra in named} == extras
    assert [(name, line) for name, line, _ in named if 'which is not installed: pip install "a1viz[' not in line] == []
