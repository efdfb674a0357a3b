"""Drawings: real SVG with a title and a description, bands and bars as large as their amounts."""

import re
import xml.etree.ElementTree as ET
from html import unescape
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

from wijkboek_utils import charts, sankey
from wijkboek_utils import drawing as drawing_
from wijkboek_utils.charts import Account, Bar, Cents, Node, Range
from wijkboek_utils.dutch import plain
from wijkboek_utils.sankey import Link

HOSTILE = [
    "<script>alert(1)</script>",
    "</text></svg><img src=x onerror=alert(1)>",
    "\"' onload='alert(1)' &amp; &#60; ]]><![CDATA[ <!-- ",
    "\N{RIGHT-TO-LEFT MARK}\N{RIGHT-TO-LEFT OVERRIDE}gnitteb \N{HOUSE WITH GARDEN}",
    "x" * 10_000,
]


def node(amount: float, name: str = "zorg") -> Node:
    """Return a bar of the flows."""
    return Node(name, f"€ {amount:.0f}", amount)


def squares(*klasse: int | None, inside: int = 1) -> gpd.GeoDataFrame:
    """Return areas of 100 metres in a row from west to east, the first of them inside."""
    return gpd.GeoDataFrame(
        {
            "klasse": pd.array(list(klasse), dtype="Int64"),
            "binnen": [n < inside for n in range(len(klasse))],
            "uitleg": [f"buurt {n}" for n in range(len(klasse))],
        },
        geometry=[box(n * 100, 0, n * 100 + 100, 100) for n in range(len(klasse))],
    )


def drawing(svg: str, title: str = "titel", description: str = "uitleg") -> ET.Element:
    """Return a drawing after the checks that hold for each."""
    root = ET.fromstring(svg)
    assert (root.tag, root.get("role")) == ("svg", "img")
    assert [(e.tag, e.text) for e in root[:2]] == [("title", title), ("desc", description)]
    assert root.get("aria-labelledby", "").split() == [e.get("id") for e in root[:2]]
    figures = " ".join(v for e in root.iter() for v in e.attrib.values())
    assert not re.search(r"\b(nan|inf|None)\b|<NA>", figures)
    return root


def map_colours() -> list[dict[str, str]]:
    """Return the colours of the map in the style sheet by name: light, then dark."""
    css = (Path(charts.__file__).parent / "templates" / "report.css").read_text(encoding="utf-8")
    light, dark = css.split("prefers-color-scheme: dark", 1)
    root = [re.search(r":root\s*\{(.*?)\}", part, re.DOTALL) for part in (light, dark)]
    return [
        dict(re.findall(r"--wb-map-([\w-]+):\s*(#[0-9a-f]{6})\b", block[1])) if block else {}
        for block in root
    ]


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb`, as WCAG 2 defines it."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it, from 1 to 21."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def heights(root: ET.Element) -> list[float]:
    """Return the heights of all rectangles."""
    return [float(r.get("height", "")) for r in root.iter("rect")]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: t[:12])
def test_a_hostile_text_is_drawn_and_does_nothing(text):
    areas = squares(0).assign(uitleg=text)
    svgs = [
        charts.flows([Node(text, text, 1)], text, [Node(text, text, 1)], text, text),
        charts.bars([Bar(text, text, 1.0)], text, text),
        charts.choropleth(areas, text, text),
        charts.ranges([Range(text, text, 1, 2, 3, 4)], text, text),
        charts.bars([Bar(text, text, 1.0, 0.5, 2, text)], text, text),
        charts.coins([Cents(text, 1, 1)], (text, text), text, text),
        charts.accounts([Account(text, (text, text, text), 1, 1, 0, -1, 1)], text, text),
    ]
    known = {"svg", "title", "desc", "text", "rect", "path", "circle", "g"}
    for svg in svgs:
        root = drawing(svg, plain(text), plain(text))
        assert {e.tag for e in root.iter()} <= known
        # In a picture of flows a long name has more lines than one.
        words = " ".join(e.text for e in root.iter() if e.text)
        shown = " ".join(plain(text).split())
        assert " ".join(words.split()).count(shown) >= 3
        assert not [a for e in root.iter() for a in e.attrib if a.startswith("on") or a == "href"]
    legend = charts.legend([(0, text)]).html
    assert legend.count("<") == charts.legend([(0, "x")]).html.count("<")
    assert plain(text) in unescape(legend)


SIDES = [([100], [100]), ([300, 100], [150, 150, 100]), ([1e9, 5e8], [1.5e9]), ([60, 40, 0], [100])]


@pytest.mark.parametrize(("left", "right"), SIDES)
def test_both_sides_of_the_flows_are_as_high_as_the_middle(left, right):
    sides = [node(a) for a in left], [node(a) for a in right]
    svg = charts.flows(sides[0], "midden", sides[1], "titel", "uitleg")
    found = heights(drawing(svg))
    middle = found.pop(len(left))
    assert found == pytest.approx([max(a / sum(left) * middle, 1.2) for a in [*left, *right]], 0.01)
    bands = [float(b) for b in re.findall(r"v([\d.]+)C", svg)]
    assert bands == [h for h, a in zip(found, [*left, *right], strict=True) if a]


def columns(*sizes: int) -> list[list[sankey.Node]]:
    """Return columns of so many nodes, named by their place: `0.0`, `0.1`."""
    return [
        [sankey.Node(f"{n}.{m}", f"naam {n} {m}", "€ 1 miljoen") for m in range(size)]
        for n, size in enumerate(sizes)
    ]


@st.composite
def pictures_of_flows(draw):
    """Return columns and links between neighbours, also without money and by the billion."""
    sizes = draw(st.lists(st.integers(1, 7), min_size=2, max_size=4))
    amounts = st.one_of(st.just(0.0), st.floats(0.01, 1e9))
    links = [
        Link(f"{n}.{a}", f"{n + 1}.{b}", draw(amounts))
        for n, (here, there) in enumerate(pairwise(sizes))
        for a in range(here)
        for b in range(there)
        if draw(st.booleans())
    ]
    return columns(*sizes), links


@given(pictures_of_flows())
def test_every_euro_is_drawn_on_one_scale_and_bands_fill_a_node_without_gap_or_overlap(picture):
    nodes, links = picture
    plan = sankey.layout(nodes, links)
    assert sum(b.link.amount for b in plan.bands) == sum(link.amount for link in links)
    for band in plan.bands:
        assert band.thick == pytest.approx(max(band.link.amount * plan.scale, sankey._THIN))
    for key, place in plan.boxes.items():
        out = sorted((b.y0, b.thick) for b in plan.bands if b.link.source == key)
        into = sorted((b.y1, b.thick) for b in plan.bands if b.link.target == key)
        for side in (out, into):
            ends = [place.y, *(y + thick for y, thick in side)]
            assert [y for y, _ in side] == pytest.approx(ends[:-1])
            assert ends[-1] <= place.y + place.height + 1e-6
        full = max(sum(thick for _, thick in side) for side in (out, into))
        assert place.height == pytest.approx(max(full, sankey._THIN))


@given(pictures_of_flows())
def test_nodes_of_a_column_leave_room_for_each_others_labels_inside_the_picture(picture):
    nodes, links = picture
    plan = sankey.layout(nodes, links)
    for n, column in enumerate(nodes):
        rooms = []
        for one in column:
            place, inner = plan.boxes[one.key], 0 < n < len(nodes) - 1
            room = sankey._room(one, inner)
            above = room if inner else max((room - place.height) / 2, 0)
            below = 0 if inner else above
            rooms.append((place.y - above, place.y + place.height + below))
        assert rooms[0][0] >= -1e-6 and rooms[-1][1] <= plan.height + 1e-6
        for (_, end), (start, _) in pairwise(rooms):
            assert start >= end + sankey._GAP - 1e-6
    drawing(sankey.draw(nodes, links, "titel", "uitleg"))


def test_a_node_is_as_high_as_the_larger_of_its_sides():
    links = [Link("0.0", "1.0", 60.0), Link("1.0", "2.0", 40.0), Link("0.1", "1.0", 30.0)]
    nodes = columns(2, 1, 1)
    assert sankey.through(nodes, links) == {"0.0": 60, "0.1": 30, "1.0": 90, "2.0": 40}
    plan = sankey.layout(nodes, links)
    assert plan.boxes["1.0"].height == pytest.approx(90 * plan.scale)
    assert plan.boxes["2.0"].height == pytest.approx(40 * plan.scale)


def test_two_equal_links_are_two_bands():
    first, second = sankey.layout(columns(1, 1), [Link("0.0", "1.0", 5.0)] * 2).bands
    assert second.y0 == pytest.approx(first.y0 + first.thick)


def test_links_of_a_node_are_in_the_order_of_their_other_ends():
    links = [Link("0.0", "1.1", 10.0), Link("0.0", "1.0", 20.0), Link("0.1", "1.0", 5.0)]
    down, up, other = sankey.layout(columns(2, 2), links).bands
    assert down.y0 == pytest.approx(up.y0 + up.thick)
    assert up.y1 + up.thick == pytest.approx(other.y1)


@given(*[st.lists(st.integers(0, 10**9), max_size=15)] * 2)
def test_flows_of_any_amounts_stay_inside_the_picture(left, right):
    sides = [node(a) for a in left], [node(a) for a in right]
    root = drawing(charts.flows(sides[0], "midden", sides[1], "titel", "uitleg"))
    height = float(root.get("viewBox", "").split()[3])
    for rect in root.iter("rect"):
        y = float(rect.get("y", ""))
        assert y >= 0 and y + float(rect.get("height", "")) <= height + 0.1


def lengths(items: list[Bar], **options: bool) -> list[tuple[float, float]]:
    """Return of each bar where it begins and how long it is: solid ones and light ones."""
    root = drawing(charts.bars(items, "titel", "uitleg", **options))
    boxes = [r for r in root.iter("rect") if "--wb-1," in r.get("style", "")]
    return [(float(r.get("x", "")), float(r.get("width", ""))) for r in boxes]


def test_a_bar_is_solid_up_to_its_amount_and_light_over_its_range():
    items = [Bar("a", "€ 100", 100, 80, 125), Bar("b", "€ 50", 50), Bar("c", "€ 0", 0)]
    light, solid, b, c = lengths(items)
    assert solid == pytest.approx((0, 340 * 0.8))
    assert light == pytest.approx((340 * 0.64, 340 * 0.36), abs=0.1)
    assert (b, c) == ((0, pytest.approx(340 * 0.4)), (0, 1))
    root = drawing(charts.bars(items, "titel", "uitleg"))
    faint = [r for r in root.iter("rect") if "opacity" in r.get("style", "")]
    assert len(faint) == 1
    ends = {e for p in root.iter("path") for e in re.findall(r"[MH]([\d.]+)", p.get("d", ""))}
    assert sorted(map(float, ends)) == pytest.approx([340 * 0.64, 340 * 0.8, 340], abs=0.1)
    # The line over the bar is of paper and thin: the bar is seen to go on up to its amount.
    strokes = [
        re.findall("stroke:var[(]--wb-([a-z]+)", p.get("style", "")) for p in root.iter("path")
    ]
    assert strokes == [["paper"], ["ink"]]
    _, bar, *_ = [r for r in root.iter("rect") if "--wb-1," in r.get("style", "")]
    order = list(root)
    assert order.index(faint[0]) < order.index(bar) < order.index(next(root.iter("path")))


def test_groups_have_a_name_and_with_a_scale_of_their_own_are_not_compared():
    items = [Bar(n, "", a, group=g) for n, a, g in (("a", 10, "x"), ("b", 5, "x"), ("c", 1, "y"))]
    assert [w for _, w in lengths(items)] == pytest.approx([340, 170, 34])
    assert [w for _, w in lengths(items, shared=False)] == pytest.approx([340, 170, 340])
    root = drawing(charts.bars(items, "titel", "uitleg"))
    assert [e.text for e in root.iter("text") if e.text] == ["x", "a", "b", "y", "c"]


@pytest.mark.parametrize("amount", [0.0, -5.0, None])
def test_bars_without_any_amount_are_drawn_as_nothing(amount):
    drawing(charts.bars([], "titel", "uitleg"))
    for ends in ((None, None), (0.0, 0.0), (-9.0, -1.0)):
        found = lengths([Bar("a", "onbekend", amount, *ends)])
        assert all(x == 0 and w <= 1 for x, w in found)
        assert bool(found) is (amount is not None)


def test_a_bar_without_a_known_range_has_no_line():
    for item in (Bar("a", "", 5), Bar("a", "", 5, None, 8), Bar("a", "", 5, 2, None)):
        assert not list(drawing(charts.bars([item], "titel", "uitleg")).iter("path"))


def test_a_coin_is_solid_when_it_stays_and_there_is_one_for_each_cent():
    items = [Cents("huur", 2, 23), Cents("niets", 0, 0), Cents("brood", 1, 0)]
    root = drawing(charts.coins(items, ("blijft", "gaat"), "titel", "uitleg"))
    legend, found = list(root.iter("circle"))[:2], list(root.iter("circle"))[2:]
    solid = ["fill:var(--wb-1," in c.get("style", "") for c in found]
    assert solid == [True] * 2 + [False] * 23 + [True]
    assert ["fill:var(--wb-1," in c.get("style", "") for c in legend] == [True, False]
    # More than twenty go on below, and all of them stay inside.
    rows = [float(c.get("cy", "")) for c in found[:25]]
    assert sorted({rows.count(y) for y in rows}) == [5, 20]
    width, height = map(float, root.get("viewBox", "").split()[2:])
    for coin in found:
        assert 7 <= float(coin.get("cx", "")) <= width - 7
        assert float(coin.get("cy", "")) <= height - 7
    values = [e.text for e in root.iter("text")]
    assert [values[n] for n in (3, 5, 7)] == ["25 cent", "minder dan 1 cent", "1 cent"]


def sides(*items: Account) -> ET.Element:
    """Return the drawing of accounts."""
    return drawing(charts.accounts(list(items), "titel", "uitleg"))


def test_what_goes_out_is_left_of_zero_and_the_difference_is_on_the_same_scale():
    root = sides(Account("a", ("uit", "in", "verschil"), 100, 50, -50, -100, 0))
    out = next(r for r in root.iter("rect") if "--wb-3" in r.get("style", ""))
    into = next(r for r in root.iter("rect") if "--wb-1" in r.get("style", ""))
    assert float(out.get("x", "")) + float(out.get("width", "")) == pytest.approx(169)
    assert float(into.get("x", "")) == pytest.approx(171)
    # Not by colour alone: what goes out is open, what comes in is solid.
    assert "fill:var(--wb-paper" in out.get("style", "")
    assert float(out.get("width", "")) == pytest.approx(2 * float(into.get("width", "")), abs=0.1)
    dot = list(root.iter("circle"))[-1]
    assert float(dot.get("cx", "")) == pytest.approx(170 - 84)
    band = next(r for r in root.iter("rect") if "opacity" in r.get("style", ""))
    assert float(band.get("x", "")) == pytest.approx(2)


@pytest.mark.parametrize(
    ("figures", "bars", "dots"),
    [
        ((None, None, None, None, None), 0, 0),
        ((5, None, -5, None, None), 1, 1),
        ((0, 0, 0, 0, 0), 2, 1),
        ((5, 5, 0, -2, 2), 2, 1),
    ],
)
def test_of_an_account_only_what_is_known_is_drawn(figures, bars, dots):
    root = sides(Account("a", ("u", "i", "v"), *figures))
    fills = [r.get("style", "") for r in root.iter("rect") if "opacity" not in r.get("style", "")]
    assert sum("--wb-3" in f or "--wb-1" in f for f in fills) == bars
    assert len(list(root.iter("circle"))) == dots
    assert not list(sides().iter("circle"))


def marks(svg: str) -> list[tuple[float, float, float, float]]:
    """Return of each row where the bar begins and ends, the line in it, and the dot."""
    root = drawing(svg)
    boxes = [(float(r.get("x", "")), float(r.get("width", ""))) for r in root.iter("rect")]
    dots = [float(c.get("cx", "")) for c in root.iter("circle")]
    rows = zip(boxes[1::4], boxes[3::4], dots, strict=True)
    return [(x, x + w, line + 1, dot) for (x, w), (line, _), dot in rows]


def test_a_range_has_a_scale_of_its_own_from_the_lowest_to_the_highest_that_it_shows():
    items = [Range("a", "30", 10, 15, 20, 30), Range("b", "-1", 1000, 1001, 1004, 999)]
    first, second = marks(charts.ranges(items, "titel", "uitleg"))
    low, high = 8, 340 - 8
    half, quarter = low + (high - low) / 2, low + (high - low) / 4
    assert first == pytest.approx((low, half, quarter, high), abs=0.15)
    fifth = (high - low) / 5
    assert second == pytest.approx((low + fifth, high, low + 2 * fifth, low), abs=0.15)


def test_ranges_that_share_a_scale_begin_at_nothing_and_can_be_compared():
    items = [Range("a", "", 10, 15, 20, 30), Range("b", "", 30, 40, 60, 15)]
    (a, _, middle, dot), (b, end, _, other) = marks(charts.ranges(items, "titel", "uitleg", True))
    assert end == pytest.approx(340 - 8, abs=0.15)
    assert b - 8 == pytest.approx(3 * (a - 8), abs=0.4)
    assert (dot, other) == pytest.approx((b, middle), abs=0.15)


@pytest.mark.parametrize(
    ("item", "shapes"),
    [
        (Range("a", "", None, None, None, None), (1, 0)),
        (Range("a", "", None, None, None, 5), (1, 1)),
        (Range("a", "", 5, 5, 5, 5), (4, 1)),
        (Range("a", "", 1, None, 2, None), (2, 0)),
        (Range("a", "", 1, 2, None, None), (3, 0)),
        (Range("a", "", 0, 0, 0, -3), (4, 1)),
    ],
)
def test_of_a_range_only_what_is_known_is_drawn(item, shapes):
    for shared in (False, True):
        root = drawing(charts.ranges([item], "titel", "uitleg", shared))
        assert (len(list(root.iter("rect"))), len(list(root.iter("circle")))) == shapes
        assert all(0 <= float(r.get("x", "")) <= 340 for r in root.iter("rect"))
    drawing(charts.ranges([], "titel", "uitleg"))


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6), st.integers(0, 3)), max_size=30))
def test_classes_rise_with_the_value_and_equal_values_share_one(values):
    series = pd.Series(values, dtype=float)
    found = charts.classes(series)
    assert found.isna().equals(series.isna())
    known = pd.DataFrame({"value": series, "klasse": found}).dropna().sort_values("value")
    assert known["klasse"].is_monotonic_increasing
    assert known.groupby("value")["klasse"].nunique().le(1).all()
    assert known["klasse"].between(0, charts.STEPS - 1).all()
    assert known.empty or known["klasse"].iloc[0] == 0


@pytest.mark.parametrize("size", [5, 10, 35])
def test_classes_of_different_values_hold_equal_numbers_of_areas(size):
    found = charts.classes(pd.Series(np.arange(size)[::-1], dtype=float))
    assert found.value_counts().to_dict() == dict.fromkeys(range(5), size // 5)


@pytest.mark.parametrize("values", [[1, 2], [1, 1, 2], [1, 2, 2], [1] * 8 + [2], [1, 1, 2, 3]])
def test_different_values_are_never_all_of_one_colour(values):
    assert len(set(charts.classes(pd.Series(values, dtype=float)))) > 1


def test_a_map_colours_each_area_by_its_class_and_names_it():
    root = drawing(charts.choropleth(squares(0, 4, None), "titel", "uitleg"))
    areas = [p for p in root.iter("path") if p.find("title") is not None]
    assert [p.findtext("title") for p in areas] == ["buurt 0", "buurt 1", "buurt 2"]
    fills = [re.findall(r"fill:var\(--wb-map-(\w+)", p.get("style", ""))[0] for p in areas]
    assert fills == ["0", "4", "none"]
    (drawn,) = [g for g in root.iter("g") if g.find("path") is not None]
    assert list(drawn) == areas and "stroke:var(--wb-map-line" in drawn.get("style", "")


def test_a_map_says_once_what_all_areas_share_so_that_it_stays_small():
    small, large = (charts.choropleth(squares(*[1] * n), "titel", "uitleg") for n in (100, 200))
    assert len(large) - len(small) < 100 * 150


def test_an_area_with_room_for_it_has_the_number_of_its_class():
    shapes = squares(0, 4, None, 2)
    shapes.loc[3, "geometry"] = box(300, 0, 302, 100)
    root = drawing(charts.choropleth(shapes, "titel", "uitleg"))
    assert [e.text for e in root.iter("text")] == ["1", "5"]
    first, second = (float(e.get("x", "")) for e in root.iter("text"))
    scale = (340 - 8) / 302
    assert (first, second) == pytest.approx((4 + 50 * scale, 4 + 150 * scale), abs=1)


@pytest.mark.parametrize("block", [0, 1], ids=["light", "dark"])
def test_each_colour_of_the_map_can_be_told_from_the_line_between_areas(block):
    colours = map_colours()[block]
    line = colours.pop("line")
    assert list(colours) == [*map(str, range(charts.STEPS)), "none"]
    assert {name: c for name, c in colours.items() if contrast(c, line) < 3} == {}


def house(block: int) -> dict[str, str]:
    """Return the other colours of pictures in the style sheet: light (0) or dark (1)."""
    css = (Path(charts.__file__).parent / "templates" / "report.css").read_text(encoding="utf-8")
    part = css.split("prefers-color-scheme: dark", 1)[block]
    names = r"--wb-([1-4]|ink|soft|paper):\s*(#[0-9a-f]{6})\b"
    return dict(re.findall(names, part.split("}", 1)[0]))


@pytest.mark.parametrize("block", [0, 1], ids=["light", "dark"])
def test_each_colour_of_a_picture_can_be_told_from_the_paper_and_words_can_be_read(block):
    colours = house(block)
    paper = colours["paper"]
    assert {n: c for n, c in colours.items() if n in "1234" and contrast(c, paper) < 3} == {}
    assert contrast(colours["ink"], paper) >= 7 and contrast(colours["soft"], paper) >= 4.5


def test_without_the_style_sheet_a_picture_has_the_colours_of_the_light_one():
    light = house(0)
    assert [drawing_.tone(n) for n in "1234"] == [f"var(--wb-{n},{light[n]})" for n in "1234"]
    assert f"var(--wb-soft,{light['soft']})" == drawing_.SOFT
    assert f"var(--wb-ink,{light['ink']})" == drawing_.INK == drawing_.tone("")


def test_contrast_is_that_of_wcag():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_a_map_without_the_style_sheet_has_the_colours_of_the_light_one():
    light = map_colours()[0]
    assert [light[str(n)] for n in range(charts.STEPS)] == charts._STEP
    assert f"var(--wb-map-none,{light['none']})" == charts._NO_FIGURE
    assert f"var(--wb-map-line,{light['line']})" == charts.LINE


@pytest.mark.parametrize(("inside", "lines"), [(0, 0), (1, 2), (2, 2), (3, 0)])
def test_the_outline_is_drawn_when_it_tells_areas_apart(inside, lines):
    root = drawing(charts.choropleth(squares(1, 2, 3, inside=inside), "titel", "uitleg"))
    outlines = [p for p in root.iter("path") if p.find("title") is None]
    assert len(outlines) == lines
    # One line around all that is inside, not one around each area.
    assert all(p.get("d", "").count("M") == 1 for p in outlines)


@pytest.mark.parametrize("klasse", [[3], [None], [None, None]])
def test_a_map_of_one_area_or_without_figures_is_a_map(klasse):
    root = drawing(charts.choropleth(squares(*klasse, inside=len(klasse)), "titel", "uitleg"))
    areas = [p for p in root.iter("path") if p.find("title") is not None]
    hatched = [p for p in root.iter("path") if p not in areas]
    assert (len(areas), len(hatched)) == (len(klasse), int(None in klasse))


def test_only_areas_without_a_figure_are_hatched():
    *_, lines = drawing(charts.choropleth(squares(0, None, inside=2), "titel", "uitleg")).iter(
        "path"
    )
    spots = [float(x) for x in re.findall(r"[ML]([\d.]+),", lines.get("d", ""))]
    assert len(spots) > 20 and min(spots) >= 4 + 166 - 0.1 and max(spots) <= 4 + 332 + 0.1
    assert "Z" not in lines.get("d", "")
    speck = squares(0, None, inside=2)
    speck.loc[1, "geometry"] = box(100, 0, 100.01, 0.01)  # between two lines
    *_, none = drawing(charts.choropleth(speck, "titel", "uitleg")).iter("path")
    assert none.get("d", "").count("M") <= 1 and none.get("d") != "M"


def test_north_is_up_and_holes_and_islands_are_drawn():
    hole = Polygon(box(0, 0, 90, 90).exterior, [box(30, 30, 60, 60).exterior])
    shapes = squares(1, 2).assign(
        geometry=[box(0, 100, 50, 150), MultiPolygon([hole, box(100, 0, 120, 20)])]
    )
    root = drawing(charts.choropleth(shapes, "titel", "uitleg"))
    north, south = [p.get("d", "") for p in root.iter("path") if p.find("title") is not None]
    assert [d.count("M") for d in (north, south)] == [1, 3]
    y_north, y_south = [list(map(float, re.findall(r",([\d.]+)", d))) for d in (north, south)]
    assert max(y_north) < min(y_south)


def test_the_legend_gives_each_class_its_colour_and_its_words():
    html = charts.legend([(0, "laag"), (4, "hoog"), (None, "geen cijfer")]).html
    rows = re.findall(r"<li>(.*?)</li>", html)
    assert [re.sub("<.*?>", "", r) for r in rows] == ["1: laag", "5: hoog", "geen cijfer"]
    assert ["background:var(--wb-map-0," in rows[0], "var(--wb-map-4," in rows[1]] == [True] * 2
    assert "repeating-linear-gradient" in rows[2] and "--wb-map-none" in rows[2]


def test_a_map_of_fine_boundaries_stays_light_and_whole():
    coarse = squares(1, 2, 3)
    fine = coarse.assign(geometry=coarse["geometry"].segmentize(coarse.length.iloc[0] / 4000))
    light, heavy = (charts.choropleth(s, "titel", "uitleg") for s in (coarse, fine))
    assert len(heavy) < 1.1 * len(light)
    few = squares(1)
    few["geometry"] = few["geometry"].buffer(few.length.iloc[0] / 1e4)  # round corners
    assert "nan" not in charts.choropleth(few, "titel", "uitleg")
