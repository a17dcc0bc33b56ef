"""The project's own files agree with one another and hold nothing of the machine they were written on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TARGETS = ("site", "serve", "test", "check", "bench", "clean")
# Written in two halves, so that this file does not hold what it looks for.
HOSTS = [name + end for name, end in [("files.python", "hosted"), ("pypi", ".org"), ("unpkg", ".com"), ("npmjs", ".org")]]
MACHINE = re.compile(r"(?<![\w.$}>~/])/(?:root|work|opt|Users|home)/[a-z]")


def requirements() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"].values()
    return [Requirement(line) for group in [PROJECT["dependencies"], *extras] for line in group]


def names() -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements()} - {"a1viz"}


def pins() -> dict[str, Version]:
    lines = [line.partition("#")[0].strip() for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()]
    pairs = [line.partition(";")[0].strip().split("==") for line in lines if line]
    return {canonicalize_name(name): Version(version) for name, version in pairs}


def files() -> list[Path]:
    """What is, or is about to be, in the repository; the whole folder where there is no git."""
    try:
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
        found = [ROOT / name for name in listed if name]
    except (OSError, subprocess.CalledProcessError):
        left_out = (".venv", ".venv-bench", ".git", "site", "dist", "build")
        found = [path for path in ROOT.rglob("*") if path.relative_to(ROOT).parts[0] not in left_out and "__pycache__" not in path.parts]
    return [path for path in found if path.is_file()]


def test_every_requirement_is_pinned_to_a_version_it_allows():
    for requirement in requirements():
        if requirement.name != "a1viz":
            assert requirement.specifier.contains(pins()[canonicalize_name(requirement.name)]), requirement


def test_what_the_requirements_require_is_pinned_too():
    todo, seen = names(), set()
    while todo:
        name = todo.pop()
        seen.add(name)
        wanted = [Requirement(line) for line in metadata.requires(name) or ()]
        todo |= {canonicalize_name(one.name) for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})} - seen
    assert seen <= pins().keys()


def test_the_development_extra_holds_all_the_others():
    (everything,) = [Requirement(line) for line in PROJECT["optional-dependencies"]["dev"]]
    assert everything.extras == PROJECT["optional-dependencies"].keys() - {"dev"}


def test_no_file_names_a_registry_or_a_path_of_this_machine():
    found = []
    for path in files():
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {host}" for host in HOSTS if host in text]
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in MACHINE.finditer(text)]
    assert not found, "\n".join(found)


def test_contributing_gives_a_reason_for_each_dependency():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert not [name for name in names() if f"`{name}`" not in text]


def test_contributing_names_no_dependency_that_is_gone():
    section = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Dependencies")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([\w.-]+)`", section, re.M)) == names()


def test_the_changelog_and_the_package_speak_of_the_same_version():
    assert re.search(rf"^## \[?{re.escape(PROJECT['version'])}\b", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)


def test_make_explains_its_targets():
    said = subprocess.run(["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not [target for target in TARGETS if f"make {target} " not in said]


def test_the_readme_and_the_checks_run_the_same_command():
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "exec make test" in run
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    path = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "-q", "-w", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return zipfile.ZipFile(next(path.glob("a1viz-*.whl")))


def test_the_wheel_holds_the_catalogue_the_types_and_the_licence(wheel):
    inside = set(wheel.namelist())
    assert {f"a1viz/graphs/{path.name}" for path in (ROOT / "graphs").glob("*.toml")} <= inside
    assert "a1viz/py.typed" in inside
    assert any(name.endswith("/LICENSE") for name in inside)


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    assert {name.partition("/")[0] for name in wheel.namelist()} == {"a1viz", f"a1viz-{PROJECT['version']}.dist-info"}
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "a1viz").rglob("*.py")}
    assert sources == {name for name in wheel.namelist() if name.endswith(".py")}


def test_the_command_is_the_one_of_the_package(wheel):
    entry = wheel.read(f"a1viz-{PROJECT['version']}.dist-info/entry_points.txt").decode()
    assert "a1viz = a1viz.__main__:main" in entry
