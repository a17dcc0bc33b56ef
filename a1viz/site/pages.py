"""The MkDocs hooks that write all generated pages, typeset formulas and add the hand-in.

MkDocs loads this file as a hook, by path: its imports are absolute. `a1viz pages` writes the same files.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from a1viz.base.errors import A1vizError, place, shown
from a1viz.base.files import made_folder, write_whole
from a1viz.site.accessible import mended
from a1viz.site.assets import assets
from a1viz.site.chapter_pictures import chapter_pictures
from a1viz.site.chapters import chapter_texts
from a1viz.site.fence import LOG, PAGE
from a1viz.site.formulas import typeset_formulas
from a1viz.site.gallery import gallery_files
from a1viz.site.hand_in import file_names, hand_in
from a1viz.site.kept_pages import keep
from a1viz.site.model_cards import model_files
from a1viz.site.operator_page import operators_page
from a1viz.site.page_code import blocks, filled, start, start_drawing
from a1viz.site.search_words import put_back, rank, set_aside, whole
from a1viz.site.shared_outlines import shared_outlines
from a1viz.site.state import program_state, remembered

GENERATED = "<!-- Written by `a1viz pages`: edit the table or the documents instead. -->\n\n"
SERVED: ContextVar[dict[str, bytes] | None] = ContextVar("served", default=None)  # the hand-in, where pages are served
BEHIND = {"gallery.md": "gallery/", "models.md": "models/"}  # pages, and where those are that they lead to
DRAWN = "a1viz-drawn"  # what is drawn on a page, in its metadata
THEME = re.compile(r"assets/javascripts/lunr/|\.map$")  # what searches in other languages and developers of the theme need


# --- MkDocs hooks -------------------------------------------------------------------------------------------------------------


def on_startup(command: str, dirty: bool) -> None:
    """Remember whether pages are served while they are written: then the hand-in is made once, for it takes longer than a page."""
    SERVED.set({} if command == "serve" else None)


def on_config(config: Any) -> None:
    """Tell MkDocs which pages the navigation leaves out on purpose."""
    from pathspec.gitignore import GitIgnoreSpec

    behind = GitIgnoreSpec.from_lines(f"/{folder}*" for folder in BEHIND.values())
    config.not_in_nav = config.not_in_nav + behind if config.not_in_nav else behind


def on_pre_build(config: Any) -> None:
    """Write the generated pages before MkDocs looks for files; what the other pages show is run meanwhile."""
    program_state.cache_clear()
    for path in sorted(Path(config["docs_dir"]).rglob("*.md")):
        start(path.read_text(encoding="utf-8"), path.parent)
    if not SERVED.get():
        start_drawing(Path(config["docs_dir"]))
    write_pages(Path(config["docs_dir"]))


def on_nav(nav: Any, config: Any, files: Any) -> None:
    """Give the pages behind the gallery and behind the table of models, which the navigation does not list, their place in it.

    Served pages are kept from one build to the next.
    """
    for overview in (page for page in nav.pages if page.file.src_uri in BEHIND):
        cards = [file.page for file in files.documentation_pages() if file.src_uri.startswith(BEHIND[overview.file.src_uri])]
        for before, card, after in zip([None, *cards], cards, [*cards[1:], None], strict=False):
            if card not in nav.pages:
                card.parent, card.previous_page, card.next_page = overview, before, after
    if SERVED.get() is not None:
        keep([file.page for file in files.documentation_pages()], Path(config.config_file_path).read_text(encoding="utf-8"))


def on_files(files: Any, config: Any) -> Any:
    """Add style sheet and scripts of the pictures, and pictures that stand in files; leave out what no page of the theme loads."""
    from mkdocs.structure.files import File

    for file in [file for file in files if THEME.search(file.src_uri)]:
        files.remove(file)
    written: dict[str, str | bytes] = {**assets(), **remembered("chapters", "", _chapters)}
    for name, content in written.items():
        files.append(File.generated(config, f"assets/{name}", content=content))
    try:
        for name in file_names(chapter_texts(Path(config["docs_dir"]))).values():
            files.append(File.generated(config, name, content=b""))  # what is in it is made after the pages
    except A1vizError as error:
        LOG.warning("%s", error)
    return files


def _chapters() -> dict[str, str]:
    return {name: picture.decode() for name, picture in chapter_pictures().items()}


def on_env(env: Any, config: Any, files: Any) -> None:
    """Make the files of the hand-in, after the pages have run the code that both show."""
    folder, served = Path(config["docs_dir"]), SERVED.get()
    site = "" if served is not None else config["site_url"]
    addresses = {file.src_uri: urljoin(site, file.url) for file in files.documentation_pages()} if site else {}
    try:
        chapters = chapter_texts(folder)
        made = served or (hand_in(chapters, folder, addresses=addresses) if file_names(chapters) else {})
    except A1vizError as error:
        LOG.warning("%s", error)
        return
    for name, content in made.items():
        files.src_uris[name].content_bytes = content
    if served is not None:
        SERVED.set(made)


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Remember which page is read, so that a fence can say where it stands; run the page's own code and show what it prints."""
    path = Path(page.file.abs_src_path)
    text = path.read_text(encoding="utf-8") if path.is_file() else markdown
    PAGE.set((page.file.src_uri, text))
    rank(page.meta, page.file.src_uri)
    above = max(text.count("\n") - markdown.count("\n"), 0)  # the lines of the front matter

    def report(line: int, message: str) -> None:
        LOG.warning("%s%s", place(page.file.src_uri, line + above), message)

    for block in blocks(markdown):
        if block.language == "a1viz" and block.more:
            report(
                block.first + 1, f"{shown(block.more)} stands after the name of the fence; write settings as lines below, as caption: ..."
            )
    return filled(markdown, report, path.parent)


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """Set the formulas of a page: outlines, with their source for those who cannot see them.

    All that is drawn waits beside the page: the search reads what is left, and pictures have a hundred times as many tags as texts.
    """
    html = shared_outlines(typeset_formulas(html))
    html, page.meta[DRAWN] = set_aside(html)
    return html


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Make code whole again, put what is drawn back into its page, and mend what the theme leaves out."""
    return put_back(mended(whole(output)), page.meta[DRAWN])


# --- the pages ----------------------------------------------------------------------------------------------------------------


def write_pages(folder: Path) -> list[Path]:
    """Write the generated pages, the gallery's pictures and the trained models into `folder`; a file that would not change is left alone.

    Returns the paths of the pages. Raises InputError without scikit-learn, whose data the models are trained on; OutputError without
    Typst, and for what cannot be written.
    """
    made_folder(folder)
    files = {
        "reference/operators.md": f"{GENERATED}{remembered('operators', '', operators_page)}".encode(),
        **gallery_files(),
        **model_files(),
    }
    for name, content in files.items():
        path = folder / name
        made_folder(path.parent)
        if not path.is_file() or path.read_bytes() != content:
            write_whole(path, content)
    return [folder / name for name in files if name.endswith(".md")]
