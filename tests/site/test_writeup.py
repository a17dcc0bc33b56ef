"""The write-up of chapters that are made for it: every kind of thing that Markdown has, on paper; what is wrong is said with its line."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pypdf
import pytest
import yaml
from conftest import NO_POPPLER, ROOT, environment
from harmless import within

from a1viz.base.errors import A1vizError, InputError
from a1viz.base.limits import PAGE_NESTING
from a1viz.base.typst_compiler import compiled
from a1viz.pictures.page_widths import PAPER, letter_height
from a1viz.site.chapters import chapter_texts
from a1viz.site.conversion import EXTENSIONS, html_of
from a1viz.site.options import LIVE
from a1viz.site.page_trees import Element, tree_of
from a1viz.site.paper_fences import paper_html
from a1viz.site.paper_pictures import paper_picture
from a1viz.site.picture_frames import natural_width
from a1viz.site.typst_blocks import flow
from a1viz.site.typst_lines import Sheet, line
from a1viz.site.typst_tables import table_code
from a1viz.site.views import VIEWS
from a1viz.site.writeup import Cover, writeup_document, writeup_pdf

COURSE = ROOT / "tests" / "data" / "course"
DOT = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><circle cx="20" cy="20" r="18" fill="teal"/></svg>'
ONE = r"""---
title: front matter is not handed in
---
# One

<!-- question: 1.1 Everything: <b>tags</b>, `code` & "quotes" -->

**1.1** Show that $a^2 + b^2 = c^2$ for the $k$-th triangle, and ($k$), $l$. See [the other](two.md#lemma), [elsewhere](https://example.org/x?a=1&b=2),
[a page](gone.md) and [nowhere](../away.md).

<!-- /question -->

Not handed in: $q_{17}$.

<!-- hand-in: 1.1 -->

## A heading with $x^2$ { #own }

*Emphasis*, **strong**, `code(x)`, "quotes", it's, H<sub>2</sub>O; #hash $ dollar \* star @at [brackets]
// /* comment */ `#let x = 1` #panic() "]})
\\ <script>gone()</script> and a footnote.[^1]

[^1]: The note with $z$.

1. First: $\frac{a}{b}$.
2. Second:

    $$
    \sum_{k=1}^n k = \frac{n (n + 1)}{2}
    $$

    - nested

| name | value |
|---|---|
| a | 1.25 |
| b | 10 |

Term
:   Its meaning.

> Quoted words.

!!! note "Remember"
    The note's text.

??? example "A fold"
    Inside the fold.

=== "Tab one"
    In the first tab.

=== "Tab two"
    In the second tab.

![A green dot](pictures/dot.svg)

```python
print(sum(range(10)) * 1000)
```

```a1viz
graph: two_layer
view: backward
live: true
caption: "A caption."
```

```a1viz
exercise: value
question: "An exercise?"
answer: 1
```

<!-- /hand-in -->

<!-- hand-in: 9 Behind, appendix -->
Only an answer.
<!-- /hand-in -->
"""
TWO = """# Two

<!-- question: 1.2 The second -->
Asked.
<!-- /question -->

<!-- hand-in: 1.2 -->

### The lemma { #lemma }

See [one](one.md), [its heading](one.md#own) and [what is not printed](one.md#gone).

```console
$ a1viz norms two_layer
```

<!-- /hand-in -->
"""


def texts(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def titles(outline: list, level: int = 0) -> list[tuple[int, str]]:
    found = []
    for item in outline:
        found += titles(item, level + 1) if isinstance(item, list) else [(level, str(item.title))]
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("chapters")
    (path / "one.md").write_text(ONE)
    (path / "two.md").write_text(TWO)
    (path / "pictures").mkdir()
    (path / "pictures" / "dot.svg").write_text(DOT)
    return path


@pytest.fixture(scope="module")
def pdf(folder) -> bytes:
    cover = Cover("Sheet 1", "Ada O'Hara", "Networks")
    return writeup_pdf(chapter_texts(folder), folder, cover=cover, addresses={"gone.md": "https://site.example/gone.html"})


@pytest.fixture(scope="module")
def text(pdf) -> str:
    return "\n".join(texts(pdf))


def test_the_extensions_are_those_of_mkdocs_yml():
    class Loader(yaml.SafeLoader):
        """Reads the tags of MkDocs as plain values."""

    Loader.add_multi_constructor("tag:", lambda loader, suffix, node: suffix)
    Loader.add_multi_constructor("!", lambda loader, suffix, node: suffix)
    said = yaml.load((ROOT / "mkdocs.yml").read_text(), Loader)["markdown_extensions"]
    known = {name: settings for one in said for name, settings in (one.items() if isinstance(one, dict) else [(one, {})])}
    for name, key in (("pymdownx.superfences", "custom_fences"), ("pymdownx.snippets", "base_path")):
        known[name].pop(key)
    assert list(known.items()) == list(EXTENSIONS.items())


WORDS = [
    "Sheet 1", "Ada O’Hara", "Networks", "1.1", "Everything: <b>tags</b>, `code` & “quotes”", "Show that", "a^2 + b^2 = c^2",
    "the k-th triangle, and (k), l.", "A heading with",
    "Emphasis, strong, code(x), “quotes”, it’s, H2O; #hash $ dollar * star @at [brackets] // /* comment */ #let x = 1 #panic()",
    r"\frac{a}{b}", r"\sum_{k=1}^n k", "nested", "name", "1.25", "Term", "Its meaning.", "Quoted words.", "Remember",
    "The note’s text.", "A fold", "Inside the fold.", "Tab one", "In the first tab.", "Tab two", "In the second tab.",
    "print(sum(range(10)) * 1000)", "45000", "A caption.", "The second", "Asked.", "The lemma", "W1", "572",
    "Appendix: questions worth no marks", "Behind", "Only an answer.",
]  # fmt: skip


def test_all_that_is_marked_can_be_copied_in_the_order_of_reading(text):
    flat, at = " ".join(text.split()), 0
    flat = flat[flat.index("Show that") - 400 :]
    for words in WORDS[5:]:
        found = flat.find(words, at)
        assert found >= 0, f"{words!r} is not behind {flat[max(at - 60, 0) : at + 200]!r}"
        at = found + len(words)
    assert all(words in " ".join(text.split()) for words in WORDS[:5])


def test_nothing_else_is_handed_in(text):
    for words in ("front matter", "q_{17}", "An exercise", "gone()", "CSV", "scroll"):
        assert words not in text, words


def test_a_statement_says_its_number_once(text):
    assert "1.1 Show" not in " ".join(text.split())


def test_the_document_is_tagged_and_says_what_it_is(pdf):
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    assert reader.metadata.title == "Sheet 1" and reader.metadata.author == "Ada O’Hara"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"] and reader.trailer["/Root"]["/Lang"] == "en"
    assert b"pdfuaid:part" in reader.trailer["/Root"]["/Metadata"].get_data()


def test_bookmarks_lead_to_questions_and_their_headings(pdf):
    found = titles(pypdf.PdfReader(io.BytesIO(pdf)).outline)
    assert [title[:12] for level, title in found if level == 0] == ["1.1  Everyth", "1.2  The sec", "Appendix: qu"]
    assert [title for level, title in found if level == 1] == ["A heading with ", "9  Behind"] or "9  Behind" in dict(map(reversed, found))


def test_links_lead_into_the_document_to_the_site_or_nowhere(pdf):
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    notes = [a.get_object() for page in reader.pages for a in page.get("/Annots", [])]
    addresses = {n["/A"]["/URI"] for n in notes if "/A" in n and "/URI" in n["/A"]}
    assert addresses == {"https://example.org/x?a=1&b=2", "https://site.example/gone.html"}
    inside = len(notes) - sum("/A" in n and "/URI" in n["/A"] for n in notes)
    assert inside >= 4 + 3  # the contents; the lemma, one, its heading


def sizes_of_text(pdf: bytes) -> set[float]:
    found: set[float] = set()

    def see(text: str, user: list, matrix: list, font: object, size: float) -> None:
        if text.strip():
            found.add(round(size * abs(matrix[3]) * abs(user[3]), 2))

    for page in pypdf.PdfReader(io.BytesIO(pdf)).pages:
        page.extract_text(visitor_text=see)
    return found


def test_no_text_is_smaller_than_four_fifths_of_the_body(pdf):
    found = sizes_of_text(pdf)
    assert 10.5 in found
    assert min(found) >= 0.8 * 10.5, sorted(found)


def test_letters_come_from_the_fonts_that_typst_brings(pdf):
    fonts = {
        str(f.get_object()["/BaseFont"])
        for page in pypdf.PdfReader(io.BytesIO(pdf)).pages
        for f in page["/Resources"].get("/Font", {}).values()
    }
    assert fonts and all(re.search("Libertinus|DejaVuSansMono|NewCM", name) for name in fonts), fonts


def test_the_same_chapters_give_the_same_bytes(folder):
    one, other = (writeup_document(chapter_texts(folder), folder) for _ in range(2))
    assert one == other and compiled(one.source, one.files) == compiled(other.source, other.files)


def test_letter_paper(folder):
    made = writeup_pdf({"a.md": "<!-- hand-in: 1 -->\nText.\n<!-- /hand-in -->"}, cover=Cover(paper="letter"))
    assert [float(side) for side in pypdf.PdfReader(io.BytesIO(made)).pages[0].mediabox[2:]] == [612, 792]
    with pytest.raises(InputError, match="unknown paper 'a5'; it is a4 or letter"):
        writeup_pdf({"a.md": "<!-- hand-in: 1 -->\nText.\n<!-- /hand-in -->"}, cover=Cover(paper="a5"))


def test_blank_has_questions_and_no_answers(folder):
    made = writeup_document(chapter_texts(folder), folder, blank=True)
    said = " ".join("\n".join(texts(compiled(made.source, made.files))).split())
    assert all(words in said for words in ("Show that", "Asked.", "9 Behind"))
    for words in ("Emphasis", "fold", "45000", "lemma", "572", "Only an answer", "sum_"):
        assert words not in said, words
    rooms = [int(lines) for lines in re.findall(r"room\((\d+)\)", made.source)]
    assert len(rooms) == 3 and rooms[0] > rooms[1] >= 8


def test_a_course_of_ones_own():
    chapters = chapter_texts(COURSE)
    said = " ".join("\n".join(texts(writeup_pdf(chapters, COURSE, cover=Cover("Roots")))).split())
    assert said.index("1.1 Heron") < said.index("2.1 One step") < said.index("Appendix")
    assert "1.414213562373" in said or "1.41421356237" in said
    blank = " ".join("\n".join(texts(writeup_pdf(chapters, COURSE, cover=Cover("Roots"), blank=True))).split())
    assert "Which rule is that" in blank and "1.4142" not in blank and "Each step takes the mean" not in blank


@pytest.mark.process
def test_the_command_writes_the_same_bytes_and_says_where(tmp_path):
    command = [sys.executable, "-m", "a1viz", "writeup", str(COURSE), "-o", str(tmp_path / "out"), "--only", "pdf", "--name", "roots"]
    done = subprocess.run([*command, "--author", "Ada"], env=environment(PYTHONHASHSEED="7"), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    path = tmp_path / "out" / "roots-writeup.pdf"
    assert done.stdout == f"{path}\n" and os.listdir(tmp_path / "out") == ["roots-writeup.pdf"]
    assert path.read_bytes() == writeup_pdf(chapter_texts(COURSE), COURSE, cover=Cover(author="Ada"))


def hand_in(*lines: str) -> dict[str, str]:
    return {"a.md": "\n".join(["", "<!-- hand-in: 1 -->", "", *lines, "", "<!-- /hand-in -->"])}


WRONG = [
    ({"a.md": "No mark."}, "no chapter says what is handed in"),
    ({"a.md": "x\n<!-- hand-in: 1 -->\n"}, "a.md, line 2: hand-in 1 is never closed"),
    (hand_in("```a1viz", "graph: nothing", "```"), "a.md, line 5: "),
    (hand_in("```a1viz", "graph: two_layer", "view: nothing", "```"), "a.md, line 5: unknown view 'nothing'"),
    (hand_in("```python", "1 / 0", "```"), "(?s)a.md, line 4: this Python block failed: .*ZeroDivisionError"),
    (hand_in("```console", "$ a1viz run nothing", "```"), "a.md, line 4: \\$ a1viz run nothing: exit status 2"),
    (hand_in("![x](gone.svg)"), "a.md, line 4: the image 'gone.svg': cannot read"),
    (hand_in("<div>"), "a.md, line 2: hand-in 1 must not begin"),
    (hand_in("![x](../secret.svg)"), "a.md, line 4: the image .* is not in the chapters' folder"),
    (hand_in("![x](http://example.org/x.png)"), "a.md, line 4: the image .* is not in the chapters' folder"),
    (hand_in("![x](broken.png)"), "a.md, line 4: the image 'broken.png' holds no such picture"),
    (hand_in("![x](broken.svg)"), "a.md, line 4: the image 'broken.svg' holds no such picture"),
    (hand_in("![x](x.exe)"), "a.md, line 4: the image 'x.exe' cannot be printed"),
    (hand_in('--8<-- "gone.md"'), "a.md: .*gone.md"),
    (hand_in("> " * 90 + "deep"), "nested more than"),
    ({"a.md": '<div markdown="1">\n\n<!-- hand-in: 1 -->\n\nx\n\n<!-- /hand-in -->\n\n</div>'}, "a.md, line 3: hand-in 1 must not begin"),
]


@pytest.mark.parametrize(("chapters", "said"), WRONG, ids=[said[:40] for _, said in WRONG])
def test_what_is_wrong_is_said_with_its_place(chapters, said, tmp_path):
    for name in ("broken.png", "broken.svg"):
        (tmp_path / name).write_text("<svg")
    with pytest.raises(A1vizError, match=said):
        writeup_document(chapters, tmp_path)


def test_elements_are_nested_as_deep_as_the_bound_and_no_deeper():
    depth, children = 0, tree_of("<b>" * (PAGE_NESTING - 1) + "deep").children
    while isinstance(children[0], Element):
        depth, children = depth + 1, children[0].children
    assert (depth, children) == (PAGE_NESTING - 1, ["deep"])
    with pytest.raises(InputError, match=f"nested more than {PAGE_NESTING} deep"):
        tree_of("<b>" * PAGE_NESTING + "deep")


@pytest.mark.process
def test_no_code_table_or_formula_leaves_the_page(tmp_path):
    if shutil.which("pdftoppm") is None:
        pytest.skip(NO_POPPLER)
    wide = "| " + " | ".join(["`a_long_name_in_code.of_a_cell()`"] * 6) + " |"
    text = hand_in(f"```text\n{'z' * 300}\n```", "", wide, "|---" * 6 + "|", wide, "", "$$", " + ".join(["x"] * 150), "$$")
    path = tmp_path / "a.pdf"
    path.write_bytes(writeup_pdf(text))
    grey = subprocess.run(["pdftoppm", "-gray", "-r", "50", str(path)], capture_output=True, check=True, env=environment()).stdout
    _, size, _, body = grey.split(b"\n", 3)
    width, height = map(int, size.split())
    page = np.frombuffer(body[: width * height], np.uint8).reshape(height, width)
    edge = int(20 / 25.4 * 50) - 1
    assert page.min() < 100 and page[:, -edge:].min() > 200 and page[:, :edge].min() > 200


def test_a_long_formula_goes_on_below_at_its_size():
    with within(20):
        made = writeup_document(hand_in("$$", "y = " + " + ".join(["x"] * 150), "$$"))
    width = float(re.search(r'displayed\("[^"]*", ([0-9.]+)', made.source)[1])
    assert 40 < width < 50


def test_an_image_is_as_wide_as_the_page_says(tmp_path):
    (tmp_path / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    made = writeup_document(hand_in('![x](a.svg){ width="200" }', "", "![x](a.svg){ width=60% }", "", "![x](a.svg){ width=a }"), tmp_path)
    assert re.findall(r'photo\("[^"]*", ([^,]*)', made.source) == ["200", "60%", "0"]


@pytest.mark.parametrize(("name", "said"), [("a.md", "is a file"), ("gone", "is not there")])
def test_what_is_no_folder_of_chapters_is_told_apart(name, said, tmp_path):
    (tmp_path / "a.md").write_text("# A")
    with pytest.raises(InputError, match=said):
        chapter_texts(tmp_path / name)


HOSTILE = [
    "#### Deep\n\n# \n\n### Below none\n\n# High\n\n###### Deeper\n\n> ## Quoted",
    '"]}) #panic("x") \\u{41} #import "/etc/passwd"',
    "\\ \\\\ \\n `\\` ``` \" ' ~~~",
    "x" * 3000,
    "`" + "y" * 3000 + "`",
    "<b><i>unclosed",
    "</div></p></b> <svg><svg></svg></svg> <svg viewBox='0 0 0 0'></svg>",
    "<table><tr></tr><tr><td colspan=999999999>a</td></tr></table>",
    "| a |\n|---|\n| `b\\|c` | d |",
    "\u202eright to left\u202c \u0000 \u0007",
    "$" + "x + " * 400 + "y$",
    "$\\frac{a$ and $$\n\\begin{nothing}\n$$",
    "[a](javascript:alert(1)) [b](data:text/html,x) [c](<#a b>) [d](//example.org)",
    "<ol start='-5'><li></li></ol><ul></ul><dl></dl><h6></h6><pre></pre>",
    "[^1]\n\n[^1]: [^1] itself",
    "*[HTML]: words\n\nHTML {: .a1viz-output }\n",
]


def test_any_text_is_set_as_it_is(tmp_path):
    """All in one document: none of it is read as Typst, none of it stops Typst."""
    parts = [f"<!-- hand-in: {k + 1} -->\n\n{text}\n\nEnd {k + 1}.\n\n<!-- /hand-in -->\n" for k, text in enumerate(HOSTILE)]
    said = "\n".join(texts(writeup_pdf({f"{k:02}.md": part for k, part in enumerate(parts)}, tmp_path)))
    assert all(f"End {k + 1}." in said for k in range(len(HOSTILE)))
    assert "#panic(“x”)" in said and "alert(1)" not in said


@pytest.mark.parametrize(
    ("html", "code"),
    [
        ('<span class="arithmatex">\\(k\\)</span>-th', r'\{glued\(\{formula\(.*?\); "-th"\}\)\}'),
        ('the <span class="arithmatex">\\(k\\)</span>, and', r'\{"the "; formula\(.*?\); ", and"\}'),
        ('(<span class="arithmatex">\\(k\\)</span>)', r'\{"\("; formula\(.*?\); "\)"\}'),
        ('non-<span class="arithmatex">\\(k\\)</span> x', r'\{glued\(\{"non-"; formula\(.*?\)\}\); " x"\}'),
        ("  a \n b <b> c</b> ", r'\{"a b "; strong\(\{"c"\}\)\}'),
        ("a<!-- no -->b", r'\{"ab"\}'),
    ],
)
def test_no_space_is_lost_or_gained_around_a_formula(html, code):
    assert re.fullmatch(code, line(tree_of(html).children, Sheet("a.md")))


def test_numbers_of_a_column_stand_under_each_other():
    table = tree_of("<table><tr><th>n</th></tr><tr><td>1.25</td></tr><tr><td>-10</td></tr></table>").children[0]
    assert isinstance(table, Element)
    assert table_code(table, lambda cell: f'"{cell.text}"') == 'tabular((right, ), ("n", ), ("1.25", padded("-10", ".00"), ))'


def test_a_picture_on_paper_has_no_colour_of_the_page_and_says_what_it_shows():
    made = html_of(
        "```a1viz\ngraph: two_layer\n```", lambda source, *rest, **more: __import__("a1viz").draw(__import__("a1viz").load("two_layer")).svg
    )
    found = paper_picture(made[made.index("<svg") : made.index("</svg>") + 6])
    assert b"var(" not in found.svg and b"currentColor" not in found.svg and b"focus-visible" not in found.svg
    assert found.width > 300 and "z" in found.words


FENCES = {
    "wires": "network: merge\nn: 4\nset: [3, 1, 4, 2]",
    "ranks": "graph: counting\nset: {x: [3, 1, 4, 2]}",
    "diff": "graph: two_layer\nagainst: gated_network",
    "equations": "graph: gated_network",
}


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_drawn_on_paper(view):
    made = paper_html(f"{FENCES.get(view, 'graph: two_layer')}\nview: {view}{chr(10) + 'live: true' if view in LIVE else ''}")
    assert "<script" not in made and "data-a1viz-live" not in made
    sheet = Sheet("a.md")
    assert flow(tree_of(made).children, sheet)
    assert not any(b"var(" in data or b"currentColor" in data for data in sheet.files.values())


def test_a_picture_that_is_too_wide_in_its_direction_is_laid_out_for_paper():
    made = paper_html("graph: gated_network\nview: backward\ndirection: right")
    assert natural_width(made) <= 643


def test_a_network_on_paper_is_as_near_together_as_its_letters_can_be_read():
    made = paper_html("graph: counting\nview: neurons\n")
    assert letter_height(made[made.index("<svg") :], PAPER) * 0.75 >= 0.8 * 10.5
    assert "a1viz-narrow" not in made


def test_given_values_stand_side_by_side_on_paper():
    made = paper_html("graph: two_layer\nview: worked\nonly: [W1, W2, x, z]\n")
    code = flow(tree_of(made).children, Sheet("a.md"))
    assert [line.partition("(")[0] for line in code] == ["values", "displayed"] and code[0].count("value(") == 3


def test_the_hook_adds_both_files_to_a_site(tmp_path):
    from mkdocs.config import load_config
    from mkdocs.structure.files import get_files

    from a1viz.site import pages

    (tmp_path / "docs").mkdir()
    text = "<!-- hand-in: 1 -->\n[More](other.md)\n<!-- /hand-in -->\n\n<!-- task: 1 Twice -->\nDouble it.\n<!-- /task -->\n"
    (tmp_path / "docs" / "index.md").write_text(text)
    (tmp_path / "docs" / "other.md").write_text("# Other")
    (tmp_path / "mkdocs.yml").write_text("site_name: x\nsite_url: https://site.example/\nuse_directory_urls: false\n")
    config = load_config(str(tmp_path / "mkdocs.yml"))
    config.plugins._current_plugin = "a1viz"  # as MkDocs sets it while a hook runs
    made = []
    for command in ("build", "serve"):
        pages.on_startup(command, False)
        files = pages.on_files(get_files(config), config)
        pages.on_env(None, config, files)
        made.append(files.src_uris["a1-writeup.pdf"].content_bytes)
    assert b"https://site.example/other.html" in made[0] and b"site.example" not in made[1]
    assert files.src_uris["a1-code.ipynb"].content_bytes[:1] == b"{"
    (tmp_path / "docs" / "index.md").write_text(text.replace("More", "Changed"))
    files = pages.on_files(get_files(config), config)
    pages.on_env(None, config, files)
    assert files.src_uris["a1-writeup.pdf"].content_bytes == made[1], "a page that is served is not kept waiting"
    pages.on_startup("build", False)
