"""A gebied drawn as a shape: a GeoJSON or GeoPackage beside the pilot file, read with care."""

import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wijkboek_utils import dutch, sources
from wijkboek_utils.errors import Fout

if TYPE_CHECKING:
    import geopandas
    import shapely

FORMS = (".geojson", ".gpkg")
RD, WGS84 = 28992, 4326
_SQLITE = b"SQLite format 3\0"
_MOST_BYTES = 20_000_000
_MOST_POINTS = 200_000  # the outline of the Netherlands at 1:10.000 has fewer
_MOST_SHAPES = 1000
# West, south, east and north of the European Netherlands, with some room.
_BOUNDS = {RD: (0, 300_000, 300_000, 640_000), WGS84: (3.0, 50.5, 7.5, 54.0)}
_NAMES = {RD: "RD", WGS84: "WGS84"}
_FAULTS = {
    "Self-intersection": "de lijn kruist zichzelf",
    "Ring Self-intersection": "de lijn raakt zichzelf",
    "Too few points": "een vlak heeft minder dan drie punten",
    "Hole lies outside shell": "een gat ligt buiten het vlak",
    "Nested": "een gat ligt in een ander gat",
    "Duplicate Rings": "een rand staat er twee keer",
    "Interior is disconnected": "een gat knipt het vlak in tweeën",
}


def read(path: Path) -> "shapely.Geometry":
    """Return the shape in a file, in metres (RD); several polygons are taken together.

    A GeoJSON is in WGS84 (RFC 7946) unless it names another system. Raises Fout for a file that is
    too large or cannot be read, holds anything but valid polygons, or lies elsewhere.
    """
    where = sources.shown(path)
    if (size := path.stat().st_size) > _MOST_BYTES:
        most = _MOST_BYTES // 1_000_000
        raise Fout(f"{where} is te groot: {size // 1_000_000} MB. Een vorm mag {most} MB zijn.")
    rows = _geojson(path, where) if path.suffix.lower() == ".geojson" else _gpkg(path, where)
    _check_polygons(rows, where)
    _check_place(rows, where)
    import shapely

    metres = rows.set_geometry(shapely.force_2d(rows.geometry.to_numpy()), crs=rows.crs).to_crs(RD)
    west, south, east, north = metres.total_bounds
    if not _inside((west, south, east, north), RD):
        raise Fout(f"{where}: de vorm ligt niet in Nederland. Kijk of het stelsel klopt.")
    return shapely.union_all(metres.geometry.to_numpy())


def _geojson(path: Path, where: str) -> "geopandas.GeoDataFrame":
    """Return the shapes of a GeoJSON, in the system that it names."""
    content = path.read_bytes()
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Fout(f"{where} is geen geldige GeoJSON: {error}.") from error
    if not isinstance(data, dict) or "type" not in data:
        raise Fout(f"{where} is geen GeoJSON: er hoort een FeatureCollection of vlak te staan.")
    return _open(io.BytesIO(json.dumps(data).encode()), where)


def _gpkg(path: Path, where: str) -> "geopandas.GeoDataFrame":
    """Return the shapes of a GeoPackage with one layer of polygons."""
    import pyogrio

    with path.open("rb") as file:
        if file.read(len(_SQLITE)) != _SQLITE:  # the driver would read what else it may be
            raise Fout(f"{where} is geen GeoPackage.")
    try:
        layers = pyogrio.list_layers(path)
    except Exception as error:  # the driver raises whatever its sources raise
        raise Fout(f"{where} is geen leesbare GeoPackage: {error}.") from error
    drawn = [str(name) for name, kind in layers if kind and "Polygon" in str(kind)]
    if len(drawn) != 1:
        names = ", ".join(drawn) or "geen enkele"
        raise Fout(f"{where}: er hoort één laag met vlakken in te staan. Er zijn er: {names}.")
    return _open(path, where, layer=drawn[0])


def _open(file: Any, where: str, **options: Any) -> "geopandas.GeoDataFrame":
    import geopandas  # takes a while to import, and only shapes need it

    try:
        rows = geopandas.read_file(file, rows=_MOST_SHAPES + 1, **options)
    except Exception as error:  # the driver raises whatever its sources raise
        raise Fout(f"{where} is niet als vorm te lezen: {error}.") from error
    if not isinstance(rows, geopandas.GeoDataFrame) or rows.empty:
        raise Fout(f"{where}: er staat geen enkel vlak in.")
    if len(rows) > _MOST_SHAPES:
        raise Fout(f"{where}: er staan te veel vlakken in. Het mogen er {_MOST_SHAPES} zijn.")
    return rows


def _check_polygons(rows: "geopandas.GeoDataFrame", where: str) -> None:
    """Raise Fout for what is no valid polygon; it names the first one."""
    import numpy as np
    import shapely

    shapes = rows.geometry.to_numpy()
    points = int(shapely.get_num_coordinates(shapes).sum())
    if points > _MOST_POINTS:
        most = dutch.number(_MOST_POINTS)
        raise Fout(f"{where}: de vorm heeft {dutch.number(points)} punten. Het mogen er {most}.")
    for n, shape in enumerate(shapes, start=1):
        at = f"{where}, vlak {n}" if len(shapes) > 1 else where
        if shape is None or shape.is_empty:
            raise Fout(f"{at}: het vlak is leeg.")
        if shape.geom_type not in ("Polygon", "MultiPolygon"):
            raise Fout(
                f"{at}: hier staat een {shape.geom_type}. Een gebied is een vlak: teken de rand "
                "helemaal rond."
            )
        if not np.isfinite(shapely.get_coordinates(shape)).all():
            raise Fout(f"{at}: niet elk punt heeft twee getallen.")
        if not shape.is_valid:
            raise Fout(f"{at}: {_reason(shapely.is_valid_reason(shape))}. Teken het vlak opnieuw.")


def _reason(text: str) -> str:
    """Return in Dutch what GEOS finds wrong with a polygon, and where."""
    words = next((dutch for english, dutch in _FAULTS.items() if text.startswith(english)), None)
    spot = re.search(r"\[(\S+) (\S+)\]", text)
    at = f" bij ({', '.join(_number(float(part)) for part in spot.groups())})" if spot else ""
    return f"{words or 'het vlak klopt niet'}{at}"


def _number(value: float) -> str:
    return f"{value:.5f}".rstrip("0").rstrip(".")


def _check_place(rows: "geopandas.GeoDataFrame", where: str) -> None:
    """Raise Fout, with advice, when the numbers are not those of the system that is named."""
    west, south, east, north = (float(v) for v in rows.total_bounds)
    bounds = (west, south, east, north)
    if rows.crs is None:
        raise Fout(f"{where} noemt geen stelsel. Bewaar de vorm in WGS84 (EPSG:4326) of RD.")
    said = rows.crs.to_epsg()
    if said not in _NAMES or _inside(bounds, said):
        return
    other = WGS84 if said == RD else RD
    corner = f"({_number(west)}, {_number(south)})"
    if _inside(bounds, other):
        raise Fout(
            f"{where}: het stelsel is {_NAMES[said]}, maar de getallen zijn {_NAMES[other]}, "
            f"zoals {corner}. Bewaar de vorm in WGS84 (EPSG:4326), of noem het goede stelsel."
        )
    if said == WGS84 and _inside((south, west, north, east), WGS84):
        raise Fout(
            f"{where}: lengte en breedte zijn verwisseld, zoals {corner}. In GeoJSON staat de "
            "lengte (oost) voorop."
        )
    raise Fout(f"{where}: de vorm ligt niet in Nederland, maar bij {corner}.")


def _inside(bounds: tuple[float, float, float, float], system: int) -> bool:
    west, south, east, north = _BOUNDS[system]
    return west <= bounds[0] <= bounds[2] <= east and south <= bounds[1] <= bounds[3] <= north
