"""What maps of the same areas share: scale, paths, outlines, and where a number has room.

A chapter draws the same areas many times, each time in other colours.
"""

from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import Any

import shapely

from wijkboek_utils import drawing

_DETAIL = 0.15  # in the units of a drawing: what is finer than this on a map cannot be seen
_ROOM = 7.5  # radius of the largest circle in an area that has room for its number
_HATCH = 4.0  # between the lines of an area without a figure
_EDGE = 8  # free units beside the areas, of both sides together


def of(areas: Iterable[Any]) -> "Plan":
    """Return the plan of a map of some areas (shapes in metres), or the one made before."""
    return _plan(tuple(shapely.to_wkb(list(areas))))


@lru_cache(maxsize=8)
def _plan(areas: tuple[bytes, ...]) -> "Plan":
    return Plan(list(shapely.from_wkb(areas)))


class Plan:
    """Some areas laid out on a map of the usual width; parts of it are named by their numbers."""

    def __init__(self, areas: list[Any]) -> None:
        """Lay out areas in metres."""
        self._areas = areas
        self._x0, y0, x1, self._y1 = shapely.total_bounds(areas)
        wide, high = x1 - self._x0, self._y1 - y0
        self._scale = (drawing.WIDTH - _EDGE) / max(wide, high)
        self.width, self.height = wide * self._scale + _EDGE, high * self._scale + _EDGE
        # Boundaries of CBS have a point every few metres. The line between two areas is wider than
        # what can come between them here.
        self._drawn = shapely.simplify(areas, _DETAIL / self._scale)
        self._parts: dict[tuple[str, tuple[int, ...]], str] = {}

    @cached_property
    def paths(self) -> list[str]:
        """The path of each area."""
        return [self._path(area) for area in self._drawn]

    @cached_property
    def places(self) -> list[tuple[float, float] | None]:
        """The middle of the room for the number of each area; None where it has no room."""
        tolerance = 0.5 / self._scale
        circles = shapely.maximum_inscribed_circle(self._drawn, tolerance=tolerance)
        return [
            self._place(*circle.coords[0]) if circle.length * self._scale >= _ROOM else None
            for circle in circles
        ]

    def hatched(self, parts: tuple[int, ...]) -> str:
        """Return the path of slanted lines in some areas."""
        if ("lines", parts) not in self._parts:
            blank = shapely.union_all([self._drawn[n] for n in parts])
            lines = self._path(drawing.hatch(blank, _HATCH / self._scale))
            self._parts["lines", parts] = lines
        return self._parts["lines", parts]

    def outline(self, parts: tuple[int, ...]) -> str:
        """Return the path around some areas together."""
        if ("outline", parts) not in self._parts:
            inside = shapely.union_all([self._areas[n] for n in parts])
            outline = self._path(inside.simplify(_DETAIL / self._scale))
            self._parts["outline", parts] = outline
        return self._parts["outline", parts]

    def _path(self, shape: Any) -> str:
        return drawing.area(shape, self._x0, self._y1, self._scale)

    def _place(self, x: float, y: float) -> tuple[float, float]:
        return (x - self._x0) * self._scale + _EDGE / 2, (self._y1 - y) * self._scale + _EDGE / 2
