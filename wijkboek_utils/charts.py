"""Pictures as inline SVG: flows, bars and ranges, the cents of a euro, accounts, a map.

Drawn here and not by a plotting library: docs/tekenen.md says what each would cost. A solid bar
ends at the amount that is printed beside it; each picture can be read without its colours.
"""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from wijkboek_utils import drawing, mapplan, sankey
from wijkboek_utils.drawing import INK, LINE, NAME, PAPER, SOFT, WIDTH, tone
from wijkboek_utils.dutch import about
from wijkboek_utils.show import Html, plain

# Each step of the map has 3:1 or more with the line between areas; it is also a number.
STEPS = 5
_COIN, _IN_A_ROW = 17.0, 20
_LINE, _CHARACTERS = 15.0, 37  # of a name with its figure, in a wide letter that is set wider


@dataclass(frozen=True)
class Node:
    """A payer or a goal in the picture of flows; `amount` decides its height."""

    name: str
    value: str
    amount: float
    tone: str = "2"  # which colour of the house: --wb-1 to --wb-4


def flows(left: list[Node], middle: str, right: list[Node], title: str, description: str) -> str:
    """Return a picture of money that flows from `left` through `middle` to `right`."""
    sides = [
        [sankey.Node(f"{name} {n}", one.name, one.value, one.tone) for n, one in enumerate(side)]
        for name, side in (("van", left), ("naar", right))
    ]
    links = [sankey.Link(f"van {n}", "midden", one.amount) for n, one in enumerate(left)]
    links += [sankey.Link("midden", f"naar {n}", one.amount) for n, one in enumerate(right)]
    between = [sankey.Node("midden", middle, "")]
    return sankey.draw([sides[0], between, sides[1]], links, title, description)


def _row(svg: ET.Element, y: float, name: str, value: str) -> float:
    """Write a name and its figure; return how much lower a name of several lines ends."""
    lines = drawing.lines(name, max(_CHARACTERS - len(value), 12))
    for n, line in enumerate(lines):
        drawing.text(svg, 0, y + n * _LINE, line, font_size=NAME)
    drawing.text(svg, WIDTH, y, value, anchor="end", fill=SOFT)
    return _LINE * (len(lines) - 1)


@dataclass(frozen=True)
class Bar:
    """A bar with its range; None is not known. Bars of one `group` stand below its name."""

    name: str
    value: str
    amount: float | None
    low: float | None = None
    high: float | None = None
    group: str = ""
    tone: str = "1"

    def ends(self) -> tuple[float, float] | None:
        """Return the range, where it is known."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    def top(self) -> float:
        """Return the highest that is drawn."""
        return max(self.amount or 0.0, *(self.ends() or (0.0,)), 0.0)


def bars(items: list[Bar], title: str, description: str, shared: bool = True) -> str:
    """Return horizontal bars from 0, each with its figure in words.

    A bar is solid up to its amount; its range is a line with two ends, light beyond the amount.
    Below 0 nothing is drawn. All bars share a scale; without `shared` each group has its own.
    """
    row, head = 40.0, 26.0
    heads = [n for n, i in enumerate(items) if i.group and (not n or items[n - 1].group != i.group)]
    svg = drawing.canvas(WIDTH, 0, title, description)
    y = 0.0
    for n, item in enumerate(items):
        if n in heads:
            drawing.text(svg, 0, y + 19, item.group, font_size=NAME, font_weight="600")
            drawing.rect(svg, 0, y + 24, WIDTH, 0.7, SOFT)
            y += head
        near = [i for i in items if shared or i.group == item.group]
        scale = WIDTH / (max(i.top() for i in near) or 1.0)
        y += _row(svg, y + 14, item.name, item.value)
        _bar(svg, item, y + 26, scale, tone(item.tone))
        y += row
    return drawing.render(drawing.cut(svg, y + 4))


def _bar(svg: ET.Element, item: Bar, y: float, scale: float, colour: str) -> None:
    if item.amount is None:
        return
    amount, ends = max(item.amount * scale, 1.0), item.ends()
    if ends is None:
        drawing.rect(svg, 0, y - 6, amount, 12, colour)
        return
    low, high = (max(end * scale, 0.0) for end in ends)
    drawing.band(svg, low, high, y, colour)
    drawing.rect(svg, 0, y - 6, amount, 12, colour)
    # Paper on the bar, ink beyond it: the line stands out on both and hides neither.
    low, high = max(low, 1.0), max(high, 1.0)
    inside = f"M{low:.1f},{y - 4:.1f}v8M{low:.1f},{y:.1f}H{amount:.1f}"
    beyond = f"M{amount:.1f},{y:.1f}H{high:.1f}M{high:.1f},{y - 5:.1f}v10"
    for d, stroke in ((inside, PAPER), (beyond, INK)):
        drawing.path(svg, d, stroke=stroke, stroke_width="1.5", fill="none")


def _middle(svg: ET.Element, x: float, y: float) -> None:
    """Mark the amount in a range: a line, paper beside it to stand out."""
    drawing.rect(svg, x - 3, y - 8, 6, 16, PAPER)
    drawing.rect(svg, x - 1, y - 8, 2, 16, INK)


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
    """Return a row for each range: a band from low to high, a line at its middle, a dot at `own`.

    Each row has a scale of its own, from the lowest to the highest that it shows; with `shared` all
    rows have one scale from 0, so that they can be compared.
    """
    row, y = 42.0, 27.0
    svg = drawing.canvas(WIDTH, 0, title, description)
    shown = [[v for v in (i.low, i.middle, i.high, i.own) if v is not None] for i in items]
    everything = [0.0, *(v for values in shown for v in values)]
    for item, values in zip(items, shown, strict=True):
        y += _row(svg, y - 13, item.name, item.value)
        drawing.rect(svg, 0, y - 0.5, WIDTH, 1, SOFT)
        scale = everything if shared else values
        if item.low is not None and item.high is not None:
            start, end = (_place(v, scale) for v in (item.low, item.high))
            drawing.range_mark(svg, start, max(end, start + 2), y, tone("1"))
        if item.middle is not None:
            _middle(svg, _place(item.middle, scale), y)
        if item.own is not None:
            drawing.dot(svg, _place(item.own, scale), y, 6.5, tone("3"), PAPER)
        y += row
    return drawing.render(drawing.cut(svg, y - 23))


def _place(value: float, scale: list[float]) -> float:
    """Return where a value lies between the ends of a scale, with room for a dot at both."""
    edge, first, span = 8.0, min(scale), max(scale) - min(scale)
    return edge + (WIDTH - 2 * edge) * ((value - first) / span if span else 0.5)


@dataclass(frozen=True)
class Cents:
    """What a euro is spent on: how many cents of it stay and how many leave."""

    name: str
    stay: int
    leave: int


def coins(items: list[Cents], words: tuple[str, str], title: str, description: str) -> str:
    """Return a coin for each cent, solid when it stays and open when it leaves.

    `words` say of the drawing what a solid and what an open coin is.
    """
    svg = drawing.canvas(WIDTH, 0, title, description)
    for line, (word, solid) in enumerate(zip(words, (True, False), strict=True)):
        _coin(svg, 8.5, 9 + 18 * line, solid)
        drawing.text(svg, 22, 13 + 18 * line, word)
    y = 44.0
    for item in items:
        count = item.stay + item.leave
        value = f"{count} cent" if count else "minder dan 1 cent"
        y += _row(svg, y + 13, item.name, value)
        for n in range(count):
            down, along = divmod(n, _IN_A_ROW)
            place = (along + 0.5) * _COIN, y + 20 + (down + 0.5) * _COIN
            _coin(svg, *place, n < item.stay)
        y += 20 + _COIN * -(-count // _IN_A_ROW) + 8
    return drawing.render(drawing.cut(svg, y + 4))


def _coin(svg: ET.Element, x: float, y: float, solid: bool) -> None:
    drawing.dot(svg, x, y, 6, tone("1") if solid else PAPER, tone("1"))


@dataclass(frozen=True)
class Account:
    """What goes out of and comes into an account, and the difference with its range."""

    name: str
    words: tuple[str, str, str]  # of what goes out, what comes in, and the difference
    out: float | None
    into: float | None
    difference: float | None
    low: float | None
    high: float | None


def accounts(items: list[Account], title: str, description: str) -> str:
    """Return what goes out of each account (open) left of zero, and what comes in (solid) right.

    Below them the difference with its range, on the same scale. None is not known: not drawn.
    """
    row, top, zero = 92.0, 20.0, WIDTH / 2
    svg = drawing.canvas(WIDTH, top + row * len(items), title, description)
    known = [abs(v) for i in items for v in (i.out, i.into, i.low, i.high) if v is not None]
    scale = (zero - 2) / (max(known, default=0.0) or 1.0)
    drawing.text(svg, 0, 14, "eruit", font_weight="600")
    drawing.text(svg, WIDTH, 14, "erin", anchor="end", font_weight="600")
    for n, item in enumerate(items):
        y = top + n * row
        drawing.rect(svg, 0, y, WIDTH, 0.7, SOFT)
        out, into, difference = item.words
        drawing.text(svg, 0, y + 17, item.name, font_size=NAME, font_weight="600")
        drawing.text(svg, 0, y + 33, out, fill=SOFT)
        drawing.text(svg, WIDTH, y + 33, into, anchor="end", fill=SOFT)
        if item.out is not None:
            width = max(item.out * scale, 1.0)
            bar = drawing.rect(svg, zero - 1 - width, y + 40, width, 10, PAPER)
            bar.set("style", f"fill:{PAPER};stroke:{tone('3')};stroke-width:1.6")
        if item.into is not None:
            drawing.rect(svg, zero + 1, y + 39, max(item.into * scale, 1.0), 12, tone("1"))
        drawing.rect(svg, zero - 0.5, y + 36, 1, 34, INK)
        if item.low is not None and item.high is not None:
            low, high = (zero + end * scale for end in (item.low, item.high))
            drawing.range_mark(svg, low, high, y + 61, tone("4"))
        if item.difference is not None:
            drawing.dot(svg, zero + item.difference * scale, y + 61, 5.5, tone("4"), PAPER)
        drawing.text(svg, zero, y + 84, f"verschil {difference}", anchor="middle")
    return drawing.render(svg)


def classes(values: pd.Series, steps: int = STEPS) -> pd.Series:
    """Return the class (0 is lowest) of each value, with about equal numbers of areas in each.

    Equal values share a class, the lowest and highest never do; missing stays missing.
    """
    rank = values.rank(method="average").to_numpy(float)
    low, high = np.fmin.reduce(rank, initial=np.inf), np.fmax.reduce(rank, initial=-np.inf)
    place = (rank - low) / max(high - low, 1.0)  # from 0 to 1; other ranks are 1 apart at least
    return pd.Series(np.floor(np.minimum(place * steps, steps - 1)), values.index).astype("Int64")


def choropleth(shapes: pd.DataFrame, title: str, description: str) -> str:
    """Return a map. `shapes` has `geometry` (projected, metres), `klasse` (0..4 or missing),
    `binnen` (inside the area of the report) and `uitleg` (name and figure of an area).

    An area with room for it has the number of its class (1 is lowest), and the area of the report
    has a heavy outline, so that both can be told without colour.
    """
    plan = mapplan.of(shapes["geometry"])
    svg = drawing.canvas(plan.width, plan.height, title, description)
    areas = drawing.group(svg, stroke=LINE, stroke_width=".6", stroke_linejoin="round")
    classed = [None if pd.isna(klasse) else int(klasse) for klasse in shapes["klasse"]]
    for path, klasse, told in zip(plan.paths, classed, shapes["uitleg"], strict=True):
        shape = drawing.path(areas, path, fill=_NO_FIGURE if klasse is None else _step(klasse))
        ET.SubElement(shape, "title").text = plain(told)
    if blank := [n for n, klasse in enumerate(classed) if klasse is None]:
        drawing.path(svg, plan.hatched(tuple(blank)), stroke=LINE, stroke_width=".6")
    inside = np.flatnonzero(shapes["binnen"])
    if 0 < len(inside) < len(shapes):
        # Paper under ink: the outline stands out on light and dark areas alike.
        outline = plan.outline(tuple(inside))
        for colour, thick in ((PAPER, "4.5"), (INK, "2")):
            style = {"fill": "none", "stroke": colour, "stroke_width": thick}
            drawing.path(svg, outline, **style, stroke_linejoin="round")
    style = {"fill": INK, "font_size": drawing.VALUE, "text_anchor": "middle", **drawing.HALO}
    numbers = drawing.group(svg, **style)
    for place, klasse in zip(plan.places, classed, strict=True):
        if place and klasse is not None:
            x, y = place
            drawing.number(numbers, x, y + 4.2, str(klasse + 1))
    return drawing.render(svg)


_STEP = ["#f3f0da", "#c5ddb4", "#7fbf9d", "#3f9696", "#2a6f92"]
_NO_FIGURE = "var(--wb-map-none,#dcdcdc)"
_HATCHED = f"repeating-linear-gradient(135deg,{LINE} 0 1px,{_NO_FIGURE} 1px 5px)"


def _step(step: int) -> str:
    return f"var(--wb-map-{step},{_STEP[step]})"


def classes_legend(values: pd.Series, steps: pd.Series, missing: str) -> Html:
    """Return the legend of EUR in `classes`; `missing` says why some areas have none."""
    items: list[tuple[int | None, str]] = []
    for step, group in values.groupby(steps):
        low, high = about(group.min()), about(group.max())
        items.append((int(step), low if low == high else f"{low} tot {high}"))
    return legend([*items, (None, missing)] if steps.isna().any() else items)


def legend(items: list[tuple[int | None, str]]) -> Html:
    """Return what the classes of a map mean, as a list: (class or None for no figure, words).

    A class has its number before its words, as on the map: 1 is the lowest.
    """
    rows = []
    for step, words in items:
        colour, number = (_HATCHED, "") if step is None else (_step(step), f"{step + 1}: ")
        swatch = f'<span class="wb-swatch" style="background:{colour}"></span>'
        rows.append(f"<li>{swatch}{number}{escape(words)}</li>")
    return Html(f'<ul class="wb-legend">{"".join(rows)}</ul>')
