"""Pictures as inline SVG: flows, bars with their range, a map. Text and title for every picture.

Drawn here and not by a plotting library: the report needs real text, a title and description for
each picture, colours that follow the page (light, dark, print) and no script. That is a small
amount of SVG, and every library we tried adds to it what a page for the public may not have.
"""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from wijkboek_utils.show import Html, plain, slug

FONT = "font-family:var(--wb-font,system-ui,sans-serif)"
INK = "var(--wb-ink,#1a1d21)"
LINE = "var(--wb-map-line,#1a1d21)"
PAPER = "var(--wb-paper,#fff)"
SOFT = "var(--wb-soft,#5b6470)"
# Each step of the map has 3:1 or more with the line between areas; the classes are also in words.
STEPS = 5
_DETAIL = 0.3  # in the units of a drawing: what is finer than this on a map cannot be seen


@dataclass(frozen=True)
class Node:
    """A bar in the picture of flows; `amount` decides its height, `label` and `value` are shown."""

    name: str
    value: str
    amount: float
    tone: str = "2"  # which colour of the house: --wb-1 to --wb-4


def _svg(width: float, height: float, title: str, description: str) -> ET.Element:
    """Return an empty drawing that says what it shows to who cannot see it."""
    ident = slug(title)
    svg = ET.Element(
        "svg",
        {
            "viewBox": f"0 0 {width:g} {height:g}",
            "role": "img",
            "aria-labelledby": f"{ident}-titel {ident}-uitleg",
            "style": f"{FONT};width:100%;height:auto",
        },
    )
    ET.SubElement(svg, "title", {"id": f"{ident}-titel"}).text = plain(title)
    ET.SubElement(svg, "desc", {"id": f"{ident}-uitleg"}).text = plain(description)
    return svg


def _text(parent: ET.Element, x: float, y: float, text: str, **style: str) -> None:
    anchor = style.pop("anchor", "start")
    css = ";".join(f"{k.replace('_', '-')}:{v}" for k, v in {"fill": INK, **style}.items())
    attributes = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor, "style": css}
    ET.SubElement(parent, "text", attributes).text = plain(text)


def _rect(parent: ET.Element, x: float, y: float, w: float, h: float, fill: str) -> ET.Element:
    box = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{w:.1f}", "height": f"{h:.1f}"}
    return ET.SubElement(parent, "rect", {**box, "style": f"fill:{fill}"})


def _tone(name: str) -> str:
    fallback = {"1": "#0b5d7a", "2": "#2f7d4f", "3": "#a4471f", "4": "#6b4f9e"}[name]
    return f"var(--wb-{name},{fallback})"


def _render(svg: ET.Element) -> str:
    return ET.tostring(svg, encoding="unicode")


def flows(left: list[Node], middle: str, right: list[Node], title: str, description: str) -> str:
    """Return a picture of money that flows from `left` through `middle` to `right`.

    Both sides add up to the same amount. The height of a band is its amount.
    """
    width, top, gap, slot, drawn = 680.0, 14.0, 8.0, 34.0, 300.0
    columns = {"left": 165.0, "middle": 335.0, "right": 505.0}
    bar = 14.0
    total = sum(n.amount for n in left) or 1.0
    scale = drawn / total
    heights = [
        sum(max(n.amount * scale, slot) + gap for n in side) - gap if side else 0
        for side in (left, right)
    ]
    height = max([*heights, drawn]) + 2 * top + 26
    svg = _svg(width, height, title, description)
    start = (height - drawn) / 2
    _band_side(svg, left, columns["left"], columns["middle"], bar, scale, start, height, True)
    _band_side(svg, right, columns["right"], columns["middle"], bar, scale, start, height, False)
    _rect(svg, columns["middle"], start, bar, drawn, INK)
    _text(
        svg,
        columns["middle"] + bar / 2,
        start - 10,
        middle,
        anchor="middle",
        font_weight="600",
        font_size="15px",
    )
    return _render(svg)


def _band_side(
    svg: ET.Element,
    nodes: list[Node],
    x: float,
    x_middle: float,
    bar: float,
    scale: float,
    y_middle: float,
    height: float,
    is_left: bool,
) -> None:
    """Draw the bars, bands and labels of one side, in order from top to bottom."""
    gap, slot = 8.0, 34.0
    slots = [max(n.amount * scale, slot) for n in nodes]
    y = (height - sum(slots) - gap * (len(nodes) - 1)) / 2
    for node, room in zip(nodes, slots, strict=True):
        thick = max(node.amount * scale, 1.5)
        y_bar = y + (room - thick) / 2
        x0, x1 = (x + bar, x_middle) if is_left else (x_middle + bar, x)
        y0, y1 = (y_bar, y_middle) if is_left else (y_middle, y_bar)
        bend = (x0 + x1) / 2
        path = (
            f"M{x0:.1f},{y0:.1f}C{bend:.1f},{y0:.1f} {bend:.1f},{y1:.1f} {x1:.1f},{y1:.1f}"
            f"v{thick:.1f}"
            f"C{bend:.1f},{y1 + thick:.1f} {bend:.1f},{y0 + thick:.1f} {x0:.1f},{y0 + thick:.1f}Z"
        )
        ET.SubElement(svg, "path", {"d": path, "style": f"fill:{_tone(node.tone)};opacity:.38"})
        _rect(svg, x, y_bar, bar, thick, _tone(node.tone))
        x_text, anchor = (x - 8, "end") if is_left else (x + bar + 8, "start")
        middle = y + room / 2
        _text(svg, x_text, middle - 3, node.name, anchor=anchor, font_size="14px")
        _text(svg, x_text, middle + 13, node.value, anchor=anchor, font_size="13px", fill=SOFT)
        y += room + gap
        y_middle += node.amount * scale


@dataclass(frozen=True)
class Bar:
    """A bar with its range; `low` and `high` are None where no range is known."""

    name: str
    value: str
    amount: float
    low: float | None = None
    high: float | None = None


def bars(items: list[Bar], title: str, description: str, tone: str = "1") -> str:
    """Return horizontal bars from 0, each with its range as a line and its figure in words."""
    width, row, thick = 340.0, 40.0, 11.0
    svg = _svg(width, row * len(items) + 4, title, description)
    top = max([max(i.amount, i.high or 0) for i in items], default=0) or 1.0
    for n, item in enumerate(items):
        y = n * row
        _text(svg, 0, y + 14, item.name, font_size="12.5px")
        _text(svg, width, y + 14, item.value, anchor="end", font_size="12.5px", fill=SOFT)
        _rect(svg, 0, y + 20, max(item.amount / top * width, 1), thick, _tone(tone))
        if item.low is not None and item.high is not None:
            _whisker(svg, item.low / top * width, item.high / top * width, y + 20 + thick / 2)
    return _render(svg)


def _whisker(svg: ET.Element, x0: float, x1: float, y: float) -> None:
    """Draw a range as a line with an end on both sides, light below it to stand out on a bar."""
    x0, x1 = max(x0, 1.0), max(x1, 1.0)
    path = f"M{x0:.1f},{y - 5:.1f}v10M{x0:.1f},{y:.1f}H{x1:.1f}M{x1:.1f},{y - 5:.1f}v10"
    for colour, stroke in ((PAPER, "4.5"), (INK, "2")):
        style = f"stroke:{colour};stroke-width:{stroke};fill:none"
        ET.SubElement(svg, "path", {"d": path, "style": style})


@dataclass(frozen=True)
class Range:
    """A range with the middle of it and one place to find in or outside it; None is not known."""

    name: str
    value: str
    low: float | None
    middle: float | None
    high: float | None
    own: float | None


def ranges(items: list[Range], title: str, description: str, shared: bool = False) -> str:
    """Return a row for each range: a bar from low to high, a line at its middle, a dot at `own`.

    Each row has a scale of its own, from the lowest to the highest that it shows; with `shared` all
    rows have one scale from 0, so that they can be compared.
    """
    width, row = 340.0, 42.0
    svg = _svg(width, row * len(items) + 4, title, description)
    shown = [[v for v in (i.low, i.middle, i.high, i.own) if v is not None] for i in items]
    everything = [0.0, *(v for values in shown for v in values)]
    for n, (item, values) in enumerate(zip(items, shown, strict=True)):
        y = n * row + 27
        _text(svg, 0, y - 13, item.name, font_size="12.5px")
        _text(svg, width, y - 13, item.value, anchor="end", font_size="12.5px", fill=SOFT)
        _rect(svg, 0, y - 0.5, width, 1, SOFT)
        scale = everything if shared else values
        if item.low is not None and item.high is not None:
            start, end = (_place(v, scale, width) for v in (item.low, item.high))
            _rect(svg, start, y - 5, max(end - start, 2), 10, _tone("1"))
        if item.middle is not None:
            middle = _place(item.middle, scale, width)
            _rect(svg, middle - 3, y - 8, 6, 16, PAPER)
            _rect(svg, middle - 1, y - 8, 2, 16, INK)
        if item.own is not None:
            spot = {"cx": f"{_place(item.own, scale, width):.1f}", "cy": f"{y:.1f}", "r": "6.5"}
            style = f"fill:{_tone('3')};stroke:{PAPER};stroke-width:2"
            ET.SubElement(svg, "circle", {**spot, "style": style})
    return _render(svg)


def _place(value: float, scale: list[float], width: float) -> float:
    """Return where a value lies between the ends of a scale, with room for a dot at both."""
    edge, first, span = 8.0, min(scale), max(scale) - min(scale)
    return edge + (width - 2 * edge) * ((value - first) / span if span else 0.5)


def classes(values: pd.Series, steps: int = STEPS) -> pd.Series:
    """Return the class (0 is lowest) of each value, with about equal numbers of areas in each.

    Equal values share a class, the lowest and highest never do; missing stays missing.
    """
    rank = values.rank(method="average")
    # From 0 to 1; one value only has no distance to divide by, and is lowest.
    place = ((rank - rank.min()) / (rank.max() - rank.min())).fillna(0.0).where(values.notna())
    return (place * steps).clip(upper=steps - 1).apply(np.floor).astype("Int64")


def choropleth(shapes: pd.DataFrame, title: str, description: str) -> str:
    """Return a map. `shapes` has `geometry` (projected, metres), `klasse` (0..4 or missing),
    `binnen` (inside the area of the report) and `uitleg` (name and figure of an area).

    The area of the report has a heavy outline, so that it can be told without colour.
    """
    bounds = shapes["geometry"].bounds
    x0, y0 = bounds["minx"].min(), bounds["miny"].min()
    x1, y1 = bounds["maxx"].max(), bounds["maxy"].max()
    width = 640.0
    scale = width / max(x1 - x0, y1 - y0)
    size = ((x1 - x0) * scale + 8, (y1 - y0) * scale + 8)
    svg = _svg(*size, title, description)
    # Boundaries of CBS have a point every few metres. The line between two areas is wider than
    # what can come between them here.
    drawn = shapes.assign(geometry=shapes["geometry"].simplify(_DETAIL / scale))
    for area in drawn.itertuples():
        fill = _NO_FIGURE if pd.isna(area.klasse) else _step(int(area.klasse))
        style = f"fill:{fill};stroke:{LINE};stroke-width:.8;stroke-linejoin:round"
        path = _path(area.geometry, x0, y1, scale)
        shape = ET.SubElement(svg, "path", {"d": path, "style": style})
        ET.SubElement(shape, "title").text = plain(area.uitleg)
    inside = shapes.loc[shapes["binnen"], "geometry"]
    if 0 < len(inside) < len(shapes):
        # Paper under ink: the outline stands out on light and dark areas alike.
        outline = _path(inside.union_all().simplify(_DETAIL / scale), x0, y1, scale)
        for colour, thick in ((PAPER, 7), (INK, 3)):
            style = f"fill:none;stroke:{colour};stroke-width:{thick};stroke-linejoin:round"
            ET.SubElement(svg, "path", {"d": outline, "style": style})
    return _render(svg)


_STEP = ["#f3f0da", "#c5ddb4", "#7fbf9d", "#3f9696", "#2a6f92"]
_NO_FIGURE = "var(--wb-map-none,#dcdcdc)"


def _step(step: int) -> str:
    return f"var(--wb-map-{step},{_STEP[step]})"


def legend(items: list[tuple[int | None, str]]) -> Html:
    """Return what the classes of a map mean, as a list: (class or None for no figure, words)."""
    rows = []
    for step, words in items:
        style = f"background:{_NO_FIGURE if step is None else _step(step)}"
        rows.append(f'<li><span class="wb-swatch" style="{style}"></span>{escape(words)}</li>')
    return Html(f'<ul class="wb-legend">{"".join(rows)}</ul>')


def _path(geometry: object, x0: float, y1: float, scale: float) -> str:
    """Return a polygon or several as SVG, north up."""
    parts = []
    for polygon in getattr(geometry, "geoms", [geometry]):
        for ring in [polygon.exterior, *polygon.interiors]:
            points = [
                f"{(x - x0) * scale + 4:.1f},{(y1 - y) * scale + 4:.1f}"
                for x, y in ring.coords[:-1]
            ]
            parts.append("M" + "L".join(points) + "Z")
    return "".join(parts)
