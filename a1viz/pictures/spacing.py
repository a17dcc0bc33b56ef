"""Formulas breathe as TeX sets them: a minus sign after an equals sign belongs to what follows it.

The converter marks every sign as standing between two things and knows no context. This pass gives each atom of a
MathML row its class and puts TeX's own space between neighbours (TeXbook, chapter 18).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import pairwise

RELATIONS = "=<>≤≥≠≈∼≡∝∈∉⊂⊆∣→←↦⇒⇔≪≫:≔⟼⟶≜≅≃∥"
BINARIES = "+−±∓×÷∘·⋅⊙⊗⊕⊖∗⋆∧∨∪∩∖"
OPENS = "([{⟨⌊⌈"
CLOSES = ")]}⟩⌋⌉!"
PUNCTUATION = ",;"
LARGE = "∑∏∐∫∮⋃⋂⋁⋀"

CLASSES = {
    sign: kind
    for signs, kind in ((RELATIONS, "rel"), (BINARIES, "bin"), (OPENS, "open"), (CLOSES, "close"), (PUNCTUATION, "punct"), (LARGE, "op"))
    for sign in signs
}

# Space before the right atom in eighteenths of an em; a negative one is left out in scripts.
SPACES = {
    "ord": {"op": 3, "bin": -4, "rel": -5, "inner": -3},
    "op": {"ord": 3, "op": 3, "rel": -5, "inner": -3},
    "bin": {"ord": -4, "op": -4, "open": -4, "inner": -4},
    "rel": {"ord": -5, "op": -5, "open": -5, "inner": -5},
    "open": {},
    "close": {"op": 3, "bin": -4, "rel": -5, "inner": -3},
    "punct": {"ord": -3, "op": -3, "rel": -3, "open": -3, "close": -3, "punct": -3, "inner": -3},
    "inner": {"ord": -3, "op": 3, "bin": -4, "rel": -5, "open": -3, "punct": -3, "inner": -3},
}
HAT = "\u0302"
EM = 0.75  # ziamath's em is 4/3 of the font size
AFTER_SCRIPT = 1.3  # TeX's \scriptspace, in eighteenths, and the side bearing ziamath drops
APART = 3  # between two fractions, whose bars would look like one
VARIANTS = {"bold": "bold normal", "double-struck": "double", "monospace": "mono", "sans-serif": "sans"}
SCRIPTED = ("msub", "msup", "msubsup", "munder", "mover", "munderover")


def spaced(formula: ET.Element) -> ET.Element:
    """The same MathML with explicit spaces, upright bold letters and roomier tables."""
    for element in list(formula.iter()):
        frame_matrices(element)
        mend(element)
    space_row(formula, in_script=False)
    return formula


def frame_matrices(row: ET.Element) -> None:
    """Make one element of a matrix and the brackets around it, which would otherwise grow with the highest matrix in the row."""
    for before, table, after in list(zip(row, row[1:], row[2:], strict=False)):
        if table.tag == "mtable" and (before.text or "x") in "([{|‖∥" and (after.text or "x") in ")]}|‖∥":
            framed = ET.Element("mrow")
            row.insert(list(row).index(before), framed)
            for part in (before, table, after):
                row.remove(part)
                framed.append(part)
            before.set("fence", "true")


def mend(element: ET.Element) -> None:
    """Repair what the converter and the typesetter disagree about in one element."""
    variant = element.get("mathvariant")
    if variant in VARIANTS:
        element.set("mathvariant", VARIANTS[variant])
    if element.tag == "mspace" and (width := element.get("width", "")).endswith("em"):
        element.set("width", em(18 * float(width[:-2])))
    elif element.tag == "mtable":
        loosen(element)
    elif element.tag == "mover":
        centre_accent(element)
    elif is_word(element):
        name = "".join(element.itertext())
        element.clear()
        element.tag, element.text = "mtext", name


def is_word(element: ET.Element) -> bool:
    """Whether this spells a name, such as log or the letters of softmax."""
    if element.tag == "mi":
        return len(element.text or "") > 1 and (element.text or "").isalpha()
    return (
        element.tag == "mrow" and len(element) > 1 and all(child.tag == "mi" and child.get("mathvariant") == "normal" for child in element)
    )


def loosen(table: ET.Element) -> None:
    """Give a table the row and column distances of LaTeX."""
    is_aligned = table.get("displaystyle") == "true"
    table.set("rowspacing", em(11 if is_aligned else 7))
    table.set("columnspacing", f"0em {em(18)}" if is_aligned else em(16))


def centre_accent(over: ET.Element) -> None:
    """Put the bar over the middle of an upright bold letter, where the font would put it over the stem of an h; keep hats small."""
    base, accent = over
    letter = "".join(base.itertext())
    if len(letter) == 1 and accent.text == HAT:
        accent.tag = "mi"  # an operator would be stretched beyond the letter
        accent.set("mathvariant", "normal")
    is_bold = len(letter) == 1 and ("𝐀" <= letter <= "𝐳" or base.find(".//mi[@mathvariant='bold normal']") is not None)
    if is_bold and base.tag == "mrow":
        ET.SubElement(base, "mspace", width="0")


def space_row(row: ET.Element, in_script: bool) -> None:
    """Space the children of a row by their classes, then everything inside them."""
    children = list(row)
    for place, child in enumerate(children):
        space_row(child, in_script or (row.tag in SCRIPTED and place > 0))
        if child.tag == "mo":
            child.set("lspace", "0")
            child.set("rspace", "0")
    if row.tag in ("math", "mrow", "mtd", "mstyle", "menclose", "mpadded", "msqrt"):
        fill(row, children, in_script)


def fill(row: ET.Element, children: list[ET.Element], in_script: bool) -> None:
    """Put the children back with a space before each that needs one; a space the author set replaces a thin one."""
    gaps = iter(gaps_before([child for child in children if child.tag != "mspace"], in_script))
    for child in children:
        row.remove(child)
    for before, child in zip([None, *children], children, strict=False):
        gap = 0 if child.tag == "mspace" else next(gaps)
        if gap >= 4 or (gap and (before is None or before.tag != "mspace")):
            ET.SubElement(row, "mspace", width=em(gap))
        row.append(child)


def gaps_before(atoms: list[ET.Element], in_script: bool) -> list[float]:
    """The space before each atom, in eighteenths of an em."""
    kinds = settle([kind_of(atom) for atom in atoms])
    gaps = [0.0]
    for (left, left_kind), (right, right_kind) in pairwise(zip(atoms, kinds, strict=True)):
        gap: float = SPACES[left_kind].get(right_kind, 0)
        gap = abs(gap) if gap > 0 or not in_script else 0
        if (left.tag in SCRIPTED[:3] and right_kind not in ("close", "punct")) or right.text == "⊤":
            gap += AFTER_SCRIPT
        if is_fraction(left) and is_fraction(right):
            gap += APART
        gaps.append(gap)
    return gaps[: len(atoms)]


def is_fraction(atom: ET.Element) -> bool:
    return atom.tag == "mfrac" or (len(atom) == 1 and is_fraction(atom[0]))


def settle(kinds: list[str]) -> list[str]:
    """A sign with nothing to join on its left or right is no binary sign: -x, (-1), a = -b."""
    settled: list[str] = []
    for place, kind in enumerate(kinds):
        before = settled[-1] if settled else "open"
        after = kinds[place + 1] if place + 1 < len(kinds) else "close"
        joins = before not in ("bin", "op", "rel", "open", "punct") and after not in ("rel", "close", "punct")
        settled.append("ord" if kind == "bin" and not joins else kind)
    return settled


def kind_of(atom: ET.Element) -> str:
    """The TeX class of an atom."""
    if atom.tag in SCRIPTED and len(atom):
        return kind_of(atom[0])
    if atom.tag == "mrow" and len(atom) and atom[0].get("fence") == "true":
        return "inner"
    if atom.tag == "mrow" and len(atom) == 1:
        return kind_of(atom[0])
    text = (atom.text or "").strip()
    if atom.tag in ("mo", "mi", "mtext") and len(text) > 1 and text.isalpha():
        return "bin" if text == "mod" else "op"
    return CLASSES.get(text, "ord") if atom.tag in ("mo", "mi") else "ord"


def em(eighteenths: float) -> str:
    """A width in ziamath's own em."""
    return f"{eighteenths / 18 * EM:.4f}em"
