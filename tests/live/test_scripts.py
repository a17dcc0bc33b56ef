"""Modules are joined into one script by three rules: names are unique, comments have lines of their own, texts stay on theirs."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from a1viz.live.scripts import FOLDER, SCRIPTS, SHEETS, modules, script

TOP = re.compile(r"^(?:export )?(?:async )?(?:class|const|function\*?|let) (?:(\w+)|[\[{]([^\]}=]*)[\]}])", re.M)
IMPORTED = re.compile(r'^import \{([^}]*)\} from "([^"]*)";$', re.M)


def declared(text: str) -> list[str]:
    """The names that a module declares at its top, those taken apart too."""
    return [name for one, several in TOP.findall(text) for name in ([one] if one else re.findall(r"(\w+)\s*(?:,|$)", several))]


def every_module():
    return list(dict.fromkeys(path for parts in SCRIPTS.values() for path in modules(parts)))


def test_every_file_is_in_a_script():
    assert sorted(every_module()) == sorted(FOLDER.rglob("*.js"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_name_is_declared_twice(name):
    counts = Counter(found for path in modules(SCRIPTS[name]) for found in declared(path.read_text()))
    assert [found for found, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_module_imports_what_stands_before_it(name):
    seen: dict[str, list[str]] = {}
    for path in modules(SCRIPTS[name]):
        for names, source in IMPORTED.findall(path.read_text()):
            home = (path.parent / source).resolve()
            assert home.name in seen, f"{path.name} imports {home.name}, which comes later or not at all"
            wanted = [name.strip() for name in names.split(",") if name.strip()]
            assert set(wanted) <= set(seen[home.name]), f"{path.name} imports {wanted} from {home.name}"
        seen[path.name] = declared(path.read_text())


def test_comments_have_lines_of_their_own_and_texts_stay_on_theirs():
    for path in every_module():
        for number, line in enumerate(path.read_text().splitlines(), 1):
            code = line.strip()
            if code.startswith(("//", "*", "/*")):
                continue
            behind = [found for found in re.finditer(r"[;,{}] (//|/\*(?!\*))", code) if code[: found.start()].count("`") % 2 == 0]
            assert not behind, f"{path.name}, line {number}: a comment behind code"
            assert code.count("`") % 2 == 0, f"{path.name}, line {number}: a text over several lines"


def test_nothing_evaluates_text_or_fetches():
    forbidden = re.compile(
        r"\beval\(|new Function|\.innerHTML|insertAdjacentHTML|document\.write|\bfetch\(|XMLHttpRequest|import\(|https?://(?!www\.w3\.org/)"
    )
    for name in SCRIPTS:
        assert forbidden.findall(script(name)) == []


def test_joining_takes_away_what_a_classic_script_has_not():
    for name in SCRIPTS:
        assert not re.search(r"^(?:import|export)\b|/\*\*", script(name), re.M)


@pytest.mark.parametrize("name", SHEETS)
def test_every_rule_of_a_style_sheet_ends(name):
    text = re.sub(r"/\*.*?\*/", "", (FOLDER / "page" / f"{name}.css").read_text(encoding="utf-8"), flags=re.S)
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        is_nested = depth and not line.startswith((" ", "}"))
        assert not is_nested, f"line {number} of what is no comment stands in a rule that has no end: {line}"
        depth += line.count("{") - line.count("}")
    assert depth == 0
