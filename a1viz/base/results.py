r"""What a function gives back shows itself: in a terminal, in a notebook, in Markdown, in LaTeX. This is the guide to it.

A result is a frozen dataclass that derives from `Result` and says in `parts` what it shows, in order: paragraphs (`str`), formulas
(`Typeset`), arrays (`Matrix`) and tables (`Table`), whose cells are words, formulas and arrays again. Nothing else is to do:

    @dataclass(frozen=True)
    class NoiseTable(Result):
        rows: tuple[Row, ...]

        def parts(self) -> list[Part]:
            head = ("n", Typeset("sigma^2", r"\sigma^{2}"), "error")
            return [Table(head, [(str(r.n), f"{r.sigma2:g}", f"{r.error:.3g}") for r in self.rows], "rrr"), "\nmean of 100 runs"]

- `print(result)`, `str(result)` and a REPL show the parts as text, one below the other; a paragraph that begins with a line break has an
  empty line above it. `@dataclass` writes no `__repr__` of its own over this one.
- A notebook shows HTML, and takes `text/latex` where it becomes LaTeX. Whatever has a figure gives it in `drawn`: what has `_repr_html_()`
  and a bundle with a PNG, as a `Picture` has. The figure stands above the parts, and its PNG is in the bundle instead of `text/latex`.
- Where a figure of its own is natural, `plot` gives it by `plotted`; `plots.results` says how it is drawn.
- `result.to("text" | "markdown" | "latex" | "html")` gives all of it as a `str`. (`Picture.to` gives `bytes`: a file.)

Everywhere but in `to` tables are cut to TABLE_ROWS rows, arrays always to a few entries. Texts are made harmless by the writers and
nowhere else: give plain ones. Right-align numbers. What cannot derive from `Result`, as a `dict`, has these methods by `result_text`,
`result_html`, `result_bundle` and `result_in`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from .errors import A1vizError, OutputError, did_you_mean
from .lazy import later
from .tables import Cell as Cell
from .tables import Matrix as Matrix
from .tables import Part as Part
from .tables import Table as Table
from .tables import Typeset as Typeset

F = TypeVar("F")
Bundle = tuple[dict[str, Any], dict[str, Any]]  # what is shown, by media type, and what is known about each
TEXT_FORMATS = ("text", "markdown", "latex", "html")


class Drawn(Protocol):
    """A figure: a Picture, or a plot."""

    def _repr_html_(self) -> str: ...

    def _repr_mimebundle_(self) -> Bundle: ...


class Shows(Protocol):
    """What has parts, and may have a figure."""

    def parts(self) -> Sequence[Part]: ...

    def drawn(self) -> Drawn | None: ...


class Result:
    """The base of what shows itself; see the head of this module.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Sizes(Result):
    ...     numbers: tuple[int, ...]
    ...
    ...     def parts(self) -> list[Part]:
    ...         return [Table(("size", "n"), [("D", str(n)) for n in self.numbers], "lr")]
    >>> Sizes((3, 4))
    size  n
    D     3
    D     4
    >>> print(Sizes((3, 4)).to("markdown"))
    | size | n |
    | :-- | --: |
    | D | 3 |
    | D | 4 |
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "__repr__" not in vars(cls):
            cls.__repr__ = Result.__repr__  # type: ignore[method-assign]  # here already when @dataclass would write its own

    def parts(self) -> Sequence[Part]:
        """What it shows, in order."""
        raise NotImplementedError

    def drawn(self) -> Drawn | None:
        """The figure that a notebook shows above the parts; most have none."""
        return None

    def to(self, format: str) -> str:
        """All of it as text, markdown, latex or html. Raises OutputError for another format."""
        return result_in(self, format)

    def __str__(self) -> str:
        return result_text(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return result_html(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Bundle:
        return result_bundle(self)


def result_text(result: Shows) -> str:
    """What `print` and a REPL show."""
    return _written(_abridged(result), "text")


def result_html(result: Shows) -> str:
    """What a notebook shows."""
    return _figure(result, lambda figure: figure._repr_html_(), "") + _written(_abridged(result), "html")


def result_bundle(result: Shows) -> Bundle:
    """What a notebook keeps, by media type, and about it: with a figure its PNG, else LaTeX, for where HTML cannot go."""
    nothing: Bundle = {}, {}
    figure, about = _figure(result, lambda figure: figure._repr_mimebundle_(), nothing)
    bundle = {"text/plain": str(result), "text/html": figure.get("text/html", "") + _written(_abridged(result), "html")}
    if "image/png" not in figure:
        return bundle | {"text/latex": _written(_abridged(result), "latex")}, {}
    return figure | bundle, about


def plotted(result: object, *examples: Any) -> Any:
    """What `plot` gives: the Figure or Picture of a result. The room that draws them comes later, and is loaded then."""
    return later("plots", "plot")(result, *examples)


def result_in(result: Shows, format: str, thing: str = "a result") -> str:
    """All of it in one of TEXT_FORMATS. Raises OutputError for another."""
    if format not in TEXT_FORMATS:
        hint = did_you_mean(format, TEXT_FORMATS)
        raise OutputError(f"unknown format {format!r}{hint}; {thing} is written as {', '.join(TEXT_FORMATS)}")
    return _written(result.parts(), format)


def _figure(result: Shows, shown: Callable[[Drawn], F], nothing: F) -> F:
    """What is shown of the figure, where there is one and it can be drawn; the parts say it all without it."""
    try:
        figure = result.drawn()
        return shown(figure) if figure else nothing
    except A1vizError:
        return nothing


def _abridged(result: Shows) -> list[Part]:
    return [part.abridged() if isinstance(part, Table) else part for part in result.parts()]


def _written(parts: Sequence[Part], format: str) -> str:
    from .table_formats import written  # with NumPy, which a catalogue does without

    return written(parts, format)
