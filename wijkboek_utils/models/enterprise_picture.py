"""The till of a wijkbedrijf as a line over the years, in a band for its range."""

import math
import xml.etree.ElementTree as ET
from dataclasses import dataclass

import pandas as pd

from wijkboek_utils import drawing, dutch
from wijkboek_utils.drawing import INK, PAPER, SOFT, WIDTH, tone

_TOP, _HEIGHT, _FOOT, _SIDE = 16.0, 200.0, 34.0, 8.0
_TICKS = 4  # at most, beside zero
_STEPS = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class _Plane:
    """Where a year and an amount lie in the drawing."""

    years: int
    low: float
    high: float

    def x(self, jaar: float) -> float:
        return _SIDE + (WIDTH - 2 * _SIDE) * jaar / self.years

    def y(self, amount: float) -> float:
        span = (self.high - self.low) or 1.0
        return _TOP + _HEIGHT * (self.high - amount) / span


def line(rows: pd.DataFrame, title: str, description: str) -> str:
    """Return `bedrag` by `jaar` as a line, in a light band from `laag` to `hoog`; zero is heavy.

    The lowest point of the line has a dot with its amount and year.
    """
    rows = rows.sort_values("jaar")
    ends = min(rows["laag"].min(), 0.0), max(rows["hoog"].max(), 0.0)
    plane = _Plane(int(rows["jaar"].max()), *ends)
    svg = drawing.canvas(WIDTH, _TOP + _HEIGHT + _FOOT, title, description)
    above = _points(plane, rows, "hoog")
    below = _points(plane, rows[::-1], "laag")
    band = "M" + "L".join(above + below) + "Z"
    drawing.path(svg, band, fill=tone("1"), fill_opacity=".22", stroke="none")
    for edge in (above, below):
        drawing.path(svg, "M" + "L".join(edge), fill="none", stroke=tone("1"), stroke_width=".8")
    for amount in _ticks(plane):
        _level(svg, plane, amount)
    middle = "M" + "L".join(_points(plane, rows, "bedrag"))
    drawing.path(svg, middle, fill="none", stroke=PAPER, stroke_width="5")
    drawing.path(svg, middle, fill="none", stroke=tone("1"), stroke_width="2.4")
    _lowest(svg, plane, rows)
    for jaar in rows["jaar"]:
        place = {0: "start", plane.years: "end"}.get(jaar, "middle")
        drawing.text(svg, plane.x(jaar), _TOP + _HEIGHT + 16, str(jaar), anchor=place, fill=SOFT)
    foot = _TOP + _HEIGHT + _FOOT - 3
    drawing.text(svg, WIDTH / 2, foot, "jaar; 0 is de voorbereiding", anchor="middle", fill=SOFT)
    return drawing.render(svg)


def _points(plane: _Plane, rows: pd.DataFrame, column: str) -> list[str]:
    pairs = zip(rows["jaar"], rows[column], strict=True)
    return [f"{plane.x(jaar):.1f},{plane.y(amount):.1f}" for jaar, amount in pairs]


def _ticks(plane: _Plane) -> list[float]:
    """Return round amounts within the drawing, zero among them."""
    rough = (plane.high - plane.low) / _TICKS or 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(s for s in _STEPS if s * power >= rough)
    first, last = math.ceil(plane.low / step), math.floor(plane.high / step)
    return [n * step for n in range(first, last + 1)]


def _level(svg: ET.Element, plane: _Plane, amount: float) -> None:
    y = plane.y(amount)
    drawing.rect(
        svg, 0, y - 0.7 * (not amount), WIDTH, 0.5 if amount else 1.4, SOFT if amount else INK
    )
    words = dutch.about(amount) if amount else dutch.euro(0)
    drawing.text(svg, 2, y - 3, words, fill=SOFT, **drawing.HALO)


def _lowest(svg: ET.Element, plane: _Plane, rows: pd.DataFrame) -> None:
    lowest = rows.loc[rows["bedrag"].idxmin()]
    if lowest["bedrag"] >= 0:
        return
    x, y = plane.x(lowest["jaar"]), plane.y(lowest["bedrag"])
    drawing.dot(svg, x, y, 5.0, tone("3"), PAPER)
    right = lowest["jaar"] > plane.years / 2
    drawing.text(
        svg,
        x + (-8 if right else 8),
        y + 15,
        dutch.about(lowest["bedrag"]),
        anchor="end" if right else "start",
        **drawing.HALO,
    )
