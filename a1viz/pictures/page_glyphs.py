"""The outlines that the page sets formulas with, the same as in the pictures: from the font inside ziamath, as data.

Of each glyph its advance, how far it reaches above and below the baseline, its italic correction and where an accent stands on it, in
thousandths of the font size, and its path, y downwards; of brackets, roots and sums the larger forms too, and what a command stands for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from ..base.cache import cache_path, read_cache, write_cache
from ..calculus.letters import GREEK
from ..live.table import as_json
from .spacing import CLASSES, SPACES
from .typesetting import typesetter, typesetter_versions

PLAIN = "".join(map(chr, range(33, 127))) + "…·×–−′"  # of words, numbers and signs
SIGNS = (  # commands that are one glyph
    "ast approx bullet cdot circ dots ge geq in infty langle ldots le leq lfloor mid ne neq odot prime prod rangle rfloor rightarrow sum "
    "times to top vdots"
).split()
WORDS = "arctan argmax argmin cos cosh det exp lim log max min mod sin sinh sup tanh".split()
LIMITS = "argmax argmin det lim max min sup".split()  # words with what belongs to them below, in a line of their own
DOUBLE = "IRZ"  # letters of \mathbb
TALL = "()[]{}⟨⟩⌊⌋|‖√"  # glyphs that grow with what they enclose
LARGE = "∑∏"  # glyphs that are larger in a line of their own
SCRIPTS = "′⊤"  # glyphs with another form in a script
ACCENTS = {"bar": "¯", "dot": "˙", "hat": "̂", "tilde": "̃"}
WIDE = ACCENTS["hat"] + ACCENTS["tilde"]  # those that span a word
SIZES = (1200, 1800, 2400, 3000)  # heights of larger brackets; what is higher is stretched
WIDTHS = (500, 1000, 1900)  # of wider accents
GRID = 2  # thousandths of the font size: what paths are counted in, half of what a pixel shows of large type
CONSTANTS = (
    "axisHeight fractionRuleThickness fractionNumeratorDisplayStyleShiftUp fractionDenominatorDisplayStyleShiftDown "
    "fractionNumDisplayStyleGapMin fractionDenomDisplayStyleGapMin fractionNumeratorShiftUp fractionDenominatorShiftDown "
    "fractionNumeratorGapMin fractionDenominatorGapMin subscriptShiftDown subscriptTopMax subscriptBaselineDropMin superscriptShiftUp "
    "superscriptBottomMin superscriptBaselineDropMax subSuperscriptGapMin overbarVerticalGap overbarRuleThickness radicalVerticalGap "
    "radicalRuleThickness upperLimitGapMin lowerLimitGapMin scriptPercentScaleDown scriptScriptPercentScaleDown"
).split()
ITALIC, BOLD, BOLD_ITALIC, UPRIGHT = "italic", "bold", "bold italic", "normal"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def glyphs() -> dict[str, Any]:
    """All that the typesetter in the page reads."""
    font = _font()
    letters = [chr(k) for start in (65, 97) for k in range(start, start + 26)]
    styles: dict[str, dict[str, str]] = {
        ITALIC: {letter: styled(letter, ITALIC) for letter in letters},
        BOLD: {letter: styled(letter, BOLD) for letter in [*letters, *"01"]},
        BOLD_ITALIC: {name: styled(sign_of(name), BOLD_ITALIC) for name in sorted(GREEK)},
        "double": {letter: styled(letter, "double") for letter in DOUBLE} | {"1": "𝟙"},
    }
    signs = {name: sign_of(name) for name in SIGNS} | {name: styled(sign_of(name), "") for name in sorted(GREEK)}
    found = dict.fromkeys(
        [*PLAIN, *TALL, *LARGE, *ACCENTS.values(), *signs.values(), *(c for style in styles.values() for c in style.values())]
    )
    shapes = {char: shape(font.glyph(char)) for char in found if font.glyphindex(char)}
    for char in TALL + LARGE + WIDE:
        for k, larger in enumerate(larger_forms(char), 1):
            shapes[f"{char}{k}"] = shape(larger)
    for char in SCRIPTS:
        shapes[f"{char}1"] = shape(font.glyph_fromid(font.gsub.sub([font.glyphindex(char)], font.features)[0]))
    constants = asdict(font.math.consts)
    return {
        "accents": ACCENTS,
        "classes": CLASSES,
        "constants": {name: constants[name] for name in CONSTANTS},
        "grid": GRID,
        "large": LARGE,
        "limits": LIMITS,
        "scripts": SCRIPTS,
        "shapes": shapes,
        "signs": signs,
        "spaces": SPACES,
        "styles": styles,
        "words": WORDS,
    }


@cache
def glyphs_script() -> str:
    """A script that hands the outlines to the page; they are data, not code. They are kept, as the outlines of pictures are."""
    made_by = (typesetter_versions(), Path(__file__).read_text(encoding="utf-8"), CLASSES, SPACES, sorted(GREEK))
    path = cache_path("glyphs", repr(made_by))
    found = read_cache(path)
    if not isinstance(found, dict):
        found = glyphs()
        write_cache(path, found)
    return f"self.a1vizGlyphs={as_json(found)};\n"


def sign_of(name: str) -> str:
    """The character that a command stands for, as the typesetter of the pictures reads it."""
    typesetter()
    from latex2mathml.symbols_parser import convert_symbol

    text = convert_symbol(f"\\{name}")
    assert text, name
    return chr(int(text, 16))


def styled(char: str, variant: str) -> str:
    """A character in a style, as the typesetter of the pictures chooses it."""
    typesetter()
    from ziamath.styles import MathVariant, auto_italic, styledchr

    style = MathVariant(
        style="double" if variant == "double" else "serif",
        italic="italic" in variant or (not variant and auto_italic(char)),
        bold="bold" in variant,
        normal=variant in (UPRIGHT, BOLD),
    )
    return str(styledchr(char, style))


def larger_forms(char: str) -> list[Any]:
    """The glyphs for what is higher than a line, or wider than a letter: the font's own sizes of it."""
    font = _font()
    own = font.glyph(char)
    sizes = WIDTHS if char in WIDE else SIZES if char in TALL else (font.math.consts.displayOperatorMinHeight,)
    known = font.math.listvariants(own.index, vert=char not in WIDE)
    names = dict.fromkeys(min((measure for measure in known if measure >= size), default=max(known)) for size in sizes)
    return [font.glyph_fromid(known[measure]) for measure in names if known[measure] != own.index]


def shape(glyph: Any) -> list[Any]:
    """Advance, top, bottom, italic correction, place of an accent, path; the right end of the outline if it is beyond the advance."""
    math = _font().math
    path = "".join(operator.path(0, 0, scale=1 / GRID) for operator in glyph.operators)
    box, advance = glyph.bbox, glyph.advance()
    accent = math.topattachment(glyph.index)
    italic = math.italicsCorrection.getvalue(glyph.index)
    middle = round((box.xmin + box.xmax) / 2)
    return [
        round(advance),
        round(box.ymax),
        round(-box.ymin),
        round(italic or 0),
        middle if accent is None else round(accent),
        relative(path),
    ]


def relative(path: str) -> str:
    """A path in steps from point to point, which are short numbers; a curve that goes on as the last one ended says only where it ends.

    >>> relative("M 10 20 L 30 20 L 30 -5 Q 1 2 3 4 Q 5 6 7 -8 ")
    'm10 20h20v-25q-29 7-27 9t4-12z'
    """
    found, at, start, last, control = "", (0, 0), (0, 0), "", (0, 0)
    for command, text in re.findall(r"([MLQ])([^MLQ]*)", path):
        numbers = [round(float(number)) for number in NUMBER.findall(text)]
        *before, end = zip(numbers[::2], numbers[1::2], strict=True)
        if command == "M":
            found, at, start, last = found and f"{found}z", start, end, "z"
        mirrored = (2 * at[0] - control[0], 2 * at[1] - control[1])
        if command == "Q" and last in ("q", "t") and max(abs(before[0][0] - mirrored[0]), abs(before[0][1] - mirrored[1])) <= 1:
            control, step = mirrored, written("t", [end], at)
        else:
            control, step = (before or [end])[0], written(command.lower(), [*before, end], at)
        found += step.removeprefix(last) if step.startswith(f"{last}-") else step
        last, at = step[:1] or last, end
    return found and f"{found}z"


def written(command: str, points: Sequence[tuple[int, int]], at: tuple[int, int]) -> str:
    """One command of a path; a line along an axis has one number."""
    steps = [(x - at[0], y - at[1]) for x, y in points]
    (x, y), *_ = steps
    if command == "l" and not (x and y):
        return f"h{x}" if x else f"v{y}" if y else ""
    return command + " ".join(f"{x} {y}" for x, y in steps).replace(" -", "-")


@cache
def _font() -> Any:
    return typesetter().zmath.loadedfonts["default"]
