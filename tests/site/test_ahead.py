"""Pages drawn beside a build: the build finds what they show, and says itself what is wrong."""

from __future__ import annotations

from a1viz.pictures import typesetting
from a1viz.site import fence
from a1viz.site.ahead import draw_ahead
from a1viz.site.formulas import typeset_formulas

DRAWN = "graph: sort2\ncaption: Drawn ahead"
FORMULA = r"\frac{a_{17}}{b_{19}}"


def test_what_is_drawn_ahead_is_found(tmp_path, monkeypatch, caplog, capfd):
    monkeypatch.setenv("A1VIZ_CACHE", str(tmp_path / "cache"))
    (tmp_path / "docs/more").mkdir(parents=True)
    (tmp_path / "docs/a.md").write_text(f"# A\n\n```a1viz\n{DRAWN}\n```\n\n${FORMULA}$\n")
    (tmp_path / "docs/more/b.md").write_text('```a1viz\ngraph: nothing\n```\n\n--8<-- "nowhere.md"\n')
    draw_ahead(tmp_path / "docs")
    assert not caplog.records and capfd.readouterr() == ("", "")
    fence.format("graph: nothing")
    assert len(caplog.records) == 1

    fence._cached.cache_clear()
    typesetting.outlines.cache_clear()
    for module, name in ((fence, "html"), (typesetting, "draw")):
        monkeypatch.setattr(module, name, lambda *words, **more: 1 / 0)
    assert "Drawn ahead" in fence.format(DRAWN)
    assert "<svg" in typeset_formulas(rf'<span class="arithmatex">\({FORMULA}\)</span>')
