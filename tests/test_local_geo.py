"""Coordinates against the Netherlands, and points in buurten."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer

from tests.conftest import ROOT
from wijkboek_utils import pdok
from wijkboek_utils.local import coordinates, locate

TREES = ROOT.parent / "shared" / "cijfers" / "lokaal"
RD = (pd.Series([136000.4, 182260.5], [2, 3]), pd.Series([455000.2, 580630.3], [2, 3]))
BACK = Transformer.from_crs(28992, 4326, always_xy=True)
LON, LAT = (pd.Series(values, [2, 3]) for values in BACK.transform(*RD))


def test_degrees_become_metres_within_a_metre():
    # The origin of RD in ETRS89: RDNAPTRANS2018, Amersfoort.
    x, y = coordinates.to_rd(pd.Series([5.387203658]), pd.Series([52.155172897]), "WGS84")
    assert abs(x[0] - 155_000) < 0.5 and abs(y[0] - 463_000) < 0.5
    x, y = coordinates.to_rd(LON, LAT, "WGS84")
    assert np.allclose(x, RD[0], atol=0.01) and np.allclose(y, RD[1], atol=0.01)
    assert x.index.tolist() == [2, 3]
    same, _ = coordinates.to_rd(pd.Series([1.0, None]), pd.Series([2.0, None]), "RD")
    assert same.isna().tolist() == [False, True]


@pytest.mark.parametrize(("x", "y", "system"), [(*RD, "RD"), (LON, LAT, "WGS84")])
def test_points_in_the_netherlands_are_no_fault(x, y, system):
    assert coordinates.faults(x, y, system) == []
    assert coordinates.faults(x.where(x.index != 2), y, system) == []


@pytest.mark.parametrize(
    ("x", "y", "system", "says"),
    [
        (*RD, "WGS84", "Dit zijn RD-meters en geen graden. Zet coordinaten op RD."),
        (LON, LAT, "RD", "Dit zijn graden en geen RD-meters. Zet coordinaten op WGS84."),
        (LAT, LON, "WGS84", "Misschien zijn de kolommen x en y verwisseld."),
        (RD[1], RD[0], "RD", "Misschien zijn de kolommen x en y verwisseld."),
        (RD[1], RD[0], "WGS84", "Ook zijn de kolommen x en y verwisseld."),
        ((LON * 1e6).round(), (LAT * 1e5).round(), "WGS84", "De komma in het getal ontbreekt."),
        (RD[0] * 10, RD[1] * 10, "RD", "De komma in het getal ontbreekt."),
        (RD[0] / 1000, RD[1] / 1000, "RD", "Dit zijn kilometers"),
        (RD[0] * 0, RD[1] * 0, "RD", "0 en 0 is geen plek."),
        (LON * 0 + 4.35, LAT * 0 + 50.2, "WGS84", "Deze plek ligt buiten Nederland."),
        (LON * 0 + 2.5, LAT * 0 + 52.0, "WGS84", "Deze plek ligt buiten Nederland."),
        (LON * 0 + 77.0, LAT * 0 + 28.6, "WGS84", "Dit is geen plek in Nederland."),
        (RD[0] * np.inf, RD[1], "RD", "Dit is geen plek in Nederland."),
        (*Transformer.from_crs(28992, 3857).transform(*RD), "RD", "(Web Mercator)"),
    ],
)
def test_each_mistake_has_its_own_advice_said_once(x, y, system, says):
    found = coordinates.faults(pd.Series(x, [2, 3]), pd.Series(y, [2, 3]), system)
    assert len(found) == 1 and found[0].row is None
    assert says in found[0].words and "geen van de 2 punten" in found[0].words


def test_some_points_outside_are_named_by_row():
    x, y = RD[0].copy(), RD[1].copy()
    x[3], y[3] = y[3], x[3]
    found = coordinates.faults(x, y, "RD", ("x_rd", "y_rd"))
    assert [(f.row, f.column) for f in found] == [(3, "x_rd en y_rd")]


def test_of_many_points_outside_each_counts():
    far, none = pd.Series(4.35, range(2, 502)), pd.Series(0.0, range(502, 602))
    x, y = pd.concat([far, none]), pd.concat([far * 0 + 50.2, none])
    assert len(coordinates.faults(x, y, "WGS84")) == 600


def test_a_line_and_an_area_have_a_point_that_lies_on_them():
    bent = shapely.LineString([(136000, 455000), (136100, 455000), (136100, 455100)])
    horseshoe = shapely.Polygon([(0, 0), (9, 0), (9, 9), (8, 9), (8, 1), (1, 1), (1, 9), (0, 9)])
    shapes = gpd.GeoSeries([bent, horseshoe, None, shapely.Point(1, 2)], [2, 3, 4, 5])
    x, y, system = coordinates.of_shapes(shapes, 28992)
    assert system == "RD" and x.isna().tolist() == [False, False, True, False]
    assert shapely.distance(bent, shapely.Point(x[2], y[2])) == 0
    assert shapely.contains(horseshoe, shapely.Point(x[3], y[3]))
    assert coordinates.of_shapes(gpd.GeoSeries([shapely.Point(5, 52)]), 4326)[2] == "WGS84"


def squares() -> gpd.GeoDataFrame:
    """Two buurten that overlap by a metre, in the wrong order, and a gap to a third."""
    boxes = [shapely.box(99, 0, 200, 100), shapely.box(0, 0, 100, 100), shapely.box(250, 0, 300, 9)]
    codes = ["BU00000002", "BU00000001", "BU00000003"]
    return gpd.GeoDataFrame({"buurt": codes}, geometry=boxes, crs=28992)


def test_a_point_in_two_counts_once_and_one_in_none_has_a_distance():
    x = pd.Series([50.0, 99.5, 150.0, 210.0, np.nan], [2, 3, 4, 5, 6])
    placed = locate.place(x, pd.Series([5.0] * 5, x.index), squares())
    assert placed["buurt"].fillna("geen").tolist() == [
        "BU00000001",
        "BU00000001",
        "BU00000002",
        "geen",
        "geen",
    ]
    assert placed["twee"].tolist() == [False, True, False, False, False]
    assert placed["afstand"].fillna(-1).tolist() == [0, 0, 0, 10, -1]
    assert placed.index.tolist() == [2, 3, 4, 5, 6]
    assert locate.place(np.array([50.0]), np.array([5.0]), squares())["buurt"].tolist() == [
        "BU00000001"
    ]
    assert locate.place(np.array([]), np.array([]), squares()).empty


def test_many_points_get_the_buurt_of_a_plain_join():
    random = np.random.default_rng(1)
    x, y = random.uniform(175_000, 195_000, 3000), random.uniform(570_000, 590_000, 3000)
    bounds = pdok.read_boundaries("GM0080", 2024)
    placed = locate.place(x, y, bounds)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=28992)
    joined = points.sjoin(bounds.to_crs(28992), how="left", predicate="intersects")
    lowest = joined.groupby(level=0)["buurt"].min()
    assert placed["buurt"].fillna("").tolist() == lowest.fillna("").tolist()
    assert placed["twee"].tolist() == (joined.groupby(level=0).size() > 1).tolist()


def test_the_trees_of_leeuwarden():
    file = Path(TREES) / "bomen_leeuwarden.csv"
    if not file.exists():
        pytest.skip("../shared/cijfers/lokaal is er niet")
    trees = pd.read_csv(file)
    placed = locate.place(trees["x_rd"], trees["y_rd"], pdok.read_boundaries("GM0080", 2024))
    assert int(placed["buurt"].isna().sum()) == 25 and int(placed["twee"].sum()) == 15
    known = pd.read_csv(TREES / "bomen_leeuwarden_per_buurt.csv").set_index(["buurt", "status"])
    counts = trees.assign(buurt=placed["buurt"].fillna("buiten")).groupby(["buurt", "status"])
    assert counts.size().to_dict() == known["aantal"].to_dict()
