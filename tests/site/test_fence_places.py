"""What a fence says that cannot be drawn: in the words of a page's author, with page and line, in a site without any hook."""

from __future__ import annotations

import logging
import sys

import markdown
import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from a1viz.site import fence

PAGE = """# A page

Text, then a fence that is drawn in a list:

- one

    ```a1viz
    graph: two_laier
    ```

```a1viz
graph: two_layer
view: backwards
```
"""
FENCES = {"custom_fences": [{"name": "a1viz", "class": "a1viz", "format": fence.format}]}
FIRST, SECOND = "no graph is called 'two_laier'; did you mean 'two_layer'?", "unknown view 'backwards'"


@pytest.fixture(autouse=True)
def no_hook():
    token = fence.PAGE.set(("", ""))
    yield
    fence.PAGE.reset(token)


def test_any_site_of_mkdocs_is_told_page_and_line(tmp_path, caplog):
    (tmp_path / "docs" / "part").mkdir(parents=True)
    (tmp_path / "docs" / "index.md").write_text("# Home\n")
    (tmp_path / "docs" / "part" / "page.md").write_text(f"---\ntitle: A page\n---\n{PAGE}")
    (tmp_path / "mkdocs.yml").write_text("site_name: S\n")
    config = load_config(str(tmp_path / "mkdocs.yml"), markdown_extensions=[{"pymdownx.superfences": FENCES}])
    with caplog.at_level(logging.WARNING, "mkdocs.a1viz"):
        build(config)
    told = [record.getMessage() for record in caplog.records if record.name == "mkdocs.a1viz"]
    assert [message.partition("; the")[0] for message in told] == [f"part/page.md, line 11: {FIRST}", f"part/page.md, line 15: {SECOND}"]


def test_any_other_program_is_told_the_line(caplog):
    with caplog.at_level(logging.WARNING, "mkdocs.a1viz"):
        markdown.Markdown(extensions=["pymdownx.superfences"], extension_configs={"pymdownx.superfences": FENCES}).convert(PAGE)
    told = [record.getMessage().partition("; the")[0] for record in caplog.records]
    assert told == [f"line 8: {FIRST}", f"line 12: {SECOND}"]


def test_a_hook_that_tells_page_and_text_is_believed(caplog):
    fence.PAGE.set(("other.md", f"\n\n{PAGE}"))
    fence.format("graph: two_laier")
    assert caplog.records[0].getMessage().startswith("other.md, line 10: ")


def test_without_yaml_the_message_says_which_extra_has_it(monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "yaml", None)
    told = 'graphs in Markdown need PyYAML, which is not installed: pip install "a1viz[site]"'
    assert told.replace('"', "&quot;") in fence.format("graph: two_layer\nview: table\ncaption: without YAML")
    assert caplog.records[0].getMessage().endswith(told)
