"""A page's Markdown as a notebook shows it: without what only the site's extensions read, and with links that lead somewhere."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence

from .page_code import FENCE, blocks

Line = tuple[int, str]  # a line of a chapter, counted from 0, and its text

CELLS = ("python", "a1viz")  # languages of the blocks that become cells of their own
BOX = re.compile(r"^(?P<sign>!!!|\?\?\?\+?|===[!+]*)\s*(?P<kind>[\w -]*)(?:\"(?P<title>.*)\")?\s*$")
ASIDE = re.compile(r"(?P<code>(`+)(?!`)(?:(?!\n\n).)+?(?<!`)\2(?!`))|(?P<maths>\$\$.+?\$\$|\$[^$\n]+\$)|(?P<comment><!--.*?-->)", re.DOTALL)
LINK = re.compile(r'(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*<?(?P<target>[^)\s>]*)>?(?:\s+"[^"]*")?\s*\)(?:\{[^}\n]*\})?')
ATTRIBUTES = re.compile(r"[ \t]*\{:?\s*[#.:][^}\n]*\}")
FOOTNOTE = re.compile(r"\[\^([\w-]+)\](:?)")
ABBREVIATION = re.compile(r"^\*\[[^\]]+\]:.*\n?", re.MULTILINE)
MARKDOWN_IN_HTML = re.compile(r'(<\w[^>]*?)\s+markdown(?:="[^"]*")?(?=[\s>])')
HEADING = re.compile(r"^(#{1,6})(?=\s)")
HELD = "\x00{}\x00"  # stands for what is not touched: code, formulas


def unfolded(lines: Sequence[Line]) -> list[Line]:
    """Boxes (`!!! note`) as quotations, folds and tabs as what is in them below their titles; so is a box that holds a cell.

    >>> [line for _, line in unfolded([(0, '!!! tip "Try"'), (1, "    Words."), (2, "After.")])]
    ['> **Try**', '>', '> Words.', '', 'After.']
    """
    found: list[Line] = []
    inside = {k for block in blocks("\n".join(line for _, line in lines)) for k in range(block.first, block.last + 1)}
    k = 0
    while k < len(lines):
        number, line = lines[k]
        box = None if k in inside else BOX.match(line)
        k += 1
        if not box:
            found.append((number, line))
            continue
        end = k
        while end < len(lines) and (not lines[end][1].strip() or lines[end][1].startswith("    ")):
            end += 1
        body = unfolded([(at, text.removeprefix("    ") if text.strip() else "") for at, text in lines[k:end]])
        found += _opened(number, box, body)
        k = end
    return found


def _opened(number: int, box: re.Match[str], body: list[Line]) -> list[Line]:
    """The title of a box and its lines, quoted where it stands apart from the text and holds no cell."""
    written = [k for k, (_, line) in enumerate(body) if line.strip()]
    body = body[written[0] : written[-1] + 1] if written else []
    words = box["kind"].split()
    title = box["title"] if box["title"] is not None else words[0].capitalize() if words else ""
    head = [(number, f"**{title}**"), (number, "")] if title else []
    has_cells = any((fence := FENCE.match(line)) and fence["info"].split()[:1] and fence["info"].split()[0] in CELLS for _, line in body)
    quoted = box["sign"][0] == "!" and not has_cells
    rows = [(at, f"> {line}".rstrip() if quoted else line) for at, line in [*head, *body]]
    return [*rows, (rows[-1][0] if rows else number, "")]


def plain(text: str, chapter: str = "", addresses: Mapping[str, str] | None = None, deeper: int = 0) -> str:
    """Markdown without what only the site's extensions read; headings so many levels deeper; comments left out.

    Links to other pages lead to their `addresses`, where these are known, and are their text alone where not.

    >>> plain("See [the *costs*](costs.md#T), `[a](b)` and [this](https://example.org). {: .big }", "a.md")
    'See the *costs*, `[a](b)` and [this](https://example.org).'
    >>> plain("[x](b.md#y)", "a/c.md", {"a/b.md": "https://example.org/b.html"})
    '[x](https://example.org/b.html#y)'
    """
    lines, words = text.split("\n"), []
    at = 0
    for block in [*blocks(text), None]:
        stop = block.first if block else len(lines)
        words.append(_words("\n".join(lines[at:stop]), chapter, addresses or {}, deeper))
        if block:
            words.append("\n".join([_opening(lines[block.first]), *lines[block.first + 1 : block.last + 1]]))
            at = block.last + 1
    return re.sub(r"\n{3,}", "\n\n", "\n".join(words)).strip("\n")


def levels(text: str) -> list[int]:
    """The levels of the headings in a text, in order; those inside code are none."""
    inside = {k for block in blocks(text) for k in range(block.first, block.last + 1)}
    return [len(found[1]) for k, line in enumerate(text.split("\n")) if k not in inside and (found := HEADING.match(line))]


def _opening(line: str) -> str:
    """The opening fence of a block with its language alone."""
    fence = FENCE.match(line)
    assert fence, "a block begins with a fence"
    words = re.findall(r"[\w+#-]+", fence["info"].partition("title=")[0])
    return f"{fence['indent']}{fence['marks']}{words[0] if words else ''}"


def _words(text: str, chapter: str, addresses: Mapping[str, str], deeper: int) -> str:
    """Markdown between blocks of code."""
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        if found["comment"]:
            return ""
        held.append(found[0])
        return HELD.format(len(held) - 1)

    text = ASIDE.sub(hold, text.replace("\x00", ""))
    text = LINK.sub(lambda link: _link(link, chapter, addresses), text)
    text = MARKDOWN_IN_HTML.sub(r"\1", ABBREVIATION.sub("", ATTRIBUTES.sub("", text)))
    text = FOOTNOTE.sub(lambda note: f"<sup>{note[1]}</sup>", text)
    if deeper:
        text = re.sub(HEADING.pattern, lambda heading: "#" * min(max(len(heading[1]) + deeper, 1), 6), text, flags=re.MULTILINE)
    return re.sub(r"\x00(\d+)\x00", lambda found: held[int(found[1])], text)


def _link(link: re.Match[str], chapter: str, addresses: Mapping[str, str]) -> str:
    """A link that leads somewhere from anywhere, else its text."""
    path, sign, anchor = link["target"].partition("#")
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//", path):
        return f"{link['image']}[{link['text']}]({link['target']})"
    page = posixpath.normpath(posixpath.join(posixpath.dirname(chapter), path)) if path else chapter
    if page in addresses:
        return f"{link['image']}[{link['text']}]({addresses[page]}{sign}{anchor})"
    return f"*{link['text']}*" if link["image"] and link["text"] else link["text"]
