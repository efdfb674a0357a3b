"""A picture of flows in layers: nodes in columns from left to right, bands between them.

The height of a band is its amount, on one scale in the whole picture, and a node is as high as the
larger of what comes in and what goes out (Sankey 1898; Riehmann, Hanfler & Froehlich 2005).
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wijkboek_utils import drawing
from wijkboek_utils.drawing import NAME, SOFT, VALUE, WIDTH, tone

Columns = Sequence[Sequence["Node"]]

_DRAWN = 300.0  # the height of the largest column, bands only
_THIN = 1.2  # what flows is seen, however little
_BAR, _GAP, _WIDE = 9.0, 10.0, 40.0
_ROW = 14.0  # of a line of a label
_EDGE = f"stroke:{drawing.PAPER};stroke-width:2;paint-order:stroke"
_CHARS = 16  # in a line of a label; a third of the width holds no more


@dataclass(frozen=True)
class Node:
    """A party or a goal; `key` is its own in the picture, `tone` a colour of the house."""

    key: str
    name: str
    value: str
    tone: str = ""


@dataclass(frozen=True)
class Link:
    """Money that flows from one node to another, both by their key."""

    source: str
    target: str
    amount: float


@dataclass(frozen=True)
class Box:
    """Where a node stands and, of each side, where its next band begins."""

    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Band:
    """A link as drawn: it leaves at `y0`, arrives at `y1` and is `thick` all the way."""

    link: Link
    y0: float
    y1: float
    thick: float


@dataclass(frozen=True)
class Layout:
    """A picture before it is drawn; `scale` is in units of height for an amount of 1."""

    boxes: dict[str, Box]
    bands: list[Band]
    height: float
    scale: float


def through(columns: Columns, links: Iterable[Link]) -> dict[str, float]:
    """Return of each node the larger of what comes in and what goes out."""
    found = {}
    for node in (n for column in columns for n in column):
        into = sum(link.amount for link in links if link.target == node.key)
        out = sum(link.amount for link in links if link.source == node.key)
        found[node.key] = max(into, out)
    return found


def layout(columns: Columns, links: Sequence[Link]) -> Layout:
    """Return where nodes and bands come; a link without money has no band.

    Labels have room of their own: beside the outer columns, above the nodes between.
    """
    links = [link for link in links if link.amount > 0]
    amounts = through(columns, links)
    largest = max((sum(amounts[n.key] for n in column) for column in columns), default=0)
    scale = _DRAWN / largest if largest else 0.0
    thick = [max(link.amount * scale, _THIN) for link in links]
    drawn = list(zip(links, thick, strict=True))
    order = {node.key: n for n, node in enumerate(n for column in columns for n in column)}
    tall = {
        key: max(
            sum(t for link, t in drawn if link.source == key),
            sum(t for link, t in drawn if link.target == key),
            _THIN,
        )
        for key in amounts
    }
    heads = [[_room(node, _inner(n, columns)) for node in c] for n, c in enumerate(columns)]
    slots = [
        [
            tall[node.key] + head if _inner(n, columns) else max(tall[node.key], head)
            for node, head in zip(column, rooms, strict=True)
        ]
        for n, (column, rooms) in enumerate(zip(columns, heads, strict=True))
    ]
    height = max((sum(s) + _GAP * (len(s) - 1) for s in slots), default=0.0)
    boxes = {}
    for n, column in enumerate(columns):
        x = n * (WIDTH - _BAR) / max(len(columns) - 1, 1)
        # A shorter column is spread a little: bands are then less steep.
        gap = min((height - sum(slots[n])) / max(len(column) - 1, 1), _WIDE)
        y = (height - sum(slots[n]) - gap * (len(column) - 1)) / 2
        for node, slot in zip(column, slots[n], strict=True):
            lift = slot - tall[node.key]  # above an inner node, and around another
            boxes[node.key] = Box(x, y + (lift if _inner(n, columns) else lift / 2), tall[node.key])
            y += slot + gap
    return Layout(boxes, _bands(links, thick, boxes, order), height, scale)


def _inner(n: int, columns: Columns) -> bool:
    return 0 < n < len(columns) - 1


def _room(node: Node, above: bool) -> float:
    """Return the height that the label of a node needs."""
    return _ROW * (len(drawing.lines(node.name, _CHARS)) + bool(node.value)) + (8 if above else 0)


def _bands(
    links: Sequence[Link], thick: Sequence[float], boxes: dict[str, Box], order: dict[str, int]
) -> list[Band]:
    """Stack the bands on both sides of each node in the order of where they go, or come from."""
    leave, arrive = {}, {}
    starts, ends = ({key: box.y for key, box in boxes.items()} for _ in range(2))
    for n in sorted(range(len(links)), key=lambda n: order[links[n].target]):
        leave[n] = starts[links[n].source]
        starts[links[n].source] += thick[n]
    for n in sorted(range(len(links)), key=lambda n: order[links[n].source]):
        arrive[n] = ends[links[n].target]
        ends[links[n].target] += thick[n]
    return [Band(link, leave[n], arrive[n], thick[n]) for n, link in enumerate(links)]


def draw(columns: Columns, links: Sequence[Link], title: str, description: str) -> str:
    """Return the picture; a band has the colour of its outer end."""
    plan = layout(columns, links)
    svg = drawing.canvas(WIDTH, plan.height + 8, title, description)
    nodes = {node.key: node for column in columns for node in column}
    for band in plan.bands:
        colour = nodes[band.link.source].tone or nodes[band.link.target].tone
        x0, x1 = plan.boxes[band.link.source].x + _BAR, plan.boxes[band.link.target].x
        _band(svg, band, x0, x1, tone(colour))
    for n, column in enumerate(columns):
        for node in column:
            box = plan.boxes[node.key]
            bar = drawing.rect(svg, box.x, box.y + 4, _BAR, box.height, tone(node.tone))
            # Paper between a node and its bands, drawn outside so that no thin node disappears.
            bar.set("style", f"fill:{tone(node.tone)};{_EDGE}")
            _label(svg, node, box, n, columns)
    return drawing.render(svg)


def _band(svg: ET.Element, band: Band, x0: float, x1: float, colour: str) -> None:
    y0, y1, bend = band.y0 + 4, band.y1 + 4, (x0 + x1) / 2
    low0, low1 = y0 + band.thick, y1 + band.thick
    d = (
        f"M{x0:.1f},{y0:.1f}C{bend:.1f},{y0:.1f} {bend:.1f},{y1:.1f} {x1:.1f},{y1:.1f}"
        f"v{band.thick:.1f}C{bend:.1f},{low1:.1f} {bend:.1f},{low0:.1f} {x0:.1f},{low0:.1f}Z"
    )
    # A light band with an edge of its full colour: seen on any paper, and told from its neighbour.
    drawing.path(svg, d, fill=colour, fill_opacity=".24", stroke=colour, stroke_width=".7")


def _label(svg: ET.Element, node: Node, box: Box, n: int, columns: Columns) -> None:
    names = drawing.lines(node.name, _CHARS)
    rows = [(name, {"font_size": NAME, "font_weight": "600"}) for name in names]
    rows += [(node.value, {"font_size": VALUE, "fill": SOFT})] if node.value else []
    if _inner(n, columns):
        x, anchor = box.x + _BAR / 2, "middle"
        y = box.y + 4 - _ROW * len(rows) + 6
    else:
        x, anchor = (box.x + _BAR + 5, "start") if n == 0 else (box.x - 5, "end")
        y = box.y + 4 + box.height / 2 - _ROW * len(rows) / 2 + 10
    for row, (words, style) in enumerate(rows):
        drawing.text(svg, x, y + row * _ROW, words, anchor=anchor, halo="ja", **style)
