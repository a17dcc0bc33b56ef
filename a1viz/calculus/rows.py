"""A row of the identities: what is equal to what, when, and why.

Its conditions, and the attributes that shapes decide, are words of `conditions`, so that a row is data alone. Serves question 2.2.2.
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from ..base.results import Part, Result
from ..graph.nodes import Builder
from ..graph.shapes import Shape
from ..graph.sizes import Dim
from .conditions import ATTRIBUTES, CONDITIONS

CASE_ATTRIBUTE, CASE_VARIABLE = re.compile(r"(\w+)=(\S+)"), re.compile(r"(\w)([(\[{])([^)\]}]*)")


class Case(NamedTuple):
    """Shapes of the variables of a row, which of them are labels, what else is a number, and the attributes that it names."""

    shapes: Mapping[str, Shape]
    labels: tuple[str, ...]
    numbers: Mapping[str, float]
    attributes: Mapping[str, Any]


def _dim(text: str) -> Dim:
    return int(text) if text.isdigit() else text


@dataclass(frozen=True)
class Identity(Result):
    """One row: `pattern = replacement`. `purpose` is stable, range, tidy, reading, norm or batch: which analyses apply it."""

    name: str
    pattern: str
    replacement: str
    purpose: str
    about: str = ""
    when: str = ""  # conditions on what the variables stand for, by commas
    attributes: str = ""  # those of the replacement that shapes decide
    case: str = ""  # shapes, labels, numbers and attributes to state it with: "E(V,n) t[T] i{0} axis=-1"

    def parts(self) -> list[Part]:
        return [f"{self.name}: {self.pattern} = {self.replacement}" + (f"  ({self.about})" if self.about else "")]

    @cached_property
    def typical(self) -> Case:
        """What its variables and names of attributes are where it is stated."""
        attributes = {name: literal_eval(value) for name, value in CASE_ATTRIBUTE.findall(self.case)}
        variables = CASE_VARIABLE.findall(CASE_ATTRIBUTE.sub("", self.case))
        shapes = {name: tuple(map(_dim, filter(None, inside.split(",")))) for name, bracket, inside in variables if bracket != "{"}
        numbers = {name: float(inside) for name, bracket, inside in variables if bracket == "{"}
        return Case(shapes, tuple(name for name, bracket, _ in variables if bracket == "["), numbers, attributes)

    def binding(self, builder: Builder, found: Mapping[str, Any]) -> dict[str, Any] | None:
        """What the names of the replacement stand for, where the row applies."""
        if not all(CONDITIONS[word](builder, found, *names) for word, *names in self.conditions):
            return None
        more = self.more(builder, found)
        return None if more is None else {**found, **more}

    @cached_property
    def conditions(self) -> list[list[str]]:
        """Each condition's word with its names."""
        return [condition.split() for condition in self.when.split(",") if condition]

    def more(self, builder: Builder, found: Mapping[str, Any]) -> dict[str, Any] | None:
        """The attributes that shapes decide; None where the row does not apply."""
        word, *names = self.attributes.split() or [""]
        return ATTRIBUTES[word](builder, found, *names) if word else {}
