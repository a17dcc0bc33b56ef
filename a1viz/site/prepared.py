"""What the MkDocs hook does while a site is built, done before: for engines that know no hooks."""

from __future__ import annotations

from pathlib import Path

from ..base.errors import InputError, place
from ..base.files import made_folder, write_whole
from .assets import assets
from .chapter_pictures import chapter_pictures
from .chapters import chapter_texts
from .hand_in import file_names, hand_in
from .page_code import filled, start


def prepared_files(folder: Path) -> dict[str, bytes]:
    """Each page of a folder with what its code prints, and the files of the hand-in, if pages mark any; by their names in the folder.

    Runs the code of the pages: only for those you trust. Raises InputError with page and line where code or marks fail.
    """
    texts, failed = chapter_texts(folder), []
    for name, text in texts.items():
        start(text, (folder / name).parent)
    made: dict[str, bytes] = {}
    for name, text in texts.items():

        def report(line: int, message: str, name: str = name) -> None:
            failed.append(f"{place(name, line)}{message}")

        made[name] = filled(text, report, (folder / name).parent).encode()
    if failed:
        raise InputError("\n".join(failed))
    return {**made, **(hand_in(texts, folder) if file_names(texts) else {})}


def write_prepared(folder: Path, output: Path) -> list[Path]:
    """Write those files, all others of the folder, and what pictures load, into another folder. Returns the paths.

    Raises InputError (see `prepared_files`, and for a folder inside the other); OutputError for what cannot be written.
    """
    if output.resolve().is_relative_to(folder.resolve()) or folder.resolve().is_relative_to(output.resolve()):
        raise InputError(f"{output} and {folder} lie in one another; write the prepared pages elsewhere: -o build/docs")
    others = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    loaded = {**{name: text.encode() for name, text in assets().items()}, **chapter_pictures()}
    files = {**others, **{f"assets/{name}": content for name, content in loaded.items()}, **prepared_files(folder)}
    for name, content in files.items():
        write_whole(made_folder((output / name).parent) / Path(name).name, content)
    return [output / name for name in files]
