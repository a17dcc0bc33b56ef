"""A Typst document as PDF: in this process, without the machine's fonts, without the time of day."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import OutputError

if TYPE_CHECKING:
    from typst import TypstError

MISSING = 'PDF is set by Typst, which is not installed: pip install "a1viz[pdf]"'
MAIN = "main.typ"


def compiled(source: str, files: Mapping[str, bytes] | None = None, machine_fonts: bool = False) -> bytes:
    """The PDF of a Typst document that may name `files` by their paths: tagged, as PDF/UA-1 asks, and of the same bytes each time.

    With `machine_fonts` also in the fonts of this machine, for the letters that Typst's own have not: then another machine may give others.
    The document must have a title (`#set document(title: ..)`), and each image words of its own (`alt: ..`).
    Raises OutputError where Typst refuses the document or is not installed.

    >>> compiled('#set document(title: "One line")\\nText.')[:8]
    b'%PDF-1.7'
    """
    import tempfile

    try:
        import typst
    except ImportError:
        raise OutputError(MISSING) from None
    # a folder, because Typst takes only text out of memory
    try:
        with tempfile.TemporaryDirectory(prefix="a1viz-") as folder:
            for name, data in {**(files or {}), MAIN: source.encode()}.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            try:
                made = typst.compile(
                    f"{folder}/{MAIN}",
                    root=folder,
                    format="pdf",
                    ignore_system_fonts=not machine_fonts,
                    pdf_standards=["ua-1"],
                    timestamp=0,
                )
            except typst.TypstError as error:
                raise OutputError(_told(error, folder)) from None
    except OSError as error:
        raise OutputError(f"cannot write what Typst is to read: {error.strerror or error}") from None
    return made


def _told(error: TypstError, folder: str) -> str:
    """Typst's own words on one line, with the place where they stand; the folder, which is gone, is left out."""
    places = [line.partition("┌─ ")[2] for line in error.diagnostic.splitlines() if "┌─ " in line]
    place = f"{places[0].rpartition(Path(folder).name + '/')[2]}: " if places else ""
    words = " ".join(error.message.replace(folder + "/", "").split())
    return "; ".join([f"Typst cannot set this document: {place}{words}", *error.hints])
