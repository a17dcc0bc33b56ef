"""Where everything goes: Graphviz, run as a program with a time limit, decides; its answer is read as numbers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import lru_cache
from subprocess import PIPE
from typing import Any

from ..base.errors import EngineError, shown
from ..base.interrupts import deferred
from ..base.limits import DRAWING_SECONDS, GEOMETRY, GEOMETRY_BYTES
from ..base.processes import end, limit_computing, talk
from .diagrams import Diagram
from .dot_output import USUAL, Hints, layout_dot
from .sizes import Sizes

LEAST = 0.5  # seconds; it takes time to start
BUSY = 6  # times as long may pass until an engine has computed so long
STOPPED = (-24, 128 + 24)  # the exit status of a program that has computed too long, and of a shell around it: SIGXCPU
HOW_TO_GET = "pip install graphviz-pure, or install Graphviz, or let A1VIZ_DOT name a dot program"
Point = tuple[float, float]


class LayoutTimeout(EngineError):
    """The engine took longer than its time limit."""


@dataclass(frozen=True)
class Engine:
    """The program that lays out pictures; `kind` says how it was found: A1VIZ_DOT, bundled or system."""

    path: str
    kind: str


@dataclass(frozen=True)
class Rect:
    """A rectangle by its upper left corner, in pixels, y downwards."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Route:
    """An edge's Bezier curve from tail to head, the tip of its arrow, the middle of its label."""

    points: tuple[Point, ...]
    tip: Point
    label: Point | None


@dataclass(frozen=True)
class Layout:
    """A picture laid out, everything in the order of the diagram; `titles` are the middles of the clusters' titles."""

    width: float
    height: float
    boxes: tuple[Rect, ...]
    edges: tuple[Route, ...]
    clusters: tuple[Rect, ...]
    titles: tuple[Point | None, ...]
    headings: tuple[Point, ...] = ()  # the middles of what stands above columns
    more: tuple[tuple[int, Rect], ...] = field(default=(), repr=False)  # the other parts of a cluster that was cut, by its number


def find_engine() -> Engine:
    """Find the engine: A1VIZ_DOT, else the bundled program, else a system dot.

    Raises: EngineError when there is none, saying how to get one.
    """
    chosen = os.environ.get("A1VIZ_DOT")
    if chosen:
        path = shutil.which(chosen)
        if path:
            return Engine(path, "A1VIZ_DOT")
        raise EngineError(f"A1VIZ_DOT is {shown(chosen)}, which is not a program that can be run; {HOW_TO_GET}")
    bundled = bundled_engine()
    if bundled:
        return Engine(bundled, "bundled")
    system = shutil.which("dot")
    if system:
        return Engine(system, "system")
    raise EngineError(f"no Graphviz engine found; {HOW_TO_GET}")


@lru_cache(maxsize=1)
def bundled_engine() -> str | None:
    """The program of the graphviz-pure wheel: beside Python, else in the folder of scripts, else on the path."""
    beside = shutil.which("graphviz-pure", path=os.path.dirname(sys.executable))
    if beside:
        return beside
    import sysconfig

    return shutil.which("graphviz-pure", path=sysconfig.get_path("scripts")) or shutil.which("graphviz-pure")


def engine_version() -> str:
    """What the engine says about itself, for `a1viz doctor`."""
    return ask(find_engine(), ["-V"], "", DRAWING_SECONDS).strip()


def layout(diagram: Diagram, sizes: Sizes, direction: str = "LR", seconds: float = DRAWING_SECONDS, hints: Hints = USUAL) -> Layout:
    """Lay out a measured picture.

    Raises: EngineError when the engine is missing, fails or loses an edge; LayoutTimeout past the time limit.
    """
    answer = ask(find_engine(), ["-Tjson0"], layout_dot(diagram, sizes, direction, hints), seconds)
    try:
        plan = read(json.loads(answer), diagram)
        is_ordered = any(edge.output is not None for edge in diagram.edges)  # a mirror image would turn the outputs of a block over
        return plan if is_ordered else upright(plan, direction)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise EngineError(
            f"the Graphviz engine {shown(find_engine().path)} answered something that is no layout ({type(error).__name__}); {HOW_TO_GET}"
        ) from error


def ask(program: Engine, options: list[str], text: str, seconds: float) -> str:
    """Run the engine on a text; its whole process group ends with it."""
    said = f"the Graphviz engine {shown(program.path)}"
    process, seconds = None, max(seconds, LEAST)
    too_long = LayoutTimeout(f"the Graphviz engine took longer than {seconds:g} s; draw less at once or collapse blocks")
    try:
        with deferred():  # an engine that has started is known, and so ended
            process = subprocess.Popen([program.path, *options], stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True, bufsize=0)
        limit_computing(process, seconds)
        out, err = talk(process, text.encode(), BUSY * seconds, GEOMETRY_BYTES)
    except OSError as error:
        raise EngineError(f"{said} cannot be started: {error}; {HOW_TO_GET}") from error
    except subprocess.TimeoutExpired:
        raise too_long from None
    finally:
        if process:
            end(process)
    if max(len(out), len(err)) > GEOMETRY_BYTES:
        raise EngineError(f"{said} answered with more than {GEOMETRY_BYTES:,} bytes, which is not a layout; {HOW_TO_GET}")
    if process.returncode in STOPPED:
        raise too_long
    if process.returncode != 0:
        why = err.decode(errors="replace").strip() or "nothing"
        raise EngineError(f"{said} failed with status {process.returncode} and said {shown(why, 200)}; {HOW_TO_GET}")
    return (out or err).decode(errors="replace")  # dot -V answers on the error stream


# The engine's answer


def read(answer: dict[str, Any], diagram: Diagram) -> Layout:
    """Turn the engine's JSON, which counts y upwards, into a layout in the diagram's order."""
    _, _, width, height = numbers(answer["bb"])
    things = {thing["name"]: thing for thing in answer.get("objects", [])}
    drawn = {int(edge["id"]): edge for edge in answer.get("edges", []) if "id" in edge}  # the others only keep columns apart
    if len(drawn) != len(diagram.edges):
        raise EngineError(f"the Graphviz engine drew {len(drawn)} of {len(diagram.edges)} edges; {HOW_TO_GET}")
    frames = [things[f"cluster_{place}"] for place in range(len(diagram.clusters))]
    return Layout(
        width,
        height,
        tuple(read_box(things[f"n{place}"], height) for place in range(len(diagram.boxes))),
        tuple(read_edge(drawn[place], height) for place in range(len(diagram.edges))),
        tuple(read_frame(frame, height) for frame in frames),
        tuple(point(frame["lp"], height) if "lp" in frame else None for frame in frames),
    )


def upright(plan: Layout, direction: str) -> Layout:
    """Turn the layout over when most columns run against the order of the equations.

    Graphviz avoids crossings and cares for nothing else; a mirror image crosses as little. Titles of clusters would
    slip to the bottom, so a picture with clusters stays as it is.
    """
    is_wide = direction == "LR"
    columns: dict[int, list[float]] = {}
    for box in plan.boxes:
        x, y = box.x + box.width / 2, box.y + box.height / 2
        columns.setdefault(round(x if is_wide else y), []).append(y if is_wide else x)
    kept = sum(
        (first < second) - (first > second)
        for column in columns.values()
        for place, first in enumerate(column)
        for second in column[place + 1 :]
    )
    if kept >= 0 or plan.clusters:
        return plan
    return turned_over(plan, is_wide)


def turned_over(plan: Layout, is_wide: bool) -> Layout:
    """The mirror image of a layout: upside down when it is wide, else left for right."""

    def turn(x: float, y: float) -> Point:
        return (x, plan.height - y) if is_wide else (plan.width - x, y)

    def turn_box(box: Rect) -> Rect:
        x, y = turn(box.x + box.width / 2, box.y + box.height / 2)
        return Rect(x - box.width / 2, y - box.height / 2, box.width, box.height)

    edges = (Route(tuple(turn(*at) for at in edge.points), turn(*edge.tip), edge.label and turn(*edge.label)) for edge in plan.edges)
    return Layout(plan.width, plan.height, tuple(map(turn_box, plan.boxes)), tuple(edges), (), ())


def read_box(thing: dict[str, Any], height: float) -> Rect:
    """A node's rectangle from its middle in points and its size in inches."""
    x, y = point(thing["pos"], height)
    wide, high = (72 * numbers(thing[side])[0] for side in ("width", "height"))
    return Rect(x - wide / 2, y - high / 2, wide, high)


def read_frame(thing: dict[str, Any], height: float) -> Rect:
    """A cluster's rectangle; the engine gives none to a cluster without boxes."""
    if "bb" not in thing:
        return Rect(0, 0, 0, 0)
    left, low, right, high = numbers(thing["bb"])
    return Rect(left, height - high, right - left, high - low)


def read_edge(thing: dict[str, Any], height: float) -> Route:
    """An edge's curve; "s,x,y" and "e,x,y" stand for the tip of an arrow at its start or end."""
    pieces = thing["pos"].split(";")[0].split()
    tips = {piece[0]: point(piece[2:], height) for piece in pieces if piece[0] in "se"}
    points = [point(piece, height) for piece in pieces if piece[0] not in "se"]
    if "s" in tips:  # a backward edge was laid out the other way round
        points.reverse()
    tip = tips.get("s") or tips.get("e") or points[-1]
    return Route(tuple(points), tip, point(thing["lp"], height) if "lp" in thing else None)


def point(text: str, height: float) -> Point:
    """A point "x,y" with y turned downwards."""
    x, y = numbers(text)
    return x, height - y


def numbers(text: str) -> list[float]:
    """The numbers of a comma-separated list. Raises ValueError for one that is nowhere in a picture."""
    found = [float(part) for part in text.split(",")]
    if not all(abs(number) <= GEOMETRY for number in found):  # nor is NaN
        raise ValueError("a number that is nowhere in a picture")
    return found
