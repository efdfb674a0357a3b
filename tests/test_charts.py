"""Drawings: real SVG with a title and a description, bands and bars as large as their amounts."""

import re
import xml.etree.ElementTree as ET
from html import unescape
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

from wijkboek_utils import charts
from wijkboek_utils.charts import Bar, Node, Range

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
    ]
    known = {"svg", "title", "desc", "text", "rect", "path", "circle"}
    for svg in svgs:
        root = drawing(svg, text, text)
        assert {e.tag for e in root.iter()} <= known
        assert [e.text for e in root.iter() if e.text].count(text) >= 3
        assert not [a for e in root.iter() for a in e.attrib if a.startswith("on") or a == "href"]
    legend = charts.legend([(0, text)]).html
    assert legend.count("<") == charts.legend([(0, "x")]).html.count("<")
    assert text in unescape(legend)


@pytest.mark.parametrize(
    ("left", "right"),
    [([100], [100]), ([300, 100], [150, 150, 100]), ([1e9, 5e8], [1.5e9]), ([60, 40, 0], [100])],
)
def test_both_sides_of_the_flows_are_as_high_as_the_middle(left, right):
    svg = charts.flows(
        [node(a) for a in left], "midden", [node(a) for a in right], "titel", "uitleg"
    )
    *bars, middle = heights(drawing(svg))
    shown = [max(a / sum(left) * middle, 1.5) for a in [*left, *right]]
    assert bars == pytest.approx(shown, abs=0.1)
    bands = [float(b) for b in re.findall(r"v([\d.]+)C", svg)]
    assert bands == bars


def test_bands_meet_the_middle_without_gap_or_overlap():
    svg = charts.flows([node(75), node(25)], "m", [node(100)], "titel", "uitleg")
    first, second, _ = [p.get("d", "") for p in drawing(svg).iter("path")]
    ends = [[float(n) for n in re.findall(r"[\d.]+", p)] for p in (first, second)]
    # M x0,y0 C bend,y0 bend,y1 x1,y1 v thick: the seventh number on is where it meets the middle.
    assert ends[0][7] + ends[0][8] == pytest.approx(ends[1][7], abs=0.1)


@given(*[st.lists(st.integers(0, 10**9), max_size=15)] * 2)
def test_flows_of_any_amounts_stay_inside_the_picture(left, right):
    share = sum(left) / sum(right) if sum(right) else 0
    sides = [node(a) for a in left], [node(a * share) for a in right]
    root = drawing(charts.flows(sides[0], "midden", sides[1], "titel", "uitleg"))
    height = float(root.get("viewBox", "").split()[3])
    for rect in root.iter("rect"):
        y = float(rect.get("y", ""))
        assert y >= 0 and y + float(rect.get("height", "")) <= height + 0.1


def test_bars_are_as_long_as_their_amount_and_the_longest_fits():
    items = [Bar("a", "€ 100", 100, 80, 125), Bar("b", "€ 50", 50), Bar("c", "€ 0", 0)]
    root = drawing(charts.bars(items, "titel", "uitleg"))
    width = float(root.get("viewBox", "").split()[2])
    a, b, c = (float(r.get("width", "")) for r in root.iter("rect"))
    assert (a, b, c) == pytest.approx((width * 0.8, width * 0.4, 1))
    ends = {e for p in root.iter("path") for e in re.findall(r"[MH]([\d.]+)", p.get("d", ""))}
    assert sorted(map(float, ends)) == pytest.approx([width * 0.64, width])


@pytest.mark.parametrize("items", [[], [Bar("a", "€ 0", 0.0)], [Bar("a", "€ 0", 0, 0, 0)] * 2])
def test_bars_without_any_amount_are_drawn_as_nothing(items):
    root = drawing(charts.bars(items, "titel", "uitleg"))
    assert [float(r.get("width", "")) for r in root.iter("rect")] == [1.0] * len(items)


def test_a_bar_without_a_known_range_has_no_line():
    for item in (Bar("a", "", 5), Bar("a", "", 5, None, 8), Bar("a", "", 5, 2, None)):
        assert not list(drawing(charts.bars([item], "titel", "uitleg")).iter("path"))


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
    lines = {re.findall(r"stroke:var\(--wb-map-(\w+)", p.get("style", ""))[0] for p in areas}
    assert lines == {"line"}


@pytest.mark.parametrize("block", [0, 1], ids=["light", "dark"])
def test_each_colour_of_the_map_can_be_told_from_the_line_between_areas(block):
    colours = map_colours()[block]
    line = colours.pop("line")
    assert list(colours) == [*map(str, range(charts.STEPS)), "none"]
    assert {name: c for name, c in colours.items() if contrast(c, line) < 3} == {}


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
    assert len(list(root.iter("path"))) == len(klasse)


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
    assert re.findall(r"wb-map-(\w+),#\w+\)\"></span>(.*?)</li>", html) == [
        ("0", "laag"),
        ("4", "hoog"),
        ("none", "geen cijfer"),
    ]


def test_a_map_of_fine_boundaries_stays_light_and_whole():
    coarse = squares(1, 2, 3)
    fine = coarse.assign(geometry=coarse["geometry"].segmentize(coarse.length.iloc[0] / 4000))
    light, heavy = (charts.choropleth(s, "titel", "uitleg") for s in (coarse, fine))
    assert len(heavy) < 1.1 * len(light)
    few = squares(1)
    few["geometry"] = few["geometry"].buffer(few.length.iloc[0] / 1e4)  # round corners
    assert "nan" not in charts.choropleth(few, "titel", "uitleg")
