"""What a page shows is made once for a state of the program, and again after a change; what failed is not kept."""

from __future__ import annotations

import pytest

from a1viz.site import fence, page_code, state


@pytest.fixture
def anew(tmp_path, monkeypatch):
    monkeypatch.setenv("A1VIZ_CACHE", str(tmp_path))
    fence._cached.cache_clear()
    page_code._begun.cache_clear()
    state.program_state.cache_clear()


def test_the_files_of_the_program_are_looked_at_once_a_build(anew, monkeypatch):
    looked: list[int] = []
    files = state.files
    monkeypatch.setattr(state, "files", lambda: looked.append(1) or files())
    for text in ("graph: two_layer", "graph: two_layer\nview: backward", "graph: mlp\nview: table"):
        assert "a1viz-error" not in fence.format(text)
    assert len(looked) == 1
    state.program_state.cache_clear()  # another build
    fence.format("graph: two_layer")
    assert len(looked) == 2


def test_what_was_made_is_not_made_again_in_the_same_state(anew, monkeypatch):
    assert state.remembered("things", "one", lambda: [1, "a"]) == [1, "a"]
    assert state.remembered("things", "one", lambda: pytest.fail("made again")) == [1, "a"]
    assert state.remembered("things", "two", lambda: 2) == 2
    monkeypatch.setattr(state, "program_state", lambda: "changed")
    assert state.remembered("things", "one", lambda: 3) == 3


def test_what_is_not_worth_keeping_is_made_again(anew):
    assert state.remembered("things", "one", lambda: 1, lambda made: False) == 1
    assert state.remembered("things", "one", lambda: 2) == 2


def test_a_fence_is_drawn_once(anew, monkeypatch):
    first = fence.format("graph: two_layer")
    fence._cached.cache_clear()  # another build
    monkeypatch.setattr(fence, "html", lambda settings: pytest.fail("drawn again"))
    assert fence.format("graph: two_layer") == first


@pytest.mark.parametrize("fence_text", ["graph: {}", 'graph: "{}"', "{{graph: {}}}", "graph : {}", "graph:\n  {}", "graph: {} # mine"])
def test_a_document_of_ones_own_that_changes_is_drawn_anew(fence_text, anew, tmp_path):
    path = tmp_path / "mine.toml"
    text = "title = 'Mine'\nequations = 'y = {} * x'\n[inputs]\nx = []\n"
    path.write_text(text.format(2))
    first = fence.format(fence_text.format(path))
    fence._cached.cache_clear()  # another build
    path.write_text(text.format(30))
    assert "error" not in first and fence.format(fence_text.format(path)) != first


def test_a_block_in_another_folder_that_changes_is_drawn_anew(anew, tmp_path):
    path = tmp_path / "sub" / "b.toml"
    path.parent.mkdir()
    text = "title = 'B'\nequations = 'y = {} * x'\n[inputs]\nx = []\n"
    own = f"equations: z = B(v)\ninputs: {{v: []}}\nblocks: {{B: {path}}}\nvalues: {{v: 1}}\nview: table"
    path.write_text(text.format(2))
    first = fence.format(own)
    fence._cached.cache_clear()
    path.write_text(text.format(30))
    assert "a1viz-error" not in first and fence.format(own) != first


@pytest.mark.parametrize("view", ["[1]", "{a: 1}", "nope"])
def test_a_view_that_is_none_is_named(view, anew):
    assert ("unknown view" if view == "nope" else "view must be a name") in fence.format(f"graph: two_layer\nview: {view}")


@pytest.mark.process
def test_code_that_failed_is_run_again_and_code_that_did_not_is_not(anew):
    good, bad = "```python\nprint(1)\n```\n", "```python\nraise SystemError\n```\n"
    assert page_code.start(good)[1].result()[0] == ["1\n"]
    page_code.start(bad)[1].result()
    kept = [path.read_text() for path in (state.Path(state.cache_path("pages", "x")).parent.parent).rglob("*.json")]
    assert len(kept) == 1 and '"1\\n"' in kept[0]


def test_a_page_does_not_read_the_standard_input_of_whoever_builds_it(monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    for name in ("-", "/dev/stdin", "/dev/fd/0"):
        assert "its graph is not read from a pipe; name a document" in fence.format(f'graph: "{name}"')
