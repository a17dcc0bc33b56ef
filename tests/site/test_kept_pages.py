"""Served pages: of a build after an edit only what has changed is converted again, and the pages are those of a build from nothing."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.structure.pages import Page

SETTINGS = """site_name: Small
use_directory_urls: false
hooks: [hook.py]
validation: {links: {anchors: warn}}
markdown_extensions: [pymdownx.snippets, {toc: {permalink: true}}]
"""
TEXTS = {
    "index.md": "# First\n\n[Second](second.md#part)\n",
    "second.md": "# Second\n\n## Part\n\nWords.\n",
    "third.md": '# Third\n\n--8<-- "shared.txt"\n',
}


class Small:
    """A small site with the hook's own functions, and what was converted and said in its last build."""

    def __init__(self, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
        self.folder, self.log, self.converted = folder, caplog, []
        (folder / "docs").mkdir()
        for name, text in {"mkdocs.yml": SETTINGS, "hook.py": "from a1viz.site.pages import on_nav, on_startup\n"}.items():
            (folder / name).write_text(text, encoding="utf-8")
        for name, text in TEXTS.items():
            self.write(name, text)
        (folder / "shared.txt").write_text("Before.\n", encoding="utf-8")
        self.start("serve")

    def write(self, name: str, text: str) -> None:
        (self.folder / "docs" / name).write_text(text, encoding="utf-8")

    def start(self, command: str) -> None:
        self.settings().plugins.on_startup(command=command, dirty=False)

    def settings(self):
        return load_config(str(self.folder / "mkdocs.yml"))

    def build(self) -> list[str]:
        self.converted.clear()
        self.log.clear()
        build(self.settings(), serve_url="http://localhost/")
        return sorted(self.converted)

    def pages(self) -> dict[str, str]:
        return {path.name: path.read_text(encoding="utf-8") for path in (self.folder / "site").glob("*.html")}

    def said(self) -> list[str]:
        return [record.getMessage() for record in self.log.records if record.levelno >= logging.WARNING]


@pytest.fixture
def small(tmp_path, monkeypatch, caplog) -> Small:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    monkeypatch.setattr("a1viz.site.kept_pages.KEPT", {})
    site, convert = Small(tmp_path, caplog), Page.render

    def counted(page, config, files):
        site.converted.append(page.file.src_uri)
        convert(page, config, files)

    monkeypatch.setattr(Page, "render", counted)
    yield site
    site.start("build")


def test_only_what_has_changed_is_converted_again(small):
    assert small.build() == sorted(TEXTS)
    assert small.build() == ["third.md"]  # of what it includes nothing is known
    small.write("second.md", TEXTS["second.md"] + "\nMore.\n")
    assert small.build() == ["second.md", "third.md"]
    kept = small.pages()
    assert "More." in kept["second.html"] and 'href="second.html#part"' in kept["index.html"]
    shutil.rmtree(small.folder / "site")
    small.start("build")
    assert small.build() == sorted(TEXTS) and small.pages() == kept


def test_a_page_follows_the_file_that_it_includes_and_the_sites_settings(small):
    small.build()
    (small.folder / "shared.txt").write_text("After.\n", encoding="utf-8")
    small.build()
    assert "After." in small.pages()["third.html"]
    (small.folder / "mkdocs.yml").write_text(SETTINGS.replace("{permalink: true}", "{permalink: '#'}"), encoding="utf-8")
    assert small.build() == sorted(TEXTS)


def test_what_is_wrong_is_said_in_every_build(small):
    small.write("second.md", "# Second\n\n[Nowhere](nowhere.md)\n")
    for _ in range(2):
        assert "second.md" in small.build()
        assert any("nowhere.md" in said for said in small.said()) and any("'#part'" in said for said in small.said())
    small.write("second.md", TEXTS["second.md"])
    small.build()
    assert small.said() == []
    small.write("nowhere.md", "# Nowhere\n")
    assert small.build() == sorted([*TEXTS, "nowhere.md"])
