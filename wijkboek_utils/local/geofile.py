"""A geographical file as a table with shapes: GeoJSON and a zipped shapefile.

The first feature counts as row 2, as if the names of the properties stood in row 1 of a sheet.
"""

import io
import json
import re
import zipfile
from datetime import date
from typing import Any

import numpy as np
import shapely

from wijkboek_utils.local import archive, limits
from wijkboek_utils.local.tabular import Refusal, Table, clean, number

FIRST = 2  # row of the first feature
WGS84 = 4326
# The EPSG codes that we take, and what they come down to: heights do not matter, and neither does
# the metre between ETRS89 and WGS84.
SYSTEMS = {28992: 28992, 7415: 28992, 4326: 4326, 4979: 4326, 4258: 4326} | {
    code: code for code in (3857, 25831, 25832, 3035, 31370)
}
_CRS84 = re.compile(r"urn:ogc:def:crs:OGC:[\d.]*:CRS84", re.IGNORECASE)
_EPSG = re.compile(r"(?:urn:ogc:def:crs:)?EPSG:[\d.]*:?(\d{4,6})", re.IGNORECASE)
_PARTS = ("shp", "shx", "dbf", "prj", "cpg")
_NEEDED = ("shp", "shx", "dbf")
_DAMAGED = "het shapebestand is beschadigd. Maak het opnieuw, of bewaar het als GeoPackage."


def tabulate(features: list[dict[str, Any]], wkb: list[str | None], crs: int | None) -> Table:
    """Return properties and shapes as a table. Raises Refusal for a list or object in a cell."""
    if not features:
        raise Refusal("het bestand is leeg: er staan geen plekken in.")
    if len(features) > limits.ROWS:
        raise Refusal(f"er staan meer dan {limits.ROWS} plekken in. Verdeel het bestand.")
    names: dict[str, str] = {}
    for feature in features:
        for raw in feature.keys() - names.keys():
            names[raw] = ""
        if len(names) > limits.COLUMNS:
            raise Refusal(f"er zijn meer dan {limits.COLUMNS} eigenschappen.")
    order = {raw: None for feature in features[:1000] for raw in feature} | dict.fromkeys(names)
    names = {raw: " ".join(clean(raw, 1).split()) for raw in order}
    columns = [name for name in names.values() if name]
    if len({name.casefold() for name in columns}) < len(columns):
        raise Refusal("twee eigenschappen hebben dezelfde naam.")
    rows = [
        [_text(feature.get(raw), row, name) for raw, name in names.items() if name]
        for row, feature in enumerate(features, FIRST)
    ]
    numbers = list(range(FIRST, FIRST + len(rows)))
    if crs is not None and crs not in SYSTEMS:
        raise Refusal(
            f"het stelsel EPSG:{crs} gebruiken wij niet. Zet de kaart om naar RD of WGS84."
        )
    return Table(columns, numbers, rows, wkb=wkb, crs=crs and SYSTEMS[crs])


def _text(value: Any, row: int, name: str) -> str:
    if value is None or value != value or value is np.datetime64("NaT"):
        return ""
    if isinstance(value, bool | np.bool_):
        return "ja" if value else "nee"
    if isinstance(value, int | float | np.integer | np.floating):
        return number(value.item() if isinstance(value, np.generic) else value)
    if isinstance(value, str):
        return clean(value, row, name)
    if isinstance(value, np.datetime64 | date):
        return str(value).removesuffix("T00:00:00.000")
    words = "hier staat een lijst of een object. Zet in een eigenschap een woord of getal."
    raise Refusal(words, row, name)


def encode(shapes: np.ndarray) -> list[str | None]:
    """Return shapes as text, in two dimensions. Raises Refusal for too many or endless points."""
    if int(shapely.get_num_coordinates(shapes).sum()) > limits.VERTICES:
        most = f"{limits.VERTICES // 1_000_000} miljoen"
        raise Refusal(f"de vormen hebben samen meer dan {most} punten. Vereenvoudig ze.")
    bounds = shapely.bounds(shapes)
    some = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    wrong = some & ~np.isfinite(bounds).all(axis=1)
    if wrong.any():
        raise Refusal("de coördinaten zijn geen getallen.", FIRST + int(wrong.argmax()))
    flat = np.full(len(shapes), None)
    flat[some] = shapely.force_2d(shapes[some])
    return list(shapely.to_wkb(flat, hex=True))


def geojson(content: bytes) -> Table:
    """Return the table of a GeoJSON file (RFC 7946; the older `crs` is obeyed). Raises Refusal."""
    try:
        text = content.decode("utf-8-sig")
        told = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_once)
    except RecursionError:
        raise Refusal("het GeoJSON-bestand is te diep genest.") from None
    except UnicodeDecodeError:
        raise Refusal("het GeoJSON-bestand is geen UTF-8. Bewaar het opnieuw.") from None
    except ValueError as error:
        row = getattr(error, "lineno", None)
        words = "het GeoJSON-bestand is niet af of beschadigd"
        at = f" op regel {row}" if row else ""
        raise Refusal(f"{words}{at}. Maak het opnieuw.") from None
    features = _features(told)
    shapes = [json.dumps(g) if (g := one.get("geometry")) is not None else None for one in features]
    found = _parse(shapes)
    return tabulate([one["properties"] or {} for one in features], found, _crs(told, found))


def _refuse_constant(name: str) -> None:
    raise Refusal(f"in het GeoJSON-bestand staat {name}. Dat is geen getal.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object. Raises Refusal when a name occurs twice: which of both counts is unsure."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Refusal("in het GeoJSON-bestand staat een naam twee keer in een object.")
    return found


def _features(told: Any) -> list[dict[str, Any]]:
    kind = told.get("type") if isinstance(told, dict) else None
    features = told.get("features") if kind == "FeatureCollection" else [told]
    if kind not in ("FeatureCollection", "Feature") or not isinstance(features, list):
        raise Refusal("dit is JSON maar geen GeoJSON: er staat geen FeatureCollection in.")
    for row, one in enumerate(features, FIRST):
        if not isinstance(one, dict) or one.get("type") != "Feature":
            raise Refusal("dit onderdeel is geen Feature.", row)
        if "geometry" not in one or not isinstance(one.get("properties", ""), dict | None):
            raise Refusal("deze plek heeft geen vorm of geen eigenschappen.", row)
    return features


def _crs(told: dict[str, Any], wkb: list[str | None]) -> int | None:
    """Return the EPSG code: WGS84 unless the file says something else, or cannot be in degrees."""
    given = told.get("crs")
    if given is None:
        degrees = np.abs(shapely.total_bounds(shapely.from_wkb(wkb))) <= (180, 90, 180, 90)
        return WGS84 if degrees.all() else None
    try:
        name = str(given["properties"]["name"])
    except (TypeError, KeyError):
        raise Refusal("het soort coördinaten (crs) is niet leesbaar.") from None
    if found := _EPSG.fullmatch(name):
        return int(found[1])
    if _CRS84.fullmatch(name):
        return WGS84
    raise Refusal("het soort coördinaten (crs) is onbekend. Gebruik WGS84 of RD (EPSG:28992).")


def _parse(shapes: list[str | None]) -> list[str | None]:
    try:
        return encode(shapely.from_geojson(shapes))
    except (shapely.errors.GEOSException, ValueError, TypeError):
        pass
    for row, shape in enumerate(shapes, FIRST):
        try:
            shapely.from_geojson(shape)
        except (shapely.errors.GEOSException, ValueError, TypeError):
            raise Refusal("de vorm van deze plek is niet leesbaar.", row) from None
    raise Refusal("de vormen in het bestand zijn niet leesbaar.")


def shapefile(content: bytes) -> Table:
    """Return the table of a shapefile in a zip. Raises Refusal.

    Only the five known parts are taken, under a name of our own, into an archive in memory.
    """
    from pyogrio import raw  # GDAL takes half a second, and no other form needs it

    parts = archive.opened(content)
    known = {n: n.rpartition(".")[2].lower() for n in parts.namelist() if "__MACOSX" not in n}
    layers = sorted(name[:-4] for name, end in known.items() if end == "shp")
    if len(layers) != 1:
        titles = ", ".join(f"«{clean(n.rpartition('/')[2])[:40]}»" for n in layers[:10])
        raise Refusal(f"er zitten meer kaartlagen in: {titles}. Laat er een in de zip zitten.")
    found = {end: name for name, end in known.items() if end in _PARTS and name[:-4] == layers[0]}
    if absent := [end for end in _NEEDED if end not in found]:
        raise Refusal(f"in de zip ontbreekt het deel .{absent[0]}. Zet .shp, .shx en .dbf erin.")
    taken = {end: archive.read(parts, name) for end, name in found.items()}
    count = _count(taken["shp"], taken["shx"], taken["dbf"])
    clean_zip = io.BytesIO()
    with zipfile.ZipFile(clean_zip, "w") as packed:
        for end, data in taken.items():
            packed.writestr(f"laag.{end}", data)
    try:
        meta, _, geometry, fields = raw.read(clean_zip.getvalue())
        shapes = shapely.from_wkb(geometry)
    except Exception:  # GDAL has errors of many kinds, all of a damaged file
        raise Refusal(_DAMAGED) from None
    if len(shapes) != count:
        raise Refusal(_DAMAGED)
    names = [str(name) for name in meta["fields"]]
    rows = [dict(zip(names, values, strict=True)) for values in zip(*fields, strict=True)]
    return tabulate(rows or [{}] * count, encode(shapes), _epsg(meta["crs"]))


def _count(shp: bytes, shx: bytes, dbf: bytes) -> int:
    """Return the number of shapes; Refusal when the three parts do not agree on it."""
    if min(len(shp), len(shx)) < 100 or len(dbf) < 33:
        raise Refusal(_DAMAGED)
    long = [int.from_bytes(part[24:28], "big") * 2 for part in (shp, shx)]
    count, rows = (len(shx) - 100) // 8, int.from_bytes(dbf[4:8], "little")
    head, width = (int.from_bytes(dbf[at : at + 2], "little") for at in (8, 10))
    if (
        long != [len(shp), len(shx)]
        or count != rows
        or not 0 <= len(dbf) - head - rows * width <= 2
    ):
        raise Refusal(_DAMAGED)
    return count


def _epsg(name: str | None) -> int | None:
    """Return the EPSG code of a coordinate system; None when there is none or it is not known."""
    if not name:
        return None
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(name).to_epsg(min_confidence=25)
    except CRSError:
        return None
