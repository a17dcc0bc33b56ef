"""The project's own files agree with one another and hold nothing of the machine they were written on."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from conftest import ROOT, environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TARGETS = ("site", "serve", "test", "test-pythons", "test-wheel", "test-peers", "prove", "fuzz", "mutants", "check", "bench", "clean")
PEERS = {"torch"}  # too large for every checkout: the benchmarks' environment has it, with what it needs
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
        listed = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True).stdout.split("\0")
        found = [ROOT / name for name in listed if name]
    except (OSError, subprocess.CalledProcessError):
        left_out = (".venv", ".venv-bench", ".git", "site", "dist", "build")
        found = [path for path in ROOT.rglob("*") if path.relative_to(ROOT).parts[0] not in left_out and "__pycache__" not in path.parts]
        found = [path for path in found if path.parent == ROOT or not re.match(r"\.(?!ci)", path.relative_to(ROOT).parts[0])]
    return [path for path in found if path.is_file()]


def test_every_requirement_is_pinned_to_a_version_it_allows():
    for requirement in requirements():
        if requirement.name != "a1viz":
            assert requirement.specifier.contains(pins()[canonicalize_name(requirement.name)]), requirement


def test_what_the_requirements_require_is_pinned_too():
    todo, seen = names() - PEERS, set()
    while todo:
        name = todo.pop()
        seen.add(name)
        wanted = [Requirement(line) for line in metadata.requires(name) or ()]
        todo |= {canonicalize_name(one.name) for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})} - seen
    assert seen <= pins().keys()


# Pinned, and not installed everywhere: what needs them, and where. On a Python that takes them the test looks at them too.
ELSEWHERE = {
    "importlib-metadata": "dask, below Python 3.12",
    "lazy-importer": "importlib-metadata",
    "zipp": "importlib-metadata",
    "torch": "the extra torch, in the benchmarks' environment",
}
PYTHONS = [f"3.{minor}.{patch}" for minor in (11, 12, 13, 14) for patch in (0, 1, 4, 9)]


def test_every_pinned_package_takes_every_python_that_is_promised():
    promised = SpecifierSet(PROJECT["requires-python"])
    pythons = [python for python in PYTHONS if promised.contains(python)]
    assert pythons[0] == "3.11.0"
    installed = {canonicalize_name(found.name): found for found in metadata.distributions()}
    absent = pins().keys() - installed.keys()
    assert absent <= ELSEWHERE.keys(), f"{sorted(absent)}: pinned, and installed nowhere that is known of"
    for name in pins().keys() - absent:
        assert Version(installed[name].version) == pins()[name], f"{name} is not the pinned one: make setup"
        wanted = SpecifierSet(installed[name].metadata.get("Requires-Python") or "")
        refused = [python for python in pythons if not wanted.contains(python)]
        assert not refused, f"{name} {pins()[name]} wants Python {wanted} and refuses {', '.join(refused)}"


def test_the_classifiers_name_the_pythons_that_are_promised():
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert named and all(SpecifierSet(PROJECT["requires-python"]).contains(f"{python}.0") for python in named)
    assert {python.rpartition(".")[0] for python in PYTHONS} >= set(named)


def test_the_development_extra_holds_all_the_others():
    (everything,) = [Requirement(line) for line in PROJECT["optional-dependencies"]["dev"]]
    assert everything.extras == PROJECT["optional-dependencies"].keys() - {"dev", "torch"}


@pytest.mark.process
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


@pytest.mark.process
def test_make_explains_its_targets():
    command = ["make", "--no-print-directory", "help"]
    said = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True).stdout
    assert not [target for target in TARGETS if f"make {target} " not in said]


def test_the_readme_and_the_checks_run_the_same_command():
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert re.findall(r"^set (-\w+)$", run, re.M) == ["-eu"]  # so that a failure of either run is one of the whole
    again = """bare PYTHONUNBUFFERED=1 make test ARGS="-m 'process and not prove' tests/cli/test_streams.py\""""
    assert run.endswith(f"\nbare make check\nbare make test\n{again}\nbare make test-pythons\n")
    assert 'bare() { env -i HOME="$HOME" PATH="$PATH" LANG=C.UTF-8 CI=true "$@"; }' in run
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.process
def test_the_checks_fail_where_either_run_fails_and_pass_nothing_of_the_environment_on(tmp_path):
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_text((ROOT / ".ci" / "run").read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("chromium", "make", "python3"):
        (tmp_path / name).write_text('#!/bin/sh\n[ "${0##*/}" != make ] || { env >>seen; echo "$@" >>ran; ! grep -qxF "$*" fails; }\n')
        (tmp_path / name).chmod(0o755)
    clean = environment(PATH=f"{tmp_path}:{os.environ['PATH']}", SECRET="1", PYTHONPATH="elsewhere")
    commands = ["check", "test", "test ARGS=-m 'process and not prove' tests/cli/test_streams.py", "test-pythons"]
    for fails, code, runs in (("nothing", 0, 4), *((command, 1, k + 1) for k, command in enumerate(commands))):
        (tmp_path / "ran").unlink(missing_ok=True)
        (tmp_path / "fails").write_text(fails)
        done = subprocess.run(["sh", ".ci/run"], cwd=tmp_path, env=clean, capture_output=True, text=True)
        ran = (tmp_path / "ran").read_text().splitlines()
        assert (done.returncode, ran) == (code, commands[:runs]), done.stderr
    seen = {line.partition("=")[0] for line in (tmp_path / "seen").read_text().splitlines()}
    assert seen - {"PWD", "OLDPWD", "SHLVL", "_"} == {"HOME", "PATH", "LANG", "CI", "PYTHONUNBUFFERED"}


def planned(target: str) -> list[str]:
    """The commands make would run for a target, as if the environment were not there yet."""
    command = ["make", "--no-print-directory", "--dry-run", "VENV=no-such-folder", target]
    said = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True).stdout
    return said.replace("\\\n", " ").splitlines()


@pytest.mark.process
def test_the_first_block_of_the_readme_is_what_make_does():
    first = (ROOT / "README.md").read_text(encoding="utf-8").partition("```sh\n")[2].partition("```")[0]
    said = dict(re.findall(r"^make (\w+) +# (.+)$", first, re.M))
    assert said == {"site": "builds the documentation site and says where to open it", "test": "runs all tests"}
    for target in said:
        steps = planned(target)
        made, installed = (next(k for k, step in enumerate(steps) if words in step) for words in ("-m venv no-such-folder", "pip install"))
        run = [k for k, step in enumerate(steps) if step.startswith("no-such-folder/bin/python -m ")]
        assert made < installed < run[0], steps
    assert [step.split()[2:4] for step in planned("site") if " -m mkdocs" in step] == [["mkdocs", "build"]]
    opened = f"open file://{ROOT}/site/index.html"
    assert opened in planned("site")[-1] and "--site-dir site" in "".join(planned("site"))
    tests = planned("test")[-1].split()
    assert tests[1:3] == ["-m", "pytest"] and not {"-k", "-m", "--ignore", "--deselect"} & set(tests[3:])


def test_a_process_that_a_test_starts_has_an_environment_of_its_own():
    wrong = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("subprocess.run", "subprocess.Popen"):
                wrong += [f"{path.name}:{node.lineno}: give it env=environment()"] * ("env" not in [k.arg for k in node.keywords])
        all_are = "pytestmark = pytest.mark.process" in map(ast.unparse, tree.body)
        for test in [] if all_are else [f for f in tree.body if isinstance(f, ast.FunctionDef) and f.name.startswith("test_")]:
            starts = re.search(r"\b(subprocess\.\w+|shell|redirected|loaded_by|planned|python|mypy)\(", ast.unparse(test))
            if starts and "pytest.mark.process" not in map(ast.unparse, test.decorator_list):
                wrong.append(f"{path.name}:{test.lineno}: {test.name} starts a process; mark it @pytest.mark.process")
    assert not wrong, "\n".join(wrong)


def test_no_pattern_has_a_possessive_quantifier():
    """Python 3.11 to 3.11.4, Debian 12's among them, match some of these wrongly: gh-106052."""
    found = []
    for path in (ROOT / "a1viz").rglob("*.py"):
        texts = [node.value for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Constant)]
        found += [(path.name, text) for text in texts if isinstance(text, str) and re.search(r"[\w)\]][*+?]\+|\}\+", text)]
    assert found == []
