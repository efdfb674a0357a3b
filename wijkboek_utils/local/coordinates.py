"""Coordinates of the Netherlands: from degrees to RD metres, and whether they are what they say.

RD is EPSG:28992. PROJ does not ship the correction grid of the Kadaster. Without it RD is off by at
most some 0.25 m (RDNAPTRANS2018, 3.2), and WGS84 by 1 m (EPSG 4833): less than simplified borders.
"""

from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike
from pyproj import Transformer

from wijkboek_utils import dutch, sources
from wijkboek_utils.local.contribution import Fault

RD, WGS84 = "RD", "WGS84"
EPSG = {RD: 28992, WGS84: 4326}
_MARGIN = 5_000.0  # metres: the coarse border is up to 2 km off, and islands have beaches
# Least x and y, most x and y: RD in metres, WGS84 in degrees of longitude and latitude.
_BOX = {RD: (0.0, 300_000.0, 290_000.0, 630_000.0), WGS84: (3.2, 50.7, 7.3, 53.7)}
_OTHER = {3857: "Web Mercator", 25831: "UTM zone 31", 25832: "UTM zone 32", 31370: "Lambert 72"}
_ABROAD = 300_000.0  # metres beyond the box: Belgium, Germany, the North Sea

Points = tuple[np.ndarray, np.ndarray]


def to_rd(x: ArrayLike, y: ArrayLike, system: str) -> tuple[pd.Series, pd.Series]:
    """Return coordinates in RD metres; `system` is RD or WGS84, where `x` is the longitude.

    What is missing stays missing; rows keep their numbers.
    """
    east, north = _moved((floats(x), floats(y)), EPSG[system])
    index = pd.Series(x).index
    return pd.Series(east, index=index), pd.Series(north, index=index)


def of_shapes(shapes: gpd.GeoSeries, crs: int) -> tuple[pd.Series, pd.Series, str]:
    """Return a point of each shape with the system it is in, RD or WGS84; missing where none is.

    A point is itself; of a line or an area it is a point that lies on it for certain. Other systems
    than these two are brought to RD.
    """
    points = shapely.point_on_surface(shapes.to_numpy())
    x, y = shapely.get_x(points), shapely.get_y(points)
    system = WGS84 if crs == EPSG[WGS84] else RD
    if system == RD:
        x, y = _moved((x, y), crs)
    return pd.Series(x, index=shapes.index), pd.Series(y, index=shapes.index), system


def faults(
    x: pd.Series, y: pd.Series, system: str, names: tuple[str, str] = ("x", "y")
) -> list[Fault]:
    """Return which rows lie outside the Netherlands under the declared system, and why.

    `x` and `y` are on the number of their row; rows that miss one of both are left to others. When
    all are wrong for one reason, that is one fault, without a row. Five kilometres beyond the
    border still count as inside: whether a point lies in a buurt is for `locate.place`.
    """
    known = x.notna() & y.notna()
    points = floats(x[known]), floats(y[known])
    wrong = np.flatnonzero(~_inside(points, system))
    if not len(wrong):
        return []
    some = points[0][wrong], points[1][wrong]
    causes = _causes(some, system, names)
    rows = x.index[known][wrong]
    both = " en ".join(names)
    if len(wrong) == known.sum() > 1 and len(set(causes)) == 1:
        example = " en ".join(_shown(value[0]) for value in some)
        words = f"geen van de {dutch.number(len(wrong))} punten ligt in Nederland. {causes[0]}"
        return [Fault(f"{words} Op rij {rows[0]} staat bijvoorbeeld {example}.", None, both)]
    return [Fault(c, int(r), both) for r, c in zip(rows, causes, strict=True)]


def floats(values: ArrayLike) -> np.ndarray:
    """Return numbers as an array of floats, NaN where they are missing."""
    return pd.Series(values).to_numpy(dtype="float64", na_value=np.nan)


def _shown(value: float) -> str:
    return f"{value:.10g}".replace(".", ",")


@cache
def _transformer(crs: int) -> Transformer:
    return Transformer.from_crs(crs, EPSG[RD], always_xy=True)


def _moved(points: Points, crs: int) -> Points:
    """Return points in RD metres; infinite where the system does not reach."""
    if crs == EPSG[RD]:
        return points
    return _transformer(crs).transform(*points)


@cache
def _land() -> shapely.Geometry:
    """Return the Netherlands in RD metres, with a margin; the box where there is no border."""
    border = sources.catalogue().get("landsgrens")
    if border is None:
        return shapely.box(*_BOX[RD])
    land = gpd.read_file(border.path).to_crs(EPSG[RD]).union_all().buffer(_MARGIN)
    shapely.prepare(land)
    return land


def _inside(points: Points, system: str) -> np.ndarray:
    """Return which points lie in the Netherlands under a system."""
    x, y = points
    left, low, right, high = _BOX[system]
    found = (left <= x) & (x <= right) & (low <= y) & (y <= high)
    rd = _moved((x[found], y[found]), EPSG[system])
    found[found] = shapely.contains_xy(_land(), *rd)
    return found


def _causes(points: Points, system: str, names: tuple[str, str]) -> list[str]:
    """Return for each point outside the Netherlands why it probably is there, and what to do."""
    x, y = points
    other = WGS84 if system == RD else RD
    is_other = (
        f"Dit zijn graden en geen RD-meters. Zet coordinaten op {WGS84}"
        if system == RD
        else f"Dit zijn RD-meters en geen graden. Zet coordinaten op {RD}"
    )
    swapped = f"de kolommen {names[0]} en {names[1]} verwisseld"
    tests: list[tuple[np.ndarray, str]] = [
        ((x == 0) & (y == 0), "0 en 0 is geen plek. Laat een plek die u niet weet leeg."),
        (_inside((y, x), system), f"Misschien zijn {swapped}. Wissel ze om."),
        (_inside((x, y), other), f"{is_other}."),
        (_inside((y, x), other), f"{is_other}. Ook zijn {swapped}."),
        (
            (system == RD) & _inside((x * 1000, y * 1000), RD),
            "Dit zijn kilometers, of een punt is als komma gelezen. Schrijf meters zonder punt.",
        ),
        (_comma_lost(points, system), "De komma in het getal ontbreekt. Schrijf hem erbij."),
    ]
    for crs, title in _OTHER.items():
        words = f"Dit zijn coördinaten van een ander stelsel ({title}). Zet ze om naar RD of WGS84."
        tests.append((_inside(_moved(points, crs), RD), words))
    near = _moved(points, EPSG[system])
    left, low, right, high = np.add(_BOX[RD], (-_ABROAD, -_ABROAD, _ABROAD, _ABROAD))
    abroad = (left < near[0]) & (near[0] < right) & (low < near[1]) & (near[1] < high)
    tests.append((abroad, "Deze plek ligt buiten Nederland. Controleer beide getallen."))
    words = (
        "Dit is geen plek in Nederland. RD-x ligt tussen 10.000 en 280.000, RD-y tussen 305.000 en "
        "620.000."
        if system == RD
        else "Dit is geen plek in Nederland. De lengtegraad ligt tussen 3 en 8, de breedtegraad "
        "tussen 50 en 54."
    )
    chosen = np.select([t for t, _ in tests], np.arange(len(tests)), len(tests))
    return [[*(w for _, w in tests), words][number] for number in chosen]


def _comma_lost(points: Points, system: str) -> np.ndarray:
    """Return which points lie in the Netherlands once their decimal comma is put back.

    Degrees have one digit before it in longitude and two in latitude; RD has six in y, and in x
    the comma is lost as often as in y, or not at all.
    """
    x, y = points
    with np.errstate(divide="ignore", invalid="ignore"):
        up = np.floor(np.log10(np.abs(y))) - (1 if system == WGS84 else 5)
        right = np.floor(np.log10(np.abs(x))) if system == WGS84 else up
    found = np.zeros(len(x), dtype=bool)
    for shift in (right, np.zeros(len(x))):
        lost = (up >= 0) & (shift >= 0) & np.isfinite(up) & np.isfinite(shift) & (up + shift > 0)
        scaled = x[lost] / 10 ** shift[lost], y[lost] / 10 ** up[lost]
        found[lost] |= _inside(scaled, system)
    return found
