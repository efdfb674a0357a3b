"""The few pieces of SVG that every picture is made of: canvas, text, box, band and range.

Colours are those of the page, by their CSS variable, so that a picture follows light, dark and
print. All sizes are units of a drawing of `WIDTH`: on a telephone of 360 px one unit is 0.96 px.
"""

import textwrap
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
from shapely import MultiLineString

from wijkboek_utils.show import plain, slug

WIDTH = 340.0
NAME, VALUE = "12.5px", "12px"  # the smallest that reads well on a telephone
INK = "var(--wb-ink,#1a1d21)"
LINE = "var(--wb-map-line,#1a1d21)"
PAPER = "var(--wb-paper,#fff)"
SOFT = "var(--wb-soft,#505963)"
HALO = {"paint_order": "stroke", "stroke": PAPER, "stroke_width": "3px", "stroke_linejoin": "round"}
_FONT = "font-family:var(--wb-font,system-ui,sans-serif)"
_TONES = {"1": "#0b5d7a", "2": "#2f7d4f", "3": "#a4471f", "4": "#6b4f9e"}


def tone(name: str) -> str:
    """Return a colour of the house: `1` to `4`, or the ink for any other name."""
    return f"var(--wb-{name},{_TONES[name]})" if name in _TONES else INK


def canvas(width: float, height: float, title: str, description: str) -> ET.Element:
    """Return an empty drawing that says what it shows to who cannot see it."""
    ident = slug(title)
    svg = ET.Element(
        "svg",
        {
            "viewBox": f"0 0 {width:g} {height:g}",
            "role": "img",
            "aria-labelledby": f"{ident}-titel {ident}-uitleg",
            "style": f"{_FONT};width:100%;height:auto;font-variant-numeric:tabular-nums",
        },
    )
    ET.SubElement(svg, "title", {"id": f"{ident}-titel"}).text = plain(title)
    ET.SubElement(svg, "desc", {"id": f"{ident}-uitleg"}).text = plain(description)
    return svg


def cut(svg: ET.Element, height: float) -> ET.Element:
    """Return a drawing as high as it turned out to be."""
    x, y, width, _ = svg.attrib["viewBox"].split()
    svg.set("viewBox", f"{x} {y} {width} {height:g}")
    return svg


def render(svg: ET.Element) -> str:
    """Return a drawing as inline SVG."""
    return ET.tostring(svg, encoding="unicode")


def group(parent: ET.Element, **style: str) -> ET.Element:
    """Return a part whose shapes share a style; a map has hundreds of them."""
    return ET.SubElement(parent, "g", {"style": _css(style)})


def text(parent: ET.Element, x: float, y: float, words: str, **style: str) -> None:
    """Write words; `anchor` is start, middle or end, `halo` a paper edge for words on a band."""
    anchor = style.pop("anchor", "start")
    if style.pop("halo", ""):
        style |= HALO
    css = _css({"fill": INK, "font_size": VALUE, **style})
    attributes = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor, "style": css}
    ET.SubElement(parent, "text", attributes).text = plain(words)


def number(parent: ET.Element, x: float, y: float, words: str) -> None:
    """Write words in the style of the group that they stand in."""
    ET.SubElement(parent, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}"}).text = plain(words)


def _css(style: dict[str, str]) -> str:
    return ";".join(f"{name.replace('_', '-')}:{value}" for name, value in style.items())


def rect(parent: ET.Element, x: float, y: float, w: float, h: float, fill: str) -> ET.Element:
    """Draw a box."""
    box = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{w:.1f}", "height": f"{h:.1f}"}
    return ET.SubElement(parent, "rect", {**box, "style": f"fill:{fill}"})


def path(parent: ET.Element, d: str, **style: str) -> ET.Element:
    """Draw a line or a shape."""
    return ET.SubElement(parent, "path", {"d": d, "style": _css(style)})


def range_mark(parent: ET.Element, x0: float, x1: float, y: float, colour: str) -> None:
    """Draw a range as what it is: a light band with an end on both sides, and no solid bar."""
    band(parent, x0, x1, y, colour)
    whisker(parent, x0, x1, y)


def band(parent: ET.Element, x0: float, x1: float, y: float, colour: str) -> None:
    """Draw a light band, as high as a line of words."""
    box = rect(parent, x0, y - 6, max(x1 - x0, 1), 12, colour)
    box.set("style", f"fill:{colour};fill-opacity:.22")


def whisker(parent: ET.Element, x0: float, x1: float, y: float) -> None:
    """Draw a line with an end on both sides, paper below it to stand out on a bar."""
    x0, x1 = max(x0, 1.0), max(x1, 1.0)
    d = f"M{x0:.1f},{y - 5:.1f}v10M{x0:.1f},{y:.1f}H{x1:.1f}M{x1:.1f},{y - 5:.1f}v10"
    path(parent, d, stroke=PAPER, stroke_width="4", fill="none")
    path(parent, d, stroke=INK, stroke_width="1.5", fill="none")


def dot(parent: ET.Element, x: float, y: float, radius: float, fill: str, edge: str) -> None:
    """Draw a dot with an edge."""
    spot = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": f"{radius:g}"}
    style = f"fill:{fill};stroke:{edge};stroke-width:2"
    ET.SubElement(parent, "circle", {**spot, "style": style})


def lines(name: str, width: int) -> list[str]:
    """Return a name in lines of about `width` characters; a longer word keeps its own line."""
    return textwrap.wrap(name, width, break_long_words=False, break_on_hyphens=False) or [name]


def hatch(geometry: Any, step: float) -> Any:
    """Return slanted lines inside a polygon or several, `step` apart, in its own units.

    Lines and no pattern of SVG: they need no id, and they are printed where fills are not.
    """
    x0, y0, x1, y1 = geometry.bounds
    rise = y1 - y0
    starts = np.arange(x0 - rise, x1, step)
    return MultiLineString([[(x, y0), (x + rise, y1)] for x in starts]).intersection(geometry)


def area(geometry: Any, x0: float, y1: float, scale: float) -> str:
    """Return polygons or lines as the path of a shape, north up, 4 from the edge."""
    parts = []
    for one in getattr(geometry, "geoms", [geometry]):
        if one.is_empty:
            continue
        rings = [one.exterior, *one.interiors] if one.geom_type == "Polygon" else [one]
        for ring in rings:
            places = ring.coords[:-1] if ring.is_ring else ring.coords
            points = [f"{(x - x0) * scale + 4:.1f},{(y1 - y) * scale + 4:.1f}" for x, y in places]
            parts.append("M" + "L".join(points) + ("Z" if ring.is_ring else ""))
    return "".join(parts)
