"""The units of a network as layers in columns, the middle of a wide layer as one box. Serves questions 3.1 and 3.4.

A layer is what one variable, or one operator without a name, has of units. It stands one column behind the last layer that it reads; an
input stands just before what reads it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..base.errors import GraphError
from .neuron_units import Unit

WIDEST = 64  # units of a layer that is drawn whole; of a wider one the first and last
LEAST = 3  # units of a layer that must be drawn
ENDS = 4  # units that are drawn at either end of a wider one
UNITS = 300  # units in one picture
ARROWS = 20_000  # arrows in one picture


@dataclass(frozen=True)
class UnitLayer:
    """The units of one variable or operator, in order; `hidden` are those in the middle that one box stands for."""

    name: str  # of the variable or the node
    units: tuple[Unit, ...]
    column: int
    hidden: range

    @property
    def shown(self) -> tuple[Unit, ...]:
        return self.units[: self.hidden.start] + self.units[self.hidden.stop :]

    @property
    def said(self) -> str:
        """What it is called in words."""
        return self.name if self.units[0].variable else "a layer without a name"


def layers_of(units: Sequence[Unit], widest: int = WIDEST) -> list[UnitLayer]:
    """The layers of a network, in the order of their first units, drawn as whole as there is room. Raises GraphError for too many units."""
    columns = columns_of(units)
    members: dict[tuple[str, int], list[Unit]] = {}
    for unit in units:
        members.setdefault((layer_name(unit), columns[unit.name]), []).append(unit)
    for most in dict.fromkeys(min(widest, size) for size in (WIDEST, 32, 16, 2 * ENDS)):
        found = [UnitLayer(name, tuple(group), at, hidden(len(group), most)) for (name, at), group in members.items()]
        if sum(len(layer.shown) + bool(layer.hidden) for layer in found) <= UNITS and arrows_into(found).total() <= ARROWS:
            return found
    raise GraphError(f"it has {len(units)} units; a picture of neurons shows at most {UNITS}; draw it as a graph")


def hidden(count: int, most: int) -> range:
    """Which units of a layer are drawn as one box: none, or all but a few at either end."""
    ends = min(ENDS, most // 2)
    return range(ends, count - ends) if count > max(most, 2 * ends + 1) else range(count, count)


def layer_name(unit: Unit) -> str:
    return unit.variable or unit.name.partition("#")[0]


def sources(unit: Unit) -> Iterator[str]:
    """The units that a unit looks at."""
    return (source for entry in unit.arguments for source in entry.weights)


def arrows_into(layers: Sequence[UnitLayer]) -> Counter[int]:
    """How many arrows between units that are shown lead into each column."""
    shown = {unit.name for layer in layers for unit in layer.shown}
    found: Counter[int] = Counter()
    for layer in layers:
        found[layer.column] += sum(source in shown for unit in layer.shown for source in sources(unit))
    return found


# --- columns --------------------------------------------------------------------------------------------------------------------


def columns_of(units: Sequence[Unit]) -> dict[str, int]:
    """The column of each unit: one for all units of a layer, unless they look at one another."""
    depth: dict[str, int] = {}
    for unit in sorted(units, key=lambda unit: int(unit.name.rpartition("#")[2])):  # as they were made
        depth[unit.name] = max((depth[source] + 1 for source in sources(unit)), default=0)
    names = {unit.name: (layer_name(unit), 0) for unit in units}
    if (found := levels(units, names)) is None:
        names = {unit.name: (layer_name(unit), depth[unit.name]) for unit in units}
        found = levels(units, names)
    assert found is not None, "a unit is deeper than what it looks at"
    return {name: found[layer] for name, layer in names.items()}


def levels(units: Sequence[Unit], names: Mapping[str, tuple[str, int]]) -> dict[tuple[str, int], int] | None:
    """The column of each layer; nothing where layers look at one another in a circle."""
    reads: dict[tuple[str, int], set[tuple[str, int]]] = {names[unit.name]: set() for unit in units}
    for unit in units:
        reads[names[unit.name]].update(names[source] for source in sources(unit))
    found, waiting = dict.fromkeys(reads, 0), Counter({layer: len(read) for layer, read in reads.items()})
    readers: dict[tuple[str, int], list[tuple[str, int]]] = {layer: [] for layer in reads}
    for layer, read in reads.items():
        for source in read:
            readers[source].append(layer)
    ready = [layer for layer in reads if not waiting[layer]]
    for layer in ready:
        for reader in readers[layer]:
            found[reader] = max(found[reader], found[layer] + 1)
            waiting[reader] -= 1
            if not waiting[reader]:
                ready.append(reader)
    if len(ready) < len(reads):
        return None
    for unit in units:
        layer = names[unit.name]
        if unit.op == "input" and readers[layer]:
            found[layer] = min(found[reader] for reader in readers[layer]) - 1
    return found
