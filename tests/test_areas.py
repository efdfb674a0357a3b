"""An area as weights: parts add up, borders may be off a little, and errors cancel in the whole."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from tests.conftest import GEMEENTEN, ROOT
from wijkboek_utils import areas, cbs, ledger, pdok, regions
from wijkboek_utils.errors import Fout


def grid(*shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    codes = [f"BU9901{n:04d}" for n in range(len(shapes))]
    return gpd.GeoDataFrame({"buurt": codes}, geometry=list(shapes), crs=28992)


@pytest.fixture(scope="module")
def utrecht_borders():
    return pdok.read_boundaries("GM0344", 2024)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=12, unique=True))
def test_of_shapes_that_divide_the_plane_the_shares_of_every_buurt_add_up_to_one(
    utrecht_borders, places
):
    """The buurten are simplified ones, that overlap a little and leave gaps."""
    west, south, east, north = utrecht_borders.total_bounds
    around = box(west - 5000, south - 5000, east + 5000, north + 5000)
    spots = [(west + u * (east - west), south + v * (north - south)) for u, v in places]
    cells = shapely.voronoi_polygons(shapely.MultiPoint(spots), extend_to=around)
    parts = [shapely.intersection(cell, around) for cell in cells.geoms]
    left = shapely.difference(around, shapely.union_all(parts))  # none, but for rounding
    shares = [areas.by_shape(part, utrecht_borders) for part in (*parts, left)]
    assert sum(shares).to_numpy() == pytest.approx(1, abs=1e-7)
    assert all(share.between(0, 1).all() for share in shares)


def _within(x: float, y: float, ring: list[tuple[float, float]]) -> bool:
    """Return whether a point lies in a polygon, by counting the edges east of it."""
    edges = zip(ring, ring[1:] + ring[:1], strict=True)
    return (
        sum(
            (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1)
            for (x1, y1), (x2, y2) in edges
        )
        % 2
        == 1
    )


def _far(x: float, y: float, ring: list[tuple[float, float]], margin: float) -> bool:
    """Return whether a point lies further than a margin from every edge."""
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / math.dist((x1, y1), (x2, y2)) ** 2
        at = min(max(along, 0), 1)
        if math.dist((x, y), (x1 + at * (x2 - x1), y1 + at * (y2 - y1))) < margin:
            return False
    return True


def test_the_overlay_is_what_counting_points_gives():
    """Independent of shapely: points on a grid, the edges that lie east of each, and distances."""
    buurt = [(0, 0), (900, 0), (900, 400), (400, 400), (400, 800), (0, 800)]  # an L
    drawn = [(-100, 250), (650, -50), (700, 900), (200, 600)]
    spots = [(x + 2.5, y + 2.5) for x in range(0, 900, 5) for y in range(0, 800, 5)]
    core = [p for p in spots if _within(*p, buurt) and _far(*p, buurt, areas.MARGIN)]
    counted = sum(_within(*p, drawn) for p in core) / len(core)
    (share,) = areas.by_shape(Polygon(drawn), grid(Polygon(buurt)))
    assert 0.3 < counted < 0.7
    assert share == pytest.approx(counted, abs=0.003)


def test_a_shape_may_be_as_far_off_a_border_as_the_border_itself():
    buurten = grid(box(0, 0, 500, 500), box(500, 0, 1000, 500))
    assert areas.by_shape(box(-9, -9, 525, 509), buurten).tolist() == [1, 0]
    assert areas.by_shape(box(-9, -9, 475, 509), buurten).tolist() == [1, 0]
    first, second = areas.by_shape(box(-9, -9, 600, 509), buurten)
    assert first == 1 and second == pytest.approx(70 / 440)


def test_a_narrow_buurt_keeps_a_core():
    narrow = grid(box(0, 0, 40, 1000), box(40, 0, 42, 1000))
    assert areas.by_shape(box(0, 0, 42, 500), narrow).to_numpy() == pytest.approx(0.5)
    assert (shapely.area(areas.cores(narrow)) > narrow.area / 4).all()


SHARES = st.floats(0, 1).map(lambda w: round(w, 6))


def area(*weights: float, spread: float = 0.4) -> pd.DataFrame:
    """Return an area of buurten with these weights and what belongs to no buurt."""
    codes = [f"BU9901{n:04d}" for n in range(len(weights))]
    share = pd.Series(weights, index=pd.Index(codes, name="buurt"), dtype=float)
    found = areas.weighed(share, areas.error(share, spread), areas.AREA)
    rows = regions.table(pd.DataFrame({"buurt": codes, "naam": codes}))
    return regions.with_weights(rows, found)


@given(st.lists(SHARES, min_size=1, max_size=6))
def test_an_area_and_its_rest_are_the_whole_with_its_certainty(weights):
    part, whole = area(*weights), area(*[1.0] * len(weights))
    rest = areas.rest(whole, part)
    assert list(rest.columns) == list(whole.columns)
    assert (part["gewicht"] + rest["gewicht"]).to_numpy() == pytest.approx(whole["gewicht"])
    assert (part["fout"] + rest["fout"]).to_numpy() == pytest.approx(0)
    assert rest["gewicht"].between(0, 1).all()
    assert ((rest["methode"] == regions.WHOLE) == rest["gewicht"].isin([0.0, 1.0])).all()


def test_more_parts_leave_a_smaller_rest_and_too_much_is_refused():
    whole, half, third = area(1.0, 1.0), area(0.5, 1.0), area(0.3, 0.0)
    rest = areas.rest(whole, half, third)
    assert rest["gewicht"].tolist() == pytest.approx([0.2, 0.0, 1.0])
    assert rest["fout"].iloc[0] == pytest.approx(-half["fout"].iloc[0] - third["fout"].iloc[0])
    assert rest["methode"].tolist() == [areas.AREA, regions.WHOLE, regions.WHOLE]
    with pytest.raises(Fout, match="samen meer dan het geheel, om te beginnen in BU99010001"):
        areas.rest(whole, half, area(0.0, 0.1))


@given(SHARES, SHARES)
def test_an_overlap_lies_between_its_bounds_and_is_certain_where_one_holds_the_buurt(w, v):
    one, other = area(w), area(v)
    both = areas.overlap(one, other).iloc[0]
    assert max(0, w + v - 1) - 1e-12 <= both["gewicht"] <= min(w, v) + 1e-12
    mirrored = areas.overlap(other, one).iloc[0]
    assert mirrored["gewicht"] == pytest.approx(both["gewicht"])
    assert mirrored["fout"] == pytest.approx(both["fout"])
    inside = areas.overlap(one, area(1.0)).iloc[0]
    assert inside[["gewicht", "fout"]].tolist() == pytest.approx(
        one.loc[0, ["gewicht", "fout"]].tolist()
    )
    nothing = areas.overlap(one, area(0.0)).iloc[0]
    assert (nothing["gewicht"], nothing["fout"]) == (0, 0)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=40))
def test_lists_of_addresses_without_a_common_one_add_up(rows):
    buurt = pd.Series([f"BU9901000{b}" for b, _ in rows])
    part = pd.Series([p for _, p in rows])
    shares = [areas.by_count(part == n, buurt)["gewicht"] for n in range(3)]
    assert sum(shares).to_numpy() == pytest.approx(1)


def test_how_far_a_share_is_off_is_nothing_for_people_themselves_and_all_when_they_live_apart():
    groups = pd.Series([n // 2 for n in range(40)])
    people = pd.Series([100.0, 300.0] * 20)
    assert areas.uneven(people * 2, people, groups) == 0
    # Two halves of which a random one holds everybody: that is the error of knowing nothing.
    apart = pd.Series([1000.0, 0.0] * 20)
    assert areas.uneven(pd.Series(1.0, index=groups.index), apart, groups) == 1
    assert math.isnan(areas.uneven(people[:10], people[:10], groups[:10]))


def test_the_error_of_a_share_holds_as_often_as_it_says():
    """The error of a share by area, against buurten of which CBS knows the people."""
    parts = []
    for gemeente in GEMEENTEN:
        counts, borders = _counts(gemeente), pdok.read_boundaries(gemeente, 2023)
        wijk = borders["buurt"].str[2:8]
        ground = borders.area / borders.area.groupby(wijk).transform("sum")
        people = borders["buurt"].map(counts[regions.INHABITANTS])
        true = people / people.groupby(wijk).transform("sum")
        parts.append(pd.DataFrame({"share": ground, "true": true}).query("share < 1").dropna())
    table = pd.concat(parts)
    off = (table["true"] - table["share"]).abs()
    held = off < 1.645 * areas.error(table["share"], areas.UNEVEN[areas.AREA])
    assert len(table) > 250
    assert 0.85 < held.mean() < 0.98  # of a normal error it would be 0.90


def _counts(gemeente: str) -> pd.DataFrame:
    rows = cbs.indicators(gemeente, 2023)
    return rows.pivot(index="gebied", columns="onderwerp", values="waarde")


def test_the_errors_where_nothing_can_be_measured_are_those_of_the_three_gemeenten():
    """The figures of docs/gebied.md."""
    borders = pd.concat([pdok.read_boundaries(g, 2023) for g in GEMEENTEN])
    counts = pd.concat([_counts(g) for g in GEMEENTEN])
    found = areas.spreads(counts, borders)
    assert found[areas.AREA] == pytest.approx(areas.UNEVEN[areas.AREA], abs=0.005)
    assert found[areas.DWELLINGS] == pytest.approx(areas.UNEVEN[areas.DWELLINGS], abs=0.005)
    assert found[areas.ADDRESSES] == pytest.approx(
        np.hypot(areas.UNEVEN[areas.ADDRESSES], 0.1), abs=0.005
    )
    few = borders[borders["buurt"].str.startswith("BU034401")]
    assert areas.spreads(counts, few)[areas.AREA] == areas.UNEVEN[areas.AREA]


@pytest.mark.parametrize(
    ("gemeente", "naam"), [("GM0344", "Utrecht"), ("GM0202", "Arnhem"), ("GM0080", "Leeuwarden")]
)
def test_the_docs_say_what_was_measured_in_each_gemeente(gemeente, naam):
    found = areas.spreads(_counts(gemeente), pdok.read_boundaries(gemeente, 2023))
    said = " | ".join(f"{found[name]:.2f}".replace(".", ",") for name in ("oppervlak", "woningen"))
    assert f"| {naam} | {said} |" in (ROOT / "docs" / "gebied.md").read_text(encoding="utf-8")


def test_a_partition_of_the_gemeente_keeps_its_totals_and_their_error(utrecht, utrecht_borders):
    boekingen = utrecht.grootboek
    shape = box(134_000, 453_000, 136_500, 456_000)
    share = areas.by_shape(shape, utrecht_borders)
    found = areas.weighed(share, areas.error(share, 0.4), areas.AREA)
    buurten = cbs.areas("GM0344", 2023).query("soort == 'Buurt'")
    buurten = buurten.rename(columns={"gebied": "buurt"})
    part = regions.with_weights(regions.table(buurten), found)
    whole = regions.weights(buurten, ["GM0344"])
    rest = areas.rest(whole, part)
    by = ["van", "naar"]
    tables = [ledger.factors(boekingen, regions.area(gebied), by) for gebied in (part, rest, whole)]
    (one, mine), (other, theirs), (all_, _) = tables
    sums = one["bedrag"].add(other["bedrag"], fill_value=0)
    assert sums.to_numpy() == pytest.approx(all_["bedrag"], abs=0.01)
    causes = [c for c in mine if c.startswith(ledger.WEIGHT_CAUSE)]
    assert len(causes) == (part["fout"] > 0).sum() > 3
    apart = mine[causes].add(theirs[causes], fill_value=0)
    assert apart.to_numpy() == pytest.approx(0, abs=1e-6 * all_["bedrag"].max())
    certain = ledger.totals(boekingen, ledger.shares(regions.area(part)), by)["se"]
    unsure = ledger.totals(boekingen, regions.area(part), by)["se"]
    assert (unsure > certain).all()
    same = ledger.totals(boekingen, ledger.shares(regions.area(whole)), by)
    pd.testing.assert_frame_equal(same, ledger.totals(boekingen, regions.area(whole), by))
