r"""What a function gives back shows itself: in a terminal, in a notebook, in Markdown, in LaTeX. This is the guide to it.

A result is a frozen dataclass that derives from `Result` and says in `parts` what it shows, in order: paragraphs (`str`), formulas
(`Typeset`), arrays (`Matrix`) and tables (`Table`), whose cells are words, formulas and arrays again. Nothing else is to do:

    @dataclass(frozen=True)
    class NoiseTable(Result):
        rows: tuple[Row, ...]

        def parts(self) -> list[Part]:
            head = ("n", Typeset("sigma^2", r"\sigma^{2}"), "error")
            return [Table(head, [(str(r.n), f"{r.sigma2:g}", f"{r.error:.3g}") for r in self.rows], "rrr"), "\nmean of 100 runs"]

- `print(result)` and `str(result)` give the parts as text, one below the other; a paragraph that begins with a line break has an empty line
  above it. A REPL shows the same, TABLE_ROWS lines of it; `@dataclass` writes no `__repr__` of its own over this one.
- A notebook shows HTML, with TABLE_ROWS rows of a table and as many formulas as are typeset in DRAWING_SECONDS, and takes `text/latex`
  where it becomes LaTeX. What has a figure gives it in `drawn`: something with `_repr_html_` and a bundle with a PNG, as a `Picture` has.
  The figure stands above the parts, and its PNG is in the bundle instead of `text/latex`; with `is_figure` it stands alone.
- Where a figure of its own is natural, `plot` gives it by `plotted`; `plots.results` says how it is drawn.
- `result.to("text" | "markdown" | "latex" | "html")` gives all of it as a `str`. (`Picture.to` gives `bytes`: a file.)

Arrays are cut to a few entries wherever they are shown, as NumPy does. Texts are made harmless by the writers and nowhere else: give plain
ones. Right-align numbers. What takes long to set may say its text by itself, in `__str__`. A `dict` or a `list` that shows
itself derives from `Result` first, and then from these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol, TypeVar

from .errors import A1vizError, OutputError, did_you_mean
from .lazy import later
from .tables import Cell as Cell
from .tables import Matrix as Matrix
from .tables import Part as Part
from .tables import Table as Table
from .tables import Typeset as Typeset
from .tables import ends

F = TypeVar("F")
LINE = 2000  # characters of a line that a REPL shows
TEXT_FORMATS = ("text", "markdown", "latex", "html")
Bundle = tuple[dict[str, Any], dict[str, Any]]  # what is shown, by media type, and what is known about each


class Drawn(Protocol):
    """A figure: a Picture, or a plot."""

    def _repr_html_(self) -> str: ...

    def _repr_mimebundle_(self) -> Bundle: ...


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

    __slots__ = ()
    is_figure: ClassVar[bool] = False  # whether a notebook shows the figure alone, without the parts

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
        return _written(self.parts(), "text")

    def __repr__(self) -> str:
        return shown_text(str(self))

    def _repr_html_(self) -> str:
        return _html(self, _figure(self, lambda figure: figure._repr_html_(), ""))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Bundle:
        """What a notebook keeps, by media type, and about it: with a figure its PNG, else LaTeX, for where HTML cannot go."""
        nothing: Bundle = {}, {}
        figure, about = _figure(self, lambda figure: figure._repr_mimebundle_(), nothing)
        bundle: dict[str, Any] = {"text/plain": repr(self), "text/html": _html(self, figure.get("text/html", ""))}
        if "image/png" in figure:
            return figure | bundle, about
        latex = self._repr_latex_() if hasattr(self, "_repr_latex_") else _written(_abridged(self), "latex")
        return bundle | {"text/latex": latex}, {}


def shown_text(text: str) -> str:
    """What a REPL shows of a text: of many lines the first and last, of a very long one its beginning."""
    return "\n".join(line if len(line) <= LINE else f"{line[:LINE]} …" for line in ends(text.split("\n"), str))


def _html(result: Result, figure: str) -> str:
    return figure + ("" if figure and result.is_figure else _written(_abridged(result), "html"))


def plotted(result: object, *examples: Any) -> Any:
    """What `plot` gives: the Figure or Picture of a result. The room that draws them comes later, and is loaded then."""
    return later("plots", "plot")(result, *examples)


def result_in(result: Result, format: str, thing: str = "a result") -> str:
    """All of it in one of TEXT_FORMATS. Raises OutputError for another."""
    if format not in TEXT_FORMATS:
        hint = did_you_mean(format, TEXT_FORMATS)
        raise OutputError(f"unknown format {format!r}{hint}; {thing} is written as {', '.join(TEXT_FORMATS)}")
    return str(result) if format == "text" else _written(result.parts(), format)


def _figure(result: Result, shown: Callable[[Drawn], F], nothing: F) -> F:
    """What is shown of the figure, where there is one and it can be drawn; the parts say it all without it."""
    try:
        figure = result.drawn()
        return shown(figure) if figure else nothing
    except A1vizError:
        return nothing


def _abridged(result: Result) -> list[Part]:
    return [part.abridged() if isinstance(part, Table) else part for part in result.parts()]


def _written(parts: Sequence[Part], format: str) -> str:
    from .table_formats import written  # with NumPy, which a catalogue does without

    return written(parts, format)
