"""The colours of a picture, once: readable in light, in dark and on paper, and never the only difference.

Text has a contrast of at least 4.5 to what it stands on, lines at least 3; the tests compute both from PAIRS.
"""

from __future__ import annotations

import re

COLOURS = {
    #                light      dark       print
    "paper": ("#FFFFFF", "#1E2029", "#FFFFFF"),  # dark: as pages of Material
    "ink": ("#1A1A1A", "#E8EAF0", "#000000"),
    "muted": ("#595F69", "#A9B1BF", "#333333"),
    "frame": ("#1F4E79", "#7FB2E5", "#000000"),
    "rule": ("#C9D3DE", "#3C4657", "#B0B0B0"),
    "forward": ("#0072B2", "#56B4E9", "#000000"),
    "backward": ("#D55E00", "#F08A4B", "#000000"),
    "positive": ("#0072B2", "#56B4E9", "#000000"),
    "negative": ("#B5123E", "#FF8FA3", "#000000"),
    "input-fill": ("#DCEBF7", "#1D364D", "#FFFFFF"),
    "input-ink": ("#1F4E79", "#B5D8F7", "#000000"),
    "gradient-fill": ("#FBE3D6", "#45291B", "#FFFFFF"),
    "gradient-ink": ("#8A3200", "#FFC09A", "#000000"),
    "value-fill": ("#F4F6F8", "#252A34", "#FFFFFF"),
    "value-ink": ("#3A4450", "#C7CFDB", "#000000"),
    "mark-fill": ("#D9F0E4", "#143A2C", "#FFFFFF"),
    "mark-ink": ("#00553D", "#8FE0BF", "#000000"),
    "block-fill": ("#F7F9FB", "#242831", "#FFFFFF"),
    "block-frame": ("#74808E", "#7C8798", "#555555"),
}
THEMES = ("light", "dark", "print")
VARIABLE = re.compile(r"var\(--a1viz-([a-z-]+)\)")

# (what is seen, what it stands on, the least contrast)
PAIRS = (
    ("ink", "paper", 4.5),
    ("value-ink", "paper", 4.5),
    ("muted", "paper", 4.5),
    ("muted", "block-fill", 4.5),
    ("input-ink", "input-fill", 4.5),
    ("mark-ink", "mark-fill", 4.5),
    ("mark-ink", "paper", 3),
    ("gradient-ink", "gradient-fill", 4.5),
    ("value-ink", "value-fill", 4.5),
    ("ink", "block-fill", 4.5),
    ("frame", "paper", 3),
    ("frame", "block-fill", 3),
    ("forward", "paper", 3),
    ("forward", "block-fill", 3),
    ("backward", "paper", 3),
    ("backward", "block-fill", 3),
    ("positive", "paper", 4.5),
    ("positive", "block-fill", 4.5),
    ("negative", "paper", 4.5),
    ("negative", "block-fill", 4.5),
    ("muted", "paper", 3),
    ("block-frame", "paper", 3),
    ("block-frame", "block-fill", 3),
)


def colour(role: str, theme: str) -> str:
    """The colour of a role: a plain one, or for the theme `auto` a variable that follows page and system."""
    return f"var(--a1viz-{role})" if theme == "auto" else COLOURS[role][THEMES.index(theme)]


def in_theme(svg: str, theme: str) -> str:
    """A picture that follows page and system, in the plain colours of a theme.

    >>> in_theme('<rect fill="var(--a1viz-paper)"/>', "dark")
    '<rect fill="#1E2029"/>'
    """
    return VARIABLE.sub(lambda found: colour(found[1], theme), svg)


def style(name: str, theme: str) -> str:
    """The style sheet of the picture called `name`; every rule is confined to its class, and paper is never dark."""
    focus = f".{name} g:focus-visible{{outline:3px solid {colour('forward', theme)};outline-offset:2px}}"
    if theme != "auto":
        return focus
    light, dark = variables("light"), variables("dark")
    return (
        f".{name}{{{light}}}@media screen and (prefers-color-scheme:dark){{.{name}{{{dark}}}}}"
        f'[data-md-color-scheme="default"] .{name}{{{light}}}'
        f'@media screen{{[data-md-color-scheme="slate"] .{name}{{{dark}}}}}{focus}'
    )


def variables(theme: str) -> str:
    """All colours of a theme as CSS variables."""
    return "".join(f"--a1viz-{role}:{colour(role, theme)};" for role in COLOURS)


def contrast(one: str, other: str) -> float:
    """The WCAG 2 contrast of two colours, from 1 to 21.

    >>> round(contrast("#000000", "#FFFFFF"))
    21
    """
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance of #RRGGBB (WCAG 2)."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
