"""Any text made harmless in XML, in LaTeX and in Mermaid: the one place where text is escaped, one function a language."""

from __future__ import annotations

import re
import unicodedata

ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0
# Marks that turn the direction of writing round could show a reader another text than the file holds.
DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
TEX_PLAIN = re.compile(r"[A-Za-z0-9 .,:;!?()\[\]/+=*@'-]")  # what text in TeX shows as it is, whatever the encoding of its fonts
TEX_SIGNS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "%": r"\%", "#": r"\#", "&": r"\&", "_": r"\_", '"': "''", "`": "{`}",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\ensuremath{<}", ">": r"\ensuremath{>}", "|": r"\ensuremath{|}",
    "−": r"\ensuremath{-}", "×": r"\ensuremath{\times}", "·": r"\ensuremath{\cdot}", "≠": r"\ensuremath{\ne}", "≈": r"\ensuremath{\approx}",
    "≤": r"\ensuremath{\le}", "≥": r"\ensuremath{\ge}", "→": r"\ensuremath{\to}", "∞": r"\ensuremath{\infty}", "…": r"\dots{}",
    "–": r"\textendash{}", "—": r"\textemdash{}", "‘": "{`}", "’": "'", "“": r"\textquotedblleft{}", "”": "''", "ß": r"\ss{}",
    "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ø": r"\o{}", "Ø": r"\O{}", "å": r"\aa{}", "Å": r"\AA{}", "ł": r"\l{}",
    "Ł": r"\L{}", "ı": r"\i{}",
}  # fmt: skip
TEX_ACCENTS = dict(zip("\u0300\u0301\u0302\u0303\u0308\u0304\u0306\u0307\u030c\u030b\u0327", "`'^~\"=u.vHc", strict=True))
# What could be markup in a text of Mermaid, in Markdown or in HTML: all signs but a few, and these where Markdown or an icon might begin.
MERMAID_MARKUP = re.compile(
    r"[^\w ,:()=/'.\[\]+@-]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|^[-+=]|(?<=^\d)\.|(?<=^\d\d)\.|^\d{3,}\.|(?<=\])\(|:(?=\S)"
)


def escape(text: str) -> str:
    """Any text as the content of an XML element or of an attribute in double quotes."""
    text = DIRECTION_MARKS.sub("", ILLEGAL.sub("", text))
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(sign, entity)
    return text


def escape_latex(text: str) -> str:
    r"""Any text as text in LaTeX, for every engine and without a package: what its fonts do not have is its number in Unicode.

    >>> print(escape_latex(r"50% of \input{x}, naïve 日"))
    50\% of \textbackslash{}input\{x\}, na\"{\i}ve U+65E5
    """
    letters = map(_latex_letter, DIRECTION_MARKS.sub("", re.sub(r"\s+", " ", text)))
    return re.sub("-(?=-)", "-{}", "".join(letters))  # two hyphens would be a dash


def _latex_letter(letter: str) -> str:
    if TEX_PLAIN.fullmatch(letter):
        return letter
    if letter in TEX_SIGNS:
        return TEX_SIGNS[letter]
    parts = unicodedata.normalize("NFD", letter)
    base, accent = parts[0], parts[1:]
    if accent in TEX_ACCENTS and re.fullmatch("[A-Za-z]", base):
        under = "\\" + base if base in "ij" and accent != "\u0327" else base  # without its dot
        return rf"\{TEX_ACCENTS[accent]}{{{under}}}"
    return f"U+{ord(letter):04X}"


def escape_mermaid(text: str) -> str:
    """Any printable text of one line inside double quotes of Mermaid: a sign that could be markup is its number.

    >>> print(escape_mermaid('1. say "x" & `y`, z_1'))
    1#46; say #34;x#34; #38; #96;y#96;, z_1
    """
    signs = MERMAID_MARKUP.sub(lambda found: "".join(f"#{ord(sign)};" for sign in found[0]), text)
    return signs.replace(":fa-", ":#8203;fa-")  # which would be drawn as an icon
